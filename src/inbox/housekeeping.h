/*
 * What is derived from events besides the books: counts and the search index; and
 * what is kept for some time only.  Nothing waits for it, so it is done when there
 * is nothing else to do.
 */
#ifndef INBOX_HOUSEKEEPING_H
#define INBOX_HOUSEKEEPING_H

#include "store/store.h"

#define ANSWER_KEPT_US	(INT64_C(24) * 3600 * 1000000)	/* see api/keep.h */

/*
 * Go on where the last one stopped, for about budget_us, in transactions of some
 * milliseconds; at least one, when there is anything to do.  Only by whoever
 * holds the work lock.  *more: not everything is done.  Without memory less is.
 */
enum hk_err	 housekeeping_step(struct db *, int64_t now, int64_t budget_us, bool *more)
		    HK_MUST_USE;

#endif
