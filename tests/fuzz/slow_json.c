/* A second reading of JSON, slow and plain. */
#include "slow_json.h"

#include "base/scan.h"

/* Bytes left to read, and the first rule that was broken. */
struct reader {
	const unsigned char	*p, *end;
	enum slow_json		 why;
};

static enum slow_json	 value(struct reader *, int depth);

static bool
broken(struct reader *r, enum slow_json why)
{
	if (r->why == SLOW_GOOD)
		r->why = why;
	return false;
}

static void
blanks(struct reader *r)
{
	while (r->p < r->end && (*r->p == ' ' || *r->p == '\t' || *r->p == '\n' || *r->p == '\r'))
		r->p++;
}

static bool
next_is(struct reader *r, char c)
{
	if (r->p == r->end || *r->p != (unsigned char)c)
		return false;
	r->p++;
	return true;
}

/* A character as UTF-8, by making it again from its code point. */
static bool
character(struct reader *r, uint32_t *c)
{
	static const uint32_t	least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	int			n = *r->p < 0x80 ? 1 : *r->p >> 5 == 6 ? 2 : *r->p >> 4 == 14 ? 3 :
				    *r->p >> 3 == 30 ? 4 : 0;

	if (n == 0 || r->end - r->p < n)
		return broken(r, SLOW_UTF8);
	*c = n == 1 ? *r->p : *r->p & (0xffu >> (n + 1));
	for (int i = 1; i < n; i++) {
		if (r->p[i] >> 6 != 2)
			return broken(r, SLOW_UTF8);
		*c = *c * 64 + (r->p[i] & 63);
	}
	r->p += n;
	if (*c < least[n] || *c > 0x10ffff || (*c >= 0xd800 && *c < 0xe000))
		return broken(r, SLOW_UTF8);
	return true;
}

static bool
four_digits(struct reader *r, uint32_t *unit)
{
	*unit = 0;
	for (int i = 0; i < 4; i++, r->p++) {
		const char	*digits = "0123456789abcdef0123456789ABCDEF", *at;

		if (r->p == r->end || *r->p == 0 || (at = strchr(digits, *r->p)) == NULL)
			return broken(r, SLOW_ESCAPE);
		*unit = *unit * 16 + (uint32_t)(at - digits) % 16;
	}
	return true;
}

/* Behind the backslash. */
static bool
escape(struct reader *r, uint32_t *c)
{
	static const char	from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char		*at;
	uint32_t		 low;

	if (r->p == r->end)
		return broken(r, SLOW_ESCAPE);
	if (*r->p != 'u') {
		if (*r->p == 0 || (at = strchr(from, *r->p++)) == NULL)
			return broken(r, SLOW_ESCAPE);
		*c = (uint32_t)to[at - from];
		return true;
	}
	r->p++;
	if (!four_digits(r, c) || *c < 0xd800 || *c > 0xdfff)
		return r->why == SLOW_GOOD;
	if (*c >= 0xdc00 || !next_is(r, '\\') || !next_is(r, 'u'))
		return broken(r, SLOW_SURROGATE);
	if (!four_digits(r, &low) || low < 0xdc00 || low > 0xdfff)
		return (r->why = SLOW_SURROGATE, false);
	*c = 0x10000 + (*c - 0xd800) * 0x400 + (low - 0xdc00);
	return true;
}

/* From the opening quote; the characters go to out, four bytes each. */
static bool
string(struct reader *r, uint32_t *out, size_t *n)
{
	uint32_t	c = 0;

	*n = 0;
	if (!next_is(r, '"'))
		return broken(r, SLOW_GRAMMAR);
	while (!next_is(r, '"')) {
		if (r->p == r->end)
			return broken(r, SLOW_GRAMMAR);
		if (*r->p < 0x20)
			return broken(r, SLOW_CONTROL);
		if (next_is(r, '\\') ? !escape(r, &c) : !character(r, &c))
			return false;
		if (out != NULL)
			out[*n] = c;
		++*n;
	}
	return true;
}

static size_t
digits(struct reader *r)
{
	const unsigned char	*from = r->p;

	while (r->p < r->end && *r->p >= '0' && *r->p <= '9')
		r->p++;
	return (size_t)(r->p - from);
}

static bool
number(struct reader *r)
{
	const unsigned char	*from;

	(void)next_is(r, '-');
	from = r->p;
	if (digits(r) == 0 || (*from == '0' && r->p - from > 1))
		return broken(r, SLOW_NUMBER);
	if (next_is(r, '.') && digits(r) == 0)
		return broken(r, SLOW_NUMBER);
	if (next_is(r, 'e') || next_is(r, 'E')) {
		if (!next_is(r, '+'))
			(void)next_is(r, '-');
		if (digits(r) == 0)
			return broken(r, SLOW_NUMBER);
	}
	return true;
}

static bool
word(struct reader *r, const char *text)
{
	for (; *text != '\0'; text++)
		if (!next_is(r, *text))
			return broken(r, SLOW_LITERAL);
	return true;
}

struct name {
	const uint32_t	*c;
	size_t		 n;
};

static bool
member(struct reader *r, int depth, struct name *all, size_t n)
{
	uint32_t	*c = (uint32_t *)(void *)fuzz_room((size_t)(r->end - r->p) * 4 + 4);

	if (!string(r, c, &all[n].n))
		return false;
	all[n].c = c;
	for (size_t i = 0; i < all[n].n; i++)
		if (c[i] == 0)
			return broken(r, SLOW_NUL_NAME);
	for (size_t i = 0; i < n; i++)
		if (all[i].n == all[n].n && memcmp(all[i].c, c, all[n].n * 4) == 0)
			return broken(r, SLOW_DUPLICATE);
	blanks(r);
	if (!next_is(r, ':'))
		return broken(r, SLOW_GRAMMAR);
	return value(r, depth) == SLOW_GOOD;
}

static bool
container(struct reader *r, int depth, bool object)
{
	struct name	all[256];
	size_t		n = 0;

	if (depth > SCAN_DEPTH)
		return broken(r, SLOW_DEPTH);
	r->p++;
	blanks(r);
	if (next_is(r, object ? '}' : ']'))
		return true;
	do {
		blanks(r);
		if (n == sizeof(all) / sizeof(*all))
			n = 0;		/* the target gives us no text with so many */
		if (object ? !member(r, depth, all, n++) : value(r, depth) != SLOW_GOOD)
			return false;
		blanks(r);
	} while (next_is(r, ','));
	return next_is(r, object ? '}' : ']') || broken(r, SLOW_GRAMMAR);
}

/* depth: containers around it. */
static enum slow_json
value(struct reader *r, int depth)
{
	size_t	n;

	blanks(r);
	if (r->p == r->end)
		(void)broken(r, SLOW_GRAMMAR);
	else if (*r->p == '{' || *r->p == '[')
		(void)container(r, depth + 1, *r->p == '{');
	else if (*r->p == '"')
		(void)string(r, NULL, &n);
	else if (*r->p == '-' || (*r->p >= '0' && *r->p <= '9'))
		(void)number(r);
	else
		(void)word(r, *r->p == 't' ? "true" : *r->p == 'f' ? "false" : "null");
	return r->why;
}

enum slow_json
slow_json(struct span text, bool any_top)
{
	struct reader	r = { (const unsigned char *)text.p,
			    (const unsigned char *)text.p + text.len, SLOW_GOOD };

	blanks(&r);
	if (!any_top && r.p < r.end && *r.p != '{')
		return SLOW_NO_OBJECT;
	if (value(&r, 0) != SLOW_GOOD)
		return r.why;
	blanks(&r);
	return r.p == r.end ? SLOW_GOOD : SLOW_GRAMMAR;
}
