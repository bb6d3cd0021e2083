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

/*
 * One event inside the open transaction.  HK_OK: settled, whatever the
 * verdict.  Else the database failed and the transaction is to be taken back.
 */
static enum hk_err
work_one(struct db *db, const struct process_opts *o, const struct claimed *c,
    struct arena *arena)
{
	int64_t			 started = now_us();
	const struct cause	 cause = { .db = db, .event = c->id, .now = started };
	struct task		 t = { .cause = &cause, .conf = o->conf, .arena = arena };
	enum hk_err		 e, verdict;

	if ((e = db_save(db)) != HK_OK)
		return e;
	verdict = handle(db, c, &t);
	if (is_ours(verdict))
		return verdict;
	if (verdict != HK_OK && verdict != HK_SKIP && verdict != HK_LATER &&
	    verdict != HK_WAIT && verdict != HK_NEVER) {
		snprintf(t.reason, sizeof(t.reason), "%s: %s", err_name(verdict), err_last());
		verdict = HK_LATER;
	}
	/* Only what was handled leaves a trace in the books. */
	if (verdict != HK_OK && ((e = db_undo(db)) != HK_OK || (e = db_save(db)) != HK_OK))
		return e;
	e = queue_settle(db, c, verdict, &t, started, now_us());
	FAULT_DIE("settled");
	if (e == HK_OK)
		return db_keep(db);
	/* Somebody else's by now: its effects are theirs to make. */
	return e == HK_BUSY ? db_undo(db) : e;
}

/* One transaction of at most slice_us; *at moves past what it settled. */
static enum hk_err
work_some(struct db *db, const struct process_opts *o, const struct claimed *c, int n,
    struct arena *arena, int *at)
{
	int64_t		 until = mono_us() + o->slice_us;
	int		 i = *at;
	enum hk_err	 e;

	if ((e = db_begin(db)) != HK_OK)
		return e;
	do {
		arena_reset(arena);
		if ((e = work_one(db, o, &c[i], arena)) != HK_OK) {
			db_rollback(db);
			return e;
		}
		i++;
	} while (i < n && mono_us() < until);
	FAULT_DIE("worked");
	if ((e = db_commit(db)) != HK_OK) {
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
