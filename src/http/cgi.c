/*
 * Plain CGI: the request is the environment and standard input, the answer
 * goes to standard output.  argv is ignored: Apache fills it with parts of a
 * query string that has no '='.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "http/exchange.h"

/* How much of a refused body is read, and how long, before the answer. */
#define SWALLOW_MOST	((size_t)64 << 20)
#define SWALLOW_US	(5 * US_PER_S)
#define SWALLOW_SILENCE_MS	500

/* How long a stop signal, held back by http_start(), may go unnoticed. */
#define LOOK_UP_MS	250

bool
cgi_told_to_stop(void)
{
	sigset_t	 pending;

	sigemptyset(&pending);
	sigpending(&pending);
	return sigismember(&pending, SIGTERM) || sigismember(&pending, SIGINT) ||
	    sigismember(&pending, SIGUSR1);
}

/* Wait until standard input can be read. */
static enum hk_err
await_input(const struct body_source *src, int silence_s)
{
	struct pollfd	 p = { .fd = 0, .events = POLLIN };
	int64_t		 until = mono_us() + silence_s * US_PER_S;

	if (until > src->until_us)
		until = src->until_us;
	while (poll(&p, 1, LOOK_UP_MS) <= 0) {
		if (cgi_told_to_stop())
			return HK_STOPPING;
		if (mono_us() >= until)
			return HK_TIMEOUT;
	}
	return mono_us() >= src->until_us ? HK_TIMEOUT : HK_OK;
}

/* Some servers never end the input of a request that has no body. */
static bool
has_no_body(const struct body_source *src)
{
	const struct http_request	*rq = &src->x->pub.rq;

	return src->told < 0 &&
	    (span_is(rq->method, "GET") || span_is(rq->method, "HEAD")) &&
	    field_get(&rq->fields, "transfer-encoding").p == NULL;
}

/* Exactly what was told, for some servers never end the input at all. */
static enum hk_err
cgi_body(struct body_source *src, char *p, size_t room, size_t *got)
{
	int		 silence_s = src->x->pool->limits->io_timeout_s;
	enum hk_err	 e;
	ssize_t		 n;

	*got = 0;
	if (has_no_body(src))
		return HK_OK;
	if (src->told >= 0 && (int64_t)room > src->told - src->done)
		room = (size_t)(src->told - src->done);
	while (*got < room) {
		if ((e = await_input(src, silence_s)) != HK_OK)
			return e;
		if ((n = read(0, p + *got, room - *got)) == 0)
			break;
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return HK_ABORTED;
		if (n > 0)
			*got += (size_t)n;
	}
	return HK_OK;
}

/* A web server that has gone away is no error. */
static void
write_all(struct iovec *v, int n)
{
	ssize_t	 w;

	while (n > 0) {
		if ((w = writev(1, v, n)) < 0) {
			if (errno == EINTR)
				continue;
			return;
		}
		for (; n > 0 && (size_t)w >= v->iov_len; v++, n--)
			w -= (ssize_t)v->iov_len;
		if (n > 0) {
			v->iov_base = (char *)v->iov_base + w;
			v->iov_len -= (size_t)w;
		}
	}
}

/*
 * The web server takes the end of our output for the end of the answer; we
 * still have a database to close.  Input goes too, or a server that is still
 * sending a refused body waits for us.
 */
void
cgi_hang_up(void)
{
	int	 null;

	if ((null = open("/dev/null", O_RDWR | O_CLOEXEC)) == -1 ||
	    dup2(null, 1) == -1 || dup2(null, 0) == -1)
		(void)err_note(HK_IO, "/dev/null: %s; the answer is delayed until "
		    "this program ends", strerror(errno));
	if (null > 1)
		close(null);
}

/*
 * Apache's mod_cgid gives up on a program that answers without reading all of
 * its input, and its client then gets no answer at all.
 */
static void
swallow(void)
{
	int64_t	 until = mono_us() + SWALLOW_US;
	size_t	 left = SWALLOW_MOST;
	char	 trash[65536];
	ssize_t	 n;

	while (left > 0 && mono_us() < until && !cgi_told_to_stop()) {
		struct pollfd	p = { .fd = 0, .events = POLLIN };

		if (poll(&p, 1, SWALLOW_SILENCE_MS) <= 0 ||
		    (n = read(0, trash, sizeof(trash) < left ? sizeof(trash) : left)) <= 0)
			break;
		left -= (size_t)n;
	}
}

void
cgi_answer(bool more_input, const struct span *piece, size_t n)
{
	struct iovec	 v[8];
	int		 used = 0;

	for (size_t i = 0; i < n && i < sizeof(v) / sizeof(*v); i++) {
		if (piece[i].len == 0)
			continue;
		/* writev() does not write there, its struct just cannot say so */
		memcpy(&v[used].iov_base, &piece[i].p, sizeof(v[used].iov_base));
		v[used++].iov_len = piece[i].len;
	}
	if (more_input)
		swallow();
	write_all(v, used);
	cgi_hang_up();
}

enum hk_err
cgi_serve(const struct http_service *sv, const struct http_limits *limits)
{
	struct http_limits	 one = *limits;
	struct body_source	 src = { .read = cgi_body };
	struct pool		 pool;
	struct exchange		*x = NULL;
	enum hk_err		 e;

	one.inflight = 1;
	pool_init(&pool, HTTP_CGI, sv, &one);
	src.until_us = mono_us() + limits->request_timeout_s * US_PER_S;
	if ((e = pool_take(&pool, &x)) != HK_OK)
		(void)err_note(e, "no memory for a request");
	else if (request_read(x, environ, &src))
		sv->handle(&x->pub, sv->ctx);
	if (sv->drain != NULL)
		sv->drain(sv->ctx);
	pool_release(&pool);
	return e;
}
