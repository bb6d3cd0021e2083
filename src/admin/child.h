/*
 * Another program, run for a moment and never for long: no shell, nothing of
 * ours in it but its arguments and a few named variables.
 */
#ifndef ADMIN_CHILD_H
#define ADMIN_CHILD_H

#include "base/buf.h"

struct child {
	const char *const	*argv;		/* argv[0] is its path */
	const char *const	*env;		/* all of it; ends with NULL */
	int64_t			 limit_us;	/* after this it is killed, and all it started */
	struct buf		 out, err;	/* what it printed, as much as they take; ready made */
	int			 status;	/* its exit status; 128 + a signal */
};

/*
 * In a process group of its own, standard input empty, every other descriptor
 * closed, no signal blocked.
 * HK_OK: it ended.  HK_TIMEOUT (told): killed.  HK_IO (told): it did not start.
 */
enum hk_err	 child_run(struct child *) HK_MUST_USE;

#endif
