/*
 * Thin events: they name a thing, and the snapshot event that tells of the same
 * change.  That one does the work, so this one only looks for it.
 */
#include "provider/stripe.h"
#include "provider/verdict.h"

enum hk_err
thin_seen(struct task *t)
{
	struct span	 snapshot = json_text(t->json, "snapshot_event");
	struct stmt	*q = NULL;
	int64_t		 twin = 0;
	enum hk_err	 e;

	if (snapshot.len == 0)
		return task_say(t, HK_NEVER, "thin, and it names no snapshot event: its data"
		    " cannot be known; have snapshot events sent");
	if ((e = db_stmt(t->cause->db, S_STRIPE_TWIN, &q)) != HK_OK)
		return e;
	bind_text(q, ":event_id", snapshot);
	if ((e = stmt_int(q, &twin)) != HK_OK)
		return e;
	if (twin != 0)
		return task_say(t, HK_SKIP, "thin: its snapshot is event %lld", (long long)twin);
	return task_say(t, HK_LATER, "thin: its snapshot %.*s has not come; have snapshot events"
	    " sent, too", SPAN_ARG(snapshot));
}
