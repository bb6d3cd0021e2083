/*
 * RSASSA-PKCS1-v1_5 with SHA-256: "RS256" of RFC 7518, section 3.3.
 */
#ifndef CRYPTO_RS256_H
#define CRYPTO_RS256_H

#include "base/span.h"
#include "base/err.h"

struct rs256;

/*
 * A public key ("-----BEGIN PUBLIC KEY-----" or a certificate) of 2048 to 8192
 * bits.  HK_SYNTAX says what is wrong with the text; HK_NOMEM.
 */
enum hk_err	 rs256_open(struct rs256 **, struct span pem) HK_MUST_USE;
void		 rs256_close(struct rs256 *);	/* NULL is fine */
/* Safe on several threads at once.  HK_BADSIG: it did not sign this.  HK_NOMEM. */
enum hk_err	 rs256_verify(const struct rs256 *, struct span message, struct span signature)
		    HK_MUST_USE;

#endif
