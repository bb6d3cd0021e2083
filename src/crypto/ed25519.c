/* Ed25519 over OpenSSL's EVP. */
#include <openssl/evp.h>

#include <stdlib.h>

#include "crypto/ed25519.h"

/* Ed25519 reads its message twice, so EVP takes it in one piece only. */
static enum hk_err
join(const struct span *piece, size_t n, uint8_t **out, size_t *len)
{
	uint8_t	*p;
	size_t	 at = 0, want = 0;

	for (size_t i = 0; i < n; i++)
		want += piece[i].len;
	if (want > ED25519_MOST || (p = malloc(want + 1)) == NULL)
		return err_note(HK_NOMEM, "no memory to sign or verify %zu bytes", want);
	for (size_t i = 0; i < n; i++) {
		if (piece[i].len > 0)
			memcpy(p + at, piece[i].p, piece[i].len);
		at += piece[i].len;
	}
	*out = p;
	*len = want;
	return HK_OK;
}

enum hk_err
ed25519_verify(const uint8_t sig[ED25519_SIG], const uint8_t public[ED25519_PUBLIC],
    const struct span *piece, size_t n)
{
	EVP_PKEY	*key = NULL;
	EVP_MD_CTX	*ctx = NULL;
	uint8_t		*msg = NULL;
	size_t		 len;
	enum hk_err	 e;

	if ((e = join(piece, n, &msg, &len)) != HK_OK)
		return e;
	e = HK_NOMEM;
	if ((key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public,
	    ED25519_PUBLIC)) == NULL || (ctx = EVP_MD_CTX_new()) == NULL ||
	    EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) != 1)
		goto out;
	e = EVP_DigestVerify(ctx, sig, ED25519_SIG, msg, len) == 1 ? HK_OK : HK_BADSIG;
out:
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	free(msg);
	return e;
}

enum hk_err
ed25519_sign(uint8_t sig[ED25519_SIG], const uint8_t seed[ED25519_SEED],
    const struct span *piece, size_t n)
{
	EVP_PKEY	*key = NULL;
	EVP_MD_CTX	*ctx = NULL;
	uint8_t		*msg = NULL;
	size_t		 len, siglen = ED25519_SIG;
	enum hk_err	 e;

	if ((e = join(piece, n, &msg, &len)) != HK_OK)
		return e;
	e = HK_NOMEM;
	if ((key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed,
	    ED25519_SEED)) != NULL && (ctx = EVP_MD_CTX_new()) != NULL &&
	    EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1 &&
	    EVP_DigestSign(ctx, sig, &siglen, msg, len) == 1)
		e = HK_OK;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	free(msg);
	return e;
}

enum hk_err
ed25519_public(uint8_t public[ED25519_PUBLIC], const uint8_t seed[ED25519_SEED])
{
	EVP_PKEY	*key;
	size_t		 len = ED25519_PUBLIC;
	enum hk_err	 e = HK_NOMEM;

	if ((key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed,
	    ED25519_SEED)) != NULL && EVP_PKEY_get_raw_public_key(key, public, &len) == 1)
		e = HK_OK;
	EVP_PKEY_free(key);
	return e;
}
