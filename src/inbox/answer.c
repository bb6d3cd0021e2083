/* What receivers answer. */
#include "inbox/answer.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/json.h"

#define PROBE_ECHO	256		/* bytes of the field that are said back */
#define PROBE_ROOM	4096		/* each of them as six, and the rest */
#define CHALLENGE_ROOM	8192	/* each byte as six, and the quotes */

static void
answer(struct http_exchange *x, int status, struct span body)
{
	http_reply(x, &(struct http_reply){ .status = status, .body = body });
}

/* It is said as JSON, so whatever it holds is text. */
static void
answer_challenge(struct http_exchange *x, struct span challenge)
{
	struct buf	b;
	struct jw	w;

	buf_init(&b, CHALLENGE_ROOM);
	jw_init(&w, &b);
	jw_open(&w, NULL, '{');
	jw_text(&w, "challenge", challenge);
	jw_close(&w, '}');
	buf_putc(&b, '\n');
	if (buf_ok(&b))
		answer(x, 200, buf_span(&b));
	else
		http_error(x, HK_NOMEM, "Try again later");
	buf_release(&b);
}

void
answer_stored(struct http_exchange *x, int64_t id, bool fresh, struct span challenge)
{
	char	body[96];
	int	n;

	if (challenge.p != NULL) {
		answer_challenge(x, challenge);
		return;
	}
	n = snprintf(body, sizeof(body), "{\"received\":true,\"id\":%" PRId64
	    ",\"duplicate\":%s}\n", id, fresh ? "false" : "true");
	answer(x, 200, span_of(body, (size_t)n));
}

void
answer_unsigned(struct http_exchange *x, int status)
{
	answer(x, status, SPAN("{\"error\":\"Invalid signature\"}\n"));
}

void
answer_unknown_type(struct http_exchange *x)
{
	answer(x, 400, SPAN("{\"error\":\"Unknown event type\"}\n"));
}

void
answer_failed(struct http_exchange *x, enum hk_err e)
{
	http_error(x, e, err_status(e) == 503 ? "Try again later" : err_text(e));
}

void
answer_alive(struct http_exchange *x, const char *title)
{
	char	body[128];
	int	n;

	n = snprintf(body, sizeof(body), "{\"message\":\"The %s webhook endpoint is here; "
	    "events come by POST\"}\n", title);
	answer(x, 200, span_of(body, (size_t)n));
}

void
answer_probe(struct http_exchange *x)
{
	struct span	echo = field_get(&x->rq.fields, PROBE_FIELD);
	struct buf	b;
	struct jw	w;

	buf_init(&b, PROBE_ROOM);
	jw_init(&w, &b);
	jw_open(&w, NULL, '{');
	jw_bool(&w, "probe", true);
	jw_text(&w, "version", SPAN(HK_VERSION));
	jw_int(&w, "bytes", (int64_t)x->rq.body.len);
	jw_text(&w, "echo", echo.len <= PROBE_ECHO ? echo : SPAN_NULL);
	jw_close(&w, '}');
	buf_putc(&b, '\n');
	if (buf_ok(&b))
		answer(x, 200, buf_span(&b));
	else
		http_error(x, HK_NOMEM, "Try again later");
	buf_release(&b);
}

void
answer_nobody(struct http_exchange *x)
{
	answer(x, 404, SPAN("{\"error\":\"Not found\"}\n"));
}

void
answer_method(struct http_exchange *x)
{
	http_reply(x, &(struct http_reply){ .status = 405, .extra = "Allow: GET, HEAD, POST\r\n",
	    .body = SPAN("{\"error\":\"Method not allowed\"}\n") });
}
