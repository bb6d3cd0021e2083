/* hookkeeper prune: what is too old goes now. */
#include "admin/auditlog.h"
#include "base/clock.h"
#include "cli/cli.h"
#include "cli/progress.h"
#include "inbox/prune.h"

struct args {
	const char	*bodies, *events;
	bool		 dry;
};

static const struct opt opts[] = {
	{ "bodies", OPT_TEXT, offsetof(struct args, bodies), "AGE",
	    "bodies older than this: 90d, 12h; else as the settings say", 0, 0, 0, NULL },
	{ "events", OPT_TEXT, offsetof(struct args, events), "AGE",
	    "all but the ids of events older than this, and messages", 0, 0, 0, NULL },
	{ "dry-run", OPT_FLAG, offsetof(struct args, dry), NULL,
	    "only count what would go", 0, 0, 0, NULL },
	{ .name = NULL }
};

static void
progress(void *ctx, const char *what, int64_t done, int64_t all)
{
	progress_tell(ctx, what, done, all);
}

/* "90d" as microseconds; 0 for "never". */
static bool
age_parse(const char *text, int64_t now, int64_t *age)
{
	int64_t	at;

	*age = 0;
	if (strcmp(text, "never") == 0)
		return true;
	if (text[0] == '\0' || strchr("smhd", text[strlen(text) - 1]) == NULL ||
	    !when_parse(span_str(text), now, &at) || at >= now)
		return false;
	*age = now - at;
	return true;
}

/* By the options, and for what they do not say by the settings. */
static enum hk_err
rules_of(struct cli *c, struct prune_opts *o)
{
	const struct args	*a = c->args;

	o->rules = prune_rules_of(c->conf);
	if (a->bodies != NULL && !age_parse(a->bodies, o->now, &o->rules.bodies))
		return err_tell(HK_USAGE, "--bodies takes an age such as 90d or 12h, or never, not '%s'",
		    a->bodies);
	if (a->events != NULL && !age_parse(a->events, o->now, &o->rules.events))
		return err_tell(HK_USAGE, "--events takes an age such as 365d, or never, not '%s'",
		    a->events);
	return HK_OK;
}

static void
say(struct cli *c, const struct prune_opts *o, const int64_t n[PRUNED_KINDS])
{
	if (c->json) {
		jw_open(&c->jw, NULL, '{');
		jw_bool(&c->jw, "dry_run", o->dry);
		for (int i = 0; i < PRUNED_KINDS; i++)
			jw_int(&c->jw, pruned_name((enum pruned)i), n[i]);
		jw_close(&c->jw, '}');
		buf_putc(&c->out, '\n');
		return;
	}
	buf_printf(&c->out, "%s: %lld bodies, %lld events (their ids stay), %lld messages, "
	    "%lld refused requests\n", o->dry ? "would go" : "gone", (long long)n[PRUNED_BODIES],
	    (long long)n[PRUNED_EVENTS], (long long)n[PRUNED_MESSAGES], (long long)n[PRUNED_REFUSED]);
	if (o->rules.bodies == 0 && o->rules.events == 0)
		buf_puts(&c->out, "nothing but bodies with one-time codes is too old ever: "
		    "[retention] is not set\n");
}

static enum hk_err
note(struct cli *c, const struct prune_opts *o, const int64_t n[PRUNED_KINDS])
{
	struct auditlog	line = { .action = "prune" };
	char		ages[96], counts[128];
	enum hk_err	e;

	snprintf(ages, sizeof(ages), "{\"bodies_s\":%lld,\"events_s\":%lld}",
	    (long long)(o->rules.bodies / US_PER_S), (long long)(o->rules.events / US_PER_S));
	snprintf(counts, sizeof(counts), "{\"bodies\":%lld,\"events\":%lld,\"messages\":%lld,"
	    "\"refused\":%lld}", (long long)n[PRUNED_BODIES], (long long)n[PRUNED_EVENTS],
	    (long long)n[PRUNED_MESSAGES], (long long)n[PRUNED_REFUSED]);
	line.before = span_str(ages);
	line.after = span_str(counts);
	if ((e = db_begin(c->db)) != HK_OK)
		return e;
	if ((e = auditlog_command(c->db, o->now, &line)) == HK_OK)
		return db_commit(c->db);
	db_rollback(c->db);
	return e;
}

static int
run(struct cli *c)
{
	const struct args	*a = c->args;
	struct progress		 bar;
	struct prune_opts	 o = { .dry = a->dry, .now = now_us(), .progress = progress, .ctx = &bar };
	int64_t			 n[PRUNED_KINDS] = { 0 };
	enum hk_err		 e;

	if ((e = cli_conf(c, true)) != HK_OK)
		return cli_fail(e);
	if ((e = rules_of(c, &o)) != HK_OK)
		return cli_usage(c, "%s", err_last());
	if ((e = cli_open(c, a->dry ? DB_RO : DB_RW)) != HK_OK)
		return cli_fail(e);
	progress_init(&bar, c->json ? NULL : cli_errors());
	e = prune_all(c->db, &o, n);
	progress_end(&bar);
	if (e != HK_OK || (!a->dry && (e = note(c, &o, n)) != HK_OK))
		return cli_fail(e);
	say(c, &o, n);
	return 0;
}

const struct command cmd_prune = {
	.name		= "prune",
	.operands	= "",
	.about		= "let go now of what is older than it is to be kept",
	.help		=
	    "The worker does this by itself, when it has nothing else to do, by [retention] of\n"
	    "the settings; the options are for once.  First go the bodies of finished events,\n"
	    "with their words in the search index and what they changed, and refused requests;\n"
	    "then all of an event but its id, so that a repeat is known as one for ever, and\n"
	    "messages with their deliveries.  The books stay as they are.\n"
	    "\n"
	    "Events that failed stay until they are worked off or resolved, held deliveries\n"
	    "until they are sent or cancelled, requests that a secret signs until they are\n"
	    "accepted; and what is settled stays a day at least, or the AGE when that is less.\n"
	    "An event without its body can be neither retried nor replayed.  The file does\n"
	    "not become smaller: what comes in next takes the room.\n",
	.opts		= opts,
	.args		= sizeof(struct args),
	.run		= run,
};
