/* A stored event, to be sent once more. */
#include "cli/stored.h"

#include "inbox/body.h"

enum hk_err
stored_load(struct db *db, int64_t id, struct arena *arena, struct stored *s)
{
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row;

	*s = (struct stored){ .body = SPAN_NULL };
	if ((e = db_stmt(db, S_EVENT_REHEARSE, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	if ((e = stmt_step(q, &row)) == HK_OK && row) {
		s->provider = arena_str(arena, col_text(q, 0));
		s->event_id = arena_str(arena, col_text(q, 1));
		s->type = arena_str(arena, col_is_null(q, 2) ? SPAN("") : col_text(q, 2));
	}
	stmt_reset(q);
	if (e != HK_OK)
		return e;
	if (!row)
		return err_tell(HK_NOTFOUND, "there is no event %lld", (long long)id);
	if (s->provider == NULL || s->event_id == NULL || s->type == NULL)
		return err_note(HK_NOMEM, "no memory for event %lld", (long long)id);
	return body_load(db, id, arena, NULL, &s->body);
}
