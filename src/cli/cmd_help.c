/* hookkeeper help: all commands, or all about one. */
#include "cli/cli.h"

static const char tail[] =
    "\n"
    "Options for every command:\n"
    "  --json                     one JSON document instead of text\n"
    "  --conf FILE                settings; else $HOOKKEEPER_CONF and the usual places\n"
    "  --help                     about the command\n"
    "\n"
    "Exit status: 0 done; 1 the answer is no; 64 called wrongly; 69 somebody works\n"
    "already, or nobody answered; 74 input, output or database; 78 a setting.\n";

static void
one(struct buf *b, const struct command *cmd)
{
	if (b->len > 0)
		buf_putc(b, '\n');
	buf_printf(b, "hookkeeper %s%s%s%s - %s\n", cmd->name,
	    cmd->opts != NULL ? " [options]" : "", *cmd->operands != '\0' ? " " : "",
	    cmd->operands, cmd->about);
	if (cmd->help != NULL)
		buf_printf(b, "\n%s", cmd->help);
	if (cmd->opts != NULL) {
		buf_puts(b, "\n");
		opts_help(b, cmd->opts);
	}
}

static void
all(struct buf *b)
{
	char	left[64];

	buf_puts(b, "hookkeeper keeps webhooks from Stripe, Clerk and Resend, and the "
	    "books they make.\n\n");
	for (int i = 0; commands[i] != NULL; i++) {
		snprintf(left, sizeof(left), "%s%s%s", commands[i]->name,
		    *commands[i]->operands != '\0' ? " " : "", commands[i]->operands);
		buf_printf(b, "  %-26s %s\n", left, commands[i]->about);
	}
	buf_puts(b, tail);
}

/* Does the command have this name, or is it of the group of this name? */
static bool
named(const struct command *cmd, struct span name)
{
	return strncmp(cmd->name, name.p, name.len) == 0 &&
	    (cmd->name[name.len] == '\0' || cmd->name[name.len] == ' ');
}

static int
run(struct cli *c)
{
	char	name[128];
	bool	any = false;

	if (c->argc == 0) {
		all(&c->out);
		return 0;
	}
	snprintf(name, sizeof(name), "%s%s%s", c->argv[0], c->argc > 1 ? " " : "",
	    c->argc > 1 ? c->argv[1] : "");
	for (int i = 0; commands[i] != NULL; i++)
		if (named(commands[i], span_str(name))) {
			one(&c->out, commands[i]);
			any = true;
		}
	if (!any)
		return cli_usage(c, "there is no command '%s'", name);
	buf_puts(&c->out, tail);
	return 0;
}

const struct command cmd_help = {
	.name		= "help",
	.operands	= "[COMMAND]",
	.most		= 2,
	.about		= "list the commands, or tell all about one (always text)",
	.run		= run,
};
