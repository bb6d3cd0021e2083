/* Finding the events a filter means. */
#include "admin/event_scan.h"

#include <assert.h>

#include "admin/ids.h"
#include "base/clock.h"
#include "inbox/search.h"

#define SEARCH_US	(10 * US_PER_MS)		/* for checking what the index found */

static const struct ids_table	events = { S_EVENT_NEWEST, S_LOG_CAME };

enum hk_err
event_newest(struct db *db, int64_t *id)
{
	struct stmt	*q;
	enum hk_err	 e;

	*id = 0;
	if ((e = db_stmt(db, S_EVENT_NEWEST, &q)) != HK_OK)
		return e;
	return stmt_int(q, id);
}

/* ---- by SQL --------------------------------------------------------------------- */

/* r is a part of the whole when cut: what follows is another call's. */
static enum hk_err
scan(struct db *db, const struct event_filter *f, enum stmt_id which, const struct ids *r,
    bool cut, int most, struct event_scan *out)
{
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row;
	int64_t		 end = r->up ? r->high - 1 : r->low + 1;

	if ((e = db_stmt(db, which, &q)) != HK_OK)
		return e;
	bind_int(q, ":low", r->low);
	bind_int(q, ":high", r->high);
	bind_int(q, ":limit", most - out->n + 1);
	event_filter_bind(q, f);
	while ((e = stmt_step(q, &row)) == HK_OK && row)
		out->id[out->n++] = col_int(q, 0);
	stmt_reset(q);
	if (out->n > most) {
		out->n = most;
		out->next = out->id[most - 1];
	} else if (cut)
		out->next = out->looked_to = end;
	if (r->up)
		ids_reverse(out->id, out->n);
	return e;
}

/* Everything is looked at, but not too much of it. */
static enum hk_err
scan_all(struct db *db, const struct event_filter *f, struct ids r, int most,
    struct event_scan *out)
{
	bool	cut = r.high - r.low - 1 > EVENT_SCAN_LOOKS;

	if (cut && r.up)
		r.high = r.low + EVENT_SCAN_LOOKS + 1;
	else if (cut)
		r.low = r.high - EVENT_SCAN_LOOKS - 1;
	return scan(db, f, r.up ? S_LOG_ALL_UP : S_LOG_ALL, &r, cut, most, out);
}

/* By an index that has the ids in order: as far as so many of them reach. */
static enum hk_err
scan_reach(struct db *db, const struct event_filter *f, enum stmt_id which, enum stmt_id reach,
    struct ids r, int most, struct event_scan *out)
{
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row, cut = false;

	/* _UP follows its brother in admin_events.def */
	if ((e = db_stmt(db, reach + r.up, &q)) != HK_OK)
		return e;
	bind_int(q, ":low", r.low);
	bind_int(q, ":high", r.high);
	bind_int(q, ":most", EVENT_SCAN_LOOKS);
	if ((e = stmt_step(q, &row)) == HK_OK && row && col_int(q, 0) == EVENT_SCAN_LOOKS) {
		cut = true;
		if (r.up)
			r.high = col_int(q, 1) + 1;
		else
			r.low = col_int(q, 1) - 1;
	}
	stmt_reset(q);
	return e != HK_OK ? e : scan(db, f, which + r.up, &r, cut, most, out);
}

/* Are there few enough of them to look at all?  rows: S_LOG_PENDING_ROWS, ... */
static enum hk_err
few(struct db *db, enum stmt_id rows, bool *yes)
{
	struct stmt	*q;
	enum hk_err	 e;
	int64_t		 n = 0;

	if ((e = db_stmt(db, rows, &q)) != HK_OK)
		return e;
	bind_int(q, ":most", EVENT_SCAN_LOOKS + 1);
	e = stmt_int(q, &n);
	*yes = n <= EVENT_SCAN_LOOKS;
	return e;
}

/* ---- by candidates ---------------------------------------------------------------- */

static enum hk_err
fits(struct db *db, const struct event_filter *f, int64_t id, bool *yes)
{
	struct stmt	*q;
	enum hk_err	 e;
	int64_t		 one = 0;

	if ((e = db_stmt(db, S_LOG_ONE, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	event_filter_bind(q, f);
	e = stmt_int(q, &one);
	*yes = one == 1;
	return e;
}

/* Adds those that fit; *full: there were more than wanted, and out->next is set. */
static enum hk_err
take(struct db *db, const struct event_filter *f, const int64_t *id, int n, int most,
    struct event_scan *out, bool *full)
{
	enum hk_err	e = HK_OK;
	bool		yes;

	*full = false;
	for (int i = 0; i < n && !*full && e == HK_OK; i++) {
		if ((e = fits(db, f, id[i], &yes)) != HK_OK || !yes)
			continue;
		if (out->n == most) {
			*full = true;
			out->next = out->id[most - 1];
		} else
			out->id[out->n++] = id[i];
	}
	return e;
}

static enum hk_err
by_event_id(struct db *db, const struct event_filter *f, const struct ids *r, int most,
    struct event_scan *out)
{
	int64_t		 id[EVENT_SCAN_MOST];
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row, full;
	int		 n = 0;

	if ((e = db_stmt(db, S_LOG_EVENT_ID, &q)) != HK_OK)
		return e;
	bind_text(q, ":event_id", f->event_id);
	bind_int(q, ":limit", EVENT_SCAN_MOST);
	while ((e = stmt_step(q, &row)) == HK_OK && row)
		if (col_int(q, 0) > r->low && col_int(q, 0) < r->high)
			id[n++] = col_int(q, 0);
	stmt_reset(q);
	return e != HK_OK ? e : take(db, f, id, n, most, out, &full);
}

static enum hk_err
find(struct db *db, const struct event_filter *f, struct span words, int64_t before,
    int64_t after, int64_t *id, struct search_found *s)
{
	if (words.p != NULL)
		return search_find(db, words, before, after, EVENT_SCAN_MOST, id, s);
	return search_path(db, f->path_name, f->path_value, before, after, EVENT_SCAN_MOST, id, s);
}

/*
 * What the search index has of these words (SPAN_NULL: of f's path), as far as
 * it fits the rest of the filter.
 */
static enum hk_err
by_search(struct db *db, const struct event_filter *f, struct span words, const struct ids *r,
    int most, struct event_scan *out)
{
	int64_t			 id[EVENT_SCAN_MOST], until = mono_us() + SEARCH_US;
	int64_t			 before = r->high;
	struct search_found	 s = { .next = 0 };
	bool			 full = false;
	enum hk_err		 e;

	out->searched = true;
	do {
		if ((e = find(db, f, words, before, r->low, id, &s)) != HK_OK ||
		    (e = take(db, f, id, s.n, most, out, &full)) != HK_OK)
			return e;
		out->indexed_to = s.indexed_to;
		out->words = s.words;
		before = s.next;
	} while (!full && s.next != 0 && mono_us() < until);
	if (!full && s.next != 0)
		out->next = out->looked_to = s.next;
	return HK_OK;
}

/*
 * The index has the words of an event's type and lane, too, but is behind: what
 * it does not know yet is looked at first.
 */
static enum hk_err
by_word_of_event(struct db *db, const struct event_filter *f, struct span word,
    const struct ids *r, int most, struct event_scan *out)
{
	struct search_found	 s;
	struct ids		 fresh = *r, old = *r;
	int64_t			 id[1];
	enum hk_err		 e;

	/* how far the index is; nothing is above its end */
	if ((e = search_find(db, word, INT64_MAX, INT64_MAX - 1, 1, id, &s)) != HK_OK)
		return e;
	if (s.words == 0)
		return scan_all(db, f, *r, most, out);
	fresh.low = s.indexed_to > r->low ? s.indexed_to : r->low;
	if (fresh.low < r->high - 1) {
		e = scan_all(db, f, fresh, most, out);
		if (e != HK_OK || out->next != 0)
			return e;
	}
	old.high = s.indexed_to + 1 < r->high ? s.indexed_to + 1 : r->high;
	return old.high - 1 > old.low ? by_search(db, f, word, &old, most, out) : HK_OK;
}

/* ---- which way ------------------------------------------------------------------------ */

static const struct {
	const char	*status;
	enum stmt_id	 rows, which;
} undone[] = {
	{ "pending",	S_LOG_PENDING_ROWS,	S_LOG_PENDING },
	{ "waiting",	S_LOG_WAITING_ROWS,	S_LOG_WAITING },
};

/* The type or lane that the search index can find; SPAN_NULL: none. */
static struct span
word_of(const struct event_filter *f)
{
	if (f->lane.p != NULL)
		return f->lane;
	return f->type.p != NULL && f->type.p[f->type.len - 1] != '*' ? f->type : SPAN_NULL;
}

static enum hk_err
by_sql(struct db *db, const struct event_filter *f, const struct ids *r, int most,
    struct event_scan *out)
{
	enum hk_err	e;
	bool		yes;

	if (span_is(f->status, "failed"))
		return scan_reach(db, f, S_LOG_FAILED, S_LOG_FAILED_REACH, *r, most, out);
	if (span_is(f->outcome, "resolved"))
		return scan_reach(db, f, S_LOG_RESOLVED, S_LOG_RESOLVED_REACH, *r, most, out);
	if (span_is(f->status, "processing"))
		return scan(db, f, S_LOG_PROCESSING + r->up, r, false, most, out);
	for (size_t i = 0; i < sizeof(undone) / sizeof(undone[0]); i++)
		if (span_is(f->status, undone[i].status)) {
			if ((e = few(db, undone[i].rows, &yes)) != HK_OK)
				return e;
			if (yes)
				return scan(db, f, undone[i].which + r->up, r, false, most, out);
		}
	if (word_of(f).p != NULL && !r->up)
		return by_word_of_event(db, f, word_of(f), r, most, out);
	return scan_all(db, f, *r, most, out);
}

enum hk_err
event_scan(struct db *db, const struct event_filter *f, int64_t before, int64_t after, int most,
    struct event_scan *out)
{
	struct ids	r;
	enum hk_err	e;

	assert(most > 0 && most <= EVENT_SCAN_MOST);
	*out = (struct event_scan){ .n = 0 };
	if (f->words.p != NULL || f->path.p != NULL)
		after = 0;
	if ((e = ids_open(db, &events, &(struct ids_want){ f->since_us, f->until_us, before, after },
	    &r)) != HK_OK)
		return e;
	if (f->words.p != NULL || f->path.p != NULL)
		return by_search(db, f, f->words, &r, most, out);
	if (f->event_id.p != NULL) {
		r.low = after > 0 ? after : r.low;
		return by_event_id(db, f, &r, most, out);
	}
	return by_sql(db, f, &r, most, out);
}
