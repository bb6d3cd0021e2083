/* The dry replay: the same books again, and what a difference is told like. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "books/apikey.h"
#include "inbox/event.h"
#include "inbox/process.h"
#include "inbox/replay.h"
#include "inbox/resolve.h"
#include "store/private.h"

static struct {
	char		 dir[64], path[96];
	struct db	*db;
	struct arena	*arena;
	struct conf	*conf;
	char		 told[16384];	/* a line for each difference */
	char		 pruned[256];
	struct replay_totals t;
} b;

static int
setup(void **state)
{
	static const char *const	env[] = { "HOOKKEEPER_DB=/nowhere/test.db",
					    "HOOKKEEPER_MODE=test", NULL };
	const char			*tmp = getenv("TMPDIR");

	(void)state;
	snprintf(b.dir, sizeof(b.dir), "%.40s/hk-replay-XXXXXX", tmp != NULL ? tmp : P_tmpdir);
	assert_non_null(mkdtemp(b.dir));
	snprintf(b.path, sizeof(b.path), "%s/a b%%.db", b.dir);
	assert_int_equal(db_open(&b.db, b.path, DB_RW, 1000), HK_OK);
	assert_non_null(b.arena = arena_new(16 << 20));
	assert_int_equal(conf_parse(&b.conf, "test.conf", SPAN(""), true, env, true), HK_OK);
	return 0;
}

static int
teardown(void **state)
{
	static const char *const	tails[] = { "", "-wal", "-shm", ".lock" };
	char				name[128];

	(void)state;
	db_close(b.db);
	arena_free(b.arena);
	conf_free(b.conf);
	for (size_t i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "%s%s", b.path, tails[i]);
		unlink(name);
	}
	/* fails when a copy left a name behind */
	return rmdir(b.dir);
}

static int64_t
put(const char *event_id, const char *type, const char *body)
{
	struct span	t = span_str(type);
	struct event	ev = {
		.provider = span_starts(t, "user.") ? "clerk" :
		    span_starts(t, "email.") ? "resend" : "stripe",
		.env = { .event_id = span_str(event_id), .type = t, .livemode = -1 },
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

static void
work(void)
{
	const struct process_opts	o = { .conf = b.conf, .who = "test", .most = QUEUE_BATCH,
					    .slice_us = US_PER_S };
	int				done = 1;

	while (done > 0)
		assert_int_equal(process_round(b.db, &o, b.arena, &done), HK_OK);
}

static void
sql(const char *text)
{
	assert_int_equal(db_exec(b.db, "test", text), HK_OK);
}

static int64_t
number(const char *text)
{
	int64_t	n = -1;

	assert_int_equal(db_ask(b.db, text, &n), HK_OK);
	return n;
}

static int64_t
user_event(const char *id, const char *type, const char *user, int version)
{
	char	body[600], address[64];

	snprintf(address, sizeof(address), "%s@example.com", user);
	snprintf(body, sizeof(body), "{\"type\":\"%s\",\"object\":\"event\",\"data\":{\"id\":\"%s\","
	    "\"object\":\"user\",\"updated_at\":%d,\"first_name\":\"V%d\","
	    "\"primary_email_address_id\":\"idn_1\",\"email_addresses\":[{\"id\":\"idn_1\","
	    "\"email_address\":\"%s\",\"verification\":{\"status\":\"verified\"}}]}}", type, user,
	    version, version, address);
	return put(id, type, body);
}

static int64_t
payment_event(const char *id, const char *user, const char *payment, int credits)
{
	char	body[600];

	snprintf(body, sizeof(body), "{\"id\":\"%s\",\"object\":\"event\",\"created\":1790000000,"
	    "\"type\":\"checkout.session.completed\",\"livemode\":false,\"data\":{\"object\":{"
	    "\"id\":\"cs_%s\",\"mode\":\"payment\",\"payment_status\":\"paid\",\"payment_intent\":"
	    "\"%s\",\"client_reference_id\":\"%s\",\"customer\":\"cus_%s\",\"amount_total\":1000,"
	    "\"currency\":\"usd\",\"metadata\":{%s\"n\":\"%d\"}}}}", id, payment, payment, user,
	    user, credits > 0 ? "\"credits\":\"70\"," : "\"price_id\":\"price_1\",", credits);
	return put(id, "checkout.session.completed", body);
}

static int64_t
refund_event(const char *id, const char *payment, int amount)
{
	char	body[400];

	snprintf(body, sizeof(body), "{\"id\":\"%s\",\"object\":\"event\",\"created\":1790000100,"
	    "\"type\":\"charge.refunded\",\"data\":{\"object\":{\"id\":\"ch_%s\",\"object\":"
	    "\"charge\",\"payment_intent\":\"%s\",\"amount\":1000,\"amount_refunded\":%d}}}", id,
	    payment, payment, amount);
	return put(id, "charge.refunded", body);
}

static int64_t
mail_event(const char *id, const char *type, const char *mail)
{
	char	body[500];

	snprintf(body, sizeof(body), "{\"type\":\"%s\",\"created_at\":\"2026-11-22T10:00:00Z\","
	    "\"data\":{\"email_id\":\"%s\",\"from\":\"a@b.c\",\"to\":[\"gone@example.com\"],"
	    "\"subject\":\"Hello\",\"created_at\":\"2026-11-22T10:00:00Z\",\"bounce\":{\"type\":"
	    "\"Permanent\",\"message\":\"no such user\"}}}", type, mail);
	return put(id, type, body);
}

static void
plan(const char *ref, int64_t credits)
{
	const struct cause	cause = { .db = b.db, .now = now_us() };
	const struct plan	p = { .match = PLAN_PRICE, .ref = span_str(ref),
				    .credits = credits, .per = 1 };

	assert_int_equal(db_begin(b.db), HK_OK);
	assert_int_equal(plan_set(&cause, &p), HK_OK);
	assert_int_equal(db_commit(b.db), HK_OK);
}

/* amount below 0: burned; else an adjustment. */
static void
move(const char *who, const char *key, int64_t amount)
{
	const struct cause	cause = { .db = b.db, .now = now_us() };
	struct user		user;
	struct owner		owner;
	int64_t			taken;
	bool			fresh;

	assert_int_equal(db_begin(b.db), HK_OK);
	assert_int_equal(user_find(b.db, span_str(who), &user), HK_OK);
	owner = (struct owner){ "user", span_str(user.id) };
	assert_int_equal(amount > 0 ? ledger_give(&cause, &owner, T_ADJUST, span_str(key), amount,
	    SPAN("a gift"), &fresh) : ledger_take(&cause, &owner, T_BURN, span_str(key), -amount,
	    TAKE_ALL, SPAN_NULL, &taken, &fresh), HK_OK);
	assert_int_equal(db_commit(b.db), HK_OK);
}

static enum hk_err
differs(void *ctx, const struct replay_row *row)
{
	size_t	len = strlen(b.told);

	(void)ctx;
	snprintf(b.told + len, sizeof(b.told) - len, "%c %s %.*s %.*s\n", row->what, row->table,
	    SPAN_ARG(row->key), SPAN_ARG(row->columns));
	return HK_OK;
}

static void
pruned(void *ctx, const struct replay_pruned *p)
{
	size_t	len = strlen(b.pruned);

	(void)ctx;
	snprintf(b.pruned + len, sizeof(b.pruned) - len, "%.*s;", SPAN_ARG(p->event_id));
}

/* The database is as it was, whatever is replayed. */
static void
replay_with(struct replay_opts o)
{
	int64_t	before = number("SELECT SUM(id) + COUNT(*) FROM transfer"), events;

	events = number("SELECT COUNT(*) FROM event WHERE status = 'completed'");
	b.told[0] = b.pruned[0] = '\0';
	o.differs = differs;
	o.pruned = pruned;
	if (replay(b.db, b.conf, &o, &b.t) != HK_OK)
		fail_msg("replay: %s", err_last());
	assert_int_equal(number("SELECT SUM(id) + COUNT(*) FROM transfer"), before);
	assert_int_equal(number("SELECT COUNT(*) FROM event WHERE status = 'completed'"), events);
}

static void
same(const char *what)
{
	replay_with((struct replay_opts){ .provider = NULL });
	if (b.told[0] != '\0')
		fail_msg("%s:\n%s", what, b.told);
	assert_int_equal(b.t.credits_before, b.t.credits_after);
}

/* Just these differences, in this order. */
static void
told(const char *what, const char *lines)
{
	if (strcmp(b.told, lines) != 0)
		fail_msg("%s:\n%s\nbut not:\n%s", what, b.told, lines);
}

/* Everything once: waiting, stale, doubled, refused; and what people and programs do. */
static void
a_story(void)
{
	struct cause	cause = { .db = b.db, .now = now_us() };
	struct apikey	key;
	struct user	user;
	char		text[APIKEY_TEXT];
	bool		made;

	plan("price_1", 300);
	payment_event("evt_1", "user_1", "pi_1", 70);		/* comes before its user */
	user_event("msg_1", "user.updated", "user_1", 2000);
	user_event("msg_2", "user.created", "user_1", 1000);	/* stale */
	work();
	move("user_1", "burn:1", -25);
	payment_event("evt_2", "user_1", "pi_1", 70);		/* the same payment again */
	refund_event("evt_3", "pi_2", 500);			/* before its payment */
	payment_event("evt_4", "user_1", "pi_2", 0);		/* by the plan */
	work();
	move("user_1", "adjust:1", 11);
	assert_int_equal(db_begin(b.db), HK_OK);
	cause.now = now_us();
	assert_int_equal(user_ensure(&cause, &(struct app_user){ .email = SPAN("user_2@example.com"),
	    .app_id = SPAN("4711") }, &user, &made), HK_OK);
	assert_true(made);
	assert_int_equal(apikey_make(&cause, b.conf, user.id, SPAN("mine"), &key, text), HK_OK);
	assert_int_equal(user_ensure(&cause, &(struct app_user){ .app_id = SPAN("4712") }, &user,
	    &made), HK_OK);
	assert_int_equal(db_commit(b.db), HK_OK);
	move("user_2@example.com", "adjust:2", 5);
	user_event("msg_3", "user.created", "user_2", 1000);	/* Clerk tells of it */
	mail_event("msg_4", "email.bounced", "m1");
	work();
	move("user_2", "burn:2", -40);
	sql("DELETE FROM suppression; INSERT INTO audit_log (at, who, via, action, subject, result)"
	    " SELECT MAX(started_at) + 1, 'anna', 'page', 'suppression.rm',"
	    " 'suppression:gone@example.com', 'done' FROM attempt");
	user_event("msg_5", "user.created", "user_3", 1000);
	put("msg_6", "user.deleted", "{\"type\":\"user.deleted\",\"data\":{\"id\":\"user_3\","
	    "\"deleted\":true}}");
	put("evt_5", "checkout.session.completed", "{\"data\":{\"object\":{\"id\":\"cs_9\","
	    "\"mode\":\"payment\",\"payment_status\":\"paid\"}}}");	/* names nobody */
	payment_event("evt_6", "user_9", "pi_9", 70);		/* waits for ever */
	work();
}

static void
healthy_books_are_the_same_again(void **state)
{
	(void)state;
	same("nothing at all");
	a_story();
	assert_int_equal(number("SELECT COUNT(*) FROM transfer WHERE event IS NULL"), 4);
	same("a story");
	assert_int_equal(b.t.carried, 4);
	assert_int_equal(b.t.events, number("SELECT COUNT(*) FROM event"));
	assert_int_equal(b.t.handled, number("SELECT COUNT(*) FROM event WHERE outcome = 'handled'"));
	assert_int_equal(b.t.skipped, number("SELECT COUNT(*) FROM event WHERE outcome = 'skipped'"));
	assert_int_equal(b.t.waiting, 1);
	assert_int_equal(b.t.failed, 1);
	assert_int_equal(b.t.credits_before, 40 + 70 - 25 + 150 + 11 + 5 + 40 - 40 + 40);
}

/* What was made to differ by hand, and how it is told. */
static const struct {
	const char	*what, *sql, *lines;
} broken[] = {
	{ "a balance is changed", "UPDATE account SET balance = balance + 7 WHERE owner ="
	    " (SELECT id FROM site_user WHERE clerk_id = 'user_1')",
	    "= account user_1 {\"balance\":[253,246]}\n" },
	{ "a user's name is changed", "UPDATE site_user SET first_name = 'x', last_name = 'y'"
	    " WHERE clerk_id = 'user_2'",
	    "= site_user user_2 {\"first_name\":[\"x\",\"V1000\"],\"last_name\":[\"y\",null]}\n" },
	{ "a row is gone", "DELETE FROM stripe_customer WHERE customer = 'cus_user_1'",
	    "+ stripe_customer cus_user_1 {\"user\":\"user_1\"}\n" },
	{ "a row nobody made", "INSERT INTO suppression (address, reason, event, created_at)"
	    " VALUES ('x@y.z', 'bounce', 1, 1)",
	    "- suppression x@y.z {\"reason\":\"bounce\"}\n" },
	{ "a deleted user lives", "UPDATE site_user SET deleted_at = NULL WHERE clerk_id = 'user_3'",
	    "= site_user user_3 {\"deleted\":[0,1]}\n" },
	{ "a refund is forgotten", "UPDATE payment SET taken = 0 WHERE ref = 'pi_2'",
	    "= payment pi_2 {\"taken\":[0,150]}\n" },
};

static void
a_row_that_is_broken_is_told_and_nothing_else(void **state)
{
	(void)state;
	a_story();
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		sql("ATTACH ':memory:' AS kept");
		sql("CREATE TABLE kept.u AS SELECT * FROM site_user; CREATE TABLE kept.a AS SELECT *"
		    " FROM account; CREATE TABLE kept.p AS SELECT * FROM payment; CREATE TABLE"
		    " kept.c AS SELECT * FROM stripe_customer; CREATE TABLE kept.s AS SELECT *"
		    " FROM suppression");
		sql(broken[i].sql);
		replay_with((struct replay_opts){ .provider = NULL });
		told(broken[i].what, broken[i].lines);
		sql("REPLACE INTO site_user SELECT * FROM kept.u; REPLACE INTO account SELECT *"
		    " FROM kept.a; REPLACE INTO payment SELECT * FROM kept.p; DELETE FROM"
		    " suppression; INSERT INTO suppression SELECT * FROM kept.s; REPLACE INTO"
		    " stripe_customer SELECT * FROM kept.c; DETACH kept");
	}
	same("all is as it was");
}

static void
other_plans_give_other_sums(void **state)
{
	static const struct plan	dear[] = {
		{ .match = PLAN_PRICE, .ref = { "price_1", 7 }, .credits = 1000, .per = 1 },
	};

	(void)state;
	a_story();
	replay_with((struct replay_opts){ .plan = dear, .nplan = 1 });
	/* half of it was refunded: 500 instead of 150 */
	assert_int_equal(b.t.credits_after - b.t.credits_before, 350);
	assert_non_null(strstr(b.told, "= account user_1 {\"balance\":[246,596]}\n"));
	assert_non_null(strstr(b.told, "= transfer stripe:pi_2 {\"amount\":[300,1000]}\n"));
	assert_int_equal(b.t.rows_added + b.t.rows_removed, 0);
	assert_int_equal(number("SELECT credits FROM plan"), 300);
}

static void
pruned_bodies_are_named(void **state)
{
	(void)state;
	a_story();
	sql("DELETE FROM event_body WHERE event = (SELECT id FROM event WHERE event_id = 'evt_2')");
	same("it did nothing anyway");
	assert_int_equal(b.t.pruned, 1);
	assert_string_equal(b.pruned, "evt_2;");
	sql("DELETE FROM event_body WHERE event = (SELECT id FROM event WHERE event_id = 'evt_4')");
	replay_with((struct replay_opts){ .provider = NULL });
	assert_int_equal(b.t.pruned, 2);
	assert_non_null(strstr(b.told, "- transfer stripe:pi_2 "));
}

static void
filters_pick_events(void **state)
{
	int64_t	all, clerk;

	(void)state;
	a_story();
	all = number("SELECT COUNT(*) FROM event");
	clerk = number("SELECT COUNT(*) FROM event WHERE provider = 'clerk'");
	replay_with((struct replay_opts){ .provider = "clerk" });
	assert_int_equal(b.t.events, clerk);
	assert_null(strstr(b.told, "site_user"));
	assert_non_null(strstr(b.told, "- transfer stripe:pi_1 "));
	replay_with((struct replay_opts){ .type = "checkout.*" });
	assert_int_equal(b.t.events, number("SELECT COUNT(*) FROM event WHERE event_type LIKE"
	    " 'checkout.%'"));
	/* the burns of those that nobody made are there all the same */
	assert_int_equal(b.t.carried, 4);
	replay_with((struct replay_opts){ .status = "failed" });
	assert_int_equal(b.t.events, 1);
	replay_with((struct replay_opts){ .since_us = now_us() + US_PER_S });
	assert_int_equal(b.t.events, 0);
	replay_with((struct replay_opts){ .until_us = now_us() + US_PER_S });
	assert_int_equal(b.t.events, all);
	assert_string_equal(b.told, "");
}

/* Today's books have nothing of them: neither of what waits its turn, nor of what was settled. */
static void
the_queue_and_the_settled_are_left_out(void **state)
{
	int64_t	failed;

	(void)state;
	a_story();
	failed = number("SELECT id FROM event WHERE status = 'failed'");
	assert_int_equal(db_begin(b.db), HK_OK);
	assert_int_equal(event_resolve(b.db, failed, SPAN("paid by hand"), now_us()), HK_OK);
	assert_int_equal(db_commit(b.db), HK_OK);
	payment_event("evt_7", "user_1", "pi_7", 70);
	same("not worked on yet");
	assert_int_equal(b.t.queued, 1);
	assert_int_equal(b.t.resolved, 1);
	work();
	same("worked on");
	assert_int_equal(b.t.queued, 0);
}

/* Worked again by hand, later than it came: no difference, either. */
static void
what_was_retried_is_no_difference(void **state)
{
	int64_t	id;

	(void)state;
	payment_event("evt_1", "user_1", "pi_1", 0);	/* no plan */
	user_event("msg_1", "user.created", "user_1", 1000);
	work();
	plan("price_1", 300);
	work();
	move("user_1", "burn:1", -30);
	id = number("SELECT id FROM event WHERE event_id = 'evt_1'");
	assert_int_equal(db_begin(b.db), HK_OK);
	assert_int_equal(queue_retry(b.db, id, now_us()), HK_OK);
	assert_int_equal(db_commit(b.db), HK_OK);
	work();
	assert_int_equal(number("SELECT SUM(balance) FROM account WHERE owner_kind = 'user'"), 310);
	same("retried");
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest	tests[] = {
		T(healthy_books_are_the_same_again),
		T(a_row_that_is_broken_is_told_and_nothing_else),
		T(other_plans_give_other_sums),
		T(pruned_bodies_are_named),
		T(filters_pick_events),
		T(the_queue_and_the_settled_are_left_out),
		T(what_was_retried_is_no_difference),
	};

	return cmocka_run_group_tests_name("inbox/replay", tests, NULL, NULL);
}
