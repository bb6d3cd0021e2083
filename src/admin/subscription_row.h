/*
 * A subscription as a row that S_SUBSCRIPTION_LIST and S_SUBSCRIPTION_ONE give.
 */
#ifndef ADMIN_SUBSCRIPTION_ROW_H
#define ADMIN_SUBSCRIPTION_ROW_H

#include "admin/admin.h"

enum { SUB_ID, SUB_PROVIDER, SUB_REF, SUB_OWNER_KIND, SUB_OWNER, SUB_OWNER_NAME, SUB_STATUS,
       SUB_PLAN_REF, SUB_PLAN_NAME, SUB_QUANTITY, SUB_PERIOD_END, SUB_ITEMS, SUB_CANCEL,
       SUB_UPDATED, SUB_CUSTOMER, SUB_CANCELED, SUB_ENDED, SUB_FAILED, SUB_PAID, SUB_EVENT,
       SUB_CREATED };

/*
 * The word of DESIGN.md for how a subscription, item, bill or mail stands: "completed"
 * is well, "failed" needs somebody, "pending" is on its way, "skipped" is over.
 */
struct span	 standing_look(struct span status);

/*
 * The members id, provider, sender, ref, status, look, owner, plan, plan_ref, quantity,
 * items, more_items, period_end, cancel_at, updated_at.
 */
void		 subscription_put_row(struct jw *, struct stmt *);

#endif
