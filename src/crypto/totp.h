/*
 * One-time codes of an authenticator app: TOTP (RFC 6238) with what every app
 * can do: HMAC-SHA-1, 30 seconds, six digits.
 */
#ifndef CRYPTO_TOTP_H
#define CRYPTO_TOTP_H

#include "base/buf.h"
#include "base/span.h"

#define TOTP_SECRET	20	/* bytes: RFC 4226, "R6" */
#define TOTP_STEP_S	30
#define TOTP_DIGITS	6

/* RFC 4648 without padding; out needs BASE32_LEN(len) + 1 bytes. */
#define BASE32_LEN(n)	(((n) * 8 + 4) / 5)
void		 base32_encode(char *out, const void *in, size_t len);

/* The code of a step (unix seconds / 30); out needs TOTP_DIGITS + 1 bytes. */
void		 totp_code(char *out, const uint8_t secret[TOTP_SECRET], int64_t step);
/*
 * Is this a code of now, of the step before or of the next one?  Blanks in the
 * code do not count, as apps show "123 456".
 *
 *	last	the step that was used last: only later ones are good, so that
 *		a code counts once
 *	step	whose code it is; store it as the next `last`
 *
 * HK_BADSIG: it is not.
 */
enum hk_err	 totp_verify(const uint8_t secret[TOTP_SECRET], struct span code,
		    int64_t now_us, int64_t last, int64_t *step) HK_MUST_USE;
/*
 * What an app reads to learn the secret:
 * otpauth://totp/ISSUER:ACCOUNT?secret=...&issuer=ISSUER
 *
 * Source: https://github.com/google/google-authenticator/wiki/Key-Uri-Format
 */
void		 totp_uri(struct buf *, struct span issuer, struct span account,
		    const uint8_t secret[TOTP_SECRET]);

#endif
