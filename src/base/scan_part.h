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

#define NAMES_FEW	256
#define NAMES_MAP	8

/* The names of one text that its open objects may not have again. */
struct names {
	struct arena	*arena;
	uint64_t	*slot;		/* fingerprints; 0: free */
	size_t		 nslot;		/* a power of two, or 0 */
	size_t		 nprint;	/* fingerprints in it */
	size_t		 n;		/* names so far, wherever they are */
	uint64_t	 nobject;
	size_t		 nfew;
	struct {
		struct span	name;
		uint32_t	sign;
	}		 few[NAMES_FEW];
};

/* One open object's. */
struct names_object {
	uint64_t	 serial;	/* tells it from all others */
	uint64_t	 map[NAMES_MAP];	/* of the signs of its few names */
	size_t		 first;		/* of few[] */
	bool		 many;		/* they are in the table */
};

void		 names_init(struct names *, struct arena *);
/*
 * A name of the innermost object.  It stays where it is until the object ends;
 * memory is readable up to end, which is at or behind the name's end.
 * HK_EXISTS: the object has this name; HK_TOOBIG: SCAN_NAMES were added;
 * HK_NOMEM.
 */
enum hk_err	 names_add(struct names *, struct names_object *, struct span name,
		    const char *end) HK_MUST_USE;

static inline void
names_open(struct names *t, struct names_object *o)
{
	*o = (struct names_object){ .serial = ++t->nobject, .first = t->nfew };
}

static inline void
names_close(struct names *t, const struct names_object *o)
{
	t->nfew = o->first;
}

/* The 16 bits of the \uXXXX at p, or -1 when there is none. */
int32_t		 scan_unit(const char *p, const char *end);
/* raw: the valid inside of a string.  SPAN_NULL: no memory. */
struct span	 scan_unescape(struct span raw, struct arena *);

#endif
