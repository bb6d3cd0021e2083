/* What viewers see of bodies with one-time codes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "base/scan.h"
#include "provider/masked.h"
#include "provider/provider.h"

#define M	"\"" MASKED "\""

static const struct {
	const char	*what, *provider, *type, *body, *shown;
} rows[] = {
	{ "the code itself",	"clerk", "sms.created",
	    "{\"data\":{\"data\":{\"otp_code\":\"424242\"},\"user_id\":\"user_1\"}}",
	    "{\"data\":{\"data\":" M ",\"user_id\":\"user_1\"}}" },
	{ "the texts it is in",	"clerk", "email.created",
	    "{\"type\": \"email.created\", \"data\": {\"body\": \"424242\", \"body_plain\": \"4\", "
	    "\"subject\": \"424242 is your code\", \"message\": \"x\", \"slug\": \"verification_code\"}}",
	    "{\"type\": \"email.created\", \"data\": {\"body\": " M ", \"body_plain\": " M ", "
	    "\"subject\": " M ", \"message\": " M ", \"slug\": \"verification_code\"}}" },
	{ "a number",		"clerk", "sms.created", "{\"data\":{\"code\":424242}}",
	    "{\"data\":{\"code\":" M "}}" },
	{ "a name written with escapes", "clerk", "sms.created",
	    "{\"d\\u0061ta\":{\"mess\\u0061ge\":\"424242\"}}", "{\"d\\u0061ta\":{\"mess\\u0061ge\":" M "}}" },
	{ "a member nobody knows yet", "clerk", "email.created",
	    "{\"data\":{\"html\":\"424242\"},\"more\":[\"424242\"],\"object\":\"event\"}",
	    "{\"data\":{\"html\":" M "},\"more\":" M ",\"object\":\"event\"}" },
	{ "data of another shape", "clerk", "email.created", "{\"data\":[\"424242\"]}",
	    "{\"data\":" M "}" },
	{ "nothing to hide stays", "clerk", "email.created",
	    "{\"data\":{\"delivered_by_clerk\":false,\"body\":null}}",
	    "{\"data\":{\"delivered_by_clerk\":false,\"body\":null}}" },
	{ "no object",		"clerk", "email.created", "\"424242\"", M },
	{ "no JSON",		"clerk", "email.created", "{\"data\":{\"body\":\"424242", M },
	{ "a name twice",	"clerk", "email.created", "{\"data\":1,\"data\":{\"body\":\"424242\"}}", M },
	{ "another spelling",	"clerk", "emails.created", "{\"data\":{\"body\":\"424242\"}}",
	    "{\"data\":{\"body\":" M "}}" },
	{ "other types as they came", "clerk", "user.created", "{\"data\":{\"body\":\"1\"}}",
	    "{\"data\":{\"body\":\"1\"}}" },
	{ "other senders' mail", "resend", "email.sent", "{\"data\":{\"subject\":\"Hi\"}}",
	    "{\"data\":{\"subject\":\"Hi\"}}" },
};

static void
masks(void **state)
{
	struct arena	*arena = arena_new(1 << 20);
	struct span	 got;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(provider_mask(span_str(rows[i].provider), span_str(rows[i].type),
		    span_str(rows[i].body), arena, &got), HK_OK);
		if (!span_is(got, rows[i].shown))
			fail_msg("%s: %.*s", rows[i].what, SPAN_ARG(got));
	}
	arena_free(arena);
}

/* Whatever the project ships as a sample of such a type shows no code. */
static void
no_sample_shows_its_code(void **state)
{
	static const char *const types[] = { "email.created", "sms.created" };
	struct arena		*arena = arena_new(1 << 20);
	struct span		 body, got;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		body = provider_sample(&provider_clerk, span_str(types[i]));
		if (body.p == NULL)
			continue;
		assert_true(provider_has_codes(SPAN("clerk"), span_str(types[i])));
		assert_int_equal(provider_mask(SPAN("clerk"), span_str(types[i]), body, arena, &got), HK_OK);
		assert_null(memmem(got.p, got.len, "otp_code", 8));
		assert_int_equal(scan_value(got, arena), HK_OK);
	}
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(masks),
		cmocka_unit_test(no_sample_shows_its_code),
	};

	return cmocka_run_group_tests_name("provider/masked", tests, NULL, NULL);
}
