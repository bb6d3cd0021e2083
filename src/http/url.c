/* Percent-encoding and back. */
#include "http/url.h"

static bool
unreserved(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	    c == '-' || c == '.' || c == '_' || c == '~';
}

void
url_put(struct buf *b, struct span s)
{
	static const char	digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < s.len; i++) {
		unsigned char	c = (unsigned char)s.p[i];
		char		escape[3] = { '%', digits[c >> 4], digits[c & 15] };

		if (unreserved(s.p[i]))
			buf_putc(b, s.p[i]);
		else
			buf_put(b, escape, sizeof(escape));
	}
}

static int
digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

size_t
url_decode(char *out, struct span s, bool plus)
{
	size_t	n = 0;

	for (size_t i = 0; i < s.len; i++) {
		char	c = s.p[i];

		if (c == '%' && s.len - i > 2 && digit(s.p[i + 1]) >= 0 &&
		    digit(s.p[i + 2]) >= 0) {
			c = (char)(digit(s.p[i + 1]) << 4 | digit(s.p[i + 2]));
			i += 2;
		} else if (c == '+' && plus)
			c = ' ';
		out[n++] = c;
	}
	return n;
}
