/* Bearer tokens: made, checked, revoked. */
#include "api/token.h"

#include <stdio.h>
#include <strings.h>

#include "base/clock.h"
#include "base/codec.h"
#include "base/id.h"
#include "crypto/hmac.h"

#define NAME_MOST	80	/* characters; as api_token.name */
#define SECRET_LEN	32	/* bytes; 43 characters */
#define PREFIX_LEN	4	/* of them are shown, to tell tokens by */
#define MINUTE_US	(60 * US_PER_S)

const struct token_scope token_scopes[] = {
	{ "users:read",		"look users up, and list them" },
	{ "users:write",	"make users" },
	{ "credits:read",	"see balances and ledgers" },
	{ "credits:burn",	"burn credits" },
	{ "credits:grant",	"grant credits" },
	{ "keys:read",		"list a user's API keys, without their texts" },
	{ "keys:write",		"make, show once and revoke API keys" },
	{ "keys:verify",	"check an API key, and burn by it" },
	{ "subscriptions:read",	"see subscriptions and plans" },
	{ "mail:read",		"see the mail history and who is not to be written to" },
	{ "events:read",	"see stored events" },
	{ "events:write",	"have events worked on again" },
	{ "stream:read",	"get the key to a user's stream" },
	{ "endpoints:read",	"see endpoints and the types of message" },
	{ "endpoints:write",	"make, change, pause and delete endpoints, and see their secrets" },
	{ "messages:read",	"see messages and what became of their deliveries" },
	{ "messages:write",	"put messages, and have deliveries sent again" },
	{ NULL,			NULL }
};

/* ---- scopes ------------------------------------------------------------------ */

static bool
is_scope(struct span s)
{
	for (const struct token_scope *t = token_scopes; t->name != NULL; t++)
		if (span_is(s, t->name))
			return true;
	return false;
}

enum hk_err
token_scopes_good(struct span scopes)
{
	struct span	rest = scopes, one;
	int		n = 0;

	if (span_is(scopes, "*"))
		return HK_OK;
	while (rest.p != NULL) {
		if ((one = span_cut(&rest, ' ')).len == 0)
			continue;
		if (!is_scope(one))
			return err_tell(HK_SYNTAX, "there is no scope %.*s",
			    (int)(one.len < 60 ? one.len : 60), one.p);
		n++;
	}
	if (n == 0)
		return err_tell(HK_SYNTAX, "a token needs a scope at least, or * for all");
	return HK_OK;
}

bool
token_may(struct span scopes, const char *scope)
{
	struct span	rest = scopes;

	if (span_is(scopes, "*"))
		return true;
	while (rest.p != NULL)
		if (span_is(span_cut(&rest, ' '), scope))
			return true;
	return false;
}

/* ---- texts ---------------------------------------------------------------------- */

/* base64 without padding, '-' and '_' for '+' and '/': 43 characters. */
static void
secret_text(char out[BASE64_LEN(SECRET_LEN) + 1])
{
	uint8_t	raw[SECRET_LEN];

	random_fill(raw, sizeof(raw));
	base64_encode(out, raw, sizeof(raw));
	crypto_cleanse(raw, sizeof(raw));
	out[strcspn(out, "=")] = '\0';
	for (char *p = out; *p != '\0'; p++)
		*p = *p == '+' ? '-' : *p == '/' ? '_' : *p;
}

static void
hash_hex(char out[2 * SHA256_LEN + 1], struct span text)
{
	uint8_t	digest[SHA256_LEN];

	sha256(digest, &text, 1);
	hex_encode(out, digest, sizeof(digest));
}

/* The id in "hkt_ID_SECRET"; 0: it has another shape. */
static int64_t
id_of(struct span text)
{
	struct span	rest, id;
	uint64_t	n = 0;

	if (!span_starts(text, "hkt_") || text.len >= TOKEN_TEXT)
		return 0;
	rest = span_of(text.p + 4, text.len - 4);
	id = span_cut(&rest, '_');
	if (rest.p == NULL || id.len == 0 || id.len > 15)
		return 0;
	for (size_t i = 0; i < id.len; i++) {
		const char	*digits = "0123456789abcdef", *d = memchr(digits, id.p[i], 16);

		if (d == NULL)
			return 0;
		n = n * 16 + (uint64_t)(d - digits);
	}
	return (int64_t)n;
}

/* ---- rows -------------------------------------------------------------------------- */

static enum hk_err
name_good(struct span name)
{
	if (name.len == 0 || name.len > NAME_MOST || !utf8_valid(name))
		return err_tell(HK_SYNTAX, "a token's name has 1 to %d characters", NAME_MOST);
	for (size_t i = 0; i < name.len; i++)
		if ((unsigned char)name.p[i] < 0x20 || name.p[i] == 0x7f)
			return err_tell(HK_SYNTAX, "a token's name has no control characters");
	return HK_OK;
}

static void
bind_some(struct stmt *q, const char *name, int64_t n)
{
	if (n > 0)
		bind_int(q, name, n);
}

static enum hk_err
insert(struct db *db, const struct token *t, int64_t now, int64_t *id)
{
	struct stmt	*q;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_TOKEN_INSERT, &q)) != HK_OK)
		return e;
	bind_text(q, ":name", t->name);
	bind_text(q, ":scopes", t->scopes);
	bind_some(q, ":rate", t->rate);
	bind_some(q, ":expires", t->expires_us);
	bind_int(q, ":now", now);
	if ((e = stmt_run(q)) == HK_OK)
		*id = db_last_id(db);
	return e;
}

/* The text has the id in it, so the hash comes after the row. */
static enum hk_err
set_hash(struct db *db, int64_t id, struct span prefix, const char *hash)
{
	struct stmt	*q;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_TOKEN_HASH, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	bind_text(q, ":prefix", prefix);
	bind_text(q, ":hash", span_str(hash));
	return stmt_run(q);
}

struct span
token_shown(const struct fields *f)
{
	struct span	own = field_get(f, "x-hookkeeper-token"), auth;

	if (own.p != NULL)
		return span_trim(own);
	auth = field_get(f, "authorization");
	if (auth.len < 7 || strncasecmp(auth.p, "bearer ", 7) != 0)
		return SPAN_NULL;
	return span_trim(span_of(auth.p + 7, auth.len - 7));
}

enum hk_err
token_make(struct db *db, const struct token *t, int64_t now, int64_t *out,
    char text[TOKEN_TEXT])
{
	char		secret[BASE64_LEN(SECRET_LEN) + 1], hash[2 * SHA256_LEN + 1];
	int64_t		id = 0;
	int		n;
	enum hk_err	e;

	if ((e = name_good(t->name)) != HK_OK || (e = token_scopes_good(t->scopes)) != HK_OK ||
	    (e = insert(db, t, now, &id)) != HK_OK)
		return e;
	secret_text(secret);
	n = snprintf(text, TOKEN_TEXT, "hkt_%llx_%s", (unsigned long long)id, secret);
	hash_hex(hash, span_of(text, (size_t)n));
	e = set_hash(db, id, span_of(text, (size_t)n - strlen(secret) + PREFIX_LEN), hash);
	crypto_cleanse(secret, sizeof(secret));
	if (e == HK_OK)
		*out = id;
	return e;
}

/* The row that q stands on. */
static enum hk_err
token_row(struct stmt *q, struct arena *arena, struct token *t)
{
	*t = (struct token){
		.id = col_int(q, 0), .name = span_str(arena_str(arena, col_text(q, 1))),
		.prefix = arena_span(arena, col_text(q, 2)),
		.scopes = arena_span(arena, col_text(q, 3)), .rate = col_int(q, 4),
		.created_us = col_int(q, 5), .expires_us = col_int(q, 6),
		.used_us = col_int(q, 7), .revoked_us = col_int(q, 8),
	};
	if (t->name.p == NULL || t->prefix.p == NULL || t->scopes.p == NULL)
		return err_note(HK_NOMEM, "no memory for a token");
	return HK_OK;
}

static bool
is_good(const struct token *t, int64_t now)
{
	return t->revoked_us == 0 && (t->expires_us == 0 || t->expires_us > now);
}

enum hk_err
token_check(struct db *db, struct span text, int64_t now, struct arena *arena,
    struct token *out)
{
	char		 hash[2 * SHA256_LEN + 1], kept[2 * SHA256_LEN] = { 0 };
	struct stmt	*q;
	struct token	 t = { .id = 0 };
	bool		 row;
	enum hk_err	 e;

	hash_hex(hash, text);
	if ((e = db_stmt(db, S_TOKEN_GET, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id_of(text));
	if ((e = stmt_step(q, &row)) == HK_OK && row &&
	    (e = token_row(q, arena, &t)) == HK_OK && col_text(q, 9).len == sizeof(kept))
		memcpy(kept, col_text(q, 9).p, sizeof(kept));
	stmt_reset(q);
	if (e != HK_OK)
		return e;
	if (!crypto_equal(kept, hash, sizeof(kept)) || !is_good(&t, now))
		return err_tell(HK_BADSIG, "no token of ours, revoked, or over");
	*out = t;
	return HK_OK;
}

enum hk_err
token_used(struct db *db, const struct token *t, int64_t now)
{
	struct stmt	*q;
	enum hk_err	 e;

	if (now - now % MINUTE_US <= t->used_us)
		return HK_OK;
	if ((e = db_stmt(db, S_TOKEN_USED, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", t->id);
	bind_int(q, ":now", now - now % MINUTE_US);
	return stmt_run(q);
}

enum hk_err
token_revoke(struct db *db, int64_t id, int64_t now)
{
	struct stmt	*q;
	bool		 row;
	int64_t		 revoked = 0;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_TOKEN_GET, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	if ((e = stmt_step(q, &row)) == HK_OK && row)
		revoked = col_int(q, 8);
	stmt_reset(q);
	if (e != HK_OK)
		return e;
	if (!row)
		return err_tell(HK_NOTFOUND, "there is no token %lld", (long long)id);
	if (revoked != 0)
		return err_tell(HK_SKIP, "token %lld was revoked before", (long long)id);
	if ((e = db_stmt(db, S_TOKEN_REVOKE, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	bind_int(q, ":now", now);
	return stmt_run(q);
}
