/* How an event came. */
#include "admin/event_facts.h"

#include "base/clock.h"
#include "base/walk.h"
#include "http/url.h"
#include "provider/custom.h"

#define FIELDS_KEPT	256

enum hk_err
event_fields(struct span headers, struct arena *arena, struct fields *out)
{
	struct field		*f = arena_zero(arena, FIELDS_KEPT * sizeof(*f));
	struct walk		 w;
	struct walk_step	 s;

	if (f == NULL)
		return err_note(HK_NOMEM, "no memory for header fields");
	*out = (struct fields){ f, 0 };
	if (scan_value(headers, arena) != HK_OK)
		return HK_OK;
	walk_start(&w, headers);
	while (walk_next(&w, &s) && out->n < FIELDS_KEPT)
		if (s.depth == 1 && s.kind == WALK_VALUE && s.type == SCAN_STRING)
			f[out->n++] = (struct field){ walk_text(s.key, arena), walk_text(s.raw, arena) };
	return HK_OK;
}

/* ---- the signature -------------------------------------------------------------- */

struct how {
	const char	*scheme, *field, *time_field;
	char		 separator;	/* the field is a list, with this item as its time */
	const char	*time_item;
};

static const char *
first_there(const struct fields *f, const char *a, const char *b)
{
	return field_get(f, a).p != NULL || field_get(f, b).p == NULL ? a : b;
}

/* Of a [custom NAME] section, if it is still there. */
static struct how
how_custom(struct visit *v, const char *name)
{
	static const char	separators[] = " ;,&| ";
	const struct conf_sender *s = conf_sender(v->conf, name);
	struct how		h = { NULL, NULL, NULL, '\0', NULL };
	const struct conf_custom *c;

	if (s == NULL)
		return h;
	c = &s->custom;
	if (c->scheme == CUSTOM_BEARER || c->scheme == CUSTOM_BASIC) {
		h.scheme = c->scheme == CUSTOM_BEARER ? "a shared secret (Bearer)" :
		    "a user name and password (Basic)";
		return h;
	}
	h.scheme = "HMAC-SHA256";
	h.field = c->header;
	h.time_field = c->timestamp_header;
	h.separator = separators[c->item_separator];
	h.time_item = c->item_separator != 0 ? c->timestamp_item : NULL;
	return h;
}

static struct how
how_signed(struct visit *v, const struct event_facts *f)
{
	const char		*name = arena_str(v->arena, f->provider);
	const struct conf_sender *s = name != NULL ? conf_sender(v->conf, name) : NULL;
	bool			 custom = span_starts(f->provider, "custom:");

	if (span_is(f->provider, "stripe"))
		return (struct how){ "Stripe (HMAC-SHA256)", "stripe-signature", NULL, ',', "t" };
	if (custom && name != NULL && (s == NULL || s->custom.scheme != CUSTOM_STANDARD))
		return how_custom(v, name);
	return (struct how){ custom ? "Standard Webhooks" : "Svix (Standard Webhooks)",
	    first_there(&f->fields, "svix-signature", "webhook-signature"),
	    first_there(&f->fields, "svix-timestamp", "webhook-timestamp"), '\0', NULL };
}

/* "t=12" of "t=12,v1=..."; SPAN_NULL. */
static struct span
item(struct span list, char separator, const char *name)
{
	while (list.p != NULL) {
		struct span	value = span_trim(span_cut(&list, separator)), key;

		key = span_cut(&value, '=');
		if (value.p != NULL && span_is(key, name))
			return value;
	}
	return SPAN_NULL;
}

/* When it was signed, by its own word; 0: it does not say. */
static int64_t
signed_us(const struct how *h, const struct event_facts *f)
{
	struct span	s = SPAN_NULL;
	int64_t		n;

	if (h->time_item != NULL)
		s = item(f->signature, h->separator, h->time_item);
	else if (h->time_field != NULL)
		s = field_get(&f->fields, h->time_field);
	return s.p != NULL && span_u63(s, &n) ? us_guess(n) : 0;
}

void
event_signature_put(struct visit *v, const struct event_facts *f)
{
	struct how	 h = how_signed(v, f);
	int64_t		 at = signed_us(&h, f), age = f->created_us - at;
	struct jw	*w = v->doc;

	jw_open(w, "signature", '{');
	jw_text(w, "scheme", span_str(h.scheme));
	jw_text(w, "field", span_str(h.field));
	jw_text(w, "value", f->signature);
	jw_text(w, "secret_label", f->secret_label);
	jw_bool(w, "verified", f->verified);
	jw_time(w, "signed_at", at);
	if (at != 0)
		jw_int(w, "age_us", age < 0 ? -age : age);
	else
		jw_null(w, "age_us");
	jw_bool(w, "ahead", at != 0 && age < 0);
	jw_close(w, '}');
}

/* ---- where its sender shows it ------------------------------------------------------ */

static struct span
stripe_page(struct visit *v, const struct event_facts *f)
{
	bool		test = f->livemode == 0 || (f->livemode < 0 && v->conf->mode == MODE_TEST);
	struct buf	b;
	struct span	s;

	if (!span_starts(f->event_id, "evt_"))
		return SPAN_NULL;
	buf_init(&b, 4096);
	buf_printf(&b, "https://dashboard.stripe.com/%sevents/", test ? "test/" : "");
	url_put(&b, f->event_id);
	s = buf_ok(&b) ? arena_span(v->arena, buf_span(&b)) : SPAN_NULL;
	buf_release(&b);
	return s;
}

void
event_dashboard_put(struct visit *v, const struct event_facts *f)
{
	struct span	 href = SPAN_NULL, title = SPAN_NULL;
	struct jw	*w = v->doc;

	if (span_is(f->provider, "stripe")) {
		title = SPAN("Stripe's dashboard");
		href = stripe_page(v, f);
	} else if (span_is(f->provider, "clerk")) {
		title = SPAN("Clerk's webhooks page");
		href = SPAN("https://dashboard.clerk.com/~/webhooks");
	} else if (span_is(f->provider, "resend")) {
		title = SPAN("Resend's webhooks page");
		href = SPAN("https://resend.com/webhooks");
	}
	if (href.p == NULL) {
		jw_null(w, "dashboard");
		return;
	}
	jw_open(w, "dashboard", '{');
	jw_text(w, "title", title);
	jw_text(w, "href", href);
	jw_bool(w, "exact", span_is(f->provider, "stripe"));
	jw_close(w, '}');
}

/* ---- the rest --------------------------------------------------------------------------- */

void
event_headers_put(struct visit *v, const struct event_facts *f)
{
	jw_open(v->doc, "headers", '[');
	for (size_t i = 0; i < f->fields.n; i++) {
		jw_open(v->doc, NULL, '{');
		jw_text(v->doc, "name", f->fields.v[i].name);
		jw_text(v->doc, "value", f->fields.v[i].value);
		jw_close(v->doc, '}');
	}
	jw_close(v->doc, ']');
	jw_int(v->doc, "header_count", (int64_t)f->fields.n);
}

void
event_command_put(struct visit *v, const struct event_facts *f, int64_t id)
{
	struct span	 path = f->provider;
	const char	*custom = "";

	if (span_starts(path, "custom:")) {
		custom = "custom/";
		path = span_of(path.p + 7, path.len - 7);
	}
	jw_text(v->doc, "command", span_str(arena_printf(v->arena, "hookkeeper send --event %lld "
	    "--url http://127.0.0.1:8080/webhooks/%s%.*s", (long long)id, custom, SPAN_ARG(path))));
}
