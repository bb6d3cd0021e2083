/* Desks: whose a request is, by which keys it is judged, what it says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "inbox/desk.h"

#define NOW	1790000000
#define BASE	"[hookkeeper]\ndb = /srv/hk.sqlite\nmode = test\n"
#define TWO	BASE "[custom github]\nscheme = hmac\nheader = X-Sig\nprefix = sha256=\n" \
		"secrets = new=It's-a-Secret-to-Everybody old=an-older-secret\n" \
		"[custom git]\nscheme = bearer\nheader = X-Token\nsecrets = 0123456789abcdef\n" \
		"[custom none]\n"

static const char *const no_env[] = { NULL };

static struct conf *
conf_of(const char *text)
{
	struct conf	*c;

	if (conf_parse(&c, "/etc/hk.conf", span_str(text), true, no_env, true) != HK_OK)
		fail_msg("%s", err_last());
	return c;
}

static void
finds_the_sender_by_its_name(void **state)
{
	static const struct {
		const char	*path, *name;	/* NULL: nobody's */
	} rows[] = {
		{ "/webhooks/custom/github",		"custom:github" },
		{ "/webhooks/custom/github/",		"custom:github" },
		{ "/api/webhooks/custom/git",		"custom:git" },
		{ "/site/custom.fcgi/none",		"custom:none" },
		{ "/custom/custom/git",			"custom:git" },
		{ "custom/git",				"custom:git" },
		{ "/webhooks/custom/github//",		NULL },
		{ "/webhooks/custom/githu",		NULL },
		{ "/webhooks/custom/githubb",		NULL },
		{ "/webhooks/custom/GitHub",		NULL },
		{ "/webhooks/custom/git%68ub",		NULL },
		{ "/webhooks/custom/github/x",		NULL },
		{ "/webhooks/custom/",			NULL },
		{ "/webhooks/custom",			NULL },
		{ "/webhooks/github",			NULL },
		{ "/webhooks/xcustom/github",		NULL },
		{ "/github",				NULL },
		{ "github",				NULL },
		{ "//",					NULL },
		{ "/",					NULL },
		{ "",					NULL },
	};
	struct conf	*c = conf_of(TWO);
	struct desks	 ds;

	(void)state;
	assert_int_equal(desks_open(&ds, &provider_custom, c), HK_OK);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct desk	*d = desks_find(&ds, span_str(rows[i].path));

		if (d == NULL ? rows[i].name != NULL : rows[i].name == NULL ||
		    strcmp(d->sender->name, rows[i].name) != 0)
			fail_msg("%s: %s", rows[i].path, d != NULL ? d->sender->name : "nobody");
	}
	assert_null(desks_find(&ds, SPAN_NULL));
	desks_close(&ds);
	/* a built-in sender's program does not look at the path */
	assert_int_equal(desks_open(&ds, &provider_clerk, c), HK_OK);
	assert_string_equal(desks_find(&ds, SPAN("/signup-webhook"))->sender->name, "clerk");
	assert_string_equal(desks_find(&ds, SPAN_NULL)->title, "Clerk");
	desks_close(&ds);
	conf_free(c);
	/* no section: the program runs, and everything is unknown to it */
	c = conf_of(BASE);
	assert_int_equal(desks_open(&ds, &provider_custom, c), HK_OK);
	assert_null(desks_find(&ds, SPAN("/webhooks/custom/github")));
	desks_close(&ds);
	conf_free(c);
}

static void
judges_by_the_senders_own_keys(void **state)
{
	struct conf		*c = conf_of(TWO);
	struct span		 body = SPAN("Hello, World!");
	struct signed_fields	 made;
	struct sign_verdict	 v;
	struct desks		 ds;
	struct desk		*github, *git;

	(void)state;
	assert_int_equal(desks_open(&ds, &provider_custom, c), HK_OK);
	github = desks_find(&ds, SPAN("/webhooks/custom/github"));
	git = desks_find(&ds, SPAN("/webhooks/custom/git"));
	assert_int_equal(github->nkey, 2);
	assert_int_equal(desks_find(&ds, SPAN("/custom/none"))->nkey, 0);

	for (size_t k = 0; k < 2; k++) {
		assert_int_equal(github->scheme->sign(body, SPAN_NULL, &github->key[k], 1, NOW, &made), HK_OK);
		struct field	 f[] = { { span_str(made.name[0]), span_str(made.value[0]) },
				    { SPAN("x-token"), SPAN("0123456789abcdef") } };
		struct fields	 sig = { f, 1 }, both = { f, 2 };

		assert_int_equal(desk_verify(github, &sig, body, NOW, 300, &v), HK_OK);
		assert_string_equal(v.label, k == 0 ? "new" : "old");
		/* what signs for one sender is nothing to another */
		assert_int_equal(desk_verify(git, &sig, body, NOW, 300, &v), HK_BADSIG);
		assert_int_equal(desk_verify(git, &both, body, NOW, 300, &v), HK_OK);
		assert_int_equal(desk_verify(github, &sig, SPAN("Hello, World"), NOW, 300, &v), HK_BADSIG);
	}
	assert_string_equal(git->secret_field, "x-token");
	assert_null(github->secret_field);
	desks_close(&ds);
	conf_free(c);
}

static void
reads_what_is_verified(void **state)
{
	struct conf		*c = conf_of(TWO "[custom picky]\nevents = a\nunknown_events = reject\n");
	struct arena		*a = arena_new(1 << 20);
	struct fields		 none = { NULL, 0 };
	struct envelope		 env;
	struct disposition	 what;
	struct desks		 ds;

	(void)state;
	assert_int_equal(desks_open(&ds, &provider_custom, c), HK_OK);
	assert_int_equal(desk_read(desks_find(&ds, SPAN("/custom/git")), c, &none, SPAN("a=1"), SPAN_NULL, a,
	    &env, &what), HK_OK);
	assert_int_equal(what.what, DO_SKIP);
	assert_int_equal(env.event_id.len, 64);
	assert_int_equal(desk_read(desks_find(&ds, SPAN("/custom/picky")), c, &none, SPAN("{\"type\":\"b\"}"),
	    SPAN("msg_1"), a, &env, &what), HK_OK);
	assert_int_equal(what.what, DO_REJECT);
	desks_close(&ds);
	assert_int_equal(desks_open(&ds, &provider_clerk, c), HK_OK);
	assert_int_equal(desk_read(ds.desk, c, &none, SPAN("{\"type\":\"made.up\"}"), SPAN("msg_1"), a,
	    &env, &what), HK_OK);
	assert_int_equal(what.what, DO_REJECT);
	desks_close(&ds);
	arena_free(a);
	conf_free(c);
}

static void
a_wrong_secret_stops_the_start(void **state)
{
	static const struct {
		const char	*text, *says;
	} rows[] = {
		{ "[custom a]\nsecrets = plain-text-secret!\n", "[custom a] secret \"" },
		{ "[custom a]\nsecrets = whsec_AAAA\n", "stands for 16 to 75 bytes" },
		{ "[custom a]\nscheme = bearer\nsecrets = k=tooshort\n", "[custom a] secret \"k\": a bearer secret has 16" },
		{ "[custom a]\nscheme = basic\nsecrets = k=user-password\n", "secret \"k\": a secret for basic" },
		{ "[custom ok]\n[custom a]\nscheme = hmac\nheader = x\ntimestamp_header = t\n",
		    "/etc/hk.conf:8: custom a.timestamp_header: timestamp_header is of no use" },
		{ "[custom a]\nscheme = hmac\nheader = x\nsecrets = s-0000001 s-0000002 s-0000003 s-0000004\n"
		    " s-0000005 s-0000006 s-0000007 s-0000008 s-0000009 s-0000010 s-0000011 s-0000012\n"
		    " s-0000013 s-0000014 s-0000015 s-0000016 s-0000017\n", "[custom a] has 17 secrets; at most 16" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char		 text[1000];
		struct conf	*c;
		struct desks	 ds;
		enum hk_err	 e;

		snprintf(text, sizeof(text), BASE "%s", rows[i].text);
		c = conf_of(text);
		e = desks_open(&ds, &provider_custom, c);
		if (e != HK_CONF || strstr(err_last(), rows[i].says) == NULL)
			fail_msg("%s: %s %s", rows[i].text, err_name(e), err_last());
		desks_close(&ds);
		conf_free(c);
	}
}

static void
the_doctor_knows_all_secrets(void **state)
{
	struct conf			*c = conf_of(TWO "[stripe]\nsecrets = s=whsec_12345678\n"
					    "[custom odd]\nscheme = hmac\nheader = x\ndigest_item = y\nsecrets = 12345678\n");
	struct arena			*a = arena_new(1 << 20);
	const struct doctor_secret	*s;
	size_t				 n = 9;

	(void)state;
	s = desk_secrets(c, a, &n);
	assert_int_equal(n, 4);		/* the odd one's section makes no sense */
	assert_string_equal(s[0].owner, "stripe");
	assert_ptr_equal(s[0].scheme, &scheme_stripe);
	assert_string_equal(s[1].owner, "custom:github");
	assert_string_equal(s[1].how->header, "x-sig");
	assert_string_equal(s[2].label, "old");
	assert_ptr_equal(s[3].scheme, &scheme_bearer);
	assert_true(span_is(s[3].secret, "0123456789abcdef"));
	conf_free(c);
	c = conf_of(BASE);
	assert_null(desk_secrets(c, a, &n));
	assert_int_equal(n, 0);
	arena_free(a);
	conf_free(c);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(finds_the_sender_by_its_name),
		cmocka_unit_test(judges_by_the_senders_own_keys),
		cmocka_unit_test(reads_what_is_verified),
		cmocka_unit_test(a_wrong_secret_stops_the_start),
		cmocka_unit_test(the_doctor_knows_all_secrets),
	};

	return cmocka_run_group_tests_name("inbox/desk", tests, NULL, NULL);
}
