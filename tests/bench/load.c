/*
 * load - post signed Stripe events over N keep-alive connections and measure.
 *
 *	load [-c connections] [-s seconds] [-b body bytes] [-k secret] http://127.0.0.1:PORT/PATH
 *
 * Every event has an id of its own, in order of time as Stripe's are, and a
 * fresh signature.  One thread, epoll.  Prints one line of JSON: requests a
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
#include <unistd.h>

#include "base/clock.h"
#include "base/codec.h"
#include "crypto/hmac.h"

#define MOST_CONNS	1024
#define MOST_BODY	(1024 * 1024)
#define HEAD_ROOM	1024
#define ANSWER_ROOM	4096
#define MOST_SAMPLES	(4 * 1000 * 1000)

struct conn {
	int	 fd;
	char	*out;		/* the request being sent */
	size_t	 out_len, sent;
	bool	 full;		/* waits for room to send the rest */
	char	 in[ANSWER_ROOM + 1];
	size_t	 in_len;
	int64_t	 started_us;
};

static struct {
	uint16_t	 port;
	const char	*path;
	const char	*secret;
	int		 conns;
	int		 seconds;
	size_t		 body_len;
} opt = { .secret = "whsec_bench", .conns = 32, .seconds = 4, .body_len = 2048 };

static struct {
	uint32_t	*took_us;
	size_t		 n;
	int64_t		 refused;	/* another answer than 200 */
	int64_t		 broken;	/* no answer */
	int		 last_status;
} seen;

static int	 poller;
static int64_t	 serial;

static void
die(const char *what)
{
	perror(what);
	exit(74);
}

/* A Stripe event of body_len bytes; the rest is a description. */
static void
body_make(char *out, size_t len)
{
	int64_t	 now = now_us();
	int	 n;

	n = snprintf(out, len + 1,
	    "{\n  \"id\": \"evt_%014llx%06llx\",\n  \"object\": \"event\",\n"
	    "  \"api_version\": \"2026-10-28.endive\",\n  \"created\": %lld,\n"
	    "  \"data\": {\n    \"object\": {\n      \"id\": \"cus_%014llx\",\n"
	    "      \"object\": \"customer\",\n      \"description\": \"",
	    (unsigned long long)now, (unsigned long long)(serial & 0xffffff),
	    (long long)(now / US_PER_S), (unsigned long long)serial);
	static const char tail[] = "\"\n    }\n  },\n  \"livemode\": false,\n"
	    "  \"pending_webhooks\": 1,\n  \"type\": \"customer.updated\"\n}";
	serial++;
	memset(out + n, 'x', len - (size_t)n - (sizeof(tail) - 1));
	memcpy(out + len - (sizeof(tail) - 1), tail, sizeof(tail) - 1);
}

/* The next request of a connection: head, signature, body. */
static void
request_make(struct conn *c)
{
	char		 hex[2 * SHA256_LEN + 1], at[24];
	uint8_t		 mac[SHA256_LEN];
	char		*body = c->out + HEAD_ROOM;
	struct span	 piece[3];
	int		 n;

	body_make(body, opt.body_len);
	snprintf(at, sizeof(at), "%lld", (long long)(now_us() / US_PER_S));
	piece[0] = span_str(at);
	piece[1] = SPAN(".");
	piece[2] = span_of(body, opt.body_len);
	hmac_sha256(mac, span_str(opt.secret), piece, 3);
	hex_encode(hex, mac, sizeof(mac));
	n = snprintf(c->out, HEAD_ROOM,
	    "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
	    "Stripe-Signature: t=%s,v1=%s\r\nContent-Length: %zu\r\n\r\n",
	    opt.path, at, hex, opt.body_len);
	memmove(c->out + n, body, opt.body_len);
	c->out_len = (size_t)n + opt.body_len;
	c->sent = 0;
	c->in_len = 0;
}

static void
conn_write(struct conn *c)
{
	struct epoll_event	 ev = { .data.ptr = c };
	ssize_t			 n;

	while (c->sent < c->out_len) {
		n = send(c->fd, c->out + c->sent, c->out_len - c->sent,
		    MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0)
			break;	/* full, or broken: then the read says so */
		c->sent += (size_t)n;
	}
	if (c->full == (c->sent < c->out_len))
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
	c->full = false;
	if (epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &ev) != 0)
		die("epoll_ctl");
}

static void
conn_next(struct conn *c)
{
	request_make(c);
	c->started_us = mono_us();
	conn_write(c);
}

static void
conn_again(struct conn *c)
{
	close(c->fd);
	conn_open(c);
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
conn_read(struct conn *c)
{
	bool	 closes = false;
	ssize_t	 n;
	int	 status;

	n = recv(c->fd, c->in + c->in_len, ANSWER_ROOM - c->in_len, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
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
	if (status != 200) {
		seen.refused++;
		seen.last_status = status;
	} else if (seen.n < MOST_SAMPLES)
		seen.took_us[seen.n++] = (uint32_t)(mono_us() - c->started_us);
	if (closes)
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
options(int argc, char **argv)
{
	int	 o;

	while ((o = getopt(argc, argv, "c:s:b:k:")) != -1)
		switch (o) {
		case 'c': opt.conns = atoi(optarg); break;
		case 's': opt.seconds = atoi(optarg); break;
		case 'b': opt.body_len = (size_t)atol(optarg); break;
		case 'k': opt.secret = optarg; break;
		default: exit(64);
		}
	if (optind != argc - 1 || strncmp(argv[optind], "http://127.0.0.1:", 17) != 0 ||
	    opt.conns < 1 || opt.conns > MOST_CONNS || opt.seconds < 1 ||
	    opt.body_len < 512 || opt.body_len > MOST_BODY) {
		fprintf(stderr, "usage: load [-c connections] [-s seconds] [-b body bytes, 512 or more]"
		    " [-k secret] http://127.0.0.1:PORT/PATH\n");
		exit(64);
	}
	opt.port = (uint16_t)atoi(argv[optind] + 17);
	opt.path = strchr(argv[optind] + 17, '/');
	if (opt.path == NULL)
		opt.path = "/";
}

int
main(int argc, char **argv)
{
	static struct conn	 conns[MOST_CONNS];
	struct epoll_event	 ready[64];
	int64_t			 began, end;
	double			 took;
	int			 n;

	options(argc, argv);
	seen.took_us = malloc(sizeof(*seen.took_us) * MOST_SAMPLES);
	poller = epoll_create1(EPOLL_CLOEXEC);
	if (seen.took_us == NULL || poller < 0)
		die("start");
	began = mono_us();
	end = began + opt.seconds * US_PER_S;
	for (int i = 0; i < opt.conns; i++) {
		if ((conns[i].out = malloc(HEAD_ROOM + opt.body_len + 1)) == NULL)
			die("start");
		conn_open(&conns[i]);
		conn_next(&conns[i]);
	}
	while (mono_us() < end) {
		n = epoll_wait(poller, ready, 64, 100);
		for (int i = 0; i < n; i++) {
			struct conn	*c = ready[i].data.ptr;

			if (ready[i].events & EPOLLOUT)
				conn_write(c);
			if (ready[i].events & ~(uint32_t)EPOLLOUT)
				conn_read(c);
		}
	}
	took = (double)(mono_us() - began) / US_PER_S;
	qsort(seen.took_us, seen.n, sizeof(*seen.took_us), by_size);
	printf("{\"connections\":%d,\"requests\":%zu,\"per_s\":%.1f,\"p50_ms\":%.3f,\"p99_ms\":%.3f,"
	    "\"max_ms\":%.3f,\"refused\":%lld,\"last_refusal\":%d,\"broken\":%lld}\n",
	    opt.conns, seen.n, (double)seen.n / took, percentile_ms(0.5), percentile_ms(0.99),
	    percentile_ms(1), (long long)seen.refused, seen.last_status, (long long)seen.broken);
	return 0;
}
