/* Claim, handle, settle: everything an event causes is one transaction. */
#include <assert.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/fault.h"
#include "inbox/process.h"

#define EVENT_ARENA	(64 << 20)	/* one event's work; its body among it */

/* Errors that are the database's, not the event's. */
static bool
is_ours(enum hk_err e)
{
	switch (e) {
	case HK_NOMEM: case HK_IO: case HK_BUSY: case HK_FULL: case HK_READONLY:
	case HK_CORRUPT: case HK_NOTADB: case HK_NEWER: case HK_MOVED:
		return true;
	default:
		return false;
	}
}

static enum hk_err
load_body(struct db *db, int64_t id, struct arena *arena, struct span *body)
{
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row;

	if ((e = db_stmt(db, S_EVENT_BODY, &q)) != HK_OK)
		return e;
	bind_int(q, ":event", id);
	*body = SPAN_NULL;
	if ((e = stmt_step(q, &row)) == HK_OK && row &&
	    (*body = arena_span(arena, col_text(q, 0))).p == NULL)
		e = err_note(HK_NOMEM, "event %lld: no memory for its body", (long long)id);
	stmt_reset(q);
	return e;
}

/* The handler's verdict on one event; its effects are in the open savepoint. */
static enum hk_err
handle(struct db *db, const struct claimed *c, struct task *t)
{
	const struct provider	*pv = provider_find(c->provider);
	const char		*type = pv != NULL ? provider_type(pv, c->type) : NULL;
	handler_fn		*run = type != NULL ? provider_handler(pv, type) : NULL;
	struct span		 body;
	enum hk_err		 e;

	if (run == NULL) {
		snprintf(t->reason, sizeof(t->reason), "no handler for this type");
		return HK_SKIP;
	}
	if ((e = load_body(db, c->id, t->arena, &body)) != HK_OK)
		return e;
	if ((e = json_parse(body, &t->json)) != HK_OK) {
		snprintf(t->reason, sizeof(t->reason), "%s", err_last());
		return e == HK_NOMEM ? e : HK_NEVER;
	}
	t->type = span_str(type);
	t->event_id = c->event_id;
	t->occurred_us = c->occurred_us != 0 ? c->occurred_us : c->created_us;
	FAULT_DIE("handler.before");
	e = run(t);
	FAULT_DIE("handler.after");
	json_free(t->json);
	t->json = NULL;
	return e;
}

/* The verdicts of provider.h; what else a handler says is a surprise: later. */
static enum hk_err
verdict_of(struct db *db, const struct claimed *c, struct task *t)
{
	enum hk_err	v = handle(db, c, t);

	if (is_ours(v) || v == HK_OK || v == HK_SKIP || v == HK_LATER || v == HK_WAIT ||
	    v == HK_NEVER)
		return v;
	snprintf(t->reason, sizeof(t->reason), "%s: %s", err_name(v), err_last());
	return HK_LATER;
}

/*
 * One event inside the open transaction, in a savepoint when careful.  HK_OK:
 * settled, whatever the verdict; or *spoiled: without a savepoint it left
 * something that must be taken back.  Else the database failed.
 */
static enum hk_err
work_one(struct db *db, const struct process_opts *o, const struct claimed *c,
    struct arena *arena, bool careful, bool *spoiled)
{
	int64_t			 started = now_us(), before = db_all_changes(db);
	const struct cause	 cause = { .db = db, .event = c->id, .now = started };
	struct task		 t = { .cause = &cause, .conf = o->conf, .arena = arena };
	enum hk_err		 e, verdict;

	if (careful && (e = db_save(db)) != HK_OK)
		return e;
	verdict = verdict_of(db, c, &t);
	if (is_ours(verdict))
		return verdict;
	/* Only what was handled leaves a trace in the books. */
	if (verdict != HK_OK && db_all_changes(db) != before) {
		*spoiled = !careful;
		if (*spoiled)
			return HK_OK;
		if ((e = db_undo(db)) != HK_OK || (e = db_save(db)) != HK_OK)
			return e;
	}
	e = queue_settle(db, c, verdict, &t, started, now_us());
	FAULT_DIE("settled");
	/* A lease that is somebody else's by now: so are the effects. */
	*spoiled = e == HK_BUSY && !careful;
	if (e == HK_OK || *spoiled)
		return careful ? db_keep(db) : HK_OK;
	return e == HK_BUSY ? db_undo(db) : e;
}

/* A transaction of at most slice_us; *i moves past what is settled in it. */
static enum hk_err
work_on(struct db *db, const struct process_opts *o, const struct claimed *c, int n,
    struct arena *arena, bool careful, int *i, bool *spoiled)
{
	int64_t		 until = mono_us() + o->slice_us;
	enum hk_err	 e;

	do {
		arena_reset(arena);
		e = work_one(db, o, &c[*i], arena, careful, spoiled);
		if (e != HK_OK || *spoiled)
			return e;
		++*i;
	} while (*i < n && mono_us() < until);
	return HK_OK;
}

/*
 * One transaction; *at moves past what it settled.  A savepoint copies every
 * page that is changed in it, a quarter of all the work, and hardly any event
 * needs one: so first without, and when one event has to be taken back, all of
 * it once more with.
 */
static enum hk_err
work_some(struct db *db, const struct process_opts *o, const struct claimed *c, int n,
    struct arena *arena, int *at)
{
	bool		 spoiled = false;
	int		 i = *at;
	enum hk_err	 e;

	if ((e = db_begin(db)) != HK_OK)
		return e;
	e = work_on(db, o, c, n, arena, false, &i, &spoiled);
	if (e == HK_OK && spoiled) {
		db_rollback(db);
		spoiled = false;
		i = *at;
		if ((e = db_begin(db)) != HK_OK)
			return e;
		e = work_on(db, o, c, n, arena, true, &i, &spoiled);
	}
	FAULT_DIE("worked");
	if (e != HK_OK || (e = db_commit(db)) != HK_OK) {
		db_rollback(db);
		return e;
	}
	FAULT_DIE("worked.committed");
	*at = i;
	return HK_OK;
}

/* Give back what was claimed and not settled; the lease does it if this fails. */
static void
give_back(struct db *db, const struct claimed *c, int n)
{
	int64_t	now = now_us();

	FAULT_DIE("round.done");
	if (n == 0 || db_begin(db) != HK_OK)
		return;
	for (int i = 0; i < n; i++)
		if (queue_release(db, &c[i], now) != HK_OK) {
			db_rollback(db);
			return;
		}
	if (db_commit(db) != HK_OK)
		db_rollback(db);
}

enum hk_err
process_round(struct db *db, const struct process_opts *o, struct arena *arena, int *done)
{
	struct claimed	 c[QUEUE_BATCH];
	struct arena	*each;
	int		 n = 0;
	enum hk_err	 e;

	*done = 0;
	if ((each = arena_new(EVENT_ARENA)) == NULL)
		return err_note(HK_NOMEM, "no memory to work on events");
	e = queue_claim(db, span_str(o->who), now_us(), o->conf->lease_s * US_PER_S,
	    o->most, arena, c, &n);
	while (e == HK_OK && *done < n) {
		if (*done > 0 && o->pause != NULL)
			o->pause(o->ctx);
		if (o->stop != NULL && o->stop(o->ctx))
			break;
		e = work_some(db, o, c, n, each, done);
	}
	give_back(db, c + *done, n - *done);
	arena_free(each);
	return e;
}
