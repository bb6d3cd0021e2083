/*
 * Recovery: what failed or was missed is sent after all, a part at a time.
 */
#include "base/clock.h"
#include "outbox/audience.h"
#include "outbox/delivery.h"
#include "outbox/endpoint_part.h"
#include "outbox/trial.h"

#define COUNT_MOST	100000
#define LOOK_MOST	1000	/* messages that are read at once */
#define LOOK_BYTES	((size_t)8 << 20)
#define LOOKS_MOST	5	/* so often in one step, when the next goes on behind it */

/* One pass over what a recovery would send; counted, or done. */
struct pass {
	struct db		*db;
	const struct recovery	*r;
	struct arena		*arena;
	struct listener		*to;
	int64_t			 now, due;	/* due: of the next */
	int64_t			 done, most;
	bool			 count;		/* change nothing */
};

/* With a rate they are due one after another. */
static int64_t
next_due(struct pass *p)
{
	int64_t	due = p->due;

	if (p->r->rate > 0)
		p->due += US_PER_S / p->r->rate;
	return due;
}

static void
bind_window(struct stmt *q, const struct pass *p, int64_t most)
{
	bind_int(q, ":endpoint", p->r->endpoint);
	bind_int(q, ":since", p->r->since_us);
	bind_int(q, ":until", p->r->until_us != 0 ? p->r->until_us : INT64_MAX);
	bind_int(q, ":most", most);
}

/* ---- deliveries that are there ------------------------------------------------------- */

static enum hk_err
read_ids(struct pass *p, enum stmt_id which, int64_t *id, int most, int *n)
{
	struct stmt	*q = NULL;
	bool		 row;
	enum hk_err	 e;

	*n = 0;
	if ((e = db_stmt(p->db, which, &q)) != HK_OK)
		return e;
	bind_window(q, p, most);
	while ((e = stmt_step(q, &row)) == HK_OK && row)
		id[(*n)++] = col_int(q, 0);
	stmt_reset(q);
	return e;
}

static enum hk_err
send_again(struct pass *p, int64_t id)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(p->db, S_RECOVER_SEND, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	bind_int(q, ":ordered", p->to->ordered);
	bind_int(q, ":due", next_due(p));
	return stmt_run(q);
}

/* More than can be counted, or be done in one step, is *more. */
static enum hk_err
existing(struct pass *p, enum stmt_id which, bool *more)
{
	int64_t		 left = p->most - p->done;
	int64_t		*id = arena_get(p->arena, sizeof(*id) * (size_t)(left + 1));
	int		 n;
	enum hk_err	 e;

	if (id == NULL)
		return err_note(HK_NOMEM, "no memory for a recovery");
	if ((e = read_ids(p, which, id, (int)left + 1, &n)) != HK_OK)
		return e;
	*more = n > left;
	for (int i = 0; e == HK_OK && i < n && i < left; i++) {
		if (!p->count)
			e = send_again(p, id[i]);
		p->done++;
	}
	return e;
}

/* ---- messages it never heard of --------------------------------------------------------- */

static enum hk_err
read_told(struct stmt *q, struct arena *a, struct told *t)
{
	t->id = col_int(q, 0);
	t->relayed = span_starts(col_text(q, 5), RELAY_CAUSE);
	t->trial = span_starts(col_text(q, 5), TRIAL_CAUSE);
	if (!row_keep(a, q, 1, &t->type) || !row_keep(a, q, 2, &t->owner_kind) ||
	    !row_keep(a, q, 3, &t->owner) || !row_keep(a, q, 4, &t->payload))
		return err_note(HK_NOMEM, "no memory for a recovery");
	return HK_OK;
}

static enum hk_err
read_unheard(struct pass *p, int64_t after, struct told *t, int *n)
{
	struct stmt	*q = NULL;
	size_t		 bytes = 0;
	bool		 row;
	enum hk_err	 e;

	*n = 0;
	if ((e = db_stmt(p->db, S_RECOVER_UNHEARD, &q)) != HK_OK)
		return e;
	bind_window(q, p, LOOK_MOST);
	bind_int(q, ":after", after);
	while (bytes < LOOK_BYTES && (e = stmt_step(q, &row)) == HK_OK && row) {
		if ((e = read_told(q, p->arena, &t[*n])) != HK_OK)
			break;
		bytes += t[(*n)++].payload.len;
	}
	stmt_reset(q);
	return e;
}

static enum hk_err
hear(struct pass *p, const struct told *t)
{
	struct json	*parsed = NULL;
	bool		 wants = listener_wants(p->to, t, &parsed), fresh;
	enum hk_err	 e = HK_OK;

	json_free(parsed);
	if (!wants)
		return HK_OK;
	if (!p->count)
		e = listener_deliver(p->db, p->to, t, next_due(p), p->now, &fresh);
	p->done++;
	return e;
}

static enum hk_err
first_message(struct pass *p, int64_t *after)
{
	struct stmt	*q = NULL;
	int64_t		 first = 0;
	enum hk_err	 e;

	if ((e = db_stmt(p->db, S_RECOVER_FIRST_MESSAGE, &q)) != HK_OK)
		return e;
	bind_int(q, ":since", p->r->since_us);
	if ((e = stmt_int(q, &first)) == HK_OK)
		*after = first - 1;
	return e;
}

/* Of those that were read, as many as may be done; *after is the last that was. */
static enum hk_err
hear_some(struct pass *p, const struct told *t, int n, int64_t *after)
{
	enum hk_err	e = HK_OK;

	for (int i = 0; e == HK_OK && i < n && p->done < p->most; i++) {
		*after = t[i].id;
		e = hear(p, &t[i]);
	}
	return e;
}

static enum hk_err
unheard(struct pass *p, bool *more)
{
	struct arena	*whole = p->arena;
	struct told	*t = arena_get(whole, sizeof(*t) * LOOK_MOST);
	int64_t		 after = p->r->seen != NULL ? *p->r->seen : 0;
	int		 n = 1;
	enum hk_err	 e = HK_OK;

	if (t == NULL || (p->arena = arena_new((size_t)256 << 20)) == NULL) {
		p->arena = whole;
		return err_note(HK_NOMEM, "no memory for a recovery");
	}
	if (after == 0)
		e = first_message(p, &after);
	for (int looks = 0; e == HK_OK && n > 0; looks++) {
		if ((*more = p->done >= p->most || (p->r->seen != NULL && looks == LOOKS_MOST)))
			break;
		if ((e = read_unheard(p, after, t, &n)) == HK_OK)
			e = hear_some(p, t, n, &after);
		arena_reset(p->arena);
	}
	if (p->r->seen != NULL)
		*p->r->seen = after;
	arena_free(p->arena);
	p->arena = whole;
	return e;
}

/* ---- both -------------------------------------------------------------------------------- */

static enum hk_err
find_endpoint(struct pass *p)
{
	struct audience	all;
	enum hk_err	e;

	if ((e = audience_read(p->db, p->arena, &all)) != HK_OK)
		return e;
	for (size_t i = 0; i < all.n; i++)
		if (all.who[i].id == p->r->endpoint) {
			p->to = &all.who[i];
			if (!p->count && !p->to->enabled)
				return err_tell(HK_NEVER, "ep_%lld is paused or disabled: enable it first",
				    (long long)p->r->endpoint);
			return HK_OK;
		}
	return err_tell(HK_NOTFOUND, "no endpoint ep_%lld", (long long)p->r->endpoint);
}

static enum hk_err
run(struct pass *p, int64_t *n, bool *more)
{
	enum hk_err	e;

	*more = false;
	if ((p->arena = arena_new((size_t)64 << 20)) == NULL)
		return err_note(HK_NOMEM, "no memory for a recovery");
	if ((e = find_endpoint(p)) == HK_OK)
		e = existing(p, p->r->what == RECOVER_FAILED ? S_RECOVER_FAILED : S_RECOVER_HELD, more);
	if (e == HK_OK && !*more && p->r->what == RECOVER_MISSED)
		e = unheard(p, more);
	*n = p->done;
	arena_free(p->arena);
	return e;
}

enum hk_err
recovery_count(struct db *db, const struct recovery *r, int64_t *n, bool *more)
{
	struct pass	p = { .db = db, .r = r, .most = COUNT_MOST, .count = true };

	return run(&p, n, more);
}

enum hk_err
recovery_step(struct db *db, const struct recovery *r, int64_t now, int64_t due, int most,
    int64_t *n, bool *more)
{
	struct pass	p = { .db = db, .r = r, .now = now, .due = due, .most = most };

	return run(&p, n, more);
}
