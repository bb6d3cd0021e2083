/*
 * TOTP over HMAC-SHA-1, by OpenSSL's low-level functions for the reasons that
 * hmac.c gives.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/totp.h"

#include <ctype.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdio.h>

#define BLOCK_LEN	64
#define WINDOW		1	/* steps before and after: RFC 6238, 5.2 */

static void
sha1_keyed(uint8_t out[SHA_DIGEST_LENGTH], const uint8_t secret[TOTP_SECRET], uint8_t with,
    const void *text, size_t len)
{
	uint8_t	pad[BLOCK_LEN];
	SHA_CTX	c;

	for (int i = 0; i < BLOCK_LEN; i++)
		pad[i] = (i < TOTP_SECRET ? secret[i] : 0) ^ with;
	SHA1_Init(&c);
	SHA1_Update(&c, pad, sizeof(pad));
	SHA1_Update(&c, text, len);
	SHA1_Final(out, &c);
	OPENSSL_cleanse(pad, sizeof(pad));
	OPENSSL_cleanse(&c, sizeof(c));
}

void
base32_encode(char *out, const void *in, size_t len)
{
	static const char	set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	const uint8_t		*p = in;
	uint32_t		 bits = 0;
	int			 n = 0;

	for (size_t i = 0; i < len; i++) {
		bits = bits << 8 | p[i];
		for (n += 8; n >= 5; n -= 5)
			*out++ = set[bits >> (n - 5) & 31];
	}
	if (n > 0)
		*out++ = set[bits << (5 - n) & 31];
	*out = '\0';
}

/* RFC 4226, 5.3. */
void
totp_code(char *out, const uint8_t secret[TOTP_SECRET], int64_t step)
{
	uint8_t		counter[8], mac[SHA_DIGEST_LENGTH];
	uint32_t	n;
	int		at;

	for (int i = 0; i < 8; i++)
		counter[i] = (uint8_t)((uint64_t)step >> (56 - 8 * i));
	sha1_keyed(mac, secret, 0x36, counter, sizeof(counter));
	sha1_keyed(mac, secret, 0x5c, mac, sizeof(mac));
	at = mac[SHA_DIGEST_LENGTH - 1] & 15;
	n = (mac[at] & 0x7fu) << 24 | (uint32_t)mac[at + 1] << 16 |
	    (uint32_t)mac[at + 2] << 8 | mac[at + 3];
	snprintf(out, TOTP_DIGITS + 1, "%06u", n % 1000000);
	OPENSSL_cleanse(mac, sizeof(mac));
}

/* The digits without blanks; false: it is not six digits. */
static bool
digits_of(struct span code, char out[TOTP_DIGITS])
{
	int	n = 0;

	for (size_t i = 0; i < code.len; i++) {
		if (code.p[i] == ' ')
			continue;
		if (!isdigit((unsigned char)code.p[i]) || n == TOTP_DIGITS)
			return false;
		out[n++] = code.p[i];
	}
	return n == TOTP_DIGITS;
}

enum hk_err
totp_verify(const uint8_t secret[TOTP_SECRET], struct span code, int64_t now_us, int64_t last,
    int64_t *step)
{
	int64_t	now = now_us / 1000000 / TOTP_STEP_S;
	char	given[TOTP_DIGITS], good[TOTP_DIGITS + 1];
	bool	found = false;

	if (!digits_of(code, given))
		return HK_BADSIG;
	for (int64_t s = now - WINDOW; s <= now + WINDOW; s++) {
		totp_code(good, secret, s);
		if (CRYPTO_memcmp(given, good, TOTP_DIGITS) == 0 && s > last) {
			*step = s;
			found = true;
		}
	}
	OPENSSL_cleanse(good, sizeof(good));
	return found ? HK_OK : HK_BADSIG;
}

static void
put_escaped(struct buf *b, struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (isalnum((unsigned char)s.p[i]) || (s.p[i] != '\0' &&
		    strchr("-._~", s.p[i]) != NULL))
			buf_putc(b, s.p[i]);
		else
			buf_printf(b, "%%%02X", (unsigned char)s.p[i]);
}

void
totp_uri(struct buf *b, struct span issuer, struct span account,
    const uint8_t secret[TOTP_SECRET])
{
	char	text[BASE32_LEN(TOTP_SECRET) + 1];

	base32_encode(text, secret, TOTP_SECRET);
	buf_puts(b, "otpauth://totp/");
	put_escaped(b, issuer);
	buf_putc(b, ':');
	put_escaped(b, account);
	buf_printf(b, "?secret=%s&issuer=", text);
	put_escaped(b, issuer);
	OPENSSL_cleanse(text, sizeof(text));
}
