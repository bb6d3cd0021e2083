/*
 * Words as the search index has them: nobody but search_*.c includes this.
 */
#ifndef INBOX_WORDS_H
#define INBOX_WORDS_H

#include "inbox/search.h"

#define WORD_MOST	64	/* bytes; of a longer one only the beginning counts */

/* Cut the next word off *rest; SPAN_NULL: there is none. */
struct span	 word_next(struct span *rest);
/* Append the word and its parts, a blank before each. */
void		 word_put(struct buf *, struct span word);
/* Append the words of a body's values, until the buffer is full.  json: it is JSON. */
void		 words_of_body(struct buf *, struct span body, bool json, struct arena *);

/* search.c: a question as the index understands it. */
#define ENDINGS		32	/* words that the last one may be the beginning of */
struct question {
	char	 text[SEARCH_WORDS * (WORD_MOST + 8) + ENDINGS * (WORD_MOST * 2 + 8)];
	size_t	 len;
	int	 words;		/* 0: it must not be asked */
	bool	 many;		/* as in struct search_found */
};
/* endings: the last word may be the beginning of another. */
enum hk_err	 question_make(struct db *, struct span words, bool endings, struct question *)
		    HK_MUST_USE;
/* Until the time (mono) is over; *next as in struct search_found. */
enum hk_err	 question_ask(struct db *, const struct question *, int64_t before, int64_t after,
		    int most, int64_t until, int64_t *ids, int *n, int64_t *next) HK_MUST_USE;
/* The newest event that is indexed. */
enum hk_err	 search_mark(struct db *, int64_t *to) HK_MUST_USE;

#endif
