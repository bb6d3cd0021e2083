/*
 * The dry run: an event's handler is run for real, and everything it did is
 * taken back.  What it would do to the books is told row by row.
 */
#ifndef INBOX_REHEARSE_H
#define INBOX_REHEARSE_H

#include "base/arena.h"
#include "base/conf.h"
#include "store/store.h"

struct rehearsal {
	enum hk_err	 verdict;	/* HK_OK, HK_SKIP, HK_LATER, HK_WAIT, HK_NEVER */
	struct span	 reason;	/* in the arena; SPAN_NULL: none */
	struct span	 waits_for;	/* of HK_WAIT */
	/*
	 * As in store/changes.h, in the arena; SPAN_NULL: nothing.  Of another
	 * verdict than HK_OK: what it had done until then, which is taken back
	 * for real, too.
	 */
	struct span	 changes;
	int64_t		 took_us;
};

/*
 * Opens a transaction and rolls it back; others wait meanwhile, as for any event
 * that is worked on.  HK_NOTFOUND; HK_NEVER: its body was pruned.
 */
enum hk_err	 event_rehearse(struct db *, const struct conf *, int64_t id, int64_t now,
		    struct arena *, struct rehearsal *) HK_MUST_USE;

#endif
