#include "base/clock.h"
#include "base/id.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <ctype.h>
#include <stdlib.h>

static void
a_uuid7_has_the_shape_of_rfc_9562(void **state)
{
	char	u[UUID_LEN + 1];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		uuid7(u, INT64_C(0x017f22e279b0) * US_PER_MS + 999);
		assert_int_equal(strlen(u), UUID_LEN);
		assert_memory_equal(u, "017f22e2-79b0-7", 15);	/* the RFC's example */
		assert_non_null(strchr("89ab", u[19]));
		assert_true(uuid_valid(span_str(u)));
	}
}

static void
a_later_uuid7_sorts_later(void **state)
{
	static const int64_t	at_ms[] = { 0, 1, 255, 256, 65535, 65536, 1790000000000,
		1790000000001, 1790000000256, INT64_C(0xffffffffffff) };
	char			was[UUID_LEN + 1] = "", u[UUID_LEN + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(at_ms) / sizeof(at_ms[0]); i++) {
		uuid7(u, at_ms[i] * US_PER_MS);
		assert_true(strcmp(was, u) < 0);
		memcpy(was, u, sizeof(was));
	}
}

static int
by_text(const void *a, const void *b)
{
	return memcmp(a, b, UUID_LEN + 1);
}

static void
no_two_are_alike(void **state)
{
	enum { N = 5000 };
	static char	u[N][UUID_LEN + 1];

	(void)state;
	for (int i = 0; i < N; i++)
		uuid7(u[i], 1790000000000000);
	qsort(u, N, sizeof(u[0]), by_text);
	for (int i = 1; i < N; i++)
		assert_true(by_text(u[i - 1], u[i]) < 0);
}

static void
uuids_are_told_from_other_text(void **state)
{
	static const struct {
		const char	*what, *in;
		bool		 ok;
	} row[] = {
		{ "version 7",		"017f22e2-79b0-7cc3-98c4-dc0c0c07398f",	true },
		{ "version 4",		"919108f7-52d1-4320-9bac-f847db4148a8",	true },
		{ "upper case",		"017F22E2-79B0-7CC3-98C4-DC0C0C07398F",	true },
		{ "empty",		"",					false },
		{ "no dashes",		"017f22e279b07cc398c4dc0c0c07398f",	false },
		{ "dash misplaced",	"017f22e27-9b0-7cc3-98c4-dc0c0c07398f",	false },
		{ "dash for a digit",	"017f22e2-79b0-7cc3-98c4-dc0c0c07398-",	false },
		{ "g",			"017f22e2-79b0-7cc3-98c4-dc0c0c07398g",	false },
		{ "G",			"017f22e2-79b0-7cc3-98c4-dc0c0c07398G",	false },
		{ "too short",		"017f22e2-79b0-7cc3-98c4-dc0c0c07398",	false },
		{ "too long",		"017f22e2-79b0-7cc3-98c4-dc0c0c07398f0", false },
		{ "Clerk's id",		"user_29w83sxmDNGwOuEthce5gg56FcC",	false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		if (uuid_valid(span_str(row[i].in)) != row[i].ok)
			fail_msg("%s", row[i].what);
}

static void
an_id_is_its_prefix_and_27_letters_or_digits(void **state)
{
	char	a[32], b[32], seen[128] = { 0 };

	(void)state;
	for (int i = 0; i < 500; i++) {
		id_make(a, "msg_");
		assert_int_equal(strlen(a), 31);
		assert_memory_equal(a, "msg_", 4);
		for (const char *c = a + 4; *c != '\0'; c++) {
			assert_true(isalnum((unsigned char)*c));
			seen[(unsigned char)*c] = 1;
		}
		id_make(b, "msg_");
		assert_string_not_equal(a, b);
	}
	for (int c = 0; c < 128; c++)	/* 13500 draws: none of 62 stays away */
		assert_int_equal(seen[c], isalnum(c) != 0);
}

static void
random_numbers_stay_below_and_reach_all(void **state)
{
	bool	seen[7] = { false };

	(void)state;
	for (int i = 0; i < 2000; i++) {
		uint64_t	v = random_below(7);

		assert_true(v < 7);
		seen[v] = true;
	}
	for (int i = 0; i < 7; i++)
		assert_true(seen[i]);
	assert_int_equal(random_below(1), 0);
	assert_true(random_below(UINT64_MAX) < UINT64_MAX);
}

static void
random_bytes_fill_all_and_no_more(void **state)
{
	uint8_t	b[1002] = { 0 };
	size_t	zeros = 0;

	(void)state;
	random_fill(b + 1, 1000);	/* more than one call gives at once, on some kernels */
	assert_int_equal(b[0], 0);
	assert_int_equal(b[1001], 0);
	for (size_t i = 1; i <= 1000; i++)
		zeros += b[i] == 0;
	assert_true(zeros < 50);
	random_fill(b, 0);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(a_uuid7_has_the_shape_of_rfc_9562),
		cmocka_unit_test(a_later_uuid7_sorts_later),
		cmocka_unit_test(no_two_are_alike),
		cmocka_unit_test(uuids_are_told_from_other_text),
		cmocka_unit_test(an_id_is_its_prefix_and_27_letters_or_digits),
		cmocka_unit_test(random_numbers_stay_below_and_reach_all),
		cmocka_unit_test(random_bytes_fill_all_and_no_more),
	};

	return cmocka_run_group_tests_name("base/id", tests, NULL, NULL);
}
