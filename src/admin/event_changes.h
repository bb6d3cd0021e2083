/*
 * What was changed in the books (store/changes.h), as diff.html shows it.
 */
#ifndef ADMIN_EVENT_CHANGES_H
#define ADMIN_EVENT_CHANGES_H

#include "base/json.h"
#include "store/store.h"

/*
 * The array of this name: [{"table","op","key","href","fields":[{"name","before",
 * "after"}]}].  href: below the base, the page that has the row, if one does; null
 * when db is NULL.  text: as it was kept; SPAN_NULL, and what is not of that shape:
 * nothing.  And rows_changed, how many; many: more than one looks through at a glance.
 */
enum hk_err	 event_changes_put(struct jw *, const char *name, struct span text,
		    struct db *) HK_MUST_USE;

#endif
