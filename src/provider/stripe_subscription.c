/*
 * Subscriptions: every event carries the whole of one, and the newest word
 * counts.  Periods stand in the items since 2025-03-31, before in the
 * subscription itself.
 */
#include "base/clock.h"
#include "books/subscription.h"
#include "provider/stripe_bill.h"
#include "provider/verdict.h"

/* Of a final word: after whatever may still be told. */
#define LAST_US	(INT64_C(253402300799) * US_PER_S)

static int64_t
time_of(struct json *o, const char *path)
{
	int64_t	n = 0;

	(void)json_int(o, path, &n);
	return n > 0 ? us_guess(n) : 0;
}

/* The item's own, else the subscription's. */
static int64_t
period(struct json *o, struct json *item, const char *which)
{
	int64_t	us = time_of(item, which);

	return us != 0 ? us : time_of(o, which);
}

/* When it ends by itself: told as a time, or as "with the period". */
static int64_t
cancel_time(struct json *o)
{
	struct json	*items = json_get(o, "items.data");
	int64_t		 us = time_of(o, "cancel_at");
	int64_t		 last = 0;

	if (us != 0 || !json_true(o, "cancel_at_period_end"))
		return us;
	for (size_t i = 0; i < json_len(items); i++) {
		int64_t	end = period(o, json_at(items, i), "current_period_end");

		last = end > last ? end : last;
	}
	return last != 0 ? last : time_of(o, "current_period_end");
}

/* As the item's word counts: an item is not past due, its subscription is. */
static struct span
item_status(struct span status, bool gone)
{
	static const char *const	over[] = { "canceled", "incomplete_expired" };

	for (size_t i = 0; i < sizeof(over) / sizeof(over[0]); i++)
		gone |= span_is(status, over[i]);
	if (gone)
		return SPAN("ended");
	return span_is(status, "trialing") || span_is(status, "incomplete") ? status :
	    SPAN("active");
}

struct scene {
	struct task		*t;
	struct json		*o;
	struct subscription	 s;
	int64_t			 id;
	bool			 news;
};

static enum hk_err
put_item(struct scene *sc, struct json *item, bool gone)
{
	struct subscription_item	i = {
		.ref = json_text(item, "id"), .plan_ref = json_id(item, "price"),
		.plan_name = json_text(item, "price.nickname"), .quantity = 1,
		.status = item_status(sc->s.status, gone),
		.trial = span_is(sc->s.status, "trialing"),
		.period_start = period(sc->o, item, "current_period_start"),
		.period_end = period(sc->o, item, "current_period_end"),
		.version_us = sc->s.final ? LAST_US : sc->s.version_us,
	};
	enum hk_err			e;

	if (i.ref.len == 0)
		return HK_OK;
	if (i.plan_ref.len == 0)
		i.plan_ref = json_id(item, "plan");
	if (i.plan_name.len == 0)
		i.plan_name = json_text(item, "plan.nickname");
	if (i.plan_name.len == 0)
		i.plan_name = json_text(item, "price.lookup_key");
	(void)json_int(item, "quantity", &i.quantity);
	e = subscription_item_put(sc->t->cause, "stripe", sc->id, &i);
	if (e != HK_OK)
		return e == HK_SKIP ? HK_OK : e;
	sc->news = true;
	return period_wake(sc->t, i.ref);
}

static bool
is_in(struct json *list, struct span id)
{
	for (size_t i = 0; i < json_len(list); i++)
		if (span_eq(json_text(json_at(list, i), "id"), id))
			return true;
	return false;
}

/* Those it has, and those that this change has taken off it. */
static enum hk_err
put_items(struct scene *sc)
{
	struct json	*now = json_get(sc->o, "items.data");
	struct json	*was = json_get(sc->t->json, "data.previous_attributes.items.data");
	enum hk_err	 e = HK_OK;

	for (size_t i = 0; e == HK_OK && i < json_len(now); i++)
		e = put_item(sc, json_at(now, i), sc->s.final);
	if (json_true(sc->o, "items.has_more"))
		return e;
	for (size_t i = 0; e == HK_OK && i < json_len(was); i++)
		if (!is_in(now, json_text(json_at(was, i), "id")))
			e = put_item(sc, json_at(was, i), true);
	return e;
}

/*
 * Whose it is.  Nobody's is fine: it gets its owner when the customer is linked.
 * One that is named and unknown is worth waiting for, for nothing else may say
 * it again.
 */
static enum hk_err
owner(struct scene *sc, struct user *user)
{
	const struct payer_names	names = {
		.user_id = json_text(sc->o, "metadata.user_id"), .customer = sc->s.customer,
		.subscription = sc->s.ref,
	};
	enum hk_err			e = payer_look(sc->t, &names, user);

	if (e == HK_NOTFOUND)
		return HK_OK;
	if (e != HK_OK)
		return e;
	sc->s.owner = (struct owner){ "user", span_str(user->id) };
	return payer_link(sc->t, sc->o, user);
}

static enum hk_err
seen(struct task *t, bool final)
{
	struct json	*o = json_get(t->json, "data.object");
	struct scene	 sc = { .t = t, .o = o, .s = {
		.provider	= "stripe",
		.ref		= json_text(o, "id"),
		.customer	= payer_customer(o),
		.status		= json_text(o, "status"),
		.cancel_at	= cancel_time(o),
		.canceled_at	= time_of(o, "canceled_at"),
		.ended_at	= time_of(o, "ended_at"),
		.version_us	= t->occurred_us,
		.final		= final,
	} };
	struct user	 user;
	enum hk_err	 e, put;

	if (sc.s.ref.len == 0 || sc.s.status.len == 0)
		return task_say(t, HK_NEVER, "the subscription has no id or no status");
	if ((e = owner(&sc, &user)) != HK_OK)
		return e;
	put = task_heard(t, subscription_put(t->cause, &sc.s, &sc.id));
	if (put != HK_OK && put != HK_SKIP)
		return put;
	if ((e = put_items(&sc)) != HK_OK)
		return task_heard(t, e);
	if (put == HK_SKIP && !sc.news)
		return HK_SKIP;
	return task_say(t, HK_OK, "%s", sc.s.owner.kind == NULL ?
	    "nobody's yet: no user is linked to its customer" : "");
}

enum hk_err
subscription_seen(struct task *t)
{
	return seen(t, false);
}

enum hk_err
subscription_deleted(struct task *t)
{
	return seen(t, true);
}
