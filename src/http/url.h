/*
 * Percent-encoding (RFC 3986, section 2.1).
 */
#ifndef HTTP_URL_H
#define HTTP_URL_H

#include "base/buf.h"

/* All but A-Z a-z 0-9 - . _ ~ as %XX: fits a query's value and a path's step. */
void		 url_put(struct buf *, struct span);

/*
 * Decode into out, which has room for s.len bytes; returns how many were put.
 * A '%' without two hex digits stays as it is.  plus: '+' is a blank.  The
 * result may be any bytes, also NUL.
 */
size_t		 url_decode(char *out, struct span s, bool plus);

#endif
