/*
 * The lock between processes (and between connections of one), on a side
 * file.  SQLite's own busy handler lets writers starve for seconds, and so
 * would flock(2) alone: who drops it and asks again has it before the one
 * that waited is awake.  Here they queue, and come in the order they asked.
 *
 * Each connection opens its own descriptor: one that was inherited or dup'd
 * shares its lock with the other and excludes nobody.
 */
#ifndef STORE_LOCK_H
#define STORE_LOCK_H

#include "base/err.h"
#include "base/span.h"

struct lock {
	int	 fd;	/* -1: none */
	bool	 held;
};

#define LOCK_NONE	((struct lock){ -1, false })

/* Made when missing, mode 0600, close-on-exec.  HK_READONLY, HK_IO. */
enum hk_err	 lock_open(struct lock *, const char *path) HK_MUST_USE;
void		 lock_close(struct lock *);
/*
 * HK_BUSY: not ours after timeout_ms; 0 only tries.  Any number of threads may
 * wait, each on a lock of its own; uses the signal SIGRTMIN+1.
 */
enum hk_err	 lock_take(struct lock *, int64_t timeout_ms) HK_MUST_USE;
void		 lock_drop(struct lock *);
/* Does somebody wait for it?  For who has it and could hold it longer. */
bool		 lock_wanted(const struct lock *);

#endif
