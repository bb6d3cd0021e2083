/*
 * What the admin commands and init share: people get their passwords.
 */
#ifndef CLI_PEOPLE_H
#define CLI_PEOPLE_H

#include "admin/person.h"
#include "cli/cli.h"
#include "crypto/password.h"

#define PASSWORD_ROOM	(PERSON_PASSWORD_MOST + 2)

/* A password, made up or typed, and its hash. */
struct secret_word {
	char	text[PASSWORD_ROOM];	/* to be shown once when it was made up */
	char	hash[PASSWORD_TEXT];
	bool	made;
};

/*
 * typed: the first line of standard input; else one is made up.  HK_SYNTAX: it
 * breaks a rule; HK_USAGE: there is no line.
 */
enum hk_err	 word_make(struct secret_word *, bool typed) HK_MUST_USE;
void		 word_wipe(struct secret_word *);

/*
 * Make a person and write it into the audit log, in a transaction of its own.
 * word NULL: without a password.  HK_EXISTS, HK_SYNTAX.
 */
enum hk_err	 people_add(struct cli *, const char *name, enum role,
		    const struct secret_word *word) HK_MUST_USE;

/* Inside a transaction that is open. */
typedef enum hk_err person_change(struct cli *, const struct person *, const void *what,
	    int64_t now);
/*
 * Opens the database, finds the person of the first operand, changes it, writes
 * the audit log, commits.  *p: as it was.  HK_NOTFOUND, HK_NEVER.
 */
enum hk_err	 people_change(struct cli *, const char *action, person_change *,
		    const void *what, struct person *) HK_MUST_USE;

#endif
