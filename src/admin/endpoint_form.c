/* The form of an endpoint. */
#include "admin/endpoint_form.h"

#include "admin/outgoing.h"
#include "books/books.h"
#include "outbox/types.h"

#define HEADERS_MOST	16384		/* bytes of the JSON */
#define OFFERS_OWN	200		/* of the site's own types */

void
endpoint_form_read(const struct visit *v, struct endpoint_form *f)
{
	*f = (struct endpoint_form){ .url = visit_form(v, "url"),
	    .description = visit_form(v, "description"), .types = visit_form(v, "types"),
	    .owner = visit_form(v, "owner"), .filter = visit_form(v, "filter"),
	    .headers = visit_form(v, "headers"), .rate = visit_form(v, "rate"),
	    .secret = visit_form(v, "secret"), .thin = span_is(visit_form(v, "payload"), "thin"),
	    .ordered = visit_form(v, "ordered").p != NULL,
	    .no_headers = visit_form(v, "no_headers").p != NULL };
}

enum hk_err
endpoint_form_of(struct visit *v, const struct endpoint *ep, struct endpoint_form *f)
{
	*f = (struct endpoint_form){ .url = ep->word.url, .description = ep->word.description,
	    .types = ep->word.types, .owner = ep->word.owner, .filter = ep->word.filter,
	    .thin = ep->word.thin, .ordered = ep->word.ordered };
	if (ep->word.rate > 0 && (f->rate = number_text(v, ep->word.rate)).p == NULL)
		return err_note(HK_NOMEM, "no memory for a form");
	return HK_OK;
}

/* ---- what it means ---------------------------------------------------------------------- */

static enum hk_err
wrong(struct endpoint_form *f, const char *field, const char *why)
{
	f->wrong = field;
	f->why = why;
	return HK_SYNTAX;
}

/* "Name: value" lines as a JSON object; SPAN_NULL: no line. */
static enum hk_err
read_headers(struct visit *v, struct endpoint_form *f, struct span *out)
{
	struct span	lines = f->headers;
	struct buf	b;
	struct jw	w;
	enum hk_err	e = HK_OK;

	*out = f->no_headers ? SPAN("{}") : SPAN_NULL;
	if (lines.p == NULL)
		return HK_OK;
	buf_init(&b, HEADERS_MOST);
	jw_init(&w, &b);
	jw_open(&w, NULL, '{');
	while (e == HK_OK && lines.p != NULL) {
		struct span	value = span_trim(span_cut(&lines, '\n')), name;
		char		*key;

		if (value.len == 0)
			continue;
		name = span_trim(span_cut(&value, ':'));
		if (value.p == NULL || name.len == 0)
			e = wrong(f, "headers", "Each line is a name, a colon and a value: X-Shop: blue");
		else if ((key = arena_str(v->arena, name)) == NULL)
			e = err_note(HK_NOMEM, "no memory for a form");
		else
			jw_text(&w, key, span_trim(value));
	}
	jw_close(&w, '}');
	if (e == HK_OK && !buf_ok(&b))
		e = wrong(f, "headers", "These are too many: 20 fields, 8 KB in all.");
	if (e == HK_OK && (*out = arena_span(v->arena, buf_span(&b))).p == NULL)
		e = err_note(HK_NOMEM, "no memory for a form");
	buf_release(&b);
	return e;
}

/* Nobody, a user by any name, an organization by its id. */
static enum hk_err
read_owner(struct visit *v, struct endpoint_form *f, struct endpoint_word *w)
{
	struct user	u;
	enum hk_err	e;

	if (f->owner.p == NULL)
		return HK_OK;
	if (span_starts(f->owner, "org_")) {
		w->owner_kind = SPAN("organization");
		w->owner = f->owner;
		return HK_OK;
	}
	if ((e = user_find(v->db, f->owner, &u)) == HK_NOTFOUND)
		return wrong(f, "owner", "There is nobody of this name: a user's id, user_…, cus_…, "
		    "e-mail address, or org_….");
	if (e != HK_OK)
		return e;
	w->owner_kind = SPAN("user");
	w->owner = arena_span(v->arena, span_str(u.id));
	return w->owner.p != NULL ? HK_OK : err_note(HK_NOMEM, "no memory for a form");
}

enum hk_err
endpoint_form_word(struct visit *v, struct endpoint_form *f, struct endpoint_word *w)
{
	enum hk_err	e;

	*w = (struct endpoint_word){ .url = f->url, .description = f->description,
	    .types = f->types, .filter = f->filter, .thin = f->thin, .ordered = f->ordered };
	if (f->url.p == NULL)
		return wrong(f, "url", "Say where to: an address such as https://example.com/hooks");
	if (f->rate.p != NULL && (!span_u63(f->rate, &w->rate) || w->rate == 0))
		return wrong(f, "rate", "This is a whole number from 1 to 10 000, or nothing.");
	if ((e = read_headers(v, f, &w->headers)) != HK_OK || (e = read_owner(v, f, w)) != HK_OK)
		return e;
	if ((e = endpoint_good(v->conf, w)) == HK_SYNTAX)
		endpoint_form_blame(v, f);
	return e;
}

/* "url: it has no host" names its field; what names none is above the form. */
void
endpoint_form_blame(struct visit *v, struct endpoint_form *f)
{
	static const char *const	fields[] = { "url", "description", "types", "owner", "filter",
					    "headers", "rate", "secret" };
	struct span			rest = span_str(err_last()), name = span_cut(&rest, ':');

	f->wrong = "";
	f->why = arena_str(v->arena, span_str(err_last()));
	for (size_t i = 0; rest.p != NULL && i < sizeof(fields) / sizeof(fields[0]); i++)
		if (span_is(name, fields[i])) {
			f->wrong = fields[i];
			f->why = arena_str(v->arena, span_trim(rest));
		}
	if (f->why == NULL)
		f->why = "This cannot be.";
}

/* ---- the document ----------------------------------------------------------------------- */

static enum hk_err
put_offers(struct visit *v)
{
	struct jw	*w = v->doc;
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row;

	if ((e = db_stmt(v->db, S_TYPES_OWN, &q)) != HK_OK)
		return e;
	bind_text(q, ":after", SPAN(""));
	bind_int(q, ":limit", OFFERS_OWN);
	jw_open(w, "offers", '[');
	for (const struct message_type *t = message_types; t->name != NULL; t++)
		if (!t->secret)
			jw_text(w, NULL, span_str(t->name));
	while ((e = stmt_step(q, &row)) == HK_OK && row)
		if (col_is_null(q, 4))
			jw_text(w, NULL, col_text(q, 0));
	jw_close(w, ']');
	stmt_reset(q);
	return e;
}

static void
put_value(struct jw *w, const struct endpoint_form *f, const char *name, struct span value)
{
	char	key[32] = "wrong_";

	jw_text(w, name, value);
	strcat(key, name);
	jw_text(w, key, f->wrong != NULL && strcmp(f->wrong, name) == 0 ? span_str(f->why) : SPAN_NULL);
}

enum hk_err
endpoint_form_put(struct visit *v, const struct endpoint_form *f, const struct endpoint *ep)
{
	struct jw	*w = v->doc;

	jw_open(w, "form", '{');
	put_value(w, f, "url", f->url);
	put_value(w, f, "description", f->description);
	put_value(w, f, "types", f->types);
	put_value(w, f, "owner", f->owner);
	put_value(w, f, "filter", f->filter);
	put_value(w, f, "headers", f->headers);
	put_value(w, f, "rate", f->rate);
	put_value(w, f, "secret", f->secret);
	jw_text(w, "wrong", f->wrong != NULL && *f->wrong == '\0' ? span_str(f->why) : SPAN_NULL);
	jw_bool(w, "thin", f->thin);
	jw_bool(w, "ordered", f->ordered);
	jw_bool(w, "no_headers", f->no_headers);
	if (ep != NULL)
		endpoint_put(w, "change", ep->id, ep->name, ep->word.url);
	else
		jw_null(w, "change");
	jw_bool(w, "has_headers", ep != NULL && ep->has_headers);
	jw_bool(w, "keyless", v->conf->nkeys == 0);
	jw_close(w, '}');
	return put_offers(v);
}
