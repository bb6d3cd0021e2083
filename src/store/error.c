/* error - what SQLite says, as one of our codes and a line for people. */
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/private.h"

/* An extended code stands before its primary one. */
static const struct code {
	int		 rc;
	enum hk_err	 err;
	bool		 sick;	/* the connection is not to be trusted any more */
} codes[] = {
	{ SQLITE_READONLY_DBMOVED,	HK_MOVED,	true },
	{ SQLITE_IOERR_NOMEM,		HK_NOMEM,	false },
	{ SQLITE_IOERR_CORRUPTFS,	HK_CORRUPT,	true },
	{ SQLITE_BUSY,			HK_BUSY,	false },
	{ SQLITE_LOCKED,		HK_BUSY,	false },
	{ SQLITE_PROTOCOL,		HK_BUSY,	false },	/* a race for locks */
	{ SQLITE_FULL,			HK_FULL,	false },
	{ SQLITE_READONLY,		HK_READONLY,	false },
	{ SQLITE_PERM,			HK_READONLY,	false },
	{ SQLITE_AUTH,			HK_READONLY,	false },
	{ SQLITE_CANTOPEN,		HK_IO,		true },
	{ SQLITE_IOERR,			HK_IO,		true },
	{ SQLITE_CORRUPT,		HK_CORRUPT,	true },
	{ SQLITE_NOTADB,		HK_NOTADB,	true },
	{ SQLITE_NOMEM,			HK_NOMEM,	false },
	{ SQLITE_CONSTRAINT,		HK_EXISTS,	false },
	{ SQLITE_TOOBIG,		HK_TOOBIG,	false },
	/* SQL that fails is our fault or another schema: never the sender's. */
	{ SQLITE_ERROR,			HK_IO,		false },
};

static const struct {
	enum hk_err	 err;
	const char	*text;
} advice[] = {
	{ HK_BUSY,	"; somebody else is writing" },
	{ HK_FULL,	"; make room on its disk or in its quota" },
	{ HK_READONLY,	"; this user needs write access to the file and its folder" },
	{ HK_CORRUPT,	"; put a good copy in its place" },
	{ HK_NOTADB,	"; name another file in the setting db" },
};

static _Thread_local bool	hushed;
static pthread_once_t		setup_once = PTHREAD_ONCE_INIT;

static void
setup(void)
{
	int	 rc;

	/* A connection is one thread's at a time: its mutexes would be idle. */
	rc = sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
	assert(rc == SQLITE_OK);
	rc = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	assert(rc == SQLITE_OK);
	rc = sqlite3_config(SQLITE_CONFIG_URI, 0);
	assert(rc == SQLITE_OK);
	(void)rc;
#ifdef HK_FAULT
	fault_memory();
	fault_disk();
#endif
	log_vfs_register();
}

void
store_setup(void)
{
	pthread_once(&setup_once, setup);
}

void
store_hush(bool on)
{
	hushed = on;
}

enum hk_err
store_note(enum hk_err e, const char *fmt, ...)
{
	char	 text[1024];
	va_list	 ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return hushed ? err_tell(e, "%s", text) : err_note(e, "%s", text);
}

static struct code
code_of(int rc)
{
	size_t	 n = sizeof(codes) / sizeof(codes[0]);

	for (size_t i = 0; i < n; i++)
		if (codes[i].rc == rc)
			return codes[i];
	for (size_t i = 0; i < n; i++)
		if (codes[i].rc == (rc & 0xff))
			return codes[i];
	return (struct code){ rc, HK_IO, false };
}

/* An input/output error, as the kernel explains it. */
static enum hk_err
errno_code(int error)
{
	switch (error) {
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return HK_FULL;
	case EACCES:
	case EPERM:
	case EROFS:
		return HK_READONLY;
	case ENOMEM:
		return HK_NOMEM;
	default:
		return HK_IO;
	}
}

static const char *
advice_for(enum hk_err e)
{
	for (size_t i = 0; i < sizeof(advice) / sizeof(advice[0]); i++)
		if (advice[i].err == e)
			return advice[i].text;
	return "";
}

static bool
is_duplicate(int rc)
{
	return rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY ||
	    rc == SQLITE_CONSTRAINT_ROWID;
}

enum hk_err
db_fail(struct db *db, int rc, const char *what)
{
	struct code	 c = code_of(rc);
	int		 error = 0;

	assert(rc != SQLITE_MISUSE && rc != SQLITE_RANGE);
	if ((rc & 0xff) == SQLITE_IOERR || (rc & 0xff) == SQLITE_CANTOPEN) {
		/* SQLite's own note of it misses what fails at the end of a commit. */
		error = db->error != 0 ? db->error : sqlite3_system_errno(db->sql);
		if (c.err == HK_IO)
			c.err = errno_code(error);
	}
	db->error = 0;
	if (c.err == HK_FULL)
		db->log_full_us = mono_us();
	db->sick |= c.sick && c.err != HK_FULL && c.err != HK_NOMEM;
	if (db->open && sqlite3_get_autocommit(db->sql))
		db->lost = c.err;
	if (is_duplicate(rc))
		return err_tell(c.err, "%s: %s", what, sqlite3_errmsg(db->sql));
	return store_note(c.err, "%s: %s: %s (%d%s%s)%s", db->path, what,
	    sqlite3_errmsg(db->sql), rc, error != 0 ? ", " : "",
	    error != 0 ? strerror(error) : "", advice_for(c.err));
}
