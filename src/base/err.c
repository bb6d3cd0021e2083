/* The table of errors, and what this thread last said of one. */
#include "base/err.h"
#include "base/log.h"

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define LAST_MAX	1024	/* bytes of one sentence, its NUL included */

static const struct row {
	const char	*name;
	int		 status;
	const char	*text;
} rows[] = {
#define E(name, status, text)	{ #name, status, text },
#include "base/err.def"
#undef E
};

static _Thread_local char last[LAST_MAX];
static _Thread_local bool logged;

static const struct row *
row_of(enum hk_err e)
{
	assert((unsigned int)e < HK_ERR_COUNT);
	return &rows[e];
}

const char *
err_name(enum hk_err e)
{
	return row_of(e)->name;
}

const char *
err_text(enum hk_err e)
{
	return row_of(e)->text;
}

int
err_status(enum hk_err e)
{
	return row_of(e)->status;
}

/* By way of a second buffer: an argument may be err_last() itself. */
static void HK_PRINTF(1, 0)
keep(const char *fmt, va_list ap)
{
	char	text[LAST_MAX];

	vsnprintf(text, sizeof(text), fmt, ap);
	memcpy(last, text, sizeof(last));
}

enum hk_err
err_note(enum hk_err e, const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	keep(fmt, ap);
	va_end(ap);
	logged = true;
	log_error("%s (%s)", last, row_of(e)->name);
	return e;
}

enum hk_err
err_tell(enum hk_err e, const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	keep(fmt, ap);
	va_end(ap);
	logged = false;
	return e;
}

bool
err_logged(void)
{
	return logged;
}

const char *
err_last(void)
{
	return last;
}
