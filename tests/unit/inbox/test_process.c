/* Claim, handle, settle: an event in, rows out, and all of it or nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <pthread.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "inbox/event.h"
#include "inbox/process.h"

#include "../folder.h"

struct bed {
	struct db	*db;
	struct arena	*arena;
	struct conf	*conf;
	int		 stop_after;	/* transactions; < 0: never */
	int		 asked;		/* to stop: before each transaction */
	int64_t		 slice_us;	/* 0: each event in a transaction of its own */
	int64_t		 alone_us;
};

static int
setup(void **state)
{
	static struct bed	 b;
	const char *const	 env[] = { "HOOKKEEPER_DB=/nowhere/test.db", "HOOKKEEPER_MODE=test", NULL };

	assert_int_equal(db_memory(&b.db), HK_OK);
	assert_non_null(b.arena = arena_new(4 << 20));
	assert_int_equal(conf_parse(&b.conf, "test.conf", SPAN(""), true, env, true), HK_OK);
	b.stop_after = -1;
	b.slice_us = b.alone_us = 0;
	b.asked = 0;
	*state = &b;
	return 0;
}

static int
teardown(void **state)
{
	struct bed	*b = *state;

	db_close(b->db);
	arena_free(b->arena);
	conf_free(b->conf);
	return 0;
}

static int64_t
put(struct bed *b, const struct provider *pv, const char *event_id, const char *type,
    struct span body)
{
	struct event	ev = {
		.provider = pv->name, .env = { .event_id = span_str(event_id),
		    .type = span_str(type), .livemode = -1 },
		.disposition = { .what = DO_PROCESS }, .headers = SPAN("{}"),
		.body = body, .verified = true, .received_us = now_us(),
	};
	int64_t		id;
	bool		fresh;

	assert_non_null(body.p);
	assert_int_equal(db_begin(b->db), HK_OK);
	assert_int_equal(event_store(b->db, &ev, &id, &fresh), HK_OK);
	assert_int_equal(db_commit(b->db), HK_OK);
	return id;
}

static bool
stop(void *ctx)
{
	struct bed	*b = ctx;

	b->asked++;
	return b->stop_after == 0 || (b->stop_after > 0 && b->stop_after-- == 0);
}

static int
work(struct bed *b)
{
	const struct process_opts	o = { .conf = b->conf, .who = "test", .most = QUEUE_BATCH,
					    .slice_us = b->slice_us,
					    .alone_us = b->alone_us, .stop = stop, .ctx = b };
	int				done;

	assert_int_equal(process_round(b->db, &o, b->arena, &done), HK_OK);
	return done;
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
	snprintf(got, sizeof(got), "%.*s", SPAN_ARG(col_text(q, 0)));
	stmt_reset(q);
	assert_string_equal(got, want);
}

static int64_t
balance(struct bed *b, const char *clerk_id)
{
	struct user	u;
	int64_t		n;

	assert_int_equal(user_find(b->db, span_str(clerk_id), &u), HK_OK);
	assert_int_equal(ledger_balance(b->db, u.id, &n), HK_OK);
	return n;
}

#define CHECKOUT "{\"id\":\"evt_1\",\"object\":\"event\",\"created\":1790000000,\"type\":" \
	"\"checkout.session.completed\",\"livemode\":false,\"data\":{\"object\":{\"id\":\"cs_1\"," \
	"\"object\":\"checkout.session\",\"mode\":\"payment\",\"payment_status\":\"paid\"," \
	"\"payment_intent\":\"pi_1\",\"client_reference_id\":\"user_1\",\"amount_total\":500," \
	"\"currency\":\"usd\",\"metadata\":{\"credits\":\"100\"}}}}"
#define USER "{\"type\":\"user.created\",\"object\":\"event\",\"timestamp\":1790000000000," \
	"\"data\":{\"id\":\"user_1\",\"object\":\"user\",\"updated_at\":1790000000000," \
	"\"primary_email_address_id\":null,\"email_addresses\":[]}}"

static void
a_user_gets_the_bonus(void **state)
{
	struct bed	*b = *state;
	int64_t		 id = put(b, &provider_clerk, "msg_1", "user.created", SPAN(USER));

	assert_int_equal(work(b), 1);
	assert_status(b, id, "completed");
	assert_int_equal(balance(b, "user_1"), 40);
	assert_int_equal(work(b), 0);
}

static void
a_payment_waits_for_its_user(void **state)
{
	struct bed	*b = *state;
	int64_t		 pay = put(b, &provider_stripe, "evt_1", "checkout.session.completed",
			    SPAN(CHECKOUT));

	assert_int_equal(work(b), 1);
	assert_status(b, pay, "pending");
	assert_int_equal(work(b), 0);
	put(b, &provider_clerk, "msg_1", "user.created", SPAN(USER));
	while (work(b) > 0)
		;
	assert_status(b, pay, "completed");
	assert_int_equal(balance(b, "user_1"), 140);
}

static void
a_retry_of_a_handled_event_grants_nothing_more(void **state)
{
	struct bed	*b = *state;
	int64_t		 pay;

	put(b, &provider_clerk, "msg_1", "user.created", SPAN(USER));
	pay = put(b, &provider_stripe, "evt_1", "checkout.session.completed", SPAN(CHECKOUT));
	while (work(b) > 0)
		;
	assert_int_equal(db_begin(b->db), HK_OK);
	assert_int_equal(queue_retry(b->db, pay, now_us()), HK_OK);
	assert_int_equal(db_commit(b->db), HK_OK);
	assert_int_equal(work(b), 1);
	assert_status(b, pay, "completed");
	assert_int_equal(balance(b, "user_1"), 140);
}

/* It was ignored when it came; asked for again, as by `events retry --since`, it still is. */
static void
a_retry_of_the_other_modes_event_grants_nothing(void **state)
{
	static const char	body[] = "{\"id\":\"evt_3\",\"object\":\"event\",\"created\":1790000000,"
				    "\"type\":\"checkout.session.completed\",\"livemode\":true,"
				    "\"data\":{\"object\":{\"id\":\"cs_3\",\"mode\":\"payment\","
				    "\"payment_status\":\"paid\",\"payment_intent\":\"pi_3\","
				    "\"client_reference_id\":\"user_1\",\"metadata\":{\"credits\":\"7\"}}}}";
	struct bed		*b = *state;
	int64_t			 live;

	put(b, &provider_clerk, "msg_1", "user.created", SPAN(USER));
	live = put(b, &provider_stripe, "evt_3", "checkout.session.completed", SPAN(body));
	while (work(b) > 0)
		;
	assert_status(b, live, "completed");
	assert_int_equal(balance(b, "user_1"), 40);
}

static void
what_cannot_be_worked_is_shown_not_lost(void **state)
{
	struct bed	*b = *state;
	int64_t		 broken = put(b, &provider_clerk, "msg_1", "user.created", SPAN("{\"data\""));
	int64_t		 nobody = put(b, &provider_stripe, "evt_2", "checkout.session.completed",
			    SPAN("{\"data\":{\"object\":{\"id\":\"cs_2\",\"mode\":\"payment\","
			    "\"payment_status\":\"paid\"}}}"));
	int64_t		 plain = put(b, &provider_stripe, "evt_3", "charge.captured", SPAN("{}"));
	int64_t		 good = put(b, &provider_clerk, "msg_2", "user.created", SPAN(USER));

	assert_int_equal(work(b), 4);
	assert_status(b, broken, "failed");
	assert_status(b, nobody, "failed");
	assert_status(b, plain, "completed");
	assert_status(b, good, "completed");
}

/*
 * It links the customer, then cannot grant: the account would overflow.  Of it
 * nothing stays, of its neighbours in the transaction all.
 */
static void
what_fails_half_way_leaves_nothing(void **state)
{
	static const char	body[] = "{\"id\":\"evt_2\",\"object\":\"event\",\"created\":1790000000,"
				    "\"type\":\"checkout.session.completed\",\"livemode\":false,"
				    "\"data\":{\"object\":{\"id\":\"cs_2\",\"mode\":\"payment\","
				    "\"payment_status\":\"paid\",\"payment_intent\":\"pi_2\","
				    "\"client_reference_id\":\"user_1\",\"customer\":\"cus_9\","
				    "\"metadata\":{\"credits\":\"1000000000000000\"}}}}";
	struct bed		*b = *state;
	struct user		 u;
	int64_t			 before, half, after;

	b->slice_us = 60 * US_PER_S;
	before = put(b, &provider_clerk, "msg_1", "user.created", SPAN(USER));
	half = put(b, &provider_stripe, "evt_2", "checkout.session.completed", SPAN(body));
	after = put(b, &provider_stripe, "evt_1", "checkout.session.completed", SPAN(CHECKOUT));
	assert_int_equal(work(b), 3);
	assert_status(b, before, "completed");
	assert_status(b, half, "failed");
	assert_status(b, after, "completed");
	assert_int_equal(user_find(b->db, SPAN("cus_9"), &u), HK_NOTFOUND);
	assert_int_equal(balance(b, "user_1"), 140);
}

static void
a_stop_gives_back_what_was_claimed(void **state)
{
	struct bed	*b = *state;
	int64_t		 id[3];
	struct claimed	 c[QUEUE_BATCH];
	int		 n;

	id[0] = put(b, &provider_clerk, "msg_1", "user.created", SPAN(USER));
	id[1] = put(b, &provider_clerk, "msg_2", "user.updated", SPAN(USER));
	id[2] = put(b, &provider_clerk, "msg_3", "user.updated", SPAN(USER));
	b->stop_after = 1;
	assert_int_equal(work(b), 1);
	assert_status(b, id[0], "completed");
	assert_status(b, id[1], "pending");
	assert_status(b, id[2], "pending");
	assert_int_equal(queue_claim(b->db, SPAN("w"), now_us(), US_PER_S, QUEUE_BATCH,
	    b->arena, c, &n), HK_OK);
	assert_int_equal(n, 2);
	assert_int_equal(c[0].attempts, 1);
}

/* ---- with others, so on a file ------------------------------------------ */

static char	folder[64], path[80];

static int
setup_file(void **state)
{
	struct bed	*b;

	assert_int_equal(setup(state), 0);
	b = *state;
	db_close(b->db);
	strcpy(folder, "/tmp/hk-process-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/t.db", folder);
	assert_int_equal(db_open(&b->db, path, DB_RW, 20000), HK_OK);
	b->alone_us = 60 * US_PER_S;
	return 0;
}

static int
teardown_file(void **state)
{
	teardown(state);
	return folder_remove(folder);
}

static void
put_three(struct bed *b)
{
	put(b, &provider_clerk, "msg_1", "user.created", SPAN(USER));
	put(b, &provider_clerk, "msg_2", "user.updated", SPAN(USER));
	put(b, &provider_clerk, "msg_3", "user.updated", SPAN(USER));
}

static void
alone_it_takes_its_time(void **state)
{
	struct bed	*b = *state;

	put_three(b);
	assert_int_equal(work(b), 3);
	assert_int_equal(b->asked, 1);
}

/* Somebody who writes: comes after, and stays for. */
struct rival {
	pthread_t	 thread;
	struct db	*db;
	useconds_t	 after_us, for_us;
	enum hk_err	 err;
};

static void *
rival(void *arg)
{
	struct rival	*r = arg;

	usleep(r->after_us);
	if ((r->err = db_begin(r->db)) == HK_OK) {
		usleep(r->for_us);
		r->err = db_commit(r->db);
	}
	return NULL;
}

static struct rival	first = { .for_us = 800000 }, second = { .after_us = 400000 };

/* The first has the lock when the transaction begins, the second comes behind it. */
static bool
rivals_come(void *ctx)
{
	struct bed	*b = ctx;

	if (b->asked++ == 0) {
		assert_int_equal(pthread_create(&first.thread, NULL, rival, &first), 0);
		assert_int_equal(pthread_create(&second.thread, NULL, rival, &second), 0);
		usleep(200000);
	}
	return false;
}

static void
it_makes_way_for_who_waits(void **state)
{
	struct bed			*b = *state;
	const struct process_opts	 o = { .conf = b->conf, .who = "test", .most = QUEUE_BATCH,
					     .alone_us = b->alone_us, .stop = rivals_come, .ctx = b };
	int				 done;

	put_three(b);
	assert_int_equal(db_open(&first.db, path, DB_RW, 20000), HK_OK);
	assert_int_equal(db_open(&second.db, path, DB_RW, 20000), HK_OK);
	assert_int_equal(process_round(b->db, &o, b->arena, &done), HK_OK);
	pthread_join(first.thread, NULL);
	pthread_join(second.thread, NULL);
	assert_int_equal(done, 3);
	assert_int_equal(b->asked, 2);	/* one event, the second rival, the other two */
	assert_int_equal(first.err, HK_OK);
	assert_int_equal(second.err, HK_OK);
	db_close(first.db);
	db_close(second.db);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test_setup_teardown(a_user_gets_the_bonus, setup, teardown),
		cmocka_unit_test_setup_teardown(a_payment_waits_for_its_user, setup, teardown),
		cmocka_unit_test_setup_teardown(a_retry_of_a_handled_event_grants_nothing_more, setup, teardown),
		cmocka_unit_test_setup_teardown(a_retry_of_the_other_modes_event_grants_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(what_cannot_be_worked_is_shown_not_lost, setup, teardown),
		cmocka_unit_test_setup_teardown(what_fails_half_way_leaves_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(a_stop_gives_back_what_was_claimed, setup, teardown),
		cmocka_unit_test_setup_teardown(alone_it_takes_its_time, setup_file, teardown_file),
		cmocka_unit_test_setup_teardown(it_makes_way_for_who_waits, setup_file, teardown_file),
	};

	return cmocka_run_group_tests_name("inbox/process", tests, NULL, NULL);
}
