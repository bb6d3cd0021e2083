/* restore - the database becomes what a backup is. */
#include "store/backup.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/log.h"
#include "store/private.h"

#define PART	".restore-"

/* Companions that SQLite keeps beside a database; -shm is made anew by who opens it. */
static const char *const	companions[] = { "-wal", "-journal", "-shm" };
#define COMPANIONS		(sizeof(companions) / sizeof(companions[0]))

struct restore {
	const char			*path, *file;
	const struct backup_opts	*o;
	struct restored			*out;
	struct db			*from, *to;
	int64_t				 bytes;
};

static bool
there(const char *path)
{
	return access(path, F_OK) == 0;
}

/* "hookkeeper.db.20261122-124500", or what follows when it is taken. */
static void
name_kept(struct restore *r)
{
	time_t		now = time(NULL);
	struct tm	tm;
	char		when[32];

	gmtime_r(&now, &tm);
	strftime(when, sizeof(when), "%Y%m%d-%H%M%S", &tm);
	snprintf(r->out->kept, sizeof(r->out->kept), "%.4000s.%s", r->path, when);
	for (int i = 2; there(r->out->kept) && i < 1000; i++)
		snprintf(r->out->kept, sizeof(r->out->kept), "%.4000s.%s-%d", r->path, when, i);
}

/* The file, open for reading, sound, and of a schema that we know. */
static enum hk_err
source_open(struct restore *r)
{
	const struct open_how	how = { .use = DB_RO, .busy_ms = r->o->busy_ms, .older = true };
	int64_t			pages = 0, size = 0;
	enum hk_err		e;

	if (strlen(r->path) > 4000 || strlen(r->file) > 4000)
		return err_tell(HK_USAGE, "the name of the file is too long");
	if (access(r->file, R_OK) == -1)
		return err_tell(HK_IO, "%s: %s", r->file, strerror(errno));
	if (r->o->progress != NULL)
		r->o->progress(r->o->ctx, "checking", 0, 0);
	if ((e = db_open_how(&r->from, r->file, &how)) != HK_OK ||
	    (e = db_check(r->from)) != HK_OK ||
	    (r->from->wal && (e = db_begin(r->from)) != HK_OK) ||
	    (e = db_ask(r->from, "PRAGMA user_version", &r->out->from.schema)) != HK_OK ||
	    (e = db_ask(r->from, "PRAGMA page_count", &pages)) != HK_OK ||
	    (e = db_ask(r->from, "PRAGMA page_size", &size)) != HK_OK)
		return e;
	if (size != DB_PAGE)
		return err_tell(HK_NOTADB, "%s has pages of %lld bytes: it was made by another program",
		    r->file, (long long)size);
	r->bytes = r->out->from.bytes = pages * size;
	return HK_OK;
}

/* ---- into a database that is sound enough to be opened ------------------------------ */

/*
 * Nobody writes from here on until it is done, so nothing that was acknowledged is
 * in neither of the two.
 */
static enum hk_err
replace_rows(struct restore *r)
{
	enum hk_err	e;

	name_kept(r);
	if ((e = room_for(r->path, 2 * r->bytes)) != HK_OK ||
	    (e = pages_to_file(r->to, r->out->kept, r->o)) != HK_OK) {
		r->out->kept[0] = '\0';
		return e;
	}
	FAULT_DIE("restore.kept");
	if ((e = pages_copy(r->from, r->to->sql, "restoring", r->o)) != HK_OK)
		return e;
	FAULT_DIE("restore.done");
	/* The log is as large as all of it: given back, when nobody reads it. */
	return db_exec(r->to, "restore", "PRAGMA wal_checkpoint(TRUNCATE)");
}

static enum hk_err
into_database(struct restore *r)
{
	enum hk_err	e;

	if ((e = lock_take(&r->to->lock, r->o->busy_ms)) != HK_OK)
		return e;
	e = replace_rows(r);
	lock_drop(&r->to->lock);
	return e;
}

/* ---- in the place of one that is not, or of none ------------------------------------ */

static enum hk_err
set_aside(struct restore *r)
{
	char	from[4096 + 16], to[4096 + 16];

	name_kept(r);
	for (size_t i = 0; i <= COMPANIONS; i++) {
		const char	*tail = i == 0 ? "" : companions[i - 1];

		snprintf(from, sizeof(from), "%s%s", r->path, tail);
		snprintf(to, sizeof(to), "%s%s", r->out->kept, tail);
		if (rename(from, to) == -1 && errno != ENOENT)
			return err_tell(HK_IO, "%s: %s", from, strerror(errno));
		FAULT_DIE("restore.aside");
	}
	if (!there(r->out->kept))
		r->out->kept[0] = '\0';		/* there was nothing but companions */
	return HK_OK;
}

static enum hk_err
new_file(struct restore *r)
{
	char		part[4096 + 32];
	enum hk_err	e;

	snprintf(part, sizeof(part), "%s" PART "%d", r->path, (int)getpid());
	if ((e = pages_to_file(r->from, part, r->o)) != HK_OK)
		return e;
	if ((e = set_aside(r)) == HK_OK && rename(part, r->path) == -1)
		e = err_tell(HK_IO, "%s: %s", r->path, strerror(errno));
	if (e != HK_OK) {
		unlink(part);
		return e;
	}
	return folder_sync(r->path);
}

/* ---- both ------------------------------------------------------------------------- */

/* What is none is not opened: that could cost it its log. */
static bool
is_database(const char *path)
{
	static const char	magic[] = "SQLite format 3";
	char			head[sizeof(magic)];
	FILE			*f = fopen(path, "re");
	bool			 is;

	is = f != NULL && fread(head, sizeof(head), 1, f) == 1 && memcmp(head, magic, sizeof(head)) == 0;
	if (f != NULL)
		fclose(f);
	return is;
}

static enum hk_err
target_open(struct restore *r)
{
	const struct open_how	how = { .use = DB_RW, .busy_ms = r->o->busy_ms, .older = true,
				    .existing = true };
	enum hk_err		e;

	if (!is_database(r->path))
		return HK_NOTADB;
	store_hush(true);
	e = db_open_how(&r->to, r->path, &how);
	store_hush(false);
	return e;
}

static enum hk_err
put_in_place(struct restore *r, bool anyway)
{
	enum hk_err	e = HK_MOVED;

	if (r->out->users[0] != '\0' && !anyway)
		return err_tell(HK_BUSY, "the database is in use by %s", r->out->users);
	if (there(r->path))
		e = target_open(r);
	if (e == HK_OK)
		return into_database(r);
	if (e != HK_MOVED && e != HK_CORRUPT && e != HK_NOTADB && e != HK_NEWER)
		return err_tell(e, "%s", err_last());
	if (r->out->users[0] != '\0')
		return err_tell(HK_BUSY, "the database is damaged, and in use by %s: they must end first",
		    r->out->users);
	return new_file(r);
}

enum hk_err
db_restore(const char *path, const char *file, bool anyway, const struct backup_opts *o,
    struct restored *out)
{
	struct restore	 r = { .path = path, .file = file, .o = o, .out = out };
	struct db	*db = NULL;
	enum hk_err	 e;

	*out = (struct restored){ .kept = "" };
	/* Before anything is open here: its end would drop our own locks. */
	holders_of(path, out->users, sizeof(out->users));
	if ((e = source_open(&r)) == HK_OK)
		e = put_in_place(&r, anyway);
	db_close(r.from);
	db_close(r.to);
	if (e != HK_OK)
		return e;
	/* Its schema is brought to ours by opening it. */
	if ((e = db_open(&db, path, DB_RW, o->busy_ms)) != HK_OK)
		return e;
	db_close(db);
	return HK_OK;
}
