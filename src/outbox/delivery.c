/* Deliveries: taken, given back, and when their next is due. */
#include "outbox/delivery.h"

#include "base/clock.h"
#include "outbox/endpoint_part.h"
#include "outbox/expire.h"

int64_t
delivery_delay_us(int64_t n, uint32_t r)
{
	/* https://www.standardwebhooks.com/ "Deliverability and reliability" */
	static const int	seconds[DELIVERY_TRIES - 1] = {
		5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600
	};
	int64_t			us;

	if (n < 1 || n > DELIVERY_TRIES - 1)
		return -1;
	us = seconds[n - 1] * US_PER_S;
	return us - us / 5 + (int64_t)((double)r / UINT32_MAX * (double)(us * 2 / 5));
}

/* ---- taking ------------------------------------------------------------------------- */

static enum hk_err
read_row(struct stmt *q, struct arena *a, struct delivery *d)
{
	d->id = col_int(q, 0);
	d->endpoint = col_int(q, 1);
	d->message = col_int(q, 2);
	d->attempts = col_int(q, 3) + 1;
	d->due_us = col_int(q, 4);
	d->event = col_int(q, 10);
	d->message_us = col_int(q, 11);
	d->expires_us = col_int(q, 12);
	if (!row_keep(a, q, 5, &d->subject) || !row_keep(a, q, 6, &d->type) ||
	    !row_keep(a, q, 7, &d->owner_kind) || !row_keep(a, q, 8, &d->owner) ||
	    !row_keep(a, q, 9, &d->payload))
		return err_note(HK_NOMEM, "no memory for a delivery");
	return HK_OK;
}

/* Those of one kind, behind the *n there are; *bytes are left. */
static enum hk_err
read_due(struct db *db, int64_t endpoint, bool retry, int64_t now, int most, size_t *bytes,
    struct arena *a, struct delivery *d, int *n)
{
	struct stmt	*q = NULL;
	bool		 row;
	enum hk_err	 e;

	if (*n >= most || *bytes == 0)
		return HK_OK;
	if ((e = db_stmt(db, S_DELIVERY_DUE, &q)) != HK_OK)
		return e;
	bind_int(q, ":endpoint", endpoint);
	bind_int(q, ":retry", retry);
	bind_int(q, ":now", now);
	bind_int(q, ":most", most - *n);
	while (*bytes > 0 && (e = stmt_step(q, &row)) == HK_OK && row) {
		if ((e = read_row(q, a, &d[*n])) != HK_OK)
			break;
		*bytes -= d[*n].payload.len < *bytes ? d[*n].payload.len : *bytes;
		++*n;
	}
	stmt_reset(q);
	return e;
}

enum hk_err
delivery_claim(struct db *db, int64_t endpoint, int64_t now, int most, size_t bytes,
    struct arena *a, struct delivery *d, int *n)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	*n = 0;
	if ((e = read_due(db, endpoint, false, now, most, &bytes, a, d, n)) != HK_OK ||
	    (e = read_due(db, endpoint, true, now, most, &bytes, a, d, n)) != HK_OK)
		return e;
	for (int i = 0; e == HK_OK && i < *n; i++) {
		if ((e = db_stmt(db, S_DELIVERY_LEASE, &q)) != HK_OK)
			return e;
		bind_int(q, ":id", d[i].id);
		bind_int(q, ":until", now + DELIVERY_LEASE_US);
		e = stmt_run(q);
	}
	return e;
}

enum hk_err
delivery_endpoints(struct db *db, int64_t after, int64_t now, int64_t *id, size_t room,
    size_t *n, int64_t *next_us)
{
	struct stmt	*q = NULL;
	bool		 row;
	enum hk_err	 e;

	*n = 0;
	*next_us = INT64_MAX;
	if ((e = db_stmt(db, S_DELIVERY_NEXT, &q)) != HK_OK)
		return e;
	bind_int(q, ":after", after);
	while (*n < room && (e = stmt_step(q, &row)) == HK_OK && row) {
		int64_t	due = INT64_MAX;

		for (int c = 1; c <= 2; c++)
			if (!col_is_null(q, c) && col_int(q, c) < due)
				due = col_int(q, c);
		if (due <= now)
			id[(*n)++] = col_int(q, 0);
		else if (due < *next_us)
			*next_us = due;
	}
	stmt_reset(q);
	return e;
}

/* ---- giving back ---------------------------------------------------------------------- */

enum hk_err
delivery_release(struct db *db, int64_t id, int64_t now)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_DELIVERY_RELEASE, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	bind_int(q, ":now", now);
	return stmt_run(q);
}

enum hk_err
delivery_reclaim(struct db *db, int64_t before, int64_t now)
{
	struct stmt	*q = NULL;
	int64_t		 any = 0;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_DELIVERY_SENDING, &q)) != HK_OK)
		return e;
	bind_int(q, ":before", before);
	if ((e = stmt_int(q, &any)) != HK_OK || any == 0)
		return e;
	if ((e = db_begin(db)) != HK_OK)
		return e;
	if ((e = db_stmt(db, S_DELIVERY_RECLAIM, &q)) == HK_OK) {
		bind_int(q, ":before", before);
		bind_int(q, ":now", now);
		e = stmt_run(q);
	}
	if (e != HK_OK) {
		db_rollback(db);
		return e;
	}
	return db_commit(db);
}

enum hk_err
delivery_unpark(struct db *db, int64_t endpoint, struct span subject, int64_t now)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_DELIVERY_UNPARK, &q)) != HK_OK)
		return e;
	bind_int(q, ":endpoint", endpoint);
	bind_text(q, ":subject", subject);
	bind_int(q, ":now", now);
	return stmt_run(q);
}

/* ---- by hand ----------------------------------------------------------------------------- */

struct seen {
	char		status[16];
	bool		deleted;
	int64_t		endpoint, message;
	struct span	subject;	/* in the arena */
	bool		ordered, enabled;
};

static enum hk_err
look(struct db *db, int64_t id, struct arena *a, struct seen *s)
{
	struct stmt	*q = NULL;
	struct span	 t;
	bool		 row;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_DELIVERY_STATE, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	if ((e = stmt_step(q, &row)) == HK_OK && row) {
		t = col_text(q, 0);
		memcpy(s->status, t.p, t.len);
		s->status[t.len] = '\0';
		s->deleted = col_int(q, 1) != 0;
		s->endpoint = col_int(q, 2);
		if (!row_keep(a, q, 3, &s->subject))
			e = err_note(HK_NOMEM, "no memory for a delivery");
		s->ordered = col_int(q, 4) != 0;
		s->enabled = span_is(col_text(q, 5), "enabled");
		s->message = col_int(q, 6);
	} else if (e == HK_OK)
		e = err_tell(HK_NOTFOUND, "no delivery %lld", (long long)id);
	stmt_reset(q);
	return e;
}

/* Of an ordered endpoint not before what is open of its subject. */
static enum hk_err
resend_at(struct db *db, int64_t id, bool ordered, int64_t due)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_RECOVER_SEND, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	bind_int(q, ":ordered", ordered);
	bind_int(q, ":due", due);
	return stmt_run(q);
}

enum hk_err
delivery_resend(struct db *db, int64_t id, int64_t now)
{
	struct arena	*a = arena_new(8192);
	struct seen	 s;
	enum hk_err	 e;

	if (a == NULL)
		return err_note(HK_NOMEM, "no memory for a delivery");
	if ((e = look(db, id, a, &s)) == HK_OK) {
		if (s.deleted)
			e = err_tell(HK_NEVER, "the endpoint of delivery %lld is deleted",
			    (long long)id);
		else if (!s.enabled)
			e = err_tell(HK_NEVER, "the endpoint of delivery %lld is paused or disabled: "
			    "enable it first", (long long)id);
		else if (strcmp(s.status, "sending") == 0)
			e = err_tell(HK_BUSY, "delivery %lld is being sent just now", (long long)id);
		else
			e = resend_at(db, id, s.ordered, now);
	}
	arena_free(a);
	return e;
}

enum hk_err
delivery_cancel(struct db *db, int64_t id, int64_t now)
{
	struct arena	*a = arena_new(8192);
	struct stmt	*q = NULL;
	struct seen	 s;
	enum hk_err	 e;

	if (a == NULL)
		return err_note(HK_NOMEM, "no memory for a delivery");
	if ((e = look(db, id, a, &s)) == HK_OK && strcmp(s.status, "pending") != 0 &&
	    strcmp(s.status, "sending") != 0 && strcmp(s.status, "held") != 0)
		e = err_tell(HK_SKIP, "delivery %lld is %s", (long long)id, s.status);
	if (e == HK_OK && (e = db_stmt(db, S_DELIVERY_CANCEL, &q)) == HK_OK) {
		bind_int(q, ":id", id);
		bind_int(q, ":now", now);
		e = stmt_run(q);
	}
	if (e == HK_OK && s.ordered)
		e = delivery_unpark(db, s.endpoint, s.subject, now);
	if (e == HK_OK)
		e = message_settled(db, s.message);
	arena_free(a);
	return e;
}
