/*
 * Payments, and what is taken back of them: refunds and disputes.
 *
 * What may be kept follows from facts alone, whatever order they come in:
 * credits taken back = granted x (refunded + held by disputes) / amount, never
 * more than was granted, rounded down; all of it while amount is not known.
 * Each new fact moves the difference to what was taken before, by a transfer of
 * its own kind: refund or dispute takes, reinstate gives back.
 *
 * With floor a balance is never taken below 0: what is not there is waived, and
 * later facts do not take it after all.
 */
#ifndef BOOKS_PAYMENT_H
#define BOOKS_PAYMENT_H

#include "books/subscription.h"

/*
 * The purchase with this business key, "stripe:" and one of the payment's names,
 * granted credits to owner for this payment (SPAN_NULL, or no such transfer: it
 * was worth none, or only names and amount are told).  refs: its names, "pi_...",
 * "ch_...", "in_...", "cs_...", at most 8, in any order, empty ones are passed
 * over; payments that turn out to be one are joined.  amount < 0: not known; of
 * several the largest counts.  Wakes "payment:<ref>" for each of its names ("cs_"
 * is one only when there is no other, or the key has it).  A repeat changes
 * nothing.  HK_NEVER "identity mismatch": the payment is another owner's.
 */
enum hk_err	 payment_granted(const struct cause *, const struct owner *,
		    const struct span *refs, size_t n, int64_t amount,
		    struct span business_key) HK_MUST_USE;
/* These names are one payment (invoice_payment.paid).  HK_SKIP: was known. */
enum hk_err	 payment_names(const struct cause *, const struct span *refs, size_t n)
		    HK_MUST_USE;

struct refund_word {
	struct span	 payment;	/* "pi_...", else "ch_..." */
	struct span	 charge;	/* whose refunds: "ch_..." */
	int64_t		 refunded;	/* of it in all, by Stripe: amount_refunded */
	int64_t		 amount;	/* the charge's; < 0: not known */
	int64_t		 version_us;	/* of the event */
};
/*
 * In all so much of the charge was given back.  The newest word counts, of two
 * as new the larger; an older one is HK_SKIP "stale: ...".  HK_WAIT: no payment
 * of this name granted anything yet; wait for "payment:<ref>".  floor: the
 * setting negative_balance = floor.  *taken: credits moved, below 0 when given
 * back.  HK_OK with *taken 0: nothing followed from it.
 */
enum hk_err	 payment_refunded(const struct cause *, const struct refund_word *, bool floor,
		    int64_t *taken) HK_MUST_USE;
/*
 * A refund came back to the seller (refund.failed, or one that was canceled):
 * what newest word of the charge is older than this counts without it.  Once
 * per refund.
 */
struct refund_failed {
	struct span	 payment, charge;	/* as above */
	struct span	 refund;		/* "re_..." */
	int64_t		 amount, version_us;
};
enum hk_err	 payment_refund_failed(const struct cause *, const struct refund_failed *,
		    bool floor, int64_t *taken) HK_MUST_USE;

struct dispute_word {
	struct span	 ref;		/* "du_..." */
	struct span	 payment;	/* "pi_...", else "ch_..." */
	int64_t		 amount, payment_amount;	/* the latter < 0: not known */
	struct span	 status;	/* Stripe's */
	int64_t		 version_us;
};
/*
 * Store a dispute's state and move what follows from it.  needs_response,
 * under_review, lost, appeal_*: holds its amount; won: gives it back; warning_*,
 * prevented: never held anything.  The newest word counts, of two as new the one
 * further on: warnings, needs_response, under_review, lost, appeals, won.
 * Errors as payment_refunded(), and HK_NEVER for a status not known.
 */
enum hk_err	 payment_disputed(const struct cause *, const struct dispute_word *,
		    bool floor, int64_t *taken) HK_MUST_USE;

/*
 * A bill as last heard of: Stripe's invoice, Clerk's payment attempt.  Paid is
 * the last word; else the newest counts.  Needs cause.event.
 */
struct invoice {
	const char	*provider;
	struct span	 ref;		/* "in_...", Clerk: the attempt's id */
	struct span	 subscription;	/* its ref, or SPAN_NULL */
	struct span	 customer;
	struct owner	 owner;		/* or kind NULL */
	struct span	 status;	/* "paid", "open", "void", "uncollectible", "failed" */
	struct span	 currency;
	int64_t		 amount;	/* paid or due, smallest unit; < 0: not said */
	bool		 fulfilled;	/* all it is worth was granted, or it is worth none */
	int64_t		 version_us;	/* of the event */
};
/* What becomes known stays known; HK_SKIP: stale and nothing new. */
enum hk_err	 invoice_put(const struct cause *, const struct invoice *) HK_MUST_USE;
/* For user_link(): the customer's bills of nobody are this owner's. */
enum hk_err	 invoices_claim(const struct cause *, struct span customer, const struct owner *)
		    HK_MUST_USE;

#endif
