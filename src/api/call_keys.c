/* API keys of users: made, shown once, verified, revoked. */
#include "api/call_part.h"

#include "books/apikey.h"
#include "crypto/hmac.h"

/* Columns of API_KEY. */
static void
key_members(struct jw *w, struct stmt *q)
{
	jw_text(w, "id", col_text(q, 0));
	jw_text(w, "user", col_text(q, 1));
	jw_text(w, "name", col_text(q, 2));
	jw_text(w, "prefix", col_text(q, 3));
	jw_bool(w, "revealed", col_int(q, 4) != 0 && col_is_null(q, 7));
	put_time(w, "created_at", q, 5);
	put_time(w, "used_at", q, 6);
	put_time(w, "revoked_at", q, 7);
}

static enum hk_err
put_key(struct call *c, struct span id)
{
	struct stmt	*q = NULL;
	bool		 row;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_API_KEY_ONE, &q)) != HK_OK)
		return e;
	bind_text(q, ":id", id);
	if ((e = stmt_step(q, &row)) == HK_OK && row)
		key_members(c->out, q);
	stmt_reset(q);
	return e;
}

static void
key_row(struct call *c, struct stmt *q, void *ctx)
{
	(void)ctx;
	key_members(c->out, q);
}

enum hk_err
call_keys(struct call *c)
{
	static const char *const	names[] = { NULL };
	struct list			l = { .put = key_row };
	struct stmt			*q = NULL;
	struct user			u;
	enum hk_err			e;

	if (stops(c, e = call_user(c, &u)) ||
	    stops(c, e = list_begin(c, names, &l)) ||
	    (e = db_stmt(c->db, S_API_KEYS, &q)) != HK_OK)
		return e;
	bind_text(q, ":user", span_str(u.id));
	bind_text(q, ":after", l.after.p != NULL ? l.after : SPAN("~"));
	return list_rows(c, &l, q);
}

/* Who saw the text of a key, or ended it, stands in the audit log. */
static enum hk_err
note_key(struct call *c, const char *action, struct span id)
{
	struct span	subject = span_str(arena_printf(c->arena, "key:%.*s", SPAN_ARG(id)));

	if (subject.p == NULL)
		return err_note(HK_NOMEM, "no memory for a line of the audit log");
	return note_action(c, action, subject, SPAN_NULL);
}

/* The text goes into the answer, and nowhere else. */
static enum hk_err
put_secret(struct call *c, struct span id, char text[APIKEY_TEXT])
{
	enum hk_err	e = put_key(c, id);

	jw_text(c->out, "text", span_str(text));
	crypto_cleanse(text, APIKEY_TEXT);
	return e;
}

enum hk_err
call_key_create(struct call *c)
{
	static const char *const	names[] = { "name", NULL };
	const struct cause		cause = { c->db, 0, c->now };
	struct span			name = SPAN_NULL;
	char				text[APIKEY_TEXT];
	struct apikey			k;
	struct user			u;
	enum hk_err			e;

	if (stops(c, e = call_only(c, names)) ||
	    stops(c, e = call_text(c, "name", false, 80, &name)) ||
	    stops(c, e = call_user(c, &u)))
		return e;
	if (u.deleted)
		return call_problem(c, PROBLEM_DEACTIVATED, "user %s is deleted", u.id);
	if ((e = apikey_make(&cause, c->conf, u.id, name, &k, text)) != HK_OK)
		return call_failed(c, e);
	c->status = 201;
	if ((e = note_key(c, "key.create", span_str(k.id))) != HK_OK)
		return e;
	return put_secret(c, span_str(k.id), text);
}

enum hk_err
call_key_reveal(struct call *c)
{
	static const char *const	names[] = { NULL };
	const struct cause		cause = { c->db, 0, c->now };
	struct span			id = route_get(&c->route, "key");
	char				text[APIKEY_TEXT];
	enum hk_err			e;

	if (stops(c, e = call_only(c, names)))
		return e;
	e = apikey_reveal(&cause, c->conf, id, text);
	if (e == HK_CONF || e == HK_BADSIG)
		return call_problem(c, PROBLEM_NOT_READY, "the settings no longer have the key"
		    " that this one was sealed with; make a new one");
	if (e != HK_OK)
		return call_failed(c, e);
	if ((e = note_key(c, "key.reveal", id)) != HK_OK)
		return e;
	return put_secret(c, id, text);
}

enum hk_err
call_key_revoke(struct call *c)
{
	const struct cause	cause = { c->db, 0, c->now };
	struct span		id = route_get(&c->route, "key");
	enum hk_err		e = apikey_revoke(&cause, id);

	if (e != HK_OK && e != HK_SKIP)
		return call_failed(c, e);
	if (e == HK_OK && (e = note_key(c, "key.revoke", id)) != HK_OK)
		return e;
	return put_key(c, id);
}

/* ---- verify, and burn in the same call ------------------------------------------------ */

struct verdict {
	const char	*code;
	struct apikey	 key;		/* id "": unknown */
	int64_t		 balance, burned, transfer;
};

/* What a refused burn means for the key: an answer, not a problem. */
static const char *
verdict_of(enum problem problem)
{
	switch (problem) {
	case PROBLEM_NONE: return "valid";
	case PROBLEM_SHORT: return "insufficient_credits";
	case PROBLEM_PAST_DUE: return "past_due";
	case PROBLEM_DEACTIVATED: return "deactivated";
	default: return NULL;
	}
}

static enum hk_err
burn_by_key(struct call *c, int64_t amount, struct span note, struct verdict *v)
{
	struct payer	p = { .owner = { "user", span_str(v->key.user) } };
	struct burn	b = { .amount = amount, .note = note };
	enum hk_err	e;

	if ((e = burn_key(c, "verify", &b)) != HK_OK || (e = burn(c, &p, &b)) != HK_OK ||
	    (v->code = verdict_of(c->problem)) == NULL)
		return e;
	if (c->problem == PROBLEM_NONE) {
		v->burned = amount;
		v->transfer = b.transfer;
	}
	c->problem = PROBLEM_NONE;
	c->told[0].name = NULL;
	return HK_OK;
}

static enum hk_err
verify(struct call *c, struct span text, int64_t amount, struct span note, struct verdict *v)
{
	const struct cause	cause = { c->db, 0, c->now };
	enum hk_err		e;

	*v = (struct verdict){ .code = "not_found" };
	if ((e = apikey_check(c->db, text, &v->key)) == HK_BADSIG)
		return HK_OK;
	if (e != HK_OK)
		return e;
	v->code = "valid";
	if ((amount > 0 && (e = burn_by_key(c, amount, note, v)) != HK_OK) ||
	    c->problem != PROBLEM_NONE ||
	    (e = apikey_used(&cause, &v->key)) != HK_OK)
		return e;
	return ledger_balance(c->db, v->key.user, &v->balance);
}

static void
put_verdict(struct jw *w, const struct verdict *v)
{
	bool	known = v->key.id[0] != '\0';

	jw_bool(w, "valid", strcmp(v->code, "valid") == 0);
	jw_text(w, "code", span_str(v->code));
	jw_text(w, "key", known ? span_str(v->key.id) : SPAN_NULL);
	jw_text(w, "user", known ? span_str(v->key.user) : SPAN_NULL);
	if (known)
		jw_int(w, "balance", v->balance);
	else
		jw_null(w, "balance");
	jw_int(w, "burned", v->burned);
	put_id(w, "transfer", v->transfer);
}

enum hk_err
call_key_verify(struct call *c)
{
	static const char *const	names[] = { "key", "burn", "note", NULL };
	struct span			text = SPAN_NULL, note = SPAN_NULL;
	struct verdict			v;
	int64_t				amount = 0;
	enum hk_err			e;

	if (stops(c, e = call_only(c, names)) ||
	    stops(c, e = call_text(c, "key", true, 200, &text)) ||
	    stops(c, e = call_int(c, "burn", false, 0, CREDITS_MOST, &amount)) ||
	    stops(c, e = call_text(c, "note", false, NOTE_MOST, &note)) ||
	    stops(c, e = verify(c, text, amount, note, &v)))
		return e;
	put_verdict(c->out, &v);
	return HK_OK;
}
