/* hookkeeper import: events of another database. */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/auditlog.h"
#include "base/clock.h"
#include "cli/cli.h"
#include "cli/progress.h"
#include "inbox/import.h"
#include "inbox/wakeup.h"

#define BATCH_US	(20 * US_PER_MS)	/* one transaction */
#define BATCH_LINES	200
#define LINE_ARENA	((size_t)256 << 20)

struct args {
	bool	trust;
};

static const struct opt opts[] = {
	{ "trust", OPT_FLAG, offsetof(struct args, trust), NULL,
	    "events that were verified there are worked here", 0, 0, 0, NULL },
	{ .name = NULL }
};

struct import {
	struct cli	*c;
	struct arena	*arena;		/* of one line */
	FILE		*from;
	char		*line;
	size_t		 room;
	int64_t		 lines, bytes, size;	/* size 0: not known */
	int64_t		 n[IMPORTED_KINDS];
	struct progress	 bar;
};

static enum hk_err
source(struct import *x, const char *name)
{
	struct stat	st;

	if (strcmp(name, "-") == 0) {
		x->from = stdin;
		return HK_OK;
	}
	if ((x->from = fopen(name, "re")) == NULL)
		return err_tell(HK_IO, "%s: %s", name, strerror(errno));
	if (fstat(fileno(x->from), &st) == 0)
		x->size = st.st_size;
	return HK_OK;
}

static enum hk_err
one(struct import *x, struct span line)
{
	const struct args	*a = x->c->args;
	enum imported		 what;
	enum hk_err		 e;

	arena_reset(x->arena);
	if ((e = event_import(x->c->db, line, a->trust, now_us(), x->arena, &what)) == HK_OK)
		x->n[what]++;
	if (e == HK_SYNTAX)
		return err_tell(HK_SYNTAX, "line %lld: %s; what stands before it is imported",
		    (long long)x->lines, err_last());
	return e;
}

/* So many lines as one transaction; *end: there are no more. */
static enum hk_err
batch(struct import *x, bool *end)
{
	int64_t		until = mono_us() + BATCH_US;
	enum hk_err	bad = HK_OK, e;
	ssize_t		len;

	if ((e = db_begin(x->c->db)) != HK_OK)
		return e;
	for (int i = 0; bad == HK_OK && i < BATCH_LINES && mono_us() < until; i++) {
		if ((len = getline(&x->line, &x->room, x->from)) == -1) {
			*end = true;
			break;
		}
		x->lines++;
		x->bytes += len;
		if (span_trim(span_of(x->line, (size_t)len)).len > 0)
			bad = one(x, span_trim(span_of(x->line, (size_t)len)));
	}
	if (bad != HK_OK && bad != HK_SYNTAX) {
		db_rollback(x->c->db);
		return bad;
	}
	if ((e = db_commit(x->c->db)) != HK_OK)
		return e;
	return bad;
}

static enum hk_err
all(struct import *x)
{
	bool		end = false;
	enum hk_err	e = HK_OK;

	while (e == HK_OK && !end) {
		e = batch(x, &end);
		progress_tell(&x->bar, "importing", x->bytes, x->size);
	}
	if (e == HK_OK && ferror(x->from))
		e = err_tell(HK_IO, "%s: %s", x->c->argv[0], strerror(errno));
	return e;
}

static enum hk_err
note(struct import *x)
{
	const struct args	*a = x->c->args;
	struct auditlog		 line = { .action = a->trust ? "events.import.trust" : "events.import" };
	char			 counts[160];
	enum hk_err		 e;

	snprintf(counts, sizeof(counts), "{\"to_work\":%lld,\"kept\":%lld,\"untrusted\":%lld,"
	    "\"there\":%lld}", (long long)(x->n[IMPORTED_WORK] + x->n[IMPORTED_TRUSTED]),
	    (long long)x->n[IMPORTED_KEPT], (long long)x->n[IMPORTED_UNTRUSTED],
	    (long long)x->n[IMPORTED_THERE]);
	line.after = span_str(counts);
	if ((e = db_begin(x->c->db)) != HK_OK)
		return e;
	if ((e = auditlog_command(x->c->db, now_us(), &line)) == HK_OK)
		return db_commit(x->c->db);
	db_rollback(x->c->db);
	return e;
}

static void
say(struct import *x)
{
	struct cli	*c = x->c;
	int64_t		 work = x->n[IMPORTED_WORK] + x->n[IMPORTED_TRUSTED];

	if (c->json) {
		jw_open(&c->jw, NULL, '{');
		jw_int(&c->jw, "to_work", work);
		jw_int(&c->jw, "kept", x->n[IMPORTED_KEPT]);
		jw_int(&c->jw, "untrusted", x->n[IMPORTED_UNTRUSTED]);
		jw_int(&c->jw, "there", x->n[IMPORTED_THERE]);
		jw_close(&c->jw, '}');
		buf_putc(&c->out, '\n');
		return;
	}
	buf_printf(&c->out, "%lld to be worked, %lld kept as they were settled, %lld there already\n",
	    (long long)work, (long long)x->n[IMPORTED_KEPT], (long long)x->n[IMPORTED_THERE]);
	if (x->n[IMPORTED_UNTRUSTED] > 0)
		buf_printf(&c->out, "%lld only to be looked at: who sent them was not checked here.  If "
		    "you know where the file comes from, import it again with --trust.\n",
		    (long long)x->n[IMPORTED_UNTRUSTED]);
}

static int
run(struct cli *c)
{
	struct import	x = { .c = c, .arena = arena_new(LINE_ARENA) };
	int		fd = -1;
	enum hk_err	e;

	if (x.arena == NULL)
		return cli_fail(err_note(HK_NOMEM, "no memory for lines"));
	progress_init(&x.bar, c->json ? NULL : cli_errors());
	if ((e = source(&x, c->argv[0])) == HK_OK && (e = cli_open(c, DB_RW)) == HK_OK &&
	    (e = all(&x)) == HK_OK)
		e = note(&x);
	progress_end(&x.bar);
	free(x.line);
	arena_free(x.arena);
	if (x.from != NULL && x.from != stdin)
		fclose(x.from);
	if (e != HK_OK)
		return cli_fail(e);
	wakeup_send(c->conf, &fd);
	if (fd != -1)
		close(fd);
	say(&x);
	return 0;
}

const struct command cmd_import = {
	.name		= "import",
	.operands	= "FILE",
	.least		= 1,
	.most		= 1,
	.about		= "take in events that export put out",
	.help		=
	    "FILE (- for standard input) has an event a line.  Those that are here already are\n"
	    "left as they are, so it may be said again.  The queue works them in the order in\n"
	    "which they once came; what was skipped, ignored or resolved there stays so.\n"
	    "\n"
	    "Nobody checks a signature again: it is too old.  With --trust events that were\n"
	    "verified there count as verified here, and give credits; say it only of a file\n"
	    "that you know nobody has touched.  Without, they are kept to be looked at, as\n"
	    "ignored, and cannot be retried.  Their secret is shown as \"imported\".\n"
	    "\n"
	    "What they cause is told to endpoints, like everything that happens: pause those\n"
	    "that must not hear of it before.\n",
	.opts		= opts,
	.args		= sizeof(struct args),
	.run		= run,
};
