/*
 * lock - turns to write, in order and with a time limit.
 *
 * flock(2) on the side file is the turn.  Who cannot have it at once draws a
 * number, locks the byte of that number by fcntl(2) while it waits, and asks
 * for the turn when the byte of the number before is free.  All locks go with
 * the process that dies, so at worst somebody comes too early, and waits for
 * the turn next to another.
 */
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
#define DESK		0		/* the byte to hold while drawing a number */
#define NUMBERS		1000000		/* 1 to that, then 1 again */
#define WAKE_AGAIN_MS	5	/* a signal that came just before the wait woke nobody */

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

static bool
is_taken(int error)
{
	return error == EWOULDBLOCK || error == EACCES || error == EINTR;
}

/* What can be waited for: 0, or -1 with errno, as the calls they make. */
typedef int	 ask_fn(int fd, int number, bool wait);

static int
turn(int fd, int number, bool wait)
{
	(void)number;
	return flock(fd, LOCK_EX | (wait ? 0 : LOCK_NB));
}

/* Of the open file, not of the process: threads exclude each other too. */
static int
byte(int fd, int number, bool wait)
{
	struct flock	 f = { .l_type = F_WRLCK, .l_whence = SEEK_SET,
			    .l_start = number, .l_len = 1 };

	return fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &f);
}

static void
byte_drop(int fd, int number)
{
	struct flock	 f = { .l_type = F_UNLCK, .l_whence = SEEK_SET,
			    .l_start = number, .l_len = 1 };

	fcntl(fd, F_OFD_SETLK, &f);
}

/*
 * Wait, but EWOULDBLOCK after the time.  Without a timer (RLIMIT_SIGPENDING):
 * ask again and again.
 */
static int
ask(ask_fn *what, int fd, int number, bool timer, int64_t deadline)
{
	struct timespec	 nap = timespec_ms(1);
	int		 r;

	while ((r = what(fd, number, timer)) == -1 && is_taken(errno)) {
		if (mono_us() >= deadline) {
			errno = EWOULDBLOCK;
			break;
		}
		if (!timer)
			nanosleep(&nap, NULL);
	}
	return r;
}

/* The number after the one drawn last, which the file holds; 0: none. */
static int
draw(int fd, bool timer, int64_t deadline)
{
	int32_t	 n = 0;

	if (ask(byte, fd, DESK, timer, deadline) == -1)
		return 0;
	if (pread(fd, &n, sizeof(n), 0) != sizeof(n) || n < 0 || n >= NUMBERS)
		n = 0;
	n++;
	if (pwrite(fd, &n, sizeof(n), 0) != sizeof(n) || byte(fd, n, false) == -1)
		n = 0;
	byte_drop(fd, DESK);
	return n;
}

/*
 * Wait to be the first of those who wait, for at most half of the time: one
 * before may have been stopped, and turns out of order are better than none.
 * Also without numbers: on a full disk, or where flock(2) is made of the
 * other locks.
 */
static int
take_turn(int fd, bool timer, int64_t half, int64_t deadline)
{
	int	 number = draw(fd, timer, half), before, r, error;

	if (number != 0) {
		before = number > 1 ? number - 1 : NUMBERS;
		if (ask(byte, fd, before, timer, half) == 0)
			byte_drop(fd, before);
	}
	r = ask(turn, fd, 0, timer, deadline);
	error = errno;
	if (number != 0)
		byte_drop(fd, number);
	errno = error;
	return r;
}

static int
wait_turn(int fd, int64_t ms)
{
	int64_t		 now = mono_us(), half = (ms + 1) / 2;
	struct alarm	 a;
	bool		 timer = alarm_set(&a, half);
	int		 r, error;

	r = take_turn(fd, timer, now + half * US_PER_MS, now + ms * US_PER_MS);
	error = errno;
	if (timer)
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
	int	 r = -1;

	if (l->fd == -1)
		return HK_OK;
	if (FAULT_FAIL("lock"))
		return store_note(HK_BUSY, "somebody else held the database's lock");
	if (lock_wanted(l))
		errno = EWOULDBLOCK;	/* behind those */
	else
		r = turn(l->fd, 0, false);
	if (r == -1 && is_taken(errno) && timeout_ms > 0)
		r = wait_turn(l->fd, timeout_ms);
	if (r == 0) {
		l->held = true;
		return HK_OK;
	}
	if (is_taken(errno))
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

bool
lock_wanted(const struct lock *l)
{
	struct flock	 all = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return l->fd != -1 && fcntl(l->fd, F_OFD_GETLK, &all) == 0 &&
	    all.l_type != F_UNLCK;
}
