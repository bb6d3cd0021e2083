/* Settings for people: the values in force, and the reference. */
#include <inttypes.h>
#include <stdio.h>

#include "base/conf_part.h"
#include "base/json.h"

#define WIDTH	76	/* columns of the reference */

static const char *
choice(const struct conf_row *row, int i, char *out, size_t room)
{
	struct span	rest = span_str(row->choices), one = SPAN_NULL;

	for (; i >= 0 && rest.p != NULL; i--)
		one = span_cut(&rest, '|');
	snprintf(out, room, "%.*s", SPAN_ARG(one));
	return out;
}

static const char *
source_name(const struct whole *w, const struct setting *s)
{
	static const char *const	names[] = { "default", "file", "environment" };
	unsigned int			from;

	if (!row_is_secret(s->row) || s->row->of == OF_PROGRAM)
		return names[s->source];
	from = w->sender[s->sender].secrets_from;
	if (from == (1u << FROM_FILE | 1u << FROM_ENVIRONMENT))
		return "environment, file";
	return from == 0 ? names[FROM_DEFAULT] :
	    names[from == 1u << FROM_FILE ? FROM_FILE : FROM_ENVIRONMENT];
}

/* What may be shown of the i-th secret or key; NULL: there are not so many. */
static const char *
label(const struct whole *w, const struct setting *s, size_t i, char made[CONF_FINGERPRINT + 1])
{
	const struct conf	 *c = &w->conf;
	const struct conf_sender *sender = &c->sender[s->sender];

	if (s->row->of != OF_PROGRAM)
		return i < sender->nsecret ? sender->secret[i].label : NULL;
	if (s->row == &rows_general[ROW_unkey_root_key]) {
		if (i > 0 || c->unkey_root_key == NULL)
			return NULL;
		conf_fingerprint(made, span_str(c->unkey_root_key));
		return made;
	}
	if (i >= c->nkeys)
		return NULL;
	conf_fingerprint(made, span_of((const char *)c->keys[i], CONF_KEY));
	return made;
}

/* Labels only, with a blank before each. */
static void
put_labels(const struct whole *w, const struct setting *s, struct buf *b)
{
	char		 made[CONF_FINGERPRINT + 1];
	const char	*text;

	for (size_t i = 0; (text = label(w, s, i, made)) != NULL; i++)
		buf_printf(b, " %s", text);
	if (label(w, s, 0, made) == NULL)
		buf_puts(b, " (none)");
}

static void
print_row(const struct whole *w, const struct setting *s, int width, struct buf *b)
{
	const struct conf_row	*row = s->row;
	const char		*field = (const char *)w + s->at, *text;
	char			 name[100], pick[40];

	snprintf(name, sizeof(name), "%s.%s", s->section, row->key);
	buf_printf(b, "%-*s =", width, name);
	if (row_is_secret(row))
		put_labels(w, s, b);
	else if (row->kind == KIND_INT)
		buf_printf(b, " %" PRId64 " %s", *(const int64_t *)(const void *)field,
		    row->unit);
	else if (row->kind == KIND_PICK && *(const int *)(const void *)field >= 0)
		buf_printf(b, " %s", choice(row, *(const int *)(const void *)field, pick,
		    sizeof(pick)));
	else if (row->kind == KIND_STR &&
	    (text = *(const char *const *)(const void *)field) != NULL)
		buf_printf(b, " %s", text);
	else
		buf_puts(b, " (not set)");
	buf_printf(b, "  (source: %s)\n", source_name(w, s));
}

static void
json_row(const struct whole *w, const struct setting *s, struct jw *j)
{
	const struct conf_row	*row = s->row;
	const char		*field = (const char *)w + s->at;
	char			 pick[40], name[100], made[CONF_FINGERPRINT + 1];

	snprintf(name, sizeof(name), "%s.%s", s->section, row->key);
	jw_open(j, NULL, '{');
	jw_text(j, "name", span_str(name));
	if (row_is_secret(row)) {
		jw_open(j, "value", '[');
		for (size_t k = 0; label(w, s, k, made) != NULL; k++)
			jw_text(j, NULL, span_str(label(w, s, k, made)));
		jw_close(j, ']');
	} else if (row->kind == KIND_INT)
		jw_int(j, "value", *(const int64_t *)(const void *)field);
	else if (row->kind == KIND_PICK && *(const int *)(const void *)field < 0)
		jw_null(j, "value");
	else if (row->kind == KIND_PICK)
		jw_text(j, "value", span_str(choice(row, *(const int *)(const void *)field,
		    pick, sizeof(pick))));
	else
		jw_text(j, "value", span_str(*(const char *const *)(const void *)field));
	jw_text(j, "unit", span_str(row->unit));
	jw_text(j, "source", span_str(source_name(w, s)));
	jw_text(j, "about", span_str(row->sentence));
	jw_close(j, '}');
}

void
conf_print(const struct conf *c, struct buf *b, bool json)
{
	const struct whole	*w = (const struct whole *)c;
	struct jw		 j;
	size_t			 i, n, width = 0;

	for (i = 0; i < w->nset; i++) {
		n = strlen(w->set[i].section) + 1 + strlen(w->set[i].row->key);
		if (n > width)
			width = n;
	}
	if (!json) {
		buf_printf(b, "# %s\n", c->file != NULL ? c->file :
		    "no file: environment and defaults");
		for (i = 0; i < w->nset; i++)
			print_row(w, &w->set[i], (int)width, b);
		return;
	}
	jw_init(&j, b);
	jw_open(&j, NULL, '{');
	jw_text(&j, "file", span_str(c->file));
	jw_open(&j, "settings", '[');
	for (i = 0; i < w->nset; i++)
		json_row(w, &w->set[i], &j);
	jw_close(&j, ']');
	jw_close(&j, '}');
}

/* The text in lines of WIDTH columns, each indented. */
static void
put_wrapped(struct buf *b, const char *text)
{
	size_t	column = 0, n;

	for (; *text != '\0'; text += n + strspn(text + n, " ")) {
		n = strcspn(text, " ");
		if (column == 0 || column + 1 + n > WIDTH) {
			buf_puts(b, column == 0 ? "        " : "\n        ");
			column = 8 + n;
		} else {
			buf_putc(b, ' ');
			column += 1 + n;
		}
		buf_put(b, text, n);
	}
	buf_putc(b, '\n');
}

static void
put_default(const struct conf_row *row, struct buf *b)
{
	char	pick[40];

	if (row->kind == KIND_STR && row->def_text == NULL && row != &rows_general[ROW_db]) {
		buf_putc(b, '\n');
		return;			/* the sentence says what absence means */
	}
	buf_puts(b, "       ");
	if (row->kind == KIND_INT)
		buf_printf(b, " Default: %" PRId64 ".", row->def);
	else if (row->kind == KIND_PICK && row->def >= 0)
		buf_printf(b, " Default: %s.", choice(row, (int)row->def, pick, sizeof(pick)));
	else if (row->def_text != NULL)
		buf_printf(b, " Default: %s.", row->def_text);
	else
		buf_puts(b, " Must be set.");
	if (row->env != NULL)
		buf_printf(b, "  Environment: %s.", row->env);
	buf_puts(b, "\n\n");
}

static void
put_row(const struct conf_row *row, struct buf *b)
{
	struct span	rest = span_str(row->choices);

	buf_printf(b, "    %s = ", row->key);
	if (row->kind == KIND_INT)
		buf_printf(b, "%" PRId64 "..%" PRId64 " %s", row->least, row->most, row->unit);
	else if (row->kind == KIND_PICK) {
		buf_putspan(b, span_cut(&rest, '|'));
		while (rest.p != NULL) {
			buf_puts(b, " | ");
			buf_putspan(b, span_cut(&rest, '|'));
		}
	} else
		buf_puts(b, row_is_list(row) ? "ITEM ..." : "TEXT");
	buf_putc(b, '\n');
	put_wrapped(b, row->sentence);
	put_default(row, b);
}

static const char preface[] =
    "The configuration is the file named by HOOKKEEPER_CONF; else by the file\n"
    "hookkeeper.where beside the program or one folder above it; else\n"
    "~/.config/hookkeeper/hookkeeper.conf; else /etc/hookkeeper/hookkeeper.conf.\n"
    "Where an environment variable is given, it wins over the file.\n"
    "\n"
    "A line has at most 198 bytes.  A list goes on in the next line when that is\n"
    "indented.  '#' or ';' begins a comment line, and ';' after a blank a comment\n"
    "at the end of one.  Values have no quotes.\n"
    "\n";

/* Where secrets come from besides the file. */
static void
put_variables(struct buf *b)
{
	const char *const	*env;

	buf_puts(b, "Secrets come from the environment too, and then stand before the file's:\n");
	for (size_t i = 0; i < CONF_SENDERS; i++) {
		buf_printf(b, "    [%s]", conf_sender_name[i]);
		for (env = conf_secret_env[i]; *env != NULL; env++)
			buf_printf(b, "%s%s", env == conf_secret_env[i] ? " " : ", else ", *env);
		buf_putc(b, '\n');
	}
	buf_puts(b, "    [custom NAME] CUSTOM_NAME_WEBHOOK_SECRET (NAME in capitals, '-' as '_')\n");
}

static void
put_channels(struct buf *b)
{
	buf_printf(b, "[command NAME]\n\n"
	    "    A program that gets messages; with [mail NAME] at most %d.  NAME as above.\n"
	    "    Types clerk.sms and clerk.email: what Clerk leaves to us to deliver.\n\n",
	    CONF_CHANNELS_MOST);
	for (size_t i = 0; i < COMMAND_ROWS; i++)
		put_row(&rows_command[i], b);
	buf_puts(b, "[mail NAME]\n\n    Messages as mails.\n\n");
	for (size_t i = 0; i < MAIL_ROWS; i++)
		put_row(&rows_mail[i], b);
}

void
conf_reference(struct buf *b)
{
	const char	*section = "";
	size_t		 i;

	buf_puts(b, preface);
	for (i = 0; i < GENERAL_ROWS; i++) {
		if (strcmp(section, rows_general[i].section) != 0)
			buf_printf(b, "[%s]\n\n", section = rows_general[i].section);
		put_row(&rows_general[i], b);
	}
	for (i = 0; i < CONF_SENDERS; i++)
		buf_printf(b, "%s[%s]", i > 0 ? ", " : "", conf_sender_name[i]);
	buf_puts(b, "\n\n");
	for (i = 0; i < BUILTIN_ROWS; i++)
		put_row(&rows_builtin[i], b);
	buf_printf(b, "[custom NAME]\n\n"
	    "    Any other sender, at most %d of them, received at /webhooks/custom/NAME.\n"
	    "    NAME has 1 to %d of a-z 0-9 _ -.  As above:\n   ",
	    CONF_CUSTOM_MOST, CONF_CUSTOM_NAME);
	for (i = 0; i < SENDER_ROWS; i++)
		buf_printf(b, "%s %s", i == 0 ? "" : ",", rows_custom[i].key);
	buf_puts(b, ".\n\n");
	for (i = SENDER_ROWS; i < CUSTOM_ROWS; i++)
		put_row(&rows_custom[i], b);
	put_channels(b);
	put_variables(b);
}
