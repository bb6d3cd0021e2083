/*
 * Which page shows a row of the books.
 */
#ifndef ADMIN_EVENT_LINKS_H
#define ADMIN_EVENT_LINKS_H

#include "base/buf.h"
#include "store/store.h"

/*
 * Append the address below the base: "/users/019a...", "/subscriptions/7".  key: as
 * store/changes.h tells it.  Nothing when no page shows the row, or it is gone.
 */
enum hk_err	 event_link(struct db *, struct span table, struct span key, struct buf *)
		    HK_MUST_USE;

#endif
