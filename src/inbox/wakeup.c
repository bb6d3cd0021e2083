/* Who works, and how it hears of work. */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fault.h"
#include "inbox/wakeup.h"

#define STARTED_US	(30 * US_PER_S)	/* one that a receiver started has begun by then */

/* Bytes of the lock's file, apart from flock(2); gone with their descriptor. */
static struct flock
byte(enum work_way of, short type)
{
	return (struct flock){ .l_type = type, .l_whence = SEEK_SET, .l_start = of, .l_len = 1 };
}

/*
 * The byte of each that is to give way.  Where it cannot be had (another waits too,
 * or an old system), waiting is left to luck.
 */
static void
want(int fd, enum work_way way, short type)
{
	for (enum work_way of = WORK_SLICE; of < way; of++) {
		struct flock	l = byte(of, type);

		(void)fcntl(fd, F_OFD_SETLK, &l);
	}
}

bool
work_wanted(int fd, enum work_way way)
{
	struct flock	l = byte(way, F_WRLCK);

	return fcntl(fd, F_OFD_GETLK, &l) == 0 && l.l_type != F_UNLCK;
}

/* 0, or why not as errno has it. */
static int
try_lock(int fd, enum work_way way)
{
	if (way == WORK_SLICE && work_wanted(fd, way))
		return EWOULDBLOCK;
	return flock(fd, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
}

enum hk_err
work_lock(const struct conf *conf, enum work_way way, int wait_ms, int *out)
{
	int64_t	until = mono_us() + wait_ms * US_PER_MS;
	char	path[4096];
	int	fd, error;

	snprintf(path, sizeof(path), "%s/worker.lock", conf->state_dir);
	if ((fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)) == -1)
		return err_note(HK_IO, "%s: %s; the state folder must be writable",
		    path, strerror(errno));
	want(fd, way, F_WRLCK);
	while ((error = try_lock(fd, way)) != 0) {
		if ((error == EWOULDBLOCK && mono_us() < until) || error == EINTR) {
			usleep(10000);
			continue;
		}
		close(fd);
		return error == EWOULDBLOCK ?
		    err_tell(HK_BUSY, "somebody else works on this database (%s is locked)", path) :
		    err_note(HK_IO, "%s: flock: %s", path, strerror(error));
	}
	want(fd, way, F_UNLCK);
	*out = fd;
	return HK_OK;
}

void
work_note_once(const struct conf *conf)
{
	char	path[4096];
	int	fd;

	snprintf(path, sizeof(path), "%s/worker.once", conf->state_dir);
	if ((fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)) == -1)
		return;
	(void)futimens(fd, NULL);
	close(fd);
}

/* 0: there is no such file. */
static int64_t
written_us(const struct conf *conf, const char *name)
{
	struct stat	st;
	char		path[4096];

	snprintf(path, sizeof(path), "%s/%s", conf->state_dir, name);
	return stat(path, &st) == 0 ?
	    st.st_mtim.tv_sec * US_PER_S + st.st_mtim.tv_nsec / 1000 : 0;
}

int64_t
work_once_us(const struct conf *conf)
{
	int64_t	once = written_us(conf, "worker.once");
	int64_t	started = written_us(conf, "worker.started");

	return once >= started && once - started < STARTED_US ? 0 : once;
}

/*
 * A folder's path may be longer than a socket's name can be; through its
 * descriptor in /proc it never is.
 */
static enum hk_err
wakeup_address(const struct conf *conf, int *dir, struct sockaddr_un *sun)
{
	*sun = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if ((*dir = open(conf->state_dir, O_PATH | O_DIRECTORY | O_CLOEXEC)) == -1)
		return err_note(HK_IO, "%s: %s; the state folder must be there",
		    conf->state_dir, strerror(errno));
	snprintf(sun->sun_path, sizeof(sun->sun_path), "/proc/self/fd/%d/worker.sock", *dir);
	return HK_OK;
}

enum hk_err
wakeup_listen(const struct conf *conf, int *out)
{
	struct sockaddr_un	 sun;
	enum hk_err		 e;
	mode_t			 mask;
	int			 fd = -1, dir = -1;

	if ((e = wakeup_address(conf, &dir, &sun)) != HK_OK)
		return e;
	/* The lock is ours, so a socket that lies here is a dead worker's. */
	unlinkat(dir, "worker.sock", 0);
	mask = umask(0177);
	if ((fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) == -1 ||
	    bind(fd, (struct sockaddr *)&sun, sizeof(sun)) == -1) {
		e = err_note(HK_IO, "%s/worker.sock: %s", conf->state_dir, strerror(errno));
		if (fd != -1)
			close(fd);
		fd = -1;
	}
	umask(mask);
	close(dir);
	if (e == HK_OK)
		*out = fd;
	return e;
}

void
wakeup_drain(int fd)
{
	char	c[64];

	while (recv(fd, c, sizeof(c), 0) > 0)
		;
}

bool
wakeup_send(const struct conf *conf, int *fd)
{
	struct sockaddr_un	 sun;
	ssize_t			 n = -1;
	int			 dir = -1;

	if (*fd == -1 && (*fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) == -1)
		return false;
	if (wakeup_address(conf, &dir, &sun) != HK_OK)
		return false;
	if (!FAULT_FAIL("wakeup"))
		n = sendto(*fd, "!", 1, MSG_NOSIGNAL, (struct sockaddr *)&sun, sizeof(sun));
	/* A full queue means that it has been told often enough. */
	if (n == -1 && (errno == EAGAIN || errno == ENOBUFS))
		n = 1;
	close(dir);
	return n == 1;
}
