/*
 * The JSON writer: document order in, text out; no tree in between.
 */
#include <assert.h>

#include "base/clock.h"
#include "base/codec.h"
#include "base/json.h"

#define REPLACEMENT	"\xEF\xBF\xBD"	/* U+FFFD */

void
jw_init(struct jw *w, struct buf *out)
{
	w->out = out;
	w->comma = false;
}

/* Length of the valid UTF-8 character at the start, 0 when there is none. */
static size_t
character(struct span s)
{
	unsigned char	c = (unsigned char)s.p[0];
	size_t		n = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;

	return n <= s.len && utf8_valid(span_of(s.p, n)) ? n : 0;
}

static void
escaped(struct buf *b, char c)
{
	static const char	from[] = "\b\f\n\r\t\"\\", to[] = "bfnrt\"\\";
	const char		*simple = memchr(from, c, sizeof(from) - 1);

	if (simple != NULL) {
		buf_putc(b, '\\');
		buf_putc(b, to[simple - from]);
	} else
		buf_printf(b, "\\u%04x", (unsigned int)(unsigned char)c);
}

static void
quoted(struct buf *b, struct span s)
{
	size_t	n;

	buf_putc(b, '"');
	while (s.len > 0) {
		/* a run that needs nothing */
		for (n = 0; n < s.len && (unsigned char)s.p[n] >= 0x20 &&
		    (unsigned char)s.p[n] < 0x80 && s.p[n] != '"' && s.p[n] != '\\'; n++)
			continue;
		buf_put(b, s.p, n);
		s = span_of(s.p + n, s.len - n);
		if (s.len == 0)
			break;
		n = 1;
		if ((unsigned char)*s.p < 0x80)
			escaped(b, *s.p);
		else if ((n = character(s)) > 0)
			buf_put(b, s.p, n);
		else {
			buf_puts(b, REPLACEMENT);
			n = 1;
		}
		s = span_of(s.p + n, s.len - n);
	}
	buf_putc(b, '"');
}

/* What stands before any value. */
static void
lead(struct jw *w, const char *key)
{
	if (w->comma)
		buf_putc(w->out, ',');
	w->comma = true;
	if (key != NULL) {
		quoted(w->out, span_str(key));
		buf_putc(w->out, ':');
	}
}

void
jw_open(struct jw *w, const char *key, char bracket)
{
	assert(bracket == '{' || bracket == '[');
	lead(w, key);
	buf_putc(w->out, bracket);
	w->comma = false;
}

void
jw_close(struct jw *w, char bracket)
{
	assert(bracket == '}' || bracket == ']');
	buf_putc(w->out, bracket);
	w->comma = true;
}

void
jw_text(struct jw *w, const char *key, struct span text)
{
	lead(w, key);
	if (text.p != NULL)
		quoted(w->out, text);
	else
		buf_puts(w->out, "null");
}

/* By hand: printf() would take five times as long. */
void
jw_int(struct jw *w, const char *key, int64_t n)
{
	char		 digits[24], *p = digits + sizeof(digits);
	uint64_t	 left = n < 0 ? -(uint64_t)n : (uint64_t)n;

	do
		*--p = (char)('0' + left % 10);
	while ((left /= 10) != 0);
	if (n < 0)
		*--p = '-';
	lead(w, key);
	buf_put(w->out, p, (size_t)(digits + sizeof(digits) - p));
}

void
jw_bool(struct jw *w, const char *key, bool yes)
{
	lead(w, key);
	buf_puts(w->out, yes ? "true" : "false");
}

void
jw_null(struct jw *w, const char *key)
{
	lead(w, key);
	buf_puts(w->out, "null");
}

void
jw_time(struct jw *w, const char *key, int64_t us)
{
	char	iso[ISO_LEN + 1];

	if (us == 0) {
		jw_null(w, key);
		return;
	}
	iso_format(iso, us);
	jw_text(w, key, span_str(iso));
}

void
jw_raw(struct jw *w, const char *key, struct span json)
{
	lead(w, key);
	buf_putspan(w->out, json);
}
