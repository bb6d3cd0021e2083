/* What people read: times, numbers, and texts that strangers wrote. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "admin/frame.h"
#include "base/clock.h"

static void
test_filters(void **state)
{
	static const struct {
		const char	*filter, *json, *shown;
	} t[] = {
		{ "time",	"\"2026-11-22T08:13:54.123456Z\"", "2026-11-22 08:13:54" },
		{ "time",	"null",		"" },
		{ "time",	"\"soon\"",	"" },
		{ "ago",	"\"2026-11-22T08:00:00Z\"", "0 s ago" },
		{ "ago",	"\"2026-11-22T07:59:01Z\"", "59 s ago" },
		{ "ago",	"\"2026-11-22T07:57:00Z\"", "3 min ago" },
		{ "ago",	"\"2026-11-21T09:00:00Z\"", "23 h ago" },
		{ "ago",	"\"2026-11-01T08:00:00Z\"", "21 d ago" },
		{ "ago",	"\"2025-11-01T08:00:00Z\"", "2025-11-01 08:00:00" },
		{ "ago",	"\"2026-11-22T08:05:00Z\"", "in 5 min" },
		{ "clock",	"\"2026-11-22T08:13:54Z\"", "08:13" },
		{ "day",	"\"2026-11-02T08:13:54Z\"", "2 Nov" },
		{ "day",	"\"2026-12-22T08:13:54Z\"", "22 Dec" },
		{ "when",	"\"2026-11-22T07:57:00Z\"", "3 min ago" },
		{ "duration",	"0",		"0 \302\265s" },
		{ "duration",	"999",		"999 \302\265s" },
		{ "duration",	"1234",		"1.2 ms" },
		{ "duration",	"45000",	"45 ms" },
		{ "duration",	"1500000",	"1.5 s" },
		{ "duration",	"59000000",	"59 s" },
		{ "duration",	"1800000000",	"30 min" },
		{ "duration",	"184000000",	"3 min 4 s" },
		{ "duration",	"7260000000",	"2 h 1 min" },
		{ "duration",	"259200000000",	"3 d 0 h" },
		{ "duration",	"-5",		"0 s" },
		{ "count",	"0",		"0" },
		{ "count",	"999",		"999" },
		{ "count",	"12345",	"12\342\200\257345" },
		{ "count",	"1000000",	"1\342\200\257000\342\200\257000" },
		{ "count",	"-123456",	"-123\342\200\257456" },
		{ "count",	"\"100,000+\"",	"100,000+" },
		{ "bytes",	"999",		"999 bytes" },
		{ "bytes",	"1234567",	"1.2 MB" },
		{ "bytes",	"71680",	"72 KB" },
		{ "bytes",	"999999",	"1.0 MB" },
		{ "visible",	"\"plain \\u00e9 \\u05d0\"", "plain \303\251 \327\220" },
		{ "visible",	"\"a\\u202eb\"", "a\342\200\271U+202E\342\200\272b" },
		{ "visible",	"\"a\\u0000b\\u001b[31m\"",
		    "a\342\200\271U+0000\342\200\272b\342\200\271U+001B\342\200\272[31m" },
		{ "visible",	"\"\\ud83d\\udc68\\u200d\\ud83d\\udc69\"",	/* a family is one picture */
		    "\360\237\221\250\342\200\215\360\237\221\251" },
		{ "visible",	"12",		"12" },
		{ "short",	"\"0123456789012345678901234567890123456789012345678901234567890123456789"
		    "0123456789x\"", "0123456789012345678901234567890123456789012345678901234567890123"
		    "4567890123456789\342\200\246" },
		{ "short",	"\"short\"",	"short" },
	};
	struct view	 view = { .name = "UTC" };
	struct moment	 m = { .view = &view };
	struct json	*root;
	struct buf	 out;

	(void)state;
	assert_true(iso_parse(SPAN("2026-11-22T08:00:00Z"), &m.now));
	buf_init(&out, 4096);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		const struct template_filter	*f = admin_filters;

		while (strcmp(f->name, t[i].filter) != 0)
			f++;
		assert_int_equal(json_parse(span_str(t[i].json), &root), HK_OK);
		buf_clear(&out);
		buf_puts(&out, "");
		f->run(&out, root, &m);
		if (!span_is(buf_span(&out), t[i].shown))
			print_message("%s of %s: '%.*s'\n", t[i].filter, t[i].json,
			    SPAN_ARG(buf_span(&out)));
		assert_true(span_is(buf_span(&out), t[i].shown));
		json_free(root);
	}
	view.exact = true;
	assert_int_equal(json_parse(SPAN("\"2026-11-22T07:57:00Z\""), &root), HK_OK);
	buf_clear(&out);
	for (const struct template_filter *f = admin_filters; f->name != NULL; f++)
		if (strcmp(f->name, "when") == 0)
			f->run(&out, root, &m);
	assert_true(span_is(buf_span(&out), "2026-11-22 07:57:00"));
	json_free(root);
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_filters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
