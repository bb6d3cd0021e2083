/*
 * What is told of endpoints, messages, deliveries and types as JSON, by the
 * interface and the command alike: members of an object that is open, from the row
 * a statement of store/api_outbox.def stands on.
 */
#ifndef OUTBOX_MEMBERS_H
#define OUTBOX_MEMBERS_H

#include "base/json.h"
#include "store/store.h"

void		 endpoint_members(struct jw *, struct stmt *);

#endif
