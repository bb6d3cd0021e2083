#include "crypto/totp.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/clock.h"

static const uint8_t	secret[TOTP_SECRET + 1] = "12345678901234567890";

static void
codes_are_those_of_the_standards(void **state)
{
	/* RFC 4226, appendix D; RFC 6238, appendix B, the last six of its eight digits. */
	static const struct {
		const char	*what;
		int64_t		 step;
		const char	*code;
	} row[] = {
		{ "counter 0",		0,			"755224" },
		{ "counter 1",		1,			"287082" },
		{ "counter 2",		2,			"359152" },
		{ "counter 3",		3,			"969429" },
		{ "counter 4",		4,			"338314" },
		{ "counter 5",		5,			"254676" },
		{ "counter 6",		6,			"287922" },
		{ "counter 7",		7,			"162583" },
		{ "counter 8",		8,			"399871" },
		{ "counter 9",		9,			"520489" },
		{ "59 s",		59 / 30,		"287082" },
		{ "1111111109 s",	1111111109 / 30,	"081804" },
		{ "1111111111 s",	1111111111 / 30,	"050471" },
		{ "1234567890 s",	1234567890 / 30,	"005924" },
		{ "2000000000 s",	2000000000 / 30,	"279037" },
		{ "20000000000 s",	20000000000 / 30,	"353130" },
	};
	char	code[TOTP_DIGITS + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		totp_code(code, secret, row[i].step);
		if (strcmp(code, row[i].code) != 0)
			fail_msg("%s: %s, want %s", row[i].what, code, row[i].code);
	}
}

#define T	(INT64_C(1234567890) * US_PER_S)	/* step 41152263 */

static void
a_code_counts_near_its_time_and_once(void **state)
{
	static const struct {
		const char	*what, *code;
		int64_t		 now, last;
		enum hk_err	 want;
	} row[] = {
		{ "in its step",		"005924",	T,			0,		HK_OK },
		{ "as apps show it",		" 005 924 ",	T,			0,		HK_OK },
		{ "a step late",		"005924",	T + 30 * US_PER_S,	0,		HK_OK },
		{ "a step early",		"005924",	T - 30 * US_PER_S,	0,		HK_OK },
		{ "two steps late",		"005924",	T + 60 * US_PER_S,	0,		HK_BADSIG },
		{ "two steps early",		"005924",	T - 60 * US_PER_S,	0,		HK_BADSIG },
		{ "used before",		"005924",	T,			41152263,	HK_BADSIG },
		{ "a later one was used",	"005924",	T,			41152264,	HK_BADSIG },
		{ "an earlier one was used",	"005924",	T,			41152262,	HK_OK },
		{ "one digit wrong",		"005925",	T,			0,		HK_BADSIG },
		{ "five digits",		"00592",	T,			0,		HK_BADSIG },
		{ "seven digits",		"0059240",	T,			0,		HK_BADSIG },
		{ "letters",			"OO5924",	T,			0,		HK_BADSIG },
		{ "nothing",			"",		T,			0,		HK_BADSIG },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		int64_t		step = -1;
		enum hk_err	e = totp_verify(secret, span_str(row[i].code), row[i].now,
				    row[i].last, &step);

		if (e != row[i].want)
			fail_msg("%s: %s", row[i].what, err_name(e));
		assert_int_equal(step, e == HK_OK ? 41152263 : -1);
	}
}

static void
base32_is_that_of_rfc_4648(void **state)
{
	static const char	*const row[][2] = {
		{ "", "" }, { "f", "MY" }, { "fo", "MZXQ" }, { "foo", "MZXW6" },
		{ "foob", "MZXW6YQ" }, { "fooba", "MZXW6YTB" }, { "foobar", "MZXW6YTBOI" },
	};
	char	out[16];

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		base32_encode(out, row[i][0], strlen(row[i][0]));
		assert_string_equal(out, row[i][1]);
		assert_int_equal(strlen(out), BASE32_LEN(strlen(row[i][0])));
	}
}

static void
an_app_gets_one_address(void **state)
{
	struct buf	b;

	(void)state;
	buf_init(&b, 1000);
	totp_uri(&b, SPAN("hookkeeper test"), SPAN("anna@x.org&secret=A/\xc3\xa9"), secret);
	assert_true(buf_ok(&b));
	assert_string_equal(b.p, "otpauth://totp/hookkeeper%20test:anna%40x.org%26secret%3DA%2F"
	    "%C3%A9?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=hookkeeper%20test");
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(codes_are_those_of_the_standards),
		cmocka_unit_test(a_code_counts_near_its_time_and_once),
		cmocka_unit_test(base32_is_that_of_rfc_4648),
		cmocka_unit_test(an_app_gets_one_address),
	};

	return cmocka_run_group_tests_name("crypto/totp", tests, NULL, NULL);
}
