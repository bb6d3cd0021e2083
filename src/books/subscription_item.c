/*
 * What a subscription consists of, what its invoices say of it, and whether its
 * owner may use what was bought.
 */
#include "books/subscription.h"

#include <assert.h>

#include "books/ref.h"
#include "books/tell.h"

static void
bind_item(struct stmt *q, const struct cause *c, const char *provider, int64_t subscription,
    const struct subscription_item *i)
{
	bind_text(q, ":provider", span_str(provider));
	bind_text(q, ":ref", i->ref);
	bind_int(q, ":subscription", subscription);
	bind_text(q, ":plan_ref", i->plan_ref.len > 0 ? i->plan_ref : SPAN_NULL);
	bind_text(q, ":plan_name", i->plan_name.len > 0 ? i->plan_name : SPAN_NULL);
	bind_int(q, ":quantity", i->quantity);
	bind_text(q, ":status", i->status);
	bind_int(q, ":trial", i->trial);
	bind_time(q, ":period_start", i->period_start);
	bind_time(q, ":period_end", i->period_end);
	bind_int(q, ":version", i->version_us);
	bind_event(q, c);
}

static enum hk_err
item_version(struct db *db, const char *provider, struct span ref, int64_t *version)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_ITEM_VERSION, &q)) != HK_OK)
		return e;
	bind_text(q, ":provider", span_str(provider));
	bind_text(q, ":ref", ref);
	return stmt_int(q, version);
}

/* The subscription's own name, for what is told of it. */
static enum hk_err
tell_of(const struct cause *c, const char *provider, int64_t subscription)
{
	char		 ref[REF_MOST + 1] = "";
	struct stmt	*q = NULL;
	bool		 row;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_SUBSCRIPTION_REF, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", subscription);
	if ((e = stmt_step(q, &row)) == HK_OK && row)
		ref_keep(ref, sizeof(ref), col_text(q, 0));
	stmt_reset(q);
	if (e != HK_OK || ref[0] == '\0')
		return e;
	return tell_subscription_again(c, provider, span_str(ref));
}

enum hk_err
subscription_item_put(const struct cause *c, const char *provider, int64_t subscription,
    const struct subscription_item *i)
{
	struct stmt	*q = NULL;
	int64_t		 stored = 0;
	enum hk_err	 e;

	assert(subscription != 0);
	if ((e = ref_good(i->ref, "subscription's item")) != HK_OK ||
	    (e = ref_good(i->status, "item's status")) != HK_OK ||
	    (e = db_stmt(c->db, S_ITEM_PUT, &q)) != HK_OK)
		return e;
	bind_item(q, c, provider, subscription, i);
	if ((e = stmt_run(q)) != HK_OK)
		return e;
	if (db_changes(c->db) == 1)
		return tell_of(c, provider, subscription);
	if ((e = item_version(c->db, provider, i->ref, &stored)) != HK_OK)
		return e;
	return ref_stale("item", i->ref, stored, i->version_us);
}

/* As it counts, with the word of invoices; "": it is not there. */
static enum hk_err
standing(struct db *db, const char *provider, struct span ref, char status[40])
{
	struct stmt	*q = NULL;
	bool		 row;
	enum hk_err	 e;

	status[0] = '\0';
	if ((e = db_stmt(db, S_SUBSCRIPTION_TOLD, &q)) != HK_OK)
		return e;
	bind_text(q, ":provider", span_str(provider));
	bind_text(q, ":ref", ref);
	if ((e = stmt_step(q, &row)) == HK_OK && row)
		ref_keep(status, 40, col_text(q, 5));
	stmt_reset(q);
	return e;
}

static enum hk_err
note_payment(const struct cause *c, const char *provider, struct span ref, bool failed,
    int64_t at_us)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_SUBSCRIPTION_PAID, &q)) != HK_OK)
		return e;
	bind_text(q, ":provider", span_str(provider));
	bind_text(q, ":ref", ref);
	bind_int(q, failed ? ":failed" : ":paid", at_us);
	bind_int(q, ":now", c->now);
	if ((e = stmt_run(q)) == HK_OK && db_changes(c->db) == 0)
		return err_tell(HK_SKIP, "stale: a later payment for subscription %.*s is known",
		    SPAN_ARG(ref));
	return e;
}

enum hk_err
subscription_paid(const struct cause *c, const char *provider, struct span ref, bool failed,
    int64_t at_us)
{
	const struct subscription	name = {
		.provider = provider, .ref = ref, .status = SPAN("incomplete"),
	};
	char				before[40], after[40];
	int64_t				id;
	enum hk_err			e;

	if ((e = subscription_put(c, &name, &id)) != HK_OK ||
	    (e = standing(c->db, provider, ref, before)) != HK_OK ||
	    (e = note_payment(c, provider, ref, failed, at_us)) != HK_OK ||
	    (e = standing(c->db, provider, ref, after)) != HK_OK)
		return e;
	if (strcmp(before, after) == 0)
		return HK_OK;
	return tell_subscription(c, strcmp(after, "past_due") == 0 ? "subscription.past_due" :
	    "subscription.updated", provider, ref);
}

enum hk_err
owner_in_good_standing(struct db *db, const struct owner *owner, bool *good)
{
	struct stmt	*q = NULL;
	int64_t		 bad = 0;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_OWNER_PAST_DUE, &q)) != HK_OK)
		return e;
	bind_text(q, ":owner_kind", span_str(owner->kind));
	bind_text(q, ":owner", owner->id);
	if ((e = stmt_int(q, &bad)) == HK_OK)
		*good = bad == 0;
	return e;
}
