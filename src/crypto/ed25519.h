/*
 * Ed25519, RFC 8032: Standard Webhooks' v1a.
 */
#ifndef CRYPTO_ED25519_H
#define CRYPTO_ED25519_H

#include "base/err.h"
#include "base/span.h"

#define ED25519_PUBLIC	32
#define ED25519_SEED	32
#define ED25519_SIG	64

/* The message is the pieces joined; at most ED25519_MOST bytes of it. */
#define ED25519_MOST	(128 << 20)

/* HK_OK it fits; HK_BADSIG it does not; HK_NOMEM. */
enum hk_err	 ed25519_verify(const uint8_t sig[ED25519_SIG],
		    const uint8_t public[ED25519_PUBLIC], const struct span *piece,
		    size_t n) HK_MUST_USE;
enum hk_err	 ed25519_sign(uint8_t sig[ED25519_SIG], const uint8_t seed[ED25519_SEED],
		    const struct span *piece, size_t n) HK_MUST_USE;
enum hk_err	 ed25519_public(uint8_t public[ED25519_PUBLIC],
		    const uint8_t seed[ED25519_SEED]) HK_MUST_USE;

#endif
