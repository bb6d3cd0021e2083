/* lock - flock(2) on a side file, with a time limit. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fault.h"
#include "store/private.h"

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id	_sigev_un._tid	/* glibc before 2.38 has no name for it */
#endif

#define WAKE_SIGNAL	(SIGRTMIN + 1)
#define WAKE_AGAIN_MS	5	/* a signal that came just before flock() woke nobody */

/* Wakes the calling thread, and no other, out of a system call. */
struct alarm {
	timer_t		 timer;
	sigset_t	 before;	/* the thread's signal mask */
};

static pthread_once_t	wake_once = PTHREAD_ONCE_INIT;

static void
wake(int sig)
{
	(void)sig;	/* to be interrupted is all that is wanted */
}

static void
wake_install(void)
{
	struct sigaction	 sa = { .sa_handler = wake };	/* no SA_RESTART */

	sigemptyset(&sa.sa_mask);
	sigaction(WAKE_SIGNAL, &sa, NULL);
}

static struct timespec
timespec_ms(int64_t ms)
{
	return (struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
}

static bool
alarm_set(struct alarm *a, int64_t ms)
{
	struct sigevent		 ev = { .sigev_notify = SIGEV_THREAD_ID };
	struct itimerspec	 at = { timespec_ms(WAKE_AGAIN_MS), timespec_ms(ms) };
	sigset_t		 ours;

	pthread_once(&wake_once, wake_install);
	ev.sigev_signo = WAKE_SIGNAL;
	ev.sigev_notify_thread_id = gettid();
	if (timer_create(CLOCK_MONOTONIC, &ev, &a->timer) == -1)
		return false;
	sigemptyset(&ours);
	sigaddset(&ours, WAKE_SIGNAL);
	pthread_sigmask(SIG_UNBLOCK, &ours, &a->before);
	timer_settime(a->timer, 0, &at, NULL);
	return true;
}

static void
alarm_clear(struct alarm *a)
{
	timer_delete(a->timer);
	pthread_sigmask(SIG_SETMASK, &a->before, NULL);
}

/* Without a timer (RLIMIT_SIGPENDING): ask again and again. */
static int
flock_poll(int fd, int64_t deadline)
{
	struct timespec	 nap = timespec_ms(1);
	int		 r;

	while ((r = flock(fd, LOCK_EX | LOCK_NB)) == -1 &&
	    (errno == EWOULDBLOCK || errno == EINTR)) {
		if (mono_us() >= deadline) {
			errno = EWOULDBLOCK;
			break;
		}
		nanosleep(&nap, NULL);
	}
	return r;
}

/* As flock(LOCK_EX), but EWOULDBLOCK after the time. */
static int
flock_within(int fd, int64_t ms)
{
	int64_t		 deadline = mono_us() + ms * US_PER_MS;
	struct alarm	 a;
	int		 r, error;

	if (!alarm_set(&a, ms))
		return flock_poll(fd, deadline);
	while ((r = flock(fd, LOCK_EX)) == -1 && errno == EINTR)
		if (mono_us() >= deadline) {
			errno = EWOULDBLOCK;
			break;
		}
	error = errno;
	alarm_clear(&a);
	errno = error;
	return r;
}

enum hk_err
lock_open(struct lock *l, const char *path)
{
	*l = LOCK_NONE;
	l->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW,
	    0600);
	if (l->fd != -1)
		return HK_OK;
	if (errno == EACCES || errno == EPERM || errno == EROFS)
		return store_note(HK_READONLY, "%s: %s: user %d needs write access to it "
		    "and its folder", path, strerror(errno), (int)geteuid());
	return store_note(errno == ENOSPC || errno == EDQUOT ? HK_FULL : HK_IO,
	    "%s: cannot make the lock file: %s", path, strerror(errno));
}

void
lock_close(struct lock *l)
{
	if (l->fd != -1)
		close(l->fd);
	*l = LOCK_NONE;
}

enum hk_err
lock_take(struct lock *l, int64_t timeout_ms)
{
	int	 r;

	if (l->fd == -1)
		return HK_OK;
	if (FAULT_FAIL("lock"))
		return store_note(HK_BUSY, "somebody else held the database's lock");
	r = flock(l->fd, LOCK_EX | LOCK_NB);
	if (r == -1 && (errno == EWOULDBLOCK || errno == EINTR) && timeout_ms > 0)
		r = flock_within(l->fd, timeout_ms);
	if (r == 0) {
		l->held = true;
		return HK_OK;
	}
	if (errno == EWOULDBLOCK || errno == EINTR)
		return timeout_ms == 0 ? HK_BUSY : store_note(HK_BUSY,
		    "somebody else held the database's lock for %lld ms",
		    (long long)timeout_ms);
	return store_note(HK_IO, "flock: %s", strerror(errno));
}

/* Not by close(): a child between fork() and exec() has the descriptor too. */
void
lock_drop(struct lock *l)
{
	if (l->held)
		flock(l->fd, LOCK_UN);
	l->held = false;
}
