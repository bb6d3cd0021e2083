/* From what a function said to the reply. */
#include <stdarg.h>
#include <stdio.h>

#include "api/frame.h"
#include "base/fault.h"
#include "base/log.h"

#define WAIT_S		5	/* Retry-After of what may be over soon */
#define PROBLEM_TYPE	"application/problem+json"
#define NOSNIFF		"X-Content-Type-Options: nosniff"

static const struct {
	int		 status;
	const char	*code, *title;
} problems[PROBLEM_COUNT] = {
#define P(name, code_status, code_text, title_text) \
	[PROBLEM_##name] = { code_status, code_text, title_text },
#include "api/problems.def"
#undef P
};

const char *
problem_code(enum problem p)
{
	return problems[p].code;
}

int
problem_status(enum problem p)
{
	return problems[p].status;
}

void
answer_begin(struct order *o)
{
	struct call	*c = &o->c;

	c->status = 200;
	c->problem = PROBLEM_NONE;
	c->detail = NULL;
	c->wait_s = 0;
	memset(c->told, 0, sizeof(c->told));
	c->woken = false;
	o->replayed = false;
	buf_clear(&o->body);
	jw_init(&o->jw, &o->body);
	jw_open(&o->jw, NULL, '{');
	c->out = &o->jw;
}

/* RFC 9457, left open for members of the problem's own. */
static void
problem_write(struct jw *w, struct buf *out, enum problem p, const char *detail)
{
	char	type[80];

	snprintf(type, sizeof(type), "/problems/%s", problem_code(p));
	jw_init(w, out);
	jw_open(w, NULL, '{');
	jw_text(w, "type", span_str(type));
	jw_text(w, "title", span_str(problems[p].title));
	jw_int(w, "status", problem_status(p));
	jw_text(w, "detail", span_str(detail != NULL ? detail : problems[p].title));
	jw_text(w, "code", span_str(problem_code(p)));
}

/* The problem in place of whatever was said. */
static void
put_problem(struct order *o)
{
	struct call	*c = &o->c;

	c->status = problem_status(c->problem);
	buf_clear(&o->body);
	problem_write(&o->jw, &o->body, c->problem, c->detail);
	for (const struct call_number *n = c->told; n->name != NULL; n++)
		jw_int(&o->jw, n->name, n->value);
}

enum hk_err
answer_close(struct order *o)
{
	if (o->c.problem != PROBLEM_NONE)
		put_problem(o);
	jw_close(&o->jw, '}');
	return buf_ok(&o->body) ? HK_OK : err_note(HK_NOMEM, "no memory for an answer");
}

void
answer_line(struct order *o, const char *fmt, ...)
{
	size_t	room = LINES_MOST - o->nlines;
	va_list	ap;
	int	n;

	va_start(ap, fmt);
	n = vsnprintf(o->lines + o->nlines, room, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n + 3 > room) {
		o->lines[o->nlines] = '\0';	/* a line is whole or not there */
		return;
	}
	o->nlines += (size_t)n;
	memcpy(o->lines + o->nlines, "\r\n", 3);
	o->nlines += 2;
}

void
answer_send(struct order *o)
{
	struct http_reply	 r = { .status = o->c.status, .body = buf_span(&o->body) };
	struct buf		 body = o->body;	/* outlives the order */
	struct json		*in = o->c.in;

	if (r.status >= 400)
		r.type = PROBLEM_TYPE;
	if (r.status == 503 || o->c.wait_s > 0)
		answer_line(o, "Retry-After: %lld", (long long)(o->c.wait_s > 0 ? o->c.wait_s : WAIT_S));
	if (r.status == 401)
		answer_line(o, "WWW-Authenticate: Bearer realm=\"hookkeeper\"");
	if (o->replayed)
		answer_line(o, "Idempotent-Replayed: true");
	answer_line(o, NOSNIFF);
	r.extra = o->lines;
	FAULT_DIE("call.answering");
	http_reply(o->x, &r);
	buf_release(&body);
	json_free(in);
}

void
answer_problem(struct order *o)
{
	if (answer_close(o) != HK_OK) {
		buf_clear(&o->body);
		buf_puts(&o->body, "{}");
	}
	answer_send(o);
}

void
answer_failed(struct order *o, enum hk_err e)
{
	o->c.problem = PROBLEM_NOT_READY;
	o->c.detail = err_status(e) == 503 ? err_text(e) : NULL;
	answer_problem(o);
}

/* A problem's status is the document's, so 408 is a 400 here and 431 a 413. */
static enum problem
problem_of(int status)
{
	switch (status) {
	case 413:
	case 431:
		return PROBLEM_TOO_LARGE;
	case 503:
		return PROBLEM_NOT_READY;
	default:
		return PROBLEM_BAD_REQUEST;
	}
}

void
frame_refuse(struct http_exchange *x, int status, const char *text, void *ctx)
{
	enum problem		 p = problem_of(status);
	char			 again[32] = "", lines[96];
	struct http_reply	 r = { .status = problem_status(p), .type = PROBLEM_TYPE,
				    .extra = lines };
	struct buf		 b;
	struct jw		 w;

	(void)ctx;
	if (p == PROBLEM_NOT_READY)
		snprintf(again, sizeof(again), "Retry-After: %d\r\n", WAIT_S);
	snprintf(lines, sizeof(lines), "%s" NOSNIFF "\r\n", again);
	buf_init(&b, 4096);
	problem_write(&w, &b, p, text);
	jw_close(&w, '}');
	r.body = buf_ok(&b) ? buf_span(&b) : SPAN("{}");
	http_reply(x, &r);
	buf_release(&b);
}

void
answer_preflight(struct order *o)
{
	buf_clear(&o->body);
	o->c.status = 204;
	answer_line(o, "Access-Control-Allow-Methods: GET, HEAD");
	answer_line(o, "Access-Control-Allow-Headers: authorization, x-hookkeeper-token");
	answer_line(o, "Access-Control-Max-Age: 600");
	answer_send(o);
}
