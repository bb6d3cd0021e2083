/* One event: what became of it, how it came, what it says, what it did. */
#include <stdio.h>

#include "admin/event_changes.h"
#include "admin/event_facts.h"
#include "admin/event_messages.h"
#include "admin/event_payload.h"
#include "admin/event_rows.h"
#include "admin/owner.h"
#include "admin/user_facts.h"
#include "base/clock.h"
#include "inbox/body.h"
#include "inbox/queue.h"
#include "provider/masked.h"
#include "provider/provider.h"

#define ATTEMPTS_SHOWN	50
#define TRANSFERS_SHOWN	50
#define LANE_SHOWN	5	/* each way */
#define LANE_WINDOW	2000	/* events looked at each way */

/* The columns of S_LOG_EVENT. */
enum { E_ID, E_PROVIDER, E_EVENT_ID, E_TYPE, E_LANE, E_STATUS, E_OUTCOME, E_REASON, E_ATTEMPTS,
       E_LAST, E_NEXT, E_LEASE_UNTIL, E_LEASE_BY, E_WAITS_FOR, E_ERROR, E_SIGNATURE, E_VERIFIED,
       E_SECRET, E_LIVEMODE, E_API_VERSION, E_INSTANCE, E_OCCURRED, E_CREATED, E_PROCESSED };

static struct span
keep(struct visit *v, struct stmt *q, int col)
{
	return col_is_null(q, col) ? SPAN_NULL : arena_span(v->arena, col_text(q, col));
}

static const char *
mode_name(struct stmt *q)
{
	return col_is_null(q, E_LIVEMODE) ? NULL : col_int(q, E_LIVEMODE) ? "live" : "test";
}

/* "user:user_2abc" -> {"kind":"user","id":"user_2abc"} */
static void
put_waits(struct jw *w, struct span waits_for)
{
	struct span	kind;

	if (waits_for.p == NULL) {
		jw_null(w, "waits");
		return;
	}
	kind = span_cut(&waits_for, ':');
	jw_open(w, "waits", '{');
	jw_text(w, "kind", kind);
	jw_text(w, "id", waits_for.p != NULL ? waits_for : kind);
	jw_close(w, '}');
}

/* Which buttons make sense; the role is the template's to look at. */
static void
put_can(struct jw *w, struct stmt *q)
{
	bool	working = span_is(col_text(q, E_STATUS), "processing");

	jw_open(w, "can", '{');
	jw_bool(w, "retry", !working);
	jw_bool(w, "resolve", !working && !span_is(col_text(q, E_STATUS), "completed"));
	jw_bool(w, "again", span_is(col_text(q, E_OUTCOME), "handled"));
	jw_close(w, '}');
}

static void
put_event(struct visit *v, struct stmt *q)
{
	static const struct {
		const char	*name;
		int		 col;
	} texts[] = {
		{ "provider", E_PROVIDER }, { "event_id", E_EVENT_ID }, { "event_type", E_TYPE },
		{ "lane", E_LANE }, { "status", E_STATUS }, { "outcome", E_OUTCOME },
		{ "reason", E_REASON }, { "lease_by", E_LEASE_BY }, { "waits_for", E_WAITS_FOR },
		{ "error_message", E_ERROR }, { "secret_label", E_SECRET },
		{ "api_version", E_API_VERSION }, { "instance", E_INSTANCE },
	}, times[] = {
		{ "last_attempt_at", E_LAST }, { "next_attempt_at", E_NEXT },
		{ "lease_until", E_LEASE_UNTIL }, { "occurred_at", E_OCCURRED },
		{ "created_at", E_CREATED }, { "processed_at", E_PROCESSED },
	};
	struct jw	*w = v->doc;

	jw_open(w, "event", '{');
	jw_int(w, "id", col_int(q, E_ID));
	jw_text(w, "sender", event_sender_title(col_text(q, E_PROVIDER)));
	jw_text(w, "state", event_state(col_text(q, E_STATUS), col_text(q, E_OUTCOME),
	    !col_is_null(q, E_WAITS_FOR)));
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		jw_text(w, texts[i].name, col_text(q, texts[i].col));
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		jw_time(w, times[i].name, col_int(q, times[i].col));
	jw_text(w, "livemode", span_str(mode_name(q)));
	jw_bool(w, "other_mode", !col_is_null(q, E_LIVEMODE) &&
	    (col_int(q, E_LIVEMODE) != 0) != (v->conf->mode == MODE_LIVE));
	jw_int(w, "attempts", col_int(q, E_ATTEMPTS));
	jw_int(w, "tries", QUEUE_TRIES);
	jw_close(w, '}');
	put_waits(w, col_text(q, E_WAITS_FOR));
	put_can(w, q);
}

static enum hk_err
load(struct visit *v, int64_t id, struct event_facts *f)
{
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row;

	if ((e = db_stmt(v->db, S_LOG_EVENT, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	if ((e = stmt_step(q, &row)) != HK_OK)
		goto out;
	if (!row) {
		e = err_tell(HK_NOTFOUND, "there is no event %lld", (long long)id);
		goto out;
	}
	put_event(v, q);
	*f = (struct event_facts){ .provider = keep(v, q, E_PROVIDER),
	    .event_id = keep(v, q, E_EVENT_ID), .event_type = keep(v, q, E_TYPE),
	    .lane = keep(v, q, E_LANE), .signature = keep(v, q, E_SIGNATURE),
	    .secret_label = keep(v, q, E_SECRET), .verified = col_int(q, E_VERIFIED) != 0,
	    .livemode = col_is_null(q, E_LIVEMODE) ? -1 : col_int(q, E_LIVEMODE) != 0,
	    .created_us = col_int(q, E_CREATED) };
	if (f->provider.p == NULL || f->event_id.p == NULL)
		e = err_note(HK_NOMEM, "no memory for event %lld", (long long)id);
out:
	stmt_reset(q);
	return e;
}

/* ---- attempts ----------------------------------------------------------------------- */

/* Results of attempts, as DESIGN.md's states. */
static const struct {
	const char	*result, *state, *words;
} results[] = {
	{ "handled",	"completed",	"handled" },
	{ "skipped",	"skipped",	"skipped" },
	{ "ignored",	"ignored",	"ignored" },
	{ "later",	"pending",	"not yet: tried again later" },
	{ "wait",	"waiting",	"waits" },
	{ "failed",	"failed",	"failed" },
	{ "crashed",	"failed",	"its worker died or was stopped" },
	{ NULL,		"pending",	"" }
};

static void
put_attempt(struct visit *v, struct stmt *q, int64_t number)
{
	struct jw	*w = v->doc;
	size_t		 i = 0;

	while (results[i].result != NULL && !span_is(col_text(q, 2), results[i].result))
		i++;
	jw_open(w, NULL, '{');
	jw_text(w, "state", span_str(results[i].state));
	jw_text(w, "title", span_str(arena_printf(v->arena, "Attempt %lld: %s", (long long)number,
	    results[i].words)));
	jw_time(w, "at", col_int(q, 0));
	jw_int(w, "duration_us", col_int(q, 1));
	jw_text(w, "result", col_text(q, 2));
	jw_text(w, "message", col_text(q, 3));
	jw_close(w, '}');
}

/* Where the time line begins. */
static void
put_received(struct jw *w, const struct event_facts *f)
{
	jw_open(w, NULL, '{');
	jw_text(w, "state", SPAN("received"));
	jw_text(w, "title", SPAN("Received, verified and stored"));
	jw_time(w, "at", f->created_us);
	jw_null(w, "duration_us");
	jw_null(w, "result");
	jw_null(w, "message");
	jw_close(w, '}');
}

static enum hk_err
attempt_count(struct visit *v, int64_t id, int64_t *n)
{
	struct stmt	*q;
	enum hk_err	 e;

	if ((e = db_stmt(v->db, S_LOG_ATTEMPT_COUNT, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	return stmt_int(q, n);
}

static enum hk_err
attempts_open(struct visit *v, int64_t id, struct stmt **q)
{
	enum hk_err	e;

	if ((e = db_stmt(v->db, S_LOG_ATTEMPTS, q)) != HK_OK)
		return e;
	bind_int(*q, ":id", id);
	bind_int(*q, ":limit", ATTEMPTS_SHOWN);
	return HK_OK;
}

static enum hk_err
put_attempts(struct visit *v, int64_t id, const struct event_facts *f)
{
	struct jw	*w = v->doc;
	struct stmt	*q;
	int64_t		 n = 0, left;
	enum hk_err	 e;
	bool		 row;

	if ((e = attempt_count(v, id, &n)) != HK_OK || (e = attempts_open(v, id, &q)) != HK_OK)
		return e;
	left = n;
	jw_open(w, "attempts", '[');
	while ((e = stmt_step(q, &row)) == HK_OK && row)
		put_attempt(v, q, left--);
	stmt_reset(q);
	if (left == 0)
		put_received(w, f);
	jw_close(w, ']');
	jw_int(w, "attempt_count", n);
	jw_int(w, "attempts_left_out", left);
	return e;
}

/* ---- the books ------------------------------------------------------------------------ */

/* "changed": of each attempt that changed something, the newest first. */
static enum hk_err
put_changed(struct visit *v, int64_t id)
{
	struct jw	*w = v->doc;
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row;

	if ((e = attempts_open(v, id, &q)) != HK_OK)
		return e;
	jw_open(w, "changed", '[');
	while ((e = stmt_step(q, &row)) == HK_OK && row) {
		if (col_is_null(q, 4))
			continue;
		jw_open(w, NULL, '{');
		jw_time(w, "at", col_int(q, 0));
		e = event_changes_put(w, "changes", col_text(q, 4), v->db);
		jw_close(w, '}');
		if (e != HK_OK)
			break;
	}
	stmt_reset(q);
	jw_close(w, ']');
	return e;
}

static enum hk_err
put_transfers(struct visit *v, int64_t id)
{
	struct jw	*w = v->doc;
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row;

	if ((e = db_stmt(v->db, S_LOG_TRANSFERS, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	bind_int(q, ":limit", TRANSFERS_SHOWN);
	jw_open(w, "transfers", '[');
	while ((e = stmt_step(q, &row)) == HK_OK && row) {
		jw_open(w, NULL, '{');
		jw_int(w, "id", col_int(q, 0));
		jw_text(w, "kind", col_text(q, 1));
		jw_int(w, "amount", col_int(q, 2));
		owner_put(w, "from", col_text(q, 3), col_text(q, 4), SPAN_NULL);
		owner_put(w, "to", col_text(q, 5), col_text(q, 6), SPAN_NULL);
		jw_text(w, "business_key", col_text(q, 7));
		jw_text(w, "note", col_text(q, 8));
		jw_time(w, "created_at", col_int(q, 9));
		jw_close(w, '}');
	}
	stmt_reset(q);
	jw_close(w, ']');
	return e;
}

/* ---- the lane ---------------------------------------------------------------------------- */

static enum hk_err
lane_ids(struct visit *v, int64_t id, const struct event_facts *f, enum stmt_id which,
    int64_t *ids, int *n)
{
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row;

	*n = 0;
	if ((e = db_stmt(v->db, which, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	bind_int(q, ":window", LANE_WINDOW);
	bind_text(q, ":provider", f->provider);
	bind_text(q, ":lane", f->lane);
	bind_int(q, ":limit", LANE_SHOWN);
	while ((e = stmt_step(q, &row)) == HK_OK && row)
		ids[(*n)++] = col_int(q, 0);
	stmt_reset(q);
	return e;
}

/* "rows": its neighbours, newest first; it is not among them. */
static enum hk_err
put_lane(struct visit *v, int64_t id, const struct event_facts *f)
{
	int64_t		ids[2 * LANE_SHOWN], after[LANE_SHOWN];
	int		n = 0, newer = 0;
	enum hk_err	e = HK_OK;

	if (f->lane.p != NULL &&
	    ((e = lane_ids(v, id, f, S_LOG_LANE_AFTER, after, &newer)) != HK_OK ||
	    (e = lane_ids(v, id, f, S_LOG_LANE_BEFORE, ids + newer, &n)) != HK_OK))
		return e;
	for (int i = 0; i < newer; i++)
		ids[i] = after[newer - 1 - i];
	jw_int(v->doc, "lane_window", LANE_WINDOW);
	return event_rows_put(v->db, v->doc, ids, newer + n);
}

/* ---- the request --------------------------------------------------------------------------- */

static enum hk_err
put_body(struct visit *v, const struct event_facts *f, struct span body)
{
	struct span	type = f->event_type.p != NULL ? f->event_type : SPAN("");
	bool		raw = span_is(form_get(&v->query, "show"), "raw"), masked;
	size_t		size = body.len;
	enum hk_err	e;

	masked = v->who.role < ROLE_OPERATOR && provider_has_codes(f->provider, type);
	if (masked && (e = provider_mask(f->provider, type, body, v->arena, &body)) != HK_OK)
		return e;
	jw_bool(v->doc, "masked", masked);
	jw_int(v->doc, "size", (int64_t)size);
	jw_bool(v->doc, "show_raw", raw);
	if (raw)
		payload_raw(v->doc, body);
	else {
		jw_null(v->doc, "raw");
		jw_bool(v->doc, "raw_cut", false);
	}
	return payload_tree(v->doc, raw ? SPAN("") : body, v->arena);
}

static enum hk_err
put_request(struct visit *v, int64_t id, struct event_facts *f)
{
	struct span	headers = SPAN("{}"), body = SPAN("");
	enum hk_err	e = body_load(v->db, id, v->arena, &headers, &body);
	bool		pruned = e == HK_NOTFOUND, broken = e == HK_SYNTAX;

	if (e != HK_OK && !pruned && !broken)
		return e;
	if (e != HK_OK) {
		headers = SPAN("{}");
		body = SPAN("");
	}
	jw_bool(v->doc, "pruned", pruned);
	jw_bool(v->doc, "broken", broken);
	if ((e = event_fields(headers, v->arena, &f->fields)) != HK_OK)
		return e;
	event_signature_put(v, f);
	event_headers_put(v, f);
	event_command_put(v, f, id);
	return put_body(v, f, body);
}

enum hk_err
page_event(struct visit *v)
{
	struct event_facts	f;
	int64_t			id;
	enum hk_err		e;

	if ((e = visit_id(v, &id)) != HK_OK || (e = load(v, id, &f)) != HK_OK)
		return e;
	v->title = arena_printf(v->arena, "Event %lld", (long long)id);
	event_dashboard_put(v, &f);
	if ((e = put_attempts(v, id, &f)) != HK_OK ||
	    (e = put_changed(v, id)) != HK_OK ||
	    (e = put_transfers(v, id)) != HK_OK ||
	    (e = event_messages_put(v, id)) != HK_OK ||
	    (e = user_known_put(v, "story", f.lane)) != HK_OK ||
	    (e = put_lane(v, id, &f)) != HK_OK)
		return e;
	return put_request(v, id, &f);
}
