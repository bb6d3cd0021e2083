/*
 * A person settles an event that the machine could not: it is completed with
 * the outcome "resolved", and nothing of it is done.
 */
#ifndef INBOX_RESOLVE_H
#define INBOX_RESOLVE_H

#include "store/store.h"

#define RESOLVE_NOTE_MOST	1000	/* bytes */

/*
 * Inside the caller's transaction.  note: why, in a person's words.
 * HK_SYNTAX: no note, or a longer one; HK_NOTFOUND; HK_BUSY: it is being worked
 * on; HK_EXISTS: it is completed already.  err_last() says it.
 */
enum hk_err	 event_resolve(struct db *, int64_t id, struct span note, int64_t now)
		    HK_MUST_USE;

#endif
