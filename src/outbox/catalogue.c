/* Types of message: names, patterns, and the site's own ones. */
#include "outbox/catalogue.h"

#include "base/json.h"
#include "outbox/schema.h"
#include "outbox/types.h"

#define ABOUT_MOST	500
#define JSON_MOST	65536

bool
type_name_good(struct span s)
{
	if (s.len == 0 || s.len > TYPE_MOST)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!(s.p[i] >= 'a' && s.p[i] <= 'z') && !(s.p[i] >= 'A' && s.p[i] <= 'Z') &&
		    !(s.p[i] >= '0' && s.p[i] <= '9') && memchr("._-/:", s.p[i], 5) == NULL)
			return false;
	return s.p[0] != '.' && s.p[s.len - 1] != '.';
}

/* ---- patterns ----------------------------------------------------------------- */

/* The next word off *list; len 0 at the end. */
static struct span
word(struct span *list)
{
	struct span	w;

	while (list->len > 0 && memchr(" \t\r\n", list->p[0], 4) != NULL)
		*list = span_of(list->p + 1, list->len - 1);
	w = span_of(list->p, 0);
	while (list->len > 0 && memchr(" \t\r\n", list->p[0], 4) == NULL) {
		w.len++;
		*list = span_of(list->p + 1, list->len - 1);
	}
	return w;
}

static bool
takes(struct span pattern, struct span type, bool relayed)
{
	if (pattern.len > 0 && pattern.p[pattern.len - 1] == '*') {
		pattern.len--;
		return (pattern.len > 0 || !relayed) && type.len > pattern.len &&
		    memcmp(type.p, pattern.p, pattern.len) == 0;
	}
	return span_eq(pattern, type);
}

bool
types_take(struct span patterns, struct span type, bool relayed)
{
	struct span	w;

	while ((w = word(&patterns)).len > 0)
		if (takes(w, type, relayed))
			return true;
	return false;
}

bool
types_name(struct span patterns, struct span type)
{
	struct span	w;

	while ((w = word(&patterns)).len > 0)
		if (span_eq(w, type))
			return true;
	return false;
}

static bool
pattern_good(struct span w)
{
	if (span_is(w, "*"))
		return true;
	if (w.len > 2 && w.p[w.len - 1] == '*' && w.p[w.len - 2] == '.')
		w.len -= 2;
	return type_name_good(w);
}

enum hk_err
types_good(struct span patterns)
{
	struct span	w;
	size_t		n = 0;

	while ((w = word(&patterns)).len > 0) {
		n++;
		if (!pattern_good(w))
			return err_tell(HK_SYNTAX, "types: '%.*s' is no type, nor a beginning as "
			    "user.* or *", (int)(w.len < TYPE_MOST ? w.len : TYPE_MOST), w.p);
	}
	if (n == 0)
		return err_tell(HK_SYNTAX, "types: name at least one type, or * for all");
	return HK_OK;
}

/* ---- the site's own ------------------------------------------------------------- */

static enum hk_err
json_good(const char *what, struct span text, bool object)
{
	struct json	*root = NULL;
	enum hk_err	 e = HK_OK;

	if (text.p == NULL)
		return HK_OK;
	if (text.len > JSON_MOST || json_parse(text, &root) != HK_OK ||
	    (object && !json_is_object(root)))
		e = err_tell(HK_SYNTAX, "%s: it is to be a JSON object of at most 64 KB", what);
	json_free(root);
	return e;
}

static enum hk_err
word_good(const struct type_word *w)
{
	enum hk_err	e;

	if (!type_name_good(w->name))
		return err_tell(HK_SYNTAX, "name: 1 to %d letters, digits and . _ - / :, as "
		    "order.shipped", TYPE_MOST);
	if (message_type_find(w->name) != NULL)
		return err_tell(HK_NEVER, "name: %.*s is a type of hookkeeper's own",
		    SPAN_ARG(w->name));
	if (w->about.len > ABOUT_MOST)
		return err_tell(HK_SYNTAX, "description: at most %d bytes", ABOUT_MOST);
	if ((e = json_good("sample", w->sample, true)) != HK_OK ||
	    (e = json_good("schema", w->schema, true)) != HK_OK)
		return e;
	if (w->schema.p != NULL && (e = schema_good(w->schema)) != HK_OK)
		return e;
	if (w->schema.p != NULL && w->sample.p != NULL)
		return schema_check(w->schema, w->sample);
	return HK_OK;
}

enum hk_err
event_type_put(struct db *db, const struct type_word *w, int64_t now)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = word_good(w)) != HK_OK || (e = db_stmt(db, S_EVENT_TYPE_PUT, &q)) != HK_OK)
		return e;
	bind_text(q, ":name", w->name);
	bind_text(q, ":about", w->about.p != NULL ? w->about : SPAN(""));
	bind_text(q, ":schema", w->schema);
	bind_text(q, ":sample", w->sample);
	bind_int(q, ":now", now);
	return stmt_run(q);
}

enum hk_err
event_type_archive(struct db *db, struct span name, int64_t now)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_EVENT_TYPE_ARCHIVE, &q)) != HK_OK)
		return e;
	bind_text(q, ":name", name);
	bind_int(q, ":now", now);
	if ((e = stmt_run(q)) == HK_OK && db_changes(db) == 0)
		return err_tell(HK_NOTFOUND, "no event type %.*s", SPAN_ARG(name));
	return e;
}

enum hk_err
event_type_check(struct db *db, struct span name, struct span payload)
{
	struct stmt	*q = NULL;
	bool		 row;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_EVENT_TYPE_SCHEMA, &q)) != HK_OK)
		return e;
	bind_text(q, ":name", name);
	if ((e = stmt_step(q, &row)) == HK_OK && row && !col_is_null(q, 0))
		e = schema_check(col_text(q, 0), payload);
	stmt_reset(q);
	return e;
}
