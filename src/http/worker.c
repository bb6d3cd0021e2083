/*
 * An accepting thread: go to the door, take an exchange, accept, read, hand over.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "http/serve.h"

#define BACK_OFF_US	(100 * US_PER_MS)
#define COMPLAIN_US	(60 * US_PER_S)

static void
now_doing(struct worker *w, enum doing d)
{
	pthread_mutex_lock(&w->m);
	w->doing = d;
	if (d == DOING_READ) {
		w->deadline_us = mono_us() + w->sv->limits->request_timeout_s * US_PER_S;
		atomic_store(&w->cut, HK_OK);
	}
	pthread_mutex_unlock(&w->m);
	if (d == DOING_READ && atomic_load(&w->sv->asleep))
		server_wake(w->sv);
}

/* Something ran out: wait a little, and say so once a minute. */
static void
back_off(const char *what, int error)
{
	static atomic_llong	 said;
	const struct timespec	 pause = { 0, BACK_OFF_US * 1000 };
	long long		 now = mono_us(), last = atomic_load(&said);

	if ((last == 0 || now - last > COMPLAIN_US) &&
	    atomic_compare_exchange_strong(&said, &last, now))
		log_error("%s: %s; requests wait", what, strerror(error));
	nanosleep(&pause, NULL);
}

/*
 * What a failed accept4() means.  True: try again.  The list of passing
 * errors is that of accept(2).
 */
static bool
accept_again(struct server *sv, int error)
{
	struct pollfd	 p = { .fd = 0, .events = POLLIN };

	switch (error) {
	case EINTR:
	case ECONNABORTED:
	case EPROTO:
		return true;
	case EAGAIN:	/* somebody who shares the socket made it O_NONBLOCK */
		(void)poll(&p, 1, -1);
		return true;
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
	case EPERM:		/* a firewall's rule; then the network's moods */
	case ENETDOWN:
	case ENETUNREACH:
	case EHOSTDOWN:
	case EHOSTUNREACH:
	case ENONET:
		back_off("accept", error);
		return true;
	default:
		atomic_store(&sv->failed, err_note(HK_IO,
		    "accept on standard input: %s; it has to be a listening socket",
		    strerror(error)));
		server_wake(sv);
		return false;
	}
}

/* -1: stop. */
static int
accept_one(struct worker *w)
{
	int	 fd, error = 0;

	now_doing(w, DOING_ACCEPT);
	do {
		if (atomic_load(&w->sv->stopping))
			fd = -1;
		else if (FAULT_FAIL("accept")) {
			fd = -1;
			error = EMFILE;
		} else if ((fd = accept4(0, NULL, NULL, SOCK_CLOEXEC)) == -1)
			error = errno;
	} while (fd == -1 && !atomic_load(&w->sv->stopping) &&
	    accept_again(w->sv, error));
	now_doing(w, fd == -1 ? DOING_WORK : DOING_READ);
	return fd;
}

/* True: this thread is still at the door. */
static bool
serve_one(struct worker *w, struct exchange *x, int fd)
{
	const struct http_service	*service = w->sv->service;
	struct body_source		 src = { .read = fastcgi_body };
	bool				 stays;

	x->cut = &w->cut;
	x->door = &w->sv->door;
	if (!fastcgi_open(x, fd)) {
		now_doing(w, DOING_WORK);
		stays = x->door != NULL;
		pool_put(x);
		return stays;
	}
	if (!request_read(x, x->fcgi.env, &src)) {
		now_doing(w, DOING_WORK);
		return false;			/* left it to refuse */
	}
	now_doing(w, DOING_WORK);
	if (!service->quick)
		exchange_leave(x);
	stays = x->door != NULL;
	x->cut = NULL;			/* another thread may answer */
	x->kept = x->door;
	x->door = NULL;
	x->stays = &stays;
	service->handle(&x->pub, service->ctx);
	return stays;
}

void *
acceptor_run(void *arg)
{
	struct worker	*w = arg;
	struct exchange	*x;
	sigset_t	 set;
	enum hk_err	 e;
	bool		 at_door = false;
	int		 fd;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	while (at_door || door_take(&w->sv->door)) {
		at_door = true;
		if ((e = pool_take(&w->sv->pool, &x)) == HK_NOMEM) {
			back_off("a new request", ENOMEM);
			continue;
		}
		if (e != HK_OK)
			break;
		if ((fd = accept_one(w)) == -1) {
			pool_put(x);
			break;
		}
		at_door = serve_one(w, x, fd);
	}
	return NULL;
}
