/* Envelopes: what an event says of itself, and what is refused by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/clock.h"
#include "provider/provider.h"
#include "shared.h"

#define MSG	"msg_2sample"
#define S	INT64_C(1000000)
#define STRIPE(more)	"{\"id\":\"evt_1\",\"object\":\"event\",\"type\":\"t.x\"," \
			"\"created\":1793600000" more "}"
#define SUBJECT(o)	STRIPE(",\"data\":{\"object\":" o "}")
#define CLERK(type, data) "{\"type\":\"" type "\",\"object\":\"event\"," \
			"\"timestamp\":1793600000123,\"data\":" data "}"
#define RESEND(data)	"{\"type\":\"email.sent\",\"created_at\":" \
			"\"2026-11-02T06:13:20.5Z\",\"data\":" data "}"

struct row {
	const char		*phrase;
	const struct provider	*pv;
	const char		*body;
	const char		*message_id;
	enum hk_err		 want;
	const char		*says;		/* part of err_last(), on an error */
	const char		*event_id, *type, *lane;
	int64_t			 occurred_us;
};

#define ST	&provider_stripe
#define CL	&provider_clerk
#define RE	&provider_resend
#define EVT	"evt_1", "t.x"
#define AT	(1793600000 * S)
#define GOOD	HK_OK, NULL
#define BAD	HK_SYNTAX

static const struct row rows[] = {
	{ "Stripe: the customer is the lane", ST,
	    SUBJECT("{\"id\":\"cs_1\",\"customer\":\"cus_1\"}"), NULL, GOOD, EVT, "cus_1", AT },
	{ "Stripe: an expanded customer gives its id", ST,
	    SUBJECT("{\"id\":\"cs_1\",\"customer\":{\"id\":\"cus_2\",\"object\":\"customer\"}}"),
	    NULL, GOOD, EVT, "cus_2", AT },
	{ "Stripe: a customer of Accounts v2", ST,
	    SUBJECT("{\"id\":\"cs_1\",\"customer\":null,\"customer_account\":\"acct_1\"}"),
	    NULL, GOOD, EVT, "acct_1", AT },
	{ "Stripe: without customer, the object", ST,
	    SUBJECT("{\"id\":\"prod_1\",\"customer\":null}"), NULL, GOOD, EVT, "prod_1", AT },
	{ "Stripe: a customer's own event", ST,
	    SUBJECT("{\"id\":\"cus_3\",\"object\":\"customer\"}"), NULL, GOOD, EVT, "cus_3", AT },
	{ "Stripe: an object without id", ST,
	    SUBJECT("{\"object\":\"balance\"}"), NULL, GOOD, EVT, NULL, AT },
	{ "Stripe: no data at all", ST, STRIPE(""), NULL, GOOD, EVT, NULL, AT },
	{ "Stripe: an escaped type is unescaped", ST,
	    "{\"id\":\"evt_1\",\"object\":\"event\",\"type\":\"t\\u002ex\","
	    "\"created\":1793600000}", NULL, GOOD, EVT, NULL, AT },
	{ "Stripe: thin, about its related object", ST,
	    "{\"id\":\"evt_1\",\"object\":\"v2.core.event\",\"type\":\"t.x\",\"created\":"
	    "\"2026-11-02T06:13:20.000Z\",\"related_object\":{\"id\":\"in_1\"}}",
	    NULL, GOOD, EVT, "in_1", AT },
	{ "Stripe: an id nested deeper is not the id", ST,
	    "{\"data\":{\"id\":\"evt_9\"},\"object\":\"event\",\"type\":\"t.x\",\"created\":1}",
	    NULL, BAD, "\"id\"", NULL, NULL, NULL, 0 },
	{ "Stripe: type missing", ST, "{\"id\":\"evt_1\",\"object\":\"event\",\"created\":1}",
	    NULL, BAD, "\"type\" is missing", NULL, NULL, NULL, 0 },
	{ "Stripe: type empty", ST,
	    "{\"id\":\"evt_1\",\"object\":\"event\",\"type\":\"\",\"created\":1}",
	    NULL, BAD, "\"type\"", NULL, NULL, NULL, 0 },
	{ "Stripe: type a number", ST,
	    "{\"id\":\"evt_1\",\"object\":\"event\",\"type\":7,\"created\":1}",
	    NULL, BAD, "\"type\"", NULL, NULL, NULL, 0 },
	{ "Stripe: id with a line end", ST,
	    "{\"id\":\"evt\\n1\",\"object\":\"event\",\"type\":\"t\",\"created\":1}",
	    NULL, BAD, "\"id\"", NULL, NULL, NULL, 0 },
	{ "Stripe: created missing", ST,
	    "{\"id\":\"evt_1\",\"object\":\"event\",\"type\":\"t\"}",
	    NULL, BAD, "\"created\" is missing", NULL, NULL, NULL, 0 },
	{ "Stripe: created beyond any calendar", ST,
	    "{\"id\":\"evt_1\",\"object\":\"event\",\"type\":\"t\",\"created\":9223372036854775807}",
	    NULL, BAD, "\"created\"", NULL, NULL, NULL, 0 },
	{ "Stripe: created below zero", ST,
	    "{\"id\":\"evt_1\",\"object\":\"event\",\"type\":\"t\",\"created\":-1}",
	    NULL, BAD, "\"created\"", NULL, NULL, NULL, 0 },
	{ "Stripe: thin with a number for time", ST,
	    "{\"id\":\"evt_1\",\"object\":\"v2.core.event\",\"type\":\"t\",\"created\":1}",
	    NULL, BAD, "\"created\"", NULL, NULL, NULL, 0 },
	{ "Stripe: another object", ST,
	    "{\"id\":\"cus_1\",\"object\":\"customer\",\"type\":\"t\",\"created\":1}",
	    NULL, BAD, "\"object\"", NULL, NULL, NULL, 0 },
	{ "Stripe: object missing", ST, "{\"id\":\"evt_1\",\"type\":\"t\",\"created\":1}",
	    NULL, BAD, "\"object\" is missing", NULL, NULL, NULL, 0 },
	{ "Stripe: cut off", ST, "{\"id\":\"evt_1\"", NULL, BAD, "", NULL, NULL, NULL, 0 },
	{ "Stripe: a list", ST, "[]", NULL, BAD, "", NULL, NULL, NULL, 0 },
	{ "Stripe: two types", ST, STRIPE(",\"type\":\"t.y\""), NULL, BAD, "type",
	    NULL, NULL, NULL, 0 },

	{ "Clerk: a user", CL, CLERK("user.created", "{\"id\":\"user_1\"}"), MSG, GOOD,
	    MSG, "user.created", "user_1", 1793600000 * S + 123000 },
	{ "Clerk: a time in seconds", CL,
	    "{\"type\":\"user.created\",\"timestamp\":1793600000,\"data\":{\"id\":\"user_1\"}}",
	    MSG, GOOD, MSG, "user.created", "user_1", AT },
	{ "Clerk: no time", CL, "{\"type\":\"user.created\",\"data\":{\"id\":\"user_1\"}}",
	    MSG, GOOD, MSG, "user.created", "user_1", 0 },
	{ "Clerk: a session is its user's", CL,
	    CLERK("session.created", "{\"id\":\"sess_1\",\"user_id\":\"user_1\"}"),
	    MSG, GOOD, MSG, "session.created", "user_1", 1793600000 * S + 123000 },
	{ "Clerk: a subscription is its payer's", CL,
	    CLERK("subscription.active", "{\"id\":\"csub_1\",\"payer_id\":\"cpayer_1\","
	    "\"payer\":{\"user_id\":\"user_1\",\"organization_id\":\"\"}}"),
	    MSG, GOOD, MSG, "subscription.active", "user_1", 1793600000 * S + 123000 },
	{ "Clerk: an organization pays", CL,
	    CLERK("subscriptionItem.active", "{\"id\":\"csub_item_1\","
	    "\"payer\":{\"user_id\":\"\",\"organization_id\":\"org_1\"}}"),
	    MSG, GOOD, MSG, "subscriptionItem.active", "org_1", 1793600000 * S + 123000 },
	{ "Clerk: the flat shape of billing", CL,
	    CLERK("subscription.past_due", "{\"id\":\"sub_1\",\"payer_id\":\"user_1\","
	    "\"user_id\":\"user_1\"}"),
	    MSG, GOOD, MSG, "subscription.past_due", "user_1", 1793600000 * S + 123000 },
	{ "Clerk: a payer that is null", CL,
	    CLERK("paymentAttempt.created", "{\"id\":\"pa_1\",\"payer\":null}"),
	    MSG, GOOD, MSG, "paymentAttempt.created", "pa_1", 1793600000 * S + 123000 },
	{ "Clerk: a membership is its organization's", CL,
	    CLERK("organizationMembership.created",
	    "{\"id\":\"orgmem_1\",\"organization\":{\"id\":\"org_1\"}}"),
	    MSG, GOOD, MSG, "organizationMembership.created", "org_1",
	    1793600000 * S + 123000 },
	{ "Clerk: an invitation too, not its user's", CL,
	    CLERK("organizationInvitation.accepted", "{\"id\":\"orginv_1\","
	    "\"organization_id\":\"org_1\",\"user_id\":\"user_1\"}"),
	    MSG, GOOD, MSG, "organizationInvitation.accepted", "org_1",
	    1793600000 * S + 123000 },
	{ "Clerk: a mail to nobody known", CL,
	    CLERK("email.created", "{\"id\":\"ema_1\",\"user_id\":null}"),
	    MSG, GOOD, MSG, "email.created", "ema_1", 1793600000 * S + 123000 },
	{ "Clerk: no message id", CL, CLERK("user.created", "{}"), NULL, BAD, "message id",
	    NULL, NULL, NULL, 0 },
	{ "Clerk: type missing", CL, "{\"data\":{}}", MSG, BAD, "\"type\" is missing",
	    NULL, NULL, NULL, 0 },

	{ "Resend: an e-mail", RE, RESEND("{\"email_id\":\"em-1\",\"id\":\"x\"}"), MSG, GOOD,
	    MSG, "email.sent", "em-1", AT + 500000 },
	{ "Resend: a thing with an id", RE, RESEND("{\"id\":\"c-1\",\"email\":\"a@b.example\"}"),
	    MSG, GOOD, MSG, "email.sent", "c-1", AT + 500000 },
	{ "Resend: an address only", RE, RESEND("{\"email\":\"a@b.example\"}"), MSG, GOOD,
	    MSG, "email.sent", "a@b.example", AT + 500000 },
	{ "Resend: a time as older documents write it", RE,
	    "{\"type\":\"email.sent\",\"created_at\":\"2026-11-02 06:13:20.500000+00\"}", MSG,
	    GOOD, MSG, "email.sent", NULL, AT + 500000 },
	{ "Resend: type missing", RE, "{\"created_at\":\"2026-11-02T06:13:20Z\"}", MSG, BAD,
	    "\"type\" is missing", NULL, NULL, NULL, 0 },
	{ "Resend: no message id", RE, RESEND("{}"), NULL, BAD, "message id",
	    NULL, NULL, NULL, 0 },
};

static void
same(const char *phrase, const char *what, struct span got, const char *want)
{
	if (!span_is(got, want) || (want == NULL) != (got.p == NULL))
		fail_msg("%s: %s is \"%.*s\", not \"%s\"", phrase, what, SPAN_ARG(got),
		    want != NULL ? want : "(none)");
}

static void
reads_envelopes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row	*r = &rows[i];
		struct arena		*arena = arena_new(1 << 20);
		struct envelope		 env;
		enum hk_err		 e;

		e = r->pv->envelope(span_str(r->body), span_str(r->message_id), arena, &env);
		if (e != r->want)
			fail_msg("%s: %s (%s)", r->phrase, err_name(e), err_last());
		if (e != HK_OK && strstr(err_last(), r->says) == NULL)
			fail_msg("%s: says \"%s\"", r->phrase, err_last());
		if (e == HK_OK) {
			same(r->phrase, "event_id", env.event_id, r->event_id);
			same(r->phrase, "type", env.type, r->type);
			same(r->phrase, "lane", env.lane, r->lane);
			if (env.occurred_us != r->occurred_us)
				fail_msg("%s: at %lld", r->phrase, (long long)env.occurred_us);
		}
		arena_free(arena);
	}
}

static void
reads_what_stripe_may_leave_out(void **state)
{
	struct arena	*arena = arena_new(1 << 20);
	struct envelope	 env;

	(void)state;
	assert_int_equal(HK_OK, provider_stripe.envelope(span_str(STRIPE(
	    ",\"livemode\":true,\"api_version\":\"2026-07-29.dahlia\",\"account\":\"acct_7\"")),
	    SPAN_NULL, arena, &env));
	assert_int_equal(1, env.livemode);
	same("all said", "api_version", env.api_version, "2026-07-29.dahlia");
	same("all said", "instance", env.instance, "acct_7");
	assert_false(env.thin);

	assert_int_equal(HK_OK, provider_stripe.envelope(span_str(STRIPE(
	    ",\"livemode\":\"no\",\"api_version\":null")), SPAN_NULL, arena, &env));
	assert_int_equal(-1, env.livemode);
	same("nothing said", "api_version", env.api_version, NULL);
	same("nothing said", "instance", env.instance, NULL);
	arena_free(arena);
}

/* An id too long for a column's purpose is no id; a lane too long is no lane. */
static void
keeps_to_its_lengths(void **state)
{
	static const struct {
		const char	*phrase;
		int		 id, type, customer;
		enum hk_err	 want;
		bool		 lane;
	} lengths[] = {
		{ "all at their most",		256, 128, 256,	HK_OK,		true },
		{ "id one too long",		257, 128, 256,	HK_SYNTAX,	false },
		{ "type one too long",		256, 129, 256,	HK_SYNTAX,	false },
		{ "customer one too long",	256, 128, 257,	HK_OK,		false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct arena	*arena = arena_new(1 << 20);
		struct envelope	 env;
		char		*body;
		enum hk_err	 e;

		body = arena_printf(arena, "{\"id\":\"%0*d\",\"object\":\"event\",\"type\":"
		    "\"%0*d\",\"created\":1,\"data\":{\"object\":{\"customer\":\"%0*d\"}}}",
		    lengths[i].id, 1, lengths[i].type, 1, lengths[i].customer, 1);
		e = provider_stripe.envelope(span_str(body), SPAN_NULL, arena, &env);
		if (e != lengths[i].want)
			fail_msg("%s: %s", lengths[i].phrase, err_name(e));
		if (e == HK_OK && (env.lane.p != NULL) != lengths[i].lane)
			fail_msg("%s: lane of %zu", lengths[i].phrase, env.lane.len);
		arena_free(arena);
	}
}

/* ---- the fixtures: the scanner and the tree must agree ------------------ */

static void
agree(const char *path, const char *what, struct span got, struct span want)
{
	if (got.p == NULL || !span_eq(got, want))
		fail_msg("%s: %s is \"%.*s\", the tree has \"%.*s\"", path, what,
		    SPAN_ARG(got), SPAN_ARG(want));
}

static struct span
first_of(struct json *root, const char *const *paths)
{
	struct span	s = SPAN_NULL;

	for (; s.len == 0 && *paths != NULL; paths++)
		s = json_id(root, *paths);
	return s;
}

static void
check(const struct provider *pv, const char *path, struct span text, struct span id,
    const char *const *lane)
{
	struct arena	*arena = arena_new(8 << 20);
	struct envelope	 env;
	struct json	*root;
	struct span	 want;

	assert_int_equal(HK_OK, json_parse(text, &root));
	if (pv->envelope(text, id, arena, &env) != HK_OK)
		fail_msg("%s: %s", path, err_last());
	agree(path, "type", env.type, json_text(root, "type"));
	agree(path, "event id", env.event_id, id.p != NULL ? id : json_text(root, "id"));
	want = first_of(root, lane);
	if (want.len > 0)
		agree(path, "lane", env.lane, want);
	else if (env.lane.p != NULL)
		fail_msg("%s: lane \"%.*s\" from nowhere", path, SPAN_ARG(env.lane));
	if (provider_type(pv, env.type) == NULL)
		fail_msg("%s: type %.*s is not in the catalogue", path, SPAN_ARG(env.type));
	/* All fixtures were made in this century. */
	assert_in_range(env.occurred_us, 946684800 * S, 4102444800 * S);
	json_free(root);
	arena_free(arena);
}

static void
check_stripe(const char *path, struct span text)
{
	static const char *const lane[] = { "data.object.customer",
	    "data.object.customer_account", "data.object.id", "related_object.id", NULL };

	check(&provider_stripe, path, text, SPAN_NULL, lane);
}

static void
check_clerk(const char *path, struct span text)
{
	static const char *const lane[] = { "data.payer.user_id",
	    "data.payer.organization_id", "data.organization_id", "data.organization.id",
	    "data.user_id", "data.id", NULL };

	check(&provider_clerk, path, text, SPAN(MSG), lane);
}

static void
check_resend(const char *path, struct span text)
{
	static const char *const lane[] = { "data.email_id", "data.id", "data.email", NULL };

	check(&provider_resend, path, text, SPAN(MSG), lane);
}

static void
reads_every_fixture(void **state)
{
	(void)state;
	shared_need("fixtures");
	assert_true(each_json("fixtures/stripe", check_stripe) >= 275);
	assert_true(each_json("fixtures/stripe/2020-08-27", check_stripe) > 0);
	assert_true(each_json("fixtures/stripe/thin", check_stripe) > 0);
	assert_true(each_json("fixtures/clerk", check_clerk) >= 46);
	assert_true(each_json("fixtures/resend", check_resend) >= 37);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(reads_envelopes),
		cmocka_unit_test(reads_what_stripe_may_leave_out),
		cmocka_unit_test(keeps_to_its_lengths),
		cmocka_unit_test(reads_every_fixture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
