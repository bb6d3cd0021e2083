/* open - from a path to a connection that is set up as we want it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "store/private.h"

/*
 * secure_delete: pruned bodies hold people's addresses and one-time codes.
 * journal_size_limit: a log that once grew behind a long read shrinks again.
 */
static const char pragmas[] =
    "PRAGMA foreign_keys = ON;"
    "PRAGMA synchronous = FULL;"
    "PRAGMA temp_store = MEMORY;"
    "PRAGMA mmap_size = 0;"
    "PRAGMA secure_delete = ON;"
    "PRAGMA cell_size_check = ON;"
    "PRAGMA journal_size_limit = 67108864;";

static const struct {
	int	 option, value;
} options[] = {
	{ SQLITE_DBCONFIG_DEFENSIVE,		1 },
	{ SQLITE_DBCONFIG_TRUSTED_SCHEMA,	0 },
	{ SQLITE_DBCONFIG_DQS_DML,		0 },	/* "x" is a name, never a text */
	{ SQLITE_DBCONFIG_DQS_DDL,		0 },
};

/*
 * WAL keeps its index in memory that all processes share, and locks parts of
 * it: on these one of both does not work, or only on one host.  Numbers as in
 * linux/magic.h and the file systems' own sources.
 */
static const struct {
	unsigned long	 type;
	const char	*name;
} without_wal[] = {
	{ 0x6969,	"NFS" },
	{ 0x517b,	"SMB" },
	{ 0xff534d42,	"CIFS" },
	{ 0xfe534d42,	"SMB2" },
	{ 0x65735546,	"FUSE" },
	{ 0x01021997,	"9P" },
	{ 0x5346414f,	"AFS" },
	{ 0x6b414653,	"kAFS" },
	{ 0x73757245,	"Coda" },
	{ 0x564c,	"NCP" },
	{ 0x00c36400,	"Ceph" },
	{ 0x01161970,	"GFS2" },
	{ 0x7461636f,	"OCFS2" },
	{ 0x0bd00bd0,	"Lustre" },
	{ 0x47504653,	"GPFS" },
	{ 0x19830326,	"BeeGFS" },
	{ 0xaad7aaea,	"PanFS" },
	{ 0x786f4256,	"vboxsf" },
	{ 0xbacbacbc,	"vmhgfs" },
};

const char *
fs_without_wal(unsigned long type)
{
	for (size_t i = 0; i < sizeof(without_wal) / sizeof(without_wal[0]); i++)
		if (without_wal[i].type == (type & 0xffffffff))
			return without_wal[i].name;
	return NULL;
}

/* Why the path cannot be used, from errno. */
static enum hk_err
path_bad(const char *path, int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
		return store_note(HK_IO, "%s: its folder does not exist: make it, mode "
		    "0700, or change the setting db", path);
	case EACCES:
	case EPERM:
	case EROFS:
		return store_note(HK_READONLY, "%s: %s: user %d needs write access to "
		    "the file and its folder", path, strerror(error), (int)geteuid());
	case ENOSPC:
	case EDQUOT:
		return store_note(HK_FULL, "%s: %s: make room on its disk or in its "
		    "quota", path, strerror(error));
	default:
		return store_note(HK_IO, "%s: %s", path, strerror(error));
	}
}

static enum hk_err
path_absent(const char *path, const struct open_how *how)
{
	if (how->existing)
		return store_note(HK_MOVED, "%s: the file is gone: put it back, with its "
		    "-wal file, or start again to make a new one", path);
	if (how->use == DB_RO)
		return store_note(HK_NOTFOUND, "%s: there is no database yet: run "
		    "`hookkeeper init`", path);
	/*
	 * Made before SQLite sees it, for the mode; its -wal and -shm get the
	 * same.  Not by open(): closing it would drop the locks that another
	 * thread's connection has on it.
	 */
	if (mknod(path, S_IFREG | 0600, 0) == -1 && errno != EEXIST)
		return path_bad(path, errno);
	return HK_OK;
}

static enum hk_err
path_ready(const char *path, const struct open_how *how)
{
	struct stat	 st;

	if (path[0] == '\0' || path[0] == ':')	/* SQLite's names for "in memory" */
		return store_note(HK_CONF, "\"%s\" is no path for a database", path);
	if (stat(path, &st) == -1)
		return errno == ENOENT ? path_absent(path, how) : path_bad(path, errno);
	if (!S_ISREG(st.st_mode))
		return store_note(HK_IO, "%s: this is no file: change the setting db", path);
	return HK_OK;
}

static enum hk_err
connect(struct db *db, const char *path, int flags)
{
	const char	*full;
	int		 rc;

	rc = sqlite3_open_v2(path, &db->sql,
	    flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, LOG_VFS);
	if (db->sql == NULL)
		return store_note(HK_NOMEM, "%s: out of memory", path);
	if (rc != SQLITE_OK)
		return db_fail(db, rc, "open");
	full = sqlite3_db_filename(db->sql, "main");
	if (full == NULL || full[0] == '\0')
		return HK_OK;
	free(db->path);
	if ((db->path = strdup(full)) == NULL)
		return store_note(HK_NOMEM, "%s: out of memory", path);
	/* SQLite takes what it gets; who wants to write must know now. */
	if (db->use == DB_RW && sqlite3_db_readonly(db->sql, "main") == 1)
		return path_bad(db->path, EACCES);
	return HK_OK;
}

static int
log_grew(void *ctx, sqlite3 *sql, const char *name, int pages)
{
	struct db	*db = ctx;

	(void)sql;
	(void)name;
	db->log_pages = pages;
	return SQLITE_OK;
}

static enum hk_err
configure(struct db *db, int cache_kb)
{
	char	 sql[64];
	int	 rc = SQLITE_OK;

	sqlite3_busy_timeout(db->sql, (int)db->busy_ms);
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (rc == SQLITE_OK)
			rc = sqlite3_db_config(db->sql, options[i].option,
			    options[i].value, NULL);
	if (rc != SQLITE_OK)
		return db_fail(db, rc, "configure");
	sqlite3_wal_hook(db->sql, log_grew, db);	/* instead of automatic checkpoints */
	snprintf(sql, sizeof(sql), "PRAGMA cache_size = -%d; PRAGMA query_only = %d",
	    cache_kb != 0 ? cache_kb : 2000, db->use == DB_RO);
	if (sqlite3_exec(db->sql, pragmas, NULL, NULL, NULL) != SQLITE_OK)
		return db_fail(db, sqlite3_extended_errcode(db->sql), "open");
	return db_exec(db, "open", sql);
}

/* The lock's name follows the resolved path: one file, one lock. */
static enum hk_err
side_file(struct db *db)
{
	enum hk_err	 e;
	char		*name;

	if (asprintf(&name, "%s.lock", db->path) == -1)
		return store_note(HK_NOMEM, "%s: out of memory", db->path);
	e = lock_open(&db->lock, name);
	free(name);
	return e;
}

/* Is WAL safe where the file lies? */
static bool
wal_allowed(const struct db *db)
{
	struct statfs	 fs;

	return statfs(db->path, &fs) == 0 &&
	    fs_without_wal((unsigned long)fs.f_type) == NULL;
}

static struct db *
db_new(const char *path, const struct open_how *how)
{
	struct db	*db = calloc(1, sizeof(*db));

	if (db == NULL || (db->path = strdup(path)) == NULL) {
		free(db);
		return NULL;
	}
	db->lock = LOCK_NONE;
	db->use = how->use;
	db->busy_ms = how->busy_ms;
	db->tended = how->tended;
	db->log_most = how->log_most != 0 ? how->log_most : DB_LOG_MOST;
	db->log_tell = 4 * db->log_most;
	return db;
}

enum hk_err
db_open_how(struct db **out, const char *path, const struct open_how *how)
{
	struct db	*db;
	enum hk_err	 e;
	bool		 rw = how->use == DB_RW;

	store_setup();
	if ((e = path_ready(path, how)) != HK_OK)
		return e;
	if ((db = db_new(path, how)) == NULL)
		return store_note(HK_NOMEM, "%s: out of memory", path);
	if ((e = connect(db, path, (rw ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) |
	    (how->attaches ? SQLITE_OPEN_URI : 0)))
	    != HK_OK ||
	    (rw && (e = side_file(db)) != HK_OK) ||
	    (e = configure(db, how->cache_kb)) != HK_OK)
		goto out;
	db->wal = !how->no_wal && wal_allowed(db);
	if ((e = schema_bring(db, how, schema_files)) != HK_OK ||
	    (e = journal_choose(db, db->wal)) != HK_OK)
		goto out;
	*out = db;
	db = NULL;
out:
	db_close(db);
	return e;
}

enum hk_err
db_open(struct db **out, const char *path, enum db_use use, int64_t busy_timeout_ms)
{
	struct open_how	 how = { .use = use, .busy_ms = busy_timeout_ms };

	return db_open_how(out, path, &how);
}

enum hk_err
db_memory(struct db **out)
{
	struct open_how	 how = { .use = DB_RW };
	struct db	*db;
	enum hk_err	 e;

	store_setup();
	if ((db = db_new(":memory:", &how)) == NULL)
		return store_note(HK_NOMEM, "out of memory");
	db->memory = true;
	if ((e = connect(db, ":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY))
	    != HK_OK ||
	    (e = configure(db, 0)) != HK_OK ||
	    (e = schema_bring(db, &how, schema_files)) != HK_OK) {
		db_close(db);
		return e;
	}
	*out = db;
	return HK_OK;
}
