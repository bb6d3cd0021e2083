/* Paths against patterns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/buf.h"
#include "http/route.h"

static void
paths(void **state)
{
	static const struct {
		const char	*phrase, *pattern, *path;
		bool		 match, slash;
		const char	*id;
	} rows[] = {
		{ "the root",			"/",		"/",		true, true, NULL },
		{ "no path",			"/",		"",		false, false, NULL },
		{ "two slashes",		"/",		"//",		false, false, NULL },
		{ "more than the root",		"/",		"/a",		false, false, NULL },
		{ "less than the pattern",	"/a",		"/",		false, false, NULL },
		{ "a step",			"/events",	"/events",	true, false, NULL },
		{ "a slash at the end",		"/events",	"/events/",	true, true, NULL },
		{ "a slash in the pattern",	"/events/",	"/events",	true, false, NULL },
		{ "two at the end",		"/events",	"/events//",	false, false, NULL },
		{ "two at the beginning",	"/events",	"//events",	false, false, NULL },
		{ "another case",		"/events",	"/Events",	false, false, NULL },
		{ "a longer step",		"/events",	"/events2",	false, false, NULL },
		{ "not from the root",		"/events",	"events",	false, false, NULL },
		{ "escaped letters",		"/events",	"/%65vent%73",	true, false, NULL },
		{ "a value",			"/e/:id",	"/e/12",	true, false, "12" },
		{ "a value and a slash",	"/e/:id",	"/e/12/",	true, true, "12" },
		{ "a value in the middle",	"/e/:id/retry",	"/e/12/retry",	true, false, "12" },
		{ "a value first",		"/:id",		"/e",		true, false, "e" },
		{ "no value",			"/e/:id",	"/e/",		false, false, NULL },
		{ "an empty value",		"/e/:id/retry",	"/e//retry",	false, false, NULL },
		{ "one step too many",		"/e/:id",	"/e/1/2",	false, false, NULL },
		{ "one step too few",		"/e/:id/retry",	"/e/1",		false, false, NULL },
		{ "an escaped slash",		"/e/:id",	"/e/a%2Fb%3f",	true, false, "a/b?" },
		{ "a plus",			"/e/:id",	"/e/a+b",	true, false, "a+b" },
		{ "no escape",			"/e/:id",	"/e/100%",	false, false, NULL },
		{ "no escape either",		"/e/:id",	"/e/%zz",	false, false, NULL },
		{ "an escaped percent",		"/e/:id",	"/e/%2541",	true, false, "%41" },
		{ "a NUL byte",			"/e/:id",	"/e/a%00",	false, false, NULL },
		{ "one dot",			"/e/:id",	"/e/.",		false, false, NULL },
		{ "two dots",			"/e/:id",	"/e/..",	false, false, NULL },
		{ "two escaped dots",		"/e/:id",	"/e/%2e%2E",	false, false, NULL },
		{ "three dots",			"/e/:id",	"/e/...",	true, false, "..." },
		{ "two values",			"/:a/:id",	"/x/y",		true, false, "y" },
	};
	struct route	r;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		bool		match = route_match(&r, rows[i].pattern, span_str(rows[i].path));
		struct span	id = match ? route_get(&r, "id") : SPAN_NULL;

		if (match != rows[i].match || (match && r.slash != rows[i].slash) ||
		    !span_eq(id, span_str(rows[i].id)))
			fail_msg("%s: %s, \"%.*s\"", rows[i].phrase, match ? "yes" : "no",
			    SPAN_ARG(id));
	}
	assert_true(route_match(&r, "/:a/:b", SPAN("/x%20/y")));
	assert_true(span_is(route_get(&r, "a"), "x ") && span_is(route_get(&r, "b"), "y"));
	assert_null(route_get(&r, "c").p);
	assert_false(route_match(&r, "/", SPAN_NULL));
}

/* Values fill their room to the last byte, and no further. */
static void
long_paths(void **state)
{
	struct route	r;
	struct buf	b;

	(void)state;
	buf_init(&b, 1 << 20);
	buf_puts(&b, "/");
	for (int i = 0; i < ROUTE_ROOM; i++)
		buf_putc(&b, 'a');
	assert_true(route_match(&r, "/:id", buf_span(&b)));
	assert_int_equal(route_get(&r, "id").len, ROUTE_ROOM);
	buf_putc(&b, 'a');
	assert_false(route_match(&r, "/:id", buf_span(&b)));
	b.p[ROUTE_ROOM / 2] = '/';
	assert_true(route_match(&r, "/:a/:b", buf_span(&b)));
	buf_puts(&b, "a");
	assert_false(route_match(&r, "/:a/:b", buf_span(&b)));
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(paths),
		cmocka_unit_test(long_paths),
	};

	return cmocka_run_group_tests_name("http/route", tests, NULL, NULL);
}
