/* Deliveries: what became of each message at each endpoint. */
#include "api/call_out.h"

#include <stdio.h>

#include "outbox/delivery.h"
#include "outbox/members.h"
#include "outbox/message.h"

#define ATTEMPTS_MOST	50	/* shown of one, the last */

static void
delivery_row(struct call *c, struct stmt *q, void *ctx)
{
	(void)ctx;
	delivery_members(c->out, q);
}

/* ---- a list -------------------------------------------------------------------- */

/* Where to look: what is an endpoint's or a message's is found by an index. */
struct source {
	enum stmt_id	 name;
	int64_t		 endpoint, message, high;
	struct span	 status;
};

static enum hk_err
read_source(struct call *c, struct source *s)
{
	static const char *const	states[] = { "pending", "sending", "delivered", "failed",
					    "held", "canceled", NULL };
	struct span			endpoint = form_get(&c->query, "endpoint");
	struct span			message = form_get(&c->query, "message");
	int64_t				at;
	enum hk_err			e;

	*s = (struct source){ .name = S_OUT_DELIVERIES, .high = INT64_MAX };
	if (stops(c, e = query_word(c, "status", states, &s->status)) ||
	    (endpoint.p != NULL && stops(c, e = call_endpoint_named(c, endpoint, &s->endpoint))))
		return e;
	if (message.p != NULL && !message_named(message, &s->message, &at))
		return call_problem(c, PROBLEM_NOT_FOUND, "there is no message `%.*s`",
		    (int)(message.len < 40 ? message.len : 40), message.p);
	if (message.p != NULL)
		s->name = S_OUT_DELIVERIES_OF_MESSAGE;
	else if (s->endpoint != 0 && s->status.p != NULL)
		s->name = S_OUT_DELIVERIES_OF;
	else if (span_is(s->status, "failed"))
		s->name = S_OUT_DELIVERIES_FAILED;
	return HK_OK;
}

static enum hk_err
newest(struct call *c, struct source *s)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if (s->name != S_OUT_DELIVERIES)
		return HK_OK;
	if ((e = db_stmt(c->db, S_OUT_DELIVERY_HIGH, &q)) != HK_OK)
		return e;
	return stmt_int(q, &s->high);
}

static void
bind_source(struct stmt *q, const struct source *s)
{
	if (s->name == S_OUT_DELIVERIES_FAILED)
		return;
	bind_text(q, ":status", s->status);
	if (s->endpoint != 0)
		bind_int(q, ":endpoint", s->endpoint);
	if (s->name == S_OUT_DELIVERIES_OF_MESSAGE)
		bind_int(q, ":message", s->message);
}

enum hk_err
call_deliveries(struct call *c)
{
	static const char *const	names[] = { "endpoint", "message", "status", NULL };
	struct list			l = { .put = delivery_row };
	struct source			s;
	struct stmt			*q = NULL;
	int64_t				after;
	enum hk_err			e;

	if (stops(c, e = list_begin(c, names, &l)) || stops(c, e = read_source(c, &s)) ||
	    stops(c, e = newest(c, &s)) || stops(c, e = list_after(c, &l, s.high, &after)) ||
	    (e = db_stmt(c->db, s.name, &q)) != HK_OK)
		return e;
	bind_source(q, &s);
	bind_int(q, ":after", after);
	if (s.name == S_OUT_DELIVERIES) {
		l.low = after > LOOK_MOST ? after - LOOK_MOST : 0;
		bind_int(q, ":low", l.low);
	}
	return list_rows(c, &l, q);
}

/* ---- one ------------------------------------------------------------------------- */

static enum hk_err
delivery_id(struct call *c, int64_t *id)
{
	if (span_u63(route_get(&c->route, "delivery"), id))
		return HK_OK;
	return call_problem(c, PROBLEM_NOT_FOUND, "there is no such delivery");
}

static enum hk_err
put_delivery(struct call *c, int64_t id)
{
	struct stmt	*q = NULL;
	bool		 row;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_OUT_DELIVERY, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	if ((e = stmt_step(q, &row)) == HK_OK && row)
		delivery_members(c->out, q);
	else if (e == HK_OK)
		e = call_problem(c, PROBLEM_NOT_FOUND, "there is no delivery %lld", (long long)id);
	stmt_reset(q);
	return e;
}

static enum hk_err
put_attempts(struct call *c, int64_t id)
{
	struct stmt	*q = NULL;
	bool		 row;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_OUT_ATTEMPTS, &q)) != HK_OK)
		return e;
	bind_int(q, ":delivery", id);
	bind_int(q, ":limit", ATTEMPTS_MOST);
	jw_open(c->out, "attempt_log", '[');
	while ((e = stmt_step(q, &row)) == HK_OK && row) {
		jw_open(c->out, NULL, '{');
		attempt_members(c->out, q);
		jw_close(c->out, '}');
	}
	stmt_reset(q);
	jw_close(c->out, ']');
	return e;
}

enum hk_err
call_delivery(struct call *c)
{
	int64_t		id;
	enum hk_err	e;

	if (stops(c, e = delivery_id(c, &id)) || stops(c, e = put_delivery(c, id)))
		return e;
	return put_attempts(c, id);
}

/* ---- by hand ----------------------------------------------------------------------- */

static enum hk_err
note_delivery(struct call *c, const char *action, int64_t id)
{
	char	subject[40];

	snprintf(subject, sizeof(subject), "delivery:%lld", (long long)id);
	return note_action(c, action, span_str(subject), SPAN_NULL);
}

enum hk_err
call_delivery_resend(struct call *c)
{
	static const char *const	names[] = { NULL };
	int64_t				id;
	enum hk_err			e;

	if (stops(c, e = call_only(c, names)) || stops(c, e = delivery_id(c, &id)))
		return e;
	if ((e = delivery_resend(c->db, id, c->now)) == HK_BUSY)
		return call_problem(c, PROBLEM_CONFLICT, "delivery %lld is being sent just now; look "
		    "again in a moment", (long long)id);
	if (e != HK_OK)
		return call_failed(c, e);
	if ((e = note_delivery(c, "delivery.resend", id)) != HK_OK)
		return e;
	c->woken = true;
	return put_delivery(c, id);
}

enum hk_err
call_delivery_cancel(struct call *c)
{
	static const char *const	names[] = { NULL };
	int64_t				id;
	enum hk_err			e;

	if (stops(c, e = call_only(c, names)) || stops(c, e = delivery_id(c, &id)))
		return e;
	if ((e = delivery_cancel(c->db, id, c->now)) == HK_SKIP)
		return call_problem(c, PROBLEM_CONFLICT, "%s: nothing is open", err_last());
	if (e != HK_OK)
		return call_failed(c, e);
	if ((e = note_delivery(c, "delivery.cancel", id)) != HK_OK)
		return e;
	c->woken = true;	/* the next of its subject may go */
	return put_delivery(c, id);
}
