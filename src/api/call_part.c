/* What the calls have in common: lists, queries, members, the audit log. */
#include "api/call_part.h"

#include <stdio.h>

#include "inbox/client.h"

static bool
is_one_of(struct span name, const char *const *names)
{
	if (span_is(name, "limit") || span_is(name, "after"))
		return true;
	for (; *names != NULL; names++)
		if (span_is(name, *names))
			return true;
	return false;
}

enum hk_err
list_begin(struct call *c, const char *const *names, struct list *l)
{
	struct span	name;

	for (size_t i = 0; i < c->query.n; i++)
		if (name = c->query.v[i].name, !is_one_of(name, names))
			return call_problem(c, PROBLEM_BAD_REQUEST,
			    "this address does not know \"%.*s\"; see /api/v1/openapi.json",
			    (int)(name.len < 40 ? name.len : 40), name.p);
	return call_page(c, &l->limit, &l->after);
}

enum hk_err
list_lost(struct call *c)
{
	return call_problem(c, PROBLEM_BAD_REQUEST,
	    "after: take what \"next\" of the page before said");
}

enum hk_err
list_after(struct call *c, const struct list *l, int64_t high, int64_t *after)
{
	*after = high;
	if (l->after.p == NULL)
		return HK_OK;
	if (!span_u63(l->after, after))
		return list_lost(c);
	if (*after > high)
		*after = high;
	return HK_OK;
}

enum hk_err
list_rows(struct call *c, struct list *l, struct stmt *q)
{
	int64_t		n = 0;
	bool		row;
	enum hk_err	e;

	bind_int(q, ":limit", l->limit + 1);
	jw_open(c->out, "data", '[');
	while ((e = stmt_step(q, &row)) == HK_OK && row && n < l->limit) {
		snprintf(l->place, sizeof(l->place), "%.*s", SPAN_ARG(col_text(q, 0)));
		jw_open(c->out, NULL, '{');
		l->put(c, q, l->ctx);
		jw_close(c->out, '}');
		n++;
	}
	stmt_reset(q);
	jw_close(c->out, ']');
	if (!row && l->low > 1)
		put_id(c->out, "next", l->low);
	else
		jw_text(c->out, "next", row ? span_str(l->place) : SPAN_NULL);
	return e;
}

void
list_empty(struct call *c)
{
	jw_open(c->out, "data", '[');
	jw_close(c->out, ']');
	jw_null(c->out, "next");
}

enum hk_err
query_word(struct call *c, const char *name, const char *const *words, struct span *out)
{
	struct span	s = form_get(&c->query, name);

	*out = s;
	if (s.p == NULL)
		return HK_OK;
	for (; *words != NULL; words++)
		if (span_is(s, *words))
			return HK_OK;
	return call_problem(c, PROBLEM_BAD_REQUEST,
	    "%s: \"%.*s\" is none of its words; see /api/v1/openapi.json", name,
	    (int)(s.len < 40 ? s.len : 40), s.p);
}

void
put_id(struct jw *w, const char *key, int64_t id)
{
	char	text[24];

	if (id == 0) {
		jw_null(w, key);
		return;
	}
	snprintf(text, sizeof(text), "%lld", (long long)id);
	jw_text(w, key, span_str(text));
}

void
put_time(struct jw *w, const char *key, struct stmt *q, int col)
{
	jw_time(w, key, col_int(q, col));
}

void
put_owner(struct jw *w, const struct owner *owner)
{
	bool	user = strcmp(owner->kind, "user") == 0;

	jw_text(w, "user", user ? owner->id : SPAN_NULL);
	jw_text(w, "organization", user ? SPAN_NULL : owner->id);
}

enum hk_err
note_action(struct call *c, const char *action, struct span subject, struct span after)
{
	struct stmt	*q = NULL;
	char		 who[128];
	enum hk_err	 e;

	snprintf(who, sizeof(who), "token:%.100s", c->who.name != NULL ? c->who.name : "");
	if ((e = db_stmt(c->db, S_AUDIT_LOG_INSERT, &q)) != HK_OK)
		return e;
	bind_int(q, ":at", c->now);
	bind_text(q, ":who", span_str(who));
	bind_text(q, ":via", SPAN("api"));
	bind_text(q, ":remote_addr", client_addr(c->rq, c->conf->trusted_proxies));
	bind_text(q, ":action", span_str(action));
	bind_text(q, ":subject", subject);
	bind_text(q, ":result", SPAN("done"));
	bind_null(q, ":before");
	bind_text(q, ":after", after);
	return stmt_run(q);
}
