#include "base/clock.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <time.h>

#define REFUSED	INT64_C(-1)

static void
iso_times_of_all_senders_are_read(void **state)
{
	static const struct {
		const char	*what, *in;
		int64_t		 us;
	} row[] = {
		{ "the first instant",	"1970-01-01T00:00:00Z",			0 },
		{ "Stripe, thin",	"2026-10-28T12:34:56.789Z",		1793190896789000 },
		{ "Resend, now",	"2026-11-22T23:41:11.894719+00:00",	1795390871894719 },
		{ "Resend, older",	"2024-02-19 23:41:11.894719+00",	1708386071894719 },
		{ "one digit",		"2026-01-22T11:02:00.2Z",		1769079720200000 },
		{ "18 digits",		"2026-01-22T11:02:00.123456789012345678Z", 1769079720123456 },
		{ "no rounding up",	"2026-01-22T11:02:00.9999999Z",		1769079720999999 },
		{ "leap day",		"2024-02-29T00:00:00Z",			1709164800000000 },
		{ "leap day of 2000",	"2000-02-29T00:00:00Z",			951782400000000 },
		{ "after a leap day",	"2024-03-01T00:00:00Z",			1709251200000000 },
		{ "the last day of a year", "2023-12-31T23:59:59Z",		1704067199000000 },
		{ "2100 has no leap day", "2100-03-01T00:00:00Z",		4107542400000000 },
		{ "east",		"2026-01-22T11:02:00+05:30",		1769059920000000 },
		{ "west, no colon",	"2026-01-22T11:02:00-0530",		1769099520000000 },
		{ "west, hours only",	"2026-01-22T11:02:00-08",		1769108520000000 },
		{ "minus nothing",	"2026-01-22T11:02:00-00:00",		1769079720000000 },
		{ "the zone changes the day", "2026-01-01T00:30:00+01:00",	1767223800000000 },
		{ "the last instant",	"9999-12-31T23:59:59.999999Z",		253402300799999999 },
		{ "no zone",		"2026-01-22T11:02:00",			REFUSED },
		{ "no zone behind a fraction", "2026-01-22T11:02:00.5",		REFUSED },
		{ "no time",		"2026-01-22",				REFUSED },
		{ "no seconds",		"2026-01-22T11:02Z",			REFUSED },
		{ "empty",		"",					REFUSED },
		{ "19 digits",		"2026-01-22T11:02:00.1234567890123456789Z", REFUSED },
		{ "a dot alone",	"2026-01-22T11:02:00.Z",		REFUSED },
		{ "a comma",		"2026-01-22T11:02:00,5Z",		REFUSED },
		{ "small z",		"2026-01-22T11:02:00z",			REFUSED },
		{ "small t",		"2026-01-22t11:02:00Z",			REFUSED },
		{ "two blanks",		"2026-01-22  11:02:00Z",		REFUSED },
		{ "a blank before the zone", "2026-01-22T11:02:00 Z",		REFUSED },
		{ "something behind Z",	"2026-01-22T11:02:00Z ",		REFUSED },
		{ "something behind the zone", "2026-01-22T11:02:00+00:00x",	REFUSED },
		{ "half a zone",	"2026-01-22T11:02:00+0",		REFUSED },
		{ "zone and a colon",	"2026-01-22T11:02:00+00:",		REFUSED },
		{ "zone of three digits", "2026-01-22T11:02:00+000",		REFUSED },
		{ "zone of 24 hours",	"2026-01-22T11:02:00+24:00",		REFUSED },
		{ "zone of 60 minutes",	"2026-01-22T11:02:00+00:60",		REFUSED },
		{ "month 0",		"2026-00-22T11:02:00Z",			REFUSED },
		{ "month 13",		"2026-13-22T11:02:00Z",			REFUSED },
		{ "day 0",		"2026-01-00T11:02:00Z",			REFUSED },
		{ "31st of April",	"2026-04-31T11:02:00Z",			REFUSED },
		{ "29th of February, no leap year", "2026-02-29T11:02:00Z",	REFUSED },
		{ "29th of February 2100", "2100-02-29T11:02:00Z",		REFUSED },
		{ "hour 24",		"2026-01-22T24:00:00Z",			REFUSED },
		{ "minute 60",		"2026-01-22T11:60:00Z",			REFUSED },
		{ "second 60",		"2026-01-22T11:02:60Z",			REFUSED },
		{ "year 1969",		"1969-12-31T23:59:59Z",			REFUSED },
		{ "1969 by its zone",	"1970-01-01T00:30:00+01:00",		REFUSED },
		{ "10000 by its zone",	"9999-12-31T23:30:00-01:00",		REFUSED },
		{ "five-digit year",	"12026-01-22T11:02:00Z",		REFUSED },
		{ "signs inside",	"2026-+1-22T11:02:00Z",			REFUSED },
		{ "one-digit month",	"2026-1-22T11:02:00Z",			REFUSED },
		{ "words",		"yesterday",				REFUSED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		int64_t	us = -7;
		bool	ok = iso_parse(span_str(row[i].in), &us);

		if (ok != (row[i].us != REFUSED) || us != (ok ? row[i].us : -7))
			fail_msg("%s: %s %lld", row[i].what, ok ? "taken" : "refused",
			    (long long)us);
	}
}

/* A text cut off anywhere is refused, and nothing behind its end is read. */
static void
a_time_cut_short_is_refused(void **state)
{
	const struct span	s = SPAN("2026-11-22T23:41:11.894719+00:00");

	(void)state;
	for (size_t n = 0; n < s.len; n++) {
		char	*copy = malloc(n + 1);
		int64_t	 us;

		assert_non_null(copy);
		memcpy(copy, s.p, n);
		/* "...+00" and "...+0000" less two digits are whole as well. */
		if (n != s.len - 3 && iso_parse(span_of(copy, n), &us))
			fail_msg("%.*s", (int)n, copy);
		free(copy);
	}
}

/* Every day of 1970..2105 against the system's calendar, then every 97th. */
static void
the_calendar_is_the_systems(void **state)
{
	char	ours[ISO_LEN + 1], theirs[ISO_LEN + 1];

	(void)state;
	for (int64_t day = 0; day <= 2932896; day += day < 50000 ? 1 : 97) {
		time_t		t = (time_t)(day * 86400 + day % 86400);
		struct tm	tm;
		int64_t		us = (int64_t)t * US_PER_S + day % 1000000, back;

		assert_non_null(gmtime_r(&t, &tm));
		assert_int_equal(strftime(theirs, sizeof(theirs), "%Y-%m-%dT%H:%M:%S.", &tm), 20);
		iso_format(ours, us);
		assert_memory_equal(ours, theirs, 20);
		assert_int_equal(strlen(ours), ISO_LEN);
		assert_true(iso_parse(span_str(ours), &back));
		assert_int_equal(back, us);
	}
}

static void
a_time_outside_shows_the_nearest(void **state)
{
	char	out[ISO_LEN + 1];

	(void)state;
	iso_format(out, 1795390871894719);
	assert_string_equal(out, "2026-11-22T23:41:11.894719Z");
	iso_format(out, INT64_MIN);
	assert_string_equal(out, "1970-01-01T00:00:00.000000Z");
	iso_format(out, INT64_MAX);
	assert_string_equal(out, "9999-12-31T23:59:59.999999Z");
}

static void
the_unit_of_a_number_is_guessed(void **state)
{
	static const struct {
		const char	*what;
		int64_t		 in, us;
	} row[] = {
		{ "Clerk, seconds",	1654012591,		1654012591000000 },
		{ "Clerk, milliseconds", 1654012591835,		1654012591835000 },
		{ "microseconds",	1654012591835001,	1654012591835001 },
		{ "last second",	99999999999,		99999999999000000 },
		{ "first millisecond",	100000000000,		100000000000000 },
		{ "last millisecond",	99999999999999,		99999999999999000 },
		{ "first microsecond",	100000000000000,	100000000000000 },
		{ "zero",		0,			0 },
		{ "negative",		INT64_MIN,		0 },
		{ "largest",		INT64_MAX,		INT64_MAX },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		if (us_guess(row[i].in) != row[i].us)
			fail_msg("%s: %lld", row[i].what, (long long)us_guess(row[i].in));
}

static void
the_clocks_run(void **state)
{
	int64_t	wall = now_us(), mono = mono_us();

	(void)state;
	assert_true(llabs(wall / US_PER_S - (int64_t)time(NULL)) <= 2);
	while (mono_us() == mono)
		continue;
	assert_true(mono_us() > mono);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(iso_times_of_all_senders_are_read),
		cmocka_unit_test(a_time_cut_short_is_refused),
		cmocka_unit_test(the_calendar_is_the_systems),
		cmocka_unit_test(a_time_outside_shows_the_nearest),
		cmocka_unit_test(the_unit_of_a_number_is_guessed),
		cmocka_unit_test(the_clocks_run),
	};

	return cmocka_run_group_tests_name("base/clock", tests, NULL, NULL);
}
