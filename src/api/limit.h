/*
 * How often somebody may ask: GCRA, one number for each, in a small file that
 * all processes share, so that it counts across them.
 *
 * The number is the time at which everything that was taken is paid back.  What
 * is kept survives a restart; a clock that was put back starts it afresh.
 */
#ifndef API_LIMIT_H
#define API_LIMIT_H

#include "base/err.h"
#include "base/span.h"

#define LIMIT_SLOTS	4096

/* Whose: each has slots of its own; two that share one share the rate, too. */
enum limit_of {
	LIMIT_TOKEN,	/* by id */
	LIMIT_USER,	/* by limit_slot() of the id */
	LIMIT_ADDRESS,	/* by limit_slot(): tokens that failed */
	LIMIT_KINDS
};

struct limit;

/* The file "api.limit" of the folder; where it cannot be, memory of this process. */
enum hk_err	 limit_open(struct limit **, const char *folder) HK_MUST_USE;
void		 limit_close(struct limit *);	/* NULL is fine */

uint64_t	 limit_slot(struct span);

struct limit_rate {
	int64_t	 per_s;		/* > 0 */
	int64_t	 burst;		/* > 0: so many at once */
};

struct limit_left {
	int64_t	 left;		/* so many at once are left */
	int64_t	 wait_us;	/* until one more is; 0: now */
	int64_t	 full_us;	/* until all are */
};

/* False: too often, nothing is taken.  *left may be NULL. */
bool		 limit_take(struct limit *, enum limit_of, uint64_t slot,
		    const struct limit_rate *, int64_t now, struct limit_left *left);

#endif
