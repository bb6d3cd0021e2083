/* The dry replay: empty books, and every event once more. */
#include "inbox/replay.h"

#include <assert.h>

#include "base/clock.h"
#include "inbox/handle.h"
#include "inbox/replay_part.h"
#include "store/copy.h"

#define EVENT_ARENA	(64 << 20)
#define CARRY_ARENA	(1 << 20)
#define SLICE_US	(200 * US_PER_MS)	/* one transaction: bodies are read in a snapshot */

static void
bind_time(struct stmt *q, const char *name, int64_t us)
{
	if (us != 0)
		bind_int(q, name, us);
}

static void
bind_wanted(struct stmt *q, const struct replay_opts *o)
{
	struct span	type = span_str(o->type);
	bool		prefix = type.len > 0 && type.p[type.len - 1] == '*';

	bind_text(q, ":provider", span_str(o->provider));
	bind_text(q, ":type", prefix ? SPAN_NULL : type);
	bind_text(q, ":prefix", prefix ? span_of(type.p, type.len - 1) : SPAN_NULL);
	bind_text(q, ":status", span_str(o->status));
	bind_time(q, ":since", o->since_us);
	bind_time(q, ":until", o->until_us);
}

static enum hk_err
ask(struct db *db, enum stmt_id id, int64_t *out)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	*out = 0;
	if ((e = db_stmt(db, id, &q)) != HK_OK)
		return e;
	return stmt_int(q, out);
}

/* What is left out, by today's state; before that is overwritten. */
static enum hk_err
count_left(struct replaying *r)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;
	bool		 row;

	if ((e = db_stmt(r->blank, S_REPLAY_LEFT, &q)) != HK_OK)
		return e;
	bind_wanted(q, r->o);
	if ((e = stmt_step(q, &row)) == HK_OK && row) {
		r->t->queued = r->o->status == NULL ? col_int(q, 0) : 0;
		r->t->resolved = col_int(q, 1);
	}
	stmt_reset(q);
	return e;
}

static enum hk_err
other_plans(struct replaying *r)
{
	const struct cause	 cause = { .db = r->blank, .now = now_us() };
	struct stmt		*q = NULL;
	enum hk_err		 e;

	if ((e = db_stmt(r->blank, S_REPLAY_PLANS_FORGET, &q)) != HK_OK ||
	    (e = stmt_run(q)) != HK_OK)
		return e;
	for (size_t i = 0; e == HK_OK && i < r->o->nplan; i++)
		e = plan_set(&cause, &r->o->plan[i]);
	return e;
}

/* The wanted events are due, each at its time; the others are settled. */
static enum hk_err
pick(struct replaying *r)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_begin(r->blank)) != HK_OK)
		return e;
	if ((e = count_left(r)) != HK_OK ||
	    (e = db_stmt(r->blank, S_REPLAY_PICK, &q)) != HK_OK)
		goto out;
	bind_wanted(q, r->o);
	bind_int(q, ":received", r->o->received);
	if ((e = stmt_run(q)) != HK_OK ||
	    (e = ask(r->blank, S_REPLAY_PICKED, &r->t->events)) != HK_OK ||
	    (r->o->plan != NULL && (e = other_plans(r)) != HK_OK))
		goto out;
	e = db_commit(r->blank);
out:
	db_rollback(r->blank);
	return e;
}

static enum hk_err
keep(struct arena *arena, struct span s, struct span *out)
{
	*out = arena_span(arena, s.p != NULL ? s : SPAN(""));
	return out->p != NULL ? HK_OK : err_note(HK_NOMEM, "no memory for an event");
}

/* *found false: none is due.  c->due_us is its time. */
static enum hk_err
next(struct replaying *r, struct claimed *c, bool *found, bool *pruned)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(r->blank, S_REPLAY_NEXT, &q)) != HK_OK)
		return e;
	if ((e = stmt_step(q, found)) != HK_OK || !*found)
		goto out;
	*c = (struct claimed){ .id = col_int(q, 0), .due_us = col_int(q, 1),
	    .created_us = col_int(q, 2), .occurred_us = col_int(q, 3) };
	*pruned = col_int(q, 7) == 0;
	if ((e = keep(r->arena, col_text(q, 4), &c->provider)) == HK_OK &&
	    (e = keep(r->arena, col_text(q, 5), &c->event_id)) == HK_OK)
		e = keep(r->arena, col_text(q, 6), &c->type);
out:
	stmt_reset(q);
	return e;
}

/* Only what was handled leaves a trace in the books. */
static enum hk_err
handle(struct replaying *r, const struct claimed *c, struct task *t, enum hk_err *verdict)
{
	int64_t		before = db_all_changes(r->blank);
	enum hk_err	e;

	if ((e = db_save(r->blank)) != HK_OK)
		return e;
	*verdict = event_handle(r->blank, c, t);
	if (error_is_ours(*verdict))
		return *verdict;
	if (*verdict != HK_OK && db_all_changes(r->blank) != before)
		return db_undo(r->blank);
	return db_keep(r->blank);
}

static enum hk_err
settle(struct replaying *r, int64_t id, enum hk_err verdict, const struct task *t)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;
	bool		 done = verdict == HK_OK || verdict == HK_SKIP;

	if ((e = db_stmt(r->blank, S_REPLAY_SETTLE, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	bind_text(q, ":status", done ? SPAN("completed") :
	    verdict == HK_NEVER ? SPAN("failed") : SPAN("pending"));
	if (done)
		bind_text(q, ":outcome", verdict == HK_OK ? SPAN("handled") : SPAN("skipped"));
	if (verdict == HK_WAIT)
		bind_text(q, ":waits_for", span_str(t->waits_for));
	return stmt_run(q);
}

static void
count(struct replay_totals *t, enum hk_err verdict, bool pruned)
{
	switch (verdict) {
	case HK_OK:
		t->handled++;
		break;
	case HK_SKIP:
		t->skipped++;
		break;
	case HK_NEVER:
		t->pruned += pruned;
		t->failed += !pruned;
		break;
	default:		/* it comes again, or is counted in the end */
		break;
	}
}

static enum hk_err
one(struct replaying *r, const struct claimed *c, bool pruned)
{
	const struct cause	cause = { .db = r->blank, .event = c->id, .now = c->due_us };
	struct task		t = { .cause = &cause, .conf = r->conf, .arena = r->arena };
	enum hk_err		e, verdict;

	r->now = c->due_us;
	if ((e = carry_until(r, c->due_us)) != HK_OK ||
	    (e = handle(r, c, &t, &verdict)) != HK_OK)
		return e;
	if (pruned && c->type.len == 0 && verdict == HK_SKIP)
		verdict = HK_NEVER;	/* nothing is left that says what it was */
	if ((e = settle(r, c->id, verdict, &t)) != HK_OK)
		return e;
	pruned = pruned && verdict == HK_NEVER;
	if (pruned && r->o->pruned != NULL)
		r->o->pruned(r->o->ctx, &(struct replay_pruned){ c->id, c->provider,
		    c->event_id, c->type });
	count(r->t, verdict, pruned);
	return HK_OK;
}

static void
tell(struct replaying *r)
{
	const struct replay_totals	*t = r->t;

	if (r->o->progress != NULL)
		r->o->progress(r->o->ctx, "replaying", t->handled + t->skipped + t->failed +
		    t->pruned, t->events);
}

/* One transaction's worth; *found false: none is due any more. */
static enum hk_err
some(struct replaying *r, bool *found)
{
	int64_t		until = mono_us() + SLICE_US;
	struct claimed	c;
	bool		pruned = false;
	enum hk_err	e;

	if ((e = db_begin(r->blank)) != HK_OK)
		return e;
	do {
		arena_reset(r->arena);
		if ((e = next(r, &c, found, &pruned)) == HK_OK && *found)
			e = one(r, &c, pruned);
	} while (e == HK_OK && *found && mono_us() < until);
	if (e == HK_OK)
		e = db_commit(r->blank);
	db_rollback(r->blank);
	tell(r);
	return e;
}

/* Those that were to come later are due; and what nobody made way for is carried over. */
static enum hk_err
again(struct replaying *r)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_begin(r->blank)) != HK_OK)
		return e;
	arena_reset(r->arena);
	if ((e = carry_rest(r)) == HK_OK &&
	    (e = db_stmt(r->blank, S_REPLAY_AGAIN, &q)) == HK_OK) {
		bind_int(q, ":now", r->now);
		e = stmt_run(q);
	}
	if (e == HK_OK)
		e = db_commit(r->blank);
	db_rollback(r->blank);
	return e;
}

/* In rounds, until nothing moves. */
static enum hk_err
run(struct replaying *r)
{
	struct replay_totals	*t = r->t;
	int64_t			 done = -1;
	bool			 found;
	enum hk_err		 e;

	if ((e = carry_start(r)) != HK_OK)
		return e;
	while (e == HK_OK && t->handled + t->skipped + t->failed + t->pruned != done) {
		done = t->handled + t->skipped + t->failed + t->pruned;
		for (found = true; e == HK_OK && found;)
			e = some(r, &found);
		if (e == HK_OK)
			e = again(r);
	}
	stmt_reset(r->carry);
	r->carry = NULL;
	return e != HK_OK ? e : ask(r->blank, S_REPLAY_OPEN, &t->waiting);
}

static void
copying(void *ctx, int64_t done, int64_t all)
{
	const struct replay_opts	*o = ctx;

	if (o->progress != NULL)
		o->progress(o->ctx, "copying", done, all);
}

enum hk_err
replay(struct db *db, const struct conf *conf, const struct replay_opts *o,
    struct replay_totals *t)
{
	struct replay_opts	 mine = *o;
	const struct copy_opts	 how = { .folder = o->folder, .progress = copying, .ctx = &mine };
	struct replaying	 r = { .conf = conf, .o = o, .t = t };
	struct copy		*copy = NULL;
	enum hk_err		 e;

	assert(o->differs != NULL);
	*t = (struct replay_totals){ .events = 0 };
	if ((r.arena = arena_new(EVENT_ARENA)) == NULL ||
	    (r.carrying = arena_new(CARRY_ARENA)) == NULL) {
		e = err_note(HK_NOMEM, "no memory to work on events");
		goto out;
	}
	if ((e = db_copy(db, &how, &copy)) != HK_OK)
		goto out;
	r.books = copy_books(copy);
	r.blank = copy_blank(copy);
	if ((e = pick(&r)) != HK_OK ||
	    (e = run(&r)) != HK_OK ||
	    (e = ask(r.books, S_REPLAY_CREDITS, &t->credits_before)) != HK_OK ||
	    (e = ask(r.blank, S_REPLAY_CREDITS, &t->credits_after)) != HK_OK)
		goto out;
	e = replay_compare(&r);
out:
	copy_free(copy);
	arena_free(r.arena);
	arena_free(r.carrying);
	return e;
}
