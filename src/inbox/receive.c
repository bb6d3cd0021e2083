/* Received, verified, stored, answered. */
#include <malloc.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "inbox/answer.h"
#include "inbox/body.h"
#include "inbox/client.h"
#include "inbox/desk.h"
#include "inbox/event.h"
#include "inbox/quarantine.h"
#include "inbox/receive.h"
#include "inbox/secret.h"
#include "inbox/slice.h"
#include "provider/envelope.h"

#define CGI_SLICE_US	(50 * US_PER_MS)
#define COMMIT_MOST	256		/* events in one transaction */
#define HEADERS_MOST	(256 << 10)
/*
 * Bytes of freed memory that a thread may keep: what an event of 70 KB takes,
 * its body and the room to pack it.  Or the kernel would clear the same pages
 * for each event anew.
 */
#define MEMORY_KEPT	(384 << 10)

/* The program: lives as long as the process. */
struct receiver {
	const struct provider	*pv;
	struct conf		*conf;
	struct desks		 desks;
	struct writer		*writer;
	struct quarantine	*quarantine;
	struct slice		*slice;		/* NULL: plain CGI */
	bool			 work;		/* the writer's: something wants work */
};

/* One request on its way through the writer; lives in its exchange's arena. */
struct receipt {
	struct job		 job;		/* first: the writer gives it back */
	struct receiver		*rc;
	const struct desk	*desk;
	struct http_exchange	*x;
	struct event		 ev;
	struct refusal		 refusal;	/* when reason is set, instead of ev */
	int64_t			 id;
	bool			 fresh;
};

/* ---- after the commit: the answer ------------------------------------- */

static enum hk_err
receipt_run(struct job *job, struct db *db)
{
	struct receipt	*r = (struct receipt *)job;

	enum hk_err	 e;

	if (r->refusal.reason != NULL)
		return refusal_store(db, &r->refusal);
	if ((e = event_store(db, &r->ev, &r->id, &r->fresh)) != HK_OK)
		return e;
	return secret_seen(db, r->desk, r->ev.secret_label, r->ev.received_us);
}

static void
receipt_done(struct job *job, enum hk_err e)
{
	struct receipt	*r = (struct receipt *)job;

	if (e != HK_OK)
		answer_failed(r->x, e);
	else if (r->refusal.reason == NULL) {
		if (r->fresh && r->ev.disposition.what == DO_PROCESS)
			r->rc->work = true;
		answer_stored(r->x, r->id, r->fresh, r->ev.env.challenge);
	} else if (strcmp(r->refusal.reason, "unknown_type") == 0)
		answer_unknown_type(r->x);
	else
		http_error(r->x, HK_SYNTAX, r->refusal.detail.p);
}

/* The writer's thread, all answers of a commit being out. */
static void
committed(void *ctx)
{
	struct receiver	*rc = ctx;

	if (rc->work && rc->slice != NULL) {
		rc->work = false;
		slice_kick(rc->slice);
	}
}

/* ---- before it: from request to event ---------------------------------- */

static void
refuse_unsigned(struct receiver *rc, const struct desk *d, struct http_exchange *x,
    const struct sign_verdict *v)
{
	const struct refused	r = {
		.owner = d->sender->name, .scheme = d->scheme, .how = d->how,
		.secret_field = d->secret_field, .rq = &x->rq, .why = v->reason,
		.remote_addr = client_addr(&x->rq, rc->conf->trusted_proxies),
	};

	quarantine_put(rc->quarantine, &r);
	answer_unsigned(x, d->pv->refused);
}

static void
refuse_unconfigured(struct desk *d, struct http_exchange *x)
{
	int64_t	now = mono_us(), said = atomic_load(&d->said_us);

	if ((said == 0 || now - said > 60 * US_PER_S) &&
	    atomic_compare_exchange_strong(&d->said_us, &said, now))
		log_error("%s: no signing secret is set, so every event is answered 503; "
		    "set [%s] secrets in hookkeeper.conf", d->sender->name,
		    d->sender->section);
	http_error(x, HK_CONF, "Not configured yet");
}

static struct receipt *
receipt_new(struct receiver *rc, const struct desk *d, struct http_exchange *x,
    const struct sign_verdict *v)
{
	struct receipt	*r = arena_zero(x->arena, sizeof(*r));
	struct buf	 headers;

	if (r == NULL)
		return NULL;
	r->job.run = receipt_run;
	r->job.done = receipt_done;
	r->rc = rc;
	r->desk = d;
	r->x = x;
	r->ev.provider = d->sender->name;
	r->ev.body = x->rq.body;
	r->ev.signature = v->header;
	r->ev.verified = d->sender->verify != 0;
	r->ev.secret_label = v->label;
	r->ev.received_us = x->rq.received_us;
	buf_init(&headers, HEADERS_MOST);
	event_headers_but(&headers, &x->rq.fields, d->secret_field);
	r->ev.headers = buf_ok(&headers) ? arena_span(x->arena, buf_span(&headers)) : SPAN_NULL;
	buf_release(&headers);
	return r->ev.headers.p != NULL ? r : NULL;
}

/* Of a large body only what it is packed into waits for the commit. */
static enum hk_err
shrink(struct receipt *r)
{
	size_t	 len;
	char	*packed = body_pack_alone(r->ev.body, &len);

	if (packed == NULL)
		return HK_OK;
	if (!envelope_own(&r->ev.env, r->x->arena)) {
		free(packed);
		return err_note(HK_NOMEM, "no memory for an event");
	}
	r->ev.packed = span_of(packed, len);
	r->ev.body = SPAN_NULL;
	http_body_done(r->x, packed);
	return HK_OK;
}

/* Its sender is known, so it is kept in any case: as a refusal. */
static void
refuse_verified(struct receipt *r, const char *reason, struct span detail)
{
	r->refusal = (struct refusal){
		.provider = r->ev.provider, .reason = reason, .detail = detail,
		.verified = r->ev.verified, .shaped = true, .secret_label = r->ev.secret_label,
		.event_id = r->ev.env.event_id, .event_type = r->ev.env.type,
		.remote_addr = client_addr(&r->x->rq, r->rc->conf->trusted_proxies), .headers = r->ev.headers,
		.body = r->ev.body, .size = r->ev.body.len,
		.received_us = r->ev.received_us,
	};
}

static void
receive(struct receiver *rc, struct desk *d, struct http_exchange *x)
{
	struct sign_verdict	 v;
	struct receipt		*r;
	struct span		 why;
	enum hk_err		 e;

	if (d->sender->verify && d->nkey == 0) {
		refuse_unconfigured(d, x);
		return;
	}
	if (desk_verify(d, &x->rq.fields, x->rq.body, x->rq.received_us / US_PER_S,
	    rc->conf->tolerance_s, &v) != HK_OK) {
		refuse_unsigned(rc, d, x, &v);
		return;
	}
	FAULT_DIE("request.verified");
	if (d->sender->verify && span_starts(x->rq.body, PROBE_BODY)) {
		answer_probe(x);
		return;
	}
	if ((r = receipt_new(rc, d, x, &v)) == NULL) {
		http_error(x, HK_NOMEM, "Try again later");
		return;
	}
	e = desk_read(d, rc->conf, &x->rq.fields, x->rq.body, v.id, x->arena, &r->ev.env,
	    &r->ev.disposition);
	FAULT_DIE("request.understood");
	if (e == HK_OK && r->ev.disposition.what != DO_REJECT)
		e = shrink(r);
	else if (e == HK_OK)
		refuse_verified(r, "unknown_type", span_str(r->ev.disposition.reason));
	if (e == HK_SYNTAX) {
		why = span_str(arena_printf(x->arena, "Invalid payload: %s", err_last()));
		if (why.p == NULL)
			e = HK_NOMEM;
		r->ev.env = (struct envelope){ .event_id = v.id };
		refuse_verified(r, "bad_body", why);
	}
	if (e == HK_OK || e == HK_SYNTAX)
		writer_put(rc->writer, &r->job);
	else
		http_error(x, e, "Try again later");
	FAULT_DIE("request.queued");
}

static void
handle(struct http_exchange *x, void *ctx)
{
	struct receiver	*rc = ctx;
	struct desk	*d = desks_find(&rc->desks, x->rq.path);

	if (d == NULL)
		answer_nobody(x);
	else if (span_is(x->rq.method, "POST"))
		receive(rc, d, x);
	else if (span_is(x->rq.method, "GET") || span_is(x->rq.method, "HEAD"))
		answer_alive(x, d->title);
	else
		answer_method(x);
}

/* ---- the program -------------------------------------------------------- */

static void
drain(void *ctx)
{
	struct receiver	*rc = ctx;

	FAULT_DIE("drain.begun");
	/* The slice and the quarantine look at the writer, and it kicks the slice. */
	slice_stop(rc->slice);
	quarantine_stop(rc->quarantine);
	writer_stop(rc->writer);
	FAULT_DIE("drain.written");
	slice_free(rc->slice);
	rc->quarantine = NULL;
	rc->writer = NULL;
	rc->slice = NULL;
}

static enum hk_err
quarantine_open(struct receiver *rc, bool thread)
{
	struct quarantine_opts	o = {
		.writer = rc->writer, .tolerance_s = rc->conf->tolerance_s,
		.mode = rc->conf->mode, .per_minute = rc->conf->quarantine_per_minute,
	};

	o.secret = desk_secrets(rc->conf, rc->desks.arena, &o.nsecret);
	return quarantine_start(&rc->quarantine, &o, thread);
}

static enum hk_err
receiver_open(struct receiver *rc, enum http_way way)
{
	struct writer_opts	 opts = { .most = COMMIT_MOST, .committed = committed,
				    .ctx = rc };
	enum hk_err		 e;

	if ((e = conf_load(&rc->conf, true)) != HK_OK)
		return e;
	if ((e = desks_open(&rc->desks, rc->pv, rc->conf)) != HK_OK)
		return e;
	if (rc->desks.n == 0 && way == HTTP_FASTCGI)
		log_info("hookkeeper.conf has no [custom NAME] section: every address is "
		    "answered 404");
	opts.path = rc->conf->db;
	opts.busy_timeout_ms = rc->conf->busy_timeout_ms;
	opts.patient = way == HTTP_FASTCGI;
	if ((e = writer_start(&rc->writer, &opts, way == HTTP_FASTCGI)) != HK_OK ||
	    (e = quarantine_open(rc, way == HTTP_FASTCGI)) != HK_OK)
		return e;
	return way == HTTP_FASTCGI ? slice_start(&rc->slice, rc->conf, rc->writer) : HK_OK;
}

static void
receiver_close(struct receiver *rc)
{
	drain(rc);
	desks_close(&rc->desks);
	conf_free(rc->conf);
}

/* Plain CGI has to answer even when nothing is right; the log says why. */
static void
handle_sick(struct http_exchange *x, void *ctx)
{
	(void)ctx;
	http_error(x, HK_CONF, "Not ready; the server's error log says why");
}

static int
serve_sick(enum http_way way)
{
	const struct http_service	 sick = { .handle = handle_sick };
	const struct http_limits	 limits = { .threads = 1, .inflight = 1,
					    .max_body = 1 << 20, .arena_most = 4 << 20,
					    .io_timeout_s = 10, .request_timeout_s = 30 };

	if (way == HTTP_CGI && http_serve(way, &sick, &limits) != HK_OK)
		return EX_IOERR;
	return EX_CONFIG;
}

int
receive_main(const struct provider *pv)
{
	struct receiver		 rc = { .pv = pv };
	struct http_service	 service = { .handle = handle, .drain = drain, .ctx = &rc,
				    .quick = true };
	struct http_limits	 limits;
	enum http_way		 way = http_start();
	enum hk_err		 e;

	log_open(pv->name, LOG_INFO);
	(void)mallopt(M_TRIM_THRESHOLD, MEMORY_KEPT);	/* refused: slower, not wrong */
	if (way == HTTP_NONE) {
		fprintf(stderr, "%s.fcgi: a web server starts this program, as FastCGI or CGI; "
		    "see the README\n", pv->name);
		return EX_USAGE;
	}
	if ((e = receiver_open(&rc, way)) != HK_OK) {
		receiver_close(&rc);
		return serve_sick(way);
	}
	limits = (struct http_limits){
		.threads = (int)rc.conf->threads, .inflight = (int)rc.conf->inflight,
		.max_body = (size_t)rc.conf->max_body,
		.arena_most = (size_t)rc.conf->max_body * 2 + (4 << 20),
		.io_timeout_s = (int)rc.conf->io_timeout_s,
		.request_timeout_s = (int)rc.conf->request_timeout_s,
	};
	e = http_serve(way, &service, &limits);
	if (way == HTTP_CGI && rc.work)
		slice_once(rc.conf, CGI_SLICE_US);
	receiver_close(&rc);
	return e == HK_OK ? EX_OK : EX_IOERR;
}
