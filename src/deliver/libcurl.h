/*
 * libcurl, started once for the process.  Only for the files of this room.
 */
#ifndef DELIVER_LIBCURL_H
#define DELIVER_LIBCURL_H

#include "base/err.h"

/* HK_IO: it does not start. */
enum hk_err	 libcurl_start(void) HK_MUST_USE;

#endif
