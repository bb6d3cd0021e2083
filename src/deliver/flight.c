/* Flights, made and freed. */
#include "deliver/flight.h"

#include <string.h>

#define FLIGHT_ARENA	((size_t)256 << 20)

/* ---- what its endpoint says -------------------------------------------------------- */

enum hk_err
load_read(struct load *l, struct db *db, const struct conf *conf, int64_t endpoint, int64_t now,
    struct arena *a)
{
	enum hk_err	e;

	*l = (struct load){ .nsecret = 0 };
	if ((e = endpoint_find(db, endpoint, a, &l->endpoint)) != HK_OK)
		return e;
	l->sealed = endpoint_secrets(db, conf, endpoint, now, a, l->secret, SECRETS_MOST, &l->nsecret);
	if (l->sealed == HK_OK && l->endpoint.has_headers)
		l->sealed = endpoint_headers(db, conf, endpoint, a, &l->headers);
	return l->sealed == HK_OK || l->sealed == HK_BADSIG || l->sealed == HK_CONF ? HK_OK : l->sealed;
}

static void
wipe(struct endpoint_secret *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		explicit_bzero((char *)(uintptr_t)s[i].text.p, s[i].text.len);
}

void
load_wipe(struct load *l)
{
	wipe(l->secret, l->nsecret);
}

/* ---- copies of its own ---------------------------------------------------------------- */

static bool
keep_endpoint(struct arena *a, const struct endpoint *from, struct endpoint **out)
{
	struct endpoint	*ep = arena_get(a, sizeof(*ep));

	if ((*out = ep) == NULL)
		return false;
	*ep = *from;
	ep->channel = arena_span(a, from->channel);
	ep->name = from->name.p != NULL ? arena_span(a, from->name) : SPAN_NULL;
	ep->word = (struct endpoint_word){ .thin = from->word.thin, .rate = from->word.rate,
	    .ordered = from->word.ordered };
	if (from->word.url.p != NULL)
		ep->word.url = arena_span(a, from->word.url);
	return ep->channel.p != NULL && (from->name.p == NULL || ep->name.p != NULL) &&
	    (from->word.url.p == NULL || ep->word.url.p != NULL);
}

static bool
keep_delivery(struct arena *a, const struct delivery *from, struct delivery *to)
{
	*to = *from;
	to->subject = arena_span(a, from->subject);
	to->type = arena_span(a, from->type);
	to->owner_kind = arena_span(a, from->owner_kind);
	to->owner = arena_span(a, from->owner);
	to->payload = arena_span(a, from->payload);
	return to->subject.p != NULL && to->type.p != NULL && to->owner_kind.p != NULL &&
	    to->owner.p != NULL && to->payload.p != NULL;
}

static bool
keep_secrets(struct flight *f, const struct load *l)
{
	if (l->sealed != HK_OK)
		return true;		/* the channel says that there is none */
	if ((f->secret = arena_zero(f->arena, sizeof(*f->secret) * (l->nsecret + 1))) == NULL)
		return false;
	for (size_t i = 0; i < l->nsecret; i++) {
		f->secret[i] = l->secret[i];
		if ((f->secret[i].text = arena_span(f->arena, l->secret[i].text)).p == NULL)
			return false;
		f->nsecret++;
	}
	f->headers = l->headers.p != NULL ? arena_span(f->arena, l->headers) : SPAN_NULL;
	return l->headers.p == NULL || f->headers.p != NULL;
}

struct flight *
flight_new(const struct load *l, const struct delivery *d, struct lane *lane)
{
	struct arena	*a = arena_new(FLIGHT_ARENA);
	struct flight	*f = a != NULL ? arena_zero(a, sizeof(*f)) : NULL;

	if (f == NULL) {
		arena_free(a);
		return NULL;
	}
	f->arena = a;
	f->lane = lane;
	f->result = (struct delivered){ .delivery = d->id, .endpoint = d->endpoint, .dns_us = -1,
	    .connect_us = -1, .tls_us = -1, .first_us = -1, .retry_after_s = -1 };
	if (!keep_endpoint(a, &l->endpoint, &f->endpoint) || !keep_delivery(a, d, &f->delivery) ||
	    !keep_secrets(f, l)) {
		flight_free(f);
		return NULL;
	}
	return f;
}

void
flight_free(struct flight *f)
{
	wipe(f->secret, f->nsecret);
	arena_free(f->arena);
}

void
flights_free(struct flight *f)
{
	for (struct flight *next; f != NULL; f = next) {
		next = f->next;
		flight_free(f);
	}
}
