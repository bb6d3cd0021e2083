/*
 * The accepting threads, and the thread of http_serve() that watches them.
 */
#ifndef HTTP_SERVE_H
#define HTTP_SERVE_H

#include "http/exchange.h"

struct server;

/*
 * SIGUSR2 interrupts what a thread waits in.  It is sent only with the
 * worker's lock held and only while the worker says that it accepts or reads:
 * elsewhere an interrupted write would lose an answer.
 */
enum doing {
	DOING_WORK,
	DOING_ACCEPT,
	DOING_READ	/* until deadline_us */
};

struct worker {
	struct server	*sv;
	pthread_t	 thread;
	bool		 joined;
	pthread_mutex_t	 m;		/* guards the next two */
	enum doing	 doing;
	int64_t		 deadline_us;	/* mono_us() */
	atomic_int	 cut;		/* see struct exchange */
};

struct server {
	const struct http_service *service;
	const struct http_limits  *limits;
	struct door	 door;
	struct pool	 pool;
	struct worker	*worker;
	int		 nworker;
	pthread_t	 watcher;
	atomic_bool	 asleep;	/* the watcher, until a worker begins to read */
	atomic_bool	 stopping;
	atomic_int	 failed;	/* hk_err; the listening socket is no good */
};

/* Wakes the watcher by SIGUSR2. */
void	 server_wake(struct server *);
/* The life of an accepting thread; the argument is its struct worker. */
void	*acceptor_run(void *);

#endif
