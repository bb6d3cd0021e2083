/* HMAC-SHA256 (RFC 2104) in steps that can be taken again. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "mac.h"

static void
block(SHA256_CTX *c, const uint8_t key[SHA256_CBLOCK], uint8_t with)
{
	uint8_t	pad[SHA256_CBLOCK];

	for (int i = 0; i < SHA256_CBLOCK; i++)
		pad[i] = key[i] ^ with;
	SHA256_Init(c);
	SHA256_Update(c, pad, sizeof(pad));
}

void
mac_key(struct mac *m, struct span key)
{
	uint8_t	padded[SHA256_CBLOCK] = { 0 };

	if (key.len > sizeof(padded))
		SHA256((const unsigned char *)key.p, key.len, padded);
	else
		memcpy(padded, key.p, key.len);
	block(&m->inner, padded, 0x36);
	block(&m->outer, padded, 0x5c);
}

void
mac_add(SHA256_CTX *c, struct span s)
{
	SHA256_Update(c, s.p, s.len);
}

void
mac_end(const struct mac *m, const SHA256_CTX *c, uint8_t out[SHA256_DIGEST_LENGTH])
{
	SHA256_CTX	copy = *c;

	SHA256_Final(out, &copy);
	copy = m->outer;
	SHA256_Update(&copy, out, SHA256_DIGEST_LENGTH);
	SHA256_Final(out, &copy);
}
