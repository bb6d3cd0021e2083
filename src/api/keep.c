/* Answers that are given again. */
#include "api/keep.h"

#include "base/codec.h"
#include "base/id.h"
#include "crypto/hmac.h"
#include "crypto/seal.h"

#define PRUNE_EVERY	32	/* one answer in so many, ... */
#define PRUNE_SOME	128	/* ... so what comes in is less than what goes */

void
keep_request(char out[KEEP_REQUEST + 1], const struct http_request *rq)
{
	const struct span	piece[] = { rq->method, SPAN(" "), rq->path, SPAN("?"), rq->query,
				    SPAN("\n"), rq->body };
	uint8_t			digest[SHA256_LEN];

	sha256(digest, piece, sizeof(piece) / sizeof(*piece));
	hex_encode(out, digest, sizeof(digest));
}

static const char *
purpose(const struct kept *k, struct arena *arena)
{
	return arena_printf(arena, "answer to %lld %.*s", (long long)k->token, SPAN_ARG(k->key));
}

static enum hk_err
no_memory(void)
{
	return err_note(HK_NOMEM, "no memory for a kept answer");
}

static enum hk_err
unseal(const struct conf *conf, struct kept *k, struct arena *arena)
{
	const struct seal_keys	 keys = { conf->keys, conf->nkeys };
	const char		*what = purpose(k, arena);

	if (what == NULL)
		return no_memory();
	return seal_open(arena, &keys, what, k->body, &k->body, NULL);
}

/* From the row that q stands on. */
static enum hk_err
take(struct stmt *q, struct kept *k, struct arena *arena, bool *sealed)
{
	if (!span_eq(col_text(q, 0), k->request))
		return err_tell(HK_EXISTS, "the key was used for another request");
	k->status = col_int(q, 1);
	k->type = span_str(arena_str(arena, col_text(q, 2)));
	k->body = col_is_null(q, 3) ? SPAN_NULL : span_str(arena_str(arena, col_text(q, 3)));
	*sealed = col_int(q, 4) != 0;
	return k->type.p == NULL || (k->body.p == NULL && !col_is_null(q, 3)) ? no_memory() : HK_OK;
}

enum hk_err
keep_find(struct db *db, const struct conf *conf, struct kept *k, int64_t now,
    struct arena *arena)
{
	struct stmt	*q;
	bool		 row, sealed = false;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_ANSWER_GET, &q)) != HK_OK)
		return e;
	bind_text(q, ":key", k->key);
	bind_int(q, ":token", k->token);
	bind_int(q, ":since", now - KEEP_US);
	if ((e = stmt_step(q, &row)) == HK_OK)
		e = row ? take(q, k, arena, &sealed) : HK_NOTFOUND;
	stmt_reset(q);
	if (e != HK_OK || !sealed)
		return e;
	if ((e = unseal(conf, k, arena)) == HK_CONF)
		e = err_tell(HK_BADSIG, "it was sealed, and hookkeeper.key is not set any more");
	return e;
}

enum hk_err
keep_prune(struct db *db, int64_t now, int64_t most)
{
	struct stmt	*q;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_ANSWER_PRUNE, &q)) != HK_OK)
		return e;
	bind_int(q, ":since", now - KEEP_US);
	bind_int(q, ":most", most);
	return stmt_run(q);
}

/* *body: sealed, or SPAN_NULL when nothing is there to seal it with. */
static enum hk_err
close_up(const struct conf *conf, const struct kept *k, struct arena *arena, struct span *body)
{
	const struct seal_keys	 keys = { conf->keys, conf->nkeys };
	const char		*what = purpose(k, arena);

	*body = SPAN_NULL;
	if (keys.n == 0)
		return HK_OK;
	return what == NULL ? no_memory() : seal(arena, &keys, what, k->body, body);
}

enum hk_err
keep_put(struct db *db, const struct conf *conf, const struct kept *k, int64_t now,
    struct arena *arena)
{
	struct span	 body = k->body;
	struct stmt	*q;
	enum hk_err	 e;

	if (k->secret && (e = close_up(conf, k, arena, &body)) != HK_OK)
		return e;
	if (random_below(PRUNE_EVERY) == 0 && (e = keep_prune(db, now, PRUNE_SOME)) != HK_OK)
		return e;
	if ((e = db_stmt(db, S_ANSWER_PUT, &q)) != HK_OK)
		return e;
	bind_text(q, ":key", k->key);
	bind_text(q, ":request", k->request);
	bind_int(q, ":status", k->status);
	bind_text(q, ":type", k->type);
	bind_text(q, ":body", body);
	bind_int(q, ":sealed", k->secret && body.p != NULL);
	bind_int(q, ":token", k->token);
	bind_int(q, ":now", now);
	return stmt_run(q);
}
