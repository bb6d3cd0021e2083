/*
 * Templates: the official specification's cases (shared data), our own rules,
 * and data that would like to be markup.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "http/template.h"

#define FILES_MOST	16

static struct json *
tree(const char *text)
{
	struct json	*j;

	if (json_parse(span_str(text), &j) != HK_OK)
		fail_msg("%s: %s", text, err_last());
	return j;
}

static void
shout(struct buf *out, struct json *value, void *ctx)
{
	json_show(out, value);
	buf_puts(out, ctx != NULL ? ctx : "<!>");
}

static const struct template_filter	filters[] = { { "shout", shout }, { NULL, NULL } };

/* One template "t" and perhaps a partial "p". */
static enum hk_err
render(struct buf *out, const char *t, const char *p, struct json *doc)
{
	const struct embedded		file[] = { { "p", span_str(p) }, { "t", span_str(t) },
	    { NULL, SPAN_NULL } };
	const struct template_set	set = { file, filters };

	buf_clear(out);
	return template_render(out, &set, "t", doc, NULL);
}

static void
pages(void **state)
{
	static const struct {
		const char	*phrase, *text, *partial, *doc, *page;
	} rows[] = {
		{ "plain text", "a } b", "", "{}", "a } b" },
		{ "an empty template", "", "", "{}", "" },
		{ "no document", "<{{a}}{{#a}}x{{/a}}{{^a}}y{{/a}}{{.}}>", "", "null", "<y>" },
		{ "a brace too many stays", "{{a}}}", "", "{\"a\":1}", "1}" },
		{ "a boolean", "{{a}} {{b}}", "", "{\"a\":true,\"b\":false}", "true false" },
		{ "numbers as written", "{{a}} {{b}} {{c}} {{d}}", "",
		    "{\"a\":1.10,\"b\":-0.5,\"c\":1e2,\"d\":9223372036854775807}",
		    "1.10 -0.5 1e2 9223372036854775807" },
		{ "a list and an object as JSON", "{{a}} {{b}}", "",
		    "{\"a\":[1,\"<\"],\"b\":{\"c\":null}}",
		    "[1,&quot;&lt;&quot;] {&quot;c&quot;:null}" },
		{ "\"\" is nothing", "{{#a}}x{{/a}}{{^a}}y{{/a}}", "", "{\"a\":\"\"}", "y" },
		{ "0 is nothing", "{{#a}}x{{/a}}{{^a}}y{{/a}}", "", "{\"a\":0}", "y" },
		{ "but not in a list", "{{#a}}({{.}}){{/a}}", "", "{\"a\":[0,\"\",null,false]}",
		    "(0)()()(false)" },
		{ "an empty object is something", "{{#a}}x{{/a}}", "", "{\"a\":{}}", "x" },
		{ "null hides what is further out", "{{#b}}<{{a}}>{{/b}}", "",
		    "{\"a\":1,\"b\":{\"a\":null}}", "<>" },
		{ "dash, underscore, digits", "{{a-b}}{{a_1}}", "", "{\"a-b\":1,\"a_1\":2}", "12" },
		{ "blanks and newlines in a tag", "{{ \n a \n | \n url }}", "",
		    "{\"a\":\"&\"}", "%26" },
		{ "url keeps what is unreserved", "{{a|url}}", "",
		    "{\"a\":\"aZ09-._~ /?&=#+%<\\\"\\u00e9\"}",
		    "aZ09-._~%20%2F%3F%26%3D%23%2B%25%3C%22%C3%A9" },
		{ "url of a number, and of nothing", "{{a|url}}{{b|url}}", "", "{\"a\":-1.5}",
		    "-1.5" },
		{ "a filter's text is escaped", "{{a|shout}}", "", "{\"a\":\"<\"}",
		    "&lt;&lt;!&gt;" },
		{ "a filter sees what is absent", "{{b|shout}}", "", "{}", "&lt;!&gt;" },
		{ "data is not read as a template", "{{a}}", "", "{\"a\":\"{{b}}{{#a}}\"}",
		    "{{b}}{{#a}}" },
		{ "a partial's lines are indented, data's not", " {{>p}}\n/", "|\n{{a}}\n|\n",
		    "{\"a\":\"<\\n-\"}", " |\n &lt;\n-\n |\n/" },
		{ "indentation before sections and their ends", "  {{>p}}\n",
		    "{{#a}}\n{{.}}\n{{/a}}\n{{#a}}-\n{{/a}}|\n", "{\"a\":[1,2]}",
		    "  1\n  2\n  -\n  -\n  |\n" },
		{ "an empty partial", "a\n {{>p}}\nb", "", "{}", "a\nb" },
		{ "a partial that ends itself", "{{>p}}", "{{#a}}{{n}}{{>p}}{{/a}}",
		    "{\"a\":{\"n\":1,\"a\":{\"n\":2,\"a\":false}}}", "12" },
		{ "carriage returns in a template", "a\r\n{{#a}}\r\nb\r\n{{/a}}\r\nc", "",
		    "{\"a\":true}", "a\r\nb\r\nc" },
	};
	struct buf	b;

	(void)state;
	buf_init(&b, 1 << 20);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct json	*doc = tree(rows[i].doc);
		enum hk_err	 e = render(&b, rows[i].text, rows[i].partial, doc);

		if (e != HK_OK || !span_is(buf_span(&b), rows[i].page))
			fail_msg("%s: %s, \"%.*s\"", rows[i].phrase, err_name(e),
			    SPAN_ARG(buf_span(&b)));
		json_free(doc);
	}
	buf_release(&b);
}

/* Three files: an indented one includes an indented and an inline one. */
static void
indentation_adds_up(void **state)
{
	static const struct embedded	file[] = {
		{ "a", { "{{>b}}\n  {{>b}}\n", 16 } },
		{ "b", { "b\n\t{{>c}}\n-{{>c}}\n", 18 } },
		{ "c", { "1\n2\n", 4 } },
		{ NULL, { NULL, 0 } }
	};
	const struct template_set	set = { file, NULL };
	struct buf			b;

	(void)state;
	buf_init(&b, 1 << 20);
	assert_int_equal(template_render(&b, &set, "a", NULL, NULL), HK_OK);
	assert_string_equal(b.p, "b\n\t1\n\t2\n-1\n2\n\n"
	    "  b\n  \t1\n  \t2\n  -1\n2\n\n");
	buf_release(&b);
}

/* Each is found without any data, and named. */
static void
mistakes(void **state)
{
	static const struct {
		const char	*phrase, *text;
		enum hk_err	 e;
		const char	*said;		/* a part of err_last() */
	} rows[] = {
		{ "triple braces", "\n\n{{{a}}}", HK_SYNTAX, "template t, line 3: " },
		{ "ampersand", "{{&a}}", HK_SYNTAX, "line 1" },
		{ "ampersand behind a blank", "{{ & a}}", HK_SYNTAX, "line 1" },
		{ "brace behind a blank", "{{ {a} }}", HK_SYNTAX, "line 1" },
		{ "delimiters", "{{=<% %>=}}", HK_SYNTAX, "{{=" },
		{ "a block", "{{$a}}{{/a}}", HK_SYNTAX, "{{$" },
		{ "a parent", "{{<a}}{{/a}}", HK_SYNTAX, "{{<" },
		{ "a tag without end", "x\n{{a", HK_SYNTAX, "line 2" },
		{ "a tag without a name", "{{ }}", HK_SYNTAX, "no name" },
		{ "a section without a name", "{{#}}{{/}}", HK_SYNTAX, "no name" },
		{ "a name with a blank", "{{a b}}", HK_SYNTAX, "\"a b\"" },
		{ "a name with an angle", "{{a<}}", HK_SYNTAX, "no name" },
		{ "a dot last", "{{a.}}", HK_SYNTAX, "no name" },
		{ "two dots", "{{a..b}}", HK_SYNTAX, "no name" },
		{ "very many dots", "{{a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a}}", HK_SYNTAX, "16" },
		{ "a section without end", "\n{{#a}}\n{{^b}}{{/b}}\n", HK_SYNTAX,
		    "line 2: the section \"a\"" },
		{ "an end without section", "\n{{/a}}", HK_SYNTAX, "line 2: {{/a}}" },
		{ "crossed sections", "{{#a}}{{#b}}{{/a}}{{/b}}", HK_SYNTAX, "{{/a}}" },
		{ "sections too deep", "{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}"
		    "{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}"
		    "{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}{{#a}}",
		    HK_SYNTAX, "32 sections" },
		{ "an unknown filter", "\n{{a|shuot}}", HK_NOTFOUND, "line 2: no filter \"shuot\"" },
		{ "a filter without a name", "{{a|}}", HK_NOTFOUND, "filter" },
		{ "two filters", "{{a|url|url}}", HK_NOTFOUND, "\"url|url\"" },
		{ "a section with a filter", "{{#a|url}}{{/a|url}}", HK_SYNTAX, "no name" },
		{ "an unknown partial", "{{#no}}\n{{>q.html}}{{/no}}", HK_NOTFOUND,
		    "line 2: no template \"q.html\"" },
		{ "a partial without a name", "{{>}}", HK_SYNTAX, "partial" },
	};
	struct buf	b;

	(void)state;
	buf_init(&b, 1 << 20);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct embedded		file[] = { { "t", span_str(rows[i].text) },
		    { "u", SPAN("{{#x}}{{> t}}{{/x}}") }, { NULL, SPAN_NULL } };
		const struct template_set	set = { file, filters };
		enum hk_err			e = render(&b, rows[i].text, "", NULL);

		if (e != rows[i].e || strstr(err_last(), rows[i].said) == NULL)
			fail_msg("%s: %s, %s", rows[i].phrase, err_name(e), err_last());
		if (template_check(&set, "t") != e || template_check(&set, "u") != e)
			fail_msg("%s: passes the check", rows[i].phrase);
	}
	buf_release(&b);
}

static void
a_missing_template_is_named(void **state)
{
	const struct embedded		file[] = { { NULL, SPAN_NULL } };
	const struct template_set	set = { file, NULL };
	struct buf			b;

	(void)state;
	buf_init(&b, 100);
	assert_int_equal(template_render(&b, &set, "events.html", NULL, NULL), HK_NOTFOUND);
	assert_non_null(strstr(err_last(), "\"events.html\""));
	assert_int_equal(template_check(&set, "events.html"), HK_NOTFOUND);
	buf_release(&b);
}

/* Too deep and too large are errors, not a dead process. */
static void
bounds(void **state)
{
	struct buf	b, deep;
	struct json	*doc;

	(void)state;
	buf_init(&b, 1000);
	buf_init(&deep, 1 << 20);
	assert_int_equal(render(&b, "{{>t}}", "", NULL), HK_TOOBIG);
	assert_int_equal(render(&b, "{{>p}}", "x{{>t}}", NULL), HK_TOOBIG);
	assert_non_null(strstr(err_last(), "200"));

	/* as deep as JSON may be is well within */
	for (int i = 0; i < 98; i++)
		buf_puts(&deep, "{\"a\":");
	buf_puts(&deep, "false");
	for (int i = 0; i < 98; i++)
		buf_putc(&deep, '}');
	doc = tree(deep.p);
	assert_int_equal(render(&b, "{{>p}}", "{{#a}}{{#a}}-{{>p}}{{/a}}{{/a}}", doc),
	    HK_OK);
	json_free(doc);

	doc = tree("{\"a\":[1,2,3,4,5,6,7,8,9,10]}");
	assert_int_equal(render(&b, "{{#a}}{{#a}}{{#a}}{{.}}{{/a}}{{/a}}{{/a}}", "", doc), HK_NOMEM);
	assert_false(buf_ok(&b));
	assert_int_equal(render(&b, "{{#a}}{{#a}}{{.}}{{/a}}{{/a}}", "", doc), HK_OK);
	assert_true(buf_ok(&b));
	json_free(doc);
	buf_release(&b);
	buf_release(&deep);
}

/* Data in text and in an attribute: whatever it is, the page's markup stays. */
static void
no_data_becomes_markup(void **state)
{
	struct buf	 b, text, json;
	struct jw	 w;
	struct json	*doc;
	size_t		 angles = 0, quotes = 0;

	(void)state;
	buf_init(&b, 1 << 20);
	buf_init(&text, 1 << 20);
	buf_init(&json, 1 << 20);
	for (int c = 1; c < 256; c++) {
		buf_putc(&text, (char)c);
		buf_puts(&text, "\"'><script>{{x}}</p>&lt;");
	}
	jw_init(&w, &json);
	jw_open(&w, NULL, '{');
	jw_text(&w, "x", buf_span(&text));
	jw_close(&w, '}');
	doc = tree(json.p);
	assert_int_equal(render(&b, "<p title=\"{{x}}\" class='{{x}}'>{{x}}{{x|url}}{{x|shout}}</p>",
	    "", doc), HK_OK);
	for (size_t i = 0; i < b.len; i++) {
		angles += b.p[i] == '<' || b.p[i] == '>';
		quotes += b.p[i] == '"' || b.p[i] == '\'';
	}
	assert_int_equal(angles, 4);
	assert_int_equal(quotes, 4);
	json_free(doc);
	buf_release(&b);
	buf_release(&text);
	buf_release(&json);
}

/* ---- the specification's own cases ---- */

static const struct {
	const char	*file, *name;	/* a name's beginning when it ends in '*' */
	enum hk_err	 e;
	const char	*why;
} not_claimed[] = {
	{ "interpolation", "Triple Mustache*",	HK_SYNTAX,	"there is no raw form" },
	{ "interpolation", "Ampersand*",	HK_SYNTAX,	"there is no raw form" },
	{ "interpolation", "Dotted Names - Triple Mustache*", HK_SYNTAX, "there is no raw form" },
	{ "interpolation", "Dotted Names - Ampersand*", HK_SYNTAX, "there is no raw form" },
	{ "interpolation", "Implicit Iterators - Triple*", HK_SYNTAX, "there is no raw form" },
	{ "interpolation", "Implicit Iterators - Ampersand", HK_SYNTAX, "there is no raw form" },
	{ "sections", "Implicit Iterator - Triple*", HK_SYNTAX,	"there is no raw form" },
	{ "sections", "Implicit Iterator - Ampersand", HK_SYNTAX, "there is no raw form" },
	{ "partials", "Standalone Indentation",	HK_SYNTAX,	"there is no raw form" },
	{ "partials", "Failed Lookup",		HK_NOTFOUND,	"a page lacking a part is no page" },
};

static enum hk_err
expected(const char *file, struct span name)
{
	for (size_t i = 0; i < sizeof(not_claimed) / sizeof(*not_claimed); i++) {
		struct span	want = span_str(not_claimed[i].name);
		bool		open = want.p[want.len - 1] == '*';

		want.len -= open;
		if (strcmp(not_claimed[i].file, file) == 0 && name.len >= want.len &&
		    (open || name.len == want.len) && memcmp(name.p, want.p, want.len) == 0)
			return not_claimed[i].e;
	}
	return HK_OK;
}

static void
spec_case(const char *file, struct json *test)
{
	struct embedded		 v[FILES_MOST] = { { "the template", json_text(test, "template") } };
	const struct template_set set = { v, NULL };
	struct span		 name = json_text(test, "name"), text;
	struct json		*value;
	struct buf		 b;
	void			*at = NULL;
	enum hk_err		 e;

	for (size_t n = 1; n + 1 < FILES_MOST &&
	    json_next(json_get(test, "partials"), &at, &text, &value); n++)
		v[n] = (struct embedded){ text.p, json_text(value, NULL) };
	buf_init(&b, 1 << 20);
	e = template_render(&b, &set, "the template", json_get(test, "data"), NULL);
	if (e != expected(file, name))
		fail_msg("%s, %.*s: %s, %s", file, SPAN_ARG(name), err_name(e), err_last());
	if (e == HK_OK && !span_eq(buf_span(&b), json_text(test, "expected")))
		fail_msg("%s, %.*s: \"%.*s\"", file, SPAN_ARG(name), SPAN_ARG(buf_span(&b)));
	buf_release(&b);
}

static struct json *
spec_file(const char *name)
{
	const char	*root = getenv("HK_SHARED");
	char		 path[4096], piece[4096];
	struct json	*doc;
	struct buf	 b;
	FILE		*in;
	size_t		 n;

	snprintf(path, sizeof(path), "%s/reference/mustache-spec/%s.json",
	    root != NULL ? root : "../shared", name);
	if ((in = fopen(path, "rb")) == NULL) {
		print_message("skipped: no %s (set HK_SHARED)\n", path);
		skip();
	}
	buf_init(&b, 1 << 20);
	while ((n = fread(piece, 1, sizeof(piece), in)) > 0)
		buf_put(&b, piece, n);
	fclose(in);
	assert_int_equal(json_parse(buf_span(&b), &doc), HK_OK);
	buf_release(&b);
	return doc;
}

static void
as_the_specification_says(void **state)
{
	static const char *const	files[] = { "comments", "interpolation", "inverted",
	    "partials", "sections" };

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		struct json	*doc = spec_file(files[i]), *tests = json_get(doc, "tests");

		assert_true(json_len(tests) > 10);
		for (size_t k = 0; k < json_len(tests); k++)
			spec_case(files[i], json_at(tests, k));
		json_free(doc);
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(pages),
		cmocka_unit_test(indentation_adds_up),
		cmocka_unit_test(mistakes),
		cmocka_unit_test(a_missing_template_is_named),
		cmocka_unit_test(bounds),
		cmocka_unit_test(no_data_becomes_markup),
		cmocka_unit_test(as_the_specification_says),
	};

	return cmocka_run_group_tests_name("http/template", tests, NULL, NULL);
}
