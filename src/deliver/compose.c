/* A mail as text. */
#include "deliver/compose.h"

#include <ctype.h>
#include <time.h>

#include "base/clock.h"
#include "base/codec.h"

#define PLAIN_MOST	60	/* characters of a header that stays as it is */
#define WORD_BYTES	39	/* of an encoded word: 52 characters, 12 around them, and a name before */
#define LINE_MOST	75	/* characters of a line before its soft break */
#define SUBJECT_MOST	998	/* bytes that are kept */

/* ---- headers ---------------------------------------------------------------- */

static bool
is_plain(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] < ' ' || s.p[i] > '~')
			return false;
	return s.len <= PLAIN_MOST && memmem(s.p, s.len, "=?", 2) == NULL;
}

/* The next character as it may be in a header; how many bytes of s it was. */
static size_t
put_character(char out[4], size_t *n, struct span s)
{
	size_t	step = utf8_step(s);

	if (step == 0) {
		memcpy(out, "\xEF\xBF\xBD", *n = 3);	/* U+FFFD */
		return 1;
	}
	memcpy(out, s.p, *n = step);
	if (step == 1 && iscntrl((unsigned char)*s.p))
		out[0] = ' ';
	return step;
}

/* Encoded words of whole characters, each on a line of its own. */
static void
put_words(struct buf *b, struct span s)
{
	char	word[WORD_BYTES], coded[BASE64_LEN(WORD_BYTES) + 1], c[4];
	size_t	len = 0, n, used;

	for (bool first = true; s.len > 0; first = false, len = 0) {
		while (s.len > 0) {
			used = put_character(c, &n, s);
			if (len + n > sizeof(word))
				break;
			memcpy(word + len, c, n);
			len += n;
			s = span_of(s.p + used, s.len - used);
		}
		base64_encode(coded, word, len);
		buf_printf(b, "%s=?UTF-8?B?%s?=", first ? "" : "\n ", coded);
	}
}

static void
put_text(struct buf *b, const char *name, struct span s)
{
	buf_printf(b, "%s: ", name);
	if (s.len > SUBJECT_MOST)
		s.len = SUBJECT_MOST;
	if (is_plain(s))
		buf_putspan(b, s);
	else
		put_words(b, s);
	buf_putc(b, '\n');
}

/* A name has no quote and no backslash. */
static void
put_from(struct buf *b, const struct mail *m)
{
	buf_puts(b, "From: ");
	if (m->from_name.len > 0 && is_plain(m->from_name))
		buf_printf(b, "\"%.*s\"\n ", SPAN_ARG(m->from_name));
	else if (m->from_name.len > 0) {
		put_words(b, m->from_name);
		buf_puts(b, "\n ");
	}
	buf_printf(b, "<%.*s>\n", SPAN_ARG(m->from));
}

/* Not strftime(): its words are the locale's. */
static void
put_date(struct buf *b, int64_t us)
{
	static const char	days[] = "SunMonTueWedThuFriSat";
	static const char	months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t			t = (time_t)(us / US_PER_S);
	struct tm		tm;

	if (gmtime_r(&t, &tm) != NULL)
		buf_printf(b, "Date: %.3s, %02d %.3s %d %02d:%02d:%02d +0000\n", days + 3 * tm.tm_wday,
		    tm.tm_mday, months + 3 * tm.tm_mon, tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
		    tm.tm_sec);
}

/* ---- bodies ------------------------------------------------------------------- */

static bool
goes_as_is(unsigned char c, bool last)
{
	return (c > ' ' && c <= '~' && c != '=') || ((c == ' ' || c == '\t') && !last);
}

/* RFC 2045, 6.7.  CR, CRLF and LF all end a line. */
static void
put_quoted(struct buf *b, struct span s)
{
	size_t	column = 0;

	for (size_t i = 0; i < s.len; i++) {
		unsigned char	c = (unsigned char)s.p[i];
		bool		last = i + 1 == s.len || s.p[i + 1] == '\n' || s.p[i + 1] == '\r';
		size_t		need;

		if (c == '\r' && i + 1 < s.len && s.p[i + 1] == '\n')
			continue;
		if (c == '\n' || c == '\r') {
			buf_putc(b, '\n');
			column = 0;
			continue;
		}
		need = goes_as_is(c, last) && !(column == 0 && (c == '.' || c == 'F')) ? 1 : 3;
		if (column + need > LINE_MOST) {
			buf_puts(b, "=\n");
			column = 0;
			/* "From " and "." at the beginning of a line mean something to mail programs. */
			if (c == '.' || c == 'F')
				need = 3;
		}
		if (need == 1)
			buf_putc(b, (char)c);
		else
			buf_printf(b, "=%02X", c);
		column += need;
	}
	if (column > 0)
		buf_putc(b, '\n');
}

static void
put_part(struct buf *b, const char *type, struct span body)
{
	buf_printf(b, "Content-Type: text/%s; charset=utf-8\n"
	    "Content-Transfer-Encoding: quoted-printable\n\n", type);
	put_quoted(b, body);
}

void
compose(struct buf *b, const struct mail *m)
{
	const char	*at = memrchr(m->from.p, '@', m->from.len);
	char		 id[MESSAGE_NAME];

	message_name(id, m->message, m->message_us);
	put_from(b, m);
	buf_printf(b, "To: <%.*s>\n", SPAN_ARG(m->to));
	put_text(b, "Subject", m->subject);
	put_date(b, m->message_us);
	buf_printf(b, "Message-ID: <%s%.*s>\n", id, (int)(m->from.p + m->from.len - at), at);
	buf_puts(b, "Auto-Submitted: auto-generated\nMIME-Version: 1.0\n");
	if (m->html.len == 0)
		put_part(b, "plain", m->text);
	else if (m->text.len == 0)
		put_part(b, "html", m->html);
	else {
		/* Quoted-printable never has "=_". */
		buf_printf(b, "Content-Type: multipart/alternative; boundary=\"=_%s\"\n\n--=_%s\n", id, id);
		put_part(b, "plain", m->text);
		buf_printf(b, "\n--=_%s\n", id);
		put_part(b, "html", m->html);
		buf_printf(b, "\n--=_%s--\n", id);
	}
}
