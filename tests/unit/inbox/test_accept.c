/* Only what a configured secret signs now is taken in after all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "base/clock.h"
#include "inbox/accept.h"
#include "inbox/refusal.h"

#define SECRET	"whsec_testtesttesttest"
#define BODY	"{\"id\":\"evt_1\",\"object\":\"event\",\"type\":\"customer.created\"," \
		"\"created\":1790000000,\"livemode\":false,\"data\":{\"object\":{\"id\":\"cus_1\"}}}"
#define T0_S	INT64_C(1790000000)

static struct conf *
conf_with(const char *secret)
{
	static char	 variable[128];
	const char	*env[] = { "HOOKKEEPER_DB=/nowhere/test.db", "HOOKKEEPER_MODE=test",
			    variable, NULL };
	struct conf	*conf;

	snprintf(variable, sizeof(variable), "STRIPE_WEBHOOK_SECRET=%s", secret);
	assert_int_equal(conf_parse(&conf, NULL, SPAN_NULL, true, env, true), HK_OK);
	return conf;
}

/* A request of long ago, signed with SECRET. */
static void
hold(struct db *db, struct span body, bool keep)
{
	struct sign_key		k = { .how = NULL };
	struct signed_fields	f;
	char			headers[1200];
	struct refusal		r = { .provider = "stripe", .reason = "no_match", .shaped = true,
				    .size = body.len, .received_us = T0_S * US_PER_S };

	assert_int_equal(scheme_stripe.key(&k, SPAN(SECRET)), HK_OK);
	assert_int_equal(scheme_stripe.sign(body, SPAN_NULL, &k, 1, T0_S, &f), HK_OK);
	snprintf(headers, sizeof(headers), "{\"%s\":\"%s\"}", f.name[0], f.value[0]);
	r.headers = span_str(headers);
	r.body = keep ? body : SPAN_NULL;
	assert_int_equal(refusal_store(db, &r), HK_OK);
}

static void
what_may_be_accepted(void **state)
{
	static const struct {
		const char	*phrase, *secret;
		struct span	 body;
		bool		 keep;
		int64_t		 id;
		enum hk_err	 want;
	} row[] = {
		{ "its secret was entered",	SECRET,	SPAN(BODY),	true,	1, HK_OK },
		{ "the secret is still wrong",	"whsec_anotheranother", SPAN(BODY), true, 1, HK_BADSIG },
		{ "there is no such request",	SECRET,	SPAN(BODY),	true,	2, HK_NOTFOUND },
		{ "its body was not kept",	SECRET,	SPAN(BODY),	false,	1, HK_NEVER },
		{ "signed, but no event",	SECRET,	SPAN("{\"a\":1}"), true, 1, HK_SYNTAX },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct conf	*conf = conf_with(row[i].secret);
		struct arena	*arena = arena_new(1 << 20);
		struct accepted	 a;
		const char	*label = NULL;
		struct db	*db;

		print_message("  %s\n", row[i].phrase);
		assert_int_equal(db_memory(&db), HK_OK);
		assert_int_equal(db_begin(db), HK_OK);
		hold(db, row[i].body, row[i].keep);
		assert_int_equal(quarantine_check(db, conf, row[i].id, arena, &label), row[i].want);
		assert_true((label != NULL) == (row[i].want == HK_OK));
		assert_int_equal(quarantine_accept(db, conf, row[i].id, now_us(), arena, &a),
		    row[i].want);
		if (row[i].want == HK_OK) {
			assert_true(a.fresh);
			assert_string_equal(a.label, label);
			assert_int_equal(quarantine_accept(db, conf, 1, now_us(), arena, &a), HK_EXISTS);
			assert_int_equal(quarantine_check(db, conf, 1, arena, &label), HK_EXISTS);
		}
		db_close(db);
		arena_free(arena);
		conf_free(conf);
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(what_may_be_accepted),
	};

	return cmocka_run_group_tests_name("inbox/accept", tests, NULL, NULL);
}
