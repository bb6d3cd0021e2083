/*
 * How many attempts of each endpoint were good and how many failed, by the hour
 * they began in.  Nothing is counted when it happens: whoever works counts the
 * attempts behind a mark, and who reads adds those that are behind it still.
 */
#ifndef OUTBOX_TALLY_H
#define OUTBOX_TALLY_H

#include "store/store.h"

#define TALLY_HOUR	INT64_C(3600000000)	/* us */
#define TALLY_TAIL	20000		/* attempts behind the mark that a reader adds at most */

/*
 * Count some more: one transaction, opened and committed here, when there is
 * anything to do.  *more: there is.  Only by whoever holds the work lock.
 */
enum hk_err	 tally_step(struct db *, bool *more) HK_MUST_USE;

/* Of one endpoint in a range of whole hours. */
struct tally_row {
	int64_t	 endpoint, good, failed;
};
/*
 * Sums of each endpoint (0: of all; else of that one) that was tried at from or
 * later, from the beginning of its hour; in no order, the same endpoint maybe
 * twice.  Call inside a snapshot.
 */
enum hk_err	 tally_read(struct db *, int64_t endpoint, int64_t from, int64_t to,
		    void (*row)(void *ctx, const struct tally_row *), void *ctx) HK_MUST_USE;

#endif
