/*
 * What follows from the facts on a payment: how much of what it granted is to be
 * given back, and the transfer that does it.
 */
#include "books/payment_part.h"

#include <assert.h>
#include <stdio.h>

#include "books/ref.h"

#define KEY_MOST	(2 * REF_MOST + 64)

struct state {
	char	ref[REF_MOST + 1], kind[16], owner[REF_MOST + 1];
	int64_t	amount;			/* < 0: not known */
	int64_t	granted, owed, taken;	/* as the row has it */
	bool	waives;
	int64_t	shares, back;		/* as the facts have it; back: of amount */
};

static enum hk_err
load(struct db *db, int64_t id, struct state *s)
{
	struct stmt	*q = NULL;
	bool		 row;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_PAYMENT_STATE, &q)) != HK_OK)
		return e;
	bind_int(q, ":payment", id);
	if ((e = stmt_step(q, &row)) == HK_OK) {
		assert(row);
		ref_keep(s->ref, sizeof(s->ref), col_text(q, 0));
		ref_keep(s->kind, sizeof(s->kind), col_text(q, 1));
		ref_keep(s->owner, sizeof(s->owner), col_text(q, 2));
		s->amount = col_is_null(q, 3) ? -1 : col_int(q, 3);
		s->granted = col_int(q, 4);
		s->owed = col_int(q, 5);
		s->taken = col_int(q, 6);
		s->waives = col_int(q, 7) != 0;
		s->shares = col_int(q, 8);
		s->back = col_int(q, 9);
	}
	stmt_reset(q);
	return e;
}

int64_t
payment_wanted(int64_t granted, int64_t back, int64_t amount)
{
	if (back <= 0)
		return 0;
	if (amount <= 0 || back >= amount)
		return granted;
	return (int64_t)((__int128)granted * back / amount);
}

static enum hk_err
is_booked(struct db *db, const char *key, bool *booked)
{
	struct stmt	*q = NULL;
	int64_t		 n = 0;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_TRANSFER_KNOWN, &q)) != HK_OK)
		return e;
	bind_text(q, ":key", span_str(key));
	if ((e = stmt_int(q, &n)) == HK_OK)
		*booked = n != 0;
	return e;
}

/*
 * The facts are what happens once, not the key: a dispute that is lost, appealed
 * and lost again takes twice.  So the second of a key is "key:2".
 */
static enum hk_err
free_key(struct db *db, struct span base, char key[KEY_MOST])
{
	bool		booked = true;
	enum hk_err	e;

	snprintf(key, KEY_MOST, "%.*s", SPAN_ARG(base));
	for (int n = 2; (e = is_booked(db, key, &booked)) == HK_OK && booked; n++)
		snprintf(key, KEY_MOST, "%.*s:%d", SPAN_ARG(base), n);
	return e;
}

static enum hk_err
note_taking(const struct cause *c, int64_t id, const char *key)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_PAYMENT_TAKING, &q)) != HK_OK)
		return e;
	bind_int(q, ":payment", id);
	bind_text(q, ":key", span_str(key));
	return stmt_run(q);
}

/* credits > 0: take, < 0: give back.  *moved as it went. */
static enum hk_err
move(const struct cause *c, int64_t id, const struct state *s, const struct settling *why,
    int64_t credits, int64_t *moved)
{
	const struct owner	owner = { strcmp(s->kind, "user") == 0 ? "user" : "organization",
				    span_str(s->owner) };
	char			key[KEY_MOST];
	bool			fresh = false;
	enum hk_err		e;

	*moved = 0;
	if (credits == 0)
		return HK_OK;
	if ((e = free_key(c->db, why->key, key)) != HK_OK)
		return e;
	if (credits > 0)
		e = ledger_take(c, &owner, why->kind, span_str(key), credits,
		    s->waives ? TAKE_WHAT_IS_THERE : TAKE_BELOW_ZERO, why->note, moved, &fresh);
	else if ((e = ledger_give(c, &owner, T_REINSTATE, span_str(key), -credits, why->note,
	    &fresh)) == HK_OK)
		*moved = credits;
	return e == HK_OK && fresh ? note_taking(c, id, key) : e;
}

static enum hk_err
write_state(const struct cause *c, int64_t id, int64_t granted, int64_t owed, int64_t taken)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_PAYMENT_SETTLE, &q)) != HK_OK)
		return e;
	bind_int(q, ":payment", id);
	bind_int(q, ":granted", granted);
	bind_int(q, ":owed", owed);
	bind_int(q, ":taken", taken);
	bind_int(q, ":now", c->now);
	return stmt_run(q);
}

enum hk_err
payment_settle(const struct cause *c, int64_t id, const struct settling *why, int64_t *taken)
{
	struct state	s;
	int64_t		want, step = 0, moved;
	enum hk_err	e;

	if ((e = load(c->db, id, &s)) != HK_OK)
		return e;
	want = payment_wanted(s.shares, s.back, s.amount);
	if (want > s.owed)
		step = want - s.owed;	/* what was waived before stays waived */
	else if (want < s.taken)
		step = want - s.taken;
	assert(step == 0 || s.owner[0] != '\0');
	if ((e = move(c, id, &s, why, step, &moved)) != HK_OK)
		return e;
	if (taken != NULL)
		*taken = moved;
	if (s.shares == s.granted && want == s.owed && moved == 0)
		return HK_OK;
	return write_state(c, id, s.shares, want, s.taken + moved);
}

enum hk_err
payment_settle_share(const struct cause *c, int64_t id)
{
	char		key[KEY_MOST];
	struct state	s;
	struct settling	why = { .kind = T_REFUND, .note = SPAN("the payment's share changed") };
	enum hk_err	e;

	if ((e = load(c->db, id, &s)) != HK_OK || s.owner[0] == '\0')
		return e;
	snprintf(key, sizeof(key), "payment:%s:share", s.ref);
	why.key = span_str(key);
	return payment_settle(c, id, &why, NULL);
}
