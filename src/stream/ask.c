/* Who asks for which room, and may they? */
#include "stream/ask.h"

#include <stdatomic.h>
#include <stdio.h>

#include "api/token.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "http/form.h"

#define METHODS	"GET, HEAD, OPTIONS"

/* Rows of api/problems.def. */
static const struct {
	int		 status;
	const char	*code, *title, *more;
} refusals[] = {
	[REFUSE_TOKEN] = { 401, "unauthorized", "No valid token was shown",
	    "WWW-Authenticate: Bearer realm=\"hookkeeper\"\r\n" },
	[REFUSE_UNKNOWN] = { 404, "not_found", "There is no such thing", "" },
	[REFUSE_METHOD] = { 405, "method_not_allowed", "This address does not take that method",
	    "Allow: " METHODS "\r\n" },
	[REFUSE_MANY] = { 429, "rate_limited", "Too many requests", "Retry-After: 5\r\n" },
	[REFUSE_BUSY] = { 503, "unavailable", "It cannot be done just now; nothing was changed",
	    "Retry-After: 5\r\n" },
};

void
ask_refuse(struct http_exchange *x, enum refusal why, const char *lines)
{
	const char	*code = refusals[why].code;
	char		 text[256];
	int		 n;

	n = snprintf(text, sizeof(text), "{\"type\":\"/problems/%s\",\"title\":\"%s\",\"status\":%d,"
	    "\"code\":\"%s\"}", code, refusals[why].title, refusals[why].status, code);
	lines = arena_printf(x->arena, "%s%s", refusals[why].more, lines != NULL ? lines : "");
	http_reply(x, &(struct http_reply){ .status = refusals[why].status,
	    .type = "application/problem+json",
	    .extra = lines != NULL ? lines : refusals[why].more, .body = span_of(text, (size_t)n) });
}

static bool
allowed(const struct conf *c, struct span origin)
{
	struct span	rest = span_str(c->api_origins);

	while (rest.p != NULL && origin.len > 0)
		if (span_eq(span_trim(span_cut(&rest, ' ')), origin))
			return true;
	return false;
}

/*
 * What a browser needs to hear before a script of another origin may read the
 * answer; and caches, that it differs by origin.
 */
static const char *
lines_for(const struct conf *c, struct http_exchange *x)
{
	struct span	origin = field_get(&x->rq.fields, "origin");

	if (!allowed(c, origin))
		return "Vary: Origin\r\n";
	return arena_printf(x->arena, "Access-Control-Allow-Origin: %.*s\r\nVary: Origin\r\n",
	    SPAN_ARG(origin));
}

/* 204 to a browser that asks whether it may ask. */
static void
preflight(struct http_exchange *x, const char *lines)
{
	const char	*all = arena_printf(x->arena, "%sAllow: " METHODS "\r\n"
	    "Access-Control-Allow-Methods: GET, HEAD\r\n"
	    "Access-Control-Allow-Headers: authorization, x-hookkeeper-token, last-event-id, "
	    "cache-control\r\nAccess-Control-Max-Age: 600\r\n", lines != NULL ? lines : "");

	http_reply(x, &(struct http_reply){ .status = 204, .extra = all });
}

/* A room token in the address, or it or a session in a field. */
static enum hk_err
check_token(const struct ask *a, const struct form *query, struct guest *g)
{
	struct arena	*arena = g->x->arena;
	struct span	 token = form_get(query, "token"), field = token_shown(&g->x->rq.fields);
	int64_t		 now = now_us();
	struct session	 s;
	enum hk_err	 e;

	if (token.len == 0)
		token = field;
	if (token.len == 0)
		return err_tell(HK_BADSIG, "no token");
	if (token.p != field.p || memchr(token.p, '.', token.len) == NULL)
		return room_check(a->conf, token, now, arena, g->user, &g->until_us);
	if ((e = session_check(a->sessions, token, now, arena, &s)) != HK_OK)
		return e;
	g->clerk_user = s.clerk_user;
	g->until_us = s.expires_us;
	return HK_OK;
}

/* One line a second is enough to be told by.  The query has a token, so it is not in it. */
static void
tell_refused(const struct http_exchange *x)
{
	static atomic_llong	 said, unsaid;
	long long		 now = mono_us(), last = atomic_load(&said), n;

	if ((last != 0 && now - last < US_PER_S) ||
	    !atomic_compare_exchange_strong(&said, &last, now)) {
		atomic_fetch_add(&unsaid, 1);
		return;
	}
	n = atomic_exchange(&unsaid, 0);
	if (n > 0)
		log_warn("%lld more were refused", n);
	log_warn("refused %.*s: %s", SPAN_ARG(x->rq.remote_addr), err_last());
}

/* HK_NOMEM, or why the token is none. */
static enum hk_err
make_guest(const struct ask *a, struct http_exchange *x, struct guest **out)
{
	struct guest	*g = arena_zero(x->arena, sizeof(*g));
	struct form	 query;
	struct span	 last;
	enum hk_err	 e;

	if (g == NULL)
		return err_note(HK_NOMEM, "no memory for a listener");
	g->x = x;
	if ((e = form_parse(&query, x->rq.query, x->arena)) == HK_TOOBIG)
		return err_tell(HK_BADSIG, "a query of too many parts");
	if (e != HK_OK || (e = check_token(a, &query, g)) != HK_OK)
		return e;
	/* A browser that comes again says the newer one in the field. */
	if ((last = field_get(&x->rq.fields, "last-event-id")).len == 0)
		last = form_get(&query, "last_event_id");
	g->last = last.len > 0 ? last : SPAN_NULL;
	*out = g;
	return HK_OK;
}

void
ask_handle(struct http_exchange *x, void *ctx)
{
	const struct ask	*a = ctx;
	const char		*lines = lines_for(a->conf, x);
	struct guest		*g = NULL;
	enum hk_err		 e;

	if (span_is(x->rq.method, "OPTIONS")) {
		preflight(x, lines);
		return;
	}
	if (!span_is(x->rq.method, "GET") && !span_is(x->rq.method, "HEAD")) {
		ask_refuse(x, REFUSE_METHOD, lines);
		return;
	}
	if ((e = make_guest(a, x, &g)) == HK_OK) {
		g->lines = lines;
		hub_put(a->hub, g);
		return;
	}
	if (e == HK_BADSIG)
		tell_refused(x);
	ask_refuse(x, err_status(e) == 401 ? REFUSE_TOKEN : REFUSE_BUSY, lines);
}
