/* Texts cut into words, the same way for what is indexed and what is asked for. */
#include "base/codec.h"
#include "base/id.h"
#include "base/walk.h"
#include "inbox/words.h"

#define PART_LEAST	2	/* bytes of a part that is a word of its own */

/* Marks inside words: they join, and part. */
static bool
is_mark(char c)
{
	return c == '@' || c == '.' || c == '-' || c == '+';
}

/* Quotes, dashes, brackets and blanks of other scripts than ASCII. */
static bool
is_foreign_gap(const unsigned char *p, size_t n)
{
	if (n == 2)
		return p[0] == 0xc2 && (p[1] <= 0xa1 || p[1] == 0xab || p[1] == 0xb7 ||
		    p[1] == 0xbb || p[1] == 0xbf);
	if (n != 3)
		return false;
	return (p[0] == 0xe2 && (p[1] == 0x80 || (p[1] == 0x81 && p[2] <= 0xaf))) ||
	    (p[0] == 0xe3 && p[1] == 0x80 && (p[2] <= 0x83 || (p[2] >= 0x88 && p[2] <= 0x91))) ||
	    (p[0] == 0xef && p[1] == 0xbc && p[2] <= 0x8f) ||
	    (p[0] == 0xef && p[1] == 0xbb && p[2] == 0xbf);
}

/* Bytes of the character at the start when it belongs to a word, else 0; *skip: when not. */
static size_t
letter(struct span s, size_t *skip)
{
	unsigned char	c = (unsigned char)s.p[0];
	size_t		n;

	*skip = 1;
	if (c < 0x80)
		return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
		    c == '_' || is_mark((char)c);
	if ((n = utf8_step(s)) == 0)
		return 0;	/* no UTF-8: nothing that anybody types */
	*skip = n;
	return is_foreign_gap((const unsigned char *)s.p, n) ? 0 : n;
}

static struct span
without_marks(struct span s)
{
	while (s.len > 0 && is_mark(s.p[0]))
		s = span_of(s.p + 1, s.len - 1);
	while (s.len > 0 && is_mark(s.p[s.len - 1]))
		s.len--;
	return s;
}

struct span
word_next(struct span *rest)
{
	struct span	s = *rest, word;
	size_t		n, skip;

	do {
		while (s.len > 0 && letter(s, &skip) == 0)
			s = span_of(s.p + skip, s.len - skip);
		word = span_of(s.p, 0);
		while (s.len > 0 && (n = letter(s, &skip)) > 0) {
			if (word.len + n <= WORD_MOST && s.p == word.p + word.len)
				word.len += n;
			s = span_of(s.p + n, s.len - n);
		}
		word = without_marks(word);
	} while (word.len == 0 && s.len > 0);
	*rest = s;
	return word.len > 0 ? word : SPAN_NULL;
}

static void
put_one(struct buf *b, struct span s)
{
	buf_putc(b, ' ');
	buf_putspan(b, s);
}

static void
put_parts(struct buf *b, struct span word)
{
	size_t	from = 0;

	for (size_t i = 0; i <= word.len; i++) {
		if (i < word.len && !is_mark(word.p[i]))
			continue;
		if (i - from >= PART_LEAST && i - from < word.len)
			put_one(b, span_of(word.p + from, i - from));
		from = i + 1;
	}
}

/* Of an address: "ann.lee", "mail.example.com", "example.com". */
static void
put_sides(struct buf *b, struct span who, struct span host)
{
	who = without_marks(who);
	if (memchr(who.p, '.', who.len) != NULL || memchr(who.p, '-', who.len) != NULL)
		put_one(b, who);
	host = without_marks(host);
	while (memchr(host.p, '.', host.len) != NULL) {
		put_one(b, host);
		span_cut(&host, '.');
	}
}

void
word_put(struct buf *b, struct span word)
{
	const char	*at = memchr(word.p, '@', word.len);

	put_one(b, word);
	if (uuid_valid(word))
		return;		/* nobody knows one by its parts */
	if (at != NULL)
		put_sides(b, span_of(word.p, (size_t)(at - word.p)),
		    span_of(at + 1, (size_t)(word.p + word.len - at - 1)));
	put_parts(b, word);
}

static void
put_words(struct buf *b, struct span text)
{
	struct span	word;

	while (buf_ok(b) && (word = word_next(&text)).p != NULL) {
		size_t	len = b->len;

		word_put(b, word);
		if (b->len > SEARCH_TEXT_MOST) {	/* full: whole words only */
			b->len = len;
			b->p[len] = '\0';
			return;
		}
	}
}

void
search_words(struct buf *b, struct span text)
{
	put_words(b, text);
}

void
words_of_body(struct buf *b, struct span body, bool json, struct arena *arena)
{
	struct walk		w;
	struct walk_step	s;

	if (!json) {
		put_words(b, body);
		return;
	}
	walk_start(&w, body);
	while (b->len < SEARCH_TEXT_MOST - WORD_MOST && walk_next(&w, &s)) {
		if (s.kind != WALK_VALUE)
			continue;
		if (s.type == SCAN_STRING && s.raw.len <= SEARCH_TEXT_MOST)
			put_words(b, walk_text(s.raw, arena));
		else if (s.type == SCAN_STRING || s.type == SCAN_NUMBER)
			put_words(b, s.raw);
	}
}
