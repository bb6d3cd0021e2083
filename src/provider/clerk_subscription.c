/*
 * Clerk's subscriptions and their items, in the documented shape, where a
 * subscription has items, and in the flat one, where it is its own only item.
 */
#include "provider/clerk.h"
#include "provider/verdict.h"

static enum hk_err
status_needed(struct task *t, struct span status)
{
	return status.len > 0 ? HK_OK :
	    task_say(t, HK_NEVER, "the event has no status: data.status is missing");
}

/* When a canceled subscription's last item ends. */
static int64_t
end_of(struct json *data)
{
	struct json	*items = json_get(data, "items");
	int64_t		 last = clerk_time(data, "period_end"), us;

	for (size_t i = 0; i < json_len(items); i++)
		if ((us = clerk_time(json_at(items, i), "period_end")) > last)
			last = us;
	return last;
}

/* Note the item as it is, and grant its period if that is paid. */
static enum hk_err
take_item(struct task *t, const struct payer *payer, int64_t subscription,
    const struct clerk_item *i, struct span key, struct tally *sum)
{
	const struct clerk_sale	sale = { payer, key, SPAN_NULL, i->put.version_us };
	enum hk_err		e;

	if ((e = status_needed(t, i->put.status)) != HK_OK ||
	    (e = tally_add(t, sum, subscription_item_put(t->cause, "clerk", subscription,
	    &i->put))) != HK_OK || !clerk_item_runs(i))
		return e;
	return clerk_item_grant(t, i, &sale, sum);
}

/* Inside a subscription an item's own subscription_id is null. */
static enum hk_err
take_items(struct task *t, const struct payer *payer, int64_t subscription,
    const struct subscription *s, struct tally *sum)
{
	struct json		*data = json_get(t->json, "data");
	struct json		*items = json_get(data, "items");
	struct clerk_item	 i;
	enum hk_err		 e = HK_OK;

	if (items == NULL && clerk_time(data, "period_start") != 0) {
		clerk_item_read(data, s->status, s->version_us, &i);
		return take_item(t, payer, subscription, &i, i.put.ref, sum);
	}
	for (size_t n = 0; e == HK_OK && n < json_len(items); n++) {
		struct json	*o = json_at(items, n);
		int64_t		 version = clerk_time(o, "updated_at");
		struct span	 status = clerk_status(t, o);

		clerk_item_read(o, status, version != 0 ? version : s->version_us, &i);
		e = take_item(t, payer, subscription, &i, i.put.ref, sum);
	}
	return e;
}

/* Clerk keeps one subscription for each payer, so nothing of it is final. */
enum hk_err
clerk_subscription_seen(struct task *t)
{
	struct json		*data = json_get(t->json, "data");
	struct subscription	 s = {
		.provider	= "clerk",
		.ref		= json_text(data, "id"),
		.status		= clerk_status(t, data),
		.canceled_at	= clerk_time(data, "canceled_at"),
		.ended_at	= clerk_time(data, "ended_at"),
		.version_us	= clerk_version(t, data),
	};
	struct tally		 sum = { .news = false };
	struct payer		 payer;
	int64_t			 id;
	enum hk_err		 e;

	if ((e = status_needed(t, s.status)) != HK_OK ||
	    (e = clerk_payer(t, data, s.ref, &payer)) != HK_OK)
		return e;
	s.owner = payer.owner;
	if (span_is(s.status, "canceled"))
		s.cancel_at = end_of(data);
	if ((e = tally_add(t, &sum, subscription_put(t->cause, &s, &id))) != HK_OK ||
	    (e = take_items(t, &payer, id, &s, &sum)) != HK_OK)
		return e;
	return tally_close(t, &sum);
}

/*
 * An item may come before its subscription: then that one's name is enough, and
 * it counts as running, so that an item past due is heard at once.  One that
 * names no subscription stands for itself.
 */
static enum hk_err
parent(struct task *t, const struct payer *payer, struct span ref, int64_t *id)
{
	const struct subscription	s = {
		.provider = "clerk", .ref = ref, .owner = payer->owner, .status = SPAN("active"),
	};

	return task_heard(t, subscription_put(t->cause, &s, id));
}

enum hk_err
clerk_item_seen(struct task *t)
{
	struct json		*data = json_get(t->json, "data");
	struct span		 of = json_text(data, "subscription_id");
	struct tally		 sum = { .news = false };
	struct clerk_item	 i;
	struct payer		 payer;
	int64_t			 id;
	enum hk_err		 e;

	clerk_item_read(data, clerk_status(t, data), clerk_version(t, data), &i);
	if ((e = clerk_payer(t, data, of, &payer)) != HK_OK ||
	    (e = parent(t, &payer, of.len > 0 ? of : i.put.ref, &id)) != HK_OK ||
	    /* A flat subscription is its own item: its periods have its name. */
	    (e = take_item(t, &payer, id, &i, payer.flat && of.len > 0 ? of : i.put.ref,
	    &sum)) != HK_OK)
		return e;
	return tally_close(t, &sum);
}
