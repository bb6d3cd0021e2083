/* The types each sender has, what we do for them, and samples to send. */
#include <stdio.h>

#include "admin/auditlog.h"
#include "admin/event_rows.h"
#include "admin/sending.h"

/* ---- whose types ------------------------------------------------------------------ */

/* The one that is asked for, else the first; NULL: there is none of this name. */
static const struct conf_sender *
sender_wanted(struct visit *v)
{
	struct span	name = visit_query(v, "provider");

	for (size_t i = 0; i < conf_senders(v->conf); i++)
		if (name.p == NULL || span_is(name, v->conf->sender[i].name))
			return &v->conf->sender[i];
	return NULL;
}

static void
put_senders(struct visit *v, const struct conf_sender *here)
{
	struct jw	*w = v->doc;

	jw_open(w, "senders", '[');
	for (size_t i = 0; i < conf_senders(v->conf); i++) {
		const struct conf_sender	*s = &v->conf->sender[i];

		jw_open(w, NULL, '{');
		jw_text(w, "value", span_str(s->name));
		jw_text(w, "title", event_sender_title(span_str(s->name)));
		jw_bool(w, "here", s == here);
		jw_close(w, '}');
	}
	jw_close(w, ']');
}

/* ---- its types --------------------------------------------------------------------- */

static bool
told_apart(const struct provider *pv, const char *type)
{
	return provider_handler(pv, type) != NULL || provider_sample(pv, span_str(type)).p != NULL;
}

static void
put_aliases(struct jw *w, const struct provider *pv, const char *type)
{
	jw_open(w, "aliases", '[');
	for (const struct alias *a = pv->aliases; a != NULL && a->sent != NULL; a++)
		if (strcmp(a->means, type) == 0)
			jw_text(w, NULL, span_str(a->sent));
	jw_close(w, ']');
}

static void
put_type(struct jw *w, const struct provider *pv, const struct conf_sender *s, const char *type)
{
	bool	handled = provider_handler(pv, type) != NULL;

	jw_open(w, NULL, '{');
	jw_text(w, "type", span_str(type));
	jw_bool(w, "handled", handled);
	jw_text(w, "about", span_str(provider_about(pv, type)));
	jw_bool(w, "filtered", !conf_wants(s, span_str(type)));
	jw_bool(w, "sample", provider_sample(pv, span_str(type)).p != NULL);
	put_aliases(w, pv, type);
	jw_close(w, '}');
}

/* What we do something for, and what there are samples of. */
static void
put_rows(struct jw *w, const struct provider *pv, const struct conf_sender *s)
{
	jw_open(w, "rows", '[');
	for (int handled = 1; handled >= 0; handled--)
		for (const char *const *t = pv->catalogue; *t != NULL; t++)
			if (told_apart(pv, *t) && (provider_handler(pv, *t) != NULL) == handled)
				put_type(w, pv, s, *t);
	jw_close(w, ']');
}

static size_t
first_word(const char *type)
{
	return strcspn(type, ".");
}

/* All others, by the first word of their names: they are sorted. */
static void
put_groups(struct jw *w, const struct provider *pv, const struct conf_sender *s)
{
	const char	*group = NULL;
	size_t		 all = 0, n = 0;

	jw_open(w, "groups", '[');
	for (const char *const *t = pv->catalogue; *t != NULL; t++) {
		all++;
		if (told_apart(pv, *t))
			continue;
		if (group == NULL || first_word(group) != first_word(*t) ||
		    strncmp(group, *t, first_word(*t)) != 0) {
			if (group != NULL) {
				jw_close(w, ']');
				jw_int(w, "n", (int64_t)n);
				jw_close(w, '}');
			}
			group = *t;
			n = 0;
			jw_open(w, NULL, '{');
			jw_text(w, "name", span_of(group, first_word(group)));
			jw_open(w, "types", '[');
		}
		jw_open(w, NULL, '{');
		jw_text(w, "type", span_str(*t));
		jw_bool(w, "filtered", !conf_wants(s, span_str(*t)));
		jw_close(w, '}');
		n++;
	}
	if (group != NULL) {
		jw_close(w, ']');
		jw_int(w, "n", (int64_t)n);
		jw_close(w, '}');
	}
	jw_close(w, ']');
	jw_int(w, "known", (int64_t)all);
}

static bool
rejects(const struct provider *pv, const struct conf_sender *s)
{
	return s->unknown_events == UNKNOWN_REJECT ||
	    (s->unknown_events == UNKNOWN_DEFAULT && pv->reject_unknown);
}

static void
put_builtin(struct visit *v, const struct provider *pv, const struct conf_sender *s)
{
	struct jw	*w = v->doc;
	const char	*label, *url, *why = sending_hindered(v, s, &label, &url);

	jw_text(w, "spec", span_str(pv->spec));
	jw_text(w, "url", span_str(url));
	jw_bool(w, "can_send", why == NULL && v->who.role >= ROLE_OPERATOR);
	jw_text(w, "hindered", span_str(why));
	jw_bool(w, "rejects_unknown", rejects(pv, s));
	put_rows(w, pv, s);
	put_groups(w, pv, s);
}

/* Nobody knows what these send, but their owner. */
static void
put_custom(struct visit *v, const struct conf_sender *s)
{
	struct jw	*w = v->doc;

	jw_null(w, "spec");
	jw_null(w, "url");
	jw_bool(w, "can_send", false);
	jw_null(w, "hindered");
	jw_bool(w, "rejects_unknown", s->unknown_events == UNKNOWN_REJECT);
	jw_open(w, "rows", '[');
	jw_close(w, ']');
	jw_open(w, "groups", '[');
	jw_close(w, ']');
	jw_int(w, "known", 0);
}

enum hk_err
page_samples(struct visit *v)
{
	const struct conf_sender	*s = sender_wanted(v);
	const struct provider		*pv;

	if (s == NULL)
		return err_tell(HK_NOTFOUND, "no sender of this name is configured");
	pv = provider_find(span_str(s->name));
	put_senders(v, s);
	jw_text(v->doc, "provider", span_str(s->name));
	jw_text(v->doc, "sender", event_sender_title(span_str(s->name)));
	jw_bool(v->doc, "custom", pv == NULL);
	jw_bool(v->doc, "all", visit_query(v, "all").p != NULL);
	jw_bool(v->doc, "configured", s->nsecret > 0);
	jw_text(v->doc, "events", span_str(s->events));
	if (pv != NULL)
		put_builtin(v, pv, s);
	else
		put_custom(v, s);
	return HK_OK;
}

/* ---- sending -------------------------------------------------------------------------- */

static enum hk_err
log_sent(struct visit *v, struct span subject, const struct sent *s, const char *why)
{
	struct auditlog	log = { .action = "sample.send", .subject = subject,
			    .result = why == NULL ? "done" : "failed" };
	char		status[24], event[24];
	struct fact	facts[3];
	size_t		n = 0;
	enum hk_err	e;

	snprintf(status, sizeof(status), "%lld", (long long)s->status);
	snprintf(event, sizeof(event), "%lld", (long long)s->event);
	if (s->url != NULL)
		facts[n++] = (struct fact){ "to", span_str(s->url) };
	if (why != NULL)
		facts[n++] = (struct fact){ "why", span_str(why) };
	else
		facts[n++] = (struct fact){ "status", span_str(status) };
	if (s->event != 0)
		facts[n++] = (struct fact){ "event", span_str(event) };
	log.after = auditlog_facts(v->arena, facts, n);
	if ((e = db_begin(v->db)) != HK_OK || (e = auditlog_put(v, &log)) != HK_OK)
		return e;
	return db_commit(v->db);
}

enum hk_err
act_sample_send(struct visit *v)
{
	const struct provider	*pv = provider_find(visit_form(v, "provider"));
	const char		*type = pv != NULL ? provider_type(pv, visit_form(v, "type")) : NULL;
	struct sent		 s = { .status = 0 };
	struct span		 subject;
	const char		*why = NULL;
	enum hk_err		 e, logged;

	if (type == NULL)
		return err_tell(HK_NOTFOUND, "there is no sample of this type");
	subject = span_str(arena_printf(v->arena, "sample:%s/%s", pv->name, type));
	if ((e = sending_do(v, pv, type, &s)) != HK_OK &&
	    (why = arena_str(v->arena, span_str(err_last()))) == NULL)
		return err_note(HK_NOMEM, "no memory for a sentence");
	if ((logged = log_sent(v, subject, &s, why)) != HK_OK)
		return logged;
	if (e != HK_OK)
		return err_tell(e, "%s", why);
	v->said = s.status >= 200 && s.status < 300 ? "sent" : "sent_refused";
	v->said_n = s.status;
	return s.event > 0 ? visit_then(v, "/events/%lld", (long long)s.event) :
	    visit_then(v, "/samples?provider=%s", pv->name);
}
