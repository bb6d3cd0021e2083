/*
 * Paid periods: what an item's period is worth is granted once, whichever event
 * tells of it first.
 */
#include "books/payment_part.h"

#include <assert.h>
#include <stdio.h>

#include "base/clock.h"
#include "books/ref.h"

#define KEY_MOST	(REF_MOST + 100)

static void
bind_period(struct stmt *q, const struct paid_period *p)
{
	bind_text(q, ":provider", span_str(p->provider));
	bind_text(q, ":item", p->item);
	bind_int(q, ":start", p->period_start);
}

/* *credits granted so far, 0 for a new one. */
static enum hk_err
period_open(const struct cause *c, const struct paid_period *p, int64_t *credits)
{
	struct stmt	*q = NULL;
	bool		 row;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_PERIOD_OPEN, &q)) != HK_OK)
		return e;
	bind_period(q, p);
	bind_text(q, ":owner_kind", span_str(p->owner.kind));
	bind_text(q, ":owner", p->owner.id);
	bind_int(q, ":now", c->now);
	if ((e = stmt_run(q)) != HK_OK || (e = db_stmt(c->db, S_PERIOD_FIND, &q)) != HK_OK)
		return e;
	bind_period(q, p);
	if ((e = stmt_step(q, &row)) == HK_OK) {
		assert(row);
		*credits = col_int(q, 2);
		if (!span_is(col_text(q, 0), p->owner.kind) ||
		    !span_eq(col_text(q, 1), p->owner.id))
			e = err_tell(HK_NEVER, "identity mismatch: the period of %.*s was granted"
			    " to %.*s %.*s, not %s %.*s", SPAN_ARG(p->item),
			    SPAN_ARG(col_text(q, 0)), SPAN_ARG(col_text(q, 1)), p->owner.kind,
			    SPAN_ARG(p->owner.id));
	}
	stmt_reset(q);
	return e;
}

static enum hk_err
period_write(const struct cause *c, const struct paid_period *p)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_PERIOD_GRANTED, &q)) != HK_OK)
		return e;
	bind_period(q, p);
	bind_int(q, ":credits", p->credits);
	bind_int(q, ":now", c->now);
	return stmt_run(q);
}

/* What it is worth more than was granted. */
static enum hk_err
grant_more(const struct cause *c, const struct paid_period *p, int64_t had, int64_t *granted)
{
	char		key[KEY_MOST];
	int		n;
	bool		fresh;
	enum hk_err	e;

	n = snprintf(key, sizeof(key), "%s:%.*s:%lld", p->provider, SPAN_ARG(p->item),
	    (long long)(p->period_start / US_PER_S));
	if (had > 0)
		snprintf(key + n, sizeof(key) - (size_t)n, ":%lld", (long long)p->credits);
	if ((e = ledger_give(c, &p->owner, T_SUBSCRIPTION, span_str(key), p->credits - had,
	    p->note, &fresh)) != HK_OK || (e = period_write(c, p)) != HK_OK)
		return e;
	*granted = fresh ? p->credits - had : 0;
	return HK_OK;
}

static enum hk_err
share_put(const struct cause *c, const struct paid_period *p, int64_t payment, bool *news)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_PERIOD_SHARE_PUT, &q)) != HK_OK)
		return e;
	bind_period(q, p);
	bind_int(q, ":payment", payment);
	bind_int(q, ":credits", p->credits);
	bind_int(q, ":paid", p->paid_us);
	if ((e = stmt_run(q)) == HK_OK)
		*news = db_changes(c->db) == 1;
	return e;
}

/* A payment more of this period changes the shares of the others. */
static enum hk_err
settle_all(const struct cause *c, const struct paid_period *p)
{
	struct stmt	*q = NULL;
	int64_t		 last = 0, next;
	enum hk_err	 e;

	for (;; last = next) {
		next = 0;
		if ((e = db_stmt(c->db, S_PERIOD_PAYMENTS, &q)) != HK_OK)
			return e;
		bind_period(q, p);
		bind_int(q, ":last", last);
		if ((e = stmt_int(q, &next)) != HK_OK || next == 0 ||
		    (e = payment_settle_share(c, next)) != HK_OK)
			return e;
	}
}

static enum hk_err
share(const struct cause *c, const struct paid_period *p)
{
	const struct paying	who = {
		.owner = &p->owner, .refs = &p->payment, .n = 1, .amount = -1,
	};
	int64_t			payment;
	bool			news = false;
	enum hk_err		e;

	if ((e = payment_known(c, &who, &payment, &news)) != HK_OK ||
	    (e = share_put(c, p, payment, &news)) != HK_OK)
		return e;
	return news ? settle_all(c, p) : HK_OK;
}

enum hk_err
period_grant(const struct cause *c, const struct paid_period *p, int64_t *granted)
{
	int64_t		had = 0, booked = 0;
	enum hk_err	e;

	assert(p->owner.kind != NULL && p->credits >= 0);
	if ((e = ref_good(p->item, "subscription's item")) != HK_OK ||
	    (e = ref_good(p->owner.id, p->owner.kind)) != HK_OK ||
	    (e = period_open(c, p, &had)) != HK_OK ||
	    (p->credits > had && (e = grant_more(c, p, had, &booked)) != HK_OK) ||
	    (p->payment.len > 0 && (e = share(c, p)) != HK_OK))
		return e;
	*granted = booked;
	return HK_OK;
}
