/* Files that the settings name. */
#include "deliver/trusted.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

/* NULL: nobody else can change what is there. */
static const char *
wrong(const struct stat *st)
{
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return "belongs to somebody else";
	if ((st->st_mode & (S_IWGRP | S_IWOTH)) != 0 &&
	    !(S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX) != 0))
		return "can be changed by others";
	return NULL;
}

/* path and every folder above it; path is cut on the way. */
static enum hk_err
each_step(char *path, bool program)
{
	const char	*why;
	struct stat	 st;
	char		*slash;

	if (stat(path, &st) != 0)
		return err_tell(HK_CONF, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return err_tell(HK_CONF, "%s is no regular file", path);
	if (access(path, program ? X_OK : R_OK) != 0)
		return err_tell(HK_CONF, "%s cannot be %s: %s", path, program ? "run" : "read",
		    strerror(errno));
	for (;;) {
		if ((why = wrong(&st)) != NULL)
			return err_tell(HK_CONF, "%s %s", path, why);
		if (strcmp(path, "/") == 0)
			return HK_OK;
		slash = strrchr(path, '/');
		slash[slash == path ? 1 : 0] = '\0';
		if (stat(path, &st) != 0)
			return err_tell(HK_CONF, "%s: %s", path, strerror(errno));
	}
}

enum hk_err
trusted_file(const char *path, bool program)
{
	char	real[PATH_MAX];

	if (path[0] != '/')
		return err_tell(HK_CONF, "%s is no absolute path", path);
	/* Where links lead to is what counts, and who can change them is asked on the way. */
	if (realpath(path, real) == NULL)
		return err_tell(HK_CONF, "%s: %s", path, strerror(errno));
	return each_step(real, program);
}

static void
look(const char *section, const char *path, bool program)
{
	if (path != NULL && trusted_file(path, program) != HK_OK)
		log_warn("[%s] will not work: %s", section, err_last());
}

void
channels_look(const struct conf *c)
{
	for (size_t i = 0; i < c->nchannel; i++) {
		const struct conf_channel	*ch = &c->channel[i];
		bool				 mail = ch->kind == CHANNEL_MAIL;

		look(ch->section, mail ? ch->sendmail : ch->path, true);
		look(ch->section, mail ? ch->template : NULL, false);
	}
}
