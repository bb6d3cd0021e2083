/* hookkeeper endpoint list, show, and the states of one. */
#include "cli/outgoing.h"
#include "outbox/endpoint.h"
#include "outbox/members.h"

/* Columns of OUT_ENDPOINTS and OUT_ENDPOINT. */
static const struct shown list_cols[] = {
	{ "ID", 21, SHOWN_TEXT, 0 },
	{ "STATE", 13, SHOWN_STATE, 0 },
	{ "TO", 22, SHOWN_TEXT, 20 },
	{ "TYPES", 5, SHOWN_TEXT, 12 },
	{ "DESCRIPTION", 4, SHOWN_TEXT, 12 },
	{ "WHY", 14, SHOWN_TEXT, 8 },
	{ .title = NULL }
};

static const struct shown show_cols[] = {
	{ "id", 21, SHOWN_TEXT, 0 },
	{ "to", 22, SHOWN_TEXT, 0 },
	{ "description", 4, SHOWN_TEXT, 0 },
	{ "types", 5, SHOWN_TEXT, 0 },
	{ "owner", 7, SHOWN_TEXT, 0 },
	{ "filter", 8, SHOWN_TEXT, 0 },
	{ "payload", 9, SHOWN_TEXT, 0 },
	{ "has headers", 10, SHOWN_BOOL, 0 },
	{ "rate", 11, SHOWN_INT, 0 },
	{ "ordered", 12, SHOWN_BOOL, 0 },
	{ "v1a", 20, SHOWN_BOOL, 0 },
	{ "state", 13, SHOWN_STATE, 0 },
	{ "why", 14, SHOWN_TEXT, 0 },
	{ "since", 15, SHOWN_TIME, 0 },
	{ "failing since", 16, SHOWN_TIME, 0 },
	{ "failures", 17, SHOWN_INT, 0 },
	{ "made", 18, SHOWN_TIME, 0 },
	{ "changed", 19, SHOWN_TIME, 0 },
	{ .title = NULL }
};

static int
run_list(struct cli *c)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = cli_open(c, DB_RO)) != HK_OK || (e = db_stmt(c->db, S_OUT_ENDPOINTS, &q)) != HK_OK)
		return cli_fail(e);
	bind_int(q, ":after", INT64_MAX);
	bind_int(q, ":limit", INT64_MAX);
	return shown_list(c, q, list_cols, endpoint_members, "endpoints",
	    "no endpoints yet; 'hookkeeper endpoint add' makes one");
}

static enum hk_err
show(struct cli *c, int64_t id)
{
	struct stmt	*q = NULL;
	bool		 row;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_OUT_ENDPOINT, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	if ((e = stmt_step(q, &row)) == HK_OK && !row)
		e = err_tell(HK_NOTFOUND, "no endpoint ep_%lld", (long long)id);
	else if (e == HK_OK && c->json) {
		jw_open(&c->jw, NULL, '{');
		endpoint_members(&c->jw, q);
		jw_close(&c->jw, '}');
		buf_putc(&c->out, '\n');
	} else if (e == HK_OK)
		shown_row(c, q, show_cols);
	stmt_reset(q);
	return e;
}

static int
run_show(struct cli *c)
{
	int64_t		id;
	enum hk_err	e;

	if ((e = endpoint_operand(c->argv[0], &id)) != HK_OK ||
	    (e = cli_open(c, DB_RO)) != HK_OK || (e = show(c, id)) != HK_OK)
		return outgoing_fail(c, e);
	return 0;
}

const struct command cmd_endpoint_list = {
	.name		= "endpoint list",
	.operands	= "",
	.about		= "list the endpoints, the newest first",
	.run		= run_list,
};

const struct command cmd_endpoint_show = {
	.name		= "endpoint show",
	.operands	= "ENDPOINT",
	.least		= 1,
	.most		= 1,
	.about		= "show an endpoint, without its secrets",
	.run		= run_show,
};
