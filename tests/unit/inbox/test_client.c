/* Whose address is shown for a refused request. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "inbox/client.h"

static void
only_trusted_proxies_are_believed(void **state)
{
	static const struct {
		const char	*what, *remote, *forwarded, *trusted, *want;
	} row[] = {
		{ "no proxy",		"192.0.2.1", NULL, "10.0.0.0/8", "192.0.2.1" },
		{ "nobody is trusted",	"10.0.0.1", "192.0.2.1", NULL, "10.0.0.1" },
		{ "a stranger's claim",	"192.0.2.1", "127.0.0.1", "10.0.0.0/8", "192.0.2.1" },
		{ "one proxy",		"10.0.0.1", "192.0.2.1", "10.0.0.0/8", "192.0.2.1" },
		{ "forged in front",	"10.0.0.1", "1.2.3.4, 192.0.2.1", "10.0.0.0/8", "192.0.2.1" },
		{ "two proxies",	"10.0.0.1", "192.0.2.1, 10.0.0.2", "10.0.0.0/8", "192.0.2.1" },
		{ "all are proxies",	"10.0.0.1", "10.0.0.3,10.0.0.2", "10.0.0.0/8", "10.0.0.3" },
		{ "nonsense",		"10.0.0.1", "<b>", "10.0.0.0/8", "10.0.0.1" },
		{ "IPv6",		"::1", "2001:db8::9", "::1", "2001:db8::9" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		const struct field	f = { SPAN("x-forwarded-for"), span_str(row[i].forwarded) };
		const struct http_request rq = { .remote_addr = span_str(row[i].remote),
					    .fields = { &f, row[i].forwarded != NULL } };

		if (!span_is(client_addr(&rq, row[i].trusted), row[i].want))
			fail_msg("%s", row[i].what);
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(only_trusted_proxies_are_believed),
	};

	return cmocka_run_group_tests_name("inbox/client", tests, NULL, NULL);
}
