/* The search box: goes to the event it names, else looks for what was typed. */
#include "admin/event_form.h"
#include "admin/event_rows.h"
#include "admin/user_facts.h"
#include "base/id.h"

#define PAGE_ROWS	50
#define TYPED_MOST	400	/* bytes */

/* "12", "#12": our own number, if there is such an event. */
static enum hk_err
by_number(struct visit *v, struct span typed, int64_t *id)
{
	struct stmt	*q;
	int64_t		 n;
	enum hk_err	 e;
	bool		 row;

	*id = 0;
	if (typed.len > 1 && *typed.p == '#')
		typed = span_of(typed.p + 1, typed.len - 1);
	if (!span_u63(typed, &n))
		return HK_OK;
	if ((e = db_stmt(v->db, S_EVENT_STATUS, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", n);
	if ((e = stmt_step(q, &row)) == HK_OK && row)
		*id = n;
	stmt_reset(q);
	return e;
}

/* The sender's id: one event is gone to, several are a list. */
static enum hk_err
by_event_id(struct visit *v, struct span typed, int64_t *id, bool *several)
{
	struct event_filter	f = { .event_id = typed };
	struct event_scan	s;
	enum hk_err		e;

	*id = 0;
	*several = false;
	if ((e = event_scan(v->db, &f, EVENT_SCAN_NEWEST, 0, 2, &s)) != HK_OK)
		return e;
	*several = s.n > 1;
	*id = s.n == 1 ? s.id[0] : 0;
	return HK_OK;
}

/* Ids that events have as their lane: a list of those about it. */
static bool
names_a_lane(struct span s)
{
	static const char *const prefixes[] = { "cus_", "user_", "org_", "acct_" };

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (span_starts(s, prefixes[i]) && memchr(s.p, ' ', s.len) == NULL)
			return true;
	return uuid_valid(s);
}

/* A user of that id or e-mail address: their story. */
static enum hk_err
by_user(struct visit *v, struct span typed)
{
	struct user	u;
	enum hk_err	e;

	if (!user_id_like(typed) && memchr(typed.p, '@', typed.len) == NULL)
		return HK_OK;
	if ((e = user_find(v->db, typed, &u)) == HK_OK)
		return visit_then(v, "/users/%s", u.id);
	return e == HK_NOTFOUND ? HK_OK : e;
}

static enum hk_err
go(struct visit *v, const char *name, struct span value)
{
	struct buf	b;
	enum hk_err	e;

	buf_init(&b, 4096);
	form_put(&b, span_str(name), value);
	e = buf_ok(&b) ? visit_then(v, "/events?%.*s", SPAN_ARG(buf_span(&b))) :
	    err_note(HK_NOMEM, "no memory for an address");
	buf_release(&b);
	return e;
}

/* Sets v->then when the text names something. */
static enum hk_err
jump(struct visit *v, struct span typed)
{
	int64_t		id;
	enum hk_err	e;
	bool		several;

	if ((e = by_number(v, typed, &id)) != HK_OK)
		return e;
	if (id == 0 && (e = by_event_id(v, typed, &id, &several)) != HK_OK)
		return e;
	if (id != 0)
		return visit_then(v, "/events/%lld", (long long)id);
	if (several)
		return go(v, "event_id", typed);
	if ((e = by_user(v, typed)) != HK_OK || v->then != NULL)
		return e;
	return names_a_lane(typed) ? go(v, "lane", typed) : HK_OK;
}

/* "data.object.amount=500" and not "a = b of something". */
static bool
is_value(struct span s)
{
	const char	*equals = memchr(s.p, '=', s.len);
	struct span	 path = span_of(s.p, equals != NULL ? (size_t)(equals - s.p) : 0);

	return path.len > 0 && span_graph(path, path.len);
}

static enum hk_err
put_results(struct visit *v, const struct event_filter *f, struct span query)
{
	struct event_scan	 s;
	struct span		 edge = visit_query(v, "before");
	struct jw		*w = v->doc;
	int64_t			 before = EVENT_SCAN_NEWEST;
	enum hk_err		 e;

	if (edge.p != NULL && !span_u63(edge, &before))
		return err_tell(HK_SYNTAX, "before is the number of an event");
	if ((e = event_scan(v->db, f, before, 0, PAGE_ROWS, &s)) != HK_OK)
		return e;
	event_pager_put(w, &s, query, edge.p == NULL);
	jw_int(w, "indexed_to", s.indexed_to);
	jw_bool(w, "wordless", f->words.p != NULL && s.words == 0);
	return event_rows_put(v->db, w, s.id, s.n);
}

static enum hk_err
put_nothing(struct visit *v)
{
	static const struct event_scan	none = { .n = 0 };

	event_pager_put(v->doc, &none, SPAN(""), true);
	jw_int(v->doc, "indexed_to", 0);
	jw_bool(v->doc, "wordless", false);
	return event_rows_put(v->db, v->doc, NULL, 0);
}

enum hk_err
page_search(struct visit *v)
{
	struct event_filter		f = { .since_us = 0 };
	struct event_filter_wrong	wrong = { NULL, NULL };
	struct form			form = { .n = 1 };
	struct field			one = { SPAN("q"), visit_query(v, "q") };
	struct buf			b;
	enum hk_err			e;

	if (one.value.len > TYPED_MOST)
		return err_tell(HK_SYNTAX, "a search has at most %d bytes", TYPED_MOST);
	if (one.value.p != NULL && ((e = jump(v, one.value)) != HK_OK || v->then != NULL))
		return e;
	form.v = &one;
	if (one.value.p != NULL && is_value(one.value))
		one.name = SPAN("path");
	if (one.value.p != NULL)
		event_filter_read(&f, v, &form, &wrong);
	jw_text(v->doc, "q", one.value);
	jw_bool(v->doc, "asked", one.value.p != NULL);
	jw_bool(v->doc, "by_value", f.path.p != NULL);
	jw_text(v->doc, "wrong", span_str(wrong.text));
	jw_text(v->doc, "query", event_query(v, &f));
	if (wrong.name != NULL || one.value.p == NULL)
		return put_nothing(v);
	buf_init(&b, 4096);
	form_put(&b, SPAN("q"), one.value);
	e = put_results(v, &f, buf_span(&b));
	buf_release(&b);
	return e;
}
