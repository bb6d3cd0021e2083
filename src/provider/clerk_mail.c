/*
 * Mails and short messages that Clerk composed.  Who switched off Clerk's own
 * delivery has to send them; the bodies hold one-time codes.
 */
#include "provider/clerk.h"
#include "provider/verdict.h"

enum hk_err
clerk_mail_made(struct task *t)
{
	const char	*what = span_is(t->type, "sms.created") ? "message" : "mail";

	if (json_true(t->json, "data.delivered_by_clerk"))
		return task_say(t, HK_SKIP, "Clerk delivers this %s itself", what);
	return task_say(t, HK_SKIP, "not sent: Clerk leaves this %s to us, and there is no"
	    " channel for it", what);
}
