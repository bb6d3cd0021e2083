/* Digests here were made by Python's hmac, not by us. */
#include "help.h"

#define BODY	"{\"id\":\"evt_1\"}"
#define GOOD	"c89214b5b5da833daed6f0b8c5bb6bd58cea9022bd80ccc78230f3942d632925"
#define BIG	"C89214B5B5DA833DAED6F0B8C5BB6BD58CEA9022BD80CCC78230F3942D632925"
#define OTHER	"d8d091c76b586cff4dbd317fc47ebddff4b86de3ce18d3c03753c3c1901d475a"
#define WRONG	"0000000000000000000000000000000000000000000000000000000000000000"

static struct sign_key	keys[2];	/* the current secret, and another one */

static int
setup(void **state)
{
	(void)state;
	keys[0] = make_key(&scheme_stripe, "whsec_test", "new");
	keys[1] = make_key(&scheme_stripe, "whsec_other", "old");
	return 0;
}

static enum hk_err
verify(struct span header, struct span body, const struct sign_key *k, size_t nkey,
    int64_t now_s, struct sign_verdict *v)
{
	const struct field	field = { SPAN("stripe-signature"), header };
	const struct fields	f = { &field, header.p != NULL };

	return scheme_stripe.verify(&f, body, k, nkey, now_s, 300, v);
}

static void
headers_are_judged_strictly(void **state)
{
	static const struct {
		const char	*what, *header;
		int64_t		 now;
		enum sign_reason want;
	} row[] = {
		{ "as Stripe sends it",	"t=1700000000,v1=" GOOD,	NOW,	SIGN_OK },
		{ "test mode",		"t=1700000000,v1=" GOOD ",v0=" WRONG, NOW, SIGN_OK },
		{ "while keys rotate",	"t=1700000000,v1=" WRONG ",v1=" GOOD, NOW, SIGN_OK },
		{ "the other order",	"v1=" GOOD ",t=1700000000",	NOW,	SIGN_OK },
		{ "unknown keys",	"t=1700000000,v2=x,k,v1=" GOOD ",=", NOW, SIGN_OK },
		/* the window */
		{ "last good second",	"t=1700000000,v1=" GOOD,	NOW + 300, SIGN_OK },
		{ "one second late",	"t=1700000000,v1=" GOOD,	NOW + 301, SIGN_TOO_OLD },
		{ "clock behind by 300", "t=1700000000,v1=" GOOD,	NOW - 300, SIGN_OK },
		{ "clock behind by 301", "t=1700000000,v1=" GOOD,	NOW - 301, SIGN_TOO_NEW },
		{ "late and wrong",	"t=1700000000,v1=" WRONG,	NOW + 301, SIGN_NO_MATCH },
		{ "t was changed",	"t=1700000001,v1=" GOOD,	NOW,	SIGN_NO_MATCH },
		/* what is missing */
		{ "no header",		NULL,				NOW,	SIGN_MISSING_HEADER },
		{ "empty header",	"",				NOW,	SIGN_MISSING_HEADER },
		{ "only a comma",	",",				NOW,	SIGN_BAD_HEADER },
		{ "no t",		"v1=" GOOD,			NOW,	SIGN_BAD_HEADER },
		{ "no v1",		"t=1700000000",			NOW,	SIGN_NO_SCHEME },
		{ "v0 only",		"t=1700000000,v0=" GOOD,	NOW,	SIGN_NO_SCHEME },
		{ "v1 without a value",	"t=1700000000,v1",		NOW,	SIGN_NO_SCHEME },
		{ "V1",			"t=1700000000,V1=" GOOD,	NOW,	SIGN_NO_SCHEME },
		{ "T",			"T=1700000000,v1=" GOOD,	NOW,	SIGN_BAD_HEADER },
		{ "v1 empty",		"t=1700000000,v1=",		NOW,	SIGN_NO_MATCH },
		{ "v1 short",		"t=1700000000,v1=c89214b5",	NOW,	SIGN_NO_MATCH },
		{ "v1 long",		"t=1700000000,v1=" GOOD "0",	NOW,	SIGN_NO_MATCH },
		/* where the official libraries disagree */
		{ "two t, the first was signed", "t=1700000000,t=1700000001,v1=" GOOD, NOW,
		    SIGN_BAD_HEADER },
		{ "two t, the last was signed", "t=1700000001,t=1700000000,v1=" GOOD, NOW,
		    SIGN_BAD_HEADER },
		{ "two equal t",	"t=1700000000,v1=" GOOD ",t=1700000000", NOW,
		    SIGN_BAD_HEADER },
		{ "empty t and a good one", "t=,t=1700000000,v1=" GOOD,	NOW,	SIGN_BAD_HEADER },
		{ "upper-case hex",	"t=1700000000,v1=" BIG,		NOW,	SIGN_NO_MATCH },
		{ "blank before v1",	"t=1700000000, v1=" GOOD,	NOW,	SIGN_NO_SCHEME },
		{ "blank behind v1",	"t=1700000000,v1=" GOOD " ",	NOW,	SIGN_NO_MATCH },
		{ "trailing comma",	"t=1700000000,v1=" GOOD ",",	NOW,	SIGN_OK },
		{ "leading comma",	",t=1700000000,v1=" GOOD,	NOW,	SIGN_OK },
		{ "double comma",	"t=1700000000,,v1=" GOOD,	NOW,	SIGN_OK },
		{ "=junk behind",	"t=1700000000,v1=" GOOD "=junk", NOW,	SIGN_NO_MATCH },
		{ "empty v1 beside",	"t=1700000000,v1=,v1=" GOOD,	NOW,	SIGN_OK },
		{ "t with letters",	"t=1700000000abc,v1=" GOOD,	NOW,	SIGN_BAD_TIMESTAMP },
		{ "t with letters, so signed", "t=1700000000abc,v1="
		    "91fb18f674b2a8ad3d0299770f1882c96e770f19b1bcf0454805b8c1c22e2b5d", NOW,
		    SIGN_BAD_TIMESTAMP },
		{ "t a word, NaN signed", "t=abc,v1="
		    "9f02a76b411044a505263387e549c925d8a1b2c6373537bec59d694bc998bf78", NOW,
		    SIGN_BAD_TIMESTAMP },
		{ "t with underscore",	"t=1_700000000,v1=" GOOD,	NOW,	SIGN_BAD_TIMESTAMP },
		{ "t with plus",	"t=+1700000000,v1=" GOOD,	NOW,	SIGN_BAD_TIMESTAMP },
		{ "t with plus, so signed", "t=+1700000000,v1="
		    "141d00d73d7fed2d904949e7caad408160e8fe02465cf4e2b0c9a15fea42c75d", NOW,
		    SIGN_BAD_TIMESTAMP },
		{ "t with a zero before", "t=01700000000,v1=" GOOD,	NOW,	SIGN_NO_MATCH },
		{ "t empty",		"t=,v1=" GOOD,			NOW,	SIGN_BAD_TIMESTAMP },
		{ "t in ms, so signed",	"t=1700000000000,v1="
		    "f510dfdb0b01915750c36f3e15401a7895306243fa607a5cba4496ce6c3a0ea3",
		    NOW * 1000, SIGN_BAD_TIMESTAMP },
	};
	struct sign_verdict	v;

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		enum hk_err	e = verify(span_str(row[i].header), SPAN(BODY), keys, 1,
		    row[i].now, &v);

		expect(row[i].what, &v, e, row[i].want);
	}
}

static void
any_body_counts_by_its_bytes(void **state)
{
	static const struct {
		const char	*what;
		struct span	 body;
		const char	*header;
	} row[] = {
		{ "not UTF-8", { "{\"name\":\"Zo\xeb\"}", 14 }, "t=1700000000,v1="
		    "9f7d258a74ea8537f4b4dddc764dbd22a9351f38d401a7b6acc5322a9b776da4" },
		{ "BOM", { "\xef\xbb\xbf" BODY, 17 }, "t=1700000000,v1="
		    "da39a209e71d25225eb1e11ad7b096531846b0668cd1acdce228fedc3bbae3c0" },
		{ "empty", { "", 0 }, "t=1700000000,v1="
		    "5967f3c560522fa40cf2876ebc3c3a08551dd6959aaade3b413460591895bdcc" },
		{ "absent", { NULL, 0 }, "t=1700000000,v1="
		    "5967f3c560522fa40cf2876ebc3c3a08551dd6959aaade3b413460591895bdcc" },
		{ "NUL inside", { "a\0b", 3 }, "t=1700000000,v1="
		    "473ed9fa197a1ed3d5a0ed5c700ee596ef1ec944994ae1cb6e8c59bd4990dba3" },
	};
	struct sign_verdict	v;

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		enum hk_err	e = verify(span_str(row[i].header), row[i].body, keys, 1, NOW, &v);

		expect(row[i].what, &v, e, SIGN_OK);
	}
}

static void
each_flipped_bit_is_refused(void **state)
{
	char			header[] = "t=1700000000,v1=" GOOD, body[] = BODY;
	const struct span	h = SPAN(header), b = SPAN(body);
	struct sign_verdict	v;

	(void)state;
	for (size_t i = 0; i < 8 * h.len; i++) {
		header[i / 8] ^= (char)(1 << i % 8);
		if (verify(h, b, keys, 2, NOW, &v) == HK_OK)
			fail_msg("bit %zu of the header: %s", i, header);
		header[i / 8] ^= (char)(1 << i % 8);
	}
	for (size_t i = 0; i < 8 * b.len; i++) {
		body[i / 8] ^= (char)(1 << i % 8);
		if (verify(h, b, keys, 2, NOW, &v) == HK_OK)
			fail_msg("bit %zu of the body: %s", i, body);
		body[i / 8] ^= (char)(1 << i % 8);
	}
	for (size_t n = 0; n < h.len; n++)
		assert_int_not_equal(verify(span_of(header, n), b, keys, 2, NOW, &v), HK_OK);
	for (size_t n = 0; n < b.len; n++)
		assert_int_not_equal(verify(h, span_of(body, n), keys, 2, NOW, &v), HK_OK);
	assert_int_equal(verify(h, b, keys, 2, NOW, &v), HK_OK);
}

static void
the_verdict_says_which_secret_and_when(void **state)
{
	const struct span	by_old = SPAN("t=1700000000,v1=" OTHER);
	const struct span	by_both = SPAN("t=1700000000,v1=" OTHER ",v1=" GOOD);
	struct sign_verdict	v;

	(void)state;
	expect("old secret", &v, verify(by_old, SPAN(BODY), keys, 2, NOW, &v), SIGN_OK);
	assert_string_equal(v.label, "old");
	assert_int_equal(v.signed_s, NOW);
	assert_true(span_eq(v.header, by_old));
	assert_null(v.id.p);

	expect("both secrets", &v, verify(by_both, SPAN(BODY), keys, 2, NOW, &v), SIGN_OK);
	assert_string_equal(v.label, "new");

	expect("old one dropped", &v, verify(by_old, SPAN(BODY), keys, 1, NOW, &v),
	    SIGN_NO_MATCH);
	assert_null(v.label);
	assert_int_equal(v.signed_s, NOW);
	assert_true(span_eq(v.header, by_old));
	assert_non_null(strstr(err_last(), "secret"));

	expect("stale", &v, verify(by_old, SPAN(BODY), keys, 2, NOW + 999, &v), SIGN_TOO_OLD);
	assert_string_equal(v.label, "old");

	expect("none configured", &v, verify(by_old, SPAN(BODY), NULL, 0, NOW, &v),
	    SIGN_NO_SECRET);
	assert_true(span_eq(v.header, by_old));
	expect("none configured, no header", &v, verify(SPAN_NULL, SPAN(BODY), NULL, 0, NOW, &v),
	    SIGN_NO_SECRET);
}

static void
a_header_has_bounds(void **state)
{
	static char		h[SIGN_HEADER_MAX + 2];
	struct sign_verdict	v;
	int			n;

	(void)state;
	n = snprintf(h, sizeof(h), "t=1700000000,v1=" GOOD ",x=");
	memset(h + n, 'x', sizeof(h) - (size_t)n);
	expect("8192 bytes", &v, verify(span_of(h, SIGN_HEADER_MAX), SPAN(BODY), keys, 1, NOW, &v),
	    SIGN_OK);
	expect("8193 bytes", &v, verify(span_of(h, SIGN_HEADER_MAX + 1), SPAN(BODY), keys, 1, NOW,
	    &v), SIGN_BAD_HEADER);

	for (int before = 30; before < 34; before++) {
		n = snprintf(h, sizeof(h), "t=1700000000");
		for (int i = 0; i < before; i++)
			n += snprintf(h + n, sizeof(h) - (size_t)n, ",v1=" WRONG);
		n += snprintf(h + n, sizeof(h) - (size_t)n, ",v1=" GOOD);
		expect("the 32nd signature is the last one read", &v, verify(span_of(h, (size_t)n),
		    SPAN(BODY), keys, 1, NOW, &v), before < 32 ? SIGN_OK : SIGN_NO_MATCH);
	}
}

static void
the_secret_is_its_whole_text(void **state)
{
	static char	long_one[SIGN_KEY_MAX + 2];
	static const struct {
		const char	*what, *secret;
		bool		 ok;
	} row[] = {
		{ "as the dashboard shows it",	"whsec_FAKE", true },
		{ "any text",			"x", true },
		{ "empty",			"", false },
		{ "blanks",			" \t\r\n", false },
	};
	struct sign_key	k;

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		enum hk_err	e = scheme_stripe.key(&k, span_str(row[i].secret));

		if (e != (row[i].ok ? HK_OK : HK_CONF))
			fail_msg("%s: %s", row[i].what, err_name(e));
		if (e == HK_OK && !span_is(span_of(k.key, k.len), row[i].secret))
			fail_msg("%s: changed", row[i].what);
	}
	assert_int_equal(scheme_stripe.key(&k, SPAN_NULL), HK_CONF);
	memset(long_one, 'x', SIGN_KEY_MAX + 1);
	assert_int_equal(scheme_stripe.key(&k, span_of(long_one, SIGN_KEY_MAX)), HK_OK);
	assert_int_equal(scheme_stripe.key(&k, span_of(long_one, SIGN_KEY_MAX + 1)), HK_CONF);
	assert_null(strstr(err_last(), "xxx"));
}

static void
what_is_signed_verifies(void **state)
{
	struct signed_fields	s;
	struct field		room[SIGN_FIELDS];
	struct fields		f;
	struct sign_verdict	v;

	(void)state;
	assert_int_equal(scheme_stripe.sign(SPAN(BODY), SPAN_NULL, keys, 2, NOW, &s), HK_OK);
	assert_int_equal(s.n, 1);
	assert_string_equal(s.name[0], "stripe-signature");
	assert_string_equal(s.value[0], "t=1700000000,v1=" GOOD ",v1=" OTHER);
	f = as_fields(room, &s);
	for (size_t i = 0; i < 2; i++) {
		expect("one of the two", &v, scheme_stripe.verify(&f, SPAN(BODY), &keys[i], 1, NOW,
		    300, &v), SIGN_OK);
		assert_string_equal(v.label, keys[i].label);
	}
	assert_int_equal(scheme_stripe.sign(SPAN(BODY), SPAN_NULL, keys, 0, NOW, &s), HK_CONF);
}

static void
signatures_that_do_not_fit_are_left_out_whole(void **state)
{
	struct sign_key		many[30];
	struct signed_fields	s;
	size_t			len;

	(void)state;
	for (size_t i = 0; i < 30; i++)
		many[i] = keys[i % 2];
	assert_int_equal(scheme_stripe.sign(SPAN(BODY), SPAN_NULL, many, 30, NOW, &s), HK_OK);
	len = strlen(s.value[0]);
	assert_true(len <= SIGN_VALUE_MAX);
	assert_int_equal((len - strlen("t=1700000000")) % strlen(",v1=" GOOD), 0);
	assert_true((len - strlen("t=1700000000")) / strlen(",v1=" GOOD) >= 4);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(headers_are_judged_strictly),
		cmocka_unit_test(any_body_counts_by_its_bytes),
		cmocka_unit_test(each_flipped_bit_is_refused),
		cmocka_unit_test(the_verdict_says_which_secret_and_when),
		cmocka_unit_test(a_header_has_bounds),
		cmocka_unit_test(the_secret_is_its_whole_text),
		cmocka_unit_test(what_is_signed_verifies),
		cmocka_unit_test(signatures_that_do_not_fit_are_left_out_whole),
	};

	return cmocka_run_group_tests_name("sign/stripe", tests, setup, NULL);
}
