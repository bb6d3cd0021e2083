/* AES-256-GCM over OpenSSL's EVP. */
#include "crypto/seal.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/codec.h"
#include "base/id.h"

#define VERSION		1
#define NONCE_LEN	12
#define TAG_LEN		16
#define HEAD_LEN	(1 + NONCE_LEN)
#define MORE_LEN	(HEAD_LEN + TAG_LEN)	/* than what is sealed */

static enum hk_err
no_key(void)
{
	return err_tell(HK_CONF, "hookkeeper.key is not set; 'hookkeeper init' makes one");
}

static enum hk_err
no_memory(void)
{
	return err_note(HK_NOMEM, "no memory to seal or open a secret");
}

/* Key, nonce, and what is authenticated only: version and purpose. */
static bool
begin(EVP_CIPHER_CTX *c, bool to_seal, const uint8_t *key, const uint8_t *head,
    const char *purpose)
{
	int	len;

	return EVP_CipherInit_ex(c, EVP_aes_256_gcm(), NULL, key, head + 1, to_seal) == 1 &&
	    EVP_CipherUpdate(c, NULL, &len, head, 1) == 1 &&
	    EVP_CipherUpdate(c, NULL, &len, (const uint8_t *)purpose,
	    (int)strlen(purpose)) == 1;
}

static enum hk_err
encrypt(uint8_t *raw, const uint8_t *key, const char *purpose, struct span plain)
{
	EVP_CIPHER_CTX	*c = EVP_CIPHER_CTX_new();
	uint8_t		*bytes = raw + HEAD_LEN;
	int		 len, rest;
	enum hk_err	 e = HK_OK;

	raw[0] = VERSION;
	random_fill(raw + 1, NONCE_LEN);
	if (c == NULL || !begin(c, true, key, raw, purpose) ||
	    EVP_CipherUpdate(c, bytes, &len, (const uint8_t *)plain.p, (int)plain.len) != 1 ||
	    EVP_CipherFinal_ex(c, bytes + len, &rest) != 1 ||
	    EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, TAG_LEN, bytes + plain.len) != 1)
		e = no_memory();
	EVP_CIPHER_CTX_free(c);
	return e;
}

enum hk_err
seal(struct arena *a, const struct seal_keys *keys, const char *purpose, struct span plain,
    struct span *out)
{
	size_t		 len = plain.len + MORE_LEN;
	uint8_t		*raw;
	char		*text;
	enum hk_err	 e;

	if (keys->n == 0)
		return no_key();
	if (plain.len > SEAL_MOST)
		return err_note(HK_TOOBIG, "a secret of more than %d bytes", SEAL_MOST);
	if ((raw = arena_get(a, len)) == NULL ||
	    (text = arena_get(a, BASE64_LEN(len) + 1)) == NULL)
		return no_memory();
	if (plain.p == NULL)
		plain = SPAN("");
	if ((e = encrypt(raw, keys->key[0], purpose, plain)) != HK_OK)
		return e;
	base64_encode(text, raw, len);
	*out = span_of(text, BASE64_LEN(len));
	return HK_OK;
}

/* HK_BADSIG: by another key, or changed. */
static enum hk_err
decrypt(uint8_t *out, const uint8_t *key, const char *purpose, const uint8_t *raw, size_t len)
{
	EVP_CIPHER_CTX	*c = EVP_CIPHER_CTX_new();
	uint8_t		 tag[TAG_LEN];
	int		 n = (int)(len - MORE_LEN), got, rest;
	enum hk_err	 e = HK_OK;

	memcpy(tag, raw + HEAD_LEN + n, TAG_LEN);
	if (c == NULL || !begin(c, false, key, raw, purpose) ||
	    EVP_CipherUpdate(c, out, &got, raw + HEAD_LEN, n) != 1 ||
	    EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, TAG_LEN, tag) != 1)
		e = no_memory();
	else if (EVP_CipherFinal_ex(c, out + got, &rest) != 1)
		e = HK_BADSIG;
	EVP_CIPHER_CTX_free(c);
	return e;
}

enum hk_err
seal_open(struct arena *a, const struct seal_keys *keys, const char *purpose,
    struct span text, struct span *plain, bool *old)
{
	uint8_t		*raw, *out;
	size_t		 len;
	enum hk_err	 e = HK_BADSIG;

	if (keys->n == 0)
		return no_key();
	if (text.len > BASE64_LEN(SEAL_MOST + MORE_LEN))
		return HK_BADSIG;
	if ((raw = arena_get(a, text.len + 1)) == NULL ||
	    (out = arena_get(a, text.len + 1)) == NULL)
		return no_memory();
	if (!base64_decode(raw, text.len, &len, text) || len < MORE_LEN || raw[0] != VERSION)
		return HK_BADSIG;
	for (size_t i = 0; i < keys->n && e == HK_BADSIG; i++)
		if ((e = decrypt(out, keys->key[i], purpose, raw, len)) == HK_OK) {
			*plain = span_of((char *)out, len - MORE_LEN);
			if (old != NULL)
				*old = i > 0;
		}
	if (e != HK_OK)
		OPENSSL_cleanse(out, text.len + 1);
	return e;
}

void
seal_wipe(struct span plain)
{
	OPENSSL_cleanse((void *)(uintptr_t)plain.p, plain.len);
}
