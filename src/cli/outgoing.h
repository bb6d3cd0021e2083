/*
 * What the commands about endpoints, messages and deliveries share.
 */
#ifndef CLI_OUTGOING_H
#define CLI_OUTGOING_H

#include "admin/auditlog.h"
#include "cli/cli.h"

/* ---- changes ------------------------------------------------------------------- */

/*
 * A verb inside a transaction that is open.  It may set the line's subject, before
 * and after; with an action it is written into the audit log.
 */
typedef enum hk_err outgoing_verb(struct cli *, int64_t now, struct auditlog *, void *what);
/* Opens the database, runs the verb, writes the log, commits, wakes the worker. */
enum hk_err	 outgoing_do(struct cli *, const char *action, outgoing_verb *, void *what)
		    HK_MUST_USE;
/* What is due now is seen at once. */
void		 outgoing_wake(struct cli *);
/* cli_fail(), but what a person said wrongly gets the usage line. */
int		 outgoing_fail(struct cli *, enum hk_err);

/* ---- operands ------------------------------------------------------------------- */

/* "ep_12" or "12".  HK_USAGE says what it is to be. */
enum hk_err	 endpoint_operand(const char *, int64_t *id) HK_MUST_USE;
/* By any id of a user: ours, Clerk's, an address.  In the arena.  HK_NOTFOUND. */
enum hk_err	 owner_operand(struct cli *, const char *user, struct span *id) HK_MUST_USE;
/* A text of the file, or of standard input for "-"; in the arena. */
enum hk_err	 text_operand(struct cli *, const char *file, size_t most, struct span *out)
		    HK_MUST_USE;

/* ---- showing -------------------------------------------------------------------- */

/* A column of the statement, for people. */
struct shown {
	const char	*title;
	int		 col;
	enum { SHOWN_TEXT, SHOWN_INT, SHOWN_TIME, SHOWN_BOOL, SHOWN_STATE, SHOWN_MS } kind;
	int		 least;		/* of a wide table: may shrink to this; 0: never */
};

typedef void members_fn(struct jw *, struct stmt *);

/*
 * All rows as the array `key`, each by its members, or as a table of the columns,
 * which end with title NULL.  Resets the statement.
 */
enum hk_err	 shown_rows(struct cli *, struct stmt *, const struct shown *, members_fn *,
		    const char *key, int64_t *count) HK_MUST_USE;
/* The current row, a line a column, without those that are NULL; not reset. */
void		 shown_row(struct cli *, struct stmt *, const struct shown *);
/* The document of a command that lists: {"key":[...]}; says `none` when there is nothing. */
int		 shown_list(struct cli *, struct stmt *, const struct shown *, members_fn *,
		    const char *key, const char *none);

#endif
