/*
 * Stripe's handlers and what they share; the table is in stripe.c.
 */
#ifndef PROVIDER_STRIPE_H
#define PROVIDER_STRIPE_H

#include "provider/provider.h"

/* stripe_checkout.c: a session is over, well or not */
handler_fn	 checkout_done, checkout_failed;

/*
 * stripe_payer.c: whose an object (a checkout session, later an invoice) is.
 * The first of these that names somebody: metadata.user_id (our UUID or a
 * Clerk id), client_reference_id, the user linked to customer.
 *
 * HK_OK; HK_WAIT named but unknown; HK_NEVER nobody is named, two of them
 * name different users, the user was deleted, or metadata.user_id is no id.
 */
enum hk_err	 payer_find(struct task *, struct json *object, struct user *)
		    HK_MUST_USE;
/* Link the object's customer, if it has one, to the user. */
enum hk_err	 payer_link(struct task *, struct json *object, const struct user *)
		    HK_MUST_USE;

/*
 * stripe_price.c: how many credits a paid session is worth: metadata.credits,
 * a plan for metadata.price_id, one for payment_link, amount_total by the
 * currency's rate.  *note says which, for the ledger.  0 credits are possible.
 * HK_NEVER: a wrong metadata.credits, or no rule.
 */
enum hk_err	 session_credits(struct task *, struct json *session,
		    int64_t *credits, struct span *note) HK_MUST_USE;

#endif
