/*
 * How far something has come that takes its time: on a terminal a bar that moves,
 * else a line every ten seconds, on the error stream.
 *
 *	replaying  [############----------------]  42 %  5120/s  0:23 left
 *	replaying: 8400 of 20000 (42 %), 5120/s, 0:23 left
 *
 * The words of a part are told anew when the next one begins.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdio.h>

#include "base/span.h"

struct progress {
	FILE		*to;		/* NULL: nothing is told */
	bool		 terminal;
	int		 width;		/* cells of the bar's line */
	const char	*what;		/* the part at hand */
	int64_t		 began_us, told_us;	/* by the clock of mono_us() */
	bool		 shown;		/* a bar is on the screen */
};

/* to NULL: quiet. */
void	 progress_init(struct progress *, FILE *to);
/* all 0: not known.  Cheap: call it often. */
void	 progress_tell(struct progress *, const char *what, int64_t done, int64_t all);
/* Take the bar away, before anything else is told. */
void	 progress_end(struct progress *);

/* For progress_tell(), and its test; took_us: since the part began. */
void	 progress_text(char *out, size_t room, int width, const char *what, int64_t done,
	    int64_t all, int64_t took_us);

#endif
