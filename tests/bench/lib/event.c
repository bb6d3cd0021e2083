/* Bodies and signatures of the load. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/codec.h"
#include "event.h"
#include "invoice.h"

#define PLACE		"{n}"
#define PLACE_DIGITS	12

/* Of a Standard Webhooks secret the key is what its base64 says. */
static bool
key_set(struct sender *s, struct span secret)
{
	if (s->svix) {
		if (!span_starts(secret, "whsec_"))
			return false;
		return base64_decode(s->key, sizeof(s->key), &s->key_len,
		    span_of(secret.p + 6, secret.len - 6));
	}
	if (secret.len > sizeof(s->key))
		return false;
	memcpy(s->key, secret.p, secret.len);
	s->key_len = secret.len;
	return true;
}

static bool
template_read(struct sender *s, const char *path)
{
	FILE	*f = fopen(path, "r");
	size_t	 n = 0, len;

	if (f == NULL)
		return false;
	s->template = malloc(EVENT_MOST + 1);
	if (s->template != NULL)
		n = fread(s->template, 1, EVENT_MOST, f);
	fclose(f);
	if (n == 0)
		return false;
	s->template[n] = '\0';
	s->template_len = len = n;
	for (char *p = s->template; (p = strstr(p, PLACE)) != NULL; p += sizeof(PLACE) - 1)
		len += PLACE_DIGITS;
	return len < EVENT_MOST;
}

bool
sender_init(struct sender *s, bool svix, const char *secret, const char *template,
    const char **err)
{
	s->svix = svix;
	*err = "no secret of that kind";
	if (!key_set(s, span_str(secret)))
		return false;
	mac_key(&s->mac, span_of((const char *)s->key, s->key_len));
	*err = "the template is not to be read, or too long";
	return template == NULL || template_read(s, template);
}

/* A long one: only its end is its own. */
static size_t
body_long(struct sender *s, struct event *ev, char *out)
{
	if (s->invoice == NULL)
		s->invoice = invoice_make(s->body_len, now_us() / US_PER_S);
	assert(s->invoice != NULL);
	ev->alike = span_of(s->invoice, s->body_len - INVOICE_END);
	invoice_end(out, now_us(), s->serial);
	return INVOICE_END;
}

/* A Stripe event of body_len bytes that nothing follows from. */
static size_t
body_plain(const struct sender *s, char *out)
{
	static const char	 tail[] = "\"\n    }\n  },\n  \"livemode\": false,\n"
	    "  \"pending_webhooks\": 1,\n  \"type\": \"customer.updated\"\n}";
	size_t			 len = s->body_len;
	int64_t			 now = now_us();
	int			 n;

	assert(len >= EVENT_LEAST && len <= EVENT_MOST);
	n = snprintf(out, len,
	    "{\n  \"id\": \"evt_%014llx%06llx\",\n  \"object\": \"event\",\n"
	    "  \"api_version\": \"2026-10-28.endive\",\n  \"created\": %lld,\n"
	    "  \"data\": {\n    \"object\": {\n      \"id\": \"cus_%014llx\",\n"
	    "      \"object\": \"customer\",\n      \"description\": \"",
	    (unsigned long long)now, (unsigned long long)(s->serial & 0xffffff),
	    (long long)(now / US_PER_S), (unsigned long long)s->serial);
	memset(out + n, 'x', len - (size_t)n - (sizeof(tail) - 1));
	memcpy(out + len - (sizeof(tail) - 1), tail, sizeof(tail) - 1);
	return len;
}

static size_t
body_from_template(const struct sender *s, char *out)
{
	const char	*from = s->template, *place;
	char		*to = out;

	while ((place = strstr(from, PLACE)) != NULL) {
		memcpy(to, from, (size_t)(place - from));
		to += place - from;
		to += snprintf(to, PLACE_DIGITS + 1, "%0*lld", PLACE_DIGITS, (long long)s->serial);
		from = place + sizeof(PLACE) - 1;
	}
	memcpy(to, from, (size_t)(s->template + s->template_len - from));
	return (size_t)(to - out) + (size_t)(s->template + s->template_len - from);
}

/* What is signed of a Stripe event, up to what is its own. */
static SHA256_CTX
begin_stripe(struct sender *s, const struct event *ev)
{
	if (strcmp(s->at, ev->at) != 0) {
		memcpy(s->at, ev->at, sizeof(s->at));
		s->begun = s->mac.inner;
		mac_add(&s->begun, span_str(ev->at));
		mac_add(&s->begun, SPAN("."));
		mac_add(&s->begun, ev->alike);
	}
	return s->begun;
}

static SHA256_CTX
begin_svix(const struct sender *s, const struct event *ev)
{
	SHA256_CTX	c = s->mac.inner;

	mac_add(&c, span_str(ev->id));
	mac_add(&c, SPAN("."));
	mac_add(&c, span_str(ev->at));
	mac_add(&c, SPAN("."));
	mac_add(&c, ev->alike);
	return c;
}

void
event_make(struct sender *s, struct event *ev, char *own)
{
	uint8_t		 mac[SHA256_DIGEST_LENGTH];
	char		 text[2 * SHA256_DIGEST_LENGTH + 1];
	SHA256_CTX	 c;

	ev->alike = SPAN_NULL;
	ev->own = s->template != NULL ? body_from_template(s, own) :
	    s->body_len >= INVOICE_LEAST ? body_long(s, ev, own) : body_plain(s, own);
	ev->len = ev->alike.len + ev->own;
	snprintf(ev->at, sizeof(ev->at), "%lld", (long long)(now_us() / US_PER_S));
	snprintf(ev->id, sizeof(ev->id), "msg_%012lld%014llx", (long long)s->serial,
	    (unsigned long long)now_us());
	s->serial++;
	c = s->svix ? begin_svix(s, ev) : begin_stripe(s, ev);
	mac_add(&c, span_of(own, ev->own));
	mac_end(&s->mac, &c, mac);
	if (s->svix) {
		base64_encode(text, mac, sizeof(mac));
		snprintf(ev->signature, sizeof(ev->signature), "v1,%s", text);
	} else {
		hex_encode(text, mac, sizeof(mac));
		snprintf(ev->signature, sizeof(ev->signature), "t=%s,v1=%s", ev->at, text);
	}
}
