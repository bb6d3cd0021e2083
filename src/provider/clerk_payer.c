/* Who pays in Clerk Billing: a user or an organization. */
#include "provider/clerk.h"
#include "provider/verdict.h"

/* Where the two ids are, the nested shape first. */
static const struct {
	const char	*path, *prefix;
	bool		 flat;
} places[] = {
	{ "payer.organization_id",	"org_",		false },
	{ "payer.user_id",		"user_",	false },
	{ "organization_id",		"org_",		true },
	{ "user_id",			"user_",	true },
	{ "payer_id",			"org_",		true },
	{ "payer_id",			"user_",	true },
};

static enum hk_err
by_user(struct task *t, struct span id, struct payer *p)
{
	enum hk_err	e = user_find(t->cause->db, id, &p->user);

	if (e == HK_NOTFOUND)
		return task_wait(t, "user", id);
	p->owner = (struct owner){ "user", span_str(p->user.id) };
	return task_heard(t, e);
}

static enum hk_err
by_subscription(struct task *t, struct span ref, struct payer *p)
{
	struct owner	o;
	enum hk_err	e;

	if (ref.len == 0)
		return task_say(t, HK_NEVER, "nobody is named: the payer has no user_id and no"
		    " organization_id");
	if (!span_graph(ref, 128))
		return task_say(t, HK_NEVER, "the id of a subscription is 1 to 128 printable"
		    " characters");
	e = subscription_owner(t->cause->db, "clerk", ref, t->arena, &o);
	if (e == HK_NOTFOUND)
		return task_wait(t, "subscription", ref);
	if (e != HK_OK)
		return e;
	if (strcmp(o.kind, "user") == 0)
		return by_user(t, o.id, p);
	p->owner = o;
	return HK_OK;
}

enum hk_err
clerk_payer(struct task *t, struct json *data, struct span subscription, struct payer *p)
{
	*p = (struct payer){ .flat = false };
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct span	id = json_text(data, places[i].path);

		if (!span_starts(id, places[i].prefix) || !span_graph(id, CLERK_ID_MAX))
			continue;
		p->flat = places[i].flat;
		if (strcmp(places[i].prefix, "user_") == 0)
			return by_user(t, id, p);
		p->owner = (struct owner){ "organization", id };
		return HK_OK;
	}
	return by_subscription(t, subscription, p);
}
