/* Blocks of memory, given out from front to back and freed together. */
#include "base/arena.h"
#include "base/fault.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Under AddressSanitizer what is not given out may not be touched. */
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#define FORBID(p, n)	ASAN_POISON_MEMORY_REGION(p, n)
#define ALLOW(p, n)	ASAN_UNPOISON_MEMORY_REGION(p, n)
#else
#define FORBID(p, n)	((void)0)
#define ALLOW(p, n)	((void)0)
#endif

#define ALIGN		_Alignof(max_align_t)
#define BLOCK_FIRST	((size_t)16384)		/* the one a reset keeps: an ordinary request fits */
#define BLOCK_USUAL	((size_t)65536)		/* blocks double up to this */

struct block {
	struct block		*older;
	size_t			 size;	/* bytes at data */
	size_t			 used;
	_Alignas(ALIGN) char	 data[];
};

struct arena {
	struct block	*top;	/* newest; NULL before the first request */
	char		*last;	/* newest allocation, inside top */
	size_t		 most;
	size_t		 total;	/* sum of the blocks' sizes */
};

struct arena *
arena_new(size_t most)
{
	struct arena	*a = FAULT_FAIL("arena.new") ? NULL : calloc(1, sizeof(*a));

	if (a != NULL)
		a->most = most;
	return a;
}

static void
block_free(struct arena *a, struct block *b)
{
	ALLOW(b->data, b->size);
	a->total -= b->size;
	free(b);
}

void
arena_free(struct arena *a)
{
	struct block	*b;

	if (a == NULL)
		return;
	while ((b = a->top) != NULL) {
		a->top = b->older;
		block_free(a, b);
	}
	free(a);
}

void
arena_reset(struct arena *a)
{
	struct block	*b, *older;

	for (b = a->top; b != NULL; b = older) {
		older = b->older;
		if (older == NULL && b->size <= BLOCK_FIRST)
			break;
		block_free(a, b);
	}
	if (b != NULL) {
		b->used = 0;
		FORBID(b->data, b->size);
	}
	a->top = b;
	a->last = NULL;
}

size_t
arena_used(const struct arena *a)
{
	size_t	n = 0;

	for (const struct block *b = a->top; b != NULL; b = b->older)
		n += b->used;
	return n;
}

/* A new top with room for n; near the ceiling no larger than it must be. */
static bool
block_add(struct arena *a, size_t n)
{
	struct block	*b;
	size_t		 left = a->most - a->total;
	size_t		 size = a->top == NULL ? BLOCK_FIRST : 2 * a->top->size;

	if (n > left)
		return false;
	if (size > BLOCK_USUAL)
		size = BLOCK_USUAL;
	if (size > left)
		size = left;
	if (size < n)
		size = n;
	if ((b = malloc(sizeof(*b) + size)) == NULL)
		return false;
	*b = (struct block){ .older = a->top, .size = size };
	FORBID(b->data, b->size);
	a->top = b;
	a->total += size;
	return true;
}

/* The next aligned place in top; its size when it is full. */
static size_t
place(const struct block *b)
{
	size_t	at = (b->used + ALIGN - 1) & ~(ALIGN - 1);

	return at < b->size ? at : b->size;
}

void *
arena_get(struct arena *a, size_t n)
{
	struct block	*b = a->top;
	size_t		 at;

	if (n == 0)
		n = 1;		/* so that no two share an address */
	if (n > SIZE_MAX / 2 || FAULT_FAIL("arena"))
		return NULL;
	if (b == NULL || n > b->size - place(b)) {
		if (!block_add(a, n))
			return NULL;
		b = a->top;
	}
	at = place(b);
	a->last = b->data + at;
	b->used = at + n;
	ALLOW(a->last, n);
	return a->last;
}

void *
arena_zero(struct arena *a, size_t n)
{
	void	*p = arena_get(a, n);

	return p != NULL ? memset(p, 0, n) : NULL;
}

void *
arena_grow(struct arena *a, void *p, size_t had, size_t want)
{
	void	*new;
	size_t	 at;

	assert(p != NULL || had == 0);
	if (p != NULL && want <= had)
		return p;
	if (p != NULL && p == a->last) {
		at = (size_t)(a->last - a->top->data);
		if (want <= a->top->size - at) {
			a->top->used = at + want;
			ALLOW(a->last, want);
			return p;
		}
	}
	if ((new = arena_get(a, want)) != NULL && had > 0)
		memcpy(new, p, had);
	return new;
}

struct span
arena_span(struct arena *a, struct span s)
{
	char	*p;

	if (s.p == NULL || (p = arena_get(a, s.len)) == NULL)
		return SPAN_NULL;
	memcpy(p, s.p, s.len);
	return span_of(p, s.len);
}

char *
arena_str(struct arena *a, struct span s)
{
	char	*p = s.len < SIZE_MAX ? arena_get(a, s.len + 1) : NULL;

	if (p == NULL)
		return NULL;
	if (s.len > 0)
		memcpy(p, s.p, s.len);
	p[s.len] = '\0';
	return p;
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list	 ap;
	char	*p;
	int	 n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0 || (p = arena_get(a, (size_t)n + 1)) == NULL)
		return NULL;
	va_start(ap, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return p;
}
