/* From a request to a guest of the hub, or to a refusal.  Belongs to the room. */
#ifndef STREAM_ASK_H
#define STREAM_ASK_H

#include "api/session.h"
#include "stream/hub.h"

struct ask {
	const struct conf	*conf;
	const struct sessions	*sessions;
	struct hub		*hub;
};

/* What http_serve() calls; the context is a struct ask. */
void		 ask_handle(struct http_exchange *, void *ask);

#endif
