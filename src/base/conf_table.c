/* The table of settings, made from conf.def, and what a wrong name may mean. */
#include <stdio.h>

#include "base/conf_part.h"

const char *const conf_sender_name[CONF_SENDERS] = { "stripe", "clerk", "resend" };

const char *const conf_secret_env[CONF_SENDERS][3] = {
	{ "STRIPE_WEBHOOK_SECRET", NULL },
	{ "CLERK_WEBHOOK_SECRET", "CLERK_WEBHOOK_SIGNING_SECRET", NULL },
	{ "RESEND_WEBHOOK_SECRET", NULL },
};

#define FIELD(n, field)	(offsetof(struct conf, sender) + \
	    (n) * sizeof(struct conf_sender) + offsetof(struct conf_sender, field))

const struct conf_row conf_rows[CONF_ROWS] = {
#define INT(field, section, key, env, least, most, def, unit, sentence) \
	{ section, key, env, KIND_INT, offsetof(struct conf, field), least, most, def, \
	  NULL, NULL, unit, sentence },
#define STR(field, section, key, env, def, sentence) \
	{ section, key, env, KIND_STR, offsetof(struct conf, field), 0, 0, 0, \
	  def, NULL, NULL, sentence },
#define PICK(field, section, key, env, choices, def, sentence) \
	{ section, key, env, KIND_PICK, offsetof(struct conf, field), 0, 0, def, \
	  NULL, choices, NULL, sentence },
#include "base/conf.def"

#define SENDER_STR(field, key, def, sentence) \
	{ "stripe", key, NULL, KIND_STR, FIELD(0, field), 0, 0, 0, def, NULL, NULL, sentence },
#define SENDER_PICK(field, key, choices, def, sentence) \
	{ "stripe", key, NULL, KIND_PICK, FIELD(0, field), 0, 0, def, NULL, choices, NULL, \
	  sentence },
#include "base/conf.def"

#define SENDER_STR(field, key, def, sentence) \
	{ "clerk", key, NULL, KIND_STR, FIELD(1, field), 0, 0, 0, def, NULL, NULL, sentence },
#define SENDER_PICK(field, key, choices, def, sentence) \
	{ "clerk", key, NULL, KIND_PICK, FIELD(1, field), 0, 0, def, NULL, choices, NULL, \
	  sentence },
#include "base/conf.def"

#define SENDER_STR(field, key, def, sentence) \
	{ "resend", key, NULL, KIND_STR, FIELD(2, field), 0, 0, 0, def, NULL, NULL, sentence },
#define SENDER_PICK(field, key, choices, def, sentence) \
	{ "resend", key, NULL, KIND_PICK, FIELD(2, field), 0, 0, def, NULL, choices, NULL, \
	  sentence },
#include "base/conf.def"
};

size_t
row_find(const char *section, const char *key)
{
	size_t	i;

	for (i = 0; i < CONF_ROWS; i++)
		if (strcmp(conf_rows[i].section, section) == 0 &&
		    strcmp(conf_rows[i].key, key) == 0)
			break;
	return i;
}

bool
row_is_secret(const struct conf_row *row)
{
	return strcmp(row->key, "secrets") == 0;
}

bool
row_is_list(const struct conf_row *row)
{
	return row_is_secret(row) || strcmp(row->key, "events") == 0 ||
	    strcmp(row->key, "instances") == 0;
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
section_known(const char *section)
{
	size_t	i;

	for (i = 0; i < CONF_ROWS; i++)
		if (strcmp(conf_rows[i].section, section) == 0)
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
row_suggest(char *out, size_t room, const char *section, const char *key)
{
	const struct conf_row	*row, *best = NULL;
	unsigned int		 least = 3;
	bool			 known = section_known(section);

	for (row = conf_rows; row < conf_rows + CONF_ROWS; row++)
		if (known && strcmp(row->key, key) == 0) {
			snprintf(out, room, "it belongs under [%s]", row->section);
			return;
		}
	for (row = conf_rows; row < conf_rows + CONF_ROWS; row++)
		if (known && strcmp(row->section, section) != 0)
			continue;
		else if (near(known ? key : section, known ? row->key : row->section, &least))
			best = row;
	if (best != NULL)
		snprintf(out, room, "did you mean %s%s%s?", known ? "" : "[",
		    known ? best->key : best->section, known ? "" : "]");
	else
		snprintf(out, room, "`hookkeeper config --help` lists what there is");
}
