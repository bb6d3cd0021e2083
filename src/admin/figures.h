/*
 * The figures of the dashboard: counts over a range of time, and how things
 * stand now.  Nobody but page_dashboard.c and standing.c include this.
 */
#ifndef ADMIN_FIGURES_H
#define ADMIN_FIGURES_H

#include "admin/admin.h"
#include "admin/chart.h"
#include "inbox/rollup.h"

/* A range of time in slots; both ends are whole ones. */
struct range {
	int64_t	from, step;
	size_t	slots;
};
/*
 * The range that has both times in it: at most CHART_SLOTS slots, and none so
 * short that nobody has counted by it.
 */
void		 range_make(struct range *, int64_t from, int64_t to, int64_t now);

struct figures_sender {
	struct span	 provider;		/* in the arena */
	int64_t		 sum[ROLLED_KINDS];
	int64_t		 latency[ROLLUP_BUCKETS];
};

#define FIGURES_SENDERS	80	/* as many as can be configured; of more the last is "others" */

struct figures {
	struct arena		*arena;
	struct range		 range;
	int64_t			 count[ROLLED_KINDS][CHART_SLOTS];
	int64_t			 latency[CHART_SLOTS][ROLLUP_BUCKETS];
	struct figures_sender	 all, sender[FIGURES_SENDERS];
	size_t			 nsender;
	int64_t			 behind;	/* rows that are not counted yet */
};

/* Inside a snapshot; f is zeroed but for arena and range. */
enum hk_err	 figures_read(struct db *, struct figures *) HK_MUST_USE;

/*
 * standing.c: the members of how things stand now.
 *
 *	queue	{events, pending, waiting, processing, failed, more (as in struct
 *		rollup_total), due: [{when, kind, n, more}], first: {event,
 *		received_at, due_at} or null}
 *	secrets	[{provider, sender, label, set, first_at, last_at}]: set is false for
 *		one that the settings have no more; times are null before it is seen
 *	place	{worker, slice, bytes, log_bytes, free_bytes, indexed_to}
 */
enum hk_err	 standing_put(struct visit *) HK_MUST_USE;

#endif
