/*
 * Search: which events say this?
 *
 * Indexed are the words of an event's id, type, lane and sender, and those of
 * the values in its body: texts and numbers, not the names they stand under.
 * Of a body that holds one-time codes nothing is.  The worker builds the index
 * behind the events (search_step()), so its end is always told.
 *
 * A word ends at a blank and at what stands around words in texts and URLs:
 * " ' ( ) [ ] { } < > / \ | ? ! & = , ; : # * ` ~ ^ $ % and their like.  It is
 * found as a whole ("ann.lee@example.com", "cus_123", "2026-11-22"), without a
 * mark in front or behind, and of one with @ . - or + inside the parts are found,
 * too ("example.com", "lee").  Capitals and accents make no difference.
 */
#ifndef INBOX_SEARCH_H
#define INBOX_SEARCH_H

#include "base/arena.h"
#include "base/buf.h"
#include "store/store.h"

#define SEARCH_WORDS		8	/* of a question; the others are left out */
#define SEARCH_TEXT_MOST	(64 << 10)	/* bytes of an event's words that are indexed */
#define SEARCH_CHECKS		20000	/* bodies one search_path() looks into */

struct search_found {
	int	 n;		/* ids */
	int	 words;		/* of the question that were asked for; 0: it has none */
	/*
	 * Every event above this was looked at: go on with it as `before`.  0: all
	 * were, down to `after`.
	 */
	int64_t	 next;
	int64_t	 indexed_to;	/* the newest event that is indexed; 0: none */
	bool	 many;		/* too many words begin like the last: taken as a whole word */
};

/*
 * Events that have all the words; the last may be the beginning of a longer one
 * (of a word with digits in it only when 8 of its characters are there).
 *
 *	words	as a person types them: any bytes, nothing in it is an operator
 *	before	only events with a lower id; INT64_MAX: all
 *	after	only events with a higher id; 0: all
 *	ids	room for `most`; filled newest first
 *
 * Stops after some 40 ms at the latest, when the words are frequent and hardly
 * ever together; `next` says where.  HK_NOMEM; the database's.
 */
enum hk_err	 search_find(struct db *, struct span words, int64_t before, int64_t after,
		    int most, int64_t *ids, struct search_found *) HK_MUST_USE;

/*
 * Events in whose body the value at a path is this text: "data.object.amount",
 * "data.items.0.id"; numbers, true, false and null as JSON has them.  What
 * is indexed is found by the value's words; of the rest each is looked at, at
 * most SEARCH_CHECKS in one call and for some 400 ms.  Bodies that hold one-time
 * codes are passed over.  Otherwise as search_find().
 * HK_SYNTAX (told): the path is empty, or longer than 512 bytes.
 */
enum hk_err	 search_path(struct db *, struct span path, struct span value, int64_t before,
		    int64_t after, int most, int64_t *ids, struct search_found *)
		    HK_MUST_USE;

/*
 * Index some more: one transaction of some milliseconds, opened and committed here,
 * when there is anything to do.  *more: there is.  Only by whoever holds the
 * work lock (inbox/wakeup.h).  arena: for the bodies; reset before each.
 */
enum hk_err	 search_step(struct db *, struct arena *, bool *more) HK_MUST_USE;

/*
 * Before an event's body goes: append all its words as they are indexed; the first
 * *row bytes of them are those of its row.  arena: as search_step().
 */
enum hk_err	 search_gather(struct db *, int64_t event, struct arena *, struct buf *words,
		    size_t *row) HK_MUST_USE;
/*
 * Take these words of an indexed event out; keep stays (SPAN_NULL: none).  In the
 * caller's transaction, which is that in which the body goes.
 */
enum hk_err	 search_forget(struct db *, int64_t event, struct span words, struct span keep)
		    HK_MUST_USE;
/* Put some of the index's parts together, which is when words really leave it. */
enum hk_err	 search_tidy(struct db *) HK_MUST_USE;

/* The words as they are indexed, separated by blanks; capitals and accents as they are. */
void		 search_words(struct buf *, struct span text);

#endif
