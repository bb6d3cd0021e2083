/* Events: what came in, and once more. */
#include "api/call_part.h"

#include <stdio.h>

#include "inbox/body.h"
#include "inbox/queue.h"
#include "provider/masked.h"

#define LOOK_MOST	20000		/* events looked at for one page */
#define PAYLOAD_MOST	(1 << 20)	/* bytes; of a larger one the answer has none */

/* Columns of API_EVENT. */
static void
event_members(struct jw *w, struct stmt *q)
{
	put_id(w, "id", col_int(q, 0));
	jw_text(w, "provider", col_text(q, 1));
	jw_text(w, "event_id", col_text(q, 2));
	jw_text(w, "type", col_text(q, 3));
	jw_text(w, "status", col_text(q, 4));
	jw_text(w, "outcome", col_text(q, 5));
	jw_text(w, "reason", col_text(q, 6));
	jw_text(w, "waits_for", col_text(q, 7));
	jw_int(w, "attempts", col_int(q, 8));
	if (col_is_null(q, 9))
		jw_null(w, "livemode");
	else
		jw_bool(w, "livemode", col_int(q, 9) != 0);
	jw_text(w, "api_version", col_text(q, 10));
	put_time(w, "occurred_at", q, 11);
	put_time(w, "created_at", q, 12);
	put_time(w, "processed_at", q, 13);
	put_time(w, "next_attempt_at", q, 14);
}

static void
event_row(struct call *c, struct stmt *q, void *ctx)
{
	(void)ctx;
	event_members(c->out, q);
}

/* ---- a list ---------------------------------------------------------------------------- */

/* Where to look: what is failed or not done is few, and what is a user's too. */
struct source {
	enum stmt_id	 name;
	struct user	 user;
	int64_t		 high;
};

static enum hk_err
source_of(struct call *c, struct span status, struct source *s)
{
	struct span	 user = form_get(&c->query, "user");
	struct stmt	*q = NULL;
	enum hk_err	 e;

	s->high = INT64_MAX;
	if (user.p != NULL) {
		s->name = S_API_EVENTS_OF;
		return call_user_named(c, "user", user, &s->user);
	}
	if (span_is(status, "failed") || span_is(status, "pending")) {
		s->name = span_is(status, "failed") ? S_API_EVENTS_FAILED : S_API_EVENTS_PENDING;
		return HK_OK;
	}
	s->name = S_API_EVENTS_ALL;
	if ((e = db_stmt(c->db, S_API_EVENT_HIGH, &q)) != HK_OK)
		return e;
	return stmt_int(q, &s->high);
}

enum hk_err
call_events(struct call *c)
{
	static const char *const	names[] = { "provider", "type", "status", "user", NULL };
	static const char *const	states[] = {
		"pending", "processing", "completed", "failed", NULL
	};
	struct list			l = { .put = event_row };
	struct source			s;
	struct span			status;
	struct stmt			*q = NULL;
	int64_t				after;
	enum hk_err			e;

	if (stops(c, e = list_begin(c, names, &l)) ||
	    stops(c, e = query_word(c, "status", states, &status)) ||
	    stops(c, e = source_of(c, status, &s)) ||
	    stops(c, e = list_after(c, &l, s.high, &after)) ||
	    (e = db_stmt(c->db, s.name, &q)) != HK_OK)
		return e;
	if (s.name == S_API_EVENTS_ALL) {
		l.low = after > LOOK_MOST ? after - LOOK_MOST : 0;
		bind_int(q, ":low", l.low);
	}
	if (s.name == S_API_EVENTS_OF)
		bind_text(q, ":user", span_str(s.user.id));
	bind_int(q, ":after", after);
	bind_text(q, ":provider", form_get(&c->query, "provider"));
	bind_text(q, ":type", form_get(&c->query, "type"));
	bind_text(q, ":status", status);
	return list_rows(c, &l, q);
}

/* ---- one ------------------------------------------------------------------------------- */

static enum hk_err
event_id(struct call *c, int64_t *id)
{
	struct span	s = route_get(&c->route, "event");

	if (span_u63(s, id))
		return HK_OK;
	return call_problem(c, PROBLEM_NOT_FOUND, "no event \"%.*s\"",
	    (int)(s.len < 40 ? s.len : 40), s.p);
}

/* Copies of what its payload is shown by; c->problem when there is no such event. */
static enum hk_err
put_event(struct call *c, int64_t id, struct span *provider, struct span *type)
{
	struct stmt	*q = NULL;
	bool		 row;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_API_EVENT_ONE, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	if ((e = stmt_step(q, &row)) == HK_OK && row) {
		event_members(c->out, q);
		*provider = arena_span(c->arena, col_text(q, 1));
		*type = arena_span(c->arena, col_text(q, 3));
	}
	stmt_reset(q);
	if (e == HK_OK && !row)
		return call_problem(c, PROBLEM_NOT_FOUND, "no event %lld", (long long)id);
	return e;
}

/* What is JSON is a value of the answer, anything else a text. */
static void
put_json(struct jw *w, const char *key, struct span body)
{
	struct json	*root;

	if (json_parse(body, &root) != HK_OK) {
		jw_text(w, key, body);
		return;
	}
	json_free(root);
	jw_raw(w, key, body);
}

static enum hk_err
put_payload(struct call *c, int64_t id, struct span provider, struct span type)
{
	struct span	body, shown;
	enum hk_err	e = body_load(c->db, id, c->arena, NULL, &body);

	if (e != HK_OK && e != HK_NOTFOUND)
		return e;
	if (e == HK_NOTFOUND || body.len > PAYLOAD_MOST) {
		jw_null(c->out, "payload");
		jw_text(c->out, "payload_missing", e == HK_NOTFOUND ? SPAN("pruned") :
		    SPAN("too_large"));
		return HK_OK;
	}
	if ((e = provider_mask(provider, type, body, c->arena, &shown)) != HK_OK)
		return e;
	put_json(c->out, "payload", shown);
	jw_null(c->out, "payload_missing");
	return HK_OK;
}

enum hk_err
call_event(struct call *c)
{
	struct span	provider, type;
	int64_t		id;
	enum hk_err	e;

	if (stops(c, e = event_id(c, &id)) ||
	    stops(c, e = put_event(c, id, &provider, &type)))
		return e;
	return put_payload(c, id, provider, type);
}

enum hk_err
call_event_retry(struct call *c)
{
	static const char *const	names[] = { NULL };
	struct span			provider, type;
	char				subject[40];
	int64_t				id;
	enum hk_err			e;

	if (stops(c, e = call_only(c, names)) ||
	    stops(c, e = event_id(c, &id)))
		return e;
	if ((e = queue_retry(c->db, id, c->now)) == HK_BUSY)
		return call_problem(c, PROBLEM_CONFLICT,
		    "event %lld is being worked on; look again in a moment", (long long)id);
	if (e == HK_NEVER)
		return call_problem(c, PROBLEM_IMPOSSIBLE, "%s", err_last());
	if (e != HK_OK)
		return call_failed(c, e);
	snprintf(subject, sizeof(subject), "event:%lld", (long long)id);
	if ((e = note_action(c, "event.retry", span_str(subject), SPAN_NULL)) != HK_OK)
		return e;
	c->woken = true;
	return put_event(c, id, &provider, &type);
}
