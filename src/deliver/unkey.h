/*
 * The channel "unkey": credits at Unkey are kept up with those here.
 *
 * burn_at = here: the key's remaining credits are set to the balance as it is when
 * the call is made, so the newest balance wins, whichever message is sent last, and
 * a repetition does no harm.
 * burn_at = unkey: what was granted is added.  That must not happen twice, so the
 * credits are read before; when nobody knows what became of the addition they are
 * read again: more than before, and it was done (nothing but us adds); else, or when
 * a worker was lost in between, the delivery is held for a person.
 *
 * One call at a time for a user's key: what comes meanwhile waits.
 */
#ifndef DELIVER_UNKEY_H
#define DELIVER_UNKEY_H

#include "deliver/unkey_call.h"

enum unkey_step { UNKEY_WAITS, UNKEY_SET, UNKEY_READ, UNKEY_ADD, UNKEY_CHECK };

/* A flight's state; in its arena. */
struct unkey_job {
	struct unkey_job	*next;
	struct flight		*f;
	enum unkey_step		 step;
	struct span		 key;		/* its id at Unkey */
	int64_t			 amount;	/* to add */
	int64_t			 before;	/* credits that were there */
	int64_t			 since_us, read_us;	/* mono: put; its balance was read */
	struct unkey_call	 call;
};

#endif
