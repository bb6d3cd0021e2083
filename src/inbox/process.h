/*
 * Work the queue off: claim, handle, settle.  Used by the worker and by the
 * slice after a reply.
 */
#ifndef INBOX_PROCESS_H
#define INBOX_PROCESS_H

#include "inbox/queue.h"

struct process_opts {
	const struct conf	*conf;
	const char		*who;		/* "worker 4711" */
	int			 most;		/* events in one claim, <= QUEUE_BATCH */
	int64_t			 slice_us;	/* longest write transaction */
	int64_t			 alone_us;	/* the same while nobody else wants to write */
	/* Asked between transactions; true: stop early.  May be NULL. */
	bool			(*stop)(void *ctx);
	/* Called between transactions, to give way.  May be NULL. */
	void			(*pause)(void *ctx);
	void			*ctx;
};

/*
 * One round: claim a batch and bring each to an end.  *done: events settled;
 * 0 means nothing was due.
 */
enum hk_err	 process_round(struct db *, const struct process_opts *,
		    struct arena *, int *done) HK_MUST_USE;

#endif
