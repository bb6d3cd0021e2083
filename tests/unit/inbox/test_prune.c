/* What goes, what stays, and that nothing half gone is left. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "base/clock.h"
#include "inbox/body.h"
#include "inbox/event.h"
#include "inbox/housekeeping.h"
#include "inbox/prune.h"
#include "inbox/queue.h"
#include "inbox/search.h"
#include "store/private.h"

#define NOW	INT64_C(1800000000000000)
#define HOUR	(INT64_C(3600) * US_PER_S)
#define DAY	(24 * HOUR)

static const struct prune_rules	rules = { .bodies = 30 * DAY, .events = 90 * DAY };

static struct db	*db;
static int		 serial;

static int
setup(void **state)
{
	(void)state;
	serial = 0;
	return db_memory(&db) != HK_OK;
}

static int
teardown(void **state)
{
	(void)state;
	db_close(db);
	return 0;
}

static int64_t
ask(const char *sql)
{
	int64_t	n = -1;

	assert_int_equal(db_ask(db, sql, &n), HK_OK);
	return n;
}

static void
sql(const char *text)
{
	assert_int_equal(db_exec(db, "test", text), HK_OK);
}

/* An event of that age in this state, settled as long ago. */
static int64_t
put(const char *type, int64_t age, const char *state)
{
	char		 id[32], text[256];
	struct event	 ev = { .provider = "clerk", .verified = true,
			    .env = { .type = span_str(type), .lane = SPAN("user_lane") },
			    .headers = SPAN("{}"), .body = SPAN("{\"word\":\"zanzibar\"}"),
			    .received_us = NOW - age };
	int64_t		 event;
	bool		 fresh;

	snprintf(id, sizeof(id), "msg_%06d", ++serial);
	ev.env.event_id = span_str(id);
	assert_int_equal(db_begin(db), HK_OK);
	assert_int_equal(event_store(db, &ev, &event, &fresh), HK_OK);
	assert_true(fresh);
	snprintf(text, sizeof(text), "UPDATE event SET %s, processed_at = created_at WHERE id = %lld",
	    state, (long long)event);
	sql(text);
	snprintf(text, sizeof(text), "INSERT INTO attempt (event, started_at, duration_us, result,"
	    " changes) VALUES (%lld, 1, 1, 'handled', '[]')", (long long)event);
	sql(text);
	assert_int_equal(db_commit(db), HK_OK);
	return event;
}

#define DONE	"status = 'completed', outcome = 'handled'"

static void
count_and_index(void)
{
	bool	more = true;

	while (more)
		assert_int_equal(housekeeping_step(db, NOW, US_PER_S, &more), HK_OK);
}

static int
finds(const char *words)
{
	struct search_found	f;
	int64_t			ids[64];

	assert_int_equal(search_find(db, span_str(words), INT64_MAX, 0, 64, ids, &f), HK_OK);
	return f.n;
}

static void
round_of(const struct prune_rules *r)
{
	bool	more = true;

	sql("UPDATE prune SET next_at = 0, looked_to = 0");
	while (more)
		assert_int_equal(prune_step(db, r, NOW, US_PER_S, &more), HK_OK);
}

static void
what_goes_and_what_stays(void **state)
{
	static const struct {
		const char	*what, *type;
		int64_t		 age;
		const char	*state;
		bool		 body, whole;	/* stay */
	} rows[] = {
		{ "new",		"user.created", HOUR, DONE, true, true },
		{ "younger than bodies are kept", "user.created", 30 * DAY - HOUR, DONE, true, true },
		{ "older",		"user.created", 31 * DAY, DONE, false, true },
		{ "older than events are kept", "user.created", 91 * DAY, DONE, false, false },
		{ "skipped",		"user.created", 91 * DAY, "status = 'completed', outcome = 'skipped'",
		    false, false },
		{ "pending, and old",	"user.created", 91 * DAY, "status = 'pending'", true, true },
		{ "processing, and old", "user.created", 91 * DAY, "status = 'processing'", true, true },
		{ "failed, and old",	"user.created", 91 * DAY, "status = 'failed'", true, true },
		{ "failed, then settled by a person", "user.created", 91 * DAY,
		    "status = 'completed', outcome = 'resolved'", false, false },
		{ "a code, a moment old", "email.created", HOUR / 2, DONE, true, true },
		{ "a code, used or not",	"email.created", 2 * HOUR, DONE, false, true },
		{ "a code by phone",	"sms.created", 2 * HOUR, DONE, false, true },
		{ "a code that failed",	"sms.created", 2 * HOUR, "status = 'failed'", false, true },
		{ "a code that waits",	"sms.created", 2 * HOUR, "status = 'pending'", true, true },
	};
	char	text[160];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		put(rows[i].type, rows[i].age, rows[i].state);
	count_and_index();
	round_of(&rules);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(text, sizeof(text), "SELECT count(*) FROM event_body WHERE event = %zu", i + 1);
		if ((ask(text) == 1) != rows[i].body)
			fail_msg("%s: its body %s", rows[i].what, rows[i].body ? "went" : "stayed");
		snprintf(text, sizeof(text), "SELECT count(*) FROM event WHERE event_type IS NOT NULL"
		    " AND emptied_at IS NULL AND id = %zu", i + 1);
		if ((ask(text) == 1) != rows[i].whole)
			fail_msg("%s: its row %s", rows[i].what, rows[i].whole ? "went" : "stayed");
		snprintf(text, sizeof(text), "SELECT count(changes) FROM attempt WHERE event = %zu", i + 1);
		if ((ask(text) == 1) != rows[i].body)
			fail_msg("%s: what it changed", rows[i].what);
	}
	assert_int_equal(ask("SELECT count(*) FROM event"), (int)(sizeof(rows) / sizeof(rows[0])));
	assert_int_equal(db_check(db), HK_OK);
	assert_int_equal(ask("SELECT sum(pruned) FROM prune WHERE what = 'bodies'"), 7);
}

static void
words_leave_the_index_with_the_body(void **state)
{
	(void)state;
	put("user.created", 31 * DAY, DONE);
	put("user.created", 91 * DAY, DONE);
	put("user.created", DAY, DONE);
	count_and_index();
	assert_int_equal(finds("zanzibar"), 3);
	assert_int_equal(finds("user_lane"), 3);
	round_of(&rules);
	assert_int_equal(finds("zanzibar"), 1);
	assert_int_equal(finds("user_lane"), 2);	/* what its row says is found still */
	assert_int_equal(finds("msg_000001"), 1);
	sql("INSERT INTO event_text (event_text) VALUES ('integrity-check')");
}

static void
what_is_not_indexed_and_counted_yet_stays(void **state)
{
	(void)state;
	put("user.created", 91 * DAY, DONE);
	round_of(&rules);
	assert_int_equal(ask("SELECT count(*) FROM event_body"), 1);
	count_and_index();
	round_of(&rules);
	assert_int_equal(ask("SELECT count(*) FROM event_body"), 0);
}

/* An endpoint may want to hear of it. */
static void
what_is_not_handed_on_yet_stays(void **state)
{
	(void)state;
	sql("INSERT INTO endpoint (id, channel, types, payload, state, state_at, heard_to, created_at,"
	    " updated_at) VALUES (1, 'webhook', 'clerk.*', 'full', 'enabled', 1, 0, 1, 1)");
	put("user.created", 91 * DAY, DONE);
	count_and_index();
	round_of(&rules);
	assert_int_equal(ask("SELECT count(*) FROM event_body"), 1);
	sql("UPDATE fanout SET event = 1");
	round_of(&rules);
	assert_int_equal(ask("SELECT count(*) FROM event_body"), 0);
}

static void
a_repeat_of_what_is_gone_is_known(void **state)
{
	struct event	ev = { .provider = "clerk", .verified = true,
			    .env = { .event_id = SPAN("msg_000001"), .type = SPAN("user.created") },
			    .headers = SPAN("{}"), .body = SPAN("{}"), .received_us = NOW };
	int64_t		id;
	bool		fresh;

	(void)state;
	put("user.created", 91 * DAY, DONE);
	count_and_index();
	round_of(&rules);
	assert_int_equal(db_begin(db), HK_OK);
	assert_int_equal(event_store(db, &ev, &id, &fresh), HK_OK);
	assert_false(fresh);
	assert_int_equal(id, 1);
	assert_int_equal(queue_retry(db, 1, NOW), HK_NEVER);
	assert_int_equal(db_commit(db), HK_OK);
}

static void
nothing_goes_unless_it_is_said(void **state)
{
	static const struct prune_rules	never = { 0, 0 };

	(void)state;
	put("user.created", 4000 * DAY, DONE);
	put("sms.created", 4000 * DAY, DONE);
	count_and_index();
	round_of(&never);
	assert_int_equal(ask("SELECT group_concat(event) FROM event_body"), 1);
}

/* Of messages only what is over, and whose event cannot cause it again. */
static void
messages_go_with_their_deliveries(void **state)
{
	static const struct {
		const char	*what, *delivery;
		int64_t		 age;
		bool		 stays;
	} rows[] = {
		{ "delivered",	"delivered", 91 * DAY, false },
		{ "given up",	"failed", 91 * DAY, false },
		{ "held",	"held", 91 * DAY, true },
		{ "to be sent",	"pending", 91 * DAY, true },
		{ "younger",	"delivered", 89 * DAY, true },
	};
	char	text[512];

	(void)state;
	sql("INSERT INTO endpoint (id, channel, types, payload, state, state_at, heard_to, created_at,"
	    " updated_at) VALUES (1, 'webhook', '*', 'full', 'enabled', 1, 0, 1, 1)");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(text, sizeof(text), "INSERT INTO message (type, owner_kind, owner, payload, cause,"
		    " created_at) VALUES ('t', 'system', 'x', '{}', 'api:%zu', %lld);"
		    "INSERT INTO delivery (endpoint, message, subject, status, created_at)"
		    " VALUES (1, last_insert_rowid(), 'x', '%s', 1);"
		    "INSERT INTO delivery_attempt (delivery, endpoint, number, started_at, took_us, good)"
		    " VALUES (last_insert_rowid(), 1, 1, 1, 1, 0)", i, (long long)(NOW - rows[i].age),
		    rows[i].delivery);
		sql(text);
	}
	count_and_index();
	round_of(&rules);
	assert_int_equal(ask("SELECT count(*) FROM message"), 5);	/* not handed out yet */
	sql("UPDATE fanout SET message = 5");
	round_of(&rules);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(text, sizeof(text), "SELECT count(*) FROM message m JOIN delivery d ON d.message ="
		    " m.id JOIN delivery_attempt a ON a.delivery = d.id WHERE m.id = %zu", i + 1);
		if ((ask(text) == 1) != rows[i].stays)
			fail_msg("%s: it %s", rows[i].what, rows[i].stays ? "went" : "stayed");
	}
	assert_int_equal(db_check(db), HK_OK);
}

static void
a_dry_run_counts_what_would_go(void **state)
{
	struct prune_opts	o = { .rules = { 30 * DAY, 90 * DAY }, .dry = true, .now = NOW };
	int64_t			dry[PRUNED_KINDS], gone[PRUNED_KINDS];

	(void)state;
	for (int i = 0; i < 150; i++)
		put("user.created", i < 100 ? 91 * DAY : 40 * DAY, DONE);
	sql("INSERT INTO quarantine (provider, reason, verified, shaped, fingerprint, size, headers,"
	    " created_at, last_at) VALUES ('stripe', 'no_match', 0, 1, 'a', 1, '{}', 1, 1),"
	    " ('stripe', 'unknown_type', 1, 1, 'b', 1, '{}', 1, 1)");
	count_and_index();
	assert_int_equal(prune_all(db, &o, dry), HK_OK);
	assert_int_equal(ask("SELECT count(*) FROM event_body"), 150);
	o.dry = false;
	assert_int_equal(prune_all(db, &o, gone), HK_OK);
	assert_memory_equal(dry, gone, sizeof(dry));
	assert_int_equal(gone[PRUNED_BODIES], 150);
	assert_int_equal(gone[PRUNED_EVENTS], 100);
	assert_int_equal(gone[PRUNED_REFUSED], 1);	/* what a secret signs waits for a person */
	assert_int_equal(ask("SELECT count(*) FROM attempt"), 50);
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest	tests[] = {
		T(what_goes_and_what_stays),
		T(words_leave_the_index_with_the_body),
		T(what_is_not_indexed_and_counted_yet_stays),
		T(what_is_not_handed_on_yet_stays),
		T(a_repeat_of_what_is_gone_is_known),
		T(nothing_goes_unless_it_is_said),
		T(messages_go_with_their_deliveries),
		T(a_dry_run_counts_what_would_go),
	};

	return cmocka_run_group_tests_name("inbox/prune", tests, NULL, NULL);
}
