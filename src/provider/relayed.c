/* Received events as types of message. */
#include "provider/relayed.h"

#include "provider/masked.h"

bool
relayed_may(const struct provider *p, const char *type)
{
	return !provider_has_codes(span_str(p->name), span_str(type));
}

bool
relayed_type(struct span name, const struct provider **out, const char **type)
{
	struct span		 rest = name, sender = span_cut(&rest, '.');
	const struct provider	*p = provider_find(sender);

	if (p == NULL || rest.p == NULL)
		return false;
	for (const char *const *t = p->catalogue; *t != NULL; t++)
		if (span_is(rest, *t) && relayed_may(p, *t)) {
			*out = p;
			*type = *t;
			return true;
		}
	return false;
}

struct span
relayed_sample(struct span name)
{
	const struct provider	*p;
	const char		*type;

	return relayed_type(name, &p, &type) ? provider_sample(p, span_str(type)) : SPAN_NULL;
}
