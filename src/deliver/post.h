/*
 * One HTTP request, waited for.
 * http and https only, no redirects, no proxy from the environment.
 */
#ifndef DELIVER_POST_H
#define DELIVER_POST_H

#include "base/buf.h"
#include "base/err.h"

struct post_header {
	const char	*name, *value;
};

/*
 * *status is the HTTP status; answer gets at most its own most bytes.
 * HK_IO or HK_TIMEOUT: no answer came, err_last() says why.  HK_SYNTAX: the URL.
 */
enum hk_err	 post_send(const char *url, const struct post_header *, size_t n,
		    struct span body, int timeout_s, int *status,
		    struct buf *answer) HK_MUST_USE;

/* An answer, as far as the doctor looks at it. */
struct post_answer {
	int	status;
	char	type[64];	/* Content-Type, "" none */
	char	leads_to[512];	/* where a redirect leads */
	bool	asks_login;	/* WWW-Authenticate: Basic or Digest */
};
/*
 * As post_send(), by any method; "GET" has no body.  What answer cannot take is
 * not waited for.
 */
enum hk_err	 post_ask(const char *method, const char *url, const struct post_header *, size_t n,
		    struct span body, int timeout_s, struct post_answer *,
		    struct buf *answer) HK_MUST_USE;

#endif
