/*
 * The attempts of a delivery: what was asked, what was answered, how long each
 * part of it took.  What a receiver answers may be anything at all.
 */
#ifndef ADMIN_DELIVERY_ATTEMPT_H
#define ADMIN_DELIVERY_ATTEMPT_H

#include "admin/admin.h"

#define SPLIT_WIDTH	600	/* of the drawing */

/*
 * "attempts": the newest first, each with number, by_hand, started_at, took_us,
 * address, status, error, good, open, state ("completed", "failed"),
 *	request		[{"name","value"}]
 *	answer		{"fields": [{"name","value"}], "line", "text" or null, "hex": a
 *			dump of what is no text, or null, "hex_cut", "size", "cut"} or null
 *	split		{"parts": [{"kind","title","x","w","us"}], "reused"} or null
 * and "attempts_left_out".
 */
enum hk_err	 delivery_attempts_put(struct visit *, int64_t delivery) HK_MUST_USE;

#endif
