/* One user's time line, out of several lists. */
#include "admin/story.h"

#include <stdio.h>

#include "admin/event_scan.h"
#include "admin/money.h"

/* The columns of its statements; the last two are those of bills. */
enum { C_N, C_AT, C_STATE, C_TITLE, C_DETAIL, C_EVENT, C_AMOUNT, C_BALANCE, C_LINK, C_NUMBER,
       C_MONEY, C_CURRENCY };

struct line {
	int64_t		n, at, event, amount, balance, number, money;
	struct span	state, title, detail, link, currency;
	bool		moved, left;	/* is there an amount, a balance after it? */
};

/*
 * Where lines come from.  Of two of the same time the one further up stands
 * above: what an event did above the event.
 */
enum source { BY_PEOPLE, CREDITS, KEYS, BILLING, MAILS, ACCOUNT, SIGN_INS, EVENTS, SOURCES };

static const struct {
	const char	*kind, *title, *one;
	char		 letter;	/* in "before" */
	enum stmt_id	 lines;
} sources[SOURCES] = {
	[BY_PEOPLE]	= { "people",	"By people",	"person",	'p', S_STORY_PEOPLE },
	[CREDITS]	= { "credits",	"Credits",	"credits",	'c', S_STORY_TRANSFERS },
	[KEYS]		= { "keys",	"Keys",		"key",		'k', S_STORY_KEY_LINES },
	[BILLING]	= { "billing",	"Billing",	"billing",	'b', S_STORY_BILLING },
	[MAILS]		= { "mails",	"Mails",	"mail",		'm', S_STORY_MAILS },
	[ACCOUNT]	= { "account",	"Account",	"account",	'a', S_STORY_ACCOUNT_LINES },
	[SIGN_INS]	= { "sign-ins",	"Sign-ins",	"sign-in",	's', S_STORY_SIGN_INS },
	[EVENTS]	= { "events",	"Events",	"event",	'e', S_STORY_EVENT },
};

/* The order of the tabs. */
static const enum source tabs[] = { EVENTS, CREDITS, BILLING, KEYS, MAILS, ACCOUNT, SIGN_INS,
    BY_PEOPLE };

struct list {
	int64_t		 before;	/* of each: only below this */
	struct line	 line[STORY_ROWS + 1];
	int		 n, shown;
};

struct telling {
	struct visit		*v;
	const struct story	*s;
	struct list		 list[SOURCES];
	int64_t			 looked_to;	/* events were looked at down to here only; or 0 */
	int64_t			 floor;		/* then: nothing older than that event is told */
};

/* Among all of it a sign-in is told by its event. */
static bool
wanted(const struct story *s, enum source from)
{
	return s->kind.p == NULL ? from != SIGN_INS : span_is(s->kind, sources[from].kind);
}

/* ---- where a page begins ---------------------------------------------------------- */

/* "e12.c40": into before[]. */
static bool
read_before(struct span text, int64_t before[SOURCES])
{
	for (int i = 0; i < SOURCES; i++)
		before[i] = INT64_MAX;
	while (text.p != NULL) {
		struct span	piece = span_cut(&text, '.');
		int		i = 0;

		while (piece.len > 0 && i < SOURCES && sources[i].letter != *piece.p)
			i++;
		if (piece.len < 2 || i == SOURCES ||
		    !span_u63(span_of(piece.p + 1, piece.len - 1), &before[i]))
			return false;
	}
	return true;
}

enum hk_err
story_check(const struct story *s)
{
	int64_t	before[SOURCES];
	int	i = 0;

	while (s->kind.p != NULL && i < SOURCES && !span_is(s->kind, sources[i].kind))
		i++;
	if (i == SOURCES)
		return err_tell(HK_SYNTAX, "There is no such kind of line.");
	if (!read_before(s->before, before))
		return err_tell(HK_SYNTAX, "before is what the links of the list have.");
	return HK_OK;
}

/* ---- reading ------------------------------------------------------------------------ */

static struct span
keep(struct visit *v, struct stmt *q, int col)
{
	return col_is_null(q, col) ? SPAN_NULL : arena_span(v->arena, col_text(q, col));
}

static enum hk_err
keep_line(struct telling *t, struct list *l, struct stmt *q)
{
	struct visit	*v = t->v;
	struct line	*x = &l->line[l->n++];
	bool		 bill = col_count(q) > C_CURRENCY;

	*x = (struct line){
		.n = col_int(q, C_N), .at = col_int(q, C_AT), .event = col_int(q, C_EVENT),
		.amount = col_int(q, C_AMOUNT), .balance = col_int(q, C_BALANCE),
		.number = col_int(q, C_NUMBER), .moved = !col_is_null(q, C_AMOUNT),
		.left = !col_is_null(q, C_BALANCE), .state = keep(v, q, C_STATE),
		.title = keep(v, q, C_TITLE), .detail = keep(v, q, C_DETAIL),
		.link = keep(v, q, C_LINK), .money = bill ? col_int(q, C_MONEY) : 0,
		.currency = bill && !col_is_null(q, C_MONEY) ? keep(v, q, C_CURRENCY) : SPAN_NULL,
	};
	return x->state.p != NULL ? HK_OK : err_note(HK_NOMEM, "no memory for a time line");
}

static enum hk_err
read_list(struct telling *t, enum source from)
{
	struct list	*l = &t->list[from];
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row;

	if ((e = db_stmt(t->v->db, sources[from].lines, &q)) != HK_OK)
		return e;
	bind_text(q, ":id", t->s->id);
	bind_int(q, ":before", l->before);
	bind_int(q, ":limit", STORY_ROWS + 1);
	while (l->n <= STORY_ROWS && (e = stmt_step(q, &row)) == HK_OK && row &&
	    (e = keep_line(t, l, q)) == HK_OK)
		continue;
	stmt_reset(q);
	return e;
}

static enum hk_err
read_event(struct telling *t, int64_t id, struct list *l)
{
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row;

	if ((e = db_stmt(t->v->db, S_STORY_EVENT, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	if ((e = stmt_step(q, &row)) == HK_OK && row)
		e = keep_line(t, l, q);
	stmt_reset(q);
	return e;
}

/*
 * Looks for the events that are about one of their names, and for those that say
 * their Clerk id somewhere, as a purchase may.
 */
static enum hk_err
scan_events(struct telling *t, struct event_scan *s, int *n)
{
	enum hk_err	e = HK_OK;

	for (*n = 0; *n <= t->s->names && e == HK_OK; ++*n) {
		struct event_filter	f = { .since_us = 0 };

		if (*n < t->s->names)
			f.lane = t->s->name[*n];
		else if (t->s->clerk_id.p != NULL)
			f.words = t->s->clerk_id;
		else
			break;
		e = event_scan(t->v->db, &f, t->list[EVENTS].before, 0, STORY_ROWS + 1, &s[*n]);
		if (e == HK_OK && s[*n].looked_to > t->looked_to)
			t->looked_to = s[*n].looked_to;
	}
	return e;
}

/* What was found, newest first and each once; below looked_to it is not all. */
static enum hk_err
read_events(struct telling *t)
{
	struct list		*l = &t->list[EVENTS];
	struct event_scan	*s = arena_get(t->v->arena, (STORY_NAMES + 1) * sizeof(*s));
	int			 at[STORY_NAMES + 1] = { 0 }, n;
	enum hk_err		 e;

	if (s == NULL)
		return err_note(HK_NOMEM, "no memory for a time line");
	e = scan_events(t, s, &n);
	while (e == HK_OK && l->n <= STORY_ROWS) {
		int64_t	top = 0;

		for (int i = 0; i < n; i++)
			if (at[i] < s[i].n && s[i].id[at[i]] > top)
				top = s[i].id[at[i]];
		if (top == 0 || top < t->looked_to)
			break;
		for (int i = 0; i < n; i++)
			at[i] += at[i] < s[i].n && s[i].id[at[i]] == top;
		e = read_event(t, top, l);
	}
	return e;
}

/* The time of the last event that was looked at: older lines may lack some. */
static enum hk_err
find_floor(struct telling *t)
{
	struct stmt	*q;
	enum hk_err	 e;

	if (t->looked_to == 0)
		return HK_OK;
	if ((e = db_stmt(t->v->db, S_LOG_CAME, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", t->looked_to);
	return stmt_int(q, &t->floor);
}

static enum hk_err
read_all(struct telling *t)
{
	int64_t		before[SOURCES];
	enum hk_err	e = HK_OK;

	(void)read_before(t->s->before, before);
	for (int i = 0; i < SOURCES && e == HK_OK; i++) {
		t->list[i].before = before[i];
		if (wanted(t->s, i))
			e = i == EVENTS ? read_events(t) : read_list(t, i);
	}
	return e != HK_OK ? e : find_floor(t);
}

/* ---- telling -------------------------------------------------------------------------- */

/* Where a line leads: to its event, else to what it is of. */
static struct span
href_of(struct visit *v, enum source from, const struct line *x, const struct story *s)
{
	struct buf	b;
	struct span	out;

	buf_init(&b, 4096);
	if (x->event != 0)
		buf_printf(&b, "/events/%lld", (long long)x->event);
	else if (from == CREDITS) {
		buf_puts(&b, "/ledger?");
		form_put(&b, SPAN("key"), x->link);
	} else if (from == BILLING && x->number != 0)
		buf_printf(&b, "/subscriptions/%lld", (long long)x->number);
	else if (from == BY_PEOPLE)
		buf_printf(&b, "/audit-log?subject=user%%3A%.*s", SPAN_ARG(s->id));
	else
		buf_printf(&b, "/users/%.*s%s", SPAN_ARG(s->id), from == KEYS ? "#keys" : "");
	out = buf_ok(&b) ? arena_span(v->arena, buf_span(&b)) : SPAN_NULL;
	buf_release(&b);
	return out;
}

static void
put_maybe(struct jw *w, const char *key, bool there, int64_t n)
{
	if (there)
		jw_int(w, key, n);
	else
		jw_null(w, key);
}

static void
put_line(struct telling *t, enum source from, const struct line *x)
{
	struct jw	*w = t->v->doc;

	jw_open(w, NULL, '{');
	jw_text(w, "kind", span_str(sources[from].one));
	jw_time(w, "at", x->at);
	/* Of an event always; else only what is not as it should be. */
	jw_text(w, "state", from == EVENTS || !(span_is(x->state, "done") ||
	    span_is(x->state, "gained") || span_is(x->state, "lost")) ? x->state : SPAN_NULL);
	jw_text(w, "title", x->title);
	jw_text(w, "detail", x->detail);
	put_maybe(w, "event", x->event != 0, x->event);
	jw_text(w, "href", href_of(t->v, from, x, t->s));
	put_maybe(w, "amount", x->moved, x->amount);
	jw_bool(w, "gained", x->moved && x->amount > 0);
	put_maybe(w, "balance", x->left, x->balance);
	if (x->currency.p != NULL)
		money_put(w, "money", x->money, x->currency);
	else
		jw_null(w, "money");
	jw_close(w, '}');
}

/* The newest line that is not told yet, of those that may be; SOURCES: none. */
static enum source
newest(const struct telling *t)
{
	enum source	top = SOURCES;

	for (int i = 0; i < SOURCES; i++) {
		const struct list	*l = &t->list[i];

		if (l->shown == l->n || (i != EVENTS && l->line[l->shown].at < t->floor))
			continue;
		if (top == SOURCES ||
		    l->line[l->shown].at > t->list[top].line[t->list[top].shown].at)
			top = i;
	}
	return top;
}

/* Below which the next page goes on; false: there is nothing below. */
static bool
put_boundary(struct buf *b, const struct telling *t)
{
	bool	more = t->looked_to != 0;

	for (int i = 0; i < SOURCES; i++) {
		const struct list	*l = &t->list[i];
		int64_t			 n = l->shown > 0 ? l->line[l->shown - 1].n : l->before;

		more = more || l->shown < l->n;
		/* Of the events nothing above looked_to is left, unless the page is full. */
		if (i == EVENTS && t->looked_to != 0 && l->shown == l->n)
			n = t->looked_to;
		if (n != INT64_MAX)
			buf_printf(b, "%s%c%lld", b->len > 0 ? "." : "", sources[i].letter,
			    (long long)n);
	}
	return more;
}

static void
put_query(struct telling *t, const char *key, struct span before)
{
	struct buf	b;

	buf_init(&b, 1024);
	if (t->s->kind.p != NULL)
		form_put(&b, SPAN("kind"), t->s->kind);
	if (before.len > 0)
		form_put(&b, SPAN("before"), before);
	jw_text(t->v->doc, key, b.len > 0 ? buf_span(&b) : SPAN("kind="));
	buf_release(&b);
}

/* Up it goes to the newest, for a list may have grown meanwhile. */
static void
put_ways(struct telling *t)
{
	struct buf	b;

	buf_init(&b, 512);
	if (put_boundary(&b, t))
		put_query(t, "next", buf_span(&b));
	else
		jw_null(t->v->doc, "next");
	buf_release(&b);
	if (t->s->before.p != NULL)
		put_query(t, "previous", SPAN_NULL);
	else
		jw_null(t->v->doc, "previous");
	if (t->looked_to != 0) {
		jw_open(t->v->doc, "searched", '{');
		jw_int(t->v->doc, "to", t->looked_to);
		jw_close(t->v->doc, '}');
	} else
		jw_null(t->v->doc, "searched");
}

static void
put_tab(struct visit *v, const struct story *s, const char *name, const char *title)
{
	char	href[32];

	snprintf(href, sizeof(href), *name != '\0' ? "?kind=%s" : "?", name);
	jw_open(v->doc, NULL, '{');
	jw_text(v->doc, "name", span_str(name));
	jw_text(v->doc, "title", span_str(title));
	jw_text(v->doc, "href", span_str(href));
	jw_bool(v->doc, "here", span_is(s->kind.p != NULL ? s->kind : SPAN(""), name));
	jw_close(v->doc, '}');
}

enum hk_err
story_put(struct visit *v, const struct story *s)
{
	struct telling	*t = arena_zero(v->arena, sizeof(*t));
	enum source	 from;
	enum hk_err	 e;

	if (t == NULL)
		return err_note(HK_NOMEM, "no memory for a time line");
	t->v = v;
	t->s = s;
	if ((e = read_all(t)) != HK_OK)
		return e;
	jw_open(v->doc, "kinds", '[');
	put_tab(v, s, "", "All");
	for (size_t i = 0; i < sizeof(tabs) / sizeof(tabs[0]); i++)
		put_tab(v, s, sources[tabs[i]].kind, sources[tabs[i]].title);
	jw_close(v->doc, ']');
	jw_open(v->doc, "lines", '[');
	for (int i = 0; i < STORY_ROWS && (from = newest(t)) != SOURCES; i++)
		put_line(t, from, &t->list[from].line[t->list[from].shown++]);
	jw_close(v->doc, ']');
	put_ways(t);
	return HK_OK;
}
