/* Who sent a request. */
#include "inbox/client.h"

#include "base/net.h"

struct span
client_addr(const struct http_request *rq, const char *trusted)
{
	struct span	list = field_get(&rq->fields, "x-forwarded-for"), last = rq->remote_addr;
	struct ip	ip;
	const char	*comma;

	/* Each proxy has put whom it heard at the end; what stands before is hearsay. */
	while (list.len > 0 && ip_parse(last, &ip) && nets_have(trusted, &ip)) {
		comma = memrchr(list.p, ',', list.len);
		last = comma == NULL ? list :
		    span_of(comma + 1, (size_t)(list.p + list.len - comma - 1));
		list.len = comma == NULL ? 0 : (size_t)(comma - list.p);
		last = span_trim(last);
		if (!ip_parse(last, &ip))
			return rq->remote_addr;
	}
	return last;
}
