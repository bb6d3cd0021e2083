/*
 * A folder of a test's own.  It is removed with all that lies in it: a list of names
 * would break with the next file that the code under test learns to keep there.
 */
#ifndef TESTS_UNIT_FOLDER_H
#define TESTS_UNIT_FOLDER_H

#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* hk-NAME-XXXXXX in TMPDIR, or in /tmp; false when there is no room for it. */
static inline bool
folder_make(char *out, size_t room, const char *name)
{
	const char	*tmp = getenv("TMPDIR");
	int		 n = snprintf(out, room, "%s/hk-%s-XXXXXX", tmp != NULL ? tmp : P_tmpdir, name);

	return n > 0 && (size_t)n < room && mkdtemp(out) != NULL;
}

static inline int
folder_drop_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

/* As cmocka's teardowns answer: 0 when nothing is left of it. */
static inline int
folder_remove(const char *folder)
{
	return nftw(folder, folder_drop_one, 8, FTW_DEPTH | FTW_PHYS);
}

#endif
