/*
 * Tables for people: aligned by blanks, no wider than the terminal.
 */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <stdio.h>

#include "base/arena.h"
#include "base/buf.h"

/* What the output goes to. */
struct screen {
	int	 width;		/* cells; 0: no limit, it is no terminal */
	bool	 colour;
};

/*
 * A terminal's width, and whether it may be coloured: not when NO_COLOR is set
 * and not empty, nor TERM=dumb.
 */
struct screen	 screen_of(FILE *);

enum mark { MARK_NONE, MARK_GOOD, MARK_BAD, MARK_DIM };

struct column {
	const char	*title;
	bool		 right;
	int		 least;		/* may shrink to this many cells; 0: never */
};

struct table;

/* Lives in the arena; the columns must live as long.  NULL: no memory. */
struct table	*table_new(struct arena *, const struct column *, int n);
/* The next cell, row by row.  Bytes are escaped and copied; SPAN_NULL is "-". */
void		 table_cell(struct table *, struct span, enum mark);
void		 table_int(struct table *, int64_t);
void		 table_time(struct table *, int64_t us);	/* 0: "-" */
/* Only complete rows; false: memory ran out, the table is not whole. */
bool		 table_print(struct table *, struct buf *, const struct screen *);

/* "2026-11-22 23:41:11", UTC */
#define TIME_LEN	19
void		 time_text(char out[TIME_LEN + 1], int64_t us);

#endif
