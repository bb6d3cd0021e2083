/* Which events a filter means, and how its pages follow one another. */
#include "bed.h"

#include "admin/event_scan.h"
#include "inbox/search.h"

#define MINUTE	INT64_C(60000000)
#define HOUR	(60 * MINUTE)

/* The ids as "5 4 1", and ">" where it goes on. */
static const char *
ids(const struct event_scan *s)
{
	static char	out[4096];
	size_t		len = 0;

	out[0] = '\0';
	for (int i = 0; i < s->n && len < sizeof(out); i++)
		len += (size_t)snprintf(out + len, sizeof(out) - len, "%s%lld", i > 0 ? " " : "",
		    (long long)s->id[i]);
	if (s->next != 0 && len < sizeof(out))
		snprintf(out + len, sizeof(out) - len, ">%lld", (long long)s->next);
	return out;
}

static struct event_filter
filter(const char *query)
{
	struct event_filter		f;
	struct event_filter_wrong	wrong;
	struct visit			*v = bed_visit(ROLE_VIEWER, query, NULL);

	event_filter_read(&f, v, &v->query, &wrong);
	if (wrong.name != NULL)
		fail_msg("%s: %s", wrong.name, wrong.text);
	return f;
}

/* 1..8: one of every kind there is. */
static void
eight(void)
{
	static const struct bed_event	t[] = {
		{ .event_id = "evt_1", .type = "invoice.paid", .lane = "cus_a", .livemode = -1,
		    .secret = "old", .at = BED_NOW - 50 * HOUR, .skipped = "no handler" },
		{ .event_id = "evt_2", .type = "invoice.voided", .lane = "cus_b", .livemode = 1,
		    .secret = "new", .at = BED_NOW - 30 * HOUR },
		{ .provider = "clerk", .event_id = "msg_3", .type = "user.created", .lane = "user_c",
		    .at = BED_NOW - 20 * HOUR },
		{ .provider = "resend", .event_id = "evt_1", .type = "email.sent", .lane = "cus_a",
		    .at = BED_NOW - 3 * HOUR },
		{ .event_id = "evt_5", .type = "checkout.session.completed", .lane = "cus_a",
		    .livemode = -1, .at = BED_NOW - 2 * HOUR },
		{ .provider = "custom:github", .event_id = "d1", .lane = NULL,
		    .at = BED_NOW - HOUR, .skipped = "x" },
		{ .event_id = "evt_7", .type = "invoice.paid", .lane = "cus_a",
		    .at = BED_NOW - 30 * MINUTE },
		{ .event_id = "evt_8", .type = "charge.captured", .lane = "cus_d",
		    .at = BED_NOW - MINUTE },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		assert_int_equal(bed_put(&t[i]), i + 1);
	bed_sql("UPDATE event SET status = 'failed' WHERE id IN (2, 3);"
	    "UPDATE event SET status = 'completed', outcome = 'resolved', reason = 'x' WHERE id = 4;"
	    "UPDATE event SET waits_for = 'user:user_c', next_attempt_at = NULL WHERE id = 5;"
	    "UPDATE event SET status = 'processing', lease_until = 1, lease_by = 'w' WHERE id = 7");
}

static const struct {
	const char	*what, *query, *ids;
} rows[] = {
	{ "everything",			"", "8 7 6 5 4 3 2 1" },
	{ "one sender",			"provider=stripe", "8 7 5 2 1" },
	{ "a custom sender",		"provider=custom:github", "6" },
	{ "a type",			"type=invoice.paid", "7 1" },
	{ "the beginning of types",	"type=invoice.*", "7 2 1" },
	{ "any type by a star",		"type=*", "8 7 5 4 3 2 1" },
	{ "percent is no pattern",	"type=invoice%25", "" },
	{ "failed",			"status=failed", "3 2" },
	{ "failed of one sender",	"status=failed&provider=clerk", "3" },
	{ "pending, not waiting",	"status=pending", "8" },
	{ "waiting",			"status=waiting", "5" },
	{ "waiting about something else", "status=waiting&lane=cus_b", "" },
	{ "at work",			"status=processing", "7" },
	{ "completed",			"status=completed", "6 4 1" },
	{ "resolved",			"outcome=resolved", "4" },
	{ "resolved of another sender",	"outcome=resolved&provider=stripe", "" },
	{ "skipped",			"outcome=skipped", "6 1" },
	{ "about something",		"lane=cus_a", "7 5 4 1" },
	{ "about something, of a sender", "lane=cus_a&provider=stripe&status=completed", "1" },
	{ "the sender's id, two senders", "event_id=evt_1", "4 1" },
	{ "the sender's id, of one",	"event_id=evt_1&provider=resend", "4" },
	{ "an id that is not there",	"event_id=evt_", "" },
	{ "a secret",			"secret=new", "2" },
	{ "live",			"livemode=live", "2" },
	{ "test",			"livemode=test", "5 1" },
	{ "mode not said",		"livemode=none", "8 7 6 4 3" },
	{ "since",			"since=24h", "8 7 6 5 4 3" },
	{ "until",			"until=150m", "4 3 2 1" },
	{ "between",			"since=24h&until=150m", "4 3" },
	{ "between, nothing",		"since=15m&until=10m", "" },
	{ "all at once",		"provider=stripe&type=checkout.*&status=waiting&lane=cus_a&"
	    "livemode=test&since=3h&until=1h&event_id=evt_5", "5" },
};

static void
check_rows(void)
{
	struct event_scan	s;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct event_filter	f = filter(rows[i].query);

		assert_int_equal(event_scan(bed.db, &f, EVENT_SCAN_NEWEST, 0, 50, &s), HK_OK);
		if (strcmp(ids(&s), rows[i].ids) != 0)
			fail_msg("%s: %s", rows[i].what, ids(&s));
		/* the same by pages of two, downwards */
		if (strcmp(rows[i].query, "") == 0 || s.n < 3)
			continue;
		for (int64_t before = EVENT_SCAN_NEWEST, n = 0; before != 0; before = s.next) {
			struct event_scan	all;

			assert_int_equal(event_scan(bed.db, &f, EVENT_SCAN_NEWEST, 0, 50, &all), HK_OK);
			assert_int_equal(event_scan(bed.db, &f, before, 0, 2, &s), HK_OK);
			for (int k = 0; k < s.n; k++)
				assert_int_equal(s.id[k], all.id[n++]);
			if (s.next == 0)
				assert_int_equal(n, all.n);
		}
	}
}

static void
filters(void **state)
{
	(void)state;
	eight();
	check_rows();
}

static void
index_them(void)
{
	struct arena	*arena = arena_new(4 << 20);
	bool		 more = true;

	while (more)
		assert_int_equal(search_step(bed.db, arena, &more), HK_OK);
	arena_free(arena);
}

static void
the_same_when_the_index_knows_them(void **state)
{
	(void)state;
	eight();
	index_them();
	check_rows();
}

/* Some are in the index, those that came later not yet. */
static void
the_same_when_the_index_is_behind(void **state)
{
	struct event_filter	f;
	struct event_scan	s;

	(void)state;
	eight();
	index_them();
	bed_put(&(struct bed_event){ .event_id = "evt_9", .type = "x", .lane = "cus_a" });
	f = filter("lane=cus_a");
	assert_int_equal(event_scan(bed.db, &f, EVENT_SCAN_NEWEST, 0, 2, &s), HK_OK);
	assert_string_equal(ids(&s), "9 7>7");
	assert_int_equal(event_scan(bed.db, &f, s.next, 0, 50, &s), HK_OK);
	assert_string_equal(ids(&s), "5 4 1");
}

static void
pages_upwards(void **state)
{
	static const struct {
		const char	*what, *query;
		int64_t		 after;
		int		 most;
		const char	*ids;
	} t[] = {
		{ "the next above",		"",		3, 2, "5 4>5" },
		{ "the last above",		"",		6, 2, "8 7" },
		{ "nothing above",		"",		8, 2, "" },
		{ "of a filter",		"provider=stripe", 1, 2, "5 2>5" },
		{ "of an index",		"status=failed", 2, 2, "3" },
		{ "of an index, more",		"status=failed", 1, 1, "2>2" },
	};
	struct event_scan	s;

	(void)state;
	eight();
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct event_filter	f = filter(t[i].query);

		assert_int_equal(event_scan(bed.db, &f, EVENT_SCAN_NEWEST, t[i].after, t[i].most, &s),
		    HK_OK);
		if (strcmp(ids(&s), t[i].ids) != 0)
			fail_msg("%s: %s", t[i].what, ids(&s));
	}
}

/* 30000 plain events, one apart at the very beginning: found, but not at once. */
static void
no_page_looks_at_everything(void **state)
{
	struct event_filter	f;
	struct event_scan	s;

	(void)state;
	bed_sql("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000)"
	    " INSERT INTO event (id, provider, event_id, event_type, lane, status, outcome, verified,"
	    "  created_at) SELECT i, CASE i WHEN 5 THEN 'clerk' ELSE 'stripe' END, 'evt_' || i,"
	    "  'invoice.paid', 'cus_' || i, CASE WHEN i < 25000 THEN 'completed' ELSE 'failed' END,"
	    "  CASE WHEN i < 25000 THEN 'handled' END, 1, i * 1000000 FROM n");
	f = filter("provider=clerk");
	assert_int_equal(event_scan(bed.db, &f, EVENT_SCAN_NEWEST, 0, 50, &s), HK_OK);
	assert_int_equal(s.n, 0);
	assert_int_equal(s.looked_to, 30001 - EVENT_SCAN_LOOKS);
	assert_int_equal(event_scan(bed.db, &f, s.next, 0, 50, &s), HK_OK);
	assert_string_equal(ids(&s), "5");
	assert_int_equal(s.looked_to, 0);
	/* upwards, too */
	f = filter("lane=cus_29999");
	assert_int_equal(event_scan(bed.db, &f, EVENT_SCAN_NEWEST, 1, 50, &s), HK_OK);
	assert_int_equal(s.n, 0);
	assert_int_equal(s.next, 1 + EVENT_SCAN_LOOKS);
	/* an index reaches further than that, times as well */
	f = filter("status=failed&lane=cus_25000");
	assert_int_equal(event_scan(bed.db, &f, EVENT_SCAN_NEWEST, 0, 50, &s), HK_OK);
	assert_string_equal(ids(&s), "25000");
	f = filter("provider=clerk&until=1970-01-01T00:10:00Z");
	assert_int_equal(event_scan(bed.db, &f, EVENT_SCAN_NEWEST, 0, 50, &s), HK_OK);
	assert_string_equal(ids(&s), "5");
	/* nothing filtered: a page is a page, however many there are */
	f = filter("");
	assert_int_equal(event_scan(bed.db, &f, 25, 0, 3, &s), HK_OK);
	assert_string_equal(ids(&s), "24 23 22>22");
	assert_int_equal(s.looked_to, 0);
}

static void
nothing_is_there_yet(void **state)
{
	struct event_scan	s;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct event_filter	f = filter(rows[i].query);

		assert_int_equal(event_scan(bed.db, &f, EVENT_SCAN_NEWEST, 0, 50, &s), HK_OK);
		assert_int_equal(s.n, 0);
		assert_int_equal(s.next, 0);
	}
}

static void
words_and_values(void **state)
{
	struct event_filter	f;
	struct event_scan	s;

	(void)state;
	bed_put(&(struct bed_event){ .event_id = "evt_1", .type = "invoice.paid",
	    .body = "{\"data\":{\"object\":{\"amount_total\":500,\"email\":\"ann@example.com\"}}}" });
	bed_put(&(struct bed_event){ .event_id = "evt_2", .type = "invoice.paid",
	    .body = "{\"data\":{\"object\":{\"amount_total\":700}}}" });
	bed_put(&(struct bed_event){ .provider = "clerk", .event_id = "msg_3", .type = "sms.created",
	    .body = "{\"data\":{\"message\":\"424242\",\"data\":{\"otp_code\":\"424242\"}}}" });
	for (int pass = 0; pass < 2; pass++) {
		f = filter("path=data.object.amount_total%3D500");
		assert_int_equal(event_scan(bed.db, &f, EVENT_SCAN_NEWEST, 0, 50, &s), HK_OK);
		assert_string_equal(ids(&s), "1");
		f = filter("path=data.object.amount_total%3D500&provider=clerk");
		assert_int_equal(event_scan(bed.db, &f, EVENT_SCAN_NEWEST, 0, 50, &s), HK_OK);
		assert_string_equal(ids(&s), "");
		/* a code is not found by guessing it */
		f = filter("path=data.data.otp_code%3D424242");
		assert_int_equal(event_scan(bed.db, &f, EVENT_SCAN_NEWEST, 0, 50, &s), HK_OK);
		assert_string_equal(ids(&s), "");
		index_them();
	}
	f = filter("q=ann%40example.com");
	assert_int_equal(event_scan(bed.db, &f, EVENT_SCAN_NEWEST, 0, 50, &s), HK_OK);
	assert_string_equal(ids(&s), "1");
	assert_int_equal(s.indexed_to, 3);
	f = filter("q=424242");
	assert_int_equal(event_scan(bed.db, &f, EVENT_SCAN_NEWEST, 0, 50, &s), HK_OK);
	assert_string_equal(ids(&s), "");
	f = filter("q=ann%40example.com&status=failed");
	assert_int_equal(event_scan(bed.db, &f, EVENT_SCAN_NEWEST, 0, 50, &s), HK_OK);
	assert_string_equal(ids(&s), "");
}

/* How SQLite means to find the rows of a statement, its steps one after another. */
static const char *
plan(enum stmt_id id)
{
	static char	 out[2048];
	struct stmt	*q;
	sqlite3_stmt	*p;
	char		*sql;
	size_t		 len = 0;

	assert_int_equal(db_stmt(bed.db, id, &q), HK_OK);
	sql = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", sqlite3_sql(q->q));
	stmt_reset(q);
	assert_int_equal(sqlite3_prepare_v2(bed.db->sql, sql, -1, &p, NULL), SQLITE_OK);
	out[0] = '\0';
	while (sqlite3_step(p) == SQLITE_ROW)
		len += (size_t)snprintf(out + len, sizeof(out) - len, "%s; ",
		    (const char *)sqlite3_column_text(p, 3));
	sqlite3_finalize(p);
	sqlite3_free(sql);
	return out;
}

/* With a million events any other way would be a page that nobody waits for. */
static void
everything_goes_by_the_right_index(void **state)
{
	static const struct {
		enum stmt_id	 id;
		const char	*by;
	} t[] = {
		{ S_LOG_ALL,		"USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)" },
		{ S_LOG_ALL_UP,		"USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)" },
		{ S_LOG_FAILED,		"INDEX event_failed (" },
		{ S_LOG_FAILED_UP,	"INDEX event_failed (" },
		{ S_LOG_RESOLVED,	"INDEX event_resolved (" },
		{ S_LOG_PENDING,	"USING INTEGER PRIMARY KEY (rowid=?)" },
		{ S_LOG_PENDING_UP,	"USING INTEGER PRIMARY KEY (rowid=?)" },
		{ S_LOG_WAITING,	"USING INTEGER PRIMARY KEY (rowid=?)" },
		{ S_LOG_PROCESSING,	"USING INTEGER PRIMARY KEY (rowid=?)" },
		{ S_LOG_ONE,		"USING INTEGER PRIMARY KEY (rowid=?)" },
		{ S_LOG_ROW,		"USING INTEGER PRIMARY KEY (rowid=?)" },
		{ S_LOG_FAILED_REACH,	"INDEX event_failed (" },
		{ S_LOG_RESOLVED_REACH_UP, "INDEX event_resolved (" },
		{ S_LOG_PENDING_ROWS,	"INDEX event_due" },
		{ S_LOG_WAITING_ROWS,	"COVERING INDEX event_waiting" },
		{ S_LOG_CAME,		"USING INTEGER PRIMARY KEY (rowid>?)" },
		{ S_LOG_EVENT_ID,	"(provider=? AND event_id=?)" },
		{ S_LOG_LANE_BEFORE,	"USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)" },
		{ S_LOG_LANE_AFTER,	"USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)" },
		{ S_LOG_ATTEMPTS,	"INDEX attempt_event (event=?)" },
		{ S_LOG_TRANSFERS,	"INDEX transfer_event (event=?)" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		const char	*got = plan(t[i].id);

		if (strstr(got, t[i].by) == NULL)
			fail_msg("statement %zu of the table goes by %s", i, got);
	}
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, bed_setup, bed_teardown)
	const struct CMUnitTest	tests[] = {
		T(filters),
		T(the_same_when_the_index_knows_them),
		T(the_same_when_the_index_is_behind),
		T(pages_upwards),
		T(no_page_looks_at_everything),
		T(nothing_is_there_yet),
		T(words_and_values),
		T(everything_goes_by_the_right_index),
	};

	return cmocka_run_group_tests_name("admin/event_scan", tests, NULL, NULL);
}
