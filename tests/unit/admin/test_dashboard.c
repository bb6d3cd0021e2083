/* The dashboard: figures of the range that is asked for, and how things stand. */
#include "bed.h"
#include "admin/figures.h"

#define MIN_US	(60 * US_PER_S)
#define HOUR_US	(60 * MIN_US)
#define DAY_US	(24 * HOUR_US)

static void
ranges_have_few_slots(void **state)
{
	static const struct {
		const char	*phrase;
		int64_t		 from, to, step;
	} row[] = {
		{ "an hour",		BED_NOW - HOUR_US,	BED_NOW,	MIN_US },
		{ "a day",		BED_NOW - DAY_US,	BED_NOW,	30 * MIN_US },
		{ "an hour long ago",	BED_NOW - 90 * DAY_US,	BED_NOW - 90 * DAY_US + HOUR_US, HOUR_US },
		{ "a week",		BED_NOW - 7 * DAY_US,	BED_NOW,	3 * HOUR_US },
		{ "a month",		BED_NOW - 30 * DAY_US,	BED_NOW,	12 * HOUR_US },
		{ "two years",		BED_NOW - 730 * DAY_US,	BED_NOW,	14 * DAY_US },
		{ "nothing",		BED_NOW,		BED_NOW,	MIN_US },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct range	r;

		range_make(&r, row[i].from, row[i].to, BED_NOW);
		if (r.step != row[i].step || r.slots < 1 || r.slots > CHART_SLOTS)
			fail_msg("%s: step %lld, %zu slots", row[i].phrase, (long long)r.step, r.slots);
		assert_true(r.from <= row[i].from && r.from > row[i].from - r.step);
		assert_true(r.from + (int64_t)r.slots * r.step >= row[i].to);
	}
}

static int64_t
value(const char *path)
{
	int64_t	n = -1;

	(void)json_int(bed.doc, path, &n);
	return n;
}

static void
some_events(void)
{
	struct bed_event	e = { .event_id = "evt_1", .type = "customer.updated", .body = "{}" };
	char			sql[256];

	bed_put(&e);
	e.event_id = "evt_2";
	e.skipped = "no handler for this type";
	bed_put(&e);
	e.event_id = "evt_3";
	e.at = BED_NOW - 3 * DAY_US;
	bed_put(&e);
	snprintf(sql, sizeof(sql), "INSERT INTO attempt (event, started_at, duration_us, result) VALUES"
	    " (1, %lld, 2000, 'handled'), (1, %lld, 500, 'failed')", (long long)(BED_NOW - HOUR_US + 8000),
	    (long long)(BED_NOW - 2 * HOUR_US));
	bed_sql(sql);
}

static void
figures_of_the_range(void **state)
{
	bool	more;

	(void)state;
	some_events();
	for (int counted = 0; counted < 2; counted++) {
		assert_int_equal(bed_get(page_dashboard, ROLE_VIEWER, ""), HK_OK);
		assert_int_equal(value("sum.received"), 2);
		assert_int_equal(value("sum.handled"), 1);
		assert_int_equal(value("sum.skipped"), 1);
		assert_int_equal(value("sum.failed"), 1);
		assert_in_range(value("sum.p50_us"), 8000, 12500);	/* 10 ms */
		assert_int_equal(value("uncounted"), 0);
		assert_int_equal(json_len(json_get(bed.doc, "charts")), 4);
		assert_int_equal(json_len(json_get(bed.doc, "providers")), 1);
		assert_int_equal(bed_get(page_dashboard, ROLE_VIEWER, "range=7d"), HK_OK);
		assert_int_equal(value("sum.received"), 3);
		assert_int_equal(bed_get(page_dashboard, ROLE_VIEWER, "range=1h"), HK_OK);
		assert_int_equal(value("sum.failed"), 0);
		assert_int_equal(bed_get(page_dashboard, ROLE_VIEWER, "since=2030-01-01"), HK_SYNTAX);
		assert_int_equal(bed_get(page_dashboard, ROLE_VIEWER, "range=2h"), HK_SYNTAX);
		assert_int_equal(bed_get(page_dashboard, ROLE_VIEWER, "since=1970-01-02"), HK_SYNTAX);
		assert_int_equal(rollup_step(bed.db, BED_NOW, &more), HK_OK);
	}
}

static void
the_queue_by_age(void **state)
{
	static const struct {
		const char	*phrase;
		int64_t		 due;
		size_t		 line;
	} row[] = {
		{ "long overdue",		-5 * HOUR_US,	0 },
		{ "overdue by half an hour",	-30 * MIN_US,	1 },
		{ "overdue by two minutes",	-2 * MIN_US,	2 },
		{ "now",			0,		3 },
		{ "in a minute",		MIN_US,		4 },
		{ "in half an hour",		30 * MIN_US,	5 },
		{ "in five hours",		5 * HOUR_US,	6 },
		{ "in two days",		2 * DAY_US,	7 },
	};
	char	sql[300];

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct json	*due;
		int64_t		 n;

		bed_sql("DELETE FROM event");
		snprintf(sql, sizeof(sql), "INSERT INTO event (id, provider, event_id, status, next_attempt_at,"
		    " verified, created_at) VALUES (1, 'stripe', 'e', 'pending', %lld, 1, %lld)",
		    (long long)(BED_NOW + row[i].due), (long long)(BED_NOW - DAY_US));
		bed_sql(sql);
		assert_int_equal(bed_get(page_dashboard, ROLE_VIEWER, ""), HK_OK);
		due = json_get(bed.doc, "queue.due");
		for (size_t k = 0; k < json_len(due); k++)
			if (!json_int(json_at(due, k), "n", &n) || n != (k == row[i].line))
				fail_msg("%s: line %zu has %lld", row[i].phrase, k, (long long)n);
		assert_int_equal(value("queue.first.event"), 1);
		assert_int_equal(value("queue.pending"), 1);
	}
}

static void
refused_and_secrets(void **state)
{
	char	sql[400];

	(void)state;
	snprintf(sql, sizeof(sql), "INSERT INTO refusal_count VALUES ('stripe', 'no_match', %lld, 7),"
	    " ('clerk', 'too_old', %lld, 9), ('clerk', 'no_match', %lld, 100)",
	    (long long)(BED_NOW - BED_NOW % HOUR_US), (long long)(BED_NOW - BED_NOW % HOUR_US),
	    (long long)(BED_NOW - BED_NOW % HOUR_US - 5 * DAY_US));
	bed_sql(sql);
	bed_sql("INSERT INTO secret_use VALUES ('stripe', 'gone', 5, 6)");
	assert_int_equal(bed_get(page_dashboard, ROLE_VIEWER, "range=1h"), HK_OK);
	assert_int_equal(json_len(json_get(bed.doc, "refused")), 2);
	assert_true(span_is(json_text(json_at(json_get(bed.doc, "refused"), 0), "reason"), "too_old"));
	assert_true(span_is(json_text(json_at(json_get(bed.doc, "refused"), 1), "what"),
	    "no configured secret fits"));
	/* One that is set no more, and the one of the settings, which was never seen. */
	assert_int_equal(json_len(json_get(bed.doc, "secrets")), 2);
	assert_false(json_true(json_at(json_get(bed.doc, "secrets"), 0), "set"));
	assert_true(span_is(json_text(json_at(json_get(bed.doc, "secrets"), 1), "label"), "old"));
	assert_false(bed_says("0123456789abcdef"));
	assert_false(json_true(bed.doc, "place.worker"));
}

#define T(f)	cmocka_unit_test_setup_teardown(f, bed_setup, bed_teardown)

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(ranges_have_few_slots),
		T(figures_of_the_range),
		T(the_queue_by_age),
		T(refused_and_secrets),
	};

	return cmocka_run_group_tests_name("admin/dashboard", tests, NULL, NULL);
}
