/*
 * Answers, as a CGI program gives them (RFC 3875, section 6).
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/fault.h"
#include "base/json.h"
#include "http/exchange.h"

#define RETRY_AFTER	"Retry-After: 10\r\n"

static const struct {
	int		 status;
	const char	*reason;
} reasons[] = {
	{ 200, "OK" }, { 201, "Created" }, { 202, "Accepted" }, { 204, "No Content" },
	{ 302, "Found" }, { 303, "See Other" }, { 304, "Not Modified" },
	{ 400, "Bad Request" }, { 401, "Unauthorized" }, { 403, "Forbidden" },
	{ 404, "Not Found" }, { 405, "Method Not Allowed" }, { 408, "Request Timeout" },
	{ 409, "Conflict" }, { 410, "Gone" }, { 413, "Content Too Large" },
	{ 415, "Unsupported Media Type" }, { 422, "Unprocessable Content" },
	{ 429, "Too Many Requests" }, { 431, "Request Header Fields Too Large" },
	{ 500, "Internal Server Error" }, { 503, "Service Unavailable" },
};

static const char *
reason(int status)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Status";
}

static bool
has_body(int status)
{
	return status != 204 && status != 304;
}

size_t
reply_head(char *head, int status, const char *type, const char *extra, int64_t len)
{
	bool	 own_cache = extra != NULL && strcasestr(extra, "cache-control:") != NULL;
	char	 about[REPLY_HEAD] = "", length[48] = "";
	int	 n;

	if (has_body(status))
		snprintf(about, sizeof(about), "Content-Type: %s\r\n",
		    type != NULL ? type : "application/json");
	if (has_body(status) && len >= 0)
		snprintf(length, sizeof(length), "Content-Length: %" PRId64 "\r\n", len);
	n = snprintf(head, REPLY_HEAD, "Status: %d %s\r\n%s%s%s", status, reason(status),
	    about, length, own_cache ? "" : "Cache-Control: no-store\r\n");
	assert(n > 0 && n < REPLY_HEAD);
	return (size_t)n;
}

void
http_reply(struct http_exchange *pub, const struct http_reply *r)
{
	struct exchange	*x = (struct exchange *)pub;
	char		 head[REPLY_HEAD];
	struct span	 piece[4];

	piece[0] = span_of(head, reply_head(head, r->status, r->type, r->extra,
	    (int64_t)r->body.len));
	piece[1] = span_str(r->extra);
	piece[2] = SPAN("\r\n");
	piece[3] = span_is(pub->rq.method, "HEAD") || !has_body(r->status) ? SPAN_NULL :
	    r->body;
	FAULT_DIE("reply.before");
	if (x->way == HTTP_CGI)
		cgi_answer(!x->whole && r->status == err_status(HK_TOOBIG), piece, 4);
	else
		fastcgi_answer(x, piece, 4);
	FAULT_DIE("reply.after");
	pool_put(x);
}

static void
error_reply(struct http_exchange *x, int status, const char *text)
{
	struct http_reply	 r = { .status = status };
	struct buf		 b;
	struct jw		 w;

	buf_init(&b, 4096);
	jw_init(&w, &b);
	jw_open(&w, NULL, '{');
	jw_text(&w, "error", span_str(text));
	jw_close(&w, '}');
	r.extra = r.status == 503 ? RETRY_AFTER : NULL;
	r.body = buf_ok(&b) ? buf_span(&b) : SPAN("{\"error\":\"Temporarily unavailable\"}");
	http_reply(x, &r);
	buf_release(&b);
}

void
http_error(struct http_exchange *x, enum hk_err e, const char *text)
{
	error_reply(x, err_status(e), text);
}

void
exchange_refuse(struct exchange *x, int status, const char *text)
{
	const struct http_service	*service = x->pool->service;

	exchange_leave(x);	/* it may linger */
	if (service->refuse != NULL)
		service->refuse(&x->pub, status, text, service->ctx);
	else
		error_reply(&x->pub, status, text);
}
