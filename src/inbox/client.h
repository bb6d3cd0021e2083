/*
 * Who sent a request, for the owner's eyes only: nothing is decided by it.
 */
#ifndef INBOX_CLIENT_H
#define INBOX_CLIENT_H

#include "http/http.h"

/*
 * REMOTE_ADDR; when that is one of the trusted networks, the last address of
 * X-Forwarded-For that is not.  trusted: networks separated by blanks, or NULL.
 */
struct span	 client_addr(const struct http_request *, const char *trusted);

#endif
