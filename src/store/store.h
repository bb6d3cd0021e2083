/*
 * The database: connection, statements, transactions.  The only user of
 * SQLite; nobody else knows the engine.
 *
 * Durability: WAL and synchronous=FULL, page size 8192; HK_OK from
 * db_commit() means on disk.  On a file system where WAL is unsafe (NFS, SMB,
 * FUSE, ...) a rollback journal is used.  Between processes a lock on the
 * side file "<db>.lock" is held around each write transaction: fair, bounded
 * by the time limit, then HK_BUSY.
 *
 * A struct db belongs to one thread at a time.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/conf.h"
#include "base/err.h"
#include "base/span.h"

/* Every statement of the project, by name; the texts are in store/<room>.def. */
enum stmt_id {
#define S(name, sql)	S_##name,
#include "store/statements.def"
#undef S
	S_COUNT
};

struct db;
struct stmt;

enum db_use {
	DB_RW,		/* reads and writes; makes or migrates the schema */
	DB_RO		/* read only; an older or missing schema is an error */
};

/*
 * Open.  The file and its schema are made when missing, old schemas migrated,
 * both under the lock, so several processes may do it at once.
 * The folder must exist.  HK_NOTADB, HK_CORRUPT, HK_NEWER: refuse to start.
 * HK_BUSY, HK_FULL, HK_READONLY, HK_IO: may pass; err_last() says what to do.
 */
enum hk_err	 db_open(struct db **, const char *path, enum db_use,
		    int64_t busy_timeout_ms) HK_MUST_USE;
/* Rolls back what is open; closing the last connection copies the log back. */
void		 db_close(struct db *);		/* NULL is fine */
/* A database in memory with the full schema, for tests. */
enum hk_err	 db_memory(struct db **) HK_MUST_USE;

/*
 * BEGIN IMMEDIATE under the lock.  HK_BUSY after the time limit.
 * HK_MOVED: the file at the path is no longer the one that was opened.
 * With DB_RO: a snapshot to read from, no lock.
 */
enum hk_err	 db_begin(struct db *) HK_MUST_USE;
/*
 * Durable when HK_OK; anything else: nothing of it happened, and it is rolled
 * back.  No statement may stand on a row.
 */
enum hk_err	 db_commit(struct db *) HK_MUST_USE;
/* Fine when nothing is open; resets all statements. */
void		 db_rollback(struct db *);
/*
 * From db_begin() to commit or rollback, also when the engine took it back by
 * itself (full disk, no memory): then every step says why.
 */
bool		 db_in_transaction(const struct db *);
/* Does another connection wait for its turn to write? */
bool		 db_wanted(const struct db *);
/* Savepoint inside a transaction; one level. */
enum hk_err	 db_save(struct db *) HK_MUST_USE;
enum hk_err	 db_keep(struct db *) HK_MUST_USE;	/* release */
enum hk_err	 db_undo(struct db *) HK_MUST_USE;	/* back to db_save(), and release */

/*
 * A prepared statement, made on first use and kept by the connection: reset,
 * all parameters NULL.  Belongs to the caller until stmt_reset().
 */
enum hk_err	 db_stmt(struct db *, enum stmt_id, struct stmt **) HK_MUST_USE;

/*
 * Bind by name with the colon (":id").  A name the statement does not have is
 * our error: abort.  Bytes are not copied: they must live until the step.
 */
void		 bind_int(struct stmt *, const char *name, int64_t);
void		 bind_null(struct stmt *, const char *name);
void		 bind_text(struct stmt *, const char *name, struct span);	/* SPAN_NULL: NULL */
void		 bind_blob(struct stmt *, const char *name, struct span);
/* As text when it is valid UTF-8 without NUL, else as a blob. */
void		 bind_bytes(struct stmt *, const char *name, struct span);

/* *row: one is there.  A constraint that failed is HK_EXISTS. */
enum hk_err	 stmt_step(struct stmt *, bool *row) HK_MUST_USE;
/* To the end, rows thrown away; resets. */
enum hk_err	 stmt_run(struct stmt *) HK_MUST_USE;
/* The first row's first column, *out untouched when there is no row; resets. */
enum hk_err	 stmt_int(struct stmt *, int64_t *out) HK_MUST_USE;
void		 stmt_reset(struct stmt *);		/* NULL is fine */
/* Rows the last stmt_run()/step changed. */
int64_t		 db_changes(const struct db *);
/* The integer key of the row inserted last; only after an insert that changed one. */
int64_t		 db_last_id(const struct db *);
/* Rows changed since the connection was opened: to see whether anything was. */
int64_t		 db_all_changes(const struct db *);

/*
 * Columns of the current row, by position from 0.  Spans live until the next
 * step or reset.  NULL reads as 0 and SPAN_NULL.
 */
int64_t		 col_int(struct stmt *, int col);
struct span	 col_text(struct stmt *, int col);	/* text or blob */
bool		 col_is_null(struct stmt *, int col);
int		 col_count(struct stmt *);
const char	*col_name(struct stmt *, int col);

/*
 * A number that changes when another connection committed: PRAGMA
 * data_version.
 */
enum hk_err	 db_version(struct db *, int64_t *out) HK_MUST_USE;
/* Prepare every statement of the project; HK_SYNTAX names the first bad one. */
enum hk_err	 db_prepare_all(struct db *) HK_MUST_USE;
/* PRAGMA quick_check and foreign_key_check; err_last() has the first finding. */
enum hk_err	 db_check(struct db *) HK_MUST_USE;
/* Highest schema version this program knows. */
int		 db_schema_version(void);
/* "wal" or "truncate": what the file system allowed. */
const char	*db_journal(const struct db *);

#endif
