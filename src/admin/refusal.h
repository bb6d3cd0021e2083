/*
 * A refused request as pages show it: nobody but page_quarantine.c and
 * page_refusal.c includes this.
 */
#ifndef ADMIN_REFUSAL_H
#define ADMIN_REFUSAL_H

#include "admin/admin.h"

/*
 * The members id, provider, sender, reason, what (in a few words), detail, kind
 * ("signed", "shaped", "noise"), times, remote_addr, event_type, event_id, size,
 * created_at, last_at, accepted_at, event: of the row that S_REFUSALS and
 * S_REFUSAL both begin with.
 */
void		 refusal_put(struct jw *, struct stmt *);

#endif
