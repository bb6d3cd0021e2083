/*
 * Stripe's invoices in the shapes of all API versions since 2020-08-27, and
 * what one of them is worth.
 */
#ifndef PROVIDER_STRIPE_BILL_H
#define PROVIDER_STRIPE_BILL_H

#include "provider/stripe.h"

/* A line of an invoice. */
struct bill_line {
	struct span	item;		/* the subscription's item, "si_...", or SPAN_NULL */
	struct span	price;		/* or SPAN_NULL */
	int64_t		quantity;	/* 1 when it is not said */
	int64_t		amount, net;	/* without and with its discounts; may be below 0 */
	int64_t		start_us, end_us;	/* its period; 0: not said */
	bool		recurring;	/* of a subscription */
	bool		proration;
	bool		gratis;		/* its price is 0, which is no trial */
};

struct bill {
	struct json	*object;
	struct span	 id, status, currency;
	struct span	 subscription, customer;	/* or SPAN_NULL */
	struct span	 intent, charge;		/* or SPAN_NULL: since 2025-03-31 */
	int64_t		 amount;	/* paid; what was due when it was paid elsewhere */
	int64_t		 paid_us;	/* when; the event's time when it is not said */
	bool		 paid;
	bool		 credited;	/* paid by nothing but a credit note */
	struct json	*lines;		/* an array, or NULL */
	bool		 cut;		/* lines that may be worth something are not in it */
};

/* HK_NEVER: the invoice has no id. */
enum hk_err	 bill_read(struct task *, struct bill *) HK_MUST_USE;
void		 bill_line_read(const struct bill *, size_t i, struct bill_line *);
/* The metadata of its subscription, or NULL. */
struct json	*bill_subscription_metadata(const struct bill *);

/*
 * Grant what a paid invoice is worth (stripe_bill_grant.c): metadata.credits or
 * metadata.price_id of the invoice are all of it.  Else its subscription's items
 * are granted by period, and what else is on it as a purchase, by the plans of
 * their prices; what has no plan by the currency's rate.  Trials are worth
 * nothing.  *booked: credits just granted; *trial: some line was one.
 *
 * HK_WAIT: "item:si_...", whose period is not known, or "plan:price_...", which
 * has no rule; HK_NEVER: no rule at all, a wrong one, or lines that are not in the
 * event.
 */
enum hk_err	 bill_grant(struct task *, const struct bill *, const struct user *,
		    int64_t *booked, bool *trial) HK_MUST_USE;

/*
 * In which of its item's periods is a change of plan (stripe_period.c)?  *start_us
 * is when that began.  HK_WAIT: not known yet.
 */
enum hk_err	 period_of_change(struct task *, const struct bill_line *, int64_t *start_us)
		    HK_MUST_USE;
/* Wake who waits for news of the item's periods. */
enum hk_err	 period_wake(struct task *, struct span item) HK_MUST_USE;

#endif
