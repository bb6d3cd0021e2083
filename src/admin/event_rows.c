/* Events as lines of a list. */
#include "admin/event_rows.h"

#include <stdio.h>

#include "provider/provider.h"

struct span
event_state(struct span status, struct span outcome, bool waits)
{
	if (span_is(status, "completed") && !span_is(outcome, "handled") && outcome.len > 0)
		return outcome;
	return span_is(status, "pending") && waits ? SPAN("waiting") : status;
}

struct span
event_sender_title(struct span provider)
{
	const struct provider	*pv = provider_find(provider);

	return pv != NULL ? span_str(pv->title) : provider;
}

/* The columns of S_LOG_ROW. */
enum { R_ID, R_PROVIDER, R_TYPE, R_EVENT_ID, R_STATUS, R_OUTCOME, R_NOTE, R_LANE, R_ATTEMPTS,
       R_WAITS_FOR, R_LIVEMODE, R_SECRET, R_CREATED, R_NEXT };

static void
put_row(struct jw *w, struct stmt *q)
{
	bool	mode = !col_is_null(q, R_LIVEMODE);

	jw_open(w, NULL, '{');
	jw_int(w, "id", col_int(q, R_ID));
	jw_text(w, "provider", col_text(q, R_PROVIDER));
	jw_text(w, "sender", event_sender_title(col_text(q, R_PROVIDER)));
	jw_text(w, "event_type", col_text(q, R_TYPE));
	jw_text(w, "event_id", col_text(q, R_EVENT_ID));
	jw_text(w, "state", event_state(col_text(q, R_STATUS), col_text(q, R_OUTCOME),
	    !col_is_null(q, R_WAITS_FOR)));
	jw_text(w, "status", col_text(q, R_STATUS));
	jw_text(w, "outcome", col_text(q, R_OUTCOME));
	jw_text(w, "note", col_text(q, R_NOTE));
	jw_text(w, "lane", col_text(q, R_LANE));
	jw_int(w, "attempts", col_int(q, R_ATTEMPTS));
	jw_text(w, "waits_for", col_text(q, R_WAITS_FOR));
	jw_text(w, "livemode", !mode ? SPAN_NULL : col_int(q, R_LIVEMODE) ? SPAN("live") : SPAN("test"));
	jw_text(w, "secret_label", col_text(q, R_SECRET));
	jw_time(w, "created_at", col_int(q, R_CREATED));
	jw_time(w, "next_attempt_at", col_int(q, R_NEXT));
	jw_close(w, '}');
}

enum hk_err
event_rows_put(struct db *db, struct jw *w, const int64_t *id, int n)
{
	enum hk_err	e = HK_OK;
	bool		row;

	jw_open(w, "rows", '[');
	for (int i = 0; i < n && e == HK_OK; i++) {
		struct stmt	*q;

		if ((e = db_stmt(db, S_LOG_ROW, &q)) != HK_OK)
			break;
		bind_int(q, ":id", id[i]);
		if ((e = stmt_step(q, &row)) == HK_OK && row)
			put_row(w, q);
		stmt_reset(q);
	}
	jw_close(w, ']');
	return e;
}

static void
put_query(struct jw *w, const char *key, struct span query, const char *name, int64_t id)
{
	struct buf	b;
	char		number[24];

	buf_init(&b, query.len + 64);
	buf_putspan(&b, query);
	snprintf(number, sizeof(number), "%lld", (long long)id);
	if (name != NULL)
		form_put(&b, span_str(name), span_str(number));
	if (b.len == 0)		/* the newest of everything */
		form_put(&b, SPAN("after"), SPAN("0"));
	jw_text(w, key, buf_ok(&b) ? buf_span(&b) : SPAN_NULL);
	buf_release(&b);
}

void
event_pager_put(struct jw *w, const struct event_scan *s, struct span query, bool newest)
{
	if (s->next != 0)
		put_query(w, "next", query, "before", s->next);
	else
		jw_null(w, "next");
	if (newest)
		jw_null(w, "previous");
	else if (s->searched || s->n == 0)
		put_query(w, "previous", query, NULL, 0);
	else
		put_query(w, "previous", query, "after", s->id[0]);
	if (s->looked_to == 0) {
		jw_null(w, "searched");
		return;
	}
	jw_open(w, "searched", '{');
	jw_int(w, "to", s->looked_to);
	jw_bool(w, "nothing", s->n == 0);
	jw_close(w, '}');
}
