/* Escaping: runs of harmless bytes are copied whole, for most are. */
#include "http/html.h"

#include "base/codec.h"

#define REPLACEMENT	"\xEF\xBF\xBD"	/* U+FFFD */

/* Printable ASCII without & < > " ', a tab, a newline. */
static bool
harmless(unsigned char c)
{
	static const bool	special[128] = {
		['&'] = true, ['<'] = true, ['>'] = true, ['"'] = true, ['\''] = true,
		[127] = true
	};

	return c >= 32 ? c < 128 && !special[c] : c == '\t' || c == '\n';
}

/* A valid character of two to four bytes that must not be shown as it is. */
static bool
unseen(const char *s, size_t n)
{
	const unsigned char	*c = (const unsigned char *)s;

	if (n == 2)
		return c[0] == 0xC2 && c[1] < 0xA0;		/* U+0080..9F: controls */
	if (n != 3 || c[0] != 0xE2)
		return false;
	return (c[1] == 0x80 && c[2] >= 0xAA && c[2] <= 0xAE) ||	/* U+202A..E */
	    (c[1] == 0x81 && c[2] >= 0xA6 && c[2] <= 0xA9);		/* U+2066..9 */
}

static void
put_ascii(struct buf *b, char c, bool before_newline)
{
	switch (c) {
	case '&':
		buf_put(b, "&amp;", 5);
		break;
	case '<':
		buf_put(b, "&lt;", 4);
		break;
	case '>':
		buf_put(b, "&gt;", 4);
		break;
	case '"':
		buf_put(b, "&quot;", 6);
		break;
	case '\'':
		buf_put(b, "&#39;", 5);
		break;
	default:
		if (c != '\r' || !before_newline)
			buf_puts(b, REPLACEMENT);
	}
}

/* The first character, which is not harmless; how many bytes it has. */
static size_t
put_special(struct buf *b, struct span s)
{
	size_t	n;

	if ((unsigned char)*s.p < 0x80) {
		put_ascii(b, *s.p, s.len > 1 && s.p[1] == '\n');
		return 1;
	}
	if ((n = utf8_step(s)) == 0 || unseen(s.p, n))
		buf_puts(b, REPLACEMENT);
	else
		buf_put(b, s.p, n);
	return n > 0 ? n : 1;
}

void
html_put(struct buf *b, struct span s)
{
	size_t	n;

	while (s.len > 0) {
		for (n = 0; n < s.len && harmless((unsigned char)s.p[n]); n++)
			continue;
		if (n > 0)
			buf_put(b, s.p, n);
		else
			n = put_special(b, s);
		s = span_of(s.p + n, s.len - n);
	}
}
