/*
 * Text on a terminal.  What a sender wrote may hold anything; nothing of it
 * may move the cursor, change colours or reorder what stands beside it.
 */
#ifndef CLI_TEXT_H
#define CLI_TEXT_H

#include "base/buf.h"

/*
 * Append with everything harmful visible: control characters (C0, DEL, C1)
 * and bytes that are no UTF-8 as \xNN, line and paragraph separators and
 * characters that change the direction as \uNNNN.  lines: '\n' and '\t' stay.
 */
void	 text_escape(struct buf *, struct span, bool lines);

/* Cells that escaped text takes: 2 for wide characters, 0 for combining ones. */
int	 text_width(struct span);
/*
 * The longest start of escaped text that takes at most `cells`, whole
 * characters only; *used is what it takes.
 */
struct span	 text_fit(struct span, int cells, int *used);

#endif
