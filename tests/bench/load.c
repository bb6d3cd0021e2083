/*
 * load - post signed events over N connections and measure.
 *
 *	load [-c connections] [-s seconds | -n events] [-b body bytes] [-1]
 *	     [-p stripe|svix] [-t template] [-f first number]
 *	     -k secret | -a token [-r]  http://127.0.0.1:PORT/PATH
 *
 *	-n	so many events, each sent once, instead of so many seconds
 *	-1	a new connection for each event; its time begins with connect()
 *	-a	calls of the interface in place of signed events: a bearer token, and
 *		an Idempotency-Key of its own for each, in order of time or, with -r,
 *		in none; with -t
 *	-t	bodies from a file, {n} in it being the event's number from -f on;
 *		else a Stripe event of -b bytes
 *
 * Every event has an id of its own, in order of time as the senders' are, and
 * a fresh signature.  One thread, epoll.  Prints one line of JSON: requests a
 * second, latencies in ms, errors by kind.  Only for 127.0.0.1.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/clock.h"
#include "event.h"

#define MOST_CONNS	1024
#define HEAD_ROOM	1024
#define PIECES		3	/* of a request */
#define ANSWER_ROOM	4096
#define MOST_SAMPLES	(4 * 1000 * 1000)
#define MOST_SECONDS	600	/* with -n: what is not done then is lost */

struct conn {
	int	 fd;
	char	*head, *own;	/* the request being sent: with `alike` between them */
	struct iovec v[PIECES];	/* from `at` on to be sent */
	size_t	 at;
	bool	 full;		/* waits for room to send the rest */
	bool	 answered;	/* waits for the server to close */
	char	 in[ANSWER_ROOM + 1];
	size_t	 in_len;
	int64_t	 started_us;
};

static struct {
	uint16_t	 port;
	const char	*path;
	const char	*secret;
	const char	*template;
	const char	*token;		/* NULL: signed events */
	bool		 svix, random;
	int		 conns;
	int		 seconds;
	int64_t		 events;	/* INT64_MAX: as many as there is time for */
	bool		 once;
} opt = { .secret = "whsec_bench", .conns = 32, .seconds = 4, .events = INT64_MAX };

static struct {
	uint32_t	*took_us;
	size_t		 n;
	int64_t		 sent;
	int64_t		 refused;	/* another answer than 200 */
	int64_t		 broken;	/* no answer */
	int		 last_status;
} seen;

static struct sender	 sender = { .body_len = 2048 };
static int		 poller;

static void
die(const char *what)
{
	perror(what);
	exit(74);
}

/* What shows that it may be sent. */
static void
proof(const struct event *ev, char *out, size_t room)
{
	uint64_t	mixed = (uint64_t)sender.serial * (opt.random ? UINT64_C(0x9e3779b97f4a7c15) : 1);

	if (opt.token != NULL)
		snprintf(out, room, "Authorization: Bearer %s\r\nIdempotency-Key: %016llx%s",
		    opt.token, (unsigned long long)mixed, ev->id);
	else if (sender.svix)
		snprintf(out, room,
		    "svix-id: %s\r\nsvix-timestamp: %s\r\nsvix-signature: %s",
		    ev->id, ev->at, ev->signature);
	else
		snprintf(out, room, "Stripe-Signature: %s", ev->signature);
}

/* The next request of a connection: head, proof, body. */
static void
request_make(struct conn *c)
{
	struct event	 ev;
	char		 shown[400];
	void		*alike;
	int		 n;

	event_make(&sender, &ev, c->own);
	proof(&ev, shown, sizeof(shown));
	n = snprintf(c->head, HEAD_ROOM,
	    "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
	    "%s\r\n%sContent-Length: %zu\r\n\r\n",
	    opt.path, shown, opt.once ? "Connection: close\r\n" : "", ev.len);
	if (n < 0 || n >= HEAD_ROOM)
		die("the path is too long");
	memcpy(&alike, &ev.alike.p, sizeof(alike));	/* only to be read; its type cannot say so */
	c->v[0] = (struct iovec){ c->head, (size_t)n };
	c->v[1] = (struct iovec){ alike, ev.alike.len };
	c->v[2] = (struct iovec){ c->own, ev.own };
	c->at = 0;
	c->in_len = 0;
}

static void
conn_write(struct conn *c)
{
	struct epoll_event	 ev = { .data.ptr = c };
	struct msghdr		 m = { 0 };
	ssize_t			 n;

	while (c->at < PIECES) {
		m.msg_iov = c->v + c->at;
		m.msg_iovlen = PIECES - c->at;
		n = sendmsg(c->fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0)
			break;	/* full, or broken: then the read says so */
		for (; c->at < PIECES && (size_t)n >= c->v[c->at].iov_len; c->at++)
			n -= (ssize_t)c->v[c->at].iov_len;
		if (c->at < PIECES) {
			c->v[c->at].iov_base = (char *)c->v[c->at].iov_base + n;
			c->v[c->at].iov_len -= (size_t)n;
		}
	}
	if (c->full == (c->at < PIECES))
		return;
	c->full = !c->full;
	ev.events = c->full ? EPOLLIN | EPOLLOUT : EPOLLIN;
	if (epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &ev) != 0)
		die("epoll_ctl");
}

static void
conn_open(struct conn *c)
{
	struct sockaddr_in	 to = { .sin_family = AF_INET };
	struct epoll_event	 ev = { .events = EPOLLIN, .data.ptr = c };
	int			 on = 1;

	to.sin_port = htons(opt.port);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&to, sizeof(to)) != 0)
		die("connect");
	if (setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0)
		die("setsockopt");
	c->full = c->answered = false;
	if (epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &ev) != 0)
		die("epoll_ctl");
}

static void
conn_close(struct conn *c)
{
	if (c->fd != -1)
		close(c->fd);
	c->fd = -1;
}

/* The connection's next event, if there is one left. */
static void
conn_next(struct conn *c)
{
	if (seen.sent == opt.events) {
		conn_close(c);
		return;
	}
	seen.sent++;
	request_make(c);
	c->started_us = mono_us();
	if (c->fd == -1)
		conn_open(c);
	conn_write(c);
}

static void
conn_again(struct conn *c)
{
	conn_close(c);
	conn_next(c);
}

/* > 0: a whole answer, its status; 0: not all of it yet; -1: no answer we know. */
static int
answer_status(struct conn *c, bool *closes)
{
	char	*end, *p;

	c->in[c->in_len] = '\0';
	if ((end = strstr(c->in, "\r\n\r\n")) == NULL)
		return c->in_len == ANSWER_ROOM ? -1 : 0;
	*end = '\0';
	*closes = strcasestr(c->in, "\r\nconnection: close") != NULL;
	p = strcasestr(c->in, "\r\ncontent-length:");
	size_t need = p != NULL ? (size_t)strtoul(p + 17, NULL, 10) : 0;
	*end = '\r';
	if (p == NULL && !*closes)
		return strstr(end, "\r\n0\r\n\r\n") != NULL ? atoi(c->in + 9) : 0;	/* chunked */
	if ((size_t)(c->in + c->in_len - (end + 4)) < need)
		return 0;
	return atoi(c->in + 9);
}

static void
answer_count(const struct conn *c, int status)
{
	if (status != 200) {
		seen.refused++;
		seen.last_status = status;
	} else if (seen.n < MOST_SAMPLES)
		seen.took_us[seen.n++] = (uint32_t)(mono_us() - c->started_us);
}

static void
conn_read(struct conn *c)
{
	bool	 closes = false;
	ssize_t	 n;
	int	 status;

	n = recv(c->fd, c->in + c->in_len, ANSWER_ROOM - c->in_len, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (c->answered) {	/* the server closes first, or our ports would run out */
		if (n <= 0)
			conn_again(c);
		return;
	}
	if (n > 0)
		c->in_len += (size_t)n;
	status = n <= 0 ? -1 : answer_status(c, &closes);
	if (status == 0)
		return;
	if (status < 0) {
		seen.broken++;
		conn_again(c);
		return;
	}
	answer_count(c, status);
	if (opt.once)
		c->answered = true;
	else if (closes)
		conn_again(c);
	else
		conn_next(c);
}

static int
by_size(const void *a, const void *b)
{
	uint32_t	 x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static double
percentile_ms(double p)
{
	return seen.n == 0 ? 0 : seen.took_us[(size_t)((double)(seen.n - 1) * p)] / 1000.0;
}

static void
usage(void)
{
	fprintf(stderr, "usage: load [-c connections] [-s seconds | -n events]"
	    " [-b body bytes, %d to %d] [-1]\n\t[-p stripe|svix] [-t template] [-f first number]"
	    " -k secret | -a token [-r] http://127.0.0.1:PORT/PATH\n", EVENT_LEAST, EVENT_MOST);
	exit(64);
}

static void
options(int argc, char **argv)
{
	const char	*err;
	int		 o;

	while ((o = getopt(argc, argv, "c:s:n:b:1p:t:f:k:a:r")) != -1)
		switch (o) {
		case 'c': opt.conns = atoi(optarg); break;
		case 's': opt.seconds = atoi(optarg); break;
		case 'n': opt.events = atoll(optarg); opt.seconds = MOST_SECONDS; break;
		case 'b': sender.body_len = (size_t)atol(optarg); break;
		case '1': opt.once = true; break;
		case 'p':
			opt.svix = strcmp(optarg, "svix") == 0;
			if (!opt.svix && strcmp(optarg, "stripe") != 0)
				usage();
			break;
		case 't': opt.template = optarg; break;
		case 'f': sender.serial = atoll(optarg); break;
		case 'k': opt.secret = optarg; break;
		case 'a': opt.token = optarg; break;
		case 'r': opt.random = true; break;
		default: usage();
		}
	if (optind != argc - 1 || strncmp(argv[optind], "http://127.0.0.1:", 17) != 0 ||
	    opt.conns < 1 || opt.conns > MOST_CONNS || opt.seconds < 1 || opt.events < 1 ||
	    (opt.events > MOST_SAMPLES && opt.events != INT64_MAX) ||
	    sender.body_len < EVENT_LEAST || sender.body_len > EVENT_MOST)
		usage();
	if (!sender_init(&sender, opt.svix, opt.secret, opt.template, &err)) {
		fprintf(stderr, "load: %s\n", err);
		exit(64);
	}
	opt.port = (uint16_t)atoi(argv[optind] + 17);
	opt.path = strchr(argv[optind] + 17, '/');
	if (opt.path == NULL)
		opt.path = "/";
}

static void
run(struct conn *conns, int64_t end)
{
	struct epoll_event	 ready[64];
	int			 n;

	for (int i = 0; i < opt.conns; i++) {
		conns[i].head = malloc(HEAD_ROOM);
		conns[i].own = malloc(EVENT_MOST);
		if (conns[i].head == NULL || conns[i].own == NULL)
			die("start");
		conns[i].fd = -1;
		conn_next(&conns[i]);
	}
	while (mono_us() < end &&
	    (int64_t)seen.n + seen.refused + seen.broken < opt.events) {
		n = epoll_wait(poller, ready, 64, 100);
		for (int i = 0; i < n; i++) {
			struct conn	*c = ready[i].data.ptr;

			if (ready[i].events & EPOLLOUT)
				conn_write(c);
			if (ready[i].events & ~(uint32_t)EPOLLOUT)
				conn_read(c);
		}
	}
}

int
main(int argc, char **argv)
{
	static struct conn	 conns[MOST_CONNS];
	int64_t			 began;
	double			 took;

	options(argc, argv);
	seen.took_us = malloc(sizeof(*seen.took_us) * MOST_SAMPLES);
	poller = epoll_create1(EPOLL_CLOEXEC);
	if (seen.took_us == NULL || poller < 0)
		die("start");
	began = mono_us();
	run(conns, began + opt.seconds * US_PER_S);
	took = (double)(mono_us() - began) / US_PER_S;
	qsort(seen.took_us, seen.n, sizeof(*seen.took_us), by_size);
	printf("{\"connections\":%d,\"requests\":%zu,\"per_s\":%.1f,\"p50_ms\":%.3f,\"p99_ms\":%.3f,"
	    "\"max_ms\":%.3f,\"refused\":%lld,\"last_refusal\":%d,\"broken\":%lld}\n",
	    opt.conns, seen.n, (double)seen.n / took, percentile_ms(0.5), percentile_ms(0.99),
	    percentile_ms(1), (long long)seen.refused, seen.last_status, (long long)seen.broken);
	return 0;
}
