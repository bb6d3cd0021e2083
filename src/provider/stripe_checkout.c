/*
 * Checkout sessions: one fulfilment for one payment, whichever of the events
 * of a session comes first and however often.
 */
#include "books/subscription.h"
#include "provider/stripe.h"
#include "provider/verdict.h"

static enum hk_err
session_read(struct task *t, struct json *o, struct checkout *co)
{
	*co = (struct checkout){
		.session	= json_text(o, "id"),
		.mode		= json_text(o, "mode"),
		.payment_status	= json_text(o, "payment_status"),
		.payment_intent	= json_id(o, "payment_intent"),
		.customer	= json_id(o, "customer"),
		.currency	= json_text(o, "currency"),
		.amount_total	= -1,
		.occurred_us	= t->occurred_us,
	};
	(void)json_int(o, "amount_total", &co->amount_total);
	if (!span_graph(co->session, 255))
		return task_say(t, HK_NEVER, "the checkout session has no id");
	return HK_OK;
}

static bool
is_settled(const struct checkout *co)
{
	return span_is(co->payment_status, "paid") ||
	    span_is(co->payment_status, "no_payment_required");
}

/* Note the session's state, with its user when that is beyond doubt. */
static enum hk_err
record(struct task *t, struct json *o, const struct checkout *co, const char *why)
{
	struct user	user;
	enum hk_err	e = payer_find(t, o, &user);
	const char	*id = e == HK_OK ? user.id : NULL;

	if (e != HK_OK && e != HK_WAIT && e != HK_NEVER)
		return e;
	t->waits_for[0] = '\0';		/* nothing is granted, so nothing waits */
	return task_say(t, checkout_put(t->cause, co, id, false), "%s", why);
}

/* Its invoices may name no customer that could be linked. */
static enum hk_err
own_subscription(struct task *t, struct json *o, const struct user *user)
{
	const struct subscription	name = {
		.provider = "stripe",
		.ref	  = json_id(o, "subscription"),
		.owner	  = { "user", span_str(user->id) },
		.customer = payer_customer(o),
		.status	  = SPAN("incomplete"),
	};
	int64_t				id;

	if (name.ref.len == 0)
		return HK_OK;
	return task_heard(t, subscription_put(t->cause, &name, &id));
}

/*
 * The session pays nothing out, its invoices will; but it may be the only
 * event that says who the customer is, so that is worth waiting for.
 */
static enum hk_err
enrol(struct task *t, struct json *o, const struct checkout *co)
{
	struct user	user;
	enum hk_err	e = payer_find(t, o, &user);

	if (e == HK_NEVER)
		return record(t, o, co, "subscription: its invoices grant, not the session");
	if (e != HK_OK ||
	    (e = payer_link(t, o, &user)) != HK_OK ||
	    (e = own_subscription(t, o, &user)) != HK_OK ||
	    (e = checkout_put(t->cause, co, user.id, false)) != HK_OK)
		return e;
	return task_say(t, HK_OK, "subscription: its invoices grant, not the session");
}

/* The payment makes a fulfilment unique, or the session when it was free. */
static enum hk_err
grant(struct task *t, struct json *o, const struct checkout *co, const struct user *user,
    struct purchase *p, int64_t *booked)
{
	struct span	invoice = json_id(o, "invoice");
	enum hk_err	e;

	*p = (struct purchase){
		.user	 = user,
		.names	 = { co->payment_intent, co->session, invoice },
		.amount	 = co->amount_total,
		.id	 = co->payment_intent.len > 0 ? co->payment_intent : co->session,
		.twofold = invoice.len > 0,
	};
	if ((e = session_credits(t, o, &p->credits, &p->note)) != HK_OK)
		return e;
	return purchase_book(t, p, booked);
}

static enum hk_err
fulfil(struct task *t, struct json *o, const struct checkout *co)
{
	struct user	user;
	struct purchase	p;
	int64_t		booked;
	enum hk_err	e;

	if ((e = payer_find(t, o, &user)) != HK_OK ||
	    (e = payer_link(t, o, &user)) != HK_OK ||
	    (e = grant(t, o, co, &user, &p, &booked)) != HK_OK ||
	    (e = checkout_put(t->cause, co, user.id, true)) != HK_OK)
		return e;
	if (p.credits == 0)
		return task_say(t, HK_OK, "worth no credits");
	return booked > 0 ? HK_OK : task_say(t, HK_OK, "granted before");
}

enum hk_err
checkout_done(struct task *t)
{
	struct json	*o = json_get(t->json, "data.object");
	struct checkout	 co;
	enum hk_err	 e;

	if ((e = session_read(t, o, &co)) != HK_OK)
		return e;
	if (span_is(co.mode, "subscription"))
		return enrol(t, o, &co);
	if (span_is(co.mode, "setup"))
		return record(t, o, &co, "setup: nothing was bought");
	if (!span_is(co.mode, "payment"))
		return task_say(t, HK_NEVER, "unknown mode of a checkout session");
	if (is_settled(&co))
		return fulfil(t, o, &co);
	return record(t, o, &co, "waits for the delayed payment");
}

enum hk_err
checkout_failed(struct task *t)
{
	struct json	*o = json_get(t->json, "data.object");
	struct checkout	 co;
	enum hk_err	 e;

	if ((e = session_read(t, o, &co)) != HK_OK)
		return e;
	return record(t, o, &co, span_is(t->type, "checkout.session.expired") ?
	    "the session expired unpaid" : "the delayed payment failed");
}
