/* Plans: how many credits a purchase is worth, and what waits to be told. */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "admin/auditlog.h"
#include "admin/money.h"
#include "books/books.h"
#include "inbox/wakeup.h"

#define PLANS_SHOWN	500
#define AWAITED_SHOWN	50
#define AWAITED_WINDOW	20000	/* waiting events that are looked at */
#define NAME_MOST	200	/* bytes */
#define CREDITS_MOST	INT64_C(1000000000000000)
#define PER_MOST	INT64_C(1000000000000)
#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

static const struct {
	const char	*match, *title;
} kinds[] = {
	[PLAN_PRICE]		= { "price", "Stripe price" },
	[PLAN_PAYMENT_LINK]	= { "payment_link", "Stripe payment link" },
	[PLAN_CLERK_PLAN]	= { "clerk_plan", "Clerk plan" },
	[PLAN_CURRENCY]		= { "currency", "Currency" },
};

/* What is in the form, and a sentence for each field that is wrong. */
struct typed {
	struct span	 ref, name, credits, per;
	const char	*wrong_ref, *wrong_name, *wrong_credits, *wrong_per;
};

/* ---- the document ---------------------------------------------------------- */

static const char *
kind_title(struct span match)
{
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (span_is(match, kinds[i].match))
			return kinds[i].title;
	return "Plan";
}

static void
put_example(struct jw *w, struct span currency, int64_t credits, int64_t per)
{
	int64_t	given, amount = money_example(currency, credits, per, &given);

	jw_open(w, "example", '{');
	money_put(w, "each", per, currency);
	money_put(w, "money", amount, currency);
	jw_int(w, "amount", amount);
	jw_int(w, "gives", given);
	jw_close(w, '}');
}

/* A row of S_PLANS. */
static void
put_plan(struct visit *v, struct stmt *q, struct span here)
{
	struct jw	*w = v->doc;
	struct span	 match = col_text(q, 0), ref = col_text(q, 1);
	bool		 currency = span_is(match, "currency");

	jw_open(w, NULL, '{');
	jw_text(w, "ref", ref);
	jw_text(w, "match", match);
	jw_text(w, "kind", span_str(kind_title(match)));
	jw_text(w, "name", col_text(q, 2));
	jw_int(w, "credits", col_int(q, 3));
	jw_int(w, "per", col_int(q, 4));
	jw_bool(w, "here", span_eq(ref, here));
	if (currency)
		put_example(w, ref, col_int(q, 3), col_int(q, 4));
	else
		jw_null(w, "example");
	jw_time(w, "updated_at", col_int(q, 5));
	jw_close(w, '}');
}

static enum hk_err
put_plans(struct visit *v, struct span here)
{
	struct stmt	*q;
	int		 n = 0;
	enum hk_err	 e;
	bool		 row;

	if ((e = db_stmt(v->db, S_PLANS, &q)) != HK_OK)
		return e;
	bind_int(q, ":limit", PLANS_SHOWN + 1);
	jw_open(v->doc, "rows", '[');
	while ((e = stmt_step(q, &row)) == HK_OK && row && n++ < PLANS_SHOWN)
		put_plan(v, q, here);
	stmt_reset(q);
	jw_close(v->doc, ']');
	jw_bool(v->doc, "rows_left_out", n > PLANS_SHOWN);
	return e;
}

/* A row of S_PLANS_AWAITED: more is awaited than what can be set here. */
static void
put_awaited_plan(struct jw *w, struct stmt *q)
{
	struct span	ref = col_text(q, 0);
	enum plan_match	match;
	bool		good = plan_match_of(ref, &match);

	jw_open(w, NULL, '{');
	jw_text(w, "ref", ref);
	jw_text(w, "kind", span_str(good ? kinds[match].title : NULL));
	jw_bool(w, "settable", good);
	jw_int(w, "events", col_int(q, 1));
	jw_bool(w, "one", col_int(q, 1) == 1);
	jw_time(w, "since", col_int(q, 2));
	jw_close(w, '}');
}

static enum hk_err
put_awaited(struct visit *v)
{
	struct stmt	*q;
	int64_t		 events = 0;
	enum hk_err	 e;
	bool		 row;

	if ((e = db_stmt(v->db, S_PLANS_AWAITED, &q)) != HK_OK)
		return e;
	bind_int(q, ":window", AWAITED_WINDOW);
	bind_int(q, ":limit", AWAITED_SHOWN);
	jw_open(v->doc, "awaited", '[');
	while ((e = stmt_step(q, &row)) == HK_OK && row) {
		put_awaited_plan(v->doc, q);
		events += col_int(q, 1);
	}
	stmt_reset(q);
	jw_close(v->doc, ']');
	jw_bool(v->doc, "awaits", events > 0);
	jw_bool(v->doc, "awaited_more", events >= AWAITED_WINDOW);
	return e;
}

/* The stored plan of that name, for the form and the audit log.  *there: is it? */
static enum hk_err
load(struct visit *v, enum plan_match match, struct span ref, struct typed *t, bool *there)
{
	struct stmt	*q;
	enum hk_err	 e;

	*there = false;
	if ((e = db_stmt(v->db, S_PLAN_ONE, &q)) != HK_OK)
		return e;
	bind_text(q, ":match", span_str(kinds[match].match));
	bind_text(q, ":ref", ref);
	if ((e = stmt_step(q, there)) == HK_OK && *there) {
		t->credits = arena_span(v->arena, col_text(q, 0));
		t->per = arena_span(v->arena, col_text(q, 1));
		t->name = col_is_null(q, 2) ? SPAN_NULL : arena_span(v->arena, col_text(q, 2));
		if (t->credits.p == NULL || t->per.p == NULL ||
		    (t->name.p == NULL && !col_is_null(q, 2)))
			e = err_note(HK_NOMEM, "no memory for a plan");
	}
	stmt_reset(q);
	return e;
}

static void
put_form(struct jw *w, const struct typed *t, bool change)
{
	enum plan_match	match;
	bool		good = plan_match_of(t->ref, &match);

	jw_open(w, "form", '{');
	jw_text(w, "ref", t->ref);
	jw_text(w, "name", t->name);
	jw_text(w, "credits", t->credits);
	jw_text(w, "per", t->per);
	jw_bool(w, "change", change);
	jw_bool(w, "with_per", !good || match == PLAN_CURRENCY);
	jw_text(w, "wrong_ref", span_str(t->wrong_ref));
	jw_text(w, "wrong_name", span_str(t->wrong_name));
	jw_text(w, "wrong_credits", span_str(t->wrong_credits));
	jw_text(w, "wrong_per", span_str(t->wrong_per));
	jw_close(w, '}');
}

static enum hk_err
put_document(struct visit *v, const struct typed *t, bool change)
{
	enum hk_err	e;

	put_form(v->doc, t, change);
	if ((e = put_plans(v, change ? t->ref : SPAN_NULL)) != HK_OK)
		return e;
	return put_awaited(v);
}

/* A currency is kept in lower case: USD is usd. */
static struct span
ref_of(struct visit *v, struct span typed)
{
	char	*ref = typed.len == 3 ? arena_str(v->arena, typed) : NULL;

	if (ref == NULL)
		return typed;
	for (char *p = ref; *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	return span_of(ref, typed.len);
}

enum hk_err
page_plans(struct visit *v)
{
	struct typed	t = { .ref = ref_of(v, visit_query(v, "ref")) };
	enum plan_match	match;
	bool		change = false;
	enum hk_err	e;

	if (plan_match_of(t.ref, &match) &&
	    (e = load(v, match, t.ref, &t, &change)) != HK_OK)
		return e;
	return put_document(v, &t, change);
}

/* ---- actions: one transaction each ------------------------------------------ */

/* Whole numbers only, as people type them: blanks and commas between digits are nothing. */
static bool
number(struct span s, int64_t most, int64_t *out)
{
	char	digits[24];
	size_t	n = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == ' ' || s.p[i] == ',' || s.p[i] == '_')
			continue;
		if (n == sizeof(digits))
			return false;
		digits[n++] = s.p[i];
	}
	return span_u63(span_of(digits, n), out) && *out <= most;
}

/* False: something is wrong, and the sentences say what. */
static bool
check(struct typed *t, struct plan *p)
{
	p->ref = t->ref;
	p->name = t->name;
	p->per = 1;
	if (!plan_match_of(t->ref, &p->match))
		t->wrong_ref = "This is no plan: it is price_…, plink_… or cplan_… as the sender shows it, "
		    "or a currency of three letters such as usd.";
	if (t->name.len > NAME_MOST)
		t->wrong_name = "This name is too long: 200 bytes are the most.";
	if (!number(t->credits, CREDITS_MOST, &p->credits))
		t->wrong_credits = "Credits are a whole number, 0 or more and at most a thousand million million.";
	if (t->per.p != NULL && (!number(t->per, PER_MOST, &p->per) || p->per < 1))
		t->wrong_per = "This is a whole number from 1 on: how many of the currency's smallest units.";
	else if (t->wrong_ref == NULL && p->match != PLAN_CURRENCY && p->per != 1)
		t->wrong_per = "Only a currency has a rate; of this one the credits are for one piece.";
	return t->wrong_ref == NULL && t->wrong_name == NULL && t->wrong_credits == NULL &&
	    t->wrong_per == NULL;
}

static enum hk_err
facts(struct visit *v, enum plan_match match, struct span ref, struct span *out)
{
	struct typed	t = { .ref = ref };
	bool		there;
	enum hk_err	e = load(v, match, ref, &t, &there);

	*out = SPAN_NULL;
	if (e == HK_OK && there)
		*out = auditlog_facts(v->arena, (struct fact[]){ { "credits", t.credits },
		    { "per", t.per }, { "name", t.name } }, 3);
	return e;
}

static enum hk_err
awaited(struct visit *v, struct span ref, int64_t *n)
{
	struct stmt	*q;
	struct span	 thing = auditlog_subject(v->arena, "plan", ref);
	enum hk_err	 e;

	if (thing.p == NULL)
		return err_note(HK_NOMEM, "no memory for a name");
	if ((e = db_stmt(v->db, S_PLAN_AWAITED, &q)) != HK_OK)
		return e;
	bind_text(q, ":thing", thing);
	return stmt_int(q, n);
}

/* set NULL: it is removed. */
static enum hk_err
change(struct visit *v, enum plan_match match, struct span ref, const struct plan *set)
{
	const struct cause	cause = { .db = v->db, .now = v->now };
	struct auditlog		log = { .action = set != NULL ? "plan.set" : "plan.rm",
				    .subject = auditlog_subject(v->arena, "plan", ref) };
	enum hk_err		e;

	if ((e = facts(v, match, ref, &log.before)) != HK_OK ||
	    (e = set != NULL ? plan_set(&cause, set) : plan_remove(&cause, ref)) != HK_OK ||
	    (e = facts(v, match, ref, &log.after)) != HK_OK)
		return e;
	return auditlog_put(v, &log);
}

static enum hk_err
in_transaction(struct visit *v, enum plan_match match, struct span ref, const struct plan *set,
    int64_t *woken)
{
	enum hk_err	e;
	int		fd = -1;

	if ((e = db_begin(v->db)) != HK_OK)
		return e;
	if ((e = awaited(v, ref, woken)) == HK_OK && (e = change(v, match, ref, set)) == HK_OK)
		e = db_commit(v->db);
	if (e != HK_OK) {
		db_rollback(v->db);
		return e;
	}
	if (set != NULL && *woken > 0)
		(void)wakeup_send(v->conf, &fd);
	if (fd != -1)
		close(fd);
	return HK_OK;
}

enum hk_err
act_plan_set(struct visit *v)
{
	struct typed	t = { .ref = ref_of(v, visit_form(v, "ref")), .name = visit_form(v, "name"),
			    .credits = visit_form(v, "credits"), .per = visit_form(v, "per") };
	struct typed	stored;
	struct plan	p = { .match = PLAN_PRICE };
	bool		there = false;
	enum hk_err	e;

	if (!check(&t, &p)) {
		v->status = err_status(HK_SYNTAX);
		if (t.wrong_ref == NULL &&
		    (e = load(v, p.match, t.ref, &stored, &there)) != HK_OK)
			return e;
		return put_document(v, &t, there);
	}
	if ((e = in_transaction(v, p.match, p.ref, &p, &v->said_n)) != HK_OK)
		return e;
	v->said = v->said_n > 0 ? "plan_awaited" : "saved";
	v->then = "/plans";
	return HK_OK;
}

enum hk_err
act_plan_remove(struct visit *v)
{
	struct span	ref = ref_of(v, visit_form(v, "ref"));
	enum plan_match	match;
	int64_t		waiting;
	enum hk_err	e;

	if (!plan_match_of(ref, &match))
		return err_tell(HK_NOTFOUND, "there is no plan of that name");
	if ((e = in_transaction(v, match, ref, NULL, &waiting)) != HK_OK)
		return e;
	v->said = "removed";
	v->then = "/plans";
	return HK_OK;
}
