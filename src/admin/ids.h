/*
 * Lists in the order of ids: a part of a table between two of them, and time as
 * ids.  Ids follow time, but for clocks that were set; so a time becomes the id of
 * an hour before or after it, and who wants it exactly compares times as well.
 */
#ifndef ADMIN_IDS_H
#define ADMIN_IDS_H

#include "admin/admin.h"

/* Between two ids, both not in it. */
struct ids {
	int64_t	low, high;
	bool	up;		/* from the lowest; else from the highest */
};

/* Of a table: its newest id, and the time (us) of its first row at :id or later. */
struct ids_table {
	enum stmt_id	newest, came;
};

/*
 * From since_us (0: the first) to until_us (0: the last), above `after` (then
 * upwards; 0: downwards) and below `before` (INT64_MAX: from the newest).
 */
struct ids_want {
	int64_t	since_us, until_us, before, after;
};
enum hk_err	 ids_open(struct db *, const struct ids_table *, const struct ids_want *,
		    struct ids *) HK_MUST_USE;

/* The query's "before" and "after", 0: not said.  HK_SYNTAX; what: "events". */
enum hk_err	 ids_read(const struct visit *, const char *what, int64_t *before,
		    int64_t *after) HK_MUST_USE;

/* Those that were found upwards, the highest first. */
void		 ids_reverse(int64_t *id, int n);

#endif
