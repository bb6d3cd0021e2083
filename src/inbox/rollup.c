/* Counts over time: rows behind a mark, added up. */
#include <assert.h>
#include <stdlib.h>

#include "base/fault.h"
#include "inbox/rollup.h"

#define STEP_ROWS	1000	/* of each source, that one transaction counts */
#define STEP_CELLS	(STEP_ROWS * 12)	/* by minute and hour: two of an event or attempt, one of others */
#define STEP_ARENA	((size_t)4 << 20)

static const char *const names[ROLLED_KINDS] = {
	"received", "handled", "skipped", "ignored", "failed", "later", "wait", "crashed",
	"latency", "granted", "burned", "taken", "returned",
	"mail_delivered", "mail_bounced", "mail_complained", "mail_opened",
};

const char *
rolled_name(enum rolled what)
{
	return names[what];
}

static bool
rolled_of(struct span name, enum rolled *what)
{
	for (int i = 0; i < ROLLED_KINDS; i++)
		if (span_is(name, names[i])) {
			*what = (enum rolled)i;
			return true;
		}
	return false;
}

/* ---- buckets ------------------------------------------------------------ */

int
rollup_bucket(int64_t us)
{
	int	e, b;

	if (us < 4)
		return us < 0 ? 0 : (int)us;
	e = 63 - __builtin_clzll((unsigned long long)us);
	b = (e - 1) * 4 + (int)(us >> (e - 2) & 3);
	return b < ROLLUP_BUCKETS ? b : ROLLUP_BUCKETS - 1;
}

int64_t
rollup_bucket_from(int b)
{
	return b < 4 ? b : (INT64_C(4) + b % 4) << (b / 4 - 1);
}

int64_t
rollup_quantile(const int64_t count[ROLLUP_BUCKETS], double share)
{
	int64_t	all = 0, below = 0;
	double	want;

	for (int b = 0; b < ROLLUP_BUCKETS; b++)
		all += count[b];
	want = share * (double)all;
	for (int b = 0; b < ROLLUP_BUCKETS; b++) {
		int64_t	from = rollup_bucket_from(b);

		if (count[b] > 0 && (double)(below + count[b]) >= want)
			return from + (int64_t)((double)(rollup_bucket_from(b + 1) - from) *
			    (want - (double)below) / (double)count[b]);
		below += count[b];
	}
	return 0;
}

/* ---- rows behind a mark --------------------------------------------------- */

static enum hk_err
mark_get(struct db *db, const char *name, int64_t *value)
{
	struct stmt	*q;
	enum hk_err	 e;

	*value = 0;
	if ((e = db_stmt(db, S_MARK_GET, &q)) != HK_OK)
		return e;
	bind_text(q, ":name", span_str(name));
	return stmt_int(q, value);
}

typedef void row_fn(void *ctx, const struct rolled_row *);

/* What became of it, in the words of names[]. */
static void
tell_end(struct stmt *q, struct rolled_row *r, row_fn *row, void *ctx)
{
	if (rolled_of(col_text(q, 3), &r->what))
		row(ctx, r);
}

static void
tell_event(struct stmt *q, struct rolled_row *r, row_fn *row, void *ctx)
{
	row(ctx, r);
	tell_end(q, r, row, ctx);
}

static void
tell_attempt(struct stmt *q, struct rolled_row *r, row_fn *row, void *ctx)
{
	tell_end(q, r, row, ctx);
	if (col_is_null(q, 4))
		return;
	r->what = ROLLED_LATENCY;
	r->bucket = rollup_bucket(col_int(q, 4));
	row(ctx, r);
}

/* Transfers and mails say by how much. */
static void
tell_amount(struct stmt *q, struct rolled_row *r, row_fn *row, void *ctx)
{
	r->times = col_int(q, 4);
	tell_end(q, r, row, ctx);
}

enum { EVENTS, ATTEMPTS, TRANSFERS, MAILS, SOURCES };

static const struct {
	const char	*mark;
	enum stmt_id	 behind, newest;	/* rows behind the mark; the last there is */
	void		(*tell)(struct stmt *, struct rolled_row *, row_fn *, void *ctx);
} sources[SOURCES] = {
	[EVENTS]	= { "counted_events", S_ROLLUP_EVENTS, S_EVENT_NEWEST, tell_event },
	[ATTEMPTS]	= { "counted_attempts", S_ROLLUP_ATTEMPTS, S_ATTEMPT_NEWEST, tell_attempt },
	[TRANSFERS]	= { "counted_transfers", S_ROLLUP_TRANSFERS, S_TRANSFER_NEWEST, tell_amount },
	[MAILS]		= { "counted_mails", S_ROLLUP_MAILS, S_MAIL_NEWEST, tell_amount },
};

struct marks {
	int64_t	at[SOURCES];
};

static enum hk_err
marks_get(struct db *db, struct marks *m)
{
	enum hk_err	e = HK_OK;

	for (int i = 0; e == HK_OK && i < SOURCES; i++)
		e = mark_get(db, sources[i].mark, &m->at[i]);
	return e;
}

/* At most `most` rows behind *mark, which moves; at is not rounded yet. */
static enum hk_err
each_behind(struct db *db, int source, int64_t most, int64_t *mark, int64_t *n, row_fn *row,
    void *ctx)
{
	struct stmt	*q;
	enum hk_err	 e;
	bool		 there;

	*n = 0;
	if ((e = db_stmt(db, sources[source].behind, &q)) != HK_OK)
		return e;
	bind_int(q, ":after", *mark);
	bind_int(q, ":most", most);
	while ((e = stmt_step(q, &there)) == HK_OK && there) {
		struct rolled_row	r = { .at = col_int(q, 2), .times = 1,
					    .provider = col_text(q, 1), .what = ROLLED_RECEIVED };

		sources[source].tell(q, &r, row, ctx);
		*mark = col_int(q, 0);
		++*n;
	}
	stmt_reset(q);
	return e;
}

/* ---- counting -------------------------------------------------------------- */

struct cell {
	int64_t		 step, at, times;
	struct span	 provider;
	enum rolled	 what;
	int		 bucket;
};

struct tally {
	struct arena	*arena;
	int64_t		 now;
	struct cell	*cell;
	size_t		 n, room;
	bool		 full;		/* no memory */
};

static int
cell_cmp(const void *va, const void *vb)
{
	const struct cell	*a = va, *b = vb;
	size_t			 least = a->provider.len < b->provider.len ? a->provider.len :
				    b->provider.len;
	int			 c;

	if (a->step != b->step)
		return a->step < b->step ? -1 : 1;
	if (a->at != b->at)
		return a->at < b->at ? -1 : 1;
	if ((c = memcmp(a->provider.p, b->provider.p, least)) != 0)
		return c;
	if (a->provider.len != b->provider.len)
		return a->provider.len < b->provider.len ? -1 : 1;
	return a->what != b->what ? (int)a->what - (int)b->what : a->bucket - b->bucket;
}

static void
note(void *ctx, const struct rolled_row *r)
{
	static const int64_t	 steps[] = { ROLLUP_MINUTE, ROLLUP_HOUR };
	struct tally		*t = ctx;
	struct span		 provider = t->n > 0 ? t->cell[t->n - 1].provider : SPAN_NULL;

	if (!span_eq(provider, r->provider))
		provider = arena_span(t->arena, r->provider);
	for (size_t i = 0; i < 2; i++) {
		if (steps[i] == ROLLUP_MINUTE && r->at < t->now - ROLLUP_MINUTES)
			continue;
		if (t->n == t->room || provider.p == NULL) {
			t->full = true;
			return;
		}
		t->cell[t->n++] = (struct cell){ steps[i], r->at - r->at % steps[i], r->times,
		    provider, r->what, r->bucket };
	}
}

/* Sorted, and of each thing one. */
static void
add_up(struct tally *t)
{
	size_t	n = 0;

	qsort(t->cell, t->n, sizeof(*t->cell), cell_cmp);
	for (size_t i = 0; i < t->n; i++)
		if (n > 0 && cell_cmp(&t->cell[n - 1], &t->cell[i]) == 0)
			t->cell[n - 1].times += t->cell[i].times;
		else
			t->cell[n++] = t->cell[i];
	t->n = n;
}

static enum hk_err
keep(struct db *db, const struct cell *c)
{
	struct stmt	*q;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_ROLLUP_ADD, &q)) != HK_OK)
		return e;
	bind_int(q, ":step", c->step);
	bind_int(q, ":at", c->at);
	bind_text(q, ":provider", c->provider);
	bind_text(q, ":what", span_str(names[c->what]));
	bind_int(q, ":bucket", c->bucket);
	bind_int(q, ":times", c->times);
	return stmt_run(q);
}

static enum hk_err
mark_move(struct db *db, const char *name, int64_t from, int64_t to)
{
	struct stmt	*q;
	enum hk_err	 e;

	if (from == to)
		return HK_OK;
	if ((e = db_stmt(db, S_MARK_MOVE, &q)) != HK_OK)
		return e;
	bind_text(q, ":name", span_str(name));
	bind_int(q, ":from", from);
	bind_int(q, ":to", to);
	if ((e = stmt_run(q)) != HK_OK || db_changes(db) == 1)
		return e;
	return err_tell(HK_BUSY, "somebody else has counted meanwhile");
}

static enum hk_err
forget_minutes(struct db *db, int64_t now)
{
	struct stmt	*q;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_ROLLUP_FORGET, &q)) != HK_OK)
		return e;
	bind_int(q, ":step", ROLLUP_MINUTE);
	bind_int(q, ":before", now - ROLLUP_MINUTES);
	return stmt_run(q);
}

static enum hk_err
write_all(struct db *db, const struct tally *t, const struct marks *from, const struct marks *to)
{
	enum hk_err	e;

	if ((e = db_begin(db)) != HK_OK)
		return e;
	for (int i = 0; e == HK_OK && i < SOURCES; i++)
		e = mark_move(db, sources[i].mark, from->at[i], to->at[i]);
	for (size_t i = 0; e == HK_OK && i < t->n; i++)
		e = keep(db, &t->cell[i]);
	if (e == HK_OK)
		e = forget_minutes(db, t->now);
	FAULT_DIE("rollup.written");
	if (e == HK_OK)
		return db_commit(db);
	db_rollback(db);
	return e;
}

/* Some rows of each source; *more: one of them has others. */
static enum hk_err
tally_all(struct db *db, struct tally *t, struct marks *to, int64_t *rows, bool *more)
{
	enum hk_err	e = HK_OK;
	int64_t		n;

	*rows = 0;
	for (int i = 0; e == HK_OK && i < SOURCES; i++) {
		e = each_behind(db, i, STEP_ROWS, &to->at[i], &n, note, t);
		*rows += n;
		*more = *more || n == STEP_ROWS;
	}
	if (e == HK_OK && t->full)
		e = err_note(HK_NOMEM, "no memory to count events");
	return e;
}

enum hk_err
rollup_step(struct db *db, int64_t now, bool *more)
{
	struct tally	t = { .now = now, .room = STEP_CELLS };
	struct marks	from, to;
	int64_t		rows;
	bool		left = false;
	enum hk_err	e;

	*more = false;
	if ((e = marks_get(db, &from)) != HK_OK)
		return e;
	to = from;
	if ((t.arena = arena_new(STEP_ARENA)) == NULL ||
	    (t.cell = arena_get(t.arena, t.room * sizeof(*t.cell))) == NULL) {
		e = err_note(HK_NOMEM, "no memory to count events");
		goto out;
	}
	if ((e = tally_all(db, &t, &to, &rows, &left)) != HK_OK || rows == 0)
		goto out;
	add_up(&t);
	e = write_all(db, &t, &from, &to);
	*more = left;
out:
	arena_free(t.arena);
	return e;
}

/* ---- reading ----------------------------------------------------------------- */

struct reading {
	int64_t	 step, from, to;
	void	(*row)(void *, const struct rolled_row *);
	void	*ctx;
};

static void
within(void *ctx, const struct rolled_row *r)
{
	struct reading		*rd = ctx;
	struct rolled_row	 out = *r;

	out.at -= out.at % rd->step;
	if (out.at >= rd->from && out.at < rd->to)
		rd->row(rd->ctx, &out);
}

static enum hk_err
read_kept(struct db *db, const struct reading *rd)
{
	struct stmt	*q;
	enum hk_err	 e;
	bool		 there;

	if ((e = db_stmt(db, S_ROLLUP_READ, &q)) != HK_OK)
		return e;
	bind_int(q, ":step", rd->step);
	bind_int(q, ":from", rd->from);
	bind_int(q, ":to", rd->to);
	while ((e = stmt_step(q, &there)) == HK_OK && there) {
		struct rolled_row	r = { .at = col_int(q, 0), .provider = col_text(q, 1),
					    .bucket = (int)col_int(q, 3), .times = col_int(q, 4) };

		if (rolled_of(col_text(q, 2), &r.what) && r.bucket >= 0 && r.bucket < ROLLUP_BUCKETS)
			rd->row(rd->ctx, &r);
	}
	stmt_reset(q);
	return e;
}

static enum hk_err
ask_int(struct db *db, enum stmt_id which, int64_t most, int64_t *out)
{
	struct stmt	*q;
	enum hk_err	 e;

	if ((e = db_stmt(db, which, &q)) != HK_OK)
		return e;
	if (most >= 0)
		bind_int(q, ":most", most);
	return stmt_int(q, out);
}

enum hk_err
rollup_read(struct db *db, int64_t step, int64_t from, int64_t to,
    void (*row)(void *ctx, const struct rolled_row *), void *ctx, int64_t *behind)
{
	struct reading	rd = { step, from, to, row, ctx };
	struct marks	m;
	enum hk_err	e;

	assert(step == ROLLUP_MINUTE || step == ROLLUP_HOUR);
	*behind = 0;
	if ((e = read_kept(db, &rd)) != HK_OK || (e = marks_get(db, &m)) != HK_OK)
		return e;
	for (int i = 0; e == HK_OK && i < SOURCES; i++) {
		int64_t	n, newest = 0;

		if ((e = each_behind(db, i, ROLLUP_TAIL, &m.at[i], &n, within, &rd)) == HK_OK &&
		    (e = ask_int(db, sources[i].newest, -1, &newest)) == HK_OK &&
		    newest > m.at[i])
			*behind += newest - m.at[i];
	}
	return e;
}

enum hk_err
rollup_total(struct db *db, struct rollup_total *t)
{
	enum hk_err	e;

	*t = (struct rollup_total){ 0 };
	/* No event is ever deleted, and none has a number that was given back. */
	if ((e = ask_int(db, S_EVENT_NEWEST, -1, &t->events)) != HK_OK ||
	    (e = ask_int(db, S_ROLLUP_PENDING, ROLLUP_SEEN + 1, &t->pending)) != HK_OK ||
	    (e = ask_int(db, S_ROLLUP_WAITING, ROLLUP_SEEN + 1, &t->waiting)) != HK_OK ||
	    (e = ask_int(db, S_ROLLUP_PROCESSING, ROLLUP_SEEN + 1, &t->processing)) != HK_OK ||
	    (e = ask_int(db, S_ROLLUP_FAILED, ROLLUP_SEEN + 1, &t->failed)) != HK_OK)
		return e;
	for (int i = 0; i < 4; i++) {
		int64_t	*n[] = { &t->pending, &t->waiting, &t->processing, &t->failed };

		if (*n[i] > ROLLUP_SEEN) {
			*n[i] = ROLLUP_SEEN;
			t->more = true;
		}
	}
	t->completed = t->events - t->pending - t->waiting - t->processing - t->failed;
	if (t->completed < 0)
		t->completed = 0;
	return HK_OK;
}
