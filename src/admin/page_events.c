/* The log: events, newest first. */
#include "admin/auditlog.h"
#include "admin/event_form.h"
#include "admin/event_rows.h"
#include "admin/ids.h"

#define PAGE_ROWS	50
#define FILTERS_MOST	50	/* that a person can keep */
#define NAME_MOST	80	/* characters, as the schema has it */
#define QUERY_KEPT	2000	/* bytes */

enum hk_err
page_home(struct visit *v)
{
	v->then = "/events";
	return HK_OK;
}

/*
 * What is wanted.  Upwards there may be less than a page left: then it is the
 * newest that is shown, as it is without either.
 */
static enum hk_err
find(struct visit *v, const struct event_filter *f, struct event_scan *s, bool *newest)
{
	int64_t		before, after;
	enum hk_err	e;

	*newest = true;
	if ((e = ids_read(v, "events", &before, &after)) != HK_OK)
		return e;
	if (after > 0) {
		if ((e = event_scan(v->db, f, EVENT_SCAN_NEWEST, after, PAGE_ROWS, s)) != HK_OK)
			return e;
		*newest = s->searched || (s->n < PAGE_ROWS && s->next == 0);
		if (!*newest) {
			/* Below this page is what the visitor came from. */
			s->next = s->n > 0 ? s->id[s->n - 1] : after + 1;
			s->looked_to = 0;
			return HK_OK;
		}
		before = 0;
	}
	*newest = before == 0;
	return event_scan(v->db, f, before > 0 ? before : EVENT_SCAN_NEWEST, 0, PAGE_ROWS, s);
}

static enum hk_err
put_list(struct visit *v, const struct event_filter *f, struct span query)
{
	struct event_scan	 s = { .n = 0 };
	bool			 newest = true;
	enum hk_err		 e;

	if ((e = find(v, f, &s, &newest)) != HK_OK)
		return e;
	event_pager_put(v->doc, &s, query, newest);
	jw_bool(v->doc, "newest", newest);
	jw_bool(v->doc, "by_index", s.searched);
	jw_int(v->doc, "indexed_to", s.indexed_to);
	return event_rows_put(v->db, v->doc, s.id, s.n);
}

/* The form is kept, so that what is wrong in it can be put right. */
static void
put_nothing(struct visit *v)
{
	static const struct event_scan	none = { .n = 0 };

	v->status = 400;
	event_pager_put(v->doc, &none, SPAN(""), true);
	jw_bool(v->doc, "newest", false);
	jw_bool(v->doc, "by_index", false);
	jw_int(v->doc, "indexed_to", 0);
	jw_open(v->doc, "rows", '[');
	jw_close(v->doc, ']');
}

enum hk_err
page_events(struct visit *v)
{
	struct event_filter		f;
	struct event_filter_wrong	wrong;
	struct span			query;
	enum hk_err			e;

	event_filter_read(&f, v, &v->query, &wrong);
	jw_text(v->doc, "q", f.words);
	if ((query = event_query(v, &f)).p == NULL)
		return err_note(HK_NOMEM, "no memory for a query");
	if ((e = event_form_put(v, &f, &wrong)) != HK_OK ||
	    (e = event_tabs_put(v, &f)) != HK_OK ||
	    (e = event_saved_put(v, query)) != HK_OK)
		return e;
	if (wrong.name == NULL)
		return put_list(v, &f, query);
	put_nothing(v);
	return HK_OK;
}

/* ---- kept filters ------------------------------------------------------------------- */

static enum hk_err
room_left(struct visit *v)
{
	struct stmt	*q;
	int64_t		 n = 0;
	enum hk_err	 e;

	if ((e = db_stmt(v->db, S_FILTER_COUNT, &q)) != HK_OK)
		return e;
	bind_int(q, ":person", v->who.person);
	if ((e = stmt_int(q, &n)) != HK_OK)
		return e;
	return n < FILTERS_MOST ? HK_OK : err_tell(HK_SYNTAX,
	    "%d filters are kept already: remove one first", FILTERS_MOST);
}

static enum hk_err
save(struct visit *v, struct span name, struct span query)
{
	const struct fact	 facts[] = { { "name", name }, { "query", query } };
	struct auditlog		 log = { .action = "filter.save",
				    .after = auditlog_facts(v->arena, facts, 2) };
	struct stmt		*q;
	enum hk_err		 e;

	if ((e = room_left(v)) != HK_OK || (e = db_stmt(v->db, S_FILTER_SAVE, &q)) != HK_OK)
		return e;
	bind_int(q, ":person", v->who.person);
	bind_text(q, ":name", name);
	bind_text(q, ":query", query);
	bind_int(q, ":now", v->now);
	if ((e = stmt_run(q)) != HK_OK)
		return e;
	return auditlog_put(v, &log);
}

static enum hk_err
check_keeper(const struct visit *v)
{
	return v->who.person != 0 ? HK_OK : err_tell(HK_SYNTAX,
	    "filters are kept for people the pages know: let an admin add you");
}

enum hk_err
act_filter_save(struct visit *v)
{
	struct event_filter		f;
	struct event_filter_wrong	wrong;
	struct span			name = visit_form(v, "name"), query;
	enum hk_err			e;

	event_filter_read(&f, v, &v->form, &wrong);
	if ((e = check_keeper(v)) != HK_OK)
		return e;
	if (name.len == 0 || name.len > NAME_MOST)
		return err_tell(HK_SYNTAX, "a name of 1 to %d bytes is needed", NAME_MOST);
	if (wrong.name != NULL)
		return err_tell(HK_SYNTAX, "%s", wrong.text);
	if ((query = event_query(v, &f)).p == NULL)
		return err_note(HK_NOMEM, "no memory for a query");
	if (query.len == 0 || query.len > QUERY_KEPT)
		return err_tell(HK_SYNTAX, "a filter of 1 to %d bytes is needed", QUERY_KEPT);
	if ((e = db_begin(v->db)) != HK_OK ||
	    (e = save(v, name, query)) != HK_OK ||
	    (e = db_commit(v->db)) != HK_OK)
		return e;
	v->said = "saved";
	return visit_then(v, "/events?%.*s", SPAN_ARG(query));
}

static enum hk_err
forget(struct visit *v, int64_t id)
{
	struct auditlog	 log = { .action = "filter.remove" };
	struct stmt	*q;
	struct fact	 fact = { "name", SPAN_NULL };
	enum hk_err	 e;
	bool		 row;

	if ((e = db_stmt(v->db, S_FILTER_DELETE, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	bind_int(q, ":person", v->who.person);
	if ((e = stmt_step(q, &row)) == HK_OK && row)
		fact.value = arena_span(v->arena, col_text(q, 0));
	stmt_reset(q);
	if (e == HK_OK && !row)
		e = err_tell(HK_NOTFOUND, "you keep no such filter");
	log.before = auditlog_facts(v->arena, &fact, 1);
	return e != HK_OK ? e : auditlog_put(v, &log);
}

enum hk_err
act_filter_delete(struct visit *v)
{
	int64_t		id;
	enum hk_err	e;

	if ((e = visit_id(v, &id)) != HK_OK ||
	    (e = check_keeper(v)) != HK_OK ||
	    (e = db_begin(v->db)) != HK_OK ||
	    (e = forget(v, id)) != HK_OK ||
	    (e = db_commit(v->db)) != HK_OK)
		return e;
	v->said = "removed";
	return visit_then(v, "/events");
}
