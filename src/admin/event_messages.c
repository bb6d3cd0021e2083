/* The messages that an event caused. */
#include "admin/event_messages.h"

#include "admin/event_payload.h"
#include "admin/owner.h"
#include "outbox/message.h"
#include "outbox/types.h"

#define MESSAGES_SHOWN	50
#define MESSAGES_MOST	1000	/* that are counted */

static enum hk_err
ask(struct visit *v, enum stmt_id which, int64_t event, int64_t limit, struct stmt **q)
{
	struct span	from = span_str(arena_printf(v->arena, "event:%lld:", (long long)event));
	struct span	to = span_str(arena_printf(v->arena, "event:%lld;", (long long)event));
	enum hk_err	e;

	if (from.p == NULL || to.p == NULL)
		return err_note(HK_NOMEM, "no memory for messages");
	if ((e = db_stmt(v->db, which, q)) != HK_OK)
		return e;
	bind_text(*q, ":from", from);
	bind_text(*q, ":to", to);
	bind_int(*q, ":limit", limit);
	return HK_OK;
}

static enum hk_err
put_message(struct visit *v, struct stmt *q)
{
	const struct message_type	*type = message_type_find(col_text(q, 1));
	struct jw			*w = v->doc;
	char				 name[MESSAGE_NAME];
	enum hk_err			 e;

	message_name(name, col_int(q, 0), col_int(q, 5));
	jw_open(w, NULL, '{');
	jw_int(w, "id", col_int(q, 0));
	jw_text(w, "name", span_str(name));
	jw_text(w, "type", col_text(q, 1));
	jw_text(w, "about", span_str(type != NULL ? type->about : NULL));
	owner_put(w, "owner", col_text(q, 2), col_text(q, 3), SPAN_NULL);
	jw_time(w, "created_at", col_int(q, 5));
	e = payload_tree(w, col_text(q, 4), v->arena);
	jw_close(w, '}');
	return e;
}

enum hk_err
event_messages_put(struct visit *v, int64_t event)
{
	struct stmt	*q;
	int64_t		 all = 0, n = 0;
	enum hk_err	 e;
	bool		 row;

	if ((e = ask(v, S_EVENT_MESSAGE_COUNT, event, MESSAGES_MOST, &q)) != HK_OK ||
	    (e = stmt_int(q, &all)) != HK_OK ||
	    (e = ask(v, S_EVENT_MESSAGES, event, MESSAGES_SHOWN, &q)) != HK_OK)
		return e;
	jw_open(v->doc, "messages", '[');
	while ((e = stmt_step(q, &row)) == HK_OK && row && (e = put_message(v, q)) == HK_OK)
		n++;
	jw_close(v->doc, ']');
	stmt_reset(q);
	jw_int(v->doc, "messages_left_out", all - n);
	return e;
}
