/* Tables for people: measured first, then printed. */
#include "cli/table.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/text.h"

#define GAP		2		/* blanks between columns */
#define COLUMNS_MOST	16
#define CELL_MOST	(1 << 20)	/* bytes; bodies are no cells */

struct cell {
	struct span	 text;
	int		 width;
	enum mark	 mark;
};

struct table {
	struct arena		*arena;
	const struct column	*col;
	int			 ncol;
	struct cell		*cell;
	size_t			 n, room;
	bool			 bad;
};

struct screen
screen_of(FILE *f)
{
	struct screen	 s = { 0, false };
	struct winsize	 ws;
	const char	*no = getenv("NO_COLOR"), *term = getenv("TERM");

	if (!isatty(fileno(f)))
		return s;
	s.width = ioctl(fileno(f), TIOCGWINSZ, &ws) == 0 && ws.ws_col > 0 ?
	    ws.ws_col : 80;
	s.colour = (no == NULL || *no == '\0') &&
	    term != NULL && strcmp(term, "dumb") != 0;
	return s;
}

void
time_text(char out[TIME_LEN + 1], int64_t us)
{
	char	iso[ISO_LEN + 1];

	iso_format(iso, us);
	memcpy(out, iso, TIME_LEN);
	out[10] = ' ';
	out[TIME_LEN] = '\0';
}

struct table *
table_new(struct arena *a, const struct column *col, int n)
{
	struct table	*t = arena_zero(a, sizeof(*t));

	assert(n > 0 && n <= COLUMNS_MOST);
	if (t == NULL)
		return NULL;
	t->arena = a;
	t->col = col;
	t->ncol = n;
	return t;
}

static struct cell *
next_cell(struct table *t)
{
	size_t		 more = t->room > 0 ? t->room * 2 : 64;
	struct cell	*c = t->cell;

	if (t->n == t->room) {
		c = arena_grow(t->arena, c, t->room * sizeof(*c), more * sizeof(*c));
		if (c == NULL)
			return NULL;
		t->cell = c;
		t->room = more;
	}
	return &t->cell[t->n];
}

void
table_cell(struct table *t, struct span s, enum mark mark)
{
	struct cell	*c = t->bad ? NULL : next_cell(t);
	struct buf	 b;

	if (c == NULL) {
		t->bad = true;
		return;
	}
	buf_init(&b, CELL_MOST);
	text_escape(&b, s.p != NULL ? s : SPAN("-"), false);
	c->text = arena_span(t->arena, b.len > 0 ? buf_span(&b) : SPAN(""));
	c->width = text_width(c->text);
	c->mark = mark;
	t->bad = !buf_ok(&b) || c->text.p == NULL;
	t->n++;
	buf_release(&b);
}

void
table_int(struct table *t, int64_t n)
{
	char	s[24];

	snprintf(s, sizeof(s), "%lld", (long long)n);
	table_cell(t, span_str(s), MARK_NONE);
}

void
table_time(struct table *t, int64_t us)
{
	char	s[TIME_LEN + 1];

	if (us == 0) {
		table_cell(t, SPAN_NULL, MARK_NONE);
		return;
	}
	time_text(s, us);
	table_cell(t, span_str(s), MARK_NONE);
}

/* Natural widths, then the widest that may shrink gives until all fit. */
static void
measure(const struct table *t, int width, int *w)
{
	int	sum = GAP * (t->ncol - 1), widest;

	for (int i = 0; i < t->ncol; i++)
		w[i] = text_width(span_str(t->col[i].title));
	for (size_t i = 0; i < t->n; i++)
		if (t->cell[i].width > w[i % (size_t)t->ncol])
			w[i % (size_t)t->ncol] = t->cell[i].width;
	for (int i = 0; i < t->ncol; i++)
		sum += w[i];
	for (; width > 0 && sum > width; sum--) {
		widest = -1;
		for (int i = 0; i < t->ncol; i++)
			if (t->col[i].least > 0 && w[i] > t->col[i].least &&
			    (widest < 0 || w[i] > w[widest]))
				widest = i;
		if (widest < 0)
			return;		/* too narrow: the terminal wraps */
		w[widest]--;
	}
}

static void
pad(struct buf *b, int n)
{
	while (n-- > 0)
		buf_putc(b, ' ');
}

static void
put_cell(struct buf *b, const struct cell *c, const struct column *col, int w,
    bool last, bool colour)
{
	static const char *const	 on[] = { NULL, "\033[32m", "\033[31m", "\033[2m" };
	struct span			 s = c->text;
	int				 used = c->width;

	if (used > w)
		s = text_fit(s, w - 1, &used);
	if (col->right)
		pad(b, w - used);
	if (colour && c->mark != MARK_NONE)
		buf_puts(b, on[c->mark]);
	buf_putspan(b, s);
	if (s.len < c->text.len) {
		buf_puts(b, "\xe2\x80\xa6");	/* one cell: an ellipsis */
		used++;
	}
	if (colour && c->mark != MARK_NONE)
		buf_puts(b, "\033[0m");
	if (!col->right && !last)
		pad(b, w - used);
	if (!last)
		pad(b, GAP);
}

bool
table_print(struct table *t, struct buf *b, const struct screen *screen)
{
	int	w[COLUMNS_MOST];

	if (t->bad)
		return false;
	assert(t->n % (size_t)t->ncol == 0);
	measure(t, screen->width, w);
	for (int i = 0; i < t->ncol; i++) {
		struct cell	head = { span_str(t->col[i].title), 0, MARK_DIM };

		head.width = text_width(head.text);
		put_cell(b, &head, &t->col[i], w[i], i == t->ncol - 1, screen->colour);
	}
	buf_putc(b, '\n');
	for (size_t i = 0; i < t->n; i++) {
		int	col = (int)(i % (size_t)t->ncol);

		put_cell(b, &t->cell[i], &t->col[col], w[col], col == t->ncol - 1,
		    screen->colour);
		if (col == t->ncol - 1)
			buf_putc(b, '\n');
	}
	return buf_ok(b);
}
