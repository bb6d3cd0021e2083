/*
 * Finding the events a filter means, newest first, a page at a time, however
 * many there are: by one of the small indexes (what is not done, what failed,
 * what a person settled), by the search index, or by looking at the newest.
 * No call looks at more than EVENT_SCAN_LOOKS events; where it had to stop, it
 * says so.  There is no index for each column, for every one of them would be
 * written for every event that comes in.
 */
#ifndef ADMIN_EVENT_SCAN_H
#define ADMIN_EVENT_SCAN_H

#include "admin/event_filter.h"

#define EVENT_SCAN_LOOKS	20000
#define EVENT_SCAN_MOST		500	/* ids of one call */

struct event_scan {
	int64_t	 id[EVENT_SCAN_MOST + 1];
	int	 n;		/* at most what was asked for; newest first */
	/*
	 * Go on with it as `before` (of an upward scan as `after`); 0: there is
	 * nothing more.
	 */
	int64_t	 next;
	/* It stopped before it had enough: all down to here were looked at, or 0. */
	int64_t	 looked_to;
	bool	 searched;	/* by the search index: there is no upward scan of it */
	int64_t	 indexed_to;	/* then: the newest event that is in it */
	int	 words;		/* then, of a question of words: how many were asked for */
};

/* Any id below this is one of an event that is there. */
#define EVENT_SCAN_NEWEST	INT64_MAX

/*
 * The newest `most` below `before`; or, when after > 0, the oldest `most` above
 * it (also newest first; of a searched filter: as if after was 0).
 * Call inside a snapshot, or live with what is written meanwhile.  Errors are the
 * database's, and HK_SYNTAX (told): the path of f->path makes no sense.
 */
enum hk_err	 event_scan(struct db *, const struct event_filter *, int64_t before,
		    int64_t after, int most, struct event_scan *) HK_MUST_USE;

/* The highest id there is; 0: no event yet. */
enum hk_err	 event_newest(struct db *, int64_t *id) HK_MUST_USE;

#endif
