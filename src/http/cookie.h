/*
 * Cookies, as RFC 6265 has them.
 */
#ifndef HTTP_COOKIE_H
#define HTTP_COOKIE_H

#include "base/buf.h"
#include "base/fields.h"

/*
 * The first cookie of that name in all Cookie fields, without the quotes around
 * its value; SPAN_NULL: there is none.  Another host of the same domain can set
 * one, too, unless the name begins with "__Host-".
 */
struct span	 cookie_get(const struct fields *, const char *name);

struct cookie {
	const char	*name;
	struct span	 value;
	const char	*path;		/* NULL: "/" */
	int64_t		 max_age_s;	/* < 0: until the browser ends; 0: forget it */
	bool		 secure;	/* by https only */
};

/*
 * Append a line "Set-Cookie: ...\r\n" for struct http_reply's extra; always
 * HttpOnly and SameSite=Lax.
 * HK_SYNTAX, and nothing is put: a byte in name, value or path that does not
 * belong there, or a "__Host-" or "__Secure-" name without what it promises,
 * which browsers drop without a word.
 */
enum hk_err	 cookie_put(struct buf *, const struct cookie *) HK_MUST_USE;

#endif
