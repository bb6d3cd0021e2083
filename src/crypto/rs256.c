/* RSA signatures over OpenSSL's EVP. */
#include "crypto/rs256.h"

#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#define BITS_LEAST	2048
#define BITS_MOST	8192
#define PEM_MOST	65536

struct rs256 {
	EVP_PKEY	*key;
};

static bool
has(struct span text, const char *what)
{
	return memmem(text.p, text.len, what, strlen(what)) != NULL;
}

/* NULL: the text has another shape. */
static EVP_PKEY *
read_key(BIO *from, struct span pem)
{
	EVP_PKEY	*key = NULL;
	X509		*cert;

	if (!has(pem, "-----BEGIN CERTIFICATE-----"))
		return PEM_read_bio_PUBKEY(from, NULL, NULL, NULL);
	if ((cert = PEM_read_bio_X509(from, NULL, NULL, NULL)) != NULL)
		key = X509_get_pubkey(cert);
	X509_free(cert);
	return key;
}

static enum hk_err
check_key(const EVP_PKEY *key, struct span pem)
{
	int	bits;

	if (key == NULL && has(pem, "PRIVATE KEY-----"))
		return err_tell(HK_SYNTAX, "this is a private key, which belongs to its owner "
		    "alone; the public one is needed");
	if (key == NULL)
		return err_tell(HK_SYNTAX, "no public key in PEM: it begins with "
		    "\"-----BEGIN PUBLIC KEY-----\"");
	if (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA)
		return err_tell(HK_SYNTAX, "the public key is none of RSA");
	bits = EVP_PKEY_get_bits(key);
	if (bits < BITS_LEAST || bits > BITS_MOST)
		return err_tell(HK_SYNTAX, "the public key has %d bits; %d to %d are taken", bits,
		    BITS_LEAST, BITS_MOST);
	return HK_OK;
}

enum hk_err
rs256_open(struct rs256 **out, struct span pem)
{
	EVP_PKEY	*key;
	BIO		*from;
	enum hk_err	 e;

	if (pem.len == 0 || pem.len > PEM_MOST)
		return err_tell(HK_SYNTAX, "a public key has 1 to %d bytes, not %zu", PEM_MOST,
		    pem.len);
	if ((from = BIO_new_mem_buf(pem.p, (int)pem.len)) == NULL)
		return err_note(HK_NOMEM, "no memory to read a public key");
	key = read_key(from, pem);
	BIO_free(from);
	ERR_clear_error();
	if ((e = check_key(key, pem)) == HK_OK && (*out = calloc(1, sizeof(**out))) == NULL)
		e = err_note(HK_NOMEM, "no memory for a public key");
	if (e != HK_OK) {
		EVP_PKEY_free(key);
		return e;
	}
	(*out)->key = key;
	return HK_OK;
}

void
rs256_close(struct rs256 *r)
{
	if (r == NULL)
		return;
	EVP_PKEY_free(r->key);
	free(r);
}

enum hk_err
rs256_verify(const struct rs256 *r, struct span message, struct span signature)
{
	EVP_MD_CTX	*ctx = EVP_MD_CTX_new();
	enum hk_err	 e;

	/* EVP's own default for RSA is the padding of PKCS #1, version 1.5. */
	if (ctx == NULL || EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, r->key) != 1)
		e = err_note(HK_NOMEM, "no memory to verify a signature");
	else if (EVP_DigestVerify(ctx, (const unsigned char *)signature.p, signature.len,
	    (const unsigned char *)message.p, message.len) == 1)
		e = HK_OK;
	else
		e = HK_BADSIG;
	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return e;
}
