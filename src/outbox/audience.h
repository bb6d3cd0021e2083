/*
 * Who wants a message: all endpoints at once, and one by one.  Only for the files
 * of this room.
 */
#ifndef OUTBOX_AUDIENCE_H
#define OUTBOX_AUDIENCE_H

#include "base/json.h"
#include "outbox/endpoint.h"

/* An endpoint as far as it matters here. */
struct listener {
	int64_t		 id, heard_to;
	struct span	 types, owner_kind, owner, filter;
	bool		 ordered, enabled;
	bool		 trusted;	/* may have what holds one-time codes */
};

struct audience {
	struct listener	*who;
	size_t		 n;
};

/* All that are not deleted; in the arena. */
enum hk_err	 audience_read(struct db *, struct arena *, struct audience *) HK_MUST_USE;

/* A message as far as it matters here. */
struct told {
	int64_t		 id;
	struct span	 type, owner_kind, owner, payload;
	bool		 relayed;	/* it is a received event */
	bool		 trial;		/* a test event: nobody else's (outbox/trial.h) */
};

/*
 * Does this one want it?  parsed: the payload's tree, made when a filter first
 * needs it; the caller frees it.  A filter that cannot be read takes nothing.
 */
bool		 listener_wants(const struct listener *, const struct told *, struct json **parsed);
/* A delivery, unless there is one: pending, or held when the endpoint is not enabled. */
enum hk_err	 listener_deliver(struct db *, const struct listener *, const struct told *,
		    int64_t due, int64_t now, bool *fresh) HK_MUST_USE;

/* Of a message's cause: is it a received event's relay? */
#define RELAY_CAUSE	"relay:"

#endif
