/* The catalogue of messages: ours, the site's own, and received ones that are handed on. */
#include "admin/event_payload.h"
#include "admin/event_rows.h"
#include "admin/outgoing.h"
#include "outbox/catalogue.h"
#include "outbox/types.h"
#include "provider/masked.h"
#include "provider/provider.h"

#define OWN_SHOWN	200
#define LISTENERS_MOST	2000	/* endpoints that are looked at */
#define LISTENERS_SHOWN	50
#define PRINT_MOST	((size_t)1 << 20)

/* An endpoint as far as it matters here. */
struct hearer {
	int64_t		id;
	struct span	name, url, types, state;
	bool		failing;
};
struct hearers {
	struct hearer	*who;
	int		 n;
	bool		 more;
};

/* ---- who listens ------------------------------------------------------------------ */

static bool
keep(struct visit *v, struct stmt *q, int col, struct span *out)
{
	*out = col_is_null(q, col) ? SPAN_NULL : arena_span(v->arena, col_text(q, col));
	return out->p != NULL || col_is_null(q, col);
}

static enum hk_err
hearers_read(struct visit *v, struct hearers *h)
{
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row;

	*h = (struct hearers){ .who = arena_get(v->arena, sizeof(*h->who) * LISTENERS_MOST) };
	if (h->who == NULL)
		return err_note(HK_NOMEM, "no memory for endpoints");
	if ((e = db_stmt(v->db, S_TYPE_LISTENERS, &q)) != HK_OK)
		return e;
	bind_int(q, ":limit", LISTENERS_MOST + 1);
	while ((e = stmt_step(q, &row)) == HK_OK && row) {
		struct hearer	*one = &h->who[h->n];

		if ((h->more = h->n == LISTENERS_MOST))
			break;
		one->id = col_int(q, 0);
		one->failing = !col_is_null(q, 5);
		if (!keep(v, q, 1, &one->name) || !keep(v, q, 2, &one->url) ||
		    !keep(v, q, 3, &one->types) || !keep(v, q, 4, &one->state)) {
			e = err_note(HK_NOMEM, "no memory for endpoints");
			break;
		}
		h->n++;
	}
	stmt_reset(q);
	return e;
}

/* One-time codes are for those of the settings alone, and only by their full name. */
static bool
hears(const struct hearer *one, struct span type, bool relayed)
{
	if (message_type_secret(type))
		return one->name.p != NULL && types_name(one->types, type);
	return types_take(one->types, type, relayed);
}

static int64_t
count(const struct hearers *h, struct span type, bool relayed)
{
	int64_t	n = 0;

	for (int i = 0; i < h->n; i++)
		n += hears(&h->who[i], type, relayed);
	return n;
}

static void
put_listeners(struct jw *w, const struct hearers *h, struct span type, bool relayed)
{
	int	n = 0;

	jw_open(w, "rows", '[');
	for (int i = 0; i < h->n && n < LISTENERS_SHOWN; i++) {
		const struct hearer	*one = &h->who[i];

		if (!hears(one, type, relayed))
			continue;
		n++;
		jw_open(w, NULL, '{');
		endpoint_put(w, "endpoint", one->id, one->name, one->url);
		jw_text(w, "types", one->types);
		jw_text(w, "state", one->state);
		jw_text(w, "look", span_str(endpoint_look(one->state, one->failing)));
		jw_close(w, '}');
	}
	jw_close(w, ']');
	jw_int(w, "listeners", count(h, type, relayed));
	jw_bool(w, "more", h->more);
}

/* ---- the catalogue ------------------------------------------------------------------- */

static void
put_ours(struct jw *w, const struct hearers *h)
{
	jw_open(w, "ours", '[');
	for (const struct message_type *t = message_types; t->name != NULL; t++) {
		jw_open(w, NULL, '{');
		jw_text(w, "name", span_str(t->name));
		jw_text(w, "about", span_str(t->about));
		jw_bool(w, "secret", t->secret);
		jw_int(w, "listeners", count(h, span_str(t->name), false));
		jw_close(w, '}');
	}
	jw_close(w, ']');
}

static enum hk_err
put_own(struct visit *v, const struct hearers *h, struct span after)
{
	struct jw	*w = v->doc;
	struct stmt	*q;
	struct span	 last = SPAN_NULL;
	int		 n = 0;
	enum hk_err	 e;
	bool		 row;

	if ((e = db_stmt(v->db, S_TYPES_OWN, &q)) != HK_OK)
		return e;
	bind_text(q, ":after", after.p != NULL ? after : SPAN(""));
	bind_int(q, ":limit", OWN_SHOWN + 1);
	jw_open(w, "own", '[');
	while ((e = stmt_step(q, &row)) == HK_OK && row && n++ < OWN_SHOWN) {
		jw_open(w, NULL, '{');
		jw_text(w, "name", col_text(q, 0));
		jw_text(w, "about", col_text(q, 1));
		jw_bool(w, "schema", col_int(q, 2) != 0);
		jw_bool(w, "sample", col_int(q, 3) != 0);
		jw_bool(w, "archived", !col_is_null(q, 4));
		jw_int(w, "listeners", count(h, col_text(q, 0), false));
		jw_close(w, '}');
		last = arena_span(v->arena, col_text(q, 0));
	}
	jw_close(w, ']');
	stmt_reset(q);
	jw_text(w, "own_after", n > OWN_SHOWN ? last : SPAN_NULL);
	return e;
}

/* All that a sender sends, but what holds one-time codes; those of one are listed. */
static void
put_relays(struct visit *v)
{
	struct span	 here = visit_query(v, "sender");
	struct jw	*w = v->doc;

	jw_open(w, "relays", '[');
	for (size_t i = 0; i < conf_senders(v->conf); i++) {
		struct span		 name = span_str(v->conf->sender[i].name);
		const struct provider	*pv = provider_find(name);
		int64_t			 n = 0;

		jw_open(w, NULL, '{');
		jw_text(w, "provider", name);
		jw_text(w, "sender", event_sender_title(name));
		jw_bool(w, "here", span_eq(here, name));
		jw_open(w, "types", '[');
		for (const char *const *t = pv != NULL ? pv->catalogue : NULL; t != NULL && *t != NULL;
		    t++) {
			if (provider_has_codes(name, span_str(*t)))
				continue;
			n++;
			if (span_eq(here, name))
				jw_text(w, NULL, span_str(*t));
		}
		jw_close(w, ']');
		jw_int(w, "n", n);
		jw_close(w, '}');
	}
	jw_close(w, ']');
}

enum hk_err
page_types(struct visit *v)
{
	struct hearers	h;
	enum hk_err	e;

	if ((e = hearers_read(v, &h)) != HK_OK)
		return e;
	put_ours(v->doc, &h);
	put_relays(v);
	jw_bool(v->doc, "more", h.more);
	return put_own(v, &h, visit_query(v, "after"));
}

/* ---- one type -------------------------------------------------------------------------- */

/* Printed so that people can read it; as it is when it is no JSON. */
static void
put_pretty(struct jw *w, const char *key, struct span text)
{
	struct json	*root = NULL;
	struct buf	 b;

	if (text.p == NULL) {
		jw_null(w, key);
		return;
	}
	buf_init(&b, PRINT_MOST);
	if (json_parse(text, &root) == HK_OK)
		json_print(&b, root, true);
	jw_text(w, key, b.len > 0 && buf_ok(&b) ? buf_span(&b) : text);
	json_free(root);
	buf_release(&b);
}

static void
put_members(struct jw *w, const struct message_type *t)
{
	jw_open(w, "members", '[');
	for (const struct message_member *m = t != NULL ? t->members : NULL; m != NULL && m->name != NULL;
	    m++) {
		jw_open(w, NULL, '{');
		jw_text(w, "name", span_str(m->name));
		jw_text(w, "kind", span_str(m->kind));
		jw_text(w, "about", span_str(m->about));
		jw_close(w, '}');
	}
	jw_close(w, ']');
}

static void
put_type(struct jw *w, struct span name, const char *kind, struct span about, struct span sample,
    struct span schema)
{
	jw_text(w, "name", name);
	jw_bool(w, "ours", strcmp(kind, "ours") == 0);
	jw_bool(w, "own", strcmp(kind, "own") == 0);
	jw_bool(w, "relayed", strcmp(kind, "relayed") == 0);
	jw_text(w, "about", about);
	put_pretty(w, "sample", sample);
	put_pretty(w, "schema", schema);
}

/* *found: it is one of the site's own. */
static enum hk_err
put_own_type(struct visit *v, struct span name, bool *found)
{
	struct stmt	*q;
	enum hk_err	 e;

	if ((e = db_stmt(v->db, S_TYPE_OWN, &q)) != HK_OK)
		return e;
	bind_text(q, ":name", name);
	if ((e = stmt_step(q, found)) == HK_OK && *found) {
		put_type(v->doc, name, "own", col_text(q, 1), col_text(q, 3), col_text(q, 2));
		jw_bool(v->doc, "secret", false);
		jw_time(v->doc, "archived_at", col_int(q, 4));
		jw_time(v->doc, "created_at", col_int(q, 5));
		jw_time(v->doc, "updated_at", col_int(q, 6));
		put_members(v->doc, NULL);
	}
	stmt_reset(q);
	return e;
}

/* "stripe.invoice.paid": the sender, and its type; SPAN_NULL: it is none. */
static struct span
relayed(struct span name, const struct provider **pv)
{
	struct span	rest = name, sender = span_cut(&rest, '.');

	*pv = provider_find(sender);
	return *pv != NULL && rest.p != NULL && provider_type(*pv, rest) != NULL &&
	    !provider_has_codes(sender, rest) ? rest : SPAN_NULL;
}

static void
put_rest(struct jw *w, bool secret, const struct message_type *t)
{
	jw_bool(w, "secret", secret);
	jw_null(w, "archived_at");
	jw_null(w, "created_at");
	jw_null(w, "updated_at");
	put_members(w, t);
}

enum hk_err
page_type(struct visit *v)
{
	struct span			 name = visit_query(v, "name"), type;
	const struct message_type	*t = message_type_find(name);
	const struct provider		*pv;
	struct hearers			 h;
	bool				 own = false, relay = false;
	enum hk_err			 e;

	if (name.p == NULL)
		return err_tell(HK_SYNTAX, "Which type?");
	if ((e = hearers_read(v, &h)) != HK_OK)
		return e;
	if (t != NULL) {
		put_type(v->doc, name, "ours", span_str(t->about), span_str(t->sample), SPAN_NULL);
		put_rest(v->doc, t->secret, t);
	} else if ((e = put_own_type(v, name, &own)) != HK_OK)
		return e;
	if (t == NULL && !own) {
		if ((type = relayed(name, &pv)).p == NULL)
			return err_tell(HK_NOTFOUND, "there is no such type");
		relay = true;
		put_type(v->doc, name, "relayed", span_str(provider_about(pv, provider_type(pv, type))),
		    provider_sample(pv, type), SPAN_NULL);
		put_rest(v->doc, false, NULL);
	}
	v->title = arena_printf(v->arena, "Type %.*s", SPAN_ARG(name));
	put_listeners(v->doc, &h, name, relay);
	return HK_OK;
}
