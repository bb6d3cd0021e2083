/* A line of an export becomes an event. */
#include "inbox/import.h"

#include "base/codec.h"
#include "base/json.h"
#include "inbox/body.h"

#define ID_MOST		1024	/* bytes of provider and id */
#define UNTRUSTED	"imported without --trust: its signature was not checked here"

struct line {
	struct json	*json;
	struct span	 provider, event_id, outcome, headers, body;
	int64_t		 created;
	bool		 trust;
};

static enum hk_err
no_event(const char *why)
{
	return err_tell(HK_SYNTAX, "%s", why);
}

/* The body's bytes; SPAN_NULL: it has none. */
static enum hk_err
read_body(struct line *l, struct arena *arena)
{
	struct span	text = json_text(l->json, "body_base64");
	char		*to;

	l->body = json_text(l->json, "body");
	if (l->body.p != NULL || text.p == NULL)
		return HK_OK;
	if ((to = arena_get(arena, text.len + 1)) == NULL)
		return err_note(HK_NOMEM, "no memory for a body");
	l->body.p = to;
	return base64_decode(to, text.len, &l->body.len, text) ? HK_OK :
	    no_event("body_base64 is no base64");
}

static enum hk_err
read_headers(struct line *l, struct buf *out)
{
	struct json	*h = json_get(l->json, "headers");

	if (h != NULL && !json_is_object(h))
		return no_event("headers is no object");
	if (h == NULL)
		buf_puts(out, "{}");
	else
		json_print(out, h, false);
	l->headers = buf_span(out);
	return buf_ok(out) ? HK_OK : err_note(HK_NOMEM, "no memory for headers");
}

static enum hk_err
read_line(struct line *l, struct arena *arena, struct buf *headers)
{
	enum hk_err	e;

	l->provider = json_text(l->json, "provider");
	l->event_id = json_text(l->json, "event_id");
	l->outcome = json_text(l->json, "outcome");
	if (!json_is_object(l->json) || l->provider.len == 0 || l->event_id.len == 0)
		return no_event("it has no provider, or no event_id");
	if (!span_graph(l->provider, ID_MOST) || l->event_id.len > ID_MOST)
		return no_event("its provider or event_id is none that we have");
	if (!json_int(l->json, "created_at", &l->created) || l->created <= 0)
		return no_event("created_at, when it was received, is missing");
	if ((e = read_body(l, arena)) != HK_OK)
		return e;
	return read_headers(l, headers);
}

/* Settled there by other means than work: it stays so. */
static bool
stays(const struct line *l)
{
	return l->body.p == NULL || span_is(l->outcome, "skipped") ||
	    span_is(l->outcome, "ignored") || span_is(l->outcome, "resolved");
}

/* One of ours; of a stub the outcome is all that the audit asks for. */
static struct span
outcome_of(const struct line *l)
{
	return stays(l) && (span_is(l->outcome, "handled") || span_is(l->outcome, "skipped") ||
	    span_is(l->outcome, "resolved")) ? l->outcome : SPAN("ignored");
}

static void
bind_member(struct stmt *q, const struct line *l, const char *param)
{
	bind_text(q, param, json_text(l->json, param + 1));
}

static void
bind_number(struct stmt *q, const struct line *l, const char *param)
{
	int64_t	n;

	if (json_int(l->json, param + 1, &n))
		bind_int(q, param, n);
}

static void
bind_state(struct stmt *q, const struct line *l, int64_t now, enum imported *what)
{
	if (stays(l)) {
		*what = IMPORTED_KEPT;
		bind_text(q, ":outcome", outcome_of(l));
		bind_member(q, l, ":reason");
	} else if (!l->trust) {
		*what = IMPORTED_UNTRUSTED;
		bind_text(q, ":outcome", SPAN("ignored"));
		bind_text(q, ":reason", SPAN(UNTRUSTED));
	} else {
		*what = IMPORTED_WORK;
		bind_text(q, ":status", SPAN("pending"));
		bind_int(q, ":next_attempt_at", l->created);
		return;
	}
	bind_text(q, ":status", SPAN("completed"));
	bind_int(q, ":processed_at", now);
}

static void
bind_line(struct stmt *q, const struct line *l, int64_t now, enum imported *what)
{
	int64_t	emptied;

	bind_text(q, ":provider", l->provider);
	bind_text(q, ":event_id", l->event_id);
	bind_member(q, l, ":event_type");
	bind_member(q, l, ":lane");
	bind_member(q, l, ":signature");
	bind_member(q, l, ":api_version");
	bind_member(q, l, ":instance");
	bind_number(q, l, ":occurred_at");
	bind_int(q, ":created_at", l->created);
	bind_int(q, ":verified", l->trust);
	if (json_kind(json_get(l->json, "livemode")) == JSON_BOOL)
		bind_int(q, ":livemode", json_true(l->json, "livemode"));
	if (l->body.p == NULL) {
		bind_int(q, ":pruned_at", now);
		if (json_int(l->json, "emptied_at", &emptied))
			bind_int(q, ":emptied_at", now);
	}
	bind_state(q, l, now, what);
}

/* It is there: does this make it one that may be worked? */
static enum hk_err
trust_it(struct db *db, const struct line *l, enum imported *what)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	*what = IMPORTED_THERE;
	if (!l->trust || stays(l))
		return HK_OK;
	if ((e = db_stmt(db, S_IMPORT_TRUST, &q)) != HK_OK)
		return e;
	bind_text(q, ":provider", l->provider);
	bind_text(q, ":event_id", l->event_id);
	if ((e = stmt_run(q)) == HK_OK && db_changes(db) == 1)
		*what = IMPORTED_TRUSTED;
	return e;
}

static enum hk_err
put(struct db *db, const struct line *l, int64_t now, struct arena *arena, enum imported *what)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_IMPORT_EVENT, &q)) != HK_OK)
		return e;
	bind_line(q, l, now, what);
	if ((e = stmt_run(q)) != HK_OK)
		return e;
	if (db_changes(db) == 0)
		return trust_it(db, l, what);
	if (l->body.p == NULL)
		return HK_OK;
	return body_store(db, db_last_id(db), l->headers, l->body, body_pack(l->body, arena));
}

enum hk_err
event_import(struct db *db, struct span line, bool trust, int64_t now, struct arena *arena,
    enum imported *what)
{
	struct line	l = { .json = NULL };
	struct buf	headers;
	enum hk_err	e;

	if ((e = json_parse(line, &l.json)) != HK_OK)
		return e;
	buf_init(&headers, 1 << 20);
	l.trust = trust && json_true(l.json, "verified");
	if ((e = read_line(&l, arena, &headers)) == HK_OK)
		e = put(db, &l, now, arena, what);
	buf_release(&headers);
	json_free(l.json);
	return e;
}
