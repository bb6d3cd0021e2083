/*
 * Guessing takes longer and longer: accounts of failures (login_failure), each
 * named by what the attempts come from.  The first FREE are free, then one has
 * to wait 1, 2, 4, ... seconds, at most THROTTLE_MOST_S; after a day without
 * a failure all is forgotten.
 *
 * An attempt is counted as a failure before it is looked at, and taken back
 * when it was right: so ten at once are not ten free ones.
 */
#ifndef ADMIN_THROTTLE_H
#define ADMIN_THROTTLE_H

#include "store/store.h"

#define THROTTLE_FREE	5
#define THROTTLE_MOST_S	(15 * 60)

/* Accounts that one attempt is charged to. */
struct throttle {
	struct span	source[2];
	size_t		n;
};

/*
 * Inside the caller's transaction, which is to be committed before the attempt
 * is looked at.  HK_BUSY: not before *wait_s seconds, and nothing is counted.
 */
enum hk_err	 throttle_take(struct db *, const struct throttle *, int64_t now,
		    int64_t *wait_s) HK_MUST_USE;
/* Would throttle_take() say HK_BUSY?  Only reads: no lock is taken for who has to wait. */
enum hk_err	 throttle_look(struct db *, const struct throttle *, int64_t now,
		    int64_t *wait_s) HK_MUST_USE;
/* It was no failure. */
enum hk_err	 throttle_back(struct db *, const struct throttle *) HK_MUST_USE;
/* Forget an account.  "device:12:": all that begin so; SPAN_NULL: all there are. */
enum hk_err	 throttle_forget(struct db *, struct span source, int64_t *n) HK_MUST_USE;

/* "addr:192.0.2.1"; of IPv6 the /64, which is what one customer has.  In the arena. */
struct span	 throttle_addr(struct arena *, struct span remote_addr);

#endif
