/* What a person does with one event: a dry run, settling it, taking its body away. */
#include <stdio.h>

#include "admin/auditlog.h"
#include "admin/event_changes.h"
#include "admin/event_rows.h"
#include "inbox/body.h"
#include "inbox/queue.h"
#include "inbox/rehearse.h"
#include "inbox/resolve.h"
#include "provider/masked.h"

static struct span
subject(struct visit *v, int64_t id)
{
	return span_str(arena_printf(v->arena, "event:%lld", (long long)id));
}

/* ---- dry run ---------------------------------------------------------------------- */

/* What each verdict would make of the event, as a state and in words. */
static const struct {
	enum hk_err	 verdict;
	const char	*state, *words;
} ends[] = {
	{ HK_OK,	"completed",	"It would be handled." },
	{ HK_SKIP,	"skipped",	"It would be skipped." },
	{ HK_WAIT,	"waiting",	"It would wait." },
	{ HK_LATER,	"pending",	"It would be tried again later." },
	{ HK_NEVER,	"failed",	"It would fail." },
};

static void
put_rehearsal(struct visit *v, const struct rehearsal *r)
{
	size_t	i = 0;

	while (i + 1 < sizeof(ends) / sizeof(ends[0]) && ends[i].verdict != r->verdict)
		i++;
	jw_text(v->doc, "state", span_str(ends[i].state));
	jw_text(v->doc, "verdict", span_str(ends[i].words));
	jw_bool(v->doc, "keeps", r->verdict == HK_OK);
	jw_text(v->doc, "reason", r->reason);
	jw_text(v->doc, "waits_for", r->waits_for);
	jw_int(v->doc, "took_us", r->took_us);
}

static enum hk_err
put_brief(struct visit *v, int64_t id)
{
	jw_int(v->doc, "id", id);
	return event_rows_put(v->db, v->doc, &id, 1);
}

enum hk_err
act_event_dry_run(struct visit *v)
{
	struct rehearsal	r;
	struct auditlog		log = { .action = "event.dry-run" };
	int64_t			id;
	enum hk_err		e;

	if ((e = visit_id(v, &id)) != HK_OK ||
	    (e = event_rehearse(v->db, v->conf, id, v->now, v->arena, &r)) != HK_OK)
		return e;
	log.subject = subject(v, id);
	if ((e = db_begin(v->db)) != HK_OK ||
	    (e = auditlog_put(v, &log)) != HK_OK ||
	    (e = put_brief(v, id)) != HK_OK ||
	    (e = db_commit(v->db)) != HK_OK)
		return e;
	v->title = arena_printf(v->arena, "Dry run of event %lld", (long long)id);
	put_rehearsal(v, &r);
	return event_changes_put(v->doc, "changes", r.changes, NULL);
}

/* ---- resolve ------------------------------------------------------------------------ */

static enum hk_err
state_of(struct visit *v, int64_t id, struct span *state)
{
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row;

	*state = SPAN_NULL;
	if ((e = db_stmt(v->db, S_LOG_STATE, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	if ((e = stmt_step(q, &row)) == HK_OK && row)
		*state = arena_span(v->arena, col_text(q, 0));
	stmt_reset(q);
	return e;
}

static enum hk_err
resolve(struct visit *v, int64_t id, struct span note)
{
	struct fact	was = { "status", SPAN_NULL };
	const struct fact is = { "note", note };
	struct auditlog	log = { .action = "event.resolve", .subject = subject(v, id) };
	enum hk_err	e;

	if ((e = state_of(v, id, &was.value)) != HK_OK ||
	    (e = event_resolve(v->db, id, note, v->now)) != HK_OK)
		return e;
	log.before = auditlog_facts(v->arena, &was, 1);
	log.after = auditlog_facts(v->arena, &is, 1);
	return auditlog_put(v, &log);
}

enum hk_err
act_event_resolve(struct visit *v)
{
	int64_t		id;
	enum hk_err	e;

	if ((e = visit_id(v, &id)) != HK_OK ||
	    (e = db_begin(v->db)) != HK_OK ||
	    (e = resolve(v, id, visit_form(v, "note"))) != HK_OK ||
	    (e = db_commit(v->db)) != HK_OK)
		return e;
	v->said = "resolved";
	return visit_then(v, "/events/%lld", (long long)id);
}

/* ---- the body as a file --------------------------------------------------------------- */

static enum hk_err
body_of(struct visit *v, int64_t *id, struct span *body)
{
	struct span	 provider, type;
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row;

	if ((e = visit_id(v, id)) != HK_OK || (e = db_stmt(v->db, S_LOG_EVENT, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", *id);
	provider = type = SPAN_NULL;
	if ((e = stmt_step(q, &row)) == HK_OK && row) {
		provider = arena_span(v->arena, col_text(q, 1));
		type = arena_span(v->arena, col_is_null(q, 3) ? SPAN("") : col_text(q, 3));
	}
	stmt_reset(q);
	if (e != HK_OK)
		return e;
	if (!row)
		return err_tell(HK_NOTFOUND, "there is no event %lld", (long long)*id);
	if (provider.p == NULL || type.p == NULL)
		return err_note(HK_NOMEM, "no memory for event %lld", (long long)*id);
	if ((e = body_load(v->db, *id, v->arena, NULL, body)) != HK_OK ||
	    v->who.role >= ROLE_OPERATOR)
		return e;
	return provider_mask(provider, type, *body, v->arena, body);
}

/* Byte for byte; never as something a browser would run. */
void
download_event_body(struct visit *v, struct http_exchange *x)
{
	struct http_reply	 r = { .status = 200, .type = "application/octet-stream" };
	char			 extra[256];
	int64_t			 id;
	enum hk_err		 e = body_of(v, &id, &r.body);

	if (e != HK_OK) {
		visit_fail(v, x, e);
		return;
	}
	snprintf(extra, sizeof(extra), "Content-Disposition: attachment; filename=\"event-%lld.json\"\r\n"
	    "X-Content-Type-Options: nosniff\r\nContent-Security-Policy: default-src 'none'; sandbox\r\n",
	    (long long)id);
	r.extra = extra;
	db_rollback(v->db);	/* a slow reader must not hold the snapshot */
	http_reply(x, &r);
}
