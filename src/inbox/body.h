/*
 * Bodies of events as they are kept: as they came, or packed when they are
 * large.  The only place that reads or writes event_body's body, so nobody
 * else ever sees packed bytes.
 */
#ifndef INBOX_BODY_H
#define INBOX_BODY_H

#include "base/arena.h"
#include "store/store.h"

#define BODY_PLAIN	((size_t)8192)	/* bytes; larger ones are packed when that helps */

/*
 * What to hand to body_store(): the packed body in the arena, or SPAN_NULL
 * when it is better kept as it came.  Apart, so that the work is done before
 * the transaction, on the thread that has the request.
 */
struct span	 body_pack(struct span body, struct arena *);
/* The same in a block of its own, *len bytes: free() it.  NULL for SPAN_NULL. */
char		*body_pack_alone(struct span body, size_t *len) HK_MUST_USE;

/*
 * Keep an event's body and its request's fields (a JSON object).  packed: of
 * body_pack(); when it is not SPAN_NULL, body is not looked at.  Inside the
 * caller's transaction.
 */
enum hk_err	 body_store(struct db *, int64_t event, struct span headers,
		    struct span body, struct span packed) HK_MUST_USE;

/*
 * Both exactly as they were stored, in the arena; headers may be NULL.  An
 * empty body has an address.
 *
 * HK_NOTFOUND (told): there is none, the event is unknown or pruned.
 * HK_SYNTAX (told): what is stored cannot be unpacked; HK_NOMEM: the arena's
 * ceiling, or no memory.  Errors of the database as everywhere.
 */
enum hk_err	 body_load(struct db *, int64_t event, struct arena *,
		    struct span *headers, struct span *body) HK_MUST_USE;

#endif
