/* Charts: round numbers, and nothing drawn outside. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "admin/chart.h"
#include "base/clock.h"

static void
round_numbers(void **state)
{
	static const struct {
		const char	*phrase;
		int64_t		 most;
		bool		 duration;
		int64_t		 want;
	} row[] = {
		{ "nothing",			0,	false,	1 },
		{ "one",			1,	false,	1 },
		{ "three",			3,	false,	5 },
		{ "exactly round",		50,	false,	50 },
		{ "one more",			51,	false,	100 },
		{ "many",			1234567, false,	2000000 },
		{ "the largest",		INT64_MAX, false, INT64_MAX },
		{ "milliseconds",		3100,	true,	5000 },
		{ "half a minute",		30000000, true,	50000000 },
		{ "a minute, not 100 s",	55000000, true,	60000000 },
		{ "an hour",			3000000000, true, 3600000000 },
		{ "a day",			80000000000, true, 86400000000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		if (chart_round(row[i].most, row[i].duration) != row[i].want)
			fail_msg("%s: %lld", row[i].phrase,
			    (long long)chart_round(row[i].most, row[i].duration));
	for (size_t n = 1; n <= CHART_SLOTS; n++)
		assert_in_range(chart_pieces(n), 2, 5);
}

static double
number(struct json *o, const char *path)
{
	struct buf	b;
	double		x;

	buf_init(&b, 64);
	json_show(&b, json_get(o, path));
	x = strtod(b.p, NULL);
	buf_release(&b);
	return x;
}

static struct json *
draw(const struct chart *c)
{
	struct json	*root = NULL;
	struct buf	 b;
	struct jw	 w;

	buf_init(&b, 1 << 20);
	jw_init(&w, &b);
	chart_put(&w, NULL, c);
	if (json_parse(buf_span(&b), &root) != HK_OK)
		fail_msg("%s: %s", err_last(), b.p);
	buf_release(&b);
	return root;
}

static void
bars_stand_on_one_another(void **state)
{
	static const int64_t		a[] = { 10, 0, 5, 40 }, b[] = { 30, 0, 0, 10 }, line[] = { 1, 2, 3, 4 };
	const struct chart_series	s[] = { { "ok", "good", false, a }, { "bad", "<b>", false, b },
					    { "busy", "all", true, line } };
	const struct chart		c = { .title = "T", .from = 0, .step = US_PER_S, .slots = 4,
					    .series = s, .n = 3 };
	struct json			*d = draw(&c), *bars = json_get(d, "bars");
	struct json			*values = json_get(json_at(json_get(d, "slots"), 0), "values");
	int64_t				 n;

	(void)state;
	assert_int_equal(json_len(bars), 5);	/* none for nothing */
	assert_true(number(d, "most") == 50);
	assert_true(number(json_at(bars, 0), "y") == 96 && number(json_at(bars, 0), "h") == 24);
	assert_true(number(json_at(bars, 1), "y") == 24 && number(json_at(bars, 1), "h") == 72);
	for (size_t i = 0; i < json_len(bars); i++) {
		struct json	*r = json_at(bars, i);

		assert_true(number(r, "x") >= 0 && number(r, "x") + number(r, "w") <= CHART_WIDTH);
		assert_true(number(r, "y") >= 0 && number(r, "y") + number(r, "h") <= CHART_HEIGHT + 0.1);
	}
	assert_int_equal(json_len(json_get(d, "slots")), 4);
	assert_int_equal(json_len(values), 3);
	assert_true(json_int(json_at(values, 1), "n", &n) && n == 30);
	assert_true(json_get(json_at(values, 1), "us") == NULL);
	assert_int_equal(json_len(json_get(d, "lines")), 1);
	json_free(d);
}

/* Where nothing is known there is no line, and no value in the table. */
static void
lines_have_gaps(void **state)
{
	static const int64_t		v[] = { -1, 1000, 2000, -1, -1, 3000 };
	const struct chart_series	s[] = { { "ok", "p50", true, v } };
	const struct chart		c = { .title = "T", .from = 0, .step = US_PER_S, .slots = 6,
					    .duration = true, .series = s, .n = 1 };
	struct json			*d = draw(&c), *lines = json_get(d, "lines");

	(void)state;
	assert_int_equal(json_len(lines), 2);
	assert_true(span_is(json_text(json_at(lines, 0), "points"), "150.0,96.0 250.0,72.0"));
	assert_true(span_is(json_text(json_at(lines, 1), "points"), "550.0,48.0 600.0,48.0"));
	assert_true(number(d, "most_us") == 5000);
	assert_true(json_get(d, "most") == NULL);
	json_free(d);
}

static void
nothing_is_a_chart_too(void **state)
{
	static const int64_t		none[CHART_SLOTS] = { 0 };
	const struct chart_series	s[] = { { "ok", "good", false, none }, { "busy", "all", true, none } };
	const struct chart		c = { .title = "T", .from = 0, .step = US_PER_S,
					    .slots = CHART_SLOTS, .series = s, .n = 2 };
	struct json			*d = draw(&c);

	(void)state;
	assert_int_equal(json_len(json_get(d, "bars")), 0);
	assert_true(json_get(d, "most") == NULL && json_get(d, "most_us") == NULL);
	assert_int_equal(json_len(json_get(d, "slots")), CHART_SLOTS);
	json_free(d);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(round_numbers),
		cmocka_unit_test(bars_stand_on_one_another),
		cmocka_unit_test(lines_have_gaps),
		cmocka_unit_test(nothing_is_a_chart_too),
	};

	return cmocka_run_group_tests_name("admin/chart", tests, NULL, NULL);
}
