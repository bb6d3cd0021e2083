/* Rows about what goes out, as JSON. */
#include "outbox/members.h"

#include <stdio.h>

#include "outbox/endpoint.h"
#include "outbox/message.h"

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* "user.* order.shipped" as an array. */
static void
put_words(struct jw *w, const char *key, struct span list)
{
	size_t	at = 0, from;

	jw_open(w, key, '[');
	while (at < list.len) {
		for (from = at; at < list.len && !is_blank(list.p[at]);)
			at++;
		if (at > from)
			jw_text(w, NULL, span_of(list.p + from, at - from));
		at++;
	}
	jw_close(w, ']');
}

static void
put_json(struct jw *w, const char *key, struct stmt *q, int col)
{
	if (col_is_null(q, col))
		jw_null(w, key);
	else
		jw_raw(w, key, col_text(q, col));
}

static void
put_number(struct jw *w, const char *key, struct stmt *q, int col)
{
	if (col_is_null(q, col))
		jw_null(w, key);
	else
		jw_int(w, key, col_int(q, col));
}

static void
put_owner(struct jw *w, struct span kind, struct span owner)
{
	jw_text(w, "user", span_is(kind, "user") ? owner : SPAN_NULL);
	jw_text(w, "organization", span_is(kind, "organization") ? owner : SPAN_NULL);
}

void
endpoint_members(struct jw *w, struct stmt *q)
{
	char	name[ENDPOINT_NAME];

	endpoint_name(name, col_int(q, 0));
	jw_text(w, "id", span_str(name));
	jw_text(w, "channel", col_text(q, 1));
	jw_text(w, "name", col_text(q, 2));
	jw_text(w, "url", col_text(q, 3));
	jw_text(w, "description", col_text(q, 4));
	put_words(w, "types", col_text(q, 5));
	put_owner(w, col_text(q, 6), col_text(q, 7));
	put_json(w, "filter", q, 8);
	jw_text(w, "payload", col_text(q, 9));
	jw_bool(w, "has_headers", col_int(q, 10) != 0);
	put_number(w, "rate", q, 11);
	jw_bool(w, "ordered", col_int(q, 12) != 0);
	jw_text(w, "state", col_text(q, 13));
	jw_text(w, "state_why", col_text(q, 14));
	jw_time(w, "state_at", col_int(q, 15));
	jw_time(w, "failing_at", col_int(q, 16));
	jw_int(w, "failures", col_int(q, 17));
	jw_time(w, "created_at", col_int(q, 18));
	jw_time(w, "updated_at", col_int(q, 19));
	jw_bool(w, "v1a", col_int(q, 20) != 0);
}

/* ---- messages and deliveries --------------------------------------------------------- */

static void
put_message_name(struct jw *w, const char *key, int64_t id, int64_t created_us)
{
	char	name[MESSAGE_NAME];

	message_name(name, id, created_us);
	jw_text(w, key, span_str(name));
}

static void
put_endpoint_name(struct jw *w, const char *key, int64_t id)
{
	char	name[ENDPOINT_NAME];

	endpoint_name(name, id);
	jw_text(w, key, span_str(name));
}

/* A number as the text it is outside; NULL: null. */
static void
put_id(struct jw *w, const char *key, struct stmt *q, int col)
{
	char	text[24];

	snprintf(text, sizeof(text), "%lld", (long long)col_int(q, col));
	jw_text(w, key, col_is_null(q, col) ? SPAN_NULL : span_str(text));
}

void
message_members(struct jw *w, struct stmt *q)
{
	put_message_name(w, "id", col_int(q, 0), col_int(q, 1));
	jw_text(w, "type", col_text(q, 2));
	put_owner(w, col_text(q, 3), col_text(q, 4));
	put_id(w, "event", q, 5);
	jw_bool(w, "test", col_int(q, 6) != 0);
	jw_time(w, "created_at", col_int(q, 1));
}

void
delivery_members(struct jw *w, struct stmt *q)
{
	put_id(w, "id", q, 1);
	put_endpoint_name(w, "endpoint", col_int(q, 2));
	put_message_name(w, "message", col_int(q, 3), col_int(q, 4));
	jw_text(w, "type", col_text(q, 5));
	jw_text(w, "status", col_text(q, 6));
	jw_int(w, "attempts", col_int(q, 7));
	jw_time(w, "next_attempt_at", col_int(q, 8));
	jw_text(w, "why", col_text(q, 9));
	jw_bool(w, "test", col_int(q, 12) != 0);
	jw_time(w, "created_at", col_int(q, 10));
	jw_time(w, "done_at", col_int(q, 11));
}

/* Fields and body are kept as they came, an empty line between. */
static void
put_answer(struct jw *w, struct span answer)
{
	const char	*end = answer.p != NULL ? memmem(answer.p, answer.len, "\r\n\r\n", 4) : NULL;
	size_t		 n = end != NULL ? (size_t)(end - answer.p) : answer.len;

	jw_text(w, "response_fields", answer.p != NULL ? span_of(answer.p, n) : SPAN_NULL);
	jw_text(w, "response_body", end != NULL ?
	    span_of(end + 4, answer.len - n - 4) : SPAN_NULL);
}

void
attempt_members(struct jw *w, struct stmt *q)
{
	static const char *const	times[] = { "dns_us", "connect_us", "tls_us",
					    "first_byte_us" };

	jw_int(w, "number", col_int(q, 0));
	jw_time(w, "started_at", col_int(q, 1));
	jw_int(w, "took_us", col_int(q, 2));
	for (int i = 0; i < 4; i++)
		put_number(w, times[i], q, 3 + i);
	jw_text(w, "address", col_text(q, 7));
	put_number(w, "status", q, 8);
	jw_text(w, "error", col_text(q, 9));
	jw_bool(w, "good", col_int(q, 10) != 0);
	put_json(w, "request_fields", q, 11);
	put_answer(w, col_text(q, 12));
}

void
recovery_members(struct jw *w, struct stmt *q)
{
	put_id(w, "id", q, 0);
	put_endpoint_name(w, "endpoint", col_int(q, 1));
	jw_text(w, "what", col_text(q, 2));
	jw_time(w, "since", col_int(q, 3));
	jw_time(w, "until", col_int(q, 4));
	jw_int(w, "rate", col_int(q, 5));
	jw_int(w, "done", col_int(q, 6));
	jw_text(w, "state", col_is_null(q, 9) ? SPAN("running") :
	    col_is_null(q, 7) ? SPAN("done") : SPAN("stopped"));
	jw_text(w, "why", col_text(q, 7));
	jw_time(w, "created_at", col_int(q, 8));
	jw_time(w, "ended_at", col_int(q, 9));
}

/* ---- types ------------------------------------------------------------------------------ */

void
own_type_members(struct jw *w, struct stmt *q, bool whole)
{
	jw_text(w, "name", col_text(q, 0));
	jw_text(w, "source", SPAN("own"));
	jw_text(w, "description", col_text(q, 1));
	if (whole) {
		put_json(w, "schema", q, 2);
		put_json(w, "sample", q, 3);
	}
	jw_time(w, "archived_at", col_int(q, 4));
	jw_time(w, "created_at", col_int(q, 5));
	jw_time(w, "updated_at", col_int(q, 6));
}

static void
put_kind(struct jw *w, const struct message_member *m)
{
	const char	*kind = strncmp(m->kind, "number", 6) == 0 ? "number" : "string";

	if (strstr(m->kind, "or null") == NULL) {
		jw_text(w, "type", span_str(kind));
		return;
	}
	jw_open(w, "type", '[');
	jw_text(w, NULL, span_str(kind));
	jw_text(w, NULL, SPAN("null"));
	jw_close(w, ']');
}

/* A JSON Schema: all members are always there. */
static void
put_schema(struct jw *w, const struct message_type *t)
{
	jw_open(w, "schema", '{');
	jw_text(w, "type", SPAN("object"));
	jw_open(w, "properties", '{');
	for (const struct message_member *m = t->members; m->name != NULL; m++) {
		jw_open(w, m->name, '{');
		put_kind(w, m);
		jw_text(w, "description", span_str(m->about));
		jw_close(w, '}');
	}
	jw_close(w, '}');
	jw_open(w, "required", '[');
	for (const struct message_member *m = t->members; m->name != NULL; m++)
		jw_text(w, NULL, span_str(m->name));
	jw_close(w, ']');
	jw_close(w, '}');
}

void
our_type_members(struct jw *w, const struct message_type *t, bool whole)
{
	jw_text(w, "name", span_str(t->name));
	jw_text(w, "source", SPAN("hookkeeper"));
	jw_text(w, "description", span_str(t->about));
	if (whole) {
		put_schema(w, t);
		jw_raw(w, "sample", span_str(t->sample));
	}
	jw_null(w, "archived_at");
	jw_null(w, "created_at");
	jw_null(w, "updated_at");
}
