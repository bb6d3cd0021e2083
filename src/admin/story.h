/*
 * One user's time line: everything the books and the log know of them, newest
 * first, a page at a time.
 *
 * It is put together from several lists.  Where a page ends is told for each of
 * them, as "e12.c40.m3": the next page has what stands below these.  So nothing
 * is lost or shown twice, whatever clocks did.
 */
#ifndef ADMIN_STORY_H
#define ADMIN_STORY_H

#include "admin/admin.h"
#include "books/books.h"

#define STORY_ROWS	50
#define STORY_NAMES	8	/* ids of a user that events are about */

/* Whose, and what of it. */
struct story {
	struct span	 id, email;	/* our UUID */
	struct span	 clerk_id;	/* or SPAN_NULL */
	struct span	 name[STORY_NAMES];	/* lanes of events: "user_...", "cus_...", our UUID */
	int		 names;
	struct span	 kind;		/* "events", ...; SPAN_NULL: all */
	struct span	 before;	/* from the address; SPAN_NULL: the newest */
};

/* HK_SYNTAX (told): there is no such kind, or before was not made by a page. */
enum hk_err	 story_check(const struct story *) HK_MUST_USE;
/*
 * The members
 *	kinds	[{"name","title","href","here"}], for tabs
 *	lines	[{"kind","at","state","title","detail","event","href","amount",
 *		"balance","money"}]; amount and balance are credits
 *	next, previous	queries, for the pager
 *	searched	null, or {"to"}: looked at events down to there, and there may be more
 */
enum hk_err	 story_put(struct visit *, const struct story *) HK_MUST_USE;

#endif
