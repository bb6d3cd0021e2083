/* Credits: what somebody has, how it came to that, burning and granting. */
#include "api/call_part.h"

#include <stdio.h>

#include "books/subscription.h"

/* ---- whose --------------------------------------------------------------------------- */

enum hk_err
payer_organization(struct call *c, struct span id, struct payer *p)
{
	struct stmt	*q = NULL;
	bool		 row;
	enum hk_err	 e;

	*p = (struct payer){ .owner = { "organization", id } };
	if ((e = db_stmt(c->db, S_API_ORGANIZATION, &q)) != HK_OK)
		return e;
	bind_text(q, ":id", id);
	if ((e = stmt_step(q, &row)) == HK_OK && row)
		p->deleted = col_int(q, 0) != 0;
	stmt_reset(q);
	if (e == HK_OK && !row)
		return call_problem(c, PROBLEM_NOT_FOUND, "no organization \"%.*s\"",
		    (int)(id.len < 80 ? id.len : 80), id.p);
	return e;
}

static enum hk_err
payer_user(struct call *c, struct span any, struct payer *p)
{
	enum hk_err	e;

	*p = (struct payer){ .owner = { "user", SPAN_NULL } };
	e = any.p == NULL ? call_user(c, &p->user) : call_user_named(c, "user", any, &p->user);
	p->owner.id = span_str(p->user.id);
	p->deleted = p->user.deleted;
	return e;
}

enum hk_err
payer_of_body(struct call *c, struct payer *p)
{
	struct span	user = SPAN_NULL, organization = SPAN_NULL;
	enum hk_err	e;

	if (stops(c, e = call_text(c, "user", false, 255, &user)) ||
	    stops(c, e = call_text(c, "organization", false, 255, &organization)))
		return e;
	if ((user.p == NULL) == (organization.p == NULL))
		return call_problem(c, PROBLEM_BAD_REQUEST,
		    "name whose credits they are: user or organization, one of them");
	return user.p != NULL ? payer_user(c, user, p) : payer_organization(c, organization, p);
}

/* ---- balance and ledger ---------------------------------------------------------------- */

static enum hk_err
balance(struct call *c, const struct payer *p)
{
	int64_t		n;
	bool		good;
	enum hk_err	e;

	if ((e = ledger_balance_of(c->db, &p->owner, &n)) != HK_OK ||
	    (e = owner_in_good_standing(c->db, &p->owner, &good)) != HK_OK)
		return e;
	put_owner(c->out, &p->owner);
	jw_int(c->out, "balance", n);
	jw_bool(c->out, "good_standing", good);
	jw_bool(c->out, "deleted", p->deleted);
	return HK_OK;
}

enum hk_err
call_balance(struct call *c)
{
	struct payer	p;
	enum hk_err	e;

	if (stops(c, e = payer_user(c, SPAN_NULL, &p)))
		return e;
	return balance(c, &p);
}

enum hk_err
call_organization_balance(struct call *c)
{
	struct payer	p;
	enum hk_err	e;

	if (stops(c, e = payer_organization(c, route_get(&c->route, "organization"), &p)))
		return e;
	return balance(c, &p);
}

/*
 * Lines are never changed nor taken out, so what was left after one can be told from
 * the line above it: the place in the list is "id.balance".
 */
struct page {
	struct list	l;
	int64_t		left;		/* after the next line */
};

static void
transfer_row(struct call *c, struct stmt *q, void *ctx)
{
	struct page	*p = ctx;

	put_id(c->out, "id", col_int(q, 0));
	jw_text(c->out, "kind", col_text(q, 1));
	jw_int(c->out, "amount", col_int(q, 2));
	jw_int(c->out, "balance", p->left);
	jw_text(c->out, "business_key", col_text(q, 3));
	jw_text(c->out, "note", col_text(q, 4));
	if (col_is_null(q, 6))
		jw_null(c->out, "event");
	else {
		jw_open(c->out, "event", '{');
		put_id(c->out, "id", col_int(q, 6));
		jw_text(c->out, "provider", col_text(q, 7));
		jw_text(c->out, "event_id", col_text(q, 8));
		jw_text(c->out, "type", col_text(q, 9));
		jw_close(c->out, '}');
	}
	put_time(c->out, "created_at", q, 5);
	p->left -= col_int(q, 2);
	snprintf(p->l.place, sizeof(p->l.place), "%lld.%lld", (long long)col_int(q, 0),
	    (long long)p->left);
}

/* "12.-340" */
static bool
read_place(struct span s, int64_t *id, int64_t *left)
{
	struct span	number = span_cut(&s, '.');
	bool		minus = s.len > 0 && s.p[0] == '-';

	if (minus)
		s = span_of(s.p + 1, s.len - 1);
	if (!span_u63(number, id) || !span_u63(s, left))
		return false;
	if (minus)
		*left = -*left;
	return *left >= -CREDITS_MOST && *left <= CREDITS_MOST;
}

/* 0: there is none. */
static enum hk_err
account_of(struct db *db, const struct owner *owner, int64_t *account, int64_t *left)
{
	struct stmt	*q = NULL;
	bool		 row;
	enum hk_err	 e;

	*account = 0;
	if ((e = db_stmt(db, S_ACCOUNT_FIND, &q)) != HK_OK)
		return e;
	bind_text(q, ":owner_kind", span_str(owner->kind));
	bind_text(q, ":owner", owner->id);
	if ((e = stmt_step(q, &row)) == HK_OK && row) {
		*account = col_int(q, 0);
		*left = col_int(q, 1);
	}
	stmt_reset(q);
	return e;
}

static enum hk_err
ledger(struct call *c, const struct payer *payer)
{
	static const char *const	names[] = { NULL };
	struct page			p = { .l = { .put = transfer_row, .ctx = &p } };
	struct stmt			*q = NULL;
	int64_t				account, after = INT64_MAX;
	enum hk_err			e;

	if (stops(c, e = list_begin(c, names, &p.l)) ||
	    (e = account_of(c->db, &payer->owner, &account, &p.left)) != HK_OK)
		return e;
	if (p.l.after.p != NULL && !read_place(p.l.after, &after, &p.left))
		return list_lost(c);
	if (account == 0) {
		list_empty(c);
		return HK_OK;
	}
	if ((e = db_stmt(c->db, S_API_LEDGER, &q)) != HK_OK)
		return e;
	bind_int(q, ":account", account);
	bind_int(q, ":after", after);
	return list_rows(c, &p.l, q);
}

enum hk_err
call_ledger(struct call *c)
{
	struct payer	p;
	enum hk_err	e;

	if (stops(c, e = payer_user(c, SPAN_NULL, &p)))
		return e;
	return ledger(c, &p);
}

enum hk_err
call_organization_ledger(struct call *c)
{
	struct payer	p;
	enum hk_err	e;

	if (stops(c, e = payer_organization(c, route_get(&c->route, "organization"), &p)))
		return e;
	return ledger(c, &p);
}
