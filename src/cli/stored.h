/*
 * A stored event, to be sent once more.
 */
#ifndef CLI_STORED_H
#define CLI_STORED_H

#include "base/arena.h"
#include "store/store.h"

struct stored {
	const char	*provider, *event_id, *type;	/* in the arena; type may be "" */
	struct span	 body;
};

/* HK_NOTFOUND (told): there is no such event, or its body was pruned. */
enum hk_err	 stored_load(struct db *, int64_t id, struct arena *, struct stored *)
		    HK_MUST_USE;

#endif
