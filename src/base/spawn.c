/* Another program begun. */
#include "base/spawn.h"

#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <unistd.h>

static int
attributes(posix_spawnattr_t *a, const struct spawn *s)
{
	sigset_t	none, all;

	sigemptyset(&none);
	sigfillset(&all);
	/* Group 0 is one of its own; a session has that anyway. */
	posix_spawnattr_setflags(a, (s->session ? POSIX_SPAWN_SETSID : POSIX_SPAWN_SETPGROUP) |
	    POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setpgroup(a, 0);
	posix_spawnattr_setsigmask(a, &none);
	return posix_spawnattr_setsigdefault(a, &all);
}

static int
files(posix_spawn_file_actions_t *f, const struct spawn *s)
{
	int	rc;

	if ((rc = posix_spawn_file_actions_adddup2(f, s->in, STDIN_FILENO)) != 0 ||
	    (rc = posix_spawn_file_actions_adddup2(f, s->out, STDOUT_FILENO)) != 0 ||
	    (rc = posix_spawn_file_actions_adddup2(f, s->err, STDERR_FILENO)) != 0 ||
	    (rc = posix_spawn_file_actions_addclosefrom_np(f, STDERR_FILENO + 1)) != 0)
		return rc;
	return s->folder != NULL ? posix_spawn_file_actions_addchdir_np(f, s->folder) : 0;
}

int
spawn(const struct spawn *s, pid_t *pid)
{
	posix_spawn_file_actions_t	f;
	posix_spawnattr_t		a;
	int				rc;

	if ((rc = posix_spawn_file_actions_init(&f)) != 0)
		return rc;
	if ((rc = posix_spawnattr_init(&a)) != 0) {
		posix_spawn_file_actions_destroy(&f);
		return rc;
	}
	if ((rc = attributes(&a, s)) == 0 && (rc = files(&f, s)) == 0)
		/* The C library does not write to them. */
		rc = posix_spawn(pid, s->argv[0], &f, &a, (char *const *)(uintptr_t)s->argv,
		    (char *const *)(uintptr_t)s->env);
	posix_spawnattr_destroy(&a);
	posix_spawn_file_actions_destroy(&f);
	return rc;
}
