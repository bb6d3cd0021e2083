/* One subscription: whose it is, its parts and periods, what was billed, paid and taken back. */
#include "admin/event_rows.h"
#include "admin/money.h"
#include "admin/owner.h"
#include "admin/subscription_row.h"

#define ROWS_SHOWN	50	/* of each kind */

/* Whose parts are asked for. */
struct whole {
	int64_t		id;
	struct span	provider, ref;	/* in the arena */
};

static void
put_event(struct jw *w, struct stmt *q, int col)
{
	if (col_is_null(q, col))
		jw_null(w, "event");
	else
		jw_int(w, "event", col_int(q, col));
}

/* The statement, bound to the subscription. */
static enum hk_err
parts_open(struct visit *v, enum stmt_id which, const struct whole *s, struct stmt **q)
{
	bool		by_ref = which != S_SUBSCRIPTION_ITEMS && which != S_SUBSCRIPTION_PERIODS;
	enum hk_err	e;

	if ((e = db_stmt(v->db, which, q)) != HK_OK)
		return e;
	if (which != S_SUBSCRIPTION_INVOICES)
		bind_int(*q, ":id", s->id);
	if (by_ref) {
		bind_text(*q, ":ref", s->ref);
		bind_text(*q, ":provider", s->provider);
	}
	bind_int(*q, ":limit", ROWS_SHOWN);
	return HK_OK;
}

/* ---- the subscription itself ------------------------------------------------------ */

static enum hk_err
load(struct visit *v, struct whole *s)
{
	static const struct {
		const char	*name;
		int		 col;
	} times[] = {
		{ "canceled_at", SUB_CANCELED }, { "ended_at", SUB_ENDED },
		{ "failed_at", SUB_FAILED }, { "paid_at", SUB_PAID }, { "created_at", SUB_CREATED },
	};
	struct jw	*w = v->doc;
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row;

	if ((e = db_stmt(v->db, S_SUBSCRIPTION_ONE, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", s->id);
	if ((e = stmt_step(q, &row)) != HK_OK)
		goto out;
	if (!row) {
		e = err_tell(HK_NOTFOUND, "there is no subscription %lld", (long long)s->id);
		goto out;
	}
	s->provider = arena_span(v->arena, col_text(q, SUB_PROVIDER));
	s->ref = arena_span(v->arena, col_text(q, SUB_REF));
	if (s->provider.p == NULL || s->ref.p == NULL)
		e = err_note(HK_NOMEM, "no memory for subscription %lld", (long long)s->id);
	jw_open(w, "subscription", '{');
	subscription_put_row(w, q);
	jw_text(w, "customer", col_text(q, SUB_CUSTOMER));
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		jw_time(w, times[i].name, col_int(q, times[i].col));
	put_event(w, q, SUB_EVENT);
	jw_close(w, '}');
out:
	stmt_reset(q);
	return e;
}

/* ---- its parts ---------------------------------------------------------------------- */

static void
put_item(struct visit *v, struct stmt *q)
{
	struct jw	*w = v->doc;

	jw_text(w, "ref", col_text(q, 0));
	jw_text(w, "plan_ref", col_text(q, 1));
	jw_text(w, "plan", col_text(q, 2).len > 0 ? col_text(q, 2) : col_text(q, 1));
	jw_int(w, "quantity", col_int(q, 3));
	jw_bool(w, "several", col_int(q, 3) != 1);
	jw_text(w, "status", col_text(q, 4));
	jw_text(w, "look", standing_look(col_text(q, 4)));
	jw_bool(w, "trial", col_int(q, 5) != 0);
	jw_time(w, "period_start", col_int(q, 6));
	jw_time(w, "period_end", col_int(q, 7));
	put_event(w, q, 8);
	jw_bool(w, "known", !col_is_null(q, 9));
	jw_int(w, "credits", col_int(q, 9));
}

static void
put_period(struct visit *v, struct stmt *q)
{
	struct jw	*w = v->doc;

	jw_text(w, "item", col_text(q, 0));
	jw_time(w, "start", col_int(q, 1));
	jw_int(w, "credits", col_int(q, 2));
	jw_time(w, "updated_at", col_int(q, 3));
}

static void
put_invoice(struct visit *v, struct stmt *q)
{
	struct jw	*w = v->doc;

	jw_text(w, "ref", col_text(q, 0));
	jw_text(w, "status", col_text(q, 1));
	jw_text(w, "look", standing_look(col_text(q, 1)));
	if (col_is_null(q, 2))
		jw_null(w, "amount");
	else
		money_put(w, "amount", col_int(q, 2), col_text(q, 3));
	jw_bool(w, "fulfilled", !col_is_null(q, 4));
	put_event(w, q, 5);
	jw_time(w, "created_at", col_int(q, 6));
}

/* "back": what went back of the payment, the newest first. */
static enum hk_err
put_back(struct visit *v, int64_t payment, struct span currency)
{
	struct jw	*w = v->doc;
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row;

	jw_open(w, "back", '[');
	if ((e = db_stmt(v->db, S_PAYMENT_WENT_BACK, &q)) != HK_OK)
		goto out;
	bind_int(q, ":payment", payment);
	bind_int(q, ":limit", ROWS_SHOWN);
	while ((e = stmt_step(q, &row)) == HK_OK && row) {
		jw_open(w, NULL, '{');
		jw_text(w, "kind", col_text(q, 0));
		jw_text(w, "ref", col_text(q, 1));
		money_put(w, "amount", col_int(q, 2), currency);
		jw_text(w, "status", col_text(q, 3));
		jw_text(w, "look", col_is_null(q, 3) ? SPAN_NULL : standing_look(col_text(q, 3)));
		put_event(w, q, 4);
		jw_time(w, "at", col_int(q, 5));
		jw_close(w, '}');
	}
	stmt_reset(q);
out:
	jw_close(w, ']');
	return e;
}

static enum hk_err
put_payment(struct visit *v, struct stmt *q)
{
	struct jw	*w = v->doc;
	struct span	 currency = col_text(q, 3);

	jw_text(w, "ref", col_text(q, 1));
	if (col_is_null(q, 2))
		jw_null(w, "amount");
	else
		money_put(w, "amount", col_int(q, 2), currency);
	jw_int(w, "granted", col_int(q, 4));
	jw_int(w, "owed", col_int(q, 5));
	jw_int(w, "taken", col_int(q, 6));
	/* What is owed and was not taken: it was not there any more. */
	jw_int(w, "missing", col_int(q, 5) > col_int(q, 6) ? col_int(q, 5) - col_int(q, 6) : 0);
	jw_bool(w, "waives", col_int(q, 7) != 0);
	put_event(w, q, 8);
	jw_time(w, "created_at", col_int(q, 9));
	return put_back(v, col_int(q, 0), currency);
}

static enum hk_err
put_payments(struct visit *v, const struct whole *s)
{
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row;

	jw_open(v->doc, "payments", '[');
	if ((e = parts_open(v, S_SUBSCRIPTION_PAYMENTS, s, &q)) != HK_OK)
		goto out;
	while ((e = stmt_step(q, &row)) == HK_OK && row) {
		jw_open(v->doc, NULL, '{');
		e = put_payment(v, q);
		jw_close(v->doc, '}');
		if (e != HK_OK)
			break;
	}
	stmt_reset(q);
out:
	jw_close(v->doc, ']');
	return e;
}

static const struct {
	const char	*name;
	enum stmt_id	 which;
	void		(*put)(struct visit *, struct stmt *);
} parts[] = {
	{ "items",	S_SUBSCRIPTION_ITEMS,		put_item },
	{ "periods",	S_SUBSCRIPTION_PERIODS,		put_period },
	{ "invoices",	S_SUBSCRIPTION_INVOICES,	put_invoice },
};

static enum hk_err
put_part(struct visit *v, size_t i, const struct whole *s)
{
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row;

	if ((e = parts_open(v, parts[i].which, s, &q)) != HK_OK)
		return e;
	jw_open(v->doc, parts[i].name, '[');
	while ((e = stmt_step(q, &row)) == HK_OK && row) {
		jw_open(v->doc, NULL, '{');
		parts[i].put(v, q);
		jw_close(v->doc, '}');
	}
	jw_close(v->doc, ']');
	stmt_reset(q);
	return e;
}

/* "rows": the events that told of it, the newest first. */
static enum hk_err
put_events(struct visit *v, const struct whole *s)
{
	int64_t		 ids[ROWS_SHOWN];
	int		 n = 0;
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row;

	if ((e = parts_open(v, S_SUBSCRIPTION_EVENTS, s, &q)) != HK_OK)
		return e;
	while ((e = stmt_step(q, &row)) == HK_OK && row)
		ids[n++] = col_int(q, 0);
	stmt_reset(q);
	return e == HK_OK ? event_rows_put(v->db, v->doc, ids, n) : e;
}

enum hk_err
page_subscription(struct visit *v)
{
	struct whole	s;
	enum hk_err	e;

	if ((e = visit_id(v, &s.id)) != HK_OK || (e = load(v, &s)) != HK_OK)
		return e;
	v->title = arena_printf(v->arena, "Subscription %lld", (long long)s.id);
	jw_int(v->doc, "shown", ROWS_SHOWN);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if ((e = put_part(v, i, &s)) != HK_OK)
			return e;
	if ((e = put_payments(v, &s)) != HK_OK)
		return e;
	return put_events(v, &s);
}
