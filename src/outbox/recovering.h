/*
 * Recovery as a job: what somebody asked for is a row, and the worker does it a
 * part at a time.  So who asks needs one short transaction, and a crash forgets
 * nothing.  And the states of an endpoint as people name them.
 */
#ifndef OUTBOX_RECOVERING_H
#define OUTBOX_RECOVERING_H

#include "outbox/delivery.h"

#define RECOVERY_RATE_MOST	10000	/* a second */

/*
 * Note that it is wanted; the caller wakes the worker.  until_us 0: now.
 * HK_NOTFOUND; HK_NEVER: the endpoint is not enabled; HK_EXISTS: the same is
 * being done already.
 */
enum hk_err	 recovery_begin(struct db *, const struct recovery *, int64_t now, int64_t *id)
		    HK_MUST_USE;
/* What is handed over stays so.  HK_NOTFOUND; HK_SKIP: it is over. */
enum hk_err	 recovery_stop(struct db *, int64_t id, int64_t now) HK_MUST_USE;
/*
 * The next part of the oldest that is open, in a transaction of its own; nothing,
 * and no lock, when none is.  *n of them are due now or later; *more: call again.
 */
enum hk_err	 recovering_step(struct db *, int64_t now, int64_t *n, bool *more) HK_MUST_USE;

const char	*recover_what_name(enum recover_what);	/* "failed" */

/* ---- pause, resume, enable, disable ------------------------------------------------- */

/*
 * Inside the caller's transaction.  What a pause held is sent when it is over, by
 * resume or enable; *recovery is the job that does it, 0: there was nothing to do.
 * A disabled one can only be enabled, and what it missed is recovered when a person
 * asks.  HK_SKIP: it is so already; HK_NEVER: it is disabled; HK_NOTFOUND.
 */
enum endpoint_act { ACT_PAUSE, ACT_RESUME, ACT_ENABLE, ACT_DISABLE };
const char	*endpoint_act_name(enum endpoint_act);	/* "pause" */
enum hk_err	 endpoint_act(struct db *, int64_t id, enum endpoint_act, struct span why,
		    int64_t now, int64_t *recovery) HK_MUST_USE;

#endif
