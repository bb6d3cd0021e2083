/*
 * The ledger: credits in double entry.  What one account gains another loses,
 * once per business key, and the cached balances move in the same transaction.
 */
#include "books/books.h"

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

static enum hk_err
account_open(const struct cause *c, const char *owner_kind, const char *owner)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_ACCOUNT_OPEN, &q)) != HK_OK)
		return e;
	bind_text(q, ":owner_kind", span_str(owner_kind));
	bind_text(q, ":owner", span_str(owner));
	bind_int(q, ":now", c->now);
	return stmt_run(q);
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

/* The transfer was not made: booked before, or a balance is at its limit? */
static enum hk_err
why_not(struct db *db, const char *user_id, struct span business_key, int64_t amount)
{
	struct stmt	*q = NULL;
	int64_t		 known = 0;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_TRANSFER_KNOWN, &q)) != HK_OK)
		return e;
	bind_text(q, ":key", business_key);
	if ((e = stmt_int(q, &known)) != HK_OK || known != 0)
		return e;
	return err_tell(HK_SYNTAX,
	    "%lld more credits for user %s would take a balance past %lld",
	    (long long)amount, user_id, (long long)LEDGER_MOST);
}

/* The transfer's row; *fresh false: it was not made.  side: debit, credit. */
static enum hk_err
transfer_add(const struct cause *c, const char *user_id, const char *kind,
    struct span business_key, int64_t amount, struct span note, int64_t side[2],
    bool *fresh)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_TRANSFER_GRANT, &q)) != HK_OK)
		return e;
	bind_text(q, ":kind", span_str(kind));
	bind_text(q, ":key", business_key);
	bind_text(q, ":user", span_str(user_id));
	bind_int(q, ":amount", amount);
	bind_int(q, ":most", LEDGER_MOST);
	if (c->event != 0)
		bind_int(q, ":event", c->event);
	bind_text(q, ":note", note);
	bind_int(q, ":now", c->now);
	if ((e = stmt_step(q, fresh)) == HK_OK && *fresh) {
		side[0] = col_int(q, 0);
		side[1] = col_int(q, 1);
	}
	stmt_reset(q);
	return e;
}

enum hk_err
ledger_grant(const struct cause *c, const char *user_id, enum transfer_kind kind,
    struct span business_key, int64_t amount, struct span note, bool *fresh)
{
	const char	*name = transfer_kind_name(kind);
	int64_t		 side[2] = { 0, 0 };
	bool		 row;
	enum hk_err	 e;

	assert(business_key.len > 0);
	if (amount < 1 || amount > LEDGER_MOST)
		return err_tell(HK_SYNTAX, "%lld credits: a transfer moves 1 to %lld",
		    (long long)amount, (long long)LEDGER_MOST);
	if ((e = account_open(c, "system", name)) != HK_OK ||
	    (e = account_open(c, "user", user_id)) != HK_OK ||
	    (e = transfer_add(c, user_id, name, business_key, amount, note, side,
	    &row)) != HK_OK)
		return e;
	if (!row)
		e = why_not(c->db, user_id, business_key, amount);
	else if ((e = account_move(c, side[0], -amount)) == HK_OK)
		e = account_move(c, side[1], amount);
	if (e == HK_OK)
		*fresh = row;
	return e;
}

enum hk_err
ledger_balance(struct db *db, const char *user_id, int64_t *out)
{
	struct stmt	*q = NULL;
	int64_t		 balance = 0;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_ACCOUNT_BALANCE, &q)) != HK_OK)
		return e;
	bind_text(q, ":user", span_str(user_id));
	if ((e = stmt_int(q, &balance)) == HK_OK)
		*out = balance;
	return e;
}
