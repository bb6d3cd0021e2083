/*
 * slowsync - preloaded (LD_PRELOAD) into a dynamically linked program: each
 * fsync and fdatasync takes SLOWSYNC_US microseconds longer, as on a disk that
 * has to turn.  The sync itself is done as well.
 */
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void
wait_longer(void)
{
	const char	*text = getenv("SLOWSYNC_US");
	long		 us = text != NULL ? atol(text) : 0;
	struct timespec	 t = { us / 1000000, us % 1000000 * 1000 };

	while (us > 0 && nanosleep(&t, &t) != 0)
		continue;	/* a signal */
}

int
fsync(int fd)
{
	wait_longer();
	return (int)syscall(SYS_fsync, fd);
}

int
fdatasync(int fd)
{
	wait_longer();
	return (int)syscall(SYS_fdatasync, fd);
}
