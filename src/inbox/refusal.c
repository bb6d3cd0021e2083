/* Refused requests become rows, within budgets. */
#include "base/clock.h"
#include "base/codec.h"
#include "crypto/hmac.h"
#include "inbox/refusal.h"

#define HOUR_US	(3600 * US_PER_S)

enum hk_err
refusal_store(struct db *db, const struct refusal *r)
{
	const struct span piece[] = { span_str(r->provider), SPAN("\n"),
	    span_str(r->reason), SPAN("\n"), r->event_id, SPAN("\n"), r->body };
	uint8_t		 digest[SHA256_LEN];
	char		 hex[2 * SHA256_LEN + 1];
	struct stmt	*q;
	enum hk_err	 e;

	sha256(digest, piece, sizeof(piece) / sizeof(piece[0]));
	hex_encode(hex, digest, sizeof(digest));
	if ((e = db_stmt(db, S_QUARANTINE_PUT, &q)) != HK_OK)
		return e;
	bind_text(q, ":provider", span_str(r->provider));
	bind_text(q, ":reason", span_str(r->reason));
	bind_bytes(q, ":detail", r->detail);
	bind_int(q, ":verified", r->verified);
	bind_int(q, ":shaped", r->shaped);
	bind_text(q, ":secret_label", span_str(r->secret_label));
	bind_text(q, ":event_id", r->event_id);
	bind_text(q, ":event_type", r->event_type);
	bind_text(q, ":remote_addr", r->remote_addr);
	bind_text(q, ":fingerprint", span_str(hex));
	bind_int(q, ":size", (int64_t)r->size);
	bind_text(q, ":headers", r->headers);
	bind_bytes(q, ":body", r->body);
	bind_int(q, ":now", r->received_us);
	return stmt_run(q);
}

static enum hk_err
trim(struct db *db, bool shaped, int64_t most, int64_t most_bytes)
{
	struct stmt	*q;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_QUARANTINE_TRIM, &q)) != HK_OK)
		return e;
	bind_int(q, ":shaped", shaped);
	bind_int(q, ":most", most);
	bind_int(q, ":most_bytes", most_bytes);
	return stmt_run(q);
}

enum hk_err
refusal_trim(struct db *db)
{
	enum hk_err	e;

	if ((e = trim(db, true, REFUSALS_SHAPED, REFUSALS_SHAPED_BYTES)) != HK_OK)
		return e;
	return trim(db, false, REFUSALS_NOISE, REFUSALS_NOISE_BYTES);
}

enum hk_err
refusal_count(struct db *db, const char *provider, const char *reason, int64_t times,
    int64_t now)
{
	struct stmt	*q;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_REFUSAL_COUNT, &q)) != HK_OK)
		return e;
	bind_text(q, ":provider", span_str(provider));
	bind_text(q, ":reason", span_str(reason));
	bind_int(q, ":hour", now - now % HOUR_US);
	bind_int(q, ":times", times);
	return stmt_run(q);
}
