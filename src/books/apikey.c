/*
 * API keys.  "hk_", nine characters of time, nine of chance, which with the time
 * are the key's id, and 25 of chance (148 bits) that only its owner knows.  So a
 * plain SHA-256 tells the text, and tells nothing about it.
 */
#include "books/apikey.h"

#include <stdio.h>

#include "base/codec.h"
#include "books/ref.h"
#include "crypto/hmac.h"
#include "crypto/seal.h"

#define SEAL_ROOM	4096	/* for sealing a key: its arena */
#define HASH_LEN	(2 * SHA256_LEN)
#define TEXT_LEN	(3 + 43)
#define TIME_LEN	9
#define ID_LEN		18	/* characters of the text that are in the id */
#define PREFIX_LEN	11	/* "hk_" and time */

/* Times grow, so new ones go to the table's end. */
static void
text_make(char text[APIKEY_TEXT], int64_t now)
{
	static const char	letters[] =
	    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	uint64_t		t = now > 0 ? (uint64_t)now : 0;
	char			part[28];

	id_make(part, "");
	snprintf(text, APIKEY_TEXT, "hk_%0*d%.25s", TIME_LEN, 0, part);
	id_make(part, "");
	memcpy(text + 3 + TIME_LEN + 25, part, 9);
	text[TEXT_LEN] = '\0';
	for (int i = 3 + TIME_LEN - 1; i >= 3; i--, t /= 62)
		text[i] = letters[t % 62];
	crypto_cleanse(part, sizeof(part));
}

/* False: no text of ours. */
static bool
id_of(struct span text, char id[40])
{
	if (text.len != TEXT_LEN || !span_starts(text, "hk_"))
		return false;
	snprintf(id, 40, "key_%.*s", ID_LEN, text.p + 3);
	return true;
}

static void
hash(struct span text, char hex[HASH_LEN + 1])
{
	uint8_t	digest[SHA256_LEN];

	sha256(digest, &text, 1);
	hex_encode(hex, digest, sizeof(digest));
}

static void
purpose_of(const char *id, char purpose[64])
{
	snprintf(purpose, 64, "api key %.40s", id);
}

/* A sealed text holds for this key alone; out lives in the arena. */
static enum hk_err
seal_text(struct arena *a, const struct conf *conf, const char *id, const char *text,
    struct span *out)
{
	const struct seal_keys	keys = { conf->keys, conf->nkeys };
	char			purpose[64];

	purpose_of(id, purpose);
	return seal(a, &keys, purpose, span_str(text), out);
}

static enum hk_err
add(const struct cause *c, const struct apikey *k, struct span name, const char *text,
    struct span sealed)
{
	struct stmt	*q = NULL;
	char		 hex[HASH_LEN + 1];
	enum hk_err	 e;

	hash(span_str(text), hex);
	if ((e = db_stmt(c->db, S_APIKEY_ADD, &q)) != HK_OK)
		return e;
	bind_text(q, ":id", span_str(k->id));
	bind_text(q, ":user", span_str(k->user));
	bind_text(q, ":name", name);
	bind_text(q, ":prefix", span_str(k->prefix));
	bind_text(q, ":hash", span_str(hex));
	bind_text(q, ":sealed", sealed);
	bind_event(q, c);
	bind_int(q, ":now", c->now);
	return stmt_run(q);
}

/* HK_NOTFOUND: no such user, or deleted; *has: there was ever a key. */
static enum hk_err
user_of_key(struct db *db, const char *user_id, bool *has)
{
	struct stmt	*q = NULL;
	bool		 row;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_APIKEY_USER, &q)) != HK_OK)
		return e;
	bind_text(q, ":user", span_str(user_id));
	if ((e = stmt_step(q, &row)) == HK_OK && row)
		*has = col_int(q, 0) != 0;
	stmt_reset(q);
	if (e == HK_OK && !row)
		return err_tell(HK_NOTFOUND, "no user %s who could have a key", user_id);
	return e;
}

static enum hk_err
make(const struct cause *c, const struct conf *conf, const char *user_id, struct span name,
    struct apikey *out, char text[APIKEY_TEXT])
{
	struct apikey	 k = { .created_us = c->now, .revealed = text != NULL };
	struct span	 sealed = SPAN_NULL;
	struct arena	*a = NULL;
	char		 made[APIKEY_TEXT];
	enum hk_err	 e = HK_OK;

	text_make(made, c->now);
	(void)id_of(span_str(made), k.id);
	ref_keep(k.user, sizeof(k.user), span_str(user_id));
	ref_keep(k.prefix, sizeof(k.prefix), span_of(made, PREFIX_LEN));
	if (text == NULL) {
		if ((a = arena_new(SEAL_ROOM)) == NULL)
			e = err_note(HK_NOMEM, "no memory to seal a key");
		else
			e = seal_text(a, conf, k.id, made, &sealed);
	}
	if (e == HK_OK && (e = add(c, &k, name, made, sealed)) == HK_OK) {
		*out = k;
		if (text != NULL)
			memcpy(text, made, sizeof(made));
	}
	arena_free(a);
	crypto_cleanse(made, sizeof(made));
	return e;
}

enum hk_err
apikey_make(const struct cause *c, const struct conf *conf, const char *user_id,
    struct span name, struct apikey *out, char text[APIKEY_TEXT])
{
	bool		has;
	enum hk_err	e;

	if ((e = user_of_key(c->db, user_id, &has)) != HK_OK)
		return e;
	return make(c, conf, user_id, name, out, text);
}

enum hk_err
apikey_first(const struct cause *c, const struct conf *conf, const char *user_id)
{
	struct apikey	k;
	bool		has;
	enum hk_err	e;

	if ((e = user_of_key(c->db, user_id, &has)) != HK_OK)
		return e;
	if (has)
		return err_tell(HK_SKIP, "user %s has had a key", user_id);
	return make(c, conf, user_id, SPAN("default"), &k, NULL);
}

/* The sealed text, in the arena. */
static enum hk_err
load_sealed(struct db *db, struct span id, struct arena *a, struct span *sealed)
{
	struct stmt	*q = NULL;
	bool		 row;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_APIKEY_SEALED, &q)) != HK_OK)
		return e;
	bind_text(q, ":id", id);
	if ((e = stmt_step(q, &row)) != HK_OK)
		goto out;
	if (!row || col_int(q, 1) != 0)
		e = err_tell(HK_NOTFOUND, "no key %.*s, or it was revoked", SPAN_ARG(id));
	else if (col_is_null(q, 0))
		e = err_tell(HK_EXISTS, "key %.*s was revealed before", SPAN_ARG(id));
	else if ((*sealed = arena_span(a, col_text(q, 0))).p == NULL)
		e = err_note(HK_NOMEM, "no memory to reveal a key");
out:
	stmt_reset(q);
	return e;
}

static enum hk_err
forget_text(const struct cause *c, struct span id)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_APIKEY_REVEALED, &q)) != HK_OK)
		return e;
	bind_text(q, ":id", id);
	return stmt_run(q);
}

enum hk_err
apikey_reveal(const struct cause *c, const struct conf *conf, struct span id,
    char text[APIKEY_TEXT])
{
	const struct seal_keys	 keys = { conf->keys, conf->nkeys };
	struct span		 sealed, plain = SPAN_NULL;
	struct arena		*a = arena_new(SEAL_ROOM);
	char			 purpose[64], key[64];
	enum hk_err		 e;

	if (a == NULL)
		return err_note(HK_NOMEM, "no memory to reveal a key");
	ref_keep(key, sizeof(key), id);
	purpose_of(key, purpose);
	if ((e = load_sealed(c->db, id, a, &sealed)) != HK_OK ||
	    (e = seal_open(a, &keys, purpose, sealed, &plain, NULL)) != HK_OK ||
	    (e = forget_text(c, id)) != HK_OK)
		goto out;
	ref_keep(text, APIKEY_TEXT, plain);
out:
	seal_wipe(plain);
	arena_free(a);
	return e;
}

static bool
is_text_of(struct span text, struct span stored)
{
	char	hex[HASH_LEN + 1];

	hash(text, hex);
	return stored.len == HASH_LEN && crypto_equal(hex, stored.p, HASH_LEN);
}

enum hk_err
apikey_check(struct db *db, struct span text, struct apikey *out)
{
	struct apikey	 k = { .revoked_us = 0 };
	struct stmt	*q = NULL;
	bool		 row, right = false;
	enum hk_err	 e;

	if (!id_of(text, k.id))
		return err_tell(HK_BADSIG, "that is no key");
	if ((e = db_stmt(db, S_APIKEY_CHECK, &q)) != HK_OK)
		return e;
	bind_text(q, ":id", span_str(k.id));
	if ((e = stmt_step(q, &row)) == HK_OK && row) {
		right = is_text_of(text, col_text(q, 0));
		ref_keep(k.user, sizeof(k.user), col_text(q, 1));
		ref_keep(k.prefix, sizeof(k.prefix), col_text(q, 2));
		k.created_us = col_int(q, 3);
		k.used_us = col_int(q, 4);
		k.revealed = col_int(q, 5) != 0;
	}
	stmt_reset(q);
	if (e == HK_OK && !right)
		return err_tell(HK_BADSIG, "no such key, or it was revoked");
	if (e == HK_OK)
		*out = k;
	return e;
}

enum hk_err
apikey_used(const struct cause *c, const struct apikey *k)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if (k->used_us != 0 && c->now - k->used_us < INT64_C(60000000))
		return HK_OK;
	if ((e = db_stmt(c->db, S_APIKEY_USED, &q)) != HK_OK)
		return e;
	bind_text(q, ":id", span_str(k->id));
	bind_int(q, ":now", c->now);
	return stmt_run(q);
}

enum hk_err
apikey_revoke(const struct cause *c, struct span id)
{
	struct stmt	*q = NULL;
	int64_t		 known = 0;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_APIKEY_REVOKE, &q)) != HK_OK)
		return e;
	bind_text(q, ":id", id);
	bind_int(q, ":now", c->now);
	if ((e = stmt_run(q)) != HK_OK || db_changes(c->db) == 1)
		return e;
	if ((e = db_stmt(c->db, S_APIKEY_KNOWN, &q)) != HK_OK)
		return e;
	bind_text(q, ":id", id);
	if ((e = stmt_int(q, &known)) != HK_OK)
		return e;
	return known ? err_tell(HK_SKIP, "key %.*s is revoked", SPAN_ARG(id)) :
	    err_tell(HK_NOTFOUND, "no key %.*s", SPAN_ARG(id));
}

enum hk_err
apikeys_revoke_all(const struct cause *c, const char *user_id)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_APIKEY_REVOKE_ALL, &q)) != HK_OK)
		return e;
	bind_text(q, ":user", span_str(user_id));
	bind_int(q, ":now", c->now);
	return stmt_run(q);
}
