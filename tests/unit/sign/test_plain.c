/*
 * Configured senders.  GitHub's and Slack's examples are those of their
 * documents; the other digests were made by Python's hmac, not by us.
 */
#include "help.h"

#define BODY	"{\"id\":\"evt_1\"}"
#define ZEROES	"0000000000000000000000000000000000000000000000000000000000000000"

#define HUB		"757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
#define HUB_BIG		"757107EA0EB2509FC211221CCE984B8A37570B6D7586C22C46F4379C8B043E17"
#define HUB_BODY	"Hello, World!"
#define SLACK		"a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
#define SLACK_T		INT64_C(1531420618)
#define SLACK_BODY	"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow" \
	"&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner" \
	"&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com" \
	"%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN" \
	"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
#define SHOP		"63DZ3HlbW3VQ5bJrI5Y1s1KU32pOJnNPShO1/ENl5Kw="
#define PADDLE		"dd7527e54821514e80955a923727c97929138c108153fe4143e57226cecb7fb3"
#define PADDLE_OTHER	"6f0f6b7964ac593283034bb218237601e42ba2c31964c421409e024b7ef3cc27"
#define WITH_ID		"841eea949f0f99bae549b0b1694ba592e6f6b361c973e77fcb8c1ba49173c31c"
#define WITH_MS		"a2b165d80735afa2961cd12312df8a8e10d11e10a4611a2213b0cc213d4da743"
#define LONG_KEY	"04f1ab1fddd5c02eb42bc13e3b523b3dee4ecf3984ca8cd315ed801d4f29ba60"

enum { GITHUB, SLACK_APP, SHOPIFY, PADDLE_APP, ID_APP, MS_APP, LONG_APP, APPS };

static const struct sign_how	how[APPS] = {
	[GITHUB]	= { .header = "x-hub-signature-256", .prefix = "sha256=" },
	[SLACK_APP]	= { .header = "x-slack-signature", .prefix = "v0=",
			    .template = "v0:{timestamp}:{body}",
			    .timestamp_header = "x-slack-request-timestamp" },
	[SHOPIFY]	= { .header = "x-shopify-hmac-sha256", .encoding = SIGN_BASE64 },
	[PADDLE_APP]	= { .header = "paddle-signature", .template = "{timestamp}:{body}",
			    .item_separator = ';', .digest_item = "h1", .timestamp_item = "ts" },
	[ID_APP]	= { .header = "x-signature", .template = "{id}|{timestamp}|{body}",
			    .timestamp_header = "x-time", .id_header = "x-id" },
	[MS_APP]	= { .header = "x-signature", .template = "{timestamp}{body}",
			    .timestamp_header = "x-time" },
	[LONG_APP]	= { .header = "x-signature" },
};

static struct sign_key	keys[APPS];

static int
setup(void **state)
{
	static char		long_secret[201];
	static const char	*secrets[APPS] = {
		"It's a Secret to Everybody", "8f742231b10e8888abcd99yyyzzz85a5", "shpss_test",
		"pdl_ntfset_test", "plain_test", "plain_test", long_secret,
	};

	(void)state;
	memset(long_secret, 'k', 200);
	for (int i = 0; i < APPS; i++) {
		assert_int_equal(sign_how_check(&how[i]), HK_OK);
		keys[i] = make_key(&scheme_plain, secrets[i], "label");
		keys[i].how = &how[i];
	}
	return 0;
}

/* The signature, time and id fields of that sender; NULL: not sent. */
static enum hk_err
verify(int app, const char *const value[3], struct span body, const struct sign_key *k,
    size_t nkey, int64_t now_s, struct sign_verdict *v)
{
	const char	*name[3] = { how[app].header, how[app].timestamp_header, how[app].id_header };
	struct field	 room[3];
	struct fields	 f = { room, 0 };

	for (int i = 0; i < 3; i++)
		if (value[i] != NULL && name[i] != NULL)
			room[f.n++] = (struct field){ span_str(name[i]), span_str(value[i]) };
	return scheme_plain.verify(&f, body, k, nkey, now_s, 300, v);
}

static void
requests_are_judged_as_configured(void **state)
{
#define TS	"1700000000"
	static const struct {
		const char	*what;
		int		 app;
		const char	*value[3], *body;
		int64_t		 now;
		enum sign_reason want;
	} row[] = {
		{ "GitHub's example",	GITHUB, { "sha256=" HUB }, HUB_BODY, NOW, SIGN_OK },
		{ "upper-case hex",	GITHUB, { "sha256=" HUB_BIG }, HUB_BODY, NOW, SIGN_OK },
		{ "blanks around it",	GITHUB, { " sha256=" HUB "\t" }, HUB_BODY, NOW, SIGN_OK },
		{ "no window without a time", GITHUB, { "sha256=" HUB }, HUB_BODY, NOW * 2, SIGN_OK },
		{ "no prefix",		GITHUB, { HUB }, HUB_BODY, NOW, SIGN_BAD_HEADER },
		{ "SHA-1",		GITHUB, { "sha1=" HUB }, HUB_BODY, NOW, SIGN_BAD_HEADER },
		{ "prefix in capitals",	GITHUB, { "SHA256=" HUB }, HUB_BODY, NOW, SIGN_BAD_HEADER },
		{ "only a prefix",	GITHUB, { "sha256=" }, HUB_BODY, NOW, SIGN_BAD_HEADER },
		{ "a digit too many",	GITHUB, { "sha256=" HUB "0" }, HUB_BODY, NOW, SIGN_BAD_HEADER },
		{ "not hex",		GITHUB, { "sha256=g" HUB }, HUB_BODY, NOW, SIGN_BAD_HEADER },
		{ "twice, joined",	GITHUB, { "sha256=" HUB ", sha256=" HUB }, HUB_BODY, NOW,
		    SIGN_BAD_HEADER },
		{ "other body",		GITHUB, { "sha256=" HUB }, HUB_BODY "\n", NOW, SIGN_NO_MATCH },
		{ "no header",		GITHUB, { NULL }, HUB_BODY, NOW, SIGN_MISSING_HEADER },
		{ "empty header",	GITHUB, { "" }, HUB_BODY, NOW, SIGN_MISSING_HEADER },

		{ "Slack's example",	SLACK_APP, { "v0=" SLACK, "1531420618" }, SLACK_BODY, SLACK_T,
		    SIGN_OK },
		{ "last good second",	SLACK_APP, { "v0=" SLACK, "1531420618" }, SLACK_BODY,
		    SLACK_T + 300, SIGN_OK },
		{ "one second late",	SLACK_APP, { "v0=" SLACK, "1531420618" }, SLACK_BODY,
		    SLACK_T + 301, SIGN_TOO_OLD },
		{ "one second early",	SLACK_APP, { "v0=" SLACK, "1531420618" }, SLACK_BODY,
		    SLACK_T - 301, SIGN_TOO_NEW },
		{ "late and wrong",	SLACK_APP, { "v0=" ZEROES, "1531420618" }, SLACK_BODY,
		    SLACK_T + 301, SIGN_NO_MATCH },
		{ "time changed",	SLACK_APP, { "v0=" SLACK, "1531420619" }, SLACK_BODY, SLACK_T,
		    SIGN_NO_MATCH },
		{ "no time",		SLACK_APP, { "v0=" SLACK }, SLACK_BODY, SLACK_T,
		    SIGN_MISSING_HEADERS },
		{ "time a word",	SLACK_APP, { "v0=" SLACK, "now" }, SLACK_BODY, SLACK_T,
		    SIGN_BAD_TIMESTAMP },
		{ "time with a sign",	SLACK_APP, { "v0=" SLACK, "+1531420618" }, SLACK_BODY, SLACK_T,
		    SIGN_BAD_TIMESTAMP },

		{ "Shopify",		SHOPIFY, { SHOP }, BODY, NOW, SIGN_OK },
		{ "hex where base64 is due", SHOPIFY, { HUB }, BODY, NOW, SIGN_BAD_HEADER },
		{ "without padding",	SHOPIFY, { "63DZ3HlbW3VQ5bJrI5Y1s1KU32pOJnNPShO1/ENl5Kw" },
		    BODY, NOW, SIGN_BAD_HEADER },

		{ "Paddle",		PADDLE_APP, { "ts=" TS ";h1=" PADDLE }, BODY, NOW, SIGN_OK },
		{ "the other order",	PADDLE_APP, { "h1=" PADDLE ";ts=" TS }, BODY, NOW, SIGN_OK },
		{ "while keys rotate",	PADDLE_APP, { "ts=" TS ";h1=" ZEROES ";h1=" PADDLE }, BODY, NOW,
		    SIGN_OK },
		{ "blanks and unknown items", PADDLE_APP, { "ts=" TS "; h2=x ; k; h1=" PADDLE ";" },
		    BODY, NOW, SIGN_OK },
		{ "Paddle, late",	PADDLE_APP, { "ts=" TS ";h1=" PADDLE }, BODY, NOW + 301,
		    SIGN_TOO_OLD },
		{ "two times",		PADDLE_APP, { "ts=" TS ";ts=" TS ";h1=" PADDLE }, BODY, NOW,
		    SIGN_BAD_HEADER },
		{ "no item of time",	PADDLE_APP, { "h1=" PADDLE }, BODY, NOW, SIGN_BAD_HEADER },
		{ "empty time",		PADDLE_APP, { "ts=;h1=" PADDLE }, BODY, NOW,
		    SIGN_BAD_TIMESTAMP },
		{ "no digest",		PADDLE_APP, { "ts=" TS }, BODY, NOW, SIGN_BAD_HEADER },
		{ "commas for semicolons", PADDLE_APP, { "ts=" TS ",h1=" PADDLE }, BODY, NOW,
		    SIGN_BAD_HEADER },

		{ "time and id signed",	ID_APP, { WITH_ID, TS, "msg_1" }, BODY, NOW, SIGN_OK },
		{ "another id",		ID_APP, { WITH_ID, TS, "msg_2" }, BODY, NOW, SIGN_NO_MATCH },
		{ "no id",		ID_APP, { WITH_ID, TS, NULL }, BODY, NOW, SIGN_MISSING_HEADERS },
		{ "blank in the id",	ID_APP, { WITH_ID, TS, "msg 1" }, BODY, NOW, SIGN_BAD_HEADER },

		{ "milliseconds",	MS_APP, { WITH_MS, "1700000000123" }, BODY, NOW + 300, SIGN_OK },
		{ "milliseconds, late",	MS_APP, { WITH_MS, "1700000000123" }, BODY, NOW + 301,
		    SIGN_TOO_OLD },
		{ "14 digits",		MS_APP, { WITH_MS, "17000000001234" }, BODY, NOW,
		    SIGN_BAD_TIMESTAMP },
		{ "a secret of 200 bytes", LONG_APP, { LONG_KEY }, BODY, NOW, SIGN_OK },
	};
	struct sign_verdict	v;

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		enum hk_err	e = verify(row[i].app, row[i].value, span_str(row[i].body),
		    &keys[row[i].app], 1, row[i].now, &v);

		expect(row[i].what, &v, e, row[i].want);
	}
}

static void
each_flipped_bit_is_refused(void **state)
{
	char			header[] = "ts=1700000000;h1=" PADDLE, body[] = BODY;
	const char *const	value[3] = { header };
	const struct span	b = SPAN(body);
	struct sign_verdict	v;

	(void)state;
	for (size_t i = 0; i < 8 * strlen(header); i++) {
		header[i / 8] ^= (char)(1 << i % 8);
		/* 0x20 makes another case of a hex letter: the same digest */
		if (verify(PADDLE_APP, value, b, &keys[PADDLE_APP], 1, NOW, &v) == HK_OK &&
		    !(i % 8 == 5 && header[i / 8] >= 'A' && header[i / 8] <= 'F'))
			fail_msg("bit %zu of the header: %s", i, header);
		header[i / 8] ^= (char)(1 << i % 8);
	}
	for (size_t i = 0; i < 8 * b.len; i++) {
		body[i / 8] ^= (char)(1 << i % 8);
		if (verify(PADDLE_APP, value, b, &keys[PADDLE_APP], 1, NOW, &v) == HK_OK)
			fail_msg("bit %zu of the body: %s", i, body);
		body[i / 8] ^= (char)(1 << i % 8);
	}
	assert_int_equal(verify(PADDLE_APP, value, b, &keys[PADDLE_APP], 1, NOW, &v), HK_OK);
}

static void
the_verdict_says_which_secret_id_and_when(void **state)
{
	const char *const	value[3] = { WITH_ID, "1700000000", "msg_1" };
	const char *const	by_both[3] = { "ts=1700000000;h1=" PADDLE_OTHER ";h1=" PADDLE };
	struct sign_key		two[2] = { make_key(&scheme_plain, "pdl_ntfset_other", "new"),
				    keys[PADDLE_APP] };
	struct sign_verdict	v;

	(void)state;
	expect("id", &v, verify(ID_APP, value, SPAN(BODY), &keys[ID_APP], 1, NOW, &v), SIGN_OK);
	assert_true(span_is(v.id, "msg_1"));
	assert_true(span_is(v.header, WITH_ID));
	assert_int_equal(v.signed_s, NOW);
	assert_string_equal(v.label, "label");

	two[0].how = &how[PADDLE_APP];
	expect("both", &v, verify(PADDLE_APP, by_both, SPAN(BODY), two, 2, NOW, &v), SIGN_OK);
	assert_string_equal(v.label, "new");
	expect("old", &v, verify(PADDLE_APP, by_both, SPAN(BODY), two + 1, 1, NOW, &v), SIGN_OK);
	expect("no key", &v, verify(PADDLE_APP, by_both, SPAN(BODY), two, 0, NOW, &v),
	    SIGN_NO_SECRET);
}

static void
headers_have_bounds(void **state)
{
	static char		h[SIGN_HEADER_MAX + 2];
	const char *const	value[3] = { h };
	struct sign_verdict	v;
	int			n = snprintf(h, sizeof(h), "ts=1700000000;h1=" PADDLE ";x=");

	(void)state;
	memset(h + n, ';', sizeof(h) - 1 - (size_t)n);
	expect("8193 bytes", &v, verify(PADDLE_APP, value, SPAN(BODY), &keys[PADDLE_APP], 1, NOW,
	    &v), SIGN_BAD_HEADER);
	h[SIGN_HEADER_MAX] = '\0';
	expect("8192 bytes", &v, verify(PADDLE_APP, value, SPAN(BODY), &keys[PADDLE_APP], 1, NOW,
	    &v), SIGN_OK);
}

static void
what_is_signed_verifies(void **state)
{
	static const struct {
		const char	*what;
		int		 app;
		int64_t		 now;
		const char	*body, *header;
		size_t		 n;
	} row[] = {
		{ "GitHub",	GITHUB,		NOW,	HUB_BODY,	"sha256=" HUB,	1 },
		{ "Slack",	SLACK_APP,	SLACK_T, SLACK_BODY,	"v0=" SLACK,	2 },
		{ "Shopify",	SHOPIFY,	NOW,	BODY,		SHOP,		1 },
		{ "Paddle",	PADDLE_APP,	NOW,	BODY, "ts=1700000000;h1=" PADDLE, 1 },
		{ "with an id",	ID_APP,		NOW,	BODY,		WITH_ID,	3 },
	};
	struct signed_fields	s;
	struct field		room[SIGN_FIELDS];
	struct fields		f;
	struct sign_verdict	v;

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		const struct sign_key	*k = &keys[row[i].app];

		assert_int_equal(scheme_plain.sign(span_str(row[i].body), SPAN("msg_1"), k, 1,
		    row[i].now, &s), HK_OK);
		if (s.n != row[i].n || strcmp(s.value[0], row[i].header) != 0 ||
		    strcmp(s.name[0], k->how->header) != 0)
			fail_msg("%s: %zu fields, %s: %s", row[i].what, s.n, s.name[0], s.value[0]);
		f = as_fields(room, &s);
		expect(row[i].what, &v, scheme_plain.verify(&f, span_str(row[i].body), k, 1,
		    row[i].now, 300, &v), SIGN_OK);
	}
	assert_int_equal(scheme_plain.sign(SPAN(BODY), SPAN("a b"), &keys[ID_APP], 1, NOW, &s),
	    HK_SYNTAX);
	assert_int_equal(scheme_plain.sign(SPAN(BODY), SPAN("x"), keys, 0, NOW, &s), HK_CONF);
}

static void
a_list_has_as_many_signatures_as_fit(void **state)
{
	struct sign_key		many[40];
	struct signed_fields	s;
	size_t			len;

	(void)state;
	for (size_t i = 0; i < 40; i++)
		many[i] = keys[PADDLE_APP];
	assert_int_equal(scheme_plain.sign(SPAN(BODY), SPAN_NULL, many, 40, NOW, &s), HK_OK);
	len = strlen(s.value[0]) - strlen("ts=1700000000");
	assert_int_equal(len % strlen(";h1=" PADDLE), 0);
	assert_in_range(len / strlen(";h1=" PADDLE), 10, 15);
}

static void
settings_are_checked(void **state)
{
	static const struct {
		const char	*what;
		struct sign_how	 h;
		const char	*says;		/* NULL: fine */
	} row[] = {
		{ "the least",	{ .header = "x-s" }, NULL },
		{ "empty texts", { .header = "x-s", .prefix = "", .template = "",
		    .timestamp_header = "", .id_header = "", .digest_item = "",
		    .timestamp_item = "" }, NULL },
		{ "items without a time", { .header = "x-s", .item_separator = ',',
		    .digest_item = "v1" }, NULL },
		{ "no header",	{ .prefix = "x" }, "header" },
		{ "capitals",	{ .header = "X-Signature" }, "header" },
		{ "underscore",	{ .header = "x_signature" }, "header" },
		{ "long name",	{ .header = "x2345678901234567890123456789012345678901234567890123"
		    "456789012345" }, "header" },
		{ "one field for two", { .header = "x-s", .template = "{timestamp}{body}",
		    .timestamp_header = "x-s" }, "same" },
		{ "prefix that is trimmed away", { .header = "x-s", .prefix = " v0=" }, "prefix" },
		{ "prefix that is cut apart", { .header = "x-s", .prefix = "a;b", .item_separator = ';',
		    .digest_item = "h" }, "prefix" },
		{ "prefix with a control character", { .header = "x-s", .prefix = "a\n" }, "prefix" },
		{ "encoding",	{ .header = "x-s", .encoding = (enum sign_encoding)7 }, "encoding" },
		{ "no body",	{ .header = "x-s", .template = "text" }, "{body}" },
		{ "body twice",	{ .header = "x-s", .template = "{body}.{body}" }, "twice" },
		{ "unknown piece", { .header = "x-s", .template = "{url}{body}" }, "'{'" },
		{ "brace open",	{ .header = "x-s", .template = "{body}{body" }, "'{'" },
		{ "pieces touch", { .header = "x-s", .template = "{id}{body}", .id_header = "x-i" },
		    "between" },
		{ "time without a source", { .header = "x-s", .template = "{timestamp}.{body}" },
		    "timestamp_header" },
		{ "time from two sources", { .header = "x-s", .template = "{timestamp}.{body}",
		    .timestamp_header = "x-t", .item_separator = ';', .digest_item = "a",
		    .timestamp_item = "b" }, "exclude" },
		{ "a time that is not signed", { .header = "x-s", .timestamp_header = "x-t" },
		    "not signed" },
		{ "an id that is not signed", { .header = "x-s", .id_header = "x-i" }, "not signed" },
		{ "id without a source", { .header = "x-s", .template = "{id}.{body}" }, "id_header" },
		{ "separator alone", { .header = "x-s", .item_separator = ';' }, "digest_item" },
		{ "item alone",	{ .header = "x-s", .digest_item = "h1" }, "item_separator" },
		{ "separator a letter", { .header = "x-s", .item_separator = 'a',
		    .digest_item = "h1" }, "one of" },
		{ "item with =", { .header = "x-s", .item_separator = ';', .digest_item = "h1=" },
		    "without =" },
		{ "items the same", { .header = "x-s", .template = "{timestamp}.{body}",
		    .item_separator = ';', .digest_item = "a", .timestamp_item = "a" }, "same" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		enum hk_err	e = sign_how_check(&row[i].h);

		if (e != (row[i].says != NULL ? HK_CONF : HK_OK))
			fail_msg("%s: %s", row[i].what, err_name(e));
		if (row[i].says != NULL && strstr(err_last(), row[i].says) == NULL)
			fail_msg("%s: %s", row[i].what, err_last());
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(requests_are_judged_as_configured),
		cmocka_unit_test(each_flipped_bit_is_refused),
		cmocka_unit_test(the_verdict_says_which_secret_id_and_when),
		cmocka_unit_test(headers_have_bounds),
		cmocka_unit_test(what_is_signed_verifies),
		cmocka_unit_test(a_list_has_as_many_signatures_as_fit),
		cmocka_unit_test(settings_are_checked),
	};

	return cmocka_run_group_tests_name("sign/plain", tests, setup, NULL);
}
