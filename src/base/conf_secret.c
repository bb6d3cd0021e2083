/* Signing secrets: from the environment, the file, a file of their own. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/conf_part.h"

#define LABEL_MOST	32
#define SECRET_LEAST	8	/* shorter ones are a slip */
#define SECRET_MOST	512
#define FILE_MOST	65536

void
conf_fingerprint(char out[CONF_FINGERPRINT + 1], struct span text)
{
	uint64_t	h = UINT64_C(0xcbf29ce484222325);	/* FNV-1a */
	size_t		i;

	for (i = 0; i < text.len; i++)
		h = (h ^ (unsigned char)text.p[i]) * UINT64_C(0x100000001b3);
	snprintf(out, CONF_FINGERPRINT + 1, "%08" PRIx32, (uint32_t)(h ^ h >> 32));
}

static bool
label_valid(struct span s)
{
	size_t	i;

	for (i = 0; i < s.len; i++)
		if (strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-",
		    s.p[i]) == NULL || s.p[i] == '\0')
			return false;
	return s.len > 0 && s.len <= LABEL_MOST && !span_starts(s, "whsec_");
}

/*
 * "label=secret" or a secret alone.  Base64 may end in '=', so what follows
 * the first '=' must be more than that to make the front a label.
 */
static void
split(struct span item, struct span *label, struct span *text)
{
	struct span	rest = item, front = span_cut(&rest, '=');
	size_t		i;

	*label = SPAN_NULL;
	*text = item;
	for (i = 0; i < rest.len && rest.p[i] == '='; i++)
		continue;
	if (i < rest.len && label_valid(front)) {
		*label = front;
		*text = rest;
	}
}

struct gather {
	struct whole		*w;
	struct conf_sender	*sender;
	size_t			 room;		/* elements at sender->secret */
};

static struct conf_secret *
known_text(const struct conf_sender *s, struct span text)
{
	size_t	i;

	for (i = 0; i < s->nsecret; i++)
		if (span_eq(s->secret[i].text, text))
			return &s->secret[i];
	return NULL;
}

/* Was the label made by us, not given? */
static bool
label_made(const struct conf_secret *s)
{
	char	made[CONF_FINGERPRINT + 1];

	conf_fingerprint(made, s->text);
	return strcmp(made, s->label) == 0;
}

static enum hk_err
append(struct gather *g, struct span text, const char *label)
{
	struct conf_sender	*s = g->sender;
	struct conf_secret	*v = s->secret;
	char			*copy;
	size_t			 room = g->room;

	if (s->nsecret == room) {
		room = room == 0 ? 4 : 2 * room;
		v = arena_grow(g->w->conf.arena, v, g->room * sizeof(*v), room * sizeof(*v));
		if (v == NULL)
			return conf_nomem();
		s->secret = v;
		g->room = room;
	}
	if ((copy = whole_secret(g->w, text)) == NULL)
		return conf_nomem();
	v[s->nsecret++] = (struct conf_secret){ span_of(copy, text.len), label };
	return HK_OK;
}

/* One item; n counts from 1 within its place.  No message shows the item. */
static enum hk_err
add(struct gather *g, struct span item, const struct place *here, int n)
{
	struct conf_sender	*s = g->sender;
	struct conf_secret	*same;
	struct span		 label, text;
	char			 made[CONF_FINGERPRINT + 1];
	const char		*name;
	size_t			 i;

	split(item, &label, &text);
	if (label.p == NULL && memmem(item.p, item.len, "=whsec_", 7) != NULL)
		return conf_wrong(here, "%s: the label of secret %d must be 1 to %d of "
		    "A-Z a-z 0-9 . _ - and not begin with whsec_", s->section, n, LABEL_MOST);
	if (text.len < SECRET_LEAST || !span_graph(text, SECRET_MOST))
		return conf_wrong(here, "%s: secret %d must have %d to %d printable ASCII "
		    "characters, as the sender's dashboard shows it", s->section, n,
		    SECRET_LEAST, SECRET_MOST);
	conf_fingerprint(made, text);
	name = arena_str(g->w->conf.arena, label.p != NULL ? label : span_str(made));
	if (name == NULL)
		return conf_nomem();
	if ((same = known_text(s, text)) != NULL) {
		if (label.p != NULL && label_made(same))
			same->label = name;	/* the same secret, now with its name */
		return HK_OK;
	}
	for (i = 0; i < s->nsecret; i++)
		if (strcmp(s->secret[i].label, name) == 0)
			return conf_wrong(here, "%s: two different secrets have the label "
			    "\"%s\"", s->section, name);
	return append(g, text, name);
}

/* Items separated by blanks. */
static enum hk_err
add_list(struct gather *g, const char *list, const struct place *here)
{
	enum hk_err	 e = HK_OK;
	const char	*p;
	size_t		 len;
	int		 n = 0;

	for (p = list; e == HK_OK; p += len) {
		p += strspn(p, " \t\r\n");
		if ((len = strcspn(p, " \t\r\n")) == 0)
			break;
		e = add(g, span_of(p, len), here, ++n);
	}
	return e;
}

/* One secret a line; '#' begins a comment line. */
static enum hk_err
add_lines(struct gather *g, struct span text, const char *path)
{
	struct place	here = { path, 0, NULL };
	struct span	line;
	enum hk_err	e = HK_OK;
	int		n = 0;

	while (e == HK_OK && text.p != NULL) {
		here.line++;
		line = span_trim(span_cut(&text, '\n'));
		if (line.len > 0 && line.p[0] != '#')
			e = add(g, line, &here, ++n);
	}
	if (e == HK_OK && n == 0) {
		here.line = 0;
		e = conf_wrong(&here, "the file holds no secret for %s", g->sender->section);
	}
	return e;
}

static enum hk_err
add_file(struct gather *g, const char *path)
{
	struct place	here = { path, 0, NULL };
	struct stat	st;
	enum hk_err	e;
	char		*text;
	size_t		len;

	e = file_read(path, FILE_MOST, &st, &text, &len);
	if (e == HK_NOTFOUND)
		return conf_wrong(&here, "there is no such file (%s.secret_file)",
		    g->sender->section);
	if (e != HK_OK)
		return e;
	if (file_private(&st))
		e = add_lines(g, span_of(text, len), path);
	else
		e = conf_wrong(&here, "secrets must be readable by their owner alone, who is "
		    "root or the user this runs as: chmod 600 %s", path);
	explicit_bzero(text, len);
	free(text);
	return e;
}

enum hk_err
conf_secrets(struct whole *w, size_t sender, const char *file, const char *const *env)
{
	struct conf_sender	*s = &w->conf.sender[sender];
	struct gather		 g = { w, s, 0 };
	const char *const	*name = w->sender[sender].env;
	const char		*value = NULL;
	struct place		 here = { NULL, 0, NULL };
	enum hk_err		 e = HK_OK;

	for (; *name != NULL && value == NULL; name++)
		if ((value = env_get(env, *name)) != NULL) {
			here.env = *name;
			w->sender[sender].secrets_from |= 1u << FROM_ENVIRONMENT;
			e = add_list(&g, value, &here);
		}
	if (e == HK_OK && s->secrets != NULL) {
		here = (struct place){ file,
		    set_of(w, sender, SENDER_ROW_secrets)->line, NULL };
		w->sender[sender].secrets_from |= 1u << FROM_FILE;
		e = add_list(&g, s->secrets, &here);
	}
	if (e == HK_OK && s->secret_file != NULL) {
		w->sender[sender].secrets_from |= 1u << FROM_FILE;
		e = add_file(&g, s->secret_file);
	}
	s->secrets = NULL;	/* the list is what counts; this would be shown */
	return e;
}
