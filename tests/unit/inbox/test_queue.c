/* The queue: leases, lanes, verdicts, and what a crash leaves behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "base/clock.h"
#include "inbox/event.h"
#include "inbox/queue.h"

#define T0	INT64_C(1790000000000000)
#define LEASE	(60 * US_PER_S)

struct bed {
	struct db	*db;
	struct arena	*arena;
};

static int
setup(void **state)
{
	static struct bed	b;

	assert_int_equal(db_memory(&b.db), HK_OK);
	assert_non_null(b.arena = arena_new(1 << 20));
	*state = &b;
	return 0;
}

static int
teardown(void **state)
{
	struct bed	*b = *state;

	db_close(b->db);
	arena_free(b->arena);
	return 0;
}

static int64_t
put(struct bed *b, const char *event_id, const char *lane, int64_t at)
{
	struct event	ev = {
		.provider = "clerk", .env = { .event_id = span_str(event_id),
		    .type = SPAN("user.created"), .lane = span_str(lane), .livemode = -1 },
		.disposition = { .what = DO_PROCESS }, .headers = SPAN("{}"),
		.body = SPAN("{}"), .verified = true, .received_us = at,
	};
	int64_t		id;
	bool		fresh;

	assert_int_equal(db_begin(b->db), HK_OK);
	assert_int_equal(event_store(b->db, &ev, &id, &fresh), HK_OK);
	assert_true(fresh);
	assert_int_equal(db_commit(b->db), HK_OK);
	return id;
}

static int
claim(struct bed *b, const char *who, int64_t now, struct claimed *c)
{
	int	n;

	assert_int_equal(queue_claim(b->db, span_str(who), now, LEASE, QUEUE_BATCH,
	    b->arena, c, &n), HK_OK);
	return n;
}

static enum hk_err
settle(struct bed *b, const struct claimed *c, enum hk_err verdict, const char *reason,
    const char *waits_for, int64_t now)
{
	struct task	t = { 0 };
	enum hk_err	e;

	snprintf(t.reason, sizeof(t.reason), "%s", reason);
	snprintf(t.waits_for, sizeof(t.waits_for), "%s", waits_for);
	assert_int_equal(db_begin(b->db), HK_OK);
	e = queue_settle(b->db, c, verdict, &t, now - 10, now);
	if (e == HK_OK)
		assert_int_equal(db_commit(b->db), HK_OK);
	else
		db_rollback(b->db);
	return e;
}

static void
assert_status(struct bed *b, int64_t id, const char *want)
{
	struct stmt	*q;
	char		 got[32];
	bool		 row;

	assert_int_equal(db_stmt(b->db, S_EVENT_STATUS, &q), HK_OK);
	bind_int(q, ":id", id);
	assert_int_equal(stmt_step(q, &row), HK_OK);
	assert_true(row);
	snprintf(got, sizeof(got), "%.*s", SPAN_ARG(col_text(q, 0)));
	stmt_reset(q);
	assert_string_equal(got, want);
}

static void
oldest_due_comes_first(void **state)
{
	struct bed	*b = *state;
	struct claimed	 c[QUEUE_BATCH];
	int64_t		 late = put(b, "msg_1", "user_1", T0 + 5);
	int64_t		 early = put(b, "msg_2", "user_2", T0);

	put(b, "msg_3", "user_3", T0 + 1000);
	assert_int_equal(claim(b, "w", T0 + 10, c), 2);
	assert_int_equal(c[0].id, early);
	assert_int_equal(c[1].id, late);
	assert_int_equal(c[0].attempts, 1);
	assert_true(span_is(c[0].type, "user.created"));
}

static void
two_workers_never_hold_one_lane(void **state)
{
	struct bed	*b = *state;
	struct claimed	 first[QUEUE_BATCH], second[QUEUE_BATCH];
	int64_t		 other;

	put(b, "msg_1", "user_1", T0);
	assert_int_equal(claim(b, "one", T0, first), 1);
	put(b, "msg_2", "user_1", T0);
	other = put(b, "msg_3", "user_2", T0);
	assert_int_equal(claim(b, "two", T0 + 1, second), 1);
	assert_int_equal(second[0].id, other);
	assert_int_equal(settle(b, &first[0], HK_OK, "", "", T0 + 2), HK_OK);
	assert_int_equal(claim(b, "two", T0 + 3, second), 1);
}

static void
an_event_without_lane_blocks_nobody(void **state)
{
	struct bed	*b = *state;
	struct claimed	 c[QUEUE_BATCH];

	put(b, "msg_1", NULL, T0);
	assert_int_equal(claim(b, "one", T0, c), 1);
	put(b, "msg_2", NULL, T0);
	assert_int_equal(claim(b, "two", T0, c), 1);
}

static void
each_verdict_leads_where_it_says(void **state)
{
	static const struct {
		const char	*phrase;
		enum hk_err	 verdict;
		const char	*status;
		int64_t		 attempts_after;	/* of the next claim; 0: none */
		int64_t		 least_s, most_s;	/* until it is due again */
	} row[] = {
		{ "handled is over",		HK_OK,		"completed",	0, 0, 0 },
		{ "skipped is over",		HK_SKIP,	"completed",	0, 0, 0 },
		{ "never is failed",		HK_NEVER,	"failed",	0, 0, 0 },
		{ "waiting is pending",		HK_WAIT,	"pending",	0, 0, 0 },
		{ "later comes in 5 s",		HK_LATER,	"pending",	2, 4, 6 },
		{ "a surprise is later",	HK_SYNTAX,	"pending",	2, 4, 6 },
	};
	struct bed	*b = *state;
	struct claimed	 c[QUEUE_BATCH];

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		char	event_id[32];
		int64_t	id, due;

		print_message("  %s\n", row[i].phrase);
		snprintf(event_id, sizeof(event_id), "msg_%zu", i);
		id = put(b, event_id, "user_1", T0);
		assert_int_equal(claim(b, "w", T0, c), 1);
		assert_int_equal(settle(b, &c[0], row[i].verdict, "because", "user:x", T0), HK_OK);
		assert_status(b, id, row[i].status);
		assert_int_equal(queue_next(b->db, &due), HK_OK);
		if (row[i].attempts_after == 0) {
			assert_true(due == INT64_MAX);
			continue;
		}
		assert_in_range(due, T0 + row[i].least_s * US_PER_S, T0 + row[i].most_s * US_PER_S);
		assert_int_equal(claim(b, "w", due, c), 1);
		assert_int_equal(c[0].attempts, row[i].attempts_after);
		assert_int_equal(settle(b, &c[0], HK_OK, "", "", due), HK_OK);
	}
}

static void
waiting_uses_up_no_attempts_and_is_woken(void **state)
{
	struct bed	*b = *state;
	struct cause	 cause = { .db = b->db, .now = T0 + 99 };
	struct claimed	 c[QUEUE_BATCH];

	put(b, "msg_1", "cus_1", T0);
	for (int i = 0; i < 3 * QUEUE_TRIES; i++) {
		assert_int_equal(claim(b, "w", T0 + 100, c), 1);
		assert_int_equal(c[0].attempts, 1);
		assert_int_equal(settle(b, &c[0], HK_WAIT, "", "user:user_9", T0), HK_OK);
		assert_int_equal(claim(b, "w", INT64_MAX - LEASE, c), 0);
		assert_int_equal(db_begin(b->db), HK_OK);
		assert_int_equal(wake(&cause, SPAN("user:user_9")), HK_OK);
		assert_int_equal(db_commit(b->db), HK_OK);
	}
}

static void
gives_up_after_the_schedule(void **state)
{
	struct bed	*b = *state;
	struct claimed	 c[QUEUE_BATCH];
	int64_t		 id = put(b, "msg_1", "user_1", T0), now = T0;
	int		 tries = 0;

	while (claim(b, "w", now, c) == 1) {
		tries++;
		assert_int_equal(settle(b, &c[0], HK_LATER, "not yet", "", now), HK_OK);
		assert_int_equal(queue_next(b->db, &now), HK_OK);
	}
	assert_int_equal(tries, QUEUE_TRIES);
	assert_status(b, id, "failed");
}

static void
delays_follow_the_design(void **state)
{
	static const int64_t	want_s[] = { 5, 30, 120, 600, 3600, 21600, 86400 };

	(void)state;
	for (int n = 1; n < QUEUE_TRIES; n++) {
		int64_t	want = want_s[n - 1] * US_PER_S;

		assert_int_equal(queue_delay_us(n, 0), want - want / 5);
		assert_int_equal(queue_delay_us(n, UINT32_MAX), want + want / 5);
		assert_in_range(queue_delay_us(n, UINT32_MAX / 2), want - want / 50, want + want / 50);
	}
	assert_true(queue_delay_us(QUEUE_TRIES, 0) < 0);
}

static void
one_that_kills_its_worker_takes_no_others_with_it(void **state)
{
	struct bed	*b = *state;
	struct claimed	 c[QUEUE_BATCH];
	int64_t		 poison, good, now = T0;
	int		 crashes = 0, n;

	poison = put(b, "msg_1", "user_1", T0);
	good = put(b, "msg_2", "user_2", T0 + 1);
	while ((n = claim(b, "w", now += 10, c)) > 0) {
		if (c[0].id == poison) {		/* dies: nothing is settled */
			crashes++;
			assert_int_equal(queue_reclaim(b->db, INT64_MAX, now), HK_OK);
		} else
			assert_int_equal(settle(b, &c[0], HK_OK, "", "", now), HK_OK);
	}
	assert_int_equal(crashes, QUEUE_TRIES);
	assert_status(b, poison, "failed");
	assert_status(b, good, "completed");
}

static void
a_lease_is_honoured_until_it_ends(void **state)
{
	struct bed	*b = *state;
	struct claimed	 old[QUEUE_BATCH], new[QUEUE_BATCH];

	put(b, "msg_1", "user_1", T0);
	assert_int_equal(claim(b, "slow", T0, old), 1);
	assert_int_equal(queue_reclaim(b->db, T0 + LEASE - 1, T0 + LEASE - 1), HK_OK);
	assert_int_equal(claim(b, "fast", T0 + LEASE - 1, new), 0);
	assert_int_equal(queue_reclaim(b->db, T0 + LEASE, T0 + LEASE), HK_OK);
	assert_int_equal(claim(b, "fast", T0 + LEASE, new), 1);
	/* The slow one wakes up and wants to book: its lease is gone. */
	assert_int_equal(settle(b, &old[0], HK_OK, "", "", T0 + LEASE + 1), HK_BUSY);
	assert_int_equal(settle(b, &new[0], HK_OK, "", "", T0 + LEASE + 2), HK_OK);
}

static void
released_is_due_at_once_and_not_counted(void **state)
{
	struct bed	*b = *state;
	struct claimed	 c[QUEUE_BATCH];

	put(b, "msg_1", "user_1", T0);
	assert_int_equal(claim(b, "w", T0, c), 1);
	assert_int_equal(db_begin(b->db), HK_OK);
	assert_int_equal(queue_release(b->db, &c[0], T0 + 1), HK_OK);
	assert_int_equal(db_commit(b->db), HK_OK);
	assert_int_equal(claim(b, "w", T0 + 1, c), 1);
	assert_int_equal(c[0].attempts, 1);
}

static void
retry_starts_over(void **state)
{
	struct bed	*b = *state;
	struct claimed	 c[QUEUE_BATCH];
	int64_t		 id = put(b, "msg_1", "user_1", T0);

	assert_int_equal(claim(b, "w", T0, c), 1);
	assert_int_equal(db_begin(b->db), HK_OK);
	assert_int_equal(queue_retry(b->db, id, T0 + 1), HK_BUSY);
	assert_int_equal(queue_retry(b->db, id + 1, T0 + 1), HK_NOTFOUND);
	db_rollback(b->db);
	assert_int_equal(settle(b, &c[0], HK_NEVER, "no", "", T0), HK_OK);
	assert_int_equal(db_begin(b->db), HK_OK);
	assert_int_equal(queue_retry(b->db, id, T0 + 1), HK_OK);
	assert_int_equal(db_commit(b->db), HK_OK);
	assert_status(b, id, "pending");
	assert_int_equal(claim(b, "w", T0 + 1, c), 1);
	assert_int_equal(c[0].attempts, 1);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test_setup_teardown(oldest_due_comes_first, setup, teardown),
		cmocka_unit_test_setup_teardown(two_workers_never_hold_one_lane, setup, teardown),
		cmocka_unit_test_setup_teardown(an_event_without_lane_blocks_nobody, setup, teardown),
		cmocka_unit_test_setup_teardown(each_verdict_leads_where_it_says, setup, teardown),
		cmocka_unit_test_setup_teardown(waiting_uses_up_no_attempts_and_is_woken, setup, teardown),
		cmocka_unit_test_setup_teardown(gives_up_after_the_schedule, setup, teardown),
		cmocka_unit_test(delays_follow_the_design),
		cmocka_unit_test_setup_teardown(one_that_kills_its_worker_takes_no_others_with_it, setup, teardown),
		cmocka_unit_test_setup_teardown(a_lease_is_honoured_until_it_ends, setup, teardown),
		cmocka_unit_test_setup_teardown(released_is_due_at_once_and_not_counted, setup, teardown),
		cmocka_unit_test_setup_teardown(retry_starts_over, setup, teardown),
	};

	return cmocka_run_group_tests_name("inbox/queue", tests, NULL, NULL);
}
