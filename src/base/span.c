/* Cutting and judging bytes that somebody else owns. */
#include "base/span.h"

#define U63_DIGITS	18	/* 10^18 - 1 fits an int64_t, so nothing overflows */

static bool
blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct span
span_trim(struct span s)
{
	while (s.len > 0 && blank(s.p[0]))
		s = span_of(s.p + 1, s.len - 1);
	while (s.len > 0 && blank(s.p[s.len - 1]))
		s.len--;
	return s;
}

struct span
span_cut(struct span *rest, char sep)
{
	const char	*at = rest->len > 0 ? memchr(rest->p, sep, rest->len) : NULL;
	struct span	 piece = *rest;

	if (at == NULL) {
		*rest = SPAN_NULL;
		return piece;
	}
	piece.len = (size_t)(at - piece.p);
	*rest = span_of(at + 1, rest->len - piece.len - 1);
	return piece;
}

bool
span_u63(struct span s, int64_t *out)
{
	int64_t	n = 0;

	if (s.len < 1 || s.len > U63_DIGITS)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		n = n * 10 + (s.p[i] - '0');
	}
	*out = n;
	return true;
}

bool
span_graph(struct span s, size_t most)
{
	if (s.len < 1 || s.len > most)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] < '!' || s.p[i] > '~')
			return false;
	return true;
}
