/* hookkeeper quarantine show: all there is to know about one refused request. */
#include "cli/cli.h"
#include "inbox/advice.h"

struct args {
	bool	raw;
};

static const struct opt opts[] = {
	{ "raw", OPT_FLAG, offsetof(struct args, raw), NULL,
	    "only the body, byte for byte as it came", 0, 0, 0, NULL },
	{ .name = NULL }
};

static const struct rowcol cols[] = {
	{ "id", "id", ROW_INT, 0 },
	{ "provider", "came to", ROW_TEXT, 0 },
	{ "reason", "reason", ROW_TEXT, 0 },
	{ "detail", "what it is", ROW_TEXT, 0 },
	{ "verified", "signed", ROW_BOOL, 0 },
	{ "secret_label", "secret", ROW_TEXT, 0 },
	{ "event_id", "event id", ROW_TEXT, 0 },
	{ "event_type", "type", ROW_TEXT, 0 },
	{ "remote_addr", "from", ROW_TEXT, 0 },
	{ "times", "times", ROW_INT, 0 },
	{ "created_at", "first", ROW_TIME, 0 },
	{ "last_at", "last", ROW_TIME, 0 },
	{ "size", "bytes", ROW_INT, 0 },
	{ "kept", "body kept", ROW_BOOL, 0 },
	{ "accepted_at", "accepted", ROW_TIME, 0 },
	{ "event", "as event", ROW_INT, 0 },
};

static enum hk_err
show_request(struct cli *c, int64_t id)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;
	bool		 row;

	if ((e = db_stmt(c->db, S_CLI_QUARANTINE_SHOW, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	if ((e = stmt_step(q, &row)) == HK_OK && !row)
		e = err_tell(HK_NOTFOUND, "there is no request %lld in quarantine",
		    (long long)id);
	if (e == HK_OK)
		row_print(c, q, cols, sizeof(cols) / sizeof(cols[0]), "request");
	stmt_reset(q);
	return e;
}

static void
show_advice(struct cli *c, int64_t id, struct span reason, bool accepted, bool kept)
{
	const char	*text = advice_for(reason);

	if (c->json) {
		jw_text(&c->jw, "advice", accepted ? SPAN_NULL : span_str(text));
		return;
	}
	if (accepted)
		return;
	heading(c, "what to do");
	buf_printf(&c->out, "%s\n", text);
	if (!kept)
		buf_puts(&c->out, "Its body was too large to keep: only its sender can send it "
		    "again.\n");
	else
		buf_printf(&c->out, "hookkeeper quarantine accept %lld takes it in, if a "
		    "configured secret signs it then.\n", (long long)id);
}

static enum hk_err
show_kept(struct cli *c, struct span headers, struct span body)
{
	enum hk_err	e;

	if ((e = show_json(c, "headers", headers)) != HK_OK)
		return e;
	if (body.p != NULL)
		return show_json(c, "body", body);
	if (c->json)
		jw_null(&c->jw, "body");
	return HK_OK;
}

static enum hk_err
show_rest(struct cli *c, int64_t id, bool raw)
{
	struct stmt	*q = NULL;
	struct span	 body;
	enum hk_err	 e;
	bool		 row, kept;

	if ((e = db_stmt(c->db, S_CLI_QUARANTINE_BODY, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	if ((e = stmt_step(q, &row)) != HK_OK)
		goto out;
	kept = row && !col_is_null(q, 1);
	if (!row || (raw && !kept)) {
		e = err_tell(HK_NOTFOUND, "there is no body of a request %lld in quarantine",
		    (long long)id);
		goto out;
	}
	body = col_text(q, 1);
	if (kept && body.p == NULL)
		body = SPAN("");	/* an empty one has no address */
	if (raw) {
		show_raw(c, body);
		goto out;
	}
	show_advice(c, id, col_text(q, 2), !col_is_null(q, 3), kept);
	e = show_kept(c, col_text(q, 0), body);
out:
	stmt_reset(q);
	return e;
}

static int
run(struct cli *c)
{
	const struct args	*a = c->args;
	enum hk_err		 e;
	int64_t			 id;

	if (!span_u63(span_str(c->argv[0]), &id))
		return cli_usage(c, "ID must be a number of the list, not '%s'", c->argv[0]);
	if ((e = cli_open(c, DB_RO)) != HK_OK)
		return cli_fail(e);
	if (a->raw)
		return (e = show_rest(c, id, true)) == HK_OK ? 0 : cli_fail(e);
	if (c->json)
		jw_open(&c->jw, NULL, '{');
	if ((e = show_request(c, id)) != HK_OK || (e = show_rest(c, id, false)) != HK_OK)
		return cli_fail(e);
	if (c->json) {
		jw_close(&c->jw, '}');
		buf_putc(&c->out, '\n');
	}
	return 0;
}

const struct command cmd_quarantine_show = {
	.name		= "quarantine show",
	.operands	= "ID",
	.least		= 1,
	.most		= 1,
	.about		= "show one refused request: why, what to do, headers and body",
	.opts		= opts,
	.args		= sizeof(struct args),
	.run		= run,
};
