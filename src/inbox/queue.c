/* The queue over the event table. */
#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/fault.h"
#include "inbox/queue.h"

/* Design section 3; the n-th wait follows the n-th failed attempt. */
static const int32_t waits_s[QUEUE_TRIES - 1] = { 5, 30, 120, 600, 3600, 21600, 86400 };

int64_t
queue_delay_us(int64_t n, uint32_t r)
{
	int64_t	wait;

	assert(n >= 1);
	if (n >= QUEUE_TRIES)
		return -1;
	wait = waits_s[n - 1] * US_PER_S;
	return wait - wait / 5 + (int64_t)((double)r / UINT32_MAX * (double)(wait * 2 / 5));
}

static enum hk_err
run_before(struct db *db, enum stmt_id id, int64_t before, int64_t now)
{
	struct stmt	*q;
	enum hk_err	 e;

	if ((e = db_stmt(db, id, &q)) != HK_OK)
		return e;
	bind_int(q, ":before", before);
	if (id == S_QUEUE_CRASHED_FAIL)
		bind_int(q, ":tries", QUEUE_TRIES);
	if (id == S_QUEUE_CRASHED_AGAIN)
		bind_int(q, ":now", now);
	return stmt_run(q);
}

enum hk_err
queue_reclaim(struct db *db, int64_t before, int64_t now)
{
	struct stmt	*q;
	int64_t		 any = 0;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_QUEUE_LEASED, &q)) != HK_OK)
		return e;
	bind_int(q, ":before", before);
	if ((e = stmt_int(q, &any)) != HK_OK || !any)
		return e;
	FAULT_DIE("reclaim");
	if ((e = db_begin(db)) != HK_OK ||
	    (e = run_before(db, S_QUEUE_CRASHED_LOG, before, now)) != HK_OK ||
	    (e = run_before(db, S_QUEUE_CRASHED_FAIL, before, now)) != HK_OK ||
	    (e = run_before(db, S_QUEUE_CRASHED_AGAIN, before, now)) != HK_OK ||
	    (e = db_commit(db)) != HK_OK)
		db_rollback(db);
	return e;
}

/* RETURNING gives its rows in no promised order. */
static int
by_due(const void *va, const void *vb)
{
	const struct claimed	*a = va, *b = vb;

	if (a->due_us != b->due_us)
		return a->due_us < b->due_us ? -1 : 1;
	return a->id < b->id ? -1 : a->id > b->id;
}

static enum hk_err
claim_rows(struct stmt *q, struct arena *arena, struct claimed *c, int most, int *n)
{
	enum hk_err	 e;
	bool		 row;

	while ((e = stmt_step(q, &row)) == HK_OK && row) {
		assert(*n < most);
		c->id = col_int(q, 0);
		c->attempts = col_int(q, 1);
		c->due_us = col_int(q, 2);
		c->created_us = col_int(q, 3);
		c->occurred_us = col_int(q, 4);
		c->provider = arena_span(arena, col_text(q, 5));
		c->event_id = arena_span(arena, col_text(q, 6));
		c->type = arena_span(arena, col_text(q, 7));
		if (c->provider.p == NULL || c->event_id.p == NULL || c->type.p == NULL)
			return err_note(HK_NOMEM, "no memory to claim events");
		c++;
		(*n)++;
	}
	return e;
}

static enum hk_err
claim(struct db *db, struct span who, int64_t now, int64_t until, int most,
    struct arena *arena, struct claimed *c, int *n)
{
	struct stmt	*q = NULL;
	int64_t		 tried = -1;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_QUEUE_PEEK, &q)) != HK_OK)
		return e;
	bind_int(q, ":now", now);
	if ((e = stmt_int(q, &tried)) != HK_OK || tried < 0)
		return e;
	if ((e = db_stmt(db, S_QUEUE_CLAIM, &q)) != HK_OK)
		return e;
	bind_int(q, ":until", until);
	bind_text(q, ":who", who);
	bind_int(q, ":now", now);
	bind_int(q, ":tried", tried);
	bind_int(q, ":most", tried > 0 ? 1 : most);
	e = claim_rows(q, arena, c, most, n);
	stmt_reset(q);
	return e;
}

enum hk_err
queue_claim(struct db *db, struct span who, int64_t now, int64_t lease_us, int most,
    struct arena *arena, struct claimed *c, int *n)
{
	int64_t		 until, due;
	enum hk_err	 e;

	assert(most > 0 && most <= QUEUE_BATCH);
	*n = 0;
	/* Looking first costs no lock and no sync; most looks find nothing. */
	if ((e = queue_next(db, &due)) != HK_OK || due > now || due == INT64_MAX)
		return e;
	until = now + lease_us;
	who = arena_span(arena, who);
	if ((e = db_begin(db)) != HK_OK)
		return e;
	e = claim(db, who, now, until, most, arena, c, n);
	FAULT_DIE("claimed");
	if (e != HK_OK || (e = db_commit(db)) != HK_OK) {
		db_rollback(db);
		*n = 0;
		return e;
	}
	FAULT_DIE("claimed.committed");
	for (int i = 0; i < *n; i++) {
		c[i].who = who;
		c[i].until_us = until;
	}
	qsort(c, (size_t)*n, sizeof(*c), by_due);
	return HK_OK;
}

/* What a verdict means for the row and for the log of attempts. */
struct settlement {
	const char	*status, *outcome, *result;
	struct span	 reason, error, waits_for;
	int64_t		 attempts, next, processed;	/* 0: NULL */
};

static struct settlement
settlement_of(const struct claimed *c, enum hk_err verdict, const struct task *t, int64_t now)
{
	struct settlement	 s = { .attempts = c->attempts, .processed = now };
	struct span		 why = span_str(t->reason[0] != '\0' ? t->reason : NULL);
	int64_t			 delay;

	switch (verdict) {
	case HK_OK:
	case HK_SKIP:
		s.status = "completed";
		s.outcome = s.result = verdict == HK_OK ? "handled" : "skipped";
		s.reason = why;
		return s;
	case HK_WAIT:
		assert(t->waits_for[0] != '\0');
		s.status = "pending";
		s.result = "wait";
		s.attempts--;		/* waiting uses up no attempts */
		s.waits_for = span_str(t->waits_for);
		s.error = why;
		s.processed = 0;
		return s;
	case HK_NEVER:
		delay = -1;
		break;
	default:
		delay = queue_delay_us(c->attempts, (uint32_t)random_below(UINT64_C(1) << 32));
	}
	s.error = why.p != NULL ? why : span_str(err_text(verdict));
	s.status = delay < 0 ? "failed" : "pending";
	s.result = delay < 0 ? "failed" : "later";
	s.next = delay < 0 ? 0 : now + delay;
	s.processed = delay < 0 ? now : 0;
	return s;
}

static void
bind_time(struct stmt *q, const char *name, int64_t us)
{
	if (us != 0)
		bind_int(q, name, us);
}

enum hk_err
queue_settle(struct db *db, const struct claimed *c, enum hk_err verdict,
    const struct task *t, int64_t started, int64_t now)
{
	struct settlement	 s = settlement_of(c, verdict, t, now);
	struct stmt		*q;
	enum hk_err		 e;

	if ((e = db_stmt(db, S_QUEUE_SETTLE, &q)) != HK_OK)
		return e;
	bind_text(q, ":status", span_str(s.status));
	bind_text(q, ":outcome", span_str(s.outcome));
	bind_text(q, ":reason", s.reason);
	bind_int(q, ":attempts", s.attempts);
	bind_time(q, ":next_attempt_at", s.next);
	bind_text(q, ":waits_for", s.waits_for);
	bind_text(q, ":error_message", s.error);
	bind_time(q, ":processed_at", s.processed);
	bind_int(q, ":id", c->id);
	bind_int(q, ":until", c->until_us);
	bind_text(q, ":who", c->who);
	if ((e = stmt_run(q)) != HK_OK)
		return e;
	if (db_changes(db) != 1)
		return err_note(HK_BUSY, "event %lld: its lease ran out while it was worked on; "
		    "raise `lease` if handlers take that long", (long long)c->id);

	if ((e = db_stmt(db, S_ATTEMPT_INSERT, &q)) != HK_OK)
		return e;
	bind_int(q, ":event", c->id);
	bind_int(q, ":started_at", started);
	bind_int(q, ":duration_us", now - started);
	bind_text(q, ":result", span_str(s.result));
	bind_text(q, ":message", s.waits_for.p != NULL ? s.waits_for :
	    s.error.p != NULL ? s.error : s.reason);
	bind_text(q, ":changes", t->changes);
	return stmt_run(q);
}

enum hk_err
queue_release(struct db *db, const struct claimed *c, int64_t now)
{
	struct stmt	*q;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_QUEUE_RELEASE, &q)) != HK_OK)
		return e;
	bind_int(q, ":now", now);
	bind_int(q, ":id", c->id);
	bind_int(q, ":until", c->until_us);
	bind_text(q, ":who", c->who);
	return stmt_run(q);
}

enum hk_err
queue_next(struct db *db, int64_t *due)
{
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row;

	if ((e = db_stmt(db, S_QUEUE_NEXT, &q)) != HK_OK)
		return e;
	if ((e = stmt_step(q, &row)) == HK_OK)
		*due = row && !col_is_null(q, 0) ? col_int(q, 0) : INT64_MAX;
	stmt_reset(q);
	return e;
}

enum hk_err
queue_retry(struct db *db, int64_t id, int64_t now)
{
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row, working;

	if ((e = db_stmt(db, S_QUEUE_RETRY, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	bind_int(q, ":now", now);
	if ((e = stmt_run(q)) != HK_OK || db_changes(db) == 1)
		return e;

	if ((e = db_stmt(db, S_EVENT_STATUS, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	if ((e = stmt_step(q, &row)) != HK_OK)
		goto out;
	working = row && span_is(col_text(q, 0), "processing");
	e = !row ? err_tell(HK_NOTFOUND, "there is no event %lld", (long long)id) :
	    working ? err_tell(HK_BUSY, "event %lld is being worked on right now", (long long)id) :
	    col_int(q, 1) != 0 ? err_tell(HK_NEVER, "event %lld was imported without --trust: its "
	    "signature was not checked here", (long long)id) :
	    err_tell(HK_NEVER, "event %lld: its body was pruned, it cannot be worked again",
	    (long long)id);
out:
	stmt_reset(q);
	return e;
}
