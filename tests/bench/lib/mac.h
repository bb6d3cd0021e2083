/*
 * HMAC-SHA256 of texts that begin alike: what they have alike is hashed once.
 * What signs costs the machine that is measured, so it is to cost little.
 */
#ifndef BENCH_MAC_H
#define BENCH_MAC_H

#include <openssl/sha.h>

#include "base/span.h"

struct mac {
	SHA256_CTX	 inner, outer;	/* with the key's block */
};

void	 mac_key(struct mac *, struct span key);
/* Continue a digest, of inner or of what became of it. */
void	 mac_add(SHA256_CTX *, struct span);
/* The MAC of what went into *c, which stays as it is. */
void	 mac_end(const struct mac *, const SHA256_CTX *c, uint8_t out[SHA256_DIGEST_LENGTH]);

#endif
