/* From what a function said to the reply. */
#include <stdarg.h>
#include <stdio.h>

#include "api/frame.h"
#include "base/fault.h"
#include "base/log.h"

#define WAIT_S	5	/* Retry-After of what may be over soon */

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

/* The problem in place of whatever was said. */
static void
put_problem(struct order *o)
{
	struct call	*c = &o->c;
	char		 type[80];

	snprintf(type, sizeof(type), "/problems/%s", problem_code(c->problem));
	c->status = problem_status(c->problem);
	buf_clear(&o->body);
	jw_init(&o->jw, &o->body);
	jw_open(&o->jw, NULL, '{');
	jw_text(&o->jw, "type", span_str(type));
	jw_text(&o->jw, "title", span_str(problems[c->problem].title));
	jw_int(&o->jw, "status", c->status);
	jw_text(&o->jw, "detail", span_str(c->detail != NULL ? c->detail :
	    problems[c->problem].title));
	jw_text(&o->jw, "code", span_str(problem_code(c->problem)));
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
		r.type = "application/problem+json";
	if (r.status == 503 || o->c.wait_s > 0)
		answer_line(o, "Retry-After: %lld", (long long)(o->c.wait_s > 0 ? o->c.wait_s : WAIT_S));
	if (r.status == 401)
		answer_line(o, "WWW-Authenticate: Bearer realm=\"hookkeeper\"");
	if (o->replayed)
		answer_line(o, "Idempotent-Replayed: true");
	answer_line(o, "X-Content-Type-Options: nosniff");
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
