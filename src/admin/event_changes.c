/* What was changed in the books. */
#include "admin/event_changes.h"

#include <stdio.h>

#include "admin/event_links.h"

#define MANY	4	/* rows; more are folded */

/* A value as text; absent and null stay null. */
static void
put_side(struct jw *w, const char *key, struct json *v)
{
	struct buf	b;

	if (json_kind(v) == JSON_ABSENT) {
		jw_null(w, key);
		return;
	}
	buf_init(&b, 65536);
	json_show(&b, v);
	/* An empty text is one, too: told from none. */
	jw_text(w, key, !buf_ok(&b) ? SPAN_NULL : b.len > 0 ? buf_span(&b) : SPAN("\"\""));
	buf_release(&b);
}

/* How the words of people call it. */
static struct span
op_name(struct span op)
{
	return span_is(op, "+") ? SPAN("insert") : span_is(op, "=") ? SPAN("update") :
	    span_is(op, "-") ? SPAN("delete") : op;
}

/* The columns: of an update each is [before, after]. */
static void
put_fields(struct jw *w, struct json *columns, struct span op)
{
	struct span	 name;
	struct json	*value;
	void		*at = NULL;
	bool		 update = span_is(op, "="), gone = span_is(op, "-");

	while (json_next(columns, &at, &name, &value)) {
		jw_open(w, NULL, '{');
		jw_text(w, "name", name);
		put_side(w, "before", update ? json_at(value, 0) : gone ? value : NULL);
		put_side(w, "after", update ? json_at(value, 1) : gone ? NULL : value);
		jw_close(w, '}');
	}
}

static enum hk_err
put_link(struct jw *w, struct db *db, struct span table, struct json *key)
{
	struct buf	b, href;
	enum hk_err	e = HK_OK;

	buf_init(&b, 4096);
	buf_init(&href, 4096);
	json_show(&b, key);
	if (db != NULL && buf_ok(&b))
		e = event_link(db, table, buf_span(&b), &href);
	jw_text(w, "href", href.len > 0 && buf_ok(&href) ? buf_span(&href) : SPAN_NULL);
	buf_release(&href);
	buf_release(&b);
	return e;
}

static enum hk_err
put_change(struct jw *w, struct json *c, struct db *db)
{
	struct span	table = json_text(json_at(c, 0), NULL);
	struct span	op = json_text(json_at(c, 1), NULL);
	enum hk_err	e;

	jw_open(w, NULL, '{');
	jw_text(w, "table", table);
	jw_text(w, "op", op_name(op));
	put_side(w, "key", json_at(c, 2));
	e = put_link(w, db, table, json_at(c, 2));
	jw_open(w, "fields", '[');
	put_fields(w, json_at(c, 3), op);
	jw_close(w, ']');
	jw_close(w, '}');
	return e;
}

enum hk_err
event_changes_put(struct jw *w, const char *name, struct span text, struct db *db)
{
	struct json	*root = NULL;
	enum hk_err	 e = text.p != NULL ? json_parse(text, &root) : HK_OK;

	if (e == HK_SYNTAX)
		e = HK_OK;
	jw_open(w, name, '[');
	for (size_t i = 0; e == HK_OK && i < json_len(root); i++)
		e = put_change(w, json_at(root, i), db);
	jw_close(w, ']');
	jw_int(w, "rows_changed", (int64_t)json_len(root));
	jw_bool(w, "many", json_len(root) > MANY);
	json_free(root);
	return e;
}
