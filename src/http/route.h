/*
 * Which page a path means.
 *
 * A pattern is "/events/:id/retry"; ":id" takes any one step of the path, the
 * others must be equal after decoding.  One slash at the end makes no
 * difference, on either side; anything else empty between slashes matches
 * nothing.  Nor does a step with a '%' that is no escape, one that decodes to a
 * NUL byte, or "." and "..", however they are written.
 */
#ifndef HTTP_ROUTE_H
#define HTTP_ROUTE_H

#include "base/span.h"

#define ROUTE_MOST	8	/* ":name" steps of a pattern */
#define ROUTE_ROOM	1024	/* bytes of the decoded ones */

struct route {
	struct {
		struct span	 name, value;	/* decoded; never empty */
	}	 step[ROUTE_MOST];	/* values point into text[] */
	size_t	 n;
	bool	 slash;		/* the path ended in one */
	char	 text[ROUTE_ROOM];
	size_t	 used;
};

/*
 * path is that of struct http_request: without query, not decoded.  False: it
 * is another page's; *r is then anybody's guess.  Do not copy a struct route.
 */
bool		 route_match(struct route *r, const char *pattern, struct span path);

/* What ":name" took; SPAN_NULL: the pattern has no such step. */
struct span	 route_get(const struct route *, const char *name);

#endif
