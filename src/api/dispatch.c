/* From a request to the function of its address. */
#include <stdio.h>

#include "api/frame.h"
#include "api/origin.h"
#include "base/clock.h"
#include "inbox/client.h"

#define CALL(kind, method, path, scope, fn)	{ kind, method, path, scope, fn },
const struct api_route api_routes[] = {
#include "api/routes.def"
	{ .path = NULL }
};
#undef CALL

/* ---- which address -------------------------------------------------------------- */

/* Below the base, as "/users"; SPAN_NULL: it is not. */
static struct span
below(struct span path)
{
	const size_t	base = sizeof(API_BASE) - 1;

	if (!span_starts(path, API_BASE "/"))
		return SPAN_NULL;
	return span_of(path.p + base, path.len - base);
}

static bool
takes(const struct api_route *r, struct span method)
{
	return span_is(method, r->method) ||
	    (span_is(method, "HEAD") && strcmp(r->method, "GET") == 0);
}

/* What is there, whatever the method. */
struct address {
	bool	 known, session;
	char	 allow[80];		/* "GET, HEAD, POST" */
};

static void
allow(struct address *a, const struct api_route *r)
{
	size_t	n = strlen(a->allow);

	a->known = true;
	if (r->scope != NULL && strcmp(r->scope, "session") == 0)
		a->session = true;
	snprintf(a->allow + n, sizeof(a->allow) - n, "%s%s%s", n > 0 ? ", " : "", r->method,
	    strcmp(r->method, "GET") == 0 ? ", HEAD" : "");
}

static const struct api_route *
find(struct order *o, struct address *a)
{
	struct span	path = o->x->rq.path, sub = below(path);
	bool		here;

	for (const struct api_route *r = api_routes; r->path != NULL; r++) {
		here = r->path[1] == '/' ? route_match(&o->c.route, r->path + 1, path) :
		    sub.p != NULL && route_match(&o->c.route, r->path, sub);
		if (!here)
			continue;
		allow(a, r);
		if (takes(r, o->x->rq.method))
			return r;
	}
	return NULL;
}

/* ---- pages of other origins ------------------------------------------------------ */

bool
origin_allowed(const struct conf *conf, struct span origin)
{
	struct span	rest = span_str(conf->api_origins), one;

	while (origin.len > 0 && rest.p != NULL)
		if ((one = span_trim(span_cut(&rest, ' '))).len > 0 && span_eq(one, origin))
			return true;
	return false;
}

/* Only what a user's own browser may ask is for scripts of pages. */
static bool
share(struct order *o)
{
	struct span	origin = field_get(&o->x->rq.fields, "origin");

	answer_line(o, "Vary: Origin");
	if (!origin_allowed(o->api->conf, origin))
		return false;
	answer_line(o, "Access-Control-Allow-Origin: %.*s", SPAN_ARG(origin));
	answer_line(o, "Access-Control-Expose-Headers: Retry-After, RateLimit-Limit, "
	    "RateLimit-Remaining, RateLimit-Reset");
	return true;
}

/* ---- the request ------------------------------------------------------------------- */

static struct order *
order_new(struct api *api, struct http_exchange *x)
{
	struct order	*o = arena_get(x->arena, sizeof(*o));

	if (o == NULL)
		return NULL;
	memset(o, 0, offsetof(struct order, c));
	/* All but the route's room, which is large and route_match()'s own. */
	o->c.route.n = 0;
	o->c.conf = api->conf;
	o->c.rq = &x->rq;
	o->c.arena = x->arena;
	o->c.db = NULL;
	o->c.now = now_us();
	o->c.query = (struct form){ 0 };
	o->c.in = NULL;
	o->c.key = SPAN_NULL;
	o->c.who = (struct caller){ .name = "" };
	o->c.problem = PROBLEM_NONE;
	o->c.detail = NULL;
	o->c.wait_s = 0;
	memset(o->c.told, 0, sizeof(o->c.told));
	o->c.woken = false;
	memset(&o->jw, 0, offsetof(struct order, lines) - offsetof(struct order, jw));
	o->lines[0] = '\0';
	o->nlines = 0;
	o->api = api;
	o->x = x;
	buf_init(&o->body, ANSWER_MOST);
	return o;
}

/* No function for it: nothing is there, or not by that method. */
static enum hk_err
nowhere(struct order *o, const struct address *a)
{
	struct span	path = o->x->rq.path, method = o->x->rq.method;

	if (!a->known)
		return call_problem(&o->c, PROBLEM_NOT_FOUND, "there is nothing at %.*s; see "
		    API_BASE "/openapi.json", (int)(path.len < 200 ? path.len : 200), path.p);
	answer_line(o, "Allow: %s", a->allow);
	return call_problem(&o->c, PROBLEM_METHOD, "this address takes %s, not %.*s", a->allow,
	    (int)(method.len < 20 ? method.len : 20), method.p);
}

static enum hk_err
check(struct order *o)
{
	enum hk_err	e = form_parse(&o->c.query, o->x->rq.query, o->c.arena);

	if (e == HK_TOOBIG)
		return call_problem(&o->c, PROBLEM_BAD_REQUEST, "a query has %d members at most",
		    FORM_MOST);
	return e == HK_OK ? who_shows(o) : e;
}

static void
serve(struct order *o)
{
	enum hk_err	e = check(o);

	if (e != HK_OK)
		answer_failed(o, e);
	else if (o->c.problem != PROBLEM_NONE)
		answer_problem(o);
	else if (o->route->kind == CALL_READ)
		order_read(o);
	else
		order_write(o);
}

void
frame_handle(struct http_exchange *x, void *ctx)
{
	struct api	*api = ctx;
	struct order	*o = order_new(api, x);
	struct address	 a = { .allow = "" };
	bool		 shared;

	if (o == NULL) {
		frame_refuse(x, err_status(HK_NOMEM), "Try again later", api);
		return;
	}
	o->address = client_addr(&x->rq, api->conf->trusted_proxies);
	o->route = find(o, &a);
	shared = a.session && share(o);
	if (o->route != NULL)
		serve(o);
	else if (shared && span_is(x->rq.method, "OPTIONS"))
		answer_preflight(o);
	else if (nowhere(o, &a) == HK_OK)
		answer_problem(o);
	else
		answer_failed(o, HK_NOMEM);
}
