/*
 * Stripe's handlers and what they share; the table is in stripe.c.
 */
#ifndef PROVIDER_STRIPE_H
#define PROVIDER_STRIPE_H

#include "provider/provider.h"

/* stripe_checkout.c: a session is over, well or not */
handler_fn	 checkout_done, checkout_failed;
/* stripe_invoice.c: paid; a payment for it failed; it will not be paid; by what it was paid */
handler_fn	 invoice_paid, invoice_failed, invoice_closed, invoice_payment_paid;
/* stripe_subscription.c: its whole state; the last of these */
handler_fn	 subscription_seen, subscription_deleted;
/* stripe_refund.c: of a charge in all; one of them, that may have failed */
handler_fn	 charge_refunded, refund_seen;
/* stripe_dispute.c */
handler_fn	 dispute_seen;
/* stripe_thin.c: an event without data, whose snapshot is an event of its own */
handler_fn	 thin_seen;

/* ---- stripe_payer.c: whose an object is --------------------------------- */

/* How an object names its user; what it does not say is SPAN_NULL. */
struct payer_names {
	struct span	user_id;	/* metadata.user_id: our UUID or a Clerk id */
	struct span	subscription_user_id;	/* the same of its subscription */
	struct span	reference;	/* client_reference_id: any text */
	struct span	customer;	/* as payer_customer() says */
	struct span	subscription;	/* "sub_...", whose owner may be known */
};
/*
 * All that name somebody must agree.  HK_OK: this user, who may be deleted;
 * HK_NOTFOUND nobody is named; HK_WAIT named but unknown; HK_NEVER two of them
 * name different users, or a user_id is no id.
 */
enum hk_err	 payer_look(struct task *, const struct payer_names *, struct user *)
		    HK_MUST_USE;
/*
 * Of a checkout session.  As payer_look(), but a deleted one: HK_NEVER; nobody: HK_WAIT
 * for the link of its customer, HK_NEVER without one.
 */
enum hk_err	 payer_find(struct task *, struct json *session, struct user *)
		    HK_MUST_USE;
/* HK_NEVER: the user was deleted. */
enum hk_err	 payer_alive(struct task *, const struct user *) HK_MUST_USE;
/* customer "cus_...", else customer_account "acct_...", or SPAN_NULL. */
struct span	 payer_customer(struct json *object);
/* Link the object's customer, if it has one, to the user. */
enum hk_err	 payer_link(struct task *, struct json *object, const struct user *)
		    HK_MUST_USE;

/* ---- stripe_price.c: how many credits something is worth ---------------- */

#define CREDITS_MOST	INT64_C(1000000000000000)	/* what the ledger takes at once */

struct worth {
	bool		 found;		/* a rule knows it */
	int64_t		 credits;	/* 0 is possible */
	struct span	 note;		/* which rule, for the ledger */
};
/*
 * The rules, one each; *w is untouched when the rule does not apply.  HK_NEVER:
 * it applies and is wrong.  In the arena.
 */
enum hk_err	 worth_by_metadata(struct task *, struct json *credits, struct worth *)
		    HK_MUST_USE;
enum hk_err	 worth_by_price(struct task *, struct span price, int64_t quantity,
		    struct worth *) HK_MUST_USE;
enum hk_err	 worth_by_amount(struct task *, struct span currency, int64_t amount,
		    struct worth *) HK_MUST_USE;
/*
 * A paid session: metadata.credits, a plan for metadata.price_id, one for
 * payment_link, amount_total by the currency's rate.  HK_NEVER: a wrong
 * metadata.credits, or no rule.
 */
enum hk_err	 session_credits(struct task *, struct json *session,
		    int64_t *credits, struct span *note) HK_MUST_USE;
/* No rule, saying what to set.  HK_WAIT for the plan of a price; HK_NEVER: none is named. */
enum hk_err	 no_price_rule(struct task *, const char *what, struct span price,
		    struct span currency) HK_MUST_USE;

/* ---- stripe_purchase.c -------------------------------------------------- */

#define PURCHASE_NAMES	3
struct purchase {
	const struct user	*user;
	struct span		 names[PURCHASE_NAMES];	/* "pi_", "cs_", "in_", "ch_"; or empty */
	int64_t			 amount;	/* paid; < 0: not said */
	struct span		 id;		/* makes the key: "stripe:<id>" */
	int64_t			 credits;	/* it is worth, 0 or more */
	struct span		 note;
	bool			 twofold;	/* may be told by a session and by an invoice */
};
/*
 * Book a payment and its names once.  Of a twofold one that the other has
 * booked already only what it is worth more is added, so that any order gives
 * the same balance.  *booked: credits just granted.
 */
enum hk_err	 purchase_book(struct task *, const struct purchase *, int64_t *booked)
		    HK_MUST_USE;

#endif
