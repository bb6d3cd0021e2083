/* A subscription as a row. */
#include "admin/subscription_row.h"

#include "admin/event_rows.h"
#include "admin/owner.h"

static const struct {
	const char	*status, *look;
} looks[] = {
	{ "active",	"completed" }, { "trialing",	"completed" }, { "paid",	"completed" },
	{ "delivered",	"completed" }, { "opened",	"completed" }, { "clicked",	"completed" },
	{ "won",	"completed" },
	{ "past_due",	"failed" }, { "unpaid",		"failed" }, { "uncollectible", "failed" },
	{ "failed",	"failed" }, { "bounced",	"failed" }, { "complained",	"failed" },
	{ "suppressed",	"failed" }, { "lost",		"failed" }, { "needs_response",	"failed" },
	{ "incomplete",	"pending" }, { "open",		"pending" }, { "sent",		"pending" },
	{ "scheduled",	"pending" }, { "received",	"pending" }, { "upcoming",	"pending" },
	{ "delivery_delayed", "pending" }, { "under_review", "pending" },
	{ "paused",	"waiting" },
};

struct span
standing_look(struct span status)
{
	for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++)
		if (span_is(status, looks[i].status))
			return span_str(looks[i].look);
	return SPAN("skipped");
}

void
subscription_put_row(struct jw *w, struct stmt *q)
{
	struct span	name = col_text(q, SUB_PLAN_NAME);

	jw_int(w, "id", col_int(q, SUB_ID));
	jw_text(w, "provider", col_text(q, SUB_PROVIDER));
	jw_text(w, "sender", event_sender_title(col_text(q, SUB_PROVIDER)));
	jw_text(w, "ref", col_text(q, SUB_REF));
	jw_text(w, "status", col_text(q, SUB_STATUS));
	jw_text(w, "look", standing_look(col_text(q, SUB_STATUS)));
	owner_put(w, "owner", col_text(q, SUB_OWNER_KIND), col_text(q, SUB_OWNER),
	    col_text(q, SUB_OWNER_NAME));
	jw_text(w, "plan", name.len > 0 ? name : col_text(q, SUB_PLAN_REF));
	jw_text(w, "plan_ref", col_text(q, SUB_PLAN_REF));
	jw_int(w, "quantity", col_int(q, SUB_QUANTITY));
	jw_bool(w, "several", col_int(q, SUB_QUANTITY) > 1);
	jw_int(w, "items", col_int(q, SUB_ITEMS));
	jw_int(w, "more_items", col_int(q, SUB_ITEMS) > 1 ? col_int(q, SUB_ITEMS) - 1 : 0);
	jw_time(w, "period_end", col_int(q, SUB_PERIOD_END));
	jw_time(w, "cancel_at", col_int(q, SUB_CANCEL));
	jw_time(w, "updated_at", col_int(q, SUB_UPDATED));
}
