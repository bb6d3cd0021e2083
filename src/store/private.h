/*
 * What the files of this room share; nobody else includes it but its tests.
 */
#ifndef STORE_PRIVATE_H
#define STORE_PRIVATE_H

#include <pthread.h>
#include <sqlite3.h>

#include "base/embed.h"
#include "store/changes.h"
#include "store/lock.h"
#include "store/store.h"

#define DB_APPLICATION	0x686f6f6b	/* "hook", in the file's header */
#define DB_PAGE		8192		/* bytes; 2 KB events waste half of 4 KB */
#ifndef HK_FAULT
#define DB_LOG_MOST	(INT64_C(64) << 20)	/* bytes of log before it is restarted */
#define DB_LOG_TEND	1000		/* pages; a lone connection copies back itself */
#else				/* so little that a short run gets there */
#define DB_LOG_MOST	(INT64_C(1) << 20)
#define DB_LOG_TEND	32
#endif

/* Statements of the room itself, after everybody's. */
enum {
	OWN_BEGIN = S_COUNT, OWN_SNAPSHOT, OWN_COMMIT, OWN_ROLLBACK,
	OWN_SAVE, OWN_KEEP, OWN_UNDO,
	STMT_ALL
};

struct stmt {
	struct db	*db;
	sqlite3_stmt	*q;	/* NULL: not prepared yet */
	const char	*name;
	enum hk_err	 bad;	/* of the first bind that failed */
	bool		 taken;	/* between db_stmt() and stmt_reset() */
	bool		 row;	/* stands on a row */
	bool		 done;	/* ran to its end */
};

struct db {
	sqlite3		*sql;
	char		*path;	/* as SQLite resolved it: links followed */
	struct lock	 lock;
	enum db_use	 use;
	int64_t		 busy_ms;
	bool		 memory, wal;
	bool		 open;	/* db_begin() until commit or rollback */
	bool		 saved;	/* inside db_save() */
	enum hk_err	 lost;	/* why SQLite took the transaction back by itself */
	bool		 sick;	/* close it and open again */
	int		 error;	/* errno of the last step that failed, or 0 */
	int		 rows;	/* statements that stand on a row */
	bool		 tended;	/* somebody else copies the log back */
	int		 log_pages;	/* in the log after the last commit */
	int64_t		 log_most;	/* bytes */
	int64_t		 log_soon;	/* bytes: have it copied back when it is larger than that */
	int64_t		 log_try;	/* bytes: restart it when it is larger than that too */
	int64_t		 log_last, log_look;	/* bytes: after the last commit; look at the disk then */
	int64_t		 log_room;	/* bytes free where it lies, when it was looked */
	int64_t		 log_full_us;	/* mono: last that there was no room at all; 0: never */
	int64_t		 log_tell;	/* bytes: say that it cannot be restarted */
	bool		 log_stuck;	/* why not, other than by readers, was said */
	struct columns	*columns;	/* changes.c: loaded when first needed */
	struct stmt	 stmts[STMT_ALL];
};

/* changes.c */
void		 columns_free(struct columns *);	/* NULL is fine */

/* open.c */
struct open_how {
	enum db_use	 use;
	int64_t		 busy_ms;
	bool		 existing;	/* make no file and no first schema: HK_MOVED */
	bool		 no_wal;	/* as if the file system did not allow it */
	bool		 tended;
	bool		 attaches;	/* files by URI: for what is only to be read */
	bool		 older;		/* leave an older schema as it is */
	int		 cache_kb;	/* 0: 2000 */
	int64_t		 log_most;	/* 0: DB_LOG_MOST */
};
enum hk_err	 db_open_how(struct db **, const char *path, const struct open_how *)
		    HK_MUST_USE;
/* Name of a file system by statfs(2) where WAL is unsafe; NULL: it is safe. */
const char	*fs_without_wal(unsigned long type);

/* error.c */
enum hk_err	 store_note(enum hk_err, const char *fmt, ...) HK_PRINTF(2, 3);
/* This thread's store_note() keeps its texts out of the log. */
void		 store_hush(bool);
/* The code of an SQLite result, noted with what we were doing. */
enum hk_err	 db_fail(struct db *, int rc, const char *what);
/* SQLITE_MULTITHREAD and so on; at most once a process. */
void		 store_setup(void);

/* fault_vfs.c, of `make FAULT=1` only; before and after SQLite is up */
void		 fault_memory(void);
void		 fault_disk(void);

/* log_vfs.c: what every connection opens; the default one lies below it */
#define LOG_VFS	"hookkeeper"
void		 log_vfs_register(void);

/* stmt.c */
int		 own_prepare(struct db *, int id);
int		 own_run(struct db *, int id);		/* an SQLite result */
void		 stmts_reset(struct db *);		/* all that are taken */
void		 stmts_finalize(struct db *);
/* Any number of statements; what names them in an error. */
enum hk_err	 db_exec(struct db *, const char *what, const char *sql) HK_MUST_USE;
/* First column of the first row; *out untouched when there is none. */
enum hk_err	 db_ask(struct db *, const char *sql, int64_t *out) HK_MUST_USE;

/* backup.c: all pages of one database over another; `to` is not open for anything */
struct backup_opts;
enum hk_err	 pages_copy(struct db *from, struct sqlite3 *to, const char *what,
		    const struct backup_opts *) HK_MUST_USE;
/* The same into a new file, mode 0600, synced and checked; it has no companions. */
enum hk_err	 pages_to_file(struct db *from, const char *file, const struct backup_opts *)
		    HK_MUST_USE;
/* HK_FULL (told) unless the folder of a path has room for so many bytes. */
enum hk_err	 room_for(const char *path, int64_t bytes) HK_MUST_USE;
enum hk_err	 folder_sync(const char *path) HK_MUST_USE;

/* holders.c: which other processes have it open, as text; "": nobody that we see */
void		 holders_of(const char *path, char *out, size_t room);

/*
 * copy.c: remove "<base><mark><pid>..." from a folder (that ends with '/') when that
 * process is gone: nobody else does.
 */
void		 sweep_parts(const char *folder, const char *base, const char *mark);

/* migrate.c */
/*
 * Bring the schema up to the last of the files, the number in front of a
 * file's name being its version.  Errors as db_open().
 */
enum hk_err	 schema_bring(struct db *, const struct open_how *,
		    const struct embedded *files) HK_MUST_USE;
/* WAL when wanted and possible, else TRUNCATE; sets db->wal. */
enum hk_err	 journal_choose(struct db *, bool wal) HK_MUST_USE;

/* checkpoint.c */
/* After a commit: copy the log back or restart it when it has grown. */
void		 db_tend(struct db *);
/* After a commit: the log has grown towards its restart, so part of it is to be copied. */
bool		 db_log_grew(struct db *);

struct checkpointer;
enum hk_err	 checkpointer_start(struct checkpointer **, const char *path) HK_MUST_USE;
void		 checkpointer_poke(struct checkpointer *);	/* there was a commit */
void		 checkpointer_hurry(struct checkpointer *);	/* the next one without a pause */
void		 checkpointer_reopen(struct checkpointer *);	/* its file may be another */
void		 checkpointer_stop(struct checkpointer *);	/* NULL is fine */
/* pthread_create() with all signals blocked: they are the main thread's. */
enum hk_err	 thread_start(pthread_t *, void *(*)(void *), void *) HK_MUST_USE;

#endif
