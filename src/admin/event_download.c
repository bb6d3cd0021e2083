/* Lists of events as files: all that a filter means, row by row. */
#include <stdio.h>

#include "admin/event_rows.h"
#include "base/clock.h"
#include "base/scan.h"
#include "inbox/body.h"
#include "provider/masked.h"

#define BATCH		200
#define BODY_ARENA	(64 << 20)	/* of one event */
#define GATHERED	65536		/* bytes that are sent before the batch is whole */

/* The columns of S_LOG_ROW, and their names in the file. */
enum { TEXT, NUMBER, TIME, YES };
static const struct {
	const char	*name;
	int		 kind;
} cols[] = {
	{ "id", NUMBER }, { "provider", TEXT }, { "event_type", TEXT }, { "event_id", TEXT },
	{ "status", TEXT }, { "outcome", TEXT }, { "note", TEXT }, { "lane", TEXT },
	{ "attempts", NUMBER }, { "waits_for", TEXT }, { "livemode", YES },
	{ "secret_label", TEXT }, { "created_at", TIME }, { "next_attempt_at", TIME },
	{ "processed_at", TIME }, { "occurred_at", TIME }, { "api_version", TEXT },
	{ "verified", YES },
};
#define COLS	((int)(sizeof(cols) / sizeof(cols[0])))

struct file {
	struct visit		*v;
	struct http_exchange	*x;
	struct event_filter	 f;
	struct buf		 line;
	struct arena		*arena;		/* of one event's body */
	bool			 bodies;	/* the body of each, too */
	void			(*put)(struct file *, struct stmt *);
};

/* ---- CSV -------------------------------------------------------------------------- */

/* What a spreadsheet would take for a formula is made a text. */
static void
csv_cell(struct buf *b, struct span s)
{
	bool	formula = s.len > 0 && memchr("=+-@\t\r\n", *s.p, 7) != NULL;

	buf_putc(b, '"');
	if (formula)
		buf_putc(b, '\'');
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '"')
			buf_putc(b, '"');
		buf_putc(b, s.p[i] != '\0' ? s.p[i] : ' ');
	}
	buf_putc(b, '"');
}

static void
csv_line(struct file *file, struct stmt *q)
{
	struct buf	*b = &file->line;
	char		 iso[ISO_LEN + 1];

	for (int i = 0; i < COLS; i++) {
		if (i > 0)
			buf_putc(b, ',');
		if (col_is_null(q, i))
			continue;
		if (cols[i].kind == TEXT)
			csv_cell(b, col_text(q, i));
		else if (cols[i].kind == TIME) {
			iso_format(iso, col_int(q, i));
			buf_puts(b, iso);
		} else
			buf_printf(b, "%lld", (long long)col_int(q, i));
	}
	buf_puts(b, "\r\n");
}

static void
csv_head(struct file *file)
{
	for (int i = 0; i < COLS; i++)
		buf_printf(&file->line, "%s%s", i > 0 ? "," : "", cols[i].name);
	buf_puts(&file->line, "\r\n");
}

/* ---- NDJSON ------------------------------------------------------------------------- */

/* As JSON where it is some, else as a text; a viewer's without codes. */
static void
put_body(struct file *file, struct jw *w, int64_t id, struct span provider, struct span type)
{
	struct span	body;

	arena_reset(file->arena);
	if (body_load(file->v->db, id, file->arena, NULL, &body) != HK_OK ||
	    (file->v->who.role < ROLE_OPERATOR &&
	    provider_mask(provider, type, body, file->arena, &body) != HK_OK)) {
		jw_null(w, "body");
		return;
	}
	if (scan_value(body, file->arena) != HK_OK || memchr(body.p, '\n', body.len) != NULL) {
		struct json	*root = NULL;

		/* A line has no line ends in it: printed anew. */
		if (json_parse(body, &root) != HK_OK) {
			jw_text(w, "body", body);
			return;
		}
		jw_raw(w, "body", SPAN(""));
		json_print(w->out, root, false);
		json_free(root);
		return;
	}
	jw_raw(w, "body", body);
}

static void
ndjson_line(struct file *file, struct stmt *q)
{
	struct jw	w;

	jw_init(&w, &file->line);
	jw_open(&w, NULL, '{');
	for (int i = 0; i < COLS; i++) {
		const char	*key = cols[i].name;

		if (col_is_null(q, i))
			jw_null(&w, key);
		else if (cols[i].kind == TEXT)
			jw_text(&w, key, col_text(q, i));
		else if (cols[i].kind == TIME)
			jw_time(&w, key, col_int(q, i));
		else if (cols[i].kind == YES)
			jw_bool(&w, key, col_int(q, i) != 0);
		else
			jw_int(&w, key, col_int(q, i));
	}
	if (file->bodies)
		put_body(file, &w, col_int(q, 0), col_text(q, 1),
		    col_is_null(q, 2) ? SPAN("") : col_text(q, 2));
	jw_close(&w, '}');
	buf_putc(&file->line, '\n');
}

/* ---- the file ---------------------------------------------------------------------------- */

static enum hk_err
flush(struct file *file)
{
	enum hk_err	e;

	if (!buf_ok(&file->line))
		return err_note(HK_NOMEM, "no memory for a file's lines");
	e = http_stream_write(file->x, buf_span(&file->line));
	buf_clear(&file->line);
	return e;
}

static enum hk_err
put_event(struct file *file, int64_t id)
{
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row;

	if ((e = db_stmt(file->v->db, S_LOG_ROW, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	if ((e = stmt_step(q, &row)) == HK_OK && row)
		file->put(file, q);
	stmt_reset(q);
	return e;
}

/*
 * What is gathered, outside of the snapshot: a slow reader must not hold one up,
 * for the log cannot be copied back behind it.
 */
static enum hk_err
send_gathered(struct file *file)
{
	enum hk_err	e;

	db_rollback(file->v->db);
	e = flush(file);
	return e == HK_OK ? db_begin(file->v->db) : e;
}

/* Each batch in a snapshot of its own; bodies may be large, so it is sent in parts. */
static enum hk_err
put_all(struct file *file)
{
	struct event_scan	s;
	int64_t			before = EVENT_SCAN_NEWEST;
	struct db		*db = file->v->db;
	enum hk_err		e = HK_OK;

	while (before != 0 && e == HK_OK) {
		if (!db_in_transaction(db) && (e = db_begin(db)) != HK_OK)
			break;
		e = event_scan(db, &file->f, before, 0, BATCH, &s);
		for (int i = 0; i < s.n && e == HK_OK; i++)
			if ((e = put_event(file, s.id[i])) == HK_OK &&
			    file->line.len > GATHERED)
				e = send_gathered(file);
		before = s.next;
		db_rollback(db);
		if (e == HK_OK)
			e = flush(file);
	}
	return e;
}

static void
download(struct visit *v, struct http_exchange *x, struct file *file, const char *type,
    const char *name)
{
	struct event_filter_wrong	wrong;
	char				extra[256];
	enum hk_err			e;

	event_filter_read(&file->f, v, &v->query, &wrong);
	if (wrong.name != NULL) {
		visit_fail(v, x, err_tell(HK_SYNTAX, "%s", wrong.text));
		return;
	}
	if ((file->arena = arena_new(BODY_ARENA)) == NULL) {
		visit_fail(v, x, err_note(HK_NOMEM, "no memory for a file"));
		return;
	}
	buf_init(&file->line, BODY_ARENA);
	snprintf(extra, sizeof(extra), "Content-Disposition: attachment; filename=\"%s\"\r\n"
	    "X-Content-Type-Options: nosniff\r\nContent-Security-Policy: default-src 'none'; sandbox\r\n",
	    name);
	http_stream_begin(x, 200, type, extra);
	if (file->put == csv_line)
		csv_head(file);
	e = put_all(file);
	http_stream_end(x, e);
	buf_release(&file->line);
	arena_free(file->arena);
}

void
download_events_csv(struct visit *v, struct http_exchange *x)
{
	struct file	file = { .v = v, .x = x, .put = csv_line };

	download(v, x, &file, "text/csv; charset=utf-8", "events.csv");
}

void
download_events_ndjson(struct visit *v, struct http_exchange *x)
{
	struct file	file = { .v = v, .x = x, .put = ndjson_line,
			    .bodies = span_is(form_get(&v->query, "with"), "body") };

	download(v, x, &file, "application/x-ndjson", "events.ndjson");
}
