/*
 * A database of its own for each test: the verbs work on `f.db`, and a second
 * connection looks at the rows and plants what no verb would write.
 */
#ifndef TESTS_BOOKS_FIXTURE_H
#define TESTS_BOOKS_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "books/books.h"

#include "../folder.h"

#define T0	INT64_C(1700000000000000)	/* us; "now" in these tests */

static struct {
	char		 dir[128], path[160];
	struct db	*db;
	sqlite3		*eye;
} f;

static inline int
setup(void **state)
{
	(void)state;
	assert_true(folder_make(f.dir, sizeof(f.dir), "books"));
	snprintf(f.path, sizeof(f.path), "%s/t.db", f.dir);
	assert_int_equal(db_open(&f.db, f.path, DB_RW, 1000), HK_OK);
	assert_int_equal(sqlite3_open(f.path, &f.eye), SQLITE_OK);
	return 0;
}

static inline int
teardown(void **state)
{
	(void)state;
	sqlite3_close(f.eye);
	db_close(f.db);
	return folder_remove(f.dir);
}

/* Change rows behind the verbs' back. */
static inline void
plant(const char *sql)
{
	char	*why = NULL;

	if (sqlite3_exec(f.eye, sql, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s: %s", sql, why);
}

/* The first column of the first row as text; "-" for no row, "NULL" for NULL. */
static inline const char *
ask(const char *sql)
{
	static char	 out[8][512];
	static int	 turn;
	char		*to = out[turn++ % 8];
	sqlite3_stmt	*q;

	if (sqlite3_prepare_v2(f.eye, sql, -1, &q, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(f.eye));
	if (sqlite3_step(q) != SQLITE_ROW)
		snprintf(to, sizeof(out[0]), "-");
	else if (sqlite3_column_type(q, 0) == SQLITE_NULL)
		snprintf(to, sizeof(out[0]), "NULL");
	else
		snprintf(to, sizeof(out[0]), "%s", (const char *)sqlite3_column_text(q, 0));
	sqlite3_finalize(q);
	return to;
}

/* Empty the books, so that the next order of the same events starts afresh. */
static inline void
wipe(void)
{
	plant("PRAGMA foreign_keys = OFF; BEGIN; DELETE FROM transfer; DELETE FROM account;"
	    " DELETE FROM payment; DELETE FROM payment_alias;"
	    " DELETE FROM payment_taking; DELETE FROM period_grant; DELETE FROM period_share;"
	    " DELETE FROM refund; DELETE FROM refund_failed; DELETE FROM dispute;"
	    " DELETE FROM invoice; DELETE FROM subscription; DELETE FROM subscription_item;"
	    " DELETE FROM message; DELETE FROM api_key; DELETE FROM organization;"
	    " DELETE FROM membership; DELETE FROM clerk_session;"
	    " DELETE FROM stripe_customer; DELETE FROM checkout; DELETE FROM email_history;"
	    " DELETE FROM email_recipient;"
	    " DELETE FROM email; DELETE FROM suppression; DELETE FROM site_user; COMMIT");
}

/* Events 1..n, verified and handled. */
static inline void
events(int n)
{
	char	sql[400];

	snprintf(sql, sizeof(sql), "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1"
	    " FROM n WHERE i < %d) INSERT INTO event (id, provider, event_id, status, outcome,"
	    " verified, created_at) SELECT i, 'stripe', 'evt_' || i, 'completed', 'handled',"
	    " 1, 0 FROM n", n);
	plant(sql);
}

static inline void
begin(void)
{
	assert_int_equal(db_begin(f.db), HK_OK);
}

static inline void
commit(void)
{
	assert_int_equal(db_commit(f.db), HK_OK);
}

/* The next order of n things; false after the last.  Start: 0, 1, 2, ... */
static inline bool
next_order(int *order, int n)
{
	int	i, j, t;

	for (i = n - 2; i >= 0 && order[i] > order[i + 1]; i--)
		continue;
	if (i < 0)
		return false;
	for (j = n - 1; order[j] < order[i]; j--)
		continue;
	t = order[i], order[i] = order[j], order[j] = t;
	for (i++, j = n - 1; i < j; i++, j--)
		t = order[i], order[i] = order[j], order[j] = t;
	return true;
}

/* For the table's loops: which row was it? */
#define row_is(name, good) do {						\
	if (!(good))							\
		fail_msg("%s: %s (%s)", (name), #good, err_last());	\
} while (0)

#endif
