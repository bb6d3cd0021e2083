/* Subscriptions and plans. */
#include "api/call_part.h"

#include <stdio.h>

#define ITEMS_MOST	200
#define LOOK_MOST	20000	/* subscriptions looked at for one page */

/* Columns of API_SUBSCRIPTION. */
static void
subscription_members(struct jw *w, struct stmt *q)
{
	jw_text(w, "id", col_text(q, 1));
	jw_text(w, "provider", col_text(q, 2));
	jw_text(w, "user", col_text(q, 3));
	jw_text(w, "organization", col_text(q, 4));
	jw_text(w, "customer", col_text(q, 5));
	jw_text(w, "status", col_text(q, 6));
	jw_text(w, "plan", col_text(q, 7));
	jw_text(w, "plan_name", col_text(q, 8));
	if (col_is_null(q, 9))
		jw_null(w, "quantity");
	else
		jw_int(w, "quantity", col_int(q, 9));
	jw_bool(w, "trial", col_int(q, 10) != 0);
	jw_int(w, "items", col_int(q, 11));
	put_time(w, "period_start", q, 12);
	put_time(w, "period_end", q, 13);
	put_time(w, "cancel_at", q, 14);
	put_time(w, "canceled_at", q, 15);
	put_time(w, "ended_at", q, 16);
	put_time(w, "created_at", q, 17);
	put_time(w, "updated_at", q, 18);
}

static void
subscription_row(struct call *c, struct stmt *q, void *ctx)
{
	(void)ctx;
	subscription_members(c->out, q);
}

/* What the query says besides. */
static enum hk_err
begin(struct call *c, const char *const *names, struct list *l)
{
	static const char *const	providers[] = { "stripe", "clerk", NULL };
	struct span			provider;
	enum hk_err			e;

	if (stops(c, e = list_begin(c, names, l)))
		return e;
	return query_word(c, "provider", providers, &provider);
}

static enum hk_err
list_filtered(struct call *c, struct list *l, struct stmt *q)
{
	bind_text(q, ":provider", form_get(&c->query, "provider"));
	bind_text(q, ":status", form_get(&c->query, "status"));
	return list_rows(c, l, q);
}

/* Those of one owner. */
static enum hk_err
list_of(struct call *c, struct list *l, const struct owner *owner)
{
	struct stmt	*q = NULL;
	int64_t		 after;
	enum hk_err	 e;

	if (stops(c, e = list_after(c, l, INT64_MAX, &after)) ||
	    (e = db_stmt(c->db, S_API_SUBSCRIPTIONS_OF, &q)) != HK_OK)
		return e;
	bind_int(q, ":after", after);
	bind_text(q, ":owner", owner->id);
	bind_text(q, ":owner_kind", span_str(owner->kind));
	return list_filtered(c, l, q);
}

/* Everybody's, so many at a time. */
static enum hk_err
list_all(struct call *c, struct list *l)
{
	struct stmt	*q = NULL;
	int64_t		 high = 0, after;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_API_SUBSCRIPTION_HIGH, &q)) != HK_OK ||
	    (e = stmt_int(q, &high)) != HK_OK ||
	    stops(c, e = list_after(c, l, high, &after)) ||
	    (e = db_stmt(c->db, S_API_SUBSCRIPTIONS_ALL, &q)) != HK_OK)
		return e;
	l->low = after > LOOK_MOST ? after - LOOK_MOST : 0;
	bind_int(q, ":after", after);
	bind_int(q, ":low", l->low);
	return list_filtered(c, l, q);
}

enum hk_err
call_user_subscriptions(struct call *c)
{
	static const char *const	names[] = { "status", "provider", NULL };
	struct list			l = { .put = subscription_row };
	struct user			u;
	enum hk_err			e;

	if (stops(c, e = call_user(c, &u)) ||
	    stops(c, e = begin(c, names, &l)))
		return e;
	return list_of(c, &l, &(struct owner){ "user", span_str(u.id) });
}

enum hk_err
call_subscriptions(struct call *c)
{
	static const char *const	names[] = {
		"status", "provider", "user", "organization", NULL
	};
	struct list			l = { .put = subscription_row };
	struct span			user = form_get(&c->query, "user");
	struct span			organization = form_get(&c->query, "organization");
	struct user			u;
	enum hk_err			e;

	if (stops(c, e = begin(c, names, &l)))
		return e;
	if (user.p != NULL && organization.p != NULL)
		return call_problem(c, PROBLEM_BAD_REQUEST,
		    "give user or organization, not both");
	if (organization.p != NULL)
		return list_of(c, &l, &(struct owner){ "organization", organization });
	if (user.p == NULL)
		return list_all(c, &l);
	if (stops(c, e = call_user_named(c, "user", user, &u)))
		return e;
	return list_of(c, &l, &(struct owner){ "user", span_str(u.id) });
}

/* ---- one ---------------------------------------------------------------------------- */

static enum hk_err
put_items(struct call *c, int64_t subscription)
{
	struct stmt	*q = NULL;
	bool		 row;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_API_SUBSCRIPTION_ITEMS, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", subscription);
	bind_int(q, ":limit", ITEMS_MOST);
	jw_open(c->out, "parts", '[');
	while ((e = stmt_step(q, &row)) == HK_OK && row) {
		jw_open(c->out, NULL, '{');
		jw_text(c->out, "id", col_text(q, 0));
		jw_text(c->out, "plan", col_text(q, 1));
		jw_text(c->out, "plan_name", col_text(q, 2));
		jw_int(c->out, "quantity", col_int(q, 3));
		jw_text(c->out, "status", col_text(q, 4));
		jw_bool(c->out, "trial", col_int(q, 5) != 0);
		put_time(c->out, "period_start", q, 6);
		put_time(c->out, "period_end", q, 7);
		jw_close(c->out, '}');
	}
	stmt_reset(q);
	jw_close(c->out, ']');
	return e;
}

enum hk_err
call_subscription(struct call *c)
{
	struct span	 id = route_get(&c->route, "subscription");
	struct stmt	*q = NULL;
	int64_t		 row_id = 0;
	bool		 row;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_API_SUBSCRIPTION_ONE, &q)) != HK_OK)
		return e;
	bind_text(q, ":id", id);
	if ((e = stmt_step(q, &row)) == HK_OK && row) {
		row_id = col_int(q, 0);
		subscription_members(c->out, q);
	}
	stmt_reset(q);
	if (e != HK_OK)
		return e;
	if (row_id == 0)
		return call_problem(c, PROBLEM_NOT_FOUND, "no subscription \"%.*s\"",
		    (int)(id.len < 80 ? id.len : 80), id.p);
	return put_items(c, row_id);
}

/* ---- plans ---------------------------------------------------------------------------- */

static void
plan_row(struct call *c, struct stmt *q, void *ctx)
{
	(void)ctx;
	jw_text(c->out, "kind", col_text(q, 1));
	jw_text(c->out, "ref", col_text(q, 2));
	jw_text(c->out, "name", col_text(q, 3));
	jw_int(c->out, "credits", col_int(q, 4));
	jw_int(c->out, "per", col_int(q, 5));
	put_time(c->out, "created_at", q, 6);
	put_time(c->out, "updated_at", q, 7);
}

enum hk_err
call_plans(struct call *c)
{
	static const char *const	names[] = { NULL };
	struct list			l = { .put = plan_row };
	struct span			match, ref;
	struct stmt			*q = NULL;
	enum hk_err			e;

	if (stops(c, e = list_begin(c, names, &l)) ||
	    (e = db_stmt(c->db, S_API_PLANS, &q)) != HK_OK)
		return e;
	ref = l.after;
	match = ref.p != NULL ? span_cut(&ref, ':') : SPAN("");
	bind_text(q, ":match", match);
	bind_text(q, ":ref", ref.p != NULL ? ref : SPAN(""));
	return list_rows(c, &l, q);
}
