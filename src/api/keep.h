/*
 * Idempotency-Key: what was answered is kept for a day, and given again.
 *
 * It is kept in the transaction of what was done, so there is never one
 * without the other.  As with Stripe's it counts whatever the answer was, once
 * the call was carried out: also that the balance was too small.  Each token
 * has keys of its own: an answer, which may have a secret in it, is for nobody
 * but who asked, and nobody can spoil another's key.
 *
 * Source: https://docs.stripe.com/api/idempotent_requests
 */
#ifndef API_KEEP_H
#define API_KEEP_H

#include "base/arena.h"
#include "base/conf.h"
#include "http/http.h"
#include "inbox/housekeeping.h"
#include "store/store.h"

#define KEEP_US		ANSWER_KEPT_US
#define KEEP_REQUEST	64	/* hex digits */

/* One request's digest: method, path, query and body. */
void		 keep_request(char out[KEEP_REQUEST + 1], const struct http_request *);

struct kept {
	struct span	 key, request;
	int64_t		 status;
	struct span	 type, body;	/* body SPAN_NULL: had a secret, and no key to seal it */
	int64_t		 token;
	bool		 secret;	/* keep_put: is to be sealed */
};

/*
 * Fills status, type and body of the answer to k->key of k->token; all in the
 * arena.
 * HK_NOTFOUND: there is none.  HK_EXISTS: there is one, to another request
 * than k->request.  HK_BADSIG: it was sealed by a key we have no longer.
 */
enum hk_err	 keep_find(struct db *, const struct conf *, struct kept *k, int64_t now,
		    struct arena *) HK_MUST_USE;
/* Now and then removes some that are too old. */
enum hk_err	 keep_put(struct db *, const struct conf *, const struct kept *, int64_t now,
		    struct arena *) HK_MUST_USE;
/* Remove at most so many that are too old, inside the caller's transaction. */
enum hk_err	 keep_prune(struct db *, int64_t now, int64_t most) HK_MUST_USE;

#endif
