/* holders - who has a file open. */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/private.h"

#define NAME	128

/* "stripe.fcgi", "hookkeeper worker": as it was called. */
static void
name_of(long pid, char out[NAME])
{
	char	 path[64], line[512];
	size_t	 n = 0, first;
	FILE	*f;
	bool	 word;

	snprintf(path, sizeof(path), "/proc/%ld/cmdline", pid);
	if ((f = fopen(path, "re")) != NULL) {
		n = fread(line, 1, sizeof(line) - 1, f);
		fclose(f);
	}
	line[n] = '\0';
	first = strlen(line);
	word = first + 1 < n && isalpha((unsigned char)line[first + 1]);
	snprintf(out, NAME, "%.60s%s%.20s", strrchr(line, '/') != NULL ? strrchr(line, '/') + 1 : line,
	    word ? " " : "", word ? line + first + 1 : "");
	for (char *p = out; *p != '\0'; p++)
		if (!isprint((unsigned char)*p))
			*p = '?';
}

static bool
has_open(long pid, const struct stat *what)
{
	char		 path[64];
	struct dirent	*d;
	struct stat	 st;
	bool		 found = false;
	DIR		*dir;

	snprintf(path, sizeof(path), "/proc/%ld/fd", pid);
	if ((dir = opendir(path)) == NULL)
		return false;		/* gone, or another user's */
	while (!found && (d = readdir(dir)) != NULL)
		found = d->d_name[0] != '.' && fstatat(dirfd(dir), d->d_name, &st, 0) == 0 &&
		    st.st_dev == what->st_dev && st.st_ino == what->st_ino;
	closedir(dir);
	return found;
}

static void
add(char *out, size_t room, long pid)
{
	char	name[NAME];

	name_of(pid, name);
	snprintf(out + strlen(out), room - strlen(out), "%s%s (process %ld)",
	    out[0] != '\0' ? ", " : "", name[0] != '\0' ? name : "somebody", pid);
}

/*
 * Another user's processes do not show what they have open, but SQLite's lock does:
 * in WAL mode each connection keeps a shared one.
 */
static void
by_lock(const char *path, char *out, size_t room)
{
	struct flock	f = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0x40000000,
			    .l_len = 512 };
	int		fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd == -1)
		return;
	if (fcntl(fd, F_OFD_GETLK, &f) == 0 && f.l_type != F_UNLCK)
		add(out, room, f.l_pid);
	close(fd);
}

void
holders_of(const char *path, char *out, size_t room)
{
	DIR		*dir = opendir("/proc");
	struct dirent	*d;
	struct stat	 st;

	out[0] = '\0';
	if (stat(path, &st) == 0)
		while (dir != NULL && (d = readdir(dir)) != NULL) {
			long	pid = strtol(d->d_name, NULL, 10);

			if (pid > 0 && pid != getpid() && has_open(pid, &st))
				add(out, room, pid);
		}
	if (dir != NULL)
		closedir(dir);
	if (out[0] == '\0')
		by_lock(path, out, room);
}
