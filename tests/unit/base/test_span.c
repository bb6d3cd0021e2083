#include "base/embed.h"
#include "base/fields.h"
#include "base/span.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>

static void
equality_looks_at_length_and_bytes(void **state)
{
	(void)state;
	assert_true(span_eq(SPAN("a\0b"), SPAN("a\0b")));
	assert_false(span_eq(SPAN("a\0b"), SPAN("a\0c")));
	assert_false(span_eq(SPAN("ab"), SPAN("abc")));
	assert_true(span_eq(SPAN_NULL, SPAN("")));
	assert_false(span_is(SPAN("stripe-signature2"), "stripe-signature"));
	assert_true(span_starts(SPAN("whsec_x"), "whsec_"));
	assert_false(span_starts(SPAN("whsec"), "whsec_"));
	assert_null(span_str(NULL).p);
}

static void
trim_takes_blanks_at_both_ends(void **state)
{
	static const struct {
		const char	*what, *in, *out;
	} row[] = {
		{ "nothing to take",	"a b",		"a b" },
		{ "both ends",		" \t\r\na b\n ",	"a b" },
		{ "only blanks",	" \t\r\n",	"" },
		{ "empty",		"",		"" },
		{ "other controls stay", "\va\f",	"\va\f" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		if (!span_is(span_trim(span_str(row[i].in)), row[i].out))
			fail_msg("%s", row[i].what);
}

static void
cut_gives_each_piece_once(void **state)
{
	static const struct {
		const char	*what, *in;
		size_t		 n;
		const char	*piece[4];
	} row[] = {
		{ "no separator",	"a",		1, { "a" } },
		{ "three",		"a,bc,d",	3, { "a", "bc", "d" } },
		{ "empty pieces",	",,",		3, { "", "", "" } },
		{ "last is empty",	"a,",		2, { "a", "" } },
		{ "empty text is one",	"",		1, { "" } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct span	rest = span_str(row[i].in);
		size_t		n = 0;

		while (rest.p != NULL) {
			struct span	piece = span_cut(&rest, ',');

			if (n >= row[i].n || !span_is(piece, row[i].piece[n]))
				fail_msg("%s: piece %zu", row[i].what, n);
			n++;
		}
		if (n != row[i].n)
			fail_msg("%s: %zu pieces", row[i].what, n);
	}
}

static void
numbers_are_digits_only(void **state)
{
	static const struct {
		const char	*what, *in;
		int64_t		 out;	/* -1: refused */
	} row[] = {
		{ "zero",		"0",			0 },
		{ "a time",		"1790000000",		1790000000 },
		{ "18 digits",		"999999999999999999",	999999999999999999 },
		{ "leading zeros",	"007",			7 },
		{ "19 digits",		"1000000000000000000",	-1 },
		{ "empty",		"",			-1 },
		{ "plus",		"+1",			-1 },
		{ "minus",		"-1",			-1 },
		{ "blank before",	" 1",			-1 },
		{ "newline behind",	"1\n",			-1 },
		{ "underscore",		"1_0",			-1 },
		{ "letters behind",	"1abc",			-1 },
		{ "fraction",		"1.75",			-1 },
		{ "hexadecimal",	"0x1f",			-1 },
		{ "below '0'",		"1/",			-1 },
		{ "above '9'",		"1:",			-1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		int64_t	n = -7;
		bool	ok = span_u63(span_str(row[i].in), &n);

		if (ok != (row[i].out >= 0) || n != (ok ? row[i].out : -7))
			fail_msg("%s: %d %lld", row[i].what, ok, (long long)n);
	}
}

static void
graph_has_no_blank_and_an_end(void **state)
{
	(void)state;
	assert_true(span_graph(SPAN("!msg_1~"), 7));
	assert_false(span_graph(SPAN("!msg_1~"), 6));
	assert_false(span_graph(SPAN(""), 6));
	assert_false(span_graph(SPAN("a b"), 6));
	assert_false(span_graph(SPAN("a\x7f"), 6));
	assert_false(span_graph(SPAN("a\0b"), 6));
	assert_false(span_graph(SPAN("\xc3\xa9"), 6));
}

static void
a_field_is_found_by_its_whole_name(void **state)
{
	const struct field	v[] = {
		{ SPAN("svix-id2"), SPAN("wrong") },
		{ SPAN("svix-id"), SPAN("msg_1") },
		{ SPAN("empty"), SPAN("") },
	};
	const struct fields	f = { v, 3 };

	(void)state;
	assert_true(span_is(field_get(&f, "svix-id"), "msg_1"));
	assert_non_null(field_get(&f, "empty").p);
	assert_null(field_get(&f, "svix").p);
	assert_null(field_get(&(struct fields){ NULL, 0 }, "svix-id").p);
}

static void
an_embedded_file_is_found_by_its_whole_name(void **state)
{
	const struct embedded	files[] = {
		{ "a.json", SPAN("one") }, { "a/b.json", SPAN("two") }, { NULL, { NULL, 0 } },
	};

	(void)state;
	assert_true(span_is(embed_find(files, "a/b.json"), "two"));
	assert_null(embed_find(files, "a").p);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(equality_looks_at_length_and_bytes),
		cmocka_unit_test(trim_takes_blanks_at_both_ends),
		cmocka_unit_test(cut_gives_each_piece_once),
		cmocka_unit_test(numbers_are_digits_only),
		cmocka_unit_test(graph_has_no_blank_and_an_end),
		cmocka_unit_test(a_field_is_found_by_its_whole_name),
		cmocka_unit_test(an_embedded_file_is_found_by_its_whole_name),
	};

	return cmocka_run_group_tests_name("base/span", tests, NULL, NULL);
}
