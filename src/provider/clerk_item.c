/* An item of a Clerk subscription, and what its periods are worth. */
#include "provider/clerk.h"

#include "base/clock.h"
#include "provider/verdict.h"

/*
 * Where a plan says what it costs.  A plan by the seat has a base fee of 0 and
 * a price in its tiers.
 */
static const char *const fees[] = {
	"plan.amount", "plan.fee.amount", "plan.annual_monthly_amount", "plan.annual_amount",
	"plan.annual_fee.amount", "plan.annual_monthly_fee.amount", NULL
};

static bool
costs_by_seat(struct json *item)
{
	struct json	*prices = json_get(item, "plan.unit_prices");
	int64_t		 n;

	for (size_t i = 0; i < json_len(prices); i++) {
		struct json	*tiers = json_get(json_at(prices, i), "tiers");

		for (size_t j = 0; j < json_len(tiers); j++) {
			struct json	*tier = json_at(tiers, j);

			if ((json_int(tier, "amount_per_block", &n) ||
			    json_int(tier, "fee_per_block.amount", &n)) && n > 0)
				return true;
		}
	}
	return false;
}

/* No fee is named: the free plan is the one whose period has no end. */
static bool
is_free(struct json *item, int64_t period_end)
{
	bool	told = false;
	int64_t	n;

	for (int i = 0; fees[i] != NULL; i++)
		if (json_int(item, fees[i], &n)) {
			told = true;
			if (n > 0)
				return false;
		}
	return told ? !costs_by_seat(item) : period_end == 0;
}

void
clerk_item_read(struct json *o, struct span status, int64_t version_us,
    struct clerk_item *out)
{
	struct subscription_item	i = {
		.ref		= json_text(o, "id"),
		.plan_ref	= json_text(o, "plan.id"),
		.plan_name	= json_text(o, "plan.name"),
		.quantity	= 1,
		.status		= status,
		.trial		= json_true(o, "is_free_trial"),
		.period_start	= clerk_time(o, "period_start"),
		.period_end	= clerk_time(o, "period_end"),
		.version_us	= version_us,
	};

	if (i.plan_ref.len == 0)
		i.plan_ref = json_text(o, "plan_id");
	(void)json_int(o, "seats.quantity", &i.quantity);
	*out = (struct clerk_item){ i, i.plan_ref.len == 0 || is_free(o, i.period_end) };
}

bool
clerk_item_runs(const struct clerk_item *i)
{
	return span_is(i->put.status, "active") && !i->put.trial && !i->free &&
	    i->put.period_start != 0;
}

/* The price rule of its plan; to be waited for, because setting one wakes. */
static enum hk_err
price(struct task *t, const struct clerk_item *i, struct plan *plan)
{
	enum plan_match	match;
	enum hk_err	e;

	if (!plan_match_of(i->put.plan_ref, &match) || match != PLAN_CLERK_PLAN)
		return task_say(t, HK_NEVER, "no price rule: the item's plan has no id of Clerk's"
		    " (cplan_...)");
	e = plan_find(t->cause->db, PLAN_CLERK_PLAN, i->put.plan_ref, t->arena, plan);
	if (e != HK_NOTFOUND)
		return e;
	e = task_wait(t, "plan", i->put.plan_ref);
	return task_say(t, e, "no price rule for this plan yet: set one with"
	    " `hookkeeper plan set %.*s`", SPAN_ARG(i->put.plan_ref));
}

enum hk_err
clerk_item_grant(struct task *t, const struct clerk_item *i, const struct clerk_sale *sale,
    struct tally *sum)
{
	const struct payer	*payer = sale->payer;
	struct paid_period	 p;
	struct plan		 plan;
	int64_t			 granted;
	enum hk_err		 e;

	if (strcmp(payer->owner.kind, "user") == 0 && payer->user.deleted)
		return task_say(t, HK_NEVER, "user was deleted: %s", payer->user.id);
	if ((e = price(t, i, &plan)) != HK_OK)
		return e;
	p = (struct paid_period){
		.provider	= "clerk",
		.owner		= payer->owner,
		.item		= sale->item,
		/* The two shapes tell the same time in ms and in s. */
		.period_start	= i->put.period_start - i->put.period_start % US_PER_S,
		.credits	= plan.credits,
		.payment	= sale->payment,
		.paid_us	= sale->paid_us,
		.note		= i->put.plan_ref,
	};
	if ((e = task_heard(t, period_grant(t->cause, &p, &granted))) != HK_OK)
		return e;
	sum->granted += granted;
	sum->news |= granted > 0;
	return HK_OK;
}
