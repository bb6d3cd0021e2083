/* stmt - the statements of the project: prepare, bind, step, read. */
#include <assert.h>
#include <errno.h>

#include "base/codec.h"
#include "store/private.h"

static const struct {
	const char	*name, *sql;
} texts[STMT_ALL] = {
#define S(name, sql)	{ #name, sql },
#include "store/statements.def"
#undef S
	[OWN_BEGIN]	= { "begin",	"BEGIN IMMEDIATE" },
	[OWN_SNAPSHOT]	= { "begin",	"BEGIN" },
	[OWN_COMMIT]	= { "commit",	"COMMIT" },
	[OWN_ROLLBACK]	= { "rollback",	"ROLLBACK" },
	[OWN_SAVE]	= { "save",	"SAVEPOINT step" },
	[OWN_KEEP]	= { "keep",	"RELEASE step" },
	[OWN_UNDO]	= { "undo",	"ROLLBACK TO step" },
};

/* Prepared on first use: a plain CGI request pays for what it needs. */
int
own_prepare(struct db *db, int id)
{
	struct stmt	*st = &db->stmts[id];
	const char	*rest = "";
	int		 rc;

	if (st->q != NULL)
		return SQLITE_OK;
	rc = sqlite3_prepare_v3(db->sql, texts[id].sql, -1, SQLITE_PREPARE_PERSISTENT,
	    &st->q, &rest);
	assert(rc != SQLITE_OK || (st->q != NULL && *rest == '\0'));	/* one each */
	st->db = db;
	st->name = texts[id].name;
	return rc;
}

static int
step(struct db *db, sqlite3_stmt *q)
{
	int	 rc;

	errno = 0;
	rc = sqlite3_step(q);
	db->error = rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : errno;
	return rc;
}

int
own_run(struct db *db, int id)
{
	int	 rc = own_prepare(db, id);

	if (rc != SQLITE_OK)
		return rc;
	rc = step(db, db->stmts[id].q);
	sqlite3_reset(db->stmts[id].q);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

enum hk_err
db_stmt(struct db *db, enum stmt_id id, struct stmt **out)
{
	struct stmt	*st;
	int		 rc;

	assert((int)id >= 0 && (int)id < S_COUNT);
	if ((rc = own_prepare(db, (int)id)) != SQLITE_OK)
		return db_fail(db, rc, texts[id].name);
	st = &db->stmts[id];
	assert(!st->taken);	/* whose stmt_reset() is missing? */
	st->taken = true;
	*out = st;
	return HK_OK;
}

enum hk_err
db_prepare_all(struct db *db)
{
	int	 rc;

	for (int id = 0; id < STMT_ALL; id++) {
		if ((rc = own_prepare(db, id)) == SQLITE_OK)
			continue;
		if ((rc & 0xff) != SQLITE_ERROR)
			return db_fail(db, rc, texts[id].name);
		return store_note(HK_SYNTAX, "statement %s: %s", texts[id].name,
		    sqlite3_errmsg(db->sql));
	}
	return HK_OK;
}

static int
parameter(struct stmt *st, const char *name)
{
	int	 i = sqlite3_bind_parameter_index(st->q, name);

	assert(st->taken && i > 0);
	return i;
}

static void
bound(struct stmt *st, int rc, const char *name)
{
	if (rc != SQLITE_OK && st->bad == HK_OK)
		st->bad = db_fail(st->db, rc, name);
}

void
bind_int(struct stmt *st, const char *name, int64_t n)
{
	bound(st, sqlite3_bind_int64(st->q, parameter(st, name), n), name);
}

void
bind_null(struct stmt *st, const char *name)
{
	bound(st, sqlite3_bind_null(st->q, parameter(st, name)), name);
}

void
bind_text(struct stmt *st, const char *name, struct span s)
{
	bound(st, sqlite3_bind_text64(st->q, parameter(st, name), s.p, s.len,
	    SQLITE_STATIC, SQLITE_UTF8), name);
}

void
bind_blob(struct stmt *st, const char *name, struct span s)
{
	bound(st, sqlite3_bind_blob64(st->q, parameter(st, name), s.p, s.len,
	    SQLITE_STATIC), name);
}

void
bind_bytes(struct stmt *st, const char *name, struct span s)
{
	if (s.p != NULL && (memchr(s.p, '\0', s.len) != NULL || !utf8_valid(s)))
		bind_blob(st, name, s);
	else
		bind_text(st, name, s);
}

static void
row_left(struct stmt *st)
{
	if (st->row)
		st->db->rows--;
	st->row = false;
}

enum hk_err
stmt_step(struct stmt *st, bool *row)
{
	struct db	*db = st->db;
	int		 rc;

	assert(st->taken && !st->done);
	if (st->bad != HK_OK)
		return st->bad;
	/* SQLite took the transaction back: this would be written outside of it. */
	if (db->open && db->lost != HK_OK)
		return db->lost;
	rc = step(db, st->q);
	*row = rc == SQLITE_ROW;
	if (*row) {
		if (!st->row)
			db->rows++;
		st->row = true;
		return HK_OK;
	}
	row_left(st);
	st->done = true;
	return rc == SQLITE_DONE ? HK_OK : db_fail(db, rc, st->name);
}

/* Outside a transaction the end of a statement is a commit, which may fail. */
static enum hk_err
stmt_end(struct stmt *st)
{
	enum hk_err	 e = HK_OK;
	int		 rc = sqlite3_reset(st->q);

	if (st->row && rc != SQLITE_OK)
		e = db_fail(st->db, rc, st->name);
	row_left(st);
	sqlite3_clear_bindings(st->q);
	st->bad = HK_OK;
	st->taken = st->done = false;
	return e;
}

void
stmt_reset(struct stmt *st)
{
	if (st != NULL && st->taken)
		(void)stmt_end(st);	/* which notes an error */
}

void
stmts_reset(struct db *db)
{
	for (int id = 0; id < S_COUNT; id++)
		if (db->stmts[id].taken)
			(void)stmt_end(&db->stmts[id]);
}

void
stmts_finalize(struct db *db)
{
	for (int id = 0; id < STMT_ALL; id++)
		sqlite3_finalize(db->stmts[id].q);	/* NULL is fine */
}

enum hk_err
stmt_run(struct stmt *st)
{
	enum hk_err	 e, end;
	bool		 row;

	while ((e = stmt_step(st, &row)) == HK_OK && row)
		;
	end = stmt_end(st);
	return e != HK_OK ? e : end;
}

enum hk_err
stmt_int(struct stmt *st, int64_t *out)
{
	enum hk_err	 e, end;
	int64_t		 n = 0;
	bool		 row = false;

	if ((e = stmt_step(st, &row)) == HK_OK && row)
		n = col_int(st, 0);
	end = stmt_end(st);
	e = e != HK_OK ? e : end;
	if (e == HK_OK && row)
		*out = n;
	return e;
}

int64_t
db_changes(const struct db *db)
{
	return sqlite3_changes64(db->sql);
}

int64_t
db_last_id(const struct db *db)
{
	return sqlite3_last_insert_rowid(db->sql);
}

int64_t
db_all_changes(const struct db *db)
{
	return sqlite3_total_changes64(db->sql);
}

int64_t
col_int(struct stmt *st, int col)
{
	assert(st->row && col >= 0 && col < sqlite3_column_count(st->q));
	return sqlite3_column_int64(st->q, col);
}

struct span
col_text(struct stmt *st, int col)
{
	const char	*p;

	assert(st->row && col >= 0 && col < sqlite3_column_count(st->q));
	if (sqlite3_column_type(st->q, col) == SQLITE_NULL)
		return SPAN_NULL;
	/* _blob for both: a text is not turned into another form by it. */
	p = sqlite3_column_blob(st->q, col);
	return span_of(p != NULL ? p : "", (size_t)sqlite3_column_bytes(st->q, col));
}

bool
col_is_null(struct stmt *st, int col)
{
	assert(st->row && col >= 0 && col < sqlite3_column_count(st->q));
	return sqlite3_column_type(st->q, col) == SQLITE_NULL;
}

int
col_count(struct stmt *st)
{
	return sqlite3_column_count(st->q);
}

const char *
col_name(struct stmt *st, int col)
{
	return sqlite3_column_name(st->q, col);
}
