/* The worker leaves nothing behind: events settled, counted and to be found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "base/clock.h"
#include "inbox/event.h"
#include "inbox/rollup.h"
#include "inbox/search.h"
#include "work/worker.h"

#include "../place.h"

#define EVENTS	150	/* more than one step of the index */

static struct {
	struct place	 at;
} f;

static int
setup(void **state)
{
	(void)state;
	return place_make(&f.at, "work") ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	return place_remove(&f.at);
}

static void
put_events(struct db *db)
{
	assert_int_equal(db_begin(db), HK_OK);
	for (int i = 0; i < EVENTS; i++) {
		char		id[32], body[64];
		struct event	ev = { .provider = "clerk", .verified = true, .headers = SPAN("{}"),
				    .env = { .type = SPAN("user.updated") }, .received_us = now_us() };
		int64_t		event;
		bool		fresh;

		snprintf(id, sizeof(id), "msg_%d", i);
		snprintf(body, sizeof(body), "{\"data\":{\"id\":\"user_%d\",\"x\":\"needle\"}}", i);
		ev.env.event_id = span_str(id);
		ev.body = span_str(body);
		assert_int_equal(event_store(db, &ev, &event, &fresh), HK_OK);
	}
	assert_int_equal(db_commit(db), HK_OK);
}

static void
add(void *ctx, const struct rolled_row *r)
{
	((int64_t *)ctx)[r->what] += r->times;
}

static void
everything_is_counted_and_found(void **state)
{
	int64_t			sum[ROLLED_KINDS] = { 0 }, ids[EVENTS + 1], done, behind, mark = -1;
	struct search_found	found;
	struct stmt		*q;
	struct db		*db;

	(void)state;
	assert_int_equal(db_open(&db, f.at.conf->db, DB_RW, 1000), HK_OK);
	put_events(db);
	assert_int_equal(worker_run(f.at.conf, true, &done), HK_OK);
	assert_int_equal(done, EVENTS);
	assert_int_equal(search_find(db, SPAN("needle"), INT64_MAX, 0, EVENTS + 1, ids, &found), HK_OK);
	assert_int_equal(found.n, EVENTS);
	assert_int_equal(found.indexed_to, EVENTS);
	assert_int_equal(db_begin(db), HK_OK);
	assert_int_equal(rollup_read(db, ROLLUP_HOUR, 0, INT64_MAX, add, sum, &behind), HK_OK);
	db_rollback(db);
	assert_int_equal(sum[ROLLED_RECEIVED], EVENTS);
	assert_int_equal(sum[ROLLED_HANDLED], EVENTS);
	assert_int_equal(sum[ROLLED_LATENCY], EVENTS);
	/* By the worker, not by who reads. */
	assert_int_equal(db_stmt(db, S_MARK_GET, &q), HK_OK);
	bind_text(q, ":name", SPAN("counted_attempts"));
	assert_int_equal(stmt_int(q, &mark), HK_OK);
	assert_int_equal(mark, EVENTS);
	db_close(db);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test_setup_teardown(everything_is_counted_and_found, setup, teardown),
	};

	return cmocka_run_group_tests_name("work/worker", tests, NULL, NULL);
}
