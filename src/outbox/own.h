/*
 * Messages of the site's own: put by its application, of types it has described.
 */
#ifndef OUTBOX_OWN_H
#define OUTBOX_OWN_H

#include "outbox/message.h"

#define OWN_CAUSE	"api:"
#define OWN_MOST	((size_t)256 << 10)	/* bytes of a payload */

struct own_message {
	struct span	 type, owner_kind, owner, payload;
	/* Whoever says the same key again gets the same message; SPAN_NULL: it has none. */
	struct span	 key;
	/* Out: */
	int64_t		 id, created_us;
	bool		 fresh;		/* false: it was put before */
};

/*
 * Inside the caller's transaction.  HK_NOTFOUND: nobody has described the type;
 * HK_NEVER: it is archived, or one that only hookkeeper puts; HK_SYNTAX: the payload
 * does not fit its schema; HK_EXISTS: the key put another message.
 */
enum hk_err	 own_message_put(struct db *, struct own_message *, int64_t now) HK_MUST_USE;

#endif
