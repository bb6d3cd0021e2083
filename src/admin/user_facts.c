/* What the pages of users share. */
#include "admin/user_facts.h"

static const struct {
	const char	*status, *state;
} states[] = {
	{ "active",		"done" },
	{ "trialing",		"done" },
	{ "past_due",		"failed" },
	{ "unpaid",		"failed" },
	{ "incomplete",		"pending" },
	{ "paused",		"held" },
};

struct span
user_billing_state(struct span status)
{
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (span_is(status, states[i].status))
			return span_str(states[i].state);
	return SPAN("canceled");
}

bool
user_id_like(struct span s)
{
	return uuid_valid(s) || span_starts(s, "user_") || span_starts(s, "cus_");
}

void
user_name_put(struct jw *w, struct stmt *q)
{
	struct span	first = col_text(q, 3), last = col_text(q, 4), name;
	struct buf	b;

	buf_init(&b, first.len + last.len + 2);
	buf_putspan(&b, first);
	if (first.len > 0 && last.len > 0)
		buf_putc(&b, ' ');
	buf_putspan(&b, last);
	name = b.len > 0 ? buf_span(&b) : col_text(q, 5);
	jw_text(w, "name", name);
	for (int col = 2; name.len == 0 && col >= 0; col--)
		name = col_text(q, col);
	jw_text(w, "title", name);
	buf_release(&b);
}

enum hk_err
user_subscription_put(struct visit *v, struct span id)
{
	struct jw	*w = v->doc;
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row;

	if ((e = db_stmt(v->db, S_USERS_SUBSCRIPTION, &q)) != HK_OK)
		return e;
	bind_text(q, ":id", id);
	if ((e = stmt_step(q, &row)) == HK_OK && row) {
		jw_open(w, "subscription", '{');
		jw_int(w, "id", col_int(q, 0));
		jw_text(w, "status", col_text(q, 1));
		jw_text(w, "state", user_billing_state(col_text(q, 1)));
		jw_text(w, "plan", col_text(q, 2));
		jw_int(w, "more", col_int(q, 3) - 1);
		jw_close(w, '}');
	} else
		jw_null(w, "subscription");
	stmt_reset(q);
	return e;
}

enum hk_err
user_known_put(struct visit *v, const char *key, struct span name)
{
	struct user	u;
	enum hk_err	e = HK_NOTFOUND;

	if (name.p != NULL && user_id_like(name))
		e = user_find(v->db, name, &u);
	jw_text(v->doc, key, e == HK_OK ? span_str(u.id) : SPAN_NULL);
	return e == HK_NOTFOUND ? HK_OK : e;
}

enum hk_err
user_of_route(struct visit *v, struct user *u)
{
	struct span	id = route_get(&v->route, "id");
	enum hk_err	e = user_find(v->db, id, u);

	return e != HK_NOTFOUND ? e : err_tell(HK_NOTFOUND, "There is no user %.*s here.",
	    (int)(id.len < 100 ? id.len : 100), id.p);
}
