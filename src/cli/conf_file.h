/*
 * Making the settings file, and what is added to one that is there.
 */
#ifndef CLI_CONF_FILE_H
#define CLI_CONF_FILE_H

#include "base/err.h"

/*
 * A new file of mode 0600, or none: HK_IO, HK_NOMEM.
 *
 *	db	an absolute path
 *	mode	"test" or "live"
 *	secrets	make up a secret for each sender
 */
enum hk_err	 conf_file_make(const char *path, const char *db, const char *mode, bool secrets)
		    HK_MUST_USE;
/*
 * Add a `key` to a file that has none.  HK_SKIP: others can read the file or
 * own it, so it may hold none; err_last() says what to do.  HK_IO.
 */
enum hk_err	 conf_file_add_key(const char *path) HK_MUST_USE;

#endif
