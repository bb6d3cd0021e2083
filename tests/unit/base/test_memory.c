/* The arena and the buffer: what they give, and where they stop. */
#include "base/arena.h"
#include "base/buf.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>

#define MOST	100000

static struct arena	*arena;

static int
setup(void **state)
{
	(void)state;
	arena = arena_new(MOST);
	return arena == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static void
pieces_are_aligned_and_do_not_overlap(void **state)
{
	unsigned char	*p[200];

	(void)state;
	for (size_t i = 0; i < 200; i++) {
		assert_non_null(p[i] = arena_get(arena, i));
		assert_int_equal((uintptr_t)p[i] % _Alignof(max_align_t), 0);
		memset(p[i], (int)i, i);
	}
	for (size_t i = 0; i < 200; i++)
		for (size_t k = 0; k < i; k++)
			assert_int_equal(p[i][k], i);
	assert_ptr_not_equal(arena_get(arena, 0), arena_get(arena, 0));
}

static void
the_ceiling_holds(void **state)
{
	size_t	n = 0;

	(void)state;
	assert_null(arena_get(arena, MOST + 1));
	assert_null(arena_get(arena, SIZE_MAX));
	assert_null(arena_get(arena, SIZE_MAX - 8));
	while (arena_get(arena, 1000) != NULL)
		n += 1000;
	assert_true(n > MOST / 2 && n <= MOST);
	assert_true(arena_used(arena) <= MOST);
	assert_null(arena_zero(arena, MOST));
	assert_null(arena_span(arena, span_of("x", MOST)).p);
	assert_null(arena_printf(arena, "%*s", MOST, ""));

	arena_reset(arena);
	assert_int_equal(arena_used(arena), 0);
	assert_non_null(arena_get(arena, MOST - 20000));	/* all but the block it kept */
}

static void
one_piece_may_be_as_large_as_the_arena(void **state)
{
	(void)state;
	assert_non_null(arena_get(arena, MOST));
	assert_null(arena_get(arena, 1));
	arena_reset(arena);
	assert_non_null(arena_get(arena, MOST));
}

static void
zeroed_means_zeroed_after_a_reset_too(void **state)
{
	unsigned char	*p;

	(void)state;
	memset(arena_get(arena, 500), 0xff, 500);
	arena_reset(arena);
	p = arena_zero(arena, 500);
	for (int i = 0; i < 500; i++)
		assert_int_equal(p[i], 0);
}

static void
the_newest_piece_grows_in_place_an_older_one_moves(void **state)
{
	char	*a, *b, *c;

	(void)state;
	assert_non_null(a = arena_grow(arena, NULL, 0, 4));
	memcpy(a, "abcd", 4);
	assert_ptr_equal(arena_grow(arena, a, 4, 400), a);
	b = arena_get(arena, 1);
	*b = 'b';
	assert_non_null(c = arena_grow(arena, a, 400, 800));
	assert_ptr_not_equal(c, a);
	assert_memory_equal(c, "abcd", 4);
	memset(c, 'c', 800);
	assert_int_equal(*b, 'b');
	assert_ptr_equal(arena_grow(arena, c, 800, 10), c);
	assert_non_null(c = arena_grow(arena, c, 800, 50000));
	assert_int_equal(c[799], 'c');
	assert_null(arena_grow(arena, c, 50000, MOST));
}

static void
copies_are_copies(void **state)
{
	char		text[] = "a\0b";
	struct span	s = span_of(text, 3), copy = arena_span(arena, s);
	char		*str = arena_str(arena, s);

	(void)state;
	text[0] = 'x';
	assert_true(span_eq(copy, SPAN("a\0b")));
	assert_memory_equal(str, "a\0b", 4);
	assert_string_equal(arena_str(arena, SPAN_NULL), "");
	assert_null(arena_span(arena, SPAN_NULL).p);
	assert_non_null(arena_span(arena, SPAN("")).p);
	assert_string_equal(arena_printf(arena, "%s-%d", "evt", 7), "evt-7");
}

static void
a_buffer_always_ends_in_nul(void **state)
{
	struct buf	b;

	(void)state;
	buf_init(&b, 1000);
	assert_true(buf_ok(&b));
	assert_int_equal(buf_span(&b).len, 0);
	buf_put(&b, "", 0);
	assert_string_equal(b.p, "");
	buf_puts(&b, "one ");
	buf_putc(&b, '2');
	buf_putspan(&b, SPAN(" three"));
	buf_putspan(&b, SPAN_NULL);
	buf_printf(&b, " %s %d", "four", 5);
	assert_string_equal(b.p, "one 2 three four 5");
	assert_int_equal(b.len, strlen(b.p));
	buf_clear(&b);
	assert_string_equal(b.p, "");
	buf_release(&b);
	assert_null(b.p);
	buf_puts(&b, "again");
	assert_string_equal(b.p, "again");
	buf_release(&b);
}

static void
a_buffer_grows_byte_by_byte_to_its_most(void **state)
{
	struct buf	b;

	(void)state;
	buf_init(&b, 1000);
	for (int i = 0; i < 1000; i++) {
		buf_putc(&b, (char)('a' + i % 26));
		assert_int_equal(b.p[b.len], '\0');
	}
	assert_true(buf_ok(&b));
	for (int i = 0; i < 1000; i++)
		assert_int_equal(b.p[i], 'a' + i % 26);
	buf_putc(&b, 'x');
	assert_false(buf_ok(&b));
	assert_int_equal(b.len, 1000);
	buf_release(&b);
}

static void
a_buffer_that_was_too_small_stays_bad(void **state)
{
	struct buf	b;

	(void)state;
	buf_init(&b, 10);
	buf_puts(&b, "12345678");
	buf_printf(&b, "%s", "abc");
	assert_false(buf_ok(&b));
	buf_putc(&b, 'x');		/* would fit, but something is missing before it */
	assert_string_equal(b.p, "12345678");
	buf_clear(&b);
	assert_true(buf_ok(&b));
	buf_printf(&b, "%s", "1234567890");
	assert_true(buf_ok(&b));
	assert_string_equal(b.p, "1234567890");
	buf_put(&b, "x", SIZE_MAX);
	assert_false(buf_ok(&b));
	buf_release(&b);
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest	tests[] = {
		T(pieces_are_aligned_and_do_not_overlap),
		T(the_ceiling_holds),
		T(one_piece_may_be_as_large_as_the_arena),
		T(zeroed_means_zeroed_after_a_reset_too),
		T(the_newest_piece_grows_in_place_an_older_one_moves),
		T(copies_are_copies),
		cmocka_unit_test(a_buffer_always_ends_in_nul),
		cmocka_unit_test(a_buffer_grows_byte_by_byte_to_its_most),
		cmocka_unit_test(a_buffer_that_was_too_small_stays_bad),
	};

	return cmocka_run_group_tests_name("base/memory", tests, NULL, NULL);
}
