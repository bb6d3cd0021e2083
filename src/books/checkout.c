/*
 * Checkout sessions: what each buyer's way to pay has come to.
 */
#include "books/books.h"

#include <assert.h>

static void
bind_rest(struct stmt *q, const struct cause *c, const struct checkout *s,
    const char *user_id, bool fulfilled)
{
	bind_text(q, ":session", s->session);
	bind_text(q, ":user", span_str(user_id));
	bind_text(q, ":customer", s->customer);
	bind_text(q, ":payment_intent", s->payment_intent);
	if (s->amount_total >= 0)
		bind_int(q, ":amount_total", s->amount_total);
	bind_text(q, ":currency", s->currency);
	if (fulfilled)
		bind_int(q, ":fulfilled", c->now);
}

static void
bind_state(struct stmt *q, const struct cause *c, const struct checkout *s)
{
	bind_text(q, ":session", s->session);
	bind_text(q, ":mode", s->mode);
	bind_text(q, ":payment_status", s->payment_status);
	bind_int(q, ":event", c->event);
	bind_int(q, ":occurred", s->occurred_us);
	bind_int(q, ":now", c->now);
}

/* Nearly always this is all that is ever heard of a session. */
static enum hk_err
put_new(const struct cause *c, const struct checkout *s, const char *user_id,
    bool fulfilled, bool *fresh)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_CHECKOUT_NEW, &q)) != HK_OK)
		return e;
	bind_state(q, c, s);
	bind_rest(q, c, s, user_id, fulfilled);
	if ((e = stmt_run(q)) == HK_OK)
		*fresh = db_changes(c->db) == 1;
	return e;
}

/* Where the session stands, if this is news. */
static enum hk_err
put_state(const struct cause *c, const struct checkout *s)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_CHECKOUT_STATE, &q)) != HK_OK)
		return e;
	bind_state(q, c, s);
	return stmt_run(q);
}

static enum hk_err
put_rest(const struct cause *c, const struct checkout *s, const char *user_id,
    bool fulfilled)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_CHECKOUT_FILL, &q)) != HK_OK)
		return e;
	bind_rest(q, c, s, user_id, fulfilled);
	return stmt_run(q);
}

enum hk_err
checkout_put(const struct cause *c, const struct checkout *s, const char *user_id,
    bool fulfilled)
{
	bool		fresh;
	enum hk_err	e;

	assert(c->event != 0 && s->session.len > 0);
	if ((e = put_new(c, s, user_id, fulfilled, &fresh)) != HK_OK || fresh)
		return e;
	if ((e = put_state(c, s)) != HK_OK)
		return e;
	return put_rest(c, s, user_id, fulfilled);
}
