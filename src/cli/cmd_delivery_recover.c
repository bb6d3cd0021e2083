/* hookkeeper delivery recover: what failed or was missed is sent after all. */
#include "base/clock.h"
#include "cli/outgoing.h"
#include "cli/progress.h"
#include "outbox/recovering.h"

struct args {
	const char	*what;
	int64_t		 since, until, rate;
	bool		 yes, dry;
};

static const struct opt opts[] = {
	{ "what", OPT_PICK, offsetof(struct args, what), "W",
	    "what failed, or what it missed: held, or put before it was there", 0, 0, 0,
	    "failed|missed" },
	{ "since", OPT_TIME, offsetof(struct args, since), "TIME",
	    "messages put then or later", 0, 0, 0, NULL },
	{ "until", OPT_TIME, offsetof(struct args, until), "TIME",
	    "messages put before; without, until now", 0, 0, 0, NULL },
	{ "rate", OPT_INT, offsetof(struct args, rate), "N",
	    "a second; 0: all at once", 0, RECOVERY_RATE_MOST, 0, NULL },
	{ "dry-run", OPT_FLAG, offsetof(struct args, dry), NULL,
	    "only count them", 0, 0, 0, NULL },
	{ "yes", OPT_FLAG, offsetof(struct args, yes), NULL,
	    "do not ask", 0, 0, 0, NULL },
	{ .name = NULL }
};

struct job {
	struct recovery	 r;
	int64_t		 id, count;
	bool		 more;		/* than were counted */
};

/* "120 deliveries to ep_3, about 12 s at 10 a second" */
static const char *
told(struct cli *c, const struct job *j)
{
	const char	*some = arena_printf(c->arena, "%s%lld deliver%s to ep_%lld",
			    j->more ? "more than " : "", (long long)j->count,
			    j->count == 1 ? "y" : "ies", (long long)j->r.endpoint);

	if (j->r.rate == 0)
		return some;
	return arena_printf(c->arena, "%s, about %lld s at %lld a second", some,
	    (long long)((j->count + j->r.rate - 1) / j->r.rate), (long long)j->r.rate);
}

static enum hk_err
ask(struct cli *c, const struct job *j, bool *go)
{
	const struct args	*a = c->args;
	const char		*question = arena_printf(c->arena, "Send %s? [y/N]", told(c, j));
	char			 answer[16] = "";

	*go = true;
	if (a->yes)
		return HK_OK;
	if (!cli_interactive())
		return err_tell(HK_USAGE, "this means %s; say --yes to send them", told(c, j));
	*go = cli_ask(question, answer, sizeof(answer)) &&
	    (answer[0] == 'y' || answer[0] == 'Y');
	return HK_OK;
}

static enum hk_err
begin(struct cli *c, int64_t now, struct auditlog *line, void *what)
{
	struct job		*j = what;
	const struct fact	 f[] = {
		{ "what", span_str(recover_what_name(j->r.what)) },
		{ "count", span_str(arena_printf(c->arena, "%lld", (long long)j->count)) },
	};

	line->subject = span_str(arena_printf(c->arena, "endpoint:ep_%lld",
	    (long long)j->r.endpoint));
	line->after = auditlog_facts(c->arena, f, 2);
	return recovery_begin(c->db, &j->r, now, &j->id);
}

/* How many it handed over; *over: there is no more. */
static enum hk_err
look(struct cli *c, const struct job *j, int64_t *done, bool *over)
{
	struct stmt	*q = NULL;
	bool		 row;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_OUT_RECOVERY, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", j->id);
	if ((e = stmt_step(q, &row)) == HK_OK && row) {
		*done = col_int(q, 6);
		*over = !col_is_null(q, 9);
	}
	stmt_reset(q);
	return e;
}

/* The worker does it as well, if there is one: whoever comes first. */
static enum hk_err
carry_out(struct cli *c, const struct job *j, int64_t *done)
{
	struct progress	p;
	int64_t		n;
	bool		more, over = false;
	enum hk_err	e;

	progress_init(&p, c->json ? NULL : cli_errors());
	while ((e = look(c, j, done, &over)) == HK_OK && !over) {
		progress_tell(&p, "handing over", *done, j->count);
		if ((e = recovering_step(c->db, now_us(), &n, &more)) != HK_OK)
			break;
	}
	progress_end(&p);
	return e;
}

static void
report(struct cli *c, const struct job *j, int64_t done)
{
	if (c->json) {
		jw_open(&c->jw, NULL, '{');
		jw_int(&c->jw, "count", j->count);
		jw_bool(&c->jw, "more", j->more);
		jw_int(&c->jw, "sent", done);
		jw_close(&c->jw, '}');
		buf_putc(&c->out, '\n');
	} else if (j->id == 0)
		buf_printf(&c->out, "%s\n", told(c, j));
	else
		buf_printf(&c->out, "%lld deliver%s due\n", (long long)done,
		    done == 1 ? "y is" : "ies are");
}

static enum hk_err
work(struct cli *c, struct job *j, int64_t *done, bool *go)
{
	const struct args	*a = c->args;
	enum hk_err		 e;

	*go = false;
	if ((e = cli_open(c, DB_RW)) != HK_OK ||
	    (e = recovery_count(c->db, &j->r, &j->count, &j->more)) != HK_OK)
		return e;
	if (a->dry || j->count == 0) {
		*go = true;
		return HK_OK;
	}
	if ((e = ask(c, j, go)) != HK_OK || !*go ||
	    (e = outgoing_do(c, "endpoint.recover", begin, j)) != HK_OK ||
	    (e = carry_out(c, j, done)) != HK_OK)
		return e;
	outgoing_wake(c);
	return HK_OK;
}

static int
run(struct cli *c)
{
	const struct args	*a = c->args;
	struct job		 j = { .r = { .since_us = a->since, .until_us = a->until,
				    .rate = a->rate } };
	int64_t			 done = 0;
	bool			 go;
	enum hk_err		 e;

	if (a->what == NULL)
		return cli_usage(c, "--what is missing: failed or missed");
	j.r.what = strcmp(a->what, "missed") == 0 ? RECOVER_MISSED : RECOVER_FAILED;
	if ((e = endpoint_operand(c->argv[0], &j.r.endpoint)) == HK_OK)
		e = work(c, &j, &done, &go);
	if (e == HK_EXISTS) {
		cli_say("hookkeeper: %s", err_last());
		return EXIT_NO;
	}
	if (e != HK_OK)
		return outgoing_fail(c, e);
	if (go)
		report(c, &j, done);
	return go && (j.count > 0 || a->dry) ? 0 : EXIT_NO;
}

const struct command cmd_delivery_recover = {
	.name		= "delivery recover",
	.operands	= "ENDPOINT",
	.least		= 1,
	.most		= 1,
	.about		= "send what failed or was missed after all, counted first",
	.help		=
	    "Without a terminal it needs --yes.  Ends with status 1 when there is nothing.\n",
	.opts		= opts,
	.args		= sizeof(struct args),
	.run		= run,
};
