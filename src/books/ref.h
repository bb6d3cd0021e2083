/*
 * What the newer files of this room share: names of things, and the newest word.
 */
#ifndef BOOKS_REF_H
#define BOOKS_REF_H

#include "books/books.h"

#define REF_MOST	128	/* bytes; the senders' ids are under 64 */

/* HK_NEVER, naming what it should be, unless it is 1..REF_MOST printable characters. */
enum hk_err	 ref_good(struct span ref, const char *what) HK_MUST_USE;
/* Copies; cuts what is longer than the room. */
void		 ref_keep(char *to, size_t room, struct span);
/* Wake "<kind>:<ref>". */
enum hk_err	 ref_wake(const struct cause *, const char *kind, struct span ref) HK_MUST_USE;
/*
 * HK_SKIP: "stale: <what> <ref> is stored as of ..., this tells of ...", or that
 * it was told before when the two times are one.
 */
enum hk_err	 ref_stale(const char *what, struct span ref, int64_t stored_us, int64_t told_us)
		    HK_MUST_USE;
/* Where in a list, ended by NULL, the word stands, from 1; 0: not in it. */
int		 ref_rank(const char *const *list, struct span word);
/* 0: NULL. */
void		 bind_time(struct stmt *, const char *name, int64_t us);
void		 bind_event(struct stmt *, const struct cause *);	/* ":event" */

#endif
