/* Endpoints: made, shown, changed, deleted. */
#include "api/call_out.h"

#include "crypto/hmac.h"
#include "outbox/members.h"

static void
endpoint_row(struct call *c, struct stmt *q, void *ctx)
{
	(void)ctx;
	endpoint_members(c->out, q);
}

/* As it is now.  c->problem NOT_FOUND. */
static enum hk_err
put_endpoint(struct call *c, int64_t id)
{
	struct stmt	*q = NULL;
	bool		 row;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_OUT_ENDPOINT, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	if ((e = stmt_step(q, &row)) == HK_OK && row)
		endpoint_members(c->out, q);
	else if (e == HK_OK)
		e = call_problem(c, PROBLEM_NOT_FOUND, "there is no endpoint ep_%lld",
		    (long long)id);
	stmt_reset(q);
	return e;
}

/* ---- looking -------------------------------------------------------------------- */

static enum hk_err
owner_asked(struct call *c, struct span *owner)
{
	struct span	user = form_get(&c->query, "user");
	struct user	u;
	enum hk_err	e;

	*owner = form_get(&c->query, "organization");
	if (user.p == NULL)
		return HK_OK;
	if (stops(c, e = call_user_named(c, "user", user, &u)))
		return e;
	*owner = arena_span(c->arena, span_str(u.id));
	return owner->p != NULL ? HK_OK : err_note(HK_NOMEM, "no memory for a user's id");
}

enum hk_err
call_endpoints(struct call *c)
{
	static const char *const	names[] = { "state", "user", "organization", NULL };
	static const char *const	states[] = { "enabled", "paused", "disabled", NULL };
	struct list			l = { .put = endpoint_row };
	struct span			state, owner;
	struct stmt			*q = NULL;
	int64_t				after;
	enum hk_err			e;

	if (stops(c, e = list_begin(c, names, &l)) ||
	    stops(c, e = query_word(c, "state", states, &state)) ||
	    stops(c, e = owner_asked(c, &owner)) ||
	    stops(c, e = list_after(c, &l, INT64_MAX, &after)) ||
	    (e = db_stmt(c->db, S_OUT_ENDPOINTS, &q)) != HK_OK)
		return e;
	bind_int(q, ":after", after);
	bind_text(q, ":state", state);
	bind_text(q, ":owner", owner);
	return list_rows(c, &l, q);
}

enum hk_err
call_endpoint_show(struct call *c)
{
	int64_t		id;
	enum hk_err	e;

	if (stops(c, e = call_endpoint(c, &id)))
		return e;
	return put_endpoint(c, id);
}

/* ---- what is said of one ------------------------------------------------------------ */

static const char *const word_names[] = {
	"url", "types", "description", "user", "organization", "filter", "headers", "payload",
	"ordered", "rate", NULL
};

/* What a null takes away. */
static void
take_away(struct call *c, struct endpoint_word *w)
{
	if (call_nulled(c, "description"))
		w->description = SPAN_NULL;
	if (call_nulled(c, "filter"))
		w->filter = SPAN_NULL;
	if (call_nulled(c, "headers"))
		w->headers = SPAN("{}");
	if (call_nulled(c, "rate"))
		w->rate = 0;
	if (call_nulled(c, "user") || call_nulled(c, "organization"))
		w->owner_kind = w->owner = SPAN_NULL;
}

static enum hk_err
word_of_body(struct call *c, bool made, struct endpoint_word *w)
{
	struct span	payload = SPAN_NULL;
	enum hk_err	e;

	take_away(c, w);
	if (stops(c, e = call_text(c, "url", made, 2000, &w->url)) ||
	    stops(c, e = call_words(c, "types", TYPES_MOST, &w->types)) ||
	    stops(c, e = call_text(c, "description", false, 500, &w->description)) ||
	    stops(c, e = call_owner(c, &w->owner_kind, &w->owner)) ||
	    stops(c, e = call_object(c, "filter", 4096, &w->filter)) ||
	    stops(c, e = call_object(c, "headers", 8192, &w->headers)) ||
	    stops(c, e = call_bool(c, "ordered", &w->ordered)) ||
	    stops(c, e = call_int(c, "rate", false, 1, 10000, &w->rate)) ||
	    stops(c, e = call_text(c, "payload", false, 8, &payload)))
		return e;
	if (made && w->types.p == NULL)
		return call_problem(c, PROBLEM_BAD_REQUEST, "the member `types` is missing");
	if (payload.p == NULL)
		return HK_OK;
	if (!span_is(payload, "full") && !span_is(payload, "thin"))
		return call_problem(c, PROBLEM_BAD_REQUEST, "`payload` is to be full or thin");
	w->thin = span_is(payload, "thin");
	return HK_OK;
}

/* For the audit log: nothing secret. */
static enum hk_err
word_facts(struct call *c, const struct endpoint_word *w, struct span *out)
{
	struct buf	b;
	struct jw	jw;

	buf_init(&b, (size_t)32 << 10);
	jw_init(&jw, &b);
	jw_open(&jw, NULL, '{');
	jw_text(&jw, "url", w->url);
	jw_text(&jw, "types", w->types);
	jw_text(&jw, "description", w->description);
	jw_text(&jw, "owner", w->owner);
	jw_text(&jw, "filter", w->filter);
	jw_text(&jw, "payload", w->thin ? SPAN("thin") : SPAN("full"));
	jw_close(&jw, '}');
	*out = buf_ok(&b) ? arena_span(c->arena, buf_span(&b)) : SPAN_NULL;
	buf_release(&b);
	return out->p != NULL ? HK_OK : err_note(HK_NOMEM, "no memory for a line of the log");
}

/* ---- changes ------------------------------------------------------------------------- */

/* A verb's error as a problem; without a key nothing can be sealed. */
static enum hk_err
failed(struct call *c, enum hk_err e)
{
	if (e == HK_CONF || e == HK_BADSIG)
		return call_problem(c, PROBLEM_NOT_READY, "an endpoint's secret is kept sealed: set "
		    "`key` in the settings of hookkeeper");
	return call_failed(c, e);
}

enum hk_err
call_endpoint_create(struct call *c)
{
	static const char *const	names[] = { "url", "types", "description", "user",
					    "organization", "filter", "headers", "payload",
					    "ordered", "rate", "secret", NULL };
	struct endpoint_word		w = { .url = SPAN_NULL };
	struct span			given = SPAN_NULL, facts;
	char				secret[SECRET_TEXT];
	int64_t				id = 0;
	enum hk_err			e;

	if (stops(c, e = call_only(c, names)) || stops(c, e = word_of_body(c, true, &w)) ||
	    stops(c, e = call_text(c, "secret", false, SECRET_TEXT - 1, &given)))
		return e;
	if ((e = endpoint_make(c->db, c->conf, &w, given, c->now, &id, secret)) != HK_OK)
		return failed(c, e);
	if ((e = word_facts(c, &w, &facts)) != HK_OK ||
	    (e = note_endpoint(c, "endpoint.add", id, facts)) != HK_OK)
		return e;
	c->status = 201;
	e = put_endpoint(c, id);
	jw_text(c->out, "secret", span_str(secret));
	crypto_cleanse(secret, sizeof(secret));
	return e;
}

enum hk_err
call_endpoint_change(struct call *c)
{
	struct endpoint	ep;
	struct span	facts;
	int64_t		id;
	enum hk_err	e;

	if (stops(c, e = call_only(c, word_names)) || stops(c, e = call_endpoint(c, &id)))
		return e;
	if ((e = endpoint_find(c->db, id, c->arena, &ep)) != HK_OK)
		return call_failed(c, e);
	if (stops(c, e = word_of_body(c, false, &ep.word)))
		return e;
	if ((e = endpoint_change(c->db, c->conf, id, &ep.word, c->now)) != HK_OK)
		return failed(c, e);
	if ((e = word_facts(c, &ep.word, &facts)) != HK_OK ||
	    (e = note_endpoint(c, "endpoint.change", id, facts)) != HK_OK)
		return e;
	c->woken = true;	/* what waited for its turn may not have to any longer */
	return put_endpoint(c, id);
}

enum hk_err
call_endpoint_delete(struct call *c)
{
	int64_t		id;
	enum hk_err	e;

	if (stops(c, e = call_endpoint(c, &id)))
		return e;
	if ((e = endpoint_delete(c->db, id, c->now)) != HK_OK)
		return call_failed(c, e);
	jw_text(c->out, "id", route_get(&c->route, "endpoint"));
	jw_bool(c->out, "deleted", true);
	return note_endpoint(c, "endpoint.rm", id, SPAN_NULL);
}
