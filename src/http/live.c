/*
 * Answers that go on for hours.
 *
 * Each holds its connection and a few words more; what the peer does not take
 * at once waits in memory that is given back when it has left.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/fault.h"
#include "http/exchange.h"
#include "http/record.h"

#define ROOM_LEAST	1024

struct http_live {
	int		 fd;
	uint16_t	 id;		/* of its request */
	enum hk_err	 why;		/* what writes say, once it is not HK_OK */
	size_t		 most;		/* bytes that may wait */
	char		*room;		/* where they wait; NULL: none do */
	size_t		 size, at, len;	/* of room; of those bytes */
};

int
http_live_fd(const struct http_live *l)
{
	return l->fd;
}

size_t
http_live_waiting(const struct http_live *l)
{
	return l->len;
}

/* How many bytes left at once. */
static size_t
send_now(struct http_live *l, struct iovec *v, size_t n)
{
	struct msghdr	 m = { .msg_iov = v, .msg_iovlen = n };
	ssize_t		 w;

	do
		w = sendmsg(l->fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (w == -1 && errno == EINTR);
	if (w >= 0)
		return (size_t)w;
	if (errno != EAGAIN)
		l->why = HK_ABORTED;
	return 0;
}

/* Room for n bytes more behind those that wait. */
static bool
make_room(struct http_live *l, size_t n)
{
	size_t	 want = l->size < ROOM_LEAST ? ROOM_LEAST : l->size;
	char	*p;

	if (l->at + l->len + n <= l->size)
		return true;
	if (l->len > 0)
		memmove(l->room, l->room + l->at, l->len);
	l->at = 0;
	while (want < l->len + n)
		want *= 2;
	if (want == l->size)
		return true;
	if (FAULT_FAIL("live") || (p = realloc(l->room, want)) == NULL)
		return false;
	l->room = p;
	l->size = want;
	return true;
}

/* The rest of these pieces, after the first `gone` bytes. */
static void
keep(struct http_live *l, const struct iovec *v, size_t n, size_t gone)
{
	for (size_t i = 0; i < n && l->why == HK_OK; i++) {
		size_t	skip = gone < v[i].iov_len ? gone : v[i].iov_len, left = v[i].iov_len - skip;

		gone -= skip;
		if (left == 0)
			continue;
		if (!make_room(l, left)) {
			l->why = err_tell(HK_NOMEM, "no memory for an answer that goes on");
			return;
		}
		memcpy(l->room + l->at + l->len, (const char *)v[i].iov_base + skip, left);
		l->len += left;
	}
}

static void
put(struct http_live *l, struct iovec *v, size_t n)
{
	keep(l, v, n, l->len == 0 ? send_now(l, v, n) : 0);
}

/* Records of the answer's stream. */
static void
put_stream(struct http_live *l, struct span data)
{
	uint8_t		head[RECORD_HEADER];
	struct iovec	v[2];
	size_t		n;

	for (; data.len > 0 && l->why == HK_OK; data = span_of(data.p + n, data.len - n)) {
		n = data.len < RECORD_CONTENT ? data.len : RECORD_CONTENT;
		record_write(head, FCGI_STDOUT, l->id, n);
		v[0] = (struct iovec){ head, sizeof(head) };
		/* sendmsg() does not write there, its struct just cannot say so */
		memcpy(&v[1].iov_base, &data.p, sizeof(data.p));
		v[1].iov_len = n;
		put(l, v, 2);
	}
}

enum hk_err
http_live_begin(struct http_exchange *pub, int status, const char *type, const char *extra,
    size_t backlog, struct http_live **out)
{
	struct exchange		*x = (struct exchange *)pub;
	struct http_live	*l = FAULT_FAIL("live") ? NULL : calloc(1, sizeof(*l));
	char			 head[REPLY_HEAD];

	assert(x->way == HTTP_FASTCGI && x->whole);
	if (l == NULL) {
		http_error(pub, HK_NOMEM, "Temporarily unavailable");
		return err_note(HK_NOMEM, "no memory for an answer that goes on");
	}
	l->fd = x->fcgi.fd;
	l->id = x->fcgi.id;
	l->most = backlog;
	put_stream(l, span_of(head, reply_head(head, status, type, extra, -1)));
	put_stream(l, span_str(extra));
	put_stream(l, SPAN("\r\n"));
	pool_put(x);
	*out = l;
	return HK_OK;
}

enum hk_err
http_live_write(struct http_live *l, struct span data)
{
	if (l->why == HK_OK && l->len > 0 && l->len + data.len > l->most)
		return HK_TIMEOUT;
	put_stream(l, data);
	return l->why;
}

enum hk_err
http_live_flush(struct http_live *l)
{
	struct iovec	 v;
	size_t		 n;

	while (l->why == HK_OK && l->len > 0) {
		v = (struct iovec){ l->room + l->at, l->len };
		if ((n = send_now(l, &v, 1)) == 0)
			return l->why;
		l->at += n;
		l->len -= n;
	}
	free(l->room);
	l->room = NULL;
	l->size = l->at = l->len = 0;
	return l->why;
}

static void
put_end(struct http_live *l)
{
	uint8_t		tail[2 * RECORD_HEADER + sizeof(FCGI_EndRequestBody)] = { 0 };
	struct iovec	v = { tail, sizeof(tail) };

	record_write(tail, FCGI_STDOUT, l->id, 0);
	record_write(tail + RECORD_HEADER, FCGI_END_REQUEST, l->id, sizeof(FCGI_EndRequestBody));
	if (http_live_flush(l) == HK_OK)
		put(l, &v, 1);
}

void
http_live_end(struct http_live *l, bool whole)
{
	if (whole)
		put_end(l);
	close(l->fd);
	free(l->room);
	free(l);
}
