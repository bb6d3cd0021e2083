/* hookkeeper completion: what shells need to complete our commands, from the table. */
#include "cli/cli.h"

/* Taken by every command; see opts_parse(). */
static const struct opt everywhere[] = {
	{ .name = "json", .kind = OPT_FLAG, .about = "one JSON document instead of text" },
	{ .name = "conf", .kind = OPT_TEXT, .arg = "FILE", .about = "settings" },
	{ .name = "help", .kind = OPT_FLAG, .about = "about the command" },
	{ .name = NULL }
};

/* The length of the first word of a name: "events" of "events list". */
static size_t
first_len(const char *name)
{
	return strcspn(name, " ");
}

/* Is this the first command of the table with its first word? */
static bool
first_of_group(int i)
{
	size_t	n = first_len(commands[i]->name);

	for (int j = 0; j < i; j++)
		if (first_len(commands[j]->name) == n &&
		    strncmp(commands[j]->name, commands[i]->name, n) == 0)
			return false;
	return true;
}

/* What may follow the word of command i: "list", "show"; false: nothing. */
static bool
in_group(int i, int j)
{
	size_t	n = first_len(commands[i]->name);

	return strncmp(commands[j]->name, commands[i]->name, n) == 0 &&
	    commands[j]->name[n] == ' ';
}

/* Text inside of single quotes; what zsh would read as its own gets a backslash. */
static void
quoted(struct buf *b, const char *text, const char *special)
{
	for (; *text != '\0'; text++) {
		if (*text == '\'')
			buf_puts(b, "'\\'");
		else if (strchr(special, *text) != NULL)
			buf_putc(b, '\\');
		buf_putc(b, *text);
	}
}

/* "a|b|c" as words. */
static void
words(struct buf *b, const char *picks)
{
	for (; *picks != '\0'; picks++)
		buf_putc(b, *picks == '|' ? ' ' : *picks);
}

/* ---- bash ------------------------------------------------------------ */

static const char bash_head[] =
    "# bash completion for hookkeeper, made by `hookkeeper completion bash`.\n"
    "_hookkeeper() {\n"
    "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
    "\tlocal command='' word i words=''\n"
    "\tCOMPREPLY=()\n"
    "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
    "\t\tword=${COMP_WORDS[i]}\n"
    "\t\tcase $word in\n"
    "\t\t--conf) ((i++)) ;;\n"
    "\t\t-*) ;;\n"
    "\t\t*)\tcase \"$command $word\" in\n";
static const char bash_tail[] =
    "\tif [ -n \"$words\" ]; then\n"
    "\t\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
    "\tfi\n"
    "}\n"
    "complete -o default -F _hookkeeper hookkeeper\n";

/* Which words make up the command's name. */
static void
bash_names(struct buf *b)
{
	buf_puts(b, "\t\t\t");
	for (int i = 0; commands[i] != NULL; i++) {
		size_t	n = first_len(commands[i]->name);

		if (first_of_group(i))
			buf_printf(b, "%s' %.*s'", i > 0 ? "|" : "", (int)n, commands[i]->name);
		if (commands[i]->name[n] == ' ')
			buf_printf(b, "|'%s'", commands[i]->name);
	}
	buf_puts(b, ")\n\t\t\t\tcommand=${command:+$command }$word ;;\n"
	    "\t\t\tesac ;;\n\t\tesac\n\tdone\n");
}

static void
bash_words(struct buf *b)
{
	buf_puts(b, "\tcase $command in\n\t'') words='");
	for (int i = 0; commands[i] != NULL; i++)
		if (first_of_group(i))
			buf_printf(b, "%.*s ", (int)first_len(commands[i]->name),
			    commands[i]->name);
	buf_puts(b, "--json --conf --help' ;;\n");
	for (int i = 0; commands[i] != NULL; i++) {
		size_t	n = first_len(commands[i]->name);

		if (commands[i]->name[n] != ' ' || !first_of_group(i))
			continue;
		buf_printf(b, "\t%.*s) words='", (int)n, commands[i]->name);
		for (int j = i; commands[j] != NULL; j++)
			if (in_group(i, j))
				buf_printf(b, "%s ", commands[j]->name + n + 1);
		buf_puts(b, "--help' ;;\n");
	}
	buf_puts(b, "\tesac\n");
}

static void
bash_options(struct buf *b, const struct command *cmd)
{
	buf_printf(b, "\t'%s')\n\t\tcase $prev in\n", cmd->name);
	for (const struct opt *o = cmd->opts; o != NULL && o->name != NULL; o++) {
		if (o->kind == OPT_FLAG)
			continue;
		buf_printf(b, "\t\t--%s) words='", o->name);
		if (o->kind == OPT_PICK)
			words(b, o->picks);
		buf_puts(b, o->kind == OPT_SENDER ? "stripe clerk resend'" : "'");
		/* A file's name, or anything: bash's own. */
		buf_puts(b, " ;;\n");
	}
	buf_puts(b, "\t\t--conf) ;;\n\t\t*) words=\"$words");
	for (const struct opt *o = cmd->opts; o != NULL && o->name != NULL; o++)
		buf_printf(b, " --%s", o->name);
	buf_puts(b, " --json --conf --help\"\n\t\t\t[ \"${cur#-}\" != \"$cur\" ] || words= ;;\n"
	    "\t\tesac ;;\n");
}

static void
bash(struct buf *b)
{
	buf_puts(b, bash_head);
	bash_names(b);
	bash_words(b);
	buf_puts(b, "\tcase $command in\n");
	for (int i = 0; commands[i] != NULL; i++)
		bash_options(b, commands[i]);
	buf_puts(b, "\tesac\n");
	buf_puts(b, bash_tail);
}

/* ---- zsh ------------------------------------------------------------- */

static void
zsh_option(struct buf *b, const struct opt *o)
{
	buf_printf(b, " \\\n\t\t\t'%s--%s%s[", o->kind == OPT_MANY ? "*" : "", o->name,
	    o->kind == OPT_FLAG ? "" : "=");
	quoted(b, o->about, "[]:\\");
	buf_puts(b, "]");
	if (o->kind != OPT_FLAG) {
		buf_puts(b, ":");
		quoted(b, o->arg, "[]:\\");
		buf_puts(b, ":");
		if (o->kind == OPT_PICK) {
			buf_puts(b, "(");
			words(b, o->picks);
			buf_puts(b, ")");
		} else
			buf_puts(b, o->kind == OPT_SENDER ? "(stripe clerk resend)" :
			    o->kind == OPT_TEXT ? "_files" : " ");
	}
	buf_puts(b, "'");
}

static void
zsh_arguments(struct buf *b, const struct command *cmd)
{
	buf_printf(b, "\t'%s')\n\t\t_arguments -s", cmd->name);
	for (const struct opt *o = cmd->opts; o != NULL && o->name != NULL; o++)
		zsh_option(b, o);
	for (const struct opt *o = everywhere; o->name != NULL; o++)
		zsh_option(b, o);
	buf_puts(b, cmd->most != 0 ? " \\\n\t\t\t'*:operand:_files' ;;\n" : " ;;\n");
}

/* One word and what it is for, as _describe wants them. */
static void
zsh_word(struct buf *b, const char *word, size_t len, const char *about)
{
	buf_printf(b, " \\\n\t\t'%.*s:", (int)len, word);
	quoted(b, about, "");
	buf_puts(b, "'");
}

static void
zsh_first_words(struct buf *b)
{
	buf_puts(b, "if (( CURRENT == 2 )); then\n\tlist=(");
	for (int i = 0; commands[i] != NULL; i++) {
		size_t	n = first_len(commands[i]->name);

		if (first_of_group(i))
			zsh_word(b, commands[i]->name, n,
			    commands[i]->name[n] == ' ' ? "..." : commands[i]->about);
	}
	buf_puts(b, ")\n\t_describe command list\n\treturn\nfi\n");
}

static void
zsh_second_words(struct buf *b)
{
	buf_puts(b, "case $command in\n");
	for (int i = 0; commands[i] != NULL; i++) {
		size_t	n = first_len(commands[i]->name);

		if (commands[i]->name[n] != ' ' || !first_of_group(i))
			continue;
		buf_printf(b, "%.*s)\n\tif (( CURRENT == 3 )); then\n\t\tlist=(", (int)n,
		    commands[i]->name);
		for (int j = i; commands[j] != NULL; j++)
			if (in_group(i, j))
				zsh_word(b, commands[j]->name + n + 1,
				    strlen(commands[j]->name + n + 1), commands[j]->about);
		buf_puts(b, ")\n\t\t_describe command list\n\t\treturn\n\tfi\n"
		    "\tcommand=\"$command $words[3]\"; shift words; (( CURRENT-- )) ;;\n");
	}
	buf_puts(b, "esac\n");
}

static void
zsh(struct buf *b)
{
	buf_puts(b, "#compdef hookkeeper\n"
	    "# zsh completion for hookkeeper, made by `hookkeeper completion zsh`.\n"
	    "local -a list\nlocal command=$words[2]\n");
	zsh_first_words(b);
	zsh_second_words(b);
	buf_puts(b, "shift words; (( CURRENT-- ))\ncase $command in\n");
	for (int i = 0; commands[i] != NULL; i++)
		zsh_arguments(b, commands[i]);
	buf_puts(b, "esac\n");
}

static int
run(struct cli *c)
{
	if (strcmp(c->argv[0], "bash") == 0)
		bash(&c->out);
	else if (strcmp(c->argv[0], "zsh") == 0)
		zsh(&c->out);
	else
		return cli_usage(c, "knows bash and zsh, not '%s'", c->argv[0]);
	return 0;
}

const struct command cmd_completion = {
	.name		= "completion",
	.operands	= "bash|zsh",
	.least		= 1,
	.most		= 1,
	.about		= "put out what a shell needs to complete commands (always text)",
	.help		=
	    "bash: hookkeeper completion bash >~/.local/share/bash-completion/completions/hookkeeper\n"
	    "zsh:  hookkeeper completion zsh >FOLDER/_hookkeeper, FOLDER being one of $fpath\n",
	.run		= run,
};
