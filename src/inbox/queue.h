/*
 * The queue over the event table: claim by lease, settle, retry.
 *
 * Claiming is a transaction of its own and counts the attempt, so an event
 * that kills its worker is not tried for ever.  A lane is mutual exclusion:
 * an event whose lane is leased by somebody else is not claimed.
 */
#ifndef INBOX_QUEUE_H
#define INBOX_QUEUE_H

#include "provider/provider.h"

#define QUEUE_BATCH	256	/* events one claim takes at most */
#define QUEUE_TRIES	8	/* the first attempt, then one per row of the schedule */

struct claimed {
	int64_t		 id, attempts, due_us, created_us, occurred_us;
	int64_t		 until_us;			/* the lease; with who, its proof */
	struct span	 provider, event_id, type, who;	/* in the arena */
};

/*
 * Take back leases that ended before the given time.  Who has just taken the
 * worker's lock passes INT64_MAX: nobody else can be at work.  Opens and
 * commits its own transaction, when there is anything to do.
 */
enum hk_err	 queue_reclaim(struct db *, int64_t before, int64_t now) HK_MUST_USE;

/*
 * Take up to most due events, oldest due first, leased for lease_us from now.
 * An event that was tried before comes alone.  who: for people.  Opens and
 * commits its own transaction; *n is 0 when nothing is due.
 */
enum hk_err	 queue_claim(struct db *, struct span who, int64_t now, int64_t lease_us,
		    int most, struct arena *, struct claimed *, int *n) HK_MUST_USE;

/*
 * What became of one, inside the transaction of its effects.  verdict and
 * task as in provider.h.  HK_BUSY: the lease is somebody else's by now; the
 * caller takes the effects back.
 */
enum hk_err	 queue_settle(struct db *, const struct claimed *, enum hk_err verdict,
		    const struct task *, int64_t started, int64_t now) HK_MUST_USE;
/* Claimed but not tried: due at once, not counted.  Inside the caller's transaction. */
enum hk_err	 queue_release(struct db *, const struct claimed *, int64_t now) HK_MUST_USE;

/* The time of the next due event; INT64_MAX when none will ever be. */
enum hk_err	 queue_next(struct db *, int64_t *due) HK_MUST_USE;

/*
 * Delay after the n-th failed attempt (n from 1): 5 s, 30 s, 2 min, 10 min,
 * 1 h, 6 h, 24 h, each +-20 % by r (0 shortest, UINT32_MAX longest); < 0: give up.
 */
int64_t		 queue_delay_us(int64_t n, uint32_t r);

/*
 * Make one event due again, whatever became of it, its attempts at 0.  Inside
 * the caller's transaction.  HK_NOTFOUND; HK_BUSY: it is being worked on;
 * HK_NEVER: its body was pruned, or it was imported and nobody vouches for it.
 */
enum hk_err	 queue_retry(struct db *, int64_t id, int64_t now) HK_MUST_USE;

#endif
