/* Escaping: every byte, and the bytes that want to be more than text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "base/codec.h"
#include "http/html.h"

#define B(text)	{ text, sizeof(text) - 1 }
#define X	"\xEF\xBF\xBD"

static void
characters(void **state)
{
	static const struct {
		const char	*phrase;
		struct span	 in;
		const char	*out;
	} rows[] = {
		{ "plain",		B("a b~"),		"a b~" },
		{ "markup",		B("<a href=\"x\">'&'"),	"&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;" },
		{ "escaped already",	B("&lt;"),		"&amp;lt;" },
		{ "letters of others",	B("\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80"),
		    "\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80" },
		{ "tab and newline",	B("a\tb\n"),		"a\tb\n" },
		{ "carriage returns",	B("a\r\nb\rc\r"),	"a\nb" X "c" X },
		{ "a NUL byte",		B("a\0b"),		"a" X "b" },
		{ "escape sequences",	B("\x1b[31m\x7f"),	X "[31m" X },
		{ "C1 controls",	B("\xC2\x80\xC2\x9F\xC2\xA0"), X X "\xC2\xA0" },
		{ "no UTF-8",		B("a\xFF\xC0\x80z"),	"a" X X X "z" },
		{ "a character cut off", B("a\xE2\x82"),	"a" X X },
		{ "a tag in half a character", B("\xE2<"),	X "&lt;" },
		{ "a surrogate",	B("\xED\xA0\x80"),	X X X },
		{ "from right to left",	B("\xE2\x80\xAEgpj.exe\xE2\x80\xAC"), X "gpj.exe" X },
		{ "before those",	B("\xE2\x80\xA9\xE2\x81\xA5"), "\xE2\x80\xA9\xE2\x81\xA5" },
		{ "the first and last", B("\xE2\x80\xAA\xE2\x81\xA6\xE2\x81\xA9"), X X X },
		{ "behind those",	B("\xE2\x80\xAF\xE2\x81\xAA"), "\xE2\x80\xAF\xE2\x81\xAA" },
		{ "nothing",		{ NULL, 0 },		"" },
	};
	struct buf	b;

	(void)state;
	buf_init(&b, 1 << 20);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		buf_clear(&b);
		html_put(&b, rows[i].in);
		if (!span_is(buf_span(&b), rows[i].out))
			fail_msg("%s: \"%.*s\"", rows[i].phrase, SPAN_ARG(buf_span(&b)));
	}
	buf_release(&b);
}

/* All pairs of bytes: valid UTF-8 comes out, and none of the five. */
static void
any_bytes_become_text(void **state)
{
	struct buf	b;
	char		pair[3] = "..x";

	(void)state;
	buf_init(&b, 100);
	for (unsigned int c = 0; c < 65536; c++) {
		pair[0] = (char)(c >> 8);
		pair[1] = (char)c;
		buf_clear(&b);
		html_put(&b, span_of(pair, 3));
		assert_true(utf8_valid(buf_span(&b)));
		assert_true(b.p[b.len - 1] == 'x');
		assert_int_equal(strcspn(b.p, "<>\"'"), b.len);
	}
	buf_release(&b);
}

static void
long_text_is_whole(void **state)
{
	size_t		 n = 10 << 20;
	char		*p = malloc(n);
	struct buf	 b;

	(void)state;
	assert_non_null(p);
	memset(p, 'a', n);
	p[n / 2] = '<';
	p[n - 1] = '\xC3';
	buf_init(&b, 11 << 20);
	html_put(&b, span_of(p, n));
	assert_true(buf_ok(&b));
	assert_int_equal(b.len, n + 3 + 2);
	memset(p, '\'', n);
	buf_clear(&b);
	html_put(&b, span_of(p, n));		/* five times as long: too large */
	assert_false(buf_ok(&b));
	buf_release(&b);
	free(p);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(characters),
		cmocka_unit_test(any_bytes_become_text),
		cmocka_unit_test(long_text_is_whole),
	};

	return cmocka_run_group_tests_name("http/html", tests, NULL, NULL);
}
