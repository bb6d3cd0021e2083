/*
 * Answers that are sent while they are made.
 *
 * What is written is gathered in one piece of memory with room for a record's
 * header before it and the end of the request behind it, and leaves when that
 * is full.
 */
#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "http/exchange.h"
#include "http/record.h"

#define GATHERED	((size_t)32 << 10)
#define TAIL		(2 * RECORD_HEADER + sizeof(FCGI_EndRequestBody))
/* How long a waiting stream may not notice that the program is to stop. */
#define LOOK_UP_MS	250

static bool
told_to_stop(struct exchange *x)
{
	return x->way == HTTP_CGI ? cgi_told_to_stop() : pool_closed(x->pool);
}

/*
 * Standard output may be shared, so it cannot be told not to block; but once it
 * is ready it takes this much.
 */
static ssize_t
write_some(struct exchange *x, const char *p, size_t n)
{
	struct pollfd	 out = { .fd = 1, .events = POLLOUT };

	if (x->way == HTTP_FASTCGI)
		return send(x->fcgi.fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (poll(&out, 1, 0) == 0) {
		errno = EAGAIN;
		return -1;
	}
	return write(1, p, n < PIPE_BUF ? n : PIPE_BUF);
}

static void
await_room(struct exchange *x)
{
	struct pollfd	 p = { .events = POLLOUT };

	p.fd = x->way == HTTP_FASTCGI ? x->fcgi.fd : 1;
	/* A failure is seen by the write that follows. */
	(void)poll(&p, 1, LOOK_UP_MS);
}

static enum hk_err
send_out(struct exchange *x, const char *p, size_t n)
{
	int64_t	 patience = x->pool->limits->io_timeout_s * US_PER_S;
	int64_t	 until = mono_us() + patience;
	ssize_t	 w;

	while (n > 0)
		if ((w = write_some(x, p, n)) > 0) {
			x->stream.sent = true;
			p += w;
			n -= (size_t)w;
			until = mono_us() + patience;
		} else if (w < 0 && errno != EAGAIN && errno != EINTR)
			return HK_ABORTED;
		else if (mono_us() >= until)
			return HK_TIMEOUT;
		else if (told_to_stop(x))
			return HK_STOPPING;
		else
			await_room(x);
	return HK_OK;
}

/* last: the request ends with this. */
static void
flush(struct exchange *x, bool last)
{
	struct stream	*s = &x->stream;
	uint8_t		*p = (uint8_t *)s->room, *at = p;

	if (x->way == HTTP_CGI)
		p = at = p + RECORD_HEADER;
	else if (s->len > 0) {
		record_write(at, FCGI_STDOUT, x->fcgi.id, s->len);
		at += RECORD_HEADER;
	}
	at += s->len;
	if (last && x->way == HTTP_FASTCGI) {
		memset(at, 0, TAIL);
		record_write(at, FCGI_STDOUT, x->fcgi.id, 0);
		record_write(at + RECORD_HEADER, FCGI_END_REQUEST, x->fcgi.id,
		    sizeof(FCGI_EndRequestBody));
		at += TAIL;
	}
	s->len = 0;
	s->why = send_out(x, (char *)p, (size_t)(at - p));
}

static void
put(struct exchange *x, struct span data)
{
	struct stream	*s = &x->stream;
	size_t		 n;

	while (data.len > 0 && s->why == HK_OK) {
		n = GATHERED - s->len < data.len ? GATHERED - s->len : data.len;
		memcpy(s->room + RECORD_HEADER + s->len, data.p, n);
		s->len += n;
		data = span_of(data.p + n, data.len - n);
		if (s->len < GATHERED)
			continue;
		if (told_to_stop(x))
			s->why = HK_STOPPING;
		else
			flush(x, false);
	}
}

void
http_stream_begin(struct http_exchange *pub, int status, const char *type, const char *extra)
{
	struct exchange	*x = (struct exchange *)pub;
	struct stream	*s = &x->stream;
	char		 head[REPLY_HEAD];

	assert(s->room == NULL);
	if ((s->room = arena_get(pub->arena, RECORD_HEADER + GATHERED + TAIL)) == NULL) {
		s->why = err_tell(HK_NOMEM, "no memory to send an answer");
		return;
	}
	put(x, span_of(head, reply_head(head, status, type, extra, -1)));
	put(x, span_str(extra));
	put(x, SPAN("\r\n"));
	if (s->why == HK_OK && span_is(pub->rq.method, "HEAD"))
		s->why = HK_SKIP;
}

enum hk_err
http_stream_write(struct http_exchange *pub, struct span data)
{
	struct exchange	*x = (struct exchange *)pub;

	put(x, data);
	return x->stream.why;
}

void
http_stream_end(struct http_exchange *pub, enum hk_err why)
{
	struct exchange	*x = (struct exchange *)pub;
	struct stream	*s = &x->stream;
	bool		 gone = s->why == HK_ABORTED || s->why == HK_TIMEOUT;

	if (s->why != HK_OK && s->why != HK_SKIP)
		why = s->why;
	if (why == HK_OK || why == HK_SKIP)
		flush(x, true);
	else if (!s->sent && !gone) {
		http_error(pub, why, err_text(why));
		return;
	}
	if (x->way == HTTP_CGI)
		cgi_hang_up();
	else
		close(x->fcgi.fd);
	pool_put(x);
}
