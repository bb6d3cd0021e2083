/*
 * Waking: an event that waits for a thing is due when the thing arrives.
 */
#include "books/books.h"

enum hk_err
wake(const struct cause *c, struct span thing)
{
	struct stmt	*q = NULL;
	int64_t		 any = 0;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_WAITING, &q)) != HK_OK)
		return e;
	bind_text(q, ":thing", thing);
	if ((e = stmt_int(q, &any)) != HK_OK || !any)
		return e;
	if ((e = db_stmt(c->db, S_WAKE, &q)) != HK_OK)
		return e;
	bind_text(q, ":thing", thing);
	bind_int(q, ":now", c->now);
	return stmt_run(q);
}
