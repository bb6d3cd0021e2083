/*
 * How the program runs, starts and stops.
 *
 * The thread of http_serve() waits for signals.  One of the others sits in a
 * blocking accept4(), for polling a shared socket wakes everybody for each
 * request; it must not be shut down or made non-blocking either, for other
 * processes share it.  So they are stopped by interrupting them until they are
 * gone.
 */
#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "http/serve.h"

/* When stopping, requests that are still being read may come to their end. */
#define STOP_GRACE_US	(500 * US_PER_MS)
#define NUDGE_US	(5 * US_PER_MS)
#define MUCH_ROOM	((rlim_t)1 << 30)	/* bytes of addresses: no need to be frugal */

/* What `hookkeeper doctor` finds in a program's file, to compare versions. */
__attribute__((used)) static const char	mark[] = HTTP_VERSION_MARK HK_VERSION;

static void
interrupt(int sig)
{
	(void)sig;
}

/* Those that http_serve() waits for. */
static void
stop_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGUSR1);
	sigaddset(set, SIGUSR2);
}

static bool
is_listening(int fd)
{
	int		 yes = 0;
	socklen_t	 len = sizeof(yes);

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &yes, &len) == 0 && yes;
}

/*
 * To wake a thread of ours must not push aside whoever wakes it: the web server
 * would lose its processor before it has sent what it connected for.  And what
 * gathers meanwhile is taken at once.  Only where nobody has chosen otherwise.
 */
static void
be_patient(void)
{
	const struct sched_param	 none = { 0 };

	if (sched_getscheduler(0) == SCHED_OTHER)
		(void)sched_setscheduler(0, SCHED_BATCH, &none);
}

/*
 * For each of a few threads malloc() reserves 64 MB of addresses.  Where a host lets
 * a process have little of them, one such place for all has to do: else it depends on
 * chance whether there is room for anything else.
 */
static void
be_frugal(void)
{
	struct rlimit	 r;

	if (getrlimit(RLIMIT_AS, &r) == 0 && r.rlim_cur < MUCH_ROOM)
		(void)mallopt(M_ARENA_MAX, 1);
}

enum http_way
http_start(void)
{
	enum http_way	 way = HTTP_NONE;
	struct sigaction sa = { .sa_handler = interrupt };
	sigset_t	 set;

	stop_signals(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	sigaction(SIGUSR2, &sa, NULL);	/* no SA_RESTART */
	signal(SIGPIPE, SIG_IGN);
	be_frugal();
	if (is_listening(0)) {
		way = HTTP_FASTCGI;
		be_patient();
	} else if (getenv("GATEWAY_INTERFACE") != NULL)
		way = HTTP_CGI;
	return way;
}

void
server_wake(struct server *sv)
{
	atomic_store(&sv->asleep, false);
	pthread_kill(sv->watcher, SIGUSR2);
}

/*
 * Look after one worker: one that accepts is interrupted when we are
 * stopping, one that reads when its time is over.  When it has to be looked
 * at again; INT64_MAX: no need.
 */
static int64_t
look_after(struct worker *w, int64_t now, int64_t stop_us)
{
	int64_t	 again = INT64_MAX;

	pthread_mutex_lock(&w->m);
	if (w->doing == DOING_ACCEPT && stop_us != 0)
		pthread_kill(w->thread, SIGUSR2);
	if (w->doing == DOING_READ) {
		again = w->deadline_us;
		if (stop_us != 0 && stop_us + STOP_GRACE_US < again)
			again = stop_us + STOP_GRACE_US;
		if (now >= again) {
			atomic_store(&w->cut, now >= w->deadline_us ? HK_TIMEOUT :
			    HK_STOPPING);
			pthread_kill(w->thread, SIGUSR2);
			again = now + NUDGE_US;	/* it may just not have waited */
		}
	}
	pthread_mutex_unlock(&w->m);
	return again;
}

static int
await_signal(const sigset_t *set, int64_t us)
{
	struct timespec	 ts = { (time_t)(us / US_PER_S), (long)(us % US_PER_S * 1000) };

	return sigtimedwait(set, NULL, &ts);
}

/*
 * Sleep until told to stop.  While nobody reads the watcher sleeps for good,
 * and the first who begins to read wakes it; then it stays up for a second,
 * or a busy program would wake it for each request.  Nobody's time can be
 * over sooner, and who begins later is due later.
 */
static void
watch(struct server *sv)
{
	sigset_t	 set;
	int64_t		 now, at, again;
	int		 sig;

	stop_signals(&set);
	do {
		atomic_store(&sv->asleep, true);
		now = mono_us();
		again = INT64_MAX;
		for (int i = 0; i < sv->nworker; i++)
			if ((at = look_after(&sv->worker[i], now, 0)) < again)
				again = at;
		if (again != INT64_MAX) {
			atomic_store(&sv->asleep, false);
			sig = await_signal(&set, again - now);
		} else if ((sig = sigwaitinfo(&set, NULL)) == SIGUSR2 &&
		    atomic_load(&sv->failed) == HK_OK)
			sig = await_signal(&set, US_PER_S);
	} while ((sig == -1 || sig == SIGUSR2) && atomic_load(&sv->failed) == HK_OK);
}

static void
stop(struct server *sv)
{
	const struct timespec	 pause = { 0, NUDGE_US * 1000 };
	int64_t			 stop_us = mono_us();
	int			 left = sv->nworker;

	atomic_store(&sv->stopping, true);
	door_close(&sv->door);
	pool_close(&sv->pool);
	while (left > 0) {
		for (int i = 0; i < sv->nworker; i++) {
			struct worker	*w = &sv->worker[i];

			if (w->joined)
				continue;
			(void)look_after(w, mono_us(), stop_us);
			if ((w->joined = pthread_tryjoin_np(w->thread, NULL) == 0))
				left--;
		}
		if (left > 0)
			nanosleep(&pause, NULL);
	}
}

/* As many of the threads as can be had. */
static enum hk_err
start(struct server *sv)
{
	int	 error = 0;

	if ((sv->worker = calloc((size_t)sv->limits->threads, sizeof(*sv->worker))) == NULL)
		return err_note(HK_NOMEM, "no memory for %d threads", sv->limits->threads);
	while (sv->nworker < sv->limits->threads) {
		struct worker	*w = &sv->worker[sv->nworker];

		w->sv = sv;
		pthread_mutex_init(&w->m, NULL);
		if ((error = pthread_create(&w->thread, NULL, acceptor_run, w)) != 0) {
			pthread_mutex_destroy(&w->m);
			break;
		}
		sv->nworker++;
	}
	if (sv->nworker == 0)
		return err_note(HK_IO, "cannot start a thread: %s", strerror(error));
	if (error != 0)
		log_warn("%d threads instead of %d: %s", sv->nworker, sv->limits->threads,
		    strerror(error));
	return HK_OK;
}

/*
 * mod_fcgid gives each process a socket of its own, called by the number of
 * Apache's process and a counter ("1234.5"); its source: fcgid_proc_unix.c.
 */
static bool
is_fcgids(const char *path)
{
	const char	*name = strrchr(path, '/');
	size_t		 n;

	if (name == NULL || (n = strspn(name + 1, "0123456789")) == 0)
		return false;
	name += 1 + n;
	return name[0] == '.' && name[1] != '\0' && name[1 + strspn(name + 1, "0123456789")] == '\0';
}

bool
http_alone(enum http_way way)
{
	struct sockaddr_un	 sa = { .sun_family = AF_UNSPEC };
	socklen_t		 len = sizeof(sa) - 1;	/* a path as long as can be has no NUL */

	return way == HTTP_CGI || (way == HTTP_FASTCGI &&
	    getsockname(0, (struct sockaddr *)&sa, &len) == 0 && sa.sun_family == AF_UNIX &&
	    is_fcgids(sa.sun_path));
}

/*
 * Whoever can speak FastCGI to us can claim any REMOTE_ADDR; a UNIX socket has
 * a mode, a port is everybody's.
 */
static enum hk_err
check_socket(void)
{
	union {
		struct sockaddr		 any;
		struct sockaddr_in	 in;
		struct sockaddr_in6	 in6;
		struct sockaddr_storage	 room;
	} sa = { .room.ss_family = AF_UNSPEC };
	socklen_t	 len = sizeof(sa);

	if (getsockname(0, &sa.any, &len) == -1)
		return err_note(HK_IO, "standard input: %s", strerror(errno));
	if (sa.any.sa_family == AF_UNIX)
		return HK_OK;
	if ((sa.any.sa_family == AF_INET &&
	    ntohl(sa.in.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET) ||
	    (sa.any.sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&sa.in6.sin6_addr))) {
		log_warn("listening on a TCP port, which every local user can use; "
		    "give this program a UNIX socket");
		return HK_OK;
	}
	return err_note(HK_CONF, "listening on a TCP port that others can reach; "
	    "give this program a UNIX socket");
}

static enum hk_err
fastcgi_serve(const struct http_service *service, const struct http_limits *limits)
{
	struct server	 sv = { .service = service, .limits = limits };
	enum hk_err	 e;

	sv.watcher = pthread_self();
	door_init(&sv.door);
	pool_init(&sv.pool, HTTP_FASTCGI, service, limits);
	if ((e = check_socket()) == HK_OK && (e = start(&sv)) == HK_OK) {
		watch(&sv);
		stop(&sv);
		e = (enum hk_err)atomic_load(&sv.failed);
	}
	if (service->drain != NULL)
		service->drain(service->ctx);
	for (int i = 0; i < sv.nworker; i++)
		pthread_mutex_destroy(&sv.worker[i].m);
	free(sv.worker);
	pool_release(&sv.pool);
	door_release(&sv.door);
	return e;
}

enum hk_err
http_serve(enum http_way way, const struct http_service *service,
    const struct http_limits *limits)
{
	assert(limits->threads > 0 && limits->inflight > 0 && limits->max_body < INT_MAX);
	switch (way) {
	case HTTP_FASTCGI:
		return fastcgi_serve(service, limits);
	case HTTP_CGI:
		return cgi_serve(service, limits);
	default:
		return err_note(HK_USAGE, "this program is run by a web server: as FastCGI "
		    "on a listening socket, or as CGI");
	}
}
