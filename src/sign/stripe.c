/*
 * Stripe's scheme: hex HMAC-SHA256 over "<t>.<body>", keyed with the whole
 * text of the secret, "whsec_" included.
 */
#include "sign/shared.h"
#include "base/codec.h"
#include "crypto/hmac.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#define HEX_LEN	(2 * SHA256_LEN)

/* What a header says. */
struct said {
	struct span		t;	/* SPAN_NULL: none */
	bool			t_twice;
	struct sign_seen	v1;
};

static enum hk_err
key(struct sign_key *k, struct span secret)
{
	if (span_trim(secret).len == 0)
		return err_tell(HK_CONF, "a Stripe signing secret is not empty");
	if (secret.len > SIGN_KEY_MAX)
		return err_tell(HK_CONF, "a Stripe signing secret has at most %d characters",
		    SIGN_KEY_MAX);
	memcpy(k->key, secret.p, secret.len);
	k->len = secret.len;
	return HK_OK;
}

/*
 * Items other than t and v1 are skipped: v0 is a fake that comes with test
 * events, and a later version must not be taken for this one.
 */
static void
read_header(struct said *said, struct span header)
{
	struct span	item, name;

	while (header.p != NULL) {
		item = span_cut(&header, ',');
		name = span_cut(&item, '=');	/* item: the value */
		if (item.p == NULL)
			continue;
		if (span_is(name, "t")) {
			said->t_twice = said->t.p != NULL;
			said->t = item;
		} else if (span_is(name, "v1"))
			sign_see(&said->v1, item);
		if (said->t_twice)
			return;	/* which of the two was signed? */
	}
}

/* The reasons that need no secret, in the order of Stripe's own library. */
static enum sign_reason
judge_header(struct said *said, struct sign_verdict *v)
{
	if (v->header.len == 0)
		return SIGN_MISSING_HEADER;
	if (v->header.len > SIGN_HEADER_MAX)
		return SIGN_BAD_HEADER;
	read_header(said, v->header);
	if (said->t.p == NULL || said->t_twice)
		return SIGN_BAD_HEADER;
	if (!sign_time(said->t, &v->signed_s))
		return SIGN_BAD_TIMESTAMP;
	return said->v1.n > 0 ? SIGN_OK : SIGN_NO_SCHEME;
}

static enum hk_err
verify(const struct fields *f, struct span body, const struct sign_key *keys, size_t nkey,
    int64_t now_s, int64_t tolerance_s, struct sign_verdict *v)
{
	struct said		 said = { .t_twice = false };
	const struct sign_key	*by;
	enum sign_reason	 r;

	*v = (struct sign_verdict){ .header = field_get(f, "stripe-signature") };
	r = judge_header(&said, v);
	if (nkey == 0)
		return sign_verdict(v, SIGN_NO_SECRET);
	if (r != SIGN_OK)
		return sign_verdict(v, r);
	by = sign_match(&said.v1, keys, nkey,
	    (struct span[]){ said.t, SPAN("."), body }, 3, hex_encode);
	if (by == NULL)
		return sign_verdict(v, SIGN_NO_MATCH);
	v->label = by->label;
	return sign_verdict(v, sign_age(v->signed_s, now_s, tolerance_s));
}

static enum hk_err
sign(struct span body, struct span id, const struct sign_key *keys, size_t nkey,
    int64_t now_s, struct signed_fields *out)
{
	char		 t[24], text[SIGN_TEXT_MAX + 1], *value = out->value[0];
	size_t		 len;

	(void)id;	/* Stripe's id is inside the body */
	assert(now_s >= 0);
	if (nkey == 0)
		return err_tell(HK_CONF, "no secret to sign with");
	snprintf(t, sizeof(t), "%" PRId64, now_s);
	len = (size_t)snprintf(value, SIGN_VALUE_MAX + 1, "t=%s", t);
	for (size_t i = 0; i < nkey && len + 4 + HEX_LEN <= SIGN_VALUE_MAX; i++) {
		sign_text(text, &keys[i],
		    (struct span[]){ span_str(t), SPAN("."), body }, 3, hex_encode);
		len += (size_t)snprintf(value + len, SIGN_VALUE_MAX + 1 - len, ",v1=%s", text);
	}
	out->n = 1;
	out->name[0] = "stripe-signature";
	return HK_OK;
}

const struct scheme scheme_stripe = {
	.name	= "stripe",
	.spec	= "https://docs.stripe.com/webhooks/signature",
	.key	= key,
	.verify	= verify,
	.sign	= sign,
};
