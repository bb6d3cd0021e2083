/*
 * What a receiver is sent: {"type":...,"timestamp":...,"data":...}, as
 * https://www.standardwebhooks.com/ has it.
 */
#ifndef OUTBOX_BODY_H
#define OUTBOX_BODY_H

#include "base/json.h"

/* thin: data is {"id":"msg_..."} instead of the payload.  Appends; see buf_ok(). */
void		 message_body(struct buf *, int64_t id, int64_t created_us, struct span type,
		    struct span payload, bool thin);

#endif
