/* Forms and query strings, percent-encoding included. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "http/form.h"
#include "http/url.h"

#define B(text)	{ text, sizeof(text) - 1 }

/* What was read, as "[name=value]" one after another. */
static void
show(struct buf *b, const struct form *f)
{
	buf_clear(b);
	for (size_t i = 0; i < f->n; i++) {
		assert_non_null(f->v[i].name.p);
		assert_non_null(f->v[i].value.p);
		buf_putc(b, '[');
		buf_putspan(b, f->v[i].name);
		buf_putc(b, '=');
		buf_putspan(b, f->v[i].value);
		buf_putc(b, ']');
	}
}

static void
reads_as_browsers_do(void **state)
{
	static const struct {
		const char	*phrase;
		struct span	 text, fields;
	} rows[] = {
		{ "nothing",		{ NULL, 0 },		{ NULL, 0 } },
		{ "empty",		B(""),			{ NULL, 0 } },
		{ "one",		B("a=b"),		B("[a=b]") },
		{ "order is kept",	B("b=1&a=2&b=3"),	B("[b=1][a=2][b=3]") },
		{ "empty pieces",	B("&a=1&&b=2&"),	B("[a=1][b=2]") },
		{ "no '='",		B("a&b"),		B("[a=][b=]") },
		{ "no value",		B("a="),		B("[a=]") },
		{ "no name",		B("=a&="),		B("[=a][=]") },
		{ "two '='",		B("a=b=c"),		B("[a=b=c]") },
		{ "plus is a blank",	B("a+b=c+d"),		B("[a b=c d]") },
		{ "escapes",		B("%61%3D=%26%2B%2b"),	B("[a==&++]") },
		{ "an escaped percent",	B("a=%2541"),		B("[a=%41]") },
		{ "no escapes",		B("a=%&b=%4&c=%zz&d=%%41"), B("[a=%][b=%4][c=%zz][d=%A]") },
		{ "';' is no separator", B("a=1;b=2"),		B("[a=1;b=2]") },
		{ "bytes",		B("a=%00%ff\xC3"),	B("[a=\0\xff\xC3]") },
	};
	struct arena	*a = arena_new(1 << 20);
	struct form	 f;
	struct buf	 b;

	(void)state;
	buf_init(&b, 1 << 20);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_int_equal(form_parse(&f, rows[i].text, a), HK_OK);
		show(&b, &f);
		if (!span_eq(buf_span(&b), rows[i].fields))
			fail_msg("%s: %.*s", rows[i].phrase, SPAN_ARG(buf_span(&b)));
	}
	buf_release(&b);
	arena_free(a);
}

static void
values_by_name(void **state)
{
	struct arena	*a = arena_new(1 << 20);
	struct form	 f;
	size_t		 at = 0;

	(void)state;
	assert_int_equal(form_parse(&f, SPAN("id=1&x=&id=2&ID=4&id=3"), a), HK_OK);
	assert_true(span_is(form_get(&f, "id"), "1"));
	assert_true(form_get(&f, "x").p != NULL && form_get(&f, "x").len == 0);
	assert_null(form_get(&f, "y").p);
	assert_true(span_is(form_each(&f, "id", &at), "1"));
	assert_true(span_is(form_each(&f, "id", &at), "2"));
	assert_true(span_is(form_each(&f, "id", &at), "3"));
	assert_null(form_each(&f, "id", &at).p);
	assert_null(form_each(&f, "id", &at).p);
	arena_free(a);
}

static void
limits(void **state)
{
	struct arena	*a = arena_new(1 << 20), *small = arena_new(64);
	struct form	 f;
	struct buf	 b;

	(void)state;
	buf_init(&b, 1 << 20);
	for (int i = 0; i < FORM_MOST; i++)
		buf_puts(&b, "a&");
	assert_int_equal(form_parse(&f, buf_span(&b), a), HK_OK);
	assert_int_equal(f.n, FORM_MOST);
	assert_int_equal(form_parse(&f, buf_span(&b), small), HK_NOMEM);
	buf_puts(&b, "a");
	assert_int_equal(form_parse(&f, buf_span(&b), a), HK_TOOBIG);
	buf_release(&b);
	arena_free(a);
	arena_free(small);
}

/* Any bytes written are read again, and the address is printable. */
static void
what_is_written_is_read(void **state)
{
	struct arena	*a = arena_new(1 << 20);
	struct span	 query;
	struct form	 f;
	struct buf	 b;
	char		 all[256];

	(void)state;
	for (int c = 0; c < 256; c++)
		all[c] = (char)c;
	buf_init(&b, 1 << 20);
	buf_puts(&b, "/events?");
	form_put(&b, SPAN("status"), SPAN("failed"));
	form_put(&b, span_of(all, sizeof(all)), span_of(all, sizeof(all)));
	form_put(&b, SPAN("q"), SPAN("a b+c%"));
	form_put(&b, SPAN_NULL, SPAN_NULL);
	assert_true(span_graph(buf_span(&b), b.len));
	assert_true(span_starts(buf_span(&b), "/events?status=failed&%00%01"));
	assert_non_null(strstr(b.p, "&q=a%20b%2Bc%25&="));
	query = buf_span(&b);
	(void)span_cut(&query, '?');
	assert_int_equal(form_parse(&f, query, a), HK_OK);
	assert_int_equal(f.n, 4);
	assert_true(span_eq(f.v[1].name, span_of(all, sizeof(all))));
	assert_true(span_eq(f.v[1].value, span_of(all, sizeof(all))));
	assert_true(span_is(form_get(&f, "q"), "a b+c%"));
	buf_clear(&b);
	form_put(&b, SPAN("a"), SPAN("b"));
	assert_string_equal(b.p, "a=b");
	buf_release(&b);
	arena_free(a);
}

static void
a_plus_in_a_path_is_a_plus(void **state)
{
	char	out[8];

	(void)state;
	assert_true(span_eq(span_of(out, url_decode(out, SPAN("a+%20"), false)), SPAN("a+ ")));
	assert_true(span_eq(span_of(out, url_decode(out, SPAN("a+%20"), true)), SPAN("a  ")));
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(reads_as_browsers_do),
		cmocka_unit_test(values_by_name),
		cmocka_unit_test(limits),
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(a_plus_in_a_path_is_a_plus),
	};

	return cmocka_run_group_tests_name("http/form", tests, NULL, NULL);
}
