/* Where we may send to: one spelling, public networks alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "outbox/target.h"

static void
a_good_address_is_taken_apart(void **state)
{
	static const struct {
		const char	*url, *host, *rest;
		bool		 https, is_ip;
		int		 port;
	} row[] = {
		{ "https://example.com/hook", "example.com", "/hook", true, false, 443 },
		{ "http://example.com", "example.com", "", false, false, 80 },
		{ "HTTPS://Example.COM:8443/a?b=c&d=%20", "Example.COM", "/a?b=c&d=%20", true, false, 8443 },
		{ "https://example.com?x", "example.com", "?x", true, false, 443 },
		{ "https://xn--bcher-kva.example.org/", "xn--bcher-kva.example.org", "/", true, false, 443 },
		{ "https://8.8.8.8/", "8.8.8.8", "/", true, true, 443 },
		{ "https://[2606:4700::1111]:444/x", "2606:4700::1111", "/x", true, true, 444 },
		{ "https://[64:ff9b::8.8.8.8]/", "64:ff9b::8.8.8.8", "/", true, true, 443 },
		{ "https://a_b.example.com/@user", "a_b.example.com", "/@user", true, false, 443 },
		{ "https://1password.com/", "1password.com", "/", true, false, 443 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct target	t;

		if (target_parse(&t, span_str(row[i].url), NULL) != HK_OK)
			fail_msg("%s: %s", row[i].url, err_last());
		if (!span_is(t.host, row[i].host) || !span_is(t.rest, row[i].rest) ||
		    t.https != row[i].https || t.is_ip != row[i].is_ip || t.port != row[i].port)
			fail_msg("%s: taken apart wrongly", row[i].url);
	}
}

/* Each of these has led somebody's server to his own machines. */
static void
tricky_addresses_are_refused(void **state)
{
	static const char *const	url[] = {
		/* own machine, own networks */
		"http://127.0.0.1/", "http://127.1.2.3/", "http://0.0.0.0/", "http://10.0.0.1/",
		"http://172.16.0.1/", "http://172.31.255.255/", "http://192.168.1.1/",
		"http://100.64.0.1/", "http://169.254.169.254/latest/meta-data/",
		"http://169.254.170.2/", "http://100.100.100.200/", "http://192.0.0.192/",
		"http://192.0.2.1/", "http://198.18.0.1/", "http://198.51.100.7/",
		"http://203.0.113.7/", "http://192.88.99.1/", "http://224.0.0.1/",
		"http://240.0.0.1/", "http://255.255.255.255/",
		/* other spellings of them */
		"http://2130706433/", "http://0x7f000001/", "http://0x7f.1/", "http://0177.0.0.1/",
		"http://017700000001/", "http://127.1/", "http://127.0.1/", "http://127.0.0.1./",
		"http://127.0.0.01/", "http://127.000.000.001/", "http://0x7f.0x0.0x0.0x1/",
		"http://0300.0250.1.1/", "http://1.2.3.4.5/", "http://256.256.256.256/",
		"http://0/", "http://1/", "http://4294967296/", "http://127.0.0.1:80:80/",
		/* IPv6 */
		"http://[::1]/", "http://[::]/", "http://[::ffff:127.0.0.1]/",
		"http://[::ffff:7f00:1]/", "http://[::ffff:169.254.169.254]/",
		"http://[::127.0.0.1]/", "http://[64:ff9b::127.0.0.1]/",
		"http://[64:ff9b::a9fe:a9fe]/", "http://[64:ff9b:1::1]/", "http://[fe80::1]/",
		"http://[fe80::1%25eth0]/", "http://[fe80::1%eth0]/", "http://[fc00::1]/",
		"http://[fd00:ec2::254]/", "http://[fec0::1]/", "http://[ff02::1]/",
		"http://[2002:7f00:1::]/", "http://[2001:0:7f00:1::]/", "http://[2001:db8::1]/",
		"http://[3fff::1]/", "http://[100::1]/", "http://[5f00::1]/", "http://[127.0.0.1]/",
		"http://[::1/", "http://::1/", "http://[::1]x/", "http://[]/",
		/* names of one's own */
		"http://localhost/", "http://LOCALHOST/", "http://localhost./", "http://a.localhost/",
		"http://printer.local/", "http://metadata.google.internal/", "http://router.lan/",
		"http://nas.home.arpa/",
		/* who reads it otherwise than we */
		"http://example.com@127.0.0.1/", "http://user:pw@example.com/",
		"http://127.0.0.1\\@example.com/", "http:\\\\example.com/", "http:///example.com/",
		"http://example.com\t/", "http://example.com/a b", " http://example.com/",
		"http://example.com\r\nHost: x/", "http://ex\xc3\xa4mple.com/",
		"http://\xe2\x91\xa0\xe2\x91\xa1\xe2\x91\xa6.0.0.1/", "http://example.com/#x",
		"http://127.0.0.1%2f@example.com/", "http://ex%61mple.com/", "http://exam ple.com/",
		"http://-a.example.com/", "http://a..example.com/", "http://.example.com/",
		"http://example.com:0/", "http://example.com:65536/", "http://example.com:/",
		"http://example.com:80a/", "http://example.com:+80/", "http:///", "http://", "https://",
		/* other protocols */
		"ftp://example.com/", "file:///etc/passwd", "gopher://example.com/", "//example.com/",
		"example.com", "javascript:alert(1)", "dict://example.com:11211/", "httpx://a.com", "",
	};

	(void)state;
	assert_true(sizeof(url) / sizeof(url[0]) >= 60);
	for (size_t i = 0; i < sizeof(url) / sizeof(url[0]); i++) {
		struct target	t;

		if (target_parse(&t, span_str(url[i]), NULL) != HK_SYNTAX)
			fail_msg("%s: taken", url[i]);
		if (strncmp(err_last(), "url: ", 5) != 0)
			fail_msg("%s: nobody says why", url[i]);
	}
}

static void
what_is_allowed_is_allowed_and_no_more(void **state)
{
	static const struct {
		const char	*what, *url, *allowed;
		bool		 ok;
	} row[] = {
		{ "an allowed address", "http://127.0.0.1:8080/", "127.0.0.1", true },
		{ "in an allowed network", "http://10.1.2.3/", "192.168.0.0/16 10.0.0.0/8", true },
		{ "mapped, of an allowed network", "http://[::ffff:10.1.2.3]/", "10.0.0.0/8", true },
		{ "beside it", "http://11.0.0.1/", "10.0.0.0/8", true },
		{ "another private one", "http://172.16.0.1/", "10.0.0.0/8", false },
		{ "metadata, though something is allowed", "http://169.254.169.254/", "10.0.0.0/8", false },
		{ "localhost, when something is allowed", "http://localhost/", "127.0.0.0/8", true },
		{ "translated, of an allowed network", "http://[64:ff9b::10.1.2.3]/", "10.0.0.0/8", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct target	t;

		if ((target_parse(&t, span_str(row[i].url), row[i].allowed) == HK_OK) != row[i].ok)
			fail_msg("%s", row[i].what);
	}
}

static void
a_long_address_is_refused(void **state)
{
	static char	long_one[TARGET_MOST + 2];
	struct target	t;

	(void)state;
	memset(long_one, 'a', sizeof(long_one));
	memcpy(long_one, "https://example.com/", 20);
	assert_int_equal(target_parse(&t, span_of(long_one, TARGET_MOST), NULL), HK_OK);
	assert_int_equal(target_parse(&t, span_of(long_one, TARGET_MOST + 1), NULL), HK_SYNTAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_address_is_taken_apart),
		cmocka_unit_test(tricky_addresses_are_refused),
		cmocka_unit_test(what_is_allowed_is_allowed_and_no_more),
		cmocka_unit_test(a_long_address_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
