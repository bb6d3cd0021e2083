/* Saying why: the reasons handlers leave for people. */
#include <stdarg.h>
#include <stdio.h>

#include "provider/verdict.h"

#define JSON_MOST	(16 << 20)	/* printed: no larger than the body that held it */

enum hk_err
task_say(struct task *t, enum hk_err verdict, const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	vsnprintf(t->reason, sizeof(t->reason), fmt, ap);
	va_end(ap);
	return verdict;
}

enum hk_err
task_heard(struct task *t, enum hk_err verdict)
{
	switch (verdict) {
	case HK_SKIP: case HK_NEVER:
		return task_say(t, verdict, "%s", err_last());
	case HK_SYNTAX:
		return task_say(t, HK_NEVER, "%s", err_last());
	default:
		return verdict;
	}
}

enum hk_err
task_wait(struct task *t, const char *kind, struct span id)
{
	snprintf(t->waits_for, sizeof(t->waits_for), "%s:%.*s", kind, SPAN_ARG(id));
	return task_say(t, HK_WAIT, "waits for %s %.*s", kind, SPAN_ARG(id));
}

enum hk_err
task_json(struct task *t, struct json *value, struct span *out)
{
	struct buf	 b;
	enum hk_err	 e = HK_OK;

	*out = SPAN_NULL;
	if (value == NULL)
		return HK_OK;
	buf_init(&b, JSON_MOST);
	json_print(&b, value, false);
	if (!buf_ok(&b) || (*out = arena_span(t->arena, buf_span(&b))).p == NULL)
		e = err_note(HK_NOMEM, "no memory to print a part of event %lld",
		    (long long)t->cause->event);
	buf_release(&b);
	return e;
}
