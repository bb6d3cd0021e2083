/*
 * The JSON scanner.
 *
 * It must agree with a slow second reading (slow_json.c) on every text, and
 * where it takes one so must json-c, with the same values.  Where json-c in
 * its strict mode takes a text that the scanner refuses, the slow reading must
 * name one of the rules that json-c is known not to have (lax()).
 */
#include <json-c/json.h>

#include "base/json.h"
#include "base/scan.h"
#include "slow_json.h"

#define NAMES_MOST	250	/* the slow reading looks for duplicates in a list */

enum { ID, TYPE, CREATED, DATA, OBJECT, OBJECT_ID, CUSTOMER, AMOUNT, ODD, WANTS };

static const struct scan_want wants[WANTS] = {
	[ID]		= { -1, "id" },
	[TYPE]		= { -1, "type" },
	[CREATED]	= { -1, "created" },
	[DATA]		= { -1, "data" },
	[OBJECT]	= { DATA, "object" },
	[OBJECT_ID]	= { OBJECT, "id" },
	[CUSTOMER]	= { OBJECT, "customer" },
	[AMOUNT]	= { OBJECT, "amount" },
	[ODD]		= { -1, "\xc3\xa9\"\\/" },
};

/* What json-c takes and we do not. */
static bool
lax(enum slow_json why)
{
	switch (why) {
	case SLOW_LITERAL:	/* NaN, Infinity, -Infinity */
	case SLOW_NUMBER:	/* "1.", "-", "1e", "00" */
	case SLOW_CONTROL:
	case SLOW_UTF8:		/* it looks only at how sequences begin and go on */
	case SLOW_SURROGATE:	/* becomes U+FFFD */
	case SLOW_DUPLICATE:	/* the last one wins */
	case SLOW_NUL_NAME:	/* ends the name */
	case SLOW_DEPTH:	/* counts in another way */
	case SLOW_NO_OBJECT:
		return true;
	default:
		return false;
	}
}

static bool
json_c_takes(struct span text, struct json_object **root)
{
	struct json_tokener	*tok = json_tokener_new_ex(SCAN_DEPTH + 1);
	enum json_tokener_error	 e;
	size_t			 end;

	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	*root = json_tokener_parse_ex(tok, text.p, (int)text.len);
	e = json_tokener_get_error(tok);
	end = json_tokener_get_parse_end(tok);
	json_tokener_free(tok);
	for (; end < text.len; end++)
		if (strchr(" \t\r\n", text.p[end]) == NULL || text.p[end] == '\0')
			break;
	return e == json_tokener_success && end == text.len;
}

static enum scan_type
type_of(struct json_object *o, bool there)
{
	if (!there)
		return SCAN_ABSENT;
	switch (json_object_get_type(o)) {
	case json_type_boolean:
		return json_object_get_boolean(o) ? SCAN_TRUE : SCAN_FALSE;
	case json_type_int:
	case json_type_double:
		return SCAN_NUMBER;
	case json_type_string:
		return SCAN_STRING;
	case json_type_array:
		return SCAN_ARRAY;
	case json_type_object:
		return SCAN_OBJECT;
	default:
		return SCAN_NULL;
	}
}

static void
same_number(const char *name, const struct scan_found *f, struct json_object *o)
{
	int64_t	mine = 0, theirs = 0;
	bool	whole = scan_int(f, &mine);
	bool	also = json_int((struct json *)o, NULL, &theirs);

	/* json-c clamps to the smallest number, so there it is not believed. */
	if (whole && mine == INT64_MIN)
		must(!also, "%s is the smallest integer: json_int() takes it", name);
	else if (whole && mine == 0 && f->raw.p[0] == '-')
		must(!also || theirs == 0, "%s is -0: json_int() says %lld", name, (long long)theirs);
	else
		must(whole == also && mine == theirs, "%s is %.*s: scan_int() %d %lld, json_int() "
		    "%d %lld", name, SPAN_ARG(f->raw), whole, (long long)mine, also,
		    (long long)theirs);
}

static void
same_value(const char *name, const struct scan_found *f, struct json_object *o, bool there,
    struct arena *a)
{
	struct span	mine;

	must(f->type == type_of(o, there), "%s: scanner's type %d, json-c's %d", name,
	    (int)f->type, (int)type_of(o, there));
	if (f->type == SCAN_STRING) {
		mine = scan_text(f, a);
		must(mine.p != NULL && span_eq(mine, span_of(json_object_get_string(o),
		    (size_t)json_object_get_string_len(o))), "%s is another text: %.*s", name,
		    SPAN_ARG(f->raw));
		fuzz_touch(mine);
	} else
		must(scan_text(f, a).p == NULL, "%s is text, though it is none", name);
	if (f->type == SCAN_NUMBER)
		same_number(name, f, o);
}

static void
same_values(struct span text, const struct scan_found *f, struct json_object *root,
    struct arena *a)
{
	struct json_object	*at[WANTS];
	bool			 there;

	for (int i = 0; i < WANTS; i++) {
		struct json_object	*in = wants[i].parent < 0 ? root : at[wants[i].parent];

		at[i] = NULL;
		there = json_object_is_type(in, json_type_object) &&
		    json_object_object_get_ex(in, wants[i].name, &at[i]);
		must(fuzz_inside(f[i].raw, text), "%s lies outside of the text", wants[i].name);
		same_value(wants[i].name, &f[i], at[i], there, a);
	}
}

static void
judge(struct span text, struct arena *a)
{
	enum slow_json		 slow = slow_json(text, false), any = slow_json(text, true);
	struct scan_found	 f[WANTS];
	struct json_object	*root = NULL;
	struct json		*tree;
	enum hk_err		 e = scan_json(text, wants, WANTS, f, a);
	bool			 taken = json_c_takes(text, &root);

	must(e == HK_OK || (e == HK_SYNTAX && err_last()[0] != '\0'), "code %s", err_name(e));
	must((e == HK_OK) == (slow == SLOW_GOOD), "scanner: %s, slow reading: rule %d",
	    e == HK_OK ? "good" : err_last(), (int)slow);
	if (e == HK_OK) {
		must(taken, "json-c refuses what the scanner takes");
		same_values(text, f, root, a);
	} else
		must(!taken || lax(slow), "json-c takes what breaks rule %d", (int)slow);
	json_object_put(root);
	e = scan_value(text, a);
	must((e == HK_OK) == (any == SLOW_GOOD), "any top; scanner: %s, slow reading: rule %d",
	    e == HK_OK ? "good" : err_last(), (int)any);
	e = json_parse(text, &tree);
	must((e == HK_OK) == (any == SLOW_GOOD), "json_parse(): %s", e == HK_OK ? "good" :
	    err_last());
	if (e == HK_OK)
		json_free(tree);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span	 text = fuzz_copy(span_of((const char *)data, size));
	struct arena	*a = arena_new(16 << 20);
	size_t		 names = 0;

	for (size_t i = 0; i < size; i++)
		names += data[i] == ':';
	if (names <= NAMES_MOST)
		judge(text, a);
	arena_free(a);
	fuzz_forget();
	return 0;
}
