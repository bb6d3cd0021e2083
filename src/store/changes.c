/* changes - what is changed in the books, by SQLite's preupdate hook. */
#define SQLITE_ENABLE_PREUPDATE_HOOK	1	/* what sqlite3.h shows; Debian's library has it */

#include "store/changes.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/codec.h"
#include "store/private.h"

/*
 * The books' tables.  Untold are columns that nobody is to see again, that another
 * row of the same event tells, or that are always the same.
 */
static const struct {
	const char	*name;
	const char	*untold[5];
	const char	*quiet[2];	/* rows whose column has this value are not told at all */
} tables[] = {
	/* the transfer tells of both sides; the system's is in every one */
	{ "account", { "application" }, { "owner_kind", "system" } },
	{ "api_key", { "hash", "sealed" }, { NULL } },
	{ "checkout", { NULL }, { NULL } },
	{ "clerk_session", { NULL }, { NULL } },
	{ "dispute", { NULL }, { NULL } },
	{ "email", { NULL }, { NULL } },
	{ "email_history", { NULL }, { NULL } },
	{ "invoice", { NULL }, { NULL } },
	{ "membership", { NULL }, { NULL } },
	/* the payload has keys in clear, and else what the other rows tell */
	{ "message", { "payload", "cause", "owner_kind", "owner" }, { NULL } },
	{ "organization", { NULL }, { NULL } },
	{ "payment", { NULL }, { NULL } },
	{ "payment_alias", { NULL }, { NULL } },
	{ "payment_taking", { NULL }, { NULL } },
	{ "period_grant", { NULL }, { NULL } },
	{ "period_share", { NULL }, { NULL } },
	{ "plan", { NULL }, { NULL } },
	{ "refund", { NULL }, { NULL } },
	{ "refund_failed", { NULL }, { NULL } },
	{ "site_user", { NULL }, { NULL } },
	{ "stripe_customer", { NULL }, { NULL } },
	{ "subscription", { NULL }, { NULL } },
	{ "subscription_item", { NULL }, { NULL } },
	{ "suppression", { NULL }, { NULL } },
	{ "transfer", { NULL }, { NULL } },
};
#define TABLES	(sizeof(tables) / sizeof(tables[0]))
#define COLUMNS	24	/* further ones are not told */
#define LEAD	64	/* bytes of a column's name in JSON; one with a longer name is not told */

/* What a row takes at most: every byte of a value may be escaped by six. */
#define VALUE_MOST	(6 * (CHANGES_TEXT + 3) + 2)
#define ROW_MOST	((size_t)(2 * COLUMNS * (LEAD + VALUE_MOST) + VALUE_MOST + 256))

/* A connection's: SQLite tells the hook values, but no names. */
struct columns {
	struct table {
		struct column {
			char	 lead[LEAD];	/* "\"name\":" */
			uint8_t	 len;		/* of it; 0: not told */
			bool	 key;
		}	column[COLUMNS];
		int	 n, keys;
		int	 quiet;			/* tables[].quiet's column; -1: none */
	}	table[TABLES];
};

static bool
is_untold(size_t table, const char *column)
{
	/* The event is the one that is looked at, and the times are those of it. */
	static const char *const	everywhere[] = { "created_at", "updated_at", "event" };

	for (size_t i = 0; i < sizeof(everywhere) / sizeof(everywhere[0]); i++)
		if (strcmp(everywhere[i], column) == 0)
			return true;
	for (size_t i = 0; tables[table].untold[i] != NULL; i++)
		if (strcmp(tables[table].untold[i], column) == 0)
			return true;
	return false;
}

static int
columns_of(sqlite3_stmt *q, size_t i, struct table *t)
{
	int	rc;

	t->quiet = -1;
	sqlite3_reset(q);
	if ((rc = sqlite3_bind_text(q, 1, tables[i].name, -1, SQLITE_STATIC)) != SQLITE_OK)
		return rc;
	while ((rc = sqlite3_step(q)) == SQLITE_ROW && t->n < COLUMNS) {
		const char	*name = (const char *)sqlite3_column_text(q, 0);
		struct column	*c = &t->column[t->n];

		if (name == NULL)
			return SQLITE_NOMEM;
		if (!is_untold(i, name) && strlen(name) + 4 <= LEAD)
			c->len = (uint8_t)snprintf(c->lead, LEAD, "\"%s\":", name);
		c->key = sqlite3_column_int(q, 1) > 0;
		t->keys += c->key;
		if (tables[i].quiet[0] != NULL && strcmp(name, tables[i].quiet[0]) == 0)
			t->quiet = t->n;
		t->n++;
	}
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

void
columns_free(struct columns *c)
{
	free(c);
}

/* NULL: no memory, or an error that will be met again. */
static struct columns *
columns_load(struct db *db)
{
	struct columns	*c = calloc(1, sizeof(*c));
	sqlite3_stmt	*q = NULL;
	int		 rc;

	if (c == NULL)
		return NULL;
	rc = sqlite3_prepare_v2(db->sql, "SELECT name, pk FROM pragma_table_info(?1)", -1, &q, NULL);
	for (size_t i = 0; rc == SQLITE_OK && i < TABLES; i++)
		rc = columns_of(q, i, &c->table[i]);
	sqlite3_finalize(q);
	if (rc == SQLITE_OK)
		return c;
	columns_free(c);
	return NULL;
}

void
changes_init(struct changes *c)
{
	*c = (struct changes){ .text = NULL };
}

void
changes_release(struct changes *c)
{
	free(c->text);
	changes_init(c);
}

/* ---- JSON, into memory that is large enough ------------------------------------- */

static char *
put(char *p, const char *s)
{
	size_t	n = strlen(s);

	memcpy(p, s, n);
	return p + n;
}

static char *
put_int(char *p, int64_t n)
{
	char		 digits[24], *d = digits + sizeof(digits);
	uint64_t	 left = n < 0 ? -(uint64_t)n : (uint64_t)n;
	size_t		 len;

	do
		*--d = (char)('0' + left % 10);
	while ((left /= 10) != 0);
	if (n < 0)
		*--d = '-';
	len = (size_t)(digits + sizeof(digits) - d);
	memcpy(p, d, len);
	return p + len;
}

/* At most so many bytes, whole characters. */
static struct span
cut(struct span s)
{
	if (s.len <= CHANGES_TEXT)
		return s;
	s.len = CHANGES_TEXT;
	while (s.len > 0 && ((unsigned char)s.p[s.len] & 0xC0) == 0x80)
		s.len--;
	return s;
}

/* What a string cannot hold as it is; text: bytes above 0x7F are UTF-8. */
static char *
put_odd(char *p, unsigned char c, bool text)
{
	static const char	hex[] = "0123456789abcdef";

	if (c < 0x20) {
		p = put(p, "\\u00");
		*p++ = hex[c >> 4];
		*p++ = hex[c & 15];
	} else if (c >= 0x80)
		*p++ = text ? (char)c : '?';
	else {
		*p++ = '\\';
		*p++ = (char)c;
	}
	return p;
}

static bool
is_odd(unsigned char c)
{
	return c < 0x20 || c >= 0x80 || c == '"' || c == '\\';
}

/* The inside of a string.  Bytes that are no text become '?'. */
static char *
put_text(char *p, struct span s)
{
	bool	known = false, text = false;

	for (size_t i = 0; i < s.len; i++) {
		unsigned char	c = (unsigned char)s.p[i];

		if (!is_odd(c)) {
			*p++ = (char)c;
			continue;
		}
		if (c >= 0x80 && !known) {
			text = utf8_valid(s);
			known = true;
		}
		p = put_odd(p, c, text);
	}
	return p;
}

static struct span
text_of(sqlite3_value *v)
{
	/* The bytes of a text; sqlite3_value_text() would copy them for a NUL. */
	const char	*s = sqlite3_value_blob(v);

	return s != NULL ? span_of(s, (size_t)sqlite3_value_bytes(v)) : SPAN("");
}

static char *
put_value(char *p, sqlite3_value *v)
{
	struct span	s, shown;

	switch (sqlite3_value_type(v)) {
	case SQLITE_INTEGER:
		return put_int(p, sqlite3_value_int64(v));
	case SQLITE_NULL:
		return put(p, "null");
	default:
		s = text_of(v);
		shown = cut(s);
		*p++ = '"';
		p = put_text(p, shown);
		return put(p, shown.len < s.len ? "...\"" : "\"");
	}
}

/* ---- rows ----------------------------------------------------------------------- */

/* Its number; TABLES: none of the books'. */
static size_t
table_find(const char *name)
{
	size_t	i = 0;

	while (i < TABLES && (tables[i].name[0] != name[0] || strcmp(tables[i].name, name) != 0))
		i++;
	return i;
}

static bool
same(sqlite3_value *a, sqlite3_value *b)
{
	int	 type = sqlite3_value_type(a);

	if (type != sqlite3_value_type(b))
		return false;
	if (type == SQLITE_INTEGER)
		return sqlite3_value_int64(a) == sqlite3_value_int64(b);
	if (type == SQLITE_NULL)
		return true;
	return sqlite3_value_bytes(a) == sqlite3_value_bytes(b) &&
	    memcmp(sqlite3_value_blob(a), sqlite3_value_blob(b),
	    (size_t)sqlite3_value_bytes(a)) == 0;
}

/* NULL: SQLite has no memory for it. */
static sqlite3_value *
value_of(sqlite3 *sql, int op, int i)
{
	sqlite3_value	*v = NULL;

	if (op == SQLITE_INSERT)
		sqlite3_preupdate_new(sql, i, &v);
	else
		sqlite3_preupdate_old(sql, i, &v);
	return v;
}

static bool
is_quiet(size_t i, const struct table *t, sqlite3 *sql, int op)
{
	sqlite3_value	*v = t->quiet != -1 ? value_of(sql, op, t->quiet) : NULL;

	return v != NULL && span_is(text_of(v), tables[i].quiet[1]);
}

/* An only number stays one. */
static char *
put_key(char *p, const struct table *t, sqlite3 *sql, int op)
{
	const char	*from = p;

	for (int i = 0; i < t->n && p - from < CHANGES_TEXT; i++) {
		sqlite3_value	*v = t->column[i].key ? value_of(sql, op, i) : NULL;

		if (v == NULL)
			continue;
		if (t->keys == 1 && sqlite3_value_type(v) == SQLITE_INTEGER)
			return put_int(p, sqlite3_value_int64(v));
		*p = p == from ? '"' : ' ';
		p++;
		if (sqlite3_value_type(v) == SQLITE_INTEGER)
			p = put_int(p, sqlite3_value_int64(v));
		else
			p = put_text(p, cut(text_of(v)));
	}
	if (p == from)
		*p++ = '"';
	*p++ = '"';
	return p;
}

static char *
put_name(char *p, const struct column *c, bool first)
{
	if (!first)
		*p++ = ',';
	memcpy(p, c->lead, c->len);
	return p + c->len;
}

/* Of a row that comes or goes: what is NULL says nothing, and the key was told. */
static char *
put_row(char *p, const struct table *t, sqlite3 *sql, int op)
{
	bool	first = true;

	for (int i = 0; i < t->n; i++) {
		const struct column	*c = &t->column[i];
		sqlite3_value		*v = c->len > 0 && !c->key ? value_of(sql, op, i) : NULL;

		if (v == NULL || sqlite3_value_type(v) == SQLITE_NULL)
			continue;
		p = put_value(put_name(p, c, first), v);
		first = false;
	}
	return p;
}

/* What differs; nothing when nothing does. */
static char *
put_difference(char *p, const struct table *t, sqlite3 *sql)
{
	bool	first = true;

	for (int i = 0; i < t->n; i++) {
		sqlite3_value	*old = NULL, *new = NULL;

		if (t->column[i].len == 0 ||
		    sqlite3_preupdate_new(sql, i, &new) != SQLITE_OK ||
		    sqlite3_preupdate_old(sql, i, &old) != SQLITE_OK ||
		    old == NULL || new == NULL || same(old, new))
			continue;
		p = put_name(p, &t->column[i], first);
		first = false;
		*p++ = '[';
		p = put_value(p, old);
		*p++ = ',';
		p = put_value(p, new);
		*p++ = ']';
	}
	return p;
}

/* *said: whether there is anything to tell of it. */
static char *
put_change(char *p, size_t i, const struct table *t, sqlite3 *sql, int op, bool *said)
{
	const char	*from;

	p = put(p, "[\"");
	p = put(p, tables[i].name);
	p = put(p, op == SQLITE_INSERT ? "\",\"+\"," : op == SQLITE_UPDATE ? "\",\"=\"," :
	    "\",\"-\",");
	p = put_key(p, t, sql, op);
	p = put(p, ",{");
	from = p;
	p = op == SQLITE_UPDATE ? put_difference(p, t, sql) : put_row(p, t, sql, op);
	*said = op != SQLITE_UPDATE || p != from;
	return put(p, "}]");
}

static void
changed(void *ctx, sqlite3 *sql, int op, const char *schema, const char *name,
    sqlite3_int64 was, sqlite3_int64 is)
{
	struct changes		*c = ctx;
	size_t			 i = table_find(name);
	const struct table	*t = &c->columns->table[i];
	char			*p;
	bool			 said = true;

	(void)schema, (void)was, (void)is;
	if (i == TABLES || is_quiet(i, t, sql, op))
		return;
	if (c->text == NULL)
		c->text = malloc(CHANGES_MOST + 2 * ROW_MOST);
	if (c->text == NULL) {
		c->left_out++;
		return;
	}
	/* Once it is full the row is written behind the end, and then forgotten. */
	p = c->text + c->len;
	*p++ = c->rows == 0 ? '[' : ',';
	p = put_change(p, i, t, sql, op, &said);
	if (!said)
		return;
	if (c->rows == CHANGES_ROWS || c->len > CHANGES_MOST) {
		c->left_out++;
		return;
	}
	c->rows++;
	c->len = (size_t)(p - c->text);
}

void
changes_start(struct changes *c, struct db *db)
{
	c->rows = c->left_out = 0;
	c->len = 0;
	if (db->columns == NULL)
		db->columns = columns_load(db);
	if ((c->columns = db->columns) != NULL)
		sqlite3_preupdate_hook(db->sql, changed, c);
}

void
changes_stop(struct changes *c, struct db *db)
{
	sqlite3_preupdate_hook(db->sql, NULL, NULL);
	if (c->rows == 0)
		return;
	if (c->left_out > 0)
		c->len += (size_t)snprintf(c->text + c->len, 64, ",[null,\"more\",%lld]",
		    (long long)c->left_out);
	c->text[c->len++] = ']';
}

struct span
changes_text(struct changes *c)
{
	return c->rows > 0 ? span_of(c->text, c->len) : SPAN_NULL;
}
