/*
 * HMAC-SHA256 and SHA-256 over pieces, and what goes with them.
 */
#ifndef CRYPTO_HMAC_H
#define CRYPTO_HMAC_H

#include "base/span.h"

#define SHA256_LEN	32

/* out = SHA-256 of the pieces one after another. */
void	 sha256(uint8_t out[SHA256_LEN], const struct span *piece, size_t n);
/* out = HMAC-SHA256(key, pieces one after another).  RFC 2104, any key length. */
void	 hmac_sha256(uint8_t out[SHA256_LEN], struct span key,
	    const struct span *piece, size_t n);

/* In time that depends on len alone. */
bool	 crypto_equal(const void *, const void *, size_t len);
/* Overwrite, and the compiler may not leave it out. */
void	 crypto_cleanse(void *, size_t);

#endif
