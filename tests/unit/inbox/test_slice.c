/* A process for one request, which works when it has answered, and then goes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include <pthread.h>
#include <unistd.h>

#include "base/clock.h"
#include "inbox/event.h"
#include "inbox/slice.h"
#include "inbox/wakeup.h"

#include "../place.h"

static struct {
	struct place	 at;
	struct db	*db;
} f;

static int
setup(void **state)
{
	(void)state;
	return place_make(&f.at, "slice") && db_open(&f.db, f.at.conf->db, DB_RW, 10000) == HK_OK ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	db_close(f.db);
	return place_remove(&f.at);
}

static int64_t
put(const char *event_id, const char *user)
{
	char		body[400];
	struct event	ev = {
		.provider = "clerk", .env = { .event_id = span_str(event_id),
		    .type = SPAN("user.created"), .livemode = -1 },
		.disposition = { .what = DO_PROCESS }, .headers = SPAN("{}"),
		.verified = true, .received_us = now_us(),
	};
	int64_t		id;
	bool		fresh;

	snprintf(body, sizeof(body), "{\"type\":\"user.created\",\"object\":\"event\","
	    "\"timestamp\":1790000000000,\"data\":{\"id\":\"%s\",\"object\":\"user\","
	    "\"updated_at\":1790000000000,\"primary_email_address_id\":null,"
	    "\"email_addresses\":[]}}", user);
	ev.body = span_str(body);
	assert_int_equal(db_begin(f.db), HK_OK);
	assert_int_equal(event_store(f.db, &ev, &id, &fresh), HK_OK);
	assert_int_equal(db_commit(f.db), HK_OK);
	return id;
}

static bool
completed(int64_t id)
{
	struct stmt	*q;
	bool		 row, yes;

	assert_int_equal(db_stmt(f.db, S_EVENT_STATUS, &q), HK_OK);
	bind_int(q, ":id", id);
	assert_int_equal(stmt_step(q, &row), HK_OK);
	assert_true(row);
	yes = span_is(col_text(q, 0), "completed");
	stmt_reset(q);
	return yes;
}

/* The disk takes longer for the claim than there is time: still it comes to an end. */
static void
each_gets_something_done(void **state)
{
	int64_t	id = put("msg_1", "user_1");

	(void)state;
	slice_once(f.at.conf, 1);
	assert_true(completed(id));
}

struct other {
	pthread_t	thread;
	int		lock;
	int64_t		for_us;
};

static void *
go_away(void *arg)
{
	struct other	*o = arg;

	usleep((useconds_t)o->for_us);
	close(o->lock);
	return NULL;
}

/* Another that has found nothing more to do a moment ago, and is still there. */
static void
who_goes_is_waited_for(void **state)
{
	struct other	o = { .for_us = 50 * US_PER_MS };
	int64_t		id = put("msg_2", "user_2");

	(void)state;
	assert_int_equal(work_lock(f.at.conf, WORK_SLICE, 0, &o.lock), HK_OK);
	assert_int_equal(pthread_create(&o.thread, NULL, go_away, &o), 0);
	slice_once(f.at.conf, 10 * US_PER_S);
	pthread_join(o.thread, NULL);
	assert_true(completed(id));
}

/* Who stays is not: what is left is that one's. */
static void
who_stays_is_not_waited_for_long(void **state)
{
	int64_t	id = put("msg_3", "user_3"), since = mono_us();
	int	lock;

	(void)state;
	assert_int_equal(work_lock(f.at.conf, WORK_SLICE, 0, &lock), HK_OK);
	slice_once(f.at.conf, 20 * US_PER_MS);
	assert_true(mono_us() - since < 5 * US_PER_S);
	assert_false(completed(id));
	close(lock);
	slice_once(f.at.conf, 1);
	assert_true(completed(id));
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(each_gets_something_done),
		cmocka_unit_test(who_goes_is_waited_for),
		cmocka_unit_test(who_stays_is_not_waited_for_long),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
