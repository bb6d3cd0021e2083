/* The index, built behind the events. */
#include "base/clock.h"
#include "base/fault.h"
#include "base/scan.h"
#include "inbox/body.h"
#include "inbox/words.h"
#include "provider/masked.h"

#define STEP_EVENTS	64
#define STEP_BYTES	((size_t)192 << 10)	/* words of one transaction */
#define STEP_MERGE	32	/* pages of the index that it also puts in order; about 5 are new */

/* Texts made before the transaction: what holds the lock is the writing alone. */
struct step {
	int64_t		 from, to;	/* mark: before, after */
	int		 n;
	struct buf	 words;
	struct {
		int64_t	 id;
		size_t	 from, len;	/* in words */
	}		 event[STEP_EVENTS];
};

/* SPAN_NULL in *body: there is none, or none that may be searched. */
static enum hk_err
body_for(struct db *db, struct stmt *q, struct arena *arena, struct span *body, bool *json)
{
	struct span	provider = col_text(q, 1);
	enum hk_err	e;

	*body = SPAN_NULL;
	if (provider_has_codes(provider, col_text(q, 3)))
		return HK_OK;
	*json = true;
	e = body_load(db, col_int(q, 0), arena, NULL, body);
	if (e == HK_NOTFOUND || e == HK_SYNTAX || e == HK_NOMEM)
		return HK_OK;	/* pruned, damaged, or larger than we can hold */
	/* What the others send was JSON when it came. */
	if (e == HK_OK && span_starts(provider, "custom:"))
		*json = scan_value(*body, arena) == HK_OK;
	return e;
}

/* All words of the event at hand, as the index has them; those of its row come first. */
static enum hk_err
event_words(struct db *db, struct stmt *q, struct arena *arena, struct buf *b, size_t *row)
{
	struct span	body;
	enum hk_err	e;
	bool		json = false;

	arena_reset(arena);
	if ((e = body_for(db, q, arena, &body, &json)) != HK_OK)
		return e;
	buf_init(b, 2 * SEARCH_TEXT_MOST);
	for (int col = 1; col <= 4; col++)
		search_words(b, col_text(q, col));
	*row = b->len;
	if (body.p != NULL)
		words_of_body(b, body, json, arena);
	return buf_ok(b) ? HK_OK : err_note(HK_NOMEM, "no memory to index events");
}

static enum hk_err
gather_one(struct db *db, struct stmt *q, struct arena *arena, struct step *s)
{
	size_t		 from = s->words.len, row;
	struct buf	 b = { .len = 0 };
	enum hk_err	 e;

	if ((e = event_words(db, q, arena, &b, &row)) == HK_OK) {
		buf_putspan(&s->words, buf_span(&b));
		if (!buf_ok(&s->words))
			e = err_note(HK_NOMEM, "no memory to index events");
	}
	buf_release(&b);
	s->event[s->n].id = s->to = col_int(q, 0);
	s->event[s->n].from = from;
	s->event[s->n++].len = s->words.len - from;
	return e;
}

static enum hk_err
gather(struct db *db, struct arena *arena, struct step *s)
{
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row = true;

	if ((e = db_stmt(db, S_SEARCH_NEXT, &q)) != HK_OK)
		return e;
	bind_int(q, ":after", s->from);
	bind_int(q, ":most", STEP_EVENTS);
	while (s->n < STEP_EVENTS && s->words.len < STEP_BYTES &&
	    (e = stmt_step(q, &row)) == HK_OK && row)
		if ((e = gather_one(db, q, arena, s)) != HK_OK)
			break;
	stmt_reset(q);
	return e;
}

static enum hk_err
add(struct db *db, int64_t id, struct span words)
{
	struct stmt	*q;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_SEARCH_ADD, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	bind_text(q, ":words", words);
	return stmt_run(q);
}

static enum hk_err
move_mark(struct db *db, const struct step *s)
{
	struct stmt	*q;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_MARK_MOVE, &q)) != HK_OK)
		return e;
	bind_text(q, ":name", SPAN("indexed_to"));
	bind_int(q, ":from", s->from);
	bind_int(q, ":to", s->to);
	if ((e = stmt_run(q)) != HK_OK || db_changes(db) == 1)
		return e;
	return err_tell(HK_BUSY, "somebody else has indexed meanwhile");
}

/*
 * Each transaction leaves a part of the index of its own; merged at this pace they
 * stay few.
 */
static enum hk_err
merge(struct db *db)
{
	struct stmt	*q;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_SEARCH_MERGE, &q)) != HK_OK)
		return e;
	bind_int(q, ":pages", STEP_MERGE);
	return stmt_run(q);
}

static enum hk_err
write_all(struct db *db, const struct step *s)
{
	enum hk_err	e;

	if ((e = db_begin(db)) != HK_OK)
		return e;
	if ((e = move_mark(db, s)) == HK_OK)
		e = merge(db);
	for (int i = 0; e == HK_OK && i < s->n; i++)
		e = add(db, s->event[i].id, span_of(s->words.p + s->event[i].from,
		    s->event[i].len));
	FAULT_DIE("indexed");
	if (e == HK_OK)
		return db_commit(db);
	db_rollback(db);
	return e;
}

enum hk_err
search_step(struct db *db, struct arena *arena, bool *more)
{
	struct step	 s = { .n = 0 };
	enum hk_err	 e;

	*more = false;
	if ((e = search_mark(db, &s.from)) != HK_OK)
		return e;
	s.to = s.from;
	buf_init(&s.words, STEP_BYTES + 4 * SEARCH_TEXT_MOST);
	if ((e = gather(db, arena, &s)) == HK_OK && s.n > 0)
		e = write_all(db, &s);
	*more = e == HK_OK && (s.n == STEP_EVENTS || s.words.len >= STEP_BYTES);
	buf_release(&s.words);
	return e;
}

/* ---- what is taken out again ------------------------------------------------------- */

enum hk_err
search_gather(struct db *db, int64_t event, struct arena *arena, struct buf *words, size_t *row)
{
	struct stmt	*q;
	struct buf	 b = { .len = 0 };
	enum hk_err	 e;
	bool		 there;

	*row = 0;
	if ((e = db_stmt(db, S_SEARCH_ONE, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", event);
	if ((e = stmt_step(q, &there)) == HK_OK && there &&
	    (e = event_words(db, q, arena, &b, row)) == HK_OK)
		buf_putspan(words, buf_span(&b));
	stmt_reset(q);
	buf_release(&b);
	return e;
}

enum hk_err
search_forget(struct db *db, int64_t event, struct span words, struct span keep)
{
	struct stmt	*q;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_SEARCH_DROP, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", event);
	bind_text(q, ":words", words);
	if ((e = stmt_run(q)) != HK_OK || keep.len == 0)
		return e;
	return add(db, event, keep);
}

enum hk_err
search_tidy(struct db *db)
{
	return merge(db);
}
