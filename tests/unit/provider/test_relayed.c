/* Received events as types of message. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "provider/relayed.h"

static void
names(void **state)
{
	static const struct {
		const char	*phrase, *name, *provider, *type;
	} rows[] = {
		{ "Stripe's",			"stripe.invoice.paid",	"stripe", "invoice.paid" },
		{ "Clerk's, of one word more",	"clerk.user.created",	"clerk", "user.created" },
		{ "Resend's",			"resend.email.bounced",	"resend", "email.bounced" },
		{ "codes are never handed on",	"clerk.email.created",	NULL, NULL },
		{ "nor those of a message",	"clerk.sms.created",	NULL, NULL },
		{ "no such type",		"stripe.invoice.lost",	NULL, NULL },
		{ "no such sender",		"paypal.invoice.paid",	NULL, NULL },
		{ "a type of ours",		"user.created",		NULL, NULL },
		{ "a sender alone",		"stripe",		NULL, NULL },
		{ "a sender and a dot",		"stripe.",		NULL, NULL },
		{ "nothing",			"",			NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct provider	*p = NULL;
		const char		*type = NULL;
		bool			 is = relayed_type(span_str(rows[i].name), &p, &type);

		if (is != (rows[i].type != NULL) || (is && (strcmp(p->name, rows[i].provider) != 0 ||
		    strcmp(type, rows[i].type) != 0)))
			fail_msg("%s: %s", rows[i].phrase, rows[i].name);
	}
}

static void
samples(void **state)
{
	(void)state;
	assert_non_null(relayed_sample(SPAN("stripe.invoice.paid")).p);
	assert_null(relayed_sample(SPAN("clerk.email.created")).p);
	assert_null(relayed_sample(SPAN("user.created")).p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(samples),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
