/*
 * Database connections for threads that answer: as many as are needed at once,
 * each lent to one request at a time, and kept.
 */
#ifndef STORE_SEATS_H
#define STORE_SEATS_H

#include "store/store.h"

struct seats;
struct seat;		/* a connection each way, opened when first needed */

/*
 *	path	kept, not copied
 *	make	open it for writing once: that makes or migrates the schema, which
 *		readers may not.  Then errors are db_open()'s.
 */
enum hk_err	 seats_open(struct seats **, const char *path, int64_t busy_timeout_ms,
		    bool make) HK_MUST_USE;
void		 seats_close(struct seats *);		/* all are back; NULL is fine */
enum hk_err	 seat_take(struct seats *, struct seat **) HK_MUST_USE;
/* Its connection, errors as db_open()'s. */
enum hk_err	 seat_db(struct seats *, struct seat *, enum db_use, struct db **) HK_MUST_USE;
/*
 * Rolls back what is open.  e: what became of the request; a connection that
 * failed is opened anew next time.  NULL is fine.
 */
void		 seat_put(struct seats *, struct seat *, enum hk_err e);

#endif
