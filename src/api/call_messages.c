/* Messages: put by the site's application, and looked at. */
#include "api/call_out.h"

#include "outbox/members.h"
#include "outbox/message.h"
#include "outbox/own.h"
#include "outbox/types.h"

#define PAYLOAD_MOST	(1 << 20)	/* bytes; of a larger one the answer has none */

static void
message_row(struct call *c, struct stmt *q, void *ctx)
{
	(void)ctx;
	message_members(c->out, q);
}

/* ---- a list ------------------------------------------------------------------- */

struct asked {
	struct span	 type, kind, owner;
	int64_t		 since, until, high;
};

static enum hk_err
owner_asked(struct call *c, struct asked *a)
{
	struct span	user = form_get(&c->query, "user");
	struct user	u;
	enum hk_err	e;

	if ((a->owner = form_get(&c->query, "organization")).p != NULL)
		a->kind = SPAN("organization");
	if (user.p == NULL)
		return HK_OK;
	if (stops(c, e = call_user_named(c, "user", user, &u)))
		return e;
	a->kind = SPAN("user");
	a->owner = arena_span(c->arena, span_str(u.id));
	return a->owner.p != NULL ? HK_OK : err_note(HK_NOMEM, "no memory for a user's id");
}

static enum hk_err
read_asked(struct call *c, struct asked *a)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	*a = (struct asked){ .type = form_get(&c->query, "type") };
	if (stops(c, e = owner_asked(c, a)) || stops(c, e = query_time(c, "since", &a->since)) ||
	    stops(c, e = query_time(c, "until", &a->until)) ||
	    (e = db_stmt(c->db, S_OUT_MESSAGE_HIGH, &q)) != HK_OK)
		return e;
	return stmt_int(q, &a->high);
}

/* Nothing below is young enough: the list ends here. */
static enum hk_err
end_of_look(struct call *c, const struct asked *a, struct list *l)
{
	struct stmt	*q = NULL;
	int64_t		 at = 0;
	enum hk_err	 e;

	if (l->low == 0 || a->since == 0)
		return HK_OK;
	if ((e = db_stmt(c->db, S_OUT_MESSAGE_BELOW, &q)) != HK_OK)
		return e;
	bind_int(q, ":low", l->low);
	if ((e = stmt_int(q, &at)) == HK_OK && at < a->since)
		l->low = 0;
	return e;
}

enum hk_err
call_messages(struct call *c)
{
	static const char *const	names[] = { "type", "user", "organization", "since", "until",
					    NULL };
	struct list			l = { .put = message_row };
	struct asked			a;
	struct stmt			*q = NULL;
	int64_t				after, low = 0;
	bool				all;
	enum hk_err			e;

	if (stops(c, e = list_begin(c, names, &l)) || stops(c, e = read_asked(c, &a)) ||
	    stops(c, e = list_after(c, &l, a.high, &after)))
		return e;
	all = a.owner.p == NULL;	/* an owner's are found by an index */
	low = all && after > LOOK_MOST ? after - LOOK_MOST : 0;
	l.low = low;
	if ((e = end_of_look(c, &a, &l)) != HK_OK ||
	    (e = db_stmt(c->db, all ? S_OUT_MESSAGES : S_OUT_MESSAGES_OF, &q)) != HK_OK)
		return e;
	bind_int(q, ":after", after);
	bind_int(q, ":low", low);
	bind_text(q, ":type", a.type);
	if (a.since != 0)
		bind_int(q, ":since", a.since);
	if (a.until != 0)
		bind_int(q, ":until", a.until);
	if (!all) {
		bind_text(q, ":owner", a.owner);
		bind_text(q, ":owner_kind", a.kind);
	}
	return list_rows(c, &l, q);
}

/* ---- one ---------------------------------------------------------------------- */

static enum hk_err
put_payload(struct call *c, int64_t id, bool secret)
{
	struct stmt	*q = NULL;
	bool		 row;
	enum hk_err	 e;

	if (secret) {		/* one-time codes are for the channel alone */
		jw_null(c->out, "payload");
		return HK_OK;
	}
	if ((e = db_stmt(c->db, S_OUT_MESSAGE_PAYLOAD, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	if ((e = stmt_step(q, &row)) == HK_OK && row && col_text(q, 0).len <= PAYLOAD_MOST)
		jw_raw(c->out, "payload", col_text(q, 0));
	else
		jw_null(c->out, "payload");
	stmt_reset(q);
	return e;
}

static enum hk_err
put_message(struct call *c, int64_t id, int64_t at)
{
	struct stmt	*q = NULL;
	bool		 row, secret = false;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_OUT_MESSAGE, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	bind_int(q, ":at", at);
	if ((e = stmt_step(q, &row)) == HK_OK && row) {
		message_members(c->out, q);
		secret = message_type_secret(col_text(q, 2));
	}
	stmt_reset(q);
	if (e != HK_OK)
		return e;
	return row ? put_payload(c, id, secret) :
	    call_problem(c, PROBLEM_NOT_FOUND, "there is no such message");
}

enum hk_err
call_message(struct call *c)
{
	int64_t	id, at;

	if (!message_named(route_get(&c->route, "message"), &id, &at))
		return call_problem(c, PROBLEM_NOT_FOUND, "there is no such message");
	return put_message(c, id, at);
}

/* ---- put by the application -------------------------------------------------------- */

enum hk_err
call_message_create(struct call *c)
{
	static const char *const	names[] = { "type", "user", "organization", "payload", NULL };
	struct own_message		m = { .owner = SPAN("site"), .key = c->key };
	enum hk_err			e;

	if (stops(c, e = call_only(c, names)) ||
	    stops(c, e = call_text(c, "type", true, 128, &m.type)) ||
	    stops(c, e = call_owner(c, &m.owner_kind, &m.owner)) ||
	    stops(c, e = call_object(c, "payload", OWN_MOST, &m.payload)))
		return e;
	if (m.payload.p == NULL)
		return call_problem(c, PROBLEM_BAD_REQUEST, "the member `payload` is missing");
	if ((e = own_message_put(c->db, &m, c->now)) == HK_EXISTS)
		return call_problem(c, PROBLEM_IDEMPOTENCY, "this key put another message; take a "
		    "new key for a new one");
	if (e != HK_OK)
		return call_failed(c, e);
	c->status = m.fresh ? 201 : 200;
	c->woken = m.fresh;
	return put_message(c, m.id, m.created_us);
}
