/* backup - all pages of a moment, into a file of their own. */
#include "store/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/fault.h"
#include "store/private.h"

#ifndef HK_FAULT
#define STEP_PAGES	256	/* 2 MB */
#else
#define STEP_PAGES	16	/* so that a small one takes some */
#endif
#define REST_MS		3	/* without a log: so that writers come in between */
#define BEGINNINGS	8	/* then writers wait */

/* "hookkeeper.bak.part-4711" */
#define PART	".part-"

static void
tell(const struct backup_opts *o, const char *what, int64_t done, int64_t all)
{
	if (o->progress != NULL)
		o->progress(o->ctx, what, done, all);
}

enum hk_err
room_for(const char *path, int64_t bytes)
{
	const char	*slash = strrchr(path, '/');
	char		 folder[4096];
	struct statvfs	 fs;
	int64_t		 have;

	snprintf(folder, sizeof(folder), "%.*s", slash == NULL ? 1 : slash == path ? 1 :
	    (int)(slash - path), slash == NULL ? "." : path);
	if (statvfs(folder, &fs) == -1)
		return err_tell(HK_IO, "%s: %s", folder, strerror(errno));
	have = (int64_t)fs.f_bavail * (int64_t)fs.f_frsize;
	if (have >= bytes)
		return HK_OK;
	return err_tell(HK_FULL, "%s has %lld MB free, this needs %lld: make room, or take another "
	    "folder", folder, (long long)(have >> 20), (long long)(bytes >> 20) + 1);
}

/* A name is there after a loss of power only when its folder is synced. */
enum hk_err
folder_sync(const char *path)
{
	const char	*slash = strrchr(path, '/');
	char		 folder[4096];
	int		 fd;

	snprintf(folder, sizeof(folder), "%.*s", slash == NULL ? 1 : slash == path ? 1 :
	    (int)(slash - path), slash == NULL ? "." : path);
	if ((fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1 ||
	    (fsync(fd) == -1 && errno != EINVAL)) {
		enum hk_err	e = err_tell(HK_IO, "%s: %s", folder, strerror(errno));

		if (fd != -1)
			close(fd);
		return e;
	}
	close(fd);
	return HK_OK;
}

/* ---- pages ----------------------------------------------------------------------- */

static bool
is_held(int rc)
{
	return (rc & 0xff) == SQLITE_BUSY || (rc & 0xff) == SQLITE_LOCKED;
}

/* Step by step; *rc as of the last one. */
static int
steps(sqlite3_backup *b, bool snapshot, const char *what, const struct backup_opts *o)
{
	int	left, before = INT32_MAX, again = 0, waits = 0, rc;

	do {
		rc = sqlite3_backup_step(b, again < BEGINNINGS ? STEP_PAGES : -1);
		left = sqlite3_backup_remaining(b);
		again += left > before;
		before = left;
		tell(o, what, sqlite3_backup_pagecount(b) - left, sqlite3_backup_pagecount(b));
		FAULT_DIE("backup.pages");
		if (is_held(rc) && ++waits * REST_MS > o->busy_ms)
			break;
		if (is_held(rc) || (rc == SQLITE_OK && !snapshot))
			sqlite3_sleep(REST_MS);
	} while (rc == SQLITE_OK || is_held(rc));
	return rc;
}

enum hk_err
pages_copy(struct db *from, struct sqlite3 *to, const char *what, const struct backup_opts *o)
{
	sqlite3_backup	*b = sqlite3_backup_init(to, "main", from->sql, "main");
	int		 rc, end;

	if (b == NULL)
		return store_note(HK_IO, "%s: %s: %s", from->path, what, sqlite3_errmsg(to));
	rc = steps(b, from->open, what, o);
	end = sqlite3_backup_finish(b);
	if (rc == SQLITE_DONE && end == SQLITE_OK)
		return HK_OK;
	return store_note((rc & 0xff) == SQLITE_FULL ? HK_FULL : is_held(rc) ? HK_BUSY :
	    (rc & 0xff) == SQLITE_CORRUPT ? HK_CORRUPT : HK_IO, "%s: %s: %s (%d)", from->path, what,
	    sqlite3_errstr(rc != SQLITE_DONE ? rc : end), rc);
}

/* It is synced at the end, and has no log of its own. */
static enum hk_err
fill(struct db *from, const char *file, const struct backup_opts *o)
{
	sqlite3		*to = NULL;
	enum hk_err	 e = HK_OK;
	int		 rc;

	rc = sqlite3_open_v2(file, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(to, "PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF",
		    NULL, NULL, NULL);
	if (rc == SQLITE_OK && (e = pages_copy(from, to, "copying", o)) == HK_OK)
		rc = sqlite3_exec(to, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		e = store_note(HK_IO, "%s: %s", file, sqlite3_errmsg(to));
	sqlite3_close(to);
	return e;
}

static enum hk_err
file_sync(const char *file)
{
	int	fd = open(file, O_RDWR | O_CLOEXEC);

	if (fd != -1 && fsync(fd) == 0 && close(fd) == 0)
		return HK_OK;
	return store_note(HK_IO, "%s: %s", file, strerror(errno));
}

/* Is what was written a sound database? */
static enum hk_err
check(const char *file, const struct backup_opts *o)
{
	static const struct open_how	 how = { .use = DB_RO, .busy_ms = 1000, .older = true };
	struct db			*db = NULL;
	enum hk_err			 e;

	tell(o, "checking", 0, 0);
	if ((e = db_open_how(&db, file, &how)) != HK_OK)
		return e;
	e = db_check(db);
	db_close(db);
	return e;
}

enum hk_err
pages_to_file(struct db *from, const char *file, const struct backup_opts *o)
{
	int64_t		pages = 0, size = 0;
	enum hk_err	e;
	int		fd;

	if ((e = db_ask(from, "PRAGMA page_count", &pages)) != HK_OK ||
	    (e = db_ask(from, "PRAGMA page_size", &size)) != HK_OK ||
	    (e = room_for(file, pages * size + (1 << 20))) != HK_OK)
		return e;
	if ((fd = open(file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)) == -1)
		return err_tell(errno == ENOSPC || errno == EDQUOT ? HK_FULL : HK_IO, "%s: %s", file,
		    strerror(errno));
	close(fd);
	if ((e = fill(from, file, o)) == HK_OK && (e = file_sync(file)) == HK_OK)
		e = check(file, o);
	FAULT_DIE("backup.whole");
	if (e != HK_OK)
		unlink(file);
	return e;
}

/* ---- the file ---------------------------------------------------------------------- */

/* May a file of this name be made?  A backup may be replaced by a newer one. */
static enum hk_err
name_free(const char *path, const char *file)
{
	static const struct open_how	 how = { .use = DB_RO, .busy_ms = 0, .older = true };
	struct stat			 ours, st, log;
	struct db			*db = NULL;
	char				 wal[4096 + 8];
	enum hk_err			 e;

	if (strlen(file) > 4000)
		return err_tell(HK_USAGE, "the name of the file is too long");
	if (lstat(file, &st) == -1)
		return errno == ENOENT ? HK_OK : err_tell(HK_IO, "%s: %s", file, strerror(errno));
	if (stat(path, &ours) == 0 && ours.st_dev == st.st_dev && ours.st_ino == st.st_ino)
		return err_tell(HK_EXISTS, "%s is the database itself", file);
	snprintf(wal, sizeof(wal), "%s-wal", file);
	if (!S_ISREG(st.st_mode) || lstat(wal, &log) == 0)
		return err_tell(HK_EXISTS, "%s is there already, and no backup: name another file", file);
	store_hush(true);
	e = db_open_how(&db, file, &how);
	store_hush(false);
	db_close(db);
	return e == HK_OK ? HK_OK :
	    err_tell(HK_EXISTS, "%s is there already, and no backup: name another file", file);
}

/* What a backup of the same name left that was killed. */
static void
sweep(const char *file)
{
	char		 like[4096];
	const char	*slash = strrchr(file, '/');
	const char	*base = slash != NULL ? slash + 1 : file;

	snprintf(like, sizeof(like), "%.*s", (int)(base - file), file);
	sweep_parts(like[0] != '\0' ? like : "./", base, PART);
}

static enum hk_err
write_and_name(struct db *db, const char *file, const struct backup_opts *o, struct backup *out)
{
	char		part[4096 + 32];
	struct stat	st;
	enum hk_err	e;

	snprintf(part, sizeof(part), "%s" PART "%d", file, (int)getpid());
	if ((e = pages_to_file(db, part, o)) != HK_OK)
		return e;
	if (stat(part, &st) == -1 || rename(part, file) == -1) {
		e = err_tell(HK_IO, "%s: %s", file, strerror(errno));
		unlink(part);
		return e;
	}
	out->bytes = st.st_size;
	FAULT_DIE("backup.named");
	return folder_sync(file);
}

enum hk_err
db_backup(const char *path, const char *file, const struct backup_opts *o, struct backup *out)
{
	const struct open_how	 how = { .use = DB_RO, .busy_ms = o->busy_ms, .older = true };
	struct db		*db = NULL;
	enum hk_err		 e;

	if ((e = name_free(path, file)) != HK_OK)
		return e;
	sweep(file);
	if ((e = db_open_how(&db, path, &how)) != HK_OK)
		return e;
	/* The first read of a transaction is what it sees from then on. */
	if ((db->wal && (e = db_begin(db)) != HK_OK) ||
	    (e = db_ask(db, "PRAGMA user_version", &out->schema)) != HK_OK)
		goto out;
	e = write_and_name(db, file, o, out);
out:
	db_close(db);
	return e;
}
