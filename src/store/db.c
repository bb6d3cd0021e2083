/* db - transactions, and what a connection can say about its file. */
#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/fault.h"
#include "store/private.h"

void
db_close(struct db *db)
{
	int	 rc;

	if (db == NULL)
		return;
	db_rollback(db);
	stmts_finalize(db);
	columns_free(db->columns);
	rc = sqlite3_close(db->sql);
	assert(rc == SQLITE_OK);	/* else something was not finalized */
	(void)rc;
	lock_close(&db->lock);
	free(db->path);
	free(db);
}

enum hk_err
db_exec(struct db *db, const char *what, const char *sql)
{
	int	 rc = sqlite3_exec(db->sql, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? HK_OK : db_fail(db, rc, what);
}

enum hk_err
db_ask(struct db *db, const char *sql, int64_t *out)
{
	sqlite3_stmt	*q = NULL;
	int		 rc;

	rc = sqlite3_prepare_v2(db->sql, sql, -1, &q, NULL);
	if (rc == SQLITE_OK && (rc = sqlite3_step(q)) == SQLITE_ROW) {
		*out = sqlite3_column_int64(q, 0);
		rc = SQLITE_DONE;
	}
	if (rc == SQLITE_DONE)
		rc = SQLITE_OK;
	if (rc != SQLITE_OK) {
		enum hk_err	 e = db_fail(db, rc, sql);

		sqlite3_finalize(q);
		return e;
	}
	sqlite3_finalize(q);
	return HK_OK;
}

/* What is written to a file that has no name any more is lost. */
static enum hk_err
still_there(struct db *db)
{
	int	 moved = 0, rc;

	if (db->memory)
		return HK_OK;
	rc = sqlite3_file_control(db->sql, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
	if (rc != SQLITE_OK)
		return db_fail(db, rc, "look whether it moved");
	if (!moved)
		return HK_OK;
	db->sick = true;
	return store_note(HK_MOVED, "%s: the file was moved, replaced or deleted while it "
	    "was in use: put it back, with its -wal file, or start again", db->path);
}

/* BEGIN, COMMIT and ROLLBACK must not need memory when there is none. */
static int
begin_prepare(struct db *db)
{
	int	 rc;

	if ((rc = own_prepare(db, OWN_COMMIT)) == SQLITE_OK)
		rc = own_prepare(db, OWN_ROLLBACK);
	return rc;
}

static enum hk_err
begin(struct db *db, int64_t deadline)
{
	enum hk_err	 e;
	int64_t		 left = (deadline - mono_us()) / US_PER_MS;
	int		 rc;

	if ((e = still_there(db)) != HK_OK)
		return e;
	/* What is left of the limit; the lock has kept all of ours away. */
	sqlite3_busy_timeout(db->sql, left > 0 ? (int)left : 0);
	if ((rc = begin_prepare(db)) == SQLITE_OK)
		rc = own_run(db, db->use == DB_RW ? OWN_BEGIN : OWN_SNAPSHOT);
	sqlite3_busy_timeout(db->sql, (int)db->busy_ms);
	return rc == SQLITE_OK ? HK_OK : db_fail(db, rc, "begin");
}

enum hk_err
db_begin(struct db *db)
{
	int64_t		 deadline = mono_us() + db->busy_ms * US_PER_MS;
	enum hk_err	 e;

	assert(!db->open && db->rows == 0);
	if ((e = lock_take(&db->lock, db->busy_ms)) != HK_OK)
		return e;
	if ((e = begin(db, deadline)) != HK_OK) {
		lock_drop(&db->lock);
		return e;
	}
	db->open = true;
	db->saved = false;
	db->lost = HK_OK;
	FAULT_DIE("begun");
	return HK_OK;
}

static void
ended(struct db *db)
{
	db->open = db->saved = false;
	lock_drop(&db->lock);
}

enum hk_err
db_commit(struct db *db)
{
	enum hk_err	 e;
	int		 rc;

	assert(db->open && !db->saved && db->rows == 0);
	FAULT_DIE("commit.before");
	if ((e = db->lost) == HK_OK)
		e = still_there(db);
	if (e == HK_OK && (rc = own_run(db, OWN_COMMIT)) != SQLITE_OK)
		e = db_fail(db, rc, "commit");
	if (e != HK_OK) {
		db_rollback(db);
		return e;
	}
	FAULT_DIE("commit.locked");
	ended(db);
	FAULT_DIE("commit.after");
	if (!db->tended)
		db_tend(db);
	return HK_OK;
}

void
db_rollback(struct db *db)
{
	int	 rc;

	if (!db->open)
		return;
	FAULT_DIE("rollback");
	stmts_reset(db);
	/* Full disk, no memory, an error of the disk: SQLite may have done it. */
	if (!sqlite3_get_autocommit(db->sql) &&
	    (rc = own_run(db, OWN_ROLLBACK)) != SQLITE_OK) {
		db->sick = true;
		(void)db_fail(db, rc, "rollback");
	}
	ended(db);
}

bool
db_in_transaction(const struct db *db)
{
	return db->open;
}

bool
db_wanted(const struct db *db)
{
	return lock_wanted(&db->lock);
}

static enum hk_err
step(struct db *db, int id)
{
	int	 rc;

	if (db->lost != HK_OK)
		return db->lost;
	rc = own_run(db, id);
	return rc == SQLITE_OK ? HK_OK : db_fail(db, rc, "savepoint");
}

enum hk_err
db_save(struct db *db)
{
	enum hk_err	 e;

	assert(db->open && !db->saved);
	if ((e = step(db, OWN_SAVE)) == HK_OK)
		db->saved = true;
	return e;
}

enum hk_err
db_keep(struct db *db)
{
	assert(db->open && db->saved);
	db->saved = false;
	return step(db, OWN_KEEP);
}

enum hk_err
db_undo(struct db *db)
{
	enum hk_err	 e;

	assert(db->open && db->saved);
	db->saved = false;
	if ((e = step(db, OWN_UNDO)) == HK_OK)
		e = step(db, OWN_KEEP);
	return e;
}

enum hk_err
db_version(struct db *db, int64_t *out)
{
	return db_ask(db, "PRAGMA data_version", out);
}

/* The first row of a check, unless it says "ok". */
static enum hk_err
check(struct db *db, const char *sql, const char *what)
{
	enum hk_err	 e = HK_OK;
	sqlite3_stmt	*q = NULL;
	const char	*said;
	int		 rc;

	rc = sqlite3_prepare_v2(db->sql, sql, -1, &q, NULL);
	if (rc == SQLITE_OK && (rc = sqlite3_step(q)) == SQLITE_ROW) {
		said = (const char *)sqlite3_column_text(q, 0);
		if (said == NULL || strcmp(said, "ok") != 0)
			e = store_note(HK_CORRUPT, "%s: %s: %s", db->path, what,
			    said != NULL ? said : "?");
		rc = SQLITE_DONE;
	}
	if (rc != SQLITE_DONE && rc != SQLITE_OK)
		e = db_fail(db, rc, what);
	sqlite3_finalize(q);
	return e;
}

enum hk_err
db_check(struct db *db)
{
	enum hk_err	 e;

	if ((e = check(db, "PRAGMA quick_check(1)", "quick_check")) != HK_OK)
		return e;
	return check(db, "SELECT 'row ' || coalesce(rowid, '?') || ' of ' || \"table\" ||"
	    " ' names a row of ' || parent || ' that is not there'"
	    " FROM pragma_foreign_key_check", "foreign_key_check");
}

const char *
db_journal(const struct db *db)
{
	return db->memory ? "memory" : db->wal ? "wal" : "truncate";
}
