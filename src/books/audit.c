/*
 * The audit: proves the books from the rows alone.  Each check is a statement
 * that gives a sentence per thing it finds wrong, so memory stays small
 * however large the books are.
 */
#include "books/payment_part.h"

#include <stdio.h>

static const enum stmt_id checks[] = {
	S_AUDIT_ZERO, S_AUDIT_BALANCE, S_AUDIT_OWNER, S_AUDIT_SIDES, S_AUDIT_EVENT,
	S_AUDIT_CHECKOUT, S_AUDIT_BONUS, S_AUDIT_INVOICE, S_AUDIT_PERIOD, S_AUDIT_PERIODS,
	S_AUDIT_PURCHASE, S_AUDIT_TAKING
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
		out->payments = col_int(q, 4);
		out->periods = col_int(q, 5);
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

/* A number of a payment's row beside what it should be. */
struct figure {
	const char	*says, *against;
	int64_t		 is, should;
};

/* Columns of AUDIT_PAYMENTS. */
static void
check_payment(struct stmt *q, int64_t *findings, void (*say)(void *, const char *), void *ctx)
{
	int64_t			owed = payment_wanted(col_int(q, 5), col_int(q, 6), col_int(q, 1));
	const struct figure	figures[] = {
		{ "granted", "its shares sum to", col_int(q, 2), col_int(q, 5) },
		{ "owes", "by its refunds and disputes it is", col_int(q, 3), owed },
		{ "gave back", "its transfers sum to", col_int(q, 4), col_int(q, 7) },
	};

	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
		char	line[512];

		if (figures[i].is == figures[i].should)
			continue;
		snprintf(line, sizeof(line), "payment %.*s %s %lld credits, %s %lld",
		    SPAN_ARG(col_text(q, 0)), figures[i].says, (long long)figures[i].is,
		    figures[i].against, (long long)figures[i].should);
		say(ctx, line);
		++*findings;
	}
}

static enum hk_err
check_payments(struct db *db, int64_t *findings, void (*say)(void *, const char *), void *ctx)
{
	struct stmt	*q = NULL;
	bool		 row;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_AUDIT_PAYMENTS, &q)) != HK_OK)
		return e;
	while ((e = stmt_step(q, &row)) == HK_OK && row)
		check_payment(q, findings, say, ctx);
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
	if ((e = check_payments(db, &a.findings, say, ctx)) != HK_OK)
		return e;
	*out = a;
	return HK_OK;
}
