/*
 * Prints a JSON text as somebody else's printer would: token by token, so
 * that numbers and the order of names stay as they are.  The text is valid.
 */
#include "sign/doctor_part.h"
#include "base/codec.h"

struct out {
	char	*p, *end;
	bool	 full;
};

static inline void
put(struct out *o, const char *s, size_t n)
{
	if ((size_t)(o->end - o->p) < n) {
		o->full = true;
		return;
	}
	memcpy(o->p, s, n);
	o->p += n;
}

static inline void
put_char(struct out *o, char c)
{
	if (o->p == o->end)
		o->full = true;
	else
		*o->p++ = c;
}

static bool
blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Is it what every printer writes as it is, in a string? */
static inline bool
ordinary(char c)
{
	static const bool	not[128] = {
		['"'] = true, ['\\'] = true, ['/'] = true, ['<'] = true, ['>'] = true,
		['&'] = true,
	};

	return (unsigned char)c >= ' ' && (unsigned char)c < 0x80 && !not[(unsigned char)c];
}

/* From the opening quote to behind the closing one. */
static const char *
string_end(const char *p, const char *end)
{
	for (p++; p < end && *p != '"'; p++)
		if (*p == '\\')
			p++;
	return p < end ? p + 1 : end;
}

unsigned int
reprint_has(struct span json)
{
	unsigned int	has = HAS_JSON;

	for (size_t i = 0; i < json.len; i++) {
		unsigned char	c = (unsigned char)json.p[i];

		if (c >= 0x80)
			has |= HAS_BYTES;
		else if (c == '<' || c == '>' || c == '&')
			has |= HAS_MARKUP;
		else if (c == '/')
			has |= HAS_SLASH;
		else if (c == '\\' && i + 1 < json.len) {
			i++;
			if (json.p[i] == 'u' || json.p[i] == '/')
				has |= HAS_ESCAPE;
		}
	}
	return has;
}

static uint32_t
hex4(const char *p)
{
	static const char	digits[] = "0123456789abcdef";
	uint32_t		n = 0;

	for (int i = 0; i < 4; i++) {
		char		 low = p[i] >= 'A' && p[i] <= 'F' ? (char)(p[i] | 0x20) : p[i];
		const char	*at = memchr(digits, low, 16);

		n = n << 4 | (at != NULL ? (uint32_t)(at - digits) : 0);
	}
	return n;
}

/* The escape behind the backslash at *p. */
static uint32_t
cut_escape(const char **p)
{
	static const char	names[] = "bfnrt", means[] = "\b\f\n\r\t";
	const char		*at = memchr(names, (*p)[1], sizeof(names) - 1);
	uint32_t		 c;

	if ((*p)[1] != 'u') {
		c = (unsigned char)(at != NULL ? means[at - names] : (*p)[1]);
		*p += 2;
		return c;
	}
	c = hex4(*p + 2);
	*p += 6;
	if (c >= 0xd800 && c <= 0xdbff) {	/* the other half follows */
		c = 0x10000 + ((c - 0xd800) << 10) + (hex4(*p + 2) - 0xdc00);
		*p += 6;
	}
	return c;
}

/* The character at *p, which goes behind it. */
static uint32_t
cut_char(const char **p, const char *end)
{
	static const unsigned char	lead[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	size_t				n = utf8_step(span_of(*p, (size_t)(end - *p)));
	uint32_t			c;

	if (**p == '\\')
		return cut_escape(p);
	n += n == 0;
	c = (unsigned char)**p & lead[n];
	for (size_t i = 1; i < n; i++)
		c = c << 6 | ((unsigned char)(*p)[i] & 0x3f);
	*p += n;
	return c;
}

static void
put_unit(struct out *o, uint32_t unit)
{
	const uint8_t	bytes[] = { (uint8_t)(unit >> 8), (uint8_t)unit };
	char		hex[5];

	hex_encode(hex, bytes, sizeof(bytes));
	put(o, "\\u", 2);
	put(o, hex, 4);
}

static void
put_wide(struct out *o, uint32_t c, unsigned int style)
{
	char	b[4];
	int	n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	if ((style & STYLE_ASCII) || ((style & STYLE_MARKUP) && (c == 0x2028 || c == 0x2029))) {
		if (c >= 0x10000) {
			put_unit(o, 0xd800 + ((c - 0x10000) >> 10));
			c = 0xdc00 + ((c - 0x10000) & 0x3ff);
		}
		put_unit(o, c);
		return;
	}
	for (int i = n - 1; i > 0; i--, c >>= 6)
		b[i] = (char)(0x80 | (c & 0x3f));
	b[0] = (char)((n == 2 ? 0xc0 : n == 3 ? 0xe0 : 0xf0) | c);
	put(o, b, (size_t)n);
}

static void
put_styled(struct out *o, uint32_t c, unsigned int style)
{
	static const char	means[] = "\"\\\b\f\n\r\t", names[] = "\"\\bfnrt";
	const char		*at;

	if (c >= 0x80)
		put_wide(o, c, style);
	else if ((at = memchr(means, (int)c, sizeof(means) - 1)) != NULL) {
		put_char(o, '\\');
		put_char(o, names[at - means]);
	} else if (c < ' ' || ((style & STYLE_MARKUP) && (c == '<' || c == '>' || c == '&')))
		put_unit(o, c);
	else {
		if (c == '/' && (style & STYLE_SLASH))
			put_char(o, '\\');
		put_char(o, (char)c);
	}
}

/* p: the opening quote; end: behind the closing one. */
static void
put_string(struct out *o, const char *p, const char *end, unsigned int style)
{
	const char	*from;

	if (style == 0) {
		put(o, p, (size_t)(end - p));
		return;
	}
	put_char(o, '"');
	for (p++, end--; p < end && !o->full;) {
		for (from = p; p < end && ordinary(*p);)
			p++;
		put(o, from, (size_t)(p - from));
		if (p < end)
			put_styled(o, cut_char(&p, end), style);
	}
	put_char(o, '"');
}

static void
put_line(struct out *o, const struct layout *l, int depth)
{
	if (l->indent == 0)
		return;
	put_char(o, '\n');
	if (o->end - o->p < l->indent * depth) {
		o->full = true;
		return;
	}
	memset(o->p, l->with, (size_t)(l->indent * depth));
	o->p += l->indent * depth;
}

/* The bracket at p and, when nothing is inside, its partner; behind them. */
static const char *
put_open(struct out *o, const char *p, const char *end, const struct layout *l, int *depth)
{
	const char	*inside = p + 1;

	while (inside < end && blank(*inside))
		inside++;
	put_char(o, *p);
	if (inside == end || (*inside != '}' && *inside != ']')) {
		put_line(o, l, ++*depth);
		return inside;
	}
	if (l->open) {
		if (*p == '[')
			put_char(o, '\n');
		put_line(o, l, *depth);
	}
	put_char(o, *inside);
	return inside + 1;
}

size_t
reprint(char *out, size_t room, struct span json, const struct layout *l, unsigned int style)
{
	struct out	 o = { out, out + room, false };
	const char	*p = json.p, *const end = json.p + json.len, *next;
	int		 depth = 0;

	while (p < end && !o.full) {
		next = p + 1;
		switch (*p) {
		case ' ': case '\t': case '\n': case '\r':
			break;
		case '{': case '[':
			next = put_open(&o, p, end, l, &depth);
			break;
		case '}': case ']':
			put_line(&o, l, --depth);
			put_char(&o, *p);
			break;
		case ',':
			put(&o, l->comma, strlen(l->comma));
			put_line(&o, l, depth);
			break;
		case ':':
			put(&o, l->colon, strlen(l->colon));
			break;
		case '"':
			next = string_end(p, end);
			put_string(&o, p, next, style);
			break;
		default:
			put_char(&o, *p);
		}
		p = next;
	}
	return o.full ? SIZE_MAX : (size_t)(o.p - out);
}
