/* RSA keys and their signatures: what is taken, and what never. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include <openssl/x509.h>

#include "crypto/rs256.h"
#include "rsa.h"

static struct maker	 site, other, small, ec;

static int
make(void **state)
{
	(void)state;
	maker_init(&site, 2048);
	maker_init(&other, 2048);
	maker_init(&small, 1024);
	maker_of(&ec, EVP_EC_gen("P-256"));
	return 0;
}

static int
unmake(void **state)
{
	(void)state;
	maker_release(&site);
	maker_release(&other);
	maker_release(&small);
	maker_release(&ec);
	return 0;
}

/* A certificate for the site's key, in PEM. */
static void
certificate(char *out, size_t room)
{
	X509	*x = X509_new();
	BIO	*b = BIO_new(BIO_s_mem());
	int	 n;

	assert_non_null(x);
	assert_non_null(b);
	assert_int_equal(X509_set_pubkey(x, site.key), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), 0);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	assert_true(X509_sign(x, site.key, EVP_sha256()) > 0);
	assert_int_equal(PEM_write_bio_X509(b, x), 1);
	n = BIO_read(b, out, (int)room - 1);
	assert_true(n > 0);
	out[n] = '\0';
	X509_free(x);
	BIO_free(b);
}

static void
private_text(char *out, size_t room)
{
	BIO	*b = BIO_new(BIO_s_mem());
	int	 n;

	assert_int_equal(PEM_write_bio_PrivateKey(b, site.key, NULL, NULL, 0, NULL, NULL), 1);
	n = BIO_read(b, out, (int)room - 1);
	assert_true(n > 0);
	out[n] = '\0';
	BIO_free(b);
}

static void
what_is_a_key(void **state)
{
	char		 cert[4096], private[4096], cut[4096], before[8192];
	struct rs256	*r;

	(void)state;
	certificate(cert, sizeof(cert));
	private_text(private, sizeof(private));
	snprintf(cut, sizeof(cut), "%.200s", site.pem);
	snprintf(before, sizeof(before), "the key of our site:\r\n%s\n", site.pem);
	const struct {
		const char	*what, *pem;
		enum hk_err	 want;
		const char	*says;
	} row[] = {
		{ "a public key", site.pem, HK_OK, "" },
		{ "a certificate", cert, HK_OK, "" },
		{ "words before and behind it", before, HK_OK, "" },
		{ "nothing", "", HK_SYNTAX, "bytes" },
		{ "something else", "ssh-rsa AAAAB3NzaC1yc2E", HK_SYNTAX, "BEGIN PUBLIC KEY" },
		{ "the half of it", cut, HK_SYNTAX, "BEGIN PUBLIC KEY" },
		{ "the private key", private, HK_SYNTAX, "private" },
		{ "a key of 1024 bits", small.pem, HK_SYNTAX, "1024 bits" },
		{ "a key of elliptic curves", ec.pem, HK_SYNTAX, "RSA" },
	};
	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		print_message("  %s\n", row[i].what);
		r = NULL;
		assert_int_equal(rs256_open(&r, span_str(row[i].pem)), row[i].want);
		if (row[i].want != HK_OK)
			assert_non_null(strstr(err_last(), row[i].says));
		rs256_close(r);
	}
	memset(before, 'A', sizeof(before));
	for (size_t i = 0; i < 20; i++)
		assert_int_equal(rs256_open(&r, span_of(before, sizeof(before))), HK_SYNTAX);
}

static void
a_signature_is_one_key_s_for_one_text(void **state)
{
	const struct span	 text = SPAN("header.claims");
	uint8_t			 sig[512], bent[520];
	size_t			 len, n;
	struct rs256		*r = NULL;

	(void)state;
	assert_int_equal(rs256_open(&r, span_str(site.pem)), HK_OK);
	maker_sign(&site, EVP_sha256(), text, sig, sizeof(sig), &len);
	assert_int_equal(rs256_verify(r, text, span_of((char *)sig, len)), HK_OK);
	assert_int_equal(rs256_verify(r, SPAN("header.claimt"), span_of((char *)sig, len)),
	    HK_BADSIG);
	assert_int_equal(rs256_verify(r, SPAN_NULL, span_of((char *)sig, len)), HK_BADSIG);
	assert_int_equal(rs256_verify(r, text, SPAN_NULL), HK_BADSIG);
	for (size_t bit = 0; bit < 8 * len; bit++) {
		memcpy(bent, sig, len);
		bent[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(rs256_verify(r, text, span_of((char *)bent, len)), HK_BADSIG);
	}
	memcpy(bent + 1, sig, len);		/* a zero before it changes no number */
	bent[0] = 0;
	assert_int_equal(rs256_verify(r, text, span_of((char *)bent, len + 1)), HK_BADSIG);
	assert_int_equal(rs256_verify(r, text, span_of((char *)sig, len - 1)), HK_BADSIG);
	maker_sign(&other, EVP_sha256(), text, bent, sizeof(bent), &n);
	assert_int_equal(rs256_verify(r, text, span_of((char *)bent, n)), HK_BADSIG);
	maker_sign(&site, EVP_sha512(), text, bent, sizeof(bent), &n);
	assert_int_equal(rs256_verify(r, text, span_of((char *)bent, n)), HK_BADSIG);
	maker_sign(&site, EVP_sha1(), text, bent, sizeof(bent), &n);
	assert_int_equal(rs256_verify(r, text, span_of((char *)bent, n)), HK_BADSIG);
	/* after all that still the good one */
	assert_int_equal(rs256_verify(r, text, span_of((char *)sig, len)), HK_OK);
	rs256_close(r);
	rs256_close(NULL);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(what_is_a_key),
		cmocka_unit_test(a_signature_is_one_key_s_for_one_text),
	};

	return cmocka_run_group_tests(tests, make, unmake);
}
