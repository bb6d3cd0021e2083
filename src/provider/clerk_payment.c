/* Clerk's payment attempts: one that succeeded pays the periods of its items. */
#include "books/payment.h"

#include <ctype.h>

#include "provider/clerk.h"
#include "provider/verdict.h"

struct attempt {
	struct invoice	bill;
	struct span	payment;	/* its best name: Stripe's "pi_...", else its own */
	int64_t		paid_us;
	bool		paid;
};

static bool
is_paid(struct span status)
{
	return span_is(status, "paid") || span_is(status, "succeeded");
}

/* As the books spell a bill's state. */
static struct span
bill_status(struct span status)
{
	if (is_paid(status))
		return SPAN("paid");
	return span_is(status, "pending") ? SPAN("open") : status;
}

/* Clerk writes "USD". */
static enum hk_err
lower(struct task *t, struct span s, struct span *out)
{
	char	*p = arena_str(t->arena, s);

	if (p == NULL)
		return err_note(HK_NOMEM, "no memory for a currency");
	for (size_t i = 0; i < s.len; i++)
		p[i] = (char)tolower((unsigned char)p[i]);
	*out = span_of(p, s.len);
	return HK_OK;
}

/* The subscription, if it is named at all: by the attempt or by an item. */
static struct span
subscription_of(struct json *data)
{
	struct json	*items = json_get(data, "subscription_items");
	struct span	 s = json_text(data, "subscription_id");

	for (size_t i = 0; s.len == 0 && i < json_len(items); i++)
		s = json_text(json_at(items, i), "subscription_id");
	return s;
}

static enum hk_err
attempt_read(struct task *t, struct json *data, struct attempt *a)
{
	struct span	status = json_text(data, "status");
	struct span	currency = json_text(data, "totals.grand_total.currency");

	if (currency.len == 0)
		currency = json_text(data, "currency");
	*a = (struct attempt){
		.bill = {
			.provider	= "clerk",
			.ref		= json_text(data, "id"),
			.subscription	= subscription_of(data),
			.status		= bill_status(status),
			.amount		= -1,
			.version_us	= clerk_version(t, data),
		},
		.payment	= json_text(data, "gateway_external_id"),
		.paid_us	= clerk_time(data, "paid_at"),
		.paid		= is_paid(status),
	};
	if (!json_int(data, "totals.grand_total.amount", &a->bill.amount))
		(void)json_int(data, "amount", &a->bill.amount);
	if (!span_starts(a->payment, "pi_") && !span_starts(a->payment, "ch_"))
		a->payment = a->bill.ref;
	if (a->paid_us == 0)
		a->paid_us = a->bill.version_us;
	return currency.len > 0 ? lower(t, currency, &a->bill.currency) : HK_OK;
}

/*
 * What was paid is a period, whatever the item's state is just now.  An attempt
 * over nothing is a trial or a gift: those periods are granted, or not, by what
 * the item says of itself.
 */
static enum hk_err
pay(struct task *t, const struct payer *payer, const struct attempt *a, struct json *item,
    struct span key, struct tally *sum)
{
	const struct clerk_sale	sale = { payer, key, a->payment, a->paid_us };
	struct clerk_item	i;

	clerk_item_read(item, SPAN("active"), a->bill.version_us, &i);
	if (a->bill.amount == 0 || key.len == 0 || !clerk_item_runs(&i))
		return HK_OK;
	return clerk_item_grant(t, &i, &sale, sum);
}

static enum hk_err
pay_all(struct task *t, const struct payer *payer, const struct attempt *a, struct tally *sum)
{
	struct json	*data = json_get(t->json, "data");
	struct json	*items = json_get(data, "subscription_items");
	struct span	 key = json_text(data, "subscription_id");
	enum hk_err	 e = HK_OK;

	if (items == NULL) {	/* flat: the subscription is its own item */
		if (key.len == 0)
			key = json_text(data, "subscription_item_id");
		return pay(t, payer, a, data, key, sum);
	}
	for (size_t n = 0; e == HK_OK && n < json_len(items); n++)
		e = pay(t, payer, a, json_at(items, n), json_text(json_at(items, n), "id"), sum);
	return e;
}

/* By these names a refund at Stripe finds what it takes back. */
static enum hk_err
settle(struct task *t, const struct payer *payer, const struct attempt *a, struct tally *sum)
{
	const struct span	names[] = { a->payment, a->bill.ref };
	enum hk_err		e;

	if ((e = pay_all(t, payer, a, sum)) != HK_OK)
		return e;
	return task_heard(t, payment_granted(t->cause, &payer->owner, names, 2,
	    a->bill.amount, SPAN_NULL));
}

enum hk_err
clerk_attempt_seen(struct task *t)
{
	struct json	*data = json_get(t->json, "data");
	struct tally	 sum = { .news = false };
	struct payer	 payer;
	struct attempt	 a;
	enum hk_err	 e;

	if ((e = attempt_read(t, data, &a)) != HK_OK ||
	    (e = clerk_payer(t, data, a.bill.subscription, &payer)) != HK_OK ||
	    (a.paid && (e = settle(t, &payer, &a, &sum)) != HK_OK))
		return e;
	a.bill.owner = payer.owner;
	a.bill.fulfilled = a.paid;
	if ((e = tally_add(t, &sum, invoice_put(t->cause, &a.bill))) != HK_OK)
		return e;
	return tally_close(t, &sum);
}
