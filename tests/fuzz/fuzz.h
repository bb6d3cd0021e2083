/*
 * What the fuzz targets share.  A target is a file fuzz_NAME.c that defines
 * LLVMFuzzerTestOneInput(); it says must() where something cannot be, and
 * libFuzzer looks for an input where it is.
 */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include "base/log.h"
#include "base/span.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* A finding: says it and aborts, so that libFuzzer keeps the input. */
#define must(fact, ...) do {						\
	if (!(fact))							\
		fuzz_fail(__FILE__, __LINE__, #fact, __VA_ARGS__);	\
} while (0)
void	 fuzz_fail(const char *file, int line, const char *fact, const char *fmt, ...)
	    HK_PRINTF(4, 5) __attribute__((noreturn));

/*
 * Copies of exactly the size, so that the sanitizer sees each byte read too
 * many; they live until fuzz_forget(), which ends a run.
 */
struct span	 fuzz_copy(struct span);
char		*fuzz_string(struct span);	/* up to its first NUL byte */
char		*fuzz_room(size_t);
void		 fuzz_forget(void);

/* What the program logged in this run; nothing of it is printed. */
struct span	 fuzz_logged(void);
void		 __wrap_log_line(enum log_level, const char *, ...) HK_PRINTF(2, 3);
void		 __real_log_line(enum log_level, const char *, ...) HK_PRINTF(2, 3);

/* The settings' file_read(): no path is opened, each file has this text. */
extern struct span	fuzz_file;	/* SPAN_NULL: there is none */

/* Does the part lie inside the whole (or is it SPAN_NULL)? */
bool		 fuzz_inside(struct span part, struct span whole);
/* Read each byte, so that the sanitizer judges whether it is allowed to. */
void		 fuzz_touch(struct span);
bool		 fuzz_contains(struct span text, struct span part);
/* Cut the first line off, or all. */
struct span	 fuzz_line(struct span *rest);
/* The text before a line that says just this; both are cut off *rest. */
struct span	 fuzz_before(struct span *rest, const char *line);
/* Digits of a text as a number, at most `most`; 0 when there are none. */
int64_t		 fuzz_number(struct span, int64_t most);

#endif
