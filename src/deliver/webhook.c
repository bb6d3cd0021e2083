/*
 * The channel "webhook": an HTTP POST.
 *
 * Whom we reach is judged when a connection is made, by the very address it is
 * made to: what a name meant a moment before does not matter.
 */
#include <string.h>

#include "base/clock.h"
#include "deliver/channels.h"
#include "deliver/request.h"
#include "outbox/target.h"

#define CONNECT_MS	10000L
#define HEADS_MOST	4096		/* bytes of an answer's fields that are kept */
#define READ_MOST	(64 << 10)	/* of its body that are read, so that the connection can stay */

struct post {
	CURL			*h;
	struct curl_slist	*fields;
	struct request		 rq;
	struct guard		 guard;
	size_t			 heads, body;	/* bytes in answer; of the body read */
	bool			 enough;	/* more of the body than we read */
	bool			 in_multi;
	char			*answer;	/* HEADS_MOST + EXCERPT_MOST */
};

/* ---- what curl asks us ---------------------------------------------------------- */

/* A new answer begins when there was a "100 Continue". */
static size_t
keep_head(char *data, size_t size, size_t n, void *ctx)
{
	struct post	*p = ctx;
	size_t		 len = size * n, room;

	if (p->body > 0)
		return len;		/* trailers */
	if (len >= 5 && memcmp(data, "HTTP/", 5) == 0)
		p->heads = 0;
	room = HEADS_MOST - p->heads;
	memcpy(p->answer + p->heads, data, len < room ? len : room);
	p->heads += len < room ? len : room;
	return len;
}

static size_t
keep_body(char *data, size_t size, size_t n, void *ctx)
{
	struct post	*p = ctx;
	size_t		 len = size * n, room = p->body < EXCERPT_MOST ? EXCERPT_MOST - p->body : 0;

	if (room > 0)
		memcpy(p->answer + p->heads + p->body, data, len < room ? len : room);
	p->body += len;
	p->enough = p->body > READ_MOST;
	return p->enough ? 0 : len;
}

/* ---- beginning ------------------------------------------------------------------------ */

#define SET(option, value)	(r == CURLE_OK ? \
	(void)(r = curl_easy_setopt(p->h, option, value)) : (void)0)

static CURLcode
prepare(struct channels *c, struct post *p, struct flight *f, const char *url)
{
	const struct transfer	t = { .url = url, .fields = p->fields, .body = p->rq.body,
				    .flight = f, .guard = &p->guard };
	CURLcode		r = transfer_prepare(c, p->h, &t);

	/* Or the end of one whose name nobody knows would wait, with all others, for the resolver. */
	SET(CURLOPT_QUICK_EXIT, 1L);
	SET(CURLOPT_TIMEOUT_MS, DELIVERY_TIME_S * 1000L);
	SET(CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	SET(CURLOPT_HEADERFUNCTION, keep_head);
	SET(CURLOPT_HEADERDATA, p);
	SET(CURLOPT_WRITEFUNCTION, keep_body);
	SET(CURLOPT_WRITEDATA, p);
	return r;
}

static bool
append(struct curl_slist **list, const char *line)
{
	struct curl_slist	*more = curl_slist_append(*list, line);

	if (more != NULL)
		*list = more;
	return more != NULL;
}

static void
release(struct channels *c, struct post *p)
{
	if (p->in_multi)
		(void)curl_multi_remove_handle(c->multi, p->h);
	if (p->h != NULL)
		channels_put(c, p->h);
	curl_slist_free_all(p->fields);
}

/* HK_SYNTAX: the address cannot be; HK_CONF: the secrets. */
static enum hk_err
begin(struct channels *c, struct flight *f, struct post *p)
{
	struct target	 t;
	const char	*url = arena_str(f->arena, f->endpoint->word.url);
	bool		 ok = append(&p->fields, "Expect:");
	enum hk_err	 e;

	/* Settings may have changed since it was saved. */
	if ((e = target_parse(&t, f->endpoint->word.url, c->conf->allow_private)) != HK_OK ||
	    (e = request_make(f, now_us() / US_PER_S, &p->rq)) != HK_OK)
		return e;
	f->result.request = p->rq.shown;
	for (size_t i = 0; ok && i < p->rq.n; i++)
		ok = append(&p->fields, p->rq.field[i]);
	if (!ok || url == NULL || (p->h = channels_handle(c)) == NULL ||
	    prepare(c, p, f, url) != CURLE_OK || curl_multi_add_handle(c->multi, p->h) != CURLM_OK)
		return err_note(HK_NOMEM, "no memory for a webhook");
	p->in_multi = true;
	return HK_OK;
}

static void
webhook_start(struct channels *c, struct flight *f)
{
	struct post	*p = arena_zero(f->arena, sizeof(*p));
	enum hk_err	 e = HK_NOMEM;

	if (p != NULL && (p->answer = arena_get(f->arena, HEADS_MOST + EXCERPT_MOST)) != NULL) {
		p->guard.allowed = c->conf->allow_private;
		if ((e = begin(c, f, p)) == HK_OK) {
			f->state = p;
			return;
		}
		release(c, p);
	}
	flight_failed(c, f, e == HK_SYNTAX ? "E_ADDRESS" : e == HK_NOMEM ? "E_MEMORY" : "E_SECRET", false);
}

static void
webhook_abort(struct channels *c, struct flight *f)
{
	release(c, f->state);
	f->state = NULL;
}

/* ---- the end ---------------------------------------------------------------------------- */

static const char *
error_of(CURLcode r, const struct post *p)
{
	if (p->guard.refused)
		return "E_ADDRESS";
	switch (r) {
	case CURLE_OPERATION_TIMEDOUT:
		return "E_TIMEOUT";
	case CURLE_COULDNT_RESOLVE_HOST:
		return "E_DNS";
	case CURLE_COULDNT_CONNECT:
		return "E_CONNECT";
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_CACERT_BADFILE:
		return "E_TLS";
	case CURLE_GOT_NOTHING:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_PARTIAL_FILE:
		return "E_RESET";
	case CURLE_OUT_OF_MEMORY:
		return "E_MEMORY";
	default:
		return "E_PROTOCOL";
	}
}

/* < 0: it did not come so far, or the connection was there already. */
static int64_t
time_of(CURL *h, CURLINFO what)
{
	curl_off_t	us = 0;

	return curl_easy_getinfo(h, what, &us) == CURLE_OK && us > 0 ? us : -1;
}

static void
tell_times(struct flight *f, CURL *h)
{
	struct delivered	*r = &f->result;
	char			*ip = NULL;

	r->dns_us = time_of(h, CURLINFO_NAMELOOKUP_TIME_T);
	r->connect_us = time_of(h, CURLINFO_CONNECT_TIME_T);
	r->tls_us = time_of(h, CURLINFO_APPCONNECT_TIME_T);
	r->first_us = time_of(h, CURLINFO_STARTTRANSFER_TIME_T);
	if (curl_easy_getinfo(h, CURLINFO_PRIMARY_IP, &ip) == CURLE_OK && ip != NULL && *ip != '\0')
		r->address = arena_span(f->arena, span_str(ip));
}

static void
tell_answer(struct flight *f, struct post *p)
{
	struct delivered	*r = &f->result;
	long			 status = 0;
	curl_off_t		 after = 0;

	if (curl_easy_getinfo(p->h, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK)
		r->status = (int)status;
	if (curl_easy_getinfo(p->h, CURLINFO_RETRY_AFTER, &after) == CURLE_OK && after > 0)
		r->retry_after_s = after;
	r->good = status >= 200 && status <= 299;
	r->gone = status == 410;
}

static void
webhook_collect(struct channels *c, struct flight *f, int result)
{
	struct post		*p = f->state;
	struct delivered	*r = &f->result;
	size_t			 body = p->body < EXCERPT_MOST ? p->body : EXCERPT_MOST;

	tell_times(f, p->h);
	if (p->heads > 0)
		r->answer = span_of(p->answer, p->heads + body);
	if (result == CURLE_OK || (result == CURLE_WRITE_ERROR && p->enough))
		tell_answer(f, p);
	else
		r->error = error_of((CURLcode)result, p);
	release(c, p);
	flight_over(c, f);
}

const struct channel channel_webhook = {
	.name = "webhook", .start = webhook_start, .abort = webhook_abort, .collect = webhook_collect,
};
