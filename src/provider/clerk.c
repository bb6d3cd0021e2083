/*
 * Clerk, Clerk Billing included.  Its bodies have no id: the signed svix-id
 * is the event's.
 */
#include "provider/clerk.h"

#include "base/clock.h"
#include "provider/envelope.h"
#include "provider/verdict.h"

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

/* ---- what the handlers share -------------------------------------------- */

int64_t
clerk_time(struct json *o, const char *path)
{
	int64_t	n;

	return json_int(o, path, &n) && n > 0 ? us_guess(n) : 0;
}

int64_t
clerk_version(const struct task *t, struct json *object)
{
	int64_t	us = clerk_time(object, "updated_at");

	return us != 0 ? us : t->occurred_us;
}

struct span
clerk_status(const struct task *t, struct json *object)
{
	static const struct {
		const char	*sent;
		struct span	 means;
	} spellings[] = {
		{ "pastDue", SPAN("past_due") }, { "cancelled", SPAN("canceled") },
	};
	static const char *const	told[] = {	/* types that are a status */
		"active", "pastDue", "canceled", "ended", "abandoned", "incomplete", "upcoming",
		"removed", "revoked", "pending", NULL
	};
	const char	*dot = memchr(t->type.p, '.', t->type.len);
	struct span	 s = json_text(object, "status");

	for (int i = 0; s.len == 0 && dot != NULL && told[i] != NULL; i++)
		if (span_is(span_of(dot + 1, (size_t)(t->type.p + t->type.len - dot - 1)),
		    told[i]))
			s = span_str(told[i]);
	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++)
		if (span_is(s, spellings[i].sent))
			s = spellings[i].means;
	return s;
}

enum hk_err
tally_add(struct task *t, struct tally *sum, enum hk_err verdict)
{
	if (verdict == HK_OK)
		sum->news = true;
	if (verdict != HK_SKIP)
		return task_heard(t, verdict);
	if (t->reason[0] == '\0')	/* the first tells best */
		return task_say(t, HK_OK, "%s", err_last());
	return HK_OK;
}

enum hk_err
tally_close(struct task *t, const struct tally *sum)
{
	if (!sum->news)
		return HK_SKIP;
	if (sum->granted > 0)
		return task_say(t, HK_OK, "granted %lld credits", (long long)sum->granted);
	t->reason[0] = '\0';
	return HK_OK;
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
	{ "user.created",			clerk_user_seen,
	    "Makes the user with a first API key, and gives the signup bonus once." },
	{ "user.updated",			clerk_user_seen,
	    "Updates address, name and metadata, unless what is stored is newer." },
	{ "user.deleted",			clerk_user_gone,
	    "Marks the user as deleted and revokes the keys; no later update revives it." },
	{ "session.created",			clerk_session_seen,
	    "Notes the session." },
	{ "session.pending",			clerk_session_seen,
	    "Notes that the session has something left to do before it counts." },
	{ "session.ended",			clerk_session_seen,
	    "Notes that the user signed out." },
	{ "session.removed",			clerk_session_seen,
	    "Notes that the user signed out, and that the session is gone from the browser." },
	{ "session.revoked",			clerk_session_seen,
	    "Notes that the session was ended from elsewhere." },
	{ "organization.created",		clerk_organization_seen,
	    "Makes the organization." },
	{ "organization.updated",		clerk_organization_seen,
	    "Updates the organization's name, unless what is stored is newer." },
	{ "organization.deleted",		clerk_organization_gone,
	    "Marks the organization as deleted; no later update revives it." },
	{ "organizationMembership.created",	clerk_membership_seen,
	    "Notes who belongs to the organization, and in which role." },
	{ "organizationMembership.updated",	clerk_membership_seen,
	    "Updates the member's role, unless what is stored is newer." },
	{ "organizationMembership.deleted",	clerk_membership_gone,
	    "Ends the membership, for good." },
	{ "subscription.created",		clerk_subscription_seen,
	    "Notes the payer's subscription and its items; paid ones grant their plan's credits." },
	{ "subscription.active",		clerk_subscription_seen,
	    "The subscription runs; paid items grant their plan's credits once a period." },
	{ "subscription.updated",		clerk_subscription_seen,
	    "Updates the subscription; a new period or a better plan grants what is missing." },
	{ "subscription.pastDue",		clerk_subscription_seen,
	    "A payment is missing: nothing can be burned until it is there." },
	{ "subscription.canceled",		clerk_subscription_seen,
	    "Notes the cancelation; what was granted stays." },
	{ "subscriptionItem.created",		clerk_item_seen,
	    "Notes the item; a paid one grants its plan's credits once a period." },
	{ "subscriptionItem.active",		clerk_item_seen,
	    "The item runs; a paid one grants its plan's credits once a period." },
	{ "subscriptionItem.updated",		clerk_item_seen,
	    "Updates the item; a renewal or a better plan grants what is missing." },
	{ "subscriptionItem.upcoming",		clerk_item_seen,
	    "Notes the item that begins later; nothing is granted yet." },
	{ "subscriptionItem.freeTrialEnding",	clerk_item_seen,
	    "Notes that the trial ends in three days; a trial grants nothing." },
	{ "subscriptionItem.pastDue",		clerk_item_seen,
	    "The item is not paid: nothing can be burned until it is." },
	{ "subscriptionItem.incomplete",	clerk_item_seen,
	    "Notes that the first payment for the item is missing." },
	{ "subscriptionItem.canceled",		clerk_item_seen,
	    "The item goes on until its period ends, and is not renewed." },
	{ "subscriptionItem.ended",		clerk_item_seen,
	    "The item is over; what was granted stays." },
	{ "subscriptionItem.abandoned",		clerk_item_seen,
	    "The item was never paid and is over." },
	{ "paymentAttempt.created",		clerk_attempt_seen,
	    "Notes that a payment is tried." },
	{ "paymentAttempt.updated",		clerk_attempt_seen,
	    "A payment that succeeded grants the credits of its items, once a period." },
	{ "email.created",			clerk_mail_made,
	    "Says whether Clerk sends the mail or leaves that to us." },
	{ "sms.created",			clerk_mail_made,
	    "Says whether Clerk sends the message or leaves that to us." },
	{ NULL, NULL, NULL }	/* others: stored, not acted on */
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
