/*
 * Large answers, for both ways they are carried: what the child under test
 * says (large_answer() as `own` of peer.h), and whether it arrived.
 *
 *	/stream/N	N bytes in pieces of many sizes
 *	/fail/N		the same, and then it is HK_BUSY
 *	/endless	until a write says why not
 *	/reply/N	N bytes as one body
 *	/unchanged	304
 *
 * The same behind /later is answered by another thread, behind /hold when the
 * program stops.
 */
#ifndef LARGE_H
#define LARGE_H

#include "http/route.h"
#include "peer.h"

#define LARGE_MOST	((size_t)10 << 20)
#define LARGE_EXTRA	"Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nETag: \"x\"\r\nLocation: /y\r\n" \
			"Cache-Control: no-cache\r\n"

static char
large_byte(size_t i)
{
	return (char)(i % 251);
}

static bool
large_is_whole(struct span s, size_t n)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] != large_byte(i))
			return false;
	return s.len == n;
}

static void
large_stream(struct http_exchange *x, struct counts *c, size_t most, enum hk_err why)
{
	enum hk_err	 e = HK_OK;
	char		 piece[70000];

	http_stream_begin(x, 200, "text/csv", "X-Stream: yes\r\n");
	for (size_t at = 0, n = 1; at < most && e == HK_OK; at += n) {
		n = n * 3 % sizeof(piece) < most - at ? n * 3 % sizeof(piece) : most - at;
		for (size_t i = 0; i < n; i++)
			piece[i] = large_byte(at + i);
		e = http_stream_write(x, span_of(piece, n));
		atomic_store(&c->streamed, e);
	}
	http_stream_end(x, why);
}

static void
large_reply(struct http_exchange *x, size_t n)
{
	char	*body = malloc(n + 1);

	assert(body != NULL);
	for (size_t i = 0; i < n; i++)
		body[i] = large_byte(i);
	http_reply(x, &(struct http_reply){ .status = 200, .type = "text/html",
	    .extra = LARGE_EXTRA, .body = span_of(body, n) });
	free(body);
}

static void
skip_step(struct span *path)
{
	do
		*path = span_of(path->p + 1, path->len - 1);
	while (path->p[0] != '/');
}

static bool
large_answer(struct http_exchange *x, struct counts *c)
{
	struct span	 path = x->rq.path;
	struct route	 r;
	int64_t		 n = 0;

	if (span_starts(path, "/later/") || span_starts(path, "/hold/"))
		skip_step(&path);
	if (span_is(path, "/unchanged"))
		http_reply(x, &(struct http_reply){ .status = 304, .extra = "ETag: \"x\"\r\n",
		    .body = SPAN("never") });
	else if (span_is(path, "/endless"))
		large_stream(x, c, SIZE_MAX, HK_OK);
	else if (!route_match(&r, "/:what/:n", path) || !span_u63(route_get(&r, "n"), &n))
		return false;
	else if (span_is(route_get(&r, "what"), "stream"))
		large_stream(x, c, (size_t)n, HK_OK);
	else if (span_is(route_get(&r, "what"), "fail"))
		large_stream(x, c, (size_t)n, HK_BUSY);
	else if (span_is(route_get(&r, "what"), "reply"))
		large_reply(x, (size_t)n);
	else
		return false;
	return true;
}

/* Wait until the last write said something else than HK_OK; what. */
static UNUSED int
large_said(struct counts *c)
{
	for (int i = 0; i < 500 && atomic_load(&c->streamed) <= HK_OK; i++)
		usleep(10000);
	return atomic_load(&c->streamed);
}

#endif
