/*
 * Two books, row by row: each table of both in the order of its keys, so that one
 * row of each is at hand at a time.
 */
#include <string.h>

#include "base/json.h"
#include "inbox/replay_part.h"

#define COLUMNS_MOST	(4 << 20)
#define TELL_EVERY	10000	/* rows */

static const struct {
	const char	*name;
	enum stmt_id	 rows;		/* key, JSON object of the columns */
} tables[] = {
	{ "site_user",		S_REPLAY_ROWS_USER },
	{ "stripe_customer",	S_REPLAY_ROWS_CUSTOMER },
	{ "account",		S_REPLAY_ROWS_ACCOUNT },
	{ "transfer",		S_REPLAY_ROWS_TRANSFER },
	{ "checkout",		S_REPLAY_ROWS_CHECKOUT },
	{ "subscription",	S_REPLAY_ROWS_SUBSCRIPTION },
	{ "subscription_item",	S_REPLAY_ROWS_ITEM },
	{ "period_grant",	S_REPLAY_ROWS_PERIOD },
	{ "period_share",	S_REPLAY_ROWS_SHARE },
	{ "payment",		S_REPLAY_ROWS_PAYMENT },
	{ "payment_alias",	S_REPLAY_ROWS_ALIAS },
	{ "payment_taking",	S_REPLAY_ROWS_TAKING },
	{ "refund",		S_REPLAY_ROWS_REFUND },
	{ "refund_failed",	S_REPLAY_ROWS_REFUND_FAILED },
	{ "dispute",		S_REPLAY_ROWS_DISPUTE },
	{ "invoice",		S_REPLAY_ROWS_INVOICE },
	{ "api_key",		S_REPLAY_ROWS_KEY },
	{ "organization",	S_REPLAY_ROWS_ORGANIZATION },
	{ "membership",		S_REPLAY_ROWS_MEMBERSHIP },
	{ "clerk_session",	S_REPLAY_ROWS_SESSION },
	{ "email",		S_REPLAY_ROWS_EMAIL },
	{ "email_history",	S_REPLAY_ROWS_HISTORY },
	{ "suppression",	S_REPLAY_ROWS_SUPPRESSION },
	{ "message",		S_REPLAY_ROWS_MESSAGE },
};
#define TABLES	((int64_t)(sizeof(tables) / sizeof(tables[0])))

/* One side of a table. */
struct side {
	struct stmt	*q;
	bool		 row;
};

static enum hk_err
side_next(struct side *s)
{
	return stmt_step(s->q, &s->row);
}

static enum hk_err
side_open(struct db *db, enum stmt_id rows, struct side *s)
{
	enum hk_err	e = db_stmt(db, rows, &s->q);

	return e == HK_OK ? side_next(s) : e;
}

static int
span_cmp(struct span a, struct span b)
{
	size_t	n = a.len < b.len ? a.len : b.len;
	int	c = n > 0 ? memcmp(a.p, b.p, n) : 0;

	return c != 0 ? c : a.len < b.len ? -1 : a.len > b.len;
}

/* ---- what is told of a row -------------------------------------------------------- */

static void
put_value(struct jw *w, struct buf *scratch, const char *name, struct json *v)
{
	buf_clear(scratch);
	json_print(scratch, v, false);
	jw_raw(w, name, buf_span(scratch));
}

/* What a row has; NULL says nothing. */
static void
put_row(struct jw *w, struct buf *scratch, struct json *columns)
{
	struct span	 name;
	struct json	*value;
	void		*at = NULL;

	while (json_next(columns, &at, &name, &value))
		if (value != NULL)
			put_value(w, scratch, name.p, value);
}

static bool
same(struct buf *scratch, struct json *a, struct json *b)
{
	size_t	n;

	buf_clear(scratch);
	json_print(scratch, a, false);
	n = scratch->len;
	json_print(scratch, b, false);
	return buf_ok(scratch) && scratch->len == 2 * n && memcmp(scratch->p, scratch->p + n, n) == 0;
}

/* The columns that differ: [before, after]. */
static void
put_difference(struct jw *w, struct buf *scratch, struct json *before, struct json *after)
{
	struct span	 name;
	struct json	*a, *b;
	void		*at = NULL;

	while (json_next(before, &at, &name, &a)) {
		if (!json_has(after, name.p, &b) || same(scratch, a, b))
			continue;
		jw_open(w, name.p, '[');
		put_value(w, scratch, NULL, a);
		put_value(w, scratch, NULL, b);
		jw_close(w, ']');
	}
}

static enum hk_err
columns_text(struct span before, struct span after, struct buf *out)
{
	struct json	*a = NULL, *b = NULL;
	struct buf	 scratch;
	struct jw	 w;
	enum hk_err	 e;

	buf_init(&scratch, COLUMNS_MOST);
	jw_init(&w, out);
	if ((before.p != NULL && (e = json_parse(before, &a)) != HK_OK) ||
	    (after.p != NULL && (e = json_parse(after, &b)) != HK_OK))
		goto out;
	jw_open(&w, NULL, '{');
	if (a != NULL && b != NULL)
		put_difference(&w, &scratch, a, b);
	else
		put_row(&w, &scratch, a != NULL ? a : b);
	jw_close(&w, '}');
	e = buf_ok(out) && buf_ok(&scratch) ? HK_OK : err_note(HK_NOMEM, "no memory for a row");
out:
	json_free(a);
	json_free(b);
	buf_release(&scratch);
	return e;
}

static enum hk_err
differs(struct replaying *r, const char *table, struct side *old, struct side *new)
{
	struct replay_row	row = { .table = table };
	struct buf		text;
	enum hk_err		e;

	row.what = old == NULL ? '+' : new == NULL ? '-' : '=';
	row.key = col_text((old != NULL ? old : new)->q, 0);
	r->t->rows_added += row.what == '+';
	r->t->rows_removed += row.what == '-';
	r->t->rows_changed += row.what == '=';
	buf_init(&text, COLUMNS_MOST);
	e = columns_text(old != NULL ? col_text(old->q, 1) : SPAN_NULL,
	    new != NULL ? col_text(new->q, 1) : SPAN_NULL, &text);
	if (e == HK_OK) {
		row.columns = buf_span(&text);
		e = r->o->differs(r->o->ctx, &row);
	}
	buf_release(&text);
	return e;
}

/* ---- merging ------------------------------------------------------------------------ */

/* The row, or the two rows, with the lowest key. */
static enum hk_err
merge_one(struct replaying *r, const char *table, struct side *old, struct side *new)
{
	int		c = !old->row ? 1 : !new->row ? -1 :
			    span_cmp(col_text(old->q, 0), col_text(new->q, 0));
	enum hk_err	e = HK_OK;

	if (c < 0)
		e = differs(r, table, old, NULL);
	else if (c > 0)
		e = differs(r, table, NULL, new);
	else if (span_cmp(col_text(old->q, 1), col_text(new->q, 1)) != 0)
		e = differs(r, table, old, new);
	if (e == HK_OK && c <= 0)
		e = side_next(old);
	if (e == HK_OK && c >= 0)
		e = side_next(new);
	return e;
}

static void
tell(struct replaying *r, int64_t table)
{
	if (r->o->progress != NULL)
		r->o->progress(r->o->ctx, "comparing", table, TABLES);
}

static enum hk_err
compare_table(struct replaying *r, int64_t i)
{
	struct side	 old = { .q = NULL }, new = { .q = NULL };
	int64_t		 rows = 0;
	enum hk_err	 e;

	if ((e = side_open(r->books, tables[i].rows, &old)) == HK_OK)
		e = side_open(r->blank, tables[i].rows, &new);
	while (e == HK_OK && (old.row || new.row)) {
		e = merge_one(r, tables[i].name, &old, &new);
		if (++rows % TELL_EVERY == 0)
			tell(r, i);
	}
	stmt_reset(old.q);
	stmt_reset(new.q);
	return e;
}

enum hk_err
replay_compare(struct replaying *r)
{
	enum hk_err	e = HK_OK;

	for (int64_t i = 0; e == HK_OK && i < TABLES; i++) {
		tell(r, i);
		e = compare_table(r, i);
	}
	tell(r, TABLES);
	return e;
}
