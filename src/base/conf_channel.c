/* [command NAME] and [mail NAME] sections and [unkey]: what their settings may say. */
#include <ctype.h>
#include <stdio.h>

#include "base/conf_part.h"
#include "base/mailbox.h"

#define STEP_MOST	64	/* bytes of a name in a path */
#define TYPE_MOST	128

/* ---- the section ---------------------------------------------------------- */

static const char *const kinds[] = { [CHANNEL_COMMAND] = "command", [CHANNEL_MAIL] = "mail" };
#define KINDS	(sizeof(kinds) / sizeof(kinds[0]))

static size_t
kind_of(const char *section)
{
	size_t	k = 0;

	for (; k < KINDS; k++) {
		size_t	n = strlen(kinds[k]);

		if (strncmp(section, kinds[k], n) == 0 && !isalnum((unsigned char)section[n]))
			break;
	}
	return k;
}

bool
channel_meant(const char *section)
{
	return kind_of(section) < KINDS;
}

/* Behind "command "; NULL: not of that form. */
static const char *
name_in(const char *section, size_t kind)
{
	const char	*name = section + strlen(kinds[kind]) + 1;
	size_t		 n;

	if (section[strlen(kinds[kind])] != ' ')
		return NULL;
	n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-");
	return n > 0 && n <= CONF_CUSTOM_NAME && name[n] == '\0' ? name : NULL;
}

enum hk_err
channel_section(struct whole *w, const char *section, const struct place *here)
{
	struct conf		*c = &w->conf;
	size_t			 kind = kind_of(section);
	const char		*name = name_in(section, kind);
	struct conf_channel	*ch = &c->channel[c->nchannel];

	if (name == NULL)
		return conf_wrong(here, "[%.60s] is not of the form [%s NAME], where NAME has "
		    "1 to %d of a-z 0-9 _ -", section, kinds[kind], CONF_CUSTOM_NAME);
	for (size_t i = 0; i < c->nchannel; i++)
		if (strcmp(c->channel[i].section, section) == 0)
			return HK_OK;
	if (c->nchannel == CONF_CHANNELS_MOST)
		return conf_wrong(here, "[%s] is one too many: there can be %d [command NAME] and "
		    "[mail NAME] sections", section, CONF_CHANNELS_MOST);
	ch->kind = (enum conf_channel_kind)kind;
	if ((ch->name = arena_printf(c->arena, "%s:%s", kinds[kind], name)) == NULL ||
	    (ch->section = arena_str(c->arena, span_str(section))) == NULL)
		return conf_nomem();
	w->channel[c->nchannel].line = here->line;
	return table_channel(w, c->nchannel++);
}

/* ---- its settings --------------------------------------------------------- */

static bool
absolute(struct span s)
{
	return s.len > 1 && s.p[0] == '/' && s.p[s.len - 1] != '/';
}

/* As the patterns of an endpoint: names, "name.*" and "*". */
static bool
types(struct span s)
{
	while (s.p != NULL) {
		struct span	one = span_trim(span_cut(&s, ' '));

		if (span_is(one, "*"))
			continue;
		if (one.len > 2 && one.p[one.len - 1] == '*' && one.p[one.len - 2] == '.')
			one.len -= 2;
		if (one.len > TYPE_MOST || (one.len > 0 && (one.p[0] == '.' || one.p[one.len - 1] == '.')))
			return false;
		for (size_t i = 0; i < one.len; i++)
			if (!isalnum((unsigned char)one.p[i]) && memchr("._-/:", one.p[i], 5) == NULL)
				return false;
	}
	return true;
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
recipient(struct span s)
{
	return memchr(s.p, '@', s.len) != NULL ? mailbox_good(s) :
	    path(s) && span_starts(s, "data.");
}

static bool
sender(struct span s)
{
	struct span	name, address;

	return mailbox_split(s, &name, &address);
}

static bool
key_id(struct span s)
{
	struct span	kind = span_cut(&s, ':');

	return s.p != NULL ? span_is(kind, "metadata") && path(s) : span_is(kind, "external_id");
}

#define PATH	absolute, "is an absolute path (it begins with /)"
#define TYPES	types, "has types as user.created, beginnings of some as user.*, or *"

struct rule {
	int		  row;
	bool		  needed;
	bool		(*right)(struct span);
	const char	 *must;
};

static const struct rule command_rules[] = {
	{ COMMAND_ROW_types,	true,	TYPES },
	{ COMMAND_ROW_path,	true,	PATH },
};
static const struct rule mail_rules[] = {
	{ MAIL_ROW_types,	true,	TYPES },
	{ MAIL_ROW_to,		false,	recipient, "is an address, or data. and names joined by dots" },
	{ MAIL_ROW_from,	true,	sender, "is an address, or NAME <ADDRESS>" },
	{ MAIL_ROW_template,	false,	PATH },
	{ MAIL_ROW_sendmail,	false,	PATH },
};

static enum hk_err
check_one(struct whole *w, size_t channel, const struct rule *rule)
{
	const struct setting	*s = &w->set[w->channel[channel].first + (size_t)rule->row];
	const char		*value = *(const char **)set_field(s, &w->conf);
	struct place		 here = place_of(w, s);

	if (value == NULL && rule->needed) {
		here.line = w->channel[channel].line;
		return conf_wrong(&here, "%s.%s is missing: it %s", s->section, s->row->key,
		    rule->must);
	}
	if (value != NULL && !rule->right(span_str(value)))
		return conf_wrong(&here, "%s.%s %s; not \"%.80s\"", s->section, s->row->key,
		    rule->must, value);
	return HK_OK;
}

/* In clear only to ourselves: whether that may be asked is outbox.allow_private's. */
static bool
api_good(struct span s)
{
	static const char	here[] = "http://127.0.0.1";
	size_t			n = strlen(here);

	if (s.p[s.len - 1] == '/' || !span_graph(s, 200))
		return false;
	return (span_starts(s, "https://") && s.len > strlen("https://")) ||
	    (span_starts(s, here) && (s.len == n || s.p[n] == ':'));
}

static enum hk_err
check_unkey(struct whole *w)
{
	const struct conf	*c = &w->conf;
	struct place		 here;

	if (!api_good(span_str(c->unkey_api))) {
		here = place_of(w, &w->set[ROW_unkey_api]);
		return conf_wrong(&here, "unkey.api is an address as https://api.unkey.com without "
		    "a / at its end; not \"%.80s\"", c->unkey_api);
	}
	if (!key_id(span_str(c->unkey_key_id_from))) {
		here = place_of(w, &w->set[ROW_unkey_key_id_from]);
		return conf_wrong(&here, "unkey.key_id_from is external_id, or metadata:PATH, PATH of "
		    "1 to %d names joined by dots; not \"%.80s\"", CONF_PATH_STEPS,
		    c->unkey_key_id_from);
	}
	if (c->unkey_root_key != NULL && !span_graph(span_str(c->unkey_root_key), 512)) {
		here = place_of(w, &w->set[ROW_unkey_root_key]);
		return conf_wrong(&here, "unkey.root_key has printable ASCII characters without "
		    "blanks, as Unkey shows it");
	}
	return HK_OK;
}

enum hk_err
channel_check(struct whole *w)
{
	enum hk_err	e = check_unkey(w);

	for (size_t i = 0; i < w->conf.nchannel; i++) {
		bool			 mail = w->conf.channel[i].kind == CHANNEL_MAIL;
		const struct rule	*rule = mail ? mail_rules : command_rules;
		size_t			 n = mail ? sizeof(mail_rules) / sizeof(*rule) :
					    sizeof(command_rules) / sizeof(*rule);

		for (; n > 0 && e == HK_OK; rule++, n--)
			e = check_one(w, i, rule);
	}
	return e;
}
