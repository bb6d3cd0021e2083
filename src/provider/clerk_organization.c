/* Clerk's organizations and who belongs to them. */
#include "books/organization.h"

#include "provider/clerk.h"
#include "provider/verdict.h"

enum hk_err
clerk_organization_seen(struct task *t)
{
	struct json			*data = json_get(t->json, "data");
	const struct organization	 o = {
		.id		= json_text(data, "id"),
		.name		= json_text(data, "name"),
		.slug		= json_text(data, "slug"),
		.created_by	= json_text(data, "created_by"),
		.version_us	= clerk_version(t, data),
	};

	return task_heard(t, organization_put(t->cause, &o));
}

/* What Clerk sends of a deleted one: the id, and that it is gone. */
enum hk_err
clerk_organization_gone(struct task *t)
{
	return task_heard(t, organization_delete(t->cause, json_text(t->json, "data.id")));
}

/* All three events carry the whole membership, the last one too. */
static enum hk_err
membership(struct task *t, bool deleted)
{
	struct json			*data = json_get(t->json, "data");
	const struct membership		 m = {
		.id		= json_text(data, "id"),
		.organization	= json_text(data, "organization.id"),
		.clerk_user	= json_text(data, "public_user_data.user_id"),
		.role		= json_text(data, "role"),
		.version_us	= clerk_version(t, data),
		.deleted	= deleted,
	};

	return task_heard(t, membership_put(t->cause, &m));
}

enum hk_err
clerk_membership_seen(struct task *t)
{
	return membership(t, false);
}

enum hk_err
clerk_membership_gone(struct task *t)
{
	return membership(t, true);
}
