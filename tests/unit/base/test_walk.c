/* A JSON text, step by step. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/walk.h"

/* Every step as "depth.index key raw;", a bracket for what opens and closes. */
static void
tell(struct buf *b, const char *text, struct arena *arena)
{
	struct walk		w;
	struct walk_step	s;

	assert_int_equal(scan_value(span_str(text), arena), HK_OK);
	walk_start(&w, span_str(text));
	while (walk_next(&w, &s)) {
		struct span	key = walk_text(s.key, arena);

		buf_printf(b, "%zu.%zu %.*s%s%.*s;", s.depth, s.index, SPAN_ARG(key),
		    key.p != NULL ? "=" : "", SPAN_ARG(s.raw));
	}
}

static const struct {
	const char	*what, *text, *steps;
} rows[] = {
	{ "a number",		" 12 ",			"0.0 12;" },
	{ "nothing inside",	"{}",			"0.0 {;0.0 };" },
	{ "members in order",	"{\"a\":1,\"b\":null}",	"0.0 {;1.0 a=1;1.1 b=null;0.0 };" },
	{ "nested",		"{\"a\":[true,{\"x\":\"y\"}],\"z\":-1e5}",
	    "0.0 {;1.0 a=[;2.0 true;2.1 {;3.0 x=\"y\";2.1 };1.0 ];1.1 z=-1e5;0.0 };" },
	{ "signs inside strings", "[\"}]\\\",:\", \"\\\\\"]",
	    "0.0 [;1.0 \"}]\\\",:\";1.1 \"\\\\\";0.0 ];" },
	{ "an escaped name",	"{\"\\u0062ody\":1}",	"0.0 {;1.0 body=1;0.0 };" },
	{ "blanks everywhere",	"\n[ 1 ,\t2 ]\r\n",	"0.0 [;1.0 1;1.1 2;0.0 ];" },
	{ "strings in arrays are no names", "[\"a\",\"b\"]", "0.0 [;1.0 \"a\";1.1 \"b\";0.0 ];" },
};

static void
steps(void **state)
{
	struct arena	*arena = arena_new(1 << 20);
	struct buf	 b;

	(void)state;
	buf_init(&b, 4096);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buf_clear(&b);
		tell(&b, rows[i].text, arena);
		if (!span_is(buf_span(&b), rows[i].steps))
			fail_msg("%s: %s", rows[i].what, b.p);
	}
	buf_release(&b);
	arena_free(arena);
}

static void
a_whole_value_is_stepped_over(void **state)
{
	const char		*text = "{\"a\": {\"b\":[1,{\"c\":\"}\"}]} ,\"d\":2}";
	struct walk		 w;
	struct walk_step	 s;

	(void)state;
	walk_start(&w, span_str(text));
	assert_true(walk_next(&w, &s));
	assert_true(walk_next(&w, &s));
	assert_true(span_is(walk_whole(&w, &s), "{\"b\":[1,{\"c\":\"}\"}]}"));
	assert_true(walk_next(&w, &s));
	assert_true(span_is(s.key, "\"d\""));
	assert_int_equal(s.index, 1);
	assert_true(span_is(walk_whole(&w, &s), "2"));
	assert_true(walk_next(&w, &s));
	assert_int_equal(s.kind, WALK_CLOSE);
	assert_false(walk_next(&w, &s));
}

/* As deep as the scanner allows; and what it never let through still ends. */
static void
it_always_ends(void **state)
{
	static const char *const odd[] = { "", "{", "\"", "\"\\", "[[", "{\"a\"", "{\"a\":", "]]", "}", ",,", "x" };
	char			 deep[2 * SCAN_DEPTH + 40];
	struct walk		 w;
	struct walk_step	 s;
	int			 n = 0;

	(void)state;
	memset(deep, '[', SCAN_DEPTH);
	memset(deep + SCAN_DEPTH, ']', SCAN_DEPTH);
	walk_start(&w, span_of(deep, 2 * SCAN_DEPTH));
	while (walk_next(&w, &s))
		n++;
	assert_int_equal(n, 2 * SCAN_DEPTH);
	memset(deep, '[', sizeof(deep));
	walk_start(&w, span_of(deep, sizeof(deep)));
	while (walk_next(&w, &s))
		n++;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		walk_start(&w, span_str(odd[i]));
		for (n = 0; walk_next(&w, &s) && n < 100; n++)
			continue;
		assert_true(n < 100);
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(steps),
		cmocka_unit_test(a_whole_value_is_stepped_over),
		cmocka_unit_test(it_always_ends),
	};

	return cmocka_run_group_tests_name("base/walk", tests, NULL, NULL);
}
