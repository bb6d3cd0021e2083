/*
 * Who sends where no worker lives: a receiver that has something to send starts
 * `hookkeeper worker --once`, which outlives it and has nothing of its.
 */
#ifndef INBOX_STARTER_H
#define INBOX_STARTER_H

#include "base/conf.h"
#include "store/store.h"

#define STARTER_EVERY_S	10	/* at most one start in so long, of all processes */

/*
 * Start it if anything is due to be sent and somebody listens.  The caller does not
 * hold the worker's lock.  *next_us: look again then (wall clock), when that is
 * sooner than what it holds.  What hinders the start is logged, and no error.
 */
enum hk_err	 starter_look(const struct conf *, struct db *, int64_t now, int64_t *next_us)
		    HK_MUST_USE;

#endif
