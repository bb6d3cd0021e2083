/* Lists of events as files: all that a filter means, row by row. */
#include <stdio.h>

#include "admin/event_rows.h"
#include "admin/rows_file.h"
#include "base/clock.h"
#include "base/scan.h"
#include "inbox/body.h"
#include "provider/masked.h"

#define BATCH		200
#define BODY_ARENA	(64 << 20)	/* of one event */
#define GATHERED	65536		/* bytes that are sent before the batch is whole */

/* The columns of S_LOG_ROW, and their names in the file. */
static const struct file_column cols[] = {
	{ "id", FILE_NUMBER }, { "provider", FILE_TEXT }, { "event_type", FILE_TEXT },
	{ "event_id", FILE_TEXT }, { "status", FILE_TEXT }, { "outcome", FILE_TEXT },
	{ "note", FILE_TEXT }, { "lane", FILE_TEXT },
	{ "attempts", FILE_NUMBER }, { "waits_for", FILE_TEXT }, { "livemode", FILE_YES },
	{ "secret_label", FILE_TEXT }, { "created_at", FILE_TIME }, { "next_attempt_at", FILE_TIME },
	{ "processed_at", FILE_TIME }, { "occurred_at", FILE_TIME }, { "api_version", FILE_TEXT },
	{ "verified", FILE_YES },
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

static void
csv_line(struct file *file, struct stmt *q)
{
	file_csv_line(&file->line, q, cols, COLS);
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
	file_json_members(&w, q, cols, COLS);
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
    const char *extra)
{
	struct event_filter_wrong	wrong;
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
	http_stream_begin(x, 200, type, extra);
	if (file->put == csv_line)
		file_csv_head(&file->line, cols, COLS);
	e = put_all(file);
	http_stream_end(x, e);
	buf_release(&file->line);
	arena_free(file->arena);
}

void
download_events_csv(struct visit *v, struct http_exchange *x)
{
	struct file	file = { .v = v, .x = x, .put = csv_line };

	download(v, x, &file, "text/csv; charset=utf-8", FILE_LINES("events.csv"));
}

void
download_events_ndjson(struct visit *v, struct http_exchange *x)
{
	struct file	file = { .v = v, .x = x, .put = ndjson_line,
			    .bodies = span_is(form_get(&v->query, "with"), "body") };

	download(v, x, &file, "application/x-ndjson", FILE_LINES("events.ndjson"));
}
