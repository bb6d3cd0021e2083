/*
 * Inside of payments: for payment.c, refund.c and period.c.
 */
#ifndef BOOKS_PAYMENT_PART_H
#define BOOKS_PAYMENT_PART_H

#include "books/payment.h"

/* What is told of a payment. */
struct paying {
	const struct owner	*owner;		/* NULL: not said */
	const struct span	*refs;		/* empty ones are passed over */
	size_t			 n;
	int64_t			 amount;	/* < 0: not said */
	struct span		 booked;	/* the name in its purchase's key, or SPAN_NULL */
	int64_t			 credits;	/* that this purchase gave */
};
/*
 * The payment of these names: made when there is none, joined when there are
 * several, completed; woken when it is somebody's and something is new.  *news
 * false: all of it was known.  HK_NEVER: identity mismatch, no name.
 */
enum hk_err	 payment_known(const struct cause *, const struct paying *, int64_t *id,
		    bool *news) HK_MUST_USE;
/* Somebody's payment of the first of these names that has one; else HK_WAIT. */
enum hk_err	 payment_of(struct db *, const struct span *refs, size_t n, int64_t *id)
		    HK_MUST_USE;

/* Why it is settled, for the transfer that follows. */
struct settling {
	enum transfer_kind	 kind;		/* of what takes */
	struct span		 key;		/* "stripe:ch_1:refunded:500" */
	struct span		 note;
};
/*
 * What follows from the facts: the difference to what was taken is moved, and
 * the row says so.  *taken as in payment_refunded(), may be NULL.
 */
enum hk_err	 payment_settle(const struct cause *, int64_t id, const struct settling *,
		    int64_t *taken) HK_MUST_USE;
/* Of so many credits granted: what is wanted back, when `back` of amount (< 0: unknown) is. */
int64_t		 payment_wanted(int64_t granted, int64_t back, int64_t amount);
/* Because a share or a name came to it. */
enum hk_err	 payment_settle_share(const struct cause *, int64_t id) HK_MUST_USE;

#endif
