/* A person settles an event. */
#include "inbox/resolve.h"

/* Why the event cannot be resolved. */
static enum hk_err
why_not(struct db *db, int64_t id)
{
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row;

	if ((e = db_stmt(db, S_EVENT_STATUS, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	if ((e = stmt_step(q, &row)) == HK_OK)
		e = !row ? err_tell(HK_NOTFOUND, "there is no event %lld", (long long)id) :
		    span_is(col_text(q, 0), "processing") ?
		    err_tell(HK_BUSY, "event %lld is being worked on right now", (long long)id) :
		    err_tell(HK_EXISTS, "event %lld is completed already", (long long)id);
	stmt_reset(q);
	return e;
}

enum hk_err
event_resolve(struct db *db, int64_t id, struct span note, int64_t now)
{
	struct stmt	*q;
	enum hk_err	 e;

	note = span_trim(note);
	if (note.len == 0 || note.len > RESOLVE_NOTE_MOST)
		return err_tell(HK_SYNTAX, "a note of 1 to %d bytes says why it is resolved",
		    RESOLVE_NOTE_MOST);
	if ((e = db_stmt(db, S_EVENT_RESOLVE, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	bind_text(q, ":note", note);
	bind_int(q, ":now", now);
	if ((e = stmt_run(q)) != HK_OK || db_changes(db) == 1)
		return e;
	return why_not(db, id);
}
