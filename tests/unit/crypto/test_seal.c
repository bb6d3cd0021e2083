#include "crypto/seal.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/codec.h"

static const uint8_t	raw[3][SEAL_KEY] = { { 1 }, { 2 }, { 3 } };
static const struct seal_keys	one = { raw, 1 }, two = { raw, 2 }, other = { raw + 2, 1 },
				older = { raw + 1, 1 }, none = { NULL, 0 };

static struct arena	*arena;

static int
setup(void **state)
{
	(void)state;
	return (arena = arena_new(1 << 20)) == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

/* Made by node:crypto: version 1, nonce 1..12, key 1 and zeros, "\1test" authenticated. */
#define BY_NODE	"AQECAwQFBgcICQoLDOI9B/cgVKp0elHv4r6hIHtPuTYcabu+9A=="

static void
what_is_sealed_opens_with_its_keys_and_purpose_only(void **state)
{
	static const struct {
		const char		*what;
		const struct seal_keys	*by, *with;
		const char		*purpose;
		enum hk_err		 want;
		bool			 old;
	} row[] = {
		{ "its key",			&one,	&one,	"test",	HK_OK,		false },
		{ "a newer key beside it",	&older,	&two,	"test",	HK_OK,		true },
		{ "an older key beside it",	&one,	&two,	"test",	HK_OK,		false },
		{ "another key",		&one,	&other,	"test",	HK_BADSIG,	false },
		{ "the key is gone",		&older,	&one,	"test",	HK_BADSIG,	false },
		{ "no key at all",		&one,	&none,	"test",	HK_CONF,	false },
		{ "another purpose",		&one,	&one,	"tesu",	HK_BADSIG,	false },
		{ "a longer purpose",		&one,	&one,	"test ", HK_BADSIG,	false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct span	text, plain = SPAN_NULL;
		bool		old = false;
		enum hk_err	e;

		assert_int_equal(seal(arena, row[i].by, "test", SPAN("a secret\0!"), &text), HK_OK);
		e = seal_open(arena, row[i].with, row[i].purpose, text, &plain, &old);
		if (e != row[i].want || old != row[i].old)
			fail_msg("%s: %s, old %d", row[i].what, err_name(e), old);
		assert_true(span_eq(plain, e == HK_OK ? SPAN("a secret\0!") : SPAN_NULL));
	}
}

static void
the_form_is_the_documented_one(void **state)
{
	struct span	plain;

	(void)state;
	assert_int_equal(seal_open(arena, &one, "test", SPAN(BY_NODE), &plain, NULL), HK_OK);
	assert_true(span_is(plain, "a secret"));
}

static void
nothing_can_be_changed_in_it(void **state)
{
	struct span	text, plain;
	uint8_t		bytes[64];
	char		changed[BASE64_LEN(64) + 1];
	size_t		len;

	(void)state;
	assert_int_equal(seal(arena, &one, "test", SPAN("a secret"), &text), HK_OK);
	assert_true(base64_decode(bytes, sizeof(bytes), &len, text));
	for (size_t bit = 0; bit < 8 * len; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		base64_encode(changed, bytes, len);
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (seal_open(arena, &one, "test", span_str(changed), &plain, NULL) != HK_BADSIG)
			fail_msg("bit %zu may be changed", bit);
	}
	assert_true(text.p[text.len - 3] != '=');	/* the padding may be left out */
	for (size_t n = 0; n < text.len - 2; n++)
		if (seal_open(arena, &one, "test", span_of(text.p, n), &plain, NULL) != HK_BADSIG)
			fail_msg("the first %zu characters are enough", n);
	assert_int_equal(seal_open(arena, &one, "test", SPAN_NULL, &plain, NULL), HK_BADSIG);
}

static void
two_seals_of_one_thing_differ(void **state)
{
	struct span	a, b, plain;

	(void)state;
	assert_int_equal(seal(arena, &one, "test", SPAN("a secret"), &a), HK_OK);
	assert_int_equal(seal(arena, &one, "test", SPAN("a secret"), &b), HK_OK);
	assert_false(span_eq(a, b));
	assert_int_equal(seal(arena, &one, "test", SPAN_NULL, &a), HK_OK);
	assert_int_equal(seal_open(arena, &one, "test", a, &plain, NULL), HK_OK);
	assert_int_equal(plain.len, 0);
	assert_int_equal(seal(arena, &none, "test", SPAN("a secret"), &a), HK_CONF);
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest	tests[] = {
		T(what_is_sealed_opens_with_its_keys_and_purpose_only),
		T(the_form_is_the_documented_one),
		T(nothing_can_be_changed_in_it),
		T(two_seals_of_one_thing_differ),
	};

	return cmocka_run_group_tests_name("crypto/seal", tests, NULL, NULL);
}
