/* The login form, one's own account, people, and the audit log as pages. */
#include "browser.h"

#include "admin/auditlog.h"
#include "http/template.h"

#define GOOD	"correct horse battery"

/* A POST of this browser. */
static enum hk_err
post(struct browser *b, visit_fn *fn, const char *form)
{
	enum hk_err	e;

	browse(b, form);
	e = bed_run(fn);
	browser_take(b);
	return e;
}

static enum hk_err
get(struct browser *b, visit_fn *fn, const char *query)
{
	struct visit	*v = browse(b, NULL);

	assert_int_equal(form_parse(&v->query, span_str(query), bed.arena), HK_OK);
	return bed_run(fn);
}

static int64_t
anna(struct browser *b)
{
	int64_t	id = person("anna", ROLE_ADMIN, GOOD);

	assert_int_equal(try(b, "anna", GOOD, ""), HK_OK);
	return id;
}

static void
templates_can_be_read(void **state)
{
	static const struct template_filter	any[] = {
		{ "time", NULL }, { "when", NULL }, { "visible", NULL }, { "short", NULL },
		{ "count", NULL }, { NULL, NULL },
	};
	static const struct template_set	set = { www_files, any };
	static const char *const		names[] = {
		"login.html", "me.html", "people.html", "audit-log.html",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (template_check(&set, names[i]) != HK_OK)
			fail_msg("%s: %s", names[i], err_last());
}

static void
after_the_login_one_goes_on_to_our_own_pages_only(void **state)
{
	static const char *const	row[][3] = {
		{ "nowhere in particular",	"",				"/" },
		{ "a page",			"next=/admin/events?a%3Db",	"/events?a=b" },
		{ "home",			"next=/admin/",			"/" },
		{ "another site",		"next=https://evil.example/",	"/" },
		{ "another site, shorter",	"next=//evil.example/",		"/" },
		{ "another site behind us",	"next=/admin//evil.example",	"/" },
		{ "a backslash",		"next=/admin/%5Cevil.example",	"/" },
		{ "another page of this host",	"next=/phpmyadmin",		"/" },
		{ "a name that begins alike",	"next=/administrator",		"/" },
		{ "a line of its own",		"next=/admin/a%0d%0aSet-Cookie:x", "/" },
		{ "out again",			"next=/admin/logout",		"/" },
	};

	(void)state;
	person("anna", ROLE_ADMIN, GOOD);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct browser	b = { .n = 0 };
		char		form[400];

		snprintf(form, sizeof(form), "name=anna&password=correct+horse+battery&%s", row[i][1]);
		assert_int_equal(post(&b, act_login, form), HK_OK);
		if (bed.v.then == NULL || strcmp(bed.v.then, row[i][2]) != 0)
			fail_msg("%s: %s", row[i][0], bed.v.then != NULL ? bed.v.then : "stays");
		assert_int_equal(get(&b, page_login, row[i][1]), HK_OK);	/* in already */
		assert_string_equal(bed.v.then, row[i][2]);
	}
}

static void
the_login_form_says_what_is_wrong_but_not_who_there_is(void **state)
{
	struct browser	b = { .n = 0 };
	char		first[4096];

	(void)state;
	assert_int_equal(get(&b, page_login, ""), HK_OK);
	assert_true(bed_says("\"nobody_yet\":true"));
	person("anna", ROLE_ADMIN, GOOD);
	assert_int_equal(get(&b, page_login, "next=/admin/events"), HK_OK);
	assert_true(bed_says("\"nobody_yet\":false"));
	assert_string_equal(bed_text("next"), "/admin/events");

	assert_int_equal(post(&b, act_login, "name=anna&password=x&next=/admin/events"), HK_OK);
	assert_int_equal(bed.v.status, 403);
	assert_string_equal(bed_text("name"), "anna");
	assert_string_equal(bed_text("next"), "/admin/events");
	assert_false(bed_says("correct"));
	snprintf(first, sizeof(first), "%s", bed_text("wrong"));
	assert_int_equal(post(&b, act_login, "name=nora&password=x"), HK_OK);
	assert_int_equal(bed.v.status, 403);
	assert_string_equal(bed_text("wrong"), first);
	for (int i = 0; i < THROTTLE_FREE; i++)
		assert_int_equal(post(&b, act_login, "name=anna&password=x"), HK_OK);
	assert_int_equal(bed.v.status, 429);
	assert_non_null(strstr(bed_text("wrong"), "Try again in 1 second."));
}

static void
whom_the_web_server_lets_in_and_we_do_not(void **state)
{
	struct browser	b = { .remote_user = "guest" };

	(void)state;
	settings(SETTINGS "[admin]\nremote_user = on\n");
	assert_int_equal(get(&b, page_login, ""), HK_OK);
	assert_int_equal(bed.v.status, 403);
	assert_string_equal(bed_text("refused"), "guest");
	settings(SETTINGS "[admin]\nremote_user = on\nremote_user_role = viewer\n");
	assert_int_equal(get(&b, page_me, ""), HK_OK);
	assert_true(bed_says("\"by_server\":true,\"has_password\":false"));
	assert_int_equal(post(&b, act_me_password, "old=x&new=0123456789&again=0123456789"), HK_SYNTAX);
	assert_int_equal(bed.v.status, 403);
	assert_int_equal(post(&b, act_me_totp, "do=begin"), HK_SYNTAX);
	assert_int_equal(post(&b, act_me_logins_end, "login=others"), HK_SYNTAX);
}

static void
the_way_out_ends_the_login(void **state)
{
	struct browser	b = { .n = 0 };

	(void)state;
	anna(&b);
	assert_int_equal(post(&b, act_logout, ""), HK_OK);
	assert_string_equal(bed.v.then, "/login");
	assert_false(logged_in(&b, "anna"));
	assert_int_equal(bed_ask("SELECT count(*) FROM login"), 0);
	assert_int_equal(bed_ask("SELECT count(*) FROM audit_log WHERE action = 'logout' AND who = 'anna'"), 1);
}

static void
times_are_shown_as_wanted(void **state)
{
	static const struct {
		const char	*what, *form;
		enum hk_err	 want;
		const char	*cookie, *then;
	} row[] = {
		{ "exact, UTC",		"zone=UTC&exact=1&back=/admin/events?a%3Db", HK_OK, "UTC.exact", "/events?a=b" },
		{ "ago",		"zone=UTC&exact=0",			HK_OK,		"UTC.ago", "/" },
		{ "no such zone",	"zone=Moon/Base",			HK_SYNTAX,	"", NULL },
		{ "a path",		"zone=../../etc/passwd",		HK_SYNTAX,	"", NULL },
		{ "back to elsewhere",	"zone=UTC&exact=1&back=https://evil/",	HK_OK,		"UTC.exact", "/" },
		{ "back to elsewhere 2", "zone=UTC&exact=1&back=/admin//evil",	HK_OK,		"UTC.exact", "/" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct browser	b = { .n = 0 };

		if (post(&b, act_view, row[i].form) != row[i].want)
			fail_msg("%s: %s", row[i].what, err_last());
		if (strcmp(browser_cookie(&b, VIEW_COOKIE), row[i].cookie) != 0)
			fail_msg("%s: %s", row[i].what, browser_cookie(&b, VIEW_COOKIE));
		if (row[i].then != NULL && strcmp(bed.v.then, row[i].then) != 0)
			fail_msg("%s: to %s", row[i].what, bed.v.then);
	}
}

static void
a_password_is_changed_by_who_knows_the_old_one(void **state)
{
	static const struct {
		const char	*what, *form;
		int		 status;
		const char	*says;		/* NULL: done */
	} row[] = {
		{ "a short one",	"old=correct+horse+battery&new=short&again=short", 400, "at least 10" },
		{ "a slip",		"old=correct+horse+battery&new=0123456789&again=0123456788", 400, "twice" },
		{ "the old one wrong",	"old=x&new=0123456789&again=0123456789", 403, "not your password" },
		{ "nothing at all",	"", 400, "at least 10" },
		{ "as it should be",	"old=correct+horse+battery&new=0123456789&again=0123456789", 200, NULL },
	};
	struct browser	b = { .n = 0 }, other = { .n = 0 };

	(void)state;
	anna(&b);
	assert_int_equal(try(&other, "anna", GOOD, ""), HK_OK);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		assert_int_equal(post(&b, act_me_password, row[i].form), HK_OK);
		if (bed.v.status != row[i].status || (bed.v.then != NULL) != (row[i].says == NULL))
			fail_msg("%s: %d", row[i].what, bed.v.status);
		if (row[i].says != NULL && strstr(bed_text("wrong_password"), row[i].says) == NULL)
			fail_msg("%s: %s", row[i].what, bed_text("wrong_password"));
	}
	assert_true(logged_in(&b, "anna"));		/* this one stays */
	assert_false(logged_in(&other, "anna"));
	assert_int_equal(try(&other, "anna", GOOD, ""), HK_BADSIG);
	assert_int_equal(try(&other, "anna", "0123456789", ""), HK_OK);
	assert_int_equal(bed_ask("SELECT count(*) FROM audit_log WHERE action = 'person.password'"
	    " AND who = 'anna' AND subject = 'person:anna' AND result = 'done'"), 1);
	assert_int_equal(bed_ask("SELECT count(*) FROM audit_log WHERE action = 'person.password'"
	    " AND who = 'anna' AND result = 'refused' AND after LIKE '%wrong password%'"), 1);
	for (int i = 0; i < THROTTLE_FREE; i++)		/* a borrowed browser cannot guess it */
		assert_int_equal(post(&b, act_me_password, row[2].form), HK_OK);
	assert_int_equal(bed.v.status, 429);
}

static void
a_second_factor_is_confirmed_asked_for_and_turned_off(void **state)
{
	struct browser	b = { .n = 0 };
	char		form[1100], sealed[512], plain[64], *p = plain;
	uint8_t		secret[TOTP_SECRET];
	struct buf	encoded;
	char		code[TOTP_DIGITS + 1];
	int		bits = 0, n = 0;
	uint32_t	acc = 0;

	(void)state;
	anna(&b);
	assert_int_equal(post(&b, act_me_totp, "do=begin"), HK_OK);
	snprintf(sealed, sizeof(sealed), "%s", bed_text("enrol.sealed"));
	for (const char *s = bed_text("enrol.secret"); *s != '\0'; s++)
		if (*s != ' ')
			*p++ = *s;
	*p = '\0';
	assert_non_null(strstr(bed_text("enrol.uri"), plain));
	for (p = plain; *p != '\0'; p++) {		/* what an app does */
		acc = acc << 5 | (uint32_t)(*p >= 'A' ? *p - 'A' : *p - '2' + 26);
		if ((bits += 5) >= 8)
			secret[n++] = (uint8_t)(acc >> (bits -= 8));
	}
	assert_int_equal(n, TOTP_SECRET);
	totp_code(code, secret, clock_us / US_PER_S / TOTP_STEP_S);
	assert_int_equal(bed_ask("SELECT count(*) FROM person WHERE totp IS NOT NULL"), 0);

	buf_init(&encoded, 1000);
	form_put(&encoded, SPAN("sealed"), span_str(sealed));
	snprintf(form, sizeof(form), "do=confirm&code=000000&%s", encoded.p);
	assert_int_equal(post(&b, act_me_totp, form), HK_OK);
	assert_int_equal(bed.v.status, 403);
	assert_string_equal(bed_text("enrol.sealed"), sealed);		/* try once more */
	snprintf(form, sizeof(form), "do=confirm&code=%s&%s", code, encoded.p);
	assert_int_equal(post(&b, act_me_totp, form), HK_OK);
	assert_string_equal(bed.v.said, "totp_on");
	assert_int_equal(post(&b, act_me_totp, form), HK_EXISTS);
	buf_release(&encoded);
	assert_int_equal(post(&b, act_me_totp, "do=confirm&code=1&sealed=abc"), HK_EXISTS);
	assert_int_equal(try(&b, "anna", GOOD, ""), HK_WAIT);
	assert_int_equal(try(&b, "anna", GOOD, code), HK_BADSIG);	/* it has confirmed already */
	clock_us += 30 * US_PER_S;
	totp_code(code, secret, clock_us / US_PER_S / TOTP_STEP_S);
	assert_int_equal(try(&b, "anna", GOOD, code), HK_OK);

	assert_int_equal(post(&b, act_me_totp, "do=off&password=x"), HK_OK);
	assert_int_equal(bed.v.status, 403);
	assert_int_equal(post(&b, act_me_totp, "do=off&password=correct+horse+battery"), HK_OK);
	assert_string_equal(bed.v.said, "totp_off");
	assert_int_equal(try(&b, "anna", GOOD, ""), HK_OK);
	assert_int_equal(bed_ask("SELECT count(*) FROM audit_log WHERE action LIKE 'person.totp_o%'"), 2);
}

static void
own_logins_are_listed_and_ended(void **state)
{
	struct browser	b = { .n = 0 }, second = { .n = 0 }, third = { .n = 0 }, bert = { .n = 0 };
	char		form[100], of_bert[32];

	(void)state;
	anna(&b);
	person("bert", ROLE_VIEWER, GOOD);
	assert_int_equal(try(&bert, "bert", GOOD, ""), HK_OK);
	assert_int_equal(get(&bert, page_me, ""), HK_OK);
	assert_int_equal(json_len(json_get(bed.doc, "rows")), 1);
	snprintf(of_bert, sizeof(of_bert), "%.*s",
	    SPAN_ARG(json_text(json_at(json_get(bed.doc, "rows"), 0), "id")));
	assert_int_equal(try(&second, "anna", GOOD, ""), HK_OK);
	assert_int_equal(try(&third, "anna", GOOD, ""), HK_OK);
	assert_int_equal(get(&b, page_me, ""), HK_OK);
	assert_int_equal(json_len(json_get(bed.doc, "rows")), 3);

	snprintf(form, sizeof(form), "login=%s", of_bert);	/* another's */
	assert_int_equal(post(&b, act_me_logins_end, form), HK_OK);
	assert_true(logged_in(&bert, "bert"));
	assert_int_equal(post(&b, act_me_logins_end, "login=%25"), HK_SYNTAX);
	assert_int_equal(get(&second, page_me, ""), HK_OK);
	for (size_t i = 0; i < 3; i++) {
		struct json	*r = json_at(json_get(bed.doc, "rows"), i);

		if (json_true(r, "here"))
			snprintf(form, sizeof(form), "login=%.*s", SPAN_ARG(json_text(r, "id")));
	}
	assert_int_equal(post(&b, act_me_logins_end, form), HK_OK);
	assert_false(logged_in(&second, "anna"));
	assert_true(logged_in(&third, "anna"));
	assert_int_equal(post(&b, act_me_logins_end, "login=others"), HK_OK);
	assert_false(logged_in(&third, "anna"));
	assert_true(logged_in(&b, "anna"));
}

static enum hk_err
change(struct browser *b, int64_t id, const char *form)
{
	char		path[40];
	enum hk_err	e;

	browse(b, form);
	snprintf(path, sizeof(path), "/people/%lld", (long long)id);
	bed_route("/people/:id", path);
	e = bed_run(act_person_change);
	browser_take(b);
	return e;
}

static void
people_are_made_and_changed_by_an_admin(void **state)
{
	struct browser	b = { .n = 0 }, otto = { .n = 0 };
	int64_t		id = anna(&b);
	char		password[64];

	(void)state;
	assert_int_equal(post(&b, act_person_add, "name=otto&role=operator"), HK_OK);
	assert_null(bed.v.then);
	assert_string_equal(bed_text("made.name"), "otto");
	snprintf(password, sizeof(password), "%s", bed_text("made.password"));
	assert_int_equal(try(&otto, "otto", password, ""), HK_OK);
	assert_int_equal(browse(&otto, NULL)->who.role, ROLE_OPERATOR);
	assert_int_equal(get(&b, page_people, ""), HK_OK);
	assert_false(bed_says(password));		/* that was the once */
	assert_int_equal(json_len(json_get(bed.doc, "rows")), 2);

	assert_int_equal(post(&b, act_person_add, "name=otto&role=admin"), HK_OK);
	assert_int_equal(bed.v.status, 409);
	assert_non_null(strstr(bed_text("wrong_add"), "already"));
	assert_string_equal(bed_text("typed_name"), "otto");
	assert_int_equal(post(&b, act_person_add, "name=nobody&role=admin"), HK_OK);
	assert_int_equal(bed.v.status, 400);
	assert_int_equal(post(&b, act_person_add, "name=eve&role=root"), HK_SYNTAX);
	assert_int_equal(post(&b, act_person_add, "name=sso&role=viewer&no_password=1"), HK_OK);
	assert_int_equal(bed_ask("SELECT count(*) FROM person WHERE name = 'sso' AND password IS NULL"), 1);

	assert_int_equal(change(&b, id, "do=disable"), HK_OK);
	assert_int_equal(bed.v.status, 422);		/* the last admin */
	assert_non_null(strstr(bed_text("wrong"), "the last admin"));
	assert_int_equal(change(&b, 2, "do=role&role=viewer"), HK_OK);
	assert_string_equal(bed.v.then, "/people");
	assert_int_equal(browse(&otto, NULL)->who.role, ROLE_VIEWER);
	assert_int_equal(try(&otto, "otto", password, ""), HK_OK);
	assert_int_equal(change(&b, 2, "do=password"), HK_OK);
	assert_int_equal(try(&otto, "otto", password, ""), HK_BADSIG);
	assert_int_equal(change(&b, 2, "do=password"), HK_OK);
	snprintf(password, sizeof(password), "%s", bed_text("made.password"));
	assert_false(logged_in(&otto, "otto"));
	assert_int_equal(try(&otto, "otto", "wrong", ""), HK_BADSIG);
	assert_int_equal(change(&b, 2, "do=unlock"), HK_OK);
	assert_int_equal(bed_ask("SELECT count(*) FROM login_failure WHERE source LIKE 'device:2:%'"), 0);
	assert_int_equal(try(&otto, "otto", password, ""), HK_OK);
	assert_int_equal(change(&b, 2, "do=disable"), HK_OK);
	assert_false(logged_in(&otto, "otto"));
	assert_int_equal(change(&b, 2, "do=enable"), HK_OK);
	assert_int_equal(change(&b, 2, "do=logins_end"), HK_OK);
	assert_int_equal(change(&b, 2, "do=totp_off"), HK_OK);
	assert_int_equal(change(&b, 2, "do=promote"), HK_SYNTAX);
	assert_int_equal(change(&b, 99, "do=disable"), HK_NOTFOUND);
	assert_int_equal(bed_ask("SELECT count(*) FROM audit_log WHERE who = 'anna' AND subject = 'person:otto'"
	    " AND result = 'done'"), 9);
	assert_int_equal(bed_ask("SELECT count(*) FROM audit_log WHERE action = 'person.role'"
	    " AND before = '{\"role\":\"operator\"}' AND after = '{\"role\":\"viewer\"}'"), 1);
}

/* ---- the audit log ---------------------------------------------------------- */

static void
put_line(const char *action, const char *subject, const char *result, const char *before,
    const char *after)
{
	struct visit	*v = bed_visit(ROLE_OPERATOR, "", "");

	assert_int_equal(auditlog_put(v, &(struct auditlog){ action, span_str(subject), result,
	    span_str(before), span_str(after) }), HK_OK);
}

/* The ids of the page's lines, as "5 4 3". */
static const char *
ids(void)
{
	static char	out[4096];
	struct json	*rows = json_get(bed.doc, "rows");
	size_t		len = 0;
	int64_t		id;

	out[0] = '\0';
	for (size_t i = 0; i < json_len(rows); i++) {
		assert_true(json_int(json_at(rows, i), "id", &id));
		len += (size_t)snprintf(out + len, sizeof(out) - len, "%s%lld", i > 0 ? " " : "",
		    (long long)id);
	}
	return out;
}

static void
lines_are_found_by_what_they_say(void **state)
{
	static const char *const	row[][3] = {
		{ "all",		"",					"5 4 3 2 1" },
		{ "who",		"who=otto",				"4 3 2 1" },
		{ "an action",		"action=event.retry",			"2 1" },
		{ "a group of them",	"action=event",				"3 2 1" },
		{ "not half a word",	"action=even",				"" },
		{ "about",		"subject=event:1",			"3 1" },
		{ "refused",		"result=refused",			"4" },
		{ "about, and done",	"subject=event:1&action=event.retry",	"1" },
		{ "before",		"before=3",				"2 1" },
		{ "after",		"after=3",				"5 4" },
		{ "about, after",	"subject=event:1&after=1",		"3" },
	};

	(void)state;
	put_line("event.retry", "event:1", NULL, NULL, NULL);
	put_line("event.retry", "event:2", "done", NULL, NULL);
	put_line("event.resolve", "event:1", NULL, "{\"status\":\"failed\",\"n\":1}",
	    "{\"status\":\"completed\",\"note\":\"<b>\"}");
	put_line("refused", "/admin/people", "refused", "no JSON", NULL);
	assert_int_equal(auditlog_command(bed.db, BED_NOW, &(struct auditlog){ .action = "plan.set" }), HK_OK);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		assert_int_equal(bed_get(page_audit_log, ROLE_OPERATOR, row[i][1]), HK_OK);
		if (strcmp(ids(), row[i][2]) != 0)
			fail_msg("%s: %s", row[i][0], ids());
	}
	assert_int_equal(bed_get(page_audit_log, ROLE_OPERATOR, "action=event.resolve"), HK_OK);
	assert_true(bed_says("\"fields\":[{\"name\":\"status\",\"before\":\"failed\",\"after\":\"completed\"},"
	    "{\"name\":\"n\",\"before\":\"1\",\"after\":null},"
	    "{\"name\":\"note\",\"before\":null,\"after\":\"<b>\"}]"));
	assert_int_equal(bed_get(page_audit_log, ROLE_OPERATOR, "result=maybe"), HK_SYNTAX);
	assert_int_equal(bed_get(page_audit_log, ROLE_OPERATOR, "before=x"), HK_SYNTAX);
	assert_int_equal(bed_get(page_audit_log, ROLE_OPERATOR, "before=1&after=2"), HK_SYNTAX);
}

static void
pages_follow_one_another_both_ways(void **state)
{
	char	query[100], shown[64];
	int	pages = 0;

	(void)state;
	bed_sql("INSERT INTO audit_log (at, who, via, action, subject, result)"
	    " WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 240)"
	    " SELECT i, 'anna', 'page', 'event.retry', CASE i % 2 WHEN 0 THEN 'even' END, 'done' FROM n");
	strcpy(query, "subject=even");
	for (;;) {
		assert_int_equal(bed_get(page_audit_log, ROLE_OPERATOR, query), HK_OK);
		pages++;
		if (*bed_text("next") == '\0')
			break;
		snprintf(query, sizeof(query), "%s", bed_text("next"));
		assert_non_null(strstr(query, "subject=even"));
	}
	assert_int_equal(pages, 3);
	assert_int_equal(json_len(json_get(bed.doc, "rows")), 20);
	while (*bed_text("previous") != '\0') {
		snprintf(query, sizeof(query), "%s", bed_text("previous"));
		assert_int_equal(bed_get(page_audit_log, ROLE_OPERATOR, query), HK_OK);
		pages--;
	}
	assert_int_equal(pages, 1);
	assert_int_equal(json_len(json_get(bed.doc, "rows")), 50);
	snprintf(shown, sizeof(shown), "%.7s", ids());
	assert_string_equal(shown, "240 238");
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, browser_setup, bed_teardown)
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(templates_can_be_read),
		T(after_the_login_one_goes_on_to_our_own_pages_only),
		T(the_login_form_says_what_is_wrong_but_not_who_there_is),
		T(whom_the_web_server_lets_in_and_we_do_not),
		T(the_way_out_ends_the_login),
		T(times_are_shown_as_wanted),
		T(a_password_is_changed_by_who_knows_the_old_one),
		T(a_second_factor_is_confirmed_asked_for_and_turned_off),
		T(own_logins_are_listed_and_ended),
		T(people_are_made_and_changed_by_an_admin),
		T(lines_are_found_by_what_they_say),
		T(pages_follow_one_another_both_ways),
	};

	return cmocka_run_group_tests_name("admin/account", tests, NULL, NULL);
}
