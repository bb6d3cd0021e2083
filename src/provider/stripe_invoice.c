/*
 * Invoices: what is paid is granted, and what is not shows in the standing of
 * its subscription.  invoice.paid and invoice.payment_succeeded tell of the same
 * payment; either may be the only one that is sent.
 */
#include "books/payment.h"
#include "provider/stripe_bill.h"
#include "provider/verdict.h"

static enum hk_err
look(struct task *t, const struct bill *b, struct user *user)
{
	const struct payer_names	names = {
		.user_id		= json_text(b->object, "metadata.user_id"),
		.subscription_user_id	= json_text(bill_subscription_metadata(b), "user_id"),
		.customer		= b->customer,
		.subscription		= b->subscription,
	};

	return payer_look(t, &names, user);
}

/*
 * Whose payment it is.  That nobody is named yet is usual: the session that links
 * the customer often arrives after the invoice.
 */
static enum hk_err
payer(struct task *t, const struct bill *b, struct user *user)
{
	enum hk_err	e = look(t, b, user);

	if (e == HK_OK)
		return payer_alive(t, user);
	if (e != HK_NOTFOUND)
		return e;
	if (b->customer.len > 0)
		return task_wait(t, "user", b->customer);
	if (b->subscription.len > 0)
		return task_wait(t, "subscription", b->subscription);
	return task_say(t, HK_NEVER, "nobody is named: no metadata.user_id, no customer and no"
	    " subscription");
}

/* user may be NULL. */
static struct owner
owner_of(const struct user *user)
{
	return user == NULL ? (struct owner){ NULL, SPAN_NULL } :
	    (struct owner){ "user", span_str(user->id) };
}

/* The invoice's row. */
static enum hk_err
put(struct task *t, const struct bill *b, const struct user *user, bool fulfilled)
{
	const struct invoice	i = {
		.provider = "stripe", .ref = b->id, .subscription = b->subscription,
		.customer = b->customer, .status = b->paid ? SPAN("paid") : b->status,
		.owner = owner_of(user), .currency = b->currency, .amount = b->amount,
		.fulfilled = fulfilled, .version_us = t->occurred_us,
	};

	return invoice_put(t->cause, &i);
}

/* Its subscription is known by name, with its owner and how the payment went. */
static enum hk_err
stand(struct task *t, const struct bill *b, const struct user *user, bool failed)
{
	const struct subscription	name = {
		.provider = "stripe", .ref = b->subscription, .customer = b->customer,
		.owner = owner_of(user), .status = SPAN("incomplete"),
	};
	int64_t				id;
	enum hk_err			e;

	if (b->subscription.len == 0)
		return HK_SKIP;
	if ((e = subscription_put(t->cause, &name, &id)) != HK_OK)
		return e;
	return subscription_paid(t->cause, "stripe", b->subscription, failed,
	    failed ? t->occurred_us : b->paid_us);
}

static enum hk_err
is_done(struct task *t, const struct bill *b, bool *done)
{
	struct stmt	*q = NULL;
	int64_t		 n = 0;
	enum hk_err	 e;

	if ((e = db_stmt(t->cause->db, S_STRIPE_INVOICE_DONE, &q)) != HK_OK)
		return e;
	bind_text(q, ":ref", b->id);
	if ((e = stmt_int(q, &n)) == HK_OK)
		*done = n > 0;
	return e;
}

/* What is told again may still bring a name that was not known. */
static enum hk_err
name_again(struct task *t, const struct bill *b, const struct user *user)
{
	const struct owner	owner = owner_of(user);
	const struct span	names[] = { b->id, b->intent, b->charge };

	return task_heard(t, payment_granted(t->cause, &owner, names,
	    sizeof(names) / sizeof(names[0]), b->amount, SPAN_NULL));
}

static enum hk_err
grant(struct task *t, const struct bill *b, const struct user *user)
{
	int64_t		booked = 0;
	bool		trial = false, done = false;
	enum hk_err	e;

	if ((e = is_done(t, b, &done)) != HK_OK)
		return e;
	e = done ? name_again(t, b, user) : bill_grant(t, b, user, &booked, &trial);
	if (e != HK_OK || booked > 0)
		return e;
	return task_say(t, HK_OK, done ? "granted before" : b->credited ?
	    "settled by a credit note: worth no credits" :
	    trial ? "a trial: worth no credits" : "worth no more credits");
}

/* That a row says it already is no reason to take back the rest. */
static enum hk_err
heard(struct task *t, enum hk_err e)
{
	return e == HK_SKIP ? HK_OK : task_heard(t, e);
}

enum hk_err
invoice_paid(struct task *t)
{
	struct bill	b;
	struct user	user;
	enum hk_err	e;

	if ((e = bill_read(t, &b)) != HK_OK)
		return e;
	if (!b.paid)
		return task_say(t, HK_SKIP, "only a part of the invoice was paid; invoice.paid"
		    " follows the last");
	if ((e = payer(t, &b, &user)) != HK_OK ||
	    (e = payer_link(t, b.object, &user)) != HK_OK ||
	    (e = grant(t, &b, &user)) != HK_OK ||
	    (e = heard(t, stand(t, &b, &user, false))) != HK_OK)
		return e;
	return heard(t, put(t, &b, &user, true));
}

/*
 * Nothing is granted, so nothing waits: the row gets its owner with the customer's
 * link or from the next event.
 */
static enum hk_err
note(struct task *t, bool failed, const char *why)
{
	const struct user	*whose = NULL;
	struct bill		 b;
	struct user		 user;
	enum hk_err		 e, stood = HK_SKIP, was;

	if ((e = bill_read(t, &b)) != HK_OK)
		return e;
	e = look(t, &b, &user);
	if (e == HK_OK)
		whose = &user;
	else if (e != HK_NOTFOUND && e != HK_WAIT)
		return e;
	t->waits_for[0] = '\0';
	if (failed && (e = heard(t, stood = stand(t, &b, whose, true))) != HK_OK)
		return e;
	was = put(t, &b, whose, false);
	if (was == HK_SKIP && stood == HK_SKIP)
		return task_heard(t, was);
	if ((e = heard(t, was)) != HK_OK)
		return e;
	return task_say(t, HK_OK, "%s", why);
}

enum hk_err
invoice_failed(struct task *t)
{
	return note(t, true, "the payment failed: past due until it is paid");
}

enum hk_err
invoice_closed(struct task *t)
{
	return note(t, false, span_is(t->type, "invoice.voided") ?
	    "the invoice is void: nothing is to be paid" : "nobody expects this invoice to be paid");
}

enum hk_err
invoice_payment_paid(struct task *t)
{
	struct json		*o = json_get(t->json, "data.object");
	const struct span	 names[] = {
		json_id(o, "invoice"), json_id(o, "payment.payment_intent"),
		json_id(o, "payment.charge"),
	};

	if (names[0].len == 0 || (names[1].len == 0 && names[2].len == 0))
		return task_say(t, HK_SKIP, "it names no payment of Stripe's: it was paid elsewhere");
	return task_heard(t, payment_names(t->cause, names, sizeof(names) / sizeof(names[0])));
}
