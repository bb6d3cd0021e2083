/*
 * Clerk's session tokens: who sits at the browser.
 *
 * A JWT signed by RS256 (https://clerk.com/docs/backend-requests/manual-jwt).
 * Its key is found by `kid` among those of the settings; nothing is fetched.
 * Only RS256 is taken, whatever the header says.  `exp` and `nbf` may be 5 s
 * off; `azp`, when it is there and the settings name parties, must be one of
 * them; `sub` is the user's Clerk id.  A session whose status is "pending"
 * (`sts`) is refused.
 */
#ifndef API_SESSION_H
#define API_SESSION_H

#include "base/arena.h"
#include "base/conf.h"

struct sessions;		/* keys and parties of the settings */

/*
 * [clerk] session_keys: "kid=FILE" or one "FILE" for any kid, several separated
 * by blanks, each a PEM file (env CLERK_JWT_KEY: the PEM text itself, with
 * newlines or "\n"); authorized_parties: origins separated by blanks.
 * HK_CONF names the file and what is wrong.  Without keys it opens, and
 * session_check() always says HK_CONF.
 */
enum hk_err	 sessions_open(struct sessions **, const struct conf *) HK_MUST_USE;
void		 sessions_close(struct sessions *);	/* NULL is fine */

struct session {
	struct span	 clerk_user;	/* "user_..."; in the arena */
	struct span	 party;		/* azp; SPAN_NULL: not said */
	int64_t		 expires_us;
};

/*
 * HK_BADSIG: no key of ours made it, or it is none at all; HK_STALE: a good one
 * of another time; HK_CONF: no keys are set.  One with an aud is none: Clerk's
 * templates make tokens for other services by the same key.  err_last() says for
 * the log what is wrong, never the token.
 */
enum hk_err	 session_check(const struct sessions *, struct span jwt, int64_t now,
		    struct arena *, struct session *) HK_MUST_USE;

#endif
