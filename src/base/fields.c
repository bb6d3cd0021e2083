/* Finding a header field: there are a few dozen at most, so by looking. */
#include "base/fields.h"

struct span
field_get(const struct fields *f, const char *name)
{
	for (size_t i = 0; i < f->n; i++)
		if (span_is(f->v[i].name, name))
			return f->v[i].value;
	return SPAN_NULL;
}
