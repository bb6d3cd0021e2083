/* Rows of a statement: a table for people, JSON for programs. */
#include <assert.h>

#include "cli/cli.h"
#include "cli/text.h"

#define CELLS_MOST	16

void
heading(struct cli *c, const char *title)
{
	if (c->json)
		return;
	if (c->out.len > 0)
		buf_putc(&c->out, '\n');
	buf_printf(&c->out, c->screen.colour ? "\033[1m%s\033[0m\n" : "%s\n", title);
}

static enum mark
mark_of(struct span status)
{
	return span_is(status, "failed") ? MARK_BAD :
	    span_is(status, "completed") ? MARK_GOOD : MARK_NONE;
}

static void
put_json(struct jw *w, struct stmt *q, int i, const struct rowcol *col)
{
	if (col->kind == ROW_HIDDEN)
		return;
	if (col_is_null(q, i))
		jw_null(w, col->name);
	else if (col->kind == ROW_INT)
		jw_int(w, col->name, col_int(q, i));
	else if (col->kind == ROW_BOOL)
		jw_bool(w, col->name, col_int(q, i) != 0);
	else if (col->kind == ROW_TIME)
		jw_time(w, col->name, col_int(q, i));
	else
		jw_text(w, col->name, col_text(q, i));
}

static void
put_cell(struct table *t, struct stmt *q, int i, const struct rowcol *col)
{
	struct span	s;

	if (col_is_null(q, i)) {
		table_cell(t, SPAN_NULL, MARK_NONE);
		return;
	}
	switch (col->kind) {
	case ROW_INT:
		table_int(t, col_int(q, i));
		break;
	case ROW_TIME:
		table_time(t, col_int(q, i));
		break;
	case ROW_BOOL:
		table_cell(t, col_int(q, i) != 0 ? SPAN("yes") : SPAN("no"), MARK_NONE);
		break;
	default:
		s = col_text(q, i);
		table_cell(t, s, col->kind == ROW_STATUS ? mark_of(s) : MARK_NONE);
	}
}

/* The statement and its description must not drift apart. */
static void
check(struct stmt *q, const struct rowcol *cols, int n)
{
	assert(col_count(q) == n);
	for (int i = 0; i < n; i++)
		assert(strcmp(col_name(q, i), cols[i].name) == 0);
}

static void
put_row(struct cli *c, struct table *t, struct stmt *q, const struct rowcol *cols, int n)
{
	if (c->json)
		jw_open(&c->jw, NULL, '{');
	for (int i = 0; i < n; i++)
		if (c->json)
			put_json(&c->jw, q, i, &cols[i]);
		else if (cols[i].title != NULL)
			put_cell(t, q, i, &cols[i]);
	if (c->json)
		jw_close(&c->jw, '}');
}

static struct table *
table_for(struct cli *c, const struct rowcol *cols, int n)
{
	struct column	*col = arena_zero(c->arena, CELLS_MOST * sizeof(*col));
	int		 shown = 0;

	for (int i = 0; col != NULL && i < n; i++) {
		if (cols[i].title == NULL)
			continue;
		assert(shown < CELLS_MOST);
		col[shown++] = (struct column){ cols[i].title,
		    cols[i].kind == ROW_INT, cols[i].least };
	}
	return col != NULL ? table_new(c->arena, col, shown) : NULL;
}

enum hk_err
rows_print(struct cli *c, struct stmt *q, const struct rowcol *cols, int n,
    const char *key, int64_t most, int64_t *count)
{
	struct table	*t = NULL;
	enum hk_err	 e = HK_OK;
	bool		 row;

	*count = 0;
	check(q, cols, n);
	if (c->json)
		jw_open(&c->jw, key, '[');
	else if ((t = table_for(c, cols, n)) == NULL)
		e = err_note(HK_NOMEM, "no memory for a table");
	while (e == HK_OK && (e = stmt_step(q, &row)) == HK_OK && row) {
		if (most < 0 || *count < most)
			put_row(c, t, q, cols, n);
		++*count;
	}
	stmt_reset(q);
	if (c->json)
		jw_close(&c->jw, ']');
	else if (e == HK_OK && *count > 0 && !table_print(t, &c->out, &c->screen))
		e = err_note(HK_NOMEM, "no memory for a table");
	return e;
}

int
rows_end(struct cli *c, int64_t count, int64_t most, const char *none)
{
	enum hk_err	e;

	if (c->json) {
		jw_bool(&c->jw, "more", count > most);
		jw_close(&c->jw, '}');
		buf_putc(&c->out, '\n');
	} else if (count == 0)
		cli_say("%s", none);
	else if (count > most) {
		if ((e = cli_flush(c)) != HK_OK)
			return cli_fail(e);
		cli_say("there are more: --before with the lowest ID above goes on");
	}
	return count > 0 ? 0 : EXIT_NO;
}

void
row_print(struct cli *c, struct stmt *q, const struct rowcol *cols, int n, const char *key)
{
	char	text[TIME_LEN + 1];
	int	left = 0;

	check(q, cols, n);
	if (c->json) {
		jw_open(&c->jw, key, '{');
		for (int i = 0; i < n; i++)
			put_json(&c->jw, q, i, &cols[i]);
		jw_close(&c->jw, '}');
		return;
	}
	for (int i = 0; i < n; i++)
		if (cols[i].title != NULL && (int)strlen(cols[i].title) > left)
			left = (int)strlen(cols[i].title);
	for (int i = 0; i < n; i++) {
		if (cols[i].title == NULL || col_is_null(q, i))
			continue;
		buf_printf(&c->out, "%-*s  ", left, cols[i].title);
		if (cols[i].kind == ROW_TIME) {
			time_text(text, col_int(q, i));
			buf_printf(&c->out, "%s UTC", text);
		} else if (cols[i].kind == ROW_INT)
			buf_printf(&c->out, "%lld", (long long)col_int(q, i));
		else if (cols[i].kind == ROW_BOOL)
			buf_puts(&c->out, col_int(q, i) != 0 ? "yes" : "no");
		else
			text_escape(&c->out, col_text(q, i), false);
		buf_putc(&c->out, '\n');
	}
}
