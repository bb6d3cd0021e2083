/* Custom senders: what their sections make of a request. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>

#include "provider/custom.h"

#define BASE	"[hookkeeper]\ndb = /srv/hk.sqlite\nmode = test\n[custom x]\n"	/* line 4 */
#define HMAC	"scheme = hmac\nheader = x-sig\n"
#define EMPTY_SHA "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define X16	"xxxxxxxxxxxxxxxx"
#define X257	X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 X16 "x"

static const char *const no_env[] = { NULL };

static struct conf *
conf_of(const char *section)
{
	char		 text[2000];
	struct conf	*c;

	snprintf(text, sizeof(text), BASE "%s", section);
	if (conf_parse(&c, "/etc/hk.conf", span_str(text), true, no_env, true) != HK_OK)
		fail_msg("%s: %s", section, err_last());
	return c;
}

static const struct custom *
open_it(const struct conf *c, struct arena *a)
{
	const struct custom	*cu;

	if (custom_open(&cu, c, &c->sender[CONF_SENDERS], a) != HK_OK)
		fail_msg("%s", err_last());
	return cu;
}

/* ---- envelopes ----------------------------------------------------------- */

/* The request has these fields besides its body; message_id is "msg_1". */
static const struct field	fields[] = {
	{ { "x-id", 4 }, { "d-1", 3 } },
	{ { "x-type", 6 }, { "orders/create", 13 } },
	{ { "x-empty", 7 }, { "", 0 } },
	{ { "x-blank", 7 }, { "a b", 3 } },
	{ { "x-long", 6 }, { X257, 257 } },
	{ { "x-time", 6 }, { "2026-11-02T06:13:20.5Z", 22 } },
};

static const struct row {
	const char	*phrase, *section, *body;
	enum hk_err	 want;
	const char	*says;			/* part of err_last() */
	const char	*id, *type, *lane;	/* id NULL: the SHA-256 of the body */
	int64_t		 occurred_us;
} rows[] = {
	{ "Standard: header and type", "", "{\"type\":\"a.b\"}", HK_OK, NULL, "msg_1", "a.b", NULL, 0 },
	{ "Standard: no type is none", "", "{\"event\":\"a.b\"}", HK_OK, NULL, "msg_1", NULL, NULL, 0 },
	{ "Standard: a type that is no text", "", "{\"type\":{\"a\":1}}", HK_OK, NULL, "msg_1", NULL, NULL, 0 },
	{ "Standard: not JSON", "", "a=1&b=2", HK_SYNTAX, "byte", NULL, NULL, NULL, 0 },
	{ "Standard: no object", "", "[1]", HK_SYNTAX, "", NULL, NULL, NULL, 0 },
	{ "Standard: not JSON, and the type elsewhere", "type_from = header:X-Type\n", "<xml/>", HK_SYNTAX, "byte",
	    NULL, NULL, NULL, 0 },
	{ "Standard: an id of its own", "id_from = body:data.id\n", "{\"type\":\"t\",\"data\":{\"id\":\"d\"}}",
	    HK_OK, NULL, "d", "t", NULL, 0 },

	{ "GitHub: all in fields", HMAC "id_from = header:X-ID\ntype_from = header:X-Type\n", "{\"type\":\"no\"}",
	    HK_OK, NULL, "d-1", "orders/create", NULL, 0 },
	{ "all in fields: the body may be anything", HMAC "id_from = header:x-id\ntype_from = header:x-type\n",
	    "payload=%7B%7D", HK_OK, NULL, "d-1", "orders/create", NULL, 0 },
	{ "the id in a field: a form has no type", HMAC "id_from = header:x-id\n", "a=1", HK_OK, NULL, "d-1",
	    NULL, NULL, 0 },
	{ "the id in a field that is not there", HMAC "id_from = header:x-no\n", "{}", HK_SYNTAX,
	    "header:x-no is missing, or no text of 1 to 256", NULL, NULL, NULL, 0 },
	{ "the id in an empty field", HMAC "id_from = header:x-empty\n", "{}", HK_SYNTAX, "header:x-empty", NULL,
	    NULL, NULL, 0 },
	{ "the id with a blank", HMAC "id_from = header:x-blank\n", "{}", HK_SYNTAX, "header:x-blank", NULL,
	    NULL, NULL, 0 },
	{ "the id too long", HMAC "id_from = header:x-long\n", "{}", HK_SYNTAX, "header:x-long", NULL, NULL, NULL, 0 },
	{ "the type's field is not there", HMAC "id_from = header:x-id\ntype_from = header:x-no\n",
	    "{\"type\":\"t\"}", HK_OK, NULL, "d-1", "t", NULL, 0 },

	{ "no source at all: the body is the id", HMAC, "{\"type\":\"t\",\"id\":\"x\"}", HK_OK, NULL, NULL, "t", NULL, 0 },
	{ "no source at all, and a form", HMAC, "a=1&b=2", HK_OK, NULL, NULL, NULL, NULL, 0 },
	{ "no source at all, an empty body", HMAC, "", HK_OK, NULL, EMPTY_SHA, NULL, NULL, 0 },
	{ "a bearer's body", "scheme = bearer\n", "<xml type=\"a\"/>", HK_OK, NULL, NULL, NULL, NULL, 0 },
	{ "an array", "scheme = basic\n", "[{\"type\":\"t\"}]", HK_OK, NULL, NULL, NULL, NULL, 0 },

	{ "the id in the body", HMAC "id_from = body:data.object.id\n",
	    "{\"data\":{\"object\":{\"id\":\"o-1\"}},\"type\":\"t\"}", HK_OK, NULL, "o-1", "t", NULL, 0 },
	{ "a number is an id", HMAC "id_from = body:id\n", "{\"id\":820982911946154508}", HK_OK, NULL,
	    "820982911946154508", NULL, NULL, 0 },
	{ "an escaped id", HMAC "id_from = body:id\n", "{\"id\":\"a\\u002fb\"}", HK_OK, NULL, "a/b", NULL, NULL, 0 },
	{ "an id that is true", HMAC "id_from = body:id\n", "{\"id\":true}", HK_SYNTAX, "body:id is missing, or no",
	    NULL, NULL, NULL, 0 },
	{ "an id with a line end", HMAC "id_from = body:id\n", "{\"id\":\"a\\nb\"}", HK_SYNTAX, "body:id", NULL,
	    NULL, NULL, 0 },
	{ "an id with a NUL", HMAC "id_from = body:id\n", "{\"id\":\"a\\u0000b\"}", HK_SYNTAX, "body:id", NULL,
	    NULL, NULL, 0 },
	{ "no such path", HMAC "id_from = body:data.id\n", "{\"data\":[{\"id\":\"x\"}]}", HK_SYNTAX, "body:data.id",
	    NULL, NULL, NULL, 0 },
	{ "the id of a form", HMAC "id_from = body:id\n", "id=1", HK_SYNTAX, "byte", NULL, NULL, NULL, 0 },
	{ "the type of a form", HMAC "type_from = body:kind\n", "kind=1", HK_SYNTAX, "byte", NULL, NULL, NULL, 0 },
	{ "the type is deep", HMAC "type_from = body:event.type\n", "{\"type\":\"outer\",\"event\":{\"type\":\"inner\"}}",
	    HK_OK, NULL, NULL, "inner", NULL, 0 },
	{ "the type is not where it should be", HMAC "type_from = body:event.type\n", "{\"type\":\"outer\"}",
	    HK_OK, NULL, NULL, "outer", NULL, 0 },
	{ "letters of a path count", HMAC "type_from = body:Kind\n", "{\"kind\":\"a\",\"Kind\":\"b\"}", HK_OK, NULL,
	    NULL, "b", NULL, 0 },

	{ "lane and time in the body", HMAC "lane_from = body:team.id\noccurred_from = body:at\n",
	    "{\"team\":{\"id\":7},\"at\":1793600000}", HK_OK, NULL, NULL, NULL, "7", INT64_C(1793600000000000) },
	{ "a time in milliseconds, as a text", HMAC "occurred_from = body:at\n", "{\"at\":\"1793600000123\"}", HK_OK,
	    NULL, NULL, NULL, NULL, INT64_C(1793600000123000) },
	{ "a time in a field", HMAC "occurred_from = header:x-time\n", "x", HK_OK, NULL, NULL, NULL, NULL,
	    INT64_C(1793600000500000) },
	{ "a time that is none", HMAC "occurred_from = body:at\n", "{\"at\":\"yesterday\"}", HK_OK, NULL, NULL, NULL,
	    NULL, 0 },
	{ "lane of a form: nothing", HMAC "lane_from = body:team.id\n", "team=1", HK_OK, NULL, NULL, NULL, NULL, 0 },
	{ "every path at its deepest", HMAC "id_from = body:a.b.c.d.e.f\ntype_from = body:a1.b.c.d.e.f\n"
	    "lane_from = body:a2.b.c.d.e.f\noccurred_from = body:a3.b.c.d.e.f\nchallenge_from = body:a4.b.c.d.e.f\n",
	    "{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"f\":\"deep\"}}}}},\"a1\":{\"b\":{\"c\":{\"d\":{\"e\":{\"f\":\"t\"}}}}}}",
	    HK_OK, NULL, "deep", "t", NULL, 0 },
};

static void
is_absent_or(const char *phrase, const char *what, struct span got, const char *want)
{
	if (want == NULL ? got.p != NULL : !span_is(got, want))
		fail_msg("%s: %s is \"%.*s\"", phrase, what, SPAN_ARG(got));
}

static void
reads_envelopes(void **state)
{
	struct fields	f = { fields, sizeof(fields) / sizeof(fields[0]) };
	struct arena	*a = arena_new(1 << 20);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row	*r = &rows[i];
		struct conf		*c = conf_of(r->section);
		struct envelope		 env = { .livemode = 7 };
		enum hk_err		 e;

		e = custom_envelope(open_it(c, a), &f, span_str(r->body), SPAN("msg_1"), a, &env);
		if (e != r->want || (e != HK_OK && strstr(err_last(), r->says) == NULL))
			fail_msg("%s: %s \"%s\"", r->phrase, err_name(e), err_last());
		if (e == HK_OK) {
			if (r->id != NULL)
				is_absent_or(r->phrase, "id", env.event_id, r->id);
			else if (env.event_id.len != 64 ||
			    strspn(env.event_id.p, "0123456789abcdef") < 64)
				fail_msg("%s: id is %.*s", r->phrase, SPAN_ARG(env.event_id));
			is_absent_or(r->phrase, "type", env.type, r->type);
			is_absent_or(r->phrase, "lane", env.lane, r->lane);
			if (env.occurred_us != r->occurred_us || env.livemode != -1)
				fail_msg("%s: time or mode", r->phrase);
		}
		conf_free(c);
		arena_reset(a);
	}
	arena_free(a);
}

/* Slack asks once before it sends events; that has no event_id. */
static void
a_challenge_is_answered_whatever_its_id(void **state)
{
	struct conf		*c = conf_of(HMAC "id_from = body:event_id\nchallenge_from = body:challenge\n");
	struct arena		*a = arena_new(1 << 20);
	struct fields		 none = { NULL, 0 };
	struct envelope		 env;

	(void)state;
	assert_int_equal(custom_envelope(open_it(c, a), &none,
	    SPAN("{\"challenge\":\"3eZ\\\"b\",\"type\":\"url_verification\"}"), SPAN_NULL, a, &env), HK_OK);
	assert_true(span_is(env.challenge, "3eZ\"b"));
	assert_true(span_is(env.type, "url_verification"));
	assert_int_equal(env.event_id.len, 64);
	assert_int_equal(custom_envelope(open_it(c, a), &none, SPAN("{\"challenge\":{}}"), SPAN_NULL, a, &env),
	    HK_SYNTAX);
	arena_free(a);
	conf_free(c);
}

/* ---- the section ---------------------------------------------------------- */

static const struct {
	const char	*phrase, *section, *says;
} bad[] = {
	{ "a template without a body", HMAC "events = *\nsigned = {timestamp}\ntimestamp_header = x-t\n",
	    "/etc/hk.conf:8: custom x.signed: template has no {body}" },
	{ "a brace of another kind", HMAC "signed = {url}{body}\n", "/etc/hk.conf:7: custom x.signed: template has a '{'" },
	{ "a time that is not given", HMAC "signed = {timestamp}.{body}\n",
	    "/etc/hk.conf:7: custom x.signed: {timestamp} in the template needs timestamp_header" },
	{ "a time that is not signed", HMAC "timestamp_header = x-t\n",
	    "/etc/hk.conf:7: custom x.timestamp_header: timestamp_header is of no use" },
	{ "the time in the signature's field", HMAC "signed = {timestamp}.{body}\ntimestamp_header = X-Sig\n",
	    "are the same field" },
	{ "an item without a separator", HMAC "digest_item = h1\n",
	    "/etc/hk.conf:4: custom x.item_separator: item_separator and digest_item go together" },
	{ "a separator without an item", HMAC "item_separator = comma\n",
	    "/etc/hk.conf:7: custom x.item_separator: item_separator and digest_item go together" },
	{ "an item with a separator in it", HMAC "item_separator = comma\ndigest_item = a=b\n", "digest_item" },
	{ "an id in the signature's field", HMAC "signed = {id}.{body}\nid_from = header:x-sig\n",
	    "/etc/hk.conf:6: custom x.header: header and id_header are the same" },
};

static void
refuses_settings_that_do_not_go_together(void **state)
{
	struct arena		*a = arena_new(1 << 20);
	const struct custom	*cu;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct conf	*c = conf_of(bad[i].section);
		enum hk_err	 e = custom_open(&cu, c, &c->sender[CONF_SENDERS], a);

		if (e != HK_CONF || strstr(err_last(), bad[i].says) == NULL)
			fail_msg("%s: %s \"%s\"", bad[i].phrase, err_name(e), err_last());
		conf_free(c);
	}
	arena_free(a);
}

static void
knows_how_to_verify(void **state)
{
	static const struct {
		const char		*section;
		const struct scheme	*scheme;
		const char		*header, *secret_field, *id_header;
	} want[] = {
		{ "", &scheme_svix, NULL, NULL, NULL },
		{ HMAC, &scheme_plain, "x-sig", NULL, NULL },
		{ HMAC "signed = {id}.{body}\nid_from = header:X-Id\n", &scheme_plain, "x-sig", NULL, "x-id" },
		{ HMAC "id_from = header:X-Id\n", &scheme_plain, "x-sig", NULL, NULL },
		{ "scheme = bearer\n", &scheme_bearer, NULL, NULL, NULL },
		{ "scheme = bearer\nheader = X-Token\n", &scheme_bearer, "x-token", "x-token", NULL },
		{ "scheme = basic\nheader = X-Token\n", &scheme_basic, "x-token", "x-token", NULL },
	};
	static const char	separators[] = ";,&| ";
	static const char *const words[] = { "semicolon", "comma", "ampersand", "pipe", "blank" };
	struct arena		*a = arena_new(1 << 20);
	char			 section[200];

	(void)state;
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		struct conf		*c = conf_of(want[i].section);
		const struct custom	*cu = open_it(c, a);

		assert_ptr_equal(cu->scheme, want[i].scheme);
		is_absent_or(want[i].section, "header", cu->how != NULL ? span_str(cu->how->header) : SPAN_NULL,
		    want[i].header);
		is_absent_or(want[i].section, "secret", span_str(cu->secret_field), want[i].secret_field);
		is_absent_or(want[i].section, "id", cu->how != NULL ? span_str(cu->how->id_header) : SPAN_NULL,
		    want[i].id_header);
		conf_free(c);
	}
	for (size_t i = 0; i < 5; i++) {
		struct conf	*c;

		snprintf(section, sizeof(section), HMAC "item_separator = %s\ndigest_item = v1\n", words[i]);
		c = conf_of(section);
		assert_int_equal(open_it(c, a)->how->item_separator, separators[i]);
		conf_free(c);
	}
	arena_free(a);
}

/* ---- what becomes of it ---------------------------------------------------- */

static void
decides_by_events(void **state)
{
	static const struct {
		const char	*section, *type;
		int		 what;
		const char	*reason;
	} want[] = {
		{ "", "a.b", DO_SKIP, "no handler for custom senders" },
		{ "", NULL, DO_SKIP, "no handler for custom senders" },
		{ "unknown_events = reject\n", "a.b", DO_SKIP, "no handler" },
		{ "events = a.*\n", "a.b", DO_SKIP, "no handler" },
		{ "events = a.*\n", "b.a", DO_SKIP, "filtered" },
		{ "events = a.*\n", NULL, DO_SKIP, "filtered" },
		{ "events = a.*\nunknown_events = store\n", "b.a", DO_SKIP, "filtered" },
		{ "events = a.*\nunknown_events = reject\n", "b.a", DO_REJECT, "events" },
		{ "events = a.*\nunknown_events = reject\n", NULL, DO_REJECT, "events" },
		{ "events = a.*\nunknown_events = reject\n", "a.b", DO_SKIP, "no handler" },
	};
	struct arena	*a = arena_new(1 << 20);

	(void)state;
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		struct conf		*c = conf_of(want[i].section);
		struct envelope		 env = { .type = span_str(want[i].type), .livemode = -1 };
		struct disposition	 d = custom_dispose(open_it(c, a), &env);

		if ((int)d.what != want[i].what || strstr(d.reason, want[i].reason) == NULL)
			fail_msg("%s %s: %d, %s", want[i].section, want[i].type, (int)d.what, d.reason);
		conf_free(c);
	}
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(reads_envelopes),
		cmocka_unit_test(a_challenge_is_answered_whatever_its_id),
		cmocka_unit_test(refuses_settings_that_do_not_go_together),
		cmocka_unit_test(knows_how_to_verify),
		cmocka_unit_test(decides_by_events),
	};

	return cmocka_run_group_tests_name("provider/custom", tests, NULL, NULL);
}
