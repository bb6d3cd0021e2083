/* Random bytes from the kernel, and identifiers made of them. */
#include "base/id.h"
#include "base/clock.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#define ID_RANDOM	27	/* characters; 160 bits */

void
random_fill(void *out, size_t len)
{
	char	*p = out;

	while (len > 0) {
		ssize_t	n = getrandom(p, len, 0);

		if (n < 0 && errno != EINTR)
			abort();
		if (n > 0) {
			p += n;
			len -= (size_t)n;
		}
	}
}

uint64_t
random_below(uint64_t below)
{
	uint64_t	v, biased;

	assert(below > 0);
	/* 2^64 is no multiple of below: the first few values come up once more. */
	biased = -below % below;
	do
		random_fill(&v, sizeof(v));
	while (v < biased);
	return v % below;
}

void
uuid7(char *out, int64_t at_us)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t		  b[16];
	uint64_t	  ms;

	assert(at_us >= 0);
	ms = (uint64_t)(at_us / US_PER_MS);
	random_fill(b, sizeof(b));
	for (int i = 0; i < 6; i++)
		b[i] = (uint8_t)(ms >> (40 - 8 * i));
	b[6] = (b[6] & 0x0f) | 0x70;	/* version 7 */
	b[8] = (b[8] & 0x3f) | 0x80;	/* variant 10 */
	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*out++ = '-';
		*out++ = digits[b[i] >> 4];
		*out++ = digits[b[i] & 15];
	}
	*out = '\0';
}

static bool
is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool
uuid_valid(struct span s)
{
	if (s.len != UUID_LEN)
		return false;
	for (size_t i = 0; i < UUID_LEN; i++) {
		bool	dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? s.p[i] != '-' : !is_hex(s.p[i]))
			return false;
	}
	return true;
}

void
id_make(char *out, const char *prefix)
{
	static const char letters[] =
	    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	size_t		  n = strlen(prefix);
	uint8_t		  b[64];

	memcpy(out, prefix, n);
	out += n;
	for (n = 0; n < ID_RANDOM; ) {
		random_fill(b, sizeof(b));
		for (size_t i = 0; i < sizeof(b) && n < ID_RANDOM; i++)
			if ((b[i] & 63) < sizeof(letters) - 1)
				out[n++] = letters[b[i] & 63];
	}
	out[n] = '\0';
}
