/*
 * Shared secrets shown as they are: "Bearer SECRET" and "Basic base64(user:
 * password)".  Both sides are hashed before they are compared, so that neither
 * content nor length shows in the time it takes.
 */
#include "sign/shared.h"
#include "base/codec.h"

#include <assert.h>
#include <stdio.h>

#define AUTHORIZATION	"authorization"

static enum hk_err
keep(struct sign_key *k, struct span secret)
{
	memcpy(k->key, secret.p, secret.len);
	k->len = secret.len;
	k->kind = SIGN_HMAC;
	return HK_OK;
}

static enum hk_err
bearer_key(struct sign_key *k, struct span secret)
{
	if (secret.len < BEARER_LEAST || !span_graph(secret, SIGN_KEY_MAX))
		return err_tell(HK_CONF, "a bearer secret has %d to %d printable characters "
		    "without blanks", BEARER_LEAST, SIGN_KEY_MAX);
	return keep(k, secret);
}

static enum hk_err
basic_key(struct sign_key *k, struct span secret)
{
	struct span	password = secret, user = span_cut(&password, ':');

	if (password.p == NULL || user.len == 0)
		return err_tell(HK_CONF, "a secret for basic authentication is "
		    "\"user:password\"");
	if (password.len < PASSWORD_LEAST || secret.len > SIGN_KEY_MAX)
		return err_tell(HK_CONF, "a password has at least %d characters, and "
		    "\"user:password\" at most %d", PASSWORD_LEAST, SIGN_KEY_MAX);
	for (size_t i = 0; i < secret.len; i++)
		if ((unsigned char)secret.p[i] < ' ' || secret.p[i] == 0x7f)
			return err_tell(HK_CONF, "\"user:password\" has no control characters");
	return keep(k, secret);
}

static const char *
word_of(const struct scheme *s)
{
	return s == &scheme_basic ? "basic" : "bearer";
}

/* Behind "Bearer " in any case; SPAN_NULL: another word is there. */
static struct span
behind_word(struct span value, const char *word)
{
	size_t	n = strlen(word);

	if (value.len <= n || value.p[n] != ' ')
		return SPAN_NULL;
	for (size_t i = 0; i < n; i++)
		if ((value.p[i] | 0x20) != word[i])
			return SPAN_NULL;
	return span_trim(span_of(value.p + n, value.len - n));
}

static const char *
own_header(const struct sign_how *how)
{
	return how != NULL && how_has(how->header) ? how->header : AUTHORIZATION;
}

struct span
bearer_value(const struct scheme *s, const struct sign_how *how, const struct fields *f)
{
	const char	*own = own_header(how);
	struct span	 value, behind;

	if (strcmp(own, AUTHORIZATION) != 0 && field_get(f, own).len > 0) {
		value = span_trim(field_get(f, own));
		behind = behind_word(value, word_of(s));
		return behind.p != NULL ? behind : value;
	}
	return behind_word(span_trim(field_get(f, AUTHORIZATION)), word_of(s));
}

/* SIGN_OK: *key is the one. */
static enum sign_reason
match(struct span shown, const struct sign_key *k, size_t nkey, const struct sign_key **key)
{
	uint8_t		got[SHA256_LEN], want[SHA256_LEN];
	struct span	text;
	bool		found = false;

	sha256(got, &shown, 1);
	for (; nkey > 0 && !found; k++, nkey--) {
		text = span_of(k->key, k->len);
		sha256(want, &text, 1);
		found = crypto_equal(got, want, sizeof(want));
		*key = k;
	}
	crypto_cleanse(want, sizeof(want));
	return found ? SIGN_OK : SIGN_NO_MATCH;
}

static enum hk_err
verify(const struct scheme *s, const struct fields *f, const struct sign_key *keys,
    size_t nkey, struct sign_verdict *v)
{
	const struct sign_key	*by = NULL;
	char			 text[SIGN_KEY_MAX];
	struct span		 shown;
	size_t			 len = 0;
	enum sign_reason	 r;

	*v = (struct sign_verdict){ .reason = SIGN_OK };
	if (nkey == 0)
		return sign_verdict(v, SIGN_NO_SECRET);
	shown = bearer_value(s, keys->how, f);
	if (shown.len == 0)
		return sign_verdict(v, SIGN_MISSING_HEADER);
	if (s == &scheme_basic) {
		if (shown.len > BASE64_LEN(sizeof(text)) ||
		    !base64_decode(text, sizeof(text), &len, shown))
			return sign_verdict(v, SIGN_BAD_HEADER);
		shown = span_of(text, len);
	}
	r = shown.len > SIGN_HEADER_MAX ? SIGN_BAD_HEADER : match(shown, keys, nkey, &by);
	crypto_cleanse(text, sizeof(text));
	if (r == SIGN_OK)
		v->label = by->label;
	return sign_verdict(v, r);
}

static enum hk_err
bearer_verify(const struct fields *f, struct span body, const struct sign_key *keys,
    size_t nkey, int64_t now_s, int64_t tolerance_s, struct sign_verdict *v)
{
	(void)body;	/* nothing of it is signed, and neither is a time */
	(void)now_s;
	(void)tolerance_s;
	return verify(&scheme_bearer, f, keys, nkey, v);
}

static enum hk_err
basic_verify(const struct fields *f, struct span body, const struct sign_key *keys,
    size_t nkey, int64_t now_s, int64_t tolerance_s, struct sign_verdict *v)
{
	(void)body;
	(void)now_s;
	(void)tolerance_s;
	return verify(&scheme_basic, f, keys, nkey, v);
}

static enum hk_err
bearer_sign(struct span body, struct span id, const struct sign_key *keys, size_t nkey,
    int64_t now_s, struct signed_fields *out)
{
	(void)body;
	(void)id;
	(void)now_s;
	if (nkey == 0)
		return err_tell(HK_CONF, "no secret to show");
	out->n = 1;
	out->name[0] = own_header(keys->how);
	snprintf(out->value[0], SIGN_VALUE_MAX + 1, "Bearer %.*s", (int)keys->len, keys->key);
	return HK_OK;
}

static enum hk_err
basic_sign(struct span body, struct span id, const struct sign_key *keys, size_t nkey,
    int64_t now_s, struct signed_fields *out)
{
	static const char	word[] = "Basic ";

	(void)body;
	(void)id;
	(void)now_s;
	if (nkey == 0)
		return err_tell(HK_CONF, "no password to show");
	out->n = 1;
	out->name[0] = own_header(keys->how);
	memcpy(out->value[0], word, sizeof(word));
	base64_encode(out->value[0] + strlen(word), keys->key, keys->len);
	return HK_OK;
}

const struct scheme scheme_bearer = {
	.name	= "bearer",
	.spec	= "https://www.rfc-editor.org/rfc/rfc6750",
	.key	= bearer_key,
	.verify	= bearer_verify,
	.sign	= bearer_sign,
};

const struct scheme scheme_basic = {
	.name	= "basic",
	.spec	= "https://www.rfc-editor.org/rfc/rfc7617",
	.key	= basic_key,
	.verify	= basic_verify,
	.sign	= basic_sign,
};
