/*
 * Test events: a message with a sample, for one endpoint alone, whatever types
 * it asks for.  It is signed, tried again and shown as any other; its data says
 * nothing true.
 */
#ifndef OUTBOX_TRIAL_H
#define OUTBOX_TRIAL_H

#include "store/store.h"

/* Of a message's cause: fan-out and recovery pass it by. */
#define TRIAL_CAUSE	"test:"

/*
 * The sample of a type, in the arena; SPAN_NULL: it has none, or there is no such
 * type.  Ours and the site's own; samples of received types are provider's.
 */
enum hk_err	 type_sample(struct db *, struct span type, struct arena *, struct span *)
		    HK_MUST_USE;

/*
 * Put it, inside the caller's transaction.  payload: SPAN_NULL takes the type's
 * sample.  HK_NOTFOUND: no such endpoint, or no sample; HK_NEVER: the endpoint is
 * paused or disabled; HK_SYNTAX: no type can have this name.
 */
enum hk_err	 endpoint_try(struct db *, int64_t endpoint, struct span type, struct span payload,
		    int64_t now, int64_t *message, int64_t *delivery) HK_MUST_USE;

#endif
