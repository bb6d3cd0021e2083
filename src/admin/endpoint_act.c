/* What a person does with an endpoint. */
#include "admin/auditlog.h"
#include "admin/endpoint_form.h"
#include "admin/outgoing.h"
#include "outbox/recovering.h"
#include "outbox/trial.h"
#include "provider/provider.h"

#define WHY_MOST	300	/* bytes */

static enum hk_err
find(struct visit *v, struct endpoint *ep)
{
	int64_t		id = 0;
	enum hk_err	e;

	if ((e = endpoint_id(v, &id)) != HK_OK)
		return e;
	return endpoint_find(v->db, id, v->arena, ep);
}

static enum hk_err
note(struct visit *v, const char *action, int64_t id, const struct fact *before, const struct fact *after,
    size_t n)
{
	struct auditlog	log = { .action = action };
	char		name[ENDPOINT_NAME];

	endpoint_name(name, id);
	log.subject = auditlog_subject(v->arena, "endpoint", span_str(name));
	log.before = before != NULL ? auditlog_facts(v->arena, before, n) : SPAN_NULL;
	log.after = after != NULL ? auditlog_facts(v->arena, after, n) : SPAN_NULL;
	return auditlog_put(v, &log);
}

/* The end of a transaction that was begun, whatever became of it. */
static enum hk_err
finish(struct visit *v, enum hk_err e)
{
	if (e == HK_OK)
		return db_commit(v->db);
	db_rollback(v->db);
	if (e == HK_BUSY || e == HK_SKIP || e == HK_EXISTS)
		v->status = 409;	/* it is another meanwhile */
	return e;
}

/* ---- changing it ------------------------------------------------------------------------ */

static enum hk_err
only_own(const struct endpoint *ep)
{
	return ep->name.p == NULL ? HK_OK : err_tell(HK_NEVER,
	    "%.*s is made by hookkeeper.conf: change it there", SPAN_ARG(ep->name));
}

enum hk_err
page_endpoint_edit(struct visit *v)
{
	struct endpoint_form	f;
	struct endpoint		ep;
	enum hk_err		e;

	if ((e = find(v, &ep)) != HK_OK || (e = only_own(&ep)) != HK_OK ||
	    (e = endpoint_form_of(v, &ep, &f)) != HK_OK)
		return e;
	return endpoint_form_put(v, &f, &ep);
}

static enum hk_err
change(struct visit *v, const struct endpoint *ep, const struct endpoint_word *w)
{
	const struct fact	before[] = { { "url", ep->word.url }, { "types", ep->word.types },
				    { "owner", ep->word.owner }, { "filter", ep->word.filter } };
	const struct fact	after[] = { { "url", w->url }, { "types", w->types },
				    { "owner", w->owner }, { "filter", w->filter } };
	enum hk_err		e = endpoint_change(v->db, v->conf, ep->id, w, v->now);

	return e != HK_OK ? e : note(v, "endpoint.change", ep->id, before, after, 4);
}

enum hk_err
act_endpoint_change(struct visit *v)
{
	struct endpoint_form	f;
	struct endpoint_word	w;
	struct endpoint		ep;
	enum hk_err		e;

	if ((e = find(v, &ep)) != HK_OK || (e = only_own(&ep)) != HK_OK)
		return e;
	endpoint_form_read(v, &f);
	if ((e = endpoint_form_word(v, &f, &w)) == HK_OK && (e = db_begin(v->db)) == HK_OK)
		e = finish(v, change(v, &ep, &w));
	if (e == HK_SYNTAX) {
		if (f.wrong == NULL)
			endpoint_form_blame(v, &f);
		v->status = err_status(e);
		return endpoint_form_put(v, &f, &ep);
	}
	if (e != HK_OK)
		return e;
	v->said = "saved";
	return visit_then(v, "/endpoints/%lld", (long long)ep.id);
}

/* ---- pause, resume, enable, disable ----------------------------------------------------- */

static const char *const said[] = { [ACT_PAUSE] = "endpoint_paused", [ACT_RESUME] = "endpoint_resumed",
    [ACT_ENABLE] = "endpoint_enabled", [ACT_DISABLE] = "endpoint_disabled" };

static enum hk_err
set_state(struct visit *v, const struct endpoint *ep, enum endpoint_act what, struct span why)
{
	const struct fact	before[] = { { "state", span_str(endpoint_state_name(ep->state)) },
				    { "why", ep->state_why } };
	const struct fact	after[] = { { "act", span_str(endpoint_act_name(what)) }, { "why", why } };
	int64_t			recovery;
	enum hk_err		e = endpoint_act(v->db, ep->id, what, why, v->now, &recovery);

	return e != HK_OK ? e : note(v, "endpoint.state", ep->id, before, after, 2);
}

enum hk_err
act_endpoint_state(struct visit *v)
{
	struct span	name = visit_form(v, "act"), why = visit_form(v, "why");
	int		what = ACT_PAUSE;
	struct endpoint	ep;
	enum hk_err	e;

	while (what <= ACT_DISABLE && !span_is(name, endpoint_act_name((enum endpoint_act)what)))
		what++;
	if (what > ACT_DISABLE)
		return err_tell(HK_SYNTAX, "What to do is pause, resume, enable or disable.");
	if (why.len > WHY_MOST)
		return err_tell(HK_SYNTAX, "The reason is at most %d bytes long.", WHY_MOST);
	if ((e = find(v, &ep)) != HK_OK || (e = db_begin(v->db)) != HK_OK ||
	    (e = finish(v, set_state(v, &ep, (enum endpoint_act)what, why))) != HK_OK)
		return e;
	outgoing_wake(v);
	v->said = said[what];
	return visit_then(v, "/endpoints/%lld", (long long)ep.id);
}

/* ---- secrets ---------------------------------------------------------------------------- */

static enum hk_err
do_secret(struct visit *v, const struct endpoint *ep, struct span what, char secret[SECRET_TEXT],
    char public[SECRET_TEXT])
{
	const struct fact	done[] = { { "what", what } };
	enum hk_err		e;

	if (span_is(what, "show"))
		e = endpoint_reveal(v->db, v->conf, ep->id, secret);
	else if (span_is(what, "rotate"))
		e = endpoint_rotate(v->db, v->conf, ep->id, SECRET_V1, visit_form(v, "secret"), v->now,
		    secret, public);
	else if (span_is(what, "v1a"))
		e = endpoint_rotate(v->db, v->conf, ep->id, SECRET_V1A, SPAN_NULL, v->now, secret, public);
	else if (span_is(what, "drop_v1a"))
		e = endpoint_drop_v1a(v->db, ep->id);
	else
		e = err_tell(HK_SYNTAX, "What to do with the secret is show, rotate, v1a or drop_v1a.");
	if (e != HK_OK)
		return e;
	return note(v, span_is(what, "show") ? "endpoint.secret_show" : "endpoint.secret", ep->id, NULL,
	    done, 1);
}

/* The answer is the page itself: a secret never stands in an address. */
enum hk_err
act_endpoint_secret(struct visit *v)
{
	char		secret[SECRET_TEXT] = "", public[SECRET_TEXT] = "";
	struct span	what = visit_form(v, "do");
	struct endpoint	ep;
	enum hk_err	e;

	if ((e = find(v, &ep)) != HK_OK || (e = only_own(&ep)) != HK_OK ||
	    (e = db_begin(v->db)) != HK_OK ||
	    (e = finish(v, do_secret(v, &ep, what, secret, public))) != HK_OK)
		goto out;
	if (span_is(what, "drop_v1a")) {
		v->said = "v1a_dropped";
		e = visit_then(v, "/endpoints/%lld", (long long)ep.id);
		goto out;
	}
	endpoint_put(v->doc, "endpoint", ep.id, ep.name, ep.word.url);
	jw_bool(v->doc, "rotated", span_is(what, "rotate"));
	jw_bool(v->doc, "v1a", span_is(what, "v1a"));
	jw_int(v->doc, "overlap_us", ROTATION_US);
	/* Of v1a receivers need the public half alone. */
	jw_text(v->doc, "secret", span_str(span_is(what, "v1a") ? public : secret));
out:
	explicit_bzero(secret, sizeof(secret));
	return e;
}

/* ---- a test event ----------------------------------------------------------------------- */

/* The sample of a received type, "stripe.invoice.paid"; SPAN_NULL: it is none. */
static struct span
relay_sample(struct span type)
{
	struct span		 rest = type, sender = span_cut(&rest, '.');
	const struct provider	*pv = provider_find(sender);

	return pv != NULL && rest.p != NULL ? provider_sample(pv, rest) : SPAN_NULL;
}

static enum hk_err
try(struct visit *v, int64_t id, struct span type, int64_t *delivery)
{
	const struct fact	what[] = { { "type", type } };
	int64_t			message;
	enum hk_err		e;

	e = endpoint_try(v->db, id, type, relay_sample(type), v->now, &message, delivery);
	return e != HK_OK ? e : note(v, "endpoint.test", id, NULL, what, 1);
}

enum hk_err
act_endpoint_test(struct visit *v)
{
	struct span	type = visit_form(v, "type");
	int64_t		delivery = 0;
	struct endpoint	ep;
	enum hk_err	e;

	if (type.p == NULL)
		return err_tell(HK_SYNTAX, "Of which type is the test event to be?");
	if ((e = find(v, &ep)) != HK_OK || (e = db_begin(v->db)) != HK_OK ||
	    (e = finish(v, try(v, ep.id, type, &delivery))) != HK_OK)
		return e;
	outgoing_wake(v);
	v->said = "test_sent";
	return visit_then(v, "/deliveries/%lld", (long long)delivery);
}

/* ---- deleting it ------------------------------------------------------------------------ */

enum hk_err
page_endpoint_delete(struct visit *v)
{
	struct endpoint	ep;
	enum hk_err	e;

	if ((e = find(v, &ep)) != HK_OK || (e = only_own(&ep)) != HK_OK)
		return e;
	endpoint_put(v->doc, "endpoint", ep.id, ep.name, ep.word.url);
	return HK_OK;
}

static enum hk_err
delete(struct visit *v, const struct endpoint *ep)
{
	const struct fact	was[] = { { "url", ep->word.url }, { "types", ep->word.types },
				    { "owner", ep->word.owner } };
	enum hk_err		e = endpoint_delete(v->db, ep->id, v->now);

	return e != HK_OK ? e : note(v, "endpoint.delete", ep->id, was, NULL, 3);
}

enum hk_err
act_endpoint_delete(struct visit *v)
{
	struct endpoint	ep;
	enum hk_err	e;

	if ((e = find(v, &ep)) != HK_OK || (e = db_begin(v->db)) != HK_OK ||
	    (e = finish(v, delete(v, &ep))) != HK_OK)
		return e;
	v->said = "endpoint_deleted";
	v->then = "/endpoints";
	return HK_OK;
}
