/*
 * A strict JSON scanner that builds no tree: it validates the whole text and
 * notes where the few wanted values lie.  RFC 8259, and beyond it:
 *
 *	- valid UTF-8 throughout, no BOM, no unpaired \u surrogate
 *	- at most SCAN_DEPTH containers inside one another
 *	- at most SCAN_NAMES object names in all
 *	- no name twice in one object (compared after unescaping)
 *	- no \u0000 in a name: where names are C strings it would hide the rest
 *
 * These are our limits, not senders': Stripe's deepest payloads stay under 12.
 */
#ifndef BASE_SCAN_H
#define BASE_SCAN_H

#include "base/arena.h"

#define SCAN_DEPTH	100
#define SCAN_NAMES	100000

enum scan_type {
	SCAN_ABSENT,		/* not in the text */
	SCAN_NULL, SCAN_FALSE, SCAN_TRUE, SCAN_NUMBER, SCAN_STRING,
	SCAN_ARRAY, SCAN_OBJECT
};

/*
 * What is wanted, as a tree of names: { parent's index or -1, name }.  A
 * parent stands before its children; the root must be an object.
 */
struct scan_want {
	int		 parent;
	const char	*name;
};

struct scan_found {
	enum scan_type	type;
	struct span	raw;	/* the token in the text, quotes included */
};

/*
 * found has nwant elements (at most 32), all set on HK_OK.  The arena holds
 * unescaped names and, when objects have many names, a table of these (4 KB;
 * 1.4 MB for SCAN_NAMES names); nothing of it is needed afterwards.
 * HK_SYNTAX: err_last() names the rule and the byte ("duplicate name
 * \"type\" at byte 120").  HK_NOMEM.
 */
enum hk_err	 scan_json(struct span text, const struct scan_want *, size_t nwant,
		    struct scan_found *found, struct arena *) HK_MUST_USE;

/* The same rules for a text whose top may be any value; finds nothing. */
enum hk_err	 scan_value(struct span text, struct arena *) HK_MUST_USE;

/*
 * The unescaped text of a found string: a part of the scanned text when it
 * has no escapes, else a copy in the arena.  SPAN_NULL when it is absent or
 * no string (or no memory).  May hold NUL bytes.
 */
struct span	 scan_text(const struct scan_found *, struct arena *);
/* An integer without fraction or exponent that fits; else false. */
bool		 scan_int(const struct scan_found *, int64_t *);

#endif
