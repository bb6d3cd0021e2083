/*
 * Burning and granting.  A transfer's key has the Idempotency-Key in it, so it is
 * booked once even when nobody remembers the answer any longer.
 */
#include "api/call_part.h"

#include "base/id.h"
#include "books/subscription.h"

#define REFERENCE_MOST	200

static enum hk_err
no_memory(void)
{
	return err_note(HK_NOMEM, "no memory for a transfer's key");
}

enum hk_err
burn_key(struct call *c, const char *what, struct burn *b)
{
	char	chance[64];

	b->chance = c->key.p == NULL;
	if (b->chance)
		id_make(chance, "");
	b->key = span_str(b->chance ? arena_printf(c->arena, "api:%s:%s", what, chance) :
	    arena_printf(c->arena, "api:%s:%.*s", what, SPAN_ARG(c->key)));
	return b->key.p != NULL ? HK_OK : no_memory();
}

/* A transfer that is booked already. */
struct booked {
	int64_t		id, amount;
	bool		same;		/* the owner and side are those that are asked for */
};

static enum hk_err
find_booked(struct call *c, struct span key, const struct owner *owner, bool takes,
    struct booked *b)
{
	struct stmt	*q = NULL;
	int		 side = takes ? 2 : 4;
	bool		 row;
	enum hk_err	 e;

	*b = (struct booked){ .id = 0 };
	if ((e = db_stmt(c->db, S_API_TRANSFER, &q)) != HK_OK)
		return e;
	bind_text(q, ":key", key);
	if ((e = stmt_step(q, &row)) == HK_OK && row)
		*b = (struct booked){ col_int(q, 0), col_int(q, 1),
		    span_is(col_text(q, side), owner->kind) &&
		    span_eq(col_text(q, side + 1), owner->id) };
	stmt_reset(q);
	return e;
}

/* Has this key booked something?  *done: yes, just this. */
static enum hk_err
was_booked(struct call *c, const struct owner *owner, bool takes, struct burn *b, bool *done)
{
	struct booked	old;
	enum hk_err	e;

	*done = false;
	if (b->chance)
		return HK_OK;
	if ((e = find_booked(c, b->key, owner, takes, &old)) != HK_OK || old.id == 0)
		return e;
	if (!old.same || old.amount != b->amount)
		return call_problem(c, PROBLEM_IDEMPOTENCY,
		    "under this key %lld credits were booked before, as transfer %lld: of another"
		    " amount or owner; take a new key for a new request",
		    (long long)old.amount, (long long)old.id);
	*done = true;
	b->transfer = old.id;
	return ledger_balance_of(c->db, owner, &b->balance);
}

static enum hk_err
may_burn(struct call *c, const struct payer *p)
{
	bool		good;
	enum hk_err	e;

	if (p->deleted)
		return call_problem(c, PROBLEM_DEACTIVATED, "%s %.*s is deleted", p->owner.kind,
		    SPAN_ARG(p->owner.id));
	if ((e = owner_in_good_standing(c->db, &p->owner, &good)) != HK_OK || good)
		return e;
	return call_problem(c, PROBLEM_PAST_DUE,
	    "%s %.*s has a subscription that is past due or unpaid", p->owner.kind,
	    SPAN_ARG(p->owner.id));
}

static enum hk_err
too_little(struct call *c, const struct payer *p, struct burn *b)
{
	enum hk_err	e = ledger_balance_of(c->db, &p->owner, &b->balance);

	if (e != HK_OK)
		return e;
	c->told[0] = (struct call_number){ "balance", b->balance };
	c->told[1] = (struct call_number){ "needed", b->amount };
	c->told[2].name = NULL;
	return call_problem(c, PROBLEM_SHORT, "the balance is %lld, %lld are to be burned;"
	    " nothing was", (long long)b->balance, (long long)b->amount);
}

static enum hk_err
book(struct call *c, const struct payer *p, bool takes, struct burn *b)
{
	const struct cause	cause = { c->db, 0, c->now };
	struct booked		now;
	int64_t			taken;
	bool			fresh;
	enum hk_err		e;

	e = takes ? ledger_take(&cause, &p->owner, T_BURN, b->key, b->amount, TAKE_ALL, b->note,
	    &taken, &fresh) :
	    ledger_give(&cause, &p->owner, T_ADJUST, b->key, b->amount, b->note, &fresh);
	if (e == HK_SYNTAX)
		return call_problem(c, PROBLEM_IMPOSSIBLE, "%s", err_last());
	if (e == HK_SHORT)
		return too_little(c, p, b);
	if (e != HK_OK ||
	    (e = ledger_balance_of(c->db, &p->owner, &b->balance)) != HK_OK ||
	    (e = find_booked(c, b->key, &p->owner, takes, &now)) != HK_OK)
		return e;
	b->transfer = now.id;
	return HK_OK;
}

enum hk_err
burn(struct call *c, const struct payer *p, struct burn *b)
{
	bool		done;
	enum hk_err	e;

	if (stops(c, e = was_booked(c, &p->owner, true, b, &done)) || done ||
	    stops(c, e = may_burn(c, p)))
		return e;
	return book(c, p, true, b);
}

static void
put_booking(struct call *c, const struct payer *p, const struct burn *b)
{
	put_id(c->out, "transfer", b->transfer);
	put_owner(c->out, &p->owner);
	jw_int(c->out, "amount", b->amount);
	jw_int(c->out, "balance", b->balance);
}

/* A reference is burned for once, whatever the keys of the requests. */
static enum hk_err
key_of(struct call *c, struct span reference, struct burn *b)
{
	if (reference.p == NULL)
		return burn_key(c, "burn", b);
	if (reference.len == 0)		/* else all without one were one */
		return call_problem(c, PROBLEM_BAD_REQUEST, "`reference` is empty");
	b->chance = false;
	b->key = span_str(arena_printf(c->arena, "api:reference:%.*s", SPAN_ARG(reference)));
	return b->key.p != NULL ? HK_OK : no_memory();
}

enum hk_err
call_burn(struct call *c)
{
	static const char *const	names[] = {
		"user", "organization", "amount", "note", "reference", NULL
	};
	struct span			reference = SPAN_NULL;
	struct payer			p;
	struct burn			b = { .note = SPAN_NULL };
	enum hk_err			e;

	if (stops(c, e = call_only(c, names)) ||
	    stops(c, e = call_int(c, "amount", true, 1, CREDITS_MOST, &b.amount)) ||
	    stops(c, e = call_text(c, "note", false, NOTE_MOST, &b.note)) ||
	    stops(c, e = call_text(c, "reference", false, REFERENCE_MOST, &reference)) ||
	    stops(c, e = payer_of_body(c, &p)) ||
	    stops(c, e = key_of(c, reference, &b)) ||
	    stops(c, e = burn(c, &p, &b)))
		return e;
	put_booking(c, &p, &b);
	return HK_OK;
}

/* ---- granting ------------------------------------------------------------------------- */

static enum hk_err
note_grant(struct call *c, const struct payer *p, const struct burn *b)
{
	struct span	subject, after = SPAN_NULL;
	struct buf	out;
	struct jw	w;
	enum hk_err	e;

	buf_init(&out, 4096);
	jw_init(&w, &out);
	jw_open(&w, NULL, '{');
	jw_int(&w, "amount", b->amount);
	jw_int(&w, "balance", b->balance);
	put_id(&w, "transfer", b->transfer);
	jw_text(&w, "note", b->note);
	jw_close(&w, '}');
	if (buf_ok(&out))
		after = buf_span(&out);
	subject = span_str(arena_printf(c->arena, "%s:%.*s", p->owner.kind,
	    SPAN_ARG(p->owner.id)));
	e = subject.p != NULL && after.p != NULL ?
	    note_action(c, "credits.grant", subject, after) :
	    err_note(HK_NOMEM, "no memory for a line of the audit log");
	buf_release(&out);
	return e;
}

static enum hk_err
grant(struct call *c, const struct payer *p, struct burn *b)
{
	bool		done;
	enum hk_err	e;

	if (stops(c, e = burn_key(c, "grant", b)) ||
	    stops(c, e = was_booked(c, &p->owner, false, b, &done)) || done)
		return e;
	if (p->deleted)
		return call_problem(c, PROBLEM_DEACTIVATED, "%s %.*s is deleted", p->owner.kind,
		    SPAN_ARG(p->owner.id));
	if (stops(c, e = book(c, p, false, b)))
		return e;
	return note_grant(c, p, b);
}

enum hk_err
call_grant(struct call *c)
{
	static const char *const	names[] = {
		"user", "organization", "amount", "note", NULL
	};
	struct payer			p;
	struct burn			b = { .note = SPAN_NULL };
	enum hk_err			e;

	if (stops(c, e = call_only(c, names)) ||
	    stops(c, e = call_int(c, "amount", true, 1, CREDITS_MOST, &b.amount)) ||
	    stops(c, e = call_text(c, "note", true, NOTE_MOST, &b.note)) ||
	    stops(c, e = payer_of_body(c, &p)) ||
	    stops(c, e = grant(c, &p, &b)))
		return e;
	put_booking(c, &p, &b);
	return HK_OK;
}
