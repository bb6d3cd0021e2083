/*
 * Subscriptions: what a payer has, and what its periods grant.
 *
 * Every verb may be called in any order and again: what is stored is the newest
 * word of the sender.  Of two words of the same time the one further in a
 * subscription's life stays: incomplete, trialing, active, past_due, unpaid,
 * paused, canceled or incomplete_expired, ended (and what else is unknown to us
 * before all of them); then the one with the later ended_at, canceled_at,
 * cancel_at.  A final word beats all that are not.
 */
#ifndef BOOKS_SUBSCRIPTION_H
#define BOOKS_SUBSCRIPTION_H

#include "books/books.h"

struct subscription {
	const char	*provider;	/* "stripe", "clerk" */
	struct span	 ref;		/* "sub_..." */
	struct owner	 owner;
	struct span	 customer;	/* "cus_..." or SPAN_NULL */
	struct span	 status;	/* Stripe's spelling: "past_due" */
	int64_t		 cancel_at, canceled_at, ended_at;	/* us; 0: none */
	int64_t		 version_us;	/* 0: only its name (owner, customer) is known */
	bool		 final;		/* nothing comes after it */
};

struct subscription_item {
	struct span	 ref;
	struct span	 plan_ref, plan_name;
	int64_t		 quantity;
	struct span	 status;
	bool		 trial;
	int64_t		 period_start, period_end;	/* us; 0: none */
	int64_t		 version_us;
};

/*
 * Store the word of a subscription.  *id is its row.  An owner that is not said
 * is the user the customer is linked to, now or by a later user_link(); one
 * that differs from the stored: HK_NEVER "identity mismatch".  HK_SKIP: stale
 * (or told again) and nothing is new, err_last() says of when the stored one
 * is; *id is set all the same.  A stale word that brings the owner is HK_OK.
 *
 * Puts subscription.created, .updated, .canceled, .past_due when something
 * changed; one that is nobody's tells nothing, and is "created" for its owner
 * when it gets one.  Wakes "subscription:<ref>" when it is new or gets its owner.
 */
enum hk_err	 subscription_put(const struct cause *, const struct subscription *,
		    int64_t *id) HK_MUST_USE;
/*
 * An item of it; HK_SKIP: stale, or told again.  A renewal or another plan puts
 * subscription.updated.
 */
enum hk_err	 subscription_item_put(const struct cause *, const char *provider,
		    int64_t subscription, const struct subscription_item *) HK_MUST_USE;
/*
 * A payment for it failed or succeeded at that time, said by somebody else than
 * the subscription itself (an invoice): counts for the standing until a newer
 * word.  Makes the row when it is not there.  HK_SKIP: nothing new.
 */
enum hk_err	 subscription_paid(const struct cause *, const char *provider, struct span ref,
		    bool failed, int64_t at_us) HK_MUST_USE;
/* Whose subscription is it?  HK_NOTFOUND: not stored, or nobody's yet. */
enum hk_err	 subscription_owner(struct db *, const char *provider, struct span ref,
		    struct arena *, struct owner *) HK_MUST_USE;
/* For user_link(): the customer's subscriptions of nobody are this owner's. */
enum hk_err	 subscriptions_claim(const struct cause *, struct span customer,
		    const struct owner *) HK_MUST_USE;

struct paid_period {
	const char	*provider;
	struct owner	 owner;
	struct span	 item;
	int64_t		 period_start;	/* us */
	int64_t		 credits;	/* it is worth so many in all, 0 or more */
	struct span	 payment;	/* what it was paid by (payment.h), or SPAN_NULL: not known */
	int64_t		 paid_us;	/* when, by the sender's clock */
	struct span	 note;
};
/*
 * A paid period of an item.  What was granted for it before counts, so a better
 * plan grants the difference and a repeat nothing, in any order.  Business keys:
 * "<provider>:<item>:<period_start s>", then with ":<credits>" for what is added.
 * A repeat may tell the payment.  Of the payments of one period each counts as
 * having granted what it added to the earlier ones; to give their amounts and
 * other names call payment_granted() too, with SPAN_NULL for business_key.
 * *granted: credits just booked.
 * HK_NEVER "identity mismatch": the period was granted to another owner.
 */
enum hk_err	 period_grant(const struct cause *, const struct paid_period *,
		    int64_t *granted) HK_MUST_USE;

/* May this owner burn?  False when a subscription is past due or unpaid. */
enum hk_err	 owner_in_good_standing(struct db *, const struct owner *, bool *good)
		    HK_MUST_USE;

#endif
