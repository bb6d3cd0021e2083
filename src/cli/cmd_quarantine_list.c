/* hookkeeper quarantine list: what was refused, and how often. */
#include "base/clock.h"
#include "cli/cli.h"

#define HOUR_US	(3600 * US_PER_S)

struct args {
	const char	*provider, *reason;
	bool		 verified, unverified;
	int64_t		 limit, before;
};

static const struct opt opts[] = {
	{ "provider", OPT_SENDER, offsetof(struct args, provider), "P",
	    "only at the address of stripe, clerk, resend or custom:NAME", 0, 0, 0, NULL },
	{ "reason", OPT_TEXT, offsetof(struct args, reason), "R",
	    "only refused for this reason, such as no_match", 0, 0, 0, NULL },
	{ "verified", OPT_FLAG, offsetof(struct args, verified), NULL,
	    "only those with a good signature", 0, 0, 0, NULL },
	{ "unverified", OPT_FLAG, offsetof(struct args, unverified), NULL,
	    "only those without one", 0, 0, 0, NULL },
	{ "limit", OPT_INT, offsetof(struct args, limit), "N", "at most so many",
	    1, 10000, 50, NULL },
	{ "before", OPT_INT, offsetof(struct args, before), "ID",
	    "go on from here: only requests with a lower id", 1, INT64_MAX, 0, NULL },
	{ .name = NULL }
};

static const struct rowcol cols[] = {
	{ "id", "ID", ROW_INT, 0 },
	{ "last_at", "LAST (UTC)", ROW_TIME, 0 },
	{ "provider", "AT", ROW_TEXT, 0 },
	{ "reason", "REASON", ROW_TEXT, 0 },
	{ "times", "TIMES", ROW_INT, 0 },
	{ "verified", "SIGNED", ROW_BOOL, 0 },
	{ "event", "EVENT", ROW_INT, 0 },
	{ "detail", "WHAT IT IS", ROW_TEXT, 16 },
	{ "remote_addr", NULL, ROW_TEXT, 0 },
	{ "event_id", NULL, ROW_TEXT, 0 },
	{ "event_type", NULL, ROW_TEXT, 0 },
	{ "secret_label", NULL, ROW_TEXT, 0 },
	{ "size", NULL, ROW_INT, 0 },
	{ "kept", NULL, ROW_BOOL, 0 },
	{ "created_at", NULL, ROW_TIME, 0 },
	{ "accepted_at", NULL, ROW_TIME, 0 },
};

static const struct rowcol lately_cols[] = {
	{ "provider", NULL, ROW_TEXT, 0 },
	{ "reason", NULL, ROW_TEXT, 0 },
	{ "times", NULL, ROW_INT, 0 },
};

/* "refused in the last 24 h: stripe no_match 12, clerk too_old 1" */
static enum hk_err
say_lately(struct cli *c, struct stmt *q)
{
	bool		any = false, row;
	enum hk_err	e;

	while ((e = stmt_step(q, &row)) == HK_OK && row) {
		buf_puts(&c->out, any ? ", " : "\nrefused in the last 24 h: ");
		buf_printf(&c->out, "%.*s %.*s %lld", SPAN_ARG(col_text(q, 0)),
		    SPAN_ARG(col_text(q, 1)), (long long)col_int(q, 2));
		any = true;
	}
	stmt_reset(q);
	if (any)
		buf_putc(&c->out, '\n');
	return e;
}

/* All requests that no signature vouched for, those that were not kept among them. */
static enum hk_err
show_lately(struct cli *c)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;
	int64_t		 n;

	if ((e = db_stmt(c->db, S_CLI_REFUSED_LATELY, &q)) != HK_OK)
		return e;
	/* An hour is counted whole, from its beginning. */
	bind_int(q, ":since", now_us() - 25 * HOUR_US);
	return !c->json ? say_lately(c, q) : rows_print(c, q, lately_cols,
	    sizeof(lately_cols) / sizeof(lately_cols[0]), "refused_24h", -1, &n);
}

static enum hk_err
find(struct cli *c, const struct args *a, struct stmt **out)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = cli_open(c, DB_RO)) != HK_OK ||
	    (e = db_stmt(c->db, S_CLI_QUARANTINE_LIST, &q)) != HK_OK)
		return e;
	bind_int(q, ":before", a->before != 0 ? a->before : INT64_MAX);
	bind_text(q, ":provider", span_str(a->provider));
	bind_text(q, ":reason", span_str(a->reason));
	if (a->verified || a->unverified)
		bind_int(q, ":verified", a->verified);
	bind_int(q, ":limit", a->limit + 1);
	*out = q;
	return HK_OK;
}

static int
run(struct cli *c)
{
	const struct args	*a = c->args;
	bool			 all = a->provider == NULL && a->reason == NULL &&
				    !a->verified && !a->unverified && a->before == 0;
	struct stmt		*q = NULL;
	enum hk_err		 e;
	int64_t			 n = 0;

	if (a->verified && a->unverified)
		return cli_usage(c, "--verified and --unverified leave nothing over");
	if ((e = find(c, a, &q)) != HK_OK)
		return cli_fail(e);
	if (c->json)
		jw_open(&c->jw, NULL, '{');
	if ((e = rows_print(c, q, cols, sizeof(cols) / sizeof(cols[0]), "requests",
	    a->limit, &n)) != HK_OK || (e = show_lately(c)) != HK_OK)
		return cli_fail(e);
	return rows_end(c, n, a->limit, all ? "no refused requests" :
	    "no refused requests of this kind");
}

const struct command cmd_quarantine_list = {
	.name		= "quarantine list",
	.operands	= "",
	.about		= "list requests that were refused, the newest first",
	.help		=
	    "The same request again is one row, counted in TIMES.  SIGNED: a configured secret\n"
	    "signed it, but its body or type could not be used.  EVENT: it was accepted after\n"
	    "all, as this one.  The last line counts all that had no good signature, also those\n"
	    "that were not kept.  Ends with status 1 when there is no such request.\n",
	.opts		= opts,
	.args		= sizeof(struct args),
	.run		= run,
};
