/* What the calls about what goes out share. */
#include "api/call_out.h"

#include <stdio.h>

#include "base/clock.h"

#define SHOWN	60	/* bytes of the caller's own text in a detail */

enum hk_err
call_endpoint_named(struct call *c, struct span name, int64_t *id)
{
	if (endpoint_named(name, id))
		return HK_OK;
	return call_problem(c, PROBLEM_NOT_FOUND, "there is no endpoint `%.*s`",
	    (int)(name.len < SHOWN ? name.len : SHOWN), name.p);
}

enum hk_err
call_endpoint(struct call *c, int64_t *id)
{
	return call_endpoint_named(c, route_get(&c->route, "endpoint"), id);
}

/* ---- members of the body ------------------------------------------------------ */

/* False: absent or null. */
static bool
member(struct call *c, const char *name, struct json **v)
{
	*v = NULL;
	return c->in != NULL && json_has(c->in, name, v) && *v != NULL;
}

bool
call_nulled(struct call *c, const char *name)
{
	struct json	*v = NULL;

	return c->in != NULL && json_has(c->in, name, &v) && v == NULL;
}

enum hk_err
call_bool(struct call *c, const char *name, bool *out)
{
	struct json	*v;

	if (!member(c, name, &v))
		return HK_OK;
	if (json_kind(v) != JSON_BOOL)
		return call_problem(c, PROBLEM_BAD_REQUEST, "`%s` is to be true or false", name);
	*out = json_true(v, NULL);
	return HK_OK;
}

static bool
is_word(struct span s)
{
	return s.len > 0 && memchr(s.p, ' ', s.len) == NULL && memchr(s.p, '\0', s.len) == NULL;
}

enum hk_err
call_words(struct call *c, const char *name, size_t most, struct span *out)
{
	struct json	*v;
	struct buf	 b;
	bool		 good;

	if (!member(c, name, &v))
		return HK_OK;
	buf_init(&b, most);
	good = json_kind(v) == JSON_ARRAY;
	for (size_t i = 0; good && i < json_len(v); i++) {
		struct span	s = json_text(json_at(v, i), NULL);

		good = is_word(s);
		if (i > 0)
			buf_putc(&b, ' ');
		buf_putspan(&b, s);
	}
	good = good && buf_ok(&b);
	*out = !good ? SPAN_NULL : b.len == 0 ? SPAN("") : arena_span(c->arena, buf_span(&b));
	buf_release(&b);
	if (!good)
		return call_problem(c, PROBLEM_BAD_REQUEST, "`%s` is to be a list of texts without "
		    "blanks, %zu bytes in all", name, most);
	return out->p != NULL ? HK_OK : err_note(HK_NOMEM, "no memory for a list");
}

enum hk_err
call_object(struct call *c, const char *name, size_t most, struct span *out)
{
	struct json	*v;
	struct buf	 b;
	bool		 fits;

	if (!member(c, name, &v))
		return HK_OK;
	if (json_kind(v) != JSON_OBJECT)
		return call_problem(c, PROBLEM_BAD_REQUEST, "`%s` is to be an object", name);
	buf_init(&b, most);
	json_print(&b, v, false);
	fits = buf_ok(&b);
	*out = fits ? arena_span(c->arena, buf_span(&b)) : SPAN_NULL;
	buf_release(&b);
	if (!fits)
		return call_problem(c, PROBLEM_BAD_REQUEST, "`%s` has more than %zu bytes", name,
		    most);
	return out->p != NULL ? HK_OK : err_note(HK_NOMEM, "no memory for an object");
}

static enum hk_err
time_of(struct call *c, const char *name, struct span text, int64_t *us)
{
	if (text.p == NULL || iso_parse(text, us))
		return HK_OK;
	return call_problem(c, PROBLEM_BAD_REQUEST, "`%s` is to be an instant such as "
	    "2026-11-22T10:00:00Z", name);
}

enum hk_err
call_time(struct call *c, const char *name, int64_t *us)
{
	struct span	text = SPAN_NULL;
	enum hk_err	e;

	if (stops(c, e = call_text(c, name, false, 40, &text)))
		return e;
	return time_of(c, name, text, us);
}

enum hk_err
query_time(struct call *c, const char *name, int64_t *us)
{
	return time_of(c, name, form_get(&c->query, name), us);
}

enum hk_err
call_owner(struct call *c, struct span *kind, struct span *id)
{
	struct span	user = SPAN_NULL, organization = SPAN_NULL;
	struct user	u;
	enum hk_err	e;

	if (stops(c, e = call_text(c, "user", false, 254, &user)) ||
	    stops(c, e = call_text(c, "organization", false, 128, &organization)))
		return e;
	if (user.p != NULL && organization.p != NULL)
		return call_problem(c, PROBLEM_BAD_REQUEST, "give `user` or `organization`, not both");
	if (organization.p != NULL) {
		*kind = SPAN("organization");
		*id = organization;
	}
	if (user.p == NULL)
		return HK_OK;
	if (stops(c, e = call_user_named(c, "user", user, &u)))
		return e;
	*kind = SPAN("user");
	*id = arena_span(c->arena, span_str(u.id));
	return id->p != NULL ? HK_OK : err_note(HK_NOMEM, "no memory for a user's id");
}

enum hk_err
note_endpoint(struct call *c, const char *action, int64_t id, struct span after)
{
	char	subject[64];

	snprintf(subject, sizeof(subject), "endpoint:ep_%lld", (long long)id);
	return note_action(c, action, span_str(subject), after);
}
