/*
 * Purchases: what was paid in one piece, and every name of that payment, by
 * which its refunds find it.
 */
#include "books/payment.h"
#include "provider/stripe.h"
#include "provider/verdict.h"

/* What it was given so far, and whether by this very key. */
static enum hk_err
had_already(struct task *t, const struct purchase *p, struct span key, int64_t *had, bool *mine)
{
	struct stmt	*q = NULL;
	bool		 row;
	enum hk_err	 e;

	if ((e = db_stmt(t->cause->db, S_STRIPE_PAYMENT_HAD, &q)) != HK_OK)
		return e;
	bind_text(q, ":key", key);
	bind_text(q, ":one", p->names[0]);
	bind_text(q, ":two", p->names[1]);
	bind_text(q, ":three", p->names[2]);
	if ((e = stmt_step(q, &row)) == HK_OK && row) {
		*had = col_int(q, 0);
		*mine = col_int(q, 1) != 0;
	}
	stmt_reset(q);
	return e;
}

enum hk_err
purchase_book(struct task *t, const struct purchase *p, int64_t *booked)
{
	const struct owner	owner = { "user", span_str(p->user->id) };
	struct span		key;
	int64_t			had = 0;
	bool			mine = false, fresh = false;
	enum hk_err		e;

	*booked = 0;
	key = span_str(arena_printf(t->arena, "stripe:%.*s", SPAN_ARG(p->id)));
	if (key.p == NULL)
		return err_note(HK_NOMEM, "no memory for a key");
	if (p->twofold && (e = had_already(t, p, key, &had, &mine)) != HK_OK)
		return e;
	if (!mine && p->credits > had) {
		if ((e = task_heard(t, ledger_grant(t->cause, p->user->id, T_PURCHASE, key,
		    p->credits - had, p->note, &fresh))) != HK_OK)
			return e;
		*booked = fresh ? p->credits - had : 0;
	}
	return task_heard(t, payment_granted(t->cause, &owner, p->names, PURCHASE_NAMES,
	    p->amount, p->credits > 0 ? key : SPAN_NULL));
}
