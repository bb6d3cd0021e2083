/*
 * What is kept for some time alone.  Bodies of events go first, with their words in
 * the search index and what their attempts changed, and refused requests; later all
 * of an event but what tells a repeat (id, provider, event_id, created_at), its
 * attempts, and messages with their deliveries.
 *
 * Never: an event that is not finished (pending, processing, failed; a person may
 * settle a failed one), one that nobody has indexed and counted yet, a message of which
 * a delivery is open or held, a refused request that a secret signs and nobody took in.
 * The books stay as they are: each row of theirs still has its event.
 *
 * Bodies that hold one-time codes go after some hours, whatever is set.
 */
#ifndef INBOX_PRUNE_H
#define INBOX_PRUNE_H

#include "base/conf.h"
#include "store/store.h"

#define PRUNE_CODES_US		(INT64_C(3600) * 1000000)	/* bodies with codes are older than that */
#define PRUNE_EVERY_US		(3 * PRUNE_CODES_US)		/* from one round to the next */
#define PRUNE_SETTLED_US	(24 * PRUNE_CODES_US)		/* so long it is kept after it was settled */

/* Ages in microseconds; 0: it stays.  Bodies go at the latest with their events. */
struct prune_rules {
	int64_t	 bodies, events;
};
struct prune_rules prune_rules_of(const struct conf *);

enum pruned { PRUNED_BODIES, PRUNED_EVENTS, PRUNED_MESSAGES, PRUNED_REFUSED, PRUNED_KINDS };
const char	*pruned_name(enum pruned);	/* "bodies" */

/*
 * Go on with this round, or begin the next when it is time, for about budget_us, in
 * transactions of some milliseconds.  *more: there is more to do.
 */
enum hk_err	 prune_step(struct db *, const struct prune_rules *, int64_t now, int64_t budget_us,
		    bool *more) HK_MUST_USE;

struct prune_opts {
	struct prune_rules	 rules;
	bool			 dry;		/* count, and change nothing */
	int64_t			 now;
	void			(*progress)(void *ctx, const char *what, int64_t done, int64_t all);
	void			*ctx;		/* progress may be NULL */
};
/* All there is, now.  Others write in between. */
enum hk_err	 prune_all(struct db *, const struct prune_opts *, int64_t pruned[PRUNED_KINDS])
		    HK_MUST_USE;

#endif
