/* Clerk's users and their sessions. */
#include "provider/clerk.h"

#include "books/apikey.h"
#include "books/organization.h"
#include "provider/verdict.h"

/*
 * The address whose id the user calls primary; people with a phone number or
 * a name only have none.
 */
static struct json *
primary_email(struct json *user)
{
	struct span	 id = json_text(user, "primary_email_address_id");
	struct json	*list = json_get(user, "email_addresses");

	for (size_t i = 0; id.len > 0 && i < json_len(list); i++)
		if (span_eq(json_text(json_at(list, i), "id"), id))
			return json_at(list, i);
	return NULL;
}

static enum hk_err
user_id(struct task *t, struct json *data, struct span *id)
{
	*id = json_text(data, "id");
	if (!span_graph(*id, CLERK_ID_MAX))
		return task_say(t, HK_NEVER, "the event names no user: data.id is no id");
	return HK_OK;
}

/* One key, at first sight.  A site without a key to seal it with has none. */
static enum hk_err
first_key(struct task *t, const struct user *user)
{
	enum hk_err	e;

	if (t->conf->nkeys == 0)
		return HK_OK;
	e = apikey_first(t->cause, t->conf, user->id);
	return e == HK_SKIP || e == HK_CONF ? HK_OK : task_heard(t, e);
}

/* Creation and update alike: both carry the whole user, and either may be first. */
enum hk_err
clerk_user_seen(struct task *t)
{
	struct json		*data = json_get(t->json, "data");
	struct json		*email = primary_email(data);
	struct clerk_user	 cu;
	struct user		 user;
	enum hk_err		 e;

	cu = (struct clerk_user){
		.email		= json_text(email, "email_address"),
		.email_verified	= span_is(json_text(email, "verification.status"), "verified"),
		.first_name	= json_text(data, "first_name"),
		.last_name	= json_text(data, "last_name"),
		.username	= json_text(data, "username"),
		.external_id	= json_text(data, "external_id"),
		.updated_us	= clerk_time(data, "updated_at"),
	};
	if ((e = user_id(t, data, &cu.clerk_id)) != HK_OK ||
	    (e = task_json(t, json_get(data, "public_metadata"), &cu.metadata)) != HK_OK ||
	    (e = task_heard(t, user_put(t->cause, &cu, t->conf->signup_bonus, &user))) != HK_OK)
		return e;
	return first_key(t, &user);
}

enum hk_err
clerk_user_gone(struct task *t)
{
	struct span	id;
	enum hk_err	e;

	if ((e = user_id(t, json_get(t->json, "data"), &id)) != HK_OK)
		return e;
	return task_heard(t, user_delete(t->cause, id));
}

/* A session is noted whether or not its user is there yet. */
enum hk_err
clerk_session_seen(struct task *t)
{
	struct json		*data = json_get(t->json, "data");
	struct clerk_session	 s = {
		.id		= json_text(data, "id"),
		.clerk_user	= json_text(data, "user_id"),
		.status		= clerk_status(t, data),
		.version_us	= clerk_version(t, data),
	};

	if (s.clerk_user.len == 0)
		s.clerk_user = json_text(data, "user.id");
	return task_heard(t, clerk_session_put(t->cause, &s));
}
