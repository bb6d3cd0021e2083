/*
 * Mails and short messages that Clerk composed.  Who switched off Clerk's own
 * delivery has to send them: they are put in the outbox for a [mail] or [command]
 * that names their type.  The bodies hold one-time codes, so after a while they
 * are worth nothing, and are not sent any more.
 */
#include <stdio.h>

#include "base/clock.h"
#include "outbox/expire.h"
#include "outbox/message.h"
#include "provider/clerk.h"
#include "provider/verdict.h"

#define GOOD_US		(600 * US_PER_S)	/* a code is of use that long */
#define PAYLOAD_MOST	((size_t)8 << 20)

static const struct kind {
	const char	*event, *word, *type, *to;
	bool		 mail;
} kinds[] = {
	{ "email.created",	"mail",		"clerk.email",	"to_email_address",	true },
	{ "sms.created",	"message",	"clerk.sms",	"to_phone_number",	false },
};

static void
payload(struct jw *w, const struct kind *k, struct json *data, int64_t expires)
{
	struct span	text = json_text(data, k->mail ? "body_plain" : "message");

	jw_open(w, NULL, '{');
	jw_text(w, "to", json_text(data, k->to));
	if (k->mail) {
		struct span	html = json_text(data, "body"), subject = json_text(data, "subject");

		jw_text(w, "from_name", json_text(data, "from_email_name"));
		jw_text(w, "subject", subject.p != NULL ? subject : SPAN(""));
		jw_text(w, "html", html.p != NULL ? html : SPAN(""));
	}
	jw_text(w, "text", text.p != NULL ? text : SPAN(""));
	jw_text(w, "slug", json_text(data, "slug"));
	jw_text(w, "clerk_user_id", json_text(data, "user_id"));
	jw_time(w, "expires_at", expires);
	jw_close(w, '}');
}

static enum hk_err
put(struct task *t, const struct kind *k, struct json *data, int64_t expires)
{
	struct span	owner = json_text(data, "user_id");
	struct message	m = { .type = k->type, .owner_kind = "system", .event = t->cause->event,
			    .now = t->cause->now, .expires_us = expires,
			    .owner = owner.len > 0 ? owner : SPAN("clerk") };
	char		cause[64];
	struct buf	b;
	struct jw	w;
	enum hk_err	e;

	snprintf(cause, sizeof(cause), "event:%lld:%s", (long long)t->cause->event, k->type);
	m.cause = span_str(cause);
	buf_init(&b, PAYLOAD_MOST);
	jw_init(&w, &b);
	payload(&w, k, data, expires);
	m.payload = buf_span(&b);
	e = buf_ok(&b) ? message_put(t->cause->db, &m, NULL) :
	    err_note(HK_NOMEM, "no memory for a message");
	buf_release(&b);
	return e;
}

enum hk_err
clerk_mail_made(struct task *t)
{
	const struct kind	*k = &kinds[span_is(t->type, kinds[1].event)];
	struct json		*data = json_get(t->json, "data");
	int64_t			 now = t->cause->now, made = t->occurred_us, expires;
	bool			 heard;
	enum hk_err		 e;

	if (json_true(data, "delivered_by_clerk"))
		return task_say(t, HK_SKIP, "Clerk delivers this %s itself", k->word);
	if (json_kind(json_get(data, "delivered_by_clerk")) != JSON_BOOL)
		return task_say(t, HK_SKIP, "not sent: it does not say who delivers this %s", k->word);
	if (json_text(data, k->to).len == 0)
		return task_say(t, HK_NEVER, "data.%s: it does not say whom this %s is for", k->to,
		    k->word);
	if ((e = channel_listens(t->cause->db, span_str(k->type), &heard)) != HK_OK)
		return e;
	if (!heard)
		return task_say(t, HK_SKIP, "not sent: Clerk leaves this %s to us, and no [mail] or "
		    "[command] of the settings has %s among its types", k->word, k->type);
	expires = (made > 0 && made < now ? made : now) + GOOD_US;
	if (expires <= now)
		return task_say(t, HK_SKIP, "not sent: this %s was made more than %d minutes ago, and "
		    "its code is worth nothing by now", k->word, (int)(GOOD_US / US_PER_S / 60));
	return put(t, k, data, expires);
}
