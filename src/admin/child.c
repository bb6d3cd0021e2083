/* A child process with an end. */
#include "admin/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/spawn.h"

#define LOOK_MS	5	/* between looks whether it has ended */

struct pipes {
	int	out[2], err[2], null;
};

static void
close_all(struct pipes *p)
{
	int	*fd[] = { &p->out[0], &p->out[1], &p->err[0], &p->err[1], &p->null };

	for (size_t i = 0; i < sizeof(fd) / sizeof(fd[0]); i++)
		if (*fd[i] != -1) {
			close(*fd[i]);
			*fd[i] = -1;
		}
}

/* One read; the end of the pipe closes it.  What does not fit is thrown away. */
static void
take(int *fd, struct buf *to)
{
	char	block[4096];
	ssize_t	n = read(*fd, block, sizeof(block));

	if (n > 0 && to->len + (size_t)n <= to->most)
		buf_put(to, block, (size_t)n);
	else if (n == 0 || (n == -1 && errno != EINTR && errno != EAGAIN)) {
		close(*fd);
		*fd = -1;
	}
}

/* Both pipes to their ends; false: it takes too long. */
static bool
listen_to(struct child *c, struct pipes *p, int64_t until)
{
	while (p->out[0] != -1 || p->err[0] != -1) {
		struct pollfd	fd[2] = { { .fd = p->out[0], .events = POLLIN },
				    { .fd = p->err[0], .events = POLLIN } };
		int64_t		left = until - mono_us();

		if (left <= 0)
			return false;
		if (poll(fd, 2, (int)(left / US_PER_MS) + 1) <= 0)
			continue;
		if (fd[0].revents != 0)
			take(&p->out[0], &c->out);
		if (fd[1].revents != 0)
			take(&p->err[0], &c->err);
	}
	return true;
}

/* False: it has not ended by then. */
static bool
wait_for(pid_t pid, int64_t until, int *status)
{
	pid_t	got;

	while ((got = waitpid(pid, status, WNOHANG)) != pid) {
		if (got == -1 && errno != EINTR) {
			*status = 0;	/* somebody else has waited for it */
			return true;
		}
		if (mono_us() >= until)
			return false;
		poll(NULL, 0, LOOK_MS);
	}
	return true;
}

static enum hk_err
finish(struct child *c, struct pipes *p, pid_t pid)
{
	int64_t	until = mono_us() + c->limit_us;
	bool	ended;
	int	status = 0;

	close(p->out[1]);
	close(p->err[1]);
	p->out[1] = p->err[1] = -1;
	ended = listen_to(c, p, until) && wait_for(pid, until, &status);
	if (!ended) {
		kill(-pid, SIGKILL);
		while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
			;
	}
	c->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	return ended ? HK_OK : err_tell(HK_TIMEOUT, "%s took longer than %lld s, and was killed",
	    c->argv[0], (long long)(c->limit_us / US_PER_S));
}

enum hk_err
child_run(struct child *c)
{
	struct pipes	p = { { -1, -1 }, { -1, -1 }, -1 };
	pid_t		pid;
	int		rc = 0;
	enum hk_err	e;

	if (pipe2(p.out, O_CLOEXEC) == -1 || pipe2(p.err, O_CLOEXEC) == -1 ||
	    (p.null = open("/dev/null", O_RDWR | O_CLOEXEC)) == -1)
		rc = errno;
	if (rc == 0)
		rc = spawn(&(struct spawn){ .argv = c->argv, .env = c->env, .in = p.null,
		    .out = p.out[1], .err = p.err[1] }, &pid);
	e = rc == 0 ? finish(c, &p, pid) :
	    err_tell(HK_IO, "%s cannot be started: %s", c->argv[0], strerror(rc));
	close_all(&p);
	return e;
}
