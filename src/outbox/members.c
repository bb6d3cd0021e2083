/* Rows about what goes out, as JSON. */
#include "outbox/members.h"

#include "outbox/endpoint.h"

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
