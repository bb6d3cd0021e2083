/* How things go, over time and now. */
#include "admin/event_filter.h"
#include "admin/event_rows.h"
#include "admin/figures.h"
#include "admin/outgoing_figures.h"
#include "base/clock.h"
#include "inbox/advice.h"

#define REASONS_MOST	50
#define HOUR_US		(INT64_C(3600) * US_PER_S)
#define YEARS_US	(INT64_C(20) * 366 * 86400 * US_PER_S)
#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

static const struct {
	const char	*name, *title;
	int64_t		 us;
} ranges[] = {
	{ "1h", "Last hour", HOUR_US },
	{ "24h", "Last 24 hours", 24 * HOUR_US },
	{ "7d", "Last 7 days", 7 * 24 * HOUR_US },
	{ "30d", "Last 30 days", 30 * 24 * HOUR_US },
};
#define RANGE_USUAL	1

/* ---- which time ----------------------------------------------------------------- */

/* `range` names one; since and until (as in the log) set one. */
static enum hk_err
read_range(struct visit *v, struct event_filter *f, struct range *r, size_t *which)
{
	struct event_filter_wrong	wrong;
	struct span			name = visit_query(v, "range");
	int64_t				to;

	event_filter_read(f, v, &v->query, &wrong);
	if (wrong.name != NULL)
		return err_tell(HK_SYNTAX, "%s: %s", wrong.name, wrong.text);
	if (f->since_us != 0 || f->until_us != 0) {
		to = f->until_us != 0 && f->until_us < v->now ? f->until_us : v->now;
		if (f->since_us != 0 && (f->since_us >= to || f->since_us < to - YEARS_US))
			return err_tell(HK_SYNTAX, "since is a time before the end of the range, and at "
			    "most 20 years before");
		range_make(r, f->since_us != 0 ? f->since_us : to - 24 * HOUR_US, to, v->now);
		return HK_OK;
	}
	*which = RANGE_USUAL;
	for (size_t i = 0; name.p != NULL && i < COUNT(ranges); i++)
		if (span_is(name, ranges[i].name))
			*which = i;
	if (name.p != NULL && !span_is(name, ranges[*which].name))
		return err_tell(HK_SYNTAX, "range is 1h, 24h, 7d or 30d");
	range_make(r, v->now - ranges[*which].us, v->now + 1, v->now);
	return HK_OK;
}

static void
put_range(struct jw *w, const struct event_filter *f, const struct range *r, size_t which)
{
	jw_open(w, "range", '{');
	jw_time(w, "from", r->from);
	jw_time(w, "to", r->from + (int64_t)r->slots * r->step);
	jw_int(w, "step_us", r->step);
	jw_close(w, '}');
	jw_open(w, "ranges", '[');
	for (size_t i = 0; i < COUNT(ranges); i++) {
		jw_open(w, NULL, '{');
		jw_text(w, "value", span_str(ranges[i].name));
		jw_text(w, "title", span_str(ranges[i].title));
		jw_bool(w, "here", i == which);
		jw_close(w, '}');
	}
	jw_close(w, ']');
	jw_text(w, "since", f->since);
	jw_text(w, "until", f->until);
}

/* ---- over time -------------------------------------------------------------------- */

static void
sum_up(int64_t *out, const struct figures *f, const enum rolled *what, size_t n)
{
	for (size_t i = 0; i < f->range.slots; i++)
		for (size_t k = 0; k < n; k++)
			out[i] += f->count[what[k]][i];
}

static void
put_flow(struct jw *w, const struct figures *f)
{
	static const enum rolled	idle[] = { ROLLED_SKIPPED, ROLLED_IGNORED };
	static const enum rolled	again[] = { ROLLED_LATER, ROLLED_WAIT, ROLLED_CRASHED };
	int64_t				skipped[CHART_SLOTS] = { 0 }, later[CHART_SLOTS] = { 0 };
	const struct chart_series	series[] = {
		{ "ok", "handled", false, f->count[ROLLED_HANDLED] },
		{ "soft", "skipped", false, skipped },
		{ "warn", "to be tried again", false, later },
		{ "bad", "failed", false, f->count[ROLLED_FAILED] },
		{ "busy", "received", true, f->count[ROLLED_RECEIVED] },
	};
	const struct chart		chart = {
		.title = "Events", .from = f->range.from, .step = f->range.step,
		.slots = f->range.slots, .series = series, .n = COUNT(series),
	};

	sum_up(skipped, f, idle, COUNT(idle));
	sum_up(later, f, again, COUNT(again));
	chart_put(w, NULL, &chart);
}

static void
put_latency(struct jw *w, const struct figures *f)
{
	static const double		share[3] = { 0.5, 0.95, 0.99 };
	int64_t				value[3][CHART_SLOTS];
	const struct chart_series	series[] = {
		{ "ok", "half of them within", true, value[0] },
		{ "warn", "95 % within", true, value[1] },
		{ "bad", "99 % within", true, value[2] },
	};
	const struct chart		chart = {
		.title = "From received to handled", .from = f->range.from, .step = f->range.step,
		.slots = f->range.slots, .duration = true, .series = series, .n = COUNT(series),
	};

	for (size_t i = 0; i < f->range.slots; i++)
		for (size_t k = 0; k < 3; k++)
			value[k][i] = f->count[ROLLED_LATENCY][i] == 0 ? -1 :
			    rollup_quantile(f->latency[i], share[k]);
	chart_put(w, NULL, &chart);
}

#define BOOKS_SLOTS	24	/* these need not be as fine, and the page is to stay small */
#define BOOKS_SERIES	4

static const struct books_series {
	const char	*kind, *title;
	bool		 line;
	enum rolled	 what;
} credits[BOOKS_SERIES] = {
	{ "ok",		"granted",	false,	ROLLED_GRANTED },
	{ "soft",	"given again",	false,	ROLLED_RETURNED },
	{ "busy",	"burned",	true,	ROLLED_BURNED },
	{ "bad",	"taken back",	true,	ROLLED_TAKEN },
}, mails[BOOKS_SERIES] = {
	{ "ok",		"delivered",	false,	ROLLED_DELIVERED },
	{ "warn",	"complained",	false,	ROLLED_COMPLAINED },
	{ "bad",	"bounced",	false,	ROLLED_BOUNCED },
	{ "busy",	"opened",	true,	ROLLED_OPENED },
};

/* Several slots are one, where there are many; the last is whole, the first may be less. */
static void
put_books_chart(struct jw *w, const struct figures *f, const char *title,
    const struct books_series *s)
{
	size_t			each = (f->range.slots + BOOKS_SLOTS - 1) / BOOKS_SLOTS;
	size_t			lead = (each - f->range.slots % each) % each;
	int64_t			value[BOOKS_SERIES][CHART_SLOTS] = { { 0 } };
	struct chart_series	series[BOOKS_SERIES];
	const struct chart	chart = {
		.title = title, .from = f->range.from - (int64_t)lead * f->range.step,
		.step = f->range.step * (int64_t)each, .slots = (f->range.slots + lead) / each,
		.series = series, .n = BOOKS_SERIES,
	};

	for (size_t k = 0; k < BOOKS_SERIES; k++) {
		for (size_t i = 0; i < f->range.slots; i++)
			value[k][(i + lead) / each] += f->count[s[k].what][i];
		series[k] = (struct chart_series){ s[k].kind, s[k].title, s[k].line, value[k] };
	}
	chart_put(w, NULL, &chart);
}

/* "credits" and "mails": how many in the range. */
static void
put_books(struct jw *w, const struct figures_sender *all)
{
	static const struct {
		const char	*group, *name;
		enum rolled	 what;
	} sums[] = {
		{ "credits", "granted", ROLLED_GRANTED }, { "credits", "burned", ROLLED_BURNED },
		{ "credits", "taken", ROLLED_TAKEN }, { "credits", "returned", ROLLED_RETURNED },
		{ "mails", "delivered", ROLLED_DELIVERED }, { "mails", "bounced", ROLLED_BOUNCED },
		{ "mails", "complained", ROLLED_COMPLAINED }, { "mails", "opened", ROLLED_OPENED },
	};

	for (size_t i = 0; i < COUNT(sums); i++) {
		if (i == 0 || strcmp(sums[i].group, sums[i - 1].group) != 0)
			jw_open(w, sums[i].group, '{');
		jw_int(w, sums[i].name, all->sum[sums[i].what]);
		if (i + 1 == COUNT(sums) || strcmp(sums[i].group, sums[i + 1].group) != 0)
			jw_close(w, '}');
	}
}

static void
put_sums(struct jw *w, const struct figures_sender *s)
{
	static const struct {
		const char	*name;
		double		 share;
	} times[] = { { "p50_us", 0.5 }, { "p95_us", 0.95 }, { "p99_us", 0.99 } };

	jw_int(w, "received", s->sum[ROLLED_RECEIVED]);
	jw_int(w, "handled", s->sum[ROLLED_HANDLED]);
	jw_int(w, "skipped", s->sum[ROLLED_SKIPPED] + s->sum[ROLLED_IGNORED]);
	jw_int(w, "later", s->sum[ROLLED_LATER] + s->sum[ROLLED_WAIT] + s->sum[ROLLED_CRASHED]);
	jw_int(w, "failed", s->sum[ROLLED_FAILED]);
	for (size_t i = 0; i < COUNT(times); i++)
		if (s->sum[ROLLED_LATENCY] == 0)
			jw_null(w, times[i].name);
		else
			jw_int(w, times[i].name, rollup_quantile(s->latency, times[i].share));
}

static enum hk_err
put_over_time(struct visit *v, const struct range *r)
{
	struct figures	*f = arena_zero(v->arena, sizeof(*f));
	struct jw	*w = v->doc;
	enum hk_err	 e;

	if (f == NULL)
		return err_note(HK_NOMEM, "no memory for figures");
	f->arena = v->arena;
	f->range = *r;
	if ((e = figures_read(v->db, f)) != HK_OK)
		return e;
	jw_open(w, "sum", '{');
	put_sums(w, &f->all);
	jw_close(w, '}');
	put_books(w, &f->all);
	jw_int(w, "uncounted", f->behind);
	jw_open(w, "charts", '[');
	put_flow(w, f);
	put_latency(w, f);
	put_books_chart(w, f, "Credits", credits);
	put_books_chart(w, f, "Mails", mails);
	jw_close(w, ']');
	jw_open(w, "providers", '[');
	for (size_t i = 0; i < f->nsender; i++) {
		jw_open(w, NULL, '{');
		jw_text(w, "provider", f->sender[i].provider);
		jw_text(w, "sender", event_sender_title(f->sender[i].provider));
		put_sums(w, &f->sender[i]);
		jw_close(w, '}');
	}
	jw_close(w, ']');
	return HK_OK;
}

/* ---- refused ------------------------------------------------------------------------ */

/* What the signature check says, in words; the rest is the doctor's. */
static const struct {
	const char	*reason, *title;
} refusals[] = {
	{ "missing_header", "not signed" },
	{ "missing_headers", "not signed, or not wholly" },
	{ "bad_header", "signature of another shape" },
	{ "bad_timestamp", "signature with a time that is none" },
	{ "no_scheme", "signature of a version we do not take" },
	{ "no_match", "no configured secret fits" },
	{ "too_old", "signed too long ago" },
	{ "too_new", "signed in the future" },
	{ "no_secret", "no secret is configured" },
};

static const char *
refusal_title(struct span reason)
{
	for (size_t i = 0; i < COUNT(refusals); i++)
		if (span_is(reason, refusals[i].reason))
			return refusals[i].title;
	return advice_title(reason);
}

static enum hk_err
put_refused(struct visit *v, const struct range *r)
{
	struct jw	*w = v->doc;
	struct stmt	*q;
	int64_t		 most = 0;
	enum hk_err	 e;
	bool		 row;

	if ((e = db_stmt(v->db, S_REFUSED_BY_REASON, &q)) != HK_OK)
		return e;
	bind_int(q, ":hour", r->from - r->from % HOUR_US);
	bind_int(q, ":to", r->from + (int64_t)r->slots * r->step);
	bind_int(q, ":most", REASONS_MOST);
	jw_open(w, "refused", '[');
	while ((e = stmt_step(q, &row)) == HK_OK && row) {
		const char	*title = refusal_title(col_text(q, 1));

		most = col_int(q, 2) > most ? col_int(q, 2) : most;
		jw_open(w, NULL, '{');
		jw_text(w, "provider", col_text(q, 0));
		jw_text(w, "sender", event_sender_title(col_text(q, 0)));
		jw_text(w, "reason", col_text(q, 1));
		jw_text(w, "what", title != NULL ? span_str(title) : col_text(q, 1));
		jw_int(w, "times", col_int(q, 2));
		jw_int(w, "of", most);		/* the first is the largest */
		jw_close(w, '}');
	}
	jw_close(w, ']');
	stmt_reset(q);
	return e;
}

enum hk_err
page_dashboard(struct visit *v)
{
	struct event_filter	f;
	struct range		r;
	size_t			which = COUNT(ranges);
	enum hk_err		e;

	if ((e = read_range(v, &f, &r, &which)) != HK_OK)
		return e;
	put_range(v->doc, &f, &r, which);
	if ((e = put_over_time(v, &r)) != HK_OK || (e = put_refused(v, &r)) != HK_OK ||
	    (e = outgoing_figures_put(v, r.from, r.from + (int64_t)r.slots * r.step)) != HK_OK)
		return e;
	return standing_put(v);
}
