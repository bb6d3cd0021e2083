/*
 * What is changed in the books, row by row: for the page of an event, and for
 * the dry run.
 *
 * A JSON array in the order of the changes: table, what was done, the row's key,
 * and its columns.  Of an update only the columns that differ, before and after; of
 * others what is not NULL.  Long texts are cut.
 *
 *	[["account","=",7,{"balance":[0,40]}],
 *	 ["plan","+","price price_1",{"credits":5,"per":1}],
 *	 ["plan","-","price price_2",{"credits":9,"per":1}],
 *	 [null,"more",12]]
 *
 * The last means that twelve more rows were changed.  Columns that hold secrets
 * are never in it; nor are the event, the times of it, the system's accounts, what
 * other rows say as well, and the tables that are the books' own scaffolding.
 */
#ifndef STORE_CHANGES_H
#define STORE_CHANGES_H

#include "store/store.h"

#define CHANGES_MOST	(16 << 10)	/* bytes, and a row more */
#define CHANGES_ROWS	100
#define CHANGES_TEXT	200		/* bytes of a value */

struct columns;

struct changes {
	char		*text;		/* NULL: nothing was changed yet */
	size_t		 len;
	int64_t		 rows;		/* in it */
	int64_t		 left_out;
	const struct columns *columns;	/* of the connection */
};

void		 changes_init(struct changes *);	/* allocates nothing */
void		 changes_release(struct changes *);

/*
 * From here to changes_stop(): every row of the books that this connection
 * writes is noted, also one that is taken back later.  Forgets what was noted.
 * One at a time for a connection.  Costs nothing while nothing of the books is
 * written.
 */
void		 changes_start(struct changes *, struct db *);
void		 changes_stop(struct changes *, struct db *);
/*
 * SPAN_NULL: nothing was changed.  Lives until the next start or release.  Without
 * memory for it: as if nothing was.
 */
struct span	 changes_text(struct changes *);

#endif
