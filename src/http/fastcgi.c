/*
 * One FastCGI connection with one request.
 *
 * The library is given connections that we accepted, never closes a good one
 * itself (that could take it two seconds), and a connection is never kept: a
 * kept one would own a thread.
 */
#include <assert.h>
#include <errno.h>
#include <fastcgi.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "http/exchange.h"

/*
 * Web servers connect when they have a request to send.  A connection that
 * stays silent holds its thread this long: n of them delay the next request by
 * at most this, times n, divided by the number of threads.
 */
#define FIRST_RECORD_S	2
/* An answer that fits the socket's buffer, of 160 KB at least, never waits. */
#define NEVER_WAITS	(64 << 10)
/* How long to read on after an answer that came before the end of the body. */
#define LINGER_US	(2 * US_PER_S)

/*
 * Wait until fd has the event, `until`, or a signal.  True: nothing more will
 * come.
 */
static bool
await(int fd, short event, int64_t until_us)
{
	struct pollfd	 p = { .fd = fd, .events = event };
	int64_t		 left = until_us - mono_us();

	/* A failure is seen by the read that follows. */
	(void)poll(&p, 1, left > 0 ? (int)(left / US_PER_MS) + 1 : 0);
	return (p.revents & (POLLRDHUP | POLLHUP)) != 0;
}

static void
set_timeout(int fd, int which, int s)
{
	struct timeval	 tv = { .tv_sec = s };

	/* What is no socket refuses this, and the read that follows. */
	(void)setsockopt(fd, SOL_SOCKET, which, &tv, sizeof(tv));
}

static bool
is_begin(const FCGI_Header *h)
{
	return h->version == FCGI_VERSION_1 && h->type == FCGI_BEGIN_REQUEST &&
	    h->contentLengthB1 == 0 && h->contentLengthB0 == sizeof(FCGI_BeginRequestBody);
}

/*
 * libfcgi 2.4.2 hangs, or aborts the process, on management records; no web
 * server sends any.  So the first record must be FCGI_BEGIN_REQUEST.
 */
static bool
begins(const struct exchange *x, int fd)
{
	int64_t		 now, until = 0;
	FCGI_Header	 h;
	ssize_t		 n;
	bool		 last = false;
	int		 how = MSG_PEEK | MSG_DONTWAIT;

	for (;;) {
		n = recv(fd, &h, sizeof(h), how);
		if (n == sizeof(h))
			return is_begin(&h);
		if (n < 0 && errno == EAGAIN && how != MSG_PEEK) {
			/* Mostly it is there already, and this call is spared. */
			set_timeout(fd, SO_RCVTIMEO, FIRST_RECORD_S);
			how = MSG_PEEK;
			continue;
		}
		if (n == 0 || last || (n < 0 && errno != EINTR))
			return false;
		now = mono_us();
		if (until == 0)
			until = now + FIRST_RECORD_S * US_PER_S;
		if (atomic_load(x->cut) != HK_OK || now >= until)
			return false;
		/* A part of a header is readable at once, so look a little later. */
		if (n > 0)
			last = await(fd, POLLRDHUP, now + US_PER_MS);
	}
}

bool
fastcgi_open(struct exchange *x, int fd, const struct http_limits *limits)
{
	if (!begins(x, fd)) {
		close(fd);
		return false;
	}
	set_timeout(fd, SO_RCVTIMEO, limits->io_timeout_s);
	FCGX_InitRequest(&x->fcgi, -1, 0);	/* -1: it cannot accept by itself */
	x->fcgi.ipcFd = fd;
	x->fcgi.keepConnection = 1;	/* or FCGX_Accept_r() closes fd first */
	FCGX_Detach(&x->fcgi);		/* a broken one is closed without delay */
	if (FCGX_Accept_r(&x->fcgi) != 0)
		return false;
	if (x->fcgi.role == FCGI_RESPONDER)
		return true;
	/* An authorizer's "200" would let everybody in; no answer lets nobody. */
	FCGX_Free(&x->fcgi, 0);
	close(fd);
	return false;
}

enum hk_err
fastcgi_body(struct body_source *src, char *p, size_t room, size_t *got)
{
	FCGX_Stream	*in = src->x->fcgi.in;
	int		 want = room > (1 << 30) ? 1 << 30 : (int)room;
	int		 n, error;

	n = FCGX_GetStr(p, want, in);
	*got = (size_t)n;
	if (n == want || (error = FCGX_GetError(in)) == 0)
		return HK_OK;
	if (error == EAGAIN)		/* SO_RCVTIMEO */
		return HK_TIMEOUT;
	if (error == EINTR && atomic_load(src->x->cut) != HK_OK)
		return (enum hk_err)atomic_load(src->x->cut);
	return HK_ABORTED;
}

/*
 * Closing a socket with unread data resets it, and Apache and nginx then
 * lose the answer; so read on, for a while.
 */
static void
linger(const struct exchange *x, int fd)
{
	int64_t	 until = mono_us() + LINGER_US;
	char	 trash[4096];
	ssize_t	 n;

	shutdown(fd, SHUT_WR);
	while (mono_us() < until) {
		n = recv(fd, trash, sizeof(trash), MSG_DONTWAIT);
		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
			break;
		if (n < 0 && atomic_load(x->cut) != HK_OK)
			break;
		if (n < 0)
			(void)await(fd, POLLIN, until);
	}
}

/*
 * The library gathers the pieces; up to 8 KB leave in one write together with
 * the records that end the request.  A peer that has gone away is no error.
 */
void
fastcgi_answer(struct exchange *x, const struct span *piece, size_t n)
{
	int	 fd = x->fcgi.ipcFd;
	size_t	 len = 0;

	for (size_t i = 0; i < n; i++)
		len += piece[i].len;
	if (len > NEVER_WAITS)
		set_timeout(fd, SO_SNDTIMEO, x->pool->limits->io_timeout_s);
	for (size_t i = 0; i < n; i++) {
		assert(piece[i].len < 1u << 31);
		if (piece[i].len > 0)
			(void)FCGX_PutStr(piece[i].p, (int)piece[i].len, x->fcgi.out);
	}
	(void)FCGX_FClose(x->fcgi.err);
	(void)FCGX_FClose(x->fcgi.out);
	FCGX_Free(&x->fcgi, 0);
	if (!x->whole)
		linger(x, fd);
	close(fd);
}
