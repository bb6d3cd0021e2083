/* Cookies as browsers send them, and as they take them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "http/cookie.h"

#define B(text)	{ text, sizeof(text) - 1 }

static void
reads_the_one_asked_for(void **state)
{
	static const struct {
		const char	*phrase, *cookie, *second, *value;
	} rows[] = {
		{ "alone",			"s=abc",		NULL,	"abc" },
		{ "among others",		"a=1; s=abc; b=2",	NULL,	"abc" },
		{ "no blanks",			"a=1;s=abc;b=2",	NULL,	"abc" },
		{ "many blanks",		" a=1 ;\t s = abc ",	NULL,	"abc" },
		{ "the first of two",		"s=1; s=2",		NULL,	"1" },
		{ "in the second field",	"a=1",			"s=2",	"2" },
		{ "quoted",			"s=\"abc\"",		NULL,	"abc" },
		{ "one quote is none",		"s=\"",			NULL,	"\"" },
		{ "empty",			"s=; a=1",		NULL,	"" },
		{ "'=' inside",			"s=a=b==",		NULL,	"a=b==" },
		{ "a longer name",		"ss=1; xs=2",		NULL,	NULL },
		{ "another case",		"S=1",			NULL,	NULL },
		{ "no '='",			"s",			NULL,	NULL },
		{ "in another's value",		"a=\"x, s=1\"",		NULL,	NULL },
		{ "nothing",			"",			NULL,	NULL },
		{ "only separators",		";;=;",			NULL,	NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct field	v[] = { { SPAN("x-cookie"), SPAN("s=wrong") },
		    { SPAN("cookie"), span_str(rows[i].cookie) },
		    { SPAN("cookie"), span_str(rows[i].second) } };
		struct fields		f = { v, 3 };
		struct span		s = cookie_get(&f, "s");

		if ((s.p == NULL) != (rows[i].value == NULL) ||
		    !span_eq(s, span_str(rows[i].value)))
			fail_msg("%s: \"%.*s\"", rows[i].phrase, SPAN_ARG(s));
	}
}

static void
lines(void **state)
{
	static const struct {
		const char	*phrase;
		struct cookie	 c;
		const char	*line;		/* NULL: refused */
	} rows[] = {
		{ "a session's", { "s", B("abc"), NULL, -1, true },
		    "Set-Cookie: s=abc; Path=/; HttpOnly; SameSite=Lax; Secure\r\n" },
		{ "a lasting one", { "s", B("a=b/~"), "/admin", 86400, false },
		    "Set-Cookie: s=a=b/~; Path=/admin; Max-Age=86400; HttpOnly; SameSite=Lax\r\n" },
		{ "a forgotten one", { "s", B(""), NULL, 0, false },
		    "Set-Cookie: s=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax\r\n" },
		{ "bound to the host", { "__Host-s", B("1"), NULL, -1, true },
		    "Set-Cookie: __Host-s=1; Path=/; HttpOnly; SameSite=Lax; Secure\r\n" },
		{ "bound, but not secure", { "__Host-s", B("1"), NULL, -1, false }, NULL },
		{ "bound, but to a path", { "__host-s", B("1"), "/a", -1, true }, NULL },
		{ "secure by name only", { "__Secure-s", B("1"), NULL, -1, false }, NULL },
		{ "no name", { "", B("1"), NULL, -1, true }, NULL },
		{ "'=' in the name", { "a=b", B("1"), NULL, -1, true }, NULL },
		{ "a newline in the name", { "a\n", B("1"), NULL, -1, true }, NULL },
		{ "a second line", { "s", B("1\r\nX: y"), NULL, -1, true }, NULL },
		{ "a second attribute", { "s", B("1; Domain=x"), NULL, -1, true }, NULL },
		{ "a semicolon", { "s", B("1;"), NULL, -1, true }, NULL },
		{ "a NUL byte", { "s", B("1\0"), NULL, -1, true }, NULL },
		{ "no ASCII", { "s", B("\xC3\xA9"), NULL, -1, true }, NULL },
		{ "an attribute in the path", { "s", B("1"), "/;x", -1, true }, NULL },
		{ "a path that is none", { "s", B("1"), "admin", -1, true }, NULL },
	};
	struct buf	b;
	enum hk_err	e;

	(void)state;
	buf_init(&b, 1000);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		buf_clear(&b);
		e = cookie_put(&b, &rows[i].c);
		if (e != (rows[i].line != NULL ? HK_OK : HK_SYNTAX) ||
		    !span_eq(buf_span(&b), span_str(rows[i].line)))
			fail_msg("%s: %s \"%.*s\"", rows[i].phrase, err_name(e),
			    SPAN_ARG(buf_span(&b)));
	}
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(reads_the_one_asked_for),
		cmocka_unit_test(lines),
	};

	return cmocka_run_group_tests_name("http/cookie", tests, NULL, NULL);
}
