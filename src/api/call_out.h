/*
 * What the calls about endpoints, event types, messages and deliveries share.
 */
#ifndef API_CALL_OUT_H
#define API_CALL_OUT_H

#include "api/call_part.h"
#include "outbox/endpoint.h"

#define LOOK_MOST	20000	/* rows looked at for one page of a filtered list */

/* "ep_12" of the address, which must be there.  c->problem NOT_FOUND. */
enum hk_err	 call_endpoint(struct call *, int64_t *id) HK_MUST_USE;
/* The same of a text: of a query or body. */
enum hk_err	 call_endpoint_named(struct call *, struct span name, int64_t *id) HK_MUST_USE;

/* Is the member there as null, to take something away? */
bool		 call_nulled(struct call *, const char *name);
enum hk_err	 call_bool(struct call *, const char *name, bool *out) HK_MUST_USE;
/* A list of texts without blanks, joined by blanks, in the arena. */
enum hk_err	 call_words(struct call *, const char *name, size_t most, struct span *out)
		    HK_MUST_USE;
/* An object as compact JSON, in the arena. */
enum hk_err	 call_object(struct call *, const char *name, size_t most, struct span *out)
		    HK_MUST_USE;
/* An instant, ISO 8601 with its zone: of the body, and of a text of the query. */
enum hk_err	 call_time(struct call *, const char *name, int64_t *us) HK_MUST_USE;
enum hk_err	 query_time(struct call *, const char *name, int64_t *us) HK_MUST_USE;
/*
 * "user" (any id of one) or "organization" of the body: kind and own id.  Neither:
 * both untouched.
 */
enum hk_err	 call_owner(struct call *, struct span *kind, struct span *id) HK_MUST_USE;

/* note_action() of an endpoint. */
enum hk_err	 note_endpoint(struct call *, const char *action, int64_t id, struct span after)
		    HK_MUST_USE;

#endif
