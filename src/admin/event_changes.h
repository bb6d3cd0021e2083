/*
 * What was changed in the books (store/changes.h), as diff.html shows it.
 */
#ifndef ADMIN_EVENT_CHANGES_H
#define ADMIN_EVENT_CHANGES_H

#include "base/json.h"

/*
 * The array of this name: [{"table","op","key","fields":[{"name","before",
 * "after"}]}].  text: as it was kept; SPAN_NULL, and what is not of that shape:
 * nothing.
 */
enum hk_err	 event_changes_put(struct jw *, const char *name, struct span text) HK_MUST_USE;

#endif
