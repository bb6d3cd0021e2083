/* How a configured sender signs: its rules, and its template put to use. */
#include "sign/shared.h"

#include <assert.h>

#define NAME_MAX_LEN	64
#define PREFIX_MAX	32
#define TEMPLATE_MAX	128
#define SEPARATORS	";,&| "

static const char *const parts[HOW_PARTS] = {
	[HOW_TIMESTAMP]	= "{timestamp}",
	[HOW_ID]	= "{id}",
	[HOW_BODY]	= "{body}",
};

bool
how_cut(struct span *rest, struct span *text, enum how_part *part)
{
	const char	*brace = memchr(rest->p, '{', rest->len);
	size_t		 n = brace != NULL ? (size_t)(brace - rest->p) : rest->len;

	*part = HOW_TEXT;
	for (int i = HOW_TEXT + 1; i < HOW_PARTS && brace == rest->p; i++)
		if (span_starts(*rest, parts[i])) {
			*part = (enum how_part)i;
			n = strlen(parts[i]);
			break;
		}
	*text = span_of(rest->p, n);
	*rest = span_of(rest->p + n, rest->len - n);
	return n > 0;
}

struct span
how_template(const struct sign_how *how)
{
	return span_str(how_has(how->template) ? how->template : parts[HOW_BODY]);
}

bool
how_uses(const struct sign_how *how, enum how_part part)
{
	return strstr(how_template(how).p, parts[part]) != NULL;
}

size_t
how_pieces(struct span piece[HOW_PIECES_MAX], const struct sign_how *how,
    struct span timestamp, struct span id, struct span body)
{
	const struct span	 value[HOW_PARTS] = {
		[HOW_TIMESTAMP] = timestamp, [HOW_ID] = id, [HOW_BODY] = body,
	};
	struct span		 rest = how_template(how), text;
	enum how_part		 part;
	size_t			 n = 0;
	bool			 known;

	while (rest.len > 0) {
		known = how_cut(&rest, &text, &part);
		assert(known && n < HOW_PIECES_MAX);
		piece[n++] = part == HOW_TEXT ? text : value[part];
	}
	return n;
}

static bool
field_name(const char *s)
{
	return strlen(s) <= NAME_MAX_LEN &&
	    s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

/* Printable ASCII, blanks too, or nothing. */
static bool
printable(const char *s, size_t most)
{
	if (!how_has(s))
		return true;
	for (size_t i = 0; s[i] != '\0'; i++)
		if (i == most || s[i] < ' ' || s[i] > '~')
			return false;
	return true;
}

static enum hk_err
check_names(const struct sign_how *how)
{
	const struct {
		const char	*what, *name;
	} row[] = {
		{ "header",		how->header },
		{ "timestamp_header",	how->timestamp_header },
		{ "id_header",		how->id_header },
	};

	if (!how_has(how->header))
		return err_tell(HK_CONF, "header is missing: the name of the field that has "
		    "the signature");
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		if (!how_has(row[i].name))
			continue;
		if (!field_name(row[i].name))
			return err_tell(HK_CONF, "%s is a field name of at most %d lower-case "
			    "letters, digits and '-'", row[i].what, NAME_MAX_LEN);
		for (size_t k = 0; k < i; k++)
			if (how_has(row[k].name) && strcmp(row[i].name, row[k].name) == 0)
				return err_tell(HK_CONF, "%s and %s are the same field",
				    row[k].what, row[i].what);
	}
	return HK_OK;
}

/*
 * Pieces that touch would let one signature fit several requests, as "ab" is
 * both "a" and "b" and "ab" and "".  Digits before a body do no harm: another
 * time is far outside the window.
 */
static enum hk_err
check_template(const struct sign_how *how)
{
	struct span	rest = how_template(how), text;
	enum how_part	part, before = HOW_TEXT;
	int		count[HOW_PARTS] = { 0 };

	if (!printable(how->template, TEMPLATE_MAX))
		return err_tell(HK_CONF, "template has at most %d printable characters",
		    TEMPLATE_MAX);
	while (rest.len > 0) {
		if (!how_cut(&rest, &text, &part))
			return err_tell(HK_CONF, "template has a '{' that is not of "
			    "{timestamp}, {id} or {body}");
		if (++count[part] > 1 && part != HOW_TEXT)
			return err_tell(HK_CONF, "template has %s twice", parts[part]);
		if (part != HOW_TEXT && before != HOW_TEXT &&
		    !(before == HOW_TIMESTAMP && part == HOW_BODY))
			return err_tell(HK_CONF, "template needs a text between %s and %s",
			    parts[before], parts[part]);
		before = part;
	}
	if (count[HOW_BODY] == 0)
		return err_tell(HK_CONF, "template has no {body}, so anything could be in it");
	return HK_OK;
}

static bool
item_name(const char *s)
{
	return !how_has(s) || (span_graph(span_str(s), PREFIX_MAX) &&
	    strpbrk(s, "=" SEPARATORS) == NULL);
}

static enum hk_err
check_items(const struct sign_how *how)
{
	bool	list = how->item_separator != '\0';

	if (list && strchr(SEPARATORS, how->item_separator) == NULL)
		return err_tell(HK_CONF, "item_separator is one of ; , & | or a blank");
	if (list != how_has(how->digest_item))
		return err_tell(HK_CONF, "item_separator and digest_item go together: both for "
		    "a header that is a list, none for one that is not");
	if (!list && how_has(how->timestamp_item))
		return err_tell(HK_CONF, "timestamp_item needs an item_separator");
	if (!item_name(how->digest_item) || !item_name(how->timestamp_item))
		return err_tell(HK_CONF, "digest_item and timestamp_item have at most %d "
		    "printable characters, without = and %s", PREFIX_MAX, SEPARATORS);
	if (list && how_has(how->timestamp_item) &&
	    strcmp(how->digest_item, how->timestamp_item) == 0)
		return err_tell(HK_CONF, "digest_item and timestamp_item are the same");
	return HK_OK;
}

/* A time or id that is not signed must not look as if it protected anything. */
static enum hk_err
check_sources(const struct sign_how *how)
{
	bool	in_list = how_has(how->timestamp_item), alone = how_has(how->timestamp_header);

	if (in_list && alone)
		return err_tell(HK_CONF, "timestamp_header and timestamp_item exclude each other");
	if (how_uses(how, HOW_TIMESTAMP) && !in_list && !alone)
		return err_tell(HK_CONF, "{timestamp} in the template needs timestamp_header or "
		    "timestamp_item");
	if (!how_uses(how, HOW_TIMESTAMP) && (in_list || alone))
		return err_tell(HK_CONF, "%s is of no use: the template has no {timestamp}, so "
		    "the time is not signed", alone ? "timestamp_header" : "timestamp_item");
	if (how_uses(how, HOW_ID) && !how_has(how->id_header))
		return err_tell(HK_CONF, "{id} in the template needs id_header");
	if (!how_uses(how, HOW_ID) && how_has(how->id_header))
		return err_tell(HK_CONF, "id_header is of no use: the template has no {id}, so "
		    "the id is not signed");
	return HK_OK;
}

enum hk_err
sign_how_check(const struct sign_how *how)
{
	enum hk_err	e;

	if (how->encoding != SIGN_HEX && how->encoding != SIGN_BASE64)
		return err_tell(HK_CONF, "encoding is hex or base64");
	if (!printable(how->prefix, PREFIX_MAX))
		return err_tell(HK_CONF, "prefix has at most %d printable characters",
		    PREFIX_MAX);
	/* The header is trimmed and cut before the prefix is looked for. */
	if (how->prefix != NULL && (how->prefix[0] == ' ' || (how->item_separator != '\0' &&
	    strchr(how->prefix, how->item_separator) != NULL)))
		return err_tell(HK_CONF, "prefix begins with no blank and holds no item_separator");
	if ((e = check_names(how)) != HK_OK ||
	    (e = check_template(how)) != HK_OK ||
	    (e = check_items(how)) != HK_OK)
		return e;
	return check_sources(how);
}
