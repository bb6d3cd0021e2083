/*
 * A growing byte buffer.  Making one means naming its most; past it, or out
 * of memory, the buffer turns "bad": further puts do nothing and buf_ok()
 * is false, so callers check once at the end.
 *
 * Invariant: p[len] == '\0' whenever p != NULL.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/err.h"
#include "base/span.h"

struct buf {
	char	*p;
	size_t	 len;
	size_t	 room;	/* bytes at p */
	size_t	 most;	/* ceiling for len */
	bool	 bad;
};

void		 buf_init(struct buf *, size_t most);
void		 buf_release(struct buf *);	/* frees; may be init'ed again */
void		 buf_clear(struct buf *);	/* len 0, good again, keeps memory */
void		 buf_put(struct buf *, const void *, size_t);
void		 buf_puts(struct buf *, const char *);
void		 buf_putspan(struct buf *, struct span);
void		 buf_putc(struct buf *, char);
void		 buf_printf(struct buf *, const char *fmt, ...) HK_PRINTF(2, 3);

static inline bool
buf_ok(const struct buf *b)
{
	return !b->bad;
}

static inline struct span
buf_span(const struct buf *b)
{
	return span_of(b->p, b->len);
}

#endif
