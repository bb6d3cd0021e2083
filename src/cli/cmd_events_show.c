/* hookkeeper events show: all there is to know about one event. */
#include "cli/filter.h"
#include "inbox/body.h"

struct args {
	bool	raw;
};

static const struct opt opts[] = {
	{ "raw", OPT_FLAG, offsetof(struct args, raw), NULL,
	    "only the body, byte for byte as it came", 0, 0, 0, NULL },
	{ .name = NULL }
};

#define COUNT(a)	(int)(sizeof(a) / sizeof((a)[0]))

static const struct rowcol event_cols[] = {
	{ "id", "id", ROW_INT, 0 },
	{ "provider", "provider", ROW_TEXT, 0 },
	{ "event_id", "event id", ROW_TEXT, 0 },
	{ "event_type", "type", ROW_TEXT, 0 },
	{ "lane", "about", ROW_TEXT, 0 },
	{ "status", "status", ROW_TEXT, 0 },
	{ "outcome", "outcome", ROW_TEXT, 0 },
	{ "reason", "reason", ROW_TEXT, 0 },
	{ "attempts", "attempts", ROW_INT, 0 },
	{ "last_attempt_at", "last attempt", ROW_TIME, 0 },
	{ "next_attempt_at", "next attempt", ROW_TIME, 0 },
	{ "lease_until", "leased until", ROW_TIME, 0 },
	{ "lease_by", "leased by", ROW_TEXT, 0 },
	{ "waits_for", "waits for", ROW_TEXT, 0 },
	{ "error_message", "error", ROW_TEXT, 0 },
	{ "signature", "signature", ROW_TEXT, 0 },
	{ "verified", "verified", ROW_BOOL, 0 },
	{ "secret_label", "secret", ROW_TEXT, 0 },
	{ "livemode", "live mode", ROW_BOOL, 0 },
	{ "api_version", "API version", ROW_TEXT, 0 },
	{ "instance", "instance", ROW_TEXT, 0 },
	{ "occurred_at", "occurred", ROW_TIME, 0 },
	{ "created_at", "received", ROW_TIME, 0 },
	{ "processed_at", "processed", ROW_TIME, 0 },
};

static const struct rowcol attempt_cols[] = {
	{ "started_at", "STARTED (UTC)", ROW_TIME, 0 },
	{ "duration_us", "MICROSECONDS", ROW_INT, 0 },
	{ "result", "RESULT", ROW_TEXT, 0 },
	{ "message", "MESSAGE", ROW_TEXT, 20 },
};

static const struct rowcol transfer_cols[] = {
	{ "id", "ID", ROW_INT, 0 },
	{ "kind", "KIND", ROW_TEXT, 0 },
	{ "amount", "AMOUNT", ROW_INT, 0 },
	{ "debit", "FROM", ROW_TEXT, 12 },
	{ "credit", "TO", ROW_TEXT, 12 },
	{ "business_key", "FOR", ROW_TEXT, 16 },
	{ "note", "NOTE", ROW_TEXT, 12 },
};

static enum hk_err
show_event(struct cli *c, int64_t id)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;
	bool		 row;

	if ((e = db_stmt(c->db, S_CLI_EVENT_SHOW, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	if ((e = stmt_step(q, &row)) == HK_OK && !row)
		e = err_tell(HK_NOTFOUND, "there is no event %lld", (long long)id);
	if (e == HK_OK)
		row_print(c, q, event_cols, COUNT(event_cols), "event");
	stmt_reset(q);
	return e;
}

static enum hk_err
show_body(struct cli *c, int64_t id, bool raw)
{
	struct span	 headers, body;
	enum hk_err	 e = body_load(c->db, id, c->arena, &headers, &body);

	if (e == HK_NOTFOUND && !raw)
		return HK_OK;	/* pruned: the rest is shown */
	if (e == HK_OK && raw)
		show_raw(c, body);
	else if (e == HK_OK && (e = show_json(c, "headers", headers)) == HK_OK)
		e = show_json(c, "body", body);
	return e;
}

static enum hk_err
show_rows(struct cli *c, int64_t id, enum stmt_id which, const struct rowcol *cols, int n,
    const char *key)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;
	int64_t		 count;

	if ((e = db_stmt(c->db, which, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	heading(c, key);
	if ((e = rows_print(c, q, cols, n, key, -1, &count)) == HK_OK &&
	    count == 0 && !c->json)
		buf_puts(&c->out, "none\n");
	return e;
}

static int
run(struct cli *c)
{
	const struct args	*a = c->args;
	enum hk_err		 e;
	int64_t			 id;

	if ((e = cli_open(c, DB_RO)) != HK_OK ||
	    (e = event_id_of(c->db, c->argv[0], &id)) != HK_OK)
		return cli_fail(e);
	if (a->raw)
		return (e = show_body(c, id, true)) == HK_OK ? 0 : cli_fail(e);
	if (c->json)
		jw_open(&c->jw, NULL, '{');
	if ((e = show_event(c, id)) != HK_OK ||
	    (e = show_rows(c, id, S_CLI_EVENT_ATTEMPTS, attempt_cols,
	    COUNT(attempt_cols), "attempts")) != HK_OK ||
	    (e = show_rows(c, id, S_CLI_EVENT_TRANSFERS, transfer_cols,
	    COUNT(transfer_cols), "transfers")) != HK_OK ||
	    (e = show_body(c, id, false)) != HK_OK)
		return cli_fail(e);
	if (c->json) {
		jw_close(&c->jw, '}');
		buf_putc(&c->out, '\n');
	}
	return 0;
}

const struct command cmd_events_show = {
	.name		= "events show",
	.operands	= "ID|EVENT_ID",
	.least		= 1,
	.most		= 1,
	.about		= "show one event: its columns, attempts, transfers, headers and body",
	.help		=
	    "ID is the number in the list, EVENT_ID the sender's own (evt_..., msg_...).\n",
	.opts		= opts,
	.args		= sizeof(struct args),
	.run		= run,
};
