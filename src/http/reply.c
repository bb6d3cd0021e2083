/*
 * Answers, as a CGI program gives them (RFC 3875, section 6).
 */
#include <assert.h>
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

void
http_reply(struct http_exchange *pub, const struct http_reply *r)
{
	struct exchange	*x = (struct exchange *)pub;
	char		 head[512];
	struct span	 piece[4];
	bool		 own_cache;
	int		 n;

	own_cache = r->extra != NULL && strcasestr(r->extra, "cache-control:") != NULL;
	n = snprintf(head, sizeof(head),
	    "Status: %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n%s",
	    r->status, reason(r->status), r->type != NULL ? r->type : "application/json",
	    r->body.len, own_cache ? "" : "Cache-Control: no-store\r\n");
	assert(n > 0 && (size_t)n < sizeof(head));
	piece[0] = span_of(head, (size_t)n);
	piece[1] = span_str(r->extra);
	piece[2] = SPAN("\r\n");
	piece[3] = span_is(pub->rq.method, "HEAD") ? SPAN_NULL : r->body;
	FAULT_DIE("reply.before");
	if (x->way == HTTP_CGI)
		cgi_answer(!x->whole && r->status == err_status(HK_TOOBIG), piece, 4);
	else
		fastcgi_answer(x, piece, 4);
	FAULT_DIE("reply.after");
	pool_put(x);
}

void
http_error(struct http_exchange *x, enum hk_err e, const char *text)
{
	struct http_reply	 r = { .status = err_status(e) };
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
