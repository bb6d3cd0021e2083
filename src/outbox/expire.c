/* Messages that end. */
#include "outbox/expire.h"

#include "base/err.h"

#define STEP	64	/* messages of one transaction */

enum hk_err
channel_listens(struct db *db, struct span type, bool *yes)
{
	struct stmt	*q = NULL;
	int64_t		 n = 0;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_CHANNEL_LISTENS, &q)) != HK_OK)
		return e;
	bind_text(q, ":type", type);
	if ((e = stmt_int(q, &n)) == HK_OK)
		*yes = n != 0;
	return e;
}

static enum hk_err
run_for(struct db *db, enum stmt_id which, int64_t id, int64_t now)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(db, which, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	if (now != 0)
		bind_int(q, ":now", now);
	return stmt_run(q);
}

enum hk_err
message_settled(struct db *db, int64_t id)
{
	struct stmt	*q = NULL;
	int64_t		 heard = 0;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_MESSAGE_HEARD, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	if ((e = stmt_int(q, &heard)) != HK_OK || heard == 0)
		return e;
	return run_for(db, S_MESSAGE_WIPE, id, 0);
}

static enum hk_err
read_expired(struct db *db, int64_t now, int64_t *id, size_t *n)
{
	struct stmt	*q = NULL;
	bool		 row;
	enum hk_err	 e;

	*n = 0;
	if ((e = db_stmt(db, S_MESSAGES_EXPIRED, &q)) != HK_OK)
		return e;
	bind_int(q, ":now", now);
	bind_int(q, ":most", STEP);
	while (*n < STEP && (e = stmt_step(q, &row)) == HK_OK && row)
		id[(*n)++] = col_int(q, 0);
	stmt_reset(q);
	return e;
}

/* One that is being sent stays until that is over; it is found again. */
static enum hk_err
expire(struct db *db, const int64_t *id, size_t n, int64_t now, int64_t *wiped)
{
	enum hk_err	e = HK_OK;

	for (size_t i = 0; e == HK_OK && i < n; i++)
		if ((e = run_for(db, S_DELIVERY_EXPIRE, id[i], now)) == HK_OK &&
		    (e = run_for(db, S_MESSAGE_WIPE, id[i], 0)) == HK_OK)
			*wiped += db_changes(db);
	return e;
}

enum hk_err
messages_expire(struct db *db, int64_t now, bool *more)
{
	int64_t		id[STEP], wiped = 0;
	size_t		n;
	enum hk_err	e;

	*more = false;
	if ((e = read_expired(db, now, id, &n)) != HK_OK || n == 0 || (e = db_begin(db)) != HK_OK)
		return e;
	if ((e = expire(db, id, n, now, &wiped)) != HK_OK) {
		db_rollback(db);
		return e;
	}
	*more = n == STEP && wiped > 0;
	return db_commit(db);
}
