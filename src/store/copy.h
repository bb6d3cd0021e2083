/*
 * A copy of the database to try things on, while the database is in use.
 *
 * Two files of their own, mode 0600 and without a name from the moment they are
 * open: however the process ends, nothing is left behind but their room on the
 * disk, which the kernel takes back.  What a process left that was killed before
 * that is removed by the next copy in the same folder.
 *
 * The rows of both are of one moment.  A snapshot to read them holds up no writer;
 * until it is over the log cannot start anew, so bodies, which are most of a
 * database and never change, are not copied: they are read where they are, and
 * from there only read.
 */
#ifndef STORE_COPY_H
#define STORE_COPY_H

#include "store/store.h"

struct copy;

struct copy_opts {
	const char	*folder;	/* NULL: the database's own */
	void		(*progress)(void *ctx, int64_t done, int64_t all);	/* may be NULL */
	void		*ctx;
};

/*
 * HK_FULL: the folder's disk has less room than the database has; else as
 * db_open().  The database itself may be open for reading only.
 */
enum hk_err	 db_copy(struct db *, const struct copy_opts *, struct copy **) HK_MUST_USE;
void		 copy_free(struct copy *);	/* NULL is fine */

/*
 * The books as they are: every row of them, but no events.  Of messages the payload
 * is left out; of attempts there are those that handled an event.
 */
struct db	*copy_books(struct copy *);
/*
 * Empty books, the plans and all events.  next_attempt_at of each is when it was
 * first handled, else first skipped, else first failed for good, else received;
 * those that were imported untrusted are left out; bodies are those of the database itself.
 */
struct db	*copy_blank(struct copy *);

#endif
