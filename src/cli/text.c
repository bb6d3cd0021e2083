/* What a sender wrote, made harmless and measured. */
#include "cli/text.h"

#include <assert.h>

/*
 * The character at p, *len bytes of it; -1 and one byte where no UTF-8 is.
 * Strict as utf8_valid(): no overlong form, no surrogate.
 */
static int32_t
decode(const unsigned char *p, size_t left, size_t *len)
{
	static const int32_t	 least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	int32_t			 c;
	size_t			 n;

	*len = 1;
	if (p[0] < 0x80)
		return p[0];
	n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
	if (p[0] < 0xc2 || p[0] > 0xf4 || left < n)
		return -1;
	c = p[0] & (0x7f >> n);
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return -1;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return -1;
	*len = n;
	return c;
}

struct range {
	int32_t	from, to;
};

static bool
in(const struct range *r, size_t n, int32_t c)
{
	for (size_t i = 0; i < n; i++)
		if (c >= r[i].from && c <= r[i].to)
			return true;
	return false;
}
#define IN(table, c)	in(table, sizeof(table) / sizeof((table)[0]), c)

/* Separators of lines and whatever reorders or hides its neighbours. */
static const struct range harmful[] = {
	{ 0x061c, 0x061c }, { 0x200b, 0x200f }, { 0x2028, 0x202e },
	{ 0x2060, 0x206f }, { 0xfeff, 0xfeff }, { 0xfff9, 0xfffb },
	{ 0xe0000, 0xe007f },
};
/* Unicode's East Asian Width W and F, and emoji, in coarse blocks. */
static const struct range wide[] = {
	{ 0x1100, 0x115f }, { 0x2e80, 0x303e }, { 0x3041, 0xa4cf },
	{ 0xac00, 0xd7a3 }, { 0xf900, 0xfaff }, { 0xfe30, 0xfe6f },
	{ 0xff00, 0xff60 }, { 0xffe0, 0xffe6 }, { 0x1f300, 0x1f64f },
	{ 0x1f680, 0x1f6ff }, { 0x1f900, 0x1f9ff }, { 0x20000, 0x3fffd },
};
/* Combining marks of the scripts that names come in, and variation selectors. */
static const struct range joined[] = {
	{ 0x0300, 0x036f }, { 0x0483, 0x0489 }, { 0x0591, 0x05bd },
	{ 0x064b, 0x065f }, { 0x1ab0, 0x1aff }, { 0x1dc0, 0x1dff },
	{ 0x20d0, 0x20ff }, { 0xfe00, 0xfe0f }, { 0xfe20, 0xfe2f },
};

void
text_escape(struct buf *out, struct span s, bool lines)
{
	for (size_t i = 0, n; i < s.len; i += n) {
		const unsigned char	*p = (const unsigned char *)s.p + i;
		int32_t			 c = decode(p, s.len - i, &n);

		if (lines && (c == '\n' || c == '\t'))
			buf_putc(out, (char)c);
		else if (c < 0x20 || (c >= 0x7f && c < 0xa0))
			for (size_t k = 0; k < n; k++)
				buf_printf(out, "\\x%02x", p[k]);
		else if (IN(harmful, c))
			buf_printf(out, "\\u%04x", (unsigned)c);
		else
			buf_put(out, p, n);
	}
}

static int
cells(int32_t c)
{
	return c < 0 ? 1 : IN(joined, c) ? 0 : IN(wide, c) ? 2 : 1;
}

struct span
text_fit(struct span s, int most, int *used)
{
	size_t	i = 0, n;

	for (*used = 0; i < s.len; i += n) {
		int	w = cells(decode((const unsigned char *)s.p + i,
			    s.len - i, &n));

		if (w > most - *used)
			break;
		*used += w;
	}
	return span_of(s.p, i);
}

int
text_width(struct span s)
{
	int		used;
	struct span	all = text_fit(s, INT32_MAX, &used);

	assert(all.len == s.len);
	return used;
}
