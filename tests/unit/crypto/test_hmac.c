#include "crypto/hmac.h"
#include "base/codec.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>

static void
expect_hex(const char *what, const uint8_t mac[SHA256_LEN], const char *want)
{
	char	hex[2 * SHA256_LEN + 1];

	hex_encode(hex, mac, SHA256_LEN);
	if (strcmp(hex, want) != 0)
		fail_msg("%s: %s", what, hex);
}

/* NIST's examples for FIPS 180-4. */
static void
sha256_knows_the_examples_of_its_standard(void **state)
{
	static const struct {
		const char	*what, *in, *out;
	} row[] = {
		{ "empty", "",
		    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ "one block", "abc",
		    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "two blocks", "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
		{ "896 bits", "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
		    "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
		    "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1" },
	};
	struct span	million[1000];
	char		thousand[1000];
	uint8_t		out[SHA256_LEN];

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		sha256(out, &(struct span){ row[i].in, strlen(row[i].in) }, 1);
		expect_hex(row[i].what, out, row[i].out);
	}
	memset(thousand, 'a', sizeof(thousand));
	for (size_t i = 0; i < 1000; i++)
		million[i] = span_of(thousand, sizeof(thousand));
	sha256(out, million, 1000);
	expect_hex("a million a", out,
	    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	sha256(out, NULL, 0);
	expect_hex("no piece", out, row[0].out);
}

/* n times the byte, for rows that repeat one. */
static struct span
times(char *room, char byte, size_t n)
{
	memset(room, byte, n);
	return span_of(room, n);
}

static void
expect_hmac(const char *what, struct span key, struct span text, const char *want)
{
	uint8_t	out[SHA256_LEN];

	hmac_sha256(out, key, &text, 1);
	expect_hex(what, out, want);
}

static void
hmac_knows_the_examples_of_rfc_4231(void **state)
{
	char	k[131], d[50];
	uint8_t	out[SHA256_LEN];

	(void)state;
	expect_hmac("case 1", times(k, 0x0b, 20), SPAN("Hi There"),
	    "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
	expect_hmac("case 2", SPAN("Jefe"), SPAN("what do ya want for nothing?"),
	    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	expect_hmac("case 3", times(k, (char)0xaa, 20), times(d, (char)0xdd, 50),
	    "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
	for (int i = 0; i < 25; i++)
		k[i] = (char)(i + 1);
	expect_hmac("case 4", span_of(k, 25), times(d, (char)0xcd, 50),
	    "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
	hmac_sha256(out, times(k, 0x0c, 20),	/* case 5: the first 128 bits only */
	    &SPAN("Test With Truncation"), 1);
	assert_memory_equal(out, "\xa3\xb6\x16\x74\x73\x10\x0e\xe0\x6e\x0c\x79\x6c\x29\x55"
	    "\x55\x2b", 16);
	expect_hmac("case 6", times(k, (char)0xaa, 131),
	    SPAN("Test Using Larger Than Block-Size Key - Hash Key First"),
	    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
	expect_hmac("case 7", times(k, (char)0xaa, 131),
	    SPAN("This is a test using a larger than block-size key and a larger than "
	    "block-size data. The key needs to be hashed before being used by the HMAC "
	    "algorithm."),
	    "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

/* Answers by Python's hmac. */
static void
a_key_may_have_any_length(void **state)
{
	static const struct {
		size_t		 len;
		const char	*mac;
	} row[] = {
		{ 0, "eb08c1f56d5ddee07f7bdf80468083da06b64cf4fac64fe3a90883df5feacae4" },
		{ 1, "9831a5afefa770d5fe6c985f6c343796ca3d27651d69e24864f1f9948debfacf" },
		{ 63, "e27efa30bcbfbc25b4d936ffd8553392f398eb2edada1dac2423a961af0c305b" },
		{ 64, "890f3a16e0ca0aaa3bf180f70fa8e3970b3fd6505e98fde157988dcc19d1685c" },
		{ 65, "0c256505306af48015530c139bb7add5ad7a6a9291cd511278a067e765816fbd" },
		{ 128, "a1c1f063bb735c543c0ae6f7337601029f26e4622c4bc0da64151605b384301e" },
	};
	char	k[128];

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		expect_hmac("key length", times(k, 'k', row[i].len), SPAN("message"), row[i].mac);
	expect_hmac("no key at all", SPAN_NULL, SPAN("message"), row[0].mac);
}

static void
pieces_count_only_by_their_bytes(void **state)
{
	const struct span	text = SPAN("1790000000.{\"id\":\"evt_1\"}\0 and a NUL");
	uint8_t			whole[SHA256_LEN], cut[SHA256_LEN];

	(void)state;
	hmac_sha256(whole, SPAN("key"), &text, 1);
	for (size_t n = 0; n <= text.len; n++) {
		const struct span	piece[] = { span_of(text.p, n), SPAN_NULL,
			span_of(text.p + n, text.len - n) };

		hmac_sha256(cut, SPAN("key"), piece, 3);
		assert_memory_equal(whole, cut, SHA256_LEN);
	}
}

static void
equal_means_every_byte(void **state)
{
	uint8_t	a[32] = { 1, 2, 3 }, b[32] = { 1, 2, 3 };

	(void)state;
	assert_true(crypto_equal(a, b, 32));
	assert_true(crypto_equal(a, "x", 0));
	for (int bit = 0; bit < 256; bit++) {
		b[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_false(crypto_equal(a, b, 32));
		b[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static void
cleansed_bytes_are_gone_and_their_neighbours_stay(void **state)
{
	char	secret[] = "[whsec_secret]";

	(void)state;
	crypto_cleanse(secret + 1, 12);
	assert_int_equal(secret[0], '[');
	assert_int_equal(secret[13], ']');
	for (int i = 1; i <= 12; i++)
		assert_int_equal(secret[i], 0);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(sha256_knows_the_examples_of_its_standard),
		cmocka_unit_test(hmac_knows_the_examples_of_rfc_4231),
		cmocka_unit_test(a_key_may_have_any_length),
		cmocka_unit_test(pieces_count_only_by_their_bytes),
		cmocka_unit_test(equal_means_every_byte),
		cmocka_unit_test(cleansed_bytes_are_gone_and_their_neighbours_stay),
	};

	return cmocka_run_group_tests_name("crypto/hmac", tests, NULL, NULL);
}
