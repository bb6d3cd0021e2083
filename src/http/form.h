/*
 * application/x-www-form-urlencoded: the body of a form, and query strings.
 *
 * Read as browsers do (https://url.spec.whatwg.org/#urlencoded-parsing): '+' is
 * a blank, a '%' without two hex digits stays as it is, a piece without '=' is
 * a name with an empty value, empty pieces are none.  But bytes that are no
 * UTF-8 stay; html_put() and the JSON writer deal with them.
 */
#ifndef HTTP_FORM_H
#define HTTP_FORM_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/fields.h"

#define FORM_MOST	200	/* fields */

struct form {
	const struct field	*v;	/* in the text's order, decoded */
	size_t			 n;
};

/*
 * Names and values lie in the arena, as long again as the text, and are never
 * NULL.  HK_TOOBIG: more than FORM_MOST fields.  HK_NOMEM.
 */
enum hk_err	 form_parse(struct form *, struct span text, struct arena *)
		    HK_MUST_USE;

/* The first value of that name; SPAN_NULL: there is none. */
struct span	 form_get(const struct form *, const char *name);
/*
 * The next value of that name (several boxes ticked); SPAN_NULL: no more.
 * *at is 0 before the first call.
 */
struct span	 form_each(const struct form *, const char *name, size_t *at);

/*
 * Append "name=value" encoded; before it '&', unless the buffer is empty or
 * ends in '?' or '&'.
 */
void		 form_put(struct buf *, struct span name, struct span value);

#endif
