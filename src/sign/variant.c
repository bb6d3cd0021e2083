/*
 * What a body may have been before somebody on the way changed it, the
 * likely things first.
 */
#include "sign/doctor_part.h"

#define BOM		"\xef\xbb\xbf"
#define ROOM(len)	((len) * 4 + 4096)	/* what needs more is left out */

enum {			/* what is done to the bytes, in this order */
	BOM_OFF		= 1,
	BOM_ON		= 2,
	LINES_LF	= 4,
	LINES_CRLF	= 8,
	TRIMMED		= 16,
	END_OFF		= 32,
	END_ON		= 64
};

static const struct {
	unsigned int	 what;
	const char	*text;
} edits[] = {
	{ END_OFF,		"without its final line end" },
	{ END_ON,		"with a final line end" },
	{ LINES_LF,		"with LF instead of CRLF line ends" },
	{ LINES_CRLF,		"with CRLF instead of LF line ends" },
	{ BOM_OFF,		"without its byte order mark" },
	{ BOM_ON,		"with a byte order mark" },
	{ TRIMMED,		"without the blanks around it" },
	{ LINES_LF | END_OFF,	"with LF line ends and without the final one" },
	{ LINES_LF | END_ON,	"with LF line ends and a final one" },
	{ BOM_OFF | LINES_LF,	"without its byte order mark and with LF line ends" },
	{ BOM_OFF | END_OFF,	"without its byte order mark and final line end" },
	{ BOM_OFF | TRIMMED,	"without its byte order mark and the blanks around it" },
};
#define NEDITS	(sizeof(edits) / sizeof(edits[0]))

static const struct {
	struct layout	 layout;
	const char	*text;
} layouts[] = {
	{ { ",", ":", 0, ' ', false },	 "as compact JSON" },
	{ { ",", ": ", 2, ' ', true },	 "as JSON in Stripe's layout" },
	{ { ", ", ": ", 0, ' ', false }, "as JSON on one line with blanks" },
	{ { ",", ": ", 2, ' ', false },	 "as JSON indented by two blanks" },
	{ { ",", ": ", 4, ' ', false },	 "as JSON indented by four blanks" },
	{ { ",", ": ", 1, '\t', false }, "as JSON indented by tabs" },
};
#define NLAYOUTS	(sizeof(layouts) / sizeof(layouts[0]))

static const struct {
	unsigned int	 style;
	unsigned int	 needs;		/* one of these, or it changes nothing */
	bool		 end;		/* with a final line end */
	const char	*text;
} styles[] = {
	{ 0,				HAS_JSON,		false,	"" },
	{ STYLE_PLAIN,			HAS_ESCAPE,		false,
	    " without \\/ and \\u escapes" },
	{ STYLE_SLASH,			HAS_SLASH,		false,	" with / as \\/" },
	{ STYLE_ASCII,			HAS_BYTES,		false,
	    " with \\u escapes for what is not ASCII" },
	{ STYLE_SLASH | STYLE_ASCII,	HAS_BYTES | HAS_ESCAPE,	false,
	    " with \\/ and \\u escapes" },
	{ STYLE_MARKUP,			HAS_MARKUP,		false,
	    " with \\u escapes for < > &" },
	{ 0,				HAS_JSON,		true,	" with a final line end" },
};
#define NSTYLES	(sizeof(styles) / sizeof(styles[0]))

static struct span
without_bom(struct span s)
{
	return span_starts(s, BOM) ? span_of(s.p + 3, s.len - 3) : s;
}

void
variants_begin(struct variants *vs, struct span body, bool object, struct arena *a)
{
	*vs = (struct variants){ .body = body, .nroom = ROOM(body.len) };
	if (a != NULL && body.len > 0 && body.len <= DOCTOR_BODY_MAX)
		vs->room = arena_get(a, vs->nroom);
	if (object)
		vs->has = reprint_has(body);
	/* edits that would change nothing are not worth a try */
	vs->edits = ~0U;
	if (body.len == 0 || memchr(body.p, '\r', body.len) == NULL)
		vs->edits &= ~(unsigned int)LINES_LF;
	vs->edits &= ~(unsigned int)(span_starts(body, BOM) ? BOM_ON : BOM_OFF);
}

static struct span
line_ends(struct span s, char *room, bool crlf)
{
	char	*out = room;

	for (size_t i = 0; i < s.len; i++) {
		bool	pair = s.p[i] == '\r' && i + 1 < s.len && s.p[i + 1] == '\n';

		if (crlf && s.p[i] == '\n' && (i == 0 || s.p[i - 1] != '\r'))
			*out++ = '\r';
		if (crlf || !pair)
			*out++ = s.p[i];
	}
	return span_of(room, (size_t)(out - room));
}

/* The room is at least twice as long as s, and some more. */
static struct span
append(struct span s, char *room, const char *before, const char *after)
{
	size_t	n = strlen(before), m = strlen(after);

	memmove(room + n, s.p, s.len);
	memcpy(room, before, n);
	memcpy(room + n + s.len, after, m);
	return span_of(room, n + s.len + m);
}

static struct span
edit(const struct variants *vs, unsigned int what)
{
	struct span	s = vs->body;

	if (what & BOM_OFF)
		s = without_bom(s);
	if (what & BOM_ON)
		s = append(s, vs->room, BOM, "");
	if (what & (LINES_LF | LINES_CRLF))
		s = line_ends(s, vs->room, (what & LINES_CRLF) != 0);
	if (what & TRIMMED)
		s = span_trim(s);
	if ((what & END_OFF) && s.len > 0 && s.p[s.len - 1] == '\n') {
		s.len--;
		if (s.len > 0 && s.p[s.len - 1] == '\r')
			s.len--;
	}
	if (what & END_ON)
		s = append(s, vs->room, "", "\n");
	return s;
}

static bool
print(const struct variants *vs, size_t layout, size_t style, struct span *out)
{
	size_t	len = reprint(vs->room, vs->nroom - 1, without_bom(vs->body),
	    &layouts[layout].layout, styles[style].style);

	if (len == SIZE_MAX)
		return false;
	if (styles[style].end)
		vs->room[len++] = '\n';
	*out = span_of(vs->room, len);
	return true;
}

bool
variants_next(struct variants *vs, struct span *out, const char **how, const char **style)
{
	size_t	i, k;

	while (vs->room != NULL && vs->next < NEDITS + NLAYOUTS * NSTYLES) {
		i = vs->next++;
		if (i < NEDITS) {
			*out = edit(vs, edits[i].what);
			*how = edits[i].text;
			*style = "";
			if ((edits[i].what & ~vs->edits) == 0 && !span_eq(*out, vs->body))
				return true;
			continue;
		}
		i -= NEDITS;
		k = i / NLAYOUTS;
		i %= NLAYOUTS;
		*how = layouts[i].text;
		*style = styles[k].text;
		if ((vs->has & styles[k].needs) != 0 && print(vs, i, k, out) &&
		    !span_eq(*out, vs->body))
			return true;
	}
	return false;
}
