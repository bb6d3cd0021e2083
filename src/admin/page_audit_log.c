/* The audit log, newest first. */
#include <inttypes.h>
#include <stdlib.h>

#include "admin/admin.h"

#define PAGE_ROWS	50

/* A page's rows in reading order; of the one more that was asked for only that it is there. */
struct entry {
	int64_t		id, at;
	struct span	who, via, remote_addr, action, subject, result, before, after;
};

struct list {
	struct visit	*v;
	struct span	 who, action, subject, result;	/* filters */
	int64_t		 before, after;			/* ids; one of them counts */
	bool		 upwards;
	struct entry	 row[PAGE_ROWS + 1];
	size_t		 n;
	bool		 more;
};

/* ---- what is wanted ---------------------------------------------------------- */

static enum hk_err
number(struct visit *v, const char *name, int64_t *out, bool *given)
{
	struct span	s = visit_query(v, name);

	*given = s.p != NULL;
	if (s.p != NULL && !span_u63(s, out))
		return err_tell(HK_SYNTAX, "%s is the number of a line", name);
	return HK_OK;
}

static enum hk_err
read_query(struct list *l)
{
	struct visit	*v = l->v;
	bool		 older;
	enum hk_err	 e;

	l->who = visit_query(v, "who");
	l->action = visit_query(v, "action");
	l->subject = visit_query(v, "subject");
	l->result = visit_query(v, "result");
	l->before = INT64_MAX;
	if ((e = number(v, "before", &l->before, &older)) != HK_OK ||
	    (e = number(v, "after", &l->after, &l->upwards)) != HK_OK)
		return e;
	if (older && l->upwards)
		return err_tell(HK_SYNTAX, "before and after go one way each");
	if (l->result.p != NULL && !span_is(l->result, "done") &&
	    !span_is(l->result, "refused") && !span_is(l->result, "failed"))
		return err_tell(HK_SYNTAX, "result is done, refused or failed");
	return HK_OK;
}

/* ---- reading ------------------------------------------------------------------ */

static enum hk_err
read_row(struct list *l, struct stmt *q)
{
	struct entry	*r = &l->row[l->n++];
	struct span	*text[] = { &r->who, &r->via, &r->remote_addr, &r->action, &r->subject,
			    &r->result, &r->before, &r->after };

	r->id = col_int(q, 0);
	r->at = col_int(q, 1);
	for (size_t i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
		struct span	s = col_text(q, (int)i + 2);

		*text[i] = col_is_null(q, (int)i + 2) ? SPAN_NULL : arena_span(l->v->arena, s);
		if (text[i]->p == NULL && !col_is_null(q, (int)i + 2))
			return err_note(HK_NOMEM, "no memory for the audit log");
	}
	return HK_OK;
}

/* An action is meant whole, or as a group: "person" has "person.add". */
static enum hk_err
bind(struct list *l, struct stmt *q)
{
	char	*group = NULL;

	if (l->action.p != NULL &&
	    (group = arena_printf(l->v->arena, "%.*s.", SPAN_ARG(l->action))) == NULL)
		return err_note(HK_NOMEM, "no memory for the audit log");
	if (l->subject.p != NULL)
		bind_text(q, ":subject", l->subject);
	if (l->upwards)
		bind_int(q, ":after", l->after);
	else
		bind_int(q, ":before", l->before);
	bind_text(q, ":who", l->who);
	bind_text(q, ":action", l->action);
	bind_text(q, ":group", span_str(group));
	bind_text(q, ":result", l->result);
	bind_int(q, ":limit", PAGE_ROWS + 1);
	return HK_OK;
}

static void
turn(struct list *l)
{
	for (size_t i = 0; i < l->n / 2; i++) {
		struct entry	t = l->row[i];

		l->row[i] = l->row[l->n - 1 - i];
		l->row[l->n - 1 - i] = t;
	}
}

static enum hk_err
read_rows(struct list *l)
{
	static const enum stmt_id	which[2][2] = {
		{ S_AUDIT_LOG_OLDER, S_AUDIT_LOG_NEWER },
		{ S_AUDIT_LOG_SUBJECT_OLDER, S_AUDIT_LOG_SUBJECT_NEWER },
	};
	struct stmt	*q = NULL;
	enum hk_err	 e;
	bool		 row;

	if ((e = db_stmt(l->v->db, which[l->subject.p != NULL][l->upwards], &q)) != HK_OK)
		return e;
	if ((e = bind(l, q)) == HK_OK)
		while (l->n <= PAGE_ROWS && (e = stmt_step(q, &row)) == HK_OK && row &&
		    (e = read_row(l, q)) == HK_OK)
			continue;
	stmt_reset(q);
	if ((l->more = l->n > PAGE_ROWS))
		l->n--;
	if (l->upwards)
		turn(l);
	return e;
}

/* ---- the document --------------------------------------------------------------- */

/* The fields of two objects side by side. */
static void
put_fields(struct jw *w, struct json *before, struct json *after)
{
	struct json	*from[2] = { before, after }, *a, *b;
	struct span	 name;
	struct buf	 text;
	void		*at;

	buf_init(&text, 65536);
	jw_open(w, "fields", '[');
	for (int i = 0; i < 2; i++)
		for (at = NULL; json_next(from[i], &at, &name, &a);) {
			const char	*key;

			buf_clear(&text);
			buf_putspan(&text, name);
			key = buf_ok(&text) ? text.p : NULL;
			b = NULL;
			if (key == NULL || (json_has(from[!i], key, &b) && i == 1))
				continue;	/* shown with the first */
			jw_open(w, NULL, '{');
			jw_text(w, "name", name);
			for (int k = 0; k < 2; k++) {
				struct json	*value = (k == i) ? a : b;

				buf_clear(&text);
				json_show(&text, value);
				jw_text(w, k == 0 ? "before" : "after",
				    json_kind(value) != JSON_ABSENT ? buf_span(&text) : SPAN_NULL);
			}
			jw_close(w, '}');
		}
	jw_close(w, ']');
	buf_release(&text);
}

static enum hk_err
parse(struct span text, struct json **out)
{
	return text.p != NULL ? json_parse(text, out) : HK_OK;
}

static void
put_row(struct jw *w, const struct entry *r)
{
	struct json	*before = NULL, *after = NULL;

	jw_open(w, NULL, '{');
	jw_int(w, "id", r->id);
	jw_time(w, "at", r->at);
	jw_text(w, "who", r->who);
	jw_text(w, "via", r->via);
	jw_text(w, "remote_addr", r->remote_addr);
	jw_text(w, "action", r->action);
	jw_text(w, "subject", r->subject);
	jw_text(w, "event", span_starts(r->subject, "event:") ?
	    span_of(r->subject.p + 6, r->subject.len - 6) : SPAN_NULL);
	jw_text(w, "result", r->result);
	jw_bool(w, "bad", !span_is(r->result, "done"));
	if (parse(r->before, &before) == HK_OK && parse(r->after, &after) == HK_OK)
		put_fields(w, before, after);
	else
		put_fields(w, NULL, NULL);
	json_free(before);
	json_free(after);
	jw_close(w, '}');
}

/* The address of a page beside this one; id 0: there is none. */
static void
put_query(struct list *l, const char *key, const char *way, int64_t id)
{
	static const char *const	kept[] = { "who", "action", "subject", "result" };
	const struct span		value[] = { l->who, l->action, l->subject, l->result };
	struct buf			b;

	if (id == 0) {
		jw_null(l->v->doc, key);
		return;
	}
	buf_init(&b, 16384);
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if (value[i].p != NULL)
			form_put(&b, span_str(kept[i]), value[i]);
	buf_printf(&b, "%s%s=%" PRId64, b.len > 0 ? "&" : "", way, id);
	jw_text(l->v->doc, key, buf_ok(&b) ? buf_span(&b) : SPAN_NULL);
	buf_release(&b);
}

static void
put_filters(struct list *l)
{
	static const char *const	results[] = { "", "done", "refused", "failed" };
	struct jw			*w = l->v->doc;

	jw_text(w, "who", l->who);
	jw_text(w, "action", l->action);
	jw_text(w, "subject", l->subject);
	jw_open(w, "results", '[');
	for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
		jw_open(w, NULL, '{');
		jw_text(w, "value", span_str(results[i]));
		jw_text(w, "title", i == 0 ? SPAN("any") : span_str(results[i]));
		jw_bool(w, "here", i == 0 ? l->result.p == NULL : span_is(l->result, results[i]));
		jw_close(w, '}');
	}
	jw_close(w, ']');
	jw_bool(w, "filtered", l->who.p != NULL || l->action.p != NULL ||
	    l->subject.p != NULL || l->result.p != NULL);
}

/* Newer lines are there when we came down from them, or the page upwards had more. */
static void
put_ways(struct list *l)
{
	bool	newer = l->upwards ? l->more : l->before != INT64_MAX;
	bool	older = l->upwards || l->more;

	put_query(l, "previous", "after", newer && l->n > 0 ? l->row[0].id : 0);
	put_query(l, "next", "before", older && l->n > 0 ? l->row[l->n - 1].id : 0);
}

enum hk_err
page_audit_log(struct visit *v)
{
	struct list	*l = arena_zero(v->arena, sizeof(*l));
	enum hk_err	 e;

	if (l == NULL)
		return err_note(HK_NOMEM, "no memory for the audit log");
	l->v = v;
	if ((e = read_query(l)) != HK_OK || (e = read_rows(l)) != HK_OK)
		return e;
	put_filters(l);
	jw_open(v->doc, "rows", '[');
	for (size_t i = 0; i < l->n; i++)
		put_row(v->doc, &l->row[i]);
	jw_close(v->doc, ']');
	put_ways(l);
	return HK_OK;
}
