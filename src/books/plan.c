/*
 * Plans: what a purchase is worth in credits.
 */
#include "books/books.h"

#include <stdio.h>

/* Bytes; price ids of the senders are under 64. */
#define REF_MOST	128
#define CREDITS_MOST	INT64_C(1000000000000000)	/* what a transfer can move */

static const struct {
	const char	*name;		/* column value */
	const char	*prefix;	/* of its refs; NULL: a currency */
} matches[] = {
	[PLAN_PRICE]		= { "price",		"price_" },
	[PLAN_PAYMENT_LINK]	= { "payment_link",	"plink_" },
	[PLAN_CLERK_PLAN]	= { "clerk_plan",	"cplan_" },
	[PLAN_CURRENCY]		= { "currency",		NULL },
};

static bool
is_currency(struct span s)
{
	size_t	i;

	for (i = 0; i < s.len && s.p[i] >= 'a' && s.p[i] <= 'z'; i++)
		continue;
	return s.len == 3 && i == 3;
}

bool
plan_match_of(struct span ref, enum plan_match *out)
{
	size_t	i;

	if (!span_graph(ref, REF_MOST))
		return false;
	for (i = 0; i < sizeof(matches) / sizeof(matches[0]); i++) {
		const char	*prefix = matches[i].prefix;

		if (prefix == NULL ? !is_currency(ref) :
		    !span_starts(ref, prefix) || ref.len == strlen(prefix))
			continue;
		*out = (enum plan_match)i;
		return true;
	}
	return false;
}

enum hk_err
plan_set(const struct cause *c, const struct plan *p)
{
	struct stmt	*q = NULL;
	enum plan_match	 match;
	char		 thing[sizeof("plan:") + REF_MOST];
	enum hk_err	 e;

	if (!plan_match_of(p->ref, &match) || match != p->match)
		return err_tell(HK_SYNTAX, "\"%.*s\" is not the %s of a plan",
		    SPAN_ARG(p->ref), matches[p->match].name);
	if (p->credits < 0 || p->credits > CREDITS_MOST || p->per < 1)
		return err_tell(HK_SYNTAX, "plan %.*s: %lld credits per %lld;"
		    " allowed are 0 to %lld credits per 1 or more", SPAN_ARG(p->ref),
		    (long long)p->credits, (long long)p->per, (long long)CREDITS_MOST);
	if ((e = db_stmt(c->db, S_PLAN_SET, &q)) != HK_OK)
		return e;
	bind_text(q, ":match", span_str(matches[match].name));
	bind_text(q, ":ref", p->ref);
	bind_text(q, ":name", p->name);
	bind_int(q, ":credits", p->credits);
	bind_int(q, ":per", p->per);
	bind_int(q, ":now", c->now);
	if ((e = stmt_run(q)) != HK_OK)
		return e;
	snprintf(thing, sizeof(thing), "plan:%.*s", SPAN_ARG(p->ref));
	return wake(c, span_str(thing));
}

enum hk_err
plan_remove(const struct cause *c, struct span ref)
{
	struct stmt	*q = NULL;
	enum plan_match	 match;
	enum hk_err	 e;

	if (!plan_match_of(ref, &match))
		return err_tell(HK_NOTFOUND, "no plan \"%.*s\"", SPAN_ARG(ref));
	if ((e = db_stmt(c->db, S_PLAN_REMOVE, &q)) != HK_OK)
		return e;
	bind_text(q, ":match", span_str(matches[match].name));
	bind_text(q, ":ref", ref);
	if ((e = stmt_run(q)) != HK_OK)
		return e;
	if (db_changes(c->db) == 0)
		return err_tell(HK_NOTFOUND, "no plan \"%.*s\"", SPAN_ARG(ref));
	return HK_OK;
}

enum hk_err
plan_find(struct db *db, enum plan_match match, struct span ref, struct arena *a,
    struct plan *out)
{
	struct stmt	*q = NULL;
	struct plan	 p = { .match = match };
	bool		 row;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_PLAN_FIND, &q)) != HK_OK)
		return e;
	bind_text(q, ":match", span_str(matches[match].name));
	bind_text(q, ":ref", ref);
	if ((e = stmt_step(q, &row)) != HK_OK)
		goto out;
	if (!row) {
		e = err_tell(HK_NOTFOUND, "no plan for %s \"%.*s\"", matches[match].name,
		    SPAN_ARG(ref));
		goto out;
	}
	p.ref = arena_span(a, ref);
	p.name = arena_span(a, col_text(q, 0));
	p.credits = col_int(q, 1);
	p.per = col_int(q, 2);
	if (p.ref.p == NULL || p.name.len != col_text(q, 0).len)
		e = err_tell(HK_NOMEM, "plan %.*s: the arena is full", SPAN_ARG(ref));
	else
		*out = p;
out:
	stmt_reset(q);
	return e;
}
