/*
 * Whose payment it is.  A checkout session can name its user in three ways;
 * all that do must agree, for credits given to the wrong one are money lost.
 */
#include <ctype.h>

#include "base/codec.h"
#include "books/subscription.h"
#include "provider/stripe.h"
#include "provider/verdict.h"

#define CLERK_ID_MAX	63	/* what struct user holds */

/* One way in which an object names its user. */
struct claim {
	const char	*by;		/* one of those below */
	struct span	 id;
	bool		 known;
	struct user	 user;		/* when known */
};

static const char	by_metadata[] = "metadata.user_id";
static const char	by_reference[] = "client_reference_id";
static const char	by_customer[] = "customer";
static const char	by_subscription_metadata[] = "the subscription's metadata.user_id";
static const char	by_subscription[] = "subscription";

#define CLAIMS	5
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
	return (span_starts(id, "cus_") || span_starts(id, "acct_")) && span_graph(id, 128);
}

struct span
payer_customer(struct json *object)
{
	struct span	id = json_id(object, "customer");

	/* Customers of the second generation are accounts. */
	if (id.len == 0)
		id = json_id(object, "customer_account");
	return is_customer(id) ? id : SPAN_NULL;
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

/* The user that is linked to the account, if one is. */
static enum hk_err
claim_account(struct task *t, struct claims *cs, struct span account)
{
	struct stmt	*q = NULL;
	struct span	 id = SPAN_NULL;
	bool		 row;
	enum hk_err	 e;

	if ((e = db_stmt(t->cause->db, S_CUSTOMER_OWNER, &q)) != HK_OK)
		return e;
	bind_text(q, ":customer", account);
	if ((e = stmt_step(q, &row)) == HK_OK && row &&
	    (id = arena_span(t->arena, col_text(q, 0))).p == NULL)
		e = err_note(HK_NOMEM, "no memory for a user's id");
	stmt_reset(q);
	return e == HK_OK && id.p != NULL ? claim_add(t, cs, by_customer, id) : e;
}

/* An unlinked one names nobody. */
static enum hk_err
claim_customer(struct task *t, struct claims *cs, struct span customer)
{
	enum hk_err	e;

	if (!span_starts(customer, "cus_"))
		return claim_account(t, cs, customer);
	if ((e = claim_add(t, cs, by_customer, customer)) == HK_OK && !cs->v[cs->n - 1].known)
		cs->n--;
	return e;
}

/* Whose the subscription is known to be. */
static enum hk_err
claim_subscription(struct task *t, struct claims *cs, struct span ref)
{
	struct owner	owner;
	enum hk_err	e;

	e = subscription_owner(t->cause->db, "stripe", ref, t->arena, &owner);
	if (e != HK_OK)
		return e == HK_NOTFOUND ? HK_OK : e;
	return strcmp(owner.kind, "user") == 0 ?
	    claim_add(t, cs, by_subscription, owner.id) : HK_OK;
}

static enum hk_err
claim_metadata(struct task *t, struct claims *cs, const char *by, struct span id)
{
	if (id.len == 0)
		return HK_OK;
	if (!is_user_id(id))
		return task_say(t, HK_NEVER,
		    "metadata invalid: user_id is neither our UUID nor a Clerk user_... id");
	return claim_add(t, cs, by, id);
}

static enum hk_err
claims_read(struct task *t, const struct payer_names *n, struct claims *cs)
{
	enum hk_err	e;

	cs->n = 0;
	if ((e = claim_metadata(t, cs, by_metadata, n->user_id)) != HK_OK ||
	    (e = claim_metadata(t, cs, by_subscription_metadata,
	    n->subscription_user_id)) != HK_OK ||
	    (is_user_id(n->reference) &&
	    (e = claim_add(t, cs, by_reference, n->reference)) != HK_OK) ||
	    (n->customer.len > 0 && (e = claim_customer(t, cs, n->customer)) != HK_OK) ||
	    (n->subscription.len > 0 &&
	    (e = claim_subscription(t, cs, n->subscription)) != HK_OK))
		return e;
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

static enum hk_err
agree(struct task *t, const struct claims *cs)
{
	for (size_t i = 0; i < cs->n; i++)
		for (size_t j = i + 1; j < cs->n; j++)
			if (differ(&cs->v[i], &cs->v[j]))
				return task_say(t, HK_NEVER,
				    "identity mismatch: %s (%.*s) and %s (%.*s) name"
				    " different users", cs->v[i].by, SPAN_ARG(cs->v[i].id),
				    cs->v[j].by, SPAN_ARG(cs->v[j].id));
	return HK_OK;
}

enum hk_err
payer_look(struct task *t, const struct payer_names *names, struct user *out)
{
	struct claims	cs;
	enum hk_err	e;

	if ((e = claims_read(t, names, &cs)) != HK_OK || (e = agree(t, &cs)) != HK_OK)
		return e;
	if (cs.n == 0)
		return HK_NOTFOUND;
	for (size_t i = 0; i < cs.n; i++)
		if (!cs.v[i].known)
			return task_wait(t, "user", cs.v[i].id);
	*out = cs.v[0].user;
	return HK_OK;
}

enum hk_err
payer_alive(struct task *t, const struct user *user)
{
	return !user->deleted ? HK_OK :
	    task_say(t, HK_NEVER, "user was deleted: %s", user->id);
}

enum hk_err
payer_find(struct task *t, struct json *session, struct user *out)
{
	const struct payer_names	names = {
		.user_id	= json_text(session, "metadata.user_id"),
		.reference	= json_text(session, "client_reference_id"),
		.customer	= payer_customer(session),
	};
	enum hk_err			e = payer_look(t, &names, out);

	/* The session that links the customer may arrive after this one. */
	if (e == HK_NOTFOUND && names.customer.len > 0)
		return task_wait(t, "user", names.customer);
	if (e == HK_NOTFOUND)
		return task_say(t, HK_NEVER, "nobody is named: no metadata.user_id, no user in"
		    " client_reference_id, and no customer");
	return e == HK_OK ? payer_alive(t, out) : e;
}

enum hk_err
payer_link(struct task *t, struct json *object, const struct user *user)
{
	struct span	customer = payer_customer(object);

	if (customer.len == 0)
		return HK_OK;	/* a guest paid */
	return task_heard(t, user_link(t->cause, user, customer));
}
