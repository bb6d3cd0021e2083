/*
 * From what the scanner found to values: the text behind escapes, integers.
 */
#include "base/scan_part.h"

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int32_t
scan_unit(const char *p, const char *end)
{
	int32_t	unit = 0;
	int	i, digit;

	if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
		return -1;
	for (i = 2; i < 6; i++) {
		if ((digit = hex_digit(p[i])) < 0)
			return -1;
		unit = unit * 16 + digit;
	}
	return unit;
}

static char *
utf8_put(char *out, uint32_t c)
{
	if (c < 0x80)
		*out++ = (char)c;
	else if (c < 0x800) {
		*out++ = (char)(0xC0 | c >> 6);
		*out++ = (char)(0x80 | (c & 0x3F));
	} else if (c < 0x10000) {
		*out++ = (char)(0xE0 | c >> 12);
		*out++ = (char)(0x80 | (c >> 6 & 0x3F));
		*out++ = (char)(0x80 | (c & 0x3F));
	} else {
		*out++ = (char)(0xF0 | c >> 18);
		*out++ = (char)(0x80 | (c >> 12 & 0x3F));
		*out++ = (char)(0x80 | (c >> 6 & 0x3F));
		*out++ = (char)(0x80 | (c & 0x3F));
	}
	return out;
}

/* The escape at *p, whose backslash is there; *p goes behind it. */
static char *
escape_put(char *out, const char **p, const char *end)
{
	static const char	from[] = "bfnrt", to[] = "\b\f\n\r\t";
	const char		*simple;
	uint32_t		 c;

	if ((*p)[1] != 'u') {
		simple = memchr(from, (*p)[1], sizeof(from) - 1);
		*out++ = simple != NULL ? to[simple - from] : (*p)[1];
		*p += 2;
		return out;
	}
	c = (uint32_t)scan_unit(*p, end);
	*p += 6;
	if (c >= 0xD800 && c <= 0xDBFF) {
		c = 0x10000 + ((c - 0xD800) << 10) + ((uint32_t)scan_unit(*p, end) - 0xDC00);
		*p += 6;
	}
	return utf8_put(out, c);
}

struct span
scan_unescape(struct span raw, struct arena *arena)
{
	const char	*p = raw.p, *const end = raw.p + raw.len, *slash;
	char		*text, *out;

	if ((text = arena_get(arena, raw.len + 1)) == NULL)	/* never longer than raw */
		return SPAN_NULL;
	for (out = text; p < end;) {
		if ((slash = memchr(p, '\\', (size_t)(end - p))) == NULL)
			slash = end;
		memcpy(out, p, (size_t)(slash - p));
		out += slash - p;
		if ((p = slash) < end)
			out = escape_put(out, &p, end);
	}
	return span_of(text, (size_t)(out - text));
}

struct span
scan_text(const struct scan_found *found, struct arena *arena)
{
	struct span	inside;

	if (found->type != SCAN_STRING)
		return SPAN_NULL;
	inside = span_of(found->raw.p + 1, found->raw.len - 2);
	if (memchr(inside.p, '\\', inside.len) == NULL)
		return inside;
	return scan_unescape(inside, arena);
}

bool
scan_int(const struct scan_found *found, int64_t *out)
{
	const char	*p = found->raw.p, *end;
	bool		 negative;
	int64_t		 n = 0;

	if (found->type != SCAN_NUMBER || found->raw.len == 0)
		return false;
	end = p + found->raw.len;
	if ((negative = *p == '-'))
		p++;
	if (p == end)
		return false;
	for (; p < end; p++) {
		/* counts down, for there is one more negative number */
		if (*p < '0' || *p > '9' || __builtin_mul_overflow(n, 10, &n) ||
		    __builtin_sub_overflow(n, *p - '0', &n))
			return false;
	}
	if (!negative && n == INT64_MIN)
		return false;
	*out = negative ? n : -n;
	return true;
}
