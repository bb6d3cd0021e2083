/* hookkeeper events list */
#include "cli/filter.h"

struct args {
	struct filter	f;
	int64_t		limit, before;
};

static const struct opt opts[] = {
	FILTER_OPTS(struct args, f),
	{ "limit", OPT_INT, offsetof(struct args, limit), "N", "at most so many",
	    1, 10000, 50, NULL },
	{ "before", OPT_INT, offsetof(struct args, before), "ID",
	    "go on from here: only events with a lower id", 1, INT64_MAX, 0, NULL },
	{ .name = NULL }
};

static const struct rowcol cols[] = {
	{ "id", "ID", ROW_INT, 0 },
	{ "created_at", "RECEIVED (UTC)", ROW_TIME, 0 },
	{ "provider", "FROM", ROW_TEXT, 0 },
	{ "event_type", "TYPE", ROW_TEXT, 16 },
	{ "event_id", NULL, ROW_TEXT, 0 },
	{ "status", "STATUS", ROW_STATUS, 0 },
	{ "outcome", "OUTCOME", ROW_TEXT, 0 },
	{ "note", "NOTE", ROW_HIDDEN, 12 },
	{ "lane", NULL, ROW_TEXT, 0 },
	{ "reason", NULL, ROW_TEXT, 0 },
	{ "attempts", NULL, ROW_INT, 0 },
	{ "next_attempt_at", NULL, ROW_TIME, 0 },
	{ "waits_for", NULL, ROW_TEXT, 0 },
	{ "error_message", NULL, ROW_TEXT, 0 },
	{ "processed_at", NULL, ROW_TIME, 0 },
};

static int
run(struct cli *c)
{
	const struct args	*a = c->args;
	struct stmt		*q = NULL;
	enum hk_err		 e;
	int64_t			 n = 0;

	if ((e = cli_open(c, DB_RO)) != HK_OK ||
	    (e = db_stmt(c->db, S_CLI_EVENT_LIST, &q)) != HK_OK)
		return cli_fail(e);
	filter_bind(q, &a->f, a->before != 0 ? a->before : INT64_MAX);
	bind_int(q, ":limit", a->limit + 1);
	if (c->json)
		jw_open(&c->jw, NULL, '{');
	if ((e = rows_print(c, q, cols, sizeof(cols) / sizeof(cols[0]), "events",
	    a->limit, &n)) != HK_OK)
		return cli_fail(e);
	return rows_end(c, n, a->limit, filter_empty(&a->f) && a->before == 0 ?
	    "no events yet" : "no events of this kind");
}

const struct command cmd_events_list = {
	.name		= "events list",
	.operands	= "",
	.about		= "list events, the newest first",
	.help		=
	    "A time is ISO 8601 with a zone, a date (midnight UTC), or how long ago: 90s, 15m,\n"
	    "2h, 7d.  Ends with status 1 when there is no such event.\n",
	.opts		= opts,
	.args		= sizeof(struct args),
	.run		= run,
};
