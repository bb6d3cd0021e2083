/* Received, verified, stored, answered. */
#include <assert.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/log.h"
#include "crypto/hmac.h"
#include "http/http.h"
#include "inbox/event.h"
#include "inbox/receive.h"
#include "inbox/refusal.h"
#include "inbox/slice.h"

#define KEYS_MAX	16
#define CGI_SLICE_US	(50 * US_PER_MS)
#define COMMIT_MOST	256		/* events in one transaction */
#define HEADERS_MOST	(256 << 10)

/* The program: lives as long as the process. */
struct receiver {
	const struct provider	*pv;
	struct conf		*conf;
	const struct conf_sender *sender;
	struct sign_key		 key[KEYS_MAX];
	size_t			 nkey;
	struct writer		*writer;
	struct slice		*slice;		/* NULL: plain CGI */
	bool			 work;		/* the writer's: something wants work */
	_Atomic int64_t		 no_secret_said;
};

/* One request on its way through the writer; lives in its exchange's arena. */
struct receipt {
	struct job		 job;		/* first: the writer gives it back */
	struct receiver		*rc;
	struct http_exchange	*x;
	struct event		 ev;
	struct refusal		 refusal;	/* when reason is set, instead of ev */
	int64_t			 id;
	bool			 fresh;
};

/* ---- after the commit: the answer ------------------------------------- */

static void
reply_json(struct http_exchange *x, int status, const char *extra, struct span body)
{
	http_reply(x, &(struct http_reply){ .status = status, .extra = extra, .body = body });
}

static enum hk_err
receipt_run(struct job *job, struct db *db)
{
	struct receipt	*r = (struct receipt *)job;

	if (r->refusal.reason != NULL)
		return refusal_store(db, &r->refusal);
	return event_store(db, &r->ev, &r->id, &r->fresh);
}

static void
receipt_done(struct job *job, enum hk_err e)
{
	struct receipt	*r = (struct receipt *)job;
	struct span	 unknown = SPAN("{\"error\":\"Unknown event type\"}\n");
	char		 body[96];
	int		 n;

	if (e != HK_OK) {
		/* Not kept, so not acknowledged: the sender comes again. */
		http_error(r->x, e, err_status(e) == 503 ? "Try again later" : err_text(e));
		return;
	}
	if (r->refusal.reason != NULL) {
		if (strcmp(r->refusal.reason, "unknown_type") == 0)
			reply_json(r->x, 400, NULL, unknown);
		else
			http_error(r->x, HK_SYNTAX, r->refusal.detail.p);
		return;
	}
	if (r->fresh && r->ev.disposition.what == DO_PROCESS)
		r->rc->work = true;
	n = snprintf(body, sizeof(body), "{\"received\":true,\"id\":%lld,\"duplicate\":%s}\n",
	    (long long)r->id, r->fresh ? "false" : "true");
	reply_json(r->x, 200, NULL, span_of(body, (size_t)n));
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
refuse_unsigned(struct receiver *rc, struct http_exchange *x, const struct sign_verdict *v)
{
	log_warn("%s: refused a request from %.*s: signature %s", rc->pv->name,
	    SPAN_ARG(x->rq.remote_addr), sign_reason_name(v->reason));
	reply_json(x, rc->pv->refused, NULL, SPAN("{\"error\":\"Invalid signature\"}\n"));
}

static void
refuse_unconfigured(struct receiver *rc, struct http_exchange *x)
{
	int64_t	now = mono_us(), said = atomic_load(&rc->no_secret_said);

	if ((said == 0 || now - said > 60 * US_PER_S) &&
	    atomic_compare_exchange_strong(&rc->no_secret_said, &said, now))
		log_error("%s: no signing secret is set, so every event is answered 503; "
		    "set [%s] secrets in hookkeeper.conf", rc->pv->name, rc->pv->name);
	http_error(x, HK_CONF, "Not configured yet");
}

static struct receipt *
receipt_new(struct receiver *rc, struct http_exchange *x, const struct sign_verdict *v,
    bool verified)
{
	struct receipt	*r = arena_zero(x->arena, sizeof(*r));
	struct buf	 headers;

	if (r == NULL)
		return NULL;
	r->job.run = receipt_run;
	r->job.done = receipt_done;
	r->rc = rc;
	r->x = x;
	r->ev.provider = rc->pv->name;
	r->ev.body = x->rq.body;
	r->ev.signature = v->header;
	r->ev.verified = verified;
	r->ev.secret_label = v->label;
	r->ev.received_us = x->rq.received_us;
	buf_init(&headers, HEADERS_MOST);
	event_headers(&headers, &x->rq.fields);
	r->ev.headers = buf_ok(&headers) ? arena_span(x->arena, buf_span(&headers)) : SPAN_NULL;
	buf_release(&headers);
	return r->ev.headers.p != NULL ? r : NULL;
}

/* Its sender is known, so it is kept in any case: as a refusal. */
static void
refuse_verified(struct receipt *r, const char *reason, struct span detail)
{
	r->refusal = (struct refusal){
		.provider = r->ev.provider, .reason = reason, .detail = detail,
		.verified = r->ev.verified, .shaped = true, .secret_label = r->ev.secret_label,
		.event_id = r->ev.env.event_id, .event_type = r->ev.env.type,
		.remote_addr = r->x->rq.remote_addr, .headers = r->ev.headers,
		.body = r->ev.body, .size = r->ev.body.len,
		.received_us = r->ev.received_us,
	};
}

static void
receive(struct receiver *rc, struct http_exchange *x)
{
	struct sign_verdict	 v = { 0 };
	struct receipt		*r;
	struct span		 why;
	bool			 checked = rc->sender->verify != 0;
	enum hk_err		 e = HK_OK;

	if (checked && rc->nkey == 0) {
		refuse_unconfigured(rc, x);
		return;
	}
	if (checked)
		e = rc->pv->scheme->verify(&x->rq.fields, x->rq.body, rc->key, rc->nkey,
		    x->rq.received_us / US_PER_S, rc->conf->tolerance_s, &v);
	else
		v.id = field_get(&x->rq.fields, "svix-id");
	if (e != HK_OK) {
		refuse_unsigned(rc, x, &v);
		return;
	}
	if ((r = receipt_new(rc, x, &v, checked)) == NULL) {
		http_error(x, HK_NOMEM, "Try again later");
		return;
	}
	e = rc->pv->envelope(x->rq.body, v.id, x->arena, &r->ev.env);
	if (e == HK_OK)
		r->ev.disposition = provider_dispose(rc->pv, rc->conf, &r->ev.env);
	if (e == HK_OK && r->ev.disposition.what == DO_REJECT)
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
}

static void
handle(struct http_exchange *x, void *ctx)
{
	struct receiver	*rc = ctx;
	char		 body[128];
	int		 n;

	if (span_is(x->rq.method, "POST")) {
		receive(rc, x);
	} else if (span_is(x->rq.method, "GET") || span_is(x->rq.method, "HEAD")) {
		n = snprintf(body, sizeof(body), "{\"message\":\"The %s webhook endpoint is "
		    "here; events come by POST\"}\n", rc->pv->title);
		reply_json(x, 200, NULL, span_of(body, (size_t)n));
	} else
		reply_json(x, 405, "Allow: GET, HEAD, POST\r\n",
		    SPAN("{\"error\":\"Method not allowed\"}\n"));
}

/* ---- the program -------------------------------------------------------- */

static void
drain(void *ctx)
{
	struct receiver	*rc = ctx;

	/* The writer first: it answers what was handed over and kicks the slice. */
	writer_stop(rc->writer);
	slice_stop(rc->slice);
	rc->writer = NULL;
	rc->slice = NULL;
}

static enum hk_err
load_keys(struct receiver *rc)
{
	const struct conf_sender *s = rc->sender;
	enum hk_err		  e;

	if (s->nsecret > KEYS_MAX)
		return err_note(HK_CONF, "[%s] has %zu secrets; at most %d are used at once, "
		    "remove the oldest", s->name, s->nsecret, KEYS_MAX);
	for (size_t i = 0; i < s->nsecret; i++) {
		if ((e = rc->pv->scheme->key(&rc->key[i], s->secret[i].text)) != HK_OK)
			return err_note(HK_CONF, "[%s] secret \"%s\": %s", s->name,
			    s->secret[i].label, err_last());
		rc->key[i].label = s->secret[i].label;
	}
	rc->nkey = s->nsecret;
	return HK_OK;
}

static enum hk_err
receiver_open(struct receiver *rc, enum http_way way)
{
	struct writer_opts	 opts = { .most = COMMIT_MOST, .committed = committed,
				    .ctx = rc };
	enum hk_err		 e;

	if ((e = conf_load(&rc->conf, true)) != HK_OK)
		return e;
	rc->sender = conf_sender(rc->conf, rc->pv->name);
	assert(rc->sender != NULL);
	if ((e = load_keys(rc)) != HK_OK)
		return e;
	opts.path = rc->conf->db;
	opts.busy_timeout_ms = rc->conf->busy_timeout_ms;
	opts.patient = way == HTTP_FASTCGI;
	if ((e = writer_start(&rc->writer, &opts, way == HTTP_FASTCGI)) != HK_OK)
		return e;
	return way == HTTP_FASTCGI ? slice_start(&rc->slice, rc->conf, rc->writer) : HK_OK;
}

static void
receiver_close(struct receiver *rc)
{
	drain(rc);
	crypto_cleanse(rc->key, sizeof(rc->key));
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
	struct http_service	 service = { .handle = handle, .drain = drain, .ctx = &rc };
	struct http_limits	 limits;
	enum http_way		 way = http_start();
	enum hk_err		 e;

	log_open(pv->name, LOG_INFO);
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
