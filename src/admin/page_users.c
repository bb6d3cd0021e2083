/* The users, newest first, and finding one of them. */
#include <stdio.h>

#include "admin/user_facts.h"

#define PAGE_ROWS	50
#define FOUND_MOST	100	/* of a search */
#define COUNT_MOST	1000
#define TYPED_MOST	200	/* bytes */

struct users {
	struct visit	*v;
	struct span	 who;		/* as typed; SPAN_NULL: everybody */
	struct span	 only;		/* "late", "deleted" or SPAN_NULL */
	struct span	 before, after;	/* ids, or SPAN_NULL */
	char		 id[FOUND_MOST + 1][UUID_LEN + 1];
	int		 n;
	bool		 more;		/* there are, the way it was looked */
};

static const struct tab {
	const char	*name, *title;
	enum stmt_id	 list, rows;	/* S_COUNT: not counted */
} tabs[] = {
	{ "",		"All",		S_USERS_ALL,		S_COUNT },
	{ "late",	"Past due",	S_USERS_LATE,		S_USERS_LATE_ROWS },
	{ "deleted",	"Deleted",	S_USERS_DELETED,	S_USERS_DELETED_ROWS },
};
#define TABS	(sizeof(tabs) / sizeof(tabs[0]))

static const struct tab *
tab_of(const struct users *u)
{
	struct span	only = u->only.p != NULL ? u->only : SPAN("");

	for (size_t i = 0; i < TABS; i++)
		if (span_is(only, tabs[i].name))
			return &tabs[i];
	return NULL;
}

static enum hk_err
read_query(struct users *u)
{
	u->who = visit_query(u->v, "who");
	u->only = visit_query(u->v, "only");
	u->before = visit_query(u->v, "before");
	u->after = visit_query(u->v, "after");
	if (u->who.len > TYPED_MOST)
		return err_tell(HK_SYNTAX, "A search has at most %d bytes.", TYPED_MOST);
	if (tab_of(u) == NULL)
		return err_tell(HK_SYNTAX, "only is late or deleted.");
	if ((u->before.p != NULL && !uuid_valid(u->before)) ||
	    (u->after.p != NULL && !uuid_valid(u->after)))
		return err_tell(HK_SYNTAX, "before and after are ids of users.");
	return HK_OK;
}

/* ---- reading ----------------------------------------------------------------- */

static enum hk_err
gather(struct users *u, struct stmt *q, int most)
{
	enum hk_err	e = HK_OK;
	bool		row;

	while (u->n <= most && (e = stmt_step(q, &row)) == HK_OK && row)
		snprintf(u->id[u->n++], sizeof(u->id[0]), "%.*s", SPAN_ARG(col_text(q, 0)));
	stmt_reset(q);
	if ((u->more = u->n > most))
		u->n = most;
	return e;
}

static void
turn(struct users *u)
{
	for (int i = 0, k = u->n - 1; i < k; i++, k--) {
		char	t[UUID_LEN + 1];

		memcpy(t, u->id[i], sizeof(t));
		memcpy(u->id[i], u->id[k], sizeof(t));
		memcpy(u->id[k], t, sizeof(t));
	}
}

/* By the index of the tab; _UP follows its brother in admin_users.def. */
static enum hk_err
read_page(struct users *u)
{
	bool		 up = u->after.p != NULL;
	struct stmt	*q;
	enum hk_err	 e;

	if ((e = db_stmt(u->v->db, tab_of(u)->list + up, &q)) != HK_OK)
		return e;
	if (up)
		bind_text(q, ":after", u->after);
	else
		bind_text(q, ":before", u->before.p != NULL ? u->before : SPAN("~"));
	bind_int(q, ":limit", PAGE_ROWS + 1);
	if ((e = gather(u, q, PAGE_ROWS)) == HK_OK && up)
		turn(u);
	return e;
}

/* "ann lee" is a beginning of a name, and may be two of them. */
static enum hk_err
read_found(struct users *u)
{
	struct span	 rest = u->who, first = span_cut(&rest, ' ');
	struct stmt	*q;
	enum hk_err	 e;

	if ((e = db_stmt(u->v->db, S_USERS_FIND, &q)) != HK_OK)
		return e;
	bind_text(q, ":begin", u->who);
	bind_text(q, ":first", first);
	rest = rest.p != NULL ? span_trim(rest) : rest;
	if (rest.len > 0)
		bind_text(q, ":last", rest);
	if (span_is(u->only, "deleted"))
		bind_int(q, ":deleted", 1);
	if (span_is(u->only, "late"))
		bind_int(q, ":late", 1);
	bind_int(q, ":limit", FOUND_MOST + 1);
	return gather(u, q, FOUND_MOST);
}

/* ---- the document -------------------------------------------------------------- */

static enum hk_err
put_row(struct visit *v, struct span id)
{
	struct jw	*w = v->doc;
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row;

	if ((e = db_stmt(v->db, S_USERS_ROW, &q)) != HK_OK)
		return e;
	bind_text(q, ":id", id);
	jw_open(w, NULL, '{');
	jw_text(w, "id", id);
	if ((e = stmt_step(q, &row)) == HK_OK && row) {
		jw_text(w, "clerk_id", col_text(q, 1));
		jw_text(w, "email", col_text(q, 2));
		user_name_put(w, q);
		jw_time(w, "created_at", col_int(q, 6));
		jw_time(w, "deleted_at", col_int(q, 7));
		jw_int(w, "balance", col_int(q, 8));
		jw_bool(w, "owes", col_int(q, 8) < 0);
	}
	stmt_reset(q);
	if (e == HK_OK)
		e = user_subscription_put(v, id);
	jw_close(w, '}');
	return e;
}

static enum hk_err
put_rows(struct users *u)
{
	enum hk_err	e = HK_OK;

	jw_open(u->v->doc, "rows", '[');
	for (int i = 0; i < u->n && e == HK_OK; i++)
		e = put_row(u->v, span_str(u->id[i]));
	jw_close(u->v->doc, ']');
	return e;
}

static void
query(struct buf *b, const struct users *u, struct span only)
{
	if (only.len > 0)
		form_put(b, SPAN("only"), only);
	if (u->who.p != NULL)
		form_put(b, SPAN("who"), u->who);
}

static enum hk_err
put_tab(struct users *u, const struct tab *t)
{
	struct jw	*w = u->v->doc;
	struct stmt	*q;
	struct buf	 b;
	int64_t		 n = -1;
	enum hk_err	 e = HK_OK;

	if (t->rows != S_COUNT && u->who.p == NULL &&
	    (e = db_stmt(u->v->db, t->rows, &q)) == HK_OK) {
		bind_int(q, ":most", COUNT_MOST + 1);
		e = stmt_int(q, &n);
	}
	buf_init(&b, 2048);
	buf_putc(&b, '?');
	query(&b, u, span_str(t->name));
	jw_open(w, NULL, '{');
	jw_text(w, "title", span_str(t->title));
	jw_text(w, "href", buf_span(&b));
	jw_bool(w, "here", t == tab_of(u));
	jw_bool(w, "more", n > COUNT_MOST);
	if (n >= 0)
		jw_int(w, "count", n > COUNT_MOST ? COUNT_MOST : n);
	else
		jw_null(w, "count");
	jw_close(w, '}');
	buf_release(&b);
	return e;
}

static void
put_way(struct users *u, const char *key, const char *way, const char *id)
{
	struct buf	b;

	if (id == NULL) {
		jw_null(u->v->doc, key);
		return;
	}
	buf_init(&b, 2048);
	query(&b, u, u->only);
	form_put(&b, span_str(way), span_str(id));
	jw_text(u->v->doc, key, buf_span(&b));
	buf_release(&b);
}

/* A search has one page; else there are newer ones where we came from. */
static void
put_ways(struct users *u)
{
	bool	paged = u->who.p == NULL && u->n > 0, up = u->after.p != NULL;
	bool	newer = paged && (up ? u->more : u->before.p != NULL);
	bool	older = paged && (up || u->more);

	put_way(u, "previous", "after", newer ? u->id[0] : NULL);
	put_way(u, "next", "before", older ? u->id[u->n - 1] : NULL);
}

static enum hk_err
put_form(struct users *u)
{
	struct jw	*w = u->v->doc;
	enum hk_err	 e = HK_OK;

	jw_text(w, "who", u->who);
	jw_text(w, "only", u->only);
	jw_bool(w, "searched", u->who.p != NULL);
	jw_bool(w, "many", u->who.p != NULL && u->more);
	jw_open(w, "tabs", '[');
	for (size_t i = 0; i < TABS && e == HK_OK; i++)
		e = put_tab(u, &tabs[i]);
	jw_close(w, ']');
	return e;
}

enum hk_err
page_users(struct visit *v)
{
	struct users	*u = arena_zero(v->arena, sizeof(*u));
	struct user	 one;
	enum hk_err	 e;

	if (u == NULL)
		return err_note(HK_NOMEM, "no memory for a list of users");
	u->v = v;
	if ((e = read_query(u)) != HK_OK)
		return e;
	if (u->who.p != NULL && user_id_like(u->who)) {
		if ((e = user_find(v->db, u->who, &one)) == HK_OK)
			return visit_then(v, "/users/%s", one.id);
		if (e != HK_NOTFOUND)
			return e;
	}
	e = u->who.p != NULL ? read_found(u) : read_page(u);
	if (e != HK_OK || (e = put_form(u)) != HK_OK)
		return e;
	put_ways(u);
	return put_rows(u);
}
