/*
 * What a sender wrote, on a terminal and in the log: no control character, no
 * bytes that are no UTF-8, nothing that changes the direction gets through.
 */
#include "base/codec.h"
#include "cli/text.h"
#include "fuzz.h"

#include <sanitizer/asan_interface.h>
#include <stdlib.h>
#include <unistd.h>

#define MOST	((size_t)1 << 20)

static void
is_harmless(const char *what, struct span s, bool lines)
{
	uint32_t	c;
	size_t		n;

	for (; s.len > 0; s = span_of(s.p + n, s.len - n)) {
		const unsigned char	*p = (const unsigned char *)s.p;

		must((n = utf8_step(s)) > 0, "%s lets 0x%02x through, no UTF-8", what, p[0]);
		c = n == 1 ? p[0] : n == 2 ? (p[0] & 31u) << 6 | (p[1] & 63u) :
		    n == 3 ? (p[0] & 15u) << 12 | (p[1] & 63u) << 6 | (p[2] & 63u) : 0;
		must((c >= 0x20 && (c < 0x7f || c > 0x9f)) || n == 4 ||
		    (lines && (c == '\n' || c == '\t')), "%s lets U+%04X through", what, c);
		must(c != 0x61c && (c < 0x200e || c > 0x200f) && (c < 0x2028 || c > 0x202e) &&
		    (c < 0x2066 || c > 0x2069), "%s lets U+%04X through", what, c);
	}
}

static void
fits(struct span s, int cells)
{
	int		used = -1, width;
	struct span	front = text_fit(s, cells, &used);

	must(front.p == s.p && front.len <= s.len, "the front is no front");
	must(used >= 0 && used <= cells, "%d of %d cells", used, cells);
	width = text_width(front);
	must(width == used, "%d cells, and measured %d", used, width);
	if (front.len < s.len) {
		struct span	rest = span_of(s.p + front.len, s.len - front.len);

		must(utf8_step(rest) > 0, "cut inside of a character");
		rest.len = utf8_step(rest);
		must(used + text_width(rest) > cells, "one more character would fit");
	} else
		must(width == text_width(s), "all of it fits, at another width");
}

static void
escape(struct span s, bool lines)
{
	struct buf	b, again;

	buf_init(&b, MOST);
	buf_init(&again, MOST);
	text_escape(&b, s, lines);
	must(buf_ok(&b), "no room");
	is_harmless("text_escape()", buf_span(&b), lines);
	text_escape(&again, buf_span(&b), lines);
	must(span_eq(buf_span(&b), buf_span(&again)), "escaped again it is another text");
	for (int cells = 0; b.p != NULL && !lines && cells < 12; cells += 3)
		fits(buf_span(&b), cells);
	buf_release(&b);
	buf_release(&again);
}

/* One line of the real log, caught on its way to standard error. */
static void
log_it(const char *s)
{
	static int	fd[2] = { -1, -1 }, stderr_was;
	char		line[8192];
	ssize_t		n;

	if (fd[0] == -1) {
		if (pipe(fd) == -1 || (stderr_was = dup(STDERR_FILENO)) == -1)
			abort();
		__sanitizer_set_report_fd((void *)(intptr_t)stderr_was);
	}
	dup2(fd[1], STDERR_FILENO);
	__real_log_line(LOG_ERROR, "%s", s);
	dup2(stderr_was, STDERR_FILENO);
	n = read(fd[0], line, sizeof(line));
	must(n > 1 && line[n - 1] == '\n', "a line without an end");
	must(n <= 4096, "a line of %zd bytes is not written in one piece", n);
	for (ssize_t i = 0; i < n - 1; i++)
		must((unsigned char)line[i] >= 0x20 && line[i] != 0x7f,
		    "the log lets 0x%02x through", (unsigned char)line[i]);
	must(utf8_valid(span_of(line, (size_t)n)), "a line of the log is no UTF-8");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span	s = fuzz_copy(span_of((const char *)data, size));

	escape(s, false);
	escape(s, true);
	log_it(fuzz_string(s));
	fuzz_forget();
	return 0;
}
