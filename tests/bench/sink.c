/*
 * sink - a web server that answers every POST with 204 and does nothing else: what
 * deliveries are measured against.  One thread, epoll, connections stay.
 *
 *	sink [DELAY_MS]		prints its port, then serves until SIGTERM or SIGINT
 *				and prints {"requests":N,"connections":N,"cpu_s":X}
 *
 * DELAY_MS: each answer waits so long, as the far end of the world does.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define READ_MOST	(256 << 10)
#define WAITING_MOST	4096

struct peer {
	int	 fd;
	char	*buf;
	size_t	 len;
	int	 epfd;
	bool	 gone;		/* by now; a late answer is for nobody */
	int	 late;		/* answers that wait */
};

/* Answers that wait: all wait as long, so the first in is the first out. */
static struct {
	struct peer	*peer;
	int64_t		 at;
}			 late[WAITING_MOST];
static size_t		 first, nlate;
static int64_t		 delay_ms;
static long		 requests, connections;

static int64_t
now_ms(void)
{
	struct timespec	t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
peer_free(struct peer *p)
{
	if (p->late > 0) {
		p->gone = true;
		return;
	}
	free(p->buf);
	free(p);
}

static void
answer(struct peer *p)
{
	static const char	text[] = "HTTP/1.1 204 No Content\r\n\r\n";

	/* A peer that takes no 30 bytes is not worth waiting for. */
	if (!p->gone && send(p->fd, text, sizeof(text) - 1, MSG_NOSIGNAL) < 0)
		shutdown(p->fd, SHUT_RDWR);
}

static void
answer_later(struct peer *p)
{
	if (delay_ms == 0 || nlate == WAITING_MOST) {
		answer(p);
		return;
	}
	late[(first + nlate) % WAITING_MOST].peer = p;
	late[(first + nlate++) % WAITING_MOST].at = now_ms() + delay_ms;
	p->late++;
}

static void
answer_due(void)
{
	while (nlate > 0 && late[first].at <= now_ms()) {
		struct peer	*p = late[first].peer;

		first = (first + 1) % WAITING_MOST;
		nlate--;
		p->late--;
		answer(p);
		if (p->gone)
			peer_free(p);
	}
}

/* How long the first request is; 0: it is not all there. */
static size_t
whole(const char *p, size_t len)
{
	const char	*end = memmem(p, len, "\r\n\r\n", 4), *cl;
	size_t		 need;

	if (end == NULL || (cl = strcasestr(p, "\r\ncontent-length:")) == NULL)
		return 0;
	need = (size_t)(end + 4 - p) + strtoul(cl + 17, NULL, 10);
	return len >= need ? need : 0;
}

/* False: it is gone. */
static bool
hear(struct peer *p)
{
	ssize_t	got = recv(p->fd, p->buf + p->len, READ_MOST - p->len, 0);
	size_t	n;

	if (got <= 0)
		return got < 0 && errno == EAGAIN;
	p->buf[p->len += (size_t)got] = '\0';
	while ((n = whole(p->buf, p->len)) > 0) {
		requests++;
		answer_later(p);
		memmove(p->buf, p->buf + n, p->len - n + 1);
		p->len -= n;
	}
	return p->len < READ_MOST;
}

static void
meet(int ep, int listener)
{
	struct peer	*p = calloc(1, sizeof(*p));
	int		 fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (p == NULL || fd < 0 || (p->buf = malloc(READ_MOST + 1)) == NULL) {
		if (fd >= 0)
			close(fd);
		free(p);
		return;
	}
	p->fd = fd;
	connections++;
	epoll_ctl(ep, EPOLL_CTL_ADD, fd, &(struct epoll_event){ .events = EPOLLIN, .data.ptr = p });
}

static int
open_listener(void)
{
	struct sockaddr_in	sin = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t		len = sizeof(sin);
	int			fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&sin, sizeof(sin)) != 0 || listen(fd, 1024) != 0 ||
	    getsockname(fd, (struct sockaddr *)&sin, &len) != 0) {
		perror("sink");
		exit(1);
	}
	printf("%d\n", ntohs(sin.sin_port));
	fflush(stdout);
	return fd;
}

int
main(int argc, char **argv)
{
	struct epoll_event	ev[256];
	struct rusage		use;
	sigset_t		stop;
	int			listener, ep = epoll_create1(EPOLL_CLOEXEC), sig;
	bool			going = true;

	delay_ms = argc > 1 ? atoi(argv[1]) : 0;
	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGINT);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	sig = signalfd(-1, &stop, SFD_CLOEXEC);
	listener = open_listener();
	epoll_ctl(ep, EPOLL_CTL_ADD, listener, &(struct epoll_event){ .events = EPOLLIN, .data.ptr = &listener });
	epoll_ctl(ep, EPOLL_CTL_ADD, sig, &(struct epoll_event){ .events = EPOLLIN, .data.ptr = &sig });
	while (going) {
		int	n = epoll_wait(ep, ev, 256, nlate > 0 ? 1 : 1000);

		for (int i = 0; i < n; i++) {
			struct peer	*p = ev[i].data.ptr;

			if (ev[i].data.ptr == &listener)
				meet(ep, listener);
			else if (ev[i].data.ptr == &sig)
				going = false;
			else if (!hear(p)) {
				close(p->fd);
				peer_free(p);
			}
		}
		answer_due();
	}
	getrusage(RUSAGE_SELF, &use);
	printf("{\"requests\":%ld,\"connections\":%ld,\"cpu_s\":%.3f}\n", requests, connections,
	    (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
	    (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6);
	return 0;
}
