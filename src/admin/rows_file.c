/* Rows as lines of a file. */
#include "admin/rows_file.h"

#include "base/clock.h"

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

void
file_csv_line(struct buf *b, struct stmt *q, const struct file_column *cols, int n)
{
	char	iso[ISO_LEN + 1];

	for (int i = 0; i < n; i++) {
		if (i > 0)
			buf_putc(b, ',');
		if (col_is_null(q, i))
			continue;
		if (cols[i].kind == FILE_TEXT)
			csv_cell(b, col_text(q, i));
		else if (cols[i].kind == FILE_TIME) {
			iso_format(iso, col_int(q, i));
			buf_puts(b, iso);
		} else
			buf_printf(b, "%lld", (long long)col_int(q, i));
	}
	buf_puts(b, "\r\n");
}

void
file_csv_head(struct buf *b, const struct file_column *cols, int n)
{
	for (int i = 0; i < n; i++)
		buf_printf(b, "%s%s", i > 0 ? "," : "", cols[i].name);
	buf_puts(b, "\r\n");
}

void
file_json_members(struct jw *w, struct stmt *q, const struct file_column *cols, int n)
{
	for (int i = 0; i < n; i++) {
		const char	*key = cols[i].name;

		if (col_is_null(q, i))
			jw_null(w, key);
		else if (cols[i].kind == FILE_TEXT)
			jw_text(w, key, col_text(q, i));
		else if (cols[i].kind == FILE_TIME)
			jw_time(w, key, col_int(q, i));
		else if (cols[i].kind == FILE_YES)
			jw_bool(w, key, col_int(q, i) != 0);
		else
			jw_int(w, key, col_int(q, i));
	}
}
