/* Children: begun, listened to, ended. */
#include "deliver/children.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/spawn.h"
#include "outbox/types.h"

#define GRACE_US	(2 * US_PER_S)		/* from SIGTERM to SIGKILL */
#define TURN_US		(40 * US_PER_S)		/* longest wait for a turn: within the lease */
#define LOOK_US		(20 * US_PER_MS)	/* between looks where there are no pidfds */

/* ---- beginning -------------------------------------------------------------- */

/* A file that has no name, with all of the input; -1: errno says why. */
static int
input_file(struct span input)
{
	int	fd = memfd_create("message", MFD_CLOEXEC);
	ssize_t	n;

	for (size_t at = 0; fd != -1 && at < input.len; at += (size_t)n)
		if ((n = write(fd, input.p + at, input.len - at)) <= 0) {
			close(fd);
			return -1;
		}
	if (fd != -1)
		(void)lseek(fd, 0, SEEK_SET);	/* of a file in memory: always fine */
	return fd;
}

static bool
start(struct child *k)
{
	int	in = input_file(k->input), pipe[2] = { -1, -1 };
	pid_t	pid = 0;
	bool	ok = in > STDERR_FILENO && pipe2(pipe, O_CLOEXEC) == 0 &&
		    fcntl(pipe[0], F_SETFL, O_NONBLOCK) == 0 &&
		    spawn(&(struct spawn){ .argv = k->argv, .env = k->env, .in = in, .out = pipe[1],
			.err = pipe[1], .session = true, .folder = "/" }, &pid) == 0;

	if (in != -1)
		close(in);
	if (pipe[1] != -1)
		close(pipe[1]);
	if (!ok) {
		if (pipe[0] != -1)
			close(pipe[0]);
		return false;
	}
	k->out = pipe[0];
	k->pid = pid;
	k->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);	/* -1: an old kernel */
	k->until_us = mono_us() + k->limit_us;
	return true;
}

/* ---- listening ---------------------------------------------------------------- */

/* All that is there now; the rest of what does not fit is thrown away. */
static void
take(struct child *k)
{
	char	block[4096];
	ssize_t	n = 1;

	while (k->out != -1 && n > 0) {
		if ((n = read(k->out, block, sizeof(block))) > 0) {
			size_t	room = sizeof(k->answer) - k->len;

			memcpy(k->answer + k->len, block, (size_t)n < room ? (size_t)n : room);
			k->len += (size_t)n < room ? (size_t)n : room;
		} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
			close(k->out);
			k->out = -1;
		}
	}
}

static void
close_all(struct child *k)
{
	if (k->out != -1)
		close(k->out);
	if (k->pidfd != -1)
		close(k->pidfd);
	k->out = k->pidfd = -1;
}

/* What it started stays, unless its time was over: then the group goes while its number is ours. */
static void
reap(struct child *k)
{
	siginfo_t	info = { .si_pid = 0 };

	if (waitid(P_PID, (id_t)k->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0) {
		k->ended = errno != EINTR;	/* somebody else has waited for it */
		k->status = W_EXITCODE(127, 0);
		return;
	}
	if (info.si_pid != k->pid)
		return;
	if (k->told)
		kill(-k->pid, SIGKILL);
	while (waitpid(k->pid, &k->status, 0) == -1 && errno == EINTR)
		continue;
	k->ended = true;
}

static void
limit(struct child *k, int64_t now)
{
	if (k->ended || now < k->until_us)
		return;
	kill(-k->pid, k->told ? SIGKILL : SIGTERM);
	k->told = true;
	k->until_us = now + GRACE_US;
}

/* ---- ending --------------------------------------------------------------------- */

static void
take_out(struct channels *c, struct child *k)
{
	struct child	**p = &c->child;

	while (*p != k)
		p = &(*p)->next;
	*p = k->next;
	c->running -= k->pid != 0;
}

/* 126 and 127 are what a shell says of a program that cannot be run. */
static const char *
error_of(const struct child *k, int code)
{
	if (k->told)
		return "E_TIMEOUT";
	if (WIFSIGNALED(k->status))
		return "E_SIGNAL";
	if (code == k->later)
		return "E_LATER";
	return code == 126 || code == 127 ? "E_COMMAND" : "E_EXIT";
}

static void
over(struct channels *c, struct child *k)
{
	struct delivered	*r = &k->f->result;
	int			 code = WIFSIGNALED(k->status) ? 128 + WTERMSIG(k->status) :
				    WEXITSTATUS(k->status);

	take(k);
	close_all(k);
	take_out(c, k);
	/* Who is given a code may well print it. */
	r->answer = message_type_secret(k->f->delivery.type) && k->len > 0 ?
	    SPAN("(not kept: the message holds a one-time code)") : span_of(k->answer, k->len);
	r->status = code;
	r->good = code == 0 && !k->told;
	r->error = r->good ? NULL : error_of(k, code);
	flight_over(c, k->f);
}

static void
fail(struct channels *c, struct child *k, const char *error)
{
	take_out(c, k);
	flight_failed(c, k->f, error, false);
}

/* ---- what the channels call -------------------------------------------------------- */

/* The list is in the order they came. */
static void
give_turns(struct channels *c)
{
	int64_t	now = mono_us();

	for (struct child *k = c->child, *next; k != NULL; k = next) {
		next = k->next;
		if (k->pid != 0)
			continue;
		if (c->running < CHILDREN_MOST && start(k))
			c->running++;
		else if (c->running < CHILDREN_MOST)
			fail(c, k, "E_COMMAND");
		else if (now - k->since_us > TURN_US)
			fail(c, k, "E_BUSY");
	}
}

void
child_begin(struct channels *c, struct flight *f, struct child *k)
{
	struct child	**end = &c->child;

	/* Where it is ignored, who has ended could not be asked. */
	if (!c->sigchld) {
		signal(SIGCHLD, SIG_DFL);
		c->sigchld = true;
	}
	k->f = f;
	k->pid = 0;
	k->out = k->pidfd = -1;
	k->since_us = mono_us();
	f->state = k;
	while (*end != NULL)
		end = &(*end)->next;
	*end = k;
	k->next = NULL;
	give_turns(c);
}

void
child_abort(struct channels *c, struct flight *f)
{
	struct child	*k = f->state;

	if (k->pid != 0) {
		kill(-k->pid, SIGKILL);
		while (waitpid(k->pid, &k->status, 0) == -1 && errno == EINTR)
			continue;
	}
	close_all(k);
	take_out(c, k);
	f->state = NULL;
}

size_t
children_fds(const struct channels *c, struct curl_waitfd *fd)
{
	size_t	n = 0;

	for (const struct child *k = c->child; k != NULL; k = k->next) {
		const int	ours[CHILD_FDS] = { k->pid != 0 ? k->out : -1, k->pid != 0 ? k->pidfd : -1 };

		for (size_t i = 0; i < CHILD_FDS; i++)
			if (ours[i] != -1)
				fd[n++] = (struct curl_waitfd){ .fd = ours[i], .events = CURL_WAIT_POLLIN };
	}
	return n;
}

int64_t
children_patience(const struct channels *c, int64_t us)
{
	int64_t	now = mono_us();

	for (const struct child *k = c->child; k != NULL; k = k->next) {
		int64_t	left = k->pid != 0 ? k->until_us - now : us;

		if (k->pid != 0 && k->pidfd == -1 && left > LOOK_US)
			left = LOOK_US;
		us = left < us ? left : us;
	}
	return us > 0 ? us : 0;
}

void
children_look(struct channels *c)
{
	for (struct child *k = c->child, *next; k != NULL; k = next) {
		next = k->next;
		if (k->pid == 0)
			continue;
		take(k);
		reap(k);
		limit(k, mono_us());
		if (k->ended)
			over(c, k);
	}
	give_turns(c);
}
