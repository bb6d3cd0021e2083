/*
 * Pages of other origins: whose scripts may read what a browser's user may.
 */
#ifndef API_ORIGIN_H
#define API_ORIGIN_H

#include "base/conf.h"

/* Is it one of [api] origins?  SPAN_NULL: no. */
bool		 origin_allowed(const struct conf *, struct span origin);

#endif
