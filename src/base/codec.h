/*
 * Text forms of bytes: hex, base64 (RFC 4648 section 4), UTF-8.
 */
#ifndef BASE_CODEC_H
#define BASE_CODEC_H

#include "base/span.h"

/* Lower-case; out needs 2 * len + 1 bytes, is NUL-terminated. */
void	 hex_encode(char *out, const void *in, size_t len);
/* Lower-case digits only, in.len == 2 * len exactly; else false. */
bool	 hex_decode(void *out, size_t len, struct span in);

#define BASE64_LEN(n)	(((n) + 2) / 3 * 4)
/* Standard alphabet, padded; out needs BASE64_LEN(len) + 1 bytes. */
void	 base64_encode(char *out, const void *in, size_t len);
/*
 * Standard alphabet only; padding optional but right when present; unused
 * bits zero.  Writes at most `room` bytes and *len; false for anything else.
 */
bool	 base64_decode(void *out, size_t room, size_t *len, struct span in);

/* RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */
bool	 utf8_valid(struct span);
/* Bytes (1..4) of the valid character at the start; 0: there is none. */
size_t	 utf8_step(struct span);

#endif
