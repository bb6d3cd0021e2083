/*
 * A signed request as text, for the targets of the signature schemes:
 *
 *	<now in seconds> <tolerance in seconds>
 *	<secret> <secret> ...
 *	<field name>: <value>
 *	...
 *	(an empty line)
 *	<body>
 *
 * "$1" to "$4" in a value become the right digest by the first to fourth
 * secret, for no mutation finds a good one by itself.
 */
#ifndef FUZZ_MESSAGE_H
#define FUZZ_MESSAGE_H

#include "fuzz.h"
#include "sign/scheme.h"

#define MESSAGE_SECRETS	4
#define MESSAGE_FIELDS	8

struct message {
	int64_t		 now_s, tolerance_s;
	const char	*secret[MESSAGE_SECRETS];
	size_t		 nsecret;
	struct field	 field[MESSAGE_FIELDS];	/* no NUL bytes, as in an environment */
	struct fields	 fields;
	struct span	 body;
};

void		 message_read(struct message *, struct span input);
/* The value as a C string of its own; "" when there is none. */
char		*message_get(const struct message *, const char *name);
/* digest: the text by secret i, or NULL. */
void		 message_fill(struct message *,
		    const char *(*digest)(const struct message *, size_t i));

/* ---- signatures the slow way: by OpenSSL's own functions, on C strings ---- */

/* HMAC-SHA256 over before, then the body. */
void		 slow_hmac(uint8_t out[32], struct span key, const char *before,
		    struct span body);
const char	*slow_hex(const uint8_t *, size_t);
const char	*slow_base64(const uint8_t *, size_t);
/* The one text of these bytes, padding optional but right; else false. */
bool		 slow_unbase64(const char *text, uint8_t *out, size_t room, size_t *len);
bool		 slow_matches(const char *text, const char *regex);
enum sign_reason slow_age(const struct message *, int64_t signed_s);

/*
 * Verify, and compare with what the slow way says; then the scheme's own
 * signature by the first key, which must be good, and bad with one bit of it
 * or of the body turned: one of the bits in the mask (0: not tried).
 */
#define BITS_ALL	0xff
#define BITS_BUT_CASE	0xdf	/* where 'a' may be 'A' */
void		 message_judge(const struct message *, const struct scheme *,
		    const struct sign_key *, size_t nkey, enum sign_reason expected,
		    unsigned int bits);

#endif
