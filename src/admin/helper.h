/*
 * The hookkeeper command, run for a page: it can do what these programs cannot,
 * being without libcurl.
 */
#ifndef ADMIN_HELPER_H
#define ADMIN_HELPER_H

#include "admin/admin.h"
#include "admin/child.h"

/* Its path: the setting [admin] command, else beside this program.  HK_CONF (told). */
enum hk_err	 helper_find(const struct visit *, const char **out) HK_MUST_USE;
/*
 * Run it with the settings this program has; argv and limit are set, the buffers
 * are ready.  HK_OK: it has said something on its output, whatever its status.
 * HK_IO: only on its error stream, which is told; HK_BUSY: others are under way;
 * HK_TIMEOUT, HK_IO as of child_run().  All told.
 */
enum hk_err	 helper_run(const struct visit *, struct child *) HK_MUST_USE;

#endif
