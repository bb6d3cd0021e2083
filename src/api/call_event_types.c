/* Types of message: ours, the site's own, and received ones. */
#include "api/call_out.h"

#include "outbox/body.h"
#include "outbox/catalogue.h"
#include "outbox/members.h"
#include "outbox/trial.h"
#include "provider/relayed.h"

#define SCHEMA_MOST	((size_t)64 << 10)
#define SAMPLES		3		/* of a type, unless limit= says so */
#define SAMPLES_MOST	10
#define SAMPLE_BYTES	(256 << 10)	/* larger messages are no samples */
#define BODY_ROOM	((size_t)1 << 20)

/* ---- all of them ---------------------------------------------------------------- */

/*
 * One list of several sources, in this order: ours, the site's own, then each
 * provider's.  A place is a source's number and the name in it: "1:order.shipped".
 */
struct walk {
	struct call	*c;
	struct span	 only;		/* one source; SPAN_NULL: all */
	int64_t		 left;
	int		 source;	/* that is walked, and from where */
	struct span	 after;
	const char	*place;		/* of the last one shown */
	bool		 more;
};

/* May this one still be shown?  Then its object is open. */
static bool
begin_row(struct walk *w, struct span name)
{
	if (w->left == 0) {
		w->more = true;
		return false;
	}
	w->left--;
	w->place = arena_printf(w->c->arena, "%d:%.*s", w->source, SPAN_ARG(name));
	jw_open(w->c->out, NULL, '{');
	return true;
}

static bool
is_behind(const struct walk *w, const char *name)
{
	char	after[TYPE_MOST + 1];

	if (w->after.p == NULL || w->after.len > TYPE_MOST)
		return true;
	memcpy(after, w->after.p, w->after.len);
	after[w->after.len] = '\0';
	return strcmp(name, after) > 0;
}

static enum hk_err
walk_ours(struct walk *w)
{
	for (const struct message_type *t = message_types; t->name != NULL && !w->more; t++)
		if (!message_type_secret(span_str(t->name)) && is_behind(w, t->name) &&
		    begin_row(w, span_str(t->name))) {
			our_type_members(w->c->out, t, false);
			jw_close(w->c->out, '}');
		}
	return HK_OK;
}

static enum hk_err
walk_own(struct walk *w)
{
	struct stmt	*q = NULL;
	bool		 row;
	enum hk_err	 e;

	if ((e = db_stmt(w->c->db, S_OUT_TYPES, &q)) != HK_OK)
		return e;
	bind_text(q, ":after", w->after.p != NULL ? w->after : SPAN(""));
	bind_int(q, ":limit", w->left + 1);
	while ((e = stmt_step(q, &row)) == HK_OK && row && begin_row(w, col_text(q, 0))) {
		own_type_members(w->c->out, q, false);
		jw_close(w->c->out, '}');
	}
	stmt_reset(q);
	return e;
}

static void
relayed_members(struct jw *w, const struct provider *p, const char *type, const char *name)
{
	jw_text(w, "name", span_str(name));
	jw_text(w, "source", span_str(p->name));
	jw_text(w, "description", span_str(provider_about(p, type)));
}

static void
no_times(struct jw *w)
{
	jw_null(w, "archived_at");
	jw_null(w, "created_at");
	jw_null(w, "updated_at");
}

static enum hk_err
walk_relayed(struct walk *w, const struct provider *p)
{
	for (const char *const *t = p->catalogue; *t != NULL && !w->more; t++) {
		const char	*name;

		if (!relayed_may(p, *t) || !is_behind(w, *t) || !begin_row(w, span_str(*t)))
			continue;
		if ((name = arena_printf(w->c->arena, "%s.%s", p->name, *t)) == NULL)
			return err_note(HK_NOMEM, "no memory for a list");
		relayed_members(w->c->out, p, *t, name);
		no_times(w->c->out);
		jw_close(w->c->out, '}');
	}
	return HK_OK;
}

static enum hk_err
walk_source(struct walk *w)
{
	const char	*name = w->source == 0 ? "hookkeeper" : w->source == 1 ? "own" :
			    providers[w->source - 2]->name;

	if (w->only.p != NULL && !span_is(w->only, name))
		return HK_OK;
	return w->source == 0 ? walk_ours(w) : w->source == 1 ? walk_own(w) :
	    walk_relayed(w, providers[w->source - 2]);
}

enum hk_err
call_event_types(struct call *c)
{
	static const char *const	names[] = { "source", NULL };
	static const char *const	sources[] = { "hookkeeper", "own", "stripe", "clerk",
					    "resend", NULL };
	struct list			l;
	struct walk			w = { .c = c };
	int64_t				from = 0;
	enum hk_err			e;

	if (stops(c, e = list_begin(c, names, &l)) ||
	    stops(c, e = query_word(c, "source", sources, &w.only)))
		return e;
	w.left = l.limit;
	if (l.after.p != NULL) {
		w.after = l.after;
		if (!span_u63(span_cut(&w.after, ':'), &from) || from > 16 || w.after.p == NULL)
			return list_lost(c);
	}
	jw_open(c->out, "data", '[');
	for (w.source = (int)from; e == HK_OK && !w.more; w.source++) {
		if (w.source >= 2 && providers[w.source - 2] == NULL)
			break;
		e = walk_source(&w);
		w.after = SPAN_NULL;
	}
	jw_close(c->out, ']');
	jw_text(c->out, "next", w.more ? span_str(w.place) : SPAN_NULL);
	return e;
}

/* ---- one -------------------------------------------------------------------------- */

static enum hk_err
put_own(struct call *c, struct span name)
{
	struct stmt	*q = NULL;
	bool		 row;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_OUT_TYPE, &q)) != HK_OK)
		return e;
	bind_text(q, ":name", name);
	if ((e = stmt_step(q, &row)) == HK_OK && row)
		own_type_members(c->out, q, true);
	else if (e == HK_OK)
		e = call_problem(c, PROBLEM_NOT_FOUND, "there is no event type `%.*s`",
		    (int)(name.len < TYPE_MOST ? name.len : TYPE_MOST), name.p);
	stmt_reset(q);
	return e;
}

static enum hk_err
put_relayed(struct call *c, const struct provider *p, const char *type)
{
	struct span	sample = provider_sample(p, span_str(type));
	const char	*name = arena_printf(c->arena, "%s.%s", p->name, type);

	if (name == NULL)
		return err_note(HK_NOMEM, "no memory for a type");
	relayed_members(c->out, p, type, name);
	jw_null(c->out, "schema");
	if (sample.p != NULL)
		jw_raw(c->out, "sample", sample);
	else
		jw_null(c->out, "sample");
	no_times(c->out);
	return HK_OK;
}

enum hk_err
call_event_type(struct call *c)
{
	struct span			 name = route_get(&c->route, "type");
	const struct message_type	*ours = message_type_find(name);
	const struct provider		*p;
	const char			*type;

	if (ours != NULL && !message_type_secret(name)) {
		our_type_members(c->out, ours, true);
		return HK_OK;
	}
	return relayed_type(name, &p, &type) ? put_relayed(c, p, type) : put_own(c, name);
}

/* ---- the site's own ------------------------------------------------------------------- */

static enum hk_err
note_type(struct call *c, const char *action, struct span name)
{
	return note_action(c, action, span_str(arena_printf(c->arena, "type:%.*s",
	    SPAN_ARG(name))), SPAN_NULL);
}

enum hk_err
call_event_type_put(struct call *c)
{
	static const char *const	names[] = { "description", "schema", "sample", NULL };
	struct type_word		w = { .name = route_get(&c->route, "type") };
	enum hk_err			e;

	if (stops(c, e = call_only(c, names)) ||
	    stops(c, e = call_text(c, "description", false, 500, &w.about)) ||
	    stops(c, e = call_object(c, "schema", SCHEMA_MOST, &w.schema)) ||
	    stops(c, e = call_object(c, "sample", SCHEMA_MOST, &w.sample)))
		return e;
	if ((e = event_type_put(c->db, &w, c->now)) != HK_OK)
		return call_failed(c, e);
	if ((e = note_type(c, "type.set", w.name)) != HK_OK)
		return e;
	return put_own(c, w.name);
}

enum hk_err
call_event_type_archive(struct call *c)
{
	struct span	name = route_get(&c->route, "type");
	enum hk_err	e;

	if (message_type_find(name) != NULL)
		return call_problem(c, PROBLEM_IMPOSSIBLE, "%.*s is a type of hookkeeper's own",
		    SPAN_ARG(name));
	if ((e = event_type_archive(c->db, name, c->now)) != HK_OK)
		return call_failed(c, e);
	if ((e = note_type(c, "type.rm", name)) != HK_OK)
		return e;
	return put_own(c, name);
}

/* ---- samples, as an endpoint gets them --------------------------------------------------- */

static enum hk_err
put_body(struct call *c, int64_t id, int64_t at, struct span type, struct span payload)
{
	struct buf	b;
	bool		ok;

	buf_init(&b, BODY_ROOM);
	message_body(&b, id, at, type, payload, false);
	if ((ok = buf_ok(&b)))
		jw_raw(c->out, NULL, buf_span(&b));
	buf_release(&b);
	return ok ? HK_OK : err_note(HK_NOMEM, "no memory for a sample");
}

static enum hk_err
put_lately(struct call *c, struct span type, int64_t limit, int64_t *n)
{
	struct stmt	*q = NULL;
	int64_t		 high = 0;
	bool		 row;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_OUT_MESSAGE_HIGH, &q)) != HK_OK ||
	    (e = stmt_int(q, &high)) != HK_OK || (e = db_stmt(c->db, S_OUT_SAMPLES, &q)) != HK_OK)
		return e;
	bind_int(q, ":low", high - LOOK_MOST);
	bind_text(q, ":type", type);
	bind_int(q, ":most", SAMPLE_BYTES);
	bind_int(q, ":limit", limit);
	while (e == HK_OK && (e = stmt_step(q, &row)) == HK_OK && row) {
		e = put_body(c, col_int(q, 0), col_int(q, 1), col_text(q, 2), col_text(q, 3));
		++*n;
	}
	stmt_reset(q);
	return e;
}

/* The catalogue's own, as if it were put now. */
static enum hk_err
put_example(struct call *c, struct span type, int64_t *n)
{
	struct span	sample = relayed_sample(type);
	enum hk_err	e;

	if (message_type_secret(type))
		return HK_OK;
	if (sample.p == NULL && (e = type_sample(c->db, type, c->arena, &sample)) != HK_OK)
		return e;
	if (sample.p == NULL)
		return HK_OK;
	++*n;
	return put_body(c, 0, c->now, type, sample);
}

enum hk_err
call_event_type_samples(struct call *c)
{
	static const char *const	names[] = { NULL };
	struct span			type = route_get(&c->route, "type");
	struct list			l;
	int64_t				n = 0;
	enum hk_err			e;

	if (stops(c, e = list_begin(c, names, &l)))
		return e;
	if (form_get(&c->query, "limit").p == NULL)
		l.limit = SAMPLES;
	if (l.limit > SAMPLES_MOST || l.after.p != NULL)
		return call_problem(c, PROBLEM_BAD_REQUEST, "`limit` is to be from 1 to %d, and there"
		    " is one page alone", SAMPLES_MOST);
	jw_open(c->out, "data", '[');
	if (!message_type_secret(type) && (e = put_lately(c, type, l.limit, &n)) != HK_OK)
		return e;
	if (n == 0 && (e = put_example(c, type, &n)) != HK_OK)
		return e;
	jw_close(c->out, ']');
	if (n == 0)
		return call_problem(c, PROBLEM_NOT_FOUND, "there is no sample of `%.*s`",
		    (int)(type.len < TYPE_MOST ? type.len : TYPE_MOST), type.p);
	return HK_OK;
}
