/*
 * Which transfers are meant, and finding them, newest first, a page at a time,
 * however many there are.
 */
#ifndef ADMIN_LEDGER_SCAN_H
#define ADMIN_LEDGER_SCAN_H

#include "admin/admin.h"

#define LEDGER_LOOKS	20000	/* transfers one call looks at */
#define LEDGER_MOST	200	/* of one call */

/* As typed, trimmed; SPAN_NULL: not asked for. */
struct ledger_filter {
	struct span	kind;		/* "purchase" */
	struct span	user;		/* any of a user's names, or "org_..." */
	struct span	event;		/* our number, "12" or "#12" */
	struct span	key;		/* business key; with '*' at its end: all that begin so */
	struct span	since, until;
	/* read from these: */
	int64_t		since_us, until_us, event_id;	/* 0: none */
	int64_t		account;	/* of the user; 0: none asked for, -1: has none */
	struct span	owner;		/* their id, ours */
	const char	*owner_kind;
	/* what is wrong with one of them, for the form; name NULL: nothing is */
	struct { const char *name, *text; } wrong;
};

/* In the order of the form: name, what people call it, offset of its span. */
struct ledger_field {
	const char	*name, *title;
	size_t		 at;
};
extern const struct ledger_field ledger_fields[];	/* ends with name NULL */
static inline struct span
ledger_value(const struct ledger_filter *f, const struct ledger_field *d)
{
	return *(const struct span *)(const void *)((const char *)f + d->at);
}
extern const char *const ledger_kinds[];		/* ends with NULL */

/* Reads the query; errors are the database's. */
enum hk_err	 ledger_filter_read(struct visit *, struct ledger_filter *) HK_MUST_USE;
/* Is anything but these two asked for?  NULL: anything at all. */
bool		 ledger_filter_has(const struct ledger_filter *, const char *but, const char *or);
/* Append its query without one field (NULL: all). */
void		 ledger_filter_query(struct buf *, const struct ledger_filter *, const char *but);

struct ledger_scan {
	int64_t	 id[LEDGER_MOST + 1];
	int	 n;		/* newest first */
	int64_t	 next;		/* go on with it as before (upwards: as after); 0: no more */
	int64_t	 looked_to;	/* it stopped before it had enough: looked at down to here; or 0 */
};
/* The newest `most` below before; or, when after > 0, the oldest `most` above it. */
enum hk_err	 ledger_scan(struct db *, const struct ledger_filter *, int64_t before,
		    int64_t after, int most, struct ledger_scan *) HK_MUST_USE;

/* What all of them gave users and took from them; whole false: they are too many to add up. */
struct ledger_sum {
	int64_t	 rows, given, taken;
	bool	 whole;
};
enum hk_err	 ledger_sum(struct db *, const struct ledger_filter *, struct ledger_sum *)
		    HK_MUST_USE;

#endif
