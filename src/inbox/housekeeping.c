/* Counts, the search index, and what is kept for a day, when there is nothing else to do. */
#include "base/clock.h"
#include "inbox/housekeeping.h"
#include "inbox/rollup.h"
#include "inbox/search.h"
#include "outbox/tally.h"

#define ANSWERS_MOST	500	/* removed in one transaction */
#define KEEP_ARENA	((size_t)192 << 20)	/* a body and its packed form */

/* Answers that are not given again any more. */
static enum hk_err
answers_some(struct db *db, int64_t now, bool *more)
{
	struct stmt	*q;
	int64_t		 oldest = INT64_MAX;
	enum hk_err	 e;

	*more = false;
	if ((e = db_stmt(db, S_ANSWER_OLDEST, &q)) != HK_OK || (e = stmt_int(q, &oldest)) != HK_OK ||
	    oldest > now - ANSWER_KEPT_US)
		return e;
	if ((e = db_begin(db)) != HK_OK || (e = db_stmt(db, S_ANSWER_PRUNE, &q)) != HK_OK)
		goto out;
	bind_int(q, ":since", now - ANSWER_KEPT_US);
	bind_int(q, ":most", ANSWERS_MOST);
	if ((e = stmt_run(q)) == HK_OK) {
		*more = db_changes(db) == ANSWERS_MOST;
		e = db_commit(db);
	}
out:
	if (e != HK_OK)
		db_rollback(db);
	return e;
}

static enum hk_err
search_some(struct db *db, int64_t until, bool *more)
{
	struct arena	*arena = arena_new(KEEP_ARENA);
	enum hk_err	 e;

	if (arena == NULL)
		return err_note(HK_NOMEM, "no memory to index events");
	do
		e = search_step(db, arena, more);
	while (e == HK_OK && *more && mono_us() < until && !db_wanted(db));
	arena_free(arena);
	return e;
}

enum hk_err
housekeeping_step(struct db *db, int64_t now, int64_t budget_us, bool *more)
{
	int64_t		until = mono_us() + budget_us;
	enum hk_err	e;

	do
		e = rollup_step(db, now, more);
	while (e == HK_OK && *more && mono_us() < until && !db_wanted(db));
	if (e != HK_OK || *more)
		return e;
	do
		e = tally_step(db, more);
	while (e == HK_OK && *more && mono_us() < until && !db_wanted(db));
	if (e != HK_OK || *more || (e = answers_some(db, now, more)) != HK_OK || *more)
		return e;
	return search_some(db, until, more);
}
