/* How often somebody may ask. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "api/limit.h"
#include "base/clock.h"

#define NOW	INT64_C(1790000000000000)

static char		 folder[] = P_tmpdir "/hk-limit-XXXXXX";
static struct limit	*limit;

static int
setup(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), P_tmpdir "/hk-limit-XXXXXX");
	assert_non_null(mkdtemp(folder));
	assert_int_equal(limit_open(&limit, folder), HK_OK);
	return 0;
}

static int
teardown(void **state)
{
	char	path[80];

	(void)state;
	limit_close(limit);
	snprintf(path, sizeof(path), "%s/api.limit", folder);
	unlink(path);
	assert_int_equal(rmdir(folder), 0);
	return 0;
}

static int
taken(int64_t at, int tries, const struct limit_rate *r)
{
	int	n = 0;

	while (tries-- > 0)
		n += limit_take(limit, LIMIT_TOKEN, 7, r, at, NULL);
	return n;
}

static void
a_burst_and_then_the_rate(void **state)
{
	static const struct limit_rate	r = { .per_s = 10, .burst = 5 };
	static const struct {
		const char	*what;
		int64_t		 after_us;
		int		 want;		/* of 100 that ask at once */
	} row[] = {
		{ "the first moment: the burst",	0,			5 },
		{ "just before the next is due",	99 * US_PER_MS,		0 },
		{ "when it is due",			1 * US_PER_MS,		1 },
		{ "three of them later",		300 * US_PER_MS,	3 },
		{ "an hour later: the burst, no more",	3600 * US_PER_S,	5 },
	};
	int64_t	at = NOW;

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		at += row[i].after_us;
		if (taken(at, 100, &r) != row[i].want)
			fail_msg("%s", row[i].what);
	}
}

static void
it_says_what_is_left_and_when_to_come_again(void **state)
{
	static const struct limit_rate	r = { .per_s = 10, .burst = 3 };
	struct limit_left		left;

	(void)state;
	assert_true(limit_take(limit, LIMIT_TOKEN, 1, &r, NOW, &left));
	assert_int_equal(left.left, 2);
	assert_int_equal(left.wait_us, 0);
	assert_int_equal(left.full_us, 100000);
	assert_true(limit_take(limit, LIMIT_TOKEN, 1, &r, NOW, &left));
	assert_int_equal(left.left, 1);
	assert_true(limit_take(limit, LIMIT_TOKEN, 1, &r, NOW, &left));
	assert_false(limit_take(limit, LIMIT_TOKEN, 1, &r, NOW + 30000, &left));
	assert_int_equal(left.wait_us, 70000);
	assert_int_equal(left.left, 0);
	assert_true(limit_take(limit, LIMIT_TOKEN, 1, &r, NOW + 30000 + left.wait_us, &left));
}

static void
each_has_its_own(void **state)
{
	static const struct limit_rate	r = { .per_s = 1, .burst = 1 };

	(void)state;
	assert_true(limit_take(limit, LIMIT_TOKEN, 1, &r, NOW, NULL));
	assert_false(limit_take(limit, LIMIT_TOKEN, 1, &r, NOW, NULL));
	assert_true(limit_take(limit, LIMIT_TOKEN, 2, &r, NOW, NULL));
	assert_true(limit_take(limit, LIMIT_USER, 1, &r, NOW, NULL));
	assert_true(limit_take(limit, LIMIT_ADDRESS, 1, &r, NOW, NULL));
	assert_false(limit_take(limit, LIMIT_ADDRESS, 1 + LIMIT_SLOTS, &r, NOW, NULL));
	assert_int_not_equal(limit_slot(SPAN("192.0.2.1")) % LIMIT_SLOTS,
	    limit_slot(SPAN("192.0.2.2")) % LIMIT_SLOTS);
}

static void
a_clock_that_was_put_back_keeps_nobody_out(void **state)
{
	static const struct limit_rate	r = { .per_s = 1, .burst = 2 };

	(void)state;
	assert_int_equal(taken(NOW, 10, &r), 2);
	assert_int_equal(taken(NOW - 86400 * US_PER_S, 10, &r), 2);
}

static void
all_processes_count_together(void **state)
{
	static const struct limit_rate	r = { .per_s = 1, .burst = 100 };
	int				status, all = 0;
	pid_t				child[4];

	(void)state;
	for (int i = 0; i < 4; i++)
		if ((child[i] = fork()) == 0) {
			struct limit	*own;

			if (limit_open(&own, folder) != HK_OK)
				_exit(255);
			limit_close(limit);
			limit = own;
			status = taken(NOW, 60, &r);
			limit_close(own);
			_exit(status);
		}
	for (int i = 0; i < 4; i++) {
		assert_int_equal(waitpid(child[i], &status, 0), child[i]);
		assert_true(WIFEXITED(status));
		all += WEXITSTATUS(status);
	}
	assert_int_equal(all, 100);
	assert_int_equal(taken(NOW, 1, &r), 0);
}

static void
without_a_folder_it_counts_for_itself(void **state)
{
	static const struct limit_rate	r = { .per_s = 1, .burst = 2 };
	struct limit			*own;

	(void)state;
	assert_int_equal(limit_open(&own, "/nowhere/at/all"), HK_OK);
	assert_true(limit_take(own, LIMIT_TOKEN, 1, &r, NOW, NULL));
	assert_true(limit_take(own, LIMIT_TOKEN, 1, &r, NOW, NULL));
	assert_false(limit_take(own, LIMIT_TOKEN, 1, &r, NOW, NULL));
	limit_close(own);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test_setup_teardown(a_burst_and_then_the_rate, setup, teardown),
		cmocka_unit_test_setup_teardown(it_says_what_is_left_and_when_to_come_again, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(each_has_its_own, setup, teardown),
		cmocka_unit_test_setup_teardown(a_clock_that_was_put_back_keeps_nobody_out, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(all_processes_count_together, setup, teardown),
		cmocka_unit_test_setup_teardown(without_a_folder_it_counts_for_itself, setup, teardown),
	};

	return cmocka_run_group_tests_name("api/limit", tests, NULL, NULL);
}
