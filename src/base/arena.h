/*
 * Memory with one lifetime: everything asked from an arena is gone at
 * arena_reset() or arena_free().  One per request, so ordinary code has no
 * free() and a leak has nowhere to live.
 *
 * An arena has a ceiling.  Past it, or when the system has no memory,
 * functions return NULL (or SPAN_NULL); callers turn that into HK_NOMEM.
 * Not thread-safe: one arena belongs to one thread at a time.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/err.h"
#include "base/span.h"

struct arena;

/* most: ceiling in bytes over all blocks.  NULL: no memory. */
struct arena	*arena_new(size_t most);
void		 arena_free(struct arena *);	/* NULL is fine */
/* Forget everything; keeps one small block for the next round. */
void		 arena_reset(struct arena *);
size_t		 arena_used(const struct arena *);

/* Aligned for any type, not zeroed / zeroed. */
void		*arena_get(struct arena *, size_t);
void		*arena_zero(struct arena *, size_t);
/*
 * Grow the newest allocation in place when it is the last one, else copy.
 * p may be NULL (had == 0).
 */
void		*arena_grow(struct arena *, void *p, size_t had, size_t want);
/* Copies; the string copy is NUL-terminated. */
struct span	 arena_span(struct arena *, struct span);
char		*arena_str(struct arena *, struct span);
char		*arena_printf(struct arena *, const char *fmt, ...)
		    HK_PRINTF(2, 3);

#endif
