/*
 * Clerk, Clerk Billing included.  Its bodies have no id: the signed svix-id
 * is the event's.
 */
#include "base/clock.h"
#include "provider/envelope.h"
#include "provider/verdict.h"

#define CLERK_ID_MAX	63	/* what struct user holds */

enum {
	W_TYPE, W_TIMESTAMP, W_INSTANCE, W_DATA, W_ID, W_USER, W_PAYER_ID,
	W_ORGANIZATION_ID, W_PAYER, W_PAYER_USER, W_PAYER_ORGANIZATION,
	W_ORGANIZATION, W_ORGANIZATION_OWN_ID, W_COUNT
};

static const struct scan_want wants[W_COUNT] = {
	[W_TYPE]		= { -1, "type" },
	[W_TIMESTAMP]		= { -1, "timestamp" },
	[W_INSTANCE]		= { -1, "instance_id" },
	[W_DATA]		= { -1, "data" },
	[W_ID]			= { W_DATA, "id" },
	[W_USER]		= { W_DATA, "user_id" },
	[W_PAYER_ID]		= { W_DATA, "payer_id" },
	[W_ORGANIZATION_ID]	= { W_DATA, "organization_id" },
	[W_PAYER]		= { W_DATA, "payer" },
	[W_PAYER_USER]		= { W_PAYER, "user_id" },
	[W_PAYER_ORGANIZATION]	= { W_PAYER, "organization_id" },
	[W_ORGANIZATION]	= { W_DATA, "organization" },
	[W_ORGANIZATION_OWN_ID]	= { W_ORGANIZATION, "id" },
};

/*
 * What an event is about, by how its type begins: the first of these that is
 * there.  The unused of a payer's two ids is an empty text.
 */
#define LANE_FROM	6
static const struct {
	const char	*type;
	int		 from[LANE_FROM];	/* ends with W_TYPE: nothing more */
} lanes[] = {
	{ "user.",		{ W_ID } },
	{ "organization.",	{ W_ID } },
	{ "organization",	{ W_ORGANIZATION_ID, W_ORGANIZATION_OWN_ID, W_ID } },
	{ "subscription",	{ W_PAYER_USER, W_PAYER_ORGANIZATION, W_PAYER_ID,
				  W_USER, W_ID } },
	{ "paymentAttempt.",	{ W_PAYER_USER, W_PAYER_ORGANIZATION, W_PAYER_ID,
				  W_USER, W_ID } },
	{ "",			{ W_USER, W_ID } },	/* sessions, mails, roles, ... */
};

static struct span
lane(const struct scan_found *found, struct span type, struct arena *arena)
{
	size_t		row = 0;
	struct span	s = SPAN_NULL;

	while (!span_starts(type, lanes[row].type))
		row++;
	for (const int *w = lanes[row].from; s.p == NULL && *w != W_TYPE; w++)
		s = envelope_word(&found[*w], arena, WORD_MAX);
	return s;
}

static enum hk_err
envelope(struct span body, struct span message_id, struct arena *arena,
    struct envelope *out)
{
	struct scan_found	f[W_COUNT];
	struct envelope		env = { .livemode = -1 };
	int64_t			n;
	enum hk_err		e;

	if ((e = scan_json(body, wants, W_COUNT, f, arena)) != HK_OK ||
	    (e = envelope_message_id(message_id, &env.event_id)) != HK_OK ||
	    (e = envelope_need(&f[W_TYPE], arena, "type", EVENT_TYPE_MAX,
	    &env.type)) != HK_OK)
		return e;
	env.lane = lane(f, env.type, arena);
	env.instance = envelope_word(&f[W_INSTANCE], arena, WORD_MAX);
	if (scan_int(&f[W_TIMESTAMP], &n) && n > 0)
		env.occurred_us = us_guess(n);
	*out = env;
	return HK_OK;
}

/* ---- handlers ---------------------------------------------------------- */

/*
 * The address whose id the user calls primary; people with a phone number or
 * a name only have none.
 */
static struct span
primary_email(struct json *user)
{
	struct span	 id = json_text(user, "primary_email_address_id");
	struct json	*list = json_get(user, "email_addresses");

	for (size_t i = 0; id.len > 0 && i < json_len(list); i++)
		if (span_eq(json_text(json_at(list, i), "id"), id))
			return json_text(json_at(list, i), "email_address");
	return SPAN_NULL;
}

static enum hk_err
user_id(struct task *t, struct json *data, struct span *id)
{
	*id = json_text(data, "id");
	if (!span_graph(*id, CLERK_ID_MAX))
		return task_say(t, HK_NEVER, "the event names no user: data.id is no id");
	return HK_OK;
}

/* Creation and update alike: both carry the whole user, and either may be first. */
static enum hk_err
user_seen(struct task *t)
{
	struct json		*data = json_get(t->json, "data");
	struct clerk_user	 cu;
	struct user		 user;
	int64_t			 updated = 0;
	enum hk_err		 e;

	cu = (struct clerk_user){
		.email		= primary_email(data),
		.first_name	= json_text(data, "first_name"),
		.last_name	= json_text(data, "last_name"),
		.username	= json_text(data, "username"),
		.external_id	= json_text(data, "external_id"),
	};
	if (json_int(data, "updated_at", &updated) && updated > 0)
		cu.updated_us = us_guess(updated);
	if ((e = user_id(t, data, &cu.clerk_id)) != HK_OK ||
	    (e = task_json(t, json_get(data, "public_metadata"), &cu.metadata)) != HK_OK)
		return e;
	return task_heard(t, user_put(t->cause, &cu, t->conf->signup_bonus, &user));
}

static enum hk_err
user_gone(struct task *t)
{
	struct span	id;
	enum hk_err	e;

	if ((e = user_id(t, json_get(t->json, "data"), &id)) != HK_OK)
		return e;
	return task_heard(t, user_delete(t->cause, id));
}

static const char *const catalogue[] = {
#define T(name)	name,
#include "provider/clerk_types.def"
#undef T
	NULL
};

/* Spellings that are not in Clerk's specification but have been sent. */
static const struct alias aliases[] = {
	{ "subscription.past_due",		"subscription.pastDue" },
	{ "subscription.cancelled",		"subscription.canceled" },
	{ "subscriptionItem.past_due",		"subscriptionItem.pastDue" },
	{ "subscriptionItem.cancelled",		"subscriptionItem.canceled" },
	{ "subscriptionItem.free_trial_ending",	"subscriptionItem.freeTrialEnding" },
	{ NULL,					NULL }
};

static const struct handler handlers[] = {
	{ "user.created",	user_seen },
	{ "user.updated",	user_seen },
	{ "user.deleted",	user_gone },
	{ NULL,			NULL }	/* others: stored, not acted on */
};

const struct provider provider_clerk = {
	.name		= "clerk",
	.title		= "Clerk",
	.spec		= "https://clerk.com/docs/guides/development/webhooks/overview",
	.scheme		= &scheme_svix,
	.refused	= 401,
	.reject_unknown	= true,
	.envelope	= envelope,
	.catalogue	= catalogue,
	.aliases	= aliases,
	.handlers	= handlers,
};
