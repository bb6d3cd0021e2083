/* Counts and the search index, when there is nothing else to do. */
#include "base/clock.h"
#include "inbox/housekeeping.h"
#include "inbox/rollup.h"
#include "inbox/search.h"

#define KEEP_ARENA	((size_t)192 << 20)	/* a body and its packed form */

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
	return search_some(db, until, more);
}
