/* Claim, handle, settle: everything an event causes is one transaction. */
#include "base/clock.h"
#include "base/fault.h"
#include "inbox/handle.h"
#include "inbox/process.h"
#include "store/changes.h"

#define EVENT_ARENA	(64 << 20)	/* one event's work; its body among it */

/*
 * One event inside the open transaction, in a savepoint when careful.  HK_OK:
 * settled, whatever the verdict; or *spoiled: without a savepoint it left
 * something that must be taken back.  Else the database failed.
 */
static enum hk_err
work_one(struct db *db, const struct process_opts *o, const struct claimed *c,
    struct arena *arena, struct changes *did, bool careful, bool *spoiled)
{
	int64_t			 started = now_us(), before = db_all_changes(db);
	const struct cause	 cause = { .db = db, .event = c->id, .now = started };
	struct task		 t = { .cause = &cause, .conf = o->conf, .arena = arena };
	enum hk_err		 e, verdict;

	if (careful && (e = db_save(db)) != HK_OK)
		return e;
	changes_start(did, db);
	verdict = event_handle(db, c, &t);
	changes_stop(did, db);
	if (error_is_ours(verdict))
		return verdict;
	t.changes = verdict == HK_OK ? changes_text(did) : SPAN_NULL;
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

/* Another event in the same transaction? */
static bool
may_go_on(struct db *db, const struct process_opts *o, int64_t began)
{
	int64_t	us = mono_us() - began;

	return us < o->slice_us || (us < o->alone_us && !db_wanted(db));
}

/* One transaction; *i moves past what is settled in it. */
static enum hk_err
work_on(struct db *db, const struct process_opts *o, const struct claimed *c, int n,
    struct arena *arena, struct changes *did, bool careful, int *i, bool *spoiled)
{
	int64_t		 began = mono_us();
	enum hk_err	 e;

	do {
		arena_reset(arena);
		e = work_one(db, o, &c[*i], arena, did, careful, spoiled);
		if (e != HK_OK || *spoiled)
			return e;
		++*i;
	} while (*i < n && may_go_on(db, o, began));
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
    struct arena *arena, struct changes *did, int *at)
{
	bool		 spoiled = false;
	int		 i = *at;
	enum hk_err	 e;

	if ((e = db_begin(db)) != HK_OK)
		return e;
	e = work_on(db, o, c, n, arena, did, false, &i, &spoiled);
	if (e == HK_OK && spoiled) {
		db_rollback(db);
		spoiled = false;
		i = *at;
		if ((e = db_begin(db)) != HK_OK)
			return e;
		e = work_on(db, o, c, n, arena, did, true, &i, &spoiled);
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
	struct changes	 did;
	int		 n = 0;
	enum hk_err	 e;

	*done = 0;
	if ((each = arena_new(EVENT_ARENA)) == NULL)
		return err_note(HK_NOMEM, "no memory to work on events");
	changes_init(&did);
	e = queue_claim(db, span_str(o->who), now_us(), o->conf->lease_s * US_PER_S,
	    o->most, arena, c, &n);
	while (e == HK_OK && *done < n) {
		if (*done > 0 && o->pause != NULL)
			o->pause(o->ctx);
		if (o->stop != NULL && o->stop(o->ctx))
			break;
		e = work_some(db, o, c, n, each, &did, done);
	}
	give_back(db, c + *done, n - *done);
	changes_release(&did);
	arena_free(each);
	return e;
}
