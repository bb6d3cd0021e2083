/*
 * Counts over time, kept beside the events and the books: what came in and what
 * became of it, how long it took, credits that were moved and what became of
 * mails; by minute for two days and by hour for ever.
 *
 * Nothing is counted when it happens.  Events, attempts, transfers and the moments
 * of mails are only ever added, so whoever works (rollup_step()) counts those behind a mark and moves it, and
 * who reads adds what is behind the mark by himself.
 */
#ifndef INBOX_ROLLUP_H
#define INBOX_ROLLUP_H

#include "base/arena.h"
#include "store/store.h"

#define ROLLUP_MINUTE	INT64_C(60000000)	/* us */
#define ROLLUP_HOUR	INT64_C(3600000000)
#define ROLLUP_MINUTES	(48 * ROLLUP_HOUR)	/* minutes are kept so long */
#define ROLLUP_TAIL	20000		/* rows behind a mark a reader adds at most */

enum rolled {
	ROLLED_RECEIVED,	/* stored, whatever became of it */
	/* ends of attempts: */
	ROLLED_HANDLED, ROLLED_SKIPPED, ROLLED_IGNORED, ROLLED_FAILED,
	ROLLED_LATER, ROLLED_WAIT, ROLLED_CRASHED,
	ROLLED_LATENCY,		/* received -> handled, the first time; bucket is the time */
	/* credits, `times` is how many: to users and organizations, and from them */
	ROLLED_GRANTED, ROLLED_BURNED, ROLLED_TAKEN, ROLLED_RETURNED,
	/* mails, by their sender's clock */
	ROLLED_DELIVERED, ROLLED_BOUNCED, ROLLED_COMPLAINED, ROLLED_OPENED,
	ROLLED_KINDS
};
/*
 * Skipped and ignored count at once, too: of events that nobody works on.  Taken
 * is what refunds, disputes and people took; returned, what of it was given again.
 */
const char	*rolled_name(enum rolled);	/* "received" */

/*
 * Times of all sizes in few buckets: four to each doubling, so a bucket's time
 * is right to about 10 %.
 */
#define ROLLUP_BUCKETS	160
int		 rollup_bucket(int64_t us);
int64_t		 rollup_bucket_from(int);	/* the least time in it; that of the next is its end */
/* The time that a share (0.95) of them stay below; 0: there are none. */
int64_t		 rollup_quantile(const int64_t count[ROLLUP_BUCKETS], double share);

/*
 * Count some more: one transaction of some milliseconds, opened and committed here,
 * when there is anything to do.  *more: there is.  Only by whoever holds the
 * work lock (inbox/wakeup.h).
 */
enum hk_err	 rollup_step(struct db *, int64_t now, bool *more) HK_MUST_USE;

/* One number of a reading; at is the beginning of its hour or minute. */
struct rolled_row {
	int64_t		 at, times;
	struct span	 provider;	/* lives as long as the call */
	enum rolled	 what;
	int		 bucket;	/* of ROLLED_LATENCY */
};
/*
 * Everything from <= at < to, in no order, several rows of the same thing among
 * it.  step: ROLLUP_MINUTE or ROLLUP_HOUR.  Call inside a snapshot (db_begin()).
 * *behind: rows that nobody has counted yet and that were too many to add.
 */
enum hk_err	 rollup_read(struct db *, int64_t step, int64_t from, int64_t to,
		    void (*row)(void *ctx, const struct rolled_row *), void *ctx,
		    int64_t *behind) HK_MUST_USE;

/*
 * How many events there are, without looking at each.  Numbers above
 * ROLLUP_SEEN are that number, and `more` is true.
 */
#define ROLLUP_SEEN	100000
struct rollup_total {
	int64_t	 events, completed;	/* events: all that ever came */
	int64_t	 pending;		/* due now or later */
	int64_t	 waiting;		/* for something named */
	int64_t	 processing, failed;
	bool	 more;			/* one of the last four, and so completed, is larger or smaller */
};
enum hk_err	 rollup_total(struct db *, struct rollup_total *) HK_MUST_USE;

#endif
