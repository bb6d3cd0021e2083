/* The login form, and the way out. */
#include <inttypes.h>

#include "admin/auditlog.h"
#include "admin/login.h"
#include "admin/person.h"
#include "http/cookie.h"

/* What the form shows besides its fields. */
struct shown {
	struct span	 name, next, proof;
	const char	*wrong;
};

/*
 * Where to go on to, below the base; SPAN_NULL: nowhere in particular.  Only a
 * path of ours, and not one that leads out again.
 */
static struct span
next_of(const struct form *f)
{
	const size_t	base = sizeof(ADMIN_BASE) - 1;
	struct span	next = form_get(f, "next");

	if (!span_starts(next, ADMIN_BASE "/") || !span_graph(next, 2000) ||
	    memchr(next.p, '\\', next.len) != NULL)
		return SPAN_NULL;
	next = span_of(next.p + base, next.len - base);
	if ((next.len > 1 && next.p[1] == '/') || span_starts(next, "/login") ||
	    span_starts(next, "/logout"))
		return SPAN_NULL;
	return next;
}

static enum hk_err
go_on(struct visit *v, struct span next)
{
	if (next.p == NULL)
		next = SPAN("/");
	return visit_then(v, "%.*s", SPAN_ARG(next));
}

static enum hk_err
put_document(struct visit *v, const struct shown *s)
{
	int64_t		n = 0;
	enum hk_err	e;

	if ((e = person_count(v->db, &n)) != HK_OK)
		return e;
	jw_text(v->doc, "name", s->name);
	jw_text(v->doc, "next", form_get(s->next.p != NULL ? &v->form : &v->query, "next"));
	jw_text(v->doc, "wrong", span_str(s->wrong));
	jw_text(v->doc, "proof", s->proof);
	jw_bool(v->doc, "need_code", s->proof.p != NULL);
	jw_bool(v->doc, "nobody_yet", n == 0);
	/* The web server has let somebody in whom we do not. */
	jw_text(v->doc, "refused", v->who.by_server ? v->rq->remote_user : SPAN_NULL);
	return HK_OK;
}

enum hk_err
page_login(struct visit *v)
{
	if (v->who.role != ROLE_NONE)
		return go_on(v, next_of(&v->query));
	if (v->who.by_server)
		v->status = 403;
	return put_document(v, &(struct shown){ .wrong = NULL });
}

static const char *
wait_text(struct visit *v, int64_t s)
{
	if (s < 60)
		return arena_printf(v->arena, "Too many attempts. Try again in %" PRId64 " second%s.",
		    s, s == 1 ? "" : "s");
	s = (s + 59) / 60;
	return arena_printf(v->arena, "Too many attempts. Try again in %" PRId64 " minute%s.",
	    s, s == 1 ? "" : "s");
}

enum hk_err
act_login(struct visit *v)
{
	struct login_input	in = { .name = visit_form(v, "name"),
				    .password = form_get(&v->form, "password"),
				    .code = visit_form(v, "code"), .proof = visit_form(v, "proof") };
	struct span		next = next_of(&v->form);
	struct shown		s = { .name = in.name, .next = form_get(&v->form, "next") };
	struct login_answer	answer;
	enum hk_err		e = login_try(v, &in, &answer);

	switch (e) {
	case HK_OK:
		return go_on(v, next);
	case HK_WAIT:
		s.proof = answer.proof;
		break;
	case HK_BUSY:
		v->status = 429;
		s.wrong = wait_text(v, answer.wait_s);
		s.proof = in.proof;
		break;
	case HK_BADSIG:
		v->status = 403;
		s.wrong = in.proof.p != NULL ? "That code is wrong, was used before, or came too "
		    "late." : "That name and password do not belong together.";
		s.proof = in.proof;
		break;
	default:
		return e;
	}
	return put_document(v, &s);
}

enum hk_err
act_logout(struct visit *v)
{
	enum hk_err	e;

	if ((e = db_begin(v->db)) == HK_OK && (e = login_end(v)) == HK_OK &&
	    (e = auditlog_put(v, &(struct auditlog){ .action = "logout",
	    .subject = auditlog_subject(v->arena, "person", span_str(v->who.name)) })) == HK_OK)
		e = db_commit(v->db);
	v->said = "logged_out";
	v->said_n = 1;
	return e == HK_OK ? visit_then(v, "/login") : e;
}

/* ---- how times are shown ------------------------------------------------------- */

enum hk_err
act_view(struct visit *v)
{
	const size_t	 base = sizeof(ADMIN_BASE) - 1;
	struct span	 name = visit_form(v, "zone"), back = form_get(&v->form, "back");
	const char	*zone, *text;
	struct zone	*z;
	enum hk_err	 e;

	if ((zone = arena_str(v->arena, name.p != NULL ? name : SPAN("UTC"))) == NULL)
		return err_note(HK_NOMEM, "no memory for a time zone");
	if ((e = zone_load(span_str(zone), v->arena, &z)) != HK_OK)
		return e == HK_NOTFOUND ? err_tell(HK_SYNTAX, "there is no time zone '%.100s'",
		    zone) : e;
	if ((text = view_text(zone, span_is(visit_form(v, "exact"), "1"), v->arena)) == NULL)
		return err_note(HK_NOMEM, "no memory for a cookie");
	if ((e = cookie_put(v->cookies, &(struct cookie){ .name = VIEW_COOKIE,
	    .value = span_str(text), .path = ADMIN_BASE, .max_age_s = 365 * 86400,
	    .secure = v->rq->https })) != HK_OK)
		return e;
	if (!span_starts(back, ADMIN_BASE "/") || !span_graph(back, 2000) ||
	    (back.len > base + 1 && back.p[base + 1] == '/') || memchr(back.p, '\\', back.len) != NULL)
		back = SPAN(ADMIN_BASE "/");
	return visit_then(v, "%.*s", (int)(back.len - base), back.p + base);
}
