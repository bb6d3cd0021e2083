/*
 * migrate - the schema, file by file, and how the file is journalled.
 *
 * PRAGMA user_version is the number of the last file that was run; each is a
 * transaction of its own, so a crash leaves the file at one of the numbers.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/fault.h"
#include "base/log.h"
#include "store/private.h"

struct state {
	int64_t	 application, version, tables;
};

static int
file_version(const struct embedded *f)
{
	return (int)strtol(f->name, NULL, 10);
}

static int
newest(const struct embedded *files)
{
	int	 n = 0;

	for (; files->name != NULL; files++)
		n = file_version(files);
	return n;
}

int
db_schema_version(void)
{
	return newest(schema_files);
}

/* In one snapshot: another process may be making the schema right now. */
static enum hk_err
state_read(struct db *db, struct state *s)
{
	enum hk_err	 e, end;

	*s = (struct state){ 0 };
	if ((e = db_exec(db, "open", "BEGIN")) != HK_OK)
		return e;
	if ((e = db_ask(db, "PRAGMA application_id", &s->application)) == HK_OK &&
	    (e = db_ask(db, "PRAGMA user_version", &s->version)) == HK_OK &&
	    s->application != DB_APPLICATION)
		e = db_ask(db, "SELECT count(*) FROM sqlite_schema", &s->tables);
	end = db_exec(db, "open", "COMMIT");
	return e != HK_OK ? e : end;
}

static enum hk_err
state_missing(const struct db *db, const struct open_how *how)
{
	if (how->existing)
		return store_note(HK_MOVED, "%s: an empty file lies where the database "
		    "was: put it back, or start again to make a new one", db->path);
	if (how->use == DB_RO)
		return store_note(HK_NOTFOUND, "%s: the database is empty: run "
		    "`hookkeeper init`", db->path);
	return HK_OK;
}

/* May we go on with what is there?  *s says from where. */
static enum hk_err
look(struct db *db, const struct open_how *how, int known, struct state *s)
{
	enum hk_err	 e;

	if ((e = state_read(db, s)) != HK_OK)
		return e;
	if (s->application != DB_APPLICATION) {
		if (s->tables == 0 && s->version == 0 && s->application == 0)
			return state_missing(db, how);
		return store_note(HK_NOTADB, "%s: this is another program's database: "
		    "name another file in the setting db", db->path);
	}
	if (s->version > known)
		return store_note(HK_NEWER, "%s: its schema is number %lld, this program "
		    "knows %d: install the hookkeeper that made it, or a newer one",
		    db->path, (long long)s->version, known);
	if (s->version < known && how->use == DB_RO && !how->older)
		return store_note(HK_NOTFOUND, "%s: its schema is number %lld, this "
		    "program needs %d: run `hookkeeper init`", db->path,
		    (long long)s->version, known);
	return HK_OK;
}

/* One file: all of it and its number, or nothing. */
static enum hk_err
apply(struct db *db, const struct embedded *f)
{
	char		 number[96];
	int64_t		 orphans = 0;
	enum hk_err	 e;

	snprintf(number, sizeof(number), "PRAGMA application_id = %d;"
	    " PRAGMA user_version = %d", DB_APPLICATION, file_version(f));
	if ((e = db_exec(db, f->name, "BEGIN IMMEDIATE")) == HK_OK &&
	    (e = db_exec(db, f->name, f->data.p)) == HK_OK &&
	    (e = db_ask(db, "SELECT count(*) FROM pragma_foreign_key_check", &orphans))
	    == HK_OK && orphans > 0)
		e = store_note(HK_CORRUPT, "%s: %s: %lld rows would name rows that are "
		    "not there", db->path, f->name, (long long)orphans);
	FAULT_DIE("migrate.half");
	if (e == HK_OK && (e = db_exec(db, f->name, number)) == HK_OK)
		e = db_exec(db, f->name, "COMMIT");
	FAULT_DIE("migrate.committed");
	if (e != HK_OK && !sqlite3_get_autocommit(db->sql))
		(void)sqlite3_exec(db->sql, "ROLLBACK", NULL, NULL, NULL);
	return e;
}

static enum hk_err
migrate(struct db *db, int64_t from, const struct embedded *files)
{
	char		 page[40];
	enum hk_err	 e;

	if (from == 0 && !db->memory) {
		/* A page's size is settled by the first write, in WAL mode for good. */
		snprintf(page, sizeof(page), "PRAGMA page_size = %d", DB_PAGE);
		if ((e = db_exec(db, "page size", page)) != HK_OK ||
		    (e = journal_choose(db, db->wal)) != HK_OK)
			return e;
		if (!db->wal)
			log_warn("%s: this file system does not carry SQLite's WAL: a "
			    "rollback journal is used; slower, and only for one host",
			    db->path);
	}
	/* A file may make a table anew; its references are checked afterwards. */
	if ((e = db_exec(db, "migrate", "PRAGMA foreign_keys = OFF")) != HK_OK)
		return e;
	for (const struct embedded *f = files; f->name != NULL; f++)
		if (file_version(f) > from && (e = apply(db, f)) != HK_OK)
			return e;
	if (from != 0)
		log_info("%s: schema brought from number %lld to %d", db->path,
		    (long long)from, newest(files));
	return db_exec(db, "migrate", "PRAGMA foreign_keys = ON");
}

enum hk_err
schema_bring(struct db *db, const struct open_how *how, const struct embedded *files)
{
	int		 known = newest(files);
	struct state	 s;
	enum hk_err	 e;

	if ((e = look(db, how, known, &s)) != HK_OK || s.version == known ||
	    (how->older && s.version > 0))
		return e;
	if ((e = lock_take(&db->lock, db->busy_ms)) != HK_OK)
		return e;
	FAULT_DIE("migrate.begun");
	/* Another process may have done it while we waited. */
	if ((e = look(db, how, known, &s)) == HK_OK && s.version < known)
		e = migrate(db, s.version, files);
	FAULT_DIE("migrate.done");
	lock_drop(&db->lock);
	return e;
}

/* *wal: what the statement, a PRAGMA journal_mode, answered. */
static enum hk_err
journal_ask(struct db *db, const char *sql, bool *wal)
{
	enum hk_err	 e = HK_OK;
	sqlite3_stmt	*q = NULL;
	int		 rc;

	rc = sqlite3_prepare_v2(db->sql, sql, -1, &q, NULL);
	if (rc == SQLITE_OK && (rc = sqlite3_step(q)) == SQLITE_ROW)
		*wal = sqlite3_stricmp((const char *)sqlite3_column_text(q, 0),
		    "wal") == 0;
	else
		e = db_fail(db, rc, sql);
	sqlite3_finalize(q);
	return e;
}

static enum hk_err
journal_set(struct db *db, bool want, bool *is)
{
	enum hk_err	 e;

	if (want &&
	    ((e = journal_ask(db, "PRAGMA journal_mode = WAL", is)) != HK_OK || *is))
		return e;
	return journal_ask(db, "PRAGMA journal_mode = TRUNCATE", is);
}

/*
 * WAL is a property of the file (a copy made by VACUUM INTO lost it), TRUNCATE
 * one of the connection.
 */
enum hk_err
journal_choose(struct db *db, bool want)
{
	bool		 is = false, ours = false;
	enum hk_err	 e;

	if ((e = journal_ask(db, "PRAGMA journal_mode", &is)) != HK_OK)
		return e;
	if (is != want && db->use == DB_RW && !db->lock.held) {
		if ((e = lock_take(&db->lock, db->busy_ms)) != HK_OK)
			return e;
		ours = true;
	}
	if (db->use == DB_RW && (!is || !want))
		e = journal_set(db, want, &is);
	if (ours)
		lock_drop(&db->lock);
	if (e == HK_OK)
		db->wal = is;
	return e;
}
