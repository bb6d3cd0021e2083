/*
 * The audit: proves the books from the rows alone.  Each check is a statement
 * that gives a sentence per thing it finds wrong, so memory stays small
 * however large the books are.
 */
#include "books/books.h"

#include <stdio.h>

static const enum stmt_id checks[] = {
	S_AUDIT_ZERO, S_AUDIT_BALANCE, S_AUDIT_OWNER, S_AUDIT_SIDES, S_AUDIT_EVENT,
	S_AUDIT_CHECKOUT, S_AUDIT_BONUS
};

static enum hk_err
count(struct db *db, struct audit *out)
{
	struct stmt	*q = NULL;
	bool		 row;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_AUDIT_COUNT, &q)) != HK_OK)
		return e;
	if ((e = stmt_step(q, &row)) == HK_OK && row) {
		out->accounts = col_int(q, 0);
		out->transfers = col_int(q, 1);
		out->grants = col_int(q, 2);
		out->users = col_int(q, 3);
	}
	stmt_reset(q);
	return e;
}

static enum hk_err
check(struct db *db, enum stmt_id what, int64_t *findings,
    void (*say)(void *, const char *), void *ctx)
{
	struct stmt	*q = NULL;
	char		 line[1024];
	bool		 row;
	enum hk_err	 e;

	if ((e = db_stmt(db, what, &q)) != HK_OK)
		return e;
	while ((e = stmt_step(q, &row)) == HK_OK && row) {
		snprintf(line, sizeof(line), "%.*s", SPAN_ARG(col_text(q, 0)));
		say(ctx, line);
		++*findings;
	}
	stmt_reset(q);
	return e;
}

enum hk_err
audit_books(struct db *db, struct audit *out, void (*say)(void *ctx, const char *finding),
    void *ctx)
{
	struct audit	a = { 0 };
	size_t		i;
	enum hk_err	e;

	if ((e = count(db, &a)) != HK_OK)
		return e;
	for (i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		if ((e = check(db, checks[i], &a.findings, say, ctx)) != HK_OK)
			return e;
	*out = a;
	return HK_OK;
}
