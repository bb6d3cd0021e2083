/* One message: what it says, whom it went to; and sending it again. */
#include "admin/auditlog.h"
#include "admin/event_payload.h"
#include "admin/outgoing.h"
#include "admin/owner.h"
#include "outbox/body.h"
#include "outbox/delivery.h"
#include "outbox/message.h"
#include "outbox/trial.h"
#include "outbox/types.h"

#define DELIVERIES_SHOWN	100
#define AGAIN_MOST		1000	/* deliveries that are sent again at once */
#define BODY_MOST		((size_t)64 << 20)

/* The columns of S_MESSAGE_ONE. */
enum { M_ID, M_TYPE, M_OWNER_KIND, M_OWNER, M_EMAIL, M_CAUSE, M_EVENT, M_CREATED, M_PAYLOAD,
       M_WAITS };

static enum hk_err
message_of_route(const struct visit *v, int64_t *id)
{
	if (message_id(route_get(&v->route, "id"), id))
		return HK_OK;
	return err_tell(HK_NOTFOUND, "there is no such message");
}

static enum hk_err
put_payload(struct visit *v, struct stmt *q)
{
	struct span	raw = visit_query(v, "show");
	bool		masked = message_hidden(v, col_text(q, M_TYPE));
	struct buf	body;
	enum hk_err	e = HK_OK;

	jw_bool(v->doc, "masked", masked);
	if (masked)
		raw = SPAN_NULL;
	jw_int(v->doc, "size", (int64_t)col_text(q, M_PAYLOAD).len);
	jw_bool(v->doc, "show_raw", span_is(raw, "raw"));
	if (!span_is(raw, "raw"))
		return payload_tree(v->doc, masked ? SPAN("{}") : col_text(q, M_PAYLOAD), v->arena);
	buf_init(&body, BODY_MOST);
	message_body(&body, col_int(q, M_ID), col_int(q, M_CREATED), col_text(q, M_TYPE),
	    col_text(q, M_PAYLOAD), false);
	if (buf_ok(&body))
		payload_raw(v->doc, buf_span(&body));
	else
		e = err_note(HK_NOMEM, "no memory for a message");
	buf_release(&body);
	return e;
}

static enum hk_err
load(struct visit *v, int64_t id)
{
	const struct message_type	*type;
	struct jw			*w = v->doc;
	struct stmt			*q;
	char				 name[MESSAGE_NAME];
	enum hk_err			 e;
	bool				 row;

	if ((e = db_stmt(v->db, S_MESSAGE_ONE, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	if ((e = stmt_step(q, &row)) == HK_OK && !row)
		e = err_tell(HK_NOTFOUND, "there is no such message");
	if (e == HK_OK) {
		message_name(name, id, col_int(q, M_CREATED));
		type = message_type_find(col_text(q, M_TYPE));
		v->title = arena_printf(v->arena, "Message %s", name);
		jw_open(w, "message", '{');
		jw_int(w, "id", id);
		jw_text(w, "name", span_str(name));
		jw_text(w, "type", col_text(q, M_TYPE));
		jw_text(w, "about", span_str(type != NULL ? type->about : NULL));
		owner_put(w, "owner", col_text(q, M_OWNER_KIND), col_text(q, M_OWNER),
		    col_text(q, M_EMAIL));
		jw_text(w, "cause", col_text(q, M_CAUSE));
		jw_bool(w, "trial", span_starts(col_text(q, M_CAUSE), TRIAL_CAUSE));
		jw_bool(w, "waits", col_int(q, M_WAITS) != 0);
		jw_int(w, "event", col_int(q, M_EVENT));
		jw_time(w, "created_at", col_int(q, M_CREATED));
		jw_close(w, '}');
		e = put_payload(v, q);
	}
	stmt_reset(q);
	return e;
}

static enum hk_err
put_deliveries(struct visit *v, int64_t id)
{
	struct jw	*w = v->doc;
	struct stmt	*q;
	int		 n = 0;
	enum hk_err	 e;
	bool		 row;

	if ((e = db_stmt(v->db, S_DELIVERIES_OF_MESSAGE, &q)) != HK_OK)
		return e;
	bind_int(q, ":message", id);
	bind_int(q, ":limit", DELIVERIES_SHOWN + 1);
	jw_open(w, "rows", '[');
	while ((e = stmt_step(q, &row)) == HK_OK && row && n++ < DELIVERIES_SHOWN) {
		jw_open(w, NULL, '{');
		delivery_put(w, q);
		jw_close(w, '}');
	}
	jw_close(w, ']');
	stmt_reset(q);
	jw_bool(w, "any", n > 0);
	jw_bool(w, "rows_left_out", n > DELIVERIES_SHOWN);
	return e;
}

enum hk_err
page_message(struct visit *v)
{
	int64_t		id = 0;
	enum hk_err	e;

	if ((e = message_of_route(v, &id)) != HK_OK || (e = load(v, id)) != HK_OK)
		return e;
	return put_deliveries(v, id);
}

/* ---- sending it again --------------------------------------------------------------------- */

static enum hk_err
next_delivery(struct visit *v, int64_t message, int64_t *id)
{
	struct stmt	*q;
	int64_t		 after = *id;
	enum hk_err	 e;

	*id = 0;
	if ((e = db_stmt(v->db, S_MESSAGE_DELIVERY_NEXT, &q)) != HK_OK)
		return e;
	bind_int(q, ":message", message);
	bind_int(q, ":after", after);
	return stmt_int(q, id);
}

/* To every endpoint it is for; those that are paused, deleted or being sent to are left out. */
static enum hk_err
again(struct visit *v, int64_t message)
{
	struct auditlog	log = { .action = "message.send",
			    .subject = auditlog_subject(v->arena, "message", number_text(v, message)) };
	int64_t		id = 0;
	enum hk_err	e;

	v->said_n = 0;
	for (int i = 0; i < AGAIN_MOST; i++) {
		if ((e = next_delivery(v, message, &id)) != HK_OK)
			return e;
		if (id == 0)
			break;
		if ((e = delivery_resend(v->db, id, v->now)) == HK_OK)
			v->said_n++;
		else if (e != HK_NEVER && e != HK_BUSY)
			return e;
	}
	if (v->said_n == 0)
		return HK_OK;
	log.after = auditlog_facts(v->arena, (struct fact[]){ { "deliveries",
	    number_text(v, v->said_n) } }, 1);
	return auditlog_put(v, &log);
}

enum hk_err
act_message_send(struct visit *v)
{
	int64_t		id = 0;
	enum hk_err	e;

	if ((e = message_of_route(v, &id)) != HK_OK || (e = db_begin(v->db)) != HK_OK)
		return e;
	if ((e = again(v, id)) == HK_OK)
		e = db_commit(v->db);
	if (e != HK_OK) {
		db_rollback(v->db);
		return e;
	}
	outgoing_wake(v);
	v->said = v->said_n > 0 ? "sent_again" : "none_sent_again";
	return visit_then(v, "/messages/%lld", (long long)id);
}
