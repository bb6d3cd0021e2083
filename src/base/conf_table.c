/* The table of settings, made from conf.def, and what a wrong name may mean. */
#include <stdio.h>

#include "base/conf_part.h"

const char *const conf_sender_name[CONF_SENDERS] = { "stripe", "clerk", "resend" };

const char *const conf_secret_env[CONF_SENDERS][3] = {
	{ "STRIPE_WEBHOOK_SECRET", NULL },
	{ "CLERK_WEBHOOK_SECRET", "CLERK_WEBHOOK_SIGNING_SECRET", NULL },
	{ "RESEND_WEBHOOK_SECRET", NULL },
};

#define OWN(field)	offsetof(struct conf_sender, field)
#define CUSTOM(field)	offsetof(struct conf_sender, custom.field)

const struct conf_row rows_general[GENERAL_ROWS] = {
#define INT(field, section, key, env, least, most, def, unit, sentence) \
	{ OF_PROGRAM, section, key, env, KIND_INT, offsetof(struct conf, field), least, most, \
	  def, NULL, NULL, unit, sentence },
#define STR(field, section, key, env, def, sentence) \
	{ OF_PROGRAM, section, key, env, KIND_STR, offsetof(struct conf, field), 0, 0, 0, \
	  def, NULL, NULL, sentence },
#define PICK(field, section, key, env, choices, def, sentence) \
	{ OF_PROGRAM, section, key, env, KIND_PICK, offsetof(struct conf, field), 0, 0, def, \
	  NULL, choices, NULL, sentence },
#include "base/conf.def"
};

#define SENDER_S(of, at, key, def, sentence) \
	{ of, NULL, key, NULL, KIND_STR, at, 0, 0, 0, def, NULL, NULL, sentence },
#define SENDER_P(of, at, key, choices, def, sentence) \
	{ of, NULL, key, NULL, KIND_PICK, at, 0, 0, def, NULL, choices, NULL, sentence },

const struct conf_row rows_builtin[BUILTIN_ROWS] = {
#define SENDER_STR(field, ...)	SENDER_S(OF_SENDER, OWN(field), __VA_ARGS__)
#define SENDER_PICK(field, ...)	SENDER_P(OF_SENDER, OWN(field), __VA_ARGS__)
#define BUILTIN_STR(field, ...)	SENDER_S(OF_BUILTIN, OWN(field), __VA_ARGS__)
#include "base/conf.def"
};

const struct conf_row rows_custom[CUSTOM_ROWS] = {
#define SENDER_STR(field, ...)	SENDER_S(OF_SENDER, OWN(field), __VA_ARGS__)
#define SENDER_PICK(field, ...)	SENDER_P(OF_SENDER, OWN(field), __VA_ARGS__)
#define CUSTOM_STR(field, ...)	SENDER_S(OF_CUSTOM, CUSTOM(field), __VA_ARGS__)
#define CUSTOM_PICK(field, ...)	SENDER_P(OF_CUSTOM, CUSTOM(field), __VA_ARGS__)
#include "base/conf.def"
};

#define CHAN(field)	offsetof(struct conf_channel, field)
#define CHANNEL_S(field, key, def, sentence) \
	{ OF_CHANNEL, NULL, key, NULL, KIND_STR, CHAN(field), 0, 0, 0, def, NULL, NULL, sentence },
#define CHANNEL_I(field, key, least, most, def, unit, sentence) \
	{ OF_CHANNEL, NULL, key, NULL, KIND_INT, CHAN(field), least, most, def, NULL, NULL, unit, \
	  sentence },

const struct conf_row rows_command[COMMAND_ROWS] = {
#define CHANNEL_STR(field, ...)	CHANNEL_S(field, __VA_ARGS__)
#define COMMAND_STR(field, ...)	CHANNEL_S(field, __VA_ARGS__)
#define COMMAND_INT(field, ...)	CHANNEL_I(field, __VA_ARGS__)
#include "base/conf.def"
};

const struct conf_row rows_mail[MAIL_ROWS] = {
#define CHANNEL_STR(field, ...)	CHANNEL_S(field, __VA_ARGS__)
#define MAIL_STR(field, ...)	CHANNEL_S(field, __VA_ARGS__)
#include "base/conf.def"
};

/* One more setting, at its default. */
static void
add(struct whole *w, const struct setting *new)
{
	const struct conf_row	*row = new->row;
	void			*field = set_field(new, &w->conf);

	w->set[w->nset++] = *new;
	if (row->kind == KIND_INT)
		*(int64_t *)field = row->def;
	else if (row->kind == KIND_PICK)
		*(int *)field = (int)row->def;
	else
		*(const char **)field = row->def_text;
}

static enum hk_err
make_room(struct whole *w, size_t more)
{
	size_t		 room = w->room == 0 ? GENERAL_ROWS + CONF_SENDERS * BUILTIN_ROWS :
			    w->room * 2;
	struct setting	*set;

	if (w->nset + more <= w->room)
		return HK_OK;
	set = arena_grow(w->conf.arena, w->set, w->room * sizeof(*set), room * sizeof(*set));
	if (set == NULL)
		return conf_nomem();
	w->set = set;
	w->room = room;
	return HK_OK;
}

enum hk_err
table_sender(struct whole *w, size_t sender)
{
	bool			 builtin = sender < CONF_SENDERS;
	const struct conf_row	*row = builtin ? rows_builtin : rows_custom;
	size_t			 n = builtin ? BUILTIN_ROWS : CUSTOM_ROWS;
	struct setting		 new = { .section = w->conf.sender[sender].section,
				    .sender = sender };
	enum hk_err		 e;

	if ((e = make_room(w, n)) != HK_OK)
		return e;
	w->sender[sender].first = w->nset;
	for (; n > 0; row++, n--) {
		new.row = row;
		new.at = offsetof(struct conf, sender) + sender * sizeof(struct conf_sender) +
		    row->at;
		add(w, &new);
	}
	return HK_OK;
}

enum hk_err
table_channel(struct whole *w, size_t channel)
{
	const struct conf_channel	*ch = &w->conf.channel[channel];
	bool				 mail = ch->kind == CHANNEL_MAIL;
	const struct conf_row		*row = mail ? rows_mail : rows_command;
	size_t				 n = mail ? MAIL_ROWS : COMMAND_ROWS;
	struct setting			 new = { .section = ch->section };
	enum hk_err			 e;

	if ((e = make_room(w, n)) != HK_OK)
		return e;
	w->channel[channel].first = w->nset;
	for (; n > 0; row++, n--) {
		new.row = row;
		new.at = offsetof(struct conf, channel) + channel * sizeof(*ch) + row->at;
		add(w, &new);
	}
	return HK_OK;
}

enum hk_err
table_begin(struct whole *w)
{
	enum hk_err	e = make_room(w, GENERAL_ROWS);
	size_t		i;

	for (i = 0; i < GENERAL_ROWS && e == HK_OK; i++)
		add(w, &(struct setting){ .row = &rows_general[i], .at = rows_general[i].at,
		    .section = rows_general[i].section });
	for (i = 0; i < CONF_SENDERS && e == HK_OK; i++) {
		w->conf.sender[i].name = w->conf.sender[i].section = conf_sender_name[i];
		w->sender[i].env = conf_secret_env[i];
		e = table_sender(w, i);
	}
	return e;
}

struct setting *
table_find(struct whole *w, const char *section, const char *key)
{
	const char	*at = NULL;
	bool		 here = false;
	size_t		 i;

	for (i = 0; i < w->nset; i++) {
		if (w->set[i].section != at) {
			at = w->set[i].section;
			here = strcmp(at, section) == 0;
		}
		if (here && strcmp(w->set[i].row->key, key) == 0)
			return &w->set[i];
	}
	return NULL;
}

bool
row_is_secret(const struct conf_row *row)
{
	return strcmp(row->key, "secrets") == 0 || row == &rows_general[ROW_key] ||
	    row == &rows_general[ROW_unkey_root_key];
}

bool
row_is_list(const struct conf_row *row)
{
	return (row_is_secret(row) && row != &rows_general[ROW_unkey_root_key]) ||
	    strcmp(row->key, "events") == 0 || strcmp(row->key, "types") == 0 ||
	    strcmp(row->key, "instances") == 0 || strcmp(row->key, "trusted_proxies") == 0 ||
	    row == &rows_general[ROW_api_origins] || row == &rows_general[ROW_session_keys] ||
	    row == &rows_general[ROW_authorized_parties] || row == &rows_general[ROW_allow_private];
}

/* How many letters to put in, take out or change; 9 for "many". */
static unsigned int
distance(const char *a, const char *b)
{
	unsigned int	row[40], corner, above, best;
	size_t		i, j, na = strlen(a), nb = strlen(b);

	if (nb >= sizeof(row) / sizeof(row[0]) || na > nb + 3 || nb > na + 3)
		return 9;
	for (j = 0; j <= nb; j++)
		row[j] = (unsigned int)j;
	for (i = 1; i <= na; i++) {
		corner = row[0];
		row[0] = (unsigned int)i;
		for (j = 1; j <= nb; j++) {
			above = row[j];
			best = corner + (a[i - 1] != b[j - 1]);
			if (above + 1 < best)
				best = above + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
			corner = above;
		}
	}
	return row[nb];
}

static bool
section_known(const struct whole *w, const char *section)
{
	size_t	i;

	for (i = 0; i < w->nset; i++)
		if (strcmp(w->set[i].section, section) == 0)
			return true;
	return false;
}

/* A name of two letters is near to everything: demand that most stays. */
static bool
near(const char *given, const char *known, unsigned int *least)
{
	unsigned int	d = distance(given, known);

	if (d > 2 || d >= strlen(known) || d >= *least)
		return false;
	*least = d;
	return true;
}

void
table_suggest(const struct whole *w, char *out, size_t room, const char *section,
    const char *key)
{
	const struct setting	*s, *best = NULL;
	unsigned int		 least = 3;
	bool			 known = section_known(w, section);

	for (s = w->set; s < w->set + w->nset; s++)
		if (known && strcmp(s->row->key, key) == 0) {
			snprintf(out, room, "it belongs under [%s]", s->section);
			return;
		}
	for (s = w->set; s < w->set + w->nset; s++)
		if (known && strcmp(s->section, section) != 0)
			continue;
		else if (near(known ? key : section, known ? s->row->key : s->section, &least))
			best = s;
	if (best != NULL)
		snprintf(out, room, "did you mean %s%s%s?", known ? "" : "[",
		    known ? best->row->key : best->section, known ? "" : "]");
	else
		snprintf(out, room, "`hookkeeper config --reference` lists what there is");
}
