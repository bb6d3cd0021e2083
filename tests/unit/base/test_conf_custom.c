/* [custom NAME] sections: what is taken, what is refused with which words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/conf.h"
#include "base/json.h"

#define FILE_NAME	"/etc/hk/hookkeeper.conf"
#define BASE		"[hookkeeper]\ndb = /srv/hk.sqlite\nmode = test\n"
#define SECTION		BASE "[custom github]\n"		/* line 4 */
#define HMAC		SECTION "scheme = hmac\nheader = X-Sig\n"	/* 5, 6 */
#define NAME32		"abcdefghijklmnopqrstuvwxyz012345"
#define TEXT120		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" \
			"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static const char *const no_env[] = { NULL };

static enum hk_err
parse(struct conf **c, const char *text, const char *const *env)
{
	return conf_parse(c, FILE_NAME, span_str(text), true, env, true);
}

static struct conf *
good(const char *text, const char *const *env)
{
	struct conf	*c;

	if (parse(&c, text, env) != HK_OK)
		fail_msg("%s: %s", text, err_last());
	return c;
}

static const struct {
	const char	*phrase, *text, *says;
	const char	*env[3];
} refusals[] = {
	{ "a section without a name",	BASE "[custom]\nheader = x\n",
	    FILE_NAME ":4: [custom] is not of the form [custom NAME], where NAME has 1 to 32",
	    { NULL } },
	{ "an empty name",		BASE "[custom ]\n", ":4: [custom ] is not of the form", { NULL } },
	{ "a colon for the blank",	BASE "[custom:github]\n",
	    ":4: [custom:github] is not of the form [custom NAME]", { NULL } },
	{ "two blanks",			BASE "[custom  github]\n", "is not of the form", { NULL } },
	{ "capitals in a name",		BASE "[custom GitHub]\n",
	    ":4: [custom GitHub] is not of the form", { NULL } },
	{ "a slash in a name",		BASE "[custom a/b]\n", "is not of the form", { NULL } },
	{ "a name too long",		BASE "[custom " NAME32 "6]\n", "is not of the form", { NULL } },
	{ "a name inih would cut",	BASE "[custom " TEXT120 "]\n", "is not of the form", { NULL } },
	{ "names that share a variable", BASE "[custom a-b]\n[custom a_b]\n",
	    ":5: [custom a-b] and [custom a_b] would share the environment variable "
	    "CUSTOM_A_B_WEBHOOK_SECRET; choose another name", { NULL } },
	{ "another sender's section",	BASE "[customer]\nevents = *\n",
	    "there is no setting customer.events", { NULL } },

	{ "an unknown key",		SECTION "heade = x\n",
	    ":5: there is no setting custom github.heade; did you mean header?", { NULL } },
	{ "a key of Clerk's",		SECTION "instances = x\n",
	    ":5: there is no setting custom github.instances; it belongs under [stripe]", { NULL } },
	{ "a custom key of Stripe's",	SECTION "[stripe]\nheader = x\n",
	    ":6: there is no setting stripe.header; it belongs under [custom github]", { NULL } },
	{ "a key twice",		SECTION "scheme = hmac\n[custom github]\nscheme = hmac\n",
	    ":7: custom github.scheme is set twice, first in line 5", { NULL } },
	{ "another scheme",		SECTION "scheme = sha1\n",
	    ":5: custom github.scheme must be one of standard|hmac|bearer|basic, not \"sha1\"", { NULL } },
	{ "another encoding",		HMAC "encoding = base64url\n",
	    ":7: custom github.encoding must be one of hex|base64", { NULL } },
	{ "a separator as a sign",	HMAC "item_separator = ,\n",
	    "item_separator must be one of none|semicolon|comma|ampersand|pipe|blank, not \",\"", { NULL } },
	{ "a separator that is a comment", HMAC "item_separator = ;\n",
	    "must be one of none|semicolon|comma|ampersand|pipe|blank, not \"\"", { NULL } },

	{ "hmac without a header",	SECTION "events = *\nscheme = hmac\n",
	    ":6: custom github.header is missing: scheme = hmac needs", { NULL } },
	{ "a header that is none",	SECTION "scheme = hmac\nheader = X Sig\n",
	    ":6: custom github.header is a field's name: 1 to 64 letters, digits and '-'; not \"X Sig\"",
	    { NULL } },
	{ "a header with an underscore", SECTION "scheme = hmac\nheader = x_sig\n", ":6: custom github.header is", { NULL } },
	{ "a header with its colon",	SECTION "scheme = hmac\nheader = x-sig:\n", ":6: custom github.header is", { NULL } },
	{ "a header too long",		SECTION "scheme = hmac\nheader = " TEXT120 "\n", ":6: custom github.header is", { NULL } },
	{ "a template too long",	HMAC "signed = {body}" TEXT120 TEXT120 "\n", "a line of more than", { NULL } },
	{ "a template over the limit",	HMAC "signed = {body}." TEXT120 "........\n",
	    ":7: custom github.signed has at most 128 printable ASCII characters", { NULL } },
	{ "a prefix outside ASCII",	HMAC "prefix = \xC3\xA9\n",
	    ":7: custom github.prefix has at most 128 printable", { NULL } },
	{ "a header for Standard Webhooks", SECTION "header = x-sig\n",
	    ":5: custom github.header is not used with scheme = standard; remove the line, or set the scheme",
	    { NULL } },
	{ "an encoding for a bearer",	SECTION "scheme = bearer\nencoding = hex\n",
	    ":6: custom github.encoding is not used with scheme = bearer", { NULL } },
	{ "a separator for basic",	SECTION "scheme = basic\nitem_separator = none\n",
	    ":6: custom github.item_separator is not used with scheme = basic", { NULL } },

	{ "a source without a kind",	SECTION "id_from = x-id\n",
	    ":5: custom github.id_from is header:NAME or body:PATH", { NULL } },
	{ "a source of another kind",	SECTION "id_from = query:id\n", ":5: custom github.id_from is header:NAME", { NULL } },
	{ "a source without a name",	SECTION "type_from = header:\n", ":5: custom github.type_from is", { NULL } },
	{ "a source without a path",	SECTION "lane_from = body:\n", ":5: custom github.lane_from is", { NULL } },
	{ "an empty step",		SECTION "lane_from = body:a..b\n", ":5: custom github.lane_from is", { NULL } },
	{ "a step at the end",		SECTION "occurred_from = body:a.\n", ":5: custom github.occurred_from is", { NULL } },
	{ "too many steps",		SECTION "challenge_from = body:a.b.c.d.e.f.g\n",
	    ":5: custom github.challenge_from is header:NAME or body:PATH, NAME of 1 to 64 letters, "
	    "digits and '-', PATH of 1 to 6 names", { NULL } },
	{ "an id from Authorization",	SECTION "id_from = header:Authorization\n",
	    ":5: custom github.id_from names a field with a secret, which is never kept", { NULL } },
	{ "a type from the bearer's field", SECTION "scheme = bearer\nheader = X-Token\ntype_from = header:x-token\n",
	    ":7: custom github.type_from names a field with a secret", { NULL } },
	{ "{id} and no id_from",	HMAC "signed = {id}.{body}\n",
	    ":7: custom github.signed has {id}, so custom github.id_from must be header:NAME", { NULL } },
	{ "{id} and one of the body",	HMAC "signed = {id}.{body}\nid_from = body:id\n",
	    ":7: custom github.signed has {id}", { NULL } },

	{ "secrets that are served",	SECTION "secret_file = /nowhere/www/s\n",
	    "the secrets' file /nowhere/www/s lies under", { "DOCUMENT_ROOT=/nowhere/www", NULL } },
	{ "no file of secrets",		SECTION "secret_file = /nonexistent/s\n",
	    "/nonexistent/s: there is no such file (custom github.secret_file)", { NULL } },
	{ "a tilde",			SECTION "secret_file = ~/s\n", ":5: custom github.secret_file: '~'", { NULL } },
	{ "a secret too short",		SECTION "secrets = abc\n",
	    ":5: custom github: secret 1 must have 8 to 512", { NULL } },
	{ "a bad secret in a variable",	BASE "[custom git-hub]\n",
	    "environment variable CUSTOM_GIT_HUB_WEBHOOK_SECRET: custom git-hub: secret 1 must",
	    { "CUSTOM_GIT_HUB_WEBHOOK_SECRET=abc", NULL } },
#ifndef HK_DEV
	{ "verify = off",		SECTION "verify = off\n",
	    ":5: custom github.verify = off is only for a build made with DEV=1", { NULL } },
#endif
};

static void
refuses_and_says_why(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		struct conf	*c;
		enum hk_err	 e = parse(&c, refusals[i].text, refusals[i].env);

		if (e != HK_CONF || strstr(err_last(), refusals[i].says) == NULL)
			fail_msg("%s: %s, \"%s\"", refusals[i].phrase, err_name(e), err_last());
	}
}

static void
secrets_want_a_private_file(void **state)
{
	struct conf	*c;

	(void)state;
	assert_int_equal(conf_parse(&c, FILE_NAME, SPAN(SECTION "secrets = abcdefgh\n"), false,
	    no_env, true), HK_CONF);
	assert_non_null(strstr(err_last(), ":5: custom github.secrets stands in a file that others"));
}

static void
reads_every_kind_of_section(void **state)
{
	static const char *const	env[] = { "CUSTOM_PADDLE_BILLING_2_WEBHOOK_SECRET=env=12345678",
					    "CUSTOM_NOBODY_WEBHOOK_SECRET=12345678", NULL };
	struct conf			*c;
	const struct conf_sender	*s;

	(void)state;
	c = good("\xEF\xBB\xBF[custom paddle_billing-2]\nscheme = hmac\nheader = Paddle-Signature\n"
	    "signed = {timestamp}:{body}\nitem_separator = semicolon\ndigest_item = h1\n"
	    "timestamp_item = ts\nid_from = body:Event.id\nsecrets = file=abcdefgh\n"
	    BASE "[custom empty]\n[custom " NAME32 "]\nscheme=basic\ntype_from = header:X-Type\n"
	    "events = a.*\n b\nunknown_events = reject\n[custom empty]\n", env);
	assert_int_equal(conf_senders(c), CONF_SENDERS + 3);
	s = conf_sender(c, "custom:paddle_billing-2");
	assert_ptr_equal(s, &c->sender[CONF_SENDERS]);
	assert_string_equal(s->section, "custom paddle_billing-2");
	assert_int_equal(s->custom.scheme, CUSTOM_HMAC);
	assert_string_equal(s->custom.header, "paddle-signature");
	assert_string_equal(s->custom.template, "{timestamp}:{body}");
	assert_int_equal(s->custom.item_separator, 1);
	assert_string_equal(s->custom.digest_item, "h1");
	assert_string_equal(s->custom.timestamp_item, "ts");
	assert_string_equal(s->custom.id_from, "body:Event.id");
	assert_int_equal(s->nsecret, 2);
	assert_string_equal(s->secret[0].label, "env");
	assert_string_equal(s->secret[1].label, "file");

	s = conf_sender(c, "custom:empty");
	assert_int_equal(s->custom.scheme, CUSTOM_STANDARD);
	assert_int_equal(s->custom.encoding, CUSTOM_HEX);
	assert_null(s->custom.header);
	assert_null(s->custom.id_from);
	assert_string_equal(s->events, "*");
	assert_int_equal(s->verify, 1);
	assert_int_equal(s->nsecret, 0);

	s = conf_sender(c, "custom:" NAME32);
	assert_int_equal(s->custom.scheme, CUSTOM_BASIC);
	assert_string_equal(s->custom.type_from, "header:x-type");
	assert_string_equal(s->events, "a.* b");
	assert_int_equal(s->unknown_events, UNKNOWN_REJECT);
	assert_true(conf_wants(s, SPAN("a.1")));
	assert_false(conf_wants(s, SPAN_NULL));
	assert_true(conf_wants(conf_sender(c, "custom:empty"), SPAN_NULL));
	assert_null(conf_sender(c, "custom:nobody"));
	assert_null(conf_sender(c, "custom"));
	conf_free(c);
}

static void
takes_64_sections(void **state)
{
	char		 text[8000] = BASE;
	struct conf	*c;
	size_t		 n = strlen(text);

	(void)state;
	for (int i = 0; i < CONF_CUSTOM_MOST; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
		    "[custom s%d]\nscheme = hmac\nheader = x-%d\nsecrets = secret-of-%d\n", i, i, i);
	c = good(text, no_env);
	assert_int_equal(c->ncustom, CONF_CUSTOM_MOST);
	for (int i = 0; i < CONF_CUSTOM_MOST; i++) {
		char	want[40];

		snprintf(want, sizeof(want), "x-%d", i);
		assert_string_equal(c->sender[CONF_SENDERS + i].custom.header, want);
		snprintf(want, sizeof(want), "secret-of-%d", i);
		assert_true(span_is(c->sender[CONF_SENDERS + i].secret[0].text, want));
	}
	assert_string_equal(c->db, "/srv/hk.sqlite");
	conf_free(c);
	snprintf(text + n, sizeof(text) - n, "[custom more]\n");
	assert_int_equal(parse(&c, text, no_env), HK_CONF);
	assert_non_null(strstr(err_last(), "[custom more] is one too many: there can be 64"));
}

static void
a_bad_section_is_said_once(void **state)
{
	struct conf	*c;

	(void)state;
	/* the settings under it have no home; the first word is the useful one */
	assert_int_equal(parse(&c, BASE "[custom Bad]\nheader = x\nscheme = hmac\n", no_env), HK_CONF);
	assert_non_null(strstr(err_last(), "[custom Bad] is not of the form"));
}

static void
tells_where_a_setting_was_made(void **state)
{
	struct conf			*c = good(HMAC "prefix = a\n", no_env);
	const struct conf_sender	*s = &c->sender[CONF_SENDERS];
	struct arena			*a = arena_new(4096);

	(void)state;
	assert_string_equal(conf_where(c, s, "prefix", a), FILE_NAME ":7");
	assert_string_equal(conf_where(c, s, "signed", a), FILE_NAME ":4");
	arena_free(a);
	conf_free(c);
}

/* A setting's line, however wide the names' column is. */
static void
assert_shown(const char *all, const char *name, const char *rest)
{
	const char	*at = all;
	size_t		 n = strlen(name);

	while ((at = strstr(at, name)) != NULL && (at == all || at[-1] != '\n' || at[n] != ' '))
		at++;
	if (at == NULL || (at += n, at += strspn(at, " "), strncmp(at, rest, strlen(rest))) != 0)
		fail_msg("%s is not shown as \"%s\":\n%s", name, rest, all);
}

static void
is_shown_without_secrets(void **state)
{
	struct conf	*c = good(HMAC "secrets = k=topsecret1\n[custom other]\n", no_env);
	struct json	*j;
	struct buf	 b;

	(void)state;
	buf_init(&b, 1 << 20);
	conf_print(c, &b, false);
	assert_shown(b.p, "custom github.secrets", "= k  (source: file)\n");
	assert_shown(b.p, "custom github.scheme", "= hmac  (source: file)\n");
	assert_shown(b.p, "custom github.header", "= x-sig  (source: file)\n");
	assert_shown(b.p, "custom github.id_from", "= (not set)  (source: default)\n");
	assert_shown(b.p, "custom other.scheme", "= standard  (source: default)\n");
	assert_null(strstr(b.p, "custom github.instances"));
	assert_null(strstr(b.p, "topsecret"));
	buf_clear(&b);
	conf_print(c, &b, true);
	assert_null(strstr(b.p, "topsecret"));
	assert_int_equal(json_parse(buf_span(&b), &j), HK_OK);
	json_free(j);
	buf_release(&b);
	conf_free(c);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(refuses_and_says_why),
		cmocka_unit_test(secrets_want_a_private_file),
		cmocka_unit_test(reads_every_kind_of_section),
		cmocka_unit_test(takes_64_sections),
		cmocka_unit_test(a_bad_section_is_said_once),
		cmocka_unit_test(tells_where_a_setting_was_made),
		cmocka_unit_test(is_shown_without_secrets),
	};

	return cmocka_run_group_tests_name("base/conf_custom", tests, NULL, NULL);
}
