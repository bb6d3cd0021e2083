/* Recoveries: asked for, done a part at a time. */
#include "outbox/recovering.h"

#include "base/clock.h"

#define STEP_MOST	500	/* deliveries in one transaction */
#define ROOM		8192	/* of an endpoint's row */

static const char *const	whats[] = { "failed", "missed", "held" };

const char *
recover_what_name(enum recover_what what)
{
	return whats[what];
}

/* ---- asking ---------------------------------------------------------------------- */

static enum hk_err
state_of(struct db *db, int64_t id, enum endpoint_state *state)
{
	struct arena	*a = arena_new((size_t)64 << 10);
	struct endpoint	 ep;
	enum hk_err	 e;

	if (a == NULL)
		return err_note(HK_NOMEM, "no memory for an endpoint");
	if ((e = endpoint_find(db, id, a, &ep)) == HK_OK)
		*state = ep.state;
	arena_free(a);
	return e;
}

static enum hk_err
put(struct db *db, const struct recovery *r, int64_t now, int64_t *id)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_RECOVERY_ADD, &q)) != HK_OK)
		return e;
	bind_int(q, ":endpoint", r->endpoint);
	bind_text(q, ":what", span_str(whats[r->what]));
	bind_int(q, ":since", r->since_us);
	bind_int(q, ":until", r->until_us != 0 ? r->until_us : now + 1);
	bind_int(q, ":rate", r->rate);
	bind_int(q, ":now", now);
	if ((e = stmt_run(q)) != HK_OK)
		return e;
	if (db_changes(db) == 0)
		return err_tell(HK_EXISTS, "ep_%lld is being recovered already",
		    (long long)r->endpoint);
	*id = db_last_id(db);
	return HK_OK;
}

enum hk_err
recovery_begin(struct db *db, const struct recovery *r, int64_t now, int64_t *id)
{
	enum endpoint_state	state;
	enum hk_err		e;

	if (r->rate < 0 || r->rate > RECOVERY_RATE_MOST)
		return err_tell(HK_SYNTAX, "rate: 1 to %d a second, or 0 for all at once",
		    RECOVERY_RATE_MOST);
	if (r->until_us != 0 && r->until_us <= r->since_us)
		return err_tell(HK_SYNTAX, "until: it is to be later than since");
	if ((e = state_of(db, r->endpoint, &state)) != HK_OK)
		return e;
	if (state != ENDPOINT_ENABLED)
		return err_tell(HK_NEVER, "ep_%lld is %s: enable it first", (long long)r->endpoint,
		    endpoint_state_name(state));
	return put(db, r, now, id);
}

/* It is over: done (why NULL), or ended before. */
static enum hk_err
end(struct db *db, int64_t id, const char *why, int64_t now)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_RECOVERY_END, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	bind_text(q, ":why", span_str(why));
	bind_int(q, ":now", now);
	return stmt_run(q);
}

enum hk_err
recovery_stop(struct db *db, int64_t id, int64_t now)
{
	struct stmt	*q = NULL;
	int64_t		 over = -1;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_RECOVERY_IS_OVER, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	if ((e = stmt_int(q, &over)) != HK_OK)
		return e;
	if (over < 0)
		return err_tell(HK_NOTFOUND, "no recovery %lld", (long long)id);
	if (over > 0)
		return err_tell(HK_SKIP, "recovery %lld is over", (long long)id);
	return end(db, id, "stopped", now);
}

/* ---- doing ------------------------------------------------------------------------ */

struct open {
	int64_t		 id, next_us, seen;
	struct recovery	 r;
};

static enum recover_what
what_of(struct span s)
{
	return span_is(s, whats[RECOVER_FAILED]) ? RECOVER_FAILED :
	    span_is(s, whats[RECOVER_MISSED]) ? RECOVER_MISSED : RECOVER_HELD;
}

/* The oldest; id 0: none. */
static enum hk_err
oldest(struct db *db, struct open *o)
{
	struct stmt	*q = NULL;
	bool		 row;
	enum hk_err	 e;

	o->id = 0;
	if ((e = db_stmt(db, S_RECOVERY_NEXT, &q)) != HK_OK)
		return e;
	if ((e = stmt_step(q, &row)) == HK_OK && row) {
		o->id = col_int(q, 0);
		o->r.endpoint = col_int(q, 1);
		o->r.what = what_of(col_text(q, 2));
		o->r.since_us = col_int(q, 3);
		o->r.until_us = col_int(q, 4);
		o->r.rate = col_int(q, 5);
		o->next_us = col_int(q, 6);
		o->seen = col_int(q, 7);
		o->r.seen = &o->seen;
	}
	stmt_reset(q);
	return e;
}

static enum hk_err
went_on(struct db *db, const struct open *o, int64_t n, int64_t next_us)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_RECOVERY_WENT_ON, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", o->id);
	bind_int(q, ":n", n);
	bind_int(q, ":next", next_us);
	bind_int(q, ":seen", o->seen);
	return stmt_run(q);
}

static enum hk_err
step(struct db *db, int64_t now, int64_t *n, bool *more)
{
	struct open	o = { .id = 0 };
	int64_t		due;
	bool		rest = false;
	enum hk_err	e;

	if ((e = oldest(db, &o)) != HK_OK || o.id == 0)
		return e;
	*more = true;		/* there may be another behind it */
	due = o.r.rate > 0 && o.next_us > now ? o.next_us : now;
	e = recovery_step(db, &o.r, now, due, STEP_MOST, n, &rest);
	if (e == HK_NEVER || e == HK_NOTFOUND)
		return end(db, o.id, e == HK_NEVER ? "the endpoint is not enabled any longer" :
		    "the endpoint is deleted", now);
	if (e != HK_OK || (e = went_on(db, &o, *n,
	    o.r.rate > 0 ? due + *n * US_PER_S / o.r.rate : now)) != HK_OK)
		return e;
	return rest ? HK_OK : end(db, o.id, NULL, now);
}

enum hk_err
recovering_step(struct db *db, int64_t now, int64_t *n, bool *more)
{
	struct open	o = { .id = 0 };
	enum hk_err	e;

	*n = 0;
	*more = false;
	if ((e = oldest(db, &o)) != HK_OK || o.id == 0 || (e = db_begin(db)) != HK_OK)
		return e;
	if ((e = step(db, now, n, more)) != HK_OK) {
		db_rollback(db);
		return e;
	}
	return db_commit(db);
}

/* ---- states ------------------------------------------------------------------------- */

static const char *const	acts[] = { "pause", "resume", "enable", "disable" };

const char *
endpoint_act_name(enum endpoint_act act)
{
	return acts[act];
}

/* Everything that is held: what came in the pause, and what was open before it. */
static enum hk_err
release(struct db *db, int64_t id, int64_t now, int64_t *recovery)
{
	const struct recovery	r = { .what = RECOVER_HELD, .endpoint = id };
	enum hk_err		e = put(db, &r, now, recovery);

	return e == HK_EXISTS ? HK_OK : e;
}

enum hk_err
endpoint_act(struct db *db, int64_t id, enum endpoint_act act, struct span why, int64_t now,
    int64_t *recovery)
{
	static const enum endpoint_state	to[] = { ENDPOINT_PAUSED, ENDPOINT_ENABLED,
						    ENDPOINT_ENABLED, ENDPOINT_DISABLED };
	enum endpoint_state			was;
	enum hk_err				e;

	*recovery = 0;
	if ((e = state_of(db, id, &was)) != HK_OK)
		return e;
	if (was == ENDPOINT_DISABLED && (act == ACT_PAUSE || act == ACT_RESUME))
		return err_tell(HK_NEVER, "ep_%lld is disabled: enable it, and then recover what it"
		    " missed", (long long)id);
	if ((e = endpoint_set_state(db, id, to[act], why, now)) != HK_OK)
		return e;
	return was == ENDPOINT_PAUSED && to[act] == ENDPOINT_ENABLED ?
	    release(db, id, now, recovery) : HK_OK;
}
