/*
 * From the file's text (inih) and the environment to the fields.  Each wrong
 * line is noted, so one start shows all of them; the first decides the code.
 */
#include <ini.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/conf_part.h"
#include "base/net.h"

#define BOM		"\xef\xbb\xbf"
#define WRONG_MOST	20	/* noted lines; then the file is probably no INI at all */

struct reading {
	struct whole	*w;
	struct place	 here;
	struct span	 rest;		/* of the text */
	bool		 private_file;
	bool		 indented;	/* the line at hand begins with a blank */
	const struct setting *last;	/* of the line before, or NULL */
	bool		 skip;		/* the section has no name; that is noted */
	int		 nwrong;
	enum hk_err	 err;		/* the first one */
};

static void
failed(struct reading *r, enum hk_err e)
{
	if (e == HK_OK)
		return;
	r->nwrong++;
	if (r->err == HK_OK)
		r->err = e;
}

static bool
has_control(struct span s, bool lines)
{
	size_t	i;

	for (i = 0; i < s.len; i++)
		if (((unsigned char)s.p[i] < 0x20 && s.p[i] != '\t' &&
		    !(lines && (s.p[i] == '\n' || s.p[i] == '\r'))) || s.p[i] == 0x7f)
			return true;
	return false;
}

/* Behind the '['.  inih tells of sections with settings only, and cuts long names. */
static void
begin_section(struct reading *r, struct span line)
{
	char		name[200];
	struct span	rest = line, inner = span_cut(&rest, ']');
	enum hk_err	e = HK_OK;

	if (rest.p != NULL && inner.len < sizeof(name)) {
		memcpy(name, inner.p, inner.len);
		name[inner.len] = '\0';
		if (custom_meant(name))
			e = custom_section(r->w, name, &r->here);
		else if (channel_meant(name))
			e = channel_section(r->w, name, &r->here);
	}
	r->skip = e != HK_OK;
	failed(r, e);
}

/*
 * inih's fgets: the next line without its end.  inih silently cuts a line at
 * its buffer (200 bytes as Debian builds it), so a longer one is an error.
 */
static char *
next_line(char *out, int room, void *stream)
{
	struct reading	*r = stream;
	struct span	 line;

	if (r->rest.p == NULL || r->nwrong >= WRONG_MOST)
		return NULL;
	line = span_cut(&r->rest, '\n');
	r->here.line++;
	if (line.len > 0 && line.p[line.len - 1] == '\r')
		line.len--;
	out[0] = '\0';
	if (line.len > (size_t)room - 2) {
		failed(r, conf_wrong(&r->here, "a line of more than %d bytes: go on in "
		    "the next line, indented, or use secret_file", room - 2));
		return out;
	}
	if (has_control(line, false)) {
		failed(r, conf_wrong(&r->here, "a control character: this is no text file"));
		return out;
	}
	memcpy(out, line.p, line.len);
	out[line.len] = '\0';
	r->indented = out[0] == ' ' || out[0] == '\t';
	line = span_trim(span_str(out));
	if (span_starts(line, "[")) {
		r->last = NULL;		/* a new section ends what went on */
		begin_section(r, span_of(line.p + 1, line.len - 1));
	}
	return out;
}

static enum hk_err
set_int(const struct setting *s, const struct place *here, struct span value,
    struct conf *c)
{
	const struct conf_row	*row = s->row;
	int64_t			 n;

	if (!span_u63(value, &n) || n < row->least || n > row->most)
		return conf_wrong(here, "%s.%s must be a number from %" PRId64 " to %"
		    PRId64 " (%s), not \"%.*s\"", s->section, row->key, row->least,
		    row->most, row->unit, SPAN_ARG(value));
	*(int64_t *)set_field(s, c) = n;
	return HK_OK;
}

static enum hk_err
set_pick(const struct setting *s, const struct place *here, struct span value,
    struct conf *c)
{
	struct span	rest = span_str(s->row->choices);
	int		i;

	for (i = 0; rest.p != NULL; i++)
		if (span_eq(span_cut(&rest, '|'), value)) {
			*(int *)set_field(s, c) = i;
			return HK_OK;
		}
	return conf_wrong(here, "%s.%s must be one of %s, not \"%.*s\"", s->section,
	    s->row->key, s->row->choices, SPAN_ARG(value));
}

static enum hk_err
check_nets(const struct setting *s, const struct place *here, struct span value)
{
	struct span	one, rest = value;
	struct net	n;

	while (rest.p != NULL)
		if ((one = span_trim(span_cut(&rest, ' '))).len > 0 && !net_parse(one, &n))
			return conf_wrong(here, "%s.%s takes addresses like 192.0.2.7 and networks "
			    "like 10.0.0.0/8 or 2001:db8::/32, not \"%.*s\"", s->section,
			    s->row->key, SPAN_ARG(one));
	return HK_OK;
}

/* '*' ends a pattern; commas are a habit from other files. */
static enum hk_err
check_list(const struct setting *s, const struct place *here, struct span value)
{
	const char	*star, *end = value.p + value.len, *key = s->row->key;

	if (memchr(value.p, ',', value.len) != NULL)
		return conf_wrong(here, "%s.%s is separated by blanks, not by commas",
		    s->section, key);
	if (strcmp(key, "trusted_proxies") == 0 || strcmp(key, "allow_private") == 0)
		return check_nets(s, here, value);
	if ((star = memchr(value.p, '*', value.len)) != NULL &&
	    strcmp(key, "events") != 0 && strcmp(key, "types") != 0)
		return conf_wrong(here, "%s.%s takes no '*'", s->section, key);
	for (; star != NULL; star = memchr(star, '*', (size_t)(end - star)))
		if (++star < end && *star != ' ' && *star != '\t')
			return conf_wrong(here, "%s.%s takes '*' only at the end of a type",
			    s->section, key);
	return HK_OK;
}

static enum hk_err
set_str(const struct setting *s, const struct place *here, struct span value,
    struct whole *w)
{
	const char	*copy;
	enum hk_err	 e;

	if (value.p[0] == '"' || value.p[0] == '\'')
		return conf_wrong(here, "%s.%s is written without quotes", s->section,
		    s->row->key);
	if (row_is_secret(s->row))
		copy = whole_secret(w, value);
	else if (row_is_list(s->row) && (e = check_list(s, here, value)) != HK_OK)
		return e;
	else
		copy = arena_str(w->conf.arena, value);
	if (copy == NULL)
		return conf_nomem();
	*(const char **)set_field(s, &w->conf) = copy;
	return HK_OK;
}

static enum hk_err
set(struct whole *w, struct setting *s, const struct place *here, struct span value,
    enum conf_source from)
{
	enum conf_kind	kind = s->row->kind;
	enum hk_err	e;

	value = span_trim(value);
	if (value.len == 0 && kind != KIND_PICK)
		e = conf_wrong(here, "%s.%s is empty; leave the line out for the default",
		    s->section, s->row->key);
	else if (has_control(value, from == FROM_ENVIRONMENT &&
	    s->row == &rows_general[ROW_session_keys]))	/* a PEM text */
		e = conf_wrong(here, "%s.%s holds a control character", s->section,
		    s->row->key);
	else if (kind == KIND_INT)
		e = set_int(s, here, value, &w->conf);
	else if (kind == KIND_PICK)
		e = set_pick(s, here, value, &w->conf);
	else
		e = set_str(s, here, value, w);
	s->source = from;
	return e;
}

/* Is this indented line meant as a setting of its own? */
static bool
looks_like_key(struct whole *w, const char *section, const char *value)
{
	char	key[40];
	size_t	n = strcspn(value, "=: \t");

	if (n >= sizeof(key) || strpbrk(value + n, "=:") == NULL)
		return false;
	memcpy(key, value, n);
	key[n] = '\0';
	return table_find(w, section, key) != NULL;
}

/* Without a comment, which older inih leaves in indented lines. */
static size_t
uncommented(const char *value)
{
	const char	*p;

	for (p = value; *p != '\0'; p++)
		if (*p == ';' && p > value && (p[-1] == ' ' || p[-1] == '\t'))
			break;
	return (size_t)(p - value);
}

/* An indented line: more items of the list above. */
static enum hk_err
go_on(struct reading *r, struct setting *s, const char *value)
{
	const char	**field = set_field(s, &r->w->conf);
	char		*joined;
	size_t		 len, room;

	if (!row_is_list(s->row) || looks_like_key(r->w, s->section, value))
		return conf_wrong(&r->here, "the line is indented, so it would continue %s.%s; "
		    "remove the blanks in front", s->section, s->row->key);
	if (*field == NULL)
		return HK_OK;		/* its first line was wrong, and that is noted */
	len = uncommented(value);
	room = strlen(*field) + len + 2;
	if ((joined = whole_wiped(r->w, room)) == NULL)
		return conf_nomem();
	snprintf(joined, room, "%s %.*s", *field, (int)len, value);
	return set_str(s, &r->here, span_trim(span_str(joined)), r->w);
}

/* "whsec_...=" in a line of its own looks like a key, and must not be logged. */
static bool
maybe_secret(const char *key)
{
	return strlen(key) > 24 || strstr(key, "whsec_") != NULL;
}

static enum hk_err
no_such(struct reading *r, const char *section, const char *key)
{
	char	hint[120];

	if (maybe_secret(key))
		return conf_wrong(&r->here, "no setting has a name like that; if it is a "
		    "secret, indent the line to continue the list above");
	table_suggest(r->w, hint, sizeof(hint), section, key);
	if (*section == '\0')
		return conf_wrong(&r->here, "\"%s\" stands before any [section]", key);
	return conf_wrong(&r->here, "there is no setting %.60s.%s; %s", section, key, hint);
}

static enum hk_err
take(struct reading *r, const char *section, const char *key, const char *value)
{
	const struct setting	*last = r->last;
	struct setting		*s = table_find(r->w, section, key);

	r->last = s;
	if (s == NULL)
		return no_such(r, section, key);
	if (r->indented && s == last)
		return go_on(r, s, value);
	if (s->line != 0)
		return conf_wrong(&r->here, "%s.%s is set twice, first in line %d",
		    s->section, key, s->line);
	s->line = r->here.line;
	if (row_is_secret(s->row) && !r->private_file)
		return conf_wrong(&r->here, "%s.%s stands in a file that others can read or "
		    "own: chmod 600 %s%s", s->section, key, r->here.file,
		    s->row->of == OF_PROGRAM ? "" : ", or use secret_file");
	return set(r->w, s, &r->here, span_str(value), FROM_FILE);
}

/* inih's callback; what is wrong is kept here, not told to inih. */
static int
on_setting(void *user, const char *section, const char *key, const char *value)
{
	struct reading	*r = user;

	if (!r->skip)
		failed(r, take(r, section, key, value != NULL ? value : ""));
	return 1;
}

enum hk_err
conf_read_text(struct whole *w, const char *file, struct span text, bool private_file)
{
	struct reading	r = {
		.w = w, .here = { file, 0, NULL }, .rest = text,
		.private_file = private_file, .err = HK_OK,
	};
	int		line;

	if (span_starts(text, BOM))
		r.rest = span_of(text.p + strlen(BOM), text.len - strlen(BOM));
	line = ini_parse_stream(next_line, &r, on_setting, &r);
	if (line < 0)
		failed(&r, conf_nomem());
	else if (line > 0) {
		r.here.line = line;
		failed(&r, conf_wrong(&r.here, "neither \"[section]\" nor \"key = value\""));
	}
	return r.err;
}

enum hk_err
conf_read_env(struct whole *w, const char *const *env)
{
	const char	*value;
	enum hk_err	 e, first = HK_OK;
	size_t		 i;

	for (i = 0; i < GENERAL_ROWS; i++) {
		struct place	here = { NULL, 0, rows_general[i].env };

		if (here.env == NULL || (value = env_get(env, here.env)) == NULL)
			continue;
		e = set(w, &w->set[i], &here, span_str(value), FROM_ENVIRONMENT);
		if (first == HK_OK)
			first = e;
	}
	return first;
}
