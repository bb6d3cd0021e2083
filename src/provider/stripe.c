/*
 * Stripe: snapshot events, and thin ones, which name a thing but carry no data.
 */
#include "base/clock.h"
#include "provider/envelope.h"
#include "provider/stripe.h"

#define CREATED_END	INT64_C(253402300800)	/* the year 10000 */

enum {
	W_ID, W_OBJECT, W_TYPE, W_CREATED, W_LIVEMODE, W_API_VERSION, W_ACCOUNT,
	W_DATA, W_SUBJECT, W_SUBJECT_ID, W_CUSTOMER, W_CUSTOMER_ID, W_CUSTOMER_ACCOUNT,
	W_RELATED, W_RELATED_ID, W_COUNT
};

static const struct scan_want wants[W_COUNT] = {
	[W_ID]			= { -1, "id" },
	[W_OBJECT]		= { -1, "object" },
	[W_TYPE]		= { -1, "type" },
	[W_CREATED]		= { -1, "created" },
	[W_LIVEMODE]		= { -1, "livemode" },
	[W_API_VERSION]		= { -1, "api_version" },
	[W_ACCOUNT]		= { -1, "account" },
	[W_DATA]		= { -1, "data" },
	[W_SUBJECT]		= { W_DATA, "object" },
	[W_SUBJECT_ID]		= { W_SUBJECT, "id" },
	[W_CUSTOMER]		= { W_SUBJECT, "customer" },
	[W_CUSTOMER_ID]		= { W_CUSTOMER, "id" },
	[W_CUSTOMER_ACCOUNT]	= { W_SUBJECT, "customer_account" },
	[W_RELATED]		= { -1, "related_object" },
	[W_RELATED_ID]		= { W_RELATED, "id" },
};

/* What an event is about, the customer before anything of the customer's. */
static const int lanes[] = {
	W_CUSTOMER, W_CUSTOMER_ID, W_CUSTOMER_ACCOUNT, W_SUBJECT_ID, W_RELATED_ID
};

static struct span
lane(const struct scan_found *found, struct arena *arena)
{
	struct span	s = SPAN_NULL;

	for (size_t i = 0; s.p == NULL && i < sizeof(lanes) / sizeof(lanes[0]); i++)
		s = envelope_word(&found[lanes[i]], arena, WORD_MAX);
	return s;
}

static enum hk_err
read_kind(const struct scan_found *found, struct arena *arena, bool *thin)
{
	struct span	s = scan_text(found, arena);

	*thin = span_is(s, "v2.core.event");
	if (*thin || span_is(s, "event"))
		return HK_OK;
	return err_tell(HK_SYNTAX, "\"object\" is %s; a Stripe event has \"event\""
	    " or \"v2.core.event\"", found->type == SCAN_ABSENT ? "missing" : "another");
}

static enum hk_err
read_created(const struct scan_found *found, struct arena *arena, bool thin, int64_t *us)
{
	int64_t	s;

	if (found->type == SCAN_ABSENT)
		return err_tell(HK_SYNTAX, "\"created\" is missing");
	if (thin)
		return iso_parse(scan_text(found, arena), us) ? HK_OK :
		    err_tell(HK_SYNTAX, "\"created\" of a thin event is no ISO 8601 time");
	if (!scan_int(found, &s) || s < 0 || s >= CREATED_END)
		return err_tell(HK_SYNTAX, "\"created\" is no time in unix seconds");
	*us = s * US_PER_S;
	return HK_OK;
}

static enum hk_err
envelope(struct span body, struct span message_id, struct arena *arena,
    struct envelope *out)
{
	struct scan_found	f[W_COUNT];
	struct envelope		env = { .livemode = -1 };
	enum hk_err		e;

	(void)message_id;	/* Stripe signs no id of its own */
	if ((e = scan_json(body, wants, W_COUNT, f, arena)) != HK_OK ||
	    (e = read_kind(&f[W_OBJECT], arena, &env.thin)) != HK_OK ||
	    (e = envelope_need(&f[W_ID], arena, "id", EVENT_ID_MAX,
	    &env.event_id)) != HK_OK ||
	    (e = envelope_need(&f[W_TYPE], arena, "type", EVENT_TYPE_MAX,
	    &env.type)) != HK_OK ||
	    (e = read_created(&f[W_CREATED], arena, env.thin,
	    &env.occurred_us)) != HK_OK)
		return e;
	env.lane = lane(f, arena);
	env.api_version = envelope_word(&f[W_API_VERSION], arena, WORD_MAX);
	env.instance = envelope_word(&f[W_ACCOUNT], arena, WORD_MAX);
	if (f[W_LIVEMODE].type == SCAN_TRUE || f[W_LIVEMODE].type == SCAN_FALSE)
		env.livemode = f[W_LIVEMODE].type == SCAN_TRUE;
	*out = env;
	return HK_OK;
}

static const char *const catalogue[] = {
#define T(name)	name,
#include "provider/stripe_types.def"
#undef T
	NULL
};

static const struct handler handlers[] = {
	{ "checkout.session.completed",			checkout_done,
	    "When it is paid, or nothing was due: links customer and user, and grants the credits once." },
	{ "checkout.session.async_payment_succeeded",	checkout_done,
	    "The payment came later: grants the credits once." },
	{ "checkout.session.async_payment_failed",	checkout_failed,
	    "Records that the payment failed; grants nothing." },
	{ "checkout.session.expired",			checkout_failed,
	    "Records that the session ended unpaid; grants nothing." },
	{ "invoice.paid",				invoice_paid,
	    "Grants each paid period of a subscription, and what else was bought, once." },
	{ "invoice.payment_succeeded",			invoice_paid,
	    "The same payment as invoice.paid: whichever comes first grants." },
	{ "invoice.payment_failed",			invoice_failed,
	    "The subscription is past due from now on; grants nothing." },
	{ "invoice.voided",				invoice_closed,
	    "Records that nothing is to be paid any more." },
	{ "invoice.marked_uncollectible",		invoice_closed,
	    "Records that nobody expects the invoice to be paid." },
	{ "invoice_payment.paid",			invoice_payment_paid,
	    "Tells by which payment an invoice was paid, so that refunds and disputes find it." },
	{ "customer.subscription.created",		subscription_seen,
	    "Records the subscription and its items; its invoices grant." },
	{ "customer.subscription.updated",		subscription_seen,
	    "Updates state, plan and period, unless what is stored is newer." },
	{ "customer.subscription.paused",		subscription_seen,
	    "Records that the subscription pauses." },
	{ "customer.subscription.resumed",		subscription_seen,
	    "Records that the subscription goes on." },
	{ "customer.subscription.trial_will_end",	subscription_seen,
	    "Records the subscription as it is three days before its trial ends." },
	{ "customer.subscription.deleted",		subscription_deleted,
	    "Ends the subscription; no later update revives it." },
	{ "charge.refunded",				charge_refunded,
	    "Takes back credits in proportion to what was refunded in all." },
	{ "charge.refund.updated",			refund_seen,
	    "When the refund failed: gives the credits again." },
	{ "refund.updated",				refund_seen,
	    "When the refund failed or was canceled: gives the credits again." },
	{ "refund.failed",				refund_seen,
	    "The money did not reach the buyer: gives the credits again." },
	{ "charge.dispute.created",			dispute_seen,
	    "Takes back the disputed part of the credits." },
	{ "charge.dispute.updated",			dispute_seen,
	    "Follows the dispute's state." },
	{ "charge.dispute.funds_withdrawn",		dispute_seen,
	    "Takes back the disputed part of the credits, if that was not done." },
	{ "charge.dispute.funds_reinstated",		dispute_seen,
	    "When the dispute was won: gives the credits again." },
	{ "charge.dispute.closed",			dispute_seen,
	    "Won: gives the credits again; lost: they stay taken back." },
	{ NULL, NULL, NULL }	/* others: stored */
};

const struct provider provider_stripe = {
	.name		= "stripe",
	.title		= "Stripe",
	.spec		= "https://docs.stripe.com/webhooks",
	.scheme		= &scheme_stripe,
	.refused	= 400,		/* as Stripe's own examples answer */
	.envelope	= envelope,
	.catalogue	= catalogue,
	.handlers	= handlers,
	.thin		= thin_seen,
};
