/* What is too old goes, a few rows at a time. */
#include "inbox/prune.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/fault.h"
#include "inbox/search.h"
#include "provider/masked.h"

#define LOOK_IDS	5000			/* of a table that are looked at in one statement */
#define BATCH		64			/* rows one transaction takes at most */
#define BATCH_WORDS	((size_t)192 << 10)	/* bytes of words that it takes out of the index */
#define BATCH_US	(8 * US_PER_MS)
#define WORDS_ARENA	((size_t)192 << 20)	/* a body and its packed form */
#define DAY_US		(24 * INT64_C(3600) * US_PER_S)

struct candidate {
	int64_t	 id;
	bool	 codes;
	size_t	 from, len, row;	/* its words in struct pruning's; of these its row's */
};

/* A part of a table, and what of it may go. */
struct pruning {
	struct db		*db;
	struct arena		*arena;
	struct prune_rules	 rules;
	int64_t			 now;
	enum pruned		 kind;
	bool			 dry;
	struct candidate	 c[BATCH];
	int			 n;
	struct buf		 words;
};

/* Each kind: its name, how far to look, what may go, and how it goes. */
static enum hk_err	drop_body(struct pruning *, const struct candidate *, bool *);
static enum hk_err	drop_event(struct pruning *, const struct candidate *, bool *);
static enum hk_err	drop_message(struct pruning *, const struct candidate *, bool *);
static enum hk_err	drop_refused(struct pruning *, const struct candidate *, bool *);

static const struct {
	const char	*name;
	enum stmt_id	 last, look;
	enum hk_err	(*drop)(struct pruning *, const struct candidate *, bool *dropped);
	bool		 of_events;	/* by the longer of the two ages */
} kinds[PRUNED_KINDS] = {
	[PRUNED_BODIES]	  = { "bodies", S_PRUNE_LAST_EVENT, S_PRUNE_LOOK_BODIES, drop_body, false },
	[PRUNED_EVENTS]	  = { "events", S_PRUNE_LAST_EVENT, S_PRUNE_LOOK_EVENTS, drop_event, true },
	[PRUNED_MESSAGES] = { "messages", S_PRUNE_LAST_MESSAGE, S_PRUNE_LOOK_MESSAGES, drop_message,
	    true },
	[PRUNED_REFUSED]  = { "refused", S_PRUNE_LAST_REFUSED, S_PRUNE_LOOK_REFUSED, drop_refused,
	    false },
};

const char *
pruned_name(enum pruned kind)
{
	return kinds[kind].name;
}

struct prune_rules
prune_rules_of(const struct conf *conf)
{
	return (struct prune_rules){ conf->retention_bodies * DAY_US,
	    conf->retention_events * DAY_US };
}

/* ---- which may go ------------------------------------------------------------------ */

/* The age at which a kind goes; 0: never. */
static int64_t
age_of(const struct pruning *p)
{
	int64_t	bodies = p->rules.bodies, events = p->rules.events;

	if (kinds[p->kind].of_events)
		return events;
	return bodies == 0 || (events != 0 && events < bodies) ? events : bodies;
}

static bool
is_old(int64_t now, int64_t age, int64_t came, int64_t settled)
{
	int64_t	rest = age < PRUNE_SETTLED_US ? age : PRUNE_SETTLED_US;

	return age != 0 && came < now - age && settled < now - rest;
}

/* Of the row at hand; *codes: it is one of those that go early. */
static bool
may_go(const struct pruning *p, struct stmt *q, bool *codes)
{
	int64_t	came = col_int(q, 1), settled = col_int(q, 2);

	*codes = p->kind == PRUNED_BODIES && provider_has_codes(col_text(q, 3), col_text(q, 4));
	if (*codes && is_old(p->now, PRUNE_CODES_US, came, settled))
		return true;
	return is_old(p->now, age_of(p), came, settled) &&
	    (p->kind != PRUNED_BODIES || *codes || col_int(q, 5) != 0);
}

/* The newest that could go at all. */
static int64_t
newest(const struct pruning *p)
{
	int64_t	age = age_of(p);

	if (p->kind == PRUNED_BODIES && (age == 0 || age > PRUNE_CODES_US))
		age = PRUNE_CODES_US;
	return p->now - age;
}

/* From after up to *to; when there are more than fit, *to is the last that does. */
static enum hk_err
look(struct pruning *p, int64_t after, int64_t *to)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;
	bool		 row, codes;

	p->n = 0;
	if ((e = db_stmt(p->db, kinds[p->kind].look, &q)) != HK_OK)
		return e;
	bind_int(q, ":after", after);
	bind_int(q, ":to", *to);
	bind_int(q, ":newest", newest(p));
	if (kinds[p->kind].of_events)
		bind_int(q, ":dry", p->dry);
	while (p->n < BATCH && (e = stmt_step(q, &row)) == HK_OK && row)
		if (may_go(p, q, &codes))
			p->c[p->n++] = (struct candidate){ .id = col_int(q, 0), .codes = codes };
	stmt_reset(q);
	if (e == HK_OK && p->n == BATCH)
		*to = p->c[BATCH - 1].id;
	return e;
}

/* ---- how it goes ------------------------------------------------------------------- */

static enum hk_err
run_for(struct pruning *p, enum stmt_id what, int64_t id)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(p->db, what, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	return stmt_run(q);
}

static struct span
words_of(const struct pruning *p, const struct candidate *c, size_t len)
{
	return len > 0 ? span_of(p->words.p + c->from, len) : SPAN_NULL;
}

static enum hk_err
drop_body(struct pruning *p, const struct candidate *c, bool *dropped)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(p->db, S_PRUNE_BODY, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", c->id);
	bind_int(q, ":now", p->now);
	bind_int(q, ":codes", c->codes);
	if ((e = stmt_run(q)) != HK_OK || !(*dropped = db_changes(p->db) == 1))
		return e;
	if ((e = run_for(p, S_PRUNE_BODY_ROW, c->id)) != HK_OK ||
	    (e = run_for(p, S_PRUNE_CHANGES, c->id)) != HK_OK || c->len == c->row)
		return e;
	return search_forget(p->db, c->id, words_of(p, c, c->len), words_of(p, c, c->row));
}

static enum hk_err
drop_event(struct pruning *p, const struct candidate *c, bool *dropped)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(p->db, S_PRUNE_EVENT, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", c->id);
	bind_int(q, ":now", p->now);
	if ((e = stmt_run(q)) != HK_OK || !(*dropped = db_changes(p->db) == 1))
		return e;
	if ((e = run_for(p, S_PRUNE_ATTEMPTS, c->id)) != HK_OK)
		return e;
	return search_forget(p->db, c->id, words_of(p, c, c->len), SPAN_NULL);
}

static enum hk_err
drop_message(struct pruning *p, const struct candidate *c, bool *dropped)
{
	enum hk_err	e;

	if ((e = run_for(p, S_PRUNE_DELIVERY_ATTEMPTS, c->id)) != HK_OK ||
	    (e = run_for(p, S_PRUNE_DELIVERIES, c->id)) != HK_OK ||
	    (e = run_for(p, S_PRUNE_MESSAGE, c->id)) != HK_OK)
		return e;
	*dropped = db_changes(p->db) == 1;
	return HK_OK;
}

static enum hk_err
drop_refused(struct pruning *p, const struct candidate *c, bool *dropped)
{
	enum hk_err	e = run_for(p, S_PRUNE_REFUSED, c->id);

	*dropped = e == HK_OK && db_changes(p->db) == 1;
	return e;
}

/* Words are made before the transaction: what holds the lock is the writing alone. */
static enum hk_err
gather(struct pruning *p, int64_t *to)
{
	enum hk_err	e = HK_OK;
	int		i;

	buf_clear(&p->words);
	if (p->kind != PRUNED_BODIES && p->kind != PRUNED_EVENTS)
		return HK_OK;
	for (i = 0; e == HK_OK && i < p->n && p->words.len < BATCH_WORDS; i++) {
		p->c[i].from = p->words.len;
		e = search_gather(p->db, p->c[i].id, p->arena, &p->words, &p->c[i].row);
		p->c[i].len = p->words.len - p->c[i].from;
		if (e == HK_OK && !buf_ok(&p->words))
			e = err_note(HK_NOMEM, "no memory for what is pruned");
	}
	if (i < p->n)
		*to = p->c[(p->n = i) - 1].id;
	return e;
}

/* to, next_at: -1 leaves them. */
static enum hk_err
note(struct pruning *p, int64_t to, int64_t next_at, int64_t pruned)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(p->db, S_PRUNE_PUT, &q)) != HK_OK)
		return e;
	bind_text(q, ":what", span_str(kinds[p->kind].name));
	bind_int(q, ":pruned", pruned);
	if (to >= 0)
		bind_int(q, ":to", to);
	if (next_at >= 0)
		bind_int(q, ":next_at", next_at);
	return stmt_run(q);
}

/* The candidates, or as many as there is time for; then *to is the last of those. */
static enum hk_err
drop_all(struct pruning *p, int64_t *to, bool keep_place, int64_t *pruned)
{
	int64_t		until = mono_us() + BATCH_US, n = 0;
	enum hk_err	e;
	bool		dropped = false;

	if ((e = db_begin(p->db)) != HK_OK)
		return e;
	for (int i = 0; e == HK_OK && i < p->n; i++) {
		if ((e = kinds[p->kind].drop(p, &p->c[i], &dropped)) == HK_OK)
			n += dropped;
		if (mono_us() >= until && i + 1 < p->n) {
			*to = p->c[i].id;
			break;
		}
	}
	if (e == HK_OK && p->words.len > 0)
		e = search_tidy(p->db);
	if (e == HK_OK)
		e = note(p, keep_place ? *to : -1, -1, n);
	FAULT_DIE("pruned");
	if (e == HK_OK && (e = db_commit(p->db)) == HK_OK)
		*pruned += n;
	if (e != HK_OK)
		db_rollback(p->db);
	return e;
}

/* One part: everything after `at` up to *to is done, which is at most `last`. */
static enum hk_err
part(struct pruning *p, int64_t at, int64_t last, bool keep_place, int64_t *to, int64_t *pruned)
{
	enum hk_err	e;

	*to = last - at > LOOK_IDS ? at + LOOK_IDS : last;
	if ((e = look(p, at, to)) != HK_OK || p->n == 0 || (e = gather(p, to)) != HK_OK)
		return e;
	return drop_all(p, to, keep_place, pruned);
}

static enum hk_err
begin(struct pruning *p, struct db *db, const struct prune_rules *rules, int64_t now)
{
	*p = (struct pruning){ .db = db, .rules = *rules, .now = now };
	buf_init(&p->words, BATCH_WORDS + 4 * SEARCH_TEXT_MOST);
	p->arena = arena_new(WORDS_ARENA);
	return p->arena != NULL ? HK_OK : err_note(HK_NOMEM, "no memory to prune with");
}

static void
end(struct pruning *p)
{
	buf_release(&p->words);
	arena_free(p->arena);
}

static enum hk_err
last_of(struct pruning *p, int64_t *last)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	*last = 0;
	if ((e = db_stmt(p->db, kinds[p->kind].last, &q)) != HK_OK)
		return e;
	return stmt_int(q, last);
}

/* ---- the worker's, a bit at a time --------------------------------------------------- */

/* Where each round stands; -1: it is not its time. */
static enum hk_err
places(struct db *db, int64_t now, int64_t place[PRUNED_KINDS], bool *any)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;
	bool		 row;

	*any = false;
	for (int i = 0; i < PRUNED_KINDS; i++)
		place[i] = -1;
	if ((e = db_stmt(db, S_PRUNE_DUE, &q)) != HK_OK)
		return e;
	bind_int(q, ":now", now);
	while ((e = stmt_step(q, &row)) == HK_OK && row)
		for (int i = 0; i < PRUNED_KINDS; i++)
			if (span_is(col_text(q, 0), kinds[i].name)) {
				place[i] = col_int(q, 1);
				*any = true;
			}
	stmt_reset(q);
	return e;
}

static enum hk_err
keep_place(struct pruning *p, int64_t at, bool over)
{
	enum hk_err	e;

	if ((e = db_begin(p->db)) != HK_OK)
		return e;
	if ((e = note(p, over ? 0 : at, over ? p->now + PRUNE_EVERY_US : -1, 0)) == HK_OK)
		return db_commit(p->db);
	db_rollback(p->db);
	return e;
}

/* One kind, until its round is over or the time is. */
static enum hk_err
go_on(struct pruning *p, int64_t at, int64_t until, bool *more)
{
	int64_t		last = 0, to, pruned = 0;
	enum hk_err	e;

	if ((e = last_of(p, &last)) != HK_OK)
		return e;
	while (at < last && !*more) {
		if ((e = part(p, at, last, true, &to, &pruned)) != HK_OK)
			return e;
		at = to;
		*more = at < last && (mono_us() >= until || db_wanted(p->db));
	}
	return keep_place(p, at, !*more);
}

enum hk_err
prune_step(struct db *db, const struct prune_rules *rules, int64_t now, int64_t budget_us,
    bool *more)
{
	int64_t		until = mono_us() + budget_us, place[PRUNED_KINDS];
	struct pruning	p;
	enum hk_err	e;
	bool		any;

	*more = false;
	if ((e = places(db, now, place, &any)) != HK_OK || !any)
		return e;
	e = begin(&p, db, rules, now);
	for (int i = 0; e == HK_OK && i < PRUNED_KINDS && !*more; i++) {
		p.kind = (enum pruned)i;
		if (place[i] >= 0)
			e = go_on(&p, place[i], until, more);
	}
	end(&p);
	return e;
}

/* ---- all of it ----------------------------------------------------------------------- */

static enum hk_err
all_of(struct pruning *p, const struct prune_opts *o, int64_t *pruned)
{
	int64_t		at = 0, last = 0, to;
	enum hk_err	e;

	if ((e = last_of(p, &last)) != HK_OK)
		return e;
	for (; at < last; at = to) {
		if (o->dry) {
			to = last - at > LOOK_IDS ? at + LOOK_IDS : last;
			e = look(p, at, &to);
			*pruned += p->n;
		} else
			e = part(p, at, last, false, &to, pruned);
		if (e != HK_OK)
			return e;
		if (o->progress != NULL)
			o->progress(o->ctx, kinds[p->kind].name, to, last);
	}
	return HK_OK;
}

enum hk_err
prune_all(struct db *db, const struct prune_opts *o, int64_t pruned[PRUNED_KINDS])
{
	struct pruning	p;
	enum hk_err	e = begin(&p, db, &o->rules, o->now);

	for (int i = 0; i < PRUNED_KINDS; i++)
		pruned[i] = 0;
	for (int i = 0; e == HK_OK && i < PRUNED_KINDS; i++) {
		p.kind = (enum pruned)i;
		p.dry = o->dry;
		e = all_of(&p, o, &pruned[i]);
	}
	end(&p);
	return e;
}
