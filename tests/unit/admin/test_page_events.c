/* The log: its document, its forms, what is done to many events at once. */
#include "bed.h"

#include "admin/event_filter.h"

#define HOUR	INT64_C(3600000000)

static void
several(int n)
{
	char	id[24];

	for (int i = 1; i <= n; i++) {
		snprintf(id, sizeof(id), "evt_%d", i);
		bed_put(&(struct bed_event){ .event_id = id, .type = i % 2 ? "invoice.paid" : "charge.captured",
		    .lane = "cus_a", .livemode = -1, .at = BED_NOW - HOUR + i, .secret = "old",
		    .skipped = i % 3 == 0 ? "no handler" : NULL });
	}
}

static size_t
rows(void)
{
	return json_len(json_get(bed.doc, "rows"));
}

static int64_t
row_id(size_t i)
{
	int64_t	id = -1;

	json_int(json_at(json_get(bed.doc, "rows"), i), "id", &id);
	return id;
}

static void
pages_follow_one_another(void **state)
{
	(void)state;
	several(120);
	assert_int_equal(bed_get(page_events, ROLE_VIEWER, NULL), HK_OK);
	assert_int_equal(rows(), 50);
	assert_int_equal(row_id(0), 120);
	assert_string_equal(bed_text("next"), "before=71");
	assert_null(json_get(bed.doc, "previous"));
	assert_true(json_true(bed.doc, "newest"));
	assert_int_equal(bed_get(page_events, ROLE_VIEWER, "before=71"), HK_OK);
	assert_int_equal(row_id(0), 70);
	assert_int_equal(row_id(49), 21);
	assert_string_equal(bed_text("previous"), "after=70");
	assert_int_equal(bed_get(page_events, ROLE_VIEWER, "before=21"), HK_OK);
	assert_int_equal(rows(), 20);
	assert_null(json_get(bed.doc, "next"));
	assert_int_equal(bed_get(page_events, ROLE_VIEWER, "after=20"), HK_OK);
	assert_int_equal(row_id(0), 70);
	assert_string_equal(bed_text("next"), "before=21");
	assert_string_equal(bed_text("previous"), "after=70");
	/* less than a page above: the newest page, which is live */
	assert_int_equal(bed_get(page_events, ROLE_VIEWER, "after=100"), HK_OK);
	assert_int_equal(row_id(0), 120);
	assert_int_equal(rows(), 50);
	assert_true(json_true(bed.doc, "newest"));
	assert_int_equal(bed_get(page_events, ROLE_VIEWER, "before=x"), HK_SYNTAX);
}

static void
a_filter_stays_in_every_link(void **state)
{
	(void)state;
	several(240);
	assert_int_equal(bed_get(page_events, ROLE_VIEWER, "type=invoice.*&status=pending&x=1"), HK_OK);
	assert_int_equal(rows(), 50);
	assert_string_equal(bed_text("next"), "type=invoice.%2A&status=pending&before=91");
	assert_string_equal(bed_text("query"), "type=invoice.%2A&status=pending");
	assert_string_equal(bed_text("filter.type"), "invoice.*");
	assert_true(bed_says("{\"name\":\"Type\",\"text\":\"invoice.*\",\"href\":\"?status=pending\"}"));
	assert_true(bed_says("{\"name\":\"failed\",\"title\":\"Failed\",\"count\":null,\"more\":false,"
	    "\"href\":\"?type=invoice.%2A&status=failed\",\"here\":false}"));
	assert_true(bed_says("{\"value\":\"pending\",\"title\":\"pending\",\"here\":true}"));
}

static void
counts_stand_in_the_tabs(void **state)
{
	(void)state;
	several(9);
	bed_sql("UPDATE event SET status = 'failed' WHERE id IN (1, 2);"
	    "UPDATE event SET waits_for = 'user:u', next_attempt_at = NULL WHERE id = 4");
	assert_int_equal(bed_get(page_events, ROLE_VIEWER, "status=failed"), HK_OK);
	assert_int_equal(rows(), 2);
	assert_true(bed_says("{\"name\":\"\",\"title\":\"All\",\"count\":9,"));
	assert_true(bed_says("\"title\":\"Failed\",\"count\":2,\"more\":false,\"href\":\"?status=failed\",\"here\":true}"));
	assert_true(bed_says("\"title\":\"Waiting\",\"count\":1,"));
	assert_true(bed_says("\"title\":\"Pending\",\"count\":3,"));
	assert_true(bed_says("\"title\":\"Completed\",\"count\":3,"));
}

static const struct {
	const char	*what, *query, *field;
} wrong[] = {
	{ "no sender",		"provider=paypal", "provider" },
	{ "a star inside",	"type=in*voice", "type" },
	{ "no status",		"status=lost", "status" },
	{ "no outcome",		"outcome=done", "outcome" },
	{ "no mode",		"livemode=maybe", "livemode" },
	{ "no time",		"since=yesterday", "since" },
	{ "the 31st of November", "until=2026-11-31", "until" },
	{ "ends before it begins", "since=1h&until=2h", "until" },
	{ "no value",		"path=data.object", "path" },
	{ "no path",		"path=%3D500", "path" },
	{ "a text and a value",	"q=a&path=b%3Dc", "path" },
	{ "no UTF-8",		"lane=%FF", "lane" },
	{ "a NUL",		"lane=a%00b", "lane" },
};

static void
what_makes_no_sense_is_said_and_kept(void **state)
{
	(void)state;
	several(3);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(bed_get(page_events, ROLE_VIEWER, wrong[i].query), HK_OK);
		if (bed.v.status != 400 || strcmp(bed_text("wrong.name"), wrong[i].field) != 0 ||
		    *bed_text("wrong.text") == '\0' || rows() != 0)
			fail_msg("%s: %d, %s", wrong[i].what, bed.v.status, bed_text("wrong.name"));
	}
	assert_int_equal(bed_get(page_events, ROLE_VIEWER, "type=in*voice&lane=cus_a"), HK_OK);
	assert_string_equal(bed_text("filter.lane"), "cus_a");
	assert_string_equal(bed_text("filter.type"), "in*voice");
}

/* What a browser's field says, in the visitor's zone. */
static void
times_are_the_visitors(void **state)
{
	static const struct {
		const char	*zone, *since;
		int64_t		 us;
	} t[] = {
		{ "UTC",		"2026-07-01",		INT64_C(1782864000000000) },
		{ "UTC",		"2026-07-01T12:30",	INT64_C(1782909000000000) },
		{ "Europe/Berlin",	"2026-07-01T12:30",	INT64_C(1782901800000000) },
		{ "Europe/Berlin",	"2026-01-01 12:30",	INT64_C(1767267000000000) },
		{ "Europe/Berlin",	"2026-07-01T12:30:00Z",	INT64_C(1782909000000000) },
		{ "Europe/Berlin",	"24h",			BED_NOW - 24 * HOUR },
	};
	struct event_filter		f;
	struct event_filter_wrong	bad;
	char				query[80];

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct visit	*v;

		snprintf(query, sizeof(query), "since=%s", t[i].since);
		v = bed_visit(ROLE_VIEWER, query, NULL);
		if (strcmp(t[i].zone, "UTC") != 0 &&
		    zone_load(span_str(t[i].zone), bed.arena, &v->view.zone) != HK_OK)
			continue;	/* a system without zones */
		event_filter_read(&f, v, &v->query, &bad);
		if (bad.name != NULL || f.since_us != t[i].us)
			fail_msg("%s in %s: %lld", t[i].since, t[i].zone, (long long)f.since_us);
	}
}

static enum hk_err
post(visit_fn *fn, enum role role, const char *form)
{
	bed_visit(role, NULL, form);
	return bed_run(fn);
}

static void
filters_are_kept_and_removed(void **state)
{
	(void)state;
	bed_people();
	assert_int_equal(post(act_filter_save, ROLE_VIEWER, "name=Mine&status=failed&type=invoice.*"), HK_OK);
	assert_string_equal(bed.v.then, "/events?type=invoice.%2A&status=failed");
	assert_int_equal(bed_get(page_events, ROLE_VIEWER, "status=failed&type=invoice.*"), HK_OK);
	assert_true(bed_says("\"name\":\"Mine\",\"href\":\"?type=invoice.%2A&status=failed\",\"here\":true"));
	/* somebody else's list is their own */
	assert_int_equal(bed_get(page_events, ROLE_ADMIN, NULL), HK_OK);
	assert_int_equal(json_len(json_get(bed.doc, "saved")), 0);
	bed_visit(ROLE_ADMIN, NULL, "");
	bed_route("/filters/:id/delete", "/filters/1/delete");
	assert_int_equal(bed_run(act_filter_delete), HK_NOTFOUND);
	bed_visit(ROLE_VIEWER, NULL, "");
	bed_route("/filters/:id/delete", "/filters/1/delete");
	assert_int_equal(bed_run(act_filter_delete), HK_OK);
	assert_int_equal(bed_ask("SELECT count(*) FROM saved_filter"), 0);
	assert_int_equal(bed_ask("SELECT count(*) FROM audit_log WHERE action LIKE 'filter.%'"), 2);
	assert_int_equal(post(act_filter_save, ROLE_VIEWER, "name=&status=failed"), HK_SYNTAX);
	assert_int_equal(post(act_filter_save, ROLE_VIEWER, "name=All"), HK_SYNTAX);
	assert_int_equal(post(act_filter_save, ROLE_VIEWER, "name=x&status=lost"), HK_SYNTAX);
	bed_visit(ROLE_OPERATOR, NULL, "name=x&status=failed");
	bed.v.who.person = 0;	/* known to the web server alone */
	assert_int_equal(bed_run(act_filter_save), HK_SYNTAX);
}

/* ---- many at once ------------------------------------------------------------------- */

static void
the_question_says_how_many(void **state)
{
	(void)state;
	several(9);
	bed_sql("UPDATE event SET status = 'failed' WHERE id IN (1, 2)");
	assert_int_equal(bed_get(page_events_retry, ROLE_OPERATOR, "id=1&id=2&id=3"), HK_OK);
	assert_true(bed_says("\"count\":3"));
	assert_true(bed_says("{\"state\":\"failed\",\"count\":2},{\"state\":\"completed\",\"count\":1}"));
	assert_true(bed_says("\"ids\":[1,2,3]"));
	assert_true(json_true(bed.doc, "some_completed"));
	assert_int_equal(bed_get(page_events_retry, ROLE_OPERATOR, "status=failed"), HK_OK);
	assert_true(bed_says("\"count\":2"));
	assert_true(bed_says("\"upto\":9"));
	assert_true(bed_says("\"hidden\":[{\"name\":\"status\",\"value\":\"failed\"}]"));
	assert_int_equal(bed_get(page_events_retry, ROLE_OPERATOR, NULL), HK_SYNTAX);
	assert_int_equal(bed_get(page_events_retry, ROLE_OPERATOR, "id=x"), HK_SYNTAX);
	assert_int_equal(bed_get(page_events_retry, ROLE_OPERATOR, "status=lost"), HK_SYNTAX);
}

static void
the_action_does_it_and_says_so_once(void **state)
{
	(void)state;
	several(9);
	bed_sql("UPDATE event SET status = 'failed', attempts = 8 WHERE id IN (1, 2, 5);"
	    "UPDATE event SET status = 'processing', lease_until = 9e18, lease_by = 'w' WHERE id = 4;"
	    "DELETE FROM event_body WHERE event = 3");
	assert_int_equal(post(act_events_retry, ROLE_OPERATOR, "id=1&id=3&id=4&id=77"), HK_OK);
	assert_string_equal(bed.v.said, "retried");
	assert_int_equal(bed.v.said_n, 1);	/* pruned, at work and unknown ones are left alone */
	assert_int_equal(bed_ask("SELECT count(*) FROM event WHERE id = 1 AND status = 'pending' AND attempts = 0"), 1);
	/* by filter: not what failed after the question was asked */
	assert_int_equal(post(act_events_retry, ROLE_OPERATOR, "status=failed&upto=4"), HK_OK);
	assert_int_equal(bed.v.said_n, 1);
	assert_int_equal(bed_ask("SELECT count(*) FROM event WHERE status = 'failed'"), 1);
	assert_int_equal(bed_ask("SELECT count(*) FROM audit_log WHERE action = 'event.retry'"), 2);
	assert_int_equal(bed_ask("SELECT count(*) FROM audit_log WHERE after LIKE '%status=failed%'"
	    " AND after LIKE '%\"upto\":\"4\"%'"), 1);
	/* and which ones, and what they were */
	assert_int_equal(bed_ask("SELECT count(*) FROM audit_log WHERE after LIKE '%\"ids\":\"1 3 4 77\"%'"
	    " AND before = '{\"failed\":\"1\",\"completed\":\"1\",\"processing\":\"1\"}'"), 1);
	assert_int_equal(post(act_events_retry, ROLE_OPERATOR, ""), HK_SYNTAX);
	assert_int_equal(post(act_events_retry, ROLE_OPERATOR, "upto=9"), HK_SYNTAX);
}

static void
more_than_a_batch(void **state)
{
	(void)state;
	bed_sql("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1300)"
	    " INSERT INTO event (id, provider, event_id, status, verified, created_at)"
	    " SELECT i, 'stripe', 'evt_' || i, 'failed', 1, 1 FROM n;"
	    "INSERT INTO event_body (event, headers, body) SELECT id, '{}', '{}' FROM event");
	assert_int_equal(post(act_events_retry, ROLE_OPERATOR, "provider=stripe&status=failed"), HK_OK);
	assert_int_equal(bed.v.said_n, 1300);
	assert_int_equal(bed_ask("SELECT count(*) FROM event WHERE status = 'pending'"), 1300);
	assert_int_equal(bed_ask("SELECT count(*) FROM audit_log"), 1);
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, bed_setup, bed_teardown)
	const struct CMUnitTest	tests[] = {
		T(pages_follow_one_another),
		T(a_filter_stays_in_every_link),
		T(counts_stand_in_the_tabs),
		T(what_makes_no_sense_is_said_and_kept),
		T(times_are_the_visitors),
		T(filters_are_kept_and_removed),
		T(the_question_says_how_many),
		T(the_action_does_it_and_says_so_once),
		T(more_than_a_batch),
	};

	return cmocka_run_group_tests_name("admin/page_events", tests, NULL, NULL);
}
