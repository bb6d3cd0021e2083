/* hookkeeper restore: the database becomes what a backup is. */
#include "admin/auditlog.h"
#include "base/clock.h"
#include "cli/cli.h"
#include "cli/progress.h"
#include "cli/sizes.h"
#include "store/backup.h"

struct args {
	bool	anyway;
};

static const struct opt opts[] = {
	{ "anyway", OPT_FLAG, offsetof(struct args, anyway), NULL,
	    "although programs have the database open", 0, 0, 0, NULL },
	{ .name = NULL }
};

static void
progress(void *ctx, const char *what, int64_t done, int64_t all)
{
	progress_tell(ctx, what, done, all);
}

static void
say(struct cli *c, const struct restored *r, int64_t took_us)
{
	char	size[SIZE_TEXT];

	if (c->json) {
		jw_open(&c->jw, NULL, '{');
		jw_text(&c->jw, "db", span_str(c->conf->db));
		jw_int(&c->jw, "bytes", r->from.bytes);
		jw_int(&c->jw, "schema", r->from.schema);
		jw_text(&c->jw, "kept", r->kept[0] != '\0' ? span_str(r->kept) : SPAN_NULL);
		jw_int(&c->jw, "took_ms", took_us / US_PER_MS);
		jw_close(&c->jw, '}');
		buf_putc(&c->out, '\n');
		return;
	}
	size_text(size, r->from.bytes);
	buf_printf(&c->out, "%s is what %s was: %s in %.1f s\n", c->conf->db, c->argv[0], size,
	    (double)took_us / US_PER_S);
	if (r->from.schema < db_schema_version())
		buf_printf(&c->out, "its schema was brought from number %lld to %d\n",
		    (long long)r->from.schema, db_schema_version());
	if (r->kept[0] != '\0')
		buf_printf(&c->out, "what was there is kept as %s; remove it when all is well\n",
		    r->kept);
}

static void
say_who(const struct restored *r)
{
	cli_say("hookkeeper: %s", err_last());
	cli_say("Stop the worker (systemctl stop hookkeeper, or the one you started), the cron line, "
	    "and the web server or its FastCGI programs; then say it again.");
	if (r->users[0] != '\0')
		cli_say("--anyway restores while they run: senders are told to come again meanwhile, "
		    "and the programs go on with what was restored.");
}

/* That it happened is part of the books that are there now. */
static enum hk_err
note(struct cli *c)
{
	struct auditlog	line = { .action = "database.restore" };
	enum hk_err	e;

	if ((e = cli_open(c, DB_RW)) != HK_OK || (e = db_begin(c->db)) != HK_OK)
		return e;
	if ((e = auditlog_command(c->db, now_us(), &line)) == HK_OK)
		return db_commit(c->db);
	db_rollback(c->db);
	return e;
}

static int
run(struct cli *c)
{
	const struct args	*a = c->args;
	struct progress		 bar;
	struct backup_opts	 o = { .progress = progress, .ctx = &bar };
	struct restored		 r;
	int64_t			 began = mono_us();
	enum hk_err		 e;

	if ((e = cli_conf(c, true)) != HK_OK)
		return cli_fail(e);
	o.busy_ms = c->conf->busy_timeout_ms;
	progress_init(&bar, c->json ? NULL : cli_errors());
	e = db_restore(c->conf->db, c->argv[0], a->anyway, &o, &r);
	progress_end(&bar);
	if (e == HK_BUSY && r.users[0] != '\0' && !err_logged()) {
		say_who(&r);
		return EXIT_AWAY;
	}
	if (e == HK_NOTFOUND)
		e = HK_IO;
	if (e != HK_OK || (e = note(c)) != HK_OK)
		return cli_fail(e);
	say(c, &r, mono_us() - began);
	return 0;
}

const struct command cmd_restore = {
	.name		= "restore",
	.operands	= "FILE",
	.least		= 1,
	.most		= 1,
	.about		= "make the database what a backup is",
	.help		=
	    "FILE, made by hookkeeper backup, is checked first and stays as it is; an older\n"
	    "one is brought to this version's schema.  The database that was there is kept\n"
	    "beside, under its name and the time.  While programs have it open the command\n"
	    "refuses, ends with status 69, and says which; with --anyway it goes on: senders\n"
	    "are told to come again meanwhile, which they do.  Killed in the middle, it leaves\n"
	    "the database as it was.\n"
	    "\n"
	    "What came in after the backup is only in the kept file.  The senders keep their\n"
	    "events for some days (Stripe 30, Svix as long as your plan says): have them sent\n"
	    "again from there, or take them over:\n"
	    "HOOKKEEPER_DB=KEPT-FILE hookkeeper export | hookkeeper import - --trust\n",
	.opts		= opts,
	.args		= sizeof(struct args),
	.run		= run,
};
