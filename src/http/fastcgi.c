/*
 * One FastCGI connection with one request.
 *
 * A connection is never kept: a kept one would own a thread.  Requests are not
 * multiplexed, as no web server does that.
 */
#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/clock.h"
#include "http/exchange.h"
#include "http/record.h"

/*
 * Web servers connect when they have a request to send.  A connection that
 * stays silent holds its thread this long: n of them delay the next request by
 * at most this, times n, divided by the number of threads.
 */
#define FIRST_RECORD_S	2
/* So short that the thread may stay at the door meanwhile. */
#define FIRST_WAIT_US	(1 * US_PER_MS)
/* An answer that fits the socket's buffer, of 160 KB at least, never waits. */
#define NEVER_WAITS	(64 << 10)
/* How long to read on after an answer that came before the end of the body. */
#define LINGER_US	(2 * US_PER_S)
/* And after one that came because the peer was too slow already. */
#define LINGER_LATE_US	(500 * US_PER_MS)

/*
 * What was received and not used yet.  A thread reads one request at a time,
 * and once that is read it lies in its arena: so a buffer for each thread.
 */
static _Thread_local struct input {
	uint8_t	 byte[16 << 10];
	size_t	 at, end;
} in;

static void
set_timeout(int fd, int which, int s)
{
	struct timeval	 tv = { .tv_sec = s };

	/* What is no socket refuses this, and the read that follows. */
	(void)setsockopt(fd, SOL_SOCKET, which, &tv, sizeof(tv));
}

/*
 * Wait no longer than the io_timeout from here on, and not at the door.  An
 * ordinary request never comes here: it lies in the socket as a whole when its
 * connection is taken.
 */
static void
limit_waiting(struct exchange *x)
{
	exchange_leave(x);
	if (!x->fcgi.limited)
		set_timeout(x->fcgi.fd, SO_RCVTIMEO, x->pool->limits->io_timeout_s);
	x->fcgi.limited = true;
}

/* Wait until there is something to read, `until`, or a signal. */
static void
await(int fd, int64_t until_us)
{
	struct pollfd	 p = { .fd = fd, .events = POLLIN };
	int64_t		 left = until_us - mono_us();

	/* A failure is seen by the read that follows. */
	(void)poll(&p, 1, left > 0 ? (int)(left / US_PER_MS) + 1 : 0);
}

/* Some bytes.  HK_ABORTED: the end, or an error; HK_TIMEOUT, HK_STOPPING: gave up. */
static enum hk_err
receive(struct exchange *x, void *p, size_t room, int how, size_t *got)
{
	ssize_t	 n;
	int	 cut;

	for (;;) {
		n = recv(x->fcgi.fd, p, room, how);
		if (n == 0)
			return HK_ABORTED;
		if (n < 0 && errno == EAGAIN)
			return HK_TIMEOUT;
		if (n < 0 && errno != EINTR)
			return HK_ABORTED;
		/* Who never stops sending is never waited for, so never interrupted. */
		if ((cut = atomic_load(x->cut)) != HK_OK)
			return (enum hk_err)cut;
		if (n > 0) {
			*got = (size_t)n;
			return HK_OK;
		}
	}
}

/* What is there already costs no wait, so the thread may stay at the door. */
static enum hk_err
receive_soon(struct exchange *x, void *p, size_t room, size_t *got)
{
	enum hk_err	e = receive(x, p, room, MSG_DONTWAIT, got);

	if (e != HK_TIMEOUT)
		return e;
	limit_waiting(x);
	return receive(x, p, room, 0, got);
}

/* Up to n bytes, of which at least one; from the buffer or, when large, past it. */
static enum hk_err
take(struct exchange *x, void *p, size_t n, size_t *got)
{
	bool		past = n >= sizeof(in.byte);
	enum hk_err	e;

	if (in.at == in.end) {
		in.at = in.end = 0;
		if (past)
			return receive_soon(x, p, n, got);
		if ((e = receive_soon(x, in.byte, sizeof(in.byte), &in.end)) != HK_OK)
			return e;
	}
	*got = in.end - in.at < n ? in.end - in.at : n;
	memcpy(p, in.byte + in.at, *got);
	in.at += *got;
	return HK_OK;
}

static enum hk_err
take_all(struct exchange *x, void *p, size_t n)
{
	size_t		got;
	enum hk_err	e;

	for (uint8_t *at = p; n > 0; at += got, n -= got)
		if ((e = take(x, at, n, &got)) != HK_OK)
			return e;
	return HK_OK;
}

static enum hk_err
skip(struct exchange *x, size_t n)
{
	uint8_t		trash[1024];
	size_t		got;
	enum hk_err	e;

	for (; n > 0; n -= got)
		if ((e = take(x, trash, n < sizeof(trash) ? n : sizeof(trash), &got)) != HK_OK)
			return e;
	return HK_OK;
}

/*
 * The next record of this request.  Other requests' are passed over; who sends
 * management records (id 0) is no web server.
 */
static enum hk_err
next_record(struct exchange *x, struct record *r)
{
	uint8_t		header[RECORD_HEADER];
	enum hk_err	e;

	for (;;) {
		if ((e = take_all(x, header, sizeof(header))) != HK_OK)
			return e;
		if (!record_read(r, header) || r->id == FCGI_NULL_REQUEST_ID)
			return HK_ABORTED;
		if (r->id == x->fcgi.id)
			return r->type == FCGI_ABORT_REQUEST ? HK_ABORTED : HK_OK;
		if ((e = skip(x, r->content + r->padding)) != HK_OK)
			return e;
	}
}

/*
 * Mostly the first record is there when its connection is accepted, or comes
 * at once.
 */
static enum hk_err
first_bytes(struct exchange *x)
{
	enum hk_err	e;

	in.at = in.end = 0;
	e = receive(x, in.byte, sizeof(in.byte), MSG_DONTWAIT, &in.end);
	if (e == HK_TIMEOUT) {
		await(x->fcgi.fd, mono_us() + FIRST_WAIT_US);
		e = receive(x, in.byte, sizeof(in.byte), MSG_DONTWAIT, &in.end);
	}
	if (e != HK_TIMEOUT)
		return e;
	exchange_leave(x);
	set_timeout(x->fcgi.fd, SO_RCVTIMEO, FIRST_RECORD_S);
	return receive(x, in.byte, sizeof(in.byte), 0, &in.end);
}

/* A role that is not ours gets no answer: an authorizer's "200" lets everybody in. */
static enum hk_err
begin(struct exchange *x)
{
	uint8_t		bytes[RECORD_HEADER + sizeof(FCGI_BeginRequestBody)];
	struct record	r;
	enum hk_err	e;

	if ((e = take_all(x, bytes, sizeof(bytes))) != HK_OK)
		return e;
	if (!record_read(&r, bytes) || r.type != FCGI_BEGIN_REQUEST ||
	    r.content != sizeof(FCGI_BeginRequestBody) || r.id == FCGI_NULL_REQUEST_ID ||
	    (bytes[RECORD_HEADER] << 8 | bytes[RECORD_HEADER + 1]) != FCGI_RESPONDER)
		return HK_SYNTAX;
	x->fcgi.id = r.id;
	return skip(x, r.padding);
}

/* All parameters: mostly one record, and the empty one that ends their stream. */
static enum hk_err
params(struct exchange *x)
{
	struct arena	*arena = x->pub.arena;
	struct record	 r;
	size_t		 len = 0, room = 0, want;
	char		*p = NULL;
	enum hk_err	 e;

	for (;;) {
		if ((e = next_record(x, &r)) != HK_OK)
			return e;
		if (r.type != FCGI_PARAMS)
			return HK_SYNTAX;
		if (r.content == 0)
			break;
		if (len + r.content > PARAMS_MOST)
			return HK_TOOBIG;
		if (len + r.content > room) {
			/* Doubled: small records must not use up the arena by copies. */
			want = len + r.content > 2 * room ? len + r.content : 2 * room;
			if ((p = arena_grow(arena, p, room, want)) == NULL)
				return HK_NOMEM;
			room = want;
		}
		if ((e = take_all(x, p + len, r.content)) != HK_OK ||
		    (e = skip(x, r.padding)) != HK_OK)
			return e;
		len += r.content;
	}
	if ((e = skip(x, r.padding)) != HK_OK)
		return e;
	return params_read(span_of(p, len), arena, &x->fcgi.env);
}

bool
fastcgi_open(struct exchange *x, int fd)
{
	x->fcgi = (struct fastcgi){ .fd = fd };
	if (first_bytes(x) == HK_OK && begin(x) == HK_OK && params(x) == HK_OK)
		return true;
	close(fd);
	return false;
}

/* The body's stream: records until an empty one. */
enum hk_err
fastcgi_body(struct body_source *src, char *p, size_t room, size_t *got)
{
	struct exchange	*x = src->x;
	struct fastcgi	*f = &x->fcgi;
	struct record	 r;
	size_t		 n;
	enum hk_err	 e;

	*got = 0;
	while (*got < room && !f->ended) {
		if (f->content == 0) {
			if ((e = skip(x, f->padding)) != HK_OK ||
			    (e = next_record(x, &r)) != HK_OK)
				return e;
			if (r.type != FCGI_STDIN)
				return HK_ABORTED;
			f->content = r.content;
			f->padding = r.padding;
			if (r.content > 0)
				continue;
			f->ended = true;
			return skip(x, r.padding);	/* nothing may stay unread */
		}
		n = room - *got < f->content ? room - *got : f->content;
		if ((e = take(x, p + *got, n, &n)) != HK_OK)
			return e;
		*got += n;
		f->content -= n;
	}
	return HK_OK;
}

/*
 * Closing a socket with unread data resets it, and Apache and nginx then
 * lose the answer; so read on, for a while.  For who was too slow as well: he
 * may be about to send the next piece.  Only a stop does not wait.
 */
static void
linger(const struct exchange *x, int fd)
{
	int64_t	 until = mono_us() + (atomic_load(x->cut) == HK_OK ? LINGER_US : LINGER_LATE_US);
	char	 trash[4096];
	ssize_t	 n;

	shutdown(fd, SHUT_WR);
	while (mono_us() < until) {
		n = recv(fd, trash, sizeof(trash), MSG_DONTWAIT);
		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
			break;
		if (n < 0 && atomic_load(x->cut) == HK_STOPPING)
			break;
		if (n < 0)
			await(fd, until);
	}
}

/* False: the peer has gone away, or reads too slowly; no error of ours. */
static bool
send_all(int fd, struct iovec *v, size_t n)
{
	struct msghdr	 m = { .msg_iov = v, .msg_iovlen = n };
	ssize_t		 w;

	while (m.msg_iovlen > 0) {
		if ((w = sendmsg(fd, &m, MSG_NOSIGNAL)) < 0) {
			if (errno == EINTR)
				continue;
			return false;
		}
		for (; m.msg_iovlen > 0 && (size_t)w >= m.msg_iov->iov_len; m.msg_iov++) {
			w -= (ssize_t)m.msg_iov->iov_len;
			m.msg_iovlen--;
		}
		if (m.msg_iovlen > 0) {
			m.msg_iov->iov_base = (char *)m.msg_iov->iov_base + w;
			m.msg_iov->iov_len -= (size_t)w;
		}
	}
	return true;
}

static void
add(struct iovec *v, size_t *n, const void *p, size_t len)
{
	/* sendmsg() does not write there, its struct just cannot say so */
	memcpy(&v[*n].iov_base, &p, sizeof(p));
	v[(*n)++].iov_len = len;
}

/*
 * The pieces as one stream, a record at a time; the last one leaves together
 * with the two records that end the request.
 */
static void
send_pieces(int fd, uint16_t id, struct span *piece, size_t npiece, size_t len)
{
	uint8_t		 head[RECORD_HEADER];
	uint8_t		 tail[2 * RECORD_HEADER + sizeof(FCGI_EndRequestBody)] = { 0 };
	struct iovec	 v[ANSWER_PIECES + 2];
	size_t		 n, now, take_n;

	assert(npiece <= ANSWER_PIECES);
	record_write(tail, FCGI_STDOUT, id, 0);
	record_write(tail + RECORD_HEADER, FCGI_END_REQUEST, id, sizeof(FCGI_EndRequestBody));
	do {
		n = 0;
		now = len < RECORD_CONTENT ? len : RECORD_CONTENT;
		len -= now;
		record_write(head, FCGI_STDOUT, id, now);
		if (now > 0)
			add(v, &n, head, sizeof(head));
		for (size_t i = 0; now > 0 && i < npiece; i++) {
			take_n = piece[i].len < now ? piece[i].len : now;
			if (take_n == 0)
				continue;
			add(v, &n, piece[i].p, take_n);
			piece[i] = span_of(piece[i].p + take_n, piece[i].len - take_n);
			now -= take_n;
		}
		if (len == 0)
			add(v, &n, tail, sizeof(tail));
	} while (send_all(fd, v, n) && len > 0);
}

void
fastcgi_answer(struct exchange *x, const struct span *piece, size_t n)
{
	struct span	 copy[ANSWER_PIECES];
	int		 fd = x->fcgi.fd;
	size_t		 len = 0;

	assert(n <= ANSWER_PIECES);
	memcpy(copy, piece, n * sizeof(*piece));
	for (size_t i = 0; i < n; i++)
		len += piece[i].len;
	if (len > NEVER_WAITS)
		set_timeout(fd, SO_SNDTIMEO, x->pool->limits->io_timeout_s);
	send_pieces(fd, x->fcgi.id, copy, n, len);
	if (!x->whole)
		linger(x, fd);
	close(fd);
}
