/* What a person does with a user: giving and taking credits, revoking a key. */
#include <stdio.h>

#include "admin/auditlog.h"
#include "admin/user_facts.h"
#include "base/codec.h"
#include "books/apikey.h"

#define AMOUNT_MOST	INT64_C(1000000000000000)
#define NOTE_MOST	500	/* bytes */

/* ---- giving and taking ----------------------------------------------------------- */

struct adjusting {
	struct user	 user;
	struct span	 typed, note;	/* as typed; SPAN_NULL: not yet */
	struct span	 key;		/* a UUID: pressed twice, it is booked once */
	int64_t		 amount;	/* below 0: taken */
	int64_t		 balance;
	const char	*wrong;		/* a sentence, or NULL */
};

/* "500", "+500", "-20", blanks between the digits as people copy them. */
static bool
read_amount(struct span s, int64_t *out)
{
	char	digits[20];
	size_t	n = 0;
	bool	minus = s.len > 0 && *s.p == '-';
	int64_t	amount;

	if (s.len > 0 && (minus || *s.p == '+'))
		s = span_trim(span_of(s.p + 1, s.len - 1));
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == ' ')
			continue;
		if (n == sizeof(digits) - 1)
			return false;
		digits[n++] = s.p[i];
	}
	if (!span_u63(span_of(digits, n), &amount) || amount < 1 || amount > AMOUNT_MOST)
		return false;
	*out = minus ? -amount : amount;
	return true;
}

static const char *
wrong_with(const struct adjusting *a)
{
	if (a->typed.p == NULL || a->amount == 0)
		return "An amount is a whole number of credits: 500 to give, -500 to take away.";
	if (a->note.p == NULL || a->note.len > NOTE_MOST || !utf8_valid(a->note) ||
	    memchr(a->note.p, '\0', a->note.len) != NULL)
		return "Say why, in at most 500 bytes: the note stays in the ledger.";
	if (a->amount < 0 && a->balance + a->amount < 0)
		return "That is more than there is: a balance is not taken below 0 by hand.";
	if (a->balance + a->amount > AMOUNT_MOST)
		return "No balance may be that large.";
	return NULL;
}

static enum hk_err
read_adjusting(struct visit *v, const struct form *form, struct adjusting *a)
{
	enum hk_err	e;

	*a = (struct adjusting){ .typed = form_get(form, "amount"),
	    .note = form_get(form, "note"), .key = form_get(form, "key") };
	a->typed = a->typed.p != NULL ? span_trim(a->typed) : a->typed;
	a->note = a->note.p != NULL ? span_trim(a->note) : a->note;
	if (a->note.len == 0)
		a->note = SPAN_NULL;
	(void)read_amount(a->typed, &a->amount);
	if ((e = user_of_route(v, &a->user)) != HK_OK)
		return e;
	return ledger_balance(v->db, a->user.id, &a->balance);
}

static enum hk_err
put_who(struct visit *v, const struct adjusting *a)
{
	struct jw	*w = v->doc;
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row;

	if ((e = db_stmt(v->db, S_USERS_ROW, &q)) != HK_OK)
		return e;
	bind_text(q, ":id", span_str(a->user.id));
	jw_open(w, "user", '{');
	jw_text(w, "id", span_str(a->user.id));
	if ((e = stmt_step(q, &row)) == HK_OK && row) {
		jw_text(w, "email", col_text(q, 2));
		user_name_put(w, q);
	}
	stmt_reset(q);
	jw_bool(w, "deleted", a->user.deleted);
	jw_close(w, '}');
	return e;
}

/* The question, or, without amount and note yet, the form for them. */
static enum hk_err
put_question(struct visit *v, const struct adjusting *a)
{
	struct jw	*w = v->doc;
	char		 key[UUID_LEN + 1];
	enum hk_err	 e;

	if ((e = put_who(v, a)) != HK_OK)
		return e;
	uuid7(key, v->now);
	jw_bool(w, "asks", wrong_with(a) == NULL);
	jw_text(w, "wrong", span_str(a->typed.p != NULL || a->note.p != NULL ? a->wrong : NULL));
	jw_text(w, "typed", a->typed);
	jw_text(w, "note", a->note);
	jw_int(w, "amount", a->amount < 0 ? -a->amount : a->amount);
	jw_bool(w, "takes", a->amount < 0);
	jw_int(w, "balance", a->balance);
	jw_int(w, "after", a->balance + a->amount);
	jw_text(w, "key", span_str(key));
	return HK_OK;
}

enum hk_err
page_user_adjust(struct visit *v)
{
	struct adjusting	a;
	enum hk_err		e;

	if ((e = read_adjusting(v, &v->query, &a)) != HK_OK)
		return e;
	a.wrong = wrong_with(&a);
	if (a.wrong != NULL && (a.typed.p != NULL || a.note.p != NULL))
		v->status = 400;
	return put_question(v, &a);
}

static struct span
number(struct visit *v, int64_t n)
{
	return span_str(arena_printf(v->arena, "%lld", (long long)n));
}

static enum hk_err
book(struct visit *v, const struct adjusting *a, struct span key, bool *fresh)
{
	const struct cause	c = { v->db, 0, v->now };
	const struct owner	owner = { "user", span_str(a->user.id) };
	int64_t			taken;

	if (a->amount > 0)
		return ledger_give(&c, &owner, T_ADJUST, key, a->amount, a->note, fresh);
	return ledger_take(&c, &owner, T_ADJUST, key, -a->amount, TAKE_ALL, a->note, &taken, fresh);
}

static enum hk_err
log_booking(struct visit *v, const struct adjusting *a, struct span key)
{
	const struct fact	before[] = { { "balance", number(v, a->balance) } };
	const struct fact	after[] = {
		{ "balance", number(v, a->balance + a->amount) },
		{ "amount", number(v, a->amount) },
		{ "business_key", key },
		{ "note", a->note },
	};
	struct auditlog		log = { .action = "credits.adjust",
				    .subject = auditlog_subject(v->arena, "user", span_str(a->user.id)),
				    .before = auditlog_facts(v->arena, before, 1),
				    .after = auditlog_facts(v->arena, after, 4) };

	return auditlog_put(v, &log);
}

/*
 * Inside the transaction, so that nothing comes between look and booking.  *again:
 * ask once more, a->wrong says why.
 */
static enum hk_err
adjust(struct visit *v, struct adjusting *a, bool *again, bool *fresh)
{
	struct span	key = span_str(arena_printf(v->arena, "adjust:%.*s", SPAN_ARG(a->key)));
	struct span	seen = visit_form(v, "seen");
	struct stmt	*q;
	int64_t		 booked = 0;
	enum hk_err	 e;

	if ((e = db_stmt(v->db, S_TRANSFER_KNOWN, &q)) != HK_OK)
		return e;
	bind_text(q, ":key", key);
	if ((e = stmt_int(q, &booked)) != HK_OK || booked != 0)
		return e;
	if ((e = ledger_balance(v->db, a->user.id, &a->balance)) != HK_OK)
		return e;
	if ((a->wrong = wrong_with(a)) == NULL && !span_eq(seen, number(v, a->balance)))
		a->wrong = "The balance has changed meanwhile. Look again, then book it.";
	*again = a->wrong != NULL;
	if (*again || (e = book(v, a, key, fresh)) != HK_OK)
		return e;
	return log_booking(v, a, key);
}

enum hk_err
act_user_adjust(struct visit *v)
{
	struct adjusting	a;
	bool			again = false, fresh = false;
	enum hk_err		e;

	if ((e = read_adjusting(v, &v->form, &a)) != HK_OK)
		return e;
	if (!uuid_valid(a.key))
		return err_tell(HK_SYNTAX, "Begin on the user's page, which asks first.");
	if ((e = db_begin(v->db)) != HK_OK || (e = adjust(v, &a, &again, &fresh)) != HK_OK)
		return e;
	if (again) {
		db_rollback(v->db);
		v->status = wrong_with(&a) == NULL ? 409 : 400;
		return put_question(v, &a);
	}
	if ((e = db_commit(v->db)) != HK_OK)
		return e;
	v->said = fresh ? "adjusted" : "adjusted_before";
	v->said_n = 1;
	return visit_then(v, "/users/%s", a.user.id);
}

/* ---- keys ---------------------------------------------------------------------------- */

/* What the log says of it; HK_NOTFOUND: the user has no such key. */
static enum hk_err
key_facts(struct visit *v, const struct user *u, struct span key, struct auditlog *log)
{
	struct fact	 facts[] = { { "key", key }, { "name", SPAN_NULL }, { "prefix", SPAN_NULL } };
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row;

	if ((e = db_stmt(v->db, S_STORY_KEY, &q)) != HK_OK)
		return e;
	bind_text(q, ":key", key);
	bind_text(q, ":id", span_str(u->id));
	if ((e = stmt_step(q, &row)) == HK_OK && row) {
		facts[1].value = col_is_null(q, 0) ? SPAN_NULL :
		    arena_span(v->arena, col_text(q, 0));
		facts[2].value = arena_span(v->arena, col_text(q, 1));
	}
	stmt_reset(q);
	if (e == HK_OK && !row)
		return err_tell(HK_NOTFOUND, "The user has no such key.");
	log->subject = auditlog_subject(v->arena, "user", span_str(u->id));
	log->before = auditlog_facts(v->arena, facts, 3);
	return e;
}

static enum hk_err
revoke(struct visit *v, struct span key, const struct auditlog *log)
{
	const struct cause	c = { v->db, 0, v->now };
	enum hk_err		e = apikey_revoke(&c, key);

	v->said = e == HK_SKIP ? "key_was_revoked" : "key_revoked";
	v->said_n = 1;
	if (e == HK_OK)
		e = auditlog_put(v, log);
	return e == HK_SKIP ? HK_OK : e;
}

enum hk_err
act_key_revoke(struct visit *v)
{
	struct auditlog	log = { .action = "key.revoke" };
	struct span	key = visit_form(v, "key");
	struct user	u;
	enum hk_err	e;

	if (key.p == NULL)
		return err_tell(HK_SYNTAX, "Which key?");
	if ((e = user_of_route(v, &u)) != HK_OK ||
	    (e = db_begin(v->db)) != HK_OK ||
	    (e = key_facts(v, &u, key, &log)) != HK_OK ||
	    (e = revoke(v, key, &log)) != HK_OK ||
	    (e = db_commit(v->db)) != HK_OK)
		return e;
	return visit_then(v, "/users/%s", u.id);
}
