/* The types of message, as a table. */
#include "outbox/types.h"

#define OWNER	\
	{ "owner_kind",	"text",		"\"user\" or \"organization\"" },	\
	{ "owner",	"text",		"the user's id (ours), or Clerk's id of the organization" }

static const struct message_member user[] = {
	{ "id",		"text",		"the user's id, a UUID of ours" },
	{ "clerk_id",	"text or null",	"Clerk's id of the user" },
	{ "email",	"text or null",	"the primary e-mail address" },
	{ "first_name",	"text or null",	"as Clerk has it" },
	{ "last_name",	"text or null",	"as Clerk has it" },
	{ "username",	"text or null",	"as Clerk has it" },
	{ NULL, NULL, NULL }
};

static const struct message_member user_gone[] = {
	{ "id",		"text",		"the user's id, a UUID of ours" },
	{ "clerk_id",	"text or null",	"Clerk's id of the user" },
	{ NULL, NULL, NULL }
};

static const struct message_member credits[] = {
	OWNER,
	{ "amount",	"number",	"credits that came; below zero: that went" },
	{ "balance",	"number",	"credits that are there now" },
	{ "kind",	"text",		"signup_bonus, purchase, subscription, refund, dispute, "
	    "reinstate, burn or adjust" },
	{ "business_key", "text",	"what it is for: no key is ever booked twice" },
	{ NULL, NULL, NULL }
};

static const struct message_member subscription[] = {
	OWNER,
	{ "provider",	"text",		"\"stripe\" or \"clerk\"" },
	{ "id",		"text",		"the provider's id of the subscription" },
	{ "customer",	"text or null",	"Stripe's id of the customer" },
	{ "status",	"text",		"as it counts now: active, past_due, canceled, ..." },
	{ "plan",	"text or null",	"the plan or price of the item that runs longest" },
	{ "period_end",	"time or null",	"when what is paid ends" },
	{ "cancel_at",	"time or null",	"when it will end by itself" },
	{ "canceled_at", "time or null", "when it was canceled" },
	{ "ended_at",	"time or null",	"when it ended" },
	{ NULL, NULL, NULL }
};

static const struct message_member endpoint_off[] = {
	{ "endpoint_id", "text",	"the endpoint that is disabled: \"ep_12\"" },
	{ "reason",	"text",		"what its answers were" },
	{ "disabled_at", "time",	"since when" },
	{ NULL, NULL, NULL }
};

static const struct message_member exhausted[] = {
	{ "endpoint_id", "text",	"the endpoint it was for" },
	{ "message_id",	"text",		"the message that did not arrive; it can be sent again" },
	{ "message_type", "text",	"its type" },
	{ "attempts",	"number",	"how often it was tried" },
	{ "last_error",	"text",		"what became of the last: \"http 500\", \"E_TIMEOUT\"" },
	{ NULL, NULL, NULL }
};

static const struct message_member clerk_email[] = {
	{ "to",		"text",		"the address it is for" },
	{ "from_name",	"text or null",	"the part before the @ that Clerk would send from" },
	{ "subject",	"text",		"as Clerk composed it" },
	{ "text",	"text",		"the body as plain text; may be empty" },
	{ "html",	"text",		"the body as a page; may be empty" },
	{ "slug",	"text or null",	"which mail it is: verification_code, magic_link, ..." },
	{ "clerk_user_id", "text or null", "Clerk's id of the user, where there is one" },
	{ "expires_at",	"time",		"it is not sent after this" },
	{ NULL, NULL, NULL }
};

static const struct message_member clerk_sms[] = {
	{ "to",		"text",		"the number it is for: \"+15555550100\"" },
	{ "text",	"text",		"what it says" },
	{ "slug",	"text or null",	"which message it is: verification_code, ..." },
	{ "clerk_user_id", "text or null", "Clerk's id of the user, where there is one" },
	{ "expires_at",	"time",		"it is not sent after this" },
	{ NULL, NULL, NULL }
};

#define UUID	"019a5f3c-7e2b-7d41-9c55-3f0a6b1e8d27"
#define USER	"{\"id\":\"" UUID "\",\"clerk_id\":\"user_2zK9vQ\"," \
		"\"email\":\"nora@example.com\",\"first_name\":\"Nora\"," \
		"\"last_name\":\"Ekdahl\",\"username\":null}"
#define GIVEN	"{\"owner_kind\":\"user\",\"owner\":\"" UUID "\",\"amount\":500," \
		"\"balance\":540,\"kind\":\"purchase\",\"business_key\":\"stripe:pi_3Qa1\"}"
#define SUBSCRIBED(status, times)	\
		"{\"owner_kind\":\"user\",\"owner\":\"" UUID "\",\"provider\":\"stripe\"," \
		"\"id\":\"sub_1Qa2\",\"customer\":\"cus_R4\",\"status\":\"" status "\"," \
		"\"plan\":\"price_1Qa3\",\"period_end\":\"2026-12-22T09:00:00.000Z\"," times "}"
#define RUNS	"\"cancel_at\":null,\"canceled_at\":null,\"ended_at\":null"
#define ENDED	"\"cancel_at\":null,\"canceled_at\":\"2026-11-22T09:00:00.000Z\"," \
		"\"ended_at\":\"2026-12-22T09:00:00.000Z\""

const struct message_type message_types[] = {
	{ .name = "clerk.email",
	    .about = "A mail that Clerk composed and leaves to us to send (delivered_by_clerk is false).",
	    .members = clerk_email, .sample = "{\"to\":\"nora@example.com\",\"from_name\":"
	    "\"notifications\",\"subject\":\"424242 is your verification code\",\"text\":"
	    "\"Your code is 424242.\",\"html\":\"<p>Your code is <b>424242</b>.</p>\",\"slug\":"
	    "\"verification_code\",\"clerk_user_id\":null,\"expires_at\":"
	    "\"2026-11-22T09:10:00.000Z\"}", .secret = true },
	{ .name = "clerk.sms",
	    .about = "A short message that Clerk composed and leaves to us to send.",
	    .members = clerk_sms, .sample = "{\"to\":\"+15555550100\",\"text\":"
	    "\"Your code is 424242.\",\"slug\":\"verification_code\",\"clerk_user_id\":null,"
	    "\"expires_at\":\"2026-11-22T09:10:00.000Z\"}", .secret = true },
	{ "credit_balance_updated",
	    "Credits came to an account or went from it; the balance is what it has now.",
	    credits, GIVEN, false },
	{ "credits_granted",
	    "Credits were given: a bonus, a purchase, a paid period, or given back.",
	    credits, GIVEN, false },
	{ "endpoint.disabled",
	    "An endpoint is no longer sent to, for its answers; what is for it is held.",
	    endpoint_off, "{\"endpoint_id\":\"ep_12\",\"reason\":\"it answered 410 Gone\","
	    "\"disabled_at\":\"2026-11-22T09:00:00.000Z\"}", false },
	{ "message.attempt.exhausted",
	    "A message could not be delivered to an endpoint, and is not tried again by itself.",
	    exhausted, "{\"endpoint_id\":\"ep_12\",\"message_id\":"
	    "\"msg_000000000012000645e9f3a1b2c0\",\"message_type\":\"credits_granted\","
	    "\"attempts\":10,\"last_error\":\"http 500\"}", false },
	{ "subscription.canceled",
	    "A subscription was canceled or has ended.",
	    subscription, SUBSCRIBED("canceled", ENDED), false },
	{ "subscription.created",
	    "There is a subscription, or it became known whose it is.",
	    subscription, SUBSCRIBED("active", RUNS), false },
	{ "subscription.past_due",
	    "A subscription's payment failed; burning credits is refused until it is made good.",
	    subscription, SUBSCRIBED("past_due", RUNS), false },
	{ "subscription.updated",
	    "A subscription's state, plan or period changed.",
	    subscription, SUBSCRIBED("active", RUNS), false },
	{ "user.created",
	    "There is a new user.",
	    user, USER, false },
	{ "user.deleted",
	    "A user was deleted, for good.",
	    user_gone, "{\"id\":\"" UUID "\",\"clerk_id\":\"user_2zK9vQ\"}", false },
	{ "user.updated",
	    "A user's name, address or metadata changed.",
	    user, USER, false },
	{ .name = NULL }
};

const struct message_type *
message_type_find(struct span name)
{
	for (const struct message_type *t = message_types; t->name != NULL; t++)
		if (span_is(name, t->name))
			return t;
	return NULL;
}

bool
message_type_secret(struct span name)
{
	const struct message_type	*t = message_type_find(name);

	return t != NULL && t->secret;
}
