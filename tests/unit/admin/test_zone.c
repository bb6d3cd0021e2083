/* Times in the visitor's zone: an hour off in March is a wrong conclusion. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "admin/zone.h"
#include "base/clock.h"

static struct zone *
zone(struct arena *a, const char *name)
{
	struct zone	*z = NULL;

	if (zone_load(span_str(name), a, &z) != HK_OK)
		print_message("%s: %s\n", name, err_last());
	return z;
}

static void
test_known_times(void **state)
{
	static const struct {
		const char	*what, *zone, *utc, *there;
	} t[] = {
		{ "UTC is itself",	"UTC", "2026-11-22T08:13:54Z", "2026-11-22 08:13:54" },
		{ "winter",	"Europe/Berlin", "2026-11-22T08:13:54Z", "2026-11-22 09:13:54" },
		{ "summer",	"Europe/Berlin", "2026-07-01T23:30:00Z", "2026-07-02 01:30:00" },
		{ "last second of winter", "Europe/Berlin", "2026-03-29T00:59:59Z", "2026-03-29 01:59:59" },
		{ "first of summer", "Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-29 03:00:00" },
		{ "the hour that comes twice", "Europe/Berlin", "2026-10-25T01:00:00Z", "2026-10-25 02:00:00" },
		{ "west",	"America/New_York", "2026-11-22T04:00:00Z", "2026-11-21 23:00:00" },
		{ "half hours",	"Asia/Kolkata",	"2026-11-22T00:00:00Z", "2026-11-22 05:30:00" },
		{ "the south",	"Australia/Sydney", "2026-01-15T00:00:00Z", "2026-01-15 11:00:00" },
		{ "its winter",	"Australia/Sydney", "2026-07-15T00:00:00Z", "2026-07-15 10:00:00" },
		{ "after the file's last line", "Europe/Berlin", "2050-07-01T00:00:00Z", "2050-07-01 02:00:00" },
		{ "and in winter", "America/New_York", "2060-01-01T12:00:00Z", "2060-01-01 07:00:00" },
		{ "long ago",	"Europe/Berlin", "1975-07-01T00:00:00Z", "1975-07-01 01:00:00" },
	};
	struct arena	*a = arena_new(4 << 20);
	char		 text[ZONE_TEXT + 1];
	int64_t		 us;

	(void)state;
	if (zone(a, "Europe/Berlin") == NULL) {
		arena_free(a);
		skip();			/* no tzdata on this system */
	}
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_true(iso_parse(span_str(t[i].utc), &us));
		zone_format(text, zone(a, t[i].zone), us);
		if (strcmp(text, t[i].there) != 0)
			print_message("%s: %s\n", t[i].what, t[i].zone);
		assert_string_equal(text, t[i].there);
	}
	arena_free(a);
}

/* The C library's reading of the same files, hour by hour over many years. */
static void
test_agrees_with_libc(void **state)
{
	static const char *const	names[] = { "Europe/Berlin", "America/New_York",
					    "America/Sao_Paulo", "Asia/Kolkata", "Australia/Sydney",
					    "Pacific/Auckland", "Africa/Casablanca" };
	struct arena			*a = arena_new(4 << 20);

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct zone	*z = zone(a, names[i]);

		if (z == NULL)
			continue;
		setenv("TZ", names[i], 1);
		tzset();
		for (time_t t = 0; t < INT64_C(2800000000); t += 6 * 3600 + 1801) {
			struct tm	tm;

			localtime_r(&t, &tm);
			if (zone_offset(z, (int64_t)t * US_PER_S) != (int32_t)tm.tm_gmtoff)
				print_message("%s at %lld\n", names[i], (long long)t);
			assert_int_equal(zone_offset(z, (int64_t)t * US_PER_S), tm.tm_gmtoff);
		}
	}
	unsetenv("TZ");
	tzset();
	arena_free(a);
}

static void
test_not_a_zone(void **state)
{
	static const char *const bad[] = { "", "/etc/passwd", "../../etc/passwd", "Europe/../Berlin",
	    "Nowhere/Land", "Europe", "zone.tab", "Europe/Berlin\n", "a b",
	    "Europe/BerlinEurope/BerlinEurope/BerlinEurope/BerlinEurope/Berlin" };
	struct arena	*a = arena_new(4 << 20);
	struct zone	*z;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (zone_load(span_str(bad[i]), a, &z) == HK_OK)
			print_message("number %zu was taken\n", i);
		assert_int_equal(zone_load(span_str(bad[i]), a, &z), HK_NOTFOUND);
	}
	arena_free(a);
}

static void
test_view(void **state)
{
	struct arena	*a = arena_new(4 << 20);
	struct view	 v;

	(void)state;
	view_read(&v, span_str(view_text("UTC", true, a)), a);
	assert_string_equal(v.name, "UTC");
	assert_true(v.exact);
	view_read(&v, SPAN("Nowhere/Land.exact"), a);
	assert_string_equal(v.name, "UTC");
	assert_null(v.zone);
	view_read(&v, SPAN_NULL, a);
	assert_false(v.exact);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_known_times),
		cmocka_unit_test(test_agrees_with_libc),
		cmocka_unit_test(test_not_a_zone),
		cmocka_unit_test(test_view),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
