/*
 * Files that the settings name: programs to run, templates of mails.  Who can
 * change one can do what the worker can, so each is looked at before every use.
 */
#ifndef DELIVER_TRUSTED_H
#define DELIVER_TRUSTED_H

#include "base/conf.h"

/*
 * An absolute path to a regular file; it and all folders above belong to root or
 * to us, and nobody else can write to them (a sticky folder, as /tmp, is fine).
 * program: we can run it.  HK_CONF: err_last() says which is not so.
 */
enum hk_err	 trusted_file(const char *path, bool program) HK_MUST_USE;

/* At the start: warn of each file of the settings that will not be used. */
void		 channels_look(const struct conf *);

#endif
