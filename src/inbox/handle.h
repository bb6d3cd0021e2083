/*
 * What an event does: its sender's handler, run inside the caller's
 * transaction.  For the queue, which keeps what it did, and for a rehearsal,
 * which takes it back.
 */
#ifndef INBOX_HANDLE_H
#define INBOX_HANDLE_H

#include "inbox/queue.h"

/*
 * HK_OK, HK_SKIP, HK_LATER, HK_WAIT, HK_NEVER as in provider.h, with task's
 * reason and waits_for; what else a handler says is a surprise and LATER.  Or
 * an error of ours (error_is_ours()): nothing is known of the event.
 *
 *	c	id, provider, event_id, type and times of it are needed
 *	t	cause, conf and arena are set
 */
enum hk_err	 event_handle(struct db *, const struct claimed *c, struct task *t) HK_MUST_USE;

/* The database's or the machine's, not the event's. */
bool		 error_is_ours(enum hk_err);

#endif
