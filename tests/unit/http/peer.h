/*
 * The other side for tests: a web server that speaks FastCGI record by
 * record, and a child process that runs http_serve() on a UNIX socket.
 * Included by test programs; everything is static.
 */
#ifndef PEER_H
#define PEER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "http/http.h"

#define UNUSED	__attribute__((unused))
enum { BEGIN = 1, ABORT = 2, END = 3, PARAMS = 4, STDIN = 5, STDOUT = 6, GET_VALUES = 9 };

#define ANSWER_WAIT_MS	20000	/* a test that waits so long has failed */

/* ---- records out ---- */

static void
put_record(struct buf *b, int type, const void *p, size_t len, int padding)
{
	assert(len < 65536);
	buf_putc(b, 1);
	buf_putc(b, (char)type);
	buf_putc(b, 0);
	buf_putc(b, 1);		/* request id */
	buf_putc(b, (char)(len >> 8));
	buf_putc(b, (char)len);
	buf_putc(b, (char)padding);
	buf_putc(b, 0);
	buf_put(b, p, len);
	for (; padding > 0; padding--)
		buf_putc(b, 'x');
}

static void
put_begin(struct buf *b)
{
	put_record(b, BEGIN, "\0\1\0\0\0\0\0\0", 8, 0);
}

static void
put_length(struct buf *b, size_t n)
{
	if (n > 127) {
		buf_putc(b, (char)(n >> 24 | 0x80));
		buf_putc(b, (char)(n >> 16));
		buf_putc(b, (char)(n >> 8));
	}
	buf_putc(b, (char)n);
}

static void
put_param(struct buf *b, const char *name, const char *value)
{
	put_length(b, strlen(name));
	put_length(b, strlen(value));
	buf_puts(b, name);
	buf_puts(b, value);
}

/* A stream in records of `chunk` bytes, without its end. */
static void
put_stream(struct buf *b, int type, const char *p, size_t len, size_t chunk)
{
	for (size_t n; len > 0; p += n, len -= n) {
		n = len < chunk ? len : chunk;
		put_record(b, type, p, n, (int)(n % 8 ? 8 - n % 8 : 0));
	}
}

static void
put_end(struct buf *b, int type)
{
	put_record(b, type, "", 0, 0);
}

/*
 * BEGIN and all parameters: method, path, CONTENT_LENGTH when told >= 0, and
 * pairs of name and value up to a NULL.
 */
static UNUSED void
put_head(struct buf *b, const char *method, const char *uri, long told, ...)
{
	struct buf	 p;
	char		 digits[32];
	const char	*name;
	va_list		 ap;

	buf_init(&p, 1 << 20);
	put_param(&p, "REQUEST_METHOD", method);
	put_param(&p, "REQUEST_URI", uri);
	put_param(&p, "REMOTE_ADDR", "127.0.0.1");
	snprintf(digits, sizeof(digits), "%ld", told);
	if (told >= 0)
		put_param(&p, "CONTENT_LENGTH", digits);
	va_start(ap, told);
	while ((name = va_arg(ap, const char *)) != NULL)
		put_param(&p, name, va_arg(ap, const char *));
	va_end(ap);
	put_begin(b);
	put_stream(b, PARAMS, p.p, p.len, 65528);
	put_end(b, PARAMS);
	buf_release(&p);
}

/* ---- the connection ---- */

static int
dial(const char *path)
{
	struct sockaddr_un	 sa = { .sun_family = AF_UNIX };
	int			 fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert(fd != -1);
	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) == -1) {
		close(fd);
		return -1;
	}
	return fd;
}

/* False when the other side is gone. */
static bool
send_bytes(int fd, const char *p, size_t len)
{
	ssize_t	 n;

	for (; len > 0; p += n, len -= (size_t)n)
		if ((n = send(fd, p, len, MSG_NOSIGNAL)) == -1)
			return false;
	return true;
}

static bool
recv_bytes(int fd, char *p, size_t len)
{
	struct pollfd	 pf = { .fd = fd, .events = POLLIN };
	ssize_t		 n;

	for (; len > 0; p += n, len -= (size_t)n)
		if (poll(&pf, 1, ANSWER_WAIT_MS) != 1 || (n = read(fd, p, len)) <= 0)
			return false;
	return true;
}

struct answer {
	bool	 ended;		/* with FCGI_END_REQUEST */
	int	 status;	/* 0: no answer */
	struct buf all;		/* head and body */
	struct span body;
};

static int	pause_us;	/* before each record is read, so late */

/* Read until the request is ended or the connection. */
static UNUSED void
take_answer(int fd, struct answer *a)
{
	unsigned char	 h[8];
	char		*data, *end;
	size_t		 len;

	memset(a, 0, sizeof(*a));
	buf_init(&a->all, 64 << 20);
	data = malloc(65536 + 256);
	assert(data != NULL);
	while (!a->ended && recv_bytes(fd, (char *)h, sizeof(h))) {
		len = (size_t)h[4] << 8 | h[5];
		usleep((useconds_t)pause_us);
		if (!recv_bytes(fd, data, len + h[6]))
			break;
		if (h[1] == STDOUT)
			buf_put(&a->all, data, len);
		a->ended = h[1] == END;
	}
	free(data);
	if (a->all.p == NULL || (end = strstr(a->all.p, "\r\n\r\n")) == NULL)
		return;
	assert_int_equal(sscanf(a->all.p, "Status: %d ", &a->status), 1);
	a->body = span_of(end + 4, a->all.len - (size_t)(end + 4 - a->all.p));
}

/* Send what is in b and take the answer; b is cleared. */
static UNUSED struct answer
ask(const char *path, struct buf *b)
{
	struct answer	 a;
	int		 fd = dial(path);

	assert_int_not_equal(fd, -1);
	assert_true(buf_ok(b));
	assert_true(send_bytes(fd, b->p, b->len));
	take_answer(fd, &a);
	close(fd);
	buf_clear(b);
	return a;
}

static UNUSED void
answer_free(struct answer *a)
{
	buf_release(&a->all);
}

/* ---- the program under test ---- */

/* Counted by the child, read by the test. */
struct counts {
	atomic_int	 handled, replied, drained;
	atomic_int	 result;	/* of http_serve() */
	atomic_int	 streamed;	/* what the last write said */
};

struct child {
	pid_t		 pid;
	char		 dir[32], sock[64], log[64];
	struct counts	*n;
};

static const struct http_limits usual = {
	.threads = 4, .inflight = 16, .max_body = 1 << 20, .arena_most = 8 << 20,
	.io_timeout_s = 5, .request_timeout_s = 10
};

/* Requests under /later are answered by this thread, when told or in drain. */
static struct {
	pthread_mutex_t		 m;
	pthread_cond_t		 c;
	struct http_exchange	*x[4096];
	int			 n;
	bool			 stop, hold;	/* hold: answer in drain only */
	bool			 slow;		/* drain takes half a second */
	pthread_t		 thread;
	struct counts		*counts;
} later = { .m = PTHREAD_MUTEX_INITIALIZER, .c = PTHREAD_COND_INITIALIZER };

/* A test's own addresses: true when it has answered; may wait.  May stay NULL. */
static bool	(*own)(struct http_exchange *, struct counts *);

static void
echo(struct http_exchange *x)
{
	struct buf	 b;

	buf_init(&b, 8 << 20);
	buf_printf(&b, "%.*s %.*s ? %.*s from %.*s\n", SPAN_ARG(x->rq.method),
	    SPAN_ARG(x->rq.path), SPAN_ARG(x->rq.query), SPAN_ARG(x->rq.remote_addr));
	for (size_t i = 0; i < x->rq.fields.n; i++)
		buf_printf(&b, "%.*s: %.*s\n", SPAN_ARG(x->rq.fields.v[i].name),
		    SPAN_ARG(x->rq.fields.v[i].value));
	buf_puts(&b, "\n");
	buf_putspan(&b, x->rq.body);
	http_reply(x, &(struct http_reply){ .status = 200, .type = "text/plain",
	    .extra = "X-Echo: yes\r\n", .body = buf_span(&b) });
	buf_release(&b);
}

static void *
later_run(void *arg)
{
	struct http_exchange	*x;

	(void)arg;
	pthread_mutex_lock(&later.m);
	for (;;) {
		if (later.n > 0 && (later.stop || !later.hold)) {
			x = later.x[--later.n];
			pthread_mutex_unlock(&later.m);
			usleep(1000);
			atomic_fetch_add(&later.counts->replied, 1);
			if (own == NULL || !own(x, later.counts))
				echo(x);
			pthread_mutex_lock(&later.m);
		} else if (later.stop)
			break;
		else
			pthread_cond_wait(&later.c, &later.m);
	}
	pthread_mutex_unlock(&later.m);
	return NULL;
}

static void
handle(struct http_exchange *x, void *ctx)
{
	struct counts	*n = ctx;

	atomic_fetch_add(&n->handled, 1);
	if (span_starts(x->rq.path, "/later") || span_starts(x->rq.path, "/hold")) {
		pthread_mutex_lock(&later.m);
		later.x[later.n++] = x;
		later.hold = span_starts(x->rq.path, "/hold");
		pthread_cond_signal(&later.c);
		pthread_mutex_unlock(&later.m);
		return;
	}
	if (span_starts(x->rq.path, "/slow"))
		later.slow = true;
	atomic_fetch_add(&n->replied, 1);
	if (span_is(x->rq.path, "/busy"))
		http_error(x, HK_BUSY, "say \"please\"");
	else if (own == NULL || !own(x, n))
		echo(x);
}

static void
drain(void *ctx)
{
	struct counts	*n = ctx;

	pthread_mutex_lock(&later.m);
	later.stop = true;
	pthread_cond_signal(&later.c);
	pthread_mutex_unlock(&later.m);
	pthread_join(later.thread, NULL);
	if (later.slow)
		usleep(500000);
	atomic_fetch_add(&n->drained, 1);
}

static int
listen_at(const char *path)
{
	struct sockaddr_un	 sa = { .sun_family = AF_UNIX };
	int			 fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
	assert(bind(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0 && listen(fd, 512) == 0);
	return fd;
}

/* Never returns; what runs in the child. */
static void
child_run(struct counts *n, const struct http_limits *limits)
{
	struct http_service	 sv = { .handle = handle, .drain = drain, .ctx = n,
				    .quick = own == NULL };
	enum http_way		 way = http_start();

	later.counts = n;
	if (pthread_create(&later.thread, NULL, later_run, NULL) != 0)
		_exit(99);
	atomic_store(&n->result, http_serve(way, &sv, limits));
	exit(0);	/* not _exit(): a sanitizer looks for leaks */
}

static UNUSED void
child_start(struct child *c, const struct http_limits *limits)
{
	int	 fd;

	strcpy(c->dir, "/tmp/hk-http-XXXXXX");
	assert_non_null(mkdtemp(c->dir));
	snprintf(c->sock, sizeof(c->sock), "%s/s", c->dir);
	snprintf(c->log, sizeof(c->log), "%s/log", c->dir);
	c->n = mmap(NULL, sizeof(*c->n), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(c->n, MAP_FAILED);
	atomic_store(&c->n->result, -1);
	atomic_store(&c->n->streamed, -1);
	fd = listen_at(c->sock);
	fflush(NULL);
	if ((c->pid = fork()) == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);	/* a test that fails ends no child */
		if (dup2(fd, 0) == -1 || freopen(c->log, "w", stderr) == NULL)
			_exit(98);
		close(fd);
		child_run(c->n, limits);
	}
	close(fd);
}

/* Milliseconds until it ended after the signal (0: none is sent). */
static int64_t
child_stop(struct child *c, int sig)
{
	int64_t	 since = mono_us();
	int	 status;

	if (sig != 0)
		assert_int_equal(kill(c->pid, sig), 0);
	assert_int_equal(waitpid(c->pid, &status, 0), c->pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	return (mono_us() - since) / 1000;
}

/* A good end: all answered, drained once. */
static UNUSED void
child_end(struct child *c)
{
	(void)child_stop(c, SIGTERM);
	assert_int_equal(atomic_load(&c->n->result), HK_OK);
	assert_int_equal(atomic_load(&c->n->drained), 1);
	assert_int_equal(atomic_load(&c->n->handled), atomic_load(&c->n->replied));
}

static UNUSED void
child_free(struct child *c)
{
	unlink(c->sock);
	unlink(c->log);
	rmdir(c->dir);
	munmap(c->n, sizeof(*c->n));
}

#endif
