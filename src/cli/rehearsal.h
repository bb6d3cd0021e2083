/* What events would do, were they worked now: for `events retry --dry-run`. */
#ifndef CLI_REHEARSAL_H
#define CLI_REHEARSAL_H

#include "cli/cli.h"

/* Each of the operands; the exit status: EXIT_NO when one could not be handled. */
int	 rehearsal_run(struct cli *);

#endif
