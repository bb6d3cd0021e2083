/* stmt and transactions: what is bound is what comes back; all or nothing. */
#include "scene.h"

static struct db *db;

static int
memory(void **state)
{
	(void)state;
	return db_memory(&db) == HK_OK ? 0 : -1;
}

static int
memory_end(void **state)
{
	(void)state;
	db_close(db);
	db = NULL;
	return 0;
}
#define in_memory(test)	cmocka_unit_test_setup_teardown(test, memory, memory_end)

/* A statement of the test's own, made as db_stmt() would. */
static struct stmt
own_stmt(const char *sql)
{
	struct stmt	 st = { .db = db, .name = "test", .taken = true };

	assert_int_equal(sqlite3_prepare_v2(db->sql, sql, -1, &st.q, NULL), SQLITE_OK);
	return st;
}

static void
own_end(struct stmt *st)
{
	stmt_reset(st);
	sqlite3_finalize(st->q);
}

static void
every_statement_fits_the_schema(void **state)
{
	(void)state;
	if (db_prepare_all(db) != HK_OK)
		fail_msg("%s", err_last());
}

static void
a_statement_that_does_not_fit_is_named(void **state)
{
	(void)state;
	assert_int_equal(db_exec(db, "t", "DROP TABLE event_body"), HK_OK);
	assert_int_equal(db_prepare_all(db), HK_SYNTAX);
	assert_non_null(strstr(err_last(), "EVENT_BODY"));
}

static void
bytes_come_back_as_they_went_in(void **state)
{
	static const struct {
		const char	*what;
		struct span	 in;
		const char	*type;
	} row[] = {
		{ "plain text",			{ "{\"a\":1}", 7 },	"text" },
		{ "empty is not NULL",		{ "", 0 },		"text" },
		{ "NULL",			{ NULL, 0 },		"null" },
		{ "umlauts are text",		{ "\xc3\xa4", 2 },	"text" },
		{ "a NUL inside makes a blob",	{ "a\0b", 3 },		"blob" },
		{ "bad UTF-8 makes a blob",	{ "a\xff", 2 },		"blob" },
	};
	struct stmt	 st = own_stmt("SELECT :b, typeof(:b)");
	struct span	 out;
	bool		 is_row;

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		bind_bytes(&st, ":b", row[i].in);
		assert_int_equal(stmt_step(&st, &is_row), HK_OK);
		out = col_text(&st, 0);
		if (!is_row || !span_eq(out, row[i].in) ||
		    (out.p == NULL) != (row[i].in.p == NULL) ||
		    col_is_null(&st, 0) != (row[i].in.p == NULL) ||
		    !span_is(col_text(&st, 1), row[i].type))
			fail_msg("%s", row[i].what);
		stmt_reset(&st);
		st.taken = true;
	}
	own_end(&st);
}

static void
numbers_keep_all_their_bits(void **state)
{
	static const int64_t	 n[] = { 0, -1, INT64_MAX, INT64_MIN, 1700000000000000 };
	struct stmt		 st = own_stmt("SELECT :n AS number, :absent");
	bool			 row;

	(void)state;
	for (size_t i = 0; i < sizeof(n) / sizeof(n[0]); i++) {
		bind_int(&st, ":n", n[i]);
		assert_int_equal(stmt_step(&st, &row), HK_OK);
		assert_true(row);
		assert_true(col_int(&st, 0) == n[i]);
		assert_true(col_is_null(&st, 1));
		assert_int_equal(col_int(&st, 1), 0);
		assert_string_equal(col_name(&st, 0), "number");
		assert_int_equal(col_count(&st), 2);
		stmt_reset(&st);
		st.taken = true;
	}
	own_end(&st);
}

static void
parameters_are_forgotten_by_a_reset(void **state)
{
	struct stmt	*q;
	int64_t		 id = 7;

	(void)state;
	assert_int_equal(put_event(db, "evt_1", SPAN("{}")), HK_OK);
	assert_int_equal(db_stmt(db, S_EVENT_FIND, &q), HK_OK);
	bind_text(q, ":provider", SPAN("stripe"));
	bind_text(q, ":event_id", SPAN("evt_1"));
	assert_int_equal(stmt_int(q, &id), HK_OK);
	assert_int_equal(id, 1);
	id = 7;
	assert_int_equal(db_stmt(db, S_EVENT_FIND, &q), HK_OK);
	bind_text(q, ":provider", SPAN("stripe"));
	assert_int_equal(stmt_int(q, &id), HK_OK);
	assert_int_equal(id, 7);	/* no row: untouched */
}

static void
a_repeat_changes_nothing(void **state)
{
	(void)state;
	assert_int_equal(put_event(db, "evt_1", SPAN("{}")), HK_OK);
	assert_int_equal(db_changes(db), 1);
	assert_int_equal(put_event(db, "evt_1", SPAN("other")), HK_EXISTS);
	assert_int_equal(db_changes(db), 0);
	assert_int_equal(count_events(db), 1);
}

static void
a_constraint_says_exists(void **state)
{
	static const char *const	 sql[] = {
		"INSERT INTO event_body (event, headers, body) VALUES (99, '{}', '')",		/* no such event */
		"INSERT INTO event (provider, event_id, status, verified, created_at)"
		" VALUES ('a', 'b', 'lost', 1, 0)",			/* no such status */
		"INSERT INTO event (provider) VALUES ('a')",		/* NOT NULL */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(sql) / sizeof(sql[0]); i++) {
		struct stmt	 st = own_stmt(sql[i]);

		if (stmt_run(&st) != HK_EXISTS)
			fail_msg("%s", sql[i]);
		sqlite3_finalize(st.q);
	}
}

/* Before its first row: nobody goes on with the id of a row that will not be. */
static void
a_foreign_key_fails_before_a_row_is_returned(void **state)
{
	struct stmt	 st = own_stmt("INSERT INTO event_body (event, headers, body) VALUES (99, '{}', '')"
	    " RETURNING event");
	bool		 row = true;

	(void)state;
	assert_int_equal(db_begin(db), HK_OK);
	assert_int_equal(stmt_step(&st, &row), HK_EXISTS);
	assert_false(row);
	own_end(&st);
	assert_int_equal(put_event(db, "evt_1", SPAN("{}")), HK_OK);
	assert_int_equal(db_commit(db), HK_OK);
	assert_int_equal(count_events(db), 1);
}

static void
undo_goes_back_to_save_and_keep_keeps(void **state)
{
	(void)state;
	assert_int_equal(db_begin(db), HK_OK);
	assert_int_equal(put_event(db, "before", SPAN("{}")), HK_OK);
	assert_int_equal(db_save(db), HK_OK);
	assert_int_equal(put_event(db, "undone", SPAN("{}")), HK_OK);
	assert_int_equal(db_undo(db), HK_OK);
	assert_int_equal(db_save(db), HK_OK);
	assert_int_equal(put_event(db, "kept", SPAN("{}")), HK_OK);
	assert_int_equal(db_keep(db), HK_OK);
	assert_int_equal(db_commit(db), HK_OK);
	assert_int_equal(count_events(db), 2);
	assert_int_equal(put_event(db, "undone", SPAN("{}")), HK_OK);
	assert_int_equal(put_event(db, "kept", SPAN("{}")), HK_EXISTS);
}

static void
rollback_takes_all_back_also_in_the_middle_of_a_row(void **state)
{
	struct stmt	*q;
	bool		 row;

	(void)state;
	db_rollback(db);	/* nothing open: fine */
	assert_int_equal(db_begin(db), HK_OK);
	assert_true(db_in_transaction(db));
	assert_int_equal(put_event(db, "evt_1", SPAN("{}")), HK_OK);
	assert_int_equal(db_stmt(db, S_EVENT_FIND, &q), HK_OK);
	bind_text(q, ":provider", SPAN("stripe"));
	bind_text(q, ":event_id", SPAN("evt_1"));
	assert_int_equal(stmt_step(q, &row), HK_OK);
	assert_true(row);
	db_rollback(db);
	assert_false(db_in_transaction(db));
	assert_int_equal(count_events(db), 0);
	assert_int_equal(db_stmt(db, S_EVENT_FIND, &q), HK_OK);
	stmt_reset(q);
	stmt_reset(NULL);
}

/* A full disk: SQLite rolls back by itself, and what follows must not stick. */
static void
nothing_is_written_after_the_engine_gave_up(void **state)
{
	static char	 body[100000];
	char		 id[16];
	enum hk_err	 e = HK_OK;
	int64_t		 pages = 0, n = -1;

	(void)state;
	memset(body, 'x', sizeof(body));
	assert_int_equal(db_ask(db, "PRAGMA page_count", &pages), HK_OK);
	assert_int_equal(db_ask(db, "PRAGMA max_page_count = 80", &pages), HK_OK);
	assert_int_equal(db_begin(db), HK_OK);
	for (int i = 0; i < 50 && e == HK_OK; i++) {
		snprintf(id, sizeof(id), "evt_%d", i);
		e = put_event(db, id, span_of(body, sizeof(body)));
	}
	assert_int_equal(e, HK_FULL);
	assert_int_equal(put_event(db, "after", SPAN("{}")), HK_FULL);
	assert_int_equal(db_save(db), HK_FULL);
	assert_true(db_in_transaction(db));
	assert_int_equal(db_commit(db), HK_FULL);
	assert_false(db_in_transaction(db));
	assert_int_equal(count_events(db), 0);

	assert_int_equal(db_ask(db, "PRAGMA max_page_count = 100000", &pages), HK_OK);
	assert_int_equal(db_begin(db), HK_OK);
	assert_int_equal(put_event(db, "later", SPAN("{}")), HK_OK);
	assert_int_equal(db_commit(db), HK_OK);
	assert_int_equal(db_ask(db, "SELECT count(*) FROM event_body", &n), HK_OK);
	assert_int_equal(n, 1);
}

static void
a_check_finds_what_is_wrong(void **state)
{
	(void)state;
	assert_int_equal(db_check(db), HK_OK);
	assert_int_equal(db_exec(db, "t", "PRAGMA foreign_keys = OFF;"
	    "INSERT INTO event_body (event, headers, body) VALUES (99, '{}', '')"), HK_OK);
	assert_int_equal(db_check(db), HK_CORRUPT);
	assert_non_null(strstr(err_last(), "event_body"));
}

static void
double_quotes_are_no_text(void **state)
{
	(void)state;
	assert_int_equal(db_exec(db, "t", "SELECT \"no_such_column\" FROM event"), HK_IO);
}

static void
too_large_is_told(void **state)
{
	struct stmt	 st = own_stmt("SELECT :b");
	bool		 row;

	(void)state;
	sqlite3_limit(db->sql, SQLITE_LIMIT_LENGTH, 1000);
	bind_text(&st, ":b", span_of((char[2000]){ "x" }, 2000));
	assert_int_equal(stmt_step(&st, &row), HK_TOOBIG);
	own_end(&st);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		in_memory(every_statement_fits_the_schema),
		in_memory(a_statement_that_does_not_fit_is_named),
		in_memory(bytes_come_back_as_they_went_in),
		in_memory(numbers_keep_all_their_bits),
		in_memory(parameters_are_forgotten_by_a_reset),
		in_memory(a_repeat_changes_nothing),
		in_memory(a_constraint_says_exists),
		in_memory(a_foreign_key_fails_before_a_row_is_returned),
		in_memory(undo_goes_back_to_save_and_keep_keeps),
		in_memory(rollback_takes_all_back_also_in_the_middle_of_a_row),
		in_memory(nothing_is_written_after_the_engine_gave_up),
		in_memory(a_check_finds_what_is_wrong),
		in_memory(double_quotes_are_no_text),
		in_memory(too_large_is_told),
	};

	log_open("test_stmt", LOG_ERROR);
	return cmocka_run_group_tests_name("store/stmt", tests, NULL, NULL);
}
