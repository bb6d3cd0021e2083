/*
 * Tokens that were good a moment ago, by their digest: only such a call goes
 * to the writer unlooked at, which looks itself, inside its transaction.  So
 * strangers never get there, and a token that is revoked is of no use at once.
 */
#ifndef API_SEEN_H
#define API_SEEN_H

#include <pthread.h>

#include "base/span.h"

#define SEEN_MOST	64

struct seen {
	pthread_mutex_t	 m;
	struct seen_token {
		uint8_t	 digest[32];
		int64_t	 id;		/* 0: empty */
		int64_t	 rate;		/* of its own; 0: the settings' */
	}		 v[SEEN_MOST];
};

void		 seen_init(struct seen *);
void		 seen_release(struct seen *);
void		 seen_put(struct seen *, const uint8_t digest[32], int64_t id, int64_t rate);
void		 seen_drop(struct seen *, const uint8_t digest[32]);
bool		 seen_has(struct seen *, const uint8_t digest[32], int64_t *id, int64_t *rate);

#endif
