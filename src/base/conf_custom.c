/* [custom NAME] sections: their names, and what their settings may say. */
#include <ctype.h>
#include <stdio.h>

#include "base/conf_part.h"

#define WORD		"custom"
#define FIELD_MOST	64	/* characters of a field's name */
#define STEP_MOST	64	/* of a name in a body's path */
#define TEXT_MOST	128

/* ---- the section ---------------------------------------------------------- */

bool
custom_meant(const char *section)
{
	size_t	n = strlen(WORD);

	return strncmp(section, WORD, n) == 0 && !isalnum((unsigned char)section[n]);
}

/* Behind "custom "; NULL: not of that form. */
static const char *
name_in(const char *section)
{
	const char	*name = section + strlen(WORD) + 1;
	size_t		 n;

	if (section[strlen(WORD)] != ' ')
		return NULL;
	n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-");
	return n > 0 && n <= CONF_CUSTOM_NAME && name[n] == '\0' ? name : NULL;
}

/* CUSTOM_<NAME>_WEBHOOK_SECRET, and the end of the list; NULL: no memory. */
static const char *const *
variables(struct whole *w, const char *name)
{
	const char	**env = arena_zero(w->conf.arena, 2 * sizeof(*env));
	char		 *p = arena_printf(w->conf.arena, "CUSTOM_%s_WEBHOOK_SECRET", name);

	if (env == NULL || p == NULL)
		return NULL;
	env[0] = p;
	for (; *p != '\0'; p++)
		*p = *p == '-' ? '_' : (char)toupper((unsigned char)*p);
	return env;
}

enum hk_err
custom_section(struct whole *w, const char *section, const struct place *here)
{
	struct conf		*c = &w->conf;
	const char		*name = name_in(section);
	size_t			 i, n = conf_senders(c);
	struct conf_sender	*s = &c->sender[n];

	if (name == NULL)
		return conf_wrong(here, "[%.60s] is not of the form [custom NAME], where NAME has "
		    "1 to %d of a-z 0-9 _ -", section, CONF_CUSTOM_NAME);
	for (i = CONF_SENDERS; i < n; i++)
		if (strcmp(c->sender[i].section, section) == 0)
			return HK_OK;
	if (c->ncustom == CONF_CUSTOM_MOST)
		return conf_wrong(here, "[%s] is one too many: there can be %d [custom NAME] "
		    "sections", section, CONF_CUSTOM_MOST);
	if ((w->sender[n].env = variables(w, name)) == NULL ||
	    (s->name = arena_printf(c->arena, WORD ":%s", name)) == NULL ||
	    (s->section = arena_str(c->arena, span_str(section))) == NULL)
		return conf_nomem();
	for (i = CONF_SENDERS; i < n; i++)
		if (strcmp(w->sender[i].env[0], w->sender[n].env[0]) == 0)
			return conf_wrong(here, "[%s] and [%s] would share the environment "
			    "variable %s; choose another name", c->sender[i].section,
			    section, w->sender[n].env[0]);
	w->sender[n].line = here->line;
	c->ncustom++;
	return table_sender(w, n);
}

const char *
conf_where(const struct conf *c, const struct conf_sender *s, const char *key,
    struct arena *a)
{
	const struct whole	*w = (const struct whole *)c;
	size_t			 sender = (size_t)(s - c->sender);
	int			 line = w->sender[sender].line;

	for (size_t i = 0; i < CUSTOM_ROWS; i++) {
		const struct setting	*set = &w->set[w->sender[sender].first + i];

		if (strcmp(set->row->key, key) == 0 && set->line != 0)
			line = set->line;
	}
	return arena_printf(a, "%s:%d", c->file != NULL ? c->file : "configuration", line);
}

/* ---- its settings --------------------------------------------------------- */

static bool
field_name(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!isalnum((unsigned char)s.p[i]) && s.p[i] != '-')
			return false;
	return s.len > 0 && s.len <= FIELD_MOST;
}

static bool
text(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] < ' ' || s.p[i] > '~')
			return false;
	return s.len <= TEXT_MOST;
}

static bool
path(struct span s)
{
	for (int n = 0; s.p != NULL; n++)
		if (n == CONF_PATH_STEPS || !span_graph(span_cut(&s, '.'), STEP_MOST))
			return false;
	return true;
}

static bool
source(struct span s)
{
	struct span	kind = span_cut(&s, ':');

	return s.p != NULL && (span_is(kind, "header") ? field_name(s) :
	    span_is(kind, "body") && path(s));
}

#define H	(1u << CUSTOM_HMAC)
#define SHOWN	(1u << CUSTOM_BEARER | 1u << CUSTOM_BASIC)
#define ALL	(1u << CUSTOM_STANDARD | H | SHOWN)
#define FIELD	field_name, "is a field's name: 1 to 64 letters, digits and '-'"
#define TEXT	text, "has at most 128 printable ASCII characters"
#define SOURCE	source, "is header:NAME or body:PATH, NAME of 1 to 64 letters, digits and '-', " \
		"PATH of 1 to 6 names joined by dots"

_Static_assert(FIELD_MOST == 64 && TEXT_MOST == 128 && CONF_PATH_STEPS == 6,
    "the sentences say so");

static const struct rule {
	int		 row;
	unsigned int	 schemes;		/* that make use of it */
	bool		 (*right)(struct span);	/* NULL: the table has seen to it */
	const char	*must;
} rules[] = {
	{ CUSTOM_ROW_header,		H | SHOWN,	FIELD },
	{ CUSTOM_ROW_prefix,		H,		TEXT },
	{ CUSTOM_ROW_encoding,		H,		NULL, NULL },
	{ CUSTOM_ROW_template,		H,		TEXT },
	{ CUSTOM_ROW_timestamp_header,	H,		FIELD },
	{ CUSTOM_ROW_item_separator,	H,		NULL, NULL },
	{ CUSTOM_ROW_digest_item,	H,		TEXT },
	{ CUSTOM_ROW_timestamp_item,	H,		TEXT },
	{ CUSTOM_ROW_id_from,		ALL,		SOURCE },
	{ CUSTOM_ROW_type_from,		ALL,		SOURCE },
	{ CUSTOM_ROW_lane_from,		ALL,		SOURCE },
	{ CUSTOM_ROW_occurred_from,	ALL,		SOURCE },
	{ CUSTOM_ROW_challenge_from,	ALL,		SOURCE },
};
#define NRULES	(sizeof(rules) / sizeof(rules[0]))

static const char *const scheme_names[] = {
	[CUSTOM_STANDARD] = "standard", [CUSTOM_HMAC] = "hmac",
	[CUSTOM_BEARER] = "bearer", [CUSTOM_BASIC] = "basic",
};

/* Field names are lower case with us; of a body's path every letter counts. */
static enum hk_err
fold(struct whole *w, const char **value)
{
	char	*copy = arena_str(w->conf.arena, span_str(*value));

	if (copy == NULL)
		return conf_nomem();
	*value = copy;
	for (; *copy != '\0'; copy++)
		*copy = (char)tolower((unsigned char)*copy);
	return HK_OK;
}

/* A field that is never kept must not get into a column by another way. */
static bool
is_credential(const struct conf_custom *cu, const char *from)
{
	const char	*name = from + strlen("header:");

	return strncmp(from, "header:", strlen("header:")) == 0 &&
	    (strcmp(name, "authorization") == 0 || strcmp(name, "proxy-authorization") == 0 ||
	    strcmp(name, "cookie") == 0 || ((1u << cu->scheme & SHOWN) != 0 &&
	    cu->header != NULL && strcmp(name, cu->header) == 0));
}

static enum hk_err
check_one(struct whole *w, const struct conf_custom *cu, const struct rule *rule,
    const struct setting *s)
{
	struct place	 here = place_of(w, s);
	const char	**value = set_field(s, &w->conf);
	enum hk_err	 e;

	if ((rule->schemes & 1u << cu->scheme) == 0)
		return conf_wrong(&here, "%s.%s is not used with scheme = %s; remove the line, or "
		    "set the scheme it is for", s->section, s->row->key,
		    scheme_names[cu->scheme]);
	if (rule->right == NULL)
		return HK_OK;
	if (!rule->right(span_str(*value)))
		return conf_wrong(&here, "%s.%s %s; not \"%.80s\"", s->section, s->row->key,
		    rule->must, *value);
	if ((rule->right == field_name || strncmp(*value, "header:", 7) == 0) &&
	    (e = fold(w, value)) != HK_OK)
		return e;
	if (rule->right == source && is_credential(cu, *value))
		return conf_wrong(&here, "%s.%s names a field with a secret, which is never kept; "
		    "take another", s->section, s->row->key);
	return HK_OK;
}

/* What one setting asks of another. */
static enum hk_err
check_together(struct whole *w, size_t sender)
{
	const struct conf_sender *s = &w->conf.sender[sender];
	const struct conf_custom *cu = &s->custom;
	struct place		  here;

	if (cu->scheme == CUSTOM_HMAC && cu->header == NULL) {
		here = place_of(w, set_of(w, sender, CUSTOM_ROW_scheme));
		return conf_wrong(&here, "%s.header is missing: scheme = hmac needs the name of "
		    "the field that has the signature", s->section);
	}
	if (cu->template != NULL && strstr(cu->template, "{id}") != NULL &&
	    (cu->id_from == NULL || strncmp(cu->id_from, "header:", 7) != 0)) {
		here = place_of(w, set_of(w, sender, CUSTOM_ROW_template));
		return conf_wrong(&here, "%s.signed has {id}, so %s.id_from must be header:NAME, "
		    "the field that has it", s->section, s->section);
	}
	return HK_OK;
}

enum hk_err
custom_check(struct whole *w)
{
	enum hk_err	e = HK_OK;

	for (size_t i = CONF_SENDERS; i < conf_senders(&w->conf) && e == HK_OK; i++) {
		for (size_t k = 0; k < NRULES && e == HK_OK; k++) {
			const struct setting	*s = set_of(w, i, rules[k].row);

			if (s->line != 0)
				e = check_one(w, &w->conf.sender[i].custom, &rules[k], s);
		}
		if (e == HK_OK)
			e = check_together(w, i);
	}
	return e;
}
