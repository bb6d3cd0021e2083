/* The command line: find the command, give it its arguments, put out its answer. */
#include "cli/cli.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/text.h"

#define ARENA_MOST	((size_t)256 << 20)
#define OUT_MOST	((size_t)256 << 20)

const struct command *const commands[] = {
	&cmd_init, &cmd_worker, &cmd_send,
	&cmd_events_list, &cmd_events_show, &cmd_events_retry,
	&cmd_quarantine_list, &cmd_quarantine_show, &cmd_quarantine_accept,
	&cmd_plan_set, &cmd_plan_list, &cmd_plan_rm,
	&cmd_backup, &cmd_restore, &cmd_export, &cmd_import, &cmd_prune,
	&cmd_user_show, &cmd_audit, &cmd_replay, &cmd_stats, &cmd_secrets, &cmd_config, &cmd_doctor,
	&cmd_admin_list, &cmd_admin_add, &cmd_admin_passwd, &cmd_admin_role,
	&cmd_admin_disable, &cmd_admin_enable, &cmd_admin_unlock, &cmd_admin_logins,
	&cmd_token_create, &cmd_token_list, &cmd_token_revoke,
	&cmd_endpoint_add, &cmd_endpoint_list, &cmd_endpoint_show, &cmd_endpoint_change,
	&cmd_endpoint_pause, &cmd_endpoint_resume, &cmd_endpoint_enable, &cmd_endpoint_disable,
	&cmd_endpoint_rm, &cmd_endpoint_rotate, &cmd_endpoint_secret, &cmd_endpoint_test,
	&cmd_message_send, &cmd_message_list, &cmd_message_show,
	&cmd_delivery_list, &cmd_delivery_show, &cmd_delivery_resend, &cmd_delivery_cancel,
	&cmd_delivery_recover,
	&cmd_type_list, &cmd_type_set, &cmd_type_rm, &cmd_key_rotate,
	&cmd_completion, &cmd_help, &cmd_version, NULL
};

static FILE	*to_out, *to_err;	/* of this cli_main() */
static bool	 failed;		/* an error ended the command: nothing is put out */

void
cli_say(const char *fmt, ...)
{
	char		text[2048];
	struct buf	b;
	va_list		ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	buf_init(&b, 4 * sizeof(text));
	text_escape(&b, span_str(text), true);
	fprintf(to_err, "%s\n", b.len > 0 ? b.p : "");
	buf_release(&b);
}

int
cli_fail(enum hk_err e)
{
	assert(e != HK_OK);
	failed = true;
	/* The log goes to the error stream too: nothing is said twice. */
	if (!err_logged())
		cli_say("hookkeeper: %s", err_last()[0] != '\0' ? err_last() : err_text(e));
	switch (e) {
	case HK_USAGE:
		return EXIT_USAGE;
	case HK_CONF:
		return EXIT_CONF;
	case HK_NOTFOUND:
	case HK_NEVER:
	case HK_SKIP:
		return EXIT_NO;
	case HK_SYNTAX:
		return EXIT_USAGE;
	default:
		return EXIT_IO;
	}
}

static void
say_usage(const struct command *cmd)
{
	cli_say("usage: hookkeeper %s%s%s%s", cmd->name, cmd->opts != NULL ?
	    " [options]" : "", *cmd->operands != '\0' ? " " : "", cmd->operands);
	cli_say("       hookkeeper %s --help says more", cmd->name);
}

int
cli_usage(struct cli *c, const char *fmt, ...)
{
	char	text[1024];
	va_list	ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	cli_say("hookkeeper %s: %s", c->cmd->name, text);
	say_usage(c->cmd);
	return EXIT_USAGE;
}

bool
cli_interactive(void)
{
	return isatty(STDIN_FILENO) && isatty(fileno(to_err));
}

FILE *
cli_errors(void)
{
	return to_err;
}

bool
cli_ask(const char *question, char *answer, size_t room)
{
	if (!cli_interactive())
		return false;
	fprintf(to_err, "%s ", question);
	fflush(to_err);
	if (fgets(answer, (int)room, stdin) == NULL)
		return false;
	answer[strcspn(answer, "\n")] = '\0';
	return true;
}

enum hk_err
cli_flush(struct cli *c)
{
	if (!buf_ok(&c->out))
		return err_note(HK_TOOBIG, "the output is larger than %zu bytes", OUT_MOST);
	if ((c->out.len > 0 && fwrite(c->out.p, 1, c->out.len, to_out) != c->out.len) ||
	    fflush(to_out) != 0)
		return err_note(HK_IO, "cannot write to standard output: %s",
		    strerror(errno));
	buf_clear(&c->out);
	return HK_OK;
}

enum hk_err
cli_conf(struct cli *c, bool need_db)
{
	enum hk_err	e;

	/* Asked for again: what it said may be in use. */
	if (c->conf != NULL && (!need_db || (c->conf->db != NULL && c->conf->mode >= 0)))
		return HK_OK;
	conf_free(c->conf);
	c->conf = NULL;
	if ((e = conf_load(&c->conf, need_db)) == HK_OK && c->cmd != &cmd_worker)
		log_system(NULL);	/* somebody sits here and reads */
	return e;
}

enum hk_err
cli_open(struct cli *c, enum db_use use)
{
	enum hk_err	e;

	if ((e = cli_conf(c, true)) == HK_OK)
		e = db_open(&c->db, c->conf->db, use, c->conf->busy_timeout_ms);
	return e == HK_NOTFOUND ? HK_IO : e;	/* no database is no answer */
}

static bool
is_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

/* The command named by the first one or two words; *words of them. */
static const struct command *
find_command(int argc, char **argv, int *words)
{
	char	two[64];

	*words = 1;
	if (argc > 0 && is_help(argv[0]))
		return &cmd_help;
	if (argc > 0 && strcmp(argv[0], "--version") == 0)
		return &cmd_version;
	for (*words = 2; *words > 0; --*words) {
		if (argc < *words)
			continue;
		snprintf(two, sizeof(two), "%s%s%s", argv[0], *words == 2 ? " " : "",
		    *words == 2 ? argv[1] : "");
		for (int i = 0; commands[i] != NULL; i++)
			if (strcmp(commands[i]->name, two) == 0)
				return commands[i];
	}
	return NULL;
}

/* What follows the name of a group: "list|show|retry" for "events"; or "". */
static void
group_of(const char *word, char *out, size_t room)
{
	size_t	n = strlen(word);

	out[0] = '\0';
	for (int i = 0; commands[i] != NULL; i++)
		if (strncmp(commands[i]->name, word, n) == 0 &&
		    commands[i]->name[n] == ' ')
			snprintf(out + strlen(out), room - strlen(out), "%s%s",
			    out[0] != '\0' ? ", " : "", commands[i]->name + n + 1);
}

static int
no_command(int argc, char **argv)
{
	char	group[256];

	if (argc == 0) {
		cli_say("usage: hookkeeper [--json] [--conf FILE] COMMAND [...]");
		cli_say("       hookkeeper help lists the commands");
		return EXIT_USAGE;
	}
	group_of(argv[0], group, sizeof(group));
	if (group[0] == '\0')
		cli_say("hookkeeper: there is no command '%s'; hookkeeper help lists them",
		    argv[0]);
	else if (argc == 1)
		cli_say("hookkeeper: '%s' needs one of: %s", argv[0], group);
	else
		cli_say("hookkeeper: there is no '%s %s', only: %s", argv[0], argv[1], group);
	return EXIT_USAGE;
}

static int
count_operands(struct cli *c)
{
	if (c->argc < c->cmd->least)
		return cli_usage(c, "needs %s", c->cmd->operands);
	if (c->cmd->most >= 0 && c->argc > c->cmd->most)
		return cli_usage(c, "does not know what to do with '%s'",
		    c->argv[c->cmd->most]);
	return 0;
}

static int
run_command(struct cli *c, int argc, char **argv)
{
	enum hk_err	e;
	int		status;

	if ((e = opts_parse(c, argc, argv)) == HK_USAGE)
		return cli_usage(c, "%s", err_last());
	if (e != HK_OK)
		return cli_fail(e);
	if (c->help) {
		c->argv = arena_get(c->arena, sizeof(*c->argv));
		if ((c->argc = c->argv != NULL) == 1)
			c->argv[0] = c->cmd->name;
		status = cmd_help.run(c);
	} else if ((status = count_operands(c)) == 0)
		status = c->cmd->run(c);
	if (!failed && (status == 0 || status == EXIT_NO || status == EXIT_AWAY) &&
	    (e = cli_flush(c)) != HK_OK)
		status = cli_fail(e);
	return status;
}

/* How many words stand before the command: --json, --conf FILE, --conf=FILE. */
static int
leading(int argc, char **argv)
{
	int	n = 0;

	while (n < argc && (strcmp(argv[n], "--json") == 0 ||
	    strncmp(argv[n], "--conf", 6) == 0))
		n += strcmp(argv[n], "--conf") == 0 ? 2 : 1;
	return n < argc ? n : argc;
}

static int
dispatch(struct cli *c, int argc, char **argv)
{
	int		lead = leading(argc, argv), words;
	enum hk_err	e;

	if ((e = opts_parse(c, lead, argv)) != HK_OK)
		return cli_fail(e);
	argc -= lead;
	argv += lead;
	if ((c->cmd = find_command(argc, argv, &words)) != NULL)
		return run_command(c, argc - words, argv + words);
	if (argc == 2 && is_help(argv[1])) {	/* of a group: "events --help" */
		c->cmd = &cmd_help;
		return run_command(c, 1, argv);
	}
	return no_command(argc, argv);
}

int
cli_main(int argc, char **argv, FILE *out, FILE *err)
{
	struct cli	c = { .argc = 0 };
	int		status;

	to_out = out;
	to_err = err;
	failed = false;
	log_open("hookkeeper", LOG_WARN);
	c.screen = screen_of(out);
	buf_init(&c.out, OUT_MOST);
	jw_init(&c.jw, &c.out);
	if ((c.arena = arena_new(ARENA_MOST)) == NULL)
		return cli_fail(err_note(HK_NOMEM, "no memory to start with"));
	status = dispatch(&c, argc > 0 ? argc - 1 : 0, argv + (argc > 0));
	db_close(c.db);
	conf_free(c.conf);
	arena_free(c.arena);
	buf_release(&c.out);
	return status;
}
