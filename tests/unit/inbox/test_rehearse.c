/* The dry run, and settling by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "base/clock.h"
#include "inbox/event.h"
#include "inbox/process.h"
#include "inbox/rehearse.h"
#include "inbox/resolve.h"

static struct {
	struct db	*db;
	struct arena	*arena;
	struct conf	*conf;
} b;

static int
setup(void **state)
{
	const char *const	 env[] = { "HOOKKEEPER_DB=/nowhere/test.db", "HOOKKEEPER_MODE=test", NULL };

	(void)state;
	assert_int_equal(db_memory(&b.db), HK_OK);
	assert_non_null(b.arena = arena_new(4 << 20));
	assert_int_equal(conf_parse(&b.conf, "test.conf", SPAN(""), true, env, true), HK_OK);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	db_close(b.db);
	arena_free(b.arena);
	conf_free(b.conf);
	return 0;
}

static int64_t
put(const char *event_id, const char *type, const char *body)
{
	struct event	ev = {
		.provider = span_starts(span_str(event_id), "evt_") ? "stripe" : "clerk",
		.env = { .event_id = span_str(event_id), .type = span_str(type), .livemode = -1 },
		.disposition = { .what = DO_PROCESS }, .headers = SPAN("{}"),
		.body = span_str(body), .verified = true, .received_us = now_us(),
	};
	int64_t		id;
	bool		fresh;

	assert_int_equal(db_begin(b.db), HK_OK);
	assert_int_equal(event_store(b.db, &ev, &id, &fresh), HK_OK);
	assert_int_equal(db_commit(b.db), HK_OK);
	return id;
}

static int
work(void)
{
	const struct process_opts	o = { .conf = b.conf, .who = "test", .most = QUEUE_BATCH,
					    .slice_us = US_PER_S };
	int				done;

	assert_int_equal(process_round(b.db, &o, b.arena, &done), HK_OK);
	return done;
}

static bool
is(int64_t id, const char *status)
{
	struct stmt	*q;
	bool		 row, same;

	assert_int_equal(db_stmt(b.db, S_EVENT_STATUS, &q), HK_OK);
	bind_int(q, ":id", id);
	assert_int_equal(stmt_step(q, &row), HK_OK);
	same = row && span_is(col_text(q, 0), status);
	stmt_reset(q);
	return same;
}

static bool
says(struct span s, const char *what)
{
	return s.p != NULL && memmem(s.p, s.len, what, strlen(what)) != NULL;
}

#define USER	"{\"type\":\"user.created\",\"object\":\"event\",\"timestamp\":1790000000000," \
	"\"data\":{\"id\":\"user_1\",\"object\":\"user\",\"updated_at\":1790000000000," \
	"\"primary_email_address_id\":null,\"email_addresses\":[]}}"
#define PAYMENT	"{\"id\":\"evt_1\",\"object\":\"event\",\"created\":1790000000,\"type\":" \
	"\"checkout.session.completed\",\"livemode\":false,\"data\":{\"object\":{\"id\":\"cs_1\"," \
	"\"mode\":\"payment\",\"payment_status\":\"paid\",\"payment_intent\":\"pi_1\"," \
	"\"client_reference_id\":\"user_1\",\"metadata\":{\"credits\":\"100\"}}}}"

/* What it would do is told, and is not done; done for real it is the same. */
static void
a_dry_run_shows_and_leaves_nothing(void **state)
{
	int64_t			 id = put("msg_1", "user.created", USER);
	struct rehearsal	 r;
	struct user		 u;

	(void)state;
	assert_int_equal(event_rehearse(b.db, b.conf, id, now_us(), b.arena, &r), HK_OK);
	assert_int_equal(r.verdict, HK_OK);
	assert_true(says(r.changes, "[\"site_user\",\"+\","));
	assert_true(says(r.changes, "\"clerk_id\":\"user_1\""));
	assert_true(says(r.changes, "\"amount\":40"));
	assert_false(db_in_transaction(b.db));
	assert_int_equal(user_find(b.db, SPAN("user_1"), &u), HK_NOTFOUND);
	assert_true(is(id, "pending"));
	assert_int_equal(work(), 1);
	assert_int_equal(user_find(b.db, SPAN("user_1"), &u), HK_OK);
	/* a second time there is nothing left to grant */
	assert_int_equal(event_rehearse(b.db, b.conf, id, now_us(), b.arena, &r), HK_OK);
	assert_int_equal(r.verdict, HK_OK);
	assert_false(says(r.changes, "transfer"));
}

static const struct {
	const char	*what, *event_id, *type, *body;
	enum hk_err	 verdict;
	const char	*reason, *waits_for;
} rows[] = {
	{ "waits for its user",	"evt_1", "checkout.session.completed", PAYMENT, HK_WAIT,
	    NULL, "user:user_1" },
	{ "nothing is done for it", "evt_2", "charge.captured", "{}", HK_SKIP, "no handler", NULL },
	{ "names nobody",	"evt_3", "checkout.session.completed",
	    "{\"data\":{\"object\":{\"id\":\"cs_2\",\"mode\":\"payment\",\"payment_status\":\"paid\"}}}",
	    HK_NEVER, "", NULL },
	{ "no JSON",		"msg_9", "user.created", "{\"data\"", HK_NEVER, "byte", NULL },
};

static void
verdicts(void **state)
{
	struct rehearsal	r;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t	id = put(rows[i].event_id, rows[i].type, rows[i].body);

		assert_int_equal(event_rehearse(b.db, b.conf, id, now_us(), b.arena, &r), HK_OK);
		if (r.verdict != rows[i].verdict ||
		    (rows[i].reason != NULL && !says(r.reason, rows[i].reason)) ||
		    !span_eq(r.waits_for, span_str(rows[i].waits_for)))
			fail_msg("%s: %s, %.*s, %.*s", rows[i].what, err_name(r.verdict),
			    SPAN_ARG(r.reason), SPAN_ARG(r.waits_for));
		assert_true(is(id, "pending"));
	}
	assert_int_equal(event_rehearse(b.db, b.conf, 999, now_us(), b.arena, &r), HK_NOTFOUND);
	assert_false(db_in_transaction(b.db));
}

static enum hk_err
resolve(int64_t id, const char *note)
{
	enum hk_err	e;

	assert_int_equal(db_begin(b.db), HK_OK);
	e = event_resolve(b.db, id, span_str(note), now_us());
	if (e == HK_OK)
		assert_int_equal(db_commit(b.db), HK_OK);
	else
		db_rollback(b.db);
	return e;
}

static void
a_person_settles_what_failed_or_waits(void **state)
{
	int64_t		 waits = put("evt_1", "checkout.session.completed", PAYMENT), failed, user;
	struct claimed	 c[1];
	char		 longer[RESOLVE_NOTE_MOST + 2];
	int		 n;

	(void)state;
	failed = put("evt_3", "checkout.session.completed", rows[2].body);
	assert_int_equal(work(), 2);
	assert_true(is(failed, "failed"));
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(resolve(failed, "  "), HK_SYNTAX);
	assert_int_equal(resolve(failed, longer), HK_SYNTAX);
	assert_true(is(failed, "failed"));
	assert_int_equal(resolve(failed, "paid by hand"), HK_OK);
	assert_true(is(failed, "completed"));
	assert_int_equal(resolve(failed, "again"), HK_EXISTS);
	assert_int_equal(resolve(waits, "a test"), HK_OK);
	assert_int_equal(resolve(999, "a test"), HK_NOTFOUND);
	/* its user coming does not wake what is settled */
	user = put("msg_1", "user.created", USER);
	assert_int_equal(work(), 1);
	assert_int_equal(work(), 0);
	assert_true(is(user, "completed"));
	put("msg_2", "user.updated", USER);
	assert_int_equal(queue_claim(b.db, SPAN("w"), now_us(), US_PER_S, 1, b.arena, c, &n), HK_OK);
	assert_int_equal(n, 1);
	assert_int_equal(resolve(c[0].id, "now"), HK_BUSY);
	assert_true(is(c[0].id, "processing"));
	/* and it can be tried again after all */
	assert_int_equal(db_begin(b.db), HK_OK);
	assert_int_equal(queue_retry(b.db, waits, now_us()), HK_OK);
	assert_int_equal(db_commit(b.db), HK_OK);
	assert_int_equal(work(), 1);
	assert_true(is(waits, "completed"));
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest	tests[] = {
		T(a_dry_run_shows_and_leaves_nothing),
		T(verdicts),
		T(a_person_settles_what_failed_or_waits),
	};

	return cmocka_run_group_tests_name("inbox/rehearse", tests, NULL, NULL);
}
