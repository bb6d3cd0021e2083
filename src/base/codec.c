/* Hex, base64 and UTF-8; decoders take one spelling of each value only. */
#include "base/codec.h"

static const char hex_digits[] = "0123456789abcdef";
static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
hex_encode(char *out, const void *in, size_t len)
{
	const uint8_t	*b = in;

	for (size_t i = 0; i < len; i++) {
		*out++ = hex_digits[b[i] >> 4];
		*out++ = hex_digits[b[i] & 15];
	}
	*out = '\0';
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

bool
hex_decode(void *out, size_t len, struct span in)
{
	uint8_t	*b = out;

	if (in.len % 2 != 0 || in.len / 2 != len)
		return false;
	for (size_t i = 0; i < len; i++) {
		int	high = hex_value(in.p[2 * i]), low = hex_value(in.p[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		b[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

void
base64_encode(char *out, const void *in, size_t len)
{
	const uint8_t	*b = in;

	for (size_t i = 0; i < len; i += 3) {
		size_t		 n = len - i < 3 ? len - i : 3;
		uint32_t	 v = (uint32_t)b[i] << 16;

		if (n > 1)
			v |= (uint32_t)b[i + 1] << 8;
		if (n > 2)
			v |= b[i + 2];
		*out++ = base64_digits[v >> 18];
		*out++ = base64_digits[v >> 12 & 63];
		*out++ = n > 1 ? base64_digits[v >> 6 & 63] : '=';
		*out++ = n > 2 ? base64_digits[v & 63] : '=';
	}
	*out = '\0';
}

static int
base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

/* Without its '=' signs; false when they are not what the length asks for. */
static bool
base64_unpad(struct span *in)
{
	size_t	pad = 0;

	while (pad < 2 && in->len > 0 && in->p[in->len - 1] == '=') {
		in->len--;
		pad++;
	}
	return in->len % 4 != 1 && (pad == 0 || (in->len + pad) % 4 == 0);
}

bool
base64_decode(void *out, size_t room, size_t *len, struct span in)
{
	uint8_t		*b = out;
	size_t		 n = 0;
	uint32_t	 bits = 0;	/* read and not written yet */
	int		 nbits = 0;

	if (!base64_unpad(&in) || in.len / 4 * 3 + in.len % 4 * 3 / 4 > room)
		return false;
	for (size_t i = 0; i < in.len; i++) {
		int	v = base64_value(in.p[i]);

		if (v < 0)
			return false;
		bits = bits << 6 | (uint32_t)v;
		nbits += 6;
		if (nbits >= 8) {
			nbits -= 8;
			b[n++] = (uint8_t)(bits >> nbits);
			bits &= (UINT32_C(1) << nbits) - 1;
		}
	}
	if (bits != 0)
		return false;
	*len = n;
	return true;
}

size_t
utf8_step(struct span s)
{
	const unsigned char	*p = (const unsigned char *)s.p;
	unsigned char		 least = 0x80, most = 0xbf;	/* of the second byte */
	size_t			 n;

	if (s.len == 0)
		return 0;
	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	n = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (p[0] == 0xe0)
		least = 0xa0;		/* below: two bytes would do */
	else if (p[0] == 0xed)
		most = 0x9f;		/* above: surrogates */
	else if (p[0] == 0xf0)
		least = 0x90;		/* below: three bytes would do */
	else if (p[0] == 0xf4)
		most = 0x8f;		/* above: past U+10FFFF */
	if (s.len < n || p[1] < least || p[1] > most)
		return 0;
	for (size_t i = 2; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

bool
utf8_valid(struct span s)
{
	size_t		n;
	uint64_t	eight;

	while (s.len > 0) {
		/* Most of what we see is ASCII: eight bytes at a time. */
		if (s.len >= sizeof(eight)) {
			memcpy(&eight, s.p, sizeof(eight));
			if ((eight & UINT64_C(0x8080808080808080)) == 0) {
				s = span_of(s.p + sizeof(eight), s.len - sizeof(eight));
				continue;
			}
		}
		if ((n = utf8_step(s)) == 0)
			return false;
		s = span_of(s.p + n, s.len - n);
	}
	return true;
}
