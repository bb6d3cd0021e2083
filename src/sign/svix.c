/*
 * Standard Webhooks as Svix sends it (Clerk, Resend): base64 HMAC-SHA256 (v1)
 * or Ed25519 (v1a) over "<id>.<timestamp>.<body>", keyed with what the
 * secret's base64 stands for.
 */
#include "sign/shared.h"
#include "base/codec.h"
#include "crypto/ed25519.h"
#include "crypto/hmac.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#define PREFIX		"whsec_"
#define VERSION		"v1,"
#define VERSION_A	"v1a,"
#define SEEN_A_MAX	4	/* verifying one costs a tenth of a millisecond */
#define TEXT_A_LEN	BASE64_LEN(ED25519_SIG)
#define KEY_LEAST	16
#define KEY_MOST	75

enum { ID, TIMESTAMP, SIGNATURE, PARTS };

/* A full set of the first wins; they are not mixed. */
static const char *const sets[][PARTS] = {
	{ "svix-id", "svix-timestamp", "svix-signature" },
	{ "webhook-id", "webhook-timestamp", "webhook-signature" },
};
#define NSETS	(sizeof(sets) / sizeof(sets[0]))

/* The secret's three forms, by their prefix. */
static const struct form {
	const char	*prefix;
	enum sign_kind	 kind;
	size_t		 least, most;	/* bytes its base64 stands for */
} forms[] = {
	{ "whpk_",	SIGN_PUBLIC,	ED25519_PUBLIC, ED25519_PUBLIC },
	{ "whsk_",	SIGN_SEED,	ED25519_SEED + ED25519_PUBLIC, ED25519_SEED + ED25519_PUBLIC },
	{ PREFIX,	SIGN_HMAC,	KEY_LEAST, KEY_MOST },
	{ "",		SIGN_HMAC,	KEY_LEAST, KEY_MOST },	/* last: always fits */
};

static enum hk_err
key(struct sign_key *k, struct span secret)
{
	const struct form	*f = forms;
	uint8_t			 bytes[SIGN_KEY_MAX], public[ED25519_PUBLIC];
	size_t			 len = 0;
	enum hk_err		 e = HK_OK;

	while (f->prefix[0] != '\0' && !span_starts(secret, f->prefix))
		f++;
	secret = span_of(secret.p + strlen(f->prefix), secret.len - strlen(f->prefix));
	if (!base64_decode(bytes, sizeof(bytes), &len, secret))
		e = err_tell(HK_CONF, "a Svix signing secret is \"" PREFIX "\" and base64 "
		    "(A-Z a-z 0-9 + / =) of %d to %d bytes", KEY_LEAST, KEY_MOST);
	else if (len < f->least || len > f->most)
		e = err_tell(HK_CONF, "a \"%s\" secret stands for %zu to %zu bytes, "
		    "this one for %zu", f->prefix[0] != '\0' ? f->prefix : PREFIX,
		    f->least, f->most, len);
	else if (f->kind == SIGN_SEED && (e = ed25519_public(public, bytes)) == HK_OK &&
	    memcmp(public, bytes + ED25519_SEED, sizeof(public)) != 0)
		e = err_tell(HK_CONF, "the two halves of a \"whsk_\" secret do not belong together");
	if (e == HK_OK) {
		memcpy(k->key, bytes, len);
		k->len = len;
		k->kind = f->kind;
	}
	crypto_cleanse(bytes, sizeof(bytes));
	return e;
}

/* The values of a full set; else of one with a signature, to be shown. */
static bool
find_set(struct span part[PARTS], const struct fields *f)
{
	struct span	value[PARTS];
	bool		full = false;

	for (size_t s = 0; s < NSETS && !full; s++) {
		full = true;
		for (int i = 0; i < PARTS; i++) {
			value[i] = field_get(f, sets[s][i]);
			full &= value[i].len > 0;
		}
		if (full || part[SIGNATURE].len == 0)
			memcpy(part, value, sizeof(value));
	}
	return full;
}

/*
 * "v1,<base64>" or "v1a,<base64>" between blanks.  v2 and what else there may
 * be is skipped.  A proxy that folds two fields into one puts a comma behind the first.
 */
static void
read_signatures(struct sign_seen *v1, struct sign_seen *v1a, struct span list)
{
	struct span	token, version;

	while (list.p != NULL) {
		token = span_cut(&list, ' ');
		version = span_cut(&token, ',');
		if (token.len > 0 && token.p[token.len - 1] == ',')
			token.len--;
		if (token.p != NULL && span_is(version, "v1"))
			sign_see(v1, token);
		else if (token.p != NULL && span_is(version, "v1a") && v1a->n < SEEN_A_MAX)
			sign_see(v1a, token);
	}
}

static bool
match_public(const struct sign_seen *seen, const struct sign_key *k,
    const struct span *piece, size_t n)
{
	/* A "whsk_" key has its public half behind the seed. */
	const uint8_t	*public = (const uint8_t *)k->key + (k->kind == SIGN_SEED ? ED25519_SEED : 0);
	uint8_t		 sig[ED25519_SIG];
	size_t		 len;

	for (size_t i = 0; i < seen->n; i++)
		if (seen->text[i].len == TEXT_A_LEN &&
		    base64_decode(sig, sizeof(sig), &len, seen->text[i]) && len == sizeof(sig) &&
		    ed25519_verify(sig, public, piece, n) == HK_OK)
			return true;
	return false;
}

/* The first key that made one of the signatures; NULL: none did. */
static const struct sign_key *
match(struct span list, const struct sign_key *k, size_t nkey, const struct span *piece, size_t n)
{
	struct sign_seen	v1 = { .n = 0 }, v1a = { .n = 0 };

	read_signatures(&v1, &v1a, list);
	for (; nkey > 0; k++, nkey--)
		if (k->kind == SIGN_HMAC ? sign_match(&v1, k, 1, piece, n, base64_encode) != NULL :
		    match_public(&v1a, k, piece, n))
			return k;
	return NULL;
}

/* The reasons that need no secret.  The time comes before the digest. */
static enum sign_reason
judge_fields(struct span part[PARTS], const struct fields *f, int64_t now_s,
    int64_t tolerance_s, struct sign_verdict *v)
{
	bool	full = find_set(part, f);

	v->header = part[SIGNATURE];
	if (!full)
		return SIGN_MISSING_HEADERS;
	if (!span_graph(part[ID], SIGN_ID_MAX) || part[SIGNATURE].len > SIGN_HEADER_MAX)
		return SIGN_BAD_HEADER;
	v->id = part[ID];
	if (!sign_time(part[TIMESTAMP], &v->signed_s))
		return SIGN_BAD_TIMESTAMP;
	return sign_age(v->signed_s, now_s, tolerance_s);
}

static enum hk_err
verify(const struct fields *f, struct span body, const struct sign_key *keys, size_t nkey,
    int64_t now_s, int64_t tolerance_s, struct sign_verdict *v)
{
	struct span		 part[PARTS] = { SPAN_NULL };
	const struct sign_key	*by;
	enum sign_reason	 r;

	*v = (struct sign_verdict){ .reason = SIGN_OK };
	r = judge_fields(part, f, now_s, tolerance_s, v);
	if (nkey == 0)
		return sign_verdict(v, SIGN_NO_SECRET);
	if (r != SIGN_OK)
		return sign_verdict(v, r);
	by = match(part[SIGNATURE], keys, nkey, (struct span[]){ part[ID], SPAN("."),
	    part[TIMESTAMP], SPAN("."), body }, 5);
	if (by == NULL)
		return sign_verdict(v, SIGN_NO_MATCH);
	v->label = by->label;
	return sign_verdict(v, SIGN_OK);
}

/* "v1,<base64>" or "v1a,<base64>" into text. */
static enum hk_err
sign_one(char text[TEXT_A_LEN + sizeof(VERSION_A)], const struct sign_key *k,
    const struct span *piece, size_t n)
{
	uint8_t		sig[ED25519_SIG];
	enum hk_err	e;

	switch (k->kind) {
	case SIGN_HMAC:
		memcpy(text, VERSION, strlen(VERSION));
		sign_text(text + strlen(VERSION), k, piece, n, base64_encode);
		return HK_OK;
	case SIGN_SEED:
		memcpy(text, VERSION_A, strlen(VERSION_A));
		if ((e = ed25519_sign(sig, (const uint8_t *)k->key, piece, n)) == HK_OK)
			base64_encode(text + strlen(VERSION_A), sig, sizeof(sig));
		return e;
	default:
		return err_tell(HK_CONF, "a public key (\"whpk_\") cannot sign; "
		    "signing takes \"whsk_\" or \"" PREFIX "\"");
	}
}

static enum hk_err
sign(struct span body, struct span id, const struct sign_key *keys, size_t nkey,
    int64_t now_s, struct signed_fields *out)
{
	char		text[TEXT_A_LEN + sizeof(VERSION_A)], *list = out->value[SIGNATURE];
	size_t		len = 0;
	enum hk_err	e;

	assert(now_s >= 0);
	if (nkey == 0)
		return err_tell(HK_CONF, "no secret to sign with");
	if (!span_graph(id, SIGN_ID_MAX))
		return err_tell(HK_SYNTAX, "a message id is 1 to %d printable characters "
		    "without blanks", SIGN_ID_MAX);
	memcpy(out->value[ID], id.p, id.len);
	out->value[ID][id.len] = '\0';
	snprintf(out->value[TIMESTAMP], SIGN_VALUE_MAX + 1, "%" PRId64, now_s);
	for (size_t i = 0; i < nkey && len + sizeof(text) <= SIGN_VALUE_MAX; i++) {
		if ((e = sign_one(text, &keys[i], (struct span[]){ id, SPAN("."),
		    span_str(out->value[TIMESTAMP]), SPAN("."), body }, 5)) != HK_OK)
			return e;
		len += (size_t)snprintf(list + len, SIGN_VALUE_MAX + 1 - len, "%s%s",
		    len > 0 ? " " : "", text);
	}
	out->n = PARTS;
	for (int i = 0; i < PARTS; i++)
		out->name[i] = sets[0][i];
	return HK_OK;
}

const struct scheme scheme_svix = {
	.name	= "svix",
	.spec	= "https://github.com/standard-webhooks/standard-webhooks",
	.key	= key,
	.verify	= verify,
	.sign	= sign,
};
