/* hookkeeper replay: what would the books be, were everything worked once more? */
#include "cli/cli.h"
#include "cli/diff.h"
#include "cli/plans_file.h"
#include "cli/progress.h"
#include "cli/text.h"
#include "inbox/replay.h"

#define NAMED_MOST	10	/* pruned events that are named */

struct args {
	const char	*provider, *type, *status, *order, *plans, *folder;
	int64_t		 since, until, limit;
	bool		 dry;
};

static const struct opt opts[] = {
	{ "provider", OPT_SENDER, offsetof(struct args, provider), "P",
	    "only from stripe, clerk, resend or custom:NAME", 0, 0, 0, NULL },
	{ "type", OPT_TEXT, offsetof(struct args, type), "T",
	    "only this type; invoice.* means all that start so", 0, 0, 0, NULL },
	{ "status", OPT_PICK, offsetof(struct args, status), "S", "only in this state",
	    0, 0, 0, "pending|processing|completed|failed" },
	{ "since", OPT_TIME, offsetof(struct args, since), "T",
	    "only received at this time or later", 0, 0, 0, NULL },
	{ "until", OPT_TIME, offsetof(struct args, until), "T",
	    "only received before this time", 0, 0, 0, NULL },
	{ "order", OPT_PICK, offsetof(struct args, order), "O",
	    "as they were settled, or received; else settled", 0, 0, 0, "settled|received" },
	{ "plans", OPT_TEXT, offsetof(struct args, plans), "FILE",
	    "with these plans instead of those that are set", 0, 0, 0, NULL },
	{ "folder", OPT_TEXT, offsetof(struct args, folder), "DIR",
	    "where the copy is to lie; else beside the database", 0, 0, 0, NULL },
	{ "limit", OPT_INT, offsetof(struct args, limit), "N",
	    "differences that are shown", 0, 1000000, 100, NULL },
	{ "dry-run", OPT_FLAG, offsetof(struct args, dry), NULL,
	    "needed: a replay is only ever tried", 0, 0, 0, NULL },
	{ .name = NULL }
};

static const struct column cols[] = {
	{ "BOOKS", false, 0 }, { "TABLE", false, 0 }, { "KEY", false, 24 },
	{ "TODAY -> REPLAYED", false, 24 },
};

/* What is told while it runs. */
struct told {
	struct cli	*c;
	struct progress	 bar;
	struct table	*table;
	int64_t		 limit, shown;
	struct buf	 pruned;	/* the first: "12 (evt_1 invoice.paid), 13 (...", or "12, 13" */
	int64_t		 npruned;
};

static void
progress(void *ctx, const char *what, int64_t done, int64_t all)
{
	struct told	*t = ctx;

	progress_tell(&t->bar, what, done, all);
}

static void
pruned(void *ctx, const struct replay_pruned *p)
{
	struct told	*t = ctx;

	if (++t->npruned > NAMED_MOST)
		return;
	buf_printf(&t->pruned, "%s%lld", t->npruned > 1 ? ", " : "", (long long)p->id);
	if (t->c->json)
		return;
	buf_puts(&t->pruned, " (");
	text_escape(&t->pruned, p->event_id, false);
	buf_putc(&t->pruned, ' ');
	text_escape(&t->pruned, p->type, false);
	buf_putc(&t->pruned, ')');
}

static void
row_json(struct jw *w, const struct replay_row *row)
{
	jw_open(w, NULL, '{');
	jw_text(w, "table", span_str(row->table));
	jw_text(w, "books", row->what == '+' ? SPAN("replayed") : row->what == '-' ?
	    SPAN("today") : SPAN("both"));
	jw_text(w, "key", row->key);
	jw_raw(w, "columns", row->columns);
	jw_close(w, '}');
}

static enum hk_err
row_cells(struct told *t, const struct replay_row *row)
{
	struct json	*columns;
	struct buf	 text;
	enum hk_err	 e;

	if ((e = json_parse(row->columns, &columns)) != HK_OK)
		return e;
	buf_init(&text, 1 << 20);
	diff_put(&text, columns, row->what == '=');
	table_cell(t->table, row->what == '+' ? SPAN("only replayed") : row->what == '-' ?
	    SPAN("only today") : SPAN("both"), row->what == '-' ? MARK_BAD :
	    row->what == '+' ? MARK_GOOD : MARK_NONE);
	table_cell(t->table, span_str(row->table), MARK_NONE);
	table_cell(t->table, row->key, MARK_NONE);
	table_cell(t->table, buf_ok(&text) && text.len > 0 ? buf_span(&text) : SPAN(""),
	    MARK_NONE);
	buf_release(&text);
	json_free(columns);
	return HK_OK;
}

static enum hk_err
differs(void *ctx, const struct replay_row *row)
{
	struct told	*t = ctx;

	if (++t->shown > t->limit)
		return HK_OK;
	if (!t->c->json)
		return row_cells(t, row);
	row_json(&t->c->jw, row);
	return HK_OK;
}

/* ---- the end ---------------------------------------------------------------------- */

static void
totals_json(struct told *t, const struct replay_totals *r)
{
	const struct {
		const char	*name;
		int64_t		 n;
	} rows[] = {
		{ "more", t->shown > t->limit ? t->shown - t->limit : 0 },
		{ "events", r->events }, { "handled", r->handled }, { "skipped", r->skipped },
		{ "waiting", r->waiting }, { "failed", r->failed }, { "pruned", r->pruned },
		{ "queued", r->queued }, { "resolved", r->resolved },
		{ "carried", r->carried }, { "rows_added", r->rows_added },
		{ "rows_removed", r->rows_removed }, { "rows_changed", r->rows_changed },
		{ "credits_before", r->credits_before }, { "credits_after", r->credits_after },
	};
	struct jw	*w = &t->c->jw;

	jw_close(w, ']');
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		jw_int(w, rows[i].name, rows[i].n);
	jw_open(w, "pruned_events", '[');
	if (t->npruned > 0)
		jw_raw(w, NULL, buf_span(&t->pruned));
	jw_close(w, ']');
	jw_close(w, '}');
	buf_putc(&t->c->out, '\n');
}

static const char *
s(int64_t n)
{
	return n == 1 ? "" : "s";
}

static void
left_out(struct told *t, const struct replay_totals *r)
{
	struct buf	*out = &t->c->out;

	if (r->queued > 0)
		buf_printf(out, "left out: %lld event%s still in the queue\n",
		    (long long)r->queued, s(r->queued));
	if (r->resolved > 0)
		buf_printf(out, "left out: %lld event%s that somebody settled by hand\n",
		    (long long)r->resolved, s(r->resolved));
	if (r->pruned == 0)
		return;
	buf_printf(out, "not possible: %lld event%s without a body, for it was pruned: ",
	    (long long)r->pruned, s(r->pruned));
	buf_putspan(out, buf_span(&t->pruned));
	if (r->pruned > NAMED_MOST)
		buf_printf(out, " and %lld more", (long long)(r->pruned - NAMED_MOST));
	buf_putc(out, '\n');
}

static void
totals_text(struct told *t, const struct replay_totals *r)
{
	struct buf	*out = &t->c->out;
	int64_t		 n = r->rows_added + r->rows_removed + r->rows_changed;

	if (t->shown > t->limit)
		buf_printf(out, "... and %lld more\n", (long long)(t->shown - t->limit));
	if (n > 0)
		buf_putc(out, '\n');
	buf_printf(out, "%lld event%s: %lld handled, %lld skipped, %lld waiting, %lld failed\n",
	    (long long)r->events, s(r->events), (long long)r->handled, (long long)r->skipped,
	    (long long)r->waiting, (long long)r->failed);
	if (r->carried > 0)
		buf_printf(out, "%lld transfer%s that no event caused carried over\n",
		    (long long)r->carried, s(r->carried));
	left_out(t, r);
	buf_printf(out, "credits: %lld today, %lld replayed\n", (long long)r->credits_before,
	    (long long)r->credits_after);
	if (n == 0)
		buf_puts(out, "no difference\n");
	else
		buf_printf(out, "%lld difference%s: %lld row%s only replayed, %lld only today, "
		    "%lld in both\n", (long long)n, s(n), (long long)r->rows_added,
		    s(r->rows_added), (long long)r->rows_removed, (long long)r->rows_changed);
}

static enum hk_err
report(struct told *t, const struct replay_totals *r)
{
	struct cli	*c = t->c;

	if (c->json) {
		totals_json(t, r);
		return HK_OK;
	}
	if (t->shown > 0 && t->limit > 0 && !table_print(t->table, &c->out, &c->screen))
		return err_note(HK_NOMEM, "no memory for a table");
	totals_text(t, r);
	return HK_OK;
}

static enum hk_err
try_it(struct told *t, const struct args *a, struct replay_totals *r)
{
	struct replay_opts	o = {
		.provider = a->provider, .type = a->type, .since_us = a->since,
		.until_us = a->until, .status = a->status, .folder = a->folder,
		.received = a->order != NULL && strcmp(a->order, "received") == 0,
		.progress = progress, .pruned = pruned, .differs = differs, .ctx = t,
	};
	struct plan		*plans = NULL;
	enum hk_err		 e;

	if (a->plans != NULL && (e = plans_file(t->c->arena, a->plans, &plans, &o.nplan)) != HK_OK)
		return e;
	o.plan = plans;
	if ((e = cli_open(t->c, DB_RO)) != HK_OK)
		return e;
	if (t->c->json) {
		jw_open(&t->c->jw, NULL, '{');
		jw_open(&t->c->jw, "differences", '[');
	}
	return replay(t->c->db, t->c->conf, &o, r);
}

static int
run(struct cli *c)
{
	const struct args	*a = c->args;
	struct told		 t = { .c = c, .limit = a->limit };
	struct replay_totals	 r = { .events = 0 };
	enum hk_err		 e;

	if (!a->dry)
		return cli_usage(c, "a replay changes nothing, it is only ever tried: say --dry-run");
	if ((t.table = table_new(c->arena, cols, sizeof(cols) / sizeof(cols[0]))) == NULL)
		return cli_fail(err_note(HK_NOMEM, "no memory for a table"));
	buf_init(&t.pruned, 1 << 16);
	progress_init(&t.bar, c->json ? NULL : cli_errors());
	e = try_it(&t, a, &r);
	progress_end(&t.bar);
	if (e == HK_OK)
		e = report(&t, &r);
	buf_release(&t.pruned);
	if (e == HK_USAGE)
		return cli_usage(c, "%s", err_last());
	if (e != HK_OK)
		return cli_fail(e);
	return r.rows_added + r.rows_removed + r.rows_changed == 0 ? 0 : EXIT_NO;
}

const struct command cmd_replay = {
	.name		= "replay",
	.operands	= "",
	.about		= "work all events again on a copy, and compare the books",
	.help		=
	    "A copy of the database gets empty books.  What no event caused (burns,\n"
	    "adjustments, users and keys made by the application) is carried over, and the\n"
	    "stored events are worked once more, with today's settings and plans, or those of\n"
	    "--plans: lines such as plan set takes, or what plan list --json prints.  Then the\n"
	    "books are compared with today's, row by row.  The database itself is only read,\n"
	    "and used as ever meanwhile.  Ends with status 1 when there is a difference.\n"
	    "\n"
	    "With a filter only those events are worked, so the books are what they alone\n"
	    "make.  Without --status, events that are still in the queue are left out.\n",
	.opts		= opts,
	.args		= sizeof(struct args),
	.run		= run,
};
