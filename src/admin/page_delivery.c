/* One delivery: how it stands, each time it was tried; sending it again, canceling it. */
#include "admin/auditlog.h"
#include "admin/delivery_attempt.h"
#include "admin/event_payload.h"
#include "admin/outgoing.h"
#include "admin/owner.h"
#include "outbox/body.h"
#include "outbox/delivery.h"

#define BODY_MOST	((size_t)64 << 20)

/* The columns of S_DELIVERY_ONE after those of all deliveries. */
enum { O_SUBJECT = D_COLUMNS, O_LEASE, O_STATE, O_THIN, O_ORDERED, O_DELETED, O_UPDATED, O_CHANNEL,
       O_PAYLOAD, O_OWNER_KIND, O_OWNER, O_EMAIL, O_EVENT };

/* "body": as it is sent now; the endpoint may have been another when it was. */
static enum hk_err
put_body(struct visit *v, struct stmt *q)
{
	struct buf	b;
	enum hk_err	e = HK_OK;

	buf_init(&b, BODY_MOST);
	if (!message_hidden(v, col_text(q, D_TYPE)))
		message_body(&b, col_int(q, D_MESSAGE), col_int(q, D_MESSAGE_AT), col_text(q, D_TYPE),
		    col_text(q, O_PAYLOAD), span_is(col_text(q, O_THIN), "thin"));
	if (!buf_ok(&b))
		e = err_note(HK_NOMEM, "no memory for a delivery");
	jw_open(v->doc, "body", '{');
	payload_raw(v->doc, buf_span(&b));
	jw_int(v->doc, "size", (int64_t)b.len);
	jw_bool(v->doc, "masked", message_hidden(v, col_text(q, D_TYPE)));
	jw_bool(v->doc, "changed", col_int(q, O_UPDATED) > col_int(q, D_CREATED));
	jw_close(v->doc, '}');
	buf_release(&b);
	return e;
}

/* May it be sent again, may it be canceled; and when not, why. */
static void
put_choices(struct jw *w, struct stmt *q)
{
	struct span	status = col_text(q, D_STATUS);
	bool		deleted = !col_is_null(q, O_DELETED);
	bool		enabled = span_is(col_text(q, O_STATE), "enabled");
	bool		sending = span_is(status, "sending");
	bool		open = sending || span_is(status, "pending") || span_is(status, "held");

	jw_bool(w, "can_resend", enabled && !deleted && !sending);
	jw_bool(w, "can_cancel", open);
	jw_bool(w, "deleted", deleted);
	jw_text(w, "endpoint_state", deleted || enabled ? SPAN_NULL : col_text(q, O_STATE));
	/* Of an ordered endpoint what is not due waits for another one. */
	jw_bool(w, "parked", span_is(status, "pending") && col_is_null(q, D_DUE));
	jw_int(w, "tries_left", span_is(status, "pending") && col_int(q, D_ATTEMPTS) < DELIVERY_TRIES ?
	    DELIVERY_TRIES - col_int(q, D_ATTEMPTS) : 0);
}

static enum hk_err
load(struct visit *v, int64_t id)
{
	struct jw	*w = v->doc;
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row;

	if ((e = db_stmt(v->db, S_DELIVERY_ONE, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	if ((e = stmt_step(q, &row)) == HK_OK && !row)
		e = err_tell(HK_NOTFOUND, "there is no delivery %lld", (long long)id);
	if (e == HK_OK) {
		jw_open(w, "delivery", '{');
		delivery_put(w, q);
		jw_text(w, "subject", col_text(q, O_SUBJECT));
		jw_bool(w, "ordered", col_int(q, O_ORDERED) != 0);
		jw_text(w, "channel", col_text(q, O_CHANNEL));
		jw_bool(w, "webhook", span_is(col_text(q, O_CHANNEL), "webhook"));
		owner_put(w, "owner", col_text(q, O_OWNER_KIND), col_text(q, O_OWNER),
		    col_text(q, O_EMAIL));
		jw_int(w, "event", col_int(q, O_EVENT));
		put_choices(w, q);
		jw_close(w, '}');
		e = put_body(v, q);
	}
	stmt_reset(q);
	return e;
}

enum hk_err
page_delivery(struct visit *v)
{
	int64_t		id = 0;
	enum hk_err	e;

	if ((e = visit_id(v, &id)) != HK_OK || (e = load(v, id)) != HK_OK)
		return e;
	v->title = arena_printf(v->arena, "Delivery %lld", (long long)id);
	return delivery_attempts_put(v, id);
}

/* ---- actions ---------------------------------------------------------------------------- */

static enum hk_err
act(struct visit *v, const char *action, enum hk_err (*verb)(struct db *, int64_t, int64_t),
    const char *said)
{
	struct auditlog	log = { .action = action };
	int64_t		id = 0;
	enum hk_err	e;

	if ((e = visit_id(v, &id)) != HK_OK || (e = db_begin(v->db)) != HK_OK)
		return e;
	log.subject = auditlog_subject(v->arena, "delivery", number_text(v, id));
	if ((e = verb(v->db, id, v->now)) == HK_OK && (e = auditlog_put(v, &log)) == HK_OK)
		e = db_commit(v->db);
	if (e != HK_OK) {
		db_rollback(v->db);
		if (e == HK_BUSY || e == HK_SKIP)
			v->status = 409;	/* it has gone on meanwhile */
		return e;
	}
	outgoing_wake(v);
	v->said = said;
	v->said_n = 1;
	return visit_then(v, "/deliveries/%lld", (long long)id);
}

enum hk_err
act_delivery_resend(struct visit *v)
{
	return act(v, "delivery.resend", delivery_resend, "sent_again");
}

enum hk_err
act_delivery_cancel(struct visit *v)
{
	return act(v, "delivery.cancel", delivery_cancel, "delivery_canceled");
}
