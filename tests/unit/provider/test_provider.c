/* The catalogues, what becomes of an event by its envelope, and the samples. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "provider/provider.h"
#include "shared.h"

static void
finds_providers(void **state)
{
	(void)state;
	assert_ptr_equal(&provider_stripe, provider_find(SPAN("stripe")));
	assert_ptr_equal(&provider_clerk, provider_find(SPAN("clerk")));
	assert_ptr_equal(&provider_resend, provider_find(SPAN("resend")));
	assert_null(provider_find(SPAN("strip")));
	assert_null(provider_find(SPAN("")));
	assert_int_equal(400, provider_stripe.refused);
	assert_int_equal(401, provider_clerk.refused);
	assert_int_equal(401, provider_resend.refused);
}

/* Else the search would miss some. */
static void
catalogues_are_sorted(void **state)
{
	(void)state;
	for (size_t p = 0; providers[p] != NULL; p++) {
		const char *const	*row = providers[p]->catalogue;

		for (; row[1] != NULL; row++)
			if (strcmp(row[0], row[1]) >= 0)
				fail_msg("%s: %s before %s", providers[p]->name, row[0], row[1]);
	}
}

static void
knows_every_line(const struct provider *pv, const char *below)
{
	char		 path[4096];
	struct buf	 b;
	struct span	 rest;
	int		 n = 0;

	shared_path(path, sizeof(path), below);
	file_read(path, &b);
	for (rest = buf_span(&b); rest.p != NULL;) {
		struct span	line = span_trim(span_cut(&rest, '\n'));
		const char	*type;

		if (line.len == 0)
			continue;
		n++;
		type = provider_type(pv, line);
		if (type == NULL || !span_is(line, type))
			fail_msg("%s: %.*s is not in the catalogue", below, SPAN_ARG(line));
	}
	assert_true(n > 0);
	buf_release(&b);
}

static void
catalogues_are_complete(void **state)
{
	(void)state;
	shared_need("reference/event-types");
	knows_every_line(&provider_stripe, "reference/event-types/stripe.txt");
	knows_every_line(&provider_stripe, "reference/event-types/stripe-legacy.txt");
	knows_every_line(&provider_stripe, "reference/event-types/stripe-thin.txt");
	knows_every_line(&provider_clerk, "reference/event-types/clerk.txt");
	knows_every_line(&provider_resend, "reference/event-types/resend.txt");
}

static const struct {
	const char		*phrase;
	const struct provider	*pv;
	const char		*sent, *means;
} spellings[] = {
	{ "as in the catalogue", &provider_clerk, "user.created", "user.created" },
	{ "past due, as databases write it", &provider_clerk,
	    "subscription.past_due", "subscription.pastDue" },
	{ "an item past due", &provider_clerk,
	    "subscriptionItem.past_due", "subscriptionItem.pastDue" },
	{ "a cancelled subscription, no official name", &provider_clerk,
	    "subscription.canceled", "subscription.canceled" },
	{ "cancelled as the British write it", &provider_clerk,
	    "subscription.cancelled", "subscription.canceled" },
	{ "no such thing", &provider_clerk, "user.signedIn", NULL },
	{ "another case", &provider_clerk, "User.created", NULL },
	{ "half a name", &provider_clerk, "user", NULL },
	{ "a name and more", &provider_clerk, "user.created2", NULL },
	{ "another provider's", &provider_stripe, "user.created", NULL },
	{ "an alias is one provider's", &provider_stripe, "subscription.past_due", NULL },
	{ "a thin one", &provider_stripe, "v1.invoice.paid", "v1.invoice.paid" },
	{ "a retired one", &provider_stripe, "sku.created", "sku.created" },
	{ "the first of all", &provider_stripe, "account.application.authorized",
	    "account.application.authorized" },
	{ "empty", &provider_stripe, "", NULL },
};

static void
resolves_spellings(void **state)
{
	char	longest[200];

	(void)state;
	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
		const char	*means = provider_type(spellings[i].pv,
				    span_str(spellings[i].sent));
		const char	*want = spellings[i].means;

		if ((means == NULL) != (want == NULL) ||
		    (means != NULL && strcmp(means, want) != 0))
			fail_msg("%s: %s means %s", spellings[i].phrase, spellings[i].sent,
			    means != NULL ? means : "nothing");
	}
	memset(longest, 'x', sizeof(longest));
	assert_null(provider_type(&provider_stripe, span_of(longest, sizeof(longest))));
}

/* A row or an alias that names no type would never be reached. */
static void
tables_name_known_types(void **state)
{
	(void)state;
	for (size_t p = 0; providers[p] != NULL; p++) {
		const struct provider	*pv = providers[p];
		const struct alias	*a = pv->aliases;
		const struct handler	*h = pv->handlers;

		for (; a != NULL && a->sent != NULL; a++)
			if (provider_type(pv, span_str(a->means)) == NULL)
				fail_msg("%s: alias %s", pv->name, a->means);
		for (; h->type != NULL; h++) {
			const char	*type = provider_type(pv, span_str(h->type));

			if (type == NULL || strcmp(type, h->type) != 0)
				fail_msg("%s: handler of %s", pv->name, h->type);
			assert_ptr_equal(h->run, provider_handler(pv, type));
		}
	}
	assert_null(provider_handler(&provider_stripe, "balance.available"));
}

/* ---- what becomes of it ------------------------------------------------- */

#define DONE	"checkout.session.completed"

static const struct {
	const char		*phrase;
	const struct provider	*pv;
	const char		*type, *events, *instances;
	int			 unknown_events, mode, livemode;
	bool			 thin;
	const char		*instance;
	int			 want;
	const char		*reason;	/* part of it */
} fates[] = {
	{ "a test event in test mode", &provider_stripe, DONE, "*", NULL, 0,
	    MODE_TEST, 0, false, NULL, DO_PROCESS, NULL },
	{ "a live event in test mode", &provider_stripe, DONE, "*", NULL, 0,
	    MODE_TEST, 1, false, NULL, DO_IGNORE, "live mode event" },
	{ "a test event in live mode", &provider_stripe, DONE, "*", NULL, 0,
	    MODE_LIVE, 0, false, NULL, DO_IGNORE, "test mode event" },
	{ "a live event in live mode", &provider_stripe, DONE, "*", NULL, 0,
	    MODE_LIVE, 1, false, NULL, DO_PROCESS, NULL },
	{ "it does not say", &provider_stripe, DONE, "*", NULL, 0,
	    MODE_LIVE, -1, false, NULL, DO_PROCESS, NULL },
	{ "thin, of what is handled", &provider_stripe, "v1.checkout.session.completed", "*",
	    NULL, 0, MODE_TEST, 0, true, NULL, DO_PROCESS, NULL },
	{ "thin, of what is not", &provider_stripe, "v1.balance.available", "*", NULL, 0,
	    MODE_TEST, 0, true, NULL, DO_SKIP, "thin" },
	{ "thin, without a snapshot", &provider_stripe, "v2.core.account.updated", "*", NULL, 0,
	    MODE_TEST, 0, true, NULL, DO_SKIP, "thin" },
	{ "thin and filtered", &provider_stripe, "v1.invoice.paid", "checkout.*", NULL, 0,
	    MODE_TEST, 0, true, NULL, DO_SKIP, "events" },
	{ "thin and of the wrong mode", &provider_stripe, "v1.invoice.paid", "*", NULL, 0,
	    MODE_TEST, 1, true, NULL, DO_IGNORE, "live mode" },
	{ "known, without handler", &provider_stripe, "balance.available", "*", NULL, 0,
	    MODE_TEST, 0, false, NULL, DO_SKIP, "no handler" },
	{ "unknown to Stripe's catalogue", &provider_stripe, "brand.new", "*", NULL,
	    UNKNOWN_DEFAULT, MODE_TEST, 0, false, NULL, DO_SKIP, "unknown" },
	{ "unknown, and the owner is strict", &provider_stripe, "brand.new", "*", NULL,
	    UNKNOWN_REJECT, MODE_TEST, 0, false, NULL, DO_REJECT, "unknown" },
	{ "unknown to Clerk's catalogue", &provider_clerk, "brand.new", "*", NULL,
	    UNKNOWN_DEFAULT, MODE_TEST, -1, false, NULL, DO_REJECT, "unknown" },
	{ "unknown, and the owner is lenient", &provider_clerk, "brand.new", "*", NULL,
	    UNKNOWN_STORE, MODE_TEST, -1, false, NULL, DO_SKIP, "unknown" },
	{ "unknown to Resend's catalogue", &provider_resend, "brand.new", "*", NULL,
	    UNKNOWN_DEFAULT, MODE_TEST, -1, false, NULL, DO_SKIP, "unknown" },
	{ "filtered", &provider_stripe, DONE, "invoice.*", NULL, 0,
	    MODE_TEST, 0, false, NULL, DO_SKIP, "events" },
	{ "not filtered", &provider_stripe, DONE, "invoice.* checkout.*", NULL, 0,
	    MODE_TEST, 0, false, NULL, DO_PROCESS, NULL },
	{ "the filter in the other spelling", &provider_clerk, "subscription.past_due",
	    "subscription.pastDue", NULL, 0, MODE_TEST, -1, false, NULL, DO_PROCESS, NULL },
	{ "our instance", &provider_clerk, "user.created", "*", "ins_1 ins_2", 0,
	    MODE_TEST, -1, false, "ins_2", DO_PROCESS, NULL },
	{ "another instance", &provider_clerk, "user.created", "*", "ins_1  ins_22", 0,
	    MODE_TEST, -1, false, "ins_2", DO_IGNORE, "instance" },
	{ "no instance said", &provider_clerk, "user.created", "*", "ins_1", 0,
	    MODE_TEST, -1, false, NULL, DO_IGNORE, "instance" },
	{ "any instance", &provider_clerk, "user.created", "*", NULL, 0,
	    MODE_LIVE, -1, false, "ins_2", DO_PROCESS, NULL },
};

static void
decides_by_the_envelope(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(fates) / sizeof(fates[0]); i++) {
		struct conf		 conf = { .mode = fates[i].mode };
		struct envelope		 env = { .type = span_str(fates[i].type),
					    .livemode = fates[i].livemode, .thin = fates[i].thin,
					    .instance = span_str(fates[i].instance) };
		struct disposition	 d;

		for (size_t s = 0; s < CONF_SENDERS; s++)
			conf.sender[s] = (struct conf_sender){ .name = providers[s]->name,
			    .events = fates[i].events, .instances = fates[i].instances,
			    .unknown_events = fates[i].unknown_events };
		d = provider_dispose(fates[i].pv, &conf, &env);
		if ((int)d.what != fates[i].want)
			fail_msg("%s: %d (%s)", fates[i].phrase, (int)d.what,
			    d.reason != NULL ? d.reason : "no reason");
		if ((d.reason == NULL) != (fates[i].reason == NULL) ||
		    (d.reason != NULL && strstr(d.reason, fates[i].reason) == NULL))
			fail_msg("%s: because %s", fates[i].phrase, d.reason);
	}
}

/* ---- samples ------------------------------------------------------------ */

/* Each can be sent as it is: a good envelope of the type its name says. */
static void
sample_is_sound(const struct provider *pv, const char *type)
{
	struct arena	*arena = arena_new(1 << 20);
	struct span	 text = provider_sample(pv, span_str(type));
	struct envelope	 env;

	if (text.p == NULL)
		fail_msg("%s: no sample of %s", pv->name, type);
	if (pv->envelope(text, SPAN("msg_2sample"), arena, &env) != HK_OK)
		fail_msg("%s %s: %s", pv->name, type, err_last());
	if (!span_is(env.type, type))
		fail_msg("%s %s: is a %.*s", pv->name, type, SPAN_ARG(env.type));
	if (env.lane.p == NULL || env.occurred_us == 0 || env.livemode == 1)
		fail_msg("%s %s: no lane, no time, or live", pv->name, type);
	arena_free(arena);
}

static const char *const common[][2] = {
	{ "stripe", "invoice.paid" }, { "stripe", "invoice.payment_failed" },
	{ "stripe", "customer.created" }, { "stripe", "customer.subscription.created" },
	{ "stripe", "customer.subscription.updated" },
	{ "stripe", "customer.subscription.deleted" }, { "stripe", "charge.refunded" },
	{ "stripe", "charge.dispute.created" }, { "stripe", "payment_intent.succeeded" },
	{ "clerk", "session.created" }, { "clerk", "organization.created" },
	{ "clerk", "organizationMembership.created" }, { "clerk", "subscription.active" },
	{ "clerk", "subscriptionItem.active" }, { "clerk", "paymentAttempt.updated" },
	{ "clerk", "email.created" }, { "resend", "contact.created" },
	{ "resend", "domain.updated" },
};

static void
ships_samples(void **state)
{
	(void)state;
	for (size_t p = 0; providers[p] != NULL; p++)
		for (const struct handler *h = providers[p]->handlers; h->type != NULL; h++)
			sample_is_sound(providers[p], h->type);
	for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++)
		sample_is_sound(provider_find(span_str(common[i][0])), common[i][1]);
	assert_null(provider_sample(&provider_stripe, SPAN("balance.available")).p);
	assert_null(provider_sample(&provider_stripe, SPAN("../clerk/user.created")).p);
}

/* Sent together they must make sense: the buyer is the user who signed up. */
static void
samples_tell_one_story(void **state)
{
	struct json	*user, *session;

	(void)state;
	assert_int_equal(HK_OK, json_parse(provider_sample(&provider_clerk,
	    SPAN("user.created")), &user));
	assert_int_equal(HK_OK, json_parse(provider_sample(&provider_stripe, SPAN(DONE)),
	    &session));
	assert_true(json_text(user, "data.id").len > 0);
	assert_true(span_eq(json_text(user, "data.id"),
	    json_text(session, "data.object.client_reference_id")));
	json_free(user);
	json_free(session);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(finds_providers),
		cmocka_unit_test(catalogues_are_sorted),
		cmocka_unit_test(catalogues_are_complete),
		cmocka_unit_test(resolves_spellings),
		cmocka_unit_test(tables_name_known_types),
		cmocka_unit_test(decides_by_the_envelope),
		cmocka_unit_test(ships_samples),
		cmocka_unit_test(samples_tell_one_story),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
