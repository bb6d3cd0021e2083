/*
 * Errors: one enum for the whole project, its rows are in err.def.
 *
 * An error is born where the fact is known, by err_note(), which logs the
 * fact and returns the code; from there it travels up unchanged.  Functions
 * that can fail return enum hk_err and give results through pointers, which
 * are written only on HK_OK unless their header says otherwise.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>

#define HK_MUST_USE	__attribute__((warn_unused_result))
#define HK_PRINTF(f, a)	__attribute__((format(printf, f, a)))

enum hk_err {
#define E(name, status, text)	HK_##name,
#include "base/err.def"
#undef E
	HK_ERR_COUNT
};

/* "BUSY": the row's name, for logs and --json. */
const char	*err_name(enum hk_err);
/* "the database is locked ...": the row's sentence, for people. */
const char	*err_text(enum hk_err);
/* 503: the HTTP status a web client is told. */
int		 err_status(enum hk_err);

/*
 * Log one line about an error at its birth and return the code.  The line
 * says the thing, the rule it broke and what to do; never a secret.
 * The same text is kept for this thread until the next err_note().
 */
enum hk_err	 err_note(enum hk_err, const char *fmt, ...) HK_PRINTF(2, 3);

/*
 * As err_note() but for errors that belong to one answer (a bad body, a wrong
 * argument): kept for err_last(), not logged.
 */
enum hk_err	 err_tell(enum hk_err, const char *fmt, ...) HK_PRINTF(2, 3);

/* What the last err_note()/err_tell() of this thread said; "" before any. */
const char	*err_last(void);
/* Was that an err_note(), so that its line is in the log already? */
bool		 err_logged(void);

#endif
