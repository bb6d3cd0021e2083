/*
 * Refunds.  A charge says how much of it was given back in all, so the newest
 * word is enough; a refund by itself matters only when it failed after all.
 */
#include "books/payment.h"
#include "provider/stripe.h"
#include "provider/verdict.h"

/* What follows, in words; or wait for the payment that is taken back. */
static enum hk_err
settled(struct task *t, enum hk_err e, struct span payment, int64_t taken)
{
	if (e == HK_WAIT)
		return task_wait(t, "payment", payment);
	if (e != HK_OK)
		return task_heard(t, e);
	if (taken == 0)
		return task_say(t, HK_OK, "no credits follow from it");
	return task_say(t, HK_OK, taken > 0 ? "%lld credits taken back" :
	    "%lld credits given again", (long long)(taken > 0 ? taken : -taken));
}

static bool
floored(const struct task *t)
{
	return t->conf->negative_balance == NEGATIVE_FLOOR;
}

enum hk_err
charge_refunded(struct task *t)
{
	struct json		*o = json_get(t->json, "data.object");
	struct refund_word	 w = {
		.payment	= json_id(o, "payment_intent"),
		.charge		= json_text(o, "id"),
		.refunded	= -1,
		.amount		= -1,
		.version_us	= t->occurred_us,
	};
	int64_t			 taken = 0;
	enum hk_err		 e;

	(void)json_int(o, "amount_refunded", &w.refunded);
	(void)json_int(o, "amount", &w.amount);
	if (w.charge.len == 0 || w.refunded < 0)
		return task_say(t, HK_NEVER, "the charge has no id or no amount_refunded");
	if (w.payment.len == 0)
		w.payment = w.charge;
	e = payment_refunded(t->cause, &w, floored(t), &taken);
	return settled(t, e, w.payment, taken);
}

enum hk_err
refund_seen(struct task *t)
{
	struct json		*o = json_get(t->json, "data.object");
	struct span		 status = json_text(o, "status");
	struct refund_failed	 w = {
		.payment	= json_id(o, "payment_intent"),
		.charge		= json_id(o, "charge"),
		.refund		= json_text(o, "id"),
		.amount		= -1,
		.version_us	= t->occurred_us,
	};
	int64_t			 taken = 0;
	enum hk_err		 e;

	if (!span_is(status, "failed") && !span_is(status, "canceled"))
		return task_say(t, HK_SKIP, "charge.refunded tells how much was given back");
	(void)json_int(o, "amount", &w.amount);
	if (w.payment.len == 0)
		w.payment = w.charge;
	if (w.payment.len == 0 || w.amount < 0)
		return task_say(t, HK_NEVER, "the refund names no payment or no amount");
	e = payment_refund_failed(t->cause, &w, floored(t), &taken);
	return settled(t, e, w.payment, taken);
}
