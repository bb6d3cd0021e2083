/*
 * What an attempt came to, and what follows from it: done, again later, failed,
 * held; and what it says of its endpoint.
 */
#include <stdio.h>

#include "base/clock.h"
#include "base/json.h"
#include "outbox/delivery.h"
#include "outbox/endpoint_part.h"
#include "outbox/expire.h"
#include "outbox/message.h"

#define LEAST_WAIT_US	(60 * US_PER_S)		/* after 429, 502..504 and silence */
#define DAY_US		(24 * 3600 * US_PER_S)
#define APART_US	(12 * 3600 * US_PER_S)	/* failures of one day that start the clock */
#define PATIENCE_US	(5 * DAY_US)

/* The row, its endpoint and its message, before. */
struct before {
	char		status[16];
	int64_t		attempts, message, message_us;
	bool		ordered, enabled, deleted, expires;
	int64_t		failed_us, failing_us, failures;	/* times 0: NULL */
	struct span	subject, type, owner_kind, owner;	/* in the arena */
};

static enum hk_err
read_before(struct db *db, int64_t id, struct arena *a, struct before *b)
{
	struct stmt	*q = NULL;
	struct span	 t;
	bool		 row;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_DELIVERY_SEEN, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	if ((e = stmt_step(q, &row)) == HK_OK && row) {
		t = col_text(q, 0);
		memcpy(b->status, t.p, t.len);
		b->status[t.len] = '\0';
		b->attempts = col_int(q, 1);
		b->message = col_int(q, 3);
		b->ordered = col_int(q, 4) != 0;
		b->enabled = span_is(col_text(q, 5), "enabled");
		b->failed_us = col_int(q, 6);
		b->failing_us = col_int(q, 7);
		b->failures = col_int(q, 8);
		b->deleted = !col_is_null(q, 9);
		b->message_us = col_int(q, 13);
		b->expires = !col_is_null(q, 14);
		if (!row_keep(a, q, 2, &b->subject) || !row_keep(a, q, 10, &b->type) ||
		    !row_keep(a, q, 11, &b->owner_kind) || !row_keep(a, q, 12, &b->owner))
			e = err_note(HK_NOMEM, "no memory for a delivery");
	} else if (e == HK_OK)
		e = err_tell(HK_NOTFOUND, "no delivery %lld", (long long)id);
	stmt_reset(q);
	return e;
}

/* ---- the attempt -------------------------------------------------------------------- */

static void
bind_part(struct stmt *q, const char *name, int64_t us)
{
	if (us >= 0)
		bind_int(q, name, us);
}

static enum hk_err
note_attempt(struct db *db, const struct delivered *r, int64_t number)
{
	struct stmt	*q = NULL;
	struct span	 answer = r->answer;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_DELIVERY_ATTEMPT_ADD, &q)) != HK_OK)
		return e;
	bind_int(q, ":delivery", r->delivery);
	bind_int(q, ":endpoint", r->endpoint);
	bind_int(q, ":number", number);
	bind_int(q, ":started", r->started_us);
	bind_int(q, ":took", r->took_us);
	bind_part(q, ":dns", r->dns_us);
	bind_part(q, ":connect", r->connect_us);
	bind_part(q, ":tls", r->tls_us);
	bind_part(q, ":first", r->first_us);
	bind_text(q, ":address", r->address);
	if (r->status != 0 || r->error == NULL)
		bind_int(q, ":status", r->status);
	bind_text(q, ":error", span_str(r->error));
	bind_text(q, ":request", r->request);
	bind_blob(q, ":answer", answer);
	bind_int(q, ":good", r->good);
	return stmt_run(q);
}

/* "E_TIMEOUT", "http 500". */
static void
why_of(const struct delivered *r, char out[64])
{
	if (r->error != NULL)
		snprintf(out, 64, "%s", r->error);
	else
		snprintf(out, 64, "http %d", r->status);
}

/* ---- the endpoint --------------------------------------------------------------------- */

static enum hk_err
endpoint_works(struct db *db, int64_t id, const struct before *b)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if (b->failures == 0 && b->failed_us == 0)
		return HK_OK;
	if ((e = db_stmt(db, S_ENDPOINT_WORKS, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	return stmt_run(q);
}

/*
 * The clock starts when failures of one day lie 12 hours apart with nothing but
 * failures between, as Svix's does: one bad hour is no reason.
 */
static enum hk_err
endpoint_fails(struct db *db, int64_t id, const struct before *b, bool gone, int64_t now)
{
	struct stmt	*q = NULL;
	int64_t		 failed = b->failed_us, failing = b->failing_us;
	enum hk_err	 e;

	if (failing == 0) {
		if (failed == 0 || now - failed > DAY_US)
			failed = now;
		else if (now - failed >= APART_US)
			failing = now;
	}
	if ((e = db_stmt(db, S_ENDPOINT_FAILS, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	bind_int(q, ":failed", failed);
	bind_part(q, ":failing", failing != 0 ? failing : -1);
	if ((e = stmt_run(q)) != HK_OK || b->deleted || !b->enabled)
		return e;
	if (gone)
		return endpoint_give_up(db, id, "it answered 410 Gone", now);
	if (failing != 0 && now - failing >= PATIENCE_US)
		return endpoint_give_up(db, id, "nothing but failures for five days", now);
	return HK_OK;
}

/* ---- the delivery ------------------------------------------------------------------------ */

static enum hk_err
done(struct db *db, int64_t id, const struct before *b, const char *status, const char *why,
    int64_t now)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_DELIVERY_DONE, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	bind_text(q, ":status", span_str(status));
	bind_text(q, ":why", span_str(why));
	bind_int(q, ":now", now);
	if ((e = stmt_run(q)) != HK_OK || !b->expires)
		return e;
	return message_settled(db, b->message);
}

static enum hk_err
held(struct db *db, int64_t id, const char *why)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_DELIVERY_HELD, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	bind_text(q, ":why", span_str(why));
	return stmt_run(q);
}

/* What tells of failures never fails by itself, or one would follow the other for ever. */
static enum hk_err
tell_exhausted(struct db *db, const struct delivered *r, const struct before *b,
    const char *why, int64_t now)
{
	char		ep[ENDPOINT_NAME], msg[MESSAGE_NAME], cause[64];
	struct buf	payload;
	struct jw	w;
	enum hk_err	e;

	if (span_is(b->type, "message.attempt.exhausted") || span_is(b->type, "endpoint.disabled"))
		return HK_OK;
	endpoint_name(ep, r->endpoint);
	message_name(msg, b->message, b->message_us);
	buf_init(&payload, 4096);
	jw_init(&w, &payload);
	jw_open(&w, NULL, '{');
	jw_text(&w, "endpoint_id", span_str(ep));
	jw_text(&w, "message_id", span_str(msg));
	jw_text(&w, "message_type", b->type);
	jw_int(&w, "attempts", b->attempts);
	jw_text(&w, "last_error", span_str(why));
	jw_close(&w, '}');
	snprintf(cause, sizeof(cause), "delivery:%lld:exhausted:%lld", (long long)r->delivery,
	    (long long)now);
	e = buf_ok(&payload) ? endpoint_tell(db, "message.attempt.exhausted", buf_span(&payload),
	    span_str(cause), now) : err_note(HK_NOMEM, "no memory for a message");
	buf_release(&payload);
	return e;
}

static enum hk_err
give_up(struct db *db, const struct delivered *r, const struct before *b, const char *why,
    int64_t now)
{
	enum hk_err	e;

	if ((e = done(db, r->delivery, b, "failed", why, now)) != HK_OK)
		return e;
	return tell_exhausted(db, r, b, why, now);
}

/* Retry-After counts between once and twice what we planned; some answers ask for calm. */
static int64_t
wait_of(const struct delivered *r, int64_t planned)
{
	int64_t	asked = r->retry_after_s > DAY_US / US_PER_S ? DAY_US : r->retry_after_s * US_PER_S;
	int64_t	us = planned;

	if ((r->status == 429 || (r->status >= 502 && r->status <= 504) ||
	    (r->error != NULL && strcmp(r->error, "E_TIMEOUT") == 0)) && us < LEAST_WAIT_US)
		us = LEAST_WAIT_US;
	if (r->retry_after_s >= 0 && asked > us)
		us = asked < 2 * us ? asked : 2 * us;
	return us;
}

static enum hk_err
again(struct db *db, const struct delivered *r, int64_t wait, const char *why, int64_t now)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_DELIVERY_AGAIN, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", r->delivery);
	bind_int(q, ":due", now + wait);
	bind_text(q, ":why", span_str(why));
	return stmt_run(q);
}

static enum hk_err
failed(struct db *db, const struct delivered *r, const struct before *b, uint32_t chance,
    int64_t now)
{
	int64_t		planned = delivery_delay_us(b->attempts, chance);
	char		why[64];
	enum hk_err	e;

	if (r->hold != NULL)
		return held(db, r->delivery, r->hold);
	why_of(r, why);
	if ((e = endpoint_fails(db, r->endpoint, b, r->gone, now)) != HK_OK)
		return e;
	if (r->gone || !b->enabled)
		return held(db, r->delivery, why);
	if (r->final || planned < 0)
		return give_up(db, r, b, why, now);
	return again(db, r, wait_of(r, planned), why, now);
}

enum hk_err
delivery_settle(struct db *db, const struct delivered *r, uint32_t chance, struct arena *a,
    int64_t now)
{
	struct before	b;
	enum hk_err	e;

	if ((e = read_before(db, r->delivery, a, &b)) != HK_OK ||
	    (e = note_attempt(db, r, b.attempts)) != HK_OK)
		return e;
	if (strcmp(b.status, "sending") != 0)
		return err_tell(HK_SKIP, "delivery %lld is %s by now", (long long)r->delivery, b.status);
	if (!r->good)
		e = failed(db, r, &b, chance, now);
	else if ((e = done(db, r->delivery, &b, "delivered", NULL, now)) == HK_OK)
		e = endpoint_works(db, r->endpoint, &b);
	/* Does nothing while this one is open still. */
	if (e == HK_OK && b.ordered)
		e = delivery_unpark(db, r->endpoint, b.subject, now);
	return e;
}
