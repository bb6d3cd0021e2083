/* What a receiver is sent. */
#include "outbox/body.h"

#include "outbox/message.h"

void
message_body(struct buf *b, int64_t id, int64_t created_us, struct span type, struct span payload,
    bool thin)
{
	char		name[MESSAGE_NAME];
	struct jw	w;

	jw_init(&w, b);
	jw_open(&w, NULL, '{');
	jw_text(&w, "type", type);
	jw_time(&w, "timestamp", created_us);
	if (thin) {
		message_name(name, id, created_us);
		jw_open(&w, "data", '{');
		jw_text(&w, "id", span_str(name));
		jw_close(&w, '}');
	} else
		jw_raw(&w, "data", payload);
	jw_close(&w, '}');
}
