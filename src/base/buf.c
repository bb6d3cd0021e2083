/* The growing buffer: it doubles, up to its most. */
#include "base/buf.h"
#include "base/fault.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define ROOM_FIRST	((size_t)256)

void
buf_init(struct buf *b, size_t most)
{
	assert(most < SIZE_MAX);	/* there is a NUL, too */
	*b = (struct buf){ .most = most };
}

void
buf_release(struct buf *b)
{
	free(b->p);
	buf_init(b, b->most);
}

void
buf_clear(struct buf *b)
{
	b->len = 0;
	b->bad = false;
	if (b->p != NULL)
		b->p[0] = '\0';
}

/* Room for n more bytes and the NUL; else the buffer is bad. */
static bool
room_for(struct buf *b, size_t n)
{
	size_t	 room = b->room > 0 ? b->room : ROOM_FIRST;
	char	*p;

	if (b->bad || n > b->most - b->len ) {
		b->bad = true;
		return false;
	}
	if (b->p != NULL && b->len + n < b->room)
		return true;
	while (room <= b->len + n)
		room = room <= SIZE_MAX / 2 ? 2 * room : SIZE_MAX;
	if (room > b->most + 1)
		room = b->most + 1;
	if (FAULT_FAIL("buf") || (p = realloc(b->p, room)) == NULL) {
		b->bad = true;
		return false;
	}
	b->p = p;
	b->room = room;
	return true;
}

void
buf_put(struct buf *b, const void *p, size_t n)
{
	if (!room_for(b, n))
		return;
	if (n > 0)
		memcpy(b->p + b->len, p, n);
	b->len += n;
	b->p[b->len] = '\0';
}

void
buf_puts(struct buf *b, const char *s)
{
	buf_put(b, s, strlen(s));
}

void
buf_putspan(struct buf *b, struct span s)
{
	buf_put(b, s.p, s.len);
}

void
buf_putc(struct buf *b, char c)
{
	buf_put(b, &c, 1);
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list	 ap;
	int	 n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0) {
		b->bad = true;
		return;
	}
	if (!room_for(b, (size_t)n))
		return;
	va_start(ap, fmt);
	vsnprintf(b->p + b->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}
