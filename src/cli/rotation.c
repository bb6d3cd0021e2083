/* When a signing secret may go. */
#include "cli/rotation.h"
#include "base/clock.h"

#define OVERLAP_US	(ROTATION_HOURS * 3600 * US_PER_S)

/* When a newer one than i was first at work; 0: none was. */
static int64_t
newer_since(const struct secret_times *t, size_t i)
{
	int64_t	first = 0;

	for (size_t k = 0; k < i; k++)
		if (t[k].first_us != 0 && (first == 0 || t[k].first_us < first))
			first = t[k].first_us;
	return first;
}

enum secret_state
secret_judge(const struct secret_times *t, size_t i, int64_t now, int64_t *from)
{
	int64_t	newer = newer_since(t, i), last = t[i].last_us;

	*from = newer;
	if (newer != 0 && last == 0)
		*from = newer + OVERLAP_US;
	else if (newer != 0 && last + OVERLAP_US > newer)
		*from = last + OVERLAP_US;
	if (newer != 0 && *from <= now)
		return SECRET_REMOVABLE;
	if (last != 0)
		return SECRET_IN_USE;
	return i == 0 ? SECRET_AWAITED : SECRET_UNUSED;
}
