/* What is changed in the books, row by row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "store/changes.h"
#include "store/private.h"

static struct {
	struct db	*db;
	struct changes	 c;
} b;

static int
setup(void **state)
{
	(void)state;
	assert_int_equal(db_memory(&b.db), HK_OK);
	changes_init(&b.c);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	changes_release(&b.c);
	db_close(b.db);
	return 0;
}

static void
run(const char *sql)
{
	if (db_exec(b.db, "test", sql) != HK_OK)
		fail_msg("%s: %s", sql, err_last());
}

/* What was noted, as a string. */
static const char *
text(void)
{
	static char	out[2 * CHANGES_MOST];
	struct span	s = changes_text(&b.c);

	snprintf(out, sizeof(out), "%.*s", SPAN_ARG(s));
	return out;
}

static const struct {
	const char	*what, *before, *watched, *changes;	/* NULL: none */
} rows[] = {
	{ "an insert: the key once, nothing that is the same for all", "",
	    "INSERT INTO account (id, owner_kind, owner, balance, created_at)"
	    " VALUES (7, 'user', 'u', 40, 5)",
	    "[[\"account\",\"+\",7,{\"owner_kind\":\"user\",\"owner\":\"u\",\"balance\":40}]]" },
	{ "an update: only what differs",
	    "INSERT INTO account (id, owner_kind, owner, balance, created_at)"
	    " VALUES (7, 'user', 'u', 40, 5)",
	    "UPDATE account SET balance = balance + 2, owner = 'u'",
	    "[[\"account\",\"=\",7,{\"balance\":[40,42]}]]" },
	{ "the other side of a transfer",
	    "INSERT INTO account (id, owner_kind, owner, balance, created_at)"
	    " VALUES (1, 'system', 'adjust', 0, 5), (7, 'organization', 'o', 0, 5)",
	    "UPDATE account SET balance = balance - 9 WHERE id = 1;"
	    "UPDATE account SET balance = balance + 9 WHERE id = 7",
	    "[[\"account\",\"=\",7,{\"balance\":[0,9]}]]" },
	{ "to and from nothing",
	    "INSERT INTO site_user (id, clerk_id, email, created_at, updated_at) VALUES"
	    " ('018f0000-0000-7000-8000-000000000000', 'user_1', 'a@b.c', 1, 1)",
	    "UPDATE site_user SET email = NULL, username = 'ann'",
	    "[[\"site_user\",\"=\",\"018f0000-0000-7000-8000-000000000000\","
	    "{\"email\":[\"a@b.c\",null],\"username\":[null,\"ann\"]}]]" },
	{ "a delete, and a key of two columns",
	    "INSERT INTO plan (match, ref, credits, created_at, updated_at)"
	    " VALUES ('price', 'price_1', 5, 1, 1)",
	    "DELETE FROM plan",
	    "[[\"plan\",\"-\",\"price price_1\",{\"credits\":5,\"per\":1}]]" },
	{ "in a table without rowids",
	    "INSERT INTO plan (match, ref, credits, created_at, updated_at)"
	    " VALUES ('price', 'price_1', 5, 1, 1)",
	    "UPDATE plan SET credits = 6",
	    "[[\"plan\",\"=\",\"price price_1\",{\"credits\":[5,6]}]]" },
	{ "several, in their order", "",
	    "INSERT INTO email (email_id, recipients, state, state_at, created_at)"
	    " VALUES ('e1', '[]', 'sent', 1, 1); UPDATE email SET state = 'opened', opens = 1",
	    "[[\"email\",\"+\",\"e1\",{\"recipients\":\"[]\",\"state\":\"sent\",\"state_at\":1,"
	    "\"opens\":0,\"clicks\":0}],"
	    "[\"email\",\"=\",\"e1\",{\"state\":[\"sent\",\"opened\"],\"opens\":[0,1]}]]" },
	{ "a message: what it says is in the other rows", "",
	    "INSERT INTO message (type, owner_kind, owner, payload, cause, created_at)"
	    " VALUES ('user.created', 'user', 'u', '{}', 'c', 1)",
	    "[[\"message\",\"+\",1,{\"type\":\"user.created\"}]]" },
	{ "signs that JSON escapes, bytes that are no text", "",
	    "INSERT INTO plan (match, ref, name, credits, created_at, updated_at)"
	    " VALUES ('price', 'a\"b', 'x\\' || char(10) || CAST(x'C3BCFF' AS TEXT), 1, 1, 1)",
	    "[[\"plan\",\"+\",\"price a\\\"b\",{\"name\":\"x\\\\\\u000a???\",\"credits\":1,"
	    "\"per\":1}]]" },
	{ "an update that changes nothing",
	    "INSERT INTO plan (match, ref, credits, created_at, updated_at)"
	    " VALUES ('price', 'price_1', 5, 1, 1)",
	    "UPDATE plan SET credits = 5", NULL },
	{ "tables that are not the books'", "",
	    "INSERT INTO event (provider, event_id, status, verified, created_at)"
	    " VALUES ('stripe', 'evt_1', 'pending', 1, 1)", NULL },
	{ "a conflict that does nothing",
	    "INSERT INTO plan (match, ref, credits, created_at, updated_at)"
	    " VALUES ('price', 'price_1', 5, 1, 1)",
	    "INSERT INTO plan (match, ref, credits, created_at, updated_at)"
	    " VALUES ('price', 'price_1', 6, 1, 1) ON CONFLICT DO NOTHING", NULL },
};

static void
what_is_noted(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct span	got;

		run(rows[i].before);
		changes_start(&b.c, b.db);
		run(rows[i].watched);
		changes_stop(&b.c, b.db);
		got = changes_text(&b.c);
		if (!span_eq(got, span_str(rows[i].changes)) ||
		    (got.p == NULL) != (rows[i].changes == NULL))
			fail_msg("%s: %.*s", rows[i].what, SPAN_ARG(got));
		teardown(state);
		setup(state);
	}
}

static void
a_long_text_is_cut_between_characters(void **state)
{
	(void)state;
	changes_start(&b.c, b.db);
	run("INSERT INTO plan (match, ref, name, credits, created_at, updated_at)"
	    " SELECT 'price', 'p', 'x' || replace(hex(zeroblob(150)), '00', char(252)), 1, 1, 1");
	changes_stop(&b.c, b.db);
	assert_non_null(strstr(text(), "\xC3\xBC...\""));
	assert_null(strstr(text(), "\xEF\xBF\xBD"));
	assert_true(b.c.len < 2 * CHANGES_TEXT + 200);
}

static void
so_many_rows_are_only_counted(void **state)
{
	char	end[80];

	(void)state;
	changes_start(&b.c, b.db);
	run("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 150)"
	    " INSERT INTO plan (match, ref, credits, created_at, updated_at)"
	    " SELECT 'price', 'p' || i, 1, 1, 1 FROM n");
	changes_stop(&b.c, b.db);
	assert_int_equal(b.c.rows, CHANGES_ROWS);
	snprintf(end, sizeof(end), ",[null,\"more\",%d]]", 150 - CHANGES_ROWS);
	assert_non_null(strstr(text(), end));
	/* and the next time starts afresh */
	changes_start(&b.c, b.db);
	changes_stop(&b.c, b.db);
	assert_null(changes_text(&b.c).p);
}

static void
nothing_is_noted_after_the_stop(void **state)
{
	(void)state;
	changes_start(&b.c, b.db);
	changes_stop(&b.c, b.db);
	run("INSERT INTO plan (match, ref, credits, created_at, updated_at)"
	    " VALUES ('price', 'p', 1, 1, 1)");
	assert_null(changes_text(&b.c).p);
	assert_null(b.c.text);	/* nor was memory taken */
}

/* A key's hash and text are for nobody, also not in a row that is new. */
static void
secrets_are_left_out(void **state)
{
	(void)state;
	run("INSERT INTO site_user (id, created_at, updated_at) VALUES"
	    " ('018f0000-0000-7000-8000-000000000000', 1, 1)");
	changes_start(&b.c, b.db);
	run("INSERT INTO api_key (id, site_user, prefix, hash, sealed, created_at) VALUES ('key_1',"
	    " '018f0000-0000-7000-8000-000000000000', 'hk_ab', 'topsecret', 'topsecret', 1);"
	    "UPDATE api_key SET sealed = NULL, used_at = 2");
	changes_stop(&b.c, b.db);
	assert_null(strstr(text(), "topsecret"));
	assert_non_null(strstr(text(), "\"prefix\":\"hk_ab\""));
	assert_non_null(strstr(text(), "\"=\",\"key_1\",{\"used_at\":[null,2]}"));
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest	tests[] = {
		T(what_is_noted),
		T(a_long_text_is_cut_between_characters),
		T(so_many_rows_are_only_counted),
		T(nothing_is_noted_after_the_stop),
		T(secrets_are_left_out),
	};

	return cmocka_run_group_tests_name("store/changes", tests, NULL, NULL);
}
