/* hookkeeper message: what goes out. */
#include "cli/outgoing.h"
#include "outbox/members.h"
#include "outbox/message.h"
#include "outbox/own.h"

/* ---- send ----------------------------------------------------------------------- */

struct send_args {
	const char	*payload, *file, *user, *organization, *key;
};

static const struct opt send_opts[] = {
	{ "payload", OPT_TEXT, offsetof(struct send_args, payload), "JSON",
	    "what it says, an object", 0, 0, 0, NULL },
	{ "file", OPT_TEXT, offsetof(struct send_args, file), "FILE",
	    "the same from a file; - is standard input", 0, 0, 0, NULL },
	{ "user", OPT_TEXT, offsetof(struct send_args, user), "USER",
	    "whose it is: any id, or the e-mail address", 0, 0, 0, NULL },
	{ "organization", OPT_TEXT, offsetof(struct send_args, organization), "ID",
	    "or an organization's", 0, 0, 0, NULL },
	{ "key", OPT_TEXT, offsetof(struct send_args, key), "TEXT",
	    "said again, it is the same message", 0, 0, 0, NULL },
	{ .name = NULL }
};

static enum hk_err
put(struct cli *c, int64_t now, struct auditlog *line, void *what)
{
	const struct send_args	*a = c->args;
	struct own_message	*m = what;
	enum hk_err		 e;

	(void)line;
	if (a->organization != NULL) {
		m->owner_kind = SPAN("organization");
		m->owner = span_str(a->organization);
	} else if (a->user != NULL) {
		m->owner_kind = SPAN("user");
		if ((e = owner_operand(c, a->user, &m->owner)) != HK_OK)
			return e;
	}
	return own_message_put(c->db, m, now);
}

static void
report(struct cli *c, const struct own_message *m)
{
	char	name[MESSAGE_NAME];

	message_name(name, m->id, m->created_us);
	if (c->json) {
		jw_open(&c->jw, NULL, '{');
		jw_text(&c->jw, "id", span_str(name));
		jw_bool(&c->jw, "fresh", m->fresh);
		jw_close(&c->jw, '}');
		buf_putc(&c->out, '\n');
	} else
		buf_printf(&c->out, "%s%s\n", name, m->fresh ? "" : "  (was sent before)");
}

static int
run_send(struct cli *c)
{
	const struct send_args	*a = c->args;
	struct own_message	 m = { .type = span_str(c->argv[0]), .owner = SPAN("site"),
				    .key = span_str(a->key), .payload = span_str(a->payload) };
	enum hk_err		 e = HK_OK;

	if ((a->payload != NULL) == (a->file != NULL))
		return cli_usage(c, "needs --payload or --file, one of them");
	if (a->user != NULL && a->organization != NULL)
		return cli_usage(c, "takes --user or --organization, not both");
	if (a->file != NULL)
		e = text_operand(c, a->file, OWN_MOST, &m.payload);
	if (e == HK_OK)
		e = outgoing_do(c, NULL, put, &m);
	if (e == HK_EXISTS) {
		cli_say("hookkeeper: %s", err_last());
		return EXIT_NO;
	}
	if (e != HK_OK)
		return outgoing_fail(c, e);
	report(c, &m);
	return 0;
}

/* ---- list ------------------------------------------------------------------------- */

struct list_args {
	const char	*type, *user, *organization;
	int64_t		 since, until, limit;
};

static const struct opt list_opts[] = {
	{ "type", OPT_TEXT, offsetof(struct list_args, type), "TYPE", "only of this type",
	    0, 0, 0, NULL },
	{ "user", OPT_TEXT, offsetof(struct list_args, user), "USER", "only of this user",
	    0, 0, 0, NULL },
	{ "organization", OPT_TEXT, offsetof(struct list_args, organization), "ID",
	    "only of this organization", 0, 0, 0, NULL },
	{ "since", OPT_TIME, offsetof(struct list_args, since), "TIME", "put then or later",
	    0, 0, 0, NULL },
	{ "until", OPT_TIME, offsetof(struct list_args, until), "TIME", "put before",
	    0, 0, 0, NULL },
	{ "limit", OPT_INT, offsetof(struct list_args, limit), "N", "at most so many",
	    1, 100000, 50, NULL },
	{ .name = NULL }
};

/* Columns of OUT_MESSAGES. */
static const struct shown cols[] = {
	{ "ID", 7, SHOWN_TEXT, 0 },
	{ "PUT (UTC)", 1, SHOWN_TIME, 0 },
	{ "TYPE", 2, SHOWN_TEXT, 12 },
	{ "OF", 3, SHOWN_TEXT, 0 },
	{ "WHOSE", 4, SHOWN_TEXT, 12 },
	{ "EVENT", 5, SHOWN_INT, 0 },
	{ "TEST", 6, SHOWN_BOOL, 0 },
	{ .title = NULL }
};

static enum hk_err
prepare(struct cli *c, const struct list_args *a, struct stmt **q)
{
	const char	*said = a->user != NULL ? a->user : a->organization;
	struct span	 owner = span_str(said);
	enum hk_err	 e;

	if ((e = cli_open(c, DB_RO)) != HK_OK ||
	    (a->user != NULL && (e = owner_operand(c, a->user, &owner)) != HK_OK) ||
	    (e = db_stmt(c->db, said != NULL ? S_OUT_MESSAGES_OF : S_OUT_MESSAGES, q)) != HK_OK)
		return e;
	bind_int(*q, ":after", INT64_MAX);
	bind_int(*q, ":low", 0);
	bind_text(*q, ":type", span_str(a->type));
	if (a->since != 0)
		bind_int(*q, ":since", a->since);
	if (a->until != 0)
		bind_int(*q, ":until", a->until);
	bind_int(*q, ":limit", a->limit);
	if (said != NULL) {
		bind_text(*q, ":owner", owner);
		bind_text(*q, ":owner_kind", span_str(a->user != NULL ? "user" : "organization"));
	}
	return HK_OK;
}

static int
run_list(struct cli *c)
{
	const struct list_args	*a = c->args;
	struct stmt		*q = NULL;
	enum hk_err		 e;

	if (a->user != NULL && a->organization != NULL)
		return cli_usage(c, "takes --user or --organization, not both");
	if ((e = prepare(c, a, &q)) != HK_OK)
		return cli_fail(e);
	return shown_list(c, q, cols, message_members, "messages", "no messages of this kind");
}

/* ---- show --------------------------------------------------------------------------- */

static const struct shown show_cols[] = {
	{ "id", 7, SHOWN_TEXT, 0 },
	{ "type", 2, SHOWN_TEXT, 0 },
	{ "put", 1, SHOWN_TIME, 0 },
	{ "of", 3, SHOWN_TEXT, 0 },
	{ "whose", 4, SHOWN_TEXT, 0 },
	{ "event", 5, SHOWN_INT, 0 },
	{ "test", 6, SHOWN_BOOL, 0 },
	{ .title = NULL }
};

/* Columns of OUT_DELIVERIES_OF_MESSAGE. */
static const struct shown delivery_cols[] = {
	{ "ID", 1, SHOWN_INT, 0 },
	{ "ENDPOINT", 13, SHOWN_TEXT, 0 },
	{ "STATUS", 6, SHOWN_STATE, 0 },
	{ "TRIES", 7, SHOWN_INT, 0 },
	{ "NEXT (UTC)", 8, SHOWN_TIME, 0 },
	{ "WHY", 9, SHOWN_TEXT, 8 },
	{ .title = NULL }
};

static enum hk_err
show_message(struct cli *c, int64_t id, int64_t at, bool *secret)
{
	struct stmt	*q = NULL;
	bool		 row;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_OUT_MESSAGE, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	bind_int(q, ":at", at);
	if ((e = stmt_step(q, &row)) == HK_OK && !row)
		e = err_tell(HK_NOTFOUND, "there is no message '%s'", c->argv[0]);
	else if (e == HK_OK) {
		*secret = message_type_secret(col_text(q, 2));
		if (c->json)
			message_members(&c->jw, q);
		else
			shown_row(c, q, show_cols);
	}
	stmt_reset(q);
	return e;
}

static enum hk_err
show_payload(struct cli *c, int64_t id)
{
	struct stmt	*q = NULL;
	bool		 row;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_OUT_MESSAGE_PAYLOAD, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	if ((e = stmt_step(q, &row)) == HK_OK && row) {
		heading(c, "payload");
		e = show_json(c, "payload", col_text(q, 0));
	}
	stmt_reset(q);
	return e;
}

static enum hk_err
show_deliveries(struct cli *c, int64_t id)
{
	struct stmt	*q = NULL;
	int64_t		 n = 0;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_OUT_DELIVERIES_OF_MESSAGE, &q)) != HK_OK)
		return e;
	bind_int(q, ":message", id);
	bind_int(q, ":after", INT64_MAX);
	bind_int(q, ":limit", INT64_MAX);
	heading(c, "deliveries");
	return shown_rows(c, q, delivery_cols, delivery_members, "deliveries", &n);
}

static int
run_show(struct cli *c)
{
	int64_t		id, at;
	bool		secret = false;
	enum hk_err	e;

	if (!message_named(span_str(c->argv[0]), &id, &at))
		return cli_usage(c, "MESSAGE is one of 'message list', as msg_..., not '%s'", c->argv[0]);
	if ((e = cli_open(c, DB_RO)) != HK_OK)
		return cli_fail(e);
	if (c->json)
		jw_open(&c->jw, NULL, '{');
	/* One-time codes are for the channel alone. */
	if ((e = show_message(c, id, at, &secret)) != HK_OK ||
	    (!secret && (e = show_payload(c, id)) != HK_OK) ||
	    (e = show_deliveries(c, id)) != HK_OK)
		return cli_fail(e);
	if (c->json) {
		jw_close(&c->jw, '}');
		buf_putc(&c->out, '\n');
	}
	return 0;
}

const struct command cmd_message_send = {
	.name		= "message send",
	.operands	= "TYPE",
	.least		= 1,
	.most		= 1,
	.about		= "put a message of a type of your own: see 'type set'",
	.opts		= send_opts,
	.args		= sizeof(struct send_args),
	.run		= run_send,
};

const struct command cmd_message_list = {
	.name		= "message list",
	.operands	= "",
	.about		= "list messages, the newest first",
	.opts		= list_opts,
	.args		= sizeof(struct list_args),
	.run		= run_list,
};

const struct command cmd_message_show = {
	.name		= "message show",
	.operands	= "MESSAGE",
	.least		= 1,
	.most		= 1,
	.about		= "show a message, its payload and its deliveries",
	.run		= run_show,
};
