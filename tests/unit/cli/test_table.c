/* Tables: aligned, no wider than the terminal, harmless, and plain in a file. */
#include "cli/table.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>

#include "cli/text.h"

static const struct column	cols[] = {
	{ "ID", true, 0 }, { "TYPE", false, 6 }, { "NOTE", false, 5 }
};

struct scene {
	struct arena	*arena;
	struct table	*table;
	struct buf	 out;
};

static void
row(struct scene *s, int64_t id, const char *type, const char *note)
{
	table_int(s->table, id);
	table_cell(s->table, span_str(type), MARK_NONE);
	table_cell(s->table, span_str(note), MARK_BAD);
}

static void
check(struct scene *s, int width, bool colour, const char *want)
{
	struct screen	screen = { width, colour };

	buf_clear(&s->out);
	assert_true(table_print(s->table, &s->out, &screen));
	assert_string_equal(s->out.p, want);
}

static int
setup(void **state)
{
	struct scene	*s = calloc(1, sizeof(*s));

	assert_non_null(s);
	assert_non_null(s->arena = arena_new(1 << 20));
	assert_non_null(s->table = table_new(s->arena, cols, 3));
	buf_init(&s->out, 1 << 20);
	*state = s;
	return 0;
}

static int
teardown(void **state)
{
	struct scene	*s = *state;

	buf_release(&s->out);
	arena_free(s->arena);
	free(s);
	return 0;
}

static void
columns_line_up_and_lines_end_without_blanks(void **state)
{
	struct scene	*s = *state;

	row(s, 7, "invoice.paid", "ok");
	row(s, 1234, "x", NULL);
	check(s, 0, false,
	    "  ID  TYPE          NOTE\n"
	    "   7  invoice.paid  ok\n"
	    "1234  x             -\n");
}

static void
wide_characters_keep_the_columns_in_line(void **state)
{
	struct scene	*s = *state;

	row(s, 1, "\xe6\x9d\xb1\xe4\xba\xac", "a");
	row(s, 2, "abcdefg", "b");
	check(s, 0, false,
	    "ID  TYPE     NOTE\n"
	    " 1  \xe6\x9d\xb1\xe4\xba\xac     a\n"
	    " 2  abcdefg  b\n");
}

static void
a_narrow_terminal_cuts_the_widest_cells(void **state)
{
	struct scene	*s = *state;

	row(s, 1, "invoice.payment_failed", "card declined");
	check(s, 26, false,
	    "ID  TYPE        NOTE\n"
	    " 1  invoice.p\xe2\x80\xa6  card decl\xe2\x80\xa6\n");
	/* not below what a column needs: then the terminal wraps */
	check(s, 10, false,
	    "ID  TYPE    NOTE\n"
	    " 1  invoi\xe2\x80\xa6  card\xe2\x80\xa6\n");
	check(s, 0, false,
	    "ID  TYPE                    NOTE\n"
	    " 1  invoice.payment_failed  card declined\n");
}

static void
a_cut_table_is_never_wider_than_the_terminal(void **state)
{
	struct scene	*s = *state;

	row(s, 1, "\xe6\x9d\xb1\xe4\xba\xac\xe6\x9d\xb1\xe4\xba\xac\xe6\x9d\xb1", "abcdefghijkl");
	for (int width = 17; width < 40; width++) {
		struct screen	screen = { width, false };
		struct span	rest, line;

		buf_clear(&s->out);
		assert_true(table_print(s->table, &s->out, &screen));
		for (rest = buf_span(&s->out); rest.p != NULL;) {
			line = span_cut(&rest, '\n');
			if (text_width(line) > width)
				fail_msg("%d cells on a terminal of %d", text_width(line),
				    width);
		}
	}
}

static void
hostile_cells_cannot_act_on_the_terminal(void **state)
{
	struct scene	*s = *state;

	row(s, 1, "\033[2Jevil", "a\nb");
	check(s, 0, true,
	    "\033[2mID\033[0m  \033[2mTYPE\033[0m         \033[2mNOTE\033[0m\n"
	    " 1  \\x1b[2Jevil  \033[31ma\\x0ab\033[0m\n");
}

static void
a_table_too_large_for_memory_says_so(void **state)
{
	struct scene	*s = *state;
	struct screen	 screen = { 0, false };

	for (int i = 0; i < 100000; i++)
		row(s, i, "a type", "a note that takes some room");
	assert_false(table_print(s->table, &s->out, &screen));
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest	tests[] = {
		T(columns_line_up_and_lines_end_without_blanks),
		T(wide_characters_keep_the_columns_in_line),
		T(a_narrow_terminal_cuts_the_widest_cells),
		T(a_cut_table_is_never_wider_than_the_terminal),
		T(hostile_cells_cannot_act_on_the_terminal),
		T(a_table_too_large_for_memory_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
