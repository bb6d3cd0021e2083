/* Recoveries: what an endpoint missed, or what failed, is sent after all. */
#include "api/call_out.h"

#include <stdio.h>

#include "outbox/members.h"
#include "outbox/recovering.h"

/* ---- one endpoint's ------------------------------------------------------------- */

static enum hk_err
what_of(struct call *c, struct span said, enum recover_what *what)
{
	if (said.p != NULL && !span_is(said, "failed") && !span_is(said, "missed"))
		return call_problem(c, PROBLEM_BAD_REQUEST, "`what` is to be failed or missed");
	*what = span_is(said, "missed") ? RECOVER_MISSED : RECOVER_FAILED;
	return HK_OK;
}

enum hk_err
call_recovery_count(struct call *c)
{
	static const char *const	names[] = { "what", "since", "until", NULL };
	struct list			l;
	struct recovery			r = { .rate = 0 };
	int64_t				n = 0;
	bool				more = false;
	enum hk_err			e;

	if (stops(c, e = list_begin(c, names, &l)) ||
	    stops(c, e = what_of(c, form_get(&c->query, "what"), &r.what)) ||
	    stops(c, e = query_time(c, "since", &r.since_us)) ||
	    stops(c, e = query_time(c, "until", &r.until_us)) ||
	    stops(c, e = call_endpoint(c, &r.endpoint)))
		return e;
	if ((e = recovery_count(c->db, &r, &n, &more)) != HK_OK)
		return call_failed(c, e);
	jw_text(c->out, "what", span_str(recover_what_name(r.what)));
	jw_int(c->out, "count", n);
	jw_bool(c->out, "more", more);
	return HK_OK;
}

static enum hk_err
put_recovery(struct call *c, int64_t id)
{
	struct stmt	*q = NULL;
	bool		 row;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_OUT_RECOVERY, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	if ((e = stmt_step(q, &row)) == HK_OK && row)
		recovery_members(c->out, q);
	else if (e == HK_OK)
		e = call_problem(c, PROBLEM_NOT_FOUND, "there is no such recovery");
	stmt_reset(q);
	return e;
}

enum hk_err
call_endpoint_recover(struct call *c)
{
	static const char *const	names[] = { "what", "since", "until", "rate", NULL };
	struct span			said = SPAN_NULL;
	struct recovery			r = { .rate = 0 };
	int64_t				id = 0;
	enum hk_err			e;

	if (stops(c, e = call_only(c, names)) ||
	    stops(c, e = call_text(c, "what", true, 8, &said)) ||
	    stops(c, e = what_of(c, said, &r.what)) ||
	    stops(c, e = call_time(c, "since", &r.since_us)) ||
	    stops(c, e = call_time(c, "until", &r.until_us)) ||
	    stops(c, e = call_int(c, "rate", false, 0, RECOVERY_RATE_MOST, &r.rate)) ||
	    stops(c, e = call_endpoint(c, &r.endpoint)))
		return e;
	if ((e = recovery_begin(c->db, &r, c->now, &id)) != HK_OK)
		return call_failed(c, e);
	if ((e = note_endpoint(c, "endpoint.recover", r.endpoint, SPAN_NULL)) != HK_OK)
		return e;
	c->status = 202;
	c->woken = true;
	return put_recovery(c, id);
}

/* ---- all of them ------------------------------------------------------------------ */

static void
recovery_row(struct call *c, struct stmt *q, void *ctx)
{
	(void)ctx;
	recovery_members(c->out, q);
}

enum hk_err
call_recoveries(struct call *c)
{
	static const char *const	names[] = { "endpoint", "state", NULL };
	static const char *const	states[] = { "running", "done", "stopped", NULL };
	struct list			l = { .put = recovery_row };
	struct span			of = form_get(&c->query, "endpoint"), state;
	struct stmt			*q = NULL;
	int64_t				endpoint = 0, after;
	enum hk_err			e;

	if (stops(c, e = list_begin(c, names, &l)) ||
	    stops(c, e = query_word(c, "state", states, &state)) ||
	    (of.p != NULL && stops(c, e = call_endpoint_named(c, of, &endpoint))) ||
	    stops(c, e = list_after(c, &l, INT64_MAX, &after)) ||
	    (e = db_stmt(c->db, S_OUT_RECOVERIES, &q)) != HK_OK)
		return e;
	bind_int(q, ":after", after);
	bind_text(q, ":state", state);
	if (endpoint != 0)
		bind_int(q, ":endpoint", endpoint);
	return list_rows(c, &l, q);
}

/* ---- one ------------------------------------------------------------------------- */

static enum hk_err
recovery_named(struct call *c, int64_t *id)
{
	if (span_u63(route_get(&c->route, "recovery"), id))
		return HK_OK;
	return call_problem(c, PROBLEM_NOT_FOUND, "there is no such recovery");
}

enum hk_err
call_recovery(struct call *c)
{
	int64_t		id;
	enum hk_err	e;

	if (stops(c, e = recovery_named(c, &id)))
		return e;
	return put_recovery(c, id);
}

enum hk_err
call_recovery_stop(struct call *c)
{
	static const char *const	names[] = { NULL };
	char				subject[40];
	int64_t				id;
	enum hk_err			e;

	if (stops(c, e = call_only(c, names)) || stops(c, e = recovery_named(c, &id)))
		return e;
	if ((e = recovery_stop(c->db, id, c->now)) == HK_SKIP)
		return put_recovery(c, id);
	if (e != HK_OK)
		return call_failed(c, e);
	snprintf(subject, sizeof(subject), "recovery:%lld", (long long)id);
	if ((e = note_action(c, "recovery.stop", span_str(subject), SPAN_NULL)) != HK_OK)
		return e;
	return put_recovery(c, id);
}
