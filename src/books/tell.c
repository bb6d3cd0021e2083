/* What the books tell: payloads and causes of messages. */
#include "books/tell.h"

#include <stdio.h>

#include "books/ref.h"
#include "outbox/message.h"

#define PAYLOAD_MOST	(16 << 10)
#define CAUSE_MOST	400

/*
 * "event:12:credits_granted:7": what one event tells of one thing is told once.
 * Where no event is the cause, the thing and the time are.
 */
static void
cause_text(char out[CAUSE_MOST], const struct cause *c, const char *type, struct span thing)
{
	if (c->event != 0)
		snprintf(out, CAUSE_MOST, "event:%lld:%s:%.*s", (long long)c->event, type,
		    SPAN_ARG(thing));
	else
		snprintf(out, CAUSE_MOST, "at:%lld:%s:%.*s", (long long)c->now, type,
		    SPAN_ARG(thing));
}

static enum hk_err
message_of(const struct cause *c, const char *type, const struct owner *owner,
    struct span thing, const struct buf *payload, struct message *m, char cause[CAUSE_MOST])
{
	if (!buf_ok(payload))
		return err_note(HK_NOMEM, "no memory for the message %s", type);
	cause_text(cause, c, type, thing);
	*m = (struct message){
		.type = type, .owner_kind = owner->kind, .owner = owner->id,
		.payload = buf_span(payload), .cause = span_str(cause), .event = c->event,
		.now = c->now,
	};
	return HK_OK;
}

/* Once for each cause; the same transaction's second word replaces its first. */
static enum hk_err
tell(const struct cause *c, const char *type, const struct owner *owner, struct span thing,
    const struct buf *payload)
{
	char		cause[CAUSE_MOST];
	struct message	m;
	bool		fresh;
	enum hk_err	e;

	if ((e = message_of(c, type, owner, thing, payload, &m, cause)) != HK_OK ||
	    (e = message_put(c->db, &m, &fresh)) != HK_OK || fresh)
		return e;
	return message_amend(c->db, &m, &fresh);
}

static void
begin(struct jw *w, struct buf *out)
{
	buf_init(out, PAYLOAD_MOST);
	jw_init(w, out);
	jw_open(w, NULL, '{');
}

enum hk_err
tell_booking(const struct cause *c, const struct booking *b)
{
	struct buf	out;
	struct jw	w;
	char		thing[24];
	enum hk_err	e = HK_OK;

	snprintf(thing, sizeof(thing), "%lld", (long long)b->transfer);
	begin(&w, &out);
	jw_text(&w, "owner_kind", span_str(b->owner->kind));
	jw_text(&w, "owner", b->owner->id);
	jw_int(&w, "amount", b->amount);
	jw_int(&w, "balance", b->balance);
	jw_text(&w, "kind", span_str(b->kind));
	jw_text(&w, "business_key", b->business_key);
	jw_close(&w, '}');
	if (b->amount > 0)
		e = tell(c, "credits_granted", b->owner, span_str(thing), &out);
	if (e == HK_OK)
		e = tell(c, "credit_balance_updated", b->owner, span_str(thing), &out);
	buf_release(&out);
	return e;
}

/* "" is what an absent id reads as. */
static struct span
or_null(const char *s)
{
	return s[0] != '\0' ? span_str(s) : SPAN_NULL;
}

enum hk_err
tell_user(const struct cause *c, enum user_news news, const struct user *user,
    const struct clerk_user *u)
{
	const struct owner	 owner = { "user", span_str(user->id) };
	struct buf		 out;
	struct jw		 w;
	enum hk_err		 e;

	begin(&w, &out);
	jw_text(&w, "id", owner.id);
	jw_text(&w, "clerk_id", or_null(user->clerk_id));
	jw_text(&w, "email", u->email);
	jw_text(&w, "first_name", u->first_name);
	jw_text(&w, "last_name", u->last_name);
	jw_text(&w, "username", u->username);
	jw_close(&w, '}');
	e = tell(c, news == USER_CREATED ? "user.created" : "user.updated", &owner, owner.id,
	    &out);
	buf_release(&out);
	return e;
}

enum hk_err
tell_user_deleted(const struct cause *c, const struct user *user)
{
	const struct owner	 owner = { "user", span_str(user->id) };
	struct buf		 out;
	struct jw		 w;
	enum hk_err		 e;

	begin(&w, &out);
	jw_text(&w, "id", owner.id);
	jw_text(&w, "clerk_id", or_null(user->clerk_id));
	jw_close(&w, '}');
	e = tell(c, "user.deleted", &owner, owner.id, &out);
	buf_release(&out);
	return e;
}

/* What is told of a subscription: copies, for the statement is needed again. */
struct told {
	struct owner	owner;	/* kind NULL: nothing to tell */
	char		id[200];
	struct buf	payload;
};

static void
put_subscription(struct jw *w, struct stmt *q)
{
	jw_open(w, NULL, '{');
	jw_text(w, "owner_kind", col_text(q, 0));
	jw_text(w, "owner", col_text(q, 1));
	jw_text(w, "provider", col_text(q, 2));
	jw_text(w, "id", col_text(q, 3));
	jw_text(w, "customer", col_text(q, 4));
	jw_text(w, "status", col_text(q, 5));
	jw_text(w, "plan", col_text(q, 6));
	jw_time(w, "period_end", col_int(q, 7));
	jw_time(w, "cancel_at", col_int(q, 8));
	jw_time(w, "canceled_at", col_int(q, 9));
	jw_time(w, "ended_at", col_int(q, 10));
	jw_close(w, '}');
}

/* t->payload is released by the caller, whatever comes. */
static enum hk_err
read_subscription(struct db *db, const char *provider, struct span ref, struct told *t)
{
	struct stmt	*q = NULL;
	struct jw	 w;
	bool		 row;
	enum hk_err	 e;

	t->owner.kind = NULL;
	buf_init(&t->payload, PAYLOAD_MOST);
	jw_init(&w, &t->payload);
	if ((e = db_stmt(db, S_SUBSCRIPTION_TOLD, &q)) != HK_OK)
		return e;
	bind_text(q, ":provider", span_str(provider));
	bind_text(q, ":ref", ref);
	if ((e = stmt_step(q, &row)) == HK_OK && row && !col_is_null(q, 1)) {
		put_subscription(&w, q);
		ref_keep(t->id, sizeof(t->id), col_text(q, 1));
		t->owner = (struct owner){ span_is(col_text(q, 0), "user") ? "user" :
		    "organization", span_str(t->id) };
	}
	stmt_reset(q);
	return e;
}

enum hk_err
tell_subscription(const struct cause *c, const char *type, const char *provider,
    struct span ref)
{
	struct told	t;
	enum hk_err	e;

	if ((e = read_subscription(c->db, provider, ref, &t)) == HK_OK && t.owner.kind != NULL)
		e = tell(c, type, &t.owner, ref, &t.payload);
	buf_release(&t.payload);
	return e;
}

/* *done: the message of this type, if this transaction has put one, says so too. */
static enum hk_err
amend(const struct cause *c, const char *type, const struct told *t, struct span ref,
    bool *done)
{
	char		cause[CAUSE_MOST];
	struct message	m;
	enum hk_err	e;

	if ((e = message_of(c, type, &t->owner, ref, &t->payload, &m, cause)) != HK_OK)
		return e;
	return message_amend(c->db, &m, done);
}

enum hk_err
tell_subscription_again(const struct cause *c, const char *provider, struct span ref)
{
	static const char *const	types[] = {
		"subscription.created", "subscription.canceled", "subscription.past_due"
	};
	struct told			t;
	bool				done = false;
	enum hk_err			e;

	e = read_subscription(c->db, provider, ref, &t);
	for (size_t i = 0; e == HK_OK && !done && t.owner.kind != NULL &&
	    i < sizeof(types) / sizeof(types[0]); i++)
		e = amend(c, types[i], &t, ref, &done);
	if (e == HK_OK && t.owner.kind != NULL && !done)
		e = tell(c, "subscription.updated", &t.owner, ref, &t.payload);
	buf_release(&t.payload);
	return e;
}
