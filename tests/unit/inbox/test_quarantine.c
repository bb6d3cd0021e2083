/* Unsigned requests: all counted, some kept, none in anybody's way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <pthread.h>
#include <cmocka.h>

#include "base/clock.h"
#include "inbox/quarantine.h"

struct bed {
	char		 dir[32], path[64];
	struct writer	*writer;
};

static int
setup(void **state)
{
	static struct bed	b;
	struct writer_opts	o = { .path = b.path, .busy_timeout_ms = 1000, .most = 64 };

	snprintf(b.dir, sizeof(b.dir), "/tmp/hkqXXXXXX");
	assert_non_null(mkdtemp(b.dir));
	snprintf(b.path, sizeof(b.path), "%s/test.db", b.dir);
	assert_int_equal(writer_start(&b.writer, &o, true), HK_OK);
	*state = &b;
	return 0;
}

static int
teardown(void **state)
{
	struct bed	*b = *state;
	char		 command[64];

	writer_stop(b->writer);
	snprintf(command, sizeof(command), "rm -rf %s", b->dir);
	return system(command);
}

static int64_t
ask(struct bed *b, enum stmt_id id, const char *name, int64_t value)
{
	struct stmt	*q;
	struct db	*db;
	int64_t		 n = 0;

	assert_int_equal(db_open(&db, b->path, DB_RO, 1000), HK_OK);
	assert_int_equal(db_stmt(db, id, &q), HK_OK);
	bind_int(q, name, value);
	assert_int_equal(stmt_int(q, &n), HK_OK);
	db_close(db);
	return n;
}

#define KEPT(b)		ask(b, S_QUARANTINE_KEPT, ":verified", 0)
#define COUNTED(b)	ask(b, S_REFUSAL_COUNTED, ":since", 0)

static const struct field	signature[] = {
	{ { "stripe-signature", 16 }, { "t=1790000000,v1=00", 18 } },
};

static void
put(struct quarantine *q, enum sign_reason why, struct span body, int n)
{
	const struct http_request	rq = {
		.fields = { signature, why == SIGN_MISSING_HEADER ? 0 : 1 },
		.body = body, .remote_addr = SPAN("192.0.2.7"), .received_us = now_us(),
	};
	const struct refused		r = { .owner = "stripe", .scheme = &scheme_stripe,
					    .rq = &rq, .remote_addr = rq.remote_addr, .why = why };

	for (int i = 0; i < n; i++)
		quarantine_put(q, &r);
}

static struct quarantine *
start(struct bed *b, int64_t per_minute, bool thread)
{
	static const struct doctor_secret secret = { "stripe", &scheme_stripe, NULL,
						    { "whsec_testtesttest", 18 }, "now" };
	const struct quarantine_opts	o = { .writer = b->writer, .secret = &secret,
					    .nsecret = 1, .tolerance_s = 300,
					    .per_minute = per_minute };
	struct quarantine		*q;

	assert_int_equal(quarantine_start(&q, &o, thread), HK_OK);
	return q;
}

static void
the_same_request_is_one_row(void **state)
{
	struct bed		*b = *state;
	struct quarantine	*q = start(b, 100, true);

	put(q, SIGN_NO_MATCH, SPAN("{\"id\":\"evt_1\"}"), 5);
	quarantine_stop(q);
	assert_int_equal(KEPT(b), 1);
	assert_int_equal(COUNTED(b), 5);
}

static void
past_the_budget_it_is_only_counted(void **state)
{
	struct bed		*b = *state;
	struct quarantine	*q = start(b, 20, true);
	char			 body[32];

	for (int i = 0; i < 60; i++) {
		snprintf(body, sizeof(body), "{\"id\":\"evt_%d\"}", i);
		put(q, SIGN_NO_MATCH, span_str(body), 1);
	}
	quarantine_stop(q);
	assert_int_equal(KEPT(b), 20);
	assert_int_equal(COUNTED(b), 60);
}

static void
noise_takes_nothing_from_well_formed_ones(void **state)
{
	struct bed		*b = *state;
	struct quarantine	*q = start(b, 20, true);
	char			 body[32];

	for (int i = 0; i < 100; i++) {
		snprintf(body, sizeof(body), "noise %d", i);
		put(q, SIGN_MISSING_HEADER, span_str(body), 1);
	}
	assert_int_equal(KEPT(b), 0);	/* nothing is written on the request's thread */
	put(q, SIGN_NO_MATCH, SPAN("{\"id\":\"evt_1\"}"), 1);
	quarantine_stop(q);
	assert_int_equal(KEPT(b), 2 + 1);
	assert_int_equal(COUNTED(b), 101);
}

static void
a_large_body_is_not_kept(void **state)
{
	struct bed		*b = *state;
	struct quarantine	*q = start(b, 20, true);
	char			*body = calloc(1, 2 * QUARANTINE_BODY);

	assert_non_null(body);
	put(q, SIGN_NO_MATCH, span_of(body, 2 * QUARANTINE_BODY), 1);
	quarantine_stop(q);
	free(body);
	assert_int_equal(KEPT(b), 1);
	assert_int_equal(ask(b, S_QUARANTINE_BYTES, ":verified", 0), 0);
}

static void *
stop(void *q)
{
	quarantine_stop(q);
	return NULL;
}

/* A batch waits for the database; what comes meanwhile is the next one's. */
static void
what_comes_while_one_is_written_is_not_lost_at_the_stop(void **state)
{
	struct bed		*b = *state;
	struct quarantine	*q = start(b, 20, true);
	struct db		*held;
	pthread_t		 thread;

	assert_int_equal(db_open(&held, b->path, DB_RW, 1000), HK_OK);
	assert_int_equal(db_begin(held), HK_OK);
	put(q, SIGN_NO_MATCH, SPAN("{\"id\":\"evt_1\"}"), 1);
	usleep(700000);
	put(q, SIGN_NO_MATCH, SPAN("{\"id\":\"evt_2\"}"), 3);
	assert_int_equal(pthread_create(&thread, NULL, stop, q), 0);
	usleep(100000);
	db_rollback(held);
	db_close(held);
	pthread_join(thread, NULL);
	assert_int_equal(KEPT(b), 2);
	assert_int_equal(COUNTED(b), 4);
}

/* Budgets are of bodies and rows, so the rest of a row has to be small. */
static void
headers_do_not_get_around_the_budget(void **state)
{
	static const struct {
		const char	*phrase;
		const char	*name;
		size_t		 len;
		int		 kept;
	} rows[] = {
		{ "a proxy's worth",		"x-more",	 8000,	1 },
		{ "more than a sender has",	"x-more",	32000,	0 },
		{ "quotes, which double",	"x-quotes",	 9000,	0 },
	};
	struct bed		*b = *state;
	char			*value = malloc(32000);
	int			 kept = 0;

	assert_non_null(value);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct quarantine	*q = start(b, 20, true);
		const struct field	 f[] = { signature[0],
			{ span_str(rows[i].name), { value, rows[i].len } },
			{ SPAN("svix-id"), { value, rows[i].len } } };
		const struct http_request	rq = { .fields = { f, i == 0 ? 2 : 3 },
			.body = span_str(rows[i].phrase), .received_us = now_us() };

		memset(value, strcmp(rows[i].name, "x-quotes") == 0 ? '"' : 'v', 32000);
		quarantine_put(q, &(struct refused){ .owner = "stripe",
		    .scheme = &scheme_stripe, .rq = &rq, .why = SIGN_NO_MATCH });
		quarantine_stop(q);
		kept += rows[i].kept;
		if (KEPT(b) != kept || COUNTED(b) != (int64_t)i + 1)
			fail_msg("%s: %d kept, %d counted", rows[i].phrase, (int)KEPT(b),
			    (int)COUNTED(b));
	}
	free(value);
}

static void
plain_cgi_has_the_hours_budget(void **state)
{
	struct bed		*b = *state;
	struct quarantine	*q;
	char			 body[32];

	for (int i = 0; i < 30; i++) {		/* each a process of its own */
		q = start(b, 2, false);
		snprintf(body, sizeof(body), "{\"id\":\"evt_%d\"}", i);
		put(q, SIGN_NO_MATCH, span_str(body), 1);
		quarantine_stop(q);
	}
	assert_int_equal(KEPT(b), 20);
	assert_int_equal(COUNTED(b), 20);
}

static void
the_oldest_go_first(void **state)
{
	struct bed	*b = *state;
	struct refusal	 r = { .provider = "stripe", .reason = "no_match", .headers = SPAN("{}"),
			    .size = 1, .shaped = false };
	struct db	*db;
	char		 body[32];

	assert_int_equal(db_open(&db, b->path, DB_RW, 1000), HK_OK);
	assert_int_equal(db_begin(db), HK_OK);
	for (int i = 0; i < REFUSALS_NOISE + 50; i++) {
		snprintf(body, sizeof(body), "%d", i);
		r.body = span_str(body);
		r.received_us = i + 1;
		assert_int_equal(refusal_store(db, &r), HK_OK);
	}
	r.shaped = true;
	r.body = SPAN("shaped");
	assert_int_equal(refusal_store(db, &r), HK_OK);
	r.verified = true;
	r.body = SPAN("verified");
	assert_int_equal(refusal_store(db, &r), HK_OK);
	assert_int_equal(refusal_trim(db), HK_OK);
	assert_int_equal(db_commit(db), HK_OK);
	db_close(db);
	assert_int_equal(KEPT(b), REFUSALS_NOISE + 1);
	assert_int_equal(ask(b, S_QUARANTINE_KEPT, ":verified", 1), 1);
	assert_int_equal(ask(b, S_QUARANTINE_OLDEST, ":verified", 0), 51);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test_setup_teardown(the_same_request_is_one_row, setup, teardown),
		cmocka_unit_test_setup_teardown(past_the_budget_it_is_only_counted, setup, teardown),
		cmocka_unit_test_setup_teardown(noise_takes_nothing_from_well_formed_ones, setup, teardown),
		cmocka_unit_test_setup_teardown(a_large_body_is_not_kept, setup, teardown),
		cmocka_unit_test_setup_teardown(what_comes_while_one_is_written_is_not_lost_at_the_stop,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(headers_do_not_get_around_the_budget, setup, teardown),
		cmocka_unit_test_setup_teardown(plain_cgi_has_the_hours_budget, setup, teardown),
		cmocka_unit_test_setup_teardown(the_oldest_go_first, setup, teardown),
	};

	return cmocka_run_group_tests_name("inbox/quarantine", tests, NULL, NULL);
}
