/*
 * Header fields of a request: what http reads, sign verifies and inbox keeps.
 * Names are lower-case with '-' ("stripe-signature"); a name that came twice
 * was joined by the web server (", ") or is the last one, as CGI has it.
 */
#ifndef BASE_FIELDS_H
#define BASE_FIELDS_H

#include "base/span.h"

struct field {
	struct span	name, value;
};

struct fields {
	const struct field	*v;
	size_t			 n;
};

/* The value, or SPAN_NULL when there is no such field; name in lower case. */
struct span	 field_get(const struct fields *, const char *name);

#endif
