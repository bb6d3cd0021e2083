/*
 * Rows of a statement as lines of a file: CSV for spreadsheets, NDJSON for
 * programs.
 */
#ifndef ADMIN_ROWS_FILE_H
#define ADMIN_ROWS_FILE_H

#include "base/json.h"
#include "store/store.h"

enum file_kind { FILE_TEXT, FILE_NUMBER, FILE_TIME, FILE_YES };

/* A column of the statement, in its order. */
struct file_column {
	const char	*name;
	enum file_kind	 kind;
};

/* Their names; and a row.  NULL is an empty cell; times are ISO. */
void		 file_csv_head(struct buf *, const struct file_column *, int n);
void		 file_csv_line(struct buf *, struct stmt *, const struct file_column *, int n);
/* The members of an object that is open: what follows them is the caller's. */
void		 file_json_members(struct jw *, struct stmt *, const struct file_column *, int n);

/* The lines of an answer that is to be kept as a file of this name. */
#define FILE_LINES(name) \
	"Content-Disposition: attachment; filename=\"" name "\"\r\n" \
	"X-Content-Type-Options: nosniff\r\nContent-Security-Policy: default-src 'none'; sandbox\r\n"

#endif
