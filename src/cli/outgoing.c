/* Endpoints, messages and deliveries: changed by one way, shown by one way. */
#include "cli/outgoing.h"

#include <errno.h>
#include <unistd.h>

#include "base/clock.h"
#include "books/books.h"
#include "cli/text.h"
#include "inbox/wakeup.h"
#include "outbox/endpoint.h"

#define COLUMNS_MOST	16

/* ---- changes ----------------------------------------------------------------------- */

void
outgoing_wake(struct cli *c)
{
	int	fd = -1;

	wakeup_send(c->conf, &fd);
	if (fd != -1)
		close(fd);
}

enum hk_err
outgoing_do(struct cli *c, const char *action, outgoing_verb *verb, void *what)
{
	struct auditlog	line = { .action = action };
	const int64_t	now = now_us();
	enum hk_err	e;

	if ((e = c->db == NULL ? cli_open(c, DB_RW) : HK_OK) != HK_OK ||
	    (e = db_begin(c->db)) != HK_OK)
		return e;
	if ((e = verb(c, now, &line, what)) == HK_OK && action != NULL)
		e = auditlog_command(c->db, now, &line);
	if (e == HK_OK)
		e = db_commit(c->db);
	if (e != HK_OK)
		db_rollback(c->db);
	else
		outgoing_wake(c);
	return e;
}

int
outgoing_fail(struct cli *c, enum hk_err e)
{
	if (e == HK_USAGE || e == HK_SYNTAX)
		return cli_usage(c, "%s", err_last());
	return cli_fail(e);
}

/* ---- operands ------------------------------------------------------------------------ */

enum hk_err
endpoint_operand(const char *text, int64_t *id)
{
	if (endpoint_named(span_str(text), id) || span_u63(span_str(text), id))
		return HK_OK;
	return err_tell(HK_USAGE, "ENDPOINT is one of 'endpoint list', as ep_12, not '%s'", text);
}

enum hk_err
owner_operand(struct cli *c, const char *user, struct span *id)
{
	struct user	u;
	enum hk_err	e;

	if ((e = user_find(c->db, span_str(user), &u)) == HK_NOTFOUND)
		return err_tell(HK_NOTFOUND, "no user is '%s'", user);
	if (e != HK_OK)
		return e;
	*id = arena_span(c->arena, span_str(u.id));
	return id->p != NULL ? HK_OK : err_note(HK_NOMEM, "no memory for a user's id");
}

enum hk_err
text_operand(struct cli *c, const char *file, size_t most, struct span *out)
{
	FILE		*f = strcmp(file, "-") == 0 ? stdin : fopen(file, "rb");
	char		*text = arena_get(c->arena, most + 1);
	size_t		 n;
	bool		 bad;

	if (f == NULL || text == NULL) {
		if (f != NULL && f != stdin)
			fclose(f);
		return err_note(HK_IO, "cannot read %s: %s", file, strerror(errno));
	}
	n = fread(text, 1, most + 1, f);
	bad = ferror(f) != 0;
	if (f != stdin)
		fclose(f);
	if (bad)
		return err_note(HK_IO, "cannot read %s: %s", file, strerror(errno));
	if (n > most)
		return err_tell(HK_TOOBIG, "%s is larger than %zu bytes", file, most);
	*out = span_of(text, n);
	return HK_OK;
}

/* ---- showing -------------------------------------------------------------------------- */

static enum mark
mark_of(struct span state)
{
	if (span_is(state, "failed") || span_is(state, "disabled"))
		return MARK_BAD;
	if (span_is(state, "delivered") || span_is(state, "enabled"))
		return MARK_GOOD;
	return MARK_NONE;
}

static void
put_cell(struct table *t, struct stmt *q, const struct shown *s)
{
	char	text[32];

	if (col_is_null(q, s->col)) {
		table_cell(t, SPAN_NULL, MARK_NONE);
		return;
	}
	switch (s->kind) {
	case SHOWN_INT:
		table_int(t, col_int(q, s->col));
		break;
	case SHOWN_TIME:
		table_time(t, col_int(q, s->col));
		break;
	case SHOWN_BOOL:
		table_cell(t, col_int(q, s->col) != 0 ? SPAN("yes") : SPAN("no"), MARK_NONE);
		break;
	case SHOWN_MS:
		snprintf(text, sizeof(text), "%.1f ms", (double)col_int(q, s->col) / 1000);
		table_cell(t, span_str(text), MARK_NONE);
		break;
	default:
		table_cell(t, col_text(q, s->col), s->kind == SHOWN_STATE ?
		    mark_of(col_text(q, s->col)) : MARK_NONE);
	}
}

static struct table *
table_for(struct cli *c, const struct shown *s)
{
	struct column	*col = arena_zero(c->arena, COLUMNS_MOST * sizeof(*col));
	int		 n = 0;

	for (; col != NULL && s->title != NULL && n < COLUMNS_MOST; s++)
		col[n++] = (struct column){ s->title,
		    s->kind == SHOWN_INT || s->kind == SHOWN_MS, s->least };
	return col != NULL ? table_new(c->arena, col, n) : NULL;
}

enum hk_err
shown_rows(struct cli *c, struct stmt *q, const struct shown *cols, members_fn *members,
    const char *key, int64_t *count)
{
	struct table	*t = NULL;
	enum hk_err	 e = HK_OK;
	bool		 row;

	*count = 0;
	if (c->json)
		jw_open(&c->jw, key, '[');
	else if ((t = table_for(c, cols)) == NULL)
		e = err_note(HK_NOMEM, "no memory for a table");
	for (; e == HK_OK && (e = stmt_step(q, &row)) == HK_OK && row; ++*count) {
		if (c->json) {
			jw_open(&c->jw, NULL, '{');
			members(&c->jw, q);
			jw_close(&c->jw, '}');
			continue;
		}
		for (const struct shown *s = cols; s->title != NULL; s++)
			put_cell(t, q, s);
	}
	stmt_reset(q);
	if (c->json)
		jw_close(&c->jw, ']');
	else if (e == HK_OK && *count > 0 && !table_print(t, &c->out, &c->screen))
		e = err_note(HK_NOMEM, "no memory for a table");
	return e;
}

void
shown_row(struct cli *c, struct stmt *q, const struct shown *cols)
{
	char	text[TIME_LEN + 1];

	for (const struct shown *s = cols; s->title != NULL; s++) {
		if (col_is_null(q, s->col))
			continue;
		buf_printf(&c->out, "%-14s ", s->title);
		if (s->kind == SHOWN_TIME) {
			time_text(text, col_int(q, s->col));
			buf_printf(&c->out, "%s UTC", text);
		} else if (s->kind == SHOWN_INT)
			buf_printf(&c->out, "%lld", (long long)col_int(q, s->col));
		else if (s->kind == SHOWN_MS)
			buf_printf(&c->out, "%.1f ms", (double)col_int(q, s->col) / 1000);
		else if (s->kind == SHOWN_BOOL)
			buf_puts(&c->out, col_int(q, s->col) != 0 ? "yes" : "no");
		else
			text_escape(&c->out, col_text(q, s->col), false);
		buf_putc(&c->out, '\n');
	}
}

int
shown_list(struct cli *c, struct stmt *q, const struct shown *cols, members_fn *members,
    const char *key, const char *none)
{
	int64_t		n = 0;
	enum hk_err	e;

	if (c->json)
		jw_open(&c->jw, NULL, '{');
	if ((e = shown_rows(c, q, cols, members, key, &n)) != HK_OK)
		return cli_fail(e);
	if (c->json) {
		jw_close(&c->jw, '}');
		buf_putc(&c->out, '\n');
	} else if (n == 0)
		cli_say("%s", none);
	return 0;
}
