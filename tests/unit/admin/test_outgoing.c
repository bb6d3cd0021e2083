/* The pages about what goes out: lists page by page, what an attempt looks like, actions. */
#include "people.h"

#include "outbox/delivery.h"
#include "outbox/endpoint.h"
#include "outbox/message.h"
#include "outbox/tally.h"
#include "outbox/trial.h"

#define HOUR	INT64_C(3600000000)
#define KEY	"[hookkeeper]\nstate_dir = " P_tmpdir "\nkey = " \
		"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n[outbox]\nallow_private = 127.0.0.0/8\n"

static int
setup(void **state)
{
	const char *const	env[] = { "HOOKKEEPER_DB=/nowhere/test.db", "HOOKKEEPER_MODE=test", NULL };

	if (bed_setup(state) != 0)
		return 1;
	conf_free(bed.conf);
	assert_int_equal(conf_parse(&bed.conf, "test.conf", SPAN(KEY), true, env, true), HK_OK);
	bed_people();
	return 0;
}

/* ---- what is there ---------------------------------------------------------------------- */

static void
plant(const char *fmt, ...)
{
	char	sql[2000];
	va_list	ap;

	va_start(ap, fmt);
	assert_true(vsnprintf(sql, sizeof(sql), fmt, ap) < (int)sizeof(sql));
	va_end(ap);
	bed_sql(sql);
}

static void
plant_endpoint(const char *state)
{
	plant("INSERT INTO endpoint (channel, url, types, payload, state, state_at, heard_to, created_at,"
	    " updated_at) VALUES ('webhook', 'https://e.com/', '*', 'full', '%s', 1, 0, 1, 1)", state);
}

/* n messages, an hour after one another up to now, and a delivery of each for each endpoint. */
static void
plant_deliveries(int n)
{
	plant("INSERT INTO message (type, owner_kind, owner, payload, cause, created_at)"
	    " WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < %d)"
	    " SELECT CASE WHEN i %% 10 = 0 THEN 'order.shipped' ELSE 'user.created' END, 'user',"
	    "  'u' || (i %% 3), '{\"n\":' || i || '}', 'unit:' || i, %lld - (%d - i) * 3600000000 FROM c",
	    n, (long long)BED_NOW, n);
	plant("INSERT INTO delivery (endpoint, message, subject, status, created_at)"
	    " SELECT e.id, m.id, m.owner, CASE WHEN m.id %% 5 = 0 THEN 'failed' ELSE 'delivered' END,"
	    "  m.created_at FROM message m, endpoint e ORDER BY m.id, e.id");
}

static size_t
rows(void)
{
	return json_len(json_get(bed.doc, "rows"));
}

static int64_t
row(size_t i)
{
	int64_t	n = -1;

	json_int(json_at(json_get(bed.doc, "rows"), i), "id", &n);
	return n;
}

static int64_t
number(const char *path)
{
	int64_t	n = -1;

	json_int(bed.doc, path, &n);
	return n;
}

/* ---- lists ------------------------------------------------------------------------------ */

/* Down to the end and up again: nothing twice, nothing left out. */
static void
walk(visit_fn *fn, const char *filter, int all)
{
	char	query[200], pages[20][200];
	int	seen = 0, n = 0;
	int64_t	last = INT64_MAX;

	snprintf(query, sizeof(query), "%s", filter);
	for (;;) {
		assert_int_equal(bed_get(fn, ROLE_VIEWER, query), HK_OK);
		for (size_t i = 0; i < rows(); i++) {
			assert_true(row(i) < last);
			last = row(i);
		}
		seen += (int)rows();
		snprintf(pages[n++], sizeof(pages[0]), "%s", query);
		if (json_get(bed.doc, "next") == NULL)
			break;
		snprintf(query, sizeof(query), "%s", bed_text("next"));
	}
	assert_int_equal(seen, all);
	for (int i = n - 1; i > 0; i--) {
		int64_t	first;

		assert_int_equal(bed_get(fn, ROLE_VIEWER, pages[i - 1]), HK_OK);
		first = row(0);
		assert_int_equal(bed_get(fn, ROLE_VIEWER, pages[i]), HK_OK);
		snprintf(query, sizeof(query), "%s", bed_text("previous"));
		assert_int_equal(bed_get(fn, ROLE_VIEWER, query), HK_OK);
		assert_int_equal(row(0), first);
	}
}

static void
lists_go_down_and_up(void **state)
{
	static const struct {
		const char	*what;
		visit_fn	*fn;
		const char	*query;
		int		 all;
	} cases[] = {
		{ "all deliveries",		page_deliveries,	"",				360 },
		{ "of an endpoint",		page_deliveries,	"endpoint=ep_2",		180 },
		{ "of it, failed",		page_deliveries,	"endpoint=2&status=failed",	36 },
		{ "failed",			page_deliveries,	"status=failed",		72 },
		{ "delivered",			page_deliveries,	"status=delivered",		288 },
		{ "none is held",		page_deliveries,	"status=held",			0 },
		{ "of a type",			page_deliveries,	"type=order.shipped",		36 },
		{ "that begins so",		page_deliveries,	"type=user.*",			324 },
		{ "all three",	page_deliveries, "endpoint=ep_1&status=delivered&type=user.*",		144 },
		{ "all messages",		page_messages,		"",				180 },
		{ "of an owner",		page_messages,		"owner=u1",			60 },
		{ "of nobody",			page_messages,		"owner=u7",			0 },
		{ "messages of a type",		page_messages,		"type=order.*",			18 },
		{ "of the last day",		page_messages,		"since=24h",			25 },
		{ "of before",			page_messages,		"until=24h",			155 },
	};

	(void)state;
	plant_endpoint("enabled");
	plant_endpoint("enabled");
	plant_deliveries(180);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		print_message("%s\n", cases[i].what);
		walk(cases[i].fn, cases[i].query, cases[i].all);
	}
}

static void
a_filter_that_makes_no_sense_is_refused(void **state)
{
	static const struct {
		visit_fn	*fn;
		const char	*query;
	} cases[] = {
		{ page_deliveries, "status=lost" }, { page_deliveries, "endpoint=shop" },
		{ page_deliveries, "before=x" }, { page_messages, "since=yesterday" },
		{ page_endpoints, "state=gone" }, { page_endpoints, "before=-1" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(bed_get(cases[i].fn, ROLE_VIEWER, cases[i].query), HK_SYNTAX);
}

/* Of very many the page says how far it looked. */
static void
a_scan_that_finds_nothing_stops(void **state)
{
	(void)state;
	plant_endpoint("enabled");
	plant_deliveries(10050);
	assert_int_equal(bed_get(page_deliveries, ROLE_VIEWER, "type=never.was"), HK_OK);
	assert_int_equal(rows(), 0);
	assert_true(number("looked_to") > 0);
	assert_string_equal(bed_text("next"), "type=never.was&before=51");
	assert_int_equal(bed_get(page_deliveries, ROLE_VIEWER, bed_text("next")), HK_OK);
	assert_null(json_get(bed.doc, "next"));
	assert_int_equal(bed_get(page_messages, ROLE_VIEWER, "type=never.was"), HK_OK);
	assert_string_equal(bed_text("next"), "type=never.was&before=51");
}

/* How SQLite means to find the rows of a statement, its steps one after another. */
static const char *
way(enum stmt_id id)
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

/* With a million deliveries any other way would be a page that nobody waits for. */
static void
every_list_goes_by_an_index(void **state)
{
	static const struct {
		enum stmt_id	 id;
		const char	*by;
	} t[] = {
		{ S_DELIVERIES_ALL,		"SEARCH d USING INTEGER PRIMARY KEY (rowid<?)" },
		{ S_DELIVERIES_ALL_UP,		"SEARCH d USING INTEGER PRIMARY KEY (rowid>?)" },
		{ S_DELIVERIES_FAILED,		"INDEX delivery_failed (id<?)" },
		{ S_DELIVERIES_FAILED_UP,	"INDEX delivery_failed (id>?)" },
		{ S_DELIVERIES_OF,		"(endpoint=? AND message<?)" },
		{ S_DELIVERIES_OF_UP,		"(endpoint=? AND message>?)" },
		{ S_DELIVERIES_OF_STATUS,	"(endpoint=? AND status=? AND message<?)" },
		{ S_DELIVERIES_OF_STATUS_UP,	"(endpoint=? AND status=? AND message>?)" },
		{ S_DELIVERIES_OF_MESSAGE,	"INDEX delivery_message (message=?)" },
		{ S_DELIVERY_ONE,		"SEARCH d USING INTEGER PRIMARY KEY (rowid=?)" },
		{ S_DELIVERY_ATTEMPTS,		"INDEX delivery_attempt_of (delivery=?)" },
		{ S_ENDPOINT_ATTEMPTS,		"INDEX delivery_attempt_by_endpoint (endpoint=?)" },
		{ S_MESSAGES_ALL,		"SEARCH m USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)" },
		{ S_MESSAGES_ALL_UP,		"SEARCH m USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)" },
		{ S_MESSAGES_OF,		"INDEX message_owner (owner=? AND id>? AND id<?)" },
		{ S_MESSAGES_OF_UP,		"INDEX message_owner (owner=? AND id>? AND id<?)" },
		{ S_MESSAGE_ONE,		"SEARCH m USING INTEGER PRIMARY KEY (rowid=?)" },
		{ S_MESSAGE_DELIVERY_NEXT,	"INDEX delivery_message (message=? AND " },
		{ S_ADMIN_ENDPOINT_COUNT,	"INDEX delivery_of (endpoint=? AND status=?)" },
		{ S_TALLY_OF,			"PRIMARY KEY (endpoint=? AND at>? AND at<?)" },
		{ S_TALLY_ALL,			"PRIMARY KEY (endpoint=? AND at>? AND at<?)" },
		{ S_TALLY_ADD,			"USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		const char	*found = way(t[i].id);

		if (strstr(found, t[i].by) == NULL)
			fail_msg("row %zu: not %s, but %s", i, t[i].by, found);
		if (t[i].id != S_TALLY_ADD && strstr(found, "TEMP B-TREE") != NULL)
			fail_msg("row %zu is sorted: %s", i, found);
	}
}

/* ---- one delivery ----------------------------------------------------------------------- */

static void
plant_attempt(const char *columns, const char *values)
{
	plant("INSERT INTO delivery_attempt (delivery, endpoint, number, started_at, good, %s)"
	    " VALUES (1, 1, 1, %lld, 0, %s)", columns, (long long)BED_NOW - HOUR, values);
	bed_visit(ROLE_VIEWER, NULL, NULL);
	bed_route("/deliveries/:id", "/deliveries/1");
	assert_int_equal(bed_run(page_delivery), HK_OK);
}

static struct json *
attempt(void)
{
	return json_at(json_get(bed.doc, "attempts"), 0);
}

static void
an_answer_is_shown_as_what_it_is(void **state)
{
	static const struct {
		const char	*what, *answer, *line, *text, *hex;
	} cases[] = {
		{ "text",	"'HTTP/1.1 500 Oops' || x'0d0a' || 'a: b' || x'0d0a0d0a' || 'hello'",
		    "HTTP/1.1 500 Oops", "hello", NULL },
		{ "no body",	"'HTTP/1.1 204 None' || x'0d0a0d0a'",	"HTTP/1.1 204 None", NULL, NULL },
		{ "cut within its fields",	"'HTTP/1.1 200 OK' || x'0d0a' || 'a: b'",
		    "HTTP/1.1 200 OK", NULL, NULL },
		{ "a command's",	"'no such user'",		NULL, "no such user", NULL },
		{ "bytes",	"x'fffe0001'",	NULL, NULL, "000000  ff fe 00 01" },
		{ "a character that is cut",	"CAST('caf' AS BLOB) || x'c3'",	NULL, "caf", NULL },
		{ "nothing",	"NULL",	NULL, NULL, NULL },
	};

	(void)state;
	plant_endpoint("enabled");
	plant_deliveries(1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char		values[400];
		struct json	*a;

		print_message("%s\n", cases[i].what);
		snprintf(values, sizeof(values), "5000, 500, CAST(%s AS BLOB)", cases[i].answer);
		plant_attempt("took_us, status, answer", values);
		a = attempt();
		assert_true(span_eq(json_text(a, "answer.line"), span_str(cases[i].line)));
		assert_true(span_eq(json_text(a, "answer.text"), span_str(cases[i].text)));
		if (cases[i].hex != NULL)
			assert_true(span_starts(json_text(a, "answer.hex"), cases[i].hex));
		else
			assert_null(json_get(a, "answer.hex"));
	}
}

static void
the_time_is_split(void **state)
{
	static const struct {
		const char	*what, *values, *titles[5];
		int64_t		 width[5];
	} cases[] = {
		{ "all of it",	"1000, 100, 200, 500, 900",
		    { "name", "connect", "TLS", "wait for the answer", "read it" },
		    { 60, 60, 180, 240, 60 } },
		{ "a connection that was there",	"1000, NULL, NULL, NULL, 900",
		    { "wait for the answer", "read it" }, { 540, 60 } },
		{ "no answer",	"1000, 100, 200, NULL, NULL",
		    { "name", "connect", "no answer" }, { 60, 60, 480 } },
		{ "a clock that jumped",	"1000, 100, 50, NULL, 5000",
		    { "name", "wait for the answer" }, { 60, 540 } },
	};

	(void)state;
	plant_endpoint("enabled");
	plant_deliveries(1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct json	*parts;
		size_t		 n = 0;

		print_message("%s\n", cases[i].what);
		plant_attempt("took_us, dns_us, connect_us, tls_us, first_us", cases[i].values);
		parts = json_get(attempt(), "split.parts");
		while (n < 5 && cases[i].titles[n] != NULL) {
			int64_t	w = -1;

			assert_true(span_is(json_text(json_at(parts, n), "title"), cases[i].titles[n]));
			json_int(json_at(parts, n), "w", &w);
			assert_int_equal(w, cases[i].width[n]);
			n++;
		}
		assert_int_equal(json_len(parts), n);
	}
}

static void
one_time_codes_are_not_for_viewers(void **state)
{
	(void)state;
	plant_endpoint("enabled");
	plant("INSERT INTO message (type, owner_kind, owner, payload, cause, created_at)"
	    " VALUES ('clerk.sms', 'system', 's', '{\"code\":\"424242\"}', 'unit:s', 5)");
	plant("INSERT INTO delivery (endpoint, message, subject, status, created_at)"
	    " VALUES (1, 1, 's', 'pending', 5)");
	for (enum role r = ROLE_VIEWER; r <= ROLE_OPERATOR; r++) {
		bool	sees = r == ROLE_OPERATOR;

		bed_visit(r, "show=raw", NULL);
		bed_route("/messages/:id", "/messages/1");
		assert_int_equal(bed_run(page_message), HK_OK);
		assert_int_equal(bed_says("424242"), sees);
		bed_visit(r, NULL, NULL);
		bed_route("/messages/:id", "/messages/1");
		assert_int_equal(bed_run(page_message), HK_OK);
		assert_int_equal(bed_says("424242"), sees);
		bed_visit(r, NULL, NULL);
		bed_route("/deliveries/:id", "/deliveries/1");
		assert_int_equal(bed_run(page_delivery), HK_OK);
		assert_int_equal(bed_says("424242"), sees);
	}
}

/* ---- an endpoint ------------------------------------------------------------------------ */

static enum hk_err
post(visit_fn *fn, const char *pattern, const char *path, const char *form)
{
	bed_visit(ROLE_OPERATOR, NULL, form);
	bed_route(pattern, path);
	return bed_run(fn);
}

static void
what_is_wrong_stands_at_its_field(void **state)
{
	static const struct {
		const char	*what, *form, *field, *says;
	} cases[] = {
		{ "no address",		"types=*",	"url", "Say where to" },
		{ "no web address",	"url=ftp://e.com/&types=*",	"url", "http" },
		{ "a private one",	"url=http://10.0.0.1/&types=*",	"url", "" },
		{ "no type",		"url=https://e.com/",	"types", "at least one type" },
		{ "a type that cannot be",	"url=https://e.com/&types=a%24b",	"types", "no type" },
		{ "a filter",	"url=https://e.com/&types=*&filter=%7B",	"filter", "JSON" },
		{ "a rate",	"url=https://e.com/&types=*&rate=many",	"rate", "whole number" },
		{ "a field without a colon",	"url=https://e.com/&types=*&headers=X-Shop",	"headers", "colon" },
		{ "a field of ours",	"url=https://e.com/&types=*&headers=Host:+x",	"headers", "sender alone" },
		{ "nobody",	"url=https://e.com/&types=*&owner=no@example.com",	"owner", "nobody of this name" },
		{ "no secret",	"url=https://e.com/&types=*&secret=abc",	"secret", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char	path[64];

		print_message("%s\n", cases[i].what);
		bed_visit(ROLE_OPERATOR, NULL, cases[i].form);
		assert_int_equal(bed_run(act_endpoint_make), HK_OK);
		assert_int_equal(bed.v.status, 400);
		snprintf(path, sizeof(path), "form.wrong_%s", cases[i].field);
		assert_non_null(strstr(bed_text(path), cases[i].says));
		assert_true(*bed_text(path) != '\0');
	}
	assert_int_equal(bed_ask("SELECT count(*) FROM endpoint"), 0);
	assert_int_equal(bed_ask("SELECT count(*) FROM audit_log"), 0);
}

static void
its_life_is_in_the_audit_log(void **state)
{
	(void)state;
	bed_visit(ROLE_OPERATOR, NULL, "url=https://e.com/a&types=user.*&headers=X-Shop:+blue%0D%0A");
	assert_int_equal(bed_run(act_endpoint_make), HK_OK);
	assert_string_equal(bed.v.then, "/endpoints/1");
	assert_int_equal(bed_ask("SELECT headers IS NOT NULL FROM endpoint"), 1);

	/* An empty field leaves the headers, the box takes them away. */
	assert_int_equal(post(act_endpoint_change, "/endpoints/:id/edit", "/endpoints/1/edit",
	    "url=https://e.com/b&types=*&payload=thin&ordered=1"), HK_OK);
	assert_int_equal(bed_ask("SELECT headers IS NOT NULL AND url = 'https://e.com/b' AND payload = 'thin'"
	    " AND ordered FROM endpoint"), 1);
	assert_int_equal(post(act_endpoint_change, "/endpoints/:id/edit", "/endpoints/1/edit",
	    "url=https://e.com/b&types=*&no_headers=1"), HK_OK);
	assert_int_equal(bed_ask("SELECT headers IS NULL FROM endpoint"), 1);

	/* The secret is shown, and is nowhere in the log. */
	assert_int_equal(post(act_endpoint_secret, "/endpoints/:id/secret", "/endpoints/ep_1/secret", "do=show"),
	    HK_OK);
	assert_true(span_starts(json_text(bed.doc, "secret"), "whsec_"));
	assert_int_equal(post(act_endpoint_secret, "/endpoints/:id/secret", "/endpoints/1/secret", "do=v1a"),
	    HK_OK);
	assert_true(span_starts(json_text(bed.doc, "secret"), "whpk_"));
	assert_int_equal(bed_ask("SELECT count(*) FROM audit_log WHERE coalesce(before, '')"
	    " || coalesce(after, '') GLOB '*wh[sp]*_*'"), 0);

	assert_int_equal(post(act_endpoint_state, "/endpoints/:id/state", "/endpoints/1/state",
	    "act=pause&why=it+moves"), HK_OK);
	assert_int_equal(bed_ask("SELECT state = 'paused' AND state_why = 'it moves' FROM endpoint"), 1);
	assert_int_equal(post(act_endpoint_state, "/endpoints/:id/state", "/endpoints/1/state", "act=pause"),
	    HK_SKIP);
	assert_int_equal(bed.v.status, 409);
	assert_int_equal(post(act_endpoint_test, "/endpoints/:id/test", "/endpoints/1/test", "type=user.created"),
	    HK_NEVER);
	assert_int_equal(post(act_endpoint_state, "/endpoints/:id/state", "/endpoints/1/state", "act=resume"),
	    HK_OK);
	assert_int_equal(post(act_endpoint_state, "/endpoints/:id/state", "/endpoints/1/state", "act=dance"),
	    HK_SYNTAX);
	assert_int_equal(post(act_endpoint_delete, "/endpoints/:id/delete", "/endpoints/1/delete", ""), HK_OK);
	assert_int_equal(post(act_endpoint_delete, "/endpoints/:id/delete", "/endpoints/1/delete", ""), HK_NOTFOUND);
	assert_int_equal(bed_ask("SELECT count(*) FROM audit_log WHERE subject = 'endpoint:ep_1'"
	    " AND action IN ('endpoint.make', 'endpoint.change', 'endpoint.secret_show',"
	    " 'endpoint.secret', 'endpoint.state', 'endpoint.delete')"), 8);
	assert_int_equal(bed_ask("SELECT count(*) FROM audit_log"), 8);
}

static void
the_configurations_is_only_looked_at(void **state)
{
	(void)state;
	plant("INSERT INTO endpoint (channel, name, types, payload, state, state_at, heard_to, created_at,"
	    " updated_at) VALUES ('command', 'command:welcome', 'user.created', 'full', 'enabled', 1, 0, 1, 1)");
	bed_visit(ROLE_VIEWER, NULL, NULL);
	bed_route("/endpoints/:id", "/endpoints/ep_1");
	assert_int_equal(bed_run(page_endpoint), HK_OK);
	assert_string_equal(bed_text("endpoint.title"), "command:welcome");
	bed_visit(ROLE_OPERATOR, NULL, NULL);
	bed_route("/endpoints/:id/edit", "/endpoints/1/edit");
	assert_int_equal(bed_run(page_endpoint_edit), HK_NEVER);
	assert_int_equal(post(act_endpoint_secret, "/endpoints/:id/secret", "/endpoints/1/secret", "do=show"),
	    HK_NEVER);
	assert_int_equal(post(act_endpoint_delete, "/endpoints/:id/delete", "/endpoints/1/delete", ""), HK_NEVER);
	assert_int_equal(post(act_endpoint_state, "/endpoints/:id/state", "/endpoints/1/state", "act=pause"), HK_OK);
}

static void
figures_are_of_the_time_they_say(void **state)
{
	bool	more;

	(void)state;
	plant_endpoint("enabled");
	plant_deliveries(1);
	plant("INSERT INTO delivery_attempt (delivery, endpoint, number, started_at, took_us, good, status)"
	    " WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 200)"
	    " SELECT 1, 1, i, %lld - i * 3600000000, i * 1000, i %% 4 <> 0, 200 FROM c", (long long)BED_NOW);
	for (int counted = 0; counted < 2; counted++) {
		bed_visit(ROLE_VIEWER, NULL, NULL);
		bed_route("/endpoints/:id", "/endpoints/1");
		assert_int_equal(bed_run(page_endpoint), HK_OK);
		assert_int_equal(number("day.good") + number("day.failed"), 24);
		assert_int_equal(number("day.failed"), 6);
		assert_int_equal(number("week.good") + number("week.failed"), 168);
		assert_int_equal(number("week.share"), 75);
		assert_int_equal(number("times.p50_us"), 84000);
		assert_int_equal(number("times.p95_us"), 159000);
		assert_int_equal(bed_get(page_endpoints, ROLE_VIEWER, NULL), HK_OK);
		assert_true(bed_says("\"good\":18,\"failed\":6"));
		assert_int_equal(tally_step(bed.db, &more), HK_OK);
		assert_false(more);
	}
	assert_int_equal(bed_ask("SELECT sum(good + failed) FROM endpoint_hour"), 200);
}

/* ---- recover, send again, test ---------------------------------------------------------- */

static void
recovering_counts_first(void **state)
{
	(void)state;
	plant_endpoint("enabled");
	plant_deliveries(40);
	bed_visit(ROLE_OPERATOR, "what=failed&since=24h&rate=2", NULL);
	bed_route("/endpoints/:id/recover", "/endpoints/1/recover");
	assert_int_equal(bed_run(page_recover), HK_OK);
	assert_int_equal(number("count"), 5);
	assert_int_equal(number("takes_us"), 2500000);
	assert_int_equal(bed_ask("SELECT count(*) FROM delivery WHERE status = 'failed'"), 8);
	assert_int_equal(bed_ask("SELECT count(*) FROM recovery"), 0);
	assert_int_equal(post(act_recover, "/endpoints/:id/recover", "/endpoints/1/recover",
	    "what=failed&since=24h&rate=2"), HK_OK);
	assert_int_equal(bed_ask("SELECT count(*) FROM recovery WHERE rate = 2 AND what = 'failed'"), 1);
	assert_int_equal(post(act_recover, "/endpoints/:id/recover", "/endpoints/1/recover", "what=failed"), HK_SYNTAX);
	assert_int_equal(post(act_recover, "/endpoints/:id/recover", "/endpoints/1/recover",
	    "what=failed&since=24h&rate=0"), HK_SYNTAX);
	assert_int_equal(post(act_recovery_stop, "/endpoints/:id/recover/stop", "/endpoints/1/recover/stop",
	    "recovery=1"), HK_OK);
	assert_int_equal(bed_ask("SELECT ended_at IS NOT NULL FROM recovery"), 1);
}

static void
sent_again_is_only_what_can_be(void **state)
{
	(void)state;
	plant_endpoint("enabled");
	plant_endpoint("paused");
	plant_endpoint("enabled");
	plant_deliveries(1);
	plant("UPDATE delivery SET status = 'sending' WHERE endpoint = 3");
	assert_int_equal(post(act_message_send, "/messages/:id/send", "/messages/1/send", ""), HK_OK);
	assert_string_equal(bed.v.said, "sent_again");
	assert_int_equal(bed.v.said_n, 1);
	assert_int_equal(bed_ask("SELECT count(*) FROM delivery WHERE status = 'pending'"), 1);
	assert_int_equal(post(act_delivery_resend, "/deliveries/:id/resend", "/deliveries/3/resend", ""), HK_BUSY);
	assert_int_equal(bed.v.status, 409);
	assert_int_equal(post(act_delivery_resend, "/deliveries/:id/resend", "/deliveries/2/resend", ""), HK_NEVER);
	assert_int_equal(post(act_delivery_cancel, "/deliveries/:id/cancel", "/deliveries/1/cancel", ""), HK_OK);
	assert_int_equal(post(act_delivery_cancel, "/deliveries/:id/cancel", "/deliveries/1/cancel", ""), HK_SKIP);
	assert_int_equal(bed_ask("SELECT count(*) FROM audit_log WHERE result = 'done'"), 2);
}

static void
a_test_event_is_for_one_endpoint(void **state)
{
	(void)state;
	plant_endpoint("enabled");
	plant_endpoint("enabled");
	plant("UPDATE endpoint SET types = 'nothing.else'");
	assert_int_equal(post(act_endpoint_test, "/endpoints/:id/test", "/endpoints/2/test", "type=user.created"), HK_OK);
	assert_string_equal(bed.v.then, "/deliveries/1");
	assert_int_equal(post(act_endpoint_test, "/endpoints/:id/test", "/endpoints/2/test",
	    "type=stripe.invoice.paid"), HK_OK);
	assert_int_equal(bed_ask("SELECT count(*) FROM delivery WHERE endpoint = 2 AND status = 'pending'"
	    " AND due_at IS NOT NULL"), 2);
	assert_int_equal(bed_ask("SELECT count(*) FROM delivery WHERE endpoint = 1"), 0);
	assert_int_equal(post(act_endpoint_test, "/endpoints/:id/test", "/endpoints/2/test", "type=no.such"),
	    HK_NOTFOUND);
	assert_int_equal(post(act_endpoint_test, "/endpoints/:id/test", "/endpoints/2/test", "type=a+b"), HK_SYNTAX);
	assert_int_equal(bed_ask("SELECT count(*) FROM message"), 2);
}

/* ---- types ------------------------------------------------------------------------------ */

static void
types_of_the_sites_own(void **state)
{
	static const struct {
		const char	*what, *form, *field;
	} wrong[] = {
		{ "no name",		"about=x",	"name" },
		{ "one of ours",	"name=user.created",	"name" },
		{ "no JSON",		"name=a.b&sample=%7B",	"sample" },
		{ "a schema that is none",	"name=a.b&schema=%7B%22type%22:1%7D",	"schema" },
		{ "a sample that does not fit",
		    "name=a.b&schema=%7B%22required%22:%5B%22n%22%5D%7D&sample=%7B%7D",	"sample" },
	};
	char	path[64];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		print_message("%s\n", wrong[i].what);
		bed_visit(ROLE_OPERATOR, NULL, wrong[i].form);
		assert_int_equal(bed_run(act_type_set), HK_OK);
		assert_true(bed.v.status >= 400);
		snprintf(path, sizeof(path), "form.wrong_%s", wrong[i].field);
		assert_true(*bed_text(path) != '\0');
	}
	bed_visit(ROLE_OPERATOR, NULL, "name=order.shipped&about=Gone.&sample=%7B%22n%22:1%7D");
	assert_int_equal(bed_run(act_type_set), HK_OK);
	assert_string_equal(bed.v.then, "/event-types/type?name=order.shipped");
	plant_endpoint("enabled");
	assert_int_equal(bed_get(page_type, ROLE_VIEWER, "name=order.shipped"), HK_OK);
	assert_int_equal(number("listeners"), 1);
	assert_int_equal(bed_get(page_type, ROLE_VIEWER, "name=stripe.invoice.paid"), HK_OK);
	assert_int_equal(number("listeners"), 0);	/* '*' does not take what is handed on */
	assert_int_equal(bed_get(page_type, ROLE_VIEWER, "name=clerk.sms"), HK_OK);
	assert_int_equal(number("listeners"), 0);	/* nor one-time codes */
	assert_int_equal(bed_get(page_type, ROLE_VIEWER, "name=clerk.email.created"), HK_NOTFOUND);
	assert_int_equal(bed_get(page_type, ROLE_VIEWER, "name=no.such"), HK_NOTFOUND);
	bed_visit(ROLE_OPERATOR, NULL, "name=order.shipped");
	assert_int_equal(bed_run(act_type_archive), HK_OK);
	assert_int_equal(bed_ask("SELECT count(*) FROM event_type WHERE archived_at IS NOT NULL"), 1);
	assert_int_equal(bed_ask("SELECT count(*) FROM audit_log WHERE subject = 'type:order.shipped'"), 2);
	assert_int_equal(bed_get(page_types, ROLE_VIEWER, NULL), HK_OK);
	assert_true(bed_says("\"archived\":true"));
}

/* ---- the dashboard's part --------------------------------------------------------------- */

static void
the_dashboard_has_them(void **state)
{
	(void)state;
	assert_int_equal(bed_get(page_dashboard, ROLE_VIEWER, NULL), HK_OK);
	assert_null(json_get(bed.doc, "outgoing"));
	for (int i = 0; i < 14; i++)
		plant_endpoint("enabled");
	plant_endpoint("paused");
	plant_deliveries(2);
	plant("UPDATE delivery SET status = 'held' WHERE endpoint = 15");
	plant("INSERT INTO delivery_attempt (delivery, endpoint, number, started_at, took_us, good)"
	    " SELECT d.id, d.endpoint, 1, %lld, 1, d.endpoint %% 2 FROM delivery d WHERE d.endpoint < 15"
	    " UNION ALL SELECT d.id, d.endpoint, 2, %lld, 1, 1 FROM delivery d WHERE d.endpoint = 9",
	    (long long)BED_NOW - HOUR, (long long)BED_NOW - HOUR);
	assert_int_equal(bed_get(page_dashboard, ROLE_VIEWER, NULL), HK_OK);
	assert_int_equal(json_len(json_get(bed.doc, "outgoing.rows")), 11);
	assert_true(json_true(bed.doc, "outgoing.left_out"));
	assert_true(bed_says("\"rows\":[{\"endpoint\":{\"id\":9,"));	/* the busiest */
	assert_true(bed_says("\"good\":0,\"failed\":0,\"waiting\":2"));
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test_setup_teardown(lists_go_down_and_up, setup, bed_teardown),
		cmocka_unit_test_setup_teardown(a_filter_that_makes_no_sense_is_refused, setup, bed_teardown),
		cmocka_unit_test_setup_teardown(a_scan_that_finds_nothing_stops, setup, bed_teardown),
		cmocka_unit_test_setup_teardown(every_list_goes_by_an_index, setup, bed_teardown),
		cmocka_unit_test_setup_teardown(an_answer_is_shown_as_what_it_is, setup, bed_teardown),
		cmocka_unit_test_setup_teardown(the_time_is_split, setup, bed_teardown),
		cmocka_unit_test_setup_teardown(one_time_codes_are_not_for_viewers, setup, bed_teardown),
		cmocka_unit_test_setup_teardown(what_is_wrong_stands_at_its_field, setup, bed_teardown),
		cmocka_unit_test_setup_teardown(its_life_is_in_the_audit_log, setup, bed_teardown),
		cmocka_unit_test_setup_teardown(the_configurations_is_only_looked_at, setup, bed_teardown),
		cmocka_unit_test_setup_teardown(figures_are_of_the_time_they_say, setup, bed_teardown),
		cmocka_unit_test_setup_teardown(recovering_counts_first, setup, bed_teardown),
		cmocka_unit_test_setup_teardown(sent_again_is_only_what_can_be, setup, bed_teardown),
		cmocka_unit_test_setup_teardown(a_test_event_is_for_one_endpoint, setup, bed_teardown),
		cmocka_unit_test_setup_teardown(types_of_the_sites_own, setup, bed_teardown),
		cmocka_unit_test_setup_teardown(the_dashboard_has_them, setup, bed_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
