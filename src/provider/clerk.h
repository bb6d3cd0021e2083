/*
 * Clerk's handlers and what they share; the table is in clerk.c.
 */
#ifndef PROVIDER_CLERK_H
#define PROVIDER_CLERK_H

#include "books/subscription.h"
#include "provider/provider.h"

#define CLERK_ID_MAX	63	/* what struct user holds */

/* clerk_user.c: people and their sessions */
handler_fn	 clerk_user_seen, clerk_user_gone, clerk_session_seen;
/* clerk_organization.c */
handler_fn	 clerk_organization_seen, clerk_organization_gone;
handler_fn	 clerk_membership_seen, clerk_membership_gone;
/* clerk_mail.c: mails and short messages that Clerk composed */
handler_fn	 clerk_mail_made;
/* clerk_subscription.c, clerk_payment.c: Billing */
handler_fn	 clerk_subscription_seen, clerk_item_seen, clerk_attempt_seen;

/* A time in us; 0: absent, null, or no number.  Below 1e11 it is in seconds. */
int64_t		 clerk_time(struct json *, const char *path);
/* When the object was last changed, else when the event happened. */
int64_t		 clerk_version(const struct task *, struct json *object);
/*
 * data.status, else what the type says ("subscription.pastDue"), spelled as in
 * the books: "past_due", "canceled".  SPAN_NULL: neither says anything.
 */
struct span	 clerk_status(const struct task *, struct json *object);

/*
 * What several handled facts of one event come to.  A stale fact is no reason
 * to forget the others: the event is SKIP only when nothing in it was new.
 */
struct tally {
	bool	 news;
	int64_t	 granted;
};
/* The verdict of a verb: OK is news, SKIP keeps its reason; HK_OK: go on. */
enum hk_err	 tally_add(struct task *, struct tally *, enum hk_err verdict) HK_MUST_USE;
/* The event's verdict. */
enum hk_err	 tally_close(struct task *, const struct tally *) HK_MUST_USE;

/* ---- clerk_payer.c ----------------------------------------------------- */

/* Points into itself: not to be copied. */
struct payer {
	struct owner	owner;
	struct user	user;		/* when owner.kind is "user" */
	bool		flat;		/* the event has the flat shape */
};
/*
 * Who pays: an organization, else a user; by data.payer, where the unused of
 * the two ids is an empty text, or in the flat shape by data.organization_id,
 * data.user_id, data.payer_id.  Nobody is named: whose the subscription is.
 *
 * HK_WAIT: the user, or the subscription, is not there yet.  HK_NEVER: nobody
 * is named and there is no subscription to ask.
 */
enum hk_err	 clerk_payer(struct task *, struct json *data, struct span subscription,
		    struct payer *) HK_MUST_USE;

/* ---- clerk_item.c ------------------------------------------------------ */

struct clerk_item {
	struct subscription_item	 put;
	bool				 free;	/* its plan costs nothing, or it has none */
};
/* What it does not say is said by the object it is in. */
void		 clerk_item_read(struct json *item, struct span status, int64_t version_us,
		    struct clerk_item *);
/* Is this a period that was paid?  Of an item that is active, no trial, not free. */
bool		 clerk_item_runs(const struct clerk_item *);

struct clerk_sale {
	const struct payer	*payer;
	struct span		 item;		/* whose period it is */
	struct span		 payment;	/* or SPAN_NULL */
	int64_t			 paid_us;
};
/*
 * Grant what the item's plan is worth for its period, once.  HK_WAIT: no price
 * rule for the plan yet.  HK_NEVER: the user was deleted, no plan could be set.
 */
enum hk_err	 clerk_item_grant(struct task *, const struct clerk_item *,
		    const struct clerk_sale *, struct tally *) HK_MUST_USE;

#endif
