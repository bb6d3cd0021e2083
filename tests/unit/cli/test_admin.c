/* People, by the command: who may open the pages, and a line for all that was done. */
#include <sys/stat.h>

#include "stage.h"

#include "crypto/password.h"
#include "store/private.h"

static int64_t
ask(struct stage *s, const char *sql)
{
	struct db	*db;
	int64_t		 n = -1;

	assert_int_equal(db_open(&db, s->db, DB_RW, 1000), HK_OK);
	assert_int_equal(db_ask(db, sql, &n), HK_OK);
	db_close(db);
	return n;
}

/* Is this what the person can log in with? */
static bool
opens(struct stage *s, const char *name, struct span password)
{
	struct db	*db;
	struct stmt	*q = NULL;
	enum hk_err	 e;
	bool		 row;

	assert_int_equal(db_open(&db, s->db, DB_RO, 1000), HK_OK);
	assert_int_equal(db_stmt(db, S_PERSON_FIND, &q), HK_OK);
	bind_text(q, ":name", span_str(name));
	assert_int_equal(stmt_step(q, &row), HK_OK);
	assert_true(row);
	e = password_verify(col_text(q, 3), password, NULL, true);
	stmt_reset(q);
	db_close(db);
	return e == HK_OK;
}

/* Standard input of the next run. */
static void
type(const struct stage *s, const char *text)
{
	char	path[80];
	FILE	*f;

	snprintf(path, sizeof(path), "%s/typed", s->dir);
	assert_non_null(f = fopen(path, "w"));
	fputs(text, f);
	fclose(f);
	assert_non_null(freopen(path, "r", stdin));
}

static void
init_makes_the_first_admin_once(void **state)
{
	struct stage	*s = *state;
	struct json	*j;
	char		 password[64];

	must(s, 64, "init --mode test --admin ~anna");
	must(s, 0, "init --mode test --admin anna --json");
	j = document(s);
	assert_true(span_is(json_text(j, "admin"), "anna"));
	snprintf(password, sizeof(password), "%.*s", SPAN_ARG(json_text(j, "admin_password")));
	json_free(j);
	assert_true(opens(s, "anna", span_str(password)));
	must(s, 0, "init --admin bert");
	says("init", s->out, "there is one");
	assert_int_equal(ask(s, "SELECT count(*) FROM person"), 1);
	assert_int_equal(ask(s, "SELECT count(*) FROM audit_log WHERE action = 'person.add'"
	    " AND subject = 'person:anna' AND via = 'command' AND who LIKE 'cli:_%'"), 1);
}

static void
where_the_web_server_knows_people_none_is_made(void **state)
{
	struct stage	*s = *state;
	FILE		*f;

	must(s, 0, "init --mode test --no-admin");
	says("init", s->out, "admin     none; ");
	assert_non_null(f = fopen(s->conf, "a"));
	fputs("[admin]\nremote_user = on\n", f);
	fclose(f);
	must(s, 0, "init");
	assert_int_equal(ask(s, "SELECT count(*) FROM person"), 0);
	must(s, 0, "init --admin anna");
	assert_int_equal(ask(s, "SELECT count(*) FROM person"), 1);
}

static void
older_settings_get_a_key_if_nobody_else_reads_them(void **state)
{
	struct stage	*s = *state;
	char		 text[400];
	FILE		*f;
	struct json	*j;

	assert_non_null(f = fopen(s->conf, "w"));
	fprintf(f, "[hookkeeper]\nmode = test\ndb = %s", s->db);	/* its last line has no end */
	fclose(f);
	assert_int_equal(chmod(s->conf, 0644), 0);
	must(s, 0, "init --no-admin");
	says("init", s->err, "no key was made, for others can read");
	must(s, 0, "config --check");
	assert_int_equal(chmod(s->conf, 0600), 0);
	must(s, 0, "init --no-admin --json");
	j = document(s);
	assert_true(json_true(j, "made_key"));
	json_free(j);
	must(s, 0, "config");
	says("config", s->out, "hookkeeper.key");
	assert_null(strstr(s->out, "(none)  (source: default)\nhookkeeper.sl"));
	assert_non_null(f = fopen(s->conf, "r"));
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	assert_non_null(strstr(text, "\nkey = "));
	strstr(text, "\nkey = ")[7 + 44] = '\0';
	assert_null(strstr(s->out, strstr(text, "\nkey = ") + 7));
	must(s, 0, "init --no-admin --json");
	j = document(s);
	assert_false(json_true(j, "made_key"));
	json_free(j);
}

static void
people_come_change_and_go(void **state)
{
	static const struct {
		const char	*line;
		int		 status;
		const char	*has;		/* in what it prints, on either stream */
	} row[] = {
		{ "admin list",				0, "nobody yet" },
		{ "admin add anna",			64, "--role is missing" },
		{ "admin add anna --role root",		64, "--role must be" },
		{ "admin add ~anna --role admin",	64, "no blank at its ends" },
		{ "admin add anna --role admin",	0, "password  " },
		{ "admin add anna --role viewer",	1, "somebody is called 'anna' already" },
		{ "admin add otto --role operator --no-password", 0, "role      operator" },
		{ "admin add otto --role viewer --no-password --stdin", 64, "not both" },
		{ "admin list",				0, "operator" },
		{ "admin role anna viewer",		1, "the last admin" },
		{ "admin disable anna",			1, "the last admin" },
		{ "admin role otto chief",		64, "not 'chief'" },
		{ "admin role otto admin",		0, "otto: role is admin" },
		{ "admin disable anna",			1, "the last admin" },	/* otto has no password */
		{ "admin role eve admin",		1, "nobody is called 'eve'" },
		{ "admin passwd eve",			1, "nobody is called 'eve'" },
		{ "admin passwd otto",			0, "password  " },
		{ "admin disable anna",			0, "anna: state is disabled" },
		{ "admin enable anna",			0, "anna: state is enabled" },
		{ "admin unlock anna",			0, "there were no failed attempts" },
		{ "admin unlock",			0, "there were no failed attempts" },
		{ "admin unlock eve",			1, "nobody is called 'eve'" },
		{ "admin logins anna",			0, "anna is not logged in" },
		{ "admin logins anna --end",		0, "0 logins have ended" },
		{ "admin logins eve",			1, "nobody is called 'eve'" },
	};
	struct stage	*s = *state;
	char		 both[4096];

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		must(s, row[i].status, row[i].line);
		snprintf(both, sizeof(both), "%s%s", s->out_len > 0 ? s->out : "",
		    s->err_len > 0 ? s->err : "");
		says(row[i].line, both, row[i].has);
	}
	assert_int_equal(ask(s, "SELECT count(*) FROM audit_log WHERE via = 'command'"
	    " AND action LIKE 'person.%' AND result = 'done'"), 9);
	assert_int_equal(ask(s, "SELECT count(*) FROM audit_log WHERE action = 'person.role'"
	    " AND before = '{\"role\":\"operator\"}' AND after = '{\"role\":\"admin\"}'"), 1);
}

static void
a_password_may_be_typed_and_ends_logins(void **state)
{
	struct stage	*s = *state;
	struct json	*j;

	type(s, "too short\n");
	must(s, 64, "admin add anna --role admin --stdin");
	says("admin add", s->err, "at least 10 characters");
	type(s, "");
	must(s, 64, "admin add anna --role admin --stdin");
	type(s, "correct horse\n");
	must(s, 0, "admin add anna --role admin --stdin --json");
	assert_null(strstr(s->out, "horse"));
	json_free(document(s));
	assert_true(opens(s, "anna", SPAN("correct horse")));
	ask(s, "INSERT INTO login VALUES ('t', 1, 'f', '192.0.2.1', 'Fox/1', 1, strftime('%s') * 1000000,"
	    " strftime('%s') * 1000000 + 60000000) RETURNING 1");
	must(s, 0, "admin logins anna");
	says("admin logins", s->out, "Fox/1");
	must(s, 0, "admin passwd anna --json");
	j = document(s);
	assert_true(opens(s, "anna", json_text(j, "password")));
	json_free(j);
	assert_int_equal(ask(s, "SELECT count(*) FROM login"), 0);
	assert_int_equal(ask(s, "UPDATE person SET totp = 'x' RETURNING 1"), 1);
	must(s, 0, "admin passwd anna");
	says("admin passwd", s->err, "the second factor stays on");
	must(s, 0, "admin passwd anna --totp-off");
	assert_int_equal(ask(s, "SELECT count(*) FROM person WHERE totp IS NOT NULL"), 0);
}

static void
what_was_tried_is_forgotten_when_asked(void **state)
{
	struct stage	*s = *state;

	must(s, 0, "admin add anna --role admin --no-password");
	must(s, 0, "admin add an --role admin --no-password");
	ask(s, "INSERT INTO login_failure SELECT v, 9, 1, 1 FROM (SELECT 'addr:192.0.2.1' AS v UNION"
	    " SELECT 'new:anna' UNION SELECT 'new:an' UNION SELECT 'device:1:aa' UNION SELECT 'device:12:bb'"
	    " UNION SELECT 'new:annabel') RETURNING 1");
	must(s, 0, "admin unlock anna");
	says("admin unlock", s->out, "failed attempts are forgotten");
	assert_int_equal(ask(s, "SELECT count(*) FROM login_failure WHERE source IN"
	    " ('new:an', 'device:12:bb', 'addr:192.0.2.1', 'new:annabel')"), 4);
	assert_int_equal(ask(s, "SELECT count(*) FROM login_failure"), 4);
	must(s, 0, "admin unlock");
	assert_int_equal(ask(s, "SELECT count(*) FROM login_failure"), 0);
}

static void
what_commands_do_stands_in_the_audit_log(void **state)
{
	struct stage	*s = *state;

	must(s, 0, "plan set price_1 --credits 5 --name Small");
	must(s, 0, "plan set price_1 --credits 6 --name Small");
	must(s, 0, "plan rm price_1");
	must(s, 1, "plan rm price_1");
	assert_int_equal(ask(s, "SELECT count(*) FROM audit_log WHERE subject = 'plan:price_1'"), 3);
	assert_int_equal(ask(s, "SELECT count(*) FROM audit_log WHERE action = 'plan.set' AND before IS NULL"
	    " AND json_extract(after, '$.credits') = '5'"), 1);
	assert_int_equal(ask(s, "SELECT count(*) FROM audit_log WHERE action = 'plan.set'"
	    " AND json_extract(before, '$.credits') = '5' AND json_extract(after, '$.credits') = '6'"), 1);
	assert_int_equal(ask(s, "SELECT count(*) FROM audit_log WHERE action = 'plan.rm' AND after IS NULL"), 1);

	put_event(s, "evt_1", "invoice.paid", "{}");
	put_event(s, "evt_2", "invoice.paid", "{}");
	must(s, 1, "events retry 1 99");
	assert_int_equal(ask(s, "SELECT count(*) FROM audit_log WHERE action = 'event.retry'"
	    " AND subject = 'event:1'"), 1);
	assert_int_equal(ask(s, "SELECT count(*) FROM audit_log WHERE subject = 'event:99'"), 0);
	must(s, 0, "events retry --status pending --yes");
	assert_int_equal(ask(s, "SELECT count(*) FROM audit_log WHERE subject = 'events'"
	    " AND json_extract(after, '$.events') = '2'"), 1);
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, stage_with_database, stage_teardown)
#define EMPTY(f) cmocka_unit_test_setup_teardown(f, stage_setup, stage_teardown)
	const struct CMUnitTest	tests[] = {
		EMPTY(init_makes_the_first_admin_once),
		EMPTY(where_the_web_server_knows_people_none_is_made),
		EMPTY(older_settings_get_a_key_if_nobody_else_reads_them),
		T(people_come_change_and_go),
		T(a_password_may_be_typed_and_ends_logins),
		T(what_was_tried_is_forgotten_when_asked),
		T(what_commands_do_stands_in_the_audit_log),
	};

	return cmocka_run_group_tests_name("cli/admin", tests, NULL, NULL);
}
