/*
 * JSON trees and the writer.  The input is two lines, a path and a value, and
 * a JSON text behind them.
 *
 *	- what json_print() prints is the same tree again, pretty or not
 *	- json_set() leaves a tree that prints as JSON, with the value at the path;
 *	  or it says why not, and nothing is lost
 *	- what the writer makes of any bytes is JSON, and the same text
 */
#include "base/codec.h"
#include "base/json.h"
#include "base/scan.h"
#include "fuzz.h"

#define MOST	((size_t)16 << 20)

static bool
is_json(struct span text)
{
	struct arena	*a = arena_new(MOST);
	enum hk_err	 e = scan_value(text, a);

	arena_free(a);
	return e == HK_OK;
}

static struct span
printed(struct json *j, bool pretty)
{
	struct buf	b;
	struct span	copy;

	buf_init(&b, MOST);
	json_print(&b, j, pretty);
	must(buf_ok(&b), "cannot be printed");
	copy = fuzz_copy(buf_span(&b));
	buf_release(&b);
	return copy;
}

static struct json *
parsed(struct span text)
{
	struct json	*j = NULL;
	enum hk_err	 e = json_parse(text, &j);

	must(e == HK_OK, "what was printed is no JSON: %s", err_last());
	return j;
}

static void
prints_again(struct json *j)
{
	struct span	 flat = printed(j, false), pretty = printed(j, true);
	struct json	*again = parsed(pretty);

	must(is_json(flat), "no JSON: %s", err_last());
	must(span_eq(printed(again, false), flat), "another tree when it was printed");
	json_free(again);
}

/* Made of names alone: no element of an array, nothing too deep or too odd. */
static bool
common(const char *path)
{
	size_t	steps = 0;

	if (!utf8_valid(span_str(path)))
		return false;
	for (const char *p = path; *p != '\0'; p++)
		steps += *p == '.';
	return steps < 20;
}

static void
has_value(struct json *root, const char *path, struct span value)
{
	struct json	*given = NULL, *there = json_get(root, path);

	if (!is_json(value)) {
		must(span_eq(json_text(there, NULL), value), "\"%s\" is another text", path);
		return;
	}
	given = parsed(value);
	must(span_eq(printed(there, false), printed(given, false)), "\"%s\" is another value", path);
	json_free(given);
}

/* An array on the way: json_set() goes through one, json_get() does not. */
static bool
through_array(struct json *root, const char *path)
{
	char	*front = fuzz_string(span_str(path)), *dot;

	while ((dot = strrchr(front, '.')) != NULL) {
		*dot = '\0';
		if (json_len(json_get(root, front)) > 0)
			return true;
	}
	return json_len(root) > 0;
}

static void
set(struct json *root, const char *path, struct span value)
{
	struct span	before = printed(root, false), after;
	enum hk_err	e = json_set(root, path, value);

	must(e == HK_OK || (e == HK_SYNTAX && err_last()[0] != '\0'), "code %s", err_name(e));
	after = printed(root, false);
	if (e != HK_OK)
		must(after.len >= before.len, "something was lost: %.*s", SPAN_ARG(after));
	else if (common(path) && utf8_valid(value)) {
		if (!is_json(value) || (is_json(value) && value.len < 200))
			prints_again(root);
		if (!through_array(root, path))
			has_value(root, path, value);
	}
}

static void
write_text(struct span text)
{
	struct buf	 b;
	struct jw	 w;
	struct json	*j;

	buf_init(&b, MOST);
	jw_init(&w, &b);
	jw_open(&w, NULL, '{');
	jw_text(&w, "text", text);
	jw_time(&w, "time", (int64_t)text.len * 1000003);
	jw_close(&w, '}');
	must(buf_ok(&b), "the writer fails");
	j = parsed(buf_span(&b));
	if (utf8_valid(text))
		must(span_eq(json_text(j, "text"), text), "the writer makes another text of it");
	json_free(j);
	buf_release(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span	 input = span_of((const char *)data, size), value;
	char		*path = fuzz_string(fuzz_line(&input));
	struct json	*root = NULL;

	value = fuzz_copy(fuzz_line(&input));
	write_text(value);
	input = fuzz_copy(input);
	if (json_parse(input, &root) == HK_OK) {
		prints_again(root);
		if (root != NULL)
			set(root, path, value);
		json_free(root);
	}
	fuzz_forget();
	return 0;
}
