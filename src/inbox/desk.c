/* Desks: found by address, each with its sender's keys. */
#include "inbox/desk.h"

#include <assert.h>

#include "crypto/hmac.h"

#define ARENA_MOST	(4 << 20)

/* A built-in sender's, or a custom one's when the section is given. */
static enum hk_err
desk_set(struct desk *d, const struct provider *pv, const struct conf *conf,
    const struct conf_sender *s, struct arena *arena)
{
	bool		custom = pv == &provider_custom;
	enum hk_err	e;

	*d = (struct desk){ .pv = pv, .sender = s, .title = pv->title, .scheme = pv->scheme };
	if (!custom)
		return HK_OK;
	if ((e = custom_open(&d->custom, conf, s, arena)) != HK_OK)
		return e;
	d->title = strchr(s->name, ':') + 1;
	d->scheme = d->custom->scheme;
	d->how = d->custom->how;
	d->secret_field = d->custom->secret_field;
	return HK_OK;
}

static enum hk_err
desk_keys(struct desk *d, struct arena *arena)
{
	const struct conf_sender *s = d->sender;
	enum hk_err		  e;

	if (s->nsecret > DESK_KEYS)
		return err_note(HK_CONF, "[%s] has %zu secrets; at most %d are used at once, "
		    "remove the oldest", s->section, s->nsecret, DESK_KEYS);
	if ((d->key = arena_zero(arena, (s->nsecret + 1) * sizeof(*d->key))) == NULL ||
	    (d->seen_us = arena_zero(arena, (s->nsecret + 1) * sizeof(*d->seen_us))) == NULL)
		return err_note(HK_NOMEM, "no memory for keys");
	for (; d->nkey < s->nsecret; d->nkey++) {
		const struct conf_secret	*secret = &s->secret[d->nkey];
		struct sign_key			*k = &d->key[d->nkey];

		if ((e = d->scheme->key(k, secret->text)) != HK_OK)
			return err_note(HK_CONF, "[%s] secret \"%s\": %s", s->section,
			    secret->label, err_last());
		k->label = secret->label;
		k->how = d->how;
	}
	return HK_OK;
}

enum hk_err
desks_open(struct desks *ds, const struct provider *pv, const struct conf *conf)
{
	const struct conf_sender *s;
	size_t			  n;
	enum hk_err		  e = HK_OK;

	*ds = (struct desks){ .by_name = pv == &provider_custom };
	s = ds->by_name ? &conf->sender[CONF_SENDERS] : conf_sender(conf, pv->name);
	n = ds->by_name ? conf->ncustom : 1;
	assert(s != NULL);
	if ((ds->arena = arena_new(ARENA_MOST)) == NULL ||
	    (ds->desk = arena_zero(ds->arena, (n + 1) * sizeof(*ds->desk))) == NULL)
		return err_note(HK_NOMEM, "no memory for senders");
	for (; n > 0 && e == HK_OK; s++, n--) {
		struct desk	*d = &ds->desk[ds->n++];

		if ((e = desk_set(d, pv, conf, s, ds->arena)) == HK_OK)
			e = desk_keys(d, ds->arena);
	}
	return e;
}

void
desks_close(struct desks *ds)
{
	for (struct desk *d = ds->desk; d < ds->desk + ds->n; d++)
		if (d->key != NULL)
			crypto_cleanse(d->key, d->sender->nsecret * sizeof(*d->key));
	arena_free(ds->arena);
	*ds = (struct desks){ .n = 0 };
}

/* The last step of a path; *rest is what stands before it, without its '/'. */
static struct span
last_step(struct span *rest)
{
	const char	*slash = rest->len > 0 ? memrchr(rest->p, '/', rest->len) : NULL;
	struct span	 step = *rest;

	*rest = SPAN("");
	if (slash != NULL) {
		*rest = span_of(step.p, (size_t)(slash - step.p));
		step = span_of(slash + 1, step.len - rest->len - 1);
	}
	return step;
}

struct desk *
desks_find(struct desks *ds, struct span path)
{
	struct span	name, before;

	if (!ds->by_name)
		return ds->desk;
	if (path.len > 0 && path.p[path.len - 1] == '/')
		path.len--;
	name = last_step(&path);
	before = last_step(&path);
	if (!span_is(before, "custom") && !span_is(before, "custom.fcgi"))
		return NULL;
	for (size_t i = 0; i < ds->n; i++)
		if (span_is(name, ds->desk[i].title))
			return &ds->desk[i];
	return NULL;
}

enum hk_err
desk_verify(const struct desk *d, const struct fields *f, struct span body, int64_t now_s,
    int64_t tolerance_s, struct sign_verdict *v)
{
	if (d->sender->verify)
		return d->scheme->verify(f, body, d->key, d->nkey, now_s, tolerance_s, v);
	*v = (struct sign_verdict){ .id = field_get(f, "svix-id") };
	if (v->id.p == NULL)
		v->id = field_get(f, "webhook-id");
	return HK_OK;
}

enum hk_err
desk_read(const struct desk *d, const struct conf *conf, const struct fields *f,
    struct span body, struct span message_id, struct arena *arena, struct envelope *env,
    struct disposition *what)
{
	enum hk_err	e;

	if (d->custom != NULL) {
		if ((e = custom_envelope(d->custom, f, body, message_id, arena, env)) == HK_OK)
			*what = custom_dispose(d->custom, env);
		return e;
	}
	if ((e = d->pv->envelope(body, message_id, arena, env)) == HK_OK)
		*what = provider_dispose(d->pv, conf, env);
	return e;
}

const struct doctor_secret *
desk_secrets(const struct conf *conf, struct arena *arena, size_t *n)
{
	struct doctor_secret	*list, *at;
	struct desk		 d;
	size_t			 all = 0;

	*n = 0;
	for (size_t i = 0; i < conf_senders(conf); i++)
		all += conf->sender[i].nsecret;
	if (all == 0 || (list = arena_zero(arena, all * sizeof(*list))) == NULL)
		return NULL;
	at = list;
	for (size_t i = 0; i < conf_senders(conf); i++) {
		const struct conf_sender *s = &conf->sender[i];
		const struct provider	 *pv = i < CONF_SENDERS ?
					    provider_find(span_str(s->name)) : &provider_custom;

		/* A section that makes no sense is custom.fcgi's to refuse; it is in the log. */
		if (desk_set(&d, pv, conf, s, arena) != HK_OK)
			continue;
		for (size_t k = 0; k < s->nsecret; k++)
			*at++ = (struct doctor_secret){ s->name, d.scheme, d.how,
			    s->secret[k].text, s->secret[k].label };
	}
	*n = (size_t)(at - list);
	return list;
}
