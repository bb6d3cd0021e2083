/*
 * Forms, cookies and paths: the first line is a path, the second a pattern's
 * steps, the third a Cookie field; the rest is a form.  Each is compared with a
 * plain reading, and a form that is written again must be read as the same.
 */
#include <ctype.h>
#include <stdlib.h>

#include "fuzz.h"
#include "http/cookie.h"
#include "http/form.h"
#include "http/html.h"
#include "http/route.h"
#include "http/url.h"

#define MOST	((size_t)1 << 20)

/* Percent-decoding, looking at one character after another. */
static struct span
slow_decode(struct span s, bool plus)
{
	char	*out = fuzz_room(s.len + 1), hex[3] = "";
	size_t	 n = 0;

	while (s.len > 0) {
		size_t	used = 1;

		if (*s.p == '%' && s.len >= 3 && isxdigit((unsigned char)s.p[1]) &&
		    isxdigit((unsigned char)s.p[2])) {
			hex[0] = s.p[1];
			hex[1] = s.p[2];
			out[n++] = (char)strtol(hex, NULL, 16);
			used = 3;
		} else
			out[n++] = plus && *s.p == '+' ? ' ' : *s.p;
		s = span_of(s.p + used, s.len - used);
	}
	return span_of(out, n);
}

/* Up to the character, which is cut off as well; all when it is not there. */
static struct span
slow_cut(struct span *rest, char c)
{
	struct span	s = *rest;
	size_t		n = 0;

	while (n < s.len && s.p[n] != c)
		n++;
	*rest = n < s.len ? span_of(s.p + n + 1, s.len - n - 1) : span_of(s.p + n, 0);
	return span_of(s.p, n);
}

/* Field after field; how many there are, v may be NULL. */
static size_t
slow_form(struct span text, const struct form *f)
{
	struct span	piece, name;
	size_t		n = 0;

	while (text.len > 0) {
		if ((piece = slow_cut(&text, '&')).len == 0)
			continue;
		if (f != NULL) {
			name = slow_cut(&piece, '=');
			must(n < f->n, "field %zu is lost", n);
			must(span_eq(f->v[n].name, slow_decode(name, true)), "name %zu", n);
			must(span_eq(f->v[n].value, slow_decode(piece, true)), "value %zu", n);
		}
		n++;
	}
	return n;
}

static void
rewrite(const struct form *f, struct arena *a)
{
	struct form	again;
	struct buf	b;

	buf_init(&b, MOST);
	for (size_t i = 0; i < f->n; i++)
		form_put(&b, f->v[i].name, f->v[i].value);
	must(buf_ok(&b), "no room");
	must(b.len == 0 || span_graph(buf_span(&b), b.len), "an address that is not printable");
	must(form_parse(&again, buf_span(&b), a) == HK_OK && again.n == f->n,
	    "%zu fields written, %zu read", f->n, again.n);
	for (size_t i = 0; i < f->n; i++)
		must(span_eq(f->v[i].name, again.v[i].name) &&
		    span_eq(f->v[i].value, again.v[i].value), "field %zu is another", i);
	buf_release(&b);
}

static void
judge_form(struct span text)
{
	struct arena	*a = arena_new(MOST);
	struct form	 f;
	enum hk_err	 e = form_parse(&f, text, a);
	size_t		 n = slow_form(text, NULL);

	must(e == (n > FORM_MOST ? HK_TOOBIG : HK_OK), "%zu fields: %s", n, err_name(e));
	if (e == HK_OK) {
		must(slow_form(text, &f) == f.n, "%zu fields", f.n);
		rewrite(&f, a);
	}
	arena_free(a);
}

/* What is in the page has no markup and gives the text back. */
static void
judge_html(struct span s)
{
	struct buf	b;

	buf_init(&b, MOST);
	html_put(&b, s);
	must(buf_ok(&b), "no room");
	for (size_t i = 0; i < b.len; i++) {
		unsigned char	c = (unsigned char)b.p[i];

		must(strchr("<>\"'", c) == NULL, "markup gets through");
		must(c >= 32 || c == '\t' || c == '\n', "0x%02x gets through", c);
		must(c != '&' || strncmp(b.p + i, "&amp;", 5) == 0 ||
		    strncmp(b.p + i, "&lt;", 4) == 0 || strncmp(b.p + i, "&gt;", 4) == 0 ||
		    strncmp(b.p + i, "&quot;", 6) == 0 || strncmp(b.p + i, "&#39;", 5) == 0,
		    "a bare ampersand");
	}
	buf_release(&b);
}

static void
judge_cookie(struct span text)
{
	const struct field	 v = { SPAN("cookie"), text };
	const struct fields	 f = { &v, 1 };
	struct span		 s = cookie_get(&f, "s");
	struct cookie		 c = { "s", s, NULL, -1, false };
	struct buf		 b;

	must(fuzz_inside(s, text), "a cookie from elsewhere");
	must(memchr(s.p != NULL ? s.p : "", ';', s.len) == NULL, "a cookie with ';'");
	buf_init(&b, MOST);
	if (cookie_put(&b, &c) == HK_OK)
		must(memchr(b.p, '\n', b.len) == b.p + b.len - 1 && b.p[b.len - 2] == '\r' &&
		    memchr(b.p, '\0', b.len) == NULL, "more than a line");
	else
		must(b.len == 0, "refused and put");
	buf_release(&b);
}

/* As many steps as the pattern has, each the decoded one of the path. */
static void
judge_route(struct span path, struct span steps)
{
	static const char *const	patterns[] = { "/", "/:a", "/e/:a", "/:a/e", "/:a/:b/:c" };
	const char			*pattern = patterns[fuzz_number(steps, 99) % 5];
	struct span			 want = span_str(pattern + 1), got = path, s;
	struct route			 r;
	size_t				 n = 0;

	if (!route_match(&r, pattern, path))
		return;
	must(path.len > 0 && path.p[0] == '/', "matches what is no path");
	got = span_of(path.p + 1, path.len - 1);
	must(r.slash == (path.p[path.len - 1] == '/'), "the last slash");
	while (want.len > 0) {
		struct span	name = slow_cut(&want, '/');

		s = slow_decode(slow_cut(&got, '/'), false);
		must(s.len > 0 && memchr(s.p, '\0', s.len) == NULL && !span_is(s, "..") &&
		    !span_is(s, "."), "a step that is none");
		must(name.p[0] == ':' ? span_eq(r.step[n++].value, s) : span_eq(name, s),
		    "another step");
	}
	must(n == r.n && got.len == 0, "%zu steps, %zu bytes left", r.n, got.len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span	input = span_of((const char *)data, size), path, steps, cookie;

	path = fuzz_copy(fuzz_line(&input));
	steps = fuzz_line(&input);
	cookie = fuzz_copy(fuzz_line(&input));
	judge_route(path, steps);
	judge_cookie(cookie);
	input = fuzz_copy(input);
	judge_form(input);
	judge_html(input);
	fuzz_forget();
	return 0;
}
