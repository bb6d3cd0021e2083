/* Refused requests, and what their owner is told. */
#include "help.h"
#include "base/conf.h"
#include "sign/doctor.h"

#define STRIPE_SECRET	"whsec_StripeStripeStripe"
#define CLERK_SECRET	"whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"
#define RESEND_SECRET	"whsec_YW5vdGhlciBrZXkgb2YgMjQgYnl0ZXMh"
#define TOKEN		"tok_0123456789abcdef"

static const struct sign_how	github = { .header = "x-hub-signature-256", .prefix = "sha256=" };
static const struct sign_how	slack = { .header = "x-slack-signature", .prefix = "v0=",
				    .template = "v0:{timestamp}:{body}",
				    .timestamp_header = "x-slack-request-timestamp" };

static const struct sender {
	const char		*name;
	const struct scheme	*scheme;
	const struct sign_how	*how;
	const char		*secret;
} stripe = { "stripe", &scheme_stripe, NULL, STRIPE_SECRET },
    clerk = { "clerk", &scheme_svix, NULL, CLERK_SECRET },
    resend = { "resend", &scheme_svix, NULL, RESEND_SECRET },
    hub = { "custom:hub", &scheme_plain, &github, "github_secret_text" },
    chat = { "custom:chat", &scheme_plain, &slack, "slack_secret_text" },
    token = { "custom:token", &scheme_bearer, NULL, TOKEN };
static const struct sender *const senders[] = { &stripe, &clerk, &resend, &hub, &chat, &token };
#define NSENDERS	(sizeof(senders) / sizeof(senders[0]))

static struct arena	*arena;

static int
setup(void **state)
{
	(void)state;
	arena = arena_new(32 << 20);
	return arena == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

/*
 * What the doctor says of fields and body at the owner's address.  secret: the
 * owner's configured text; of all others their own are configured.
 */
static struct diagnosis
diagnose(const struct sender *owner, const char *secret, const struct fields *f,
    struct span body, int64_t now_s, struct arena *a)
{
	struct doctor_secret	all[NSENDERS];
	struct doctor_case	c = { .owner = owner->name, .scheme = owner->scheme,
				    .how = owner->how, .fields = f, .body = body, .secret = all,
				    .nsecret = NSENDERS, .now_s = now_s, .tolerance_s = 300,
				    .mode = MODE_TEST };
	struct diagnosis	d;

	for (size_t i = 0; i < NSENDERS; i++) {
		const struct sender	*s = senders[i];

		all[i] = (struct doctor_secret){ s->name, s->scheme, s->how,
			span_str(s == owner ? secret : s->secret), "label-1" };
	}
	doctor_diagnose(&d, &c, a);
	arena_reset(arena);
	return d;
}

static void
told(const char *what, const struct diagnosis *d, const char *reason, const char *says)
{
	if (strcmp(d->reason, reason) != 0 || strstr(d->detail, says) == NULL)
		fail_msg("%s: %s: %s", what, d->reason, d->detail);
	for (const char *p = d->detail; *p != '\0'; p++)
		if (*p < ' ' || *p > '~')
			fail_msg("%s: byte %d in: %s", what, *p, d->detail);
	if (d->detail[0] == '\0' || strstr(d->detail, "Stripe" "Stripe") != NULL ||
	    strstr(d->detail, "MDEyMzQ1") != NULL || strstr(d->detail, "tok_") != NULL ||
	    strstr(d->detail, "secret_text") != NULL)
		fail_msg("%s: nothing or a secret in: %s", what, d->detail);
}

/* Sign by a sender's scheme with a secret. */
static void
sign_by(struct signed_fields *out, const struct sender *s, const char *secret, struct span body)
{
	struct sign_key	k = make_key(s->scheme, secret, "x");

	k.how = s->how;
	assert_int_equal(s->scheme->sign(body, SPAN("msg_1"), &k, 1, NOW, out), HK_OK);
}

#define EVENT	"{\"id\":\"evt_1\",\"livemode\":false}"

static void
whoever_signed_it_is_named(void **state)
{
	static const struct {
		const char		*what;
		const struct sender	*by, *owner;	/* who signed; where it came to */
		const char		*with, *configured;	/* NULL: their own */
		int64_t			 now;
		const char		*reason, *says;
	} row[] = {
		{ "nothing wrong",	&stripe, &stripe, NULL, NULL, NOW, "ok", "Nothing is wrong" },
		{ "nothing wrong, Svix", &clerk, &clerk, NULL, NULL, NOW + 300, "ok", "Nothing" },
		{ "an hour old",	&stripe, &stripe, NULL, NULL, NOW + 3600, "clock",
		    "60 minutes ago" },
		{ "a replay of days",	&clerk, &clerk, NULL, NULL, NOW + 864000, "clock",
		    "10 days ago" },
		{ "clock behind",	&clerk, &clerk, NULL, NULL, NOW - 301, "clock",
		    "5 minutes ahead of our clock" },
		{ "configured sender late", &chat, &chat, NULL, NULL, NOW + 400, "clock",
		    "6 minutes ago" },
		{ "Clerk at Stripe's address", &clerk, &stripe, NULL, NULL, NOW, "wrong_provider",
		    "Give the sender the address of \"clerk\"" },
		{ "Stripe at Clerk's address", &stripe, &clerk, NULL, NULL, NOW, "wrong_provider",
		    "address of \"stripe\"" },
		{ "Clerk at Resend's address", &clerk, &resend, NULL, NULL, NOW, "wrong_provider",
		    "Either the sender has the wrong address" },
		{ "GitHub at Stripe's address", &hub, &stripe, NULL, NULL, NOW, "wrong_provider",
		    "custom:hub" },
		{ "a token at Stripe's address", &token, &stripe, NULL, NULL, NOW, "wrong_provider",
		    "custom:token" },
		{ "Stripe with the secret in Clerk's section", &stripe, &stripe, CLERK_SECRET, NULL,
		    NOW, "wrong_provider", "move it to \"stripe\"" },
		{ "another's and late",	&clerk, &resend, NULL, NULL, NOW + 999, "wrong_provider",
		    "clerk" },
		{ "missing, unknown sender", &clerk, &stripe, RESEND_SECRET "x" "xxx", NULL, NOW,
		    "missing_signature", "svix-signature (Svix, as of Clerk and Resend)" },
		{ "nobody's secret",	&stripe, &stripe, "whsec_forged_forged", NULL, NOW,
		    "no_match", "forged" },
		{ "nobody's, and late",	&stripe, &stripe, "whsec_forged_forged", NULL, NOW + 999,
		    "no_match", "No configured secret (of 1)" },
		{ "nobody's, Svix",	&clerk, &clerk, "whsec_ZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZ", NULL,
		    NOW, "no_match", "right one is missing" },
		{ "another token",	&token, &token, "tok_fedcba9876543210", NULL, NOW, "no_match",
		    "guessed" },
		/* the text of a secret */
		{ "line end configured", &stripe, &stripe, NULL, STRIPE_SECRET "\r\n", NOW,
		    "secret_text", "blanks or line end" },
		{ "blank configured, Svix", &clerk, &clerk, NULL, " " CLERK_SECRET, NOW,
		    "secret_text", "blanks or line end" },
		{ "quotes configured",	&stripe, &stripe, NULL, "\"" STRIPE_SECRET "\"", NOW,
		    "secret_text", "quotes" },
		{ "quotes configured, Svix", &clerk, &clerk, NULL, "'" CLERK_SECRET "'", NOW,
		    "secret_text", "quotes" },
		{ "prefix left out",	&stripe, &stripe, NULL, "StripeStripeStripe", NOW,
		    "secret_text", "copied incompletely" },
		{ "prefix added",	&hub, &hub, NULL, "whsec_github_secret_text", NOW,
		    "secret_text", "added by hand" },
		{ "line end at the sender's", &hub, &hub, "github_secret_text\n", NULL, NOW,
		    "secret_text", "line end behind it" },
		{ "decoded by the sender", &hub, &hub, "0123456789abcdef",
		    "MDEyMzQ1Njc4OWFiY2RlZg==", NOW, "secret_text", "base64" },
		{ "hex digits decoded by the sender", &hub, &hub, "0123456789abcdef",
		    "30313233343536373839616263646566", NOW, "secret_text", "hex" },
		{ "a token with a blank", &token, &token, NULL, TOKEN " ", NOW, "secret_text",
		    "blanks" },
		{ "no usable secret",	&stripe, &stripe, NULL, "", NOW, "no_match",
		    "No usable secret is configured for \"stripe\"" },
	};
	struct signed_fields	s;
	struct field		room[SIGN_FIELDS];
	struct fields		f;
	struct diagnosis	d;

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		sign_by(&s, row[i].by, row[i].with != NULL ? row[i].with : row[i].by->secret,
		    SPAN(EVENT));
		f = as_fields(room, &s);
		d = diagnose(row[i].owner, row[i].configured != NULL ? row[i].configured :
		    row[i].owner->secret, &f, SPAN(EVENT), row[i].now, arena);
		told(row[i].what, &d, row[i].reason, row[i].says);
		if (row[i].by->scheme == row[i].owner->scheme && !d.shaped)
			fail_msg("%s: is not shaped as an event", row[i].what);
	}
}

/* Svix signed raw text: its own scheme cannot make that key, Stripe's can. */
static void
a_secret_that_was_not_decoded(void **state)
{
	struct sign_key		k = make_key(&scheme_svix, CLERK_SECRET, "x");
	struct signed_fields	s;
	struct field		room[SIGN_FIELDS];
	struct fields		f;
	struct diagnosis	d;

	(void)state;
	memcpy(k.key, CLERK_SECRET, strlen(CLERK_SECRET));
	k.len = strlen(CLERK_SECRET);
	assert_int_equal(scheme_svix.sign(SPAN(EVENT), SPAN("m"), &k, 1, NOW, &s), HK_OK);
	f = as_fields(room, &s);
	d = diagnose(&clerk, CLERK_SECRET, &f, SPAN(EVENT), NOW, arena);
	told("raw text", &d, "secret_text", "plain text");
}

/* Ed25519 is slow, so fewer things are tried; the likely ones still are. */
static void
asymmetric_signatures_are_looked_at(void **state)
{
	static const struct {
		const char	*what, *came;
		int64_t		 now;
		const char	*reason;
	} row[] = {
		{ "as sent",		EVENT,		NOW,		"ok" },
		{ "late",		EVENT,		NOW + 301,	"clock" },
		{ "line end added",	EVENT "\n",	NOW,		"body_changed" },
		{ "another one",	"{}",		NOW,		"no_match" },
	};
	static const char	whsk[] = "whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZ"
				    "cDusAxyuf2DXWpgBgrEKt9VL/tPJZAc6DuFy89qmIyWvAhpo9wdRGg==";
	struct signed_fields	s;
	struct field		room[SIGN_FIELDS];
	struct fields		f;
	struct diagnosis	d;

	(void)state;
	sign_by(&s, &clerk, whsk, SPAN(EVENT));
	f = as_fields(room, &s);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		d = diagnose(&clerk, whsk, &f, span_str(row[i].came), row[i].now, arena);
		told(row[i].what, &d, row[i].reason, "");
		assert_true(d.shaped);
	}
}

/* As Stripe prints, and what becomes of it. */
#define PRETTY	"{\n  \"id\": \"evt_1\",\n  \"url\": \"https://a.test/?b&c\",\n  \"n\": 1.50,\n" \
		"  \"big\": 12345678901234567890123,\n  \"list\": [\n\n  ],\n  \"map\": {\n  },\n" \
		"  \"in\": [\n    1,\n    {\n      \"a\": null\n    }\n  ],\n  \"name\": \"Zo\xc3\xab\"\n}"
#define COMPACT	"{\"id\":\"evt_1\",\"url\":\"https://a.test/?b&c\",\"n\":1.50," \
		"\"big\":12345678901234567890123,\"list\":[],\"map\":{},\"in\":[1,{\"a\":null}]," \
		"\"name\":\"Zo\xc3\xab\"}"
#define SPACED	"{\"id\": \"evt_1\", \"url\": \"https://a.test/?b&c\", \"n\": 1.50, " \
		"\"big\": 12345678901234567890123, \"list\": [], \"map\": {}, " \
		"\"in\": [1, {\"a\": null}], \"name\": \"Zo\xc3\xab\"}"
#define SPACED_ASCII "{\"id\": \"evt_1\", \"url\": \"https://a.test/?b&c\", \"n\": 1.50, " \
		"\"big\": 12345678901234567890123, \"list\": [], \"map\": {}, " \
		"\"in\": [1, {\"a\": null}], \"name\": \"Zo\\u00eb\"}"
#define PHP	"{\"id\":\"evt_1\",\"url\":\"https:\\/\\/a.test\\/?b&c\",\"n\":1.50," \
		"\"big\":12345678901234567890123,\"list\":[],\"map\":{},\"in\":[1,{\"a\":null}]," \
		"\"name\":\"Zo\\u00eb\"}"
#define GO	"{\"id\":\"evt_1\",\"url\":\"https://a.test/?b\\u0026c\",\"n\":1.50," \
		"\"big\":12345678901234567890123,\"list\":[],\"map\":{},\"in\":[1,{\"a\":null}]," \
		"\"name\":\"Zo\xc3\xab\"}"
#define INDENTED "{\n  \"id\": \"evt_1\",\n  \"url\": \"https://a.test/?b&c\",\n  \"n\": 1.50,\n" \
		"  \"big\": 12345678901234567890123,\n  \"list\": [],\n  \"map\": {},\n" \
		"  \"in\": [\n    1,\n    {\n      \"a\": null\n    }\n  ],\n  \"name\": \"Zo\xc3\xab\"\n}"
#define BOM	"\xef\xbb\xbf"

static void
a_changed_body_is_changed_back(void **state)
{
	static const struct {
		const char	*what, *sent, *came, *says;
	} row[] = {
		{ "line end added",	COMPACT,	COMPACT "\n",	"without its final line end" },
		{ "CRLF added",		COMPACT,	COMPACT "\r\n",	"without its final line end" },
		{ "line end lost",	COMPACT "\n",	COMPACT,	"with a final line end" },
		{ "two line ends added", COMPACT,	COMPACT "\n\n",	"blanks around" },
		{ "blanks added",	COMPACT,	" " COMPACT "\t", "blanks around" },
		{ "LF to CRLF",		"{\n\"a\":\n1}",	"{\r\n\"a\":\r\n1}",	"LF instead of CRLF" },
		{ "CRLF to LF",		"{\r\n\"a\":\r\n1}",	"{\n\"a\":\n1}",	"CRLF instead of LF" },
		{ "LF to CRLF and one more", "{\n\"a\":1}",	"{\r\n\"a\":1}\r\n",
		    "LF line ends and without" },
		{ "mark lost",		BOM COMPACT,	COMPACT,	"with a byte order mark" },
		{ "mark added",		COMPACT,	BOM COMPACT,	"without its byte order mark" },
		{ "mark and line end added", COMPACT,	BOM COMPACT "\n", "mark and final line end" },
		{ "no JSON, line end",	"a=b",		"a=b\n",	"without its final line end" },
		/* printed again, numbers as they were */
		{ "Stripe's made compact", PRETTY,	COMPACT,	"Stripe's layout" },
		{ "Stripe's by Python",	PRETTY,		SPACED_ASCII,	"Stripe's layout without \\/" },
		{ "Stripe's by PHP",	PRETTY,		PHP,		"Stripe's layout without \\/" },
		{ "Stripe's by Go",	PRETTY,		GO,		"Stripe's layout without \\/" },
		{ "Stripe's by Node",	PRETTY,		INDENTED,	"Stripe's layout" },
		{ "compact made pretty", COMPACT,	PRETTY,		"compact JSON" },
		{ "compact by PHP",	COMPACT,	PHP,		"compact JSON without \\/" },
		{ "compact with a mark", COMPACT,	BOM PRETTY,	"compact JSON" },
		{ "Python's made compact", SPACED,	COMPACT,	"one line with blanks" },
		{ "Python's with escapes", SPACED_ASCII, COMPACT,	"what is not ASCII" },
		{ "PHP's made plain",	PHP,		COMPACT,	"with \\/ and \\u escapes" },
		{ "PHP's by Python",	PHP,		SPACED_ASCII,	"with \\/ and \\u escapes" },
		{ "Go's made plain",	GO,		COMPACT,	"< > &" },
		{ "Node's pretty one",	INDENTED,	COMPACT,	"two blanks" },
		{ "compact with a line end", COMPACT "\n", SPACED,	"compact JSON with a final" },
		{ "pair of surrogates",	"{\"a\":\"\xf0\x9f\x98\x80\"}", "{\"a\":\"\\ud83d\\ude00\"}",
		    "without \\/" },
		{ "pair of surrogates made", "{\"a\":\"\\ud83d\\ude00\"}", "{\"a\":\"\xf0\x9f\x98\x80\"}",
		    "not ASCII" },
		{ "control characters",	"{\"a\":\"\\u0001\\n\\\"\\\\/\"}",
		    "{\"a\": \"\\u0001\\u000a\\u0022\\u005c\\/\"}", "without \\/" },
	};
	static const struct sender *const by[] = { &stripe, &clerk, &hub, &chat };
	struct signed_fields	s;
	struct field		room[SIGN_FIELDS];
	struct fields		f;
	struct diagnosis	d;

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		for (size_t k = 0; k < sizeof(by) / sizeof(by[0]); k++) {
			sign_by(&s, by[k], by[k]->secret, span_str(row[i].sent));
			f = as_fields(room, &s);
			/* a late one is a changed one first */
			d = diagnose(by[k], by[k]->secret, &f, span_str(row[i].came),
			    NOW + 60 * (int64_t)k, arena);
			told(row[i].what, &d, "body_changed", row[i].says);
		}
}

static void
a_really_other_body_is_no_match(void **state)
{
	static const struct {
		const char	*what, *sent, *came;
	} row[] = {
		{ "a number printed again",	"{\"n\":1.50}",		"{\"n\":1.5}" },
		{ "another value",		"{\"n\":\"a\"}",	"{\"n\":\"b\"}" },
		{ "names in another order",	"{\"a\":1,\"b\":2}",	"{\"b\":2,\"a\":1}" },
		{ "cut off",			COMPACT,		"{\"id\":\"evt_1\"" },
		{ "empty",			COMPACT,		"" },
	};
	struct signed_fields	s;
	struct field		room[SIGN_FIELDS];
	struct fields		f;
	struct diagnosis	d;

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		sign_by(&s, &stripe, STRIPE_SECRET, span_str(row[i].sent));
		f = as_fields(room, &s);
		d = diagnose(&stripe, STRIPE_SECRET, &f, span_str(row[i].came), NOW, arena);
		told(row[i].what, &d, "no_match", "secret");
		if (d.shaped != (row[i].came[0] != '\0' && i < 3))
			fail_msg("%s: shaped", row[i].what);
	}
}

#define HEX64	"0000000000000000000000000000000000000000000000000000000000000000"
#define B64	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static void
headers_are_looked_at(void **state)
{
	static const struct {
		const char		*what;
		const struct sender	*owner;
		struct field		 f[3];
		const char		*reason, *says;
	} row[] = {
#define F(n, v)	{ { n, sizeof(n) - 1 }, { v, sizeof(v) - 1 } }
		{ "none at all",	&stripe, { F("accept", "*/*") }, "missing_signature",
		    "stripe-signature is missing. No other" },
		{ "empty",		&stripe, { F("stripe-signature", "") }, "missing_signature",
		    "stripe-signature is missing" },
		{ "two instead",	&stripe, { F("webhook-signature", "v1,x"),
		    F("x-hub-signature-256", "x") }, "missing_signature",
		    "webhook-signature (Standard Webhooks), x-hub-signature-256 (GitHub)" },
		{ "no t",		&stripe, { F("stripe-signature", "v1=" HEX64) },
		    "malformed_header", "no time" },
		{ "t twice",		&stripe, { F("stripe-signature", "t=1,v1=" HEX64 ", t=2,t=1") },
		    "malformed_header", "two times" },
		{ "t a word",		&stripe, { F("stripe-signature", "t=now,v1=" HEX64) },
		    "malformed_header", "The time in stripe-signature is \"now\"" },
		{ "t in milliseconds",	&stripe, { F("stripe-signature", "t=1700000000000,v1=" HEX64) },
		    "malformed_header", "seconds since 1970" },
		{ "v0 only",		&stripe, { F("stripe-signature", "t=1700000000,v0=" HEX64) },
		    "malformed_header", "no signature of version v1" },
		{ "v1 cut off",		&stripe, { F("stripe-signature", "t=1700000000,v1=00112233") },
		    "malformed_header", "v1 of 8 characters" },
		{ "hostile text",	&stripe, { F("stripe-signature",
		    "\x1b[\"\0\xff\nt=<script>, and so on") },
		    "malformed_header", "\"?[\"???t=...\"" },
		{ "no id",		&clerk, { F("svix-timestamp", "1700000000"),
		    F("svix-signature", "v1," B64) }, "missing_signature", "svix-id is missing" },
		{ "no signature",	&clerk, { F("svix-id", "m"), F("svix-timestamp", "1700000000") },
		    "missing_signature", "svix-signature is missing" },
		{ "the other set",	&clerk, { F("webhook-id", "m"), F("webhook-signature", "v1," B64) },
		    "missing_signature", "webhook-timestamp is missing" },
		{ "timestamp",		&clerk, { F("svix-id", "m"), F("svix-timestamp", "1.7e9"),
		    F("svix-signature", "v1," B64) }, "malformed_header", "svix-timestamp is \"1.7e9\"" },
		{ "id with a blank",	&clerk, { F("svix-id", "m m"), F("svix-timestamp", "1700000000"),
		    F("svix-signature", "v1," B64) }, "malformed_header", "begins with \"m m\"" },
		{ "v2 only",		&clerk, { F("svix-id", "m"), F("svix-timestamp", "1700000000"),
		    F("svix-signature", "v2," B64) }, "malformed_header", "no \"v1,\"" },
		{ "hex for base64",	&clerk, { F("svix-id", "m"), F("svix-timestamp", "1700000000"),
		    F("svix-signature", "v1," HEX64) }, "malformed_header", "no \"v1,\"" },
		{ "SHA-1 from GitHub",	&hub, { F("x-hub-signature-256", "sha1=00") },
		    "malformed_header", "no sha256=64 hex digits" },
		{ "no time",		&chat, { F("x-slack-signature", "v0=" HEX64) },
		    "missing_signature", "x-slack-request-timestamp is missing" },
		{ "time a word",	&chat, { F("x-slack-signature", "v0=" HEX64),
		    F("x-slack-request-timestamp", "now") }, "malformed_header", "\"now\"" },
		{ "no token",		&token, { F("accept", "*/*") }, "missing_signature",
		    "CGIPassAuth" },
		{ "password for a token", &token, { F("authorization", "Basic tok_YWJj") },
		    "malformed_header", "Bearer" },
	};
	struct diagnosis	d;

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		const struct fields	 f = { row[i].f, 3 };

		d = diagnose(row[i].owner, row[i].owner->secret, &f, SPAN(EVENT), NOW, arena);
		told(row[i].what, &d, row[i].reason, row[i].says);
		if (d.shaped)
			fail_msg("%s: shaped", row[i].what);
	}
}

static void
the_other_mode_is_named(void **state)
{
	static const struct {
		const char	*what, *body;
		int		 mode;
		const char	*reason, *says;
	} row[] = {
		{ "live event here in test", "{\"livemode\":true}", MODE_TEST, "wrong_mode",
		    "of live mode while we run in test mode" },
		{ "test event here in live", "{\"livemode\":false}", MODE_LIVE, "wrong_mode",
		    "of test mode while we run in live mode" },
		{ "same mode",	"{\"livemode\":false}",	MODE_TEST,	"no_match", "" },
		{ "mode not known", "{\"livemode\":true}", -1,		"no_match", "" },
		{ "not said",	"{\"type\":\"x\"}",	MODE_LIVE,	"no_match", "" },
		{ "not a truth value", "{\"livemode\":\"true\"}", MODE_TEST, "no_match", "" },
		{ "deeper inside", "{\"data\":{\"livemode\":true}}", MODE_TEST, "no_match", "" },
	};
	const struct field	 header = { SPAN("stripe-signature"), SPAN("t=1700000000,v1=" HEX64) };
	const struct fields	 f = { &header, 1 };
	const struct doctor_secret own = { "stripe", &scheme_stripe, NULL, SPAN(STRIPE_SECRET), "a" };
	struct diagnosis	 d;

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct doctor_case	c = { "stripe", &scheme_stripe, NULL, &f, span_str(row[i].body),
					    &own, 1, NOW, 300, row[i].mode };

		doctor_diagnose(&d, &c, arena);
		told(row[i].what, &d, row[i].reason, row[i].says);
		arena_reset(arena);
	}
}

static void
without_memory_it_still_answers(void **state)
{
	static const size_t	rooms[] = { 0, 100, 5000, 9000 };
	struct signed_fields	s;
	struct field		room[SIGN_FIELDS];
	struct fields		f;
	struct diagnosis	d;

	(void)state;
	sign_by(&s, &stripe, STRIPE_SECRET, SPAN(PRETTY));
	f = as_fields(room, &s);
	d = diagnose(&stripe, STRIPE_SECRET, &f, SPAN(COMPACT), NOW, NULL);
	told("no arena", &d, "no_match", "");
	for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++) {
		struct arena	*small = arena_new(rooms[i]);

		d = diagnose(&stripe, STRIPE_SECRET, &f, SPAN(COMPACT), NOW, small);
		if (strcmp(d.reason, "no_match") != 0 && strcmp(d.reason, "body_changed") != 0)
			fail_msg("%zu bytes: %s", rooms[i], d.reason);
		arena_free(small);
	}
	d = diagnose(&stripe, STRIPE_SECRET, &f, SPAN(PRETTY), NOW + 999, NULL);
	told("clock needs none", &d, "clock", "minutes ago");
}

/* Nothing that is sent can do more than be refused; sanitizers watch. */
static void
hostile_requests_are_survived(void **state)
{
	static char		big[DOCTOR_BODY_MAX + 1], header[SIGN_HEADER_MAX + 1];
	static const char	*fills[] = { "[", "{\"a\":", "\"", "\\", "\\u", "[1,", "\n", "\xff", "[]," };
	struct signed_fields	s;
	struct field		room[SIGN_FIELDS] = { { SPAN("stripe-signature"), SPAN_NULL } };
	struct fields		f = { room, 1 };
	struct diagnosis	d;
	size_t			n;

	(void)state;
	for (size_t i = 0; i < sizeof(fills) / sizeof(fills[0]); i++) {
		n = strlen(fills[i]);
		for (size_t k = 0; k < 20000; k++)
			big[k] = fills[i][k % n];
		room[0].value = SPAN("t=1700000000,v1=" HEX64);
		d = diagnose(&stripe, STRIPE_SECRET, &f, span_of(big, 20000), NOW, arena);
		told(fills[i], &d, "no_match", "");
		assert_false(d.shaped);
		for (size_t k = 0; k < sizeof(header); k++)
			header[k] = fills[i][k % n];
		room[0].value = span_of(header, sizeof(header));
		d = diagnose(&stripe, STRIPE_SECRET, &f, SPAN("\0{\0}"), NOW, arena);
		told("too long a header", &d, "malformed_header", "8193 bytes");
		room[0].value.len--;
		d = diagnose(&stripe, STRIPE_SECRET, &f, SPAN("{}"), NOW, arena);
		told("long header", &d, "malformed_header", "no time");
	}
	/* deep, and as wide as it gets when indented */
	n = 0;
	big[n++] = '{';
	n += (size_t)sprintf(big + n, "\"a\":");
	memset(big + n, '[', 98);
	n += 98;
	while (n < 100000)
		n += (size_t)sprintf(big + n, "1,");
	big[n - 1] = ']';
	memset(big + n, ']', 97);
	n += 97;
	big[n++] = '}';
	sign_by(&s, &stripe, STRIPE_SECRET, span_of(big, n));
	f = as_fields(room, &s);
	big[n++] = '\n';
	d = diagnose(&stripe, STRIPE_SECRET, &f, span_of(big, n), NOW, arena);
	told("deep and wide", &d, "body_changed", "final line end");
	assert_true(d.shaped);
	big[n++] = '\n';
	big[n++] = '1';
	d = diagnose(&stripe, STRIPE_SECRET, &f, span_of(big, n), NOW, arena);
	told("deep and wide, broken", &d, "no_match", "");
}

static void
a_body_over_the_bound_is_taken_as_it_came(void **state)
{
	static char		big[DOCTOR_BODY_MAX + 1];
	struct signed_fields	s;
	struct field		room[SIGN_FIELDS];
	struct fields		f;
	struct diagnosis	d;

	(void)state;
	memset(big, ' ', sizeof(big));
	big[0] = '{';
	for (size_t n = DOCTOR_BODY_MAX; n <= sizeof(big); n++) {
		big[n - 2] = '}';
		big[n - 1] = '\n';
		sign_by(&s, &clerk, CLERK_SECRET, span_of(big, n - 1));
		f = as_fields(room, &s);
		d = diagnose(&clerk, CLERK_SECRET, &f, span_of(big, n), NOW, arena);
		told("256 KB", &d, n > DOCTOR_BODY_MAX ? "no_match" : "body_changed", "secret");
		assert_true(d.shaped);
		big[n - 2] = ' ';
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(whoever_signed_it_is_named),
		cmocka_unit_test(a_secret_that_was_not_decoded),
		cmocka_unit_test(asymmetric_signatures_are_looked_at),
		cmocka_unit_test(a_changed_body_is_changed_back),
		cmocka_unit_test(a_really_other_body_is_no_match),
		cmocka_unit_test(headers_are_looked_at),
		cmocka_unit_test(the_other_mode_is_named),
		cmocka_unit_test(without_memory_it_still_answers),
		cmocka_unit_test(hostile_requests_are_survived),
		cmocka_unit_test(a_body_over_the_bound_is_taken_as_it_came),
	};

	return cmocka_run_group_tests_name("sign/doctor", tests, setup, teardown);
}
