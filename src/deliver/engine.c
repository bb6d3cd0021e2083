/* The engine: claim, send, settle. */
#include "deliver/engine_part.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/id.h"
#include "base/log.h"
#include "inbox/body.h"
#include "outbox/expire.h"
#include "outbox/fanout.h"
#include "outbox/recovering.h"
#include "provider/masked.h"

#define LOOK_US		(100 * US_PER_MS)	/* longest that a new message is not seen */
#define SURE_US		US_PER_S		/* the database is looked at, even if nobody wrote */
#define STOP_US		(4 * US_PER_S)		/* those in flight get so long */
#define ONCE_US		(40 * US_PER_S)		/* then nothing is begun any more, if it is to end */
#define TROUBLE_US	US_PER_S		/* after the database failed */
#define SLICE_US	(20 * US_PER_MS)	/* of fan-out, before those in flight are seen to */
#define FANOUT_MOST	500
#define ROUND_ARENA	((size_t)512 << 20)
#define RETRY_US	(4 * US_PER_S)		/* no retry is due sooner */
#define TIDY_US		(600 * US_PER_S)

/* ---- opening and closing --------------------------------------------------------- */

enum hk_err
engine_open(struct engine **out, const struct engine_opts *o)
{
	struct engine	*g = calloc(1, sizeof(*g));
	enum hk_err	 e;

	if (g == NULL)
		return err_note(HK_NOMEM, "no memory for the engine");
	g->o = *o;
	g->begun_end = &g->begun;
	g->up_end = &g->up;
	if ((g->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) < 0)
		e = err_note(HK_IO, "eventfd: no file to wake the engine by");
	else if ((g->arena = arena_new(ROUND_ARENA)) == NULL)
		e = err_note(HK_NOMEM, "no memory for the engine");
	else if ((e = lanes_open(&g->lanes)) == HK_OK &&
	    (e = channels_open(&g->channels, o->conf)) == HK_OK &&
	    (e = db_open(&g->db, o->conf->db, DB_RW, o->conf->busy_timeout_ms)) == HK_OK)
		e = delivery_reclaim(g->db, INT64_MAX, now_us());
	if (e != HK_OK) {
		engine_close(g);
		return e;
	}
	*out = g;
	return HK_OK;
}

/* They are settled by nobody: the next who works takes them up again. */
static void
abort_all(struct engine *g)
{
	for (struct flight *f = g->up, *next; f != NULL; f = next) {
		next = f->up_next;
		if (f->state != NULL)
			channel_find(f->endpoint->channel)->abort(g->channels, f);
		flight_free(f);
	}
	g->up = NULL;
}

void
engine_close(struct engine *g)
{
	if (g == NULL)
		return;
	abort_all(g);
	flights_free(g->over);
	flights_free(g->begun);
	channels_close(g->channels);
	turns_release(&g->turns);
	lanes_close(g->lanes);
	db_close(g->db);
	arena_free(g->arena);
	if (g->wake >= 0)
		close(g->wake);
	free(g);
}

void
engine_wake(struct engine *g)
{
	uint64_t	one = 1;

	/* It can only be full, and then it is awake. */
	if (write(g->wake, &one, sizeof(one)) < 0 && errno != EAGAIN)
		log_warn("the engine cannot be woken");
}

static int64_t
least_us(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static bool
stopping(const struct engine *g)
{
	return g->o.stop != NULL && g->o.stop(g->o.ctx);
}

/* ---- handing over ------------------------------------------------------------------- */

static bool
may_relay(struct span provider, struct span type)
{
	return !provider_has_codes(provider, type);
}

static enum hk_err
event_body(struct db *db, int64_t event, struct arena *a, struct span *out)
{
	return body_load(db, event, a, NULL, out);
}

static enum hk_err
hand_over_some(struct engine *g, bool *more)
{
	const struct fanout_opts	o = { .conf = g->o.conf, .most = FANOUT_MOST,
					    .may_relay = may_relay, .body = event_body };
	int64_t				made = 0, again = 0;
	bool				rest = false;
	enum hk_err			e;

	if ((e = fanout_step(g->db, &o, g->arena, now_us(), &made, more)) == HK_OK)
		e = recovering_step(g->db, now_us(), &again, &rest);
	*more = *more || rest;
	if (e == HK_OK)
		e = messages_expire(g->db, now_us(), &rest);
	*more = *more || rest;
	g->stale = g->stale || made > 0 || again > 0;
	arena_reset(g->arena);
	return e;
}

/* Messages to endpoints, and what is recovered; a part of it when it is much. */
static enum hk_err
hand_over(struct engine *g)
{
	int64_t		until = mono_us() + SLICE_US;
	bool		more = true;
	enum hk_err	e = HK_OK;

	while (e == HK_OK && more && mono_us() < until && !stopping(g))
		e = hand_over_some(g, &more);
	g->behind = more;
	FAULT_DIE("engine.fanned");
	return e;
}

/* ---- looking ------------------------------------------------------------------------- */

/* Has anybody committed something? */
static enum hk_err
look(struct engine *g)
{
	int64_t		version, mono = mono_us();
	enum hk_err	e;

	if ((e = db_version(g->db, &version)) != HK_OK)
		return e;
	if (version != g->version || mono >= g->next_look_us) {
		g->version = version;
		g->next_look_us = mono + SURE_US;
		g->stale = g->behind = true;
		/* Not while we have something ourselves that could not be settled. */
		if (g->over == NULL && (e = delivery_reclaim(g->db, now_us(), now_us())) != HK_OK)
			return e;
	}
	if (g->behind && (e = hand_over(g)) != HK_OK)
		return e;
	return (g->stale || g->next_due_us <= now_us()) && mono >= g->next_find_us ? claim_find(g) : HK_OK;
}

/* ---- settling ------------------------------------------------------------------------------- */

static enum hk_err
settle(struct engine *g, struct flight *f, int64_t now)
{
	uint32_t	chance;
	enum hk_err	e;

	random_fill(&chance, sizeof(chance));
	e = delivery_settle(g->db, &f->result, chance, g->arena, now);
	if (e != HK_OK && e != HK_SKIP && e != HK_NOTFOUND)
		return e;
	if (!f->result.good) {
		/* It may be due again, and a message may tell of it. */
		g->next_due_us = least_us(g->next_due_us, now + RETRY_US);
		g->behind = true;
	}
	/* The next of its subject may go now. */
	if (f->endpoint->word.ordered && !turns_add(&g->turns, f->lane))
		return err_note(HK_NOMEM, "no memory for endpoints");
	return HK_OK;
}

static void
let_go(struct engine *g, struct flight *f)
{
	g->bytes -= f->delivery.payload.len;
	flight_free(f);
}

/* Claimed, but the commit failed: nothing of it happened. */
static void
drop_begun(struct engine *g)
{
	struct flight	*next;

	for (struct flight *f = g->begun; f != NULL; f = next) {
		next = f->next;
		lane_undo(f->lane);
		g->flights--;
		g->suspects -= f->suspect;
		let_go(g, f);
	}
	g->begun = NULL;
	g->begun_end = &g->begun;
}

static enum hk_err
in_transaction(struct engine *g, bool want, int64_t now)
{
	enum hk_err	e = HK_OK;

	for (struct flight *f = g->over; e == HK_OK && f != NULL; f = f->next)
		e = settle(g, f, now);
	if (e == HK_OK && want)
		e = claim_turns(g, now);
	FAULT_DIE("engine.claimed");
	if (e == HK_OK)
		return db_commit(g->db);
	db_rollback(g->db);
	return e;
}

/*
 * One transaction: what became of the last, and what is next.  What is not
 * settled stays in g->over, for another try.
 */
static enum hk_err
commit_round(struct engine *g, int64_t *done)
{
	bool		want = !g->closing && !stopping(g) && (g->more || g->ready_us <= mono_us());
	struct flight	*next;
	enum hk_err	e;

	if (g->over == NULL && (!want || g->turns.n == 0)) {
		g->more = g->more && !want;
		return HK_OK;
	}
	if ((e = db_begin(g->db)) == HK_OK && (e = in_transaction(g, want, now_us())) != HK_OK)
		drop_begun(g);
	FAULT_DIE("engine.committed");
	if (e != HK_OK)
		return e;
	for (struct flight *f = g->over; f != NULL; f = next) {
		next = f->next;
		let_go(g, f);
		++*done;
	}
	g->over = NULL;
	return HK_OK;
}

/* ---- in flight -------------------------------------------------------------------------------- */

static void
enter_up(struct engine *g, struct flight *f)
{
	f->up_next = NULL;
	f->up_prev = g->up_end;
	*g->up_end = f;
	g->up_end = &f->up_next;
	if (g->young == NULL)
		g->young = f;
}

static void
leave_up(struct engine *g, struct flight *f)
{
	if (g->young == f)
		g->young = f->up_next;
	if ((*f->up_prev = f->up_next) != NULL)
		f->up_next->up_prev = f->up_prev;
	else
		g->up_end = f->up_prev;
}

/* What is in the air for long is slow, whatever it was when it began. */
static void
age(struct engine *g)
{
	int64_t	mono = mono_us();

	for (; g->young != NULL && mono - g->young->began_us >= LANE_SLOW_US; g->young = g->young->up_next)
		if (!g->young->suspect) {
			g->young->suspect = g->more = true;
			g->suspects++;
		}
}

static void
begin_all(struct engine *g)
{
	struct flight			*next;
	const struct channel		*ch;

	for (struct flight *f = g->begun; f != NULL; f = next) {
		next = f->next;
		f->result.started_us = now_us();
		f->began_us = mono_us();
		enter_up(g, f);
		if ((ch = channel_find(f->endpoint->channel)) != NULL)
			ch->start(g->channels, f);
		else
			flight_failed(g->channels, f, "E_CHANNEL", true);
		FAULT_DIE("engine.sending");
	}
	g->begun = NULL;
	g->begun_end = &g->begun;
}

static void
gather(struct engine *g)
{
	struct flight	*f;

	while ((f = channels_done(g->channels)) != NULL) {
		leave_up(g, f);
		g->suspects -= f->suspect;
		lane_end(f->lane, f->result.good, f->result.took_us);
		g->flights--;
		g->more = true;
		f->next = g->over;
		g->over = f;
	}
	age(g);
	FAULT_DIE("engine.gathered");
}

/* ---- running ------------------------------------------------------------------------------------ */

static int64_t
patience(const struct engine *g)
{
	int64_t	mono = mono_us(), us = LOOK_US, find = g->next_due_us - now_us();

	if (g->over != NULL || (!g->closing && (g->behind || (g->more && g->turns.n > 0))))
		return 0;
	if (g->closing)
		return us;
	if (g->stale)
		find = 0;
	if (find < g->next_find_us - mono)
		find = g->next_find_us - mono;
	us = least_us(us, find);
	if (g->turns.n > 0)
		us = least_us(us, g->ready_us - mono);
	return us > 0 ? us : 0;
}

static enum hk_err
round_of(struct engine *g, int64_t *done)
{
	enum hk_err	e = HK_OK;

	if (g->closing || (e = look(g)) == HK_OK)
		e = commit_round(g, done);
	arena_reset(g->arena);
	if (e != HK_OK) {
		g->next_look_us = g->next_find_us = 0;
		g->stale = true;
	}
	begin_all(g);
	channels_wait(g->channels, g->wake, e == HK_OK ? patience(g) : TROUBLE_US);
	gather(g);
	return e;
}

static void
drain_wake(struct engine *g)
{
	uint64_t	n;

	/* Nothing there is fine. */
	if (read(g->wake, &n, sizeof(n)) > 0)
		g->next_look_us = 0;
}

/* Those that do not end in time are left to the next, as after a kill. */
static enum hk_err
finish(struct engine *g, int64_t *done)
{
	int64_t		until = mono_us() + STOP_US;
	enum hk_err	e = HK_OK;

	g->closing = true;
	while (e == HK_OK && (g->flights > 0 || g->over != NULL) && mono_us() < until)
		e = round_of(g, done);
	return e;
}

static bool
is_lasting(enum hk_err e)
{
	return e == HK_CORRUPT || e == HK_NOTADB || e == HK_MOVED || e == HK_NEWER;
}

/* Nothing is under way, and nothing can begin. */
static bool
is_idle(const struct engine *g)
{
	if (g->flights > 0 || g->over != NULL)
		return false;
	return g->closing || (!g->behind && !g->stale && g->next_due_us > now_us() &&
	    (g->turns.n == 0 || (!g->more && g->ready_us == INT64_MAX)));
}

enum hk_err
engine_run(struct engine *g, bool once, int64_t *done)
{
	int64_t		until = mono_us() + ONCE_US;
	enum hk_err	e = HK_OK, end;

	*done = 0;
	g->once = once;
	while (!stopping(g)) {
		drain_wake(g);
		g->closing = once && mono_us() >= until;
		if ((e = round_of(g, done)) != HK_OK && (once || is_lasting(e)))
			break;
		if (once && e == HK_OK && is_idle(g))
			break;
		if (mono_us() >= g->tidy_at) {
			lanes_tidy(g->lanes, mono_us());
			g->tidy_at = mono_us() + TIDY_US;
		}
	}
	end = finish(g, done);
	return e != HK_OK ? e : end;
}
