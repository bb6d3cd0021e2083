/* Ed25519 against RFC 8032, section 7.1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/codec.h"
#include "crypto/ed25519.h"

static const struct {
	const char	*what, *seed, *public, *message, *sig;
} row[] = {
	{ "test 1, nothing",
	    "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
	    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
	    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555"
	    "fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b" },
	{ "test 2, one byte",
	    "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
	    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
	    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
	    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00" },
};

static void
the_rfc_vectors(void **state)
{
	uint8_t		seed[32], public[32], want[32], sig[64], good[64], byte;
	struct span	message;

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		print_message("  %s\n", row[i].what);
		assert_true(hex_decode(seed, 32, span_str(row[i].seed)));
		assert_true(hex_decode(want, 32, span_str(row[i].public)));
		assert_true(hex_decode(good, 64, span_str(row[i].sig)));
		message = SPAN_NULL;
		if (row[i].message[0] != '\0') {
			assert_true(hex_decode(&byte, 1, span_str(row[i].message)));
			message = span_of((const char *)&byte, 1);
		}
		assert_int_equal(ed25519_public(public, seed), HK_OK);
		assert_memory_equal(public, want, 32);
		assert_int_equal(ed25519_sign(sig, seed, &message, 1), HK_OK);
		assert_memory_equal(sig, good, 64);
		assert_int_equal(ed25519_verify(sig, public, &message, 1), HK_OK);
	}
}

static void
each_flipped_bit_is_refused(void **state)
{
	const struct span	piece[] = { SPAN("msg_1"), SPAN("."), SPAN("body") };
	uint8_t			seed[32] = { 7 }, public[32], sig[64];

	(void)state;
	assert_int_equal(ed25519_public(public, seed), HK_OK);
	assert_int_equal(ed25519_sign(sig, seed, piece, 3), HK_OK);
	for (int bit = 0; bit < 512; bit++) {
		sig[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(ed25519_verify(sig, public, piece, 3), HK_BADSIG);
		sig[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	/* The same bytes cut elsewhere are the same message. */
	assert_int_equal(ed25519_verify(sig, public,
	    (struct span[]){ SPAN("msg_1.b"), SPAN("ody") }, 2), HK_OK);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(the_rfc_vectors),
		cmocka_unit_test(each_flipped_bit_is_refused),
	};

	return cmocka_run_group_tests_name("crypto/ed25519", tests, NULL, NULL);
}
