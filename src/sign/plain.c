/*
 * HMAC-SHA256 in whatever form a sender's owner has set: header, prefix,
 * encoding, signed text.
 */
#include "sign/shared.h"
#include "base/codec.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#define HEX_LEN		(2 * SHA256_LEN)
#define MS_DIGITS	(SIGN_TIME_MAX + 1)

/* HMAC itself takes the SHA-256 of a long key (RFC 2104), so any length will do. */
static enum hk_err
key(struct sign_key *k, struct span secret)
{
	if (span_trim(secret).len == 0)
		return err_tell(HK_CONF, "a signing secret is not empty");
	k->kind = SIGN_HMAC;
	if (secret.len > SIGN_KEY_MAX) {
		sha256((uint8_t *)k->key, &secret, 1);
		k->len = SHA256_LEN;
	} else {
		memcpy(k->key, secret.p, secret.len);
		k->len = secret.len;
	}
	return HK_OK;
}

static void
see_digest(struct plain_said *said, const struct sign_how *how, struct span text)
{
	size_t	n = how_has(how->prefix) ? strlen(how->prefix) : 0;

	if (n == 0 || span_starts(text, how->prefix))
		sign_see(&said->digest, span_of(text.p + n, text.len - n));
}

static void
read_items(struct plain_said *said, const struct sign_how *how)
{
	struct span	rest = said->header, item, name;

	while (rest.p != NULL) {
		item = span_trim(span_cut(&rest, how->item_separator));
		name = span_cut(&item, '=');	/* item: the value */
		if (item.p == NULL)
			continue;
		if (span_is(name, how->digest_item))
			see_digest(said, how, item);
		else if (how_has(how->timestamp_item) && span_is(name, how->timestamp_item)) {
			said->time_twice |= said->timestamp.p != NULL;
			said->timestamp = item;
		}
	}
}

void
plain_read(struct plain_said *said, const struct sign_how *how, const struct fields *f)
{
	*said = (struct plain_said){ .header = field_get(f, how->header) };
	if (how_has(how->timestamp_header))
		said->timestamp = field_get(f, how->timestamp_header);
	if (how_has(how->id_header))
		said->id = field_get(f, how->id_header);
	if (said->header.len == 0 || said->header.len > SIGN_HEADER_MAX)
		return;
	if (how->item_separator != '\0')
		read_items(said, how);
	else
		see_digest(said, how, span_trim(said->header));
}

bool
plain_digest(uint8_t out[SHA256_LEN], struct span text, enum sign_encoding encoding)
{
	char	low[HEX_LEN];
	size_t	len;

	if (encoding == SIGN_BASE64)
		return text.len == BASE64_LEN(SHA256_LEN) &&
		    base64_decode(out, SHA256_LEN, &len, text) && len == SHA256_LEN;
	if (text.len != HEX_LEN)
		return false;
	for (size_t i = 0; i < HEX_LEN; i++)
		low[i] = text.p[i] >= 'A' && text.p[i] <= 'F' ? (char)(text.p[i] | 0x20) :
		    text.p[i];
	return hex_decode(out, SHA256_LEN, span_of(low, HEX_LEN));
}

bool
plain_time(struct span s, int64_t *out)
{
	if (sign_time(s, out))
		return true;
	if (s.len != MS_DIGITS || !span_u63(s, out))
		return false;
	*out /= 1000;
	return true;
}

/* The digests that have their shape; how many. */
static size_t
read_digests(uint8_t out[SIGN_SEEN_MAX][SHA256_LEN], const struct sign_seen *seen,
    enum sign_encoding encoding)
{
	size_t	n = 0;

	for (size_t i = 0; i < seen->n; i++)
		if (plain_digest(out[n], seen->text[i], encoding))
			n++;
	return n;
}

/* The reasons that need no secret. */
static enum sign_reason
judge_fields(const struct plain_said *said, const struct sign_how *how, size_t ndigest,
    struct sign_verdict *v)
{
	v->header = said->header;
	if (said->header.len == 0)
		return SIGN_MISSING_HEADER;
	if ((how_has(how->timestamp_header) && said->timestamp.len == 0) ||
	    (how_has(how->id_header) && said->id.len == 0))
		return SIGN_MISSING_HEADERS;
	if (ndigest == 0 || said->time_twice ||
	    (how_has(how->timestamp_item) && said->timestamp.p == NULL) ||
	    (how_has(how->id_header) && !span_graph(said->id, SIGN_ID_MAX)))
		return SIGN_BAD_HEADER;
	v->id = said->id;
	if (how_uses(how, HOW_TIMESTAMP) && !plain_time(said->timestamp, &v->signed_s))
		return SIGN_BAD_TIMESTAMP;
	return SIGN_OK;
}

/* The first key that made one of the digests; NULL: none did. */
static const struct sign_key *
match(uint8_t digest[][SHA256_LEN], size_t ndigest, const struct sign_key *k, size_t nkey,
    const struct span *piece, size_t n)
{
	uint8_t	want[SHA256_LEN];
	bool	found = false;

	for (; nkey > 0 && !found; k++, nkey--) {
		hmac_sha256(want, span_of(k->key, k->len), piece, n);
		for (size_t i = 0; i < ndigest; i++)
			found |= crypto_equal(digest[i], want, sizeof(want));
	}
	crypto_cleanse(want, sizeof(want));
	return found ? k - 1 : NULL;
}

static enum hk_err
verify(const struct fields *f, struct span body, const struct sign_key *keys, size_t nkey,
    int64_t now_s, int64_t tolerance_s, struct sign_verdict *v)
{
	const struct sign_how	*how;
	const struct sign_key	*by;
	struct plain_said	 said;
	struct span		 piece[HOW_PIECES_MAX];
	uint8_t			 digest[SIGN_SEEN_MAX][SHA256_LEN];
	size_t			 n;
	enum sign_reason	 r;

	*v = (struct sign_verdict){ .reason = SIGN_OK };
	if (nkey == 0)
		return sign_verdict(v, SIGN_NO_SECRET);
	how = keys->how;
	assert(how != NULL);
	plain_read(&said, how, f);
	n = read_digests(digest, &said.digest, how->encoding);
	if ((r = judge_fields(&said, how, n, v)) != SIGN_OK)
		return sign_verdict(v, r);
	by = match(digest, n, keys, nkey, piece,
	    how_pieces(piece, how, said.timestamp, said.id, body));
	if (by == NULL)
		return sign_verdict(v, SIGN_NO_MATCH);
	v->label = by->label;
	return sign_verdict(v, how_uses(how, HOW_TIMESTAMP) ?
	    sign_age(v->signed_s, now_s, tolerance_s) : SIGN_OK);
}

/* A further field, to be filled. */
static char *
put_field(struct signed_fields *out, const char *name)
{
	out->name[out->n] = name;
	return out->value[out->n++];
}

/* "ts=<t>;h1=<digest>[;h1=<digest>...]", as many as fit. */
static void
put_items(char *value, const struct sign_key *keys, size_t nkey, const char *t,
    const struct span *piece, size_t n, sign_encode *encode)
{
	const struct sign_how	*how = keys->how;
	const char		*prefix = how_has(how->prefix) ? how->prefix : "";
	const size_t		 room = SIGN_VALUE_MAX + 1;
	const size_t		 more = 2 + strlen(how->digest_item) + strlen(prefix) +
				    SIGN_TEXT_MAX;
	char			 text[SIGN_TEXT_MAX + 1];
	size_t			 len = 0;

	value[0] = '\0';
	if (how_has(how->timestamp_item))
		len += (size_t)snprintf(value, room, "%s=%s", how->timestamp_item, t);
	for (size_t i = 0; i < nkey && len + more < room; i++) {
		sign_text(text, &keys[i], piece, n, encode);
		if (len > 0)
			value[len++] = how->item_separator;
		len += (size_t)snprintf(value + len, room - len, "%s=%s%s", how->digest_item,
		    prefix, text);
	}
}

static enum hk_err
sign(struct span body, struct span id, const struct sign_key *keys, size_t nkey,
    int64_t now_s, struct signed_fields *out)
{
	const struct sign_how	*how;
	sign_encode		*encode;
	struct span		 piece[HOW_PIECES_MAX];
	char			 t[24], text[SIGN_TEXT_MAX + 1];
	size_t			 n;

	assert(now_s >= 0);
	if (nkey == 0)
		return err_tell(HK_CONF, "no secret to sign with");
	how = keys->how;
	assert(how != NULL);
	if (how_uses(how, HOW_ID) && !span_graph(id, SIGN_ID_MAX))
		return err_tell(HK_SYNTAX, "a message id is 1 to %d printable characters "
		    "without blanks", SIGN_ID_MAX);
	encode = how->encoding == SIGN_BASE64 ? base64_encode : hex_encode;
	snprintf(t, sizeof(t), "%" PRId64, now_s);
	n = how_pieces(piece, how, span_str(t), id, body);
	out->n = 0;
	if (how->item_separator != '\0') {
		put_items(put_field(out, how->header), keys, nkey, t, piece, n, encode);
	} else {
		sign_text(text, keys, piece, n, encode);
		snprintf(put_field(out, how->header), SIGN_VALUE_MAX + 1, "%s%s",
		    how_has(how->prefix) ? how->prefix : "", text);
	}
	if (how_has(how->timestamp_header))
		memcpy(put_field(out, how->timestamp_header), t, sizeof(t));
	if (how_has(how->id_header))
		snprintf(put_field(out, how->id_header), SIGN_VALUE_MAX + 1, "%.*s",
		    SPAN_ARG(id));
	return HK_OK;
}

const struct scheme scheme_plain = {
	.name	= "plain",
	.spec	= "https://www.rfc-editor.org/rfc/rfc2104",
	.key	= key,
	.verify	= verify,
	.sign	= sign,
};
