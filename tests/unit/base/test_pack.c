/* Packed texts come back byte for byte, and no frame is believed too much. */
#include "base/pack.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))
#define LARGEST		((size_t)3 << 20)

static struct arena	*arena;
static char		*text;

static int
setup(void **state)
{
	(void)state;
	arena = arena_new((size_t)64 << 20);
	text = malloc(LARGEST);
	return arena == NULL || text == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(arena);
	free(text);
	return 0;
}

static void
fill_zero(size_t len)
{
	memset(text, 0, len);
}

static void
fill_json(size_t len)
{
	size_t	at = 0;
	char	line[64];

	for (unsigned i = 1; at < len; i++) {
		size_t	n = (size_t)snprintf(line, sizeof(line), "{\"id\":\"il_%08x\",\"amount\":%u},\n",
			    i * 2654435761u, i % 9973);

		n = n < len - at ? n : len - at;
		memcpy(text + at, line, n);
		at += n;
	}
}

/* Neither text nor UTF-8, and repeating itself far apart. */
static void
fill_bytes(size_t len)
{
	for (size_t i = 0; i < len; i++)
		text[i] = (char)((i % 5003) * (i % 5003) >> 3);
}

static void
fill_noise(size_t len)
{
	uint64_t	state = 88172645463325252u;

	for (size_t i = 0; i < len; i++) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		text[i] = (char)(state >> 32);
	}
}

static void
a_text_comes_back_byte_for_byte(void **state)
{
	static const struct {
		const char	*what;
		void		(*fill)(size_t);
		size_t		 len;
		bool		 shrinks;
	} t[] = {
		{ "nothing",			fill_zero,	0,		false },
		{ "one byte",			fill_zero,	1,		false },
		{ "shorter than its frame",	fill_zero,	8,		false },
		{ "NUL bytes",			fill_zero,	100,		true },
		{ "64 KB less one",		fill_json,	65535,		true },
		{ "64 KB",			fill_json,	65536,		true },
		{ "64 KB and one",		fill_json,	65537,		true },
		{ "a long invoice",		fill_json,	71680,		true },
		{ "bytes of all kinds",		fill_bytes,	100000,		true },
		{ "megabytes of NUL",		fill_zero,	LARGEST,	true },
		{ "megabytes of JSON",		fill_json,	LARGEST,	true },
		{ "noise",			fill_noise,	71680,		false },
	};
	struct span	frame, back;
	size_t		len;
	char		*alone;

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		print_message("%s\n", t[i].what);
		t[i].fill(t[i].len);
		frame = pack(span_of(text, t[i].len), arena);
		alone = pack_alone(span_of(text, t[i].len), &len);
		assert_int_equal(frame.p != NULL, t[i].shrinks);
		assert_int_equal(alone != NULL, t[i].shrinks);
		assert_true(alone == NULL || span_eq(span_of(alone, len), frame));
		free(alone);
		if (frame.p == NULL)
			continue;
		assert_true(frame.len < t[i].len - t[i].len / 4);
		assert_int_equal(packed_len(frame), t[i].len);
		assert_int_equal(unpack(frame, t[i].len, arena, &back), HK_OK);
		assert_int_equal(back.len, t[i].len);
		assert_memory_equal(back.p, text, t[i].len);
		arena_reset(arena);
	}
}

/* Kept for years: what was packed once must be read by every later version. */
static void
a_frame_of_old_is_read(void **state)
{
	/* "ab", 18 bytes from two before, "12345" */
	static const char	 old[] = "4\0\0\0\x19\x2e" "ab" "\2\0" "\x50" "12345";
	struct span		 back;

	(void)state;
	assert_int_equal(unpack(SPAN(old), 64, arena, &back), HK_OK);
	assert_true(span_is(back, "abababababababababab12345"));
}

static void
what_is_no_frame_is_refused(void **state)
{
	static const struct {
		const char	*what;
		struct span	 frame;
		size_t		 most;
		enum hk_err	 e;
	} t[] = {
		{ "nothing",			{ "", 0 },			100,	HK_SYNTAX },
		{ "SPAN_NULL",			{ NULL, 0 },			100,	HK_SYNTAX },
		{ "a body as it came",		{ "{\"id\":\"evt_1\"}", 14 },	100,	HK_SYNTAX },
		{ "a head alone",		{ "4\0\0\0\5", 5 },		100,	HK_SYNTAX },
		{ "no length",			{ "4\0\0\0\0\0", 6 },		100,	HK_SYNTAX },
		{ "packed in another way",	{ "5\0\0\0\1\x10" "a", 7 },	100,	HK_SYNTAX },
		{ "longer than it says",	{ "4\0\0\0\1\x20" "ab", 8 },	100,	HK_SYNTAX },
		{ "shorter than it says",	{ "4\0\0\0\5\x20" "ab", 8 },	100,	HK_SYNTAX },
		{ "4 GB out of nothing",	{ "4\xff\xff\xff\xff\x20" "ab", 8 },
		    SIZE_MAX,	HK_SYNTAX },
		{ "a copy from before the text", { "4\0\0\0\x0a\x11" "a\7\0\x50" "aaaaa", 14 },
		    100,	HK_SYNTAX },
		{ "longer than we take",	{ "4\0\0\0\2\x20" "ab", 8 },	1,	HK_TOOBIG },
		{ "just as long",		{ "4\0\0\0\2\x20" "ab", 8 },	2,	HK_OK },
	};
	struct span	back;

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		print_message("%s\n", t[i].what);
		assert_int_equal(unpack(t[i].frame, t[i].most, arena, &back), t[i].e);
	}
}

static void
a_damaged_frame_yields_no_more_than_it_says(void **state)
{
	struct span	 frame, back;
	char		*whole, *copy;

	(void)state;
	fill_json(9000);
	frame = pack(span_of(text, 9000), arena);
	assert_non_null(frame.p);
	/* Of exactly its size, so that a sanitizer sees a byte read too many. */
	whole = malloc(frame.len);
	copy = malloc(frame.len);
	assert_true(whole != NULL && copy != NULL);
	memcpy(whole, frame.p, frame.len);
	for (size_t i = 0; i < frame.len; i++)
		for (int bit = 0; bit < 8; bit += 3) {
			memcpy(copy, whole, frame.len);
			copy[i] = (char)(copy[i] ^ 1 << bit);
			if (unpack(span_of(copy, frame.len), 9000, arena, &back) == HK_OK)
				assert_int_equal(back.len, packed_len(span_of(copy, frame.len)));
			arena_reset(arena);
		}
	for (size_t len = 0; len < frame.len; len++) {
		assert_int_equal(unpack(span_of(whole, len), 9000, arena, &back), HK_SYNTAX);
		arena_reset(arena);
	}
	free(whole);
	free(copy);
}

static void
the_arenas_ceiling_holds(void **state)
{
	struct arena	*small = arena_new(20000);
	struct span	 frame, back;

	(void)state;
	fill_json(71680);
	frame = pack(span_of(text, 71680), arena);
	assert_non_null(small);
	assert_non_null(frame.p);
	assert_int_equal(unpack(frame, 71680, small, &back), HK_NOMEM);
	/* Not worth an error: the text is kept as it is. */
	assert_null(pack(span_of(text, LARGEST), small).p);
	arena_free(small);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test_setup_teardown(a_text_comes_back_byte_for_byte, setup, teardown),
		cmocka_unit_test_setup_teardown(a_frame_of_old_is_read, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_no_frame_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(a_damaged_frame_yields_no_more_than_it_says, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(the_arenas_ceiling_holds, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
