/*
 * Sealed texts: secrets that lie in the database or in a cookie, which nobody
 * can read or change without the key of the settings (`key`).  AES-256-GCM with
 * a random nonce; base64 of version, nonce, bytes and tag.
 *
 * What a seal is for is sealed along: one made for a cookie is worth nothing
 * as somebody's second factor.
 */
#ifndef CRYPTO_SEAL_H
#define CRYPTO_SEAL_H

#include "base/arena.h"

#define SEAL_KEY	32
#define SEAL_MOST	65536	/* bytes that can be sealed */

/* The newest first: it seals, any of them opens. */
struct seal_keys {
	const uint8_t	(*key)[SEAL_KEY];
	size_t		 n;
};

/*
 *	purpose	"totp of person 12"
 *	out	in the arena; base64, as a cookie may be
 *
 * HK_CONF: there is no key (err_last() says how to get one).
 * HK_TOOBIG, HK_NOMEM.
 */
enum hk_err	 seal(struct arena *, const struct seal_keys *, const char *purpose,
		    struct span plain, struct span *out) HK_MUST_USE;
/*
 *	plain	in the arena; seal_wipe() it after use
 *	old	by another key than the newest: seal it anew; may be NULL
 *
 * HK_BADSIG: none of the keys made this, for this purpose; HK_CONF, HK_NOMEM.
 */
enum hk_err	 seal_open(struct arena *, const struct seal_keys *, const char *purpose,
		    struct span text, struct span *plain, bool *old) HK_MUST_USE;
void		 seal_wipe(struct span plain);

#endif
