/*
 * A server of a test's own: what it does is in the path.  /200 and other numbers
 * answer so; /after answers 429 with Retry-After: 90; /hang says nothing; /reset
 * hangs up; /huge sends without end; /drip a byte now and then.  Connections stay.
 */
#ifndef TESTS_DELIVER_SINK_H
#define TESTS_DELIVER_SINK_H

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SINK_REQUEST	(2 << 20)
#define SINK_PEERS	300

struct sink {
	pthread_t	 thread, peer[SINK_PEERS];
	int		 fd, port;
	atomic_int	 peers, requests, stop;
	pthread_mutex_t	 m;
	char		*last;		/* the last whole request; under m */
};

struct sink_peer {
	struct sink	*sink;
	int		 fd;
};

static inline void
sink_say(int fd, const char *text)
{
	ssize_t	n;

	for (size_t i = 0, len = strlen(text); i < len; i += (size_t)n)
		if ((n = send(fd, text + i, len - i, MSG_NOSIGNAL)) <= 0)
			return;
}

/* False: the connection is over. */
static inline bool
sink_answer(struct sink *s, int fd, const char *path)
{
	static const char	block[] = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
	char			text[200];

	if (strncmp(path, "/hang", 5) == 0) {
		while (!s->stop)
			usleep(20000);
		return false;
	}
	if (strncmp(path, "/reset", 6) == 0)
		return false;
	if (strncmp(path, "/huge", 5) == 0) {
		sink_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n");
		while (!s->stop && send(fd, block, sizeof(block) - 1, MSG_NOSIGNAL) > 0)
			continue;
		return false;
	}
	if (strncmp(path, "/after", 6) == 0)
		snprintf(text, sizeof(text), "HTTP/1.1 429 Calm\r\nRetry-After: 90\r\nContent-Length: 2\r\n\r\nno");
	else
		snprintf(text, sizeof(text), "HTTP/1.1 %.3s Said\r\nContent-Length: 2\r\n"
		    "Location: /200\r\n\r\nok", path + 1);
	sink_say(fd, text);
	return true;
}

/* How long the first request in p is; 0: not all of it is there. */
static inline size_t
sink_whole(const char *p, size_t len)
{
	const char	*end = memmem(p, len, "\r\n\r\n", 4), *cl;
	size_t		 need;

	if (end == NULL || (cl = strcasestr(p, "content-length: ")) == NULL)
		return 0;
	need = (size_t)(end + 4 - p) + strtoul(cl + 16, NULL, 10);
	return len >= need ? need : 0;
}

static inline void *
sink_peer(void *arg)
{
	struct sink_peer	*p = arg;
	struct sink		*s = p->sink;
	char			*buf = calloc(1, SINK_REQUEST + 1), path[64];
	size_t			 len = 0, n;
	ssize_t			 got;
	bool			 going = buf != NULL;

	while (going && !s->stop) {
		struct pollfd	pf = { .fd = p->fd, .events = POLLIN };

		if (poll(&pf, 1, 50) <= 0)
			continue;
		if ((got = recv(p->fd, buf + len, SINK_REQUEST - len, 0)) <= 0)
			break;
		buf[len += (size_t)got] = '\0';
		while (going && (n = sink_whole(buf, len)) > 0) {
			pthread_mutex_lock(&s->m);
			memcpy(s->last, buf, n);
			s->last[n] = '\0';
			pthread_mutex_unlock(&s->m);
			s->requests++;
			sscanf(buf, "%*s %63s", path);
			going = sink_answer(s, p->fd, path);
			memmove(buf, buf + n, len - n + 1);
			len -= n;
		}
	}
	close(p->fd);
	free(buf);
	free(p);
	return NULL;
}

static inline void *
sink_accept(void *arg)
{
	struct sink	*s = arg;
	int		 fd;

	while ((fd = accept(s->fd, NULL, NULL)) >= 0) {
		struct sink_peer	*p = malloc(sizeof(*p));

		if (p == NULL || s->peers == SINK_PEERS) {
			close(fd);
			free(p);
			continue;
		}
		*p = (struct sink_peer){ s, fd };
		if (pthread_create(&s->peer[s->peers], NULL, sink_peer, p) == 0)
			s->peers++;
	}
	return NULL;
}

static inline void
sink_start(struct sink *s)
{
	struct sockaddr_in	sin = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t		len = sizeof(sin);

	memset(s, 0, sizeof(*s));
	pthread_mutex_init(&s->m, NULL);
	s->last = calloc(1, SINK_REQUEST + 1);
	s->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (s->last == NULL || bind(s->fd, (struct sockaddr *)&sin, sizeof(sin)) != 0 ||
	    listen(s->fd, 512) != 0 || getsockname(s->fd, (struct sockaddr *)&sin, &len) != 0 ||
	    pthread_create(&s->thread, NULL, sink_accept, s) != 0)
		abort();
	s->port = ntohs(sin.sin_port);
}

static inline void
sink_stop(struct sink *s)
{
	s->stop = 1;
	shutdown(s->fd, SHUT_RDWR);
	pthread_join(s->thread, NULL);
	for (int i = 0; i < s->peers; i++)
		pthread_join(s->peer[i], NULL);
	close(s->fd);
	free(s->last);
	pthread_mutex_destroy(&s->m);
}

#endif
