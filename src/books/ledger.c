/*
 * The ledger: credits in double entry.  What one account gains another loses,
 * once per business key, and the cached balances move in the same transaction.
 */
#include "books/tell.h"

#include <assert.h>

/* Credits; far below what 64 bits hold, so no sum can overflow. */
#define LEDGER_MOST	INT64_C(1000000000000000)

static const char *const kinds[] = {
	[T_SIGNUP_BONUS]	= "signup_bonus",
	[T_PURCHASE]		= "purchase",
	[T_SUBSCRIPTION]	= "subscription",
	[T_REFUND]		= "refund",
	[T_DISPUTE]		= "dispute",
	[T_REINSTATE]		= "reinstate",
	[T_BURN]		= "burn",
	[T_ADJUST]		= "adjust",
};

const char *
transfer_kind_name(enum transfer_kind kind)
{
	assert((size_t)kind < sizeof(kinds) / sizeof(kinds[0]));
	return kinds[kind];
}

struct account {
	int64_t	id, balance;
};

static enum hk_err
account_open(const struct cause *c, const struct owner *owner, struct account *out)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_ACCOUNT_OPEN, &q)) != HK_OK)
		return e;
	bind_text(q, ":owner_kind", span_str(owner->kind));
	bind_text(q, ":owner", owner->id);
	bind_int(q, ":now", c->now);
	if ((e = stmt_run(q)) == HK_OK)
		*out = (struct account){ .id = db_last_id(c->db) };
	return e;
}

/* *row false: there is none. */
static enum hk_err
account_find(struct db *db, const struct owner *owner, struct account *out, bool *row)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_ACCOUNT_FIND, &q)) != HK_OK)
		return e;
	bind_text(q, ":owner_kind", span_str(owner->kind));
	bind_text(q, ":owner", owner->id);
	if ((e = stmt_step(q, row)) == HK_OK && *row)
		*out = (struct account){ col_int(q, 0), col_int(q, 1) };
	stmt_reset(q);
	return e;
}

/* The owner's account, opened if there is none. */
static enum hk_err
account_of(const struct cause *c, const struct owner *owner, struct account *out)
{
	bool		row;
	enum hk_err	e;

	if ((e = account_find(c->db, owner, out, &row)) != HK_OK || row)
		return e;
	return account_open(c, owner, out);
}

static enum hk_err
account_move(const struct cause *c, int64_t account, int64_t amount)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_ACCOUNT_MOVE, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", account);
	bind_int(q, ":amount", amount);
	return stmt_run(q);
}

static enum hk_err
is_booked(struct db *db, struct span business_key, bool *booked)
{
	struct stmt	*q = NULL;
	int64_t		 known = 0;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_TRANSFER_KNOWN, &q)) != HK_OK)
		return e;
	bind_text(q, ":key", business_key);
	if ((e = stmt_int(q, &known)) == HK_OK)
		*booked = known != 0;
	return e;
}

/* A transfer on its way: who loses, who gains, and which of them is the owner's. */
struct move {
	const struct owner	*owner;
	enum transfer_kind	 kind;
	struct span		 key, note;
	struct account		 from, to;	/* zeros: not open yet */
	int64_t			 amount;
	bool			 gives;
};

/* A balance is at its limit; fine if the transfer was booked before. */
static enum hk_err
too_much(const struct cause *c, const struct move *m)
{
	bool		booked;
	enum hk_err	e;

	if ((e = is_booked(c->db, m->key, &booked)) != HK_OK || booked)
		return e;
	return err_tell(HK_SYNTAX,
	    "%lld credits more or less for %s %.*s would take a balance past %lld",
	    (long long)m->amount, m->owner->kind, SPAN_ARG(m->owner->id),
	    (long long)LEDGER_MOST);
}

/* The transfer's row; *added false: it was there. */
static enum hk_err
transfer_add(const struct cause *c, const struct move *m, bool *added)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_TRANSFER_ADD, &q)) != HK_OK)
		return e;
	bind_text(q, ":kind", span_str(transfer_kind_name(m->kind)));
	bind_text(q, ":key", m->key);
	bind_int(q, ":debit", m->from.id);
	bind_int(q, ":credit", m->to.id);
	bind_int(q, ":amount", m->amount);
	if (c->event != 0)
		bind_int(q, ":event", c->event);
	bind_text(q, ":note", m->note);
	bind_int(q, ":now", c->now);
	if ((e = stmt_run(q)) == HK_OK)
		*added = db_changes(c->db) == 1;
	return e;
}

static enum hk_err
announce(const struct cause *c, const struct move *m, int64_t transfer)
{
	const struct booking	b = {
		.transfer = transfer, .owner = m->owner,
		.kind = transfer_kind_name(m->kind), .business_key = m->key,
		.amount = m->gives ? m->amount : -m->amount,
		.balance = m->gives ? m->to.balance + m->amount : m->from.balance - m->amount,
	};

	return tell_booking(c, &b);
}

/* Book it, once. */
static enum hk_err
move(const struct cause *c, const struct move *m, bool *fresh)
{
	bool		added = false;
	int64_t		transfer;
	enum hk_err	e;

	if (m->from.balance - m->amount < -LEDGER_MOST ||
	    m->to.balance + m->amount > LEDGER_MOST)
		e = too_much(c, m);
	else
		e = transfer_add(c, m, &added);
	if (e == HK_OK && added) {
		transfer = db_last_id(c->db);
		if ((e = account_move(c, m->from.id, -m->amount)) == HK_OK &&
		    (e = account_move(c, m->to.id, m->amount)) == HK_OK)
			e = announce(c, m, transfer);
	}
	if (e == HK_OK)
		*fresh = added;
	return e;
}

static enum hk_err
amount_good(int64_t amount)
{
	if (amount < 1 || amount > LEDGER_MOST)
		return err_tell(HK_SYNTAX, "%lld credits: a transfer moves 1 to %lld",
		    (long long)amount, (long long)LEDGER_MOST);
	return HK_OK;
}

enum hk_err
ledger_give(const struct cause *c, const struct owner *owner, enum transfer_kind kind,
    struct span business_key, int64_t amount, struct span note, bool *fresh)
{
	const struct owner	system = { "system", span_str(transfer_kind_name(kind)) };
	struct move		m = {
		.owner = owner, .kind = kind, .key = business_key, .note = note,
		.amount = amount, .gives = true,
	};
	enum hk_err		e;

	assert(business_key.len > 0);
	if ((e = amount_good(amount)) != HK_OK ||
	    (e = account_of(c, &system, &m.from)) != HK_OK ||
	    (e = account_of(c, owner, &m.to)) != HK_OK)
		return e;
	return move(c, &m, fresh);
}

enum hk_err
ledger_grant(const struct cause *c, const char *user_id, enum transfer_kind kind,
    struct span business_key, int64_t amount, struct span note, bool *fresh)
{
	const struct owner	owner = { "user", span_str(user_id) };

	return ledger_give(c, &owner, kind, business_key, amount, note, fresh);
}

/*
 * The balance is smaller than what is to be taken: how much then?  0: none, for
 * it was booked before, or nothing is there.
 */
static enum hk_err
take_less(const struct cause *c, const struct move *m, enum taking how, int64_t *amount)
{
	bool		booked;
	enum hk_err	e;

	if ((e = is_booked(c->db, m->key, &booked)) != HK_OK)
		return e;
	if (booked)
		*amount = 0;
	else if (how == TAKE_WHAT_IS_THERE)
		*amount = m->from.balance > 0 ? m->from.balance : 0;
	else
		return err_tell(HK_SHORT, "the balance of %s %.*s is %lld, less than %lld",
		    m->owner->kind, SPAN_ARG(m->owner->id), (long long)m->from.balance,
		    (long long)m->amount);
	return HK_OK;
}

enum hk_err
ledger_take(const struct cause *c, const struct owner *owner, enum transfer_kind kind,
    struct span business_key, int64_t amount, enum taking how, struct span note,
    int64_t *taken, bool *fresh)
{
	const struct owner	system = { "system", span_str(transfer_kind_name(kind)) };
	struct move		m = {
		.owner = owner, .kind = kind, .key = business_key, .note = note,
		.amount = amount,
	};
	bool			there, booked = false;
	enum hk_err		e;

	assert(business_key.len > 0);
	if ((e = amount_good(amount)) != HK_OK ||
	    (e = account_find(c->db, owner, &m.from, &there)) != HK_OK)
		return e;
	if (how != TAKE_BELOW_ZERO && m.from.balance < amount &&
	    (e = take_less(c, &m, how, &m.amount)) != HK_OK)
		return e;
	if (m.amount > 0 && ((!there && (e = account_open(c, owner, &m.from)) != HK_OK) ||
	    (e = account_of(c, &system, &m.to)) != HK_OK ||
	    (e = move(c, &m, &booked)) != HK_OK))
		return e;
	*taken = booked ? m.amount : 0;
	*fresh = booked;
	return HK_OK;
}

enum hk_err
ledger_balance_of(struct db *db, const struct owner *owner, int64_t *out)
{
	struct account	a = { 0, 0 };
	bool		row;
	enum hk_err	e;

	if ((e = account_find(db, owner, &a, &row)) == HK_OK)
		*out = row ? a.balance : 0;
	return e;
}

enum hk_err
ledger_balance(struct db *db, const char *user_id, int64_t *out)
{
	const struct owner	owner = { "user", span_str(user_id) };

	return ledger_balance_of(db, &owner, out);
}
