/* What another program inherits of us: what was said, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/spawn.h"

static const char *const	env[] = { "PATH=/usr/bin:/bin", "TOLD=yes", NULL };

/* What `script` prints, at most room - 1 bytes; its exit status. */
static int
run(const char *script, bool session, const char *folder, char *said, size_t room)
{
	const char *const	argv[] = { "/bin/sh", "-c", script, NULL };
	int			null = open("/dev/null", O_RDWR | O_CLOEXEC), out[2], status;
	size_t			len = 0;
	ssize_t			n;
	pid_t			pid;

	assert_true(null > 2);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	assert_int_equal(spawn(&(struct spawn){ .argv = argv, .env = env, .in = null, .out = out[1],
	    .err = out[1], .session = session, .folder = folder }, &pid), 0);
	close(out[1]);
	while (len < room - 1 && (n = read(out[0], said + len, room - 1 - len)) > 0)
		len += (size_t)n;
	said[len] = '\0';
	close(out[0]);
	close(null);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void
nothing_else_is_inherited(void **state)
{
	int	leak = fcntl(1, F_DUPFD, 20);		/* stays open in a child, unless closed */
	char	said[4096];

	(void)state;
	assert_true(leak >= 20);
	setenv("SECRET", "whsec_of_a_test", 1);
	assert_int_equal(run("env; echo; ls /proc/self/fd", false, NULL, said, sizeof(said)), 0);
	assert_non_null(strstr(said, "TOLD=yes"));
	assert_null(strstr(said, "SECRET"));
	assert_null(strstr(said, "\n20\n"));
	/* 3 is the one that ls itself has open. */
	assert_non_null(strstr(said, "\n0\n1\n2\n3\n"));
	close(leak);
}

static void
signals_are_as_at_the_beginning(void **state)
{
	struct sigaction	was, ignore = { .sa_handler = SIG_IGN };
	sigset_t		all, before;
	char			said[256];

	(void)state;
	sigfillset(&all);
	sigaction(SIGTERM, &ignore, &was);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	assert_int_equal(run("kill -TERM $$; echo alive", false, NULL, said, sizeof(said)),
	    128 + SIGTERM);
	assert_string_equal(said, "");
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	sigaction(SIGTERM, &was, NULL);
}

static void
it_leads_a_group_or_a_session(void **state)
{
	/* pid, process group and session of the shell itself */
	const char	*ids = "read -r s </proc/$$/stat; set -- ${s##*) }; echo $$ $3 $4";
	char		 said[256];
	int		 pid, group, session;

	(void)state;
	assert_int_equal(run(ids, false, NULL, said, sizeof(said)), 0);
	assert_int_equal(sscanf(said, "%d %d %d", &pid, &group, &session), 3);
	assert_int_equal(group, pid);
	assert_int_equal(session, getsid(0));
	assert_int_equal(run(ids, true, NULL, said, sizeof(said)), 0);
	assert_int_equal(sscanf(said, "%d %d %d", &pid, &group, &session), 3);
	assert_int_equal(group, pid);
	assert_int_equal(session, pid);
}

static void
it_is_where_it_was_told(void **state)
{
	char	said[4096], here[4096];

	(void)state;
	assert_int_equal(run("pwd -P", false, "/", said, sizeof(said)), 0);
	assert_string_equal(said, "/\n");
	assert_non_null(getcwd(here, sizeof(here)));
	assert_int_equal(run("pwd -P", false, NULL, said, sizeof(said)), 0);
	said[strcspn(said, "\n")] = '\0';
	assert_string_equal(said, here);
}

static void
what_is_not_there_is_said(void **state)
{
	const char *const	argv[] = { "/nonexistent/program", NULL };
	pid_t			pid = 0;

	(void)state;
	assert_int_equal(spawn(&(struct spawn){ .argv = argv, .env = env, .in = 1, .out = 1,
	    .err = 2 }, &pid), ENOENT);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(nothing_else_is_inherited),
		cmocka_unit_test(signals_are_as_at_the_beginning),
		cmocka_unit_test(it_leads_a_group_or_a_session),
		cmocka_unit_test(it_is_where_it_was_told),
		cmocka_unit_test(what_is_not_there_is_said),
	};

	return cmocka_run_group_tests_name("base/spawn", tests, NULL, NULL);
}
