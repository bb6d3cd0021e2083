/*
 * Fan-out: each message becomes a delivery for each endpoint that wants it, once,
 * by a cursor that moves in the same transaction.  So putting a message costs
 * nothing more, whatever endpoints there are.  By the worker alone.
 *
 * Received events are handed on in the same way: as a message "stripe.<type>" of
 * the system's, when an endpoint asks for it; never an event whose type holds
 * one-time codes (provider/masked.h tells the caller).
 */
#ifndef OUTBOX_FANOUT_H
#define OUTBOX_FANOUT_H

#include "base/conf.h"
#include "store/store.h"

struct fanout_opts {
	const struct conf	*conf;
	int			 most;		/* messages of one step */
	/* May this received event be handed on? */
	bool			(*may_relay)(struct span provider, struct span type);
	/* Its body; the room that knows how bodies are kept gives it.  In the arena. */
	enum hk_err		(*body)(struct db *, int64_t event, struct arena *, struct span *);
};

/*
 * One step, in a transaction of its own when there is anything.  *made: new
 * deliveries that are due; *more: another step is worth while.
 */
enum hk_err	 fanout_step(struct db *, const struct fanout_opts *, struct arena *, int64_t now,
		    int64_t *made, bool *more) HK_MUST_USE;

#endif
