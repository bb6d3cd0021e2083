/*
 * Plan changes inside a period.  Their lines begin with the change, not with the
 * period, which is granted once: so it has to be found.
 */
#include "base/clock.h"
#include "provider/stripe_bill.h"
#include "provider/verdict.h"

#define UNEVEN	(4 * 86400 * US_PER_S)	/* by how much months differ, and a day of summer time */

/* The latest period of the item that its subscription's events told of; 0, 0: none. */
static enum hk_err
told_period(struct task *t, struct span item, int64_t *start, int64_t *end)
{
	struct stmt	*q = NULL;
	bool		 row;
	enum hk_err	 e;

	*start = *end = 0;
	if ((e = db_stmt(t->cause->db, S_STRIPE_ITEM_PERIOD, &q)) != HK_OK)
		return e;
	bind_text(q, ":item", item);
	if ((e = stmt_step(q, &row)) == HK_OK && row) {
		*start = col_int(q, 0);
		*end = col_int(q, 1);
	}
	stmt_reset(q);
	return e;
}

static enum hk_err
granted_before(struct task *t, struct span item, int64_t at, int64_t *start)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(t->cause->db, S_STRIPE_PERIOD_BEFORE, &q)) != HK_OK)
		return e;
	bind_text(q, ":item", item);
	bind_int(q, ":at", at);
	return stmt_int(q, start);
}

enum hk_err
period_of_change(struct task *t, const struct bill_line *l, int64_t *start_us)
{
	int64_t		start, end, granted = 0;
	enum hk_err	e;

	if ((e = told_period(t, l->item, &start, &end)) != HK_OK)
		return e;
	if (start != 0 && start <= l->start_us && l->end_us <= end) {
		*start_us = start;
		return HK_OK;
	}
	/*
	 * The item has gone on since, or is not there yet.  The last granted period
	 * is the one when it is as long as the one that is told of; else that of the
	 * change is still to come.
	 */
	if ((e = granted_before(t, l->item, l->start_us, &granted)) != HK_OK)
		return e;
	if (granted != 0 && start != 0 && l->end_us - granted <= end - start + UNEVEN) {
		*start_us = granted;
		return HK_OK;
	}
	e = task_wait(t, "item", l->item);
	return task_say(t, e, "a change of plan waits for its period: the events of the"
	    " subscription tell when that of item %.*s began", SPAN_ARG(l->item));
}

enum hk_err
period_wake(struct task *t, struct span item)
{
	char	*thing = arena_printf(t->arena, "item:%.*s", SPAN_ARG(item));

	if (thing == NULL)
		return err_note(HK_NOMEM, "no memory for the name of an item");
	return wake(t->cause, span_str(thing));
}
