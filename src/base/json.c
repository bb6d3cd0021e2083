/*
 * JSON trees over json-c.  A struct json is a json-c object under another
 * name, so nobody else needs its header; JSON's null is a NULL pointer there
 * and "absent" here.
 */
#include "base/json.h"

#include <json-c/json.h>
#include <limits.h>

#include "base/fault.h"
#include "base/scan.h"

#define NAME_MOST	256	/* bytes of one step of a path */
#define SAME_MOST	((size_t)64 << 20)	/* bytes of a value that is compared */

static struct json_object *
inner(struct json *j)
{
	return (struct json_object *)j;
}

static struct json *
outer(struct json_object *o)
{
	return (struct json *)o;
}

/*
 * json-c alone would take NaN, "1.", control characters and the last of equal
 * names even in its strict mode, so the scanner looks first.  It needs at most
 * its table of names and once more the text's length.
 */
static enum hk_err
check(struct span text)
{
	struct arena	*a = arena_new(text.len + (4 << 20));
	enum hk_err	 e;

	if (a == NULL)
		return err_tell(HK_NOMEM, "no memory to check a JSON text");
	e = scan_value(text, a);
	arena_free(a);
	return e;
}

/* *o stays NULL for the text "null". */
static enum hk_err
tree(struct span text, struct json_object **o)
{
	struct json_tokener	*tok;
	enum json_tokener_error	 why;

	if (FAULT_FAIL("json") || (tok = json_tokener_new_ex(SCAN_DEPTH + 1)) == NULL)
		return err_tell(HK_NOMEM, "no memory for a JSON tree");
	*o = json_tokener_parse_ex(tok, text.p, (int)text.len);
	why = json_tokener_get_error(tok);
	if (why == json_tokener_continue) {
		/* a number at the top ends only where something follows */
		*o = json_tokener_parse_ex(tok, "", 1);
		why = json_tokener_get_error(tok);
	}
	json_tokener_free(tok);
	if (why == json_tokener_success && (*o != NULL || span_is(span_trim(text), "null")))
		return HK_OK;
	json_object_put(*o);
	/* the scanner has found the text good, so memory is what is left */
	return err_tell(HK_NOMEM, "no JSON tree: %s", json_tokener_error_desc(why));
}

enum hk_err
json_parse(struct span text, struct json **root)
{
	struct json_object	*o;
	enum hk_err		 e;

	if (text.len > INT_MAX)
		return err_tell(HK_TOOBIG, "a JSON text of more than %d bytes", INT_MAX);
	if ((e = check(text)) != HK_OK || (e = tree(text, &o)) != HK_OK)
		return e;
	*root = outer(o);
	return HK_OK;
}

void
json_free(struct json *root)
{
	json_object_put(inner(root));
}

/* Cut the first step off *path into name; false when it is too long. */
static bool
step(const char **path, char name[NAME_MOST])
{
	size_t	n = strcspn(*path, ".");

	if (n >= NAME_MOST)
		return false;
	memcpy(name, *path, n);
	name[n] = '\0';
	*path += n;
	if (**path == '.')
		(*path)++;
	else
		*path = NULL;
	return true;
}

struct json *
json_get(struct json *j, const char *path)
{
	struct json_object	*o = inner(j), *child;
	char			 name[NAME_MOST];

	while (path != NULL) {
		if (!step(&path, name) || !json_object_is_type(o, json_type_object) ||
		    !json_object_object_get_ex(o, name, &child))
			return NULL;
		o = child;
	}
	return outer(o);
}

size_t
json_len(struct json *j)
{
	if (!json_object_is_type(inner(j), json_type_array))
		return 0;
	return json_object_array_length(inner(j));
}

struct json *
json_at(struct json *j, size_t i)
{
	return i < json_len(j) ? outer(json_object_array_get_idx(inner(j), i)) : NULL;
}

bool
json_is_object(struct json *j)
{
	return json_object_is_type(inner(j), json_type_object);
}

bool
json_member(struct json *j, size_t i, struct span *name, struct span *value)
{
	struct json_object	*o = inner(j);
	struct lh_entry		*at;

	if (!json_object_is_type(o, json_type_object))
		return false;
	for (at = json_object_get_object(o)->head; at != NULL && i > 0; at = at->next)
		i--;
	if (at == NULL)
		return false;
	*name = span_str(lh_entry_k(at));
	*value = json_text(outer(lh_entry_v(at)), NULL);
	return true;
}

struct span
json_text(struct json *j, const char *path)
{
	struct json_object	*o = inner(json_get(j, path));

	if (!json_object_is_type(o, json_type_string))
		return SPAN_NULL;
	return span_of(json_object_get_string(o), (size_t)json_object_get_string_len(o));
}

struct span
json_id(struct json *j, const char *path)
{
	struct json	*v = json_get(j, path);

	return json_is_object(v) ? json_text(v, "id") : json_text(v, NULL);
}

/*
 * json-c clamps what does not fit: above to UINT64_MAX (or an exact uint64),
 * below to INT64_MIN, which therefore never counts as an integer here.
 */
bool
json_int(struct json *j, const char *path, int64_t *out)
{
	struct json_object	*o = inner(json_get(j, path));
	struct scan_found	 text = { SCAN_NUMBER, SPAN_NULL };
	int64_t			 n;

	switch (json_object_get_type(o)) {
	case json_type_int:
		n = json_object_get_int64(o);
		if (n == INT64_MIN || (n > 0 && json_object_get_uint64(o) > INT64_MAX))
			return false;
		*out = n;
		return true;
	case json_type_string:
		text.raw = json_text(outer(o), NULL);
		return scan_int(&text, out);
	default:
		return false;
	}
}

bool
json_true(struct json *j, const char *path)
{
	struct json_object	*o = inner(json_get(j, path));

	return json_object_is_type(o, json_type_boolean) && json_object_get_boolean(o);
}

enum json_kind
json_kind(struct json *j)
{
	switch (json_object_get_type(inner(j))) {
	case json_type_boolean:
		return JSON_BOOL;
	case json_type_int:
		return JSON_INTEGER;
	case json_type_double:
		return JSON_REAL;
	case json_type_string:
		return JSON_STRING;
	case json_type_array:
		return JSON_ARRAY;
	case json_type_object:
		return JSON_OBJECT;
	default:
		return JSON_ABSENT;
	}
}

bool
json_has(struct json *j, const char *name, struct json **value)
{
	struct json_object	*child;

	if (!json_object_is_type(inner(j), json_type_object) ||
	    !json_object_object_get_ex(inner(j), name, &child))
		return false;
	*value = outer(child);
	return true;
}

bool
json_next(struct json *j, void **at, struct span *name, struct json **value)
{
	struct lh_entry	*e = *at;

	if (!json_object_is_type(inner(j), json_type_object))
		return false;
	e = e == NULL ? lh_table_head(json_object_get_object(inner(j))) : lh_entry_next(e);
	if (e == NULL)
		return false;
	*at = e;
	*name = span_str(lh_entry_k(e));
	*value = outer(lh_entry_v(e));
	return true;
}

void
json_show(struct buf *b, struct json *j)
{
	struct span	s;

	if (j == NULL)
		return;
	if ((s = json_text(j, NULL)).p != NULL)
		buf_putspan(b, s);
	else
		json_print(b, j, false);	/* json-c keeps a fraction's own text */
}

/* The element that a step of a path names, or -1. */
static int64_t
element(struct json_object *array, const char *name)
{
	int64_t	i;

	if (!span_u63(span_str(name), &i) || (size_t)i >= json_object_array_length(array))
		return -1;
	return i;
}

/* Put value, which the tree then owns, or on failure the caller still does. */
static enum hk_err
put(struct json_object *in, const char *name, struct json_object *value)
{
	int64_t	i;
	int	failed;

	if (json_object_is_type(in, json_type_array)) {
		if ((i = element(in, name)) < 0)
			return err_tell(HK_SYNTAX, "the array has no element \"%s\"", name);
		failed = json_object_array_put_idx(in, (size_t)i, value);
	} else
		failed = json_object_object_add(in, name, value);
	return failed ? err_tell(HK_NOMEM, "no memory for \"%s\"", name) : HK_OK;
}

/* The container behind a step, made when there is none yet. */
static enum hk_err
enter(struct json_object **o, const char *name)
{
	struct json_object	*child = NULL;
	int64_t			 i;
	enum hk_err		 e;

	if (json_object_is_type(*o, json_type_array)) {
		if ((i = element(*o, name)) >= 0)
			child = json_object_array_get_idx(*o, (size_t)i);
	} else
		(void)json_object_object_get_ex(*o, name, &child);
	if (child == NULL) {
		if ((child = json_object_new_object()) == NULL)
			return err_tell(HK_NOMEM, "no memory for \"%s\"", name);
		if ((e = put(*o, name, child)) != HK_OK) {
			json_object_put(child);
			return e;
		}
	}
	if (!json_object_is_type(child, json_type_object) &&
	    !json_object_is_type(child, json_type_array))
		return err_tell(HK_SYNTAX, "\"%s\" is no object", name);
	*o = child;
	return HK_OK;
}

/* JSON when it is that, else a string. */
static enum hk_err
value_of(struct span text, struct json_object **v)
{
	enum hk_err	 e;

	if ((e = check(text)) == HK_OK)
		return tree(text, v);
	if (e != HK_SYNTAX)
		return e;
	*v = json_object_new_string_len(text.p != NULL ? text.p : "", (int)text.len);
	return *v != NULL ? HK_OK : err_tell(HK_NOMEM, "no memory for a value");
}

bool
json_same(struct json *a, struct json *b)
{
	struct buf	x, y;
	bool		same;

	if (json_kind(a) != json_kind(b))
		return false;
	buf_init(&x, SAME_MOST);
	buf_init(&y, SAME_MOST);
	json_show(&x, a);
	json_show(&y, b);
	same = buf_ok(&x) && buf_ok(&y) && span_eq(buf_span(&x), buf_span(&y));
	buf_release(&x);
	buf_release(&y);
	return same;
}

enum hk_err
json_set(struct json *root, const char *path, struct span value)
{
	struct json_object	*o = inner(root), *v;
	char			 name[NAME_MOST];
	enum hk_err		 e;

	if (value.len > INT_MAX)
		return err_tell(HK_TOOBIG, "a value of more than %d bytes", INT_MAX);
	if (!json_object_is_type(o, json_type_object) &&
	    !json_object_is_type(o, json_type_array))
		return err_tell(HK_SYNTAX, "the value to change is no object");
	if ((e = value_of(value, &v)) != HK_OK)
		return e;
	while (e == HK_OK && path != NULL) {
		if (!step(&path, name))
			e = err_tell(HK_SYNTAX, "a step of the path is too long");
		else if (path != NULL)
			e = enter(&o, name);
		else
			e = put(o, name, v);
	}
	if (e != HK_OK)
		json_object_put(v);
	return e;
}

void
json_print(struct buf *b, struct json *j, bool pretty)
{
	int		 flags = JSON_C_TO_STRING_NOSLASHESCAPE;
	size_t		 n;
	const char	*text;

	flags |= pretty ? JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED :
	    JSON_C_TO_STRING_PLAIN;
	text = json_object_to_json_string_length(inner(j), flags, &n);
	if (text != NULL)
		buf_put(b, text, n);
	else
		b->bad = true;
}
