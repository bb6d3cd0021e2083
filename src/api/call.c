/* What a call says of its problems, and how it reads what came in. */
#include <stdarg.h>
#include <stdio.h>

#include "api/api.h"

#define SHOWN	60	/* bytes of the caller's own text in a detail */

enum hk_err
call_problem(struct call *c, enum problem problem, const char *fmt, ...)
{
	char	text[1024];
	va_list	ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	c->problem = problem;
	c->detail = arena_str(c->arena, span_str(text));
	return c->detail != NULL ? HK_OK : err_note(HK_NOMEM, "no memory to say what is wrong");
}

enum hk_err
call_failed(struct call *c, enum hk_err e)
{
	switch (e) {
	case HK_NOTFOUND:
		return call_problem(c, PROBLEM_NOT_FOUND, "%s", err_last());
	case HK_EXISTS:
		return call_problem(c, PROBLEM_CONFLICT, "%s", err_last());
	case HK_SHORT:
		return call_problem(c, PROBLEM_SHORT, "%s", err_last());
	case HK_SYNTAX:
		return call_problem(c, PROBLEM_BAD_REQUEST, "%s", err_last());
	case HK_NEVER:
		return call_problem(c, PROBLEM_IMPOSSIBLE, "%s", err_last());
	default:
		return e;
	}
}

/* ---- members of the body --------------------------------------------------- */

static const char *
kind_name(struct json *v)
{
	static const char *const	names[] = { "null", "a boolean", "a number", "a number",
					    "a text", "a list", "an object" };

	return names[json_kind(v)];
}

/* False: it is absent, and c->problem is set when it may not be. */
static bool
find(struct call *c, const char *name, bool needed, struct json **v, enum hk_err *e)
{
	*e = HK_OK;
	*v = NULL;
	if (c->in != NULL && json_has(c->in, name, v) && *v != NULL)
		return true;
	if (needed)
		*e = call_problem(c, PROBLEM_BAD_REQUEST, "the member `%s` is missing", name);
	return false;
}

enum hk_err
call_text(struct call *c, const char *name, bool needed, size_t most, struct span *out)
{
	struct json	*v;
	struct span	 text;
	enum hk_err	 e;

	if (!find(c, name, needed, &v, &e))
		return e;
	if (json_kind(v) != JSON_STRING)
		return call_problem(c, PROBLEM_BAD_REQUEST, "`%s` is to be a text, not %s", name,
		    kind_name(v));
	text = json_text(v, NULL);
	if (text.len > most)
		return call_problem(c, PROBLEM_BAD_REQUEST, "`%s` has %zu bytes, and may have %zu",
		    name, text.len, most);
	if (text.len > 0 && memchr(text.p, '\0', text.len) != NULL)
		return call_problem(c, PROBLEM_BAD_REQUEST, "`%s` has a NUL character", name);
	if (text.len == 0 && needed)
		return call_problem(c, PROBLEM_BAD_REQUEST, "`%s` is empty", name);
	*out = text;
	return HK_OK;
}

enum hk_err
call_int(struct call *c, const char *name, bool needed, int64_t least, int64_t most,
    int64_t *out)
{
	struct json	*v;
	int64_t		 n = 0;
	enum hk_err	 e;

	if (!find(c, name, needed, &v, &e))
		return e;
	if (json_kind(v) != JSON_INTEGER)
		return call_problem(c, PROBLEM_BAD_REQUEST, "`%s` is to be an integer, not %s", name,
		    json_kind(v) == JSON_REAL ? "a fraction" : kind_name(v));
	if (!json_int(v, NULL, &n) || n < least || n > most)
		return call_problem(c, PROBLEM_BAD_REQUEST, "`%s` is to be from %lld to %lld", name,
		    (long long)least, (long long)most);
	*out = n;
	return HK_OK;
}

enum hk_err
call_only(struct call *c, const char *const *names)
{
	struct span	 name;
	struct json	*v;
	void		*at = NULL;
	size_t		 i;

	while (json_next(c->in, &at, &name, &v)) {
		for (i = 0; names[i] != NULL && !span_is(name, names[i]); i++)
			continue;
		if (names[i] == NULL)
			return call_problem(c, PROBLEM_BAD_REQUEST,
			    "nobody knows a member `%.*s` here",
			    (int)(name.len < SHOWN ? name.len : SHOWN), name.p);
	}
	return HK_OK;
}

/* ---- the address --------------------------------------------------------------- */

enum hk_err
call_page(struct call *c, int64_t *limit, struct span *after)
{
	struct span	said = form_get(&c->query, "limit");
	int64_t		n = API_PAGE;

	if (said.p != NULL && (!span_u63(said, &n) || n < 1 || n > API_PAGE_MOST))
		return call_problem(c, PROBLEM_BAD_REQUEST, "`limit` is to be from 1 to %d",
		    API_PAGE_MOST);
	*limit = n;
	*after = form_get(&c->query, "after");
	if (after->p != NULL && after->len == 0)
		*after = SPAN_NULL;
	return HK_OK;
}

/* Does a second one of the living have this address?  Then it names neither. */
static enum hk_err
is_shared(struct call *c, struct span any, const struct user *u, bool *shared)
{
	struct stmt	*q;
	int64_t		 n = 0;
	enum hk_err	 e;

	*shared = false;
	if (memchr(any.p, '@', any.len) == NULL)
		return HK_OK;
	if ((e = db_stmt(c->db, S_USER_SHARED, &q)) != HK_OK)
		return e;
	bind_text(q, ":any", any);
	bind_text(q, ":id", span_str(u->id));
	if ((e = stmt_int(q, &n)) == HK_OK)
		*shared = n != 0;
	return e;
}

enum hk_err
call_user_named(struct call *c, const char *name, struct span any, struct user *u)
{
	int		shown = (int)(any.len < SHOWN ? any.len : SHOWN);
	bool		shared;
	enum hk_err	e = user_find(c->db, any, u);

	if (e == HK_NOTFOUND)
		return call_problem(c, PROBLEM_NOT_FOUND, "there is no user `%.*s` (%s)", shown,
		    any.p, name);
	if (e != HK_OK || (e = is_shared(c, any, u, &shared)) != HK_OK || !shared)
		return e;
	return call_problem(c, PROBLEM_NOT_FOUND, "more than one user has the address `%.*s` (%s);"
	    " name the one that is meant by its id", shown, any.p, name);
}

enum hk_err
call_user(struct call *c, struct user *u)
{
	struct span	any = route_get(&c->route, "user");

	return call_user_named(c, "user", any.p != NULL ? any : span_str(c->who.user), u);
}
