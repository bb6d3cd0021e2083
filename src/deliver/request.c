/* What a webhook says. */
#include "deliver/request.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "outbox/body.h"
#include "outbox/message.h"
#include "sign/scheme.h"

#define BODY_MOST	((size_t)64 << 20)
#define SHOWN_MOST	16384
#define KEYS_MOST	16
#define ADDED_MOST	20	/* fields of the endpoint */

static enum hk_err
no_memory(void)
{
	return err_note(HK_NOMEM, "no memory for a webhook");
}

static enum hk_err
body_make(const struct flight *f, struct span *out)
{
	const struct delivery	*d = &f->delivery;
	struct buf		 b;

	buf_init(&b, BODY_MOST);
	message_body(&b, d->message, d->message_us, d->type, d->payload, f->endpoint->word.thin);
	*out = buf_ok(&b) ? arena_span(f->arena, buf_span(&b)) : SPAN_NULL;
	buf_release(&b);
	return out->p != NULL ? HK_OK : no_memory();
}

/* v1 before v1a, as receivers look for it. */
static enum hk_err
keys_make(const struct flight *f, struct sign_key *key, size_t *n)
{
	enum hk_err	e;

	*n = 0;
	for (int kind = SECRET_V1; kind <= SECRET_V1A; kind++)
		for (size_t i = 0; i < f->nsecret && *n < KEYS_MOST; i++) {
			if ((int)f->secret[i].kind != kind)
				continue;
			key[*n] = (struct sign_key){ .label = "" };
			if ((e = scheme_svix.key(&key[*n], f->secret[i].text)) != HK_OK)
				return e;
			++*n;
		}
	return *n > 0 ? HK_OK : err_tell(HK_CONF, "ep_%lld has no secret", (long long)f->endpoint->id);
}

static enum hk_err
add(const struct flight *f, struct request *r, struct jw *shown, const char *name,
    struct span value)
{
	if (r->n == REQUEST_FIELDS)
		return no_memory();
	r->field[r->n] = arena_printf(f->arena, "%s: %.*s", name, SPAN_ARG(value));
	if (r->field[r->n++] == NULL)
		return no_memory();
	if (shown != NULL)
		jw_text(shown, name, value);
	return HK_OK;
}

/* The scheme signs with Svix's names; these are the standard's. */
static enum hk_err
sign(const struct flight *f, int64_t now_s, struct request *r, struct jw *shown)
{
	struct sign_key		*key = arena_get(f->arena, sizeof(*key) * KEYS_MOST);
	struct signed_fields	*s = arena_zero(f->arena, sizeof(*s));
	char			 id[MESSAGE_NAME], name[64];
	size_t			 n;
	enum hk_err		 e;

	if (key == NULL || s == NULL)
		return no_memory();
	message_name(id, f->delivery.message, f->delivery.message_us);
	if ((e = keys_make(f, key, &n)) == HK_OK)
		e = scheme_svix.sign(r->body, span_str(id), key, n, now_s, s);
	for (size_t i = 0; e == HK_OK && i < s->n; i++) {
		snprintf(name, sizeof(name), "webhook-%s", s->name[i] + strlen("svix-"));
		e = add(f, r, shown, name, span_str(s->value[i]));
	}
	explicit_bzero(key, sizeof(*key) * KEYS_MOST);
	return e;
}

/* Names and values were checked when they were stored. */
static enum hk_err
add_own(const struct flight *f, struct request *r)
{
	struct json	*root = NULL;
	struct span	 name, value;
	const char	*n;
	enum hk_err	 e = HK_OK;

	if (f->headers.p == NULL)
		return HK_OK;
	if ((e = json_parse(f->headers, &root)) != HK_OK)
		return e;
	for (size_t i = 0; e == HK_OK && i < ADDED_MOST && json_member(root, i, &name, &value); i++)
		e = (n = arena_str(f->arena, name)) == NULL ? no_memory() : add(f, r, NULL, n, value);
	json_free(root);
	return e;
}

enum hk_err
request_make(const struct flight *f, int64_t now_s, struct request *r)
{
	struct buf	shown;
	struct jw	w;
	enum hk_err	e;

	*r = (struct request){ .n = 0 };
	buf_init(&shown, SHOWN_MOST);
	jw_init(&w, &shown);
	jw_open(&w, NULL, '{');
	if ((e = body_make(f, &r->body)) == HK_OK &&
	    (e = add(f, r, &w, "content-type", SPAN("application/json"))) == HK_OK &&
	    (e = sign(f, now_s, r, &w)) == HK_OK)
		e = add_own(f, r);
	jw_close(&w, '}');
	if (e == HK_OK) {
		r->shown = buf_ok(&shown) ? arena_span(f->arena, buf_span(&shown)) : SPAN_NULL;
		if (r->shown.p == NULL)
			e = no_memory();
	}
	buf_release(&shown);
	return e;
}
