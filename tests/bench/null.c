/*
 * null - the FastCGI program that does nothing, as fast as it can be done:
 * reads a request to its end and answers.  What a receiver costs is measured
 * against it.  It shares the way of accepting with src/http, but no code.
 *
 *	null [threads]		on a listening socket as fd 0; stops on SIGTERM
 */
#include <fcgiapp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define THREADS_MOST	256

static atomic_bool	 stopping;

static void
interrupt(int sig)
{
	(void)sig;
}

static void
answer(FCGX_Request *rq)
{
	static const char	 reply[] = "Status: 200 OK\r\n"
	    "Content-Type: application/json\r\nContent-Length: 17\r\n\r\n"
	    "{\"received\":true}";
	char			 trash[8192];

	while (FCGX_GetStr(trash, sizeof(trash), rq->in) == sizeof(trash))
		continue;
	FCGX_PutStr(reply, sizeof(reply) - 1, rq->out);
	if (FCGX_GetError(rq->in) == 0)
		FCGX_Detach(rq);
}

static void *
serve(void *arg)
{
	const struct timeval	 limit = { .tv_sec = 10 };
	FCGX_Request		 rq;
	int			 fd;

	(void)arg;
	FCGX_InitRequest(&rq, -1, 0);
	while (!atomic_load(&stopping)) {
		if ((fd = accept4(0, NULL, NULL, SOCK_CLOEXEC)) == -1)
			continue;
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
		rq.ipcFd = fd;
		rq.keepConnection = 1;	/* or FCGX_Accept_r() closes fd first */
		if (FCGX_Accept_r(&rq) < 0)
			continue;
		answer(&rq);
		rq.keepConnection = 0;	/* Finish closes it */
		FCGX_Finish_r(&rq);
	}
	FCGX_Free(&rq, 0);
	return NULL;
}

int
main(int argc, char **argv)
{
	struct sigaction	 sa = { .sa_handler = interrupt };
	const struct timespec	 pause = { 0, 5000000 };
	pthread_t		 thread[THREADS_MOST];
	int			 n = argc > 1 ? atoi(argv[1]) : 16, sig;
	sigset_t		 set;

	if (n < 1 || n > THREADS_MOST) {
		fprintf(stderr, "null: 1 to %d threads\n", THREADS_MOST);
		return 2;
	}
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	sigaction(SIGUSR2, &sa, NULL);
	if (FCGX_Init() != 0)
		return 1;
	for (int i = 0; i < n; i++)
		if (pthread_create(&thread[i], NULL, serve, NULL) != 0)
			return 1;
	sigwait(&set, &sig);
	atomic_store(&stopping, true);
	for (int i = 0; i < n; i++)
		while (pthread_kill(thread[i], SIGUSR2) == 0 &&
		    pthread_tryjoin_np(thread[i], NULL) != 0)
			nanosleep(&pause, NULL);
	return 0;
}
