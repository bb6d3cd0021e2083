/* What all schemes do alike: comparing, judging the time, naming the reason. */
#include "sign/shared.h"
#include "crypto/hmac.h"

#include <assert.h>

static const struct {
	const char	*name;
	enum hk_err	 err;
	const char	*text;
} reasons[SIGN_REASONS] = {
	[SIGN_OK]		= { "ok", HK_OK, "the signature is good" },
	[SIGN_MISSING_HEADER]	= { "missing_header", HK_BADSIG,
	    "the request has no signature header" },
	[SIGN_MISSING_HEADERS]	= { "missing_headers", HK_BADSIG,
	    "of the id, timestamp and signature headers one is missing or empty" },
	[SIGN_BAD_HEADER]	= { "bad_header", HK_BADSIG,
	    "a signature header has another shape than its scheme says" },
	[SIGN_BAD_TIMESTAMP]	= { "bad_timestamp", HK_BADSIG,
	    "the signature's time is not a plain number of seconds" },
	[SIGN_NO_SCHEME]	= { "no_scheme", HK_BADSIG,
	    "the header has no signature of version v1" },
	[SIGN_NO_MATCH]		= { "no_match", HK_BADSIG,
	    "no configured secret made this signature for this body" },
	[SIGN_TOO_OLD]		= { "too_old", HK_STALE,
	    "the signature's time is too far in the past" },
	[SIGN_TOO_NEW]		= { "too_new", HK_STALE,
	    "the signature's time is too far in the future; is our clock right?" },
	[SIGN_NO_SECRET]	= { "no_secret", HK_CONF,
	    "no signing secret is configured for this sender" },
};

const char *
sign_reason_name(enum sign_reason r)
{
	assert((unsigned int)r < SIGN_REASONS);
	return reasons[r].name;
}

enum hk_err
sign_verdict(struct sign_verdict *v, enum sign_reason r)
{
	v->reason = r;
	if (r == SIGN_OK)
		return HK_OK;
	return err_tell(reasons[r].err, "%s", reasons[r].text);
}

void
sign_see(struct sign_seen *seen, struct span text)
{
	if (seen->n < SIGN_SEEN_MAX)
		seen->text[seen->n++] = text;
}

size_t
sign_text(char out[SIGN_TEXT_MAX + 1], const struct sign_key *key,
    const struct span *piece, size_t n, sign_encode *encode)
{
	uint8_t	mac[SHA256_LEN];

	hmac_sha256(mac, span_of(key->key, key->len), piece, n);
	encode(out, mac, sizeof(mac));
	crypto_cleanse(mac, sizeof(mac));
	return strlen(out);
}

/*
 * Every signature is compared in full.  Stopping at the first key that fits
 * tells nothing to anyone who cannot make a good signature already.
 */
const struct sign_key *
sign_match(const struct sign_seen *seen, const struct sign_key *key, size_t nkey,
    const struct span *piece, size_t n, sign_encode *encode)
{
	char	want[SIGN_TEXT_MAX + 1];
	size_t	len;
	bool	found = false;

	for (size_t k = 0; k < nkey && !found; k++, key++) {
		len = sign_text(want, key, piece, n, encode);
		for (size_t i = 0; i < seen->n; i++)
			found |= seen->text[i].len == len &&
			    crypto_equal(seen->text[i].p, want, len);
	}
	crypto_cleanse(want, sizeof(want));
	return found ? key - 1 : NULL;
}

bool
sign_time(struct span s, int64_t *out)
{
	return s.len <= SIGN_TIME_MAX && span_u63(s, out);
}

enum sign_reason
sign_age(int64_t signed_s, int64_t now_s, int64_t tolerance_s)
{
	if (now_s - signed_s > tolerance_s)
		return SIGN_TOO_OLD;
	if (signed_s - now_s > tolerance_s)
		return SIGN_TOO_NEW;
	return SIGN_OK;
}
