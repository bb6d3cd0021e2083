/* copy - two files without a name: the books as they are, and none with the events. */
#include "store/copy.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "store/private.h"

struct copy {
	struct db	*books, *blank;
};

/* "hookkeeper.db.copy-4711-a" */
#define MARK	".copy-"

/* The copy may be lost at any time, so nothing is synced; what is large goes to files. */
static const char relaxed[] =
    "PRAGMA journal_mode = MEMORY;"
    "PRAGMA synchronous = OFF;"
    "PRAGMA secure_delete = OFF;"
    "PRAGMA cell_size_check = OFF;"
    "PRAGMA temp_store = FILE;"
    "PRAGMA cache_size = -32768";

/*
 * `main` is the file of the books, `blank` that of the events, `source` the
 * database.  Whole rows unless something of them is better left where it is.
 */
static const char *const steps[] = {
#define FIRST(result)	"(SELECT MIN(a.started_at) FROM source.attempt a WHERE a.event = e.id" \
			" AND a.result = '" result "')"
#define WHOLE(table)	"INSERT INTO main." table " SELECT * FROM source." table
	WHOLE("plan"),
	"INSERT INTO blank.plan SELECT * FROM source.plan",
	WHOLE("site_user"),
	WHOLE("stripe_customer"),
	WHOLE("account"),
	WHOLE("transfer"),
	WHOLE("checkout"),
	WHOLE("email"),
	WHOLE("email_history"),
	WHOLE("suppression"),
	WHOLE("subscription"),
	WHOLE("subscription_item"),
	WHOLE("period_grant"),
	WHOLE("payment"),
	WHOLE("payment_alias"),
	WHOLE("period_share"),
	WHOLE("payment_taking"),
	WHOLE("refund"),
	WHOLE("refund_failed"),
	WHOLE("dispute"),
	WHOLE("invoice"),
	WHOLE("organization"),
	WHOLE("membership"),
	WHOLE("clerk_session"),
	WHOLE("audit_log"),
	"INSERT INTO main.api_key (id, site_user, name, prefix, hash, event, created_at, used_at,"
	"  revoked_at) SELECT id, site_user, name, prefix, hash, event, created_at, used_at,"
	"  revoked_at FROM source.api_key",
	"INSERT INTO main.message (id, type, owner_kind, owner, payload, cause, event, created_at)"
	" SELECT id, type, owner_kind, owner, '', cause, event, created_at FROM source.message",
	"INSERT INTO main.attempt (id, event, started_at, duration_us, result)"
	" SELECT id, event, started_at, duration_us, result FROM source.attempt"
	" WHERE result = 'handled'",
	"CREATE INDEX main.attempt_started ON attempt (started_at)",
	"INSERT INTO blank.event (id, provider, event_id, event_type, lane, status, outcome,"
	"  waits_for, next_attempt_at, verified, livemode, api_version, instance, occurred_at,"
	"  created_at)"
	" SELECT id, provider, event_id, event_type, lane, status, outcome, waits_for,"
	"  COALESCE(" FIRST("handled") ", " FIRST("skipped") ", " FIRST("failed") ", created_at),"
	"  verified, livemode, api_version, instance, occurred_at, created_at"
	/* but for those that were imported and nobody vouches for */
	" FROM source.event e WHERE NOT (verified = 0 AND COALESCE(secret_label, '') = 'imported')",
};
#define STEPS	((int64_t)(sizeof(steps) / sizeof(steps[0])))

/* ---- where --------------------------------------------------------------------- */

struct place {
	char	*folder;	/* ends with '/' */
	char	*base;		/* "hookkeeper.db.copy-" */
	char	*books, *blank;	/* paths */
};

static void
place_release(struct place *p)
{
	free(p->folder);
	free(p->base);
	free(p->books);
	free(p->blank);
}

static enum hk_err
place_of(const struct db *db, const char *folder, struct place *p)
{
	const char	*slash = strrchr(db->path, '/');
	const char	*name = slash != NULL ? slash + 1 : db->path;
	int		 made;

	*p = (struct place){ .folder = NULL };
	made = folder != NULL ? asprintf(&p->folder, "%s/", folder) :
	    asprintf(&p->folder, "%.*s", (int)(name - db->path), db->path);
	if (made == -1 || asprintf(&p->base, "%s" MARK, name) == -1 ||
	    asprintf(&p->books, "%s%s%d-a", p->folder, p->base, (int)getpid()) == -1 ||
	    asprintf(&p->blank, "%s%s%d-b", p->folder, p->base, (int)getpid()) == -1) {
		place_release(p);
		return store_note(HK_NOMEM, "no memory for a copy");
	}
	return HK_OK;
}

void
sweep_parts(const char *folder, const char *base, const char *mark)
{
	DIR		*dir = opendir(folder);
	size_t		 b = strlen(base), m = strlen(mark);
	struct dirent	*d;

	while (dir != NULL && (d = readdir(dir)) != NULL) {
		long	pid;

		if (strncmp(d->d_name, base, b) != 0 || strncmp(d->d_name + b, mark, m) != 0)
			continue;
		pid = strtol(d->d_name + b + m, NULL, 10);
		if (pid > 0 && kill((pid_t)pid, 0) == -1 && errno == ESRCH)
			(void)unlinkat(dirfd(dir), d->d_name, 0);
	}
	if (dir != NULL)
		closedir(dir);
}

/* All names of a file, SQLite's own beside it among them. */
static void
forget_names(const char *path)
{
	static const char *const	tails[] = { "", "-wal", "-shm", "-journal", ".lock" };
	char				*name;

	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		if (asprintf(&name, "%s%s", path, tails[i]) == -1)
			return;		/* then the next copy removes it */
		(void)unlink(name);
		free(name);
	}
}

/* The bodies stay where they are, so this is more than enough. */
static enum hk_err
room_for_it(struct db *db, const struct place *p)
{
	struct statvfs	 fs;
	int64_t		 pages = 0, size = 0, free_mb, need_mb;
	enum hk_err	 e;

	if (statvfs(p->folder, &fs) == -1)
		return err_tell(HK_IO, "%s: %s: the copy needs a folder", p->folder, strerror(errno));
	if ((e = db_ask(db, "PRAGMA page_count", &pages)) != HK_OK ||
	    (e = db_ask(db, "PRAGMA page_size", &size)) != HK_OK)
		return e;
	free_mb = (int64_t)(fs.f_bavail * fs.f_frsize >> 20);
	need_mb = (pages * size >> 20) + 1;
	if (free_mb < need_mb)
		return err_tell(HK_FULL, "%s has %lld MB free, a copy may need %lld: make room, "
		    "or take another folder", p->folder, (long long)free_mb, (long long)need_mb);
	return HK_OK;
}

/* ---- the two files --------------------------------------------------------------- */

static enum hk_err
open_one(const char *path, struct db **out)
{
	static const struct open_how	how = { .use = DB_RW, .busy_ms = 1000, .attaches = true };
	enum hk_err			e;

	if ((e = db_open_how(out, path, &how)) != HK_OK)
		return e;
	(*out)->wal = false;
	(*out)->memory = true;		/* it has no name that could become another file's */
	return db_exec(*out, "copy", relaxed);
}

/* A path as a URI that can only be read; NULL: no memory. */
static char *
read_only(const char *path)
{
	static const char	hex[] = "0123456789ABCDEF";
	char			*uri = malloc(sizeof("file:?mode=ro") + 3 * strlen(path)), *p = uri;

	if (uri == NULL)
		return NULL;
	p = stpcpy(p, "file:");
	for (const char *s = path; *s != '\0'; s++) {
		if (strchr("%?#", *s) == NULL) {
			*p++ = *s;
			continue;
		}
		*p++ = '%';
		*p++ = hex[(unsigned char)*s >> 4];
		*p++ = hex[(unsigned char)*s & 15];
	}
	strcpy(p, "?mode=ro");
	return uri;
}

static enum hk_err
attach(struct db *db, const char *path, const char *as)
{
	char		*sql = sqlite3_mprintf("ATTACH %Q AS %s", path, as);
	enum hk_err	 e;

	if (sql == NULL)
		return store_note(HK_NOMEM, "no memory for a copy");
	e = db_exec(db, "copy", sql);
	sqlite3_free(sql);
	return e;
}

static enum hk_err
attach_source(struct db *db, const struct db *source)
{
	char		*uri = read_only(source->path);
	enum hk_err	 e;

	if (uri == NULL)
		return store_note(HK_NOMEM, "no memory for a copy");
	e = attach(db, uri, "source");
	free(uri);
	return e;
}

/* Open all that needs a name, then take the names away. */
static enum hk_err
open_both(struct copy *c, const struct db *source, const struct place *p)
{
	sigset_t	 ends, before;
	enum hk_err	 e;

	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGHUP);
	sigaddset(&ends, SIGQUIT);
	pthread_sigmask(SIG_BLOCK, &ends, &before);
	if ((e = open_one(p->books, &c->books)) != HK_OK ||
	    (e = open_one(p->blank, &c->blank)) != HK_OK ||
	    (e = attach(c->books, p->blank, "blank")) != HK_OK)
		goto out;
	if ((e = db_exec(c->books, "copy", "SELECT COUNT(*) FROM blank.event")) != HK_OK ||
	    (e = attach_source(c->books, source)) != HK_OK)
		goto out;
	e = attach_source(c->blank, source);
out:
	forget_names(p->books);
	forget_names(p->blank);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return e;
}

/* ---- the rows -------------------------------------------------------------------- */

static void
tell(const struct copy_opts *o, int64_t done)
{
	if (o->progress != NULL)
		o->progress(o->ctx, done, STEPS);
}

/* One transaction, so that all is of one moment. */
static enum hk_err
fill(struct db *books, const struct copy_opts *o)
{
	enum hk_err	 e;

	if ((e = db_exec(books, "copy", "PRAGMA foreign_keys = OFF;"
	    "PRAGMA blank.synchronous = OFF; PRAGMA blank.journal_mode = MEMORY; BEGIN")) != HK_OK)
		return e;
	for (int64_t i = 0; e == HK_OK && i < STEPS; i++) {
		tell(o, i);
		e = db_exec(books, "copy", steps[i]);
	}
	if (e == HK_OK)
		e = db_exec(books, "copy", "COMMIT");
	if (e != HK_OK)
		return e;
	tell(o, STEPS);
	return db_exec(books, "copy", "DETACH source; DETACH blank");
}

enum hk_err
db_copy(struct db *db, const struct copy_opts *o, struct copy **out)
{
	struct place	 p;
	struct copy	*c = NULL;
	enum hk_err	 e;

	if ((e = place_of(db, o->folder, &p)) != HK_OK)
		return e;
	if ((c = calloc(1, sizeof(*c))) == NULL) {
		e = store_note(HK_NOMEM, "no memory for a copy");
		goto out;
	}
	sweep_parts(p.folder, p.base, "");
	if ((e = room_for_it(db, &p)) != HK_OK ||
	    (e = open_both(c, db, &p)) != HK_OK ||
	    (e = fill(c->books, o)) != HK_OK ||
	    /* from here on the name means the database's own */
	    (e = db_exec(c->blank, "copy", "DROP TABLE main.event_body")) != HK_OK)
		goto out;
	*out = c;
	c = NULL;
out:
	copy_free(c);
	place_release(&p);
	return e;
}

void
copy_free(struct copy *c)
{
	if (c == NULL)
		return;
	db_close(c->books);
	db_close(c->blank);
	free(c);
}

struct db *
copy_books(struct copy *c)
{
	return c->books;
}

struct db *
copy_blank(struct copy *c)
{
	return c->blank;
}
