/*
 * Parts of the scanner that scan.c stands on: the table of names and the
 * text behind escapes.  Nobody else includes this.
 */
#ifndef BASE_SCAN_PART_H
#define BASE_SCAN_PART_H

#include <endian.h>

#include "base/scan.h"

/* Eight bytes, the first one lowest. */
static inline uint64_t
load8(const char *p)
{
	uint64_t	w;

	memcpy(&w, p, sizeof(w));
	return le64toh(w);
}

/* Every name of one text, as fingerprints. */
struct names {
	struct arena	*arena;
	uint64_t	*slot;		/* 0: free */
	size_t		 nslot;		/* a power of two, or 0 */
	size_t		 n;
};

void		 names_init(struct names *, struct arena *);
/*
 * serial is the object's, at least 1.  Memory is readable up to end, which
 * is at or behind the name's end.  HK_EXISTS: the object has this name;
 * HK_TOOBIG: SCAN_NAMES are in the table; HK_NOMEM.
 */
enum hk_err	 names_add(struct names *, uint64_t serial, struct span name,
		    const char *end) HK_MUST_USE;

/* The 16 bits of the \uXXXX at p, or -1 when there is none. */
int32_t		 scan_unit(const char *p, const char *end);
/* raw: the valid inside of a string.  SPAN_NULL: no memory. */
struct span	 scan_unescape(struct span raw, struct arena *);

#endif
