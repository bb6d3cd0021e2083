/* hookkeeper plan: what a purchase is worth. */
#include <ctype.h>
#include <unistd.h>

#include "admin/auditlog.h"
#include "base/clock.h"
#include "books/books.h"
#include "cli/plans_file.h"
#include "inbox/wakeup.h"

struct set_args {
	int64_t		 credits, per;
	const char	*name;
};

static const struct opt set_opts[] = {
	{ "credits", OPT_INT, offsetof(struct set_args, credits), "N",
	    "credits for one, or for each --per of a currency", 0, 1000000000000, -1, NULL },
	{ "per", OPT_INT, offsetof(struct set_args, per), "N",
	    "of a currency: smallest units that give --credits", 1, 1000000000000, 1, NULL },
	{ "name", OPT_TEXT, offsetof(struct set_args, name), "TEXT",
	    "what people call it", 0, 0, 0, NULL },
	{ .name = NULL }
};

static const struct rowcol cols[] = {
	{ "ref", "REF", ROW_TEXT, 16 },
	{ "match", "MATCHES", ROW_TEXT, 0 },
	{ "credits", "CREDITS", ROW_INT, 0 },
	{ "per", "PER", ROW_INT, 0 },
	{ "name", "NAME", ROW_TEXT, 10 },
	{ "created_at", NULL, ROW_TIME, 0 },
	{ "updated_at", NULL, ROW_TIME, 0 },
};

/* A currency is kept in lower case: USD is usd. */
static struct span
ref_of(struct cli *c)
{
	char	*ref = arena_str(c->arena, span_str(c->argv[0]));

	if (ref == NULL || strlen(ref) != 3)
		return span_str(ref);
	for (char *p = ref; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	return span_str(ref);
}

/* Work that waited for the plan is due now: tell the worker. */
static void
wake_worker(struct cli *c)
{
	int	fd = -1;

	wakeup_send(c->conf, &fd);
	if (fd != -1)
		close(fd);
}

static enum hk_err
set(const struct cause *cause, const void *plan)
{
	return plan_set(cause, plan);
}

static enum hk_err
removed(const struct cause *cause, const void *ref)
{
	return plan_remove(cause, *(const struct span *)ref);
}

/* What there is of a plan, for the audit log; SPAN_NULL: there is none. */
static enum hk_err
plan_facts(struct cli *c, struct span ref, struct span *out)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;
	bool		 row;

	*out = SPAN_NULL;
	if ((e = db_stmt(c->db, S_CLI_PLAN, &q)) != HK_OK)
		return e;
	bind_text(q, ":ref", ref);
	if ((e = stmt_step(q, &row)) == HK_OK && row)
		*out = auditlog_facts(c->arena, (struct fact[]){ { "credits", col_text(q, 0) },
		    { "per", col_text(q, 1) }, { "name", col_text(q, 2) } }, 3);
	stmt_reset(q);
	return e;
}

/* The plan changed, and its line in the audit log. */
static enum hk_err
change(struct cli *c, const struct cause *cause, struct span ref,
    enum hk_err (*verb)(const struct cause *, const void *), const void *arg)
{
	struct auditlog	line = { .action = verb == set ? "plan.set" : "plan.rm",
			    .subject = auditlog_subject(c->arena, "plan", ref) };
	enum hk_err	e;

	if ((e = plan_facts(c, ref, &line.before)) != HK_OK ||
	    (e = verb(cause, arg)) != HK_OK ||
	    (e = plan_facts(c, ref, &line.after)) != HK_OK)
		return e;
	return auditlog_command(c->db, cause->now, &line);
}

static enum hk_err
in_transaction(struct cli *c, struct span ref,
    enum hk_err (*verb)(const struct cause *, const void *), const void *arg)
{
	struct cause	cause = { .now = now_us() };
	enum hk_err	e;

	if ((e = cli_open(c, DB_RW)) != HK_OK || (e = db_begin(c->db)) != HK_OK)
		return e;
	cause.db = c->db;
	if ((e = change(c, &cause, ref, verb, arg)) == HK_OK)
		e = db_commit(c->db);
	if (e != HK_OK)
		db_rollback(c->db);
	else
		wake_worker(c);
	return e;
}

static void
say_plan(struct cli *c, const struct plan *p, bool there)
{
	if (c->json) {
		jw_open(&c->jw, NULL, '{');
		jw_text(&c->jw, "ref", p->ref);
		jw_bool(&c->jw, "set", there);
		jw_close(&c->jw, '}');
		buf_putc(&c->out, '\n');
	} else if (!there)
		buf_printf(&c->out, "%.*s is removed; what it granted stays\n",
		    SPAN_ARG(p->ref));
	else if (p->match == PLAN_CURRENCY)
		buf_printf(&c->out, "each %lld of amount_total in %.*s gives %lld credits\n",
		    (long long)p->per, SPAN_ARG(p->ref), (long long)p->credits);
	else
		buf_printf(&c->out, "%.*s gives %lld credits\n", SPAN_ARG(p->ref),
		    (long long)p->credits);
}

/* By the options and the operand. */
static enum hk_err
told(struct cli *c, struct plan *p)
{
	const struct set_args	*a = c->args;

	*p = (struct plan){ .ref = ref_of(c), .name = span_str(a->name), .credits = a->credits,
	    .per = a->per };
	if (!plan_match_of(p->ref, &p->match))
		return err_tell(HK_USAGE, "REF " PLAN_REF_RULE ", not '%s'", c->argv[0]);
	if (a->credits < 0)
		return err_tell(HK_USAGE, "--credits is missing");
	if (p->per != 1 && p->match != PLAN_CURRENCY)
		return err_tell(HK_USAGE, "--per is for a currency; %s gives --credits for one",
		    c->argv[0]);
	return HK_OK;
}

enum hk_err
plan_of_words(struct arena *arena, int argc, char **argv, struct plan *p)
{
	struct cli	c = { .cmd = &cmd_plan_set, .arena = arena };
	enum hk_err	e;

	if ((e = opts_parse(&c, argc, argv)) != HK_OK)
		return e;
	if (c.argc != 1)
		return err_tell(HK_USAGE, "it needs one REF, and then its options");
	return told(&c, p);
}

static int
run_set(struct cli *c)
{
	struct plan	p;
	enum hk_err	e;

	if ((e = told(c, &p)) == HK_USAGE)
		return cli_usage(c, "%s", err_last());
	if (e != HK_OK || (e = in_transaction(c, p.ref, set, &p)) != HK_OK)
		return cli_fail(e);
	say_plan(c, &p, true);
	return 0;
}

static int
run_rm(struct cli *c)
{
	struct plan	p = { .ref = ref_of(c) };
	enum hk_err	e;

	if (!plan_match_of(p.ref, &p.match))
		return cli_usage(c, "REF " PLAN_REF_RULE ", not '%s'", c->argv[0]);
	if ((e = in_transaction(c, p.ref, removed, &p.ref)) != HK_OK)
		return cli_fail(e);
	say_plan(c, &p, false);
	return 0;
}

static int
run_list(struct cli *c)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;
	int64_t		 n = 0;

	if ((e = cli_open(c, DB_RO)) != HK_OK ||
	    (e = db_stmt(c->db, S_CLI_PLAN_LIST, &q)) != HK_OK)
		return cli_fail(e);
	if (c->json)
		jw_open(&c->jw, NULL, '{');
	if ((e = rows_print(c, q, cols, sizeof(cols) / sizeof(cols[0]), "plans",
	    -1, &n)) != HK_OK)
		return cli_fail(e);
	if (c->json) {
		jw_close(&c->jw, '}');
		buf_putc(&c->out, '\n');
	} else if (n == 0)
		cli_say("no plans yet; 'hookkeeper plan set --help' tells how to make one");
	return 0;
}

const struct command cmd_plan_set = {
	.name		= "plan set",
	.operands	= "REF",
	.least		= 1,
	.most		= 1,
	.about		= "say how many credits a purchase is worth",
	.help		=
	    "REF is a Stripe price (price_...), a payment link (plink_...), a Clerk plan\n"
	    "(cplan_...), or a currency (usd): then each --per smallest units of the amount\n"
	    "give --credits, rounded down.  A price is matched by a checkout session's\n"
	    "metadata.price_id.  An event that failed with \"no price rule\" is worked again by\n"
	    "hookkeeper events retry.\n",
	.opts		= set_opts,
	.args		= sizeof(struct set_args),
	.run		= run_set,
};

const struct command cmd_plan_list = {
	.name		= "plan list",
	.operands	= "",
	.about		= "list the plans",
	.run		= run_list,
};

const struct command cmd_plan_rm = {
	.name		= "plan rm",
	.operands	= "REF",
	.least		= 1,
	.most		= 1,
	.about		= "forget a plan; what it granted stays",
	.run		= run_rm,
};
