/* Signatures here were made by Python's hmac, not by us. */
#include "help.h"

#define SECRET	"whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"
#define BODY	"{\"type\":\"user.created\"}"
#define GOOD	"v1,/HRmmV5yioITFHJMspCfR5QO6edfJ3eVRTL8SQIDxQ0="
#define OTHER	"v1,xsp0lTP3emOFigOQs5CwGqTwY6ZQJLyRkymClIwHFdw="
#define WRONG	"v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define V1A	"v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXw" \
		"VLPo3mNl8EM+m7TBAg=="

static struct sign_key	keys[2];	/* the current secret, and another one */

static int
setup(void **state)
{
	(void)state;
	keys[0] = make_key(&scheme_svix, SECRET, "new");
	keys[1] = make_key(&scheme_svix, "whsec_YW5vdGhlciBrZXkgb2YgMjQgYnl0ZXMh", "old");
	return 0;
}

/* id, timestamp, signature; NULL: not sent. */
static enum hk_err
verify(const char *const part[3], struct span body, const struct sign_key *k, size_t nkey,
    int64_t now_s, struct sign_verdict *v)
{
	static const char *const names[] = { "svix-id", "svix-timestamp", "svix-signature" };
	struct field		room[3];
	struct fields		f = { room, 0 };

	for (int i = 0; i < 3; i++)
		if (part[i] != NULL)
			room[f.n++] = (struct field){ span_str(names[i]), span_str(part[i]) };
	return scheme_svix.verify(&f, body, k, nkey, now_s, 300, v);
}

static void
headers_are_judged_strictly(void **state)
{
#define TS	"1700000000"
	static const struct {
		const char	*what, *part[3];
		int64_t		 now;
		enum sign_reason want;
	} row[] = {
		{ "as Svix sends it",	{ "msg_1", TS, GOOD },		NOW,	SIGN_OK },
		{ "while keys rotate",	{ "msg_1", TS, WRONG " " GOOD }, NOW,	SIGN_OK },
		{ "other versions too",	{ "msg_1", TS, V1A " v2,x " GOOD }, NOW, SIGN_OK },
		/* the window, judged before the digest */
		{ "last good second",	{ "msg_1", TS, GOOD },		NOW + 300, SIGN_OK },
		{ "one second late",	{ "msg_1", TS, GOOD },		NOW + 301, SIGN_TOO_OLD },
		{ "clock behind by 300", { "msg_1", TS, GOOD },		NOW - 300, SIGN_OK },
		{ "clock behind by 301", { "msg_1", TS, GOOD },		NOW - 301, SIGN_TOO_NEW },
		{ "late and wrong",	{ "msg_1", TS, WRONG },		NOW + 301, SIGN_TOO_OLD },
		{ "time was changed",	{ "msg_1", "1700000001", GOOD }, NOW,	SIGN_NO_MATCH },
		{ "id was changed",	{ "msg_2", TS, GOOD },		NOW,	SIGN_NO_MATCH },
		/* what is missing */
		{ "nothing",		{ NULL, NULL, NULL },		NOW,	SIGN_MISSING_HEADERS },
		{ "no id",		{ NULL, TS, GOOD },		NOW,	SIGN_MISSING_HEADERS },
		{ "no time",		{ "msg_1", NULL, GOOD },	NOW,	SIGN_MISSING_HEADERS },
		{ "no signature",	{ "msg_1", TS, NULL },		NOW,	SIGN_MISSING_HEADERS },
		{ "empty time",		{ "msg_1", "", GOOD },		NOW,	SIGN_MISSING_HEADERS },
		{ "empty signature",	{ "msg_1", TS, "" },		NOW,	SIGN_MISSING_HEADERS },
		{ "empty id, so signed", { "", TS,
		    "v1,vLNETPRkaszYm1jJoI+WUH66GjIQ4942WM65EPp+aLo=" }, NOW,
		    SIGN_MISSING_HEADERS },
		{ "blank in the id, so signed", { "msg 1", TS,
		    "v1,sDcrZoIGd4wsMjnjz9+RXWK7qUlIH2wl6n/PDnDW2IU=" }, NOW, SIGN_BAD_HEADER },
		{ "v1a only",		{ "msg_1", TS, V1A },		NOW,	SIGN_NO_MATCH },
		{ "v2 only",		{ "msg_1", TS, "v2,/HRmmV5yioITFHJMspCfR5QO6edfJ3eVRTL8SQIDxQ0=" },
		    NOW, SIGN_NO_MATCH },
		{ "no version",		{ "msg_1", TS, "/HRmmV5yioITFHJMspCfR5QO6edfJ3eVRTL8SQIDxQ0=" },
		    NOW, SIGN_NO_MATCH },
		{ "V1",			{ "msg_1", TS, "V1,/HRmmV5yioITFHJMspCfR5QO6edfJ3eVRTL8SQIDxQ0=" },
		    NOW, SIGN_NO_MATCH },
		{ "v1 alone",		{ "msg_1", TS, "v1," },		NOW,	SIGN_NO_MATCH },
		/* where the official libraries disagree */
		{ "fraction of a second", { "msg_1", TS ".75", GOOD },	NOW,	SIGN_BAD_TIMESTAMP },
		{ "fraction, so signed", { "msg_1", TS ".75",
		    "v1,K2ZM/M/bc0PxB5vfohid11moeNTk2ZKe1Ara4hJTnEE=" }, NOW, SIGN_BAD_TIMESTAMP },
		{ "time with letters",	{ "msg_1", TS "abc", GOOD },	NOW,	SIGN_BAD_TIMESTAMP },
		{ "time a word",	{ "msg_1", "hello", GOOD },	NOW,	SIGN_BAD_TIMESTAMP },
		{ "time after a blank",	{ "msg_1", " " TS, GOOD },	NOW,	SIGN_BAD_TIMESTAMP },
		{ "time with plus",	{ "msg_1", "+" TS, GOOD },	NOW,	SIGN_BAD_TIMESTAMP },
		{ "time in ms",		{ "msg_1", TS "000", GOOD },	NOW * 1000, SIGN_BAD_TIMESTAMP },
		{ "time with a zero before", { "msg_1", "0" TS, GOOD },	NOW,	SIGN_NO_MATCH },
		{ ",junk behind",	{ "msg_1", TS, GOOD ",junk" },	NOW,	SIGN_NO_MATCH },
		{ "double blank",	{ "msg_1", TS, WRONG "  " GOOD }, NOW,	SIGN_OK },
		{ "leading blank",	{ "msg_1", TS, " " GOOD },	NOW,	SIGN_OK },
		{ "trailing blank",	{ "msg_1", TS, GOOD " " },	NOW,	SIGN_OK },
		{ "tab between",	{ "msg_1", TS, WRONG "\t" GOOD }, NOW,	SIGN_NO_MATCH },
		{ "folded, the last is good", { "msg_1", TS, WRONG ", " GOOD }, NOW, SIGN_OK },
		{ "folded, the first is good", { "msg_1", TS, GOOD ", " WRONG }, NOW, SIGN_OK },
		{ "two commas behind",	{ "msg_1", TS, GOOD ",," },	NOW,	SIGN_NO_MATCH },
		{ "one = too many",	{ "msg_1", TS, GOOD "=" },	NOW,	SIGN_NO_MATCH },
		{ "not padded",		{ "msg_1", TS, "v1,/HRmmV5yioITFHJMspCfR5QO6edfJ3eVRTL8SQIDxQ0" },
		    NOW, SIGN_NO_MATCH },
		{ "url-safe",		{ "msg_1", TS, "v1,_HRmmV5yioITFHJMspCfR5QO6edfJ3eVRTL8SQIDxQ0=" },
		    NOW, SIGN_NO_MATCH },
		{ "in hex",		{ "msg_1", TS, "v1,fc7466995e728a821314724cb2909f47"
		    "940ee9e75f2777954532fc490203c50d" }, NOW, SIGN_NO_MATCH },
	};
	struct sign_verdict	v;

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		enum hk_err	e = verify(row[i].part, SPAN(BODY), keys, 1, row[i].now, &v);

		expect(row[i].what, &v, e, row[i].want);
	}
}

static void
the_two_sets_of_names_are_not_mixed(void **state)
{
	static const struct {
		const char	*what, *svix[3], *webhook[3];
		enum sign_reason want;
	} row[] = {
		{ "webhook- only",	{ NULL, NULL, NULL }, { "msg_1", TS, GOOD }, SIGN_OK },
		{ "svix- is full and wins", { "msg_1", TS, GOOD }, { "msg_1", TS, WRONG },
		    SIGN_OK },
		{ "svix- is full and bad", { "msg_1", TS, WRONG }, { "msg_1", TS, GOOD },
		    SIGN_NO_MATCH },
		{ "svix- is not full",	{ "msg_2", NULL, WRONG }, { "msg_1", TS, GOOD }, SIGN_OK },
		{ "svix-id is empty",	{ "", TS, WRONG }, { "msg_1", TS, GOOD }, SIGN_OK },
		{ "id of one, the rest of the other", { "msg_1", NULL, NULL }, { NULL, TS, GOOD },
		    SIGN_MISSING_HEADERS },
		{ "time of the other",	{ "msg_1", NULL, GOOD }, { NULL, TS, NULL },
		    SIGN_MISSING_HEADERS },
	};
	static const char *const names[] = { "svix-id", "svix-timestamp", "svix-signature",
		"webhook-id", "webhook-timestamp", "webhook-signature" };
	struct sign_verdict	v;

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct field	room[6];
		struct fields	f = { room, 0 };

		for (int k = 0; k < 6; k++) {
			const char	*s = k < 3 ? row[i].svix[k] : row[i].webhook[k - 3];

			if (s != NULL)
				room[f.n++] = (struct field){ span_str(names[k]), span_str(s) };
		}
		expect(row[i].what, &v, scheme_svix.verify(&f, SPAN(BODY), keys, 1, NOW, 300, &v),
		    row[i].want);
	}
}

static void
any_body_counts_by_its_bytes(void **state)
{
	static const struct {
		const char	*what;
		struct span	 body;
		const char	*part[3];
	} row[] = {
		{ "not UTF-8", { "{\"name\":\"Zo\xeb\"}", 14 }, { "msg_1", TS,
		    "v1,qK9M6Fn/4tQwR0QXx8/qSsX6D7yVRkdJAgTJsB5gmXw=" } },
		{ "empty", { "", 0 }, { "msg_1", TS,
		    "v1,yG8YV9Fe4AWbqnr1NiJsiMkprxULdRp4+Vi1FvNMchY=" } },
		{ "NUL inside", { "a\0b", 3 }, { "msg_1", TS,
		    "v1,XK5K/F/KiedDFuCLhgVAQMlEn3Ldd2qeAb2TvkCB7Vc=" } },
	};
	struct sign_verdict	v;

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		expect(row[i].what, &v, verify(row[i].part, row[i].body, keys, 1, NOW, &v), SIGN_OK);
}

static void
each_flipped_bit_is_refused(void **state)
{
	char			id[] = "msg_1", ts[] = TS, sig[] = GOOD, body[] = BODY;
	char			*text[] = { id, ts, sig, body };
	const char *const	part[] = { id, ts, sig };
	const struct span	b = SPAN(body);
	struct sign_verdict	v;

	(void)state;
	for (int t = 0; t < 4; t++)
		for (size_t i = 0, bits = 8 * strlen(text[t]); i < bits; i++) {
			text[t][i / 8] ^= (char)(1 << i % 8);
			if (verify(part, b, keys, 2, NOW, &v) == HK_OK)
				fail_msg("text %d, bit %zu: %s", t, i, text[t]);
			text[t][i / 8] ^= (char)(1 << i % 8);
		}
	assert_int_equal(verify(part, b, keys, 2, NOW, &v), HK_OK);
	for (size_t n = 0; n < b.len; n++)
		assert_int_not_equal(verify(part, span_of(body, n), keys, 2, NOW, &v), HK_OK);
	for (size_t n = strlen(sig); n-- > 0; ) {
		sig[n] = '\0';
		assert_int_not_equal(verify(part, b, keys, 2, NOW, &v), HK_OK);
	}
}

static void
the_verdict_says_which_secret_which_message_and_when(void **state)
{
	const char *const	by_old[] = { "msg_1", TS, OTHER };
	const char *const	by_both[] = { "msg_1", TS, OTHER " " GOOD };
	const char *const	no_id[] = { NULL, TS, GOOD };
	struct sign_verdict	v;

	(void)state;
	expect("old secret", &v, verify(by_old, SPAN(BODY), keys, 2, NOW, &v), SIGN_OK);
	assert_string_equal(v.label, "old");
	assert_true(span_is(v.id, "msg_1"));
	assert_int_equal(v.signed_s, NOW);
	assert_true(span_is(v.header, OTHER));

	expect("both secrets", &v, verify(by_both, SPAN(BODY), keys, 2, NOW, &v), SIGN_OK);
	assert_string_equal(v.label, "new");

	expect("old one dropped", &v, verify(by_old, SPAN(BODY), keys, 1, NOW, &v),
	    SIGN_NO_MATCH);
	assert_null(v.label);
	assert_true(span_is(v.id, "msg_1"));
	assert_int_equal(v.signed_s, NOW);

	expect("stale", &v, verify(by_old, SPAN(BODY), keys, 2, NOW + 999, &v), SIGN_TOO_OLD);
	assert_null(v.label);		/* the digest was not looked at */
	assert_int_equal(v.signed_s, NOW);

	expect("none configured", &v, verify(by_old, SPAN(BODY), NULL, 0, NOW, &v),
	    SIGN_NO_SECRET);
	assert_true(span_is(v.id, "msg_1"));

	expect("no id", &v, verify(no_id, SPAN(BODY), keys, 2, NOW, &v), SIGN_MISSING_HEADERS);
	assert_true(span_is(v.header, GOOD));
	assert_null(v.id.p);
}

static void
fields_have_bounds(void **state)
{
	static char		text[SIGN_HEADER_MAX + 2];
	char			id[SIGN_ID_MAX + 2] = { 0 };
	const char		*part[] = { id, TS, NULL };
	struct sign_verdict	v;
	int			n = 0;

	(void)state;
	memset(id, 'a', SIGN_ID_MAX);
	part[2] = "v1,LLUpHp2BP6njA5dcSBxznK6DsM1R9Tjyw3aMiBJ56nU=";
	expect("256 characters of id", &v, verify(part, SPAN(BODY), keys, 1, NOW, &v), SIGN_OK);
	id[SIGN_ID_MAX] = 'a';
	part[2] = "v1,osZAZpr9Zxd+mTbYNltJ55ZzXbE8mUi273Gxyrf3+44=";
	expect("257", &v, verify(part, SPAN(BODY), keys, 1, NOW, &v), SIGN_BAD_HEADER);

	part[0] = "msg_1";
	part[2] = text;
	n = snprintf(text, sizeof(text), GOOD " ");
	memset(text + n, 'x', sizeof(text) - 1 - (size_t)n);
	expect("8193 bytes", &v, verify(part, SPAN(BODY), keys, 1, NOW, &v), SIGN_BAD_HEADER);
	text[SIGN_HEADER_MAX] = '\0';
	expect("8192 bytes", &v, verify(part, SPAN(BODY), keys, 1, NOW, &v), SIGN_OK);

	for (int before = 30; before < 34; before++) {
		n = 0;
		for (int i = 0; i < before; i++)
			n += snprintf(text + n, sizeof(text) - (size_t)n, WRONG " ");
		snprintf(text + n, sizeof(text) - (size_t)n, GOOD);
		expect("the 32nd signature is the last one read", &v,
		    verify(part, SPAN(BODY), keys, 1, NOW, &v),
		    before < 32 ? SIGN_OK : SIGN_NO_MATCH);
	}
}

static void
a_secret_is_strict_base64_of_16_to_75_bytes(void **state)
{
	static const struct {
		const char	*what, *secret;
		size_t		 len;	/* of the key; 0: refused */
	} row[] = {
		{ "24 bytes",		SECRET,						24 },
		{ "without the prefix",	"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3",		24 },
		{ "18 bytes, from Svix's docs", "whsec_plJ3nmyCDGBKInavdOK15jsl",	18 },
		{ "padded",		"whsec_aG9va2tlZXBlci1mYWtlLWtleS12aXNpYmxlLTE=", 29 },
		{ "not padded",		"whsec_aG9va2tlZXBlci1mYWtlLWtleS12aXNpYmxlLTE", 29 },
		{ "16 bytes",		"whsec_AAAAAAAAAAAAAAAAAAAAAA==",		16 },
		{ "15 bytes",		"whsec_AAAAAAAAAAAAAAAAAAAA",			0 },
		{ "75 bytes",		"whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",		75 },
		{ "76 bytes",		"whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==",		0 },
		{ "empty",		"",						0 },
		{ "only the prefix",	"whsec_",					0 },
		{ "url-safe",		"whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0-_Y3",	0 },
		{ "newline behind",	SECRET "\n",					0 },
		{ "blank before",	" " SECRET,					0 },
		{ "Stripe's kind",	"whsec_FAKEvisibleFAKEvisibleFAKE00012",	0 },
		{ "prefix twice",	"whsec_" SECRET,				0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct sign_key	k = { .len = 0 };
		enum hk_err	e = scheme_svix.key(&k, span_str(row[i].secret));

		if (e != (row[i].len > 0 ? HK_OK : HK_CONF) || k.len != row[i].len)
			fail_msg("%s: %s %zu", row[i].what, err_name(e), k.len);
		if (e != HK_OK && strlen(row[i].secret) > 6 &&
		    strstr(err_last(), row[i].secret + 6) != NULL)
			fail_msg("%s: shown", row[i].what);
	}
	assert_int_equal(scheme_svix.key(&(struct sign_key){ .len = 0 }, SPAN_NULL), HK_CONF);
	assert_memory_equal(keys[0].key, "0123456789abcdef01234567", 24);
}

static void
what_is_signed_verifies(void **state)
{
	struct signed_fields	s;
	struct field		room[SIGN_FIELDS];
	struct fields		f;
	struct sign_verdict	v;

	(void)state;
	assert_int_equal(scheme_svix.sign(SPAN(BODY), SPAN("msg_1"), keys, 2, NOW, &s), HK_OK);
	assert_int_equal(s.n, 3);
	assert_string_equal(s.name[0], "svix-id");
	assert_string_equal(s.value[0], "msg_1");
	assert_string_equal(s.name[1], "svix-timestamp");
	assert_string_equal(s.value[1], TS);
	assert_string_equal(s.name[2], "svix-signature");
	assert_string_equal(s.value[2], GOOD " " OTHER);
	f = as_fields(room, &s);
	for (size_t i = 0; i < 2; i++) {
		expect("one of the two", &v, scheme_svix.verify(&f, SPAN(BODY), &keys[i], 1, NOW,
		    300, &v), SIGN_OK);
		assert_string_equal(v.label, keys[i].label);
	}
}

static void
what_cannot_be_signed_is_refused(void **state)
{
	struct signed_fields	s;
	char			id[SIGN_ID_MAX + 1];

	(void)state;
	memset(id, 'a', sizeof(id));
	assert_int_equal(scheme_svix.sign(SPAN(BODY), span_of(id, SIGN_ID_MAX), keys, 1, NOW, &s),
	    HK_OK);
	assert_int_equal(strlen(s.value[0]), SIGN_ID_MAX);
	assert_int_equal(scheme_svix.sign(SPAN(BODY), span_of(id, SIGN_ID_MAX + 1), keys, 1, NOW,
	    &s), HK_SYNTAX);
	assert_int_equal(scheme_svix.sign(SPAN(BODY), SPAN_NULL, keys, 1, NOW, &s), HK_SYNTAX);
	assert_int_equal(scheme_svix.sign(SPAN(BODY), SPAN("a\r\nb"), keys, 1, NOW, &s), HK_SYNTAX);
	assert_int_equal(scheme_svix.sign(SPAN(BODY), SPAN("msg_1"), keys, 0, NOW, &s), HK_CONF);
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
	assert_int_equal(scheme_svix.sign(SPAN(BODY), SPAN("msg_1"), many, 30, NOW, &s), HK_OK);
	len = strlen(s.value[2]);
	assert_true(len <= SIGN_VALUE_MAX);
	assert_int_equal((len + 1) % strlen(GOOD " "), 0);
	assert_true((len + 1) / strlen(GOOD " ") >= 11);	/* what Svix sends at most */
}

static void
each_reason_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (int a = 0; a < SIGN_REASONS; a++)
		for (int b = 0; b < a; b++)
			assert_string_not_equal(sign_reason_name((enum sign_reason)a),
			    sign_reason_name((enum sign_reason)b));
	assert_string_equal(sign_reason_name(SIGN_NO_MATCH), "no_match");
}

/* v1a: the private key signs, the public one verifies, and neither is mistaken. */
static void
asymmetric_keys_do_their_part(void **state)
{
	/* RFC 8032 test 1: seed, then public key. */
	struct sign_key		seed = make_key(&scheme_svix, "whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZ"
				    "cDusAxyuf2DXWpgBgrEKt9VL/tPJZAc6DuFy89qmIyWvAhpo9wdRGg==", "seed");
	struct sign_key		public = make_key(&scheme_svix,
				    "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", "public");
	struct sign_key		both[2] = { keys[0], public }, bad;
	struct signed_fields	sent;
	struct sign_verdict	v;
	const char		*part[3];

	(void)state;
	assert_int_equal(scheme_svix.sign(SPAN(BODY), SPAN("msg_1"), &seed, 1, NOW, &sent), HK_OK);
	for (int i = 0; i < 3; i++)
		part[i] = sent.value[i];
	assert_true(span_starts(span_str(part[2]), "v1a,"));
	assert_int_equal(verify(part, SPAN(BODY), both, 2, NOW, &v), HK_OK);
	assert_string_equal(v.label, "public");
	assert_int_equal(verify(part, SPAN(BODY), &seed, 1, NOW, &v), HK_OK);
	assert_int_equal(verify(part, SPAN("{}"), both, 2, NOW, &v), HK_BADSIG);
	/* An HMAC key made of the public one's bytes must not pass for it. */
	assert_int_equal(verify(part, SPAN(BODY), &keys[0], 1, NOW, &v), HK_BADSIG);
	assert_int_equal(scheme_svix.sign(SPAN(BODY), SPAN("msg_1"), &public, 1, NOW, &sent), HK_CONF);
	assert_int_equal(scheme_svix.key(&bad, SPAN("whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZ"
	    "cDusAxyuf2DXWpgBgrEKt9VL/tPJZAc6DuFy89qmIyWvAhpo9wdRGw==")), HK_CONF);
	assert_int_equal(scheme_svix.key(&bad, SPAN("whpk_AAAA")), HK_CONF);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(headers_are_judged_strictly),
		cmocka_unit_test(the_two_sets_of_names_are_not_mixed),
		cmocka_unit_test(any_body_counts_by_its_bytes),
		cmocka_unit_test(each_flipped_bit_is_refused),
		cmocka_unit_test(the_verdict_says_which_secret_which_message_and_when),
		cmocka_unit_test(fields_have_bounds),
		cmocka_unit_test(a_secret_is_strict_base64_of_16_to_75_bytes),
		cmocka_unit_test(what_is_signed_verifies),
		cmocka_unit_test(what_cannot_be_signed_is_refused),
		cmocka_unit_test(signatures_that_do_not_fit_are_left_out_whole),
		cmocka_unit_test(each_reason_has_a_name_of_its_own),
		cmocka_unit_test_setup(asymmetric_keys_do_their_part, setup),
	};

	return cmocka_run_group_tests_name("sign/svix", tests, setup, NULL);
}
