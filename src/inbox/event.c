/* Events become rows. */
#include <assert.h>

#include "inbox/body.h"
#include "inbox/event.h"
#include "base/fault.h"

static const char *const outcomes[] = {
	[DO_SKIP] = "skipped", [DO_IGNORE] = "ignored"
};

static void
bind_event(struct stmt *q, const struct event *ev)
{
	bool	later = ev->disposition.what == DO_PROCESS;

	assert(ev->disposition.what != DO_REJECT);
	bind_text(q, ":provider", span_str(ev->provider));
	bind_text(q, ":event_id", ev->env.event_id);
	bind_text(q, ":event_type", ev->env.type);
	bind_text(q, ":lane", ev->env.lane);
	bind_text(q, ":status", later ? SPAN("pending") : SPAN("completed"));
	bind_int(q, ":created_at", ev->received_us);
	if (later) {
		bind_int(q, ":next_attempt_at", ev->received_us);
	} else {
		bind_text(q, ":outcome", span_str(outcomes[ev->disposition.what]));
		bind_text(q, ":reason", span_str(ev->disposition.reason));
		bind_int(q, ":processed_at", ev->received_us);
	}
	bind_text(q, ":signature", ev->signature);
	bind_int(q, ":verified", ev->verified);
	bind_text(q, ":secret_label", span_str(ev->secret_label));
	if (ev->env.livemode >= 0)
		bind_int(q, ":livemode", ev->env.livemode);
	bind_text(q, ":api_version", ev->env.api_version);
	bind_text(q, ":instance", ev->env.instance);
	if (ev->env.occurred_us != 0)
		bind_int(q, ":occurred_at", ev->env.occurred_us);
}

static enum hk_err
first_id(struct db *db, const struct event *ev, int64_t *id)
{
	struct stmt	*q;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_EVENT_FIND, &q)) != HK_OK)
		return e;
	bind_text(q, ":provider", span_str(ev->provider));
	bind_text(q, ":event_id", ev->env.event_id);
	return stmt_int(q, id);
}

enum hk_err
event_store(struct db *db, const struct event *ev, int64_t *id, bool *fresh)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_EVENT_INSERT, &q)) != HK_OK)
		return e;
	bind_event(q, ev);
	e = stmt_run(q);
	FAULT_DIE("event.inserted");
	if (e != HK_OK)
		return e;
	*fresh = db_changes(db) == 1;
	if (!*fresh)
		return first_id(db, ev, id);
	*id = db_last_id(db);
	return body_store(db, *id, ev->headers, ev->body, ev->packed);
}

void
event_headers_but(struct buf *out, const struct fields *f, const char *secret)
{
	static const char *const	 always[] = { "authorization", "cookie",
					    "proxy-authorization", NULL };
	struct jw			 w;

	jw_init(&w, out);
	jw_open(&w, NULL, '{');
	for (size_t i = 0; i < f->n; i++) {
		struct span	name = f->v[i].name;
		char		key[128];
		size_t		k = 0;

		while (always[k] != NULL && !span_is(name, always[k]))
			k++;
		if (always[k] != NULL || (secret != NULL && span_is(name, secret)) ||
		    name.len >= sizeof(key))
			continue;
		memcpy(key, name.p, name.len);
		key[name.len] = '\0';
		jw_text(&w, key, f->v[i].value);
	}
	jw_close(&w, '}');
}

void
event_headers(struct buf *out, const struct fields *f)
{
	event_headers_but(out, f, NULL);
}
