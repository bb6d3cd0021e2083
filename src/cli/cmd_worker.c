/* hookkeeper worker: work the queue off. */
#include "base/log.h"
#include "cli/cli.h"
#include "work/worker.h"

struct args {
	bool	once;
};

static const struct opt opts[] = {
	{ "once", OPT_FLAG, offsetof(struct args, once), NULL,
	    "work off what is due now, then end", 0, 0, 0, NULL },
	{ .name = NULL }
};

static void
say_done(struct cli *c, int64_t done)
{
	if (!c->json) {
		buf_printf(&c->out, "%lld event%s worked off\n", (long long)done,
		    done == 1 ? "" : "s");
		return;
	}
	jw_open(&c->jw, NULL, '{');
	jw_int(&c->jw, "done", done);
	jw_close(&c->jw, '}');
	buf_putc(&c->out, '\n');
}

static int
run(struct cli *c)
{
	const struct args	*a = c->args;
	int64_t			 done = 0;
	enum hk_err		 e;

	log_open("hookkeeper worker", LOG_INFO);
	if ((e = cli_conf(c, true)) != HK_OK)
		return cli_fail(e);
	if ((e = worker_run(c->conf, a->once, &done)) == HK_BUSY) {
		cli_say("hookkeeper worker: another worker has the lock already");
		return EXIT_AWAY;
	}
	if (e != HK_OK)
		return cli_fail(e);
	say_done(c, done);
	return 0;
}

const struct command cmd_worker = {
	.name		= "worker",
	.operands	= "",
	.about		= "work the queue off, until told to stop or once",
	.help		=
	    "Stays in the foreground and logs to the error stream; SIGTERM or SIGINT ends it\n"
	    "after the event at hand.  One worker works for a database: a second one ends\n"
	    "with status 69.  From cron, every minute: hookkeeper worker --once\n",
	.opts		= opts,
	.args		= sizeof(struct args),
	.run		= run,
};
