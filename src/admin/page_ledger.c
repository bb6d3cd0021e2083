/* The ledger: every transfer, newest first, and lists of them as files. */
#include <stdio.h>

#include "admin/ids.h"
#include "admin/ledger_scan.h"
#include "admin/owner.h"
#include "admin/rows_file.h"

#define PAGE_ROWS	50
#define FILE_MOST	(1 << 20)	/* bytes gathered of a file */

/* The columns of S_LEDGER_LINE. */
enum { L_ID, L_AT, L_KIND, L_AMOUNT, L_FROM, L_FROM_ID, L_TO, L_TO_ID, L_BALANCE, L_KEY, L_EVENT,
       L_NOTE, L_EMAIL };
static const struct file_column cols[] = {
	{ "id", FILE_NUMBER }, { "created_at", FILE_TIME }, { "kind", FILE_TEXT },
	{ "amount", FILE_NUMBER }, { "from_kind", FILE_TEXT }, { "from", FILE_TEXT },
	{ "to_kind", FILE_TEXT }, { "to", FILE_TEXT }, { "balance_after", FILE_NUMBER },
	{ "business_key", FILE_TEXT }, { "event", FILE_NUMBER }, { "note", FILE_TEXT },
};
#define COLS	((int)(sizeof(cols) / sizeof(cols[0])))

/* ---- rows ------------------------------------------------------------------------- */

static void
put_number(struct jw *w, const char *key, struct stmt *q, int col)
{
	if (col_is_null(q, col))
		jw_null(w, key);
	else
		jw_int(w, key, col_int(q, col));
}

static void
put_row(struct jw *w, struct stmt *q)
{
	bool	gives = span_is(col_text(q, L_FROM), "system");

	jw_open(w, NULL, '{');
	jw_int(w, "id", col_int(q, L_ID));
	jw_time(w, "created_at", col_int(q, L_AT));
	jw_text(w, "kind", col_text(q, L_KIND));
	jw_int(w, "amount", col_int(q, L_AMOUNT));
	jw_bool(w, "gives", gives);
	owner_put(w, "from", col_text(q, L_FROM), col_text(q, L_FROM_ID), SPAN_NULL);
	owner_put(w, "to", col_text(q, L_TO), col_text(q, L_TO_ID), SPAN_NULL);
	/* Whose it is, for the other side is the system. */
	owner_put(w, "owner", col_text(q, gives ? L_TO : L_FROM),
	    col_text(q, gives ? L_TO_ID : L_FROM_ID), col_text(q, L_EMAIL));
	put_number(w, "balance", q, L_BALANCE);
	jw_text(w, "business_key", col_text(q, L_KEY));
	put_number(w, "event", q, L_EVENT);
	jw_text(w, "note", col_text(q, L_NOTE));
	jw_close(w, '}');
}

/* Calls for the line of each id. */
static enum hk_err
each_line(struct db *db, const struct ledger_scan *s, void (*put)(void *, struct stmt *), void *ctx)
{
	struct stmt	*q;
	enum hk_err	 e = HK_OK;
	bool		 row;

	for (int i = 0; i < s->n && e == HK_OK; i++) {
		if ((e = db_stmt(db, S_LEDGER_LINE, &q)) != HK_OK)
			break;
		bind_int(q, ":id", s->id[i]);
		if ((e = stmt_step(q, &row)) == HK_OK && row)
			put(ctx, q);
		stmt_reset(q);
	}
	return e;
}

static void
put_row_of(void *doc, struct stmt *q)
{
	put_row(doc, q);
}

/* ---- the form ----------------------------------------------------------------------- */

static void
put_form(struct visit *v, const struct ledger_filter *f)
{
	struct jw	*w = v->doc;
	struct buf	 b;

	buf_init(&b, 16384);
	jw_open(w, "filter", '{');
	for (const struct ledger_field *d = ledger_fields; d->name != NULL; d++)
		jw_text(w, d->name, ledger_value(f, d));
	jw_close(w, '}');
	choices_put(w, "kinds", ledger_kinds, f->kind);
	jw_open(w, "chips", '[');
	for (const struct ledger_field *d = ledger_fields; d->name != NULL; d++) {
		if (ledger_value(f, d).p == NULL)
			continue;
		buf_clear(&b);
		buf_putc(&b, '?');
		ledger_filter_query(&b, f, d->name);
		jw_open(w, NULL, '{');
		jw_text(w, "name", span_str(d->title));
		jw_text(w, "text", ledger_value(f, d));
		jw_text(w, "href", buf_span(&b));
		jw_close(w, '}');
	}
	jw_close(w, ']');
	buf_clear(&b);
	ledger_filter_query(&b, f, NULL);
	jw_text(w, "query", b.len > 0 ? buf_span(&b) : SPAN(""));
	jw_bool(w, "filtered", ledger_filter_has(f, NULL, NULL));
	if (f->owner.p != NULL)
		owner_put(w, "whose", span_str(f->owner_kind), f->owner, f->user);
	else
		jw_null(w, "whose");
	buf_release(&b);
}

static void
put_wrong(struct visit *v, const struct ledger_filter *f)
{
	const struct ledger_field	*d = ledger_fields;

	if (f->wrong.name == NULL) {
		jw_null(v->doc, "wrong");
		return;
	}
	while (d->name != NULL && strcmp(d->name, f->wrong.name) != 0)
		d++;
	jw_open(v->doc, "wrong", '{');
	jw_text(v->doc, "name", span_str(f->wrong.name));
	jw_text(v->doc, "title", span_str(d->name != NULL ? d->title : "Filter"));
	jw_text(v->doc, "text", span_str(f->wrong.text));
	jw_close(v->doc, '}');
}

static void
put_way(struct visit *v, const struct ledger_filter *f, const char *key, const char *way, int64_t id)
{
	struct buf	b;
	char		number[24];

	if (id == 0) {
		jw_null(v->doc, key);
		return;
	}
	snprintf(number, sizeof(number), "%lld", (long long)id);
	buf_init(&b, 16384);
	ledger_filter_query(&b, f, NULL);
	form_put(&b, span_str(way), span_str(number));
	jw_text(v->doc, key, buf_span(&b));
	buf_release(&b);
}

/* ---- totals ---------------------------------------------------------------------------- */

/* Of everything, or of a kind, the system's accounts know the sum. */
static enum hk_err
put_kinds(struct visit *v, const struct ledger_filter *f)
{
	struct jw	*w = v->doc;
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row;

	jw_open(w, "sums", '[');
	if (!ledger_filter_has(f, "kind", NULL)) {
		if ((e = db_stmt(v->db, S_LEDGER_SYSTEM, &q)) != HK_OK)
			return e;
		while ((e = stmt_step(q, &row)) == HK_OK && row) {
			if (f->kind.p != NULL && !span_eq(f->kind, col_text(q, 0)))
				continue;
			jw_open(w, NULL, '{');
			jw_text(w, "kind", col_text(q, 0));
			jw_int(w, "net", col_int(q, 1));
			jw_close(w, '}');
		}
		stmt_reset(q);
		if (e != HK_OK)
			return e;
	}
	jw_close(w, ']');
	return HK_OK;
}

static enum hk_err
put_sum(struct visit *v, const struct ledger_filter *f)
{
	struct jw		*w = v->doc;
	struct ledger_sum	 sum = { .whole = false };
	enum hk_err		 e = HK_OK;

	if (ledger_filter_has(f, "kind", NULL))
		e = ledger_sum(v->db, f, &sum);
	if (!sum.whole) {
		jw_null(w, "total");
		return e;
	}
	jw_open(w, "total", '{');
	jw_int(w, "rows", sum.rows);
	jw_int(w, "given", sum.given);
	jw_int(w, "taken", sum.taken);
	jw_int(w, "net", sum.given - sum.taken);
	jw_close(w, '}');
	return e;
}

/* ---- the page --------------------------------------------------------------------------- */

/* Upwards there may be less than a page left: then it is the newest that is shown. */
static enum hk_err
find(struct visit *v, const struct ledger_filter *f, struct ledger_scan *s, bool *newest)
{
	int64_t		before, after;
	enum hk_err	e;

	if ((e = ids_read(v, "transfers", &before, &after)) != HK_OK)
		return e;
	if (after > 0) {
		if ((e = ledger_scan(v->db, f, INT64_MAX, after, PAGE_ROWS, s)) != HK_OK)
			return e;
		*newest = s->n < PAGE_ROWS && s->next == 0;
		if (!*newest) {
			s->next = s->n > 0 ? s->id[s->n - 1] : after + 1;
			s->looked_to = 0;
			return HK_OK;
		}
		before = 0;
	}
	*newest = before == 0;
	return ledger_scan(v->db, f, before > 0 ? before : INT64_MAX, 0, PAGE_ROWS, s);
}

static void
put_ways(struct visit *v, const struct ledger_filter *f, const struct ledger_scan *s, bool newest)
{
	put_way(v, f, "next", "before", s->next);
	if (newest)
		jw_null(v->doc, "previous");
	else	/* with nothing here, the newest */
		put_way(v, f, "previous", "after", s->n > 0 ? s->id[0] : INT64_C(999999999999999999));
	jw_bool(v->doc, "newest", newest);
	if (s->looked_to == 0)
		jw_null(v->doc, "searched");
	else {
		jw_open(v->doc, "searched", '{');
		jw_int(v->doc, "to", s->looked_to);
		jw_close(v->doc, '}');
	}
}

enum hk_err
page_ledger(struct visit *v)
{
	struct ledger_scan	*s = arena_zero(v->arena, sizeof(*s));
	struct ledger_filter	 f;
	bool			 newest = true;
	enum hk_err		 e;

	if (s == NULL)
		return err_note(HK_NOMEM, "no memory for the ledger");
	if ((e = ledger_filter_read(v, &f)) != HK_OK)
		return e;
	put_form(v, &f);
	put_wrong(v, &f);
	if (f.wrong.name != NULL)
		v->status = 400;
	else if ((e = find(v, &f, s, &newest)) != HK_OK)
		return e;
	put_ways(v, &f, s, newest);
	jw_open(v->doc, "rows", '[');
	e = each_line(v->db, s, put_row_of, v->doc);
	jw_close(v->doc, ']');
	if (e != HK_OK || f.wrong.name != NULL) {
		jw_null(v->doc, "total");
		jw_open(v->doc, "sums", '[');
		jw_close(v->doc, ']');
		return e;
	}
	if ((e = put_sum(v, &f)) != HK_OK)
		return e;
	return put_kinds(v, &f);
}

/* ---- files --------------------------------------------------------------------------------- */

struct file {
	struct buf	line;
	bool		csv;
};

static void
put_file_line(void *ctx, struct stmt *q)
{
	struct file	*file = ctx;
	struct jw	 w;

	if (file->csv) {
		file_csv_line(&file->line, q, cols, COLS);
		return;
	}
	jw_init(&w, &file->line);
	jw_open(&w, NULL, '{');
	file_json_members(&w, q, cols, COLS);
	jw_close(&w, '}');
	buf_putc(&file->line, '\n');
}

/* Each batch in a snapshot of its own, sent outside of it: a slow reader holds up nobody. */
static enum hk_err
put_all(struct visit *v, struct http_exchange *x, const struct ledger_filter *f, struct file *file)
{
	struct ledger_scan	*s = arena_get(v->arena, sizeof(*s));
	int64_t			 before = INT64_MAX;
	enum hk_err		 e = HK_OK;

	if (s == NULL)
		return err_note(HK_NOMEM, "no memory for a file");
	while (before != 0 && e == HK_OK) {
		if (!db_in_transaction(v->db) && (e = db_begin(v->db)) != HK_OK)
			break;
		if ((e = ledger_scan(v->db, f, before, 0, LEDGER_MOST, s)) == HK_OK)
			e = each_line(v->db, s, put_file_line, file);
		before = s->next;
		db_rollback(v->db);
		if (e == HK_OK && !buf_ok(&file->line))
			e = err_note(HK_NOMEM, "no memory for a file's lines");
		if (e == HK_OK)
			e = http_stream_write(x, buf_span(&file->line));
		buf_clear(&file->line);
	}
	return e;
}

static void
download(struct visit *v, struct http_exchange *x, bool csv, const char *type, const char *lines)
{
	struct file		file = { .csv = csv };
	struct ledger_filter	f;
	enum hk_err		e;

	if ((e = ledger_filter_read(v, &f)) == HK_OK && f.wrong.name != NULL)
		e = err_tell(HK_SYNTAX, "%s", f.wrong.text);
	if (e != HK_OK) {
		visit_fail(v, x, e);
		return;
	}
	buf_init(&file.line, FILE_MOST);
	http_stream_begin(x, 200, type, lines);
	if (csv)
		file_csv_head(&file.line, cols, COLS);
	e = put_all(v, x, &f, &file);
	http_stream_end(x, e);
	buf_release(&file.line);
}

void
download_ledger_csv(struct visit *v, struct http_exchange *x)
{
	download(v, x, true, "text/csv; charset=utf-8", FILE_LINES("ledger.csv"));
}

void
download_ledger_ndjson(struct visit *v, struct http_exchange *x)
{
	download(v, x, false, "application/x-ndjson", FILE_LINES("ledger.ndjson"));
}
