/* The scanner: one pass over the bytes, a stack of open containers instead of recursion. */
#include "base/scan.h"

#include <assert.h>

#include "base/scan_step.h"

#define WANT_MOST	32

/* What a value is to the caller: an index of its wants, or one of these. */
enum { NOT_WANTED = -2, TOP = -1 };

struct level {
	bool			 object;
	int			 want;
	struct names_object	 names;		/* of an object */
};

struct scan {
	const char		*begin, *end;
	enum hk_err		 err;		/* why a step returned NULL */
	struct names		 names;
	const struct scan_want	*want;
	size_t			 name_len[WANT_MOST];
	uint32_t		 children[WANT_MOST + 1];	/* bit set; [0]: of TOP */
	struct scan_found	 found[WANT_MOST];
	struct level		 level[SCAN_DEPTH];
	int			 depth;
};

enum { BLANK = 1, DIGIT = 2, SIMPLE = 4 };	/* SIMPLE: may follow a backslash */
static const unsigned char	kinds[256] = {
	[' '] = BLANK, ['\t'] = BLANK, ['\n'] = BLANK, ['\r'] = BLANK,
	['0'] = DIGIT, ['1'] = DIGIT, ['2'] = DIGIT, ['3'] = DIGIT, ['4'] = DIGIT,
	['5'] = DIGIT, ['6'] = DIGIT, ['7'] = DIGIT, ['8'] = DIGIT, ['9'] = DIGIT,
	['"'] = SIMPLE, ['\\'] = SIMPLE, ['/'] = SIMPLE, ['b'] = SIMPLE,
	['f'] = SIMPLE, ['n'] = SIMPLE, ['r'] = SIMPLE, ['t'] = SIMPLE,
};

static inline bool
is(char c, int kind)
{
	return (kinds[(unsigned char)c] & kind) != 0;
}

/* Note what is wrong at p; NULL, so that a step can return it. */
static const char *
wrong(struct scan *s, const char *p, const char *what)
{
	if (p >= s->end)
		s->err = err_tell(HK_SYNTAX, "%s at the end of the text (byte %zu)", what,
		    (size_t)(s->end - s->begin));
	else
		s->err = err_tell(HK_SYNTAX, "%s at byte %zu", what,
		    (size_t)(p - s->begin));
	return NULL;
}

static inline const char *
blanks(const char *p, const char *end)
{
	size_t	n;

	while (p < end && is(*p, BLANK)) {
		if (*p++ != '\n')
			continue;
		/* an indentation follows in printed JSON */
		do {
			n = end - p >= STEP ? space_run(p) : 0;
			p += n;
		} while (n == STEP);
	}
	return p;
}

/* Behind the UTF-8 sequence at p, whose first byte is not ASCII. */
static const char *
utf8(struct scan *s, const char *p)
{
	unsigned char	c = (unsigned char)*p, low = 0x80, high = 0xBF;
	int		more = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : 1, i;

	if (c < 0xC2 || c > 0xF4 || s->end - p <= more)
		return wrong(s, p, "invalid UTF-8");
	if (c == 0xE0)
		low = 0xA0;		/* shorter forms exist */
	else if (c == 0xED)
		high = 0x9F;		/* surrogates */
	else if (c == 0xF0)
		low = 0x90;
	else if (c == 0xF4)
		high = 0x8F;		/* above U+10FFFF */
	for (i = 1; i <= more; i++, low = 0x80, high = 0xBF)
		if ((unsigned char)p[i] < low || (unsigned char)p[i] > high)
			return wrong(s, p, "invalid UTF-8");
	return p + more + 1;
}

/* Behind the escape whose backslash is at p. */
static const char *
escape(struct scan *s, const char *p)
{
	int32_t	unit;

	if (s->end - p >= 2 && is(p[1], SIMPLE))
		return p + 2;
	if (s->end - p < 2 || p[1] != 'u')
		return wrong(s, p, "an escape that JSON does not have");
	if ((unit = scan_unit(p, s->end)) < 0)
		return wrong(s, p, "\\u without four hex digits");
	if (unit < 0xD800 || unit > 0xDFFF)
		return p + 6;
	if (unit <= 0xDBFF && (unit = scan_unit(p + 6, s->end)) >= 0xDC00 && unit <= 0xDFFF)
		return p + 12;
	return wrong(s, p, "half of a surrogate pair");
}

/* From inside a string to behind its closing quote. */
static const char *
string_rest(struct scan *s, const char *p, bool *escaped)
{
	const char	*const end = s->end;
	size_t		 n;

	while (p != NULL) {
		do {
			n = end - p >= STEP ? plain_run(p) : 0;
			p += n;
		} while (n == STEP);
		if (p >= end)
			return wrong(s, p, "a string without its closing quote");
		if (*p == '"')
			return p + 1;
		if (*p == '\\') {
			*escaped = true;
			p = escape(s, p);
		} else if ((unsigned char)*p < 0x20)
			return wrong(s, p, "a control character inside a string");
		else if ((unsigned char)*p < 0x80)
			p++;		/* the last few bytes of the text */
		else
			do
				p = utf8(s, p);
			while (p != NULL && p < end && (unsigned char)*p >= 0x80);
	}
	return NULL;
}

/* From the opening quote at p to behind the closing one. */
static inline const char *
string(struct scan *s, const char *p, bool *escaped)
{
	size_t	n;

	/* Most are short and plain. */
	if (s->end - ++p > STEP && (n = plain_run(p)) < STEP && p[n] == '"')
		return p + n + 1;
	return string_rest(s, p, escaped);
}

static inline const char *
digits(const char *p, const char *end)
{
	while (p < end && is(*p, DIGIT))
		p++;
	return p;
}

static const char *
number(struct scan *s, const char *p)
{
	const char	*const end = s->end, *from;

	if (*p == '-')
		p++;
	if (p == end || !is(*p, DIGIT))
		return wrong(s, p, "a '-' without a number");
	if (*p == '0' && p + 1 < end && is(p[1], DIGIT))
		return wrong(s, p, "a number that begins with 0");
	p = digits(p, end);
	if (p < end && *p == '.') {
		from = ++p;
		if ((p = digits(p, end)) == from)
			return wrong(s, p, "no digit after the decimal point");
	}
	if (p < end && (*p == 'e' || *p == 'E')) {
		if (++p < end && (*p == '+' || *p == '-'))
			p++;
		from = p;
		if ((p = digits(p, end)) == from)
			return wrong(s, p, "no digit in the exponent");
	}
	return p;
}

static inline const char *
literal(struct scan *s, const char *p, struct span text)
{
	if ((size_t)(s->end - p) < text.len || memcmp(p, text.p, text.len) != 0)
		return wrong(s, p, "no JSON value");
	return p + text.len;
}

/* Behind the value at p that is no container; its type goes to *type. */
static inline const char *
scalar(struct scan *s, const char *p, enum scan_type *type)
{
	bool	escaped;

	if (p >= s->end)
		return wrong(s, p, "a value is missing");
	switch (*p) {
	case '"':
		*type = SCAN_STRING;
		return string(s, p, &escaped);
	case '-':
	case '0': case '1': case '2': case '3': case '4':
	case '5': case '6': case '7': case '8': case '9':
		*type = SCAN_NUMBER;
		return number(s, p);
	case 't':
		*type = SCAN_TRUE;
		return literal(s, p, SPAN("true"));
	case 'f':
		*type = SCAN_FALSE;
		return literal(s, p, SPAN("false"));
	case 'n':
		*type = SCAN_NULL;
		return literal(s, p, SPAN("null"));
	default:
		return wrong(s, p, "no JSON value");
	}
}

/*
 * Take down a name of the innermost object.  at: where it stands, for
 * messages; end: how far the memory behind the name may be read.
 */
static bool
name_put(struct scan *s, struct span name, const char *end, const char *at)
{
	size_t	shown = name.len < 64 ? name.len : 64;

	switch (names_add(&s->names, &s->level[s->depth - 1].names, name, end)) {
	case HK_OK:
		return true;
	case HK_TOOBIG:
		return wrong(s, at, "more object names than allowed") != NULL;
	case HK_EXISTS:
		break;
	default:
		s->err = err_tell(HK_NOMEM, "no memory for the table of names");
		return false;
	}
	while (shown > 0 && shown < name.len && (name.p[shown] & 0xC0) == 0x80)
		shown--;		/* cut between characters */
	s->err = err_tell(HK_SYNTAX, "duplicate name \"%.*s\" at byte %zu", (int)shown,
	    name.p, (size_t)(at - s->begin));
	return false;
}

/* Which want a name of the innermost object is. */
static int
want_find(const struct scan *s, struct span name)
{
	int		parent = s->level[s->depth - 1].want, i;
	uint32_t	left;

	if (parent == NOT_WANTED)
		return NOT_WANTED;
	for (left = s->children[parent + 1]; left != 0; left &= left - 1) {
		i = __builtin_ctz(left);
		if (s->name_len[i] == name.len &&
		    memcmp(s->want[i].name, name.p, name.len) == 0)
			return i;
	}
	return NOT_WANTED;
}

/* From a name at p to its value. */
static const char *
member(struct scan *s, const char *p, int *want)
{
	const char	*at = p;
	struct span	 name;
	bool		 escaped = false;

	if (p >= s->end || *p != '"')
		return wrong(s, p, "no name in quotes");
	if ((p = string(s, p, &escaped)) == NULL)
		return NULL;
	name = span_of(at + 1, (size_t)(p - at) - 2);
	if (escaped) {
		name = scan_unescape(name, s->names.arena);
		if (name.p == NULL) {
			s->err = err_tell(HK_NOMEM, "no memory for a name");
			return NULL;
		}
		if (memchr(name.p, '\0', name.len) != NULL)
			return wrong(s, at, "\\u0000 inside a name");
	}
	if (!name_put(s, name, escaped ? name.p + name.len : s->end, at))
		return NULL;
	*want = want_find(s, name);
	p = blanks(p, s->end);
	if (p >= s->end || *p != ':')
		return wrong(s, p, "no ':' after a name");
	return blanks(p + 1, s->end);
}

static bool
level_open(struct scan *s, const char *p, int want)
{
	struct level	*l;

	if (s->depth == SCAN_DEPTH)
		return wrong(s, p, "containers nested too deep") != NULL;
	l = &s->level[s->depth++];
	l->object = *p == '{';
	l->want = want;
	if (l->object)
		names_open(&s->names, &l->names);
	if (want >= 0) {
		s->found[want].type = l->object ? SCAN_OBJECT : SCAN_ARRAY;
		s->found[want].raw.p = p;
	}
	return true;
}

/* p is behind the bracket. */
static void
level_close(struct scan *s, const char *p)
{
	const struct level	*l = &s->level[--s->depth];

	if (l->object)
		names_close(&s->names, &l->names);
	if (l->want >= 0)
		s->found[l->want].raw.len = (size_t)(p - s->found[l->want].raw.p);
}

/*
 * From behind a value, or behind an opening bracket (first), to the next
 * value, closing all that ends on the way.  At the end of the top object the
 * depth is 0.
 */
static const char *
next(struct scan *s, const char *p, bool first, int *want)
{
	bool	object;

	for (;; first = false) {
		object = s->level[s->depth - 1].object;
		p = blanks(p, s->end);
		if (p < s->end && *p == (object ? '}' : ']')) {
			level_close(s, ++p);
			if (s->depth == 0)
				return p;
			continue;
		}
		if (!first) {
			if (p >= s->end || *p != ',')
				return wrong(s, p, object ? "neither ',' nor '}'" :
				    "neither ',' nor ']'");
			p = blanks(p + 1, s->end);
		}
		*want = NOT_WANTED;
		return object ? member(s, p, want) : p;
	}
}

/* any: the top may be something else than an object. */
static enum hk_err
walk(struct scan *s, bool any)
{
	const char	*p = blanks(s->begin, s->end), *from;
	enum scan_type	 type = SCAN_ABSENT;
	int		 want = TOP;
	bool		 opened;

	if (!any && (p >= s->end || *p != '{')) {
		(void)wrong(s, p, "no JSON object");
		return s->err;
	}
	do {
		if ((opened = p < s->end && (*p == '{' || *p == '['))) {
			if (!level_open(s, p++, want))
				return s->err;
		} else {
			from = p;
			if ((p = scalar(s, p, &type)) == NULL)
				return s->err;
			if (want >= 0)
				s->found[want] = (struct scan_found){ type,
				    { from, (size_t)(p - from) } };
			if (s->depth == 0)
				break;
		}
		if ((p = next(s, p, opened, &want)) == NULL)
			return s->err;
	} while (s->depth > 0);
	if ((p = blanks(p, s->end)) < s->end)
		(void)wrong(s, p, "something behind the end of the JSON text");
	return s->err;
}

static void
begin(struct scan *s, struct span text, struct arena *arena)
{
	s->begin = text.p != NULL ? text.p : "";
	s->end = s->begin + text.len;
	s->err = HK_OK;
	names_init(&s->names, arena);
	s->depth = 0;
	memset(s->children, 0, sizeof(s->children));
}

enum hk_err
scan_json(struct span text, const struct scan_want *want, size_t nwant,
    struct scan_found *found, struct arena *arena)
{
	struct scan	s;
	enum hk_err	e;
	size_t		i;

	assert(nwant <= WANT_MOST);
	begin(&s, text, arena);
	s.want = want;
	for (i = 0; i < nwant; i++) {
		assert(want[i].parent >= TOP && want[i].parent < (int)i);
		s.children[want[i].parent + 1] |= UINT32_C(1) << i;
		s.name_len[i] = strlen(want[i].name);
		s.found[i] = (struct scan_found){ SCAN_ABSENT, SPAN_NULL };
	}
	if ((e = walk(&s, false)) == HK_OK && nwant > 0)
		memcpy(found, s.found, nwant * sizeof(*found));
	return e;
}

enum hk_err
scan_value(struct span text, struct arena *arena)
{
	struct scan	s;

	begin(&s, text, arena);
	return walk(&s, true);
}
