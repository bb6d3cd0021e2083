/* Disputes: what is disputed is taken back, and given again when it is won. */
#include "books/payment.h"
#include "provider/stripe.h"
#include "provider/verdict.h"

enum hk_err
dispute_seen(struct task *t)
{
	struct json		*o = json_get(t->json, "data.object");
	struct dispute_word	 w = {
		.ref		= json_text(o, "id"),
		.payment	= json_id(o, "payment_intent"),
		.amount		= -1,
		.payment_amount	= -1,	/* a dispute does not say it */
		.status		= json_text(o, "status"),
		.version_us	= t->occurred_us,
	};
	int64_t			 taken = 0;
	enum hk_err		 e;

	(void)json_int(o, "amount", &w.amount);
	if (w.payment.len == 0)
		w.payment = json_id(o, "charge");
	if (w.ref.len == 0 || w.payment.len == 0 || w.amount < 0)
		return task_say(t, HK_NEVER, "the dispute has no id, no charge or no amount");
	e = payment_disputed(t->cause, &w, t->conf->negative_balance == NEGATIVE_FLOOR, &taken);
	if (e == HK_WAIT)
		return task_wait(t, "payment", w.payment);
	if (e != HK_OK)
		return task_heard(t, e);
	if (taken == 0)
		return task_say(t, HK_OK, "%.*s: no credits follow from it", SPAN_ARG(w.status));
	return task_say(t, HK_OK, taken > 0 ? "%.*s: %lld credits taken back" :
	    "%.*s: %lld credits given again", SPAN_ARG(w.status),
	    (long long)(taken > 0 ? taken : -taken));
}
