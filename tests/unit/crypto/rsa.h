/*
 * A private key for tests, made when first needed.  Included by test programs;
 * everything is static.
 */
#ifndef TEST_RSA_H
#define TEST_RSA_H

#include <assert.h>
#include <stdlib.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "base/span.h"

#define RSA_UNUSED	__attribute__((unused))

struct maker {
	EVP_PKEY	*key;
	char		 pem[4096];	/* of the public key */
};

static void
maker_of(struct maker *m, EVP_PKEY *key)
{
	BIO	*out = BIO_new(BIO_s_mem());
	int	 n;

	assert(key != NULL && out != NULL);
	m->key = key;
	assert(PEM_write_bio_PUBKEY(out, key) == 1);
	n = BIO_read(out, m->pem, sizeof(m->pem) - 1);
	assert(n > 0);
	m->pem[n] = '\0';
	BIO_free(out);
}

static RSA_UNUSED void
maker_init(struct maker *m, unsigned int bits)
{
	maker_of(m, EVP_RSA_gen(bits));
}

static RSA_UNUSED void
maker_release(struct maker *m)
{
	EVP_PKEY_free(m->key);
	m->key = NULL;
}

/* By RS256 unless md says otherwise; *len bytes, at most `room`. */
static RSA_UNUSED void
maker_sign(const struct maker *m, const EVP_MD *md, struct span text, void *out, size_t room,
    size_t *len)
{
	EVP_MD_CTX	*ctx = EVP_MD_CTX_new();
	int		 done;

	*len = room;
	done = ctx != NULL && EVP_DigestSignInit(ctx, NULL, md, NULL, m->key) == 1 &&
	    EVP_DigestSign(ctx, out, len, (const unsigned char *)text.p, text.len) == 1;
	assert(done);
	EVP_MD_CTX_free(ctx);
}

#endif
