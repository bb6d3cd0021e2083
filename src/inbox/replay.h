/*
 * The dry replay: what would the books be, had every event been handled by
 * this program with these settings from the beginning?
 *
 * Works on a snapshot of its own (store/copy.h) with empty books: what no event
 * caused (a person's adjustment, a burn, a user that the application made) is
 * carried over at its time, and in between the stored events that are wanted are
 * handled.  They come in the order in which they were settled when they came,
 * those that never were at the time they were received; one that waits comes
 * when what it waits for does, one that is to be tried later when all others
 * were, in rounds until nothing moves.  The real database is only read.
 *
 * Healthy books are the same again, but for random ids and our own clock.
 */
#ifndef INBOX_REPLAY_H
#define INBOX_REPLAY_H

#include "base/conf.h"
#include "books/books.h"

struct replay_row {
	const char	*table;
	char		 what;		/* '+' only these books have it, '-' only today's, '=' both */
	struct span	 key;		/* for people: "user_2abc", "stripe:pi_1" */
	struct span	 columns;	/* JSON object: {"balance":[40,140]} or {"balance":140} */
};

/* An event that cannot be handled, for its body was pruned. */
struct replay_pruned {
	int64_t		 id;
	struct span	 provider, event_id, type;
};

struct replay_opts {
	const char	*provider;	/* NULL: all */
	const char	*type;		/* '*' at the end matches the rest; NULL: all */
	int64_t		 since_us, until_us;	/* when it was received; 0: no limit */
	/*
	 * Today's; NULL: all but those that are in the queue, whose effects today's
	 * books do not have yet.  What a person settled by hand is always left out.
	 */
	const char	*status;
	/*
	 * Strictly in the order in which they were received: what must be the same
	 * then, too, are balances; not each transfer, nor each message.
	 */
	bool		 received;
	const char	*folder;	/* for the copy; NULL: the database's own */
	/* Rules for prices that take the place of the stored ones; books/plan.  NULL: none. */
	const struct plan *plan;
	size_t		 nplan;
	/*
	 * Called now and then, and at the end of each part; what is "copying",
	 * "replaying", "comparing".  May be NULL.
	 */
	void		(*progress)(void *ctx, const char *what, int64_t done, int64_t all);
	/* May be NULL. */
	void		(*pruned)(void *ctx, const struct replay_pruned *);
	/* A difference, in the tables' and keys' order; spans live during the call. */
	enum hk_err	(*differs)(void *ctx, const struct replay_row *);
	void		*ctx;
};

struct replay_totals {
	int64_t	 events;		/* wanted: the sum of the next five */
	int64_t	 handled, skipped, waiting, failed;
	int64_t	 pruned;		/* their bodies are gone: could not be handled */
	int64_t	 queued, resolved;	/* left out */
	int64_t	 carried;		/* transfers carried over */
	int64_t	 rows_added, rows_removed, rows_changed;
	int64_t	 credits_before, credits_after;	/* on users' and organizations' accounts */
};

/* HK_OK also with differences.  The copy is removed in any case.  Errors as db_copy(). */
enum hk_err	 replay(struct db *, const struct conf *, const struct replay_opts *,
		    struct replay_totals *) HK_MUST_USE;

#endif
