/*
 * Stripe-Signature: the verifier says what a second reading of the rules in
 * sign/scheme.h says, written with strsep() and OpenSSL's HMAC().
 */
#include "message.h"

#include <stdio.h>
#include <stdlib.h>

#define SEEN_MOST	32	/* of one header; further ones are not read */

/* What a header says; points into a copy that is cut to pieces. */
struct said {
	const char	*t, *v1[SEEN_MOST];
	size_t		 nt, nv1;
};

static void
read_header(struct said *said, const struct message *m)
{
	char	*rest = message_get(m, "stripe-signature"), *item, *value;

	memset(said, 0, sizeof(*said));
	while ((item = strsep(&rest, ",")) != NULL) {
		if ((value = strchr(item, '=')) == NULL)
			continue;
		*value++ = '\0';
		if (strcmp(item, "t") == 0) {
			said->t = value;
			said->nt++;
		} else if (strcmp(item, "v1") == 0 && said->nv1 < SEEN_MOST)
			said->v1[said->nv1++] = value;
	}
}

static const char *
digest(const struct message *m, size_t i)
{
	struct said	 said;
	uint8_t		 mac[32];
	char		*before;

	read_header(&said, m);
	if (said.t == NULL)
		return NULL;
	before = fuzz_room(strlen(said.t) + 2);
	sprintf(before, "%s.", said.t);
	slow_hmac(mac, span_str(m->secret[i]), before, m->body);
	return slow_hex(mac, sizeof(mac));
}

static bool
match(const struct message *m, const struct said *said)
{
	for (size_t k = 0; k < m->nsecret; k++) {
		const char	*good = digest(m, k);

		for (size_t i = 0; i < said->nv1; i++)
			if (strcmp(said->v1[i], good) == 0)
				return true;
	}
	return false;
}

static enum sign_reason
expected(const struct message *m)
{
	struct said	said;

	if (m->nsecret == 0)
		return SIGN_NO_SECRET;
	if (*message_get(m, "stripe-signature") == '\0')
		return SIGN_MISSING_HEADER;
	if (strlen(message_get(m, "stripe-signature")) > SIGN_HEADER_MAX)
		return SIGN_BAD_HEADER;
	read_header(&said, m);
	if (said.nt != 1)
		return SIGN_BAD_HEADER;
	if (!slow_matches(said.t, "^[0-9]{1,12}$"))
		return SIGN_BAD_TIMESTAMP;
	if (said.nv1 == 0)
		return SIGN_NO_SCHEME;
	if (!match(m, &said))
		return SIGN_NO_MATCH;
	return slow_age(m, atoll(said.t));
}

/* Only secrets that can be keys stay. */
static void
make_keys(struct message *m, struct sign_key *key)
{
	size_t	n = 0;

	for (size_t i = 0; i < m->nsecret; i++) {
		struct span	secret = span_str(m->secret[i]);
		enum hk_err	e;

		key[n] = (struct sign_key){ .label = m->secret[i] };
		e = scheme_stripe.key(&key[n], secret);
		must((e == HK_OK) == (span_trim(secret).len > 0 && secret.len <= SIGN_KEY_MAX),
		    "a secret of %zu characters: %s", secret.len, err_name(e));
		if (e == HK_OK)
			m->secret[n++] = m->secret[i];
	}
	m->nsecret = n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct message	m;
	struct sign_key	key[MESSAGE_SECRETS];

	message_read(&m, span_of((const char *)data, size));
	make_keys(&m, key);
	message_fill(&m, digest);
	message_judge(&m, &scheme_stripe, key, m.nsecret, expected(&m),
	    BITS_ALL);
	fuzz_forget();
	return 0;
}
