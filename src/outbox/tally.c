/* Attempts by endpoint and hour. */
#include "outbox/tally.h"

#define MARK		SPAN("counted_deliveries")
#define STEP_ROWS	2000	/* attempts that one transaction counts */

static enum hk_err
mark_get(struct db *db, int64_t *at)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	*at = 0;
	if ((e = db_stmt(db, S_MARK_GET, &q)) != HK_OK)
		return e;
	bind_text(q, ":name", MARK);
	return stmt_int(q, at);
}

static enum hk_err
mark_move(struct db *db, int64_t from, int64_t to)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_MARK_MOVE, &q)) != HK_OK)
		return e;
	bind_text(q, ":name", MARK);
	bind_int(q, ":from", from);
	bind_int(q, ":to", to);
	if ((e = stmt_run(q)) != HK_OK || db_changes(db) == 1)
		return e;
	return err_tell(HK_BUSY, "somebody else has counted meanwhile");
}

/* Where a step from `at` ends; `at` itself: nothing is behind it. */
static enum hk_err
step_end(struct db *db, int64_t at, int64_t *to, bool *more)
{
	struct stmt	*q = NULL;
	bool		 row;
	enum hk_err	 e;

	*to = at;
	if ((e = db_stmt(db, S_TALLY_END, &q)) != HK_OK)
		return e;
	bind_int(q, ":after", at);
	bind_int(q, ":most", STEP_ROWS);
	if ((e = stmt_step(q, &row)) == HK_OK && row && !col_is_null(q, 0)) {
		*to = col_int(q, 0);
		*more = col_int(q, 1) == STEP_ROWS;
	}
	stmt_reset(q);
	return e;
}

static enum hk_err
add(struct db *db, int64_t from, int64_t to)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_TALLY_ADD, &q)) != HK_OK)
		return e;
	bind_int(q, ":after", from);
	bind_int(q, ":to", to);
	return stmt_run(q);
}

enum hk_err
tally_step(struct db *db, bool *more)
{
	int64_t		from, to;
	enum hk_err	e;

	*more = false;
	if ((e = mark_get(db, &from)) != HK_OK || (e = step_end(db, from, &to, more)) != HK_OK ||
	    to == from || (e = db_begin(db)) != HK_OK)
		return e;
	if ((e = mark_move(db, from, to)) == HK_OK && (e = add(db, from, to)) == HK_OK)
		return db_commit(db);
	db_rollback(db);
	return e;
}

/* ---- reading ------------------------------------------------------------------------ */

static enum hk_err
each(struct stmt *q, void (*row)(void *, const struct tally_row *), void *ctx)
{
	enum hk_err	e;
	bool		there;

	while ((e = stmt_step(q, &there)) == HK_OK && there) {
		const struct tally_row	r = { col_int(q, 0), col_int(q, 1), col_int(q, 2) };

		row(ctx, &r);
	}
	stmt_reset(q);
	return e;
}

enum hk_err
tally_read(struct db *db, int64_t endpoint, int64_t from, int64_t to,
    void (*row)(void *, const struct tally_row *), void *ctx)
{
	struct stmt	*q = NULL;
	int64_t		 mark;
	enum hk_err	 e;

	from -= from % TALLY_HOUR;
	if ((e = mark_get(db, &mark)) != HK_OK ||
	    (e = db_stmt(db, endpoint != 0 ? S_TALLY_OF : S_TALLY_ALL, &q)) != HK_OK)
		return e;
	if (endpoint != 0)
		bind_int(q, ":endpoint", endpoint);
	bind_int(q, ":from", from);
	bind_int(q, ":until", to);
	if ((e = each(q, row, ctx)) != HK_OK || (e = db_stmt(db, S_TALLY_BEHIND, &q)) != HK_OK)
		return e;
	bind_int(q, ":after", mark);
	bind_int(q, ":most", TALLY_TAIL);
	bind_int(q, ":from", from);
	bind_int(q, ":until", to);
	if (endpoint != 0)
		bind_int(q, ":endpoint", endpoint);
	return each(q, row, ctx);
}
