/* Files and paths, as far as settings need them. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/conf_part.h"

/* Exactly st_size bytes, or fewer when the file shrank meanwhile. */
static enum hk_err
read_all(int fd, const struct place *here, char *text, size_t size, size_t *len)
{
	ssize_t	n;

	for (*len = 0; *len < size; *len += (size_t)n) {
		n = read(fd, text + *len, size - *len);
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n < 0)
			return conf_wrong(here, "reading fails: %s", strerror(errno));
		else if (n == 0)
			break;
	}
	return HK_OK;
}

static enum hk_err
read_open(int fd, const struct place *here, size_t most, struct stat *st, char **text,
    size_t *len)
{
	enum hk_err	e;

	if (fstat(fd, st) != 0)
		return conf_wrong(here, "%s", strerror(errno));
	if (!S_ISREG(st->st_mode))
		return conf_wrong(here, "this is no regular file");
	if (st->st_size < 0 || (size_t)st->st_size > most)
		return conf_wrong(here, "the file is larger than %zu bytes", most);
	if ((*text = malloc((size_t)st->st_size + 1)) == NULL)
		return conf_nomem();
	if ((e = read_all(fd, here, *text, (size_t)st->st_size, len)) != HK_OK)
		free(*text);
	return e;
}

enum hk_err
file_read(const char *path, size_t most, struct stat *st, char **text, size_t *len)
{
	struct place	here = { path, 0, NULL };
	enum hk_err	e;
	int		fd;

	/* O_NONBLOCK: a FIFO must not hold us up */
	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) < 0) {
		if (errno == ENOENT || errno == ENOTDIR)
			return HK_NOTFOUND;
		return conf_wrong(&here, "opening fails: %s", strerror(errno));
	}
	e = read_open(fd, &here, most, st, text, len);
	close(fd);
	return e;
}

bool
file_private(const struct stat *st)
{
	return S_ISREG(st->st_mode) && (st->st_mode & (S_IRWXG | S_IRWXO)) == 0 &&
	    (st->st_uid == geteuid() || st->st_uid == 0);
}

char *
path_from(struct arena *a, const char *dir, const char *path)
{
	char	cwd[PATH_MAX];

	if (path[0] == '/')
		return arena_str(a, span_str(path));
	if (path[0] == '.' && path[1] == '/')
		path += 2;
	if (dir == NULL) {
		if (getcwd(cwd, sizeof(cwd)) == NULL)
			return NULL;
		dir = cwd;
	}
	return arena_printf(a, "%s/%s", strcmp(dir, "/") == 0 ? "" : dir, path);
}

char *
path_dir(struct arena *a, const char *path)
{
	const char	*slash = strrchr(path, '/');

	if (slash == NULL || slash == path)
		return arena_str(a, SPAN("/"));
	return arena_str(a, span_of(path, (size_t)(slash - path)));
}

/* realpath(3) of the longest front that exists, then the rest as written. */
static bool
real(const char *path, char out[PATH_MAX])
{
	char	front[PATH_MAX], *slash;
	size_t	len = strlen(path), n;

	if (len >= sizeof(front) || path[0] != '/')
		return false;
	memcpy(front, path, len + 1);
	while (realpath(front, out) == NULL) {
		if ((slash = strrchr(front, '/')) == front || slash == NULL) {
			memcpy(out, path, len + 1);
			return true;
		}
		*slash = '\0';
	}
	n = strlen(out);
	path += strlen(front);
	if (n == 1)
		n = 0;		/* the root's slash is the rest's */
	if (n + strlen(path) >= PATH_MAX)
		return false;
	memcpy(out + n, path, strlen(path) + 1);
	if (out[0] == '\0')
		memcpy(out, "/", 2);
	return true;
}

bool
path_under(const char *path, const char *dir)
{
	char	p[PATH_MAX], d[PATH_MAX];
	size_t	n;

	if (!real(path, p) || !real(dir, d))
		return false;
	n = strlen(d);
	while (n > 0 && d[n - 1] == '/')
		n--;
	return strncmp(p, d, n) == 0 && (p[n] == '/' || p[n] == '\0');
}
