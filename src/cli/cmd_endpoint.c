/* hookkeeper endpoint list, show, and the states of one. */
#include "cli/outgoing.h"
#include "outbox/endpoint.h"
#include "outbox/members.h"
#include "outbox/recovering.h"

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

/* ---- states ---------------------------------------------------------------------- */

struct state_args {
	const char	*why;
};

static const struct opt state_opts[] = {
	{ "why", OPT_TEXT, offsetof(struct state_args, why), "TEXT",
	    "what people are told", 0, 0, 0, NULL },
	{ .name = NULL }
};

struct acting {
	enum endpoint_act	 act;
	int64_t			 id, recovery;
	const char		*why;
};

static enum hk_err
act(struct cli *c, int64_t now, struct auditlog *line, void *what)
{
	struct acting	*a = what;

	line->subject = span_str(arena_printf(c->arena, "endpoint:ep_%lld", (long long)a->id));
	return endpoint_act(c->db, a->id, a->act, span_str(a->why), now, &a->recovery);
}

static void
report(struct cli *c, const struct acting *a, bool same)
{
	static const char *const	is[] = { "paused", "enabled", "enabled", "disabled" };
	const char			*state = is[a->act];

	if (c->json) {
		jw_open(&c->jw, NULL, '{');
		jw_text(&c->jw, "id", span_str(arena_printf(c->arena, "ep_%lld",
		    (long long)a->id)));
		jw_text(&c->jw, "state", span_str(state));
		jw_bool(&c->jw, "changed", !same);
		jw_close(&c->jw, '}');
		buf_putc(&c->out, '\n');
		return;
	}
	buf_printf(&c->out, "ep_%lld is %s%s\n", (long long)a->id, state, same ? " already" :
	    a->recovery != 0 ? "; what the pause held is sent now" : "");
}

static int
run_act(struct cli *c, enum endpoint_act what)
{
	const struct state_args	*args = c->args;
	struct acting		 a = { .act = what, .why = args->why };
	char			 action[32];
	enum hk_err		 e;

	snprintf(action, sizeof(action), "endpoint.%s", endpoint_act_name(what));
	if ((e = endpoint_operand(c->argv[0], &a.id)) == HK_OK)
		e = outgoing_do(c, action, act, &a);
	if (e != HK_OK && e != HK_SKIP)
		return outgoing_fail(c, e);
	report(c, &a, e == HK_SKIP);
	return 0;
}

static int
run_pause(struct cli *c)
{
	return run_act(c, ACT_PAUSE);
}

static int
run_resume(struct cli *c)
{
	return run_act(c, ACT_RESUME);
}

static int
run_enable(struct cli *c)
{
	return run_act(c, ACT_ENABLE);
}

static int
run_disable(struct cli *c)
{
	return run_act(c, ACT_DISABLE);
}

static enum hk_err
removed(struct cli *c, int64_t now, struct auditlog *line, void *what)
{
	const int64_t	*id = what;

	line->subject = span_str(arena_printf(c->arena, "endpoint:ep_%lld", (long long)*id));
	return endpoint_delete(c->db, *id, now);
}

static int
run_rm(struct cli *c)
{
	int64_t		id;
	enum hk_err	e;

	if ((e = endpoint_operand(c->argv[0], &id)) != HK_OK ||
	    (e = outgoing_do(c, "endpoint.rm", removed, &id)) != HK_OK)
		return outgoing_fail(c, e);
	if (c->json) {
		jw_open(&c->jw, NULL, '{');
		jw_text(&c->jw, "removed", span_str(arena_printf(c->arena, "ep_%lld",
		    (long long)id)));
		jw_close(&c->jw, '}');
		buf_putc(&c->out, '\n');
	} else
		buf_printf(&c->out, "ep_%lld is removed; what was open for it is canceled\n",
		    (long long)id);
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

const struct command cmd_endpoint_pause = {
	.name		= "endpoint pause",
	.operands	= "ENDPOINT",
	.least		= 1,
	.most		= 1,
	.about		= "hold what is for an endpoint",
	.help		=
    "Nothing is dropped: it is sent when the endpoint is resumed.\n",
	.opts		= state_opts,
	.args		= sizeof(struct state_args),
	.run		= run_pause,
};

const struct command cmd_endpoint_resume = {
	.name		= "endpoint resume",
	.operands	= "ENDPOINT",
	.least		= 1,
	.most		= 1,
	.about		= "send again, and what the pause held",
	.help		=
    "A disabled endpoint is enabled instead, and what it missed recovered when you ask.\n",
	.opts		= state_opts,
	.args		= sizeof(struct state_args),
	.run		= run_resume,
};

const struct command cmd_endpoint_enable = {
	.name		= "endpoint enable",
	.operands	= "ENDPOINT",
	.least		= 1,
	.most		= 1,
	.about		= "send again; failures are forgotten",
	.help		=
    "What a disabled endpoint missed is sent by 'delivery recover'.\n",
	.opts		= state_opts,
	.args		= sizeof(struct state_args),
	.run		= run_enable,
};

const struct command cmd_endpoint_disable = {
	.name		= "endpoint disable",
	.operands	= "ENDPOINT",
	.least		= 1,
	.most		= 1,
	.about		= "send no more to an endpoint",
	.help		=
    "What is for it is held.\n",
	.opts		= state_opts,
	.args		= sizeof(struct state_args),
	.run		= run_disable,
};

const struct command cmd_endpoint_rm = {
	.name		= "endpoint rm",
	.operands	= "ENDPOINT",
	.least		= 1,
	.most		= 1,
	.about		= "remove an endpoint; its deliveries stay to be looked at",
	.run		= run_rm,
};
