/* The dry run. */
#include "inbox/rehearse.h"

#include "base/clock.h"
#include "inbox/body.h"
#include "inbox/handle.h"
#include "store/changes.h"

static enum hk_err
load(struct db *db, int64_t id, struct arena *arena, struct claimed *c)
{
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row;

	if ((e = db_stmt(db, S_EVENT_REHEARSE, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	if ((e = stmt_step(q, &row)) != HK_OK)
		goto out;
	if (!row) {
		e = err_tell(HK_NOTFOUND, "there is no event %lld", (long long)id);
		goto out;
	}
	*c = (struct claimed){ .id = id, .created_us = col_int(q, 3), .occurred_us = col_int(q, 4) };
	c->provider = arena_span(arena, col_text(q, 0));
	c->event_id = arena_span(arena, col_text(q, 1));
	c->type = arena_span(arena, col_is_null(q, 2) ? SPAN("") : col_text(q, 2));
	if (c->provider.p == NULL || c->event_id.p == NULL || c->type.p == NULL)
		e = err_note(HK_NOMEM, "no memory for event %lld", (long long)id);
	else if (col_is_null(q, 5))
		e = err_tell(HK_NEVER, "event %lld: its body was pruned, it cannot be worked again",
		    (long long)id);
out:
	stmt_reset(q);
	return e;
}

static enum hk_err
keep(struct arena *arena, struct span s, struct span *out)
{
	*out = s.len > 0 ? arena_span(arena, s) : SPAN_NULL;
	return s.len == 0 || out->p != NULL ? HK_OK :
	    err_note(HK_NOMEM, "no memory for a dry run");
}

/* Inside the transaction; error_is_ours() or told. */
static enum hk_err
run(struct db *db, const struct conf *conf, const struct claimed *c, int64_t now,
    struct changes *ch, struct arena *arena, struct rehearsal *out)
{
	const struct cause	 cause = { .db = db, .event = c->id, .now = now };
	struct task		 t = { .cause = &cause, .conf = conf, .arena = arena };
	int64_t			 began = mono_us();
	enum hk_err		 e;

	changes_start(ch, db);
	out->verdict = event_handle(db, c, &t);
	changes_stop(ch, db);
	out->took_us = mono_us() - began;
	if (error_is_ours(out->verdict))
		return out->verdict;
	if ((e = keep(arena, span_str(t.reason), &out->reason)) != HK_OK ||
	    (e = keep(arena, span_str(t.waits_for), &out->waits_for)) != HK_OK)
		return e;
	return keep(arena, changes_text(ch), &out->changes);
}

enum hk_err
event_rehearse(struct db *db, const struct conf *conf, int64_t id, int64_t now,
    struct arena *arena, struct rehearsal *out)
{
	struct changes	 ch;
	struct claimed	 c;
	enum hk_err	 e;

	*out = (struct rehearsal){ .took_us = 0 };
	changes_init(&ch);
	if ((e = db_begin(db)) != HK_OK)
		return e;
	if ((e = load(db, id, arena, &c)) == HK_OK)
		e = run(db, conf, &c, now, &ch, arena, out);
	db_rollback(db);
	changes_release(&ch);
	return e;
}
