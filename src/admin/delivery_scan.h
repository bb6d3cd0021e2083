/*
 * Which deliveries are meant, and finding them, newest first, a page at a time,
 * however many there are.
 */
#ifndef ADMIN_DELIVERY_SCAN_H
#define ADMIN_DELIVERY_SCAN_H

#include "admin/admin.h"

#define DELIVERY_LOOKS	10000	/* deliveries one call looks at */

extern const char *const delivery_statuses[];	/* ends with NULL */

/* As typed, trimmed; SPAN_NULL: not asked for. */
struct delivery_filter {
	struct span	endpoint;	/* "ep_12", "12" */
	struct span	status;
	struct span	type;		/* with '*' at its end: all that begin so */
	int64_t		endpoint_id;	/* read from it; 0: any */
};
/* HK_SYNTAX: a sentence about what is wrong. */
enum hk_err	 delivery_filter_read(const struct visit *, struct delivery_filter *) HK_MUST_USE;

/*
 * Where a list begins is a delivery's number, or, of one endpoint alone, a
 * message's: below `at`, newest first.
 */
struct delivery_scan {
	int64_t	 next;		/* where the page below begins; 0: there is none */
	int64_t	 looked_to;	/* it stopped before it had enough; or 0 */
	int	 n;		/* rows that were found */
};
/* The array "rows" of the next `most`. */
enum hk_err	 delivery_scan(struct visit *, const struct delivery_filter *, int64_t at, int most,
		    struct delivery_scan *) HK_MUST_USE;
/* Where the page above begins: its newest is below *above; INT64_MAX: at the newest. */
enum hk_err	 delivery_scan_above(struct visit *, const struct delivery_filter *, int64_t at,
		    int most, int64_t *above) HK_MUST_USE;

#endif
