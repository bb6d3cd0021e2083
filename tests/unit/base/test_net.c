/* IP addresses and networks as people and proxies write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/net.h"

static void
an_address_is_in_a_network_or_not(void **state)
{
	static const struct {
		const char	*what, *net, *ip;
		bool		 in;
	} row[] = {
		{ "the address itself",		"192.0.2.7",	"192.0.2.7",	true },
		{ "its neighbour",		"192.0.2.7",	"192.0.2.6",	false },
		{ "first of a /24",		"192.0.2.0/24",	"192.0.2.0",	true },
		{ "last of a /24",		"192.0.2.0/24",	"192.0.2.255",	true },
		{ "past a /24",			"192.0.2.0/24",	"192.0.3.0",	false },
		{ "last of a /23",		"192.0.2.0/23",	"192.0.3.255",	true },
		{ "everything",			"0.0.0.0/0",	"203.0.113.9",	true },
		{ "everything old is not new",	"0.0.0.0/0",	"2001:db8::1",	false },
		{ "mapped is the same",		"192.0.2.0/24",	"::ffff:192.0.2.9", true },
		{ "inside a /32 of IPv6",	"2001:db8::/32", "2001:db8:ffff::1", true },
		{ "outside of it",		"2001:db8::/32", "2001:db9::1",	false },
		{ "a /65 splits a group",	"2001:db8::/65", "2001:db8::8000:0:0:0", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct net	n;
		struct ip	ip;

		if (!net_parse(span_str(row[i].net), &n) || !ip_parse(span_str(row[i].ip), &ip) ||
		    net_has(&n, &ip) != row[i].in)
			fail_msg("%s", row[i].what);
	}
}

static void
what_is_no_network_is_said(void **state)
{
	static const char *const	wrong[] = {
		"192.0.2.0/33", "192.0.2.1/24", "192.0.2", "0300.0.2.1", "192.0.2.0/",
		"192.0.2.0/-1", "192.0.2.0/+8", "2001:db8::/129", "fe80::1%eth0", "::1/0", "host",
		"192.0.2.7:80",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		if (nets_wrong(wrong[i]).p == NULL)
			fail_msg("%s: taken", wrong[i]);
	}
	assert_null(nets_wrong(NULL).p);
	assert_null(nets_wrong("").p);
	assert_null(nets_wrong(" 192.0.2.0/24\t2001:db8::/32 ").p);
	assert_true(span_is(nets_wrong("192.0.2.0/24 x 2001:db8::/32"), "x"));
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(an_address_is_in_a_network_or_not),
		cmocka_unit_test(what_is_no_network_is_said),
	};

	return cmocka_run_group_tests_name("base/net", tests, NULL, NULL);
}
