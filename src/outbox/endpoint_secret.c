/*
 * Secrets of endpoints: made here or given, sealed by the settings' key, two of a
 * kind during a rotation.
 */
#include <stdio.h>

#include "base/codec.h"
#include "base/id.h"
#include "crypto/ed25519.h"
#include "crypto/hmac.h"
#include "crypto/seal.h"
#include "outbox/endpoint_part.h"
#include "outbox/secret.h"
#include "sign/scheme.h"

#define V1_BYTES	32
#define SEAL_ROOM	8192
#define HEADERS_PURPOSE	"headers of an endpoint"

static const char *const	kinds[] = { "v1", "v1a" };

static void
purpose_of(int64_t endpoint, char out[64])
{
	snprintf(out, 64, "secret of endpoint %lld", (long long)endpoint);
}

/* ---- making one -------------------------------------------------------------------- */

static void
encode(char *text, const char *prefix, const void *bytes, size_t n)
{
	size_t	at = strlen(prefix);

	memcpy(text, prefix, at);
	base64_encode(text + at, bytes, n);
}

static void
make_v1(char secret[SECRET_TEXT])
{
	uint8_t	key[V1_BYTES];

	random_fill(key, sizeof(key));
	encode(secret, "whsec_", key, sizeof(key));
	crypto_cleanse(key, sizeof(key));
}

/* The seed and its public key together are what "whsk_" holds. */
static enum hk_err
make_v1a(char secret[SECRET_TEXT], char public[SECRET_TEXT])
{
	uint8_t		key[ED25519_SEED + ED25519_PUBLIC];
	enum hk_err	e;

	random_fill(key, ED25519_SEED);
	if ((e = ed25519_public(key + ED25519_SEED, key)) == HK_OK) {
		encode(secret, "whsk_", key, sizeof(key));
		encode(public, "whpk_", key + ED25519_SEED, ED25519_PUBLIC);
	}
	crypto_cleanse(key, sizeof(key));
	return e;
}

/* One that somebody brings: from another sender, during a move. */
static enum hk_err
take_given(enum secret_kind kind, struct span given, char secret[SECRET_TEXT],
    char public[SECRET_TEXT])
{
	struct sign_key	key;
	uint8_t		both[ED25519_SEED + ED25519_PUBLIC];
	size_t		n;
	bool		fits = given.len < SECRET_TEXT &&
			    span_starts(given, kind == SECRET_V1 ? "whsec_" : "whsk_") &&
			    scheme_svix.key(&key, given) == HK_OK;

	crypto_cleanse(&key, sizeof(key));
	if (!fits)
		return err_tell(HK_SYNTAX, "secret: %s", kind == SECRET_V1 ?
		    "whsec_ and base64 of 24 to 64 random bytes" :
		    "whsk_ and base64 of the 64 bytes of an Ed25519 key");
	memcpy(secret, given.p, given.len);
	secret[given.len] = '\0';
	if (kind == SECRET_V1A && base64_decode(both, sizeof(both), &n,
	    span_of(given.p + 5, given.len - 5)) && n == sizeof(both))
		encode(public, "whpk_", both + ED25519_SEED, ED25519_PUBLIC);
	crypto_cleanse(both, sizeof(both));
	return HK_OK;
}

static enum hk_err
make(enum secret_kind kind, struct span given, char secret[SECRET_TEXT],
    char public[SECRET_TEXT])
{
	public[0] = '\0';
	if (given.p != NULL)
		return take_given(kind, given, secret, public);
	if (kind == SECRET_V1A)
		return make_v1a(secret, public);
	make_v1(secret);
	return HK_OK;
}

/* ---- rows ---------------------------------------------------------------------------- */

static enum hk_err
there(struct db *db, int64_t id)
{
	struct stmt	*q = NULL;
	int64_t		 n = 0;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_ENDPOINT_THERE, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	if ((e = stmt_int(q, &n)) == HK_OK && n == 0)
		return err_tell(HK_NOTFOUND, "no webhook endpoint ep_%lld", (long long)id);
	return e;
}

static enum hk_err
end_present(struct db *db, int64_t id, enum secret_kind kind, int64_t now)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_SECRET_END, &q)) != HK_OK)
		return e;
	bind_int(q, ":endpoint", id);
	bind_text(q, ":kind", span_str(kinds[kind]));
	bind_int(q, ":now", now);
	bind_int(q, ":ends", now + ROTATION_US);
	return stmt_run(q);
}

static enum hk_err
add(struct db *db, const struct conf *conf, int64_t id, enum secret_kind kind,
    const char *secret, const char *public, int64_t now)
{
	const struct seal_keys	 keys = { conf->keys, conf->nkeys };
	struct arena		*a = arena_new(SEAL_ROOM);
	struct stmt		*q = NULL;
	struct span		 sealed;
	char			 purpose[64];
	enum hk_err		 e;

	if (a == NULL)
		return err_note(HK_NOMEM, "no memory for a secret");
	purpose_of(id, purpose);
	if ((e = seal(a, &keys, purpose, span_str(secret), &sealed)) == HK_OK &&
	    (e = db_stmt(db, S_SECRET_ADD, &q)) == HK_OK) {
		bind_int(q, ":endpoint", id);
		bind_text(q, ":kind", span_str(kinds[kind]));
		bind_text(q, ":sealed", sealed);
		bind_text(q, ":public", *public != '\0' ? span_str(public) : SPAN_NULL);
		bind_int(q, ":now", now);
		e = stmt_run(q);
	}
	arena_free(a);
	return e;
}

enum hk_err
endpoint_rotate(struct db *db, const struct conf *conf, int64_t id, enum secret_kind kind,
    struct span given, int64_t now, char secret[SECRET_TEXT], char public[SECRET_TEXT])
{
	enum hk_err	e;

	if ((e = there(db, id)) != HK_OK || (e = make(kind, given, secret, public)) != HK_OK ||
	    (e = end_present(db, id, kind, now)) != HK_OK)
		return e;
	return add(db, conf, id, kind, secret, public, now);
}

enum hk_err
endpoint_drop_v1a(struct db *db, int64_t id)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = there(db, id)) != HK_OK || (e = db_stmt(db, S_SECRET_DROP_V1A, &q)) != HK_OK)
		return e;
	bind_int(q, ":endpoint", id);
	return stmt_run(q);
}

/* ---- for signing, and to show ----------------------------------------------------------- */

enum hk_err
endpoint_secrets(struct db *db, const struct conf *conf, int64_t id, int64_t now,
    struct arena *a, struct endpoint_secret *out, size_t room, size_t *n)
{
	const struct seal_keys	 keys = { conf->keys, conf->nkeys };
	struct stmt		*q = NULL;
	struct span		 sealed;
	char			 purpose[64];
	bool			 row;
	enum hk_err		 e;

	*n = 0;
	purpose_of(id, purpose);
	if ((e = db_stmt(db, S_SECRETS, &q)) != HK_OK)
		return e;
	bind_int(q, ":endpoint", id);
	bind_int(q, ":now", now);
	while ((e = stmt_step(q, &row)) == HK_OK && row && *n < room) {
		struct endpoint_secret	*s = &out[*n];

		s->kind = span_is(col_text(q, 0), "v1a") ? SECRET_V1A : SECRET_V1;
		sealed = col_text(q, 1);
		s->ends_us = col_int(q, 2);
		if ((e = seal_open(a, &keys, purpose, sealed, &s->text, NULL)) != HK_OK)
			break;
		++*n;
	}
	stmt_reset(q);
	return e;
}

enum hk_err
endpoint_headers(struct db *db, const struct conf *conf, int64_t id, struct arena *a,
    struct span *out)
{
	const struct seal_keys	 keys = { conf->keys, conf->nkeys };
	struct stmt		*q = NULL;
	bool			 row;
	enum hk_err		 e;

	*out = SPAN_NULL;
	if ((e = db_stmt(db, S_ENDPOINT_HEADERS, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	if ((e = stmt_step(q, &row)) == HK_OK && row && !col_is_null(q, 0))
		e = seal_open(a, &keys, HEADERS_PURPOSE, col_text(q, 0), out, NULL);
	stmt_reset(q);
	return e;
}

enum hk_err
endpoint_reveal(struct db *db, const struct conf *conf, int64_t id, char secret[SECRET_TEXT])
{
	struct arena		*a = arena_new(SEAL_ROOM);
	struct endpoint_secret	 s[8];
	size_t			 n;
	enum hk_err		 e;

	if (a == NULL)
		return err_note(HK_NOMEM, "no memory for a secret");
	if ((e = there(db, id)) == HK_OK)
		e = endpoint_secrets(db, conf, id, INT64_MAX - 1, a, s, 8, &n);
	if (e == HK_OK) {
		e = err_tell(HK_NOTFOUND, "ep_%lld has no secret", (long long)id);
		/* The present one comes first; one that is over at the end of time is none. */
		for (size_t i = 0; i < n; i++)
			if (s[i].kind == SECRET_V1 && s[i].ends_us == 0 && s[i].text.len < SECRET_TEXT) {
				memcpy(secret, s[i].text.p, s[i].text.len);
				secret[s[i].text.len] = '\0';
				e = HK_OK;
				break;
			}
	}
	for (size_t i = 0; e == HK_OK && i < n; i++)
		seal_wipe(s[i].text);
	arena_free(a);
	return e;
}

/* ---- another key in the settings ----------------------------------------------------------- */

struct sealed_row {
	int64_t		 id;
	struct span	 text, plain;
	bool		 old;
};

/* One row of either table; id 0: no more. */
static enum hk_err
reseal_next(struct db *db, const struct conf *conf, bool secrets, struct arena *a,
    struct sealed_row *r)
{
	const struct seal_keys	 keys = { conf->keys, conf->nkeys };
	struct stmt		*q = NULL;
	char			 purpose[64] = HEADERS_PURPOSE;
	int64_t			 after = r->id;
	bool			 row;
	enum hk_err		 e;

	r->id = 0;
	if ((e = db_stmt(db, secrets ? S_SECRET_NEXT : S_HEADERS_NEXT, &q)) != HK_OK)
		return e;
	bind_int(q, ":after", after);
	if ((e = stmt_step(q, &row)) == HK_OK && row) {
		if (secrets)
			purpose_of(col_int(q, 2), purpose);
		r->id = col_int(q, 0);
		if ((e = seal_open(a, &keys, purpose, col_text(q, 1), &r->plain, &r->old)) == HK_BADSIG)
			e = err_note(HK_BADSIG, "%s: none of the keys in hookkeeper.conf opens it; "
			    "put the old key back behind the new one", purpose);
		if (e == HK_OK && r->old)
			e = seal(a, &keys, purpose, r->plain, &r->text);
	}
	stmt_reset(q);
	return e;
}

static enum hk_err
reseal_table(struct db *db, const struct conf *conf, bool secrets, int64_t *n)
{
	struct arena		*a = arena_new((size_t)64 << 10);
	struct sealed_row	 r = { .id = 0 };
	struct stmt		*q;
	enum hk_err		 e = a == NULL ? err_note(HK_NOMEM, "no memory for a secret") : HK_OK;

	while (e == HK_OK && (e = reseal_next(db, conf, secrets, a, &r)) == HK_OK && r.id != 0) {
		if (r.old && (e = db_stmt(db, secrets ? S_SECRET_RESEAL : S_HEADERS_RESEAL, &q)) == HK_OK) {
			bind_int(q, ":id", r.id);
			bind_text(q, ":sealed", r.text);
			e = stmt_run(q);
			++*n;
		}
		seal_wipe(r.plain);
		arena_reset(a);
	}
	arena_free(a);
	return e;
}

enum hk_err
endpoints_reseal(struct db *db, const struct conf *conf, int64_t *n)
{
	enum hk_err	e;

	*n = 0;
	if ((e = reseal_table(db, conf, true, n)) != HK_OK)
		return e;
	return reseal_table(db, conf, false, n);
}
