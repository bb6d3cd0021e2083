/* Events in whose body the value at a path is the one that is asked for. */
#include "base/clock.h"
#include "base/walk.h"
#include "inbox/body.h"
#include "inbox/words.h"
#include "provider/masked.h"

#define PATH_US		(400 * US_PER_MS)
#define PATH_MOST	512		/* bytes */
#define BATCH		256
#define LOOK_ARENA	((size_t)192 << 20)	/* a body and its packed form */

/* One member's or element's step of the path. */
static bool
is_step(const struct walk_step *s, struct span step, struct arena *arena)
{
	int64_t	n;

	if (s->key.p != NULL)
		return span_eq(walk_text(s->key, arena), step);
	return s->depth > 0 && span_u63(step, &n) && (size_t)n == s->index;
}

static bool
is_value(const struct walk_step *s, struct span value, struct arena *arena)
{
	if (s->kind != WALK_VALUE)
		return false;
	return span_eq(s->type == SCAN_STRING ? walk_text(s->raw, arena) : s->raw, value);
}

static bool
has_at(struct span body, struct span path, struct span value, struct arena *arena)
{
	struct span		step = span_cut(&path, '.');
	struct walk		w;
	struct walk_step	s;

	/* Without escapes a value stands in the text as it is. */
	if (memchr(body.p, '\\', body.len) == NULL && value.len > 0 &&
	    memmem(body.p, body.len, value.p, value.len) == NULL)
		return false;
	walk_start(&w, body);
	if (!walk_next(&w, &s) || s.kind != WALK_OPEN)
		return false;
	while (walk_next(&w, &s)) {
		if (s.kind == WALK_CLOSE)
			return false;
		if (!is_step(&s, step, arena))
			(void)walk_whole(&w, &s);
		else if (path.p == NULL)
			return is_value(&s, value, arena);
		else if (s.kind != WALK_OPEN)
			return false;
		else
			step = span_cut(&path, '.');
	}
	return false;
}

struct look {
	struct db	*db;
	struct arena	*arena;		/* of one event */
	struct span	 path, value;
	int64_t		 until;
	int		 checks, most;
	int64_t		*ids;
	struct search_found *f;
};

/* May its body be looked into, and was it JSON when it came? */
static enum hk_err
whose(struct db *db, int64_t id, bool *shown, bool *json)
{
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row;

	if ((e = db_stmt(db, S_SEARCH_WHOSE, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	if ((e = stmt_step(q, &row)) == HK_OK) {
		*shown = row && !provider_has_codes(col_text(q, 0), col_text(q, 1));
		*json = row && !span_starts(col_text(q, 0), "custom:");
	}
	stmt_reset(q);
	return e;
}

/* Does it say so?  A body that is gone, or too large for our memory, does not. */
static enum hk_err
look_at(struct look *l, int64_t id, bool *yes)
{
	struct span	body;
	bool		shown, json;
	enum hk_err	e;

	*yes = false;
	arena_reset(l->arena);
	if ((e = whose(l->db, id, &shown, &json)) != HK_OK || !shown)
		return e;
	e = body_load(l->db, id, l->arena, NULL, &body);
	if (e == HK_NOTFOUND || e == HK_SYNTAX || e == HK_NOMEM)
		return HK_OK;
	if (e == HK_OK && (json || scan_value(body, l->arena) == HK_OK))
		*yes = has_at(body, l->path, l->value, l->arena);
	return e;
}

static bool
look_over(const struct look *l)
{
	return l->f->n == l->most || l->checks == SEARCH_CHECKS || mono_us() > l->until;
}

/* Look at each of these; f->next becomes the last one's when that is enough. */
static enum hk_err
look_at_all(struct look *l, const int64_t *id, int n)
{
	enum hk_err	e = HK_OK;
	bool		yes;

	for (int i = 0; e == HK_OK && i < n && !look_over(l); i++) {
		if ((e = look_at(l, id[i], &yes)) == HK_OK && yes)
			l->ids[l->f->n++] = id[i];
		l->checks++;
		l->f->next = id[i];
	}
	return e;
}

static enum hk_err
all_ids(struct db *db, int64_t before, int64_t after, int64_t *ids, int *n)
{
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row;

	*n = 0;
	if ((e = db_stmt(db, S_SEARCH_ALL, &q)) != HK_OK)
		return e;
	bind_int(q, ":before", before);
	bind_int(q, ":after", after);
	bind_int(q, ":most", BATCH);
	while ((e = stmt_step(q, &row)) == HK_OK && row)
		ids[(*n)++] = col_int(q, 0);
	stmt_reset(q);
	return e;
}

/* Events between the two, from above: those with the words, or (ask NULL) all. */
static enum hk_err
look_between(struct look *l, const struct question *ask, int64_t before, int64_t after)
{
	int64_t		ids[BATCH], next;
	int		n;
	enum hk_err	e;

	while (before > after + 1) {
		if (ask != NULL)
			e = question_ask(l->db, ask, before, after, BATCH, l->until, ids, &n, &next);
		else {
			e = all_ids(l->db, before, after, ids, &n);
			next = n == BATCH ? ids[n - 1] : 0;
		}
		if (e != HK_OK || (e = look_at_all(l, ids, n)) != HK_OK)
			return e;
		if (look_over(l) && n > 0 && l->f->next > ids[n - 1])
			return HK_OK;		/* in the middle of these */
		before = next != 0 ? next : after + 1;
		l->f->next = before > after + 1 ? before : 0;
		if (look_over(l))
			return HK_OK;
	}
	return HK_OK;
}

/* They say too little to be indexed. */
static bool
is_constant(struct span value)
{
	return span_is(value, "true") || span_is(value, "false") || span_is(value, "null");
}

static enum hk_err
look_everywhere(struct look *l, int64_t before, int64_t after)
{
	int64_t		middle = l->f->indexed_to > after ? l->f->indexed_to : after;
	struct question	q;
	enum hk_err	e;

	if ((e = question_make(l->db, l->value, false, &q)) != HK_OK)
		return e;
	l->f->words = q.words;
	if (q.words == 0 || is_constant(l->value))
		return look_between(l, NULL, before, after);
	if ((e = look_between(l, NULL, before, middle)) != HK_OK || l->f->next != 0)
		return e;
	if (before > middle + 1)
		before = middle + 1;
	if (look_over(l)) {	/* just above the indexed ones */
		l->f->next = before > after + 1 ? before : 0;
		return HK_OK;
	}
	return look_between(l, &q, before, after);
}

enum hk_err
search_path(struct db *db, struct span path, struct span value, int64_t before, int64_t after,
    int most, int64_t *ids, struct search_found *f)
{
	struct look	l = { .db = db, .path = path, .value = value, .most = most, .ids = ids,
			    .until = mono_us() + PATH_US, .f = f };
	int64_t		newest = 0;
	struct stmt	*q;
	enum hk_err	e;

	*f = (struct search_found){ .n = 0 };
	if (path.len == 0 || path.len > PATH_MOST)
		return err_tell(HK_SYNTAX, "a path has 1 to %d bytes, such as data.object.id",
		    PATH_MOST);
	if ((e = db_stmt(db, S_EVENT_NEWEST, &q)) != HK_OK || (e = stmt_int(q, &newest)) != HK_OK ||
	    (e = search_mark(db, &f->indexed_to)) != HK_OK)
		return e;
	if (before > newest)
		before = newest + 1;
	if ((l.arena = arena_new(LOOK_ARENA)) == NULL)
		return err_note(HK_NOMEM, "no memory to look into events");
	e = look_everywhere(&l, before, after);
	arena_free(l.arena);
	return e;
}
