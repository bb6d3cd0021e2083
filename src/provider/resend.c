/*
 * Resend: what became of each e-mail.  Its bodies have no id: the signed
 * svix-id is the event's.
 */
#include "base/clock.h"
#include "provider/envelope.h"
#include "provider/verdict.h"

enum { W_TYPE, W_CREATED_AT, W_DATA, W_EMAIL_ID, W_ID, W_EMAIL, W_COUNT };

static const struct scan_want wants[W_COUNT] = {
	[W_TYPE]	= { -1, "type" },
	[W_CREATED_AT]	= { -1, "created_at" },
	[W_DATA]	= { -1, "data" },
	[W_EMAIL_ID]	= { W_DATA, "email_id" },
	[W_ID]		= { W_DATA, "id" },
	[W_EMAIL]	= { W_DATA, "email" },
};

static enum hk_err
envelope(struct span body, struct span message_id, struct arena *arena,
    struct envelope *out)
{
	struct scan_found	f[W_COUNT];
	struct envelope		env = { .livemode = -1 };
	int64_t			us;
	enum hk_err		e;

	if ((e = scan_json(body, wants, W_COUNT, f, arena)) != HK_OK ||
	    (e = envelope_message_id(message_id, &env.event_id)) != HK_OK ||
	    (e = envelope_need(&f[W_TYPE], arena, "type", EVENT_TYPE_MAX,
	    &env.type)) != HK_OK)
		return e;
	for (int w = W_EMAIL_ID; env.lane.p == NULL && w <= W_EMAIL; w++)
		env.lane = envelope_word(&f[w], arena, WORD_MAX);
	if (iso_parse(scan_text(&f[W_CREATED_AT], arena), &us))
		env.occurred_us = us;
	*out = env;
	return HK_OK;
}

/* ---- handlers ---------------------------------------------------------- */

/* data.to as a JSON array; it is a list, or one text in old payloads. */
static enum hk_err
recipients(struct task *t, struct json *to, struct span *out)
{
	enum hk_err	e = task_json(t, to, out);

	if (e != HK_OK)
		return e;
	if (out->p == NULL)
		*out = SPAN("[]");
	else if (out->p[0] != '[')
		*out = span_str(arena_printf(t->arena, "[%.*s]", SPAN_ARG(*out)));
	return out->p != NULL ? HK_OK : err_note(HK_NOMEM, "no memory for recipients");
}

/* Note what happened to the mail. */
static enum hk_err
note(struct task *t, struct span detail)
{
	struct json		*data = json_get(t->json, "data");
	struct mail_event	 me = {
		.email_id	= json_text(data, "email_id"),
		.sender		= json_text(data, "from"),
		.subject	= json_text(data, "subject"),
		.detail		= detail,
		.occurred_us	= t->occurred_us,
	};
	enum hk_err		 e;

	if (!span_graph(me.email_id, 255))
		return task_say(t, HK_NEVER, "the event names no e-mail: data.email_id is no id");
	(void)iso_parse(json_text(data, "created_at"), &me.sent_us);
	me.kind = arena_str(t->arena, span_of(t->type.p + strlen("email."),
	    t->type.len - strlen("email.")));
	if (me.kind == NULL)
		return err_note(HK_NOMEM, "no memory for the kind of an event");
	if ((e = recipients(t, json_get(data, "to"), &me.recipients)) != HK_OK)
		return e;
	return task_heard(t, mail_event_put(t->cause, &me));
}

/* None of the mail's addresses is to be written to again. */
static enum hk_err
suppress(struct task *t, const char *reason)
{
	struct json	*to = json_get(t->json, "data.to");
	enum hk_err	 e = HK_OK;

	if (json_text(to, NULL).len > 0)	/* old payloads: no list */
		e = mail_suppress(t->cause, json_text(to, NULL), reason);
	for (size_t i = 0; e == HK_OK && i < json_len(to); i++) {
		struct span	s = json_text(json_at(to, i), NULL);

		if (s.len > 0)
			e = mail_suppress(t->cause, s, reason);
	}
	return task_heard(t, e);
}

static enum hk_err
mail_moved(struct task *t)
{
	return note(t, SPAN_NULL);
}

static enum hk_err
mail_clicked(struct task *t)
{
	return note(t, json_text(t->json, "data.click.link"));
}

static enum hk_err
mail_failed(struct task *t)
{
	return note(t, json_text(t->json, "data.failed.reason"));
}

/* Never sent: Resend knew the address to be bad. */
static enum hk_err
mail_suppressed(struct task *t)
{
	return note(t, json_text(t->json, "data.suppressed.message"));
}

static enum hk_err
mail_complained(struct task *t)
{
	enum hk_err	e = note(t, SPAN_NULL);

	return e == HK_OK ? suppress(t, "complaint") : e;
}

/* Old payloads have no `bounce`: nothing says that it is for good. */
static enum hk_err
mail_bounced(struct task *t)
{
	struct json	*b = json_get(t->json, "data.bounce");
	struct span	 type = json_text(b, "type"), detail = SPAN_NULL;
	enum hk_err	 e;

	if (b != NULL) {
		detail = span_str(arena_printf(t->arena, "%.*s/%.*s: %.*s", SPAN_ARG(type),
		    SPAN_ARG(json_text(b, "subType")), SPAN_ARG(json_text(b, "message"))));
		if (detail.p == NULL)
			return err_note(HK_NOMEM, "no memory for a bounce");
	}
	if ((e = note(t, detail)) != HK_OK || !span_is(type, "Permanent"))
		return e;
	return suppress(t, "bounce");
}

static const char *const catalogue[] = {
#define T(name)	name,
#include "provider/resend_types.def"
#undef T
	NULL
};

static const struct handler handlers[] = {
	{ "email.scheduled",		mail_moved,
	    "A line in that e-mail's history." },
	{ "email.sent",			mail_moved,
	    "A line in that e-mail's history." },
	{ "email.delivered",		mail_moved,
	    "A line in that e-mail's history; it is delivered." },
	{ "email.delivery_delayed",	mail_moved,
	    "A line in that e-mail's history." },
	{ "email.opened",		mail_moved,
	    "Counts an opening." },
	{ "email.clicked",		mail_clicked,
	    "Counts a click, with its link." },
	{ "email.bounced",		mail_bounced,
	    "Notes the bounce; a permanent one blocks the address for further mail." },
	{ "email.complained",		mail_complained,
	    "Notes the complaint, and blocks the address for further mail." },
	{ "email.failed",		mail_failed,
	    "Notes why it failed." },
	{ "email.suppressed",		mail_suppressed,
	    "Notes that Resend did not send it." },
	{ NULL, NULL, NULL }	/* others: stored, not acted on */
};

const struct provider provider_resend = {
	.name		= "resend",
	.title		= "Resend",
	.spec		= "https://resend.com/docs/webhooks/introduction",
	.scheme		= &scheme_svix,
	.refused	= 401,
	.envelope	= envelope,
	.catalogue	= catalogue,
	.handlers	= handlers,
};
