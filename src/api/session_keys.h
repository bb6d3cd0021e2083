/*
 * The keys and parties of the settings, as session.c needs them.  Nobody else
 * includes this.
 */
#ifndef API_SESSION_KEYS_H
#define API_SESSION_KEYS_H

#include "api/session.h"
#include "crypto/rs256.h"

#define SESSION_KID_MOST	64	/* bytes of a `kid` */

/* The next of a list separated by blanks.  False: no more. */
bool		 session_item(const char **list, struct span *item);

bool		 sessions_have_keys(const struct sessions *);
/* The one for that kid, else the one for any; NULL: neither. */
const struct rs256 *sessions_key(const struct sessions *, struct span kid);
/* [clerk] authorized_parties; NULL: not set. */
const char	*sessions_parties(const struct sessions *);

#endif
