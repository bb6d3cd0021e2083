/* Names of things, and the newest word on them. */
#include "books/ref.h"

#include <stdio.h>

#include "base/clock.h"

enum hk_err
ref_good(struct span ref, const char *what)
{
	if (span_graph(ref, REF_MOST))
		return HK_OK;
	return err_tell(HK_NEVER, "the id of a%s %s is 1 to %d printable characters",
	    strchr("aeio", what[0]) != NULL ? "n" : "", what, REF_MOST);
}

void
ref_keep(char *to, size_t room, struct span s)
{
	size_t	n = s.len < room ? s.len : room - 1;

	if (n > 0)
		memcpy(to, s.p, n);
	to[n] = '\0';
}

enum hk_err
ref_wake(const struct cause *c, const char *kind, struct span ref)
{
	char	thing[32 + REF_MOST];

	snprintf(thing, sizeof(thing), "%s:%.*s", kind, SPAN_ARG(ref));
	return wake(c, span_str(thing));
}

enum hk_err
ref_stale(const char *what, struct span ref, int64_t stored_us, int64_t told_us)
{
	char	stored[ISO_LEN + 1], told[ISO_LEN + 1];

	iso_format(stored, stored_us);
	iso_format(told, told_us);
	if (stored_us == told_us)
		return err_tell(HK_SKIP, "%s %.*s is stored as of %s, which is this or says more",
		    what, SPAN_ARG(ref), stored);
	return err_tell(HK_SKIP, "stale: %s %.*s is stored as of %s, this tells of %s", what,
	    SPAN_ARG(ref), stored, told);
}

int
ref_rank(const char *const *list, struct span word)
{
	for (int i = 0; list[i] != NULL; i++)
		if (span_is(word, list[i]))
			return i + 1;
	return 0;
}

void
bind_time(struct stmt *q, const char *name, int64_t us)
{
	if (us != 0)
		bind_int(q, name, us);
}

void
bind_event(struct stmt *q, const struct cause *c)
{
	if (c->event != 0)
		bind_int(q, ":event", c->event);
}
