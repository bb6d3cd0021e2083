/*
 * Large texts made small, and back.  The only place that knows how (LZ4).
 *
 * A packed text is a frame: a byte that says how it is packed, the length of
 * the text in four bytes (big endian), the packed text.  Frames are kept for
 * years: another way to pack gets another first byte.
 */
#ifndef BASE_PACK_H
#define BASE_PACK_H

#include "base/arena.h"

#define PACK_MOST	((size_t)64 << 20)	/* bytes of a text; conf.def's largest max_body */

/*
 * The frame in the arena.  SPAN_NULL: keep the text as it is; it is longer than
 * PACK_MOST, would not shrink by a quarter, or there is no memory to try.
 */
struct span	 pack(struct span text, struct arena *);
/* The same in a block of its own, *len bytes: free() it.  NULL: keep the text. */
char		*pack_alone(struct span text, size_t *len) HK_MUST_USE;

/* The length of its text, as the frame says; 0: this is none. */
size_t		 packed_len(struct span frame);

/*
 * The text of a frame, in the arena.  most: no text may be longer, whatever its
 * frame says.
 *
 * HK_TOOBIG: it is.  HK_SYNTAX: no frame, or a damaged one.  Both are told.
 * HK_NOMEM: not told.
 */
enum hk_err	 unpack(struct span frame, size_t most, struct arena *,
		    struct span *text) HK_MUST_USE;

#endif
