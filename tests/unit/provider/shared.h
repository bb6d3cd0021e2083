/*
 * The data that several projects test against: $HK_SHARED, else ../shared.
 * cmocka's headers must come first.
 */
#ifndef TEST_PROVIDER_SHARED_H
#define TEST_PROVIDER_SHARED_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/buf.h"

static inline void
shared_path(char *out, size_t room, const char *below)
{
	const char	*root = getenv("HK_SHARED");

	snprintf(out, room, "%s/%s", root != NULL ? root : "../shared", below);
}

/* Skips the running test when the folder or file is not there. */
static inline void
shared_need(const char *below)
{
	struct stat	st;
	char		path[4096];

	shared_path(path, sizeof(path), below);
	if (stat(path, &st) == 0)
		return;
	print_message("skipped: no %s (set HK_SHARED)\n", path);
	skip();
}

static inline void
file_read(const char *path, struct buf *b)
{
	FILE	*in = fopen(path, "rb");
	char	 piece[4096];
	size_t	 n;

	assert_non_null(in);
	buf_init(b, 16 << 20);
	while ((n = fread(piece, 1, sizeof(piece), in)) > 0)
		buf_put(b, piece, n);
	fclose(in);
	assert_true(buf_ok(b));
}

/* Calls each() for every .json file right in the folder; returns how many. */
static inline int
each_json(const char *below, void (*each)(const char *path, struct span text))
{
	char		 folder[4096], path[8192];
	struct dirent	*d;
	DIR		*dir;
	int		 n = 0;

	shared_path(folder, sizeof(folder), below);
	dir = opendir(folder);
	assert_non_null(dir);
	while ((d = readdir(dir)) != NULL) {
		const char	*dot = strrchr(d->d_name, '.');
		struct buf	 b;

		if (dot == NULL || strcmp(dot, ".json") != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, d->d_name);
		file_read(path, &b);
		each(path, buf_span(&b));
		buf_release(&b);
		n++;
	}
	closedir(dir);
	return n;
}

#endif
