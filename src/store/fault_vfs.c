/*
 * fault_vfs - a disk and a memory that fail SQLite when they are told to.
 *
 * Only of `make FAULT=1` (base/fault.h).  A file system between SQLite and its
 * own: each kind of file has its steps, so that the file itself, its log and
 * what else there is fail one by one.
 */
#include "base/fault.h"
#include "store/private.h"

#ifdef HK_FAULT

#include <assert.h>
#include <errno.h>

struct steps {
	const char	*open, *read, *write, *full, *torn, *sync, *truncate, *shm;
};

#define STEPS(kind) { \
	kind ".open", kind ".read", kind ".write", kind ".full", kind ".torn", kind ".sync", \
	kind ".truncate", kind ".shm" \
}
static const struct steps	 of_file = STEPS("file"), of_log = STEPS("log"),
				 of_other = STEPS("other");

struct faulty {
	sqlite3_file		 base;	/* first: what SQLite holds */
	const struct steps	*steps;
	_Alignas(sqlite3_int64) char real[];	/* what SQLite aligns to */
};

static sqlite3_vfs		*real_vfs;
static sqlite3_vfs		 faulty_vfs;
static sqlite3_mem_methods	 real_mem;
static bool			 up;	/* SQLite itself must have started */

#define STEPS_OF(f)	(((struct faulty *)(f))->steps)
#define REAL(f)		((sqlite3_file *)((struct faulty *)(f))->real)
#define CALL(f, method, ...)	REAL(f)->pMethods->method(REAL(f), __VA_ARGS__)

static int
faulty_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
	if (fault_point(STEPS_OF(f)->read, false)) {
		errno = EIO;
		return SQLITE_IOERR_READ;
	}
	return CALL(f, xRead, p, n, at);
}

static int
faulty_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	const struct steps	*s = STEPS_OF(f);
	int			 rc;

	if (fault_point(s->torn, true)) {
		rc = CALL(f, xWrite, p, n / 2, at);
		assert(rc == SQLITE_OK);
		fault_kill();
	}
	if (fault_point(s->full, false)) {
		errno = ENOSPC;
		return SQLITE_FULL;
	}
	if (fault_point(s->write, false)) {
		errno = EIO;
		return SQLITE_IOERR_WRITE;
	}
	return CALL(f, xWrite, p, n, at);
}

static int
faulty_sync(sqlite3_file *f, int flags)
{
	if (fault_point(STEPS_OF(f)->sync, false)) {
		errno = EIO;
		return SQLITE_IOERR_FSYNC;
	}
	return CALL(f, xSync, flags);
}

static int
faulty_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	if (fault_point(STEPS_OF(f)->truncate, false)) {
		errno = EIO;
		return SQLITE_IOERR_TRUNCATE;
	}
	return CALL(f, xTruncate, size);
}

static int
faulty_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **p)
{
	if (fault_point(STEPS_OF(f)->shm, false)) {
		errno = ENOMEM;
		return SQLITE_IOERR_SHMMAP;
	}
	return CALL(f, xShmMap, page, size, extend, p);
}

/* ---- what only goes through ---- */

static int
pass_close(sqlite3_file *f)
{
	return REAL(f)->pMethods->xClose(REAL(f));
}

static int
pass_size(sqlite3_file *f, sqlite3_int64 *size)
{
	return CALL(f, xFileSize, size);
}

static int
pass_lock(sqlite3_file *f, int level)
{
	return CALL(f, xLock, level);
}

static int
pass_unlock(sqlite3_file *f, int level)
{
	return CALL(f, xUnlock, level);
}

static int
pass_reserved(sqlite3_file *f, int *yes)
{
	return CALL(f, xCheckReservedLock, yes);
}

static int
pass_control(sqlite3_file *f, int op, void *arg)
{
	return CALL(f, xFileControl, op, arg);
}

static int
pass_sector(sqlite3_file *f)
{
	return REAL(f)->pMethods->xSectorSize(REAL(f));
}

static int
pass_device(sqlite3_file *f)
{
	return REAL(f)->pMethods->xDeviceCharacteristics(REAL(f));
}

static int
pass_shm_lock(sqlite3_file *f, int at, int n, int flags)
{
	return CALL(f, xShmLock, at, n, flags);
}

static void
pass_shm_barrier(sqlite3_file *f)
{
	REAL(f)->pMethods->xShmBarrier(REAL(f));
}

static int
pass_shm_unmap(sqlite3_file *f, int delete)
{
	return CALL(f, xShmUnmap, delete);
}

static const sqlite3_io_methods	 methods = {
	.iVersion = 2,		/* of 3, which only adds mmap: we have it off */
	.xClose = pass_close,
	.xRead = faulty_read,
	.xWrite = faulty_write,
	.xTruncate = faulty_truncate,
	.xSync = faulty_sync,
	.xFileSize = pass_size,
	.xLock = pass_lock,
	.xUnlock = pass_unlock,
	.xCheckReservedLock = pass_reserved,
	.xFileControl = pass_control,
	.xSectorSize = pass_sector,
	.xDeviceCharacteristics = pass_device,
	.xShmMap = faulty_shm_map,
	.xShmLock = pass_shm_lock,
	.xShmBarrier = pass_shm_barrier,
	.xShmUnmap = pass_shm_unmap,
};

static int
faulty_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags, int *got)
{
	struct faulty	*f = (struct faulty *)file;
	int		 rc;

	(void)vfs;
	f->base.pMethods = NULL;	/* nothing to close */
	f->steps = flags & SQLITE_OPEN_MAIN_DB ? &of_file :
	    flags & SQLITE_OPEN_WAL ? &of_log : &of_other;
	if (fault_point(f->steps->open, false)) {
		errno = EMFILE;
		return SQLITE_CANTOPEN;
	}
	memset(REAL(f), 0, (size_t)real_vfs->szOsFile);
	if ((rc = real_vfs->xOpen(real_vfs, name, REAL(f), flags, got)) == SQLITE_OK)
		f->base.pMethods = &methods;
	return rc;
}

static void *
faulty_malloc(int n)
{
	return up && fault_point("sqlite.memory", false) ? NULL : real_mem.xMalloc(n);
}

static void *
faulty_realloc(void *p, int n)
{
	return up && fault_point("sqlite.memory", false) ? NULL : real_mem.xRealloc(p, n);
}

void
fault_memory(void)
{
	sqlite3_mem_methods	 mem;
	int			 rc;

	rc = sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real_mem);
	assert(rc == SQLITE_OK);
	mem = real_mem;
	mem.xMalloc = faulty_malloc;
	mem.xRealloc = faulty_realloc;
	rc = sqlite3_config(SQLITE_CONFIG_MALLOC, &mem);
	assert(rc == SQLITE_OK);
	(void)rc;
}

/* The rest of the default's functions take our struct as well as theirs. */
void
fault_disk(void)
{
	int	 rc;

	real_vfs = sqlite3_vfs_find(NULL);
	assert(real_vfs != NULL);
	faulty_vfs = *real_vfs;
	faulty_vfs.pNext = NULL;
	faulty_vfs.zName = "faulty";
	faulty_vfs.szOsFile = (int)sizeof(struct faulty) + real_vfs->szOsFile;
	faulty_vfs.xOpen = faulty_open;
	rc = sqlite3_vfs_register(&faulty_vfs, 1);
	assert(rc == SQLITE_OK);
	(void)rc;
	up = true;
}

#endif
