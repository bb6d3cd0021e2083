/* A detached `hookkeeper worker --once`. */
#include "inbox/starter.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "outbox/delivery.h"

#define MARK		"worker.started"	/* its time is that of the last start */
#define LOG		"worker.log"		/* what a worker says that nobody looks at */
#define LOG_MOST	(1 << 20)		/* bytes; then it begins anew */
#define VARIABLES	48
#define PATHS		((size_t)64 << 10)
#define EVERY_US	(STARTER_EVERY_S * US_PER_S)

/* ---- is there anything? ------------------------------------------------------- */

static enum hk_err
is_due(struct db *db, int64_t now, bool *yes, int64_t *next)
{
	struct stmt	*q = NULL;
	int64_t		 n = 0, id;
	size_t		 due;
	enum hk_err	 e;

	*yes = false;
	if ((e = db_stmt(db, S_SENDING_BEHIND, &q)) != HK_OK)
		return e;
	bind_int(q, ":now", now);
	if ((e = stmt_int(q, &n)) != HK_OK)
		return e;
	if ((e = delivery_endpoints(db, 0, now, &id, 1, &due, next)) == HK_OK)
		*yes = n != 0 || due > 0;
	return e;
}

/* ---- may it be now? ------------------------------------------------------------- */

/* False: somebody has started one just now; *next is when it may be again. */
static bool
is_my_turn(const struct conf *conf, struct arena *a, int64_t now, int64_t *next)
{
	const char	*path = arena_printf(a, "%s/" MARK, conf->state_dir);
	struct stat	 st;
	int64_t		 last;
	bool		 mine = false;
	int		 fd = path != NULL ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;

	*next = now + EVERY_US;
	if (fd == -1) {
		log_warn("%s cannot be written, so no worker is started: %s",
		    path != NULL ? path : MARK, strerror(errno));
		return false;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &st) == 0) {
		last = st.st_mtim.tv_sec * US_PER_S + st.st_mtim.tv_nsec / 1000;
		/* Empty: nobody ever has.  A time to come: the clock was changed. */
		mine = st.st_size == 0 || last > now + EVERY_US || now - last >= EVERY_US;
		if (mine)
			mine = pwrite(fd, "x", 1, 0) == 1;
		else
			*next = last + EVERY_US;
	}
	close(fd);
	return mine;
}

/* ---- what is started -------------------------------------------------------------- */

/* Beside the running program, as it is installed and as it is built; NULL: nowhere. */
static const char *
find_command(const struct conf *conf, struct arena *a)
{
	static const char *const	places[] = { "hookkeeper", "../bin/hookkeeper" };
	char				exe[4096];
	ssize_t				n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	const char			*path = conf->admin_command;
	char				*slash;

	if (path != NULL)
		return path[0] == '/' && access(path, X_OK) == 0 ? path : NULL;
	exe[n > 0 ? n : 0] = '\0';
	if ((slash = strrchr(exe, '/')) == NULL)
		return NULL;
	slash[1] = '\0';
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if ((path = arena_printf(a, "%s%s", exe, places[i])) != NULL && access(path, X_OK) == 0)
			return path;
	return NULL;
}

/* Settings may come by the environment; a request's variables stay here. */
static bool
passes_on(const char *variable)
{
	static const char *const	begin[] = { "HOOKKEEPER_", "UNKEY_ROOT_KEY=",
					    "STRIPE_WEBHOOK_SECRET=", "CLERK_WEBHOOK_",
					    "RESEND_WEBHOOK_SECRET=" };

	for (size_t i = 0; i < sizeof(begin) / sizeof(begin[0]); i++)
		if (strncmp(variable, begin[i], strlen(begin[i])) == 0)
			return strncmp(variable, "HOOKKEEPER_CONF=", 16) != 0;
	return false;
}

static bool
environment(const struct conf *conf, struct arena *a, const char **env)
{
	size_t	n = 0;

	env[n++] = "PATH=/usr/local/bin:/usr/bin:/bin";
	if (conf->file != NULL && (env[n++] = arena_printf(a, "HOOKKEEPER_CONF=%s", conf->file)) == NULL)
		return false;
	for (char **v = environ; *v != NULL && n < VARIABLES; v++)
		if (passes_on(*v))
			env[n++] = *v;
	env[n] = NULL;
	return true;
}

struct start {
	const char	*argv[4], *env[VARIABLES + 1], *log;
};

/* In the child of a process with threads: only what signal handlers may call. */
static void __attribute__((noreturn))
become(const struct start *s)
{
	sigset_t	none;
	struct stat	st;
	int		null, log;

	setsid();
	if (fork() != 0)
		_exit(0);	/* the parent waits for this one; init for the other */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGCHLD, SIG_DFL);
	if ((null = open("/dev/null", O_RDWR)) == -1)
		_exit(1);
	if ((log = open(s->log, O_WRONLY | O_CREAT | O_APPEND, 0600)) == -1)
		log = null;
	else if (fstat(log, &st) == 0 && st.st_size > LOG_MOST && ftruncate(log, 0) != 0)
		_exit(1);
	if (dup2(null, STDIN_FILENO) == -1 || dup2(null, STDOUT_FILENO) == -1 ||
	    dup2(log, STDERR_FILENO) == -1 || chdir("/") != 0)
		_exit(1);
	closefrom(STDERR_FILENO + 1);
	/* The C library does not write to them. */
	execve(s->argv[0], (char *const *)(uintptr_t)s->argv, (char *const *)(uintptr_t)s->env);
	_exit(127);
}

static void
start(const struct conf *conf, struct arena *a)
{
	struct start	s = { .argv = { find_command(conf, a), "worker", "--once", NULL } };
	pid_t		pid;

	s.log = arena_printf(a, "%s/" LOG, conf->state_dir);
	if (s.argv[0] == NULL) {
		log_warn("there is something to send and no worker, but the hookkeeper command is "
		    "neither beside this program nor in ../bin: name it by the setting [admin] command");
		return;
	}
	if (s.log == NULL || !environment(conf, a, s.env) || (pid = fork()) == -1) {
		log_warn("no memory to start a worker");
		return;
	}
	if (pid == 0)
		become(&s);
	while (waitpid(pid, NULL, 0) == -1 && errno == EINTR)
		continue;
	log_info("started %s worker --once, for there is something to send", s.argv[0]);
}

enum hk_err
starter_look(const struct conf *conf, struct db *db, int64_t now, int64_t *next_us)
{
	struct arena	*a;
	int64_t		 next;
	bool		 yes;
	enum hk_err	 e;

	if ((e = is_due(db, now, &yes, &next)) != HK_OK)
		return e;
	if (yes) {
		if ((a = arena_new(PATHS)) == NULL)
			return err_note(HK_NOMEM, "no memory to start a worker");
		if (is_my_turn(conf, a, now, &next))
			start(conf, a);
		arena_free(a);
	}
	if (next < *next_us)
		*next_us = next;
	return HK_OK;
}
