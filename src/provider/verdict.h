/*
 * What handlers share: saying why, and copying parts of the event.
 */
#ifndef PROVIDER_VERDICT_H
#define PROVIDER_VERDICT_H

#include "provider/provider.h"

/* Set the task's reason and return the verdict. */
enum hk_err	 task_say(struct task *, enum hk_err verdict, const char *fmt, ...)
		    HK_PRINTF(3, 4) HK_MUST_USE;
/*
 * The verdict of a verb of the books: what it said (err_last()) becomes the
 * reason when it is SKIP or NEVER.  HK_SYNTAX is NEVER too, for the event will
 * not change.  Other codes pass through.
 */
enum hk_err	 task_heard(struct task *, enum hk_err verdict) HK_MUST_USE;
/* Wait for "user:<id>" and its like: sets waits_for and a reason. */
enum hk_err	 task_wait(struct task *, const char *kind, struct span id) HK_MUST_USE;

/*
 * The value as compact JSON in the task's arena; *out is SPAN_NULL when it is
 * absent or null.  HK_NOMEM.
 */
enum hk_err	 task_json(struct task *, struct json *, struct span *out) HK_MUST_USE;

#endif
