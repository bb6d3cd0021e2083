/* One refused request: why, whether it could be taken in now, and what came. */
#include <stdio.h>
#include <unistd.h>

#include "admin/auditlog.h"
#include "admin/frame.h"
#include "admin/refusal.h"
#include "base/codec.h"
#include "base/scan.h"
#include "inbox/accept.h"
#include "inbox/advice.h"
#include "inbox/wakeup.h"
#include "provider/masked.h"

#define BODY_SHOWN	((size_t)32 << 10)	/* bytes; the rest is in the download */

/* ---- what came ------------------------------------------------------------------- */

/* What a body calls itself, without anybody having vouched for it. */
static struct span
type_in(struct span body, struct arena *arena)
{
	static const struct scan_want	want = { -1, "type" };
	struct scan_found		found;

	return scan_json(body, &want, 1, &found, arena) == HK_OK ? scan_text(&found, arena) :
	    SPAN_NULL;
}

/*
 * The body as this visitor may see it.  Of Clerk's that cannot be read nobody
 * knows that they hold no codes; and what it sends to another sender's address,
 * because somebody mixed them up, holds them all the same.
 */
static enum hk_err
body_for(struct visit *v, struct span provider, struct span body, struct span *out)
{
	struct span	type;

	*out = body;
	if (v->who.role >= ROLE_OPERATOR || body.len == 0)
		return HK_OK;
	if ((type = type_in(body, v->arena)).p == NULL)
		type = SPAN("email.created");
	else if (span_starts(type, "sms") || span_is(type, "email.created"))
		provider = SPAN("clerk");
	return provider_mask(provider, type, body, v->arena, out);
}

/* At most so many bytes, no character cut in two. */
static struct span
beginning(struct span s, size_t most)
{
	if (s.len <= most)
		return s;
	s.len = most;
	while (s.len > 0 && ((unsigned char)s.p[s.len] & 0xc0) == 0x80)
		s.len--;
	return s;
}

static enum hk_err
put_body(struct visit *v, struct stmt *q)
{
	struct jw	*w = v->doc;
	struct span	 body = col_text(q, 18), shown;
	enum hk_err	 e;

	jw_bool(w, "kept", col_int(q, 17) != 0);
	if ((e = body_for(v, col_text(q, 3), body, &shown)) != HK_OK)
		return e;
	jw_bool(w, "masked", !span_eq(shown, body));
	jw_bool(w, "cut", shown.len > BODY_SHOWN);
	jw_text(w, "body", col_int(q, 17) == 0 ? SPAN_NULL : shown.p == NULL ? SPAN("") :
	    beginning(shown, BODY_SHOWN));
	return HK_OK;
}

static void
put_headers(struct jw *w, struct span text)
{
	struct json	*root = NULL;
	struct span	 name, value;

	jw_open(w, "headers", '[');
	if (json_parse(text, &root) == HK_OK)
		for (size_t i = 0; json_member(root, i, &name, &value); i++) {
			jw_open(w, NULL, '{');
			jw_text(w, "name", name);
			jw_text(w, "value", value);
			jw_close(w, '}');
		}
	jw_close(w, ']');
	json_free(root);
}

/* ---- the page ---------------------------------------------------------------------- */

/* Would it be taken in now?  Only reads. */
static enum hk_err
put_check(struct visit *v, int64_t id, bool accepted)
{
	struct jw	*w = v->doc;
	const char	*label = NULL, *why = NULL;
	enum hk_err	 e = HK_EXISTS;

	if (!accepted)
		e = quarantine_check(v->db, v->conf, id, v->arena, &label);
	if (e == HK_NEVER || e == HK_BADSIG || e == HK_SYNTAX || e == HK_CONF)
		why = err_last();
	else if (e != HK_OK && e != HK_EXISTS)
		return e;
	jw_bool(w, "acceptable", e == HK_OK);
	jw_text(w, "signed_by", span_str(label));
	jw_text(w, "not_because", span_str(why));
	return HK_OK;
}

static enum hk_err
load(struct visit *v, struct stmt **q, int64_t *id)
{
	enum hk_err	e;
	bool		row;

	*q = NULL;
	if ((e = visit_id(v, id)) != HK_OK || (e = db_stmt(v->db, S_REFUSAL, q)) != HK_OK)
		return e;
	bind_int(*q, ":id", *id);
	if ((e = stmt_step(*q, &row)) != HK_OK || row)
		return e;
	return err_tell(HK_NOTFOUND, "there is no request %lld in quarantine; the oldest are "
	    "dropped when there are many", (long long)*id);
}

enum hk_err
page_refusal(struct visit *v)
{
	struct stmt	*q;
	int64_t		 id;
	enum hk_err	 e;
	bool		 accepted;

	if ((e = load(v, &q, &id)) != HK_OK)
		goto out;
	refusal_put(v->doc, q);
	accepted = !col_is_null(q, 13);
	jw_text(v->doc, "secret", col_text(q, 15));
	jw_text(v->doc, "advice", accepted ? SPAN_NULL : span_str(advice_for(col_text(q, 4))));
	put_headers(v->doc, col_text(q, 16));
	if ((e = put_body(v, q)) != HK_OK)
		goto out;
	stmt_reset(q);
	q = NULL;
	e = put_check(v, id, accepted);
	v->title = arena_printf(v->arena, "Refused request %lld", (long long)id);
out:
	stmt_reset(q);
	return e;
}

/* Never as something a browser would show: who wrote it is not known. */
void
download_refusal_body(struct visit *v, struct http_exchange *x)
{
	struct http_reply	 r = { .status = 200, .type = "application/octet-stream" };
	struct stmt		*q;
	int64_t			 id;
	enum hk_err		 e;

	if ((e = load(v, &q, &id)) != HK_OK)
		goto out;
	if (col_int(q, 17) == 0)
		e = err_tell(HK_NOTFOUND, "the body of request %lld was too large to keep",
		    (long long)id);
	else if ((e = body_for(v, col_text(q, 3), col_text(q, 18), &r.body)) == HK_OK &&
	    r.body.len > 0 && (r.body = arena_span(v->arena, r.body)).p == NULL)
		e = err_note(HK_NOMEM, "no memory for a body");
	r.extra = arena_printf(v->arena, "Content-Disposition: attachment; "
	    "filename=\"refused-%lld.bin\"\r\nCache-Control: no-store\r\n" SAFE_LINES,
	    (long long)id);
	if (e == HK_OK && r.extra == NULL)
		e = err_note(HK_NOMEM, "no memory for an answer");
out:
	stmt_reset(q);
	db_rollback(v->db);	/* a slow reader must not hold the snapshot */
	if (e == HK_OK)
		http_reply(x, &r);
	else
		visit_fail(v, x, e);
}

/* ---- taking it in --------------------------------------------------------------------- */

/* What was refused is told, too; in a transaction of its own, for the other is gone. */
static enum hk_err
log_refusal(struct visit *v, struct auditlog *log, enum hk_err why)
{
	const struct fact	fact = { "why", arena_span(v->arena, span_str(err_last())) };
	enum hk_err		e;

	log->result = "failed";
	log->after = auditlog_facts(v->arena, &fact, 1);
	if ((e = db_begin(v->db)) != HK_OK || (e = auditlog_put(v, log)) != HK_OK ||
	    (e = db_commit(v->db)) != HK_OK)
		return e;
	return err_tell(why, "%.*s", SPAN_ARG(fact.value));
}

static enum hk_err
take_in(struct visit *v, int64_t id, struct auditlog *log, struct accepted *a)
{
	char		event[24];
	struct fact	facts[2];
	enum hk_err	e;

	if ((e = db_begin(v->db)) != HK_OK ||
	    (e = quarantine_accept(v->db, v->conf, id, v->now, v->arena, a)) != HK_OK)
		return e;
	snprintf(event, sizeof(event), "%lld", (long long)a->event);
	facts[0] = (struct fact){ "event", span_str(event) };
	facts[1] = (struct fact){ "secret", span_str(a->label) };
	log->after = auditlog_facts(v->arena, facts, 2);
	if ((e = auditlog_put(v, log)) != HK_OK)
		return e;
	return db_commit(v->db);
}

enum hk_err
act_refusal_accept(struct visit *v)
{
	struct auditlog	log = { .action = "quarantine.accept" };
	struct accepted	a = { .fresh = false };
	char		number[24];
	int64_t		id;
	int		fd = -1;
	enum hk_err	e;

	if ((e = visit_id(v, &id)) != HK_OK)
		return e;
	snprintf(number, sizeof(number), "%lld", (long long)id);
	log.subject = auditlog_subject(v->arena, "quarantine", span_str(number));
	if ((e = take_in(v, id, &log, &a)) != HK_OK) {
		db_rollback(v->db);
		return e == HK_BADSIG || e == HK_NEVER || e == HK_SYNTAX ?
		    log_refusal(v, &log, e) : e;
	}
	/* Without a worker a receiver does it, after its next reply. */
	(void)wakeup_send(v->conf, &fd);
	if (fd != -1)
		close(fd);
	v->said = a.fresh ? "accepted" : "was_there";
	v->said_n = a.event;
	return visit_then(v, "/events/%lld", (long long)a.event);
}
