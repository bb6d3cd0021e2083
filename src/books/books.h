/*
 * The books: what an event means.  Verbs on users, accounts, plans, checkout
 * sessions and mail history.  Each works inside the caller's transaction,
 * commits nothing, and is right in any order and when repeated.
 */
#ifndef BOOKS_BOOKS_H
#define BOOKS_BOOKS_H

#include "base/conf.h"
#include "base/id.h"
#include "store/store.h"

/* On whose account and when something is written. */
struct cause {
	struct db	*db;		/* in a transaction */
	int64_t		 event;		/* event.id, or 0: a person or program */
	int64_t		 now;		/* us */
};

/* Whose something is. */
struct owner {
	const char	*kind;		/* "user", "organization"; NULL: not known */
	struct span	 id;		/* own UUID, "org_..." */
};

/* ---- user.c ---------------------------------------------------------- */

/* What Clerk says of a user; SPAN_NULL is "none". */
struct clerk_user {
	struct span	clerk_id;	/* required, "user_..." */
	struct span	email;		/* the primary address, or none */
	bool		email_verified;	/* it is this person's beyond doubt */
	struct span	first_name, last_name, username, external_id;
	struct span	metadata;	/* JSON text of public_metadata */
	int64_t		updated_us;	/* Clerk's version; 0: not said */
};

struct user {
	char		id[UUID_LEN + 1];
	char		clerk_id[64];	/* "" none */
	bool		deleted;
};

/*
 * Create or complete the user and give the signup bonus once per Clerk id
 * (bonus 0: none).  Creation and update are the same verb, for either may
 * come first.  An older updated_us than the stored one changes nothing:
 * HK_SKIP, err_last() says "stale: ...".  A tombstone stays dead: HK_SKIP.
 * Equal updated_us: the later to arrive wins, so a repeat changes nothing.
 * A row that the application made first and that has no Clerk id yet becomes this
 * user when external_id is its own UUID or what the application calls it, or else
 * the verified address is its own; what Clerk says replaces what it said.
 * After creating, everything that waited for "user:<clerk_id>" or "user:<own
 * id>" is woken.  Puts the message user.created, or user.updated when something
 * is different.  HK_NEVER: clerk_id is not 1..63 printable characters.
 */
enum hk_err	 user_put(const struct cause *, const struct clerk_user *,
		    int64_t bonus, struct user *) HK_MUST_USE;

/* What the site's own application says of a user; SPAN_NULL: nothing. */
struct app_user {
	struct span	clerk_id, email, first_name, last_name, username;
	struct span	app_id;		/* what it calls the user: its key, or our UUID */
};
/*
 * The user with these names, made unless there is one (*made).  Found by Clerk id,
 * then by app_id (also Clerk's external_id), then by the address of somebody whose
 * other names do not say otherwise.  Names it did not have are added; facts only
 * until Clerk has told of the user.  Clerk's word of it completes this row,
 * whichever comes first, and gives the bonus then.  A deleted one is found:
 * look at out->deleted; nothing is changed of it.
 * Puts user.created or user.updated, wakes as user_put() does.
 * HK_EXISTS: the names are two users'.  HK_NEVER: one cannot be a name, or none
 * was said.
 */
enum hk_err	 user_ensure(const struct cause *, const struct app_user *, struct user *out,
		    bool *made) HK_MUST_USE;
/*
 * Soft delete, with a tombstone even for a user never seen, so that a late
 * creation finds it dead.  Revokes the keys of the user, puts user.deleted for
 * one that was there, wakes as user_put() does.  HK_SKIP when dead already;
 * HK_NEVER as user_put().
 */
enum hk_err	 user_delete(const struct cause *, struct span clerk_id) HK_MUST_USE;
/*
 * By own UUID, Clerk id, Stripe customer ("cus_...") or e-mail address (the
 * newest living one); by the others the deleted are found too.  HK_NOTFOUND.
 */
enum hk_err	 user_find(struct db *, struct span any, struct user *) HK_MUST_USE;
/*
 * Link a Stripe customer to the user, once; wakes "user:<customer>".  The
 * customer's subscriptions that are nobody's yet become the user's.
 * HK_NEVER when it is another's ("identity mismatch: ...") or no id.
 */
enum hk_err	 user_link(const struct cause *, const struct user *,
		    struct span customer) HK_MUST_USE;

/* ---- ledger.c: double entry ------------------------------------------ */

enum transfer_kind { T_SIGNUP_BONUS, T_PURCHASE, T_SUBSCRIPTION, T_REFUND,
		     T_DISPUTE, T_REINSTATE, T_BURN, T_ADJUST };

/*
 * Move amount > 0 from the system's account of this kind to the user (a grant)
 * once per business key.  *fresh is false when the key was booked before:
 * nothing changed.  HK_SYNTAX: amount out of range (1..1e15), or it would take
 * a balance out of it.
 */
enum hk_err	 ledger_grant(const struct cause *, const char *user_id,
		    enum transfer_kind, struct span business_key, int64_t amount,
		    struct span note, bool *fresh) HK_MUST_USE;
/*
 * The same for any owner; ledger_give() gives, ledger_take() takes into the
 * system's account of this kind.  Each puts credit_balance_updated, a gift also
 * credits_granted.
 *
 *	amount	1..1e15, else HK_SYNTAX; so are balances that it would take past 1e15
 *	how	what to do when the balance is smaller than amount
 *	*taken	what was moved: amount, less with TAKE_WHAT_IS_THERE; 0 when not fresh
 *	*fresh	false: the key was booked before, or nothing was there to take
 *
 * HK_SHORT: TAKE_ALL of a balance that is smaller; nothing changed.
 */
enum taking { TAKE_ALL, TAKE_WHAT_IS_THERE, TAKE_BELOW_ZERO };
enum hk_err	 ledger_give(const struct cause *, const struct owner *,
		    enum transfer_kind, struct span business_key, int64_t amount,
		    struct span note, bool *fresh) HK_MUST_USE;
enum hk_err	 ledger_take(const struct cause *, const struct owner *,
		    enum transfer_kind, struct span business_key, int64_t amount,
		    enum taking how, struct span note, int64_t *taken, bool *fresh)
		    HK_MUST_USE;
enum hk_err	 ledger_balance_of(struct db *, const struct owner *, int64_t *) HK_MUST_USE;
/* 0 for a user without account. */
enum hk_err	 ledger_balance(struct db *, const char *user_id, int64_t *) HK_MUST_USE;
const char	*transfer_kind_name(enum transfer_kind);	/* "signup_bonus" */

/* ---- plan.c ---------------------------------------------------------- */

enum plan_match { PLAN_PRICE, PLAN_PAYMENT_LINK, PLAN_CLERK_PLAN, PLAN_CURRENCY };

struct plan {
	enum plan_match	 match;
	struct span	 ref;		/* currency in lower case */
	struct span	 name;
	int64_t		 credits, per;
};

/* "price_1" -> PLAN_PRICE, "plink_", "cplan_", three lower-case letters. */
bool		 plan_match_of(struct span ref, enum plan_match *);
/*
 * Set or replace; wakes what waits for "plan:<ref>".  HK_SYNTAX: ref is not of
 * this match, credits are not 0..1e15, per is below 1.
 */
enum hk_err	 plan_set(const struct cause *, const struct plan *) HK_MUST_USE;
enum hk_err	 plan_remove(const struct cause *, struct span ref) HK_MUST_USE;	/* HK_NOTFOUND */
/* Spans live in the arena.  HK_NOTFOUND. */
enum hk_err	 plan_find(struct db *, enum plan_match, struct span ref,
		    struct arena *, struct plan *) HK_MUST_USE;

/* ---- checkout.c ------------------------------------------------------ */

struct checkout {
	struct span	session, mode, payment_status, payment_intent, customer, currency;
	int64_t		amount_total;	/* smallest unit; < 0: not said */
	int64_t		occurred_us;	/* of the event */
};
/*
 * Record the session's state; a paid state is never overwritten by an unpaid.
 * user_id may be NULL; fulfilled: credits were granted (or it was free).
 * Needs cause.event.
 */
enum hk_err	 checkout_put(const struct cause *, const struct checkout *,
		    const char *user_id, bool fulfilled) HK_MUST_USE;

/* ---- mail.c ---------------------------------------------------------- */

struct mail_event {
	struct span	 email_id, sender, subject;
	struct span	 recipients;	/* JSON array */
	const char	*kind;		/* "bounced" */
	struct span	 detail;
	int64_t		 occurred_us, sent_us;
};
/*
 * Add to the history and move the state forward: of two events the later
 * occurred_us wins, at equal times the later stage of a mail's life.  An
 * open or click counts but never hides a bounce or complaint.  Needs
 * cause.event; kind is Resend's without "email.".  HK_NEVER: unknown kind.
 */
enum hk_err	 mail_event_put(const struct cause *, const struct mail_event *) HK_MUST_USE;
/*
 * address in any case, also as "Name <a@b>"; the first reason stays, "complaint"
 * or "bounce".  Needs cause.event.  HK_NEVER: no address in it.
 */
enum hk_err	 mail_suppress(const struct cause *, struct span address,
		    const char *reason) HK_MUST_USE;
/* A person wants it written to again; the next bounce or complaint suppresses it anew.  HK_NOTFOUND. */
enum hk_err	 mail_unsuppress(const struct cause *, struct span address) HK_MUST_USE;

/* ---- wake.c ---------------------------------------------------------- */

/* Make due what waits for this thing, e.g. "user:user_2abc". */
enum hk_err	 wake(const struct cause *, struct span thing) HK_MUST_USE;

/* ---- audit.c --------------------------------------------------------- */

struct audit {
	int64_t	 accounts, transfers, grants, users;
	int64_t	 payments, periods;
	int64_t	 findings;
};
/*
 * Prove the books: all balances sum to zero, each cached balance is the sum of
 * its transfers, every grant names a stored verified event that was handled,
 * every paid checkout session and invoice is granted, every user has at most
 * one bonus, what payments and periods say was granted and taken back is what
 * the transfers moved, and what was taken back follows from the refunds and
 * disputes.
 * say() is called for each finding with a sentence that names it.
 * HK_OK even with findings; errors are the database's.
 */
enum hk_err	 audit_books(struct db *, struct audit *,
		    void (*say)(void *ctx, const char *finding), void *ctx) HK_MUST_USE;

#endif
