/*
 * Standard Webhooks v1 and v1a, with the names of Svix and the standard's: the
 * verifier and the reading of secrets say what a second reading of the rules
 * says, written with strsep() and OpenSSL's own functions.
 */
#include "message.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#define SEEN_MOST	32	/* v1 of one header; further ones are not read */
#define SEEN_A_MOST	4	/* the same of v1a */

struct part {
	const char	*id, *time, *list;
};

/* A secret, read slowly. */
struct secret {
	enum sign_kind	 kind;
	uint8_t		 bytes[128];
	size_t		 len;
};

static bool
public_of(uint8_t public[32], const uint8_t seed[32])
{
	EVP_PKEY	*pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, 32);
	size_t		 n = 32;
	bool		 done = pkey != NULL && EVP_PKEY_get_raw_public_key(pkey, public, &n) == 1;

	EVP_PKEY_free(pkey);
	return done;
}

static bool
read_secret(struct secret *s, const char *text)
{
	uint8_t	public[32];

	s->kind = SIGN_HMAC;
	if (strncmp(text, "whpk_", 5) == 0)
		s->kind = SIGN_PUBLIC;
	else if (strncmp(text, "whsk_", 5) == 0)
		s->kind = SIGN_SEED;
	text += s->kind != SIGN_HMAC ? 5 : strncmp(text, "whsec_", 6) == 0 ? 6 : 0;
	if (!slow_unbase64(text, s->bytes, sizeof(s->bytes), &s->len))
		return false;
	switch (s->kind) {
	case SIGN_PUBLIC:
		return s->len == 32;
	case SIGN_SEED:
		return s->len == 64 && public_of(public, s->bytes) &&
		    memcmp(public, s->bytes + 32, 32) == 0;
	default:
		return s->len >= 16 && s->len <= 75;
	}
}

/* A full set of the first names wins; then one of the second. */
static bool
find(struct part *p, const struct message *m)
{
	static const char *const	prefix[] = { "svix", "webhook" };
	char				name[32];

	for (int i = 0; i < 2; i++) {
		snprintf(name, sizeof(name), "%s-id", prefix[i]);
		p->id = message_get(m, name);
		snprintf(name, sizeof(name), "%s-timestamp", prefix[i]);
		p->time = message_get(m, name);
		snprintf(name, sizeof(name), "%s-signature", prefix[i]);
		p->list = message_get(m, name);
		if (*p->id != '\0' && *p->time != '\0' && *p->list != '\0')
			return true;
	}
	return false;
}

static char *
before_body(const struct part *p)
{
	char	*text = fuzz_room(strlen(p->id) + strlen(p->time) + 3);

	sprintf(text, "%s.%s.", p->id, p->time);
	return text;
}

/* What is signed, in one piece. */
static struct span
joined(const struct part *p, struct span body)
{
	const char	*before = before_body(p);
	size_t		 n = strlen(before);
	char		*all = fuzz_room(n + body.len);

	memcpy(all, before, n);
	if (body.len > 0)
		memcpy(all + n, body.p, body.len);
	return span_of(all, n + body.len);
}

static const char *
ed25519_text(const struct secret *s, struct span all)
{
	EVP_PKEY	*pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, s->bytes, 32);
	EVP_MD_CTX	*ctx = EVP_MD_CTX_new();
	uint8_t		 sig[64];
	size_t		 n = sizeof(sig);

	if (EVP_DigestSignInit(ctx, NULL, NULL, NULL, pkey) != 1 ||
	    EVP_DigestSign(ctx, sig, &n, (const uint8_t *)all.p, all.len) != 1)
		abort();
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	return slow_base64(sig, sizeof(sig));
}

static bool
ed25519_good(const uint8_t public[32], const char *text, struct span all)
{
	EVP_PKEY	*pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public, 32);
	EVP_MD_CTX	*ctx = EVP_MD_CTX_new();
	uint8_t		 sig[64];
	size_t		 n = 0;
	bool		 good;

	good = strlen(text) == 88 && slow_unbase64(text, sig, sizeof(sig), &n) && n == 64 &&
	    EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey) == 1 &&
	    EVP_DigestVerify(ctx, sig, sizeof(sig), (const uint8_t *)all.p, all.len) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	return good;
}

static const char *
digest(const struct message *m, size_t i)
{
	struct secret	s;
	struct part	p;
	uint8_t		mac[32];

	if (!read_secret(&s, m->secret[i]) || s.kind == SIGN_PUBLIC)
		return NULL;
	(void)find(&p, m);
	if (s.kind == SIGN_SEED)
		return ed25519_text(&s, joined(&p, m->body));
	slow_hmac(mac, span_of((char *)s.bytes, s.len), before_body(&p), m->body);
	return slow_base64(mac, sizeof(mac));
}

/* Cut the list into tokens of one version; how many. */
static size_t
tokens(const char *list, const char *version, const char *out[], size_t most)
{
	char	*rest = fuzz_string(span_str(list)), *token, *text;
	size_t	 n = 0, len;

	while ((token = strsep(&rest, " ")) != NULL) {
		if ((text = strchr(token, ',')) == NULL)
			continue;
		*text++ = '\0';
		/* a proxy that folds two fields into one puts a comma behind the first */
		if ((len = strlen(text)) > 0 && text[len - 1] == ',')
			text[len - 1] = '\0';
		if (strcmp(token, version) == 0 && n < most)
			out[n++] = text;
	}
	return n;
}

static bool
match(const struct message *m, const struct part *p)
{
	const char	*v1[SEEN_MOST], *v1a[SEEN_A_MOST], *good;
	size_t		 n1 = tokens(p->list, "v1", v1, SEEN_MOST);
	size_t		 na = tokens(p->list, "v1a", v1a, SEEN_A_MOST);
	struct secret	 s;

	for (size_t k = 0; k < m->nsecret; k++) {
		(void)read_secret(&s, m->secret[k]);
		if (s.kind == SIGN_HMAC) {
			good = digest(m, k);
			for (size_t i = 0; i < n1; i++)
				if (strcmp(v1[i], good) == 0)
					return true;
			continue;
		}
		for (size_t i = 0; i < na; i++)
			if (ed25519_good(s.bytes + (s.kind == SIGN_SEED ? 32 : 0), v1a[i],
			    joined(p, m->body)))
				return true;
	}
	return false;
}

static enum sign_reason
expected(const struct message *m)
{
	struct part		p;
	enum sign_reason	r;

	if (m->nsecret == 0)
		return SIGN_NO_SECRET;
	if (!find(&p, m))
		return SIGN_MISSING_HEADERS;
	if (strlen(p.id) > SIGN_ID_MAX || !slow_matches(p.id, "^[!-~]+$") ||
	    strlen(p.list) > SIGN_HEADER_MAX)
		return SIGN_BAD_HEADER;
	if (!slow_matches(p.time, "^[0-9]{1,12}$"))
		return SIGN_BAD_TIMESTAMP;
	if ((r = slow_age(m, atoll(p.time))) != SIGN_OK)
		return r;
	return match(m, &p) ? SIGN_OK : SIGN_NO_MATCH;
}

/* Only secrets that can be keys stay. */
static void
make_keys(struct message *m, struct sign_key *key)
{
	struct secret	s;
	size_t		n = 0;

	for (size_t i = 0; i < m->nsecret; i++) {
		const char	*text = m->secret[i];
		bool		 good = read_secret(&s, text);
		enum hk_err	 e;

		key[n] = (struct sign_key){ .label = text };
		e = scheme_svix.key(&key[n], span_str(text));
		must((e == HK_OK) == good, "secret %s: %s", text, err_name(e));
		must(!good || (key[n].kind == s.kind && key[n].len == s.len &&
		    memcmp(key[n].key, s.bytes, s.len) == 0), "secret %s is another key", text);
		if (good)
			m->secret[n++] = text;
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
	message_judge(&m, &scheme_svix, key, m.nsecret, expected(&m),
	    BITS_ALL);
	fuzz_forget();
	return 0;
}
