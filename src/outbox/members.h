/*
 * What is told of endpoints, messages, deliveries and types as JSON, by the
 * interface and the command alike: members of an object that is open, from the row
 * a statement of store/api_outbox.def stands on.
 */
#ifndef OUTBOX_MEMBERS_H
#define OUTBOX_MEMBERS_H

#include "base/json.h"
#include "outbox/types.h"
#include "store/store.h"

void		 endpoint_members(struct jw *, struct stmt *);	/* OUT_ENDPOINT */
void		 message_members(struct jw *, struct stmt *);	/* OUT_MESSAGE */
void		 delivery_members(struct jw *, struct stmt *);	/* OUT_DELIVERY */
/* With the request's fields and the answer's beginning, as text. */
void		 attempt_members(struct jw *, struct stmt *);	/* OUT_ATTEMPTS */
void		 recovery_members(struct jw *, struct stmt *);	/* OUT_RECOVERY */

/* A type of the site's own; whole: with its schema and its sample. */
void		 own_type_members(struct jw *, struct stmt *, bool whole);	/* OUT_TYPE */
/* One of ours; its schema is made of the table. */
void		 our_type_members(struct jw *, const struct message_type *, bool whole);

#endif
