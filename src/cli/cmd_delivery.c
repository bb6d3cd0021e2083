/* hookkeeper delivery list, show, resend, cancel. */
#include "cli/outgoing.h"
#include "outbox/delivery.h"
#include "outbox/endpoint.h"
#include "outbox/members.h"

#define ATTEMPTS_MOST	50	/* shown of one, the last */

/* ---- list ------------------------------------------------------------------------- */

struct list_args {
	const char	*endpoint, *status;
	int64_t		 limit;
};

static const struct opt list_opts[] = {
	{ "endpoint", OPT_TEXT, offsetof(struct list_args, endpoint), "ENDPOINT",
	    "only to this endpoint", 0, 0, 0, NULL },
	{ "status", OPT_PICK, offsetof(struct list_args, status), "S", "only of this state",
	    0, 0, 0, "pending|sending|delivered|failed|held|canceled" },
	{ "limit", OPT_INT, offsetof(struct list_args, limit), "N", "at most so many",
	    1, 100000, 50, NULL },
	{ .name = NULL }
};

/* Columns of OUT_DELIVERIES. */
static const struct shown cols[] = {
	{ "ID", 1, SHOWN_INT, 0 },
	{ "MADE (UTC)", 10, SHOWN_TIME, 0 },
	{ "ENDPOINT", 13, SHOWN_TEXT, 0 },
	{ "TYPE", 5, SHOWN_TEXT, 12 },
	{ "STATUS", 6, SHOWN_STATE, 0 },
	{ "TRIES", 7, SHOWN_INT, 0 },
	{ "NEXT (UTC)", 8, SHOWN_TIME, 0 },
	{ "WHY", 9, SHOWN_TEXT, 8 },
	{ .title = NULL }
};

static int
run_list(struct cli *c)
{
	const struct list_args	*a = c->args;
	const bool		 both = a->endpoint != NULL && a->status != NULL;
	struct stmt		*q = NULL;
	int64_t			 endpoint = 0;
	enum hk_err		 e;

	if (a->endpoint != NULL && (e = endpoint_operand(a->endpoint, &endpoint)) != HK_OK)
		return outgoing_fail(c, e);
	if ((e = cli_open(c, DB_RO)) != HK_OK ||
	    (e = db_stmt(c->db, both ? S_OUT_DELIVERIES_OF : S_OUT_DELIVERIES, &q)) != HK_OK)
		return cli_fail(e);
	if (!both)
		bind_int(q, ":low", 0);
	if (endpoint != 0)
		bind_int(q, ":endpoint", endpoint);
	bind_text(q, ":status", span_str(a->status));
	bind_int(q, ":after", INT64_MAX);
	bind_int(q, ":limit", a->limit);
	return shown_list(c, q, cols, delivery_members, "deliveries",
	    "no deliveries of this kind");
}

/* ---- show --------------------------------------------------------------------------- */

static const struct shown show_cols[] = {
	{ "id", 1, SHOWN_INT, 0 },
	{ "endpoint", 13, SHOWN_TEXT, 0 },
	{ "type", 5, SHOWN_TEXT, 0 },
	{ "status", 6, SHOWN_STATE, 0 },
	{ "why", 9, SHOWN_TEXT, 0 },
	{ "tries", 7, SHOWN_INT, 0 },
	{ "next", 8, SHOWN_TIME, 0 },
	{ "made", 10, SHOWN_TIME, 0 },
	{ "done", 11, SHOWN_TIME, 0 },
	{ .title = NULL }
};

/* Columns of OUT_ATTEMPTS. */
static const struct shown attempt_cols[] = {
	{ "TRY", 0, SHOWN_INT, 0 },
	{ "STARTED (UTC)", 1, SHOWN_TIME, 0 },
	{ "TOOK", 2, SHOWN_MS, 0 },
	{ "NAME", 3, SHOWN_MS, 0 },
	{ "CONNECTED", 4, SHOWN_MS, 0 },
	{ "TLS", 5, SHOWN_MS, 0 },
	{ "FIRST BYTE", 6, SHOWN_MS, 0 },
	{ "ADDRESS", 7, SHOWN_TEXT, 0 },
	{ "STATUS", 8, SHOWN_INT, 0 },
	{ "ERROR", 9, SHOWN_TEXT, 0 },
	{ .title = NULL }
};

static enum hk_err
show_delivery(struct cli *c, int64_t id)
{
	struct stmt	*q = NULL;
	bool		 row;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_OUT_DELIVERY, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	if ((e = stmt_step(q, &row)) == HK_OK && !row)
		e = err_tell(HK_NOTFOUND, "no delivery %lld", (long long)id);
	else if (e == HK_OK && c->json)
		delivery_members(&c->jw, q);
	else if (e == HK_OK)
		shown_row(c, q, show_cols);
	stmt_reset(q);
	return e;
}

static enum hk_err
attempts(struct cli *c, int64_t id, int64_t limit, struct stmt **q)
{
	enum hk_err	e;

	if ((e = db_stmt(c->db, S_OUT_ATTEMPTS, q)) != HK_OK)
		return e;
	bind_int(*q, ":delivery", id);
	bind_int(*q, ":limit", limit);
	return HK_OK;
}

/* What was answered last, for people; in JSON each attempt has its own. */
static enum hk_err
show_answer(struct cli *c, int64_t id)
{
	struct stmt	*q = NULL;
	bool		 row;
	enum hk_err	 e;

	if (c->json)
		return HK_OK;
	if ((e = attempts(c, id, 1, &q)) != HK_OK)
		return e;
	if ((e = stmt_step(q, &row)) == HK_OK && row && col_text(q, 12).len > 0) {
		heading(c, "the last answer");
		show_raw(c, col_text(q, 12));
		buf_putc(&c->out, '\n');
	}
	stmt_reset(q);
	return e;
}

static enum hk_err
show(struct cli *c, int64_t id)
{
	struct stmt	*q = NULL;
	int64_t		 n = 0;
	enum hk_err	 e;

	if ((e = show_delivery(c, id)) != HK_OK || (e = attempts(c, id, ATTEMPTS_MOST, &q)) != HK_OK)
		return e;
	heading(c, "attempts, the last first");
	if ((e = shown_rows(c, q, attempt_cols, attempt_members, "attempt_log", &n)) != HK_OK)
		return e;
	return show_answer(c, id);
}

static int
delivery_operand(struct cli *c, int64_t *id)
{
	return span_u63(span_str(c->argv[0]), id) ? 0 :
	    cli_usage(c, "DELIVERY is a number of 'delivery list', not '%s'", c->argv[0]);
}

static int
run_show(struct cli *c)
{
	int64_t		id;
	int		wrong;
	enum hk_err	e;

	if ((wrong = delivery_operand(c, &id)) != 0)
		return wrong;
	if ((e = cli_open(c, DB_RO)) != HK_OK)
		return cli_fail(e);
	if (c->json)
		jw_open(&c->jw, NULL, '{');
	if ((e = show(c, id)) != HK_OK)
		return cli_fail(e);
	if (c->json) {
		jw_close(&c->jw, '}');
		buf_putc(&c->out, '\n');
	}
	return 0;
}

/* ---- by hand --------------------------------------------------------------------------- */

struct verb {
	const char	*name, *done;
	enum hk_err	(*run)(struct db *, int64_t id, int64_t now);
	int64_t		 id;
};

static enum hk_err
by_hand(struct cli *c, int64_t now, struct auditlog *line, void *what)
{
	const struct verb	*v = what;

	line->subject = span_str(arena_printf(c->arena, "delivery:%lld", (long long)v->id));
	return v->run(c->db, v->id, now);
}

static int
run_verb(struct cli *c, struct verb *v)
{
	char		action[32];
	int		wrong;
	enum hk_err	e;

	snprintf(action, sizeof(action), "delivery.%s", v->name);
	if ((wrong = delivery_operand(c, &v->id)) != 0)
		return wrong;
	if ((e = outgoing_do(c, action, by_hand, v)) == HK_BUSY && !err_logged()) {
		cli_say("hookkeeper: %s", err_last());
		return EXIT_AWAY;
	}
	if (e != HK_OK)
		return outgoing_fail(c, e);
	if (c->json) {
		jw_open(&c->jw, NULL, '{');
		jw_int(&c->jw, v->done, v->id);
		jw_close(&c->jw, '}');
		buf_putc(&c->out, '\n');
	} else
		buf_printf(&c->out, "delivery %lld is %s\n", (long long)v->id, v->done);
	return 0;
}

static int
run_resend(struct cli *c)
{
	return run_verb(c, &(struct verb){ "resend", "due", delivery_resend, 0 });
}

static int
run_cancel(struct cli *c)
{
	return run_verb(c, &(struct verb){ "cancel", "canceled", delivery_cancel, 0 });
}

const struct command cmd_delivery_list = {
	.name		= "delivery list",
	.operands	= "",
	.about		= "list deliveries, the newest first",
	.opts		= list_opts,
	.args		= sizeof(struct list_args),
	.run		= run_list,
};

const struct command cmd_delivery_show = {
	.name		= "delivery show",
	.operands	= "DELIVERY",
	.least		= 1,
	.most		= 1,
	.about		= "show a delivery and each time it was tried",
	.run		= run_show,
};

const struct command cmd_delivery_resend = {
	.name		= "delivery resend",
	.operands	= "DELIVERY",
	.least		= 1,
	.most		= 1,
	.about		= "send one again, whatever became of it",
	.run		= run_resend,
};

const struct command cmd_delivery_cancel = {
	.name		= "delivery cancel",
	.operands	= "DELIVERY",
	.least		= 1,
	.most		= 1,
	.about		= "do not send one any more",
	.run		= run_cancel,
};
