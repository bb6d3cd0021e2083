/*
 * struct span: the currency for bytes.  A body is not a string: it may hold
 * NUL bytes and has no terminator.  A span owns nothing.
 */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
	const char	*p;	/* may be NULL when len is 0: "absent" */
	size_t		 len;
};

#define SPAN_NULL	((struct span){ NULL, 0 })
/* Only for string literals and char arrays that are full strings. */
#define SPAN(lit)	((struct span){ (lit), sizeof(lit) - 1 })
/* printf("%.*s", SPAN_ARG(s)) */
#define SPAN_ARG(s)	(int)(s).len, (s).p != NULL ? (s).p : ""

static inline struct span
span_of(const char *p, size_t len)
{
	return (struct span){ p, len };
}

/* A C string as span; NULL gives SPAN_NULL. */
static inline struct span
span_str(const char *s)
{
	return (struct span){ s, s != NULL ? strlen(s) : 0 };
}

static inline bool
span_eq(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

static inline bool
span_is(struct span a, const char *s)
{
	return span_eq(a, span_str(s));
}

static inline bool
span_starts(struct span a, const char *prefix)
{
	size_t	n = strlen(prefix);

	return a.len >= n && (n == 0 || memcmp(a.p, prefix, n) == 0);
}

/* Without the blanks (space, tab, CR, LF) at both ends. */
struct span	 span_trim(struct span);

/*
 * Cut the next piece up to the separator off *rest and return it; *rest is
 * what follows.  The last piece leaves *rest SPAN_NULL; call while rest.p.
 */
struct span	 span_cut(struct span *rest, char sep);

/*
 * Decimal digits only, no sign, no blank, 1 to 18 of them.  False and *out
 * untouched for anything else.
 */
bool		 span_u63(struct span, int64_t *out);

/* Every byte in '!'..'~' and 1 <= len <= most. */
bool		 span_graph(struct span, size_t most);

#endif
