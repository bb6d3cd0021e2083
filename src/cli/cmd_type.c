/* hookkeeper type: what messages there are. */
#include "base/clock.h"
#include "cli/outgoing.h"
#include "outbox/catalogue.h"
#include "outbox/members.h"
#include "provider/relayed.h"

#define JSON_MOST	((size_t)64 << 10)

/* ---- list ----------------------------------------------------------------------- */

struct list_args {
	bool	relayed;
};

static const struct opt list_opts[] = {
	{ "relayed", OPT_FLAG, offsetof(struct list_args, relayed), NULL,
	    "received events too, which are handed on as they are", 0, 0, 0, NULL },
	{ .name = NULL }
};

static struct table *
list_table(struct cli *c)
{
	static const struct column	cols[] = {
		{ "NAME", false, 0 }, { "FROM", false, 0 }, { "SAYS", false, 20 }
	};

	return table_new(c->arena, cols, 3);
}

static void
put(struct table *t, struct span name, struct span source, struct span about)
{
	table_cell(t, name, MARK_NONE);
	table_cell(t, source, MARK_NONE);
	table_cell(t, about, MARK_NONE);
}

static void
list_ours(struct cli *c, struct table *t)
{
	for (const struct message_type *m = message_types; m->name != NULL; m++)
		if (message_type_secret(span_str(m->name)))
			continue;	/* for channels of the settings alone */
		else if (c->json) {
			jw_open(&c->jw, NULL, '{');
			our_type_members(&c->jw, m, true);
			jw_close(&c->jw, '}');
		} else
			put(t, span_str(m->name), SPAN("hookkeeper"), span_str(m->about));
}

static enum hk_err
list_own(struct cli *c, struct table *t)
{
	struct stmt	*q = NULL;
	bool		 row;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_OUT_TYPES, &q)) != HK_OK)
		return e;
	bind_text(q, ":after", SPAN(""));
	bind_int(q, ":limit", INT64_MAX);
	while ((e = stmt_step(q, &row)) == HK_OK && row)
		if (c->json) {
			jw_open(&c->jw, NULL, '{');
			own_type_members(&c->jw, q, true);
			jw_close(&c->jw, '}');
		} else
			put(t, col_text(q, 0), col_is_null(q, 4) ? SPAN("own") : SPAN("own, archived"),
			    col_text(q, 1));
	stmt_reset(q);
	return e;
}

static enum hk_err
list_relayed(struct cli *c, struct table *t, const struct provider *p)
{
	for (const char *const *type = p->catalogue; *type != NULL; type++) {
		const char	*name = arena_printf(c->arena, "%s.%s", p->name, *type);
		struct span	 about = span_str(provider_about(p, *type));

		if (name == NULL)
			return err_note(HK_NOMEM, "no memory for a list");
		if (!relayed_may(p, *type))
			continue;
		if (!c->json) {
			put(t, span_str(name), span_str(p->title), about);
			continue;
		}
		jw_open(&c->jw, NULL, '{');
		jw_text(&c->jw, "name", span_str(name));
		jw_text(&c->jw, "source", span_str(p->name));
		jw_text(&c->jw, "description", about);
		jw_close(&c->jw, '}');
	}
	return HK_OK;
}

static int
run_list(struct cli *c)
{
	const struct list_args	*a = c->args;
	struct table		*t = list_table(c);
	enum hk_err		 e;

	if (t == NULL)
		return cli_fail(err_note(HK_NOMEM, "no memory for a table"));
	if ((e = cli_open(c, DB_RO)) != HK_OK)
		return cli_fail(e);
	if (c->json) {
		jw_open(&c->jw, NULL, '{');
		jw_open(&c->jw, "types", '[');
	}
	list_ours(c, t);
	e = list_own(c, t);
	for (size_t i = 0; e == HK_OK && a->relayed && providers[i] != NULL; i++)
		e = list_relayed(c, t, providers[i]);
	if (e != HK_OK)
		return cli_fail(e);
	if (c->json) {
		jw_close(&c->jw, ']');
		jw_close(&c->jw, '}');
		buf_putc(&c->out, '\n');
	} else if (!table_print(t, &c->out, &c->screen))
		return cli_fail(err_note(HK_NOMEM, "no memory for a table"));
	return 0;
}

/* ---- set, rm ---------------------------------------------------------------------- */

struct set_args {
	const char	*about, *schema, *sample;
};

static const struct opt set_opts[] = {
	{ "description", OPT_TEXT, offsetof(struct set_args, about), "TEXT",
	    "what it says, a sentence", 0, 0, 0, NULL },
	{ "schema", OPT_TEXT, offsetof(struct set_args, schema), "FILE",
	    "JSON Schema that its payloads are checked by", 0, 0, 0, NULL },
	{ "sample", OPT_TEXT, offsetof(struct set_args, sample), "FILE",
	    "a payload, for tests and for who integrates", 0, 0, 0, NULL },
	{ .name = NULL }
};

static enum hk_err
set(struct cli *c, int64_t now, struct auditlog *line, void *what)
{
	const struct type_word	*w = what;

	line->subject = auditlog_subject(c->arena, "type", w->name);
	return event_type_put(c->db, w, now);
}

static enum hk_err
archive(struct cli *c, int64_t now, struct auditlog *line, void *what)
{
	const struct span	*name = what;

	line->subject = auditlog_subject(c->arena, "type", *name);
	return event_type_archive(c->db, *name, now);
}

static void
report(struct cli *c, bool there)
{
	if (c->json) {
		jw_open(&c->jw, NULL, '{');
		jw_text(&c->jw, "name", span_str(c->argv[0]));
		jw_bool(&c->jw, "set", there);
		jw_close(&c->jw, '}');
		buf_putc(&c->out, '\n');
	} else
		buf_printf(&c->out, there ? "%s can be sent\n" :
		    "%s is archived; what was sent stays\n", c->argv[0]);
}

static int
run_set(struct cli *c)
{
	const struct set_args	*a = c->args;
	struct type_word	 w = { .name = span_str(c->argv[0]), .about = span_str(a->about) };
	enum hk_err		 e = HK_OK;

	if (a->schema != NULL)
		e = text_operand(c, a->schema, JSON_MOST, &w.schema);
	if (e == HK_OK && a->sample != NULL)
		e = text_operand(c, a->sample, JSON_MOST, &w.sample);
	if (e != HK_OK || (e = outgoing_do(c, "type.set", set, &w)) != HK_OK)
		return outgoing_fail(c, e);
	report(c, true);
	return 0;
}

static int
run_rm(struct cli *c)
{
	struct span	name = span_str(c->argv[0]);
	enum hk_err	e;

	if ((e = outgoing_do(c, "type.rm", archive, &name)) != HK_OK)
		return outgoing_fail(c, e);
	report(c, false);
	return 0;
}

const struct command cmd_type_list = {
	.name		= "type list",
	.operands	= "",
	.about		= "list the types of message",
	.opts		= list_opts,
	.args		= sizeof(struct list_args),
	.run		= run_list,
};

const struct command cmd_type_set = {
	.name		= "type set",
	.operands	= "TYPE",
	.least		= 1,
	.most		= 1,
	.about		= "describe a type of message of your own",
	.opts		= set_opts,
	.args		= sizeof(struct set_args),
	.run		= run_set,
};

const struct command cmd_type_rm = {
	.name		= "type rm",
	.operands	= "TYPE",
	.least		= 1,
	.most		= 1,
	.about		= "archive a type: no message of it can be put any more",
	.run		= run_rm,
};
