/* hookkeeper events retry: make events due again. */
#include <unistd.h>

#include "admin/auditlog.h"
#include "base/clock.h"
#include "cli/filter.h"
#include "cli/rehearsal.h"
#include "inbox/queue.h"
#include "inbox/wakeup.h"

#define BATCH	500	/* events in one transaction: receivers wait meanwhile */

struct args {
	struct filter	f;
	bool		yes, dry;
};

static const struct opt opts[] = {
	FILTER_OPTS(struct args, f),
	{ "yes", OPT_FLAG, offsetof(struct args, yes), NULL,
	    "do not ask before retrying by filter", 0, 0, 0, NULL },
	{ "dry-run", OPT_FLAG, offsetof(struct args, dry), NULL,
	    "only show what they would do to the books", 0, 0, 0, NULL },
	{ .name = NULL }
};

struct tally {
	int64_t	due, busy, missing;
};

/* One event inside an open transaction; what stands in its way is counted. */
static enum hk_err
retry_one(struct cli *c, int64_t id, struct tally *t)
{
	enum hk_err	e = queue_retry(c->db, id, now_us());

	switch (e) {
	case HK_OK:
		t->due++;
		return HK_OK;
	case HK_BUSY:
		t->busy++;
		cli_say("%s: left alone", err_last());
		return HK_OK;
	case HK_NOTFOUND:
	case HK_NEVER:		/* its body was pruned */
		t->missing++;
		cli_say("%s", err_last());
		return HK_OK;
	default:
		return e;
	}
}

/* A line about one event that was named. */
static enum hk_err
log_named(struct cli *c, int64_t id)
{
	return auditlog_command(c->db, now_us(), &(struct auditlog){ .action = "event.retry",
	    .subject = span_str(arena_printf(c->arena, "event:%lld", (long long)id)) });
}

/* A line about a transaction's worth of them. */
static enum hk_err
log_many(struct cli *c, int64_t due, int64_t first, int64_t last)
{
	const struct fact	fact[] = {
		{ "events", span_str(arena_printf(c->arena, "%lld", (long long)due)) },
		{ "from", span_str(arena_printf(c->arena, "%lld", (long long)last)) },
		{ "to", span_str(arena_printf(c->arena, "%lld", (long long)first)) },
	};

	return auditlog_command(c->db, now_us(), &(struct auditlog){ .action = "event.retry",
	    .subject = SPAN("events"), .after = auditlog_facts(c->arena, fact, 3) });
}

static enum hk_err
retry_and_log(struct cli *c, int64_t id, struct tally *t)
{
	int64_t		due = t->due;
	enum hk_err	e = retry_one(c, id, t);

	return e == HK_OK && t->due > due ? log_named(c, id) : e;
}

static enum hk_err
retry_named(struct cli *c, struct tally *t)
{
	enum hk_err	e = HK_OK;
	int64_t		id;

	for (int i = 0; e == HK_OK && i < c->argc; i++) {
		if (i % BATCH == 0 && (e = db_begin(c->db)) != HK_OK)
			break;
		if ((e = event_id_of(c->db, c->argv[i], &id)) == HK_OK)
			e = retry_and_log(c, id, t);
		else if (e == HK_NOTFOUND) {
			t->missing++;
			cli_say("%s", err_last());
			e = HK_OK;
		}
		if (e == HK_OK && ((i + 1) % BATCH == 0 || i + 1 == c->argc))
			e = db_commit(c->db);
	}
	return e;
}

/* The ids below *before, at most a batch of them; *before moves down. */
static enum hk_err
next_ids(struct cli *c, const struct filter *f, int64_t *before, int64_t *id, int *n)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;
	bool		 row = true;

	*n = 0;
	if ((e = db_stmt(c->db, S_CLI_EVENT_IDS, &q)) != HK_OK)
		return e;
	filter_bind(q, f, *before);
	bind_int(q, ":limit", BATCH);
	while (*n < BATCH && (e = stmt_step(q, &row)) == HK_OK && row)
		id[(*n)++] = *before = col_int(q, 0);
	stmt_reset(q);
	return e;
}

static enum hk_err
retry_filtered(struct cli *c, const struct filter *f, struct tally *t)
{
	int64_t		id[BATCH], before = INT64_MAX, due;
	enum hk_err	e;
	int		n = BATCH;

	for (e = HK_OK; e == HK_OK && n == BATCH;) {
		if ((e = db_begin(c->db)) != HK_OK)
			break;
		e = next_ids(c, f, &before, id, &n);
		due = t->due;
		for (int i = 0; e == HK_OK && i < n; i++)
			e = retry_one(c, id[i], t);
		if (e == HK_OK && t->due > due)
			e = log_many(c, t->due - due, id[0], id[n - 1]);
		if (e == HK_OK)
			e = db_commit(c->db);
	}
	return e;
}

/* "12 events: 10 failed, 2 pending" */
static enum hk_err
count(struct cli *c, const struct filter *f, char *text, size_t room, int64_t *sum)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;
	char		 parts[256] = "";
	size_t		 len = 0;
	bool		 row;

	*sum = 0;
	if ((e = db_stmt(c->db, S_CLI_EVENT_COUNT, &q)) != HK_OK)
		return e;
	filter_bind(q, f, INT64_MAX);
	while ((e = stmt_step(q, &row)) == HK_OK && row && len < sizeof(parts)) {
		*sum += col_int(q, 1);
		len += (size_t)snprintf(parts + len, sizeof(parts) - len, "%s%lld %.*s",
		    len > 0 ? ", " : "", (long long)col_int(q, 1),
		    SPAN_ARG(col_text(q, 0)));
	}
	stmt_reset(q);
	snprintf(text, room, "%lld event%s (%s)", (long long)*sum, *sum == 1 ? "" : "s",
	    parts);
	return e;
}

/* *go: the person wants it. */
static enum hk_err
ask(struct cli *c, const struct args *a, bool *go)
{
	char		text[320], question[352], answer[16] = "";
	int64_t		sum;
	enum hk_err	e = count(c, &a->f, text, sizeof(text), &sum);

	*go = false;
	if (e != HK_OK)
		return e;
	if (sum == 0)
		return err_tell(HK_NOTFOUND, "no event is of this kind");
	snprintf(question, sizeof(question), "Retry %s? [y/N]", text);
	if (!a->yes && !cli_interactive())
		return err_tell(HK_USAGE, "this means %s; say --yes to retry them", text);
	*go = a->yes || (cli_ask(question, answer, sizeof(answer)) &&
	    (answer[0] == 'y' || answer[0] == 'Y'));
	return HK_OK;
}

static int
report(struct cli *c, const struct tally *t)
{
	int	fd = -1;
	bool	told = t->due > 0 && wakeup_send(c->conf, &fd);

	if (fd != -1)
		close(fd);
	if (c->json) {
		jw_open(&c->jw, NULL, '{');
		jw_int(&c->jw, "due", t->due);
		jw_int(&c->jw, "busy", t->busy);
		jw_int(&c->jw, "missing", t->missing);
		jw_bool(&c->jw, "worker", told);
		jw_close(&c->jw, '}');
		buf_putc(&c->out, '\n');
	} else {
		buf_printf(&c->out, "%lld event%s due again\n", (long long)t->due,
		    t->due == 1 ? " is" : "s are");
		if (t->due > 0 && !told)
			buf_puts(&c->out, "no worker is running; 'hookkeeper worker --once' "
			    "works them off\n");
	}
	return t->busy + t->missing > 0 ? EXIT_NO : 0;
}

static int
run(struct cli *c)
{
	const struct args	*a = c->args;
	struct tally		 t = { .due = 0 };
	bool			 go = true;
	enum hk_err		 e;

	if (c->argc > 0 && !filter_empty(&a->f))
		return cli_usage(c, "takes ids or a filter, not both");
	if (c->argc == 0 && filter_empty(&a->f))
		return cli_usage(c, "needs ids, or a filter such as --status failed");
	if (a->dry)
		return c->argc > 0 ? rehearsal_run(c) : cli_usage(c, "--dry-run takes ids; of "
		    "many events hookkeeper replay tells");
	if ((e = cli_open(c, DB_RW)) != HK_OK)
		return cli_fail(e);
	if (c->argc > 0)
		e = retry_named(c, &t);
	else if ((e = ask(c, a, &go)) == HK_OK && go)
		e = retry_filtered(c, &a->f, &t);
	if (e == HK_USAGE)
		return cli_usage(c, "%s", err_last());
	if (e != HK_OK) {
		db_rollback(c->db);
		return cli_fail(e);
	}
	return go ? report(c, &t) : EXIT_NO;
}

const struct command cmd_events_retry = {
	.name		= "events retry",
	.operands	= "[ID|EVENT_ID...]",
	.most		= -1,
	.about		= "work events again, by id or by filter",
	.help		=
	    "Attempts start again at 0.  An event that was handled may be worked again: what\n"
	    "it did to the books is not done twice.  A filter shows how many events it means\n"
	    "and asks first; without a terminal it needs --yes.  Ends with status 1 when an\n"
	    "event is not there or just being worked on.\n"
	    "\n"
	    "With --dry-run each is worked and taken back at once: what would become of it,\n"
	    "and every row of the books and message it would make or change.\n",
	.opts		= opts,
	.args		= sizeof(struct args),
	.run		= run,
};
