/* What stands around a list of events. */
#include "admin/event_form.h"

#include "inbox/rollup.h"
#include "provider/provider.h"

#define QUERY_MOST	16384

struct choice {
	const char	*value, *title;
};

static const struct choice statuses[] = {
	{ "", "any status" }, { "pending", "pending" }, { "waiting", "waiting for something" },
	{ "processing", "being worked on" }, { "completed", "completed" }, { "failed", "failed" },
	{ NULL, NULL }
};
static const struct choice outcomes[] = {
	{ "", "any outcome" }, { "handled", "handled" }, { "skipped", "skipped" },
	{ "ignored", "ignored" }, { "resolved", "resolved by a person" }, { NULL, NULL }
};
static const struct choice modes[] = {
	{ "", "any mode" }, { "live", "live" }, { "test", "test" }, { "none", "not said" },
	{ NULL, NULL }
};
static const struct choice presets[] = {
	{ "15m", "15 minutes" }, { "1h", "1 hour" }, { "24h", "24 hours" }, { "7d", "7 days" },
	{ "30d", "30 days" }, { NULL, NULL }
};

static void
put_choice(struct jw *w, struct span value, struct span title, struct span chosen)
{
	jw_open(w, NULL, '{');
	jw_text(w, "value", value);
	jw_text(w, "title", title);
	jw_bool(w, "here", span_eq(value, chosen));
	jw_close(w, '}');
}

static void
put_choices(struct jw *w, const char *key, const struct choice *c, struct span chosen)
{
	jw_open(w, key, '[');
	for (; c->value != NULL; c++)
		put_choice(w, span_str(c->value), span_str(c->title), chosen);
	jw_close(w, ']');
}

static void
put_senders(struct visit *v, struct span chosen)
{
	struct jw	*w = v->doc;
	bool		 known = chosen.p == NULL;

	jw_open(w, "senders", '[');
	put_choice(w, SPAN(""), SPAN("any sender"), chosen);
	for (size_t i = 0; i < conf_senders(v->conf); i++) {
		struct span		 name = span_str(v->conf->sender[i].name);
		const struct provider	*pv = provider_find(name);

		known = known || span_eq(name, chosen);
		put_choice(w, name, pv != NULL ? span_str(pv->title) : name, chosen);
	}
	if (!known)	/* one that is configured no more, or was never */
		put_choice(w, chosen, chosen, chosen);
	jw_close(w, ']');
}

static enum hk_err
put_secrets(struct visit *v, struct span chosen)
{
	struct jw	*w = v->doc;
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row, known = chosen.p == NULL;

	if ((e = db_stmt(v->db, S_LOG_SECRETS, &q)) != HK_OK)
		return e;
	jw_open(w, "secrets", '[');
	put_choice(w, SPAN(""), SPAN("any secret"), chosen);
	while ((e = stmt_step(q, &row)) == HK_OK && row) {
		known = known || span_eq(col_text(q, 0), chosen);
		put_choice(w, col_text(q, 0), col_text(q, 0), chosen);
	}
	stmt_reset(q);
	if (!known)
		put_choice(w, chosen, chosen, chosen);
	jw_close(w, ']');
	return e;
}

/* A link that sets one field, or takes it away. */
static void
put_href(struct jw *w, const struct event_filter *f, const char *name, struct span value)
{
	struct buf	b;

	buf_init(&b, QUERY_MOST);
	buf_putc(&b, '?');
	event_filter_query_with(&b, f, name, value);
	jw_text(w, "href", buf_ok(&b) ? buf_span(&b) : SPAN("?"));
	buf_release(&b);
}

static void
put_filter(struct jw *w, const struct event_filter *f)
{
	jw_open(w, "filter", '{');
	for (const struct event_filter_field *d = event_filter_fields; d->name != NULL; d++)
		jw_text(w, d->name, event_filter_value(f, d));
	jw_close(w, '}');
	jw_open(w, "chips", '[');
	for (const struct event_filter_field *d = event_filter_fields; d->name != NULL; d++) {
		if (event_filter_value(f, d).p == NULL)
			continue;
		jw_open(w, NULL, '{');
		jw_text(w, "name", span_str(d->title));
		jw_text(w, "text", event_filter_value(f, d));
		put_href(w, f, d->name, SPAN_NULL);
		jw_close(w, '}');
	}
	jw_close(w, ']');
	jw_open(w, "hidden", '[');
	for (const struct event_filter_field *d = event_filter_fields; d->name != NULL; d++) {
		if (event_filter_value(f, d).p == NULL)
			continue;
		jw_open(w, NULL, '{');
		jw_text(w, "name", span_str(d->name));
		jw_text(w, "value", event_filter_value(f, d));
		jw_close(w, '}');
	}
	jw_close(w, ']');
}

static void
put_wrong(struct jw *w, const struct event_filter_wrong *wrong)
{
	const struct event_filter_field	*d = event_filter_fields;

	if (wrong->name == NULL) {
		jw_null(w, "wrong");
		return;
	}
	while (d->name != NULL && strcmp(d->name, wrong->name) != 0)
		d++;
	jw_open(w, "wrong", '{');
	jw_text(w, "name", span_str(wrong->name));
	jw_text(w, "title", span_str(d->name != NULL ? d->title : "Page"));
	jw_text(w, "text", span_str(wrong->text));
	jw_close(w, '}');
}

struct span
event_query(struct visit *v, const struct event_filter *f)
{
	struct buf	b;
	struct span	s;

	buf_init(&b, QUERY_MOST);
	event_filter_query(&b, f, NULL);
	s = arena_span(v->arena, b.len > 0 ? buf_span(&b) : SPAN(""));
	s = buf_ok(&b) ? s : SPAN_NULL;
	buf_release(&b);
	return s;
}

enum hk_err
event_form_put(struct visit *v, const struct event_filter *f,
    const struct event_filter_wrong *wrong)
{
	struct jw	*w = v->doc;

	put_filter(w, f);
	jw_bool(w, "filtered", !event_filter_empty(f));
	put_wrong(w, wrong);
	jw_text(w, "query", event_query(v, f));
	put_senders(v, f->provider);
	put_choices(w, "statuses", statuses, f->status);
	put_choices(w, "outcomes", outcomes, f->outcome);
	put_choices(w, "modes", modes, f->livemode);
	put_choices(w, "presets", presets, f->since);
	return put_secrets(v, f->secret);
}

/* ---- tabs ------------------------------------------------------------------------- */

static void
put_tab(struct jw *w, const struct event_filter *f, const char *name, const char *title,
    int64_t count)
{
	struct event_filter	g = *f;
	struct span		here = f->status.p != NULL ? f->status : SPAN("");
	bool			counted = event_filter_only(f, "status");

	if (strcmp(name, "completed") != 0)
		g.outcome = SPAN_NULL;
	jw_open(w, NULL, '{');
	jw_text(w, "name", span_str(name));
	jw_text(w, "title", span_str(title));
	if (counted)
		jw_int(w, "count", count);
	else
		jw_null(w, "count");
	jw_bool(w, "more", counted && count >= ROLLUP_SEEN && *name != '\0' &&
	    strcmp(name, "completed") != 0);
	put_href(w, &g, "status", *name != '\0' ? span_str(name) : SPAN_NULL);
	jw_bool(w, "here", span_is(here, name));
	jw_close(w, '}');
}

enum hk_err
event_tabs_put(struct visit *v, const struct event_filter *f)
{
	struct rollup_total	 t = { 0 };
	struct jw		*w = v->doc;
	enum hk_err		 e = HK_OK;

	if (event_filter_only(f, "status"))
		e = rollup_total(v->db, &t);
	jw_open(w, "tabs", '[');
	put_tab(w, f, "", "All", t.events);
	put_tab(w, f, "failed", "Failed", t.failed);
	put_tab(w, f, "waiting", "Waiting", t.waiting);
	put_tab(w, f, "pending", "Pending", t.pending);
	put_tab(w, f, "processing", "At work", t.processing);
	put_tab(w, f, "completed", "Completed", t.completed);
	jw_close(w, ']');
	return e;
}

/* ---- kept filters --------------------------------------------------------------------- */

enum hk_err
event_saved_put(struct visit *v, struct span query)
{
	struct jw	*w = v->doc;
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row;

	jw_bool(w, "keeps", v->who.person != 0);
	if ((e = db_stmt(v->db, S_FILTER_LIST, &q)) != HK_OK)
		return e;
	bind_int(q, ":person", v->who.person);
	jw_open(w, "saved", '[');
	while ((e = stmt_step(q, &row)) == HK_OK && row) {
		char	*href = arena_printf(v->arena, "?%.*s", SPAN_ARG(col_text(q, 2)));

		jw_open(w, NULL, '{');
		jw_int(w, "id", col_int(q, 0));
		jw_text(w, "name", col_text(q, 1));
		jw_text(w, "href", span_str(href));
		jw_bool(w, "here", query.len > 0 && span_eq(col_text(q, 2), query));
		jw_close(w, '}');
	}
	stmt_reset(q);
	jw_close(w, ']');
	return e;
}
