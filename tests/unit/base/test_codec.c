#include "base/codec.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>

static void
hex_goes_there_and_back(void **state)
{
	uint8_t	in[256], back[256];
	char	text[513];

	(void)state;
	for (int i = 0; i < 256; i++)
		in[i] = (uint8_t)i;
	hex_encode(text, in, sizeof(in));
	assert_int_equal(strlen(text), 512);
	assert_memory_equal(text, "000102", 6);
	assert_string_equal(text + 506, "fdfeff");
	assert_true(hex_decode(back, 256, span_str(text)));
	assert_memory_equal(in, back, 256);
}

static void
hex_takes_one_spelling(void **state)
{
	static const struct {
		const char	*what, *in;
		size_t		 len;
		bool		 ok;
	} row[] = {
		{ "right",		"00ff",		2,	true },
		{ "nothing",		"",		0,	true },
		{ "upper case",		"00FF",		2,	false },
		{ "odd",		"00f",		1,	false },
		{ "odd, rounded up",	"00f",		2,	false },
		{ "too short",		"00",		2,	false },
		{ "too long",		"00ffff",	2,	false },
		{ "blank",		"00f ",		2,	false },
		{ "g",			"00fg",		2,	false },
		{ "just below '0'",	"/0",		1,	false },
		{ "just above '9'",	":0",		1,	false },
		{ "just below 'a'",	"0`",		1,	false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		uint8_t	out[8];

		if (hex_decode(out, row[i].len, span_str(row[i].in)) != row[i].ok)
			fail_msg("%s", row[i].what);
	}
}

/* RFC 4648, section 10. */
static void
base64_knows_the_examples_of_its_rfc(void **state)
{
	static const char *const row[][2] = {
		{ "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" }, { "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		char	text[16], back[16];
		size_t	n;

		base64_encode(text, row[i][0], strlen(row[i][0]));
		assert_string_equal(text, row[i][1]);
		assert_int_equal(strlen(text), BASE64_LEN(strlen(row[i][0])));
		assert_true(base64_decode(back, sizeof(back), &n, span_str(text)));
		assert_true(span_is(span_of(back, n), row[i][0]));
	}
}

static void
base64_goes_there_and_back_at_each_length(void **state)
{
	uint8_t	in[256], back[256];
	char	text[BASE64_LEN(256) + 1];
	size_t	n;

	(void)state;
	for (int i = 0; i < 256; i++)
		in[i] = (uint8_t)(i * 37);
	for (size_t len = 0; len <= 256; len++) {
		base64_encode(text, in, len);
		assert_true(base64_decode(back, len, &n, span_str(text)));
		assert_int_equal(n, len);
		assert_memory_equal(in, back, len);
		if (len > 0)
			assert_false(base64_decode(back, len - 1, &n, span_str(text)));
	}
}

static void
base64_takes_one_spelling_but_padding_may_be_missing(void **state)
{
	static const struct {
		const char	*what, *in;
		bool		 ok;
	} row[] = {
		{ "padded",			"Zg==",		true },
		{ "one byte, unpadded",		"Zg",		true },
		{ "two bytes, unpadded",	"Zm8",		true },
		{ "both special digits",	"+/+/",		true },
		{ "half the padding",		"Zg=",		false },
		{ "too much padding",		"Zm8==",	false },
		{ "padding on a full group",	"Zm9v=",	false },
		{ "a group of padding",		"Zm9v====",	false },
		{ "only padding",		"==",		false },
		{ "padding inside",		"Zg==Zg==",	false },
		{ "a lone digit",		"Z",		false },
		{ "a lone digit behind a group", "Zm9vZ",	false },
		{ "unused bits set, one byte",	"Zh==",		false },
		{ "unused bits set, two bytes",	"Zm9=",		false },
		{ "url-safe minus",		"-/+/",		false },
		{ "url-safe underscore",	"+_+/",		false },
		{ "newline behind",		"Zm9v\n",	false },
		{ "blank inside",		"Zm 9v",	false },
		{ "not ASCII",			"Zm\xc3\xa9",	false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		char	out[16];
		size_t	n;

		if (base64_decode(out, sizeof(out), &n, span_str(row[i].in)) != row[i].ok)
			fail_msg("%s", row[i].what);
	}
}

static void
utf8_by_rfc_3629(void **state)
{
	static const struct {
		const char	*what, *in;
		bool		 ok;
	} row[] = {
		{ "ASCII",			"abc\x7f",		true },
		{ "first of two bytes",		"\xc2\x80",		true },
		{ "last of two bytes",		"\xdf\xbf",		true },
		{ "first of three bytes",	"\xe0\xa0\x80",		true },
		{ "last before surrogates",	"\xed\x9f\xbf",		true },
		{ "first after surrogates",	"\xee\x80\x80",		true },
		{ "last of three bytes",	"\xef\xbf\xbf",		true },
		{ "first of four bytes",	"\xf0\x90\x80\x80",	true },
		{ "U+10FFFF",			"\xf4\x8f\xbf\xbf",	true },
		{ "a rocket in a sentence",	"a \xf0\x9f\x9a\x80 b",	true },
		{ "U+110000",			"\xf4\x90\x80\x80",	false },
		{ "five bytes",			"\xf8\x88\x80\x80\x80",	false },
		{ "overlong slash",		"\xc0\xaf",		false },
		{ "overlong DEL",		"\xc1\xbf",		false },
		{ "overlong in three",		"\xe0\x9f\xbf",		false },
		{ "overlong in four",		"\xf0\x8f\xbf\xbf",	false },
		{ "first surrogate",		"\xed\xa0\x80",		false },
		{ "last surrogate",		"\xed\xbf\xbf",		false },
		{ "a lone middle byte",		"a\x80",		false },
		{ "cut after one of two",	"a\xc3",		false },
		{ "cut after two of three",	"\xe2\x82",		false },
		{ "cut after three of four",	"\xf0\x9f\x9a",		false },
		{ "third byte is ASCII",	"\xe2\x82" "a",		false },
		{ "fourth byte is ASCII",	"\xf0\x9f\x9a" "a",	false },
		{ "latin-1",			"Zo\xeb",		false },
		{ "0xff",			"\xff",			false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		if (utf8_valid(span_str(row[i].in)) != row[i].ok)
			fail_msg("%s", row[i].what);
	assert_true(utf8_valid(SPAN_NULL));
	assert_true(utf8_valid(SPAN("a\0b")));
	assert_int_equal(utf8_step(SPAN("\xe2\x82\xac!")), 3);
	assert_int_equal(utf8_step(SPAN("")), 0);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(hex_goes_there_and_back),
		cmocka_unit_test(hex_takes_one_spelling),
		cmocka_unit_test(base64_knows_the_examples_of_its_rfc),
		cmocka_unit_test(base64_goes_there_and_back_at_each_length),
		cmocka_unit_test(base64_takes_one_spelling_but_padding_may_be_missing),
		cmocka_unit_test(utf8_by_rfc_3629),
	};

	return cmocka_run_group_tests_name("base/codec", tests, NULL, NULL);
}
