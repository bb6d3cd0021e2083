/* hookkeeper backup: the database as one file, while it is in use. */
#include "base/clock.h"
#include "cli/cli.h"
#include "cli/progress.h"
#include "cli/sizes.h"
#include "store/backup.h"

static void
progress(void *ctx, const char *what, int64_t done, int64_t all)
{
	progress_tell(ctx, what, done, all);
}

static void
say(struct cli *c, const struct backup *b, int64_t took_us)
{
	char	size[SIZE_TEXT];

	if (!c->json) {
		size_text(size, b->bytes);
		buf_printf(&c->out, "%s: %s in %.1f s, checked\n", c->argv[0], size,
		    (double)took_us / US_PER_S);
		return;
	}
	jw_open(&c->jw, NULL, '{');
	jw_text(&c->jw, "file", span_str(c->argv[0]));
	jw_int(&c->jw, "bytes", b->bytes);
	jw_int(&c->jw, "schema", b->schema);
	jw_int(&c->jw, "took_ms", took_us / US_PER_MS);
	jw_close(&c->jw, '}');
	buf_putc(&c->out, '\n');
}

static int
run(struct cli *c)
{
	struct progress		 bar;
	struct backup_opts	 o = { .progress = progress, .ctx = &bar };
	struct backup		 b = { .bytes = 0 };
	int64_t			 began = mono_us();
	enum hk_err		 e;

	if ((e = cli_conf(c, true)) != HK_OK)
		return cli_fail(e);
	o.busy_ms = c->conf->busy_timeout_ms;
	progress_init(&bar, c->json ? NULL : cli_errors());
	e = db_backup(c->conf->db, c->argv[0], &o, &b);
	progress_end(&bar);
	if (e == HK_NOTFOUND)	/* no database is no answer */
		e = HK_IO;
	if (e != HK_OK)
		return cli_fail(e);
	say(c, &b, mono_us() - began);
	return 0;
}

const struct command cmd_backup = {
	.name		= "backup",
	.operands	= "FILE",
	.least		= 1,
	.most		= 1,
	.about		= "copy the database to FILE, while it is in use",
	.help		=
	    "All of one moment, whatever comes in meanwhile, which is not held up.  FILE (mode\n"
	    "0600) is written under another name, synced, checked and then renamed, so it is\n"
	    "whole or not there; an older backup of that name is replaced.  It holds all there\n"
	    "is, people's addresses too: keep it out of the web server's folders.  Settings,\n"
	    "secrets and the key that seals what is in it are in hookkeeper.conf: keep a copy\n"
	    "of that as well, elsewhere.\n",
	.run		= run,
};
