/* Bodies: kept as they came, or packed. */
#include "inbox/body.h"

#include "base/pack.h"

struct span
body_pack(struct span body, struct arena *arena)
{
	return body.len > BODY_PLAIN ? pack(body, arena) : SPAN_NULL;
}

char *
body_pack_alone(struct span body, size_t *len)
{
	return body.len > BODY_PLAIN ? pack_alone(body, len) : NULL;
}

enum hk_err
body_store(struct db *db, int64_t event, struct span headers, struct span body,
    struct span packed)
{
	struct stmt	*q;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_EVENT_BODY_INSERT, &q)) != HK_OK)
		return e;
	bind_int(q, ":event", event);
	bind_text(q, ":headers", headers);
	if (packed.p != NULL) {
		bind_blob(q, ":body", packed);
		bind_int(q, ":packed", (int64_t)packed_len(packed));
	} else
		bind_bytes(q, ":body", body);
	return stmt_run(q);
}

static enum hk_err
copy(struct arena *arena, struct span s, struct span *out)
{
	*out = arena_span(arena, s);
	return out->p != NULL ? HK_OK : HK_NOMEM;
}

/* From the row at hand. */
static enum hk_err
row_body(struct stmt *q, int64_t event, struct arena *arena, struct span *body)
{
	int64_t		len = col_int(q, 2);
	enum hk_err	e;

	if (col_is_null(q, 2))
		return copy(arena, col_text(q, 1), body);
	e = unpack(col_text(q, 1), PACK_MOST, arena, body);
	if (e == HK_TOOBIG || (e == HK_OK && (int64_t)body->len != len))
		e = HK_SYNTAX;
	if (e == HK_SYNTAX)
		return err_tell(e, "the body of event %lld is damaged: it does not unpack to "
		    "%lld bytes", (long long)event, (long long)len);
	return e;
}

enum hk_err
body_load(struct db *db, int64_t event, struct arena *arena, struct span *headers,
    struct span *body)
{
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row;

	if ((e = db_stmt(db, S_EVENT_BODY, &q)) != HK_OK)
		return e;
	bind_int(q, ":event", event);
	if ((e = stmt_step(q, &row)) != HK_OK)
		goto out;
	if (!row)
		e = err_tell(HK_NOTFOUND, "there is no body of an event %lld", (long long)event);
	if (e == HK_OK && headers != NULL)
		e = copy(arena, col_text(q, 0), headers);
	if (e == HK_OK)
		e = row_body(q, event, arena, body);
	if (e == HK_NOMEM)
		e = err_note(e, "event %lld: no memory for its body", (long long)event);
out:
	stmt_reset(q);
	return e;
}
