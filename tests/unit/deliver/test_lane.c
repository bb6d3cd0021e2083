/* Lanes: how much at once, how much a second, and whose turn it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "deliver/engine.h"
#include "deliver/lane.h"

static struct lanes	*lanes;

static int
begin(void **state)
{
	(void)state;
	return lanes_open(&lanes) != HK_OK;
}

static int
end(void **state)
{
	(void)state;
	lanes_close(lanes);
	return 0;
}

/* How many begin in so long, when each is over at once and somebody looks each ms. */
static int
begun(struct lane *l, int64_t rate, int64_t from, int64_t to)
{
	int	all = 0, n;

	for (int64_t mono = from; mono < to; mono += US_PER_MS) {
		n = lane_room(l, rate, mono);
		lane_begin(l, n);
		for (int i = 0; i < n; i++)
			lane_end(l, true, US_PER_MS);
		all += n;
	}
	return all;
}

static void
a_limit_is_kept_in_every_second_and_used(void **state)
{
	static const int64_t	rate[] = { 1, 3, 10, 100, 1000 };

	(void)state;
	for (size_t i = 0; i < sizeof(rate) / sizeof(rate[0]); i++) {
		struct lane	*l = lane_of(lanes, (int64_t)i + 1);

		for (int s = 1; s < 5; s++) {
			int	n = begun(l, rate[i], s * US_PER_S, (s + 1) * US_PER_S);

			if (n > rate[i] + rate[i] / 50 + 1 || n < rate[i] - rate[i] / 10 - 1)
				fail_msg("%lld a second: %d in second %d", (long long)rate[i], n, s);
		}
	}
}

static void
a_new_limit_begins_anew(void **state)
{
	struct lane	*l = lane_of(lanes, 1);

	(void)state;
	/* Thousands without a limit are no debt. */
	assert_true(begun(l, 0, US_PER_S, 2 * US_PER_S) > 3000);
	assert_true(begun(l, 10, 2 * US_PER_S, 3 * US_PER_S) >= 9);
	/* And none that was saved up. */
	assert_true(begun(l, 10, 100 * US_PER_S, 101 * US_PER_S) <= 11);
	assert_true(begun(l, 0, 101 * US_PER_S, 102 * US_PER_S) > 3000);
}

static void
the_next_of_a_limit_is_known(void **state)
{
	struct lane	*l = lane_of(lanes, 1);

	(void)state;
	assert_int_equal(lane_room(l, 10, US_PER_S), 1);
	lane_begin(l, 1);
	assert_int_equal(lane_room(l, 10, US_PER_S), 0);
	assert_in_range(l->ready_us, US_PER_S + 99 * US_PER_MS, US_PER_S + 101 * US_PER_MS);
	assert_int_equal(lane_room(l, 10, l->ready_us), 1);
}

static void
answer(struct lane *l, int times, bool good, int64_t took_us)
{
	for (int i = 0; i < times; i++) {
		lane_begin(l, 1);
		lane_end(l, good, took_us);
	}
}

static void
the_quick_get_more_the_sick_less(void **state)
{
	static const struct {
		const char	*what;
		int		 good, bad;		/* answers, in this order */
		int64_t		 quick, then;		/* us that the first of them take; the others */
		int		 least, most;
		bool		 suspect;
	} row[] = {
		{ "quick ones", 200, 0, 20000, 20000, ENGINE_PER_ENDPOINT, ENGINE_PER_ENDPOINT, false },
		{ "one failure", 200, 1, 20000, 20000, ENGINE_PER_ENDPOINT / 2, ENGINE_PER_ENDPOINT / 2, true },
		{ "nothing but failures", 0, 9, 0, 20000, 1, 1, true },
		{ "slow ones", 200, 0, 20000, 5 * US_PER_S, LANE_FIRST, LANE_FIRST, true },
		{ "more at once makes it slower", 200, 0, 20000, 300000, LANE_FIRST, LANE_FIRST, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct lane	*l = lane_of(lanes, (int64_t)i + 1);

		answer(l, row[i].good > 0, true, row[i].quick);
		answer(l, row[i].good, true, row[i].then);
		answer(l, row[i].bad, false, row[i].then);
		if (l->width < row[i].least || l->width > row[i].most || l->suspect != row[i].suspect)
			fail_msg("%s: %d at once", row[i].what, l->width);
	}
}

static void
each_has_its_turn(void **state)
{
	struct turns	 t = { .n = 0 };
	struct lane	*l[5];

	(void)state;
	for (int i = 0; i < 5; i++) {
		l[i] = lane_of(lanes, i + 1);
		assert_true(turns_add(&t, l[i]) && turns_add(&t, l[i]));
	}
	assert_int_equal(t.n, 5);
	l[1]->listed = false;		/* it had its turn, and has no more */
	turns_passed(&t, 2);
	assert_int_equal(t.n, 4);
	assert_true(t.lane[0] == l[2] && t.lane[1] == l[3] && t.lane[2] == l[4] && t.lane[3] == l[0]);
	/* Whoever has something due is not forgotten, however long ago that was. */
	lanes_tidy(lanes, 1000000 * US_PER_S);
	assert_ptr_equal(lane_of(lanes, 3), l[2]);
	turns_clear(&t);
	assert_false(l[2]->listed);
	turns_release(&t);
}

int
main(void)
{
#define L(fn)	cmocka_unit_test_setup_teardown(fn, begin, end)
	const struct CMUnitTest tests[] = {
		L(a_limit_is_kept_in_every_second_and_used),
		L(a_new_limit_begins_anew),
		L(the_next_of_a_limit_is_known),
		L(the_quick_get_more_the_sick_less),
		L(each_has_its_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
