/* Settings: from a text and an environment to one checked struct conf. */
#include "base/conf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/conf_part.h"
#include "base/log.h"

#define ARENA_MOST	(4 << 20)

enum hk_err
conf_wrong(const struct place *here, const char *fmt, ...)
{
	char	text[900];
	va_list	ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (here->env != NULL)
		return err_note(HK_CONF, "environment variable %s: %s", here->env, text);
	if (here->line > 0)
		return err_note(HK_CONF, "%s:%d: %s",
		    here->file != NULL ? here->file : "configuration", here->line, text);
	return err_note(HK_CONF, "%s: %s", here->file != NULL ? here->file :
	    "configuration", text);
}

enum hk_err
conf_nomem(void)
{
	return err_note(HK_NOMEM, "no memory for the settings");
}

const char *
env_get(const char *const *env, const char *name)
{
	size_t	n = strlen(name);

	for (; env != NULL && *env != NULL; env++)
		if (strncmp(*env, name, n) == 0 && (*env)[n] == '=')
			return (*env)[n + 1] != '\0' ? *env + n + 1 : NULL;
	return NULL;
}

char *
whole_wiped(struct whole *w, size_t size)
{
	struct wipe	*wipe = arena_zero(w->conf.arena, sizeof(*wipe));
	char		*p = arena_zero(w->conf.arena, size);

	if (wipe == NULL || p == NULL)
		return NULL;
	*wipe = (struct wipe){ w->wipe, p, size };
	w->wipe = wipe;
	return p;
}

char *
whole_secret(struct whole *w, struct span text)
{
	char	*copy = whole_wiped(w, text.len + 1);

	if (copy != NULL && text.len > 0)
		memcpy(copy, text.p, text.len);
	return copy;
}

/* For messages about a setting's meaning. */
struct place
place_of(const struct whole *w, const struct setting *s)
{
	if (s->source == FROM_ENVIRONMENT)
		return (struct place){ NULL, 0, s->row->env };
	return (struct place){ w->conf.file, s->line, NULL };
}

/* A file's paths are seen from its folder, the environment's from ours. */
static enum hk_err
absolute(struct whole *w, const struct setting *s)
{
	const char	**path = set_field(s, &w->conf), *dir = NULL;
	struct arena	*a = w->conf.arena;
	struct place	 here = place_of(w, s);

	if (*path == NULL)
		return HK_OK;
	if (**path == '~')
		return conf_wrong(&here, "%s.%s: '~' has no meaning here, write the whole path",
		    s->section, s->row->key);
	if (s->source == FROM_FILE && w->conf.file != NULL &&
	    (dir = path_dir(a, w->conf.file)) == NULL)
		return conf_nomem();
	if ((*path = path_from(a, dir, *path)) == NULL)
		return conf_nomem();
	return HK_OK;
}

static enum hk_err
set_paths(struct whole *w)
{
	struct conf	*c = &w->conf;
	enum hk_err	 e;
	size_t		 i;

	if ((e = absolute(w, &w->set[ROW_db])) != HK_OK ||
	    (e = absolute(w, &w->set[ROW_state_dir])) != HK_OK ||
	    (e = absolute(w, &w->set[ROW_ca_file])) != HK_OK)
		return e;
	if (c->state_dir == NULL && c->db != NULL &&
	    (c->state_dir = path_dir(c->arena, c->db)) == NULL)
		return conf_nomem();
	for (i = 0; i < conf_senders(c) && e == HK_OK; i++)
		e = absolute(w, set_of(w, i, SENDER_ROW_secret_file));
	return e;
}

/* What the web server would hand out to anybody who asks. */
static enum hk_err
refuse_served(const char *what, const char *path, const char *root)
{
	if (path == NULL || root == NULL || !path_under(path, root))
		return HK_OK;
	return err_note(HK_CONF, "%s %s lies under the web server's document root %s; "
	    "move it out of there", what, path, root);
}

static enum hk_err
check_paths(const struct conf *c, const char *const *env)
{
	const char	*root = env_get(env, "DOCUMENT_ROOT");
	enum hk_err	 e;
	size_t		 i;

	if ((e = refuse_served("the configuration", c->file, root)) != HK_OK ||
	    (e = refuse_served("the database", c->db, root)) != HK_OK)
		return e;
	for (i = 0; i < conf_senders(c) && e == HK_OK; i++)
		e = refuse_served("the secrets' file", c->sender[i].secret_file, root);
	return e;
}

static enum hk_err
check_verify(struct whole *w)
{
	const struct conf_sender	*sender = w->conf.sender;
	size_t				 i;

	for (i = 0; i < conf_senders(&w->conf); i++) {
		if (sender[i].verify)
			continue;
#ifdef HK_DEV
		log_warn("%s.verify = off: anybody can send events", sender[i].section);
#else
		struct place	here = place_of(w, set_of(w, i, SENDER_ROW_verify));

		return conf_wrong(&here, "%s.verify = off is only for a build made with "
		    "DEV=1; remove the line", sender[i].section);
#endif
	}
	return HK_OK;
}

static enum hk_err
check_needed(const struct conf *c)
{
	const char	*file = c->file != NULL ? c->file : "hookkeeper.conf";

	if (c->db == NULL)
		return err_note(HK_CONF, "hookkeeper.db is not set: write \"db = /path/to/file\" "
		    "under [hookkeeper] in %s, or set HOOKKEEPER_DB", file);
	if (c->mode < 0)
		return err_note(HK_CONF, "hookkeeper.mode is not set: write \"mode = test\" or "
		    "\"mode = live\" under [hookkeeper] in %s, or set HOOKKEEPER_MODE", file);
	return HK_OK;
}

static struct whole *
whole_new(void)
{
	struct arena	*a = arena_new(ARENA_MOST);
	struct whole	*w = a != NULL ? arena_zero(a, sizeof(*w)) : NULL;

	if (w == NULL) {
		arena_free(a);
		return NULL;
	}
	w->conf.arena = a;
	if (table_begin(w) != HK_OK) {
		arena_free(a);
		return NULL;
	}
	return w;
}

enum hk_err
conf_parse(struct conf **out, const char *file, struct span text, bool private_file,
    const char *const *env, bool need_db)
{
	struct whole	*w = whole_new();
	struct conf	*c;
	enum hk_err	 e = HK_OK, by_env;
	size_t		 i;

	if (w == NULL)
		return conf_nomem();
	c = &w->conf;
	if (file != NULL && (c->file = path_from(c->arena, NULL, file)) == NULL)
		e = conf_nomem();
	if (e == HK_OK && text.p != NULL)
		e = conf_read_text(w, c->file, text, private_file);
	by_env = conf_read_env(w, env);
	if (e == HK_OK)
		e = by_env;
	if (e == HK_OK && (e = set_paths(w)) == HK_OK &&
	    (e = check_paths(c, env)) == HK_OK && (e = check_verify(w)) == HK_OK &&
	    (e = conf_keys(w)) == HK_OK && (e = custom_check(w)) == HK_OK &&
	    (e = channel_check(w)) == HK_OK)
		for (i = 0; i < conf_senders(c) && e == HK_OK; i++)
			e = conf_secrets(w, i, c->file, env);
	if (e == HK_OK && need_db)
		e = check_needed(c);
	if (e == HK_OK)
		*out = c;
	else
		conf_free(c);
	return e;
}

void
conf_free(struct conf *c)
{
	struct whole	*w = (struct whole *)c;
	struct wipe	*wipe;

	if (c == NULL)
		return;
	for (wipe = w->wipe; wipe != NULL; wipe = wipe->next)
		explicit_bzero(wipe->p, wipe->len);
	arena_free(c->arena);
}

const struct conf_sender *
conf_sender(const struct conf *c, const char *name)
{
	size_t	i;

	for (i = 0; i < conf_senders(c); i++)
		if (strcmp(c->sender[i].name, name) == 0)
			return &c->sender[i];
	return NULL;
}

const struct conf_channel *
conf_channel(const struct conf *c, struct span name)
{
	for (size_t i = 0; i < c->nchannel; i++)
		if (span_is(name, c->channel[i].name))
			return &c->channel[i];
	return NULL;
}

bool
conf_wants(const struct conf_sender *s, struct span type)
{
	const char	*p;
	size_t		 n;

	if (type.p == NULL)
		type = SPAN("");
	for (p = s->events; *(p += strspn(p, " \t")) != '\0'; p += n) {
		n = strcspn(p, " \t");
		if (p[n - 1] == '*' ? type.len >= n - 1 && memcmp(type.p, p, n - 1) == 0 :
		    span_eq(type, span_of(p, n)))
			return true;
	}
	return false;
}
