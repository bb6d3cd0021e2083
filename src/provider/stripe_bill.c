/*
 * Reading invoices: the same facts stand in other places from one API version
 * to the next, and the newest place is asked first.
 */
#include "base/clock.h"
#include "provider/stripe_bill.h"
#include "provider/verdict.h"

/* The first of the places, ended by NULL, that names something. */
static struct span
first_id(struct json *o, const char *const *places)
{
	struct span	id = SPAN_NULL;

	for (size_t i = 0; id.len == 0 && places[i] != NULL; i++)
		id = json_id(o, places[i]);
	return id;
}

static int64_t
int_or(struct json *o, const char *path, int64_t otherwise)
{
	(void)json_int(o, path, &otherwise);
	return otherwise;
}

/* In the smallest unit.  No bill is larger than this, and sums of such fit. */
#define MONEY_MOST	INT64_C(10000000000000)

static int64_t
money(struct json *o, const char *path)
{
	int64_t	n = int_or(o, path, 0);

	return n >= -MONEY_MOST && n <= MONEY_MOST ? n : 0;
}

static int64_t
time_of(struct json *o, const char *path)
{
	int64_t	n = int_or(o, path, 0);

	return n > 0 ? us_guess(n) : 0;
}

static struct span
subscription_of(struct json *o, struct json *lines)
{
	static const char *const	own[] = {
		"parent.subscription_details.subscription", "subscription", NULL
	};
	static const char *const	of_line[] = {
		"parent.subscription_item_details.subscription", "subscription", NULL
	};
	struct span			id = first_id(o, own);

	for (size_t i = 0; id.len == 0 && i < json_len(lines); i++)
		id = first_id(json_at(lines, i), of_line);
	return id;
}

/* What was paid by money: an invoice that was paid elsewhere says 0. */
static int64_t
amount_of(struct json *o)
{
	int64_t	paid = money(o, "amount_paid");
	int64_t	due = money(o, "amount_due") - money(o, "pre_payment_credit_notes_amount");

	if (paid > 0)
		return paid;
	return due > 0 ? due : 0;
}

/* Are there lines behind these whose amounts are not 0? */
static bool
is_cut(struct json *o, struct json *lines)
{
	int64_t	sum = 0, subtotal;

	if (!json_true(o, "lines.has_more"))
		return false;
	for (size_t i = 0; i < json_len(lines); i++)
		sum += money(json_at(lines, i), "amount");
	return !json_int(o, "subtotal", &subtotal) || subtotal != sum;
}

enum hk_err
bill_read(struct task *t, struct bill *b)
{
	struct json			*o = json_get(t->json, "data.object");
	struct json			*first = json_at(json_get(o, "payments.data"), 0);

	*b = (struct bill){
		.object		= o,
		.id		= json_text(o, "id"),
		.status		= json_text(o, "status"),
		.currency	= json_text(o, "currency"),
		.customer	= payer_customer(o),
		.intent		= json_id(o, "payment_intent"),
		.charge		= json_id(o, "charge"),
		.amount		= amount_of(o),
		.paid_us	= time_of(o, "status_transitions.paid_at"),
		.lines		= json_get(o, "lines.data"),
	};
	if (b->intent.len == 0)
		b->intent = json_id(first, "payment.payment_intent");
	if (b->charge.len == 0)
		b->charge = json_id(first, "payment.charge");
	b->subscription = subscription_of(o, b->lines);
	b->paid = span_is(b->status, "paid") || json_true(o, "paid");
	if (b->status.len == 0)
		b->status = b->paid ? SPAN("paid") : SPAN("open");
	b->credited = money(o, "pre_payment_credit_notes_amount") > 0 && b->amount == 0;
	b->cut = is_cut(o, b->lines);
	if (b->paid_us == 0)
		b->paid_us = t->occurred_us;
	return b->id.len > 0 ? HK_OK : task_say(t, HK_NEVER, "the invoice has no id");
}

struct json *
bill_subscription_metadata(const struct bill *b)
{
	struct json	*m = json_get(b->object, "parent.subscription_details.metadata");

	if (m == NULL)
		m = json_get(b->object, "subscription_details.metadata");
	/* Before these, each line carried a copy. */
	for (size_t i = 0; m == NULL && i < json_len(b->lines); i++) {
		struct json	*line = json_at(b->lines, i);

		if (span_is(json_text(line, "type"), "subscription"))
			m = json_get(line, "metadata");
	}
	return m;
}

static int64_t
discounts_of(struct json *line)
{
	struct json	*list = json_get(line, "discount_amounts");
	int64_t		 sum = 0;

	for (size_t i = 0; i < json_len(list); i++)
		sum += money(json_at(list, i), "amount");
	return sum;
}

/* "0", "0.00" and 0 are; a price in steps has no amount of its own. */
static bool
is_gratis(struct json *line)
{
	static const char *const	places[] = {
		"pricing.unit_amount_decimal", "price.unit_amount_decimal",
		"price.unit_amount", "plan.amount_decimal", "plan.amount", NULL
	};

	for (size_t i = 0; places[i] != NULL; i++) {
		struct json	*v = json_get(line, places[i]);
		struct span	 s = json_text(v, NULL);
		int64_t		 n;

		if (v == NULL)
			continue;
		if (s.p == NULL)
			return json_int(v, NULL, &n) && n == 0;
		for (size_t c = 0; c < s.len; c++)
			if (s.p[c] != '0' && s.p[c] != '.')
				return false;
		return s.len > 0;
	}
	return false;
}

static bool
is_proration(struct json *line)
{
	return json_true(line, "proration") ||
	    json_true(line, "parent.subscription_item_details.proration") ||
	    json_true(line, "parent.invoice_item_details.proration");
}

void
bill_line_read(const struct bill *b, size_t i, struct bill_line *l)
{
	static const char *const	items[] = {
		"parent.subscription_item_details.subscription_item", "subscription_item", NULL
	};
	static const char *const	prices[] = {
		"pricing.price_details.price", "price", "plan", NULL
	};
	struct json			*line = json_at(b->lines, i);

	*l = (struct bill_line){
		.item		= first_id(line, items),
		.price		= first_id(line, prices),
		.quantity	= int_or(line, "quantity", 1),
		.amount		= money(line, "amount"),
		.start_us	= time_of(line, "period.start"),
		.end_us		= time_of(line, "period.end"),
		.proration	= is_proration(line),
		.gratis		= is_gratis(line),
	};
	l->net = l->amount - discounts_of(line);
	/* Lines of a subscription have named their item since 2018; else it is its own. */
	l->recurring = l->item.len > 0 || span_is(json_text(line, "type"), "subscription");
	if (l->recurring && l->item.len == 0)
		l->item = b->subscription;
}
