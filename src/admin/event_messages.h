/*
 * The messages that an event caused (outbox/message.h), with what they say.
 */
#ifndef ADMIN_EVENT_MESSAGES_H
#define ADMIN_EVENT_MESSAGES_H

#include "admin/admin.h"

/*
 *	messages	[{id, name ("msg_..."), type, about, owner, created_at, json, tree,
 *		tree_cut}], as owner.html and tree.html show them
 *	messages_left_out
 */
enum hk_err	 event_messages_put(struct visit *, int64_t event) HK_MUST_USE;

#endif
