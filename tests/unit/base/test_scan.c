/* The scanner: what it takes, what it refuses and why, what it finds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/scan.h"

#define ARENA_MOST	(8 << 20)

/* text: in an exact allocation, so that a read behind it is seen. */
static enum hk_err
scan_copy(struct span text, struct arena *a)
{
	char		*copy = malloc(text.len > 0 ? text.len : 1);
	enum hk_err	 e;

	assert_non_null(copy);
	if (text.len > 0)
		memcpy(copy, text.p, text.len);
	e = scan_json(span_of(copy, text.len), NULL, 0, NULL, a);
	free(copy);
	return e;
}

struct rule {
	const char	*phrase;
	const char	*text;
	size_t		 len;
	const char	*wrong;		/* part of the message; NULL: it is valid */
};

#define T(text)	text, sizeof(text) - 1

static const struct rule rules[] = {
	{ "an empty object",		T("{}"),				NULL },
	{ "blanks all around",		T(" \t\r\n{ \t\r\n} \t\r\n"),		NULL },
	{ "all kinds of values",	T("{\"a\":[null,true,false,0,\"\",{},[]]}"),	NULL },
	{ "a long indentation",		T("{\n                         \"a\":\n\n1}"),	NULL },
	{ "an empty name",		T("{\"\":1}"),				NULL },
	{ "DEL in a string",		T("{\"a\":\"\x7f\"}"),			NULL },
	{ "nothing",			T(""),			"no JSON object at the end of the text (byte 0)" },
	{ "only blanks",		T("  "),		"no JSON object at the end of the text (byte 2)" },
	{ "an array on top",		T("[]"),				"no JSON object at byte 0" },
	{ "a string on top",		T("\"a\""),				"no JSON object at byte 0" },
	{ "null on top",		T("null"),				"no JSON object at byte 0" },
	{ "a byte order mark",		T("\xEF\xBB\xBF{}"),			"no JSON object at byte 0" },
	{ "form feed is no blank",	T("{\f}"),				"no name in quotes at byte 1" },
	{ "NUL is no blank",		T("{}\0"),		"behind the end of the JSON text at byte 2" },
	{ "two objects",		T("{} {}"),		"behind the end of the JSON text at byte 3" },
	{ "a comma behind",		T("{},"),		"behind the end of the JSON text at byte 2" },
	{ "a bracket too many",		T("{\"a\":[]]}"),			"neither ',' nor '}' at byte 7" },

	{ "a comma before }",		T("{\"a\":1,}"),			"no name in quotes at byte 7" },
	{ "a comma before ]",		T("{\"a\":[1,]}"),			"no JSON value at byte 8" },
	{ "a comma first",		T("{,\"a\":1}"),			"no name in quotes at byte 1" },
	{ "two commas",			T("{\"a\":[1,,2]}"),			"no JSON value at byte 8" },
	{ "no comma in an object",	T("{\"a\":1 \"b\":2}"),			"neither ',' nor '}' at byte 7" },
	{ "no comma in an array",	T("{\"a\":[1 2]}"),			"neither ',' nor ']' at byte 8" },
	{ "no colon",			T("{\"a\" 1}"),				"no ':' after a name at byte 5" },
	{ "a comma for a colon",	T("{\"a\",1}"),				"no ':' after a name at byte 4" },
	{ "two colons",			T("{\"a\"::1}"),			"no JSON value at byte 5" },
	{ "no value",			T("{\"a\":}"),				"no JSON value at byte 5" },
	{ "only a name",		T("{\"a\"}"),				"no ':' after a name at byte 4" },
	{ "a name without quotes",	T("{a:1}"),				"no name in quotes at byte 1" },
	{ "a name in single quotes",	T("{'a':1}"),				"no name in quotes at byte 1" },
	{ "a number for a name",	T("{1:1}"),				"no name in quotes at byte 1" },
	{ "the wrong bracket",		T("{\"a\":[1}}"),			"neither ',' nor ']' at byte 7" },
	{ "the other wrong bracket",	T("{\"a\":{]}"),			"no name in quotes at byte 6" },
	{ "a comment",			T("{/**/}"),				"no name in quotes at byte 1" },

	{ "cut after the bracket",	T("{"),			"at the end of the text (byte 1)" },
	{ "cut in a name",		T("{\"a"),		"without its closing quote at the end of the text (byte 3)" },
	{ "cut after a name",		T("{\"a\""),		"no ':' after a name at the end of the text (byte 4)" },
	{ "cut after a colon",		T("{\"a\":"),		"a value is missing at the end of the text (byte 5)" },
	{ "cut after a value",		T("{\"a\":1"),		"neither ',' nor '}' at the end of the text (byte 6)" },
	{ "cut after a comma",		T("{\"a\":1,"),		"no name in quotes at the end of the text (byte 7)" },
	{ "cut in an array",		T("{\"a\":[1,"),	"a value is missing at the end of the text (byte 8)" },
	{ "cut in an escape",		T("{\"a\":\"\\"),	"an escape that JSON does not have" },
	{ "cut in a \\u",		T("{\"a\":\"\\u00"),	"\\u without four hex digits" },
	{ "cut in a surrogate pair",	T("{\"a\":\"\\ud834\\udd1"),	"half of a surrogate pair" },
	{ "cut in UTF-8",		T("{\"a\":\"\xE2\x82"),	"invalid UTF-8" },
	{ "cut in true",		T("{\"a\":tru"),	"no JSON value at byte 5" },

	{ "zero",			T("{\"a\":0}"),				NULL },
	{ "minus zero",			T("{\"a\":-0}"),			NULL },
	{ "a fraction",			T("{\"a\":-0.50}"),			NULL },
	{ "exponents",			T("{\"a\":[1e5,1E+5,1.5e-05,0e0]}"),	NULL },
	{ "a number as long as you like", T("{\"a\":123456789012345678901234567890.1e999}"), NULL },
	{ "a leading zero",		T("{\"a\":012}"),			"begins with 0 at byte 5" },
	{ "minus and a leading zero",	T("{\"a\":-012}"),			"begins with 0 at byte 6" },
	{ "two zeros",			T("{\"a\":00}"),			"begins with 0 at byte 5" },
	{ "only a minus",		T("{\"a\":-}"),				"a '-' without a number at byte 6" },
	{ "two minuses",		T("{\"a\":--1}"),			"a '-' without a number at byte 6" },
	{ "a plus",			T("{\"a\":+1}"),			"no JSON value at byte 5" },
	{ "a point first",		T("{\"a\":.5}"),			"no JSON value at byte 5" },
	{ "a point last",		T("{\"a\":1.}"),			"no digit after the decimal point at byte 7" },
	{ "a point and an exponent",	T("{\"a\":1.e1}"),			"no digit after the decimal point at byte 7" },
	{ "an empty exponent",		T("{\"a\":1e}"),			"no digit in the exponent at byte 7" },
	{ "only a sign of an exponent",	T("{\"a\":1e+}"),			"no digit in the exponent at byte 8" },
	{ "two points",			T("{\"a\":1.2.3}"),			"neither ',' nor '}' at byte 8" },
	{ "hexadecimal",		T("{\"a\":0x10}"),			"neither ',' nor '}' at byte 6" },
	{ "NaN",			T("{\"a\":NaN}"),			"no JSON value at byte 5" },
	{ "Infinity",			T("{\"a\":Infinity}"),			"no JSON value at byte 5" },
	{ "minus Infinity",		T("{\"a\":-Infinity}"),			"a '-' without a number at byte 6" },
	{ "full-width digits",		T("{\"a\":\xEF\xBC\x91}"),		"no JSON value at byte 5" },
	{ "True",			T("{\"a\":True}"),			"no JSON value at byte 5" },
	{ "truex",			T("{\"a\":truex}"),			"neither ',' nor '}' at byte 9" },
	{ "nul",			T("{\"a\":nul}"),			"no JSON value at byte 5" },

	{ "every escape",		T("{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u12aF\"}"),	NULL },
	{ "a surrogate pair",		T("{\"a\":\"\\uD834\\udd1e\"}"),	NULL },
	{ "an escaped NUL in a value",	T("{\"a\":\"\\u0000\"}"),		NULL },
	{ "an escaped NUL in a name",	T("{\"type\\u0000\":1}"),		"\\u0000 inside a name at byte 1" },
	{ "\\x",			T("{\"a\":\"\\x00\"}"),			"an escape that JSON does not have at byte 6" },
	{ "\\'",			T("{\"a\":\"\\'\"}"),			"an escape that JSON does not have at byte 6" },
	{ "\\U",			T("{\"a\":\"\\U0041\"}"),		"an escape that JSON does not have at byte 6" },
	{ "\\u with three digits",	T("{\"a\":\"\\u004\"}"),		"\\u without four hex digits at byte 6" },
	{ "\\u with another letter",	T("{\"a\":\"\\u00g1\"}"),		"\\u without four hex digits at byte 6" },
	{ "a high surrogate alone",	T("{\"a\":\"\\ud834\"}"),		"half of a surrogate pair at byte 6" },
	{ "a high one and text",	T("{\"a\":\"\\ud834abcdef\"}"),		"half of a surrogate pair at byte 6" },
	{ "two high ones",		T("{\"a\":\"\\ud834\\ud834\"}"),	"half of a surrogate pair at byte 6" },
	{ "a low surrogate alone",	T("{\"a\":\"\\udd1e\"}"),		"half of a surrogate pair at byte 6" },
	{ "the wrong order",		T("{\"a\":\"\\udd1e\\ud834\"}"),	"half of a surrogate pair at byte 6" },
	{ "half a pair in a name",	T("{\"\\ud834\":1}"),			"half of a surrogate pair at byte 2" },
	{ "a tab in a string",		T("{\"a\":\"\t\"}"),			"a control character inside a string at byte 6" },
	{ "a newline in a string",	T("{\"a\":\"0123456789\n\"}"),		"a control character inside a string at byte 16" },
	{ "a NUL in a string",		T("{\"a\":\"\0\"}"),			"a control character inside a string at byte 6" },
	{ "a newline in a name",	T("{\"a\n\":1}"),			"a control character inside a string at byte 3" },

	{ "two, three and four bytes",	T("{\"a\":\"\xC3\xA9\xE2\x82\xAC\xF0\x9D\x84\x9E\"}"),	NULL },
	{ "the ends of UTF-8",		T("{\"a\":\"\xC2\x80\xED\x9F\xBF\xEE\x80\x80\xF4\x8F\xBF\xBF\"}"), NULL },
	{ "a continuation alone",	T("{\"a\":\"\x80\"}"),			"invalid UTF-8 at byte 6" },
	{ "Latin-1",			T("{\"a\":\"caf\xE9 au lait\"}"),	"invalid UTF-8 at byte 9" },
	{ "overlong slash, two",	T("{\"a\":\"\xC0\xAF\"}"),		"invalid UTF-8 at byte 6" },
	{ "overlong slash, three",	T("{\"a\":\"\xE0\x80\xAF\"}"),		"invalid UTF-8 at byte 6" },
	{ "overlong slash, four",	T("{\"a\":\"\xF0\x80\x80\xAF\"}"),	"invalid UTF-8 at byte 6" },
	{ "a surrogate in UTF-8",	T("{\"a\":\"\xED\xA0\x80\"}"),		"invalid UTF-8 at byte 6" },
	{ "above U+10FFFF",		T("{\"a\":\"\xF4\x90\x80\x80\"}"),	"invalid UTF-8 at byte 6" },
	{ "byte FF",			T("{\"a\":\"\xFF\"}"),			"invalid UTF-8 at byte 6" },
	{ "no third byte",		T("{\"a\":\"\xE2\x82\"}"),		"invalid UTF-8 at byte 6" },
	{ "bad UTF-8 after good",	T("{\"a\":\"\xC3\xA9\xC3\xA9\xC3\"}"),	"invalid UTF-8 at byte 10" },
	{ "bad UTF-8 in a name",	T("{\"\xFF\":1}"),			"invalid UTF-8 at byte 2" },

	{ "the same name twice",	T("{\"type\":1,\"x\":2,\"type\":3}"),	"duplicate name \"type\" at byte 16" },
	{ "twice by an escape",		T("{\"a\":1,\"\\u0061\":2}"),		"duplicate name \"a\" at byte 7" },
	{ "twice by two escapes",	T("{\"\\u002f\":1,\"\\/\":2}"),		"duplicate name \"/\"" },
	{ "twice by a surrogate pair",	T("{\"\xF0\x9D\x84\x9E\":1,\"\\ud834\\udd1e\":2}"),	"duplicate name" },
	{ "the empty name twice",	T("{\"\":1,\"\":2}"),			"duplicate name \"\" at byte 6" },
	{ "twice around an object",	T("{\"a\":{\"b\":{}},\"a\":1}"),	"duplicate name \"a\" at byte 14" },
	{ "in an object in an array",	T("{\"l\":[{\"a\":1,\"a\":1}]}"),	"duplicate name \"a\"" },
	{ "the same name deeper",	T("{\"a\":{\"a\":{\"a\":1}}}"),		NULL },
	{ "the same name beside",	T("{\"l\":[{\"a\":1},{\"a\":1}],\"a\":1}"),	NULL },
	{ "another case",		T("{\"a\":1,\"A\":2}"),			NULL },
	{ "a prefix of a name",		T("{\"abcdefg\":1,\"abcdefgh\":2,\"abcdef\":3}"),	NULL },
	{ "an escape that is literal",	T("{\"a\":1,\"\\\\u0061\":2}"),		NULL },
};

static void
judges_by_its_rules(void **state)
{
	struct arena	*a = arena_new(ARENA_MOST);
	size_t		 i;
	enum hk_err	 e;

	(void)state;
	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		e = scan_copy(span_of(rules[i].text, rules[i].len), a);
		if (rules[i].wrong == NULL ? e != HK_OK :
		    e != HK_SYNTAX || strstr(err_last(), rules[i].wrong) == NULL)
			fail_msg("%s: %s, \"%s\"", rules[i].phrase, err_name(e), err_last());
		arena_reset(a);
	}
	arena_free(a);
}

/* A name of len bytes, and so many blanks behind the text. */
static void
every_place_in_a_name(struct arena *a, size_t len, int more)
{
	static const char	bad[] = { '\x01', '\x1f', '\n', '\x80', '\xff' };
	char			 text[256];
	struct span		 s;
	size_t			 at, i;

	for (at = 0; at < len; at++) {
		s = span_of(text, (size_t)snprintf(text, sizeof(text), "{\"%0*d\":1}%*s", (int)len,
		    0, more, ""));
		assert_int_equal(scan_copy(s, a), HK_OK);
		for (i = 0; i < sizeof(bad); i++) {
			text[2 + at] = bad[i];
			assert_int_equal(scan_copy(s, a), HK_SYNTAX);
		}
		text[2 + at] = '"';
		assert_int_equal(scan_copy(s, a), HK_SYNTAX);
		text[2 + at] = '\\';	/* before another or the quote */
		if (at + 1 < len)
			text[3 + at] = 'n';
		assert_int_equal(scan_copy(s, a), at + 1 < len ? HK_OK : HK_SYNTAX);
		arena_reset(a);
	}
}

/*
 * The steps of many bytes must see a special byte wherever it lies, whether the
 * text ends soon behind it or goes on.
 */
static void
sees_a_byte_at_every_place(void **state)
{
	struct arena	*a = arena_new(ARENA_MOST);
	size_t		 len;

	(void)state;
	for (len = 1; len <= 72; len++) {
		every_place_in_a_name(a, len, 0);
		every_place_in_a_name(a, len, 40);
	}
	arena_free(a);
}

/* An indentation of every length, and something else than a space in it. */
static void
indentations_of_every_length(void **state)
{
	struct arena	*a = arena_new(ARENA_MOST);
	char		 text[256];
	int		 len, at, n;

	(void)state;
	for (len = 0; len <= 80; len++) {
		n = snprintf(text, sizeof(text), "{\n%*s\"name\": 1\n%*s}", len, "", len, "");
		assert_int_equal(scan_copy(span_of(text, (size_t)n), a), HK_OK);
		for (at = 0; at < len; at++) {
			text[2 + at] = '\t';
			assert_int_equal(scan_copy(span_of(text, (size_t)n), a), HK_OK);
			text[2 + at] = '\f';
			assert_int_equal(scan_copy(span_of(text, (size_t)n), a), HK_SYNTAX);
			text[2 + at] = ' ';
		}
	}
	arena_free(a);
}

/* "{"a":[[[...]]]}": containers in all. */
static struct span
nested(struct buf *b, int containers)
{
	int	i;

	buf_clear(b);
	buf_puts(b, "{\"a\":");
	for (i = 1; i < containers; i++)
		buf_putc(b, '[');
	for (i = 1; i < containers; i++)
		buf_putc(b, ']');
	buf_putc(b, '}');
	return buf_span(b);
}

static void
depth_has_a_limit(void **state)
{
	struct arena	*a = arena_new(ARENA_MOST);
	struct json	*tree;
	struct buf	 b;

	(void)state;
	buf_init(&b, 1 << 20);
	assert_int_equal(scan_copy(nested(&b, 100), a), HK_OK);
	assert_int_equal(json_parse(nested(&b, 100), &tree), HK_OK);
	json_free(tree);
	assert_int_equal(scan_copy(nested(&b, 101), a), HK_SYNTAX);
	assert_string_equal(err_last(), "containers nested too deep at byte 104");
	assert_int_equal(scan_copy(nested(&b, 100000), a), HK_SYNTAX);
	/* one after another is no depth */
	buf_clear(&b);
	buf_puts(&b, "{\"a\":[[]");
	while (b.len < 3000)
		buf_puts(&b, ",[]");
	buf_puts(&b, "]}");
	assert_int_equal(scan_copy(buf_span(&b), a), HK_OK);
	buf_release(&b);
	arena_free(a);
}

static void
names_have_a_limit(void **state)
{
	struct arena	*a = arena_new(ARENA_MOST), *small;
	struct buf	 b;
	int		 i;

	(void)state;
	buf_init(&b, 4 << 20);
	buf_putc(&b, '{');
	for (i = 0; i < SCAN_NAMES; i++)
		buf_printf(&b, "%s\"%d\":0", i > 0 ? "," : "", i);
	buf_putc(&b, '}');
	assert_int_equal(scan_copy(buf_span(&b), a), HK_OK);
	assert_true(arena_used(a) < 2 << 20);

	/* a duplicate is found in a table that has grown */
	b.len--;
	b.len -= strlen(",\"99999\":0");
	buf_puts(&b, ",\"7\":0}");
	arena_reset(a);
	assert_int_equal(scan_copy(buf_span(&b), a), HK_SYNTAX);
	assert_non_null(strstr(err_last(), "duplicate name \"7\" at byte"));

	b.len -= strlen("7\":0}");
	buf_puts(&b, "99999\":0,\"x\":0}");
	arena_reset(a);
	assert_int_equal(scan_copy(buf_span(&b), a), HK_SYNTAX);
	assert_non_null(strstr(err_last(), "more object names than allowed at byte"));

	small = arena_new(100000);
	assert_int_equal(scan_copy(buf_span(&b), small), HK_NOMEM);
	arena_free(small);
	buf_release(&b);
	arena_free(a);
}

/*
 * An object of n names, each like all others at both ends when alike, and in
 * every third one an object with a name of the outer one.
 */
static void
object_of(struct buf *b, int n, bool alike)
{
	const char	*around = alike ? "the same beginning" : "";

	buf_clear(b);
	buf_putc(b, '{');
	for (int i = 0; i < n; i++) {
		buf_printf(b, "%s\"%s%d%s\":", i > 0 ? "," : "", around, i + 1000, around);
		buf_puts(b, i % 3 == 0 ? "{\"1000\":[{\"1001\":0},{\"1001\":0}],\"x\":0}" : "0");
	}
	buf_putc(b, '}');
}

/* However many names an object has: few are kept in another way than many. */
static void
a_duplicate_is_found_among_few_and_many(void **state)
{
	static const int	counts[] = { 1, 2, 3, 31, 32, 33, 63, 64, 65, 95, 96, 97, 98,
				    120, 250, 255, 256, 257, 500 };
	struct arena		*a = arena_new(ARENA_MOST);
	struct buf		 b;
	char			 said[80];

	(void)state;
	buf_init(&b, 1 << 20);
	for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++)
		for (int alike = 0; alike <= 1; alike++)
			for (int again = 0; again < counts[c]; again += 1 + again / 7) {
				const char	*around = alike ? "the same beginning" : "";

				object_of(&b, counts[c], alike);
				arena_reset(a);
				assert_int_equal(scan_copy(buf_span(&b), a), HK_OK);
				b.len--;
				snprintf(said, sizeof(said), "\"%s%d%s\"", around, again + 1000,
				    around);
				buf_printf(&b, ",%s:0}", said);
				assert_int_equal(scan_copy(buf_span(&b), a), HK_SYNTAX);
				assert_non_null(strstr(err_last(), said));
			}
	buf_release(&b);
	arena_free(a);
}

/* Objects inside one another, each with some names before and one behind. */
static void
nest_objects(struct buf *b, int deep, int names, const char *last)
{
	buf_clear(b);
	for (int i = 0; i < deep; i++) {
		buf_putc(b, '{');
		for (int n = 0; n < names; n++)
			buf_printf(b, "\"n%d\":0,", n);
		buf_puts(b, "\"deeper\":");
	}
	buf_puts(b, "0");
	for (int i = 0; i < deep; i++)
		buf_printf(b, ",\"%s\":0}", i == deep / 2 ? last : "behind");
}

static void
a_duplicate_is_found_around_deep_objects(void **state)
{
	struct arena	*a = arena_new(ARENA_MOST);
	struct buf	 b;

	(void)state;
	buf_init(&b, 1 << 20);
	for (int deep = 1; deep <= SCAN_DEPTH; deep += 3)
		for (int names = 1; names <= 100; names += 11) {
			arena_reset(a);
			nest_objects(&b, deep, names, "other");
			assert_int_equal(scan_copy(buf_span(&b), a), HK_OK);
			nest_objects(&b, deep, names, "n0");
			assert_int_equal(scan_copy(buf_span(&b), a), HK_SYNTAX);
			assert_non_null(strstr(err_last(), "duplicate name \"n0\""));
			nest_objects(&b, deep, names, "deeper");
			assert_int_equal(scan_copy(buf_span(&b), a), HK_SYNTAX);
			assert_non_null(strstr(err_last(), "duplicate name \"deeper\""));
		}
	buf_release(&b);
	arena_free(a);
}

static void
long_names_are_cut_in_messages(void **state)
{
	struct arena	*a = arena_new(ARENA_MOST);
	struct buf	 b;
	int		 i, name;

	(void)state;
	buf_init(&b, 1 << 20);
	buf_putc(&b, '{');
	for (name = 0; name < 2; name++) {
		buf_puts(&b, name == 0 ? "\"x" : ",\"x");
		for (i = 0; i < 1000; i++)
			buf_puts(&b, "\xC3\xA9");
		buf_puts(&b, "\":1");
	}
	buf_putc(&b, '}');
	assert_int_equal(scan_copy(buf_span(&b), a), HK_SYNTAX);
	assert_true(strlen(err_last()) < 120);
	assert_non_null(strstr(err_last(), "\xC3\xA9\" at byte"));	/* not in mid-character */
	buf_release(&b);
	arena_free(a);
}

static const struct scan_want wants[] = {
	{ -1, "id" }, { -1, "data" }, { 1, "object" }, { 2, "id" }, { 2, "list" },
	{ -1, "created" }, { -1, "live" }, { 1, "id" }, { -1, "none" }, { 4, "id" },
};
enum { ID, DATA, OBJECT, OBJECT_ID, LIST, CREATED, LIVE, DATA_ID, NONE, LIST_ID, NWANT };

static void
finds_what_is_wanted_and_nothing_else(void **state)
{
	static const char	text[] =
	    "{ \"object\": {\"id\": \"decoy\"}, \"data\" : {\"object\" : { \"x\":{\"id\":\"decoy\"},"
	    " \"list\": [ {\"id\":\"decoy\"}, [1] ] ,\"id\":\"in\\u005f1\"}, \"id\":null },"
	    "\"created\":1700000000 ,\"l\\u0069ve\":false,\"\\u0069d\":\"evt_1\"}";
	struct arena		*a = arena_new(ARENA_MOST);
	struct scan_found	 f[NWANT];
	int64_t			 n = 0;

	(void)state;
	assert_int_equal(scan_json(SPAN(text), wants, NWANT, f, a), HK_OK);
	assert_true(span_is(scan_text(&f[ID], a), "evt_1"));
	assert_true(f[ID].raw.p > text && f[ID].raw.p < text + sizeof(text));
	assert_true(scan_text(&f[ID], a).p == f[ID].raw.p + 1);	/* no copy */
	assert_int_equal(f[DATA].type, SCAN_OBJECT);
	assert_int_equal(f[DATA].raw.p[0], '{');
	assert_int_equal(f[DATA].raw.p[f[DATA].raw.len - 1], '}');
	assert_true(f[DATA].raw.p + f[DATA].raw.len == strstr(text, ",\"created\""));
	assert_true(span_is(scan_text(&f[OBJECT_ID], a), "in_1"));
	assert_int_equal(f[LIST].type, SCAN_ARRAY);
	assert_true(span_is(f[LIST].raw, "[ {\"id\":\"decoy\"}, [1] ]"));
	assert_true(scan_int(&f[CREATED], &n));
	assert_int_equal(n, 1700000000);
	assert_true(span_is(f[CREATED].raw, "1700000000"));
	assert_int_equal(f[LIVE].type, SCAN_FALSE);
	assert_int_equal(f[DATA_ID].type, SCAN_NULL);
	assert_int_equal(f[NONE].type, SCAN_ABSENT);
	assert_int_equal(f[LIST_ID].type, SCAN_ABSENT);
	assert_null(scan_text(&f[NONE], a).p);
	assert_null(scan_text(&f[CREATED], a).p);
	assert_false(scan_int(&f[NONE], &n));
	assert_false(scan_int(&f[ID], &n));
	arena_free(a);
}

static void
writes_no_result_on_an_error(void **state)
{
	struct arena		*a = arena_new(ARENA_MOST);
	struct scan_found	 f[NWANT];

	(void)state;
	memset(f, 0x5a, sizeof(f));
	assert_int_equal(scan_json(SPAN("{\"id\":1,}"), wants, NWANT, f, a), HK_SYNTAX);
	assert_int_equal(*(unsigned char *)&f[ID], 0x5a);
	arena_free(a);
}

static void
unescapes_text(void **state)
{
	static const struct {
		const char	*phrase, *json, *text;
		size_t		 len;
	} rows[] = {
		{ "empty",		"\"\"",			T("") },
		{ "plain",		"\"a/b\"",		T("a/b") },
		{ "every simple escape", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", T("\"\\/\b\f\n\r\t") },
		{ "one byte",		"\"x\\u0041y\"",	T("xAy") },
		{ "NUL",		"\"a\\u0000b\"",	T("a\0b") },
		{ "two bytes",		"\"\\u00e9\\u07FF\"",	T("\xC3\xA9\xDF\xBF") },
		{ "three bytes",	"\"\\u20aC\\uffff\"",	T("\xE2\x82\xAC\xEF\xBF\xBF") },
		{ "a pair",		"\"\\ud834\\udd1e!\"",	T("\xF0\x9D\x84\x9E!") },
		{ "the last pair",	"\"\\udbff\\udfff\"",	T("\xF4\x8F\xBF\xBF") },
		{ "a backslash before u", "\"\\\\u0041\"",	T("\\u0041") },
	};
	static const struct scan_want	want[] = { { -1, "a" } };
	struct arena			*a = arena_new(ARENA_MOST);
	struct scan_found		 f;
	struct span			 text;
	char				 body[100];
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(body, sizeof(body), "{\"a\":%s}", rows[i].json);
		assert_int_equal(scan_json(span_str(body), want, 1, &f, a), HK_OK);
		text = scan_text(&f, a);
		if (text.p == NULL || !span_eq(text, span_of(rows[i].text, rows[i].len)))
			fail_msg("%s: \"%.*s\"", rows[i].phrase, SPAN_ARG(text));
	}
	arena_free(a);
}

static void
integers_fit_or_are_none(void **state)
{
	static const struct {
		const char	*json;
		bool		 good;
		int64_t		 n;
	} rows[] = {
		{ "0",				true,	0 },
		{ "-0",				true,	0 },
		{ "-12",			true,	-12 },
		{ "9223372036854775807",	true,	INT64_MAX },
		{ "-9223372036854775808",	true,	INT64_MIN },
		{ "9223372036854775808",	false,	0 },
		{ "-9223372036854775809",	false,	0 },
		{ "18446744073709551617",	false,	0 },
		{ "100000000000000000000000",	false,	0 },
		{ "1.0",			false,	0 },
		{ "1e3",			false,	0 },
		{ "\"1\"",			false,	0 },
		{ "true",			false,	0 },
	};
	static const struct scan_want	want[] = { { -1, "a" } };
	struct arena			*a = arena_new(ARENA_MOST);
	struct scan_found		 f;
	char				 body[100];
	int64_t				 n;
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(body, sizeof(body), "{\"a\":%s}", rows[i].json);
		assert_int_equal(scan_json(span_str(body), want, 1, &f, a), HK_OK);
		n = 0;
		if (scan_int(&f, &n) != rows[i].good || n != rows[i].n)
			fail_msg("%s: %lld", rows[i].json, (long long)n);
	}
	arena_free(a);
}

/* One fixture: every sender's real shape must pass, and both readers agree. */
static void
agree(const char *path, struct arena *a)
{
	static const struct scan_want	want[] =
	    { { -1, "type" }, { -1, "id" }, { -1, "data" }, { 2, "object" }, { 3, "id" },
	      { 2, "id" }, { -1, "created" } };
	static const char *const	paths[] =
	    { "type", "id", "data", "data.object", "data.object.id", "data.id", "created" };
	struct scan_found		 f[7];
	struct json			*tree;
	struct span			 body;
	struct buf			 b;
	char				 block[4096];
	size_t				 n, i;
	int64_t				 x = 0, y = 0;
	FILE				*file = fopen(path, "r");

	assert_non_null(file);
	buf_init(&b, 1 << 20);
	while ((n = fread(block, 1, sizeof(block), file)) > 0)
		buf_put(&b, block, n);
	fclose(file);
	body = buf_span(&b);
	if (scan_json(body, want, 7, f, a) != HK_OK || json_parse(body, &tree) != HK_OK)
		fail_msg("%s: %s", path, err_last());
	for (i = 0; i < 7; i++) {
		if (!span_eq(scan_text(&f[i], a), json_text(tree, paths[i])) ||
		    scan_int(&f[i], &x) != (f[i].type == SCAN_NUMBER &&
		    json_int(tree, paths[i], &y)) || x != y ||
		    (f[i].type == SCAN_OBJECT) != json_is_object(json_get(tree, paths[i])))
			fail_msg("%s: the readers differ about %s", path, paths[i]);
	}
	json_free(tree);
	/* cut anywhere, nothing is left that passes */
	for (n = span_trim(body).len - 1; n > 0; n -= n > 97 ? 97 : n)
		if (scan_copy(span_of(body.p, n), a) == HK_OK)
			fail_msg("%s: valid after %zu bytes", path, n);
	buf_release(&b);
	arena_reset(a);
}

static void
agrees_with_the_tree_on_every_fixture(void **state)
{
	static const char *const	senders[] = { "stripe", "clerk", "resend" };
	const char			*shared = getenv("HK_SHARED");
	struct arena			*a = arena_new(64 << 20);
	char				 dir[1024], path[2048];
	struct dirent			*d;
	struct stat			 st;
	size_t				 i, files = 0;
	DIR				*list;

	(void)state;
	for (i = 0; i < 3; i++) {
		snprintf(dir, sizeof(dir), "%s/fixtures/%s",
		    shared != NULL ? shared : "../shared", senders[i]);
		if ((list = opendir(dir)) == NULL)
			continue;
		while ((d = readdir(list)) != NULL) {
			snprintf(path, sizeof(path), "%s/%s", dir, d->d_name);
			if (strstr(d->d_name, ".json") == NULL || stat(path, &st) != 0 ||
			    !S_ISREG(st.st_mode))
				continue;
			agree(path, a);
			files++;
		}
		closedir(list);
	}
	arena_free(a);
	if (files == 0) {
		print_message("no shared fixtures here: skipped\n");
		skip();
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges_by_its_rules),
		cmocka_unit_test(sees_a_byte_at_every_place),
		cmocka_unit_test(depth_has_a_limit),
		cmocka_unit_test(indentations_of_every_length),
		cmocka_unit_test(names_have_a_limit),
		cmocka_unit_test(a_duplicate_is_found_among_few_and_many),
		cmocka_unit_test(a_duplicate_is_found_around_deep_objects),
		cmocka_unit_test(long_names_are_cut_in_messages),
		cmocka_unit_test(finds_what_is_wanted_and_nothing_else),
		cmocka_unit_test(writes_no_result_on_an_error),
		cmocka_unit_test(unescapes_text),
		cmocka_unit_test(integers_fit_or_are_none),
		cmocka_unit_test(agrees_with_the_tree_on_every_fixture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
