/*
 * Whose payment it is.  A checkout session can name its user in three ways;
 * all that do must agree, for credits given to the wrong one are money lost.
 */
#include <ctype.h>

#include "base/codec.h"
#include "provider/stripe.h"
#include "provider/verdict.h"

#define CLERK_ID_MAX	63	/* what struct user holds */

/* One way in which an object names its user. */
struct claim {
	const char	*by;		/* one of the three below */
	struct span	 id;
	bool		 known;
	struct user	 user;		/* when known */
};

static const char	by_metadata[] = "metadata.user_id";
static const char	by_reference[] = "client_reference_id";
static const char	by_customer[] = "customer";

#define CLAIMS	3
struct claims {
	struct claim	v[CLAIMS];
	size_t		n;
};

static bool
is_clerk_id(struct span id)
{
	return span_starts(id, "user_") && id.len > strlen("user_") &&
	    span_graph(id, CLERK_ID_MAX);
}

static bool
is_user_id(struct span id)
{
	return is_clerk_id(id) || uuid_valid(id);
}

static bool
is_customer(struct span id)
{
	return span_starts(id, "cus_") && span_graph(id, 255);
}

/* UUIDs are stored in lower case. */
static enum hk_err
spell(struct task *t, struct span *id)
{
	char	*s;

	if (!uuid_valid(*id))
		return HK_OK;
	if ((s = arena_str(t->arena, *id)) == NULL)
		return err_note(HK_NOMEM, "no memory for a user's id");
	for (size_t i = 0; i < id->len; i++)
		s[i] = (char)tolower((unsigned char)s[i]);
	id->p = s;
	return HK_OK;
}

/* Look up who is named and add the claim. */
static enum hk_err
claim_add(struct task *t, struct claims *cs, const char *by, struct span id)
{
	struct claim	*c = &cs->v[cs->n];
	enum hk_err	 e;

	*c = (struct claim){ .by = by, .id = id };
	if ((e = spell(t, &c->id)) != HK_OK)
		return e;
	e = user_find(t->cause->db, c->id, &c->user);
	if (e != HK_OK && e != HK_NOTFOUND)
		return e;
	c->known = e == HK_OK;
	cs->n++;
	return HK_OK;
}

/* An unknown UUID may be the site's number for an order: it names nobody then. */
static void
drop_order_number(struct claims *cs)
{
	for (size_t i = 0; cs->n > 1 && i < cs->n; i++) {
		struct claim	*c = &cs->v[i];

		if (c->by == by_reference && !c->known && !is_clerk_id(c->id)) {
			cs->n--;
			memmove(c, c + 1, (cs->n - i) * sizeof(*c));
			return;
		}
	}
}

static enum hk_err
claims_read(struct task *t, struct json *o, struct claims *cs)
{
	struct span	user_id = json_text(o, "metadata.user_id");
	struct span	ref = json_text(o, "client_reference_id");
	struct span	customer = json_id(o, "customer");
	enum hk_err	e;

	cs->n = 0;
	if (user_id.len > 0 && !is_user_id(user_id))
		return task_say(t, HK_NEVER,
		    "metadata invalid: user_id is neither our UUID nor a Clerk user_... id");
	if ((user_id.len > 0 && (e = claim_add(t, cs, by_metadata, user_id)) != HK_OK) ||
	    (is_user_id(ref) && (e = claim_add(t, cs, by_reference, ref)) != HK_OK) ||
	    (is_customer(customer) && (e = claim_add(t, cs, by_customer, customer)) != HK_OK))
		return e;
	if (cs->n > 0 && cs->v[cs->n - 1].by == by_customer && !cs->v[cs->n - 1].known)
		cs->n--;	/* not linked yet */
	drop_order_number(cs);
	return HK_OK;
}

/* Can the two not be one user? */
static bool
differ(const struct claim *a, const struct claim *b)
{
	if (a->known && b->known)
		return strcmp(a->user.id, b->user.id) != 0;
	if (!a->known && !b->known)
		return is_clerk_id(a->id) == is_clerk_id(b->id) && !span_eq(a->id, b->id);
	if (b->known)
		return differ(b, a);
	/* a's own UUID and Clerk id would have been found, so b's id is another. */
	return !is_clerk_id(b->id) || a->user.clerk_id[0] != '\0';
}

enum hk_err
payer_find(struct task *t, struct json *object, struct user *out)
{
	struct claims	cs;
	enum hk_err	e;

	if ((e = claims_read(t, object, &cs)) != HK_OK)
		return e;
	if (cs.n == 0)
		return task_say(t, HK_NEVER, "nobody is named: no metadata.user_id, no user in"
		    " client_reference_id, and no user is linked to the customer");
	for (size_t i = 0; i < cs.n; i++)
		for (size_t j = i + 1; j < cs.n; j++)
			if (differ(&cs.v[i], &cs.v[j]))
				return task_say(t, HK_NEVER,
				    "identity mismatch: %s (%.*s) and %s (%.*s) name"
				    " different users", cs.v[i].by, SPAN_ARG(cs.v[i].id),
				    cs.v[j].by, SPAN_ARG(cs.v[j].id));
	for (size_t i = 0; i < cs.n; i++)
		if (!cs.v[i].known)
			return task_wait(t, "user", cs.v[i].id);
	if (cs.v[0].user.deleted)
		return task_say(t, HK_NEVER, "user was deleted: %s", cs.v[0].user.id);
	*out = cs.v[0].user;
	return HK_OK;
}

enum hk_err
payer_link(struct task *t, struct json *object, const struct user *user)
{
	struct span	customer = json_id(object, "customer");

	if (!is_customer(customer))
		return HK_OK;	/* a guest paid */
	return task_heard(t, user_link(t->cause, user, customer));
}
