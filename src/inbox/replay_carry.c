/* What no event caused is carried over: by people and by programs. */
#include "inbox/replay_part.h"

#include <stdio.h>
#include <string.h>

#include "outbox/message.h"

/* The second column of REPLAY_CARRY. */
enum what { CARRY_USER = 1, CARRY_LINK, CARRY_KEY, CARRY_LIFT, CARRY_TRANSFER };

static enum hk_err
keep(struct replaying *r, struct span s, struct span *out)
{
	*out = s.p != NULL ? arena_span(r->carrying, s) : SPAN_NULL;
	return s.p == NULL || out->p != NULL ? HK_OK : err_note(HK_NOMEM, "no memory for a row");
}

/* A row of today's books by its name. */
static enum hk_err
row_of(struct replaying *r, enum stmt_id id, const char *name, struct span value,
    struct stmt **q, bool *row)
{
	enum hk_err	e;

	if ((e = db_stmt(r->books, id, q)) != HK_OK)
		return e;
	bind_text(*q, name, value);
	return stmt_step(*q, row);
}

/* ---- users ---------------------------------------------------------------------- */

/* Whose own id is this in the new books?  *there false: nobody's yet. */
static enum hk_err
user_here(struct replaying *r, struct span id, struct span clerk_id, struct span *out,
    bool *there)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(r->blank, S_REPLAY_USER_FIND, &q)) != HK_OK)
		return e;
	bind_text(q, ":clerk_id", clerk_id);
	bind_text(q, ":id", id);
	if ((e = stmt_step(q, there)) == HK_OK && *there)
		e = keep(r, col_text(q, 0), out);
	stmt_reset(q);
	return e;
}

static enum hk_err
user_of(struct replaying *r, struct span id, struct span *out, bool *there)
{
	struct stmt	*q = NULL;
	struct span	 clerk_id = SPAN_NULL;
	enum hk_err	 e;
	bool		 row;

	if ((e = row_of(r, S_REPLAY_USER, ":id", id, &q, &row)) == HK_OK && row)
		e = keep(r, col_text(q, 0), &clerk_id);
	stmt_reset(q);
	return e == HK_OK ? user_here(r, id, clerk_id, out, there) : e;
}

/* Its creation was told when the application made it, so no event tells it again. */
static enum hk_err
user_told(struct replaying *r, struct span id, int64_t at)
{
	char		cause[96];
	struct message	m = { .type = "user.created", .owner_kind = "user", .owner = id,
			    .payload = SPAN("{}"), .now = at };

	snprintf(cause, sizeof(cause), "at:%lld:user.created:%.*s", (long long)at, SPAN_ARG(id));
	m.cause = span_str(cause);
	return message_put(r->blank, &m, NULL);
}

/*
 * As it is today, but for what Clerk told of it later: its version, and that it is
 * deleted.
 */
static enum hk_err
carry_user(struct replaying *r, struct span id)
{
	static const char *const	names[] = { ":clerk_id", ":email", ":first_name",
					    ":last_name", ":username", ":external_id",
					    ":metadata", ":app_id" };
	struct stmt			*from = NULL, *to = NULL;
	int64_t				 made = 0;
	enum hk_err			 e;
	bool				 row;

	if ((e = row_of(r, S_REPLAY_USER, ":id", id, &from, &row)) != HK_OK || !row)
		goto out;
	if ((e = db_stmt(r->blank, S_REPLAY_USER_ADD, &to)) != HK_OK)
		goto out;
	bind_text(to, ":id", id);
	for (int i = 0; i < (int)(sizeof(names) / sizeof(names[0])); i++)
		bind_text(to, names[i], col_text(from, i));
	made = col_int(from, 8);
	bind_int(to, ":created", made);
	if (!col_is_null(from, 9) && col_is_null(from, 0))
		bind_int(to, ":deleted", col_int(from, 9));
	if ((e = stmt_run(to)) == HK_OK && db_changes(r->blank) == 1)
		e = user_told(r, id, made);
out:
	stmt_reset(from);
	return e;
}

/* ---- links and keys ---------------------------------------------------------------- */

static enum hk_err
carry_link(struct replaying *r, struct span customer)
{
	struct cause	 cause = { .db = r->blank };
	struct stmt	*q = NULL;
	struct user	 user = { .deleted = false };
	struct span	 owner = SPAN_NULL, id = SPAN_NULL;
	enum hk_err	 e;
	bool		 row, there = false;

	if ((e = row_of(r, S_REPLAY_LINK, ":name", customer, &q, &row)) == HK_OK && row) {
		cause.now = col_int(q, 1);
		e = keep(r, col_text(q, 0), &owner);
	}
	stmt_reset(q);
	if (e != HK_OK || (e = user_of(r, owner, &id, &there)) != HK_OK || !there)
		return e;
	snprintf(user.id, sizeof(user.id), "%.*s", SPAN_ARG(id));
	e = user_link(&cause, &user, customer);
	return e == HK_NEVER ? HK_OK : e;	/* it became another's: that is a difference */
}

static enum hk_err
carry_key(struct replaying *r, struct span name)
{
	struct stmt	*from = NULL, *to = NULL;
	struct span	 user = SPAN_NULL;
	enum hk_err	 e;
	bool		 row, there = false;

	if ((e = row_of(r, S_REPLAY_KEY, ":name", name, &from, &row)) != HK_OK || !row)
		goto out;
	if ((e = user_of(r, col_text(from, 0), &user, &there)) != HK_OK || !there ||
	    (e = db_stmt(r->blank, S_APIKEY_ADD, &to)) != HK_OK)
		goto out;
	bind_text(to, ":id", name);
	bind_text(to, ":user", user);
	bind_text(to, ":name", col_text(from, 1));
	bind_text(to, ":prefix", col_text(from, 2));
	bind_text(to, ":hash", col_text(from, 3));
	bind_int(to, ":now", col_int(from, 4));
	e = stmt_run(to);
out:
	stmt_reset(from);
	return e == HK_EXISTS ? HK_OK : e;
}

/* ---- transfers ---------------------------------------------------------------------- */

struct carried {
	enum transfer_kind	 kind;
	struct span		 key, note, owner, as;	/* as: today's owner */
	char			 owner_kind[16];
	int64_t			 amount, at;
	bool			 gives;
};

static enum hk_err
transfer_load(struct replaying *r, int64_t id, struct carried *c, bool *row)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(r->books, S_REPLAY_TRANSFER, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	if ((e = stmt_step(q, row)) != HK_OK || !*row)
		goto out;
	for (c->kind = T_SIGNUP_BONUS; c->kind < T_ADJUST &&
	    !span_is(col_text(q, 0), transfer_kind_name(c->kind)); c->kind++)
		;
	c->amount = col_int(q, 2);
	c->at = col_int(q, 4);
	c->gives = col_int(q, 5) != 0;
	snprintf(c->owner_kind, sizeof(c->owner_kind), "%.*s", SPAN_ARG(col_text(q, 6)));
	if ((e = keep(r, col_text(q, 1), &c->key)) == HK_OK &&
	    (e = keep(r, col_text(q, 3), &c->note)) == HK_OK)
		e = keep(r, col_text(q, 7), &c->as);
out:
	stmt_reset(q);
	return e;
}

/* Its owner in the new books; *there false: not made yet. */
static enum hk_err
transfer_owner(struct replaying *r, struct carried *c, bool make, bool *there)
{
	enum hk_err	e;

	c->owner = c->as;
	*there = true;
	if (strcmp(c->owner_kind, "user") != 0)
		return HK_OK;
	if ((e = user_of(r, c->as, &c->owner, there)) != HK_OK || *there || !make)
		return e;
	*there = true;
	c->owner = c->as;
	return carry_user(r, c->as);
}

/* make: for a user that nobody made, too. */
static enum hk_err
carry_transfer(struct replaying *r, int64_t id, bool make)
{
	struct carried	c;
	struct cause	cause = { .db = r->blank };
	struct owner	owner;
	int64_t		taken;
	enum hk_err	e;
	bool		row, there, fresh = false;

	if ((e = transfer_load(r, id, &c, &row)) != HK_OK || !row ||
	    (e = transfer_owner(r, &c, make, &there)) != HK_OK || !there)
		return e;
	cause.now = c.at;
	owner = (struct owner){ c.owner_kind, c.owner };
	e = c.gives ? ledger_give(&cause, &owner, c.kind, c.key, c.amount, c.note, &fresh) :
	    ledger_take(&cause, &owner, c.kind, c.key, c.amount, TAKE_BELOW_ZERO, c.note, &taken,
	    &fresh);
	r->t->carried += fresh;
	return e;
}

/* ---- all of them ---------------------------------------------------------------------- */

static enum hk_err
carry_lift(struct replaying *r, struct span address)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(r->blank, S_UNSUPPRESS, &q)) != HK_OK)
		return e;
	bind_text(q, ":address", address);
	return stmt_run(q);
}

/* The row that the statement stands on. */
static enum hk_err
carry_row(struct replaying *r, struct stmt *q, bool make)
{
	struct span	name;
	enum hk_err	e;

	arena_reset(r->carrying);
	if ((e = keep(r, col_text(q, 3), &name)) != HK_OK)
		return e;
	switch ((enum what)col_int(q, 1)) {
	case CARRY_USER:
		return make ? HK_OK : carry_user(r, name);
	case CARRY_LINK:
		return carry_link(r, name);
	case CARRY_KEY:
		return carry_key(r, name);
	case CARRY_LIFT:
		return make ? HK_OK : carry_lift(r, name);
	case CARRY_TRANSFER:
		return carry_transfer(r, col_int(q, 2), make);
	}
	return HK_OK;
}

enum hk_err
carry_start(struct replaying *r)
{
	enum hk_err	e;
	bool		row;

	if ((e = db_stmt(r->books, S_REPLAY_CARRY, &r->carry)) != HK_OK ||
	    (e = stmt_step(r->carry, &row)) != HK_OK || row)
		return e;
	stmt_reset(r->carry);
	r->carry = NULL;
	return HK_OK;
}

enum hk_err
carry_until(struct replaying *r, int64_t us)
{
	enum hk_err	e = HK_OK;
	bool		row = true;

	while (e == HK_OK && r->carry != NULL && col_int(r->carry, 0) <= us) {
		if ((e = carry_row(r, r->carry, false)) != HK_OK ||
		    (e = stmt_step(r->carry, &row)) != HK_OK || row)
			continue;
		stmt_reset(r->carry);
		r->carry = NULL;
	}
	return e;
}

/* Once more from the beginning: what is there already is passed over. */
enum hk_err
carry_rest(struct replaying *r)
{
	enum hk_err	e;
	bool		row;

	if ((e = carry_until(r, INT64_MAX)) != HK_OK || (e = carry_start(r)) != HK_OK)
		return e;
	while (e == HK_OK && r->carry != NULL) {
		if ((e = carry_row(r, r->carry, true)) != HK_OK ||
		    (e = stmt_step(r->carry, &row)) != HK_OK || row)
			continue;
		stmt_reset(r->carry);
		r->carry = NULL;
	}
	return e;
}
