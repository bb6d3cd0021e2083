/* When a signing secret may go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "cli/rotation.h"

#define H	(3600 * US_PER_S)
#define NOW	(INT64_C(1790000000) * US_PER_S)

static void
a_secret_goes_only_when_a_newer_one_works_and_it_is_silent(void **state)
{
	static const struct {
		const char		*phrase;
		struct secret_times	 t[3];		/* the newest first */
		size_t			 i;
		enum secret_state	 want;
		int64_t			 from;
	} row[] = {
		{ "the only one, seen", { { NOW - 99 * H, NOW - H } }, 0, SECRET_IN_USE, 0 },
		{ "the only one, silent for a year",
		    { { NOW - 9000 * H, NOW - 8760 * H } }, 0, SECRET_IN_USE, 0 },
		{ "the only one, never seen", { { 0, 0 } }, 0, SECRET_AWAITED, 0 },
		{ "the newer one is not seen yet, and this one is silent",
		    { { 0, 0 }, { NOW - 99 * H, NOW - 90 * H } }, 1, SECRET_IN_USE, 0 },
		{ "the newer one beside it",
		    { { 0, 0 }, { NOW - 99 * H, NOW - 90 * H } }, 0, SECRET_AWAITED, 0 },
		{ "neither was ever seen", { { 0, 0 }, { 0, 0 } }, 1, SECRET_UNUSED, 0 },
		{ "both sign", { { NOW - H, NOW }, { NOW - 99 * H, NOW } }, 1,
		    SECRET_IN_USE, NOW + 24 * H },
		{ "silent for 23 hours", { { NOW - 30 * H, NOW }, { NOW - 99 * H, NOW - 23 * H } },
		    1, SECRET_IN_USE, NOW + H },
		{ "one microsecond less than 24 hours",
		    { { NOW - 30 * H, NOW }, { NOW - 99 * H, NOW - 24 * H + 1 } }, 1,
		    SECRET_IN_USE, NOW + 1 },
		{ "silent for 24 hours", { { NOW - 30 * H, NOW }, { NOW - 99 * H, NOW - 24 * H } },
		    1, SECRET_REMOVABLE, NOW },
		{ "silent since long, before the newer one came",
		    { { NOW - 2 * H, NOW }, { NOW - 99 * H, NOW - 90 * H } }, 1,
		    SECRET_REMOVABLE, NOW - 2 * H },
		{ "never seen, the newer one for 23 hours", { { NOW - 23 * H, NOW }, { 0, 0 } }, 1,
		    SECRET_UNUSED, NOW + H },
		{ "never seen, the newer one for 24 hours", { { NOW - 24 * H, NOW }, { 0, 0 } }, 1,
		    SECRET_REMOVABLE, NOW },
		{ "the newest is awaited, the one between works",
		    { { 0, 0 }, { NOW - 50 * H, NOW }, { NOW - 99 * H, NOW - 40 * H } }, 2,
		    SECRET_REMOVABLE, NOW - 16 * H },
		{ "of two newer ones the first counts",
		    { { NOW - H, NOW }, { NOW - 30 * H, NOW }, { 0, 0 } }, 2,
		    SECRET_REMOVABLE, NOW - 6 * H },
		{ "older ones do not matter",
		    { { NOW - H, NOW }, { NOW - 99 * H, NOW } }, 0, SECRET_IN_USE, 0 },
	};
	int64_t	from;

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		enum secret_state	is = secret_judge(row[i].t, row[i].i, NOW, &from);

		if (is != row[i].want || from != row[i].from)
			fail_msg("%s: state %d, from %lld s of now", row[i].phrase, (int)is,
			    from != 0 ? (long long)((from - NOW) / US_PER_S) : 0);
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(a_secret_goes_only_when_a_newer_one_works_and_it_is_silent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
