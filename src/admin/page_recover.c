/* Sending what failed or was missed after all: how many first, then yes. */
#include "admin/auditlog.h"
#include "admin/event_filter.h"
#include "admin/outgoing.h"
#include "outbox/recovering.h"

/* What is asked for, as typed and as it is meant. */
struct asked {
	struct endpoint	 ep;
	struct recovery	 r;
	struct span	 what, since, rate;
	const char	*wrong;		/* a sentence; NULL: nothing is */
};

static void
read_asked(struct visit *v, const struct form *form, struct asked *a)
{
	struct span	*typed[] = { &a->what, &a->since, &a->rate };
	const char	*names[] = { "what", "since", "rate" };

	for (size_t i = 0; i < 3; i++) {
		*typed[i] = form_get(form, names[i]);
		*typed[i] = typed[i]->p != NULL ? span_trim(*typed[i]) : SPAN_NULL;
		if (typed[i]->len == 0)
			*typed[i] = SPAN_NULL;
	}
	a->r.what = span_is(a->what, "missed") ? RECOVER_MISSED : RECOVER_FAILED;
	a->r.endpoint = a->ep.id;
	if (a->what.p != NULL && !span_is(a->what, "failed") && !span_is(a->what, "missed"))
		a->wrong = "What to send is what failed or what was missed.";
	else if (a->since.p == NULL || !event_filter_time(a->since, v, &a->r.since_us))
		a->wrong = EVENT_FILTER_TIMES;
	else if (a->r.since_us >= v->now)
		a->wrong = "This time is yet to come.";
	else if (a->rate.p != NULL && (!span_u63(a->rate, &a->r.rate) || a->r.rate < 1 ||
	    a->r.rate > RECOVERY_RATE_MOST))
		a->wrong = "The rate is a whole number from 1 to 10 000, or nothing: all at once.";
}

static enum hk_err
find(struct visit *v, struct asked *a)
{
	int64_t		id = 0;
	enum hk_err	e;

	*a = (struct asked){ .wrong = NULL };
	if ((e = endpoint_id(v, &id)) != HK_OK)
		return e;
	return endpoint_find(v->db, id, v->arena, &a->ep);
}

static void
put_asked(struct visit *v, const struct asked *a)
{
	struct jw	*w = v->doc;

	endpoint_put(w, "endpoint", a->ep.id, a->ep.name, a->ep.word.url);
	jw_bool(w, "enabled", a->ep.state == ENDPOINT_ENABLED);
	jw_text(w, "state", span_str(endpoint_state_name(a->ep.state)));
	jw_bool(w, "missed", a->r.what == RECOVER_MISSED);
	jw_text(w, "what", a->what);
	jw_text(w, "since", a->since);
	jw_text(w, "rate", a->rate);
	jw_time(w, "since_at", a->r.since_us);
	jw_time(w, "now_at", v->now);
}

enum hk_err
page_recover(struct visit *v)
{
	struct asked	a;
	struct jw	*w = v->doc;
	int64_t		 n = 0;
	bool		 more = false, asks;
	enum hk_err	 e;

	if ((e = find(v, &a)) != HK_OK)
		return e;
	read_asked(v, &v->query, &a);
	asks = a.wrong == NULL && a.what.p != NULL;
	put_asked(v, &a);
	jw_bool(w, "asks", asks);
	jw_text(w, "wrong", a.what.p != NULL ? span_str(a.wrong) : SPAN_NULL);
	if (a.what.p != NULL && a.wrong != NULL)
		v->status = 400;
	if (asks && (e = recovery_count(v->db, &a.r, &n, &more)) != HK_OK)
		return e;
	jw_int(w, "count", n);
	jw_bool(w, "one", n == 1);
	jw_bool(w, "more", more);
	jw_int(w, "takes_us", asks && a.r.rate > 0 ? n * INT64_C(1000000) / a.r.rate : 0);
	return HK_OK;
}

static enum hk_err
begin(struct visit *v, const struct asked *a)
{
	char		name[ENDPOINT_NAME];
	struct auditlog	log = { .action = "endpoint.recover" };
	int64_t		id;
	enum hk_err	e;

	if ((e = recovery_begin(v->db, &a->r, v->now, &id)) != HK_OK)
		return e;
	endpoint_name(name, a->ep.id);
	log.subject = auditlog_subject(v->arena, "endpoint", span_str(name));
	log.after = auditlog_facts(v->arena, (struct fact[]){ { "what", a->what },
	    { "since", a->since }, { "rate", a->rate } }, 3);
	return auditlog_put(v, &log);
}

enum hk_err
act_recover(struct visit *v)
{
	struct asked	a;
	enum hk_err	e;

	if ((e = find(v, &a)) != HK_OK)
		return e;
	read_asked(v, &v->form, &a);
	if (a.wrong != NULL)
		return err_tell(HK_SYNTAX, "%s", a.wrong);
	if ((e = db_begin(v->db)) != HK_OK)
		return e;
	if ((e = begin(v, &a)) == HK_OK)
		e = db_commit(v->db);
	if (e != HK_OK) {
		db_rollback(v->db);
		return e;
	}
	outgoing_wake(v);
	v->said = "recovering";
	return visit_then(v, "/endpoints/%lld", (long long)a.ep.id);
}

enum hk_err
act_recovery_stop(struct visit *v)
{
	struct auditlog	log = { .action = "endpoint.recover_stop" };
	struct span	number = visit_form(v, "recovery");
	struct asked	a;
	char		name[ENDPOINT_NAME];
	int64_t		id = 0;
	enum hk_err	e;

	if ((e = find(v, &a)) != HK_OK)
		return e;
	if (!span_u63(number, &id))
		return err_tell(HK_SYNTAX, "Which of them?");
	endpoint_name(name, a.ep.id);
	log.subject = auditlog_subject(v->arena, "endpoint", span_str(name));
	log.before = auditlog_facts(v->arena, (struct fact[]){ { "recovery", number } }, 1);
	if ((e = db_begin(v->db)) != HK_OK)
		return e;
	if ((e = recovery_stop(v->db, id, v->now)) == HK_OK && (e = auditlog_put(v, &log)) == HK_OK)
		e = db_commit(v->db);
	if (e != HK_OK) {
		db_rollback(v->db);
		if (e == HK_SKIP)
			v->status = 409;
		return e;
	}
	v->said = "recovery_stopped";
	return visit_then(v, "/endpoints/%lld", (long long)a.ep.id);
}
