/* Deliveries by endpoint. */
#include "admin/outgoing_figures.h"

#include <stdlib.h>

#include "admin/outgoing.h"
#include "outbox/tally.h"

#define SHOWN		10
#define TROUBLED	5	/* that nothing may be sent to */
#define WAITING_MOST	5000	/* that are counted of one */
#define BAR_WIDTH	600

struct sums {
	struct arena	*arena;
	struct tally_row *row;
	size_t		 n, room;
	int64_t		 highest;	/* endpoint among them */
	bool		 full;	/* no memory */
};

static void
add(void *ctx, const struct tally_row *r)
{
	struct sums	*s = ctx;
	size_t		 i = 0;

	/* They come by their numbers; those behind the mark come last and are few. */
	if (r->endpoint > s->highest) {
		s->highest = r->endpoint;
		i = s->n;
	}
	while (i < s->n && s->row[i].endpoint != r->endpoint)
		i++;
	if (i == s->room) {
		size_t	room = s->room == 0 ? 64 : s->room * 2;

		s->row = arena_grow(s->arena, s->row, s->n * sizeof(*s->row), room * sizeof(*s->row));
		s->room = s->row != NULL ? room : 0;
	}
	if (s->row == NULL) {
		s->full = true;
		s->n = 0;
		return;
	}
	if (i == s->n)
		s->row[s->n++] = (struct tally_row){ .endpoint = r->endpoint };
	s->row[i].good += r->good;
	s->row[i].failed += r->failed;
}

static int
most_first(const void *va, const void *vb)
{
	const struct tally_row	*a = va, *b = vb;
	int64_t			 na = a->good + a->failed, nb = b->good + b->failed;

	if (na != nb)
		return na > nb ? -1 : 1;
	return a->endpoint < b->endpoint ? -1 : a->endpoint > b->endpoint;
}

/* Those in trouble stand among them, tried or not. */
static enum hk_err
add_troubled(struct visit *v, struct sums *s)
{
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row;

	if ((e = db_stmt(v->db, S_ENDPOINTS_TROUBLED, &q)) != HK_OK)
		return e;
	bind_int(q, ":limit", TROUBLED);
	while ((e = stmt_step(q, &row)) == HK_OK && row) {
		const struct tally_row	none = { .endpoint = col_int(q, 0) };

		add(s, &none);
	}
	stmt_reset(q);
	return e;
}

static enum hk_err
waiting(struct visit *v, int64_t endpoint, int64_t *n)
{
	static const char *const	open[] = { "pending", "sending", "held" };
	struct stmt			*q;
	enum hk_err			 e = HK_OK;

	*n = 0;
	for (size_t i = 0; e == HK_OK && i < sizeof(open) / sizeof(open[0]); i++) {
		int64_t	of = 0;

		if ((e = db_stmt(v->db, S_ADMIN_ENDPOINT_COUNT, &q)) != HK_OK)
			break;
		bind_int(q, ":endpoint", endpoint);
		bind_text(q, ":status", span_str(open[i]));
		bind_int(q, ":most", WAITING_MOST + 1);
		e = stmt_int(q, &of);
		*n += of;
	}
	return e;
}

static void
put_bar(struct jw *w, const int64_t value[3], int64_t most)
{
	static const char *const	kinds[] = { "ok", "bad", "warn" };
	int64_t				at = 0;

	jw_open(w, "bar", '[');
	for (size_t i = 0; i < 3; i++) {
		int64_t	x = at * BAR_WIDTH / most;

		if (value[i] == 0)
			continue;
		at += value[i];
		jw_open(w, NULL, '{');
		jw_text(w, "kind", span_str(kinds[i]));
		jw_int(w, "x", x);
		/* What is there is seen, however little it is. */
		jw_int(w, "w", at * BAR_WIDTH / most - x > 2 ? at * BAR_WIDTH / most - x : 2);
		jw_close(w, '}');
	}
	jw_close(w, ']');
}

static enum hk_err
put_row(struct visit *v, const struct tally_row *r, int64_t open, int64_t most)
{
	const int64_t	 value[3] = { r->good, r->failed, open };
	struct jw	*w = v->doc;
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row;

	if ((e = db_stmt(v->db, S_ENDPOINT_BRIEF, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", r->endpoint);
	if ((e = stmt_step(q, &row)) == HK_OK && row) {
		jw_open(w, NULL, '{');
		endpoint_put(w, "endpoint", r->endpoint, col_text(q, 1), col_text(q, 2));
		jw_text(w, "state", col_text(q, 3));
		jw_text(w, "look", span_str(endpoint_look(col_text(q, 3), !col_is_null(q, 4))));
		jw_int(w, "good", r->good);
		jw_int(w, "failed", r->failed);
		jw_int(w, "waiting", open);
		jw_bool(w, "more", open > WAITING_MOST);
		put_bar(w, value, most);
		jw_close(w, '}');
	}
	stmt_reset(q);
	return e;
}

static enum hk_err
put_rows(struct visit *v, const struct sums *s)
{
	int64_t		open[SHOWN + TROUBLED], most = 1;
	size_t		n = 0;
	enum hk_err	e = HK_OK;

	/* The busiest, then those of no tries at all, which are in trouble. */
	for (size_t i = 0; e == HK_OK && i < s->n && n < SHOWN + TROUBLED; i++) {
		if (n >= SHOWN && s->row[i].good + s->row[i].failed > 0)
			continue;
		s->row[n] = s->row[i];
		if ((e = waiting(v, s->row[n].endpoint, &open[n])) != HK_OK)
			return e;
		if (s->row[n].good + s->row[n].failed + open[n] > most)
			most = s->row[n].good + s->row[n].failed + open[n];
		n++;
	}
	jw_open(v->doc, "rows", '[');
	for (size_t i = 0; e == HK_OK && i < n; i++)
		e = put_row(v, &s->row[i], open[i], most);
	jw_close(v->doc, ']');
	jw_bool(v->doc, "any", n > 0);
	jw_bool(v->doc, "left_out", n < s->n);
	return e;
}

enum hk_err
outgoing_figures_put(struct visit *v, int64_t from, int64_t to)
{
	struct sums	 s = { .arena = v->arena };
	struct stmt	*q;
	int64_t		 any = 0;
	enum hk_err	 e;

	if ((e = db_stmt(v->db, S_ENDPOINTS_ANY, &q)) != HK_OK || (e = stmt_int(q, &any)) != HK_OK)
		return e;
	if (any == 0) {
		jw_null(v->doc, "outgoing");
		return HK_OK;
	}
	if ((e = tally_read(v->db, 0, from, to, add, &s)) != HK_OK || (e = add_troubled(v, &s)) != HK_OK)
		return e;
	if (s.full)
		return err_note(HK_NOMEM, "no memory for figures");
	if (s.n > 0)
		qsort(s.row, s.n, sizeof(*s.row), most_first);
	jw_open(v->doc, "outgoing", '{');
	jw_int(v->doc, "width", BAR_WIDTH);
	e = put_rows(v, &s);
	jw_close(v->doc, '}');
	return e;
}
