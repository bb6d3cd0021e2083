/*
 * What a webhook says: its body and the fields that sign it, by Standard Webhooks.
 * https://github.com/standard-webhooks/standard-webhooks
 */
#ifndef DELIVER_REQUEST_H
#define DELIVER_REQUEST_H

#include "deliver/channel.h"

#define REQUEST_FIELDS	32

struct request {
	struct span	 body;
	size_t		 n;
	/* "webhook-id: msg_..."; each a C string in the flight's arena */
	const char	*field[REQUEST_FIELDS];
	struct span	 shown;		/* JSON object of them, without what the endpoint added */
};

/*
 * {"type":...,"timestamp":...,"data":PAYLOAD}; thin: data has the message's id
 * alone.  timestamp is the message's time, the signed one is now_s.
 * HK_NOMEM; HK_CONF: a secret that signs nothing.
 */
enum hk_err	 request_make(const struct flight *, int64_t now_s, struct request *) HK_MUST_USE;

#endif
