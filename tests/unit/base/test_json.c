/* JSON trees and the JSON writer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/json.h"

#define T(text)	text, sizeof(text) - 1

static struct json *
tree(const char *text)
{
	struct json	*j;

	if (json_parse(span_str(text), &j) != HK_OK)
		fail_msg("%s: %s", text, err_last());
	return j;
}

static void
takes_json_and_nothing_like_it(void **state)
{
	static const struct {
		const char	*phrase, *text;
		size_t		 len;
		bool		 good;
	} rows[] = {
		{ "an object",			T("{\"a\":1}"),		true },
		{ "an array",			T("[1]"),		true },
		{ "a number up to the end",	T("12"),		true },
		{ "a fraction up to the end",	T("-1.5e3"),		true },
		{ "a string",			T("\"a\""),		true },
		{ "true",			T("true"),		true },
		{ "null",			T("null"),		true },
		{ "blanks around null",		T(" null\n"),		true },
		{ "blanks around",		T("\n {} \n"),		true },
		{ "nothing",			T(""),			false },
		{ "blanks",			T("  "),		false },
		{ "a NUL behind",		T("{}\0"),		false },
		{ "a NUL before",		T("\0{}"),		false },
		{ "a NUL in the middle",	T("{\"a\":\0 1}"),	false },
		{ "something behind",		T("{} x"),		false },
		{ "cut",			T("{\"a\":"),		false },
		{ "a comma too many",		T("[1,]"),		false },
		{ "a comment",			T("/*x*/1"),		false },
		{ "single quotes",		T("'a'"),		false },
		{ "NaN",			T("NaN"),		false },
		{ "Infinity",			T("-Infinity"),		false },
		{ "a point last",		T("1."),		false },
		{ "a leading zero",		T("01"),		false },
		{ "a newline in a string",	T("\"a\nb\""),		false },
		{ "no UTF-8",			T("\"\xff\""),		false },
		{ "half a surrogate pair",	T("\"\\ud800\""),	false },
		{ "a name twice",		T("{\"a\":1,\"a\":2}"),	false },
	};
	struct json	*j;
	size_t		 i;
	enum hk_err	 e;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		e = json_parse(span_of(rows[i].text, rows[i].len), &j);
		if (e != (rows[i].good ? HK_OK : HK_SYNTAX))
			fail_msg("%s: %s", rows[i].phrase, err_name(e));
		if (e == HK_OK)
			json_free(j);
		else
			assert_non_null(strstr(err_last(), "byte"));
	}
}

static void
follows_paths(void **state)
{
	struct json	*j = tree("{\"data\":{\"object\":{\"customer\":\"cus_1\",\"n\":null,"
			    "\"list\":[{\"id\":\"x\"},7]},\"\":{\"\":5}},\"a.b\":1}");
	char		 longest[400];
	int64_t		 n = 0;

	(void)state;
	assert_true(span_is(json_text(j, "data.object.customer"), "cus_1"));
	assert_true(json_get(j, NULL) == j);
	assert_null(json_get(j, "data.object.n"));
	assert_null(json_get(j, "data.nothing.customer"));
	assert_null(json_get(j, "data.object.customer.id"));
	assert_null(json_get(j, "data.object.list.0"));
	assert_null(json_get(j, "data.object."));
	assert_null(json_get(j, ""));
	assert_true(json_int(j, "data..", &n));
	assert_int_equal(n, 5);
	assert_null(json_get(NULL, "a"));
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_null(json_get(j, longest));

	assert_int_equal(json_len(json_get(j, "data.object.list")), 2);
	assert_int_equal(json_len(j), 0);
	assert_int_equal(json_len(NULL), 0);
	assert_true(span_is(json_text(json_at(json_get(j, "data.object.list"), 0), "id"), "x"));
	assert_null(json_at(json_get(j, "data.object.list"), 2));
	assert_null(json_at(j, 0));
	assert_true(json_is_object(json_get(j, "data")));
	assert_false(json_is_object(json_get(j, "data.object.list")));
	assert_false(json_is_object(NULL));
	json_free(j);
	json_free(NULL);
}

static void
text_is_bytes(void **state)
{
	struct json	*j = tree("{\"s\":\"a\\u0000b\",\"e\":\"\",\"n\":12,\"t\":true}");

	(void)state;
	assert_true(span_eq(json_text(j, "s"), span_of("a\0b", 3)));
	assert_non_null(json_text(j, "e").p);
	assert_int_equal(json_text(j, "e").len, 0);
	assert_null(json_text(j, "n").p);
	assert_null(json_text(j, "t").p);
	assert_null(json_text(j, "none").p);
	assert_true(json_true(j, "t"));
	assert_false(json_true(j, "n"));
	assert_false(json_true(j, "none"));
	json_free(j);
}

static void
an_expanded_field_gives_its_id(void **state)
{
	struct json	*j = tree("{\"a\":\"cus_1\",\"b\":{\"id\":\"cus_2\",\"name\":\"x\"},"
			    "\"c\":{\"name\":\"x\"},\"d\":[\"x\"],\"e\":null}");

	(void)state;
	assert_true(span_is(json_id(j, "a"), "cus_1"));
	assert_true(span_is(json_id(j, "b"), "cus_2"));
	assert_null(json_id(j, "c").p);
	assert_null(json_id(j, "d").p);
	assert_null(json_id(j, "e").p);
	json_free(j);
}

/* A clamped amount would be booked as money. */
static void
integers_fit_or_are_none(void **state)
{
	static const struct {
		const char	*json;
		bool		 good;
		int64_t		 n;
	} rows[] = {
		{ "12",					true,	12 },
		{ "-12",				true,	-12 },
		{ "\"12\"",				true,	12 },
		{ "\"-12\"",				true,	-12 },
		{ "9223372036854775807",		true,	INT64_MAX },
		{ "\"9223372036854775807\"",		true,	INT64_MAX },
		{ "-9223372036854775807",		true,	-INT64_MAX },
		{ "\"-9223372036854775808\"",		true,	INT64_MIN },
		{ "9223372036854775808",		false,	0 },
		{ "18446744073709551615",		false,	0 },
		{ "18446744073709551616",		false,	0 },
		{ "123456789012345678901234567890",	false,	0 },
		{ "-9223372036854775809",		false,	0 },
		{ "-123456789012345678901234567890",	false,	0 },
		{ "\"9223372036854775808\"",		false,	0 },
		{ "\"-9223372036854775809\"",		false,	0 },
		{ "1.0",				false,	0 },
		{ "1.5",				false,	0 },
		{ "1e3",				false,	0 },
		{ "\"\"",				false,	0 },
		{ "\"-\"",				false,	0 },
		{ "\"+1\"",				false,	0 },
		{ "\" 1\"",				false,	0 },
		{ "\"1 \"",				false,	0 },
		{ "\"1.0\"",				false,	0 },
		{ "\"1\\u00002\"",			false,	0 },
		{ "\"abc\"",				false,	0 },
		{ "true",				false,	0 },
		{ "null",				false,	0 },
		{ "[1]",				false,	0 },
		{ "{}",					false,	0 },
	};
	struct json	*j;
	char		 text[100];
	int64_t		 n;
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(text, sizeof(text), "{\"a\":%s}", rows[i].json);
		j = tree(text);
		n = 77;
		if (json_int(j, "a", &n) != rows[i].good ||
		    n != (rows[i].good ? rows[i].n : 77))
			fail_msg("%s: %lld", rows[i].json, (long long)n);
		json_free(j);
	}
}

static void
sets_values(void **state)
{
	static const struct {
		const char	*phrase, *path, *value;
		enum hk_err	 e;
		const char	*after;
	} rows[] = {
		{ "a number",		"a",		"5",	HK_OK,	"{\"a\":5,\"l\":[1,{\"x\":1}],\"n\":null}" },
		{ "a string",		"a",		"five",	HK_OK,	"{\"a\":\"five\",\"l\":[1,{\"x\":1}],\"n\":null}" },
		{ "a quoted string",	"a",		"\"5\"", HK_OK,	"{\"a\":\"5\",\"l\":[1,{\"x\":1}],\"n\":null}" },
		{ "nothing",		"a",		"",	HK_OK,	"{\"a\":\"\",\"l\":[1,{\"x\":1}],\"n\":null}" },
		{ "null",		"a",		"null",	HK_OK,	"{\"a\":null,\"l\":[1,{\"x\":1}],\"n\":null}" },
		{ "NaN is a string",	"a",		"NaN",	HK_OK,	"{\"a\":\"NaN\",\"l\":[1,{\"x\":1}],\"n\":null}" },
		{ "an object",		"a",	"{\"q\":[]}",	HK_OK,	"{\"a\":{\"q\":[]},\"l\":[1,{\"x\":1}],\"n\":null}" },
		{ "a new name",		"b",		"1",	HK_OK,	"{\"a\":1,\"l\":[1,{\"x\":1}],\"n\":null,\"b\":1}" },
		{ "objects on the way",	"b.c.d",	"1",	HK_OK,	"{\"a\":1,\"l\":[1,{\"x\":1}],\"n\":null,\"b\":{\"c\":{\"d\":1}}}" },
		{ "through null",	"n.c",		"1",	HK_OK,	"{\"a\":1,\"l\":[1,{\"x\":1}],\"n\":{\"c\":1}}" },
		{ "in an array",	"l.0",		"9",	HK_OK,	"{\"a\":1,\"l\":[9,{\"x\":1}],\"n\":null}" },
		{ "through an array",	"l.1.x",	"9",	HK_OK,	"{\"a\":1,\"l\":[1,{\"x\":9}],\"n\":null}" },
		{ "behind an array",	"l.2",		"9",	HK_SYNTAX, "{\"a\":1,\"l\":[1,{\"x\":1}],\"n\":null}" },
		{ "no number",		"l.x",		"9",	HK_SYNTAX, "{\"a\":1,\"l\":[1,{\"x\":1}],\"n\":null}" },
		{ "through a number",	"a.b",		"9",	HK_SYNTAX, "{\"a\":1,\"l\":[1,{\"x\":1}],\"n\":null}" },
	};
	struct json	*j;
	struct buf	 b;
	size_t		 i;
	enum hk_err	 e;

	(void)state;
	buf_init(&b, 1 << 16);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		j = tree("{\"a\":1,\"l\":[1,{\"x\":1}],\"n\":null}");
		e = json_set(j, rows[i].path, span_str(rows[i].value));
		buf_clear(&b);
		json_print(&b, j, false);
		if (e != rows[i].e || !span_is(buf_span(&b), rows[i].after))
			fail_msg("%s: %s, %s", rows[i].phrase, err_name(e), b.p);
		json_free(j);
	}
	j = tree("5");
	assert_int_equal(json_set(j, "a", SPAN("1")), HK_SYNTAX);
	json_free(j);
	buf_release(&b);
}

static void
prints_what_it_read(void **state)
{
	const char	*text = "{\"a\":[1,2.50,-1e3,\"x/\\n\\u0000\xC3\xA9\"],\"b\":{},\"c\":null}";
	struct json	*j = tree(text);
	struct buf	 b;

	(void)state;
	buf_init(&b, 1 << 16);
	json_print(&b, j, false);
	assert_string_equal(b.p, text);
	json_free(j);
	buf_clear(&b);
	j = tree("{\"a\":[1,{\"b\":\"x\"}]}");
	json_print(&b, j, true);
	assert_string_equal(b.p,
	    "{\n  \"a\": [\n    1,\n    {\n      \"b\": \"x\"\n    }\n  ]\n}");
	buf_clear(&b);
	json_print(&b, NULL, true);
	assert_string_equal(b.p, "null");
	buf_release(&b);
	buf_init(&b, 5);
	json_print(&b, j, false);
	assert_false(buf_ok(&b));
	json_free(j);
	buf_release(&b);
}

static void
writes_documents(void **state)
{
	struct json	*j;
	struct buf	 b;
	struct jw	 w;

	(void)state;
	buf_init(&b, 1 << 16);
	jw_init(&w, &b);
	jw_open(&w, NULL, '{');
	jw_text(&w, "text", SPAN("a"));
	jw_text(&w, "none", SPAN_NULL);
	jw_text(&w, "empty", SPAN(""));
	jw_int(&w, "int", INT64_MIN);
	jw_open(&w, "list", '[');
	jw_bool(&w, NULL, true);
	jw_bool(&w, NULL, false);
	jw_null(&w, NULL);
	jw_open(&w, NULL, '{');
	jw_close(&w, '}');
	jw_open(&w, NULL, '[');
	jw_close(&w, ']');
	jw_raw(&w, NULL, SPAN("{\"x\":1}"));
	jw_close(&w, ']');
	jw_time(&w, "time", INT64_C(1795390871894719));
	jw_time(&w, "never", 0);
	jw_int(&w, "q\"", 1);
	jw_close(&w, '}');
	assert_string_equal(b.p, "{\"text\":\"a\",\"none\":null,\"empty\":\"\","
	    "\"int\":-9223372036854775808,\"list\":[true,false,null,{},[],{\"x\":1}],"
	    "\"time\":\"2026-11-22T23:41:11.894719Z\",\"never\":null,\"q\\\"\":1}");
	assert_int_equal(json_parse(buf_span(&b), &j), HK_OK);
	json_free(j);
	buf_release(&b);
}

static void
written_text_is_always_json(void **state)
{
	static const struct {
		const char	*phrase, *text;
		size_t		 len;
		const char	*json;
	} rows[] = {
		{ "short escapes",	T("\"\\\b\f\n\r\t/"),	"\"\\\"\\\\\\b\\f\\n\\r\\t/\"" },
		{ "controls",		T("\0\x1f\x7f"),	"\"\\u0000\\u001f\x7f\"" },
		{ "UTF-8",		T("\xC3\xA9\xE2\x82\xAC\xF0\x9D\x84\x9E"),
		    "\"\xC3\xA9\xE2\x82\xAC\xF0\x9D\x84\x9E\"" },
		{ "a lone byte",	T("a\xFF" "b"),		"\"a\xEF\xBF\xBD" "b\"" },
		{ "cut at the end",	T("a\xE2\x82"),		"\"a\xEF\xBF\xBD\xEF\xBF\xBD\"" },
		{ "a surrogate",	T("\xED\xA0\x80"),	"\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"" },
	};
	struct json	*j;
	struct buf	 b;
	struct jw	 w;
	size_t		 i;
	unsigned int	 c;
	char		 pair[2];

	(void)state;
	buf_init(&b, 1 << 16);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buf_clear(&b);
		jw_init(&w, &b);
		jw_text(&w, NULL, span_of(rows[i].text, rows[i].len));
		if (!span_is(buf_span(&b), rows[i].json))
			fail_msg("%s: %s", rows[i].phrase, b.p);
	}
	for (c = 0; c < 65536; c++) {
		buf_clear(&b);
		jw_init(&w, &b);
		pair[0] = (char)(c >> 8);
		pair[1] = (char)c;
		jw_text(&w, NULL, span_of(pair, 2));
		if (json_parse(buf_span(&b), &j) != HK_OK)
			fail_msg("bytes %04x: %s", c, err_last());
		json_free(j);
	}
	buf_release(&b);
}

static void
kinds_and_what_people_read(void **state)
{
	static const struct {
		const char	*phrase, *text;
		enum json_kind	 kind;
		const char	*shown;
	} rows[] = {
		{ "null",		"null",			JSON_ABSENT,	"" },
		{ "true",		"true",			JSON_BOOL,	"true" },
		{ "false",		"false",		JSON_BOOL,	"false" },
		{ "an integer",		"-12",			JSON_INTEGER,	"-12" },
		{ "the largest",	"9223372036854775807",	JSON_INTEGER,	"9223372036854775807" },
		{ "larger",		"18446744073709551615",	JSON_INTEGER,	"18446744073709551615" },
		{ "a fraction",		"1.10",			JSON_REAL,	"1.10" },
		{ "an exponent",	"1E+2",			JSON_REAL,	"1E+2" },
		{ "many digits",	"0.1000000000000000055", JSON_REAL,	"0.1000000000000000055" },
		{ "a string",		"\"a\\n\\u00e9\"",	JSON_STRING,	"a\n\xC3\xA9" },
		{ "an empty string",	"\"\"",			JSON_STRING,	"" },
		{ "a list",		"[1, [\"/\"], null]",	JSON_ARRAY,	"[1,[\"/\"],null]" },
		{ "an object",		"{ \"a\" : {} }",	JSON_OBJECT,	"{\"a\":{}}" },
	};
	struct buf	 b;

	(void)state;
	buf_init(&b, 1000);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct json	*j = tree(rows[i].text);

		buf_clear(&b);
		json_show(&b, j);
		if (json_kind(j) != rows[i].kind || !span_is(buf_span(&b), rows[i].shown))
			fail_msg("%s: kind %d, \"%.*s\"", rows[i].phrase, json_kind(j),
			    SPAN_ARG(buf_span(&b)));
		json_free(j);
	}
	buf_release(&b);
}

/* null is a member; a dot is a part of a name. */
static void
members(void **state)
{
	struct json	*j = tree("{\"b\":1,\"a\":null,\"x.y\":\"z\"}"), *list = tree("[1]"), *v;
	const char	*order[] = { "b", "a", "x.y" };
	struct span	 name;
	void		*at = NULL;
	size_t		 n = 0;

	(void)state;
	assert_true(json_has(j, "b", &v) && json_kind(v) == JSON_INTEGER);
	assert_true(json_has(j, "a", &v) && v == NULL);
	assert_true(json_has(j, "x.y", &v) && span_is(json_text(v, NULL), "z"));
	assert_false(json_has(j, "x", &v));
	assert_false(json_has(list, "0", &v) || json_has(NULL, "a", &v));
	for (; json_next(j, &at, &name, &v); n++) {
		assert_true(span_is(name, order[n]));
		assert_int_equal(v == NULL, n == 1);
	}
	assert_int_equal(n, 3);
	at = NULL;
	assert_false(json_next(list, &at, &name, &v) || json_next(NULL, &at, &name, &v));
	json_free(j);
	j = tree("{}");
	assert_false(json_next(j, &at, &name, &v));
	json_free(j);
	json_free(list);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_json_and_nothing_like_it),
		cmocka_unit_test(follows_paths),
		cmocka_unit_test(text_is_bytes),
		cmocka_unit_test(an_expanded_field_gives_its_id),
		cmocka_unit_test(integers_fit_or_are_none),
		cmocka_unit_test(kinds_and_what_people_read),
		cmocka_unit_test(members),
		cmocka_unit_test(sets_values),
		cmocka_unit_test(prints_what_it_read),
		cmocka_unit_test(writes_documents),
		cmocka_unit_test(written_text_is_always_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
