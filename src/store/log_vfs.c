/*
 * log_vfs - the pages of a commit in few writes.
 *
 * SQLite writes its log a page at a time, each by two calls.  Here what lies
 * one behind the other is gathered and written before anything else is done
 * with the log: before it is read, cut or measured, and before the sync that
 * makes a commit of it (with synchronous=FULL, as we have it, every commit
 * syncs).  Nobody else misses it meanwhile: pages count only when the index in
 * shared memory has them, which SQLite tells after that sync.
 *
 * An error of a write is so told by the call that came after it; SQLite takes
 * the transaction back as if the write had told it.
 */
#include <assert.h>

#include "store/private.h"

#define GATHER_MOST	(128 << 10)

struct log {
	sqlite3_file	 base;	/* first: what SQLite holds */
	char		*room;	/* GATHER_MOST; NULL before the first write */
	int		 len;	/* gathered */
	sqlite3_int64	 at;	/* where it belongs */
	_Alignas(sqlite3_int64) char real[];	/* what SQLite aligns to */
};

static sqlite3_vfs	*real_vfs;
static sqlite3_vfs	 log_vfs;

#define REAL(f)		((sqlite3_file *)((struct log *)(f))->real)
#define CALL(f, method, ...)	REAL(f)->pMethods->method(REAL(f), __VA_ARGS__)

static int
write_out(sqlite3_file *f)
{
	struct log	*l = (struct log *)f;
	int		 n = l->len;

	l->len = 0;
	return n > 0 ? CALL(f, xWrite, l->room, n, l->at) : SQLITE_OK;
}

static int
log_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	struct log	*l = (struct log *)f;
	int		 rc;

	if ((at != l->at + l->len || n > GATHER_MOST - l->len) &&
	    (rc = write_out(f)) != SQLITE_OK)
		return rc;
	if (l->room == NULL)
		l->room = sqlite3_malloc(GATHER_MOST);
	if (l->room == NULL || n > GATHER_MOST)
		return CALL(f, xWrite, p, n, at);
	if (l->len == 0)
		l->at = at;
	memcpy(l->room + l->len, p, (size_t)n);
	l->len += n;
	return SQLITE_OK;
}

static int
log_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
	int	 rc = write_out(f);

	return rc == SQLITE_OK ? CALL(f, xRead, p, n, at) : rc;
}

static int
log_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	int	 rc = write_out(f);

	return rc == SQLITE_OK ? CALL(f, xTruncate, size) : rc;
}

static int
log_sync(sqlite3_file *f, int flags)
{
	int	 rc = write_out(f);

	return rc == SQLITE_OK ? CALL(f, xSync, flags) : rc;
}

static int
log_size(sqlite3_file *f, sqlite3_int64 *size)
{
	int	 rc = write_out(f);

	return rc == SQLITE_OK ? CALL(f, xFileSize, size) : rc;
}

/* What was not synced belongs to no commit. */
static int
log_close(sqlite3_file *f)
{
	sqlite3_free(((struct log *)f)->room);
	return REAL(f)->pMethods->xClose(REAL(f));
}

/* ---- what only goes through ---- */

static int
log_lock(sqlite3_file *f, int level)
{
	return CALL(f, xLock, level);
}

static int
log_unlock(sqlite3_file *f, int level)
{
	return CALL(f, xUnlock, level);
}

static int
log_reserved(sqlite3_file *f, int *yes)
{
	return CALL(f, xCheckReservedLock, yes);
}

static int
log_control(sqlite3_file *f, int op, void *arg)
{
	return CALL(f, xFileControl, op, arg);
}

static int
log_sector(sqlite3_file *f)
{
	return REAL(f)->pMethods->xSectorSize(REAL(f));
}

static int
log_device(sqlite3_file *f)
{
	return REAL(f)->pMethods->xDeviceCharacteristics(REAL(f));
}

/* Of version 1: SQLite neither maps a log nor keeps shared memory by it. */
static const sqlite3_io_methods	methods = {
	.iVersion		= 1,
	.xClose			= log_close,
	.xRead			= log_read,
	.xWrite			= log_write,
	.xTruncate		= log_truncate,
	.xSync			= log_sync,
	.xFileSize		= log_size,
	.xLock			= log_lock,
	.xUnlock		= log_unlock,
	.xCheckReservedLock	= log_reserved,
	.xFileControl		= log_control,
	.xSectorSize		= log_sector,
	.xDeviceCharacteristics	= log_device,
};

/* Other files are the file system's own. */
static int
log_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *got)
{
	struct log	*l = (struct log *)f;
	int		 rc;

	(void)vfs;
	if (!(flags & SQLITE_OPEN_WAL))
		return real_vfs->xOpen(real_vfs, name, f, flags, got);
	memset(l, 0, sizeof(*l) + (size_t)real_vfs->szOsFile);
	if ((rc = real_vfs->xOpen(real_vfs, name, REAL(f), flags, got)) == SQLITE_OK)
		l->base.pMethods = &methods;
	return rc;
}

void
log_vfs_register(void)
{
	int	 rc;

	real_vfs = sqlite3_vfs_find(NULL);
	assert(real_vfs != NULL);
	log_vfs = *real_vfs;
	log_vfs.pNext = NULL;
	log_vfs.zName = LOG_VFS;
	log_vfs.szOsFile = (int)sizeof(struct log) + real_vfs->szOsFile;
	log_vfs.xOpen = log_open;
	rc = sqlite3_vfs_register(&log_vfs, 0);
	assert(rc == SQLITE_OK);
	(void)rc;
}
