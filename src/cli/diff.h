/*
 * Columns that came, went or changed, as a cell of a table: "balance 40 -> 140,
 * status active -> past_due", or "email a@b.c, first_name Ann".
 */
#ifndef CLI_DIFF_H
#define CLI_DIFF_H

#include "base/json.h"

/* columns as in store/changes.h; update: each is [before, after]. */
void	 diff_put(struct buf *, struct json *columns, bool update);

#endif
