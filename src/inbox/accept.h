/*
 * Take a refused request in after all: only one that a configured secret signs
 * now, its time left aside.  It becomes an event as if it had just come.
 */
#ifndef INBOX_ACCEPT_H
#define INBOX_ACCEPT_H

#include "inbox/event.h"

struct accepted {
	int64_t		 event;		/* its id */
	bool		 fresh;		/* false: the event was there already */
	const char	*label;		/* the secret that signs it; in the arena */
};

/*
 * Own transaction not opened: inside the caller's.  The arena holds the
 * request meanwhile.
 * HK_NOTFOUND: no such row.  HK_EXISTS: accepted before.  HK_NEVER: its body
 * was too large to keep, or its sender is no longer configured.  HK_BADSIG: no
 * configured secret signs it; err_last() says what to do.  HK_SYNTAX: signed,
 * but its body is no event.
 */
enum hk_err	 quarantine_accept(struct db *, const struct conf *, int64_t id,
		    int64_t now, struct arena *, struct accepted *) HK_MUST_USE;

/*
 * Would it be taken in?  Reads only; *label is the secret that signs it, in the
 * arena.  Errors as above.
 */
enum hk_err	 quarantine_check(struct db *, const struct conf *, int64_t id,
		    struct arena *, const char **label) HK_MUST_USE;

#endif
