/* Logins: who gets in, who does not, and who cannot be kept out. */
#include "browser.h"

#define GOOD	"correct horse battery"

static void
who_gets_in(void **state)
{
	static const struct {
		const char	*what, *name, *password, *code;
		enum hk_err	 want;
	} row[] = {
		{ "name and password",		"anna",	GOOD,		"",		HK_OK },
		{ "a wrong password",		"anna",	GOOD "x",	"",		HK_BADSIG },
		{ "no password",		"anna",	"",		"",		HK_BADSIG },
		{ "an unknown name",		"eve",	GOOD,		"",		HK_BADSIG },
		{ "no name",			"",	GOOD,		"",		HK_BADSIG },
		{ "a name that cannot be",	" anna", GOOD,		"",		HK_BADSIG },
		{ "somebody disabled",		"gone",	GOOD,		"",		HK_BADSIG },
		{ "somebody without a password", "server", "",		"",		HK_BADSIG },
		{ "a second factor, no code",	"otto",	GOOD,		"",		HK_WAIT },
		{ "wrong password, no code",	"otto",	"wrong",	"",		HK_BADSIG },
		{ "a wrong code",		"otto",	GOOD,		"000000",	HK_BADSIG },
		{ "the code, a wrong password",	"otto",	"wrong",	NULL,		HK_BADSIG },
		{ "the code",			"otto",	GOOD,		NULL,		HK_OK },
		{ "the code again",		"otto",	GOOD,		NULL,		HK_BADSIG },
	};
	int64_t	id;

	(void)state;
	person("anna", ROLE_ADMIN, GOOD);
	second_factor(person("otto", ROLE_OPERATOR, GOOD));
	id = person("gone", ROLE_VIEWER, GOOD);
	assert_int_equal(person_disable(bed.db, id, true, 1), HK_OK);
	bed_sql("INSERT INTO person (name, role, created_at, updated_at) VALUES ('server', 'admin', 1, 1)");
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct browser	b = { .addr = "192.0.2.1" };
		enum hk_err	e;

		bed_sql("DELETE FROM login_failure");
		e = try(&b, row[i].name, row[i].password, row[i].code != NULL ? row[i].code :
		    code_of(clock_us));
		if (e != row[i].want)
			fail_msg("%s: %s", row[i].what, err_name(e));
		if (logged_in(&b, row[i].name) != (e == HK_OK))
			fail_msg("%s: who is it now?", row[i].what);
	}
	assert_int_equal(bed_ask("SELECT count(*) FROM audit_log WHERE action = 'login' AND result = 'done'"), 2);
	assert_int_equal(bed_ask("SELECT count(*) FROM audit_log WHERE action = 'login' AND"
	    " result = 'refused' AND who = 'nobody'"), 11);
	assert_int_equal(bed_ask("SELECT count(*) FROM audit_log WHERE subject = 'person:anna'"
	    " AND who = 'anna' AND via = 'page' AND remote_addr = '192.0.2.1'"), 1);
	assert_int_equal(bed_ask("SELECT count(*) FROM audit_log WHERE"
	    " before || after LIKE '%horse%'"), 0);
}

static void
the_code_comes_with_a_proof_of_the_password(void **state)
{
	struct browser		 b = { .n = 0 };
	int64_t			 id = person("otto", ROLE_OPERATOR, GOOD);
	struct login_input	 in = { .name = SPAN("otto"), .cost = &cheap };
	char			 proof[512];

	(void)state;
	person("anna", ROLE_ADMIN, GOOD);
	second_factor(id);
	assert_int_equal(try(&b, "otto", GOOD, ""), HK_WAIT);
	assert_int_equal(bed_ask("SELECT sum(times) FROM login_failure"), 0);
	snprintf(proof, sizeof(proof), "%.*s", SPAN_ARG(answered.proof));
	assert_null(strstr(proof, "horse"));
	in.proof = span_str(proof);

	in.code = SPAN("123");
	assert_int_equal(login_try(browse(&b, ""), &in, &answered), HK_BADSIG);
	in.name = SPAN("anna");			/* another's, who needs no code */
	assert_int_equal(login_try(browse(&b, ""), &in, &answered), HK_BADSIG);
	in.name = SPAN("otto");
	in.code = span_str(code_of(clock_us += 299 * US_PER_S));
	assert_int_equal(login_try(browse(&b, ""), &in, &answered), HK_OK);
	browser_take(&b);
	assert_true(logged_in(&b, "otto"));

	in.code = span_str(code_of(clock_us += 60 * US_PER_S));		/* too late */
	assert_int_equal(login_try(browse(&b, ""), &in, &answered), HK_BADSIG);
	assert_int_equal(try(&b, "otto", GOOD, ""), HK_WAIT);
	snprintf(proof, sizeof(proof), "%.*s", SPAN_ARG(answered.proof));
	bed_sql("UPDATE person SET password = (SELECT password FROM person WHERE name = 'anna')");
	in.code = span_str(code_of(clock_us += 60 * US_PER_S));		/* a new password since */
	assert_int_equal(login_try(browse(&b, ""), &in, &answered), HK_BADSIG);
}

static void
guessing_takes_longer_and_longer_but_not_for_the_owner(void **state)
{
	struct browser	owner = { .addr = "198.51.100.7" }, thief = { .addr = "192.0.2.66" };
	struct browser	crowd = { .addr = "203.0.113.1" };
	int64_t		begun;
	int		looked_at = 0;

	(void)state;
	person("anna", ROLE_ADMIN, GOOD);
	assert_int_equal(try(&owner, "anna", GOOD, ""), HK_OK);
	for (int i = 0; i < THROTTLE_FREE; i++)
		assert_int_equal(try(&thief, "anna", "guess", ""), HK_BADSIG);
	assert_int_equal(try(&thief, "anna", GOOD, ""), HK_BUSY);	/* not even the right one */
	assert_int_equal(answered.wait_s, 1);
	assert_int_equal(try(&crowd, "anna", "guess", ""), HK_BUSY);	/* from elsewhere neither */
	assert_int_equal(try(&thief, "bert", "guess", ""), HK_BUSY);	/* nor another name from there */

	begun = clock_us;
	while (clock_us < begun + 24 * 3600 * US_PER_S) {	/* at it for a day */
		enum hk_err	e = try(&thief, "anna", "guess", "");

		if (e == HK_BUSY) {
			assert_in_range(answered.wait_s, 1, THROTTLE_MOST_S);
			clock_us += answered.wait_s * US_PER_S;
		} else
			looked_at++;
	}
	assert_in_range(looked_at, 50, 110);

	/* Meanwhile the owner, in a browser that is known, from the same address even. */
	owner.addr = thief.addr;
	browser_set(&owner, LOGIN_COOKIE, SPAN_NULL, true);
	assert_int_equal(try(&owner, "anna", "typo", ""), HK_BADSIG);
	assert_int_equal(try(&owner, "anna", GOOD, ""), HK_OK);
	assert_true(logged_in(&owner, "anna"));
	assert_int_equal(bed_ask("SELECT count(*) FROM login_failure WHERE source LIKE 'device:%'"), 0);

	/* Its own failures are its own. */
	for (int i = 0; i < THROTTLE_FREE; i++)
		assert_int_equal(try(&owner, "anna", "guess", ""), HK_BADSIG);
	assert_int_equal(try(&owner, "anna", GOOD, ""), HK_BUSY);
	clock_us += US_PER_S;
	assert_int_equal(try(&owner, "anna", GOOD, ""), HK_OK);

	clock_us += 25 * 3600 * US_PER_S;		/* a day of quiet, and all is forgotten */
	assert_int_equal(try(&crowd, "anna", GOOD, ""), HK_OK);
	assert_int_equal(bed_ask("SELECT count(*) FROM login_failure WHERE times > 0"), 0);
}

static void
a_right_password_wipes_no_failures_of_others_at_that_address(void **state)
{
	struct browser	b = { .addr = "192.0.2.66" };

	(void)state;
	person("anna", ROLE_ADMIN, GOOD);
	person("mole", ROLE_VIEWER, GOOD);
	for (int i = 0; i < 4; i++) {
		struct browser	fresh = { .addr = b.addr };

		assert_int_equal(try(&b, "anna", "guess", ""), HK_BADSIG);
		assert_int_equal(try(&fresh, "mole", GOOD, ""), HK_OK);
	}
	assert_int_equal(bed_ask("SELECT times FROM login_failure WHERE source = 'addr:192.0.2.66'"), 4);
	assert_int_equal(bed_ask("SELECT times FROM login_failure WHERE source = 'new:anna'"), 4);
}

static void
an_ipv6_customer_is_one_address(void **state)
{
	struct browser	b = { .addr = "2001:db8:1:2:3::4" };
	char		addr[64];

	(void)state;
	for (int i = 0; i < THROTTLE_FREE; i++) {
		snprintf(addr, sizeof(addr), "2001:db8:1:2::%d", i + 1);
		b.addr = addr;
		assert_int_equal(try(&b, (const char *[]){ "a", "b", "c", "d", "e" }[i], "x", ""), HK_BADSIG);
	}
	b.addr = "2001:db8:1:2:ffff::1";
	assert_int_equal(try(&b, "f", "x", ""), HK_BUSY);
	b.addr = "2001:db8:1:3::1";
	assert_int_equal(try(&b, "f", "x", ""), HK_BADSIG);
}

static void
a_device_cookie_is_worth_nothing_to_others(void **state)
{
	struct browser	 owner = { .addr = "198.51.100.7" }, thief = { .addr = "192.0.2.66" };
	int64_t		 anna = person("anna", ROLE_ADMIN, GOOD), bert = person("bert", ROLE_VIEWER, GOOD);
	char		 own[40], other[40];
	const char	*good;
	char		 forged[512];

	(void)state;
	snprintf(own, sizeof(own), LOGIN_DEVICE_COOKIE "%lld", (long long)anna);
	snprintf(other, sizeof(other), LOGIN_DEVICE_COOKIE "%lld", (long long)bert);
	assert_int_equal(try(&owner, "anna", GOOD, ""), HK_OK);
	good = browser_cookie(&owner, own);
	assert_true(strlen(good) > 60);
	for (int i = 0; i < THROTTLE_FREE; i++)
		assert_int_equal(try(&thief, "bert", "guess", ""), HK_BADSIG);

	browser_set(&thief, other, span_str(good), false);	/* anna's, in bert's name */
	assert_int_equal(try(&thief, "bert", GOOD, ""), HK_BUSY);
	snprintf(forged, sizeof(forged), "%s", good);
	forged[30] = forged[30] == 'A' ? 'B' : 'A';
	browser_set(&thief, other, SPAN_NULL, true);
	browser_set(&thief, own, span_str(forged), false);
	assert_int_equal(try(&thief, "anna", GOOD, ""), HK_BUSY);
	browser_set(&thief, own, span_str(good), false);
	assert_int_equal(try(&thief, "anna", GOOD, ""), HK_OK);	/* the real one does help */

	clock_us += INT64_C(366) * 86400 * US_PER_S;
	for (int i = 0; i < THROTTLE_FREE; i++) {
		struct browser	b = { .addr = "192.0.2.67" };

		assert_int_equal(try(&b, "anna", "guess", ""), HK_BADSIG);
	}
	assert_int_equal(try(&owner, "anna", GOOD, ""), HK_BUSY);	/* a year old */
}

static void
logins_end(void **state)
{
	static const struct {
		const char	*what;
		int64_t		 every_s, s;	/* a visit so often, for so long */
		bool		 in;
	} row[] = {
		{ "eleven hours of nothing",	11 * 3600,	11 * 3600,	true },
		{ "thirteen hours of nothing",	13 * 3600,	13 * 3600,	false },
		{ "thirteen days at work",	6 * 3600,	13 * 86400,	true },
		{ "fifteen days at work",	6 * 3600,	15 * 86400,	false },
	};

	(void)state;
	person("anna", ROLE_ADMIN, GOOD);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct browser	b = { .n = 0 };
		bool		in = true;

		assert_int_equal(try(&b, "anna", GOOD, ""), HK_OK);
		for (int64_t s = 0; s < row[i].s; s += row[i].every_s) {
			clock_us += row[i].every_s * US_PER_S;
			in = logged_in(&b, "anna");
		}
		if (in != row[i].in)
			fail_msg("%s: in %d", row[i].what, in);
	}
}

static void
a_login_ends_when_it_should(void **state)
{
	struct browser	 b = { .n = 0 }, c = { .n = 0 };
	int64_t		 anna = person("anna", ROLE_ADMIN, GOOD), bert = person("bert", ROLE_VIEWER, GOOD);
	struct visit	*v;

	(void)state;
	assert_int_equal(try(&b, "bert", GOOD, ""), HK_OK);
	assert_int_equal(try(&c, "bert", GOOD, ""), HK_OK);
	v = browse(&b, "");
	assert_int_equal(login_end(v), HK_OK);
	browser_take(&b);
	assert_string_equal(browser_cookie(&b, LOGIN_COOKIE), "");
	assert_false(logged_in(&b, "bert"));
	assert_true(logged_in(&c, "bert"));

	v = browse(&c, NULL);
	assert_int_equal(v->who.role, ROLE_VIEWER);
	assert_int_equal(person_set_role(bed.db, bert, ROLE_OPERATOR, 1), HK_OK);
	assert_int_equal(browse(&c, NULL)->who.role, ROLE_OPERATOR);	/* at once */
	bed_sql("UPDATE person SET disabled_at = 1 WHERE name = 'bert'");
	assert_false(logged_in(&c, "bert"));
	(void)anna;
}

static void
every_login_has_a_token_of_its_own(void **state)
{
	struct browser	b = { .n = 0 }, planted = { .n = 0 };
	char		first[512], form_before[512];

	(void)state;
	person("anna", ROLE_ADMIN, GOOD);
	browser_set(&b, LOGIN_COOKIE, SPAN("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"),
	    false);				/* put there by somebody who would like to know it */
	snprintf(form_before, sizeof(form_before), "%s", browse(&b, NULL)->who.form_token);
	assert_int_equal(try(&b, "anna", GOOD, ""), HK_OK);
	snprintf(first, sizeof(first), "%s", browser_cookie(&b, LOGIN_COOKIE));
	assert_int_equal(strlen(first), 64);
	assert_string_not_equal(first, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
	assert_string_not_equal(form_before, browse(&b, NULL)->who.form_token);

	assert_int_equal(try(&b, "anna", GOOD, ""), HK_OK);		/* once more */
	assert_string_not_equal(first, browser_cookie(&b, LOGIN_COOKIE));
	browser_set(&planted, LOGIN_COOKIE, span_str(first), false);
	assert_false(logged_in(&planted, "anna"));			/* the old one is gone */
	assert_int_equal(bed_ask("SELECT count(*) FROM login"), 1);

	/* The database opens no door. */
	assert_int_equal(bed_ask("SELECT count(*) FROM login WHERE length(token) = 64"), 1);
	browser_set(&planted, LOGIN_COOKIE, SPAN_NULL, true);
	{
		char		token[65];

		login_token(token, span_str(browser_cookie(&b, LOGIN_COOKIE)));
		assert_int_equal(bed_ask("SELECT count(*) FROM login"), 1);
		browser_set(&planted, LOGIN_COOKIE, span_str(token), false);
		assert_false(logged_in(&planted, "anna"));
	}
}

static void
a_form_is_ours_only_with_token_and_origin(void **state)
{
	static const struct {
		const char	*what, *origin, *referer, *site;
		int		 token;		/* 0 none, 1 its own, 2 another login's, 3 a part */
		bool		 ok;
	} row[] = {
		{ "the browser's own form",	"https://hooks.example", NULL, "same-origin",	1, true },
		{ "an older browser",		"https://hooks.example", NULL, NULL,		1, true },
		{ "a referer alone",		NULL, "https://hooks.example/admin/x?y", NULL,	1, true },
		{ "another case",		"https://Hooks.Example", NULL, NULL,		1, true },
		{ "behind a proxy that renames us", "https://public.example", NULL, "same-origin", 1, true },
		{ "another site",		"https://evil.example",	NULL, NULL,		1, false },
		{ "another site, as browsers say it", "https://evil.example", NULL, "cross-site", 1, false },
		{ "a sibling",			"https://evil.hooks.example", NULL, "same-site", 1, false },
		{ "a name that begins alike",	"https://hooks.example.evil", NULL, NULL,	1, false },
		{ "another port",		"https://hooks.example:8443", NULL, NULL,	1, false },
		{ "our name in its path",	NULL, "https://evil/hooks.example", NULL,	1, false },
		{ "a frame without an origin",	"null", NULL, NULL,				1, false },
		{ "no word of where from",	NULL, NULL, NULL,				1, false },
		{ "no token",			"https://hooks.example", NULL, "same-origin",	0, false },
		{ "another login's token",	"https://hooks.example", NULL, "same-origin",	2, false },
		{ "half a token",		"https://hooks.example", NULL, "same-origin",	3, false },
	};
	struct browser	b = { .n = 0 }, c = { .n = 0 };
	char		form[3][200];

	(void)state;
	person("anna", ROLE_ADMIN, GOOD);
	assert_int_equal(try(&b, "anna", GOOD, ""), HK_OK);
	assert_int_equal(try(&c, "anna", GOOD, ""), HK_OK);
	for (size_t i = 0; i < 2 * sizeof(row) / sizeof(row[0]); i++) {
		size_t		 r = i / 2, n = 2;
		struct browser	 nobody = { .n = 0 }, stranger = { .n = 0 };
		struct browser	*it = i % 2 == 0 ? &b : &nobody;	/* logged in, and not yet */
		const char	*why = NULL, *names[] = { "origin", "referer", "sec-fetch-site" };
		const char	*values[] = { row[r].origin, row[r].referer, row[r].site };
		struct visit	*v;

		snprintf(form[0], sizeof(form[0]), "form_token=%s",
		    browse(i % 2 == 0 ? &c : &stranger, NULL)->who.form_token);
		v = browse(it, NULL);
		snprintf(form[1], sizeof(form[1]), "form_token=%s", v->who.form_token);
		snprintf(form[2], sizeof(form[2]), "form_token=%.16s", v->who.form_token);
		v = browse(it, (const char *[]){ "", form[1], form[0], form[2] }[row[r].token]);
		for (int k = 0; k < 3; k++)
			if (values[k] != NULL)
				browser_fields[n++] = (struct field){ span_str(names[k]), span_str(values[k]) };
		bed.rq.fields.n = n;
		if (login_form_ok(v, &why) != row[r].ok)
			fail_msg("%s (%s): %s", row[r].what, it == &b ? "in" : "out",
			    why != NULL ? why : "taken");
		assert_true((why == NULL) == row[r].ok);
	}
}

static void
the_web_server_says_who_it_is(void **state)
{
	static const struct {
		const char	*what, *settings, *user;
		enum role	 role;
		bool		 row, by_server;
	} row[] = {
		{ "not to be believed",	SETTINGS, "anna", ROLE_NONE, false, false },
		{ "somebody of ours",	SETTINGS "[admin]\nremote_user = on\n", "anna", ROLE_ADMIN, true, true },
		{ "somebody disabled",	SETTINGS "[admin]\nremote_user = on\nremote_user_role = admin\n", "gone",
		    ROLE_NONE, false, true },
		{ "a guest, not let in", SETTINGS "[admin]\nremote_user = on\n", "guest", ROLE_NONE, false, true },
		{ "a guest who may look", SETTINGS "[admin]\nremote_user = on\nremote_user_role = viewer\n",
		    "guest", ROLE_VIEWER, false, true },
		{ "a name that cannot be", SETTINGS "[admin]\nremote_user = on\nremote_user_role = viewer\n",
		    "cli:root", ROLE_NONE, false, true },
		{ "nobody named",	SETTINGS "[admin]\nremote_user = on\nremote_user_role = admin\n", NULL,
		    ROLE_NONE, false, false },
		{ "an empty name",	SETTINGS "[admin]\nremote_user = on\nremote_user_role = admin\n", "",
		    ROLE_NONE, false, false },
	};

	(void)state;
	person("anna", ROLE_ADMIN, GOOD);
	person("gone", ROLE_ADMIN, GOOD);
	bed_sql("UPDATE person SET disabled_at = 1 WHERE name = 'gone'");
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct browser	 b = { .remote_user = row[i].user };
		struct visit	*v;

		settings(row[i].settings);
		v = browse(&b, NULL);
		if (v->who.role != row[i].role || (v->who.person != 0) != row[i].row ||
		    v->who.by_server != row[i].by_server)
			fail_msg("%s: %s, person %lld", row[i].what, role_name(v->who.role),
			    (long long)v->who.person);
		assert_true(v->who.role == ROLE_NONE || strcmp(v->who.name, row[i].user) == 0);
	}
}

static void
tampered_cookies_are_no_login(void **state)
{
	struct browser	b = { .n = 0 };
	char		good[512], bad[512];

	(void)state;
	person("anna", ROLE_ADMIN, GOOD);
	assert_int_equal(try(&b, "anna", GOOD, ""), HK_OK);
	snprintf(good, sizeof(good), "%s", browser_cookie(&b, LOGIN_COOKIE));
	for (size_t i = 0; i < strlen(good); i += 7) {
		snprintf(bad, sizeof(bad), "%s", good);
		bad[i] = bad[i] == '0' ? '1' : '0';
		browser_set(&b, LOGIN_COOKIE, span_str(bad), false);
		assert_false(logged_in(&b, "anna"));
	}
	for (int i = 0; i < 3; i++) {
		browser_set(&b, LOGIN_COOKIE, (struct span[]){ span_of(good, 63), SPAN("' OR 1=1 --"),
		    SPAN("%00") }[i], false);
		assert_false(logged_in(&b, "anna"));
	}
	browser_set(&b, LOGIN_COOKIE, span_str(good), false);
	browser_set(&b, LOGIN_FORM_COOKIE, SPAN("not of ours"), false);
	assert_true(logged_in(&b, "anna"));
	browser_set(&b, LOGIN_COOKIE, SPAN_NULL, true);
	browse(&b, NULL);			/* a bad one is replaced */
	assert_int_equal(strlen(browser_cookie(&b, LOGIN_FORM_COOKIE)), 32);
}

static void
without_a_key_people_log_in_all_the_same(void **state)
{
	struct browser	b = { .n = 0 };
	int64_t		otto = person("otto", ROLE_ADMIN, GOOD);

	(void)state;
	person("anna", ROLE_ADMIN, GOOD);
	second_factor(otto);
	settings("");
	assert_int_equal(try(&b, "anna", GOOD, ""), HK_OK);
	assert_true(logged_in(&b, "anna"));
	assert_int_equal(try(&b, "otto", GOOD, code_of(clock_us)), HK_CONF);	/* cannot be checked: no way in */
	assert_false(logged_in(&b, "otto"));
	assert_int_equal(bed_ask("SELECT count(*) FROM login_failure WHERE times > 0"), 0);
}

static void
a_second_factor_outlives_its_key(void **state)
{
	struct browser	b = { .n = 0 };

	(void)state;
	second_factor(person("otto", ROLE_ADMIN, GOOD));
	settings("[hookkeeper]\nkey = AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= "
	    "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
	assert_int_equal(try(&b, "otto", GOOD, code_of(clock_us)), HK_OK);
	settings("[hookkeeper]\nkey = AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
	assert_int_equal(try(&b, "otto", GOOD, code_of(clock_us)), HK_BADSIG);	/* used */
	clock_us += 30 * US_PER_S;
	assert_int_equal(try(&b, "otto", GOOD, code_of(clock_us)), HK_OK);
}

/* A name that exists must not be told by how soon it is refused. */
static void
a_proof_that_is_none_costs_as_much_as_a_password(void **state)
{
	static const struct password_cost dear = { 14, 8, 1 };
	static const char *const	names[] = { "otto", "nobody-here" };
	int64_t				took[2];
	char				hash[PASSWORD_TEXT];
	struct browser			b = { .n = 0 };
	int64_t				id = person("otto", ROLE_OPERATOR, GOOD);

	(void)state;
	assert_int_equal(password_hash(hash, SPAN(GOOD), &dear), HK_OK);
	assert_int_equal(person_set_password(bed.db, id, span_str(hash), SPAN_NULL, 1), HK_OK);
	for (int i = 0; i < 2; i++) {
		struct login_input	in = { .name = span_str(names[i]), .proof = SPAN("AAAA"),
					    .code = SPAN("123456"), .cost = &dear };
		struct visit		*v = browse(&b, "");

		took[i] = INT64_MAX;
		for (int k = 0; k < 2; k++) {	/* a machine may stand still for a moment */
			int64_t	since = mono_us();

			assert_int_equal(login_try(v, &in, &answered), HK_BADSIG);
			since = mono_us() - since;
			took[i] = since < took[i] ? since : took[i];
		}
	}
	assert_true(took[0] * 4 > took[1]);
	assert_true(took[1] * 4 > took[0]);
}

/* Whoever has the password may guess at the code as rarely as at a password. */
static void
the_second_step_is_counted_and_the_first_wipes_nothing(void **state)
{
	struct browser		b = { .addr = "192.0.2.66" };
	struct login_input	in = { .name = SPAN("otto"), .cost = &cheap };
	char			proof[512];
	int			guesses = 0;

	(void)state;
	second_factor(person("otto", ROLE_OPERATOR, GOOD));
	for (int i = 0; i < 50; i++) {
		if (try(&b, "otto", GOOD, "") == HK_WAIT)
			snprintf(proof, sizeof(proof), "%.*s", SPAN_ARG(answered.proof));
		in.proof = span_str(proof);
		in.code = SPAN("000000");
		guesses += login_try(browse(&b, ""), &in, &answered) == HK_BADSIG;
	}
	assert_int_equal(guesses, THROTTLE_FREE);
	in.code = span_str(code_of(clock_us));
	assert_int_equal(login_try(browse(&b, ""), &in, &answered), HK_BUSY);
}

/* Who has to wait takes no lock: webhooks are being written meanwhile. */
static void
an_attempt_too_early_writes_nothing(void **state)
{
	struct browser	b = { .n = 0 };
	int64_t		rows;

	(void)state;
	person("anna", ROLE_ADMIN, GOOD);
	for (int i = 0; i < THROTTLE_FREE; i++)
		assert_int_equal(try(&b, "anna", "guess", ""), HK_BADSIG);
	rows = bed_ask("SELECT count(*) FROM audit_log");
	bed_sql("PRAGMA query_only = 1");
	assert_int_equal(try(&b, "anna", "guess", ""), HK_BUSY);
	bed_sql("PRAGMA query_only = 0");
	assert_int_equal(bed_ask("SELECT count(*) FROM audit_log"), rows);
}

/* Behind a proxy that ends TLS nobody but the browser knows of it. */
static void
a_login_by_tls_is_sent_by_tls_alone(void **state)
{
	static const struct {
		const char	*what, *origin;
		bool		 https, secure;
	} row[] = {
		{ "no TLS",			"http://hooks.example",		false, false },
		{ "TLS here",			"https://hooks.example",	true,  true },
		{ "TLS at a proxy",		"https://hooks.example",	false, true },
		{ "another's word for it",	"https://evil.example",		false, false },
		{ "nobody says anything",	NULL,				false, false },
	};

	(void)state;
	person("anna", ROLE_ADMIN, GOOD);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct browser		 b = { .n = 0 };
		struct login_input	 in = { .name = SPAN("anna"), .password = SPAN(GOOD), .cost = &cheap };
		struct visit		*v = browse(&b, "");
		const char		*line;

		browser_fields[2] = (struct field){ SPAN("origin"), span_str(row[i].origin) };
		bed.rq.fields.n = row[i].origin != NULL ? 3 : 2;
		bed.rq.https = row[i].https;
		assert_int_equal(login_try(v, &in, &answered), HK_OK);
		line = memmem(bed.cookies.p, bed.cookies.len, "hk_login=", 9);
		assert_non_null(line);
		if ((memmem(line, strcspn(line, "\r"), "; Secure", 8) != NULL) != row[i].secure)
			fail_msg("%s", row[i].what);
	}
}

/* An old browser says no more than the origin, and http: is anybody's on the way. */
static void
no_form_comes_over_from_http_to_https(void **state)
{
	struct browser	 b = { .n = 0 };
	char		 form[200];
	const char	*why = NULL;
	struct visit	*v = browse(&b, NULL);

	(void)state;
	snprintf(form, sizeof(form), "form_token=%s", v->who.form_token);
	v = browse(&b, form);
	browser_fields[2] = (struct field){ SPAN("origin"), SPAN("http://hooks.example") };
	bed.rq.fields.n = 3;
	assert_true(login_form_ok(v, &why));
	bed.rq.https = true;
	assert_false(login_form_ok(v, &why));
	browser_fields[2].value = SPAN("https://hooks.example");
	assert_true(login_form_ok(v, &why));
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, browser_setup, bed_teardown)
	const struct CMUnitTest	tests[] = {
		T(who_gets_in),
		T(the_code_comes_with_a_proof_of_the_password),
		T(guessing_takes_longer_and_longer_but_not_for_the_owner),
		T(a_right_password_wipes_no_failures_of_others_at_that_address),
		T(an_ipv6_customer_is_one_address),
		T(a_device_cookie_is_worth_nothing_to_others),
		T(logins_end),
		T(a_login_ends_when_it_should),
		T(every_login_has_a_token_of_its_own),
		T(a_form_is_ours_only_with_token_and_origin),
		T(the_web_server_says_who_it_is),
		T(tampered_cookies_are_no_login),
		T(without_a_key_people_log_in_all_the_same),
		T(a_second_factor_outlives_its_key),
		T(a_proof_that_is_none_costs_as_much_as_a_password),
		T(the_second_step_is_counted_and_the_first_wipes_nothing),
		T(an_attempt_too_early_writes_nothing),
		T(a_login_by_tls_is_sent_by_tls_alone),
		T(no_form_comes_over_from_http_to_https),
	};

	return cmocka_run_group_tests_name("admin/login", tests, NULL, NULL);
}
