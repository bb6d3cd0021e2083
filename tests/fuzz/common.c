/* What the fuzz targets share: failing, memory of one run, the log. */
#include "fuzz.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/conf_part.h"

#define LOG_MOST	65536

static void	*owned[4096];
static size_t	 nowned;
static char	 logged[LOG_MOST];
static size_t	 nlogged;
struct span	 fuzz_file;

void
fuzz_fail(const char *file, int line, const char *fact, const char *fmt, ...)
{
	va_list	ap;

	fprintf(stderr, "%s:%d: finding: ", file, line);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, " (not so: %s)\n", fact);
	abort();
}

char *
fuzz_room(size_t n)
{
	char	*p = malloc(n);

	if (p == NULL || nowned == sizeof(owned) / sizeof(*owned)) {
		fprintf(stderr, "fuzz: no room for one more copy\n");
		exit(1);
	}
	return owned[nowned++] = p;
}

struct span
fuzz_copy(struct span s)
{
	char	*p = fuzz_room(s.len);

	if (s.len > 0)
		memcpy(p, s.p, s.len);
	return span_of(p, s.len);
}

char *
fuzz_string(struct span s)
{
	size_t	 n = s.len > 0 ? strnlen(s.p, s.len) : 0;
	char	*p = fuzz_room(n + 1);

	if (n > 0)
		memcpy(p, s.p, n);
	p[n] = '\0';
	return p;
}

void
fuzz_forget(void)
{
	while (nowned > 0)
		free(owned[--nowned]);
	nlogged = 0;
	fuzz_file = SPAN_NULL;
}

void
__wrap_log_line(enum log_level level, const char *fmt, ...)
{
	va_list	ap;
	int	n;

	(void)level;
	va_start(ap, fmt);
	n = vsnprintf(logged + nlogged, LOG_MOST - nlogged, fmt, ap);
	va_end(ap);
	if (n > 0)
		nlogged += (size_t)n;
	if (nlogged >= LOG_MOST)
		nlogged = LOG_MOST - 1;
}

enum hk_err	 __wrap_file_read(const char *, size_t, struct stat *, char **, size_t *);

enum hk_err
__wrap_file_read(const char *path, size_t most, struct stat *st, char **text, size_t *len)
{
	(void)path;
	if (fuzz_file.p == NULL || fuzz_file.len > most)
		return HK_NOTFOUND;
	*st = (struct stat){ .st_mode = S_IFREG | 0600, .st_size = (off_t)fuzz_file.len };
	if ((*text = malloc(fuzz_file.len)) == NULL)
		abort();
	memcpy(*text, fuzz_file.p, fuzz_file.len);
	*len = fuzz_file.len;
	return HK_OK;
}

struct span
fuzz_logged(void)
{
	return span_of(logged, nlogged);
}

bool
fuzz_inside(struct span part, struct span whole)
{
	return part.p == NULL ? part.len == 0 : whole.p != NULL && part.p >= whole.p &&
	    part.p + part.len <= whole.p + whole.len;
}

void
fuzz_touch(struct span s)
{
	static volatile unsigned char	sum;

	for (size_t i = 0; i < s.len; i++)
		sum = (unsigned char)(sum + (unsigned char)s.p[i]);
}

bool
fuzz_contains(struct span text, struct span part)
{
	return text.len > 0 && memmem(text.p, text.len, part.p, part.len) != NULL;
}

struct span
fuzz_line(struct span *rest)
{
	const char	*end = rest->len > 0 ? memchr(rest->p, '\n', rest->len) : NULL;
	struct span	 line = *rest;

	if (end == NULL) {
		*rest = span_of(line.p + line.len, 0);
		return line;
	}
	line.len = (size_t)(end - line.p);
	*rest = span_of(end + 1, rest->len - line.len - 1);
	return line;
}

struct span
fuzz_before(struct span *rest, const char *line)
{
	struct span	whole = *rest, part = *rest, l;

	while (rest->len > 0) {
		part.len = (size_t)(rest->p - whole.p);
		l = fuzz_line(rest);
		if (span_is(l, line))
			return part;
	}
	*rest = span_of(whole.p + whole.len, 0);
	return whole;
}

int64_t
fuzz_number(struct span s, int64_t most)
{
	int64_t	n = 0;

	for (size_t i = 0; i < s.len && isdigit((unsigned char)s.p[i]); i++)
		if ((n = n * 10 + (s.p[i] - '0')) > most)
			return most;
	return n;
}
