/* Another program begun: no shell, and nothing of ours in it but what is said here. */
#ifndef BASE_SPAWN_H
#define BASE_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

struct spawn {
	const char *const	*argv;		/* argv[0] is its path */
	const char *const	*env;		/* all of it; ends with NULL */
	int			 in, out, err;	/* its standard files, above 2; all others are closed */
	bool			 session;	/* of its own; else a process group of its own */
	const char		*folder;	/* where it is; NULL: where we are */
};

/* No signal is blocked or ignored in it.  0, or why not as errno has it. */
int		 spawn(const struct spawn *, pid_t *pid);

#endif
