/* Questions to the index. */
#include <stdio.h>

#include "base/clock.h"
#include "inbox/words.h"

#define FIND_US		(40 * US_PER_MS)
#define WINDOW		65536		/* events a first look is at */
#define PREFIX_LEAST	2		/* bytes of a beginning */
#define PREFIX_DIGITS	8		/* the same, with digits in it: numbers and ids */

/* ---- the question --------------------------------------------------------- */

static void
ask(struct question *q, const char *before, struct span word)
{
	q->len += (size_t)snprintf(q->text + q->len, sizeof(q->text) - q->len, "%s\"%.*s\"",
	    before, SPAN_ARG(word));
}

/* The least indexed word that is not less than `from`, into out; false: none, or too long. */
static enum hk_err
term_at(struct db *db, struct span from, char *out, size_t room, size_t *len)
{
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row;

	*len = 0;
	if ((e = db_stmt(db, S_SEARCH_TERM, &q)) != HK_OK)
		return e;
	bind_text(q, ":from", from);
	if ((e = stmt_step(q, &row)) == HK_OK && row && col_text(q, 0).len < room) {
		*len = col_text(q, 0).len;
		memcpy(out, col_text(q, 0).p, *len);
	}
	stmt_reset(q);
	return e;
}

/*
 * The last word, as the beginning of others: ("pay" OR "payment" OR "payout").
 * The index would gather the events of all of them first, and there can be
 * millions; so each is asked for by its name.
 */
static enum hk_err
ask_endings(struct db *db, struct question *q, const char *before, struct span word)
{
	char		start[WORD_MOST + 1], term[2 * WORD_MOST];
	size_t		len, mark = q->len;
	int		n = 0;
	enum hk_err	e;

	for (size_t i = 0; i < word.len; i++)
		start[i] = (char)(word.p[i] >= 'A' && word.p[i] <= 'Z' ? word.p[i] + 32 : word.p[i]);
	ask(q, before, word);
	if ((e = term_at(db, span_of(start, word.len), term, sizeof(term) - 1, &len)) != HK_OK)
		return e;
	while (len >= word.len && memcmp(term, start, word.len) == 0) {
		if (n++ == ENDINGS) {
			q->len = mark;
			q->many = true;
			ask(q, before, word);
			return HK_OK;
		}
		ask(q, " OR ", span_of(term, len));
		term[len++] = '\001';	/* no word has it, so the next one comes */
		if ((e = term_at(db, span_of(term, len), term, sizeof(term) - 1, &len)) != HK_OK)
			return e;
	}
	return HK_OK;
}

static bool
may_begin(struct span word)
{
	bool	digits = false;

	for (size_t i = 0; i < word.len; i++)
		digits = digits || (word.p[i] >= '0' && word.p[i] <= '9');
	return word.len >= (digits ? PREFIX_DIGITS : PREFIX_LEAST);
}

enum hk_err
question_make(struct db *db, struct span words, bool endings, struct question *q)
{
	struct span	word = word_next(&words);
	enum hk_err	e = HK_OK;

	*q = (struct question){ .len = 0 };
	while (e == HK_OK && word.p != NULL && q->words < SEARCH_WORDS) {
		struct span	next = word_next(&words);
		const char	*before = q->words > 0 ? " AND (" : "(";

		if (endings && next.p == NULL && may_begin(word))
			e = ask_endings(db, q, before, word);
		else
			ask(q, before, word);
		q->text[q->len++] = ')';
		q->words++;
		word = next;
	}
	return e;
}

/* ---- asking ------------------------------------------------------------------ */

/* Adds to the *n that are there; room is for `most` in all. */
static enum hk_err
hits(struct db *db, const struct question *ask, int64_t before, int64_t after, int most,
    int64_t *ids, int *n)
{
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row;

	if ((e = db_stmt(db, S_SEARCH_HITS, &q)) != HK_OK)
		return e;
	bind_text(q, ":query", span_of(ask->text, ask->len));
	bind_int(q, ":before", before);
	bind_int(q, ":after", after);
	bind_int(q, ":most", most - *n);
	while ((e = stmt_step(q, &row)) == HK_OK && row)
		ids[(*n)++] = col_int(q, 0);
	stmt_reset(q);
	return e;
}

/*
 * Window by window, backwards: two frequent words that are never together would
 * hold up a search of everything.
 */
enum hk_err
question_ask(struct db *db, const struct question *ask, int64_t before, int64_t after, int most,
    int64_t until, int64_t *ids, int *n, int64_t *next)
{
	int64_t		window = WINDOW;
	enum hk_err	e;

	*n = 0;
	*next = 0;
	while (before > after + 1 && *n < most) {
		int64_t	low = before - 1 - after > window ? before - 1 - window : after;
		int64_t	began = mono_us(), took, left;

		if ((e = hits(db, ask, before, low, most, ids, n)) != HK_OK)
			return e;
		before = *n == most ? ids[most - 1] : low + 1;
		took = mono_us() - began;
		left = until - began - took;
		if (left < took)	/* another one would be too long */
			break;
		if (took * 8 < left)
			window *= 4;
	}
	if (before > after + 1)
		*next = before;
	return HK_OK;
}

enum hk_err
search_mark(struct db *db, int64_t *to)
{
	struct stmt	*q;
	enum hk_err	 e;

	*to = 0;
	if ((e = db_stmt(db, S_MARK_GET, &q)) != HK_OK)
		return e;
	bind_text(q, ":name", SPAN("indexed_to"));
	return stmt_int(q, to);
}

enum hk_err
search_find(struct db *db, struct span words, int64_t before, int64_t after, int most,
    int64_t *ids, struct search_found *f)
{
	int64_t		until = mono_us() + FIND_US;
	struct question	q;
	enum hk_err	e;

	*f = (struct search_found){ .n = 0 };
	if ((e = search_mark(db, &f->indexed_to)) != HK_OK ||
	    (e = question_make(db, words, true, &q)) != HK_OK)
		return e;
	f->words = q.words;
	f->many = q.many;
	if (q.words == 0)
		return HK_OK;
	if (before > f->indexed_to)
		before = f->indexed_to + 1;
	return question_ask(db, &q, before, after, most, until, ids, &f->n, &f->next);
}
