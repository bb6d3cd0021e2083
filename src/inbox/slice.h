/*
 * The slice after a reply: while no worker runs, a receiver works the inbox
 * off itself, on a thread of its own, in short transactions that give way to
 * requests.
 */
#ifndef INBOX_SLICE_H
#define INBOX_SLICE_H

#include "base/conf.h"
#include "store/writer.h"

struct slice;

/* Starts the thread; it opens the database when it is first needed. */
enum hk_err	 slice_start(struct slice **, const struct conf *, struct writer *)
		    HK_MUST_USE;
/* Something was committed that wants work: wakes the worker, or the thread. */
void		 slice_kick(struct slice *);
/*
 * Ends the thread, after the transaction it is in; a later kick is fine and
 * wakes a worker only.  Before the writer is stopped: the thread looks at it.
 */
void		 slice_stop(struct slice *);	/* NULL is fine, and once more */
void		 slice_free(struct slice *);	/* NULL is fine */

/*
 * For plain CGI, after the reply: wake the worker, or work in this process, for
 * budget_us from the first claim, and one transaction at least.  While somebody
 * else works it waits, budget_us at most.  What it leaves is the next one's.
 */
void		 slice_once(const struct conf *, int64_t budget_us);

#endif
