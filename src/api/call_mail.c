/* Mails that Resend told of, and addresses that must not be written to. */
#include "api/call_part.h"

#define HISTORY_MOST	500

static void
mail_members(struct jw *w, struct stmt *q)
{
	jw_text(w, "id", col_text(q, 1));
	jw_text(w, "from", col_text(q, 2));
	jw_raw(w, "to", col_text(q, 3));
	jw_text(w, "subject", col_text(q, 4));
	jw_text(w, "state", col_text(q, 5));
	put_time(w, "state_at", q, 6);
	jw_int(w, "opens", col_int(q, 7));
	jw_int(w, "clicks", col_int(q, 8));
	put_time(w, "sent_at", q, 9);
	put_time(w, "created_at", q, 10);
}

static void
mail_row(struct call *c, struct stmt *q, void *ctx)
{
	(void)ctx;
	mail_members(c->out, q);
}

/* Where the page before ended: "1700000000000000.ID". */
struct place {
	int64_t		created;
	struct span	id;
};

static enum hk_err
read_place(struct call *c, struct span after, struct place *p)
{
	*p = (struct place){ INT64_MAX, SPAN("") };
	if (after.p == NULL)
		return HK_OK;
	if (!span_u63(span_cut(&after, '.'), &p->created) || after.p == NULL)
		return list_lost(c);
	p->id = after;
	return HK_OK;
}

enum hk_err
call_mails(struct call *c)
{
	static const char *const	names[] = { "to", "state", NULL };
	struct list			l = { .put = mail_row };
	struct span			to = form_get(&c->query, "to");
	struct span			state = form_get(&c->query, "state");
	enum stmt_id			name = to.p != NULL ? S_API_MAILS_TO :
	    state.p != NULL ? S_API_MAILS_IN : S_API_MAILS;
	struct place			place;
	struct stmt			*q = NULL;
	enum hk_err			e;

	if (stops(c, e = list_begin(c, names, &l)) ||
	    stops(c, e = read_place(c, l.after, &place)) ||
	    (e = db_stmt(c->db, name, &q)) != HK_OK)
		return e;
	bind_int(q, ":created", place.created);
	bind_text(q, ":id", place.id);
	if (to.p != NULL)
		bind_text(q, ":to", to);
	if (name != S_API_MAILS)
		bind_text(q, ":state", state);
	return list_rows(c, &l, q);
}

static enum hk_err
put_history(struct call *c, struct span id)
{
	struct stmt	*q = NULL;
	bool		 row;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_API_MAIL_HISTORY, &q)) != HK_OK)
		return e;
	bind_text(q, ":id", id);
	bind_int(q, ":limit", HISTORY_MOST);
	jw_open(c->out, "history", '[');
	while ((e = stmt_step(q, &row)) == HK_OK && row) {
		jw_open(c->out, NULL, '{');
		jw_text(c->out, "kind", col_text(q, 0));
		put_time(c->out, "occurred_at", q, 1);
		jw_text(c->out, "detail", col_text(q, 2));
		put_id(c->out, "event", col_int(q, 3));
		jw_close(c->out, '}');
	}
	stmt_reset(q);
	jw_close(c->out, ']');
	return e;
}

enum hk_err
call_mail(struct call *c)
{
	struct span	 id = route_get(&c->route, "mail");
	struct stmt	*q = NULL;
	bool		 row;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_API_MAIL_ONE, &q)) != HK_OK)
		return e;
	bind_text(q, ":id", id);
	if ((e = stmt_step(q, &row)) == HK_OK && row)
		mail_members(c->out, q);
	stmt_reset(q);
	if (e != HK_OK)
		return e;
	if (!row)
		return call_problem(c, PROBLEM_NOT_FOUND, "no mail \"%.*s\"",
		    (int)(id.len < 80 ? id.len : 80), id.p);
	return put_history(c, id);
}

enum hk_err
call_suppression(struct call *c)
{
	struct span	 address = route_get(&c->route, "address");
	struct stmt	*q = NULL;
	bool		 row;
	enum hk_err	 e;

	if (!span_graph(address, 254) || memchr(address.p, '@', address.len) == NULL)
		return call_problem(c, PROBLEM_BAD_REQUEST, "that is no e-mail address");
	if ((e = db_stmt(c->db, S_API_SUPPRESSION, &q)) != HK_OK)
		return e;
	bind_text(q, ":address", address);
	if ((e = stmt_step(q, &row)) == HK_OK) {
		jw_text(c->out, "address", address);
		jw_bool(c->out, "suppressed", row);
		jw_text(c->out, "reason", row ? col_text(q, 0) : SPAN_NULL);
		put_id(c->out, "event", row ? col_int(q, 1) : 0);
		jw_time(c->out, "since", row ? col_int(q, 2) : 0);
	}
	stmt_reset(q);
	return e;
}
