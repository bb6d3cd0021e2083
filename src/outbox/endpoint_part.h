/*
 * What the files about endpoints and deliveries share.
 */
#ifndef OUTBOX_ENDPOINT_PART_H
#define OUTBOX_ENDPOINT_PART_H

#include "outbox/endpoint.h"

/* What an endpoint's further fields are sealed for (crypto/seal.h): all who open them say the same. */
#define HEADERS_PURPOSE	"headers of an endpoint"

/* A message of the system's: endpoint.disabled, message.attempt.exhausted. */
enum hk_err	 endpoint_tell(struct db *, const char *type, struct span payload, struct span cause,
		    int64_t now) HK_MUST_USE;
/* Disabled because of its answers; tells it.  why: "410", "5 days of failures". */
enum hk_err	 endpoint_give_up(struct db *, int64_t id, const char *why, int64_t now) HK_MUST_USE;

/* A column's text, which lives until the row's end, into the arena; NULL: SPAN_NULL.  False: no memory. */
bool		 row_keep(struct arena *, struct stmt *, int col, struct span *out);
/* The next of an ordered endpoint's subject may go; nothing when one is under way. */
enum hk_err	 delivery_unpark(struct db *, int64_t endpoint, struct span subject, int64_t now)
		    HK_MUST_USE;

#endif
