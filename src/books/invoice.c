/*
 * Bills: what each has come to, so that the audit can ask whether it was granted.
 */
#include "books/payment.h"

#include <assert.h>

#include "books/ref.h"

static void
bind_state(struct stmt *q, const struct cause *c, const struct invoice *i)
{
	bind_text(q, ":provider", span_str(i->provider));
	bind_text(q, ":ref", i->ref);
	bind_text(q, ":status", i->status);
	bind_int(q, ":version", i->version_us);
	bind_int(q, ":event", c->event);
	bind_int(q, ":now", c->now);
}

static void
bind_rest(struct stmt *q, const struct cause *c, const struct invoice *i)
{
	bool	owned = i->owner.kind != NULL;

	bind_text(q, ":subscription", i->subscription.len > 0 ? i->subscription : SPAN_NULL);
	bind_text(q, ":customer", i->customer.len > 0 ? i->customer : SPAN_NULL);
	bind_text(q, ":owner_kind", span_str(i->owner.kind));
	bind_text(q, ":owner", owned ? i->owner.id : SPAN_NULL);
	bind_text(q, ":currency", i->currency.len > 0 ? i->currency : SPAN_NULL);
	if (i->amount >= 0)
		bind_int(q, ":amount", i->amount);
	if (i->fulfilled)
		bind_int(q, ":fulfilled", c->now);
}

static enum hk_err
put_new(const struct cause *c, const struct invoice *i, bool *fresh)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_INVOICE_NEW, &q)) != HK_OK)
		return e;
	bind_state(q, c, i);
	bind_rest(q, c, i);
	if ((e = stmt_run(q)) == HK_OK)
		*fresh = db_changes(c->db) == 1;
	return e;
}

/* *news: the state is another, or more is known than before. */
static enum hk_err
put_known(const struct cause *c, const struct invoice *i, bool *news)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_INVOICE_STATE, &q)) != HK_OK)
		return e;
	bind_state(q, c, i);
	if (i->amount >= 0)
		bind_int(q, ":amount", i->amount);
	if ((e = stmt_run(q)) != HK_OK)
		return e;
	*news = db_changes(c->db) == 1;
	if ((e = db_stmt(c->db, S_INVOICE_FILL, &q)) != HK_OK)
		return e;
	bind_text(q, ":provider", span_str(i->provider));
	bind_text(q, ":ref", i->ref);
	bind_rest(q, c, i);
	if ((e = stmt_run(q)) == HK_OK)
		*news |= db_changes(c->db) == 1;
	return e;
}

static enum hk_err
stale(const struct cause *c, const struct invoice *i)
{
	struct stmt	*q = NULL;
	int64_t		 stored = 0;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_INVOICE_VERSION, &q)) != HK_OK)
		return e;
	bind_text(q, ":provider", span_str(i->provider));
	bind_text(q, ":ref", i->ref);
	if ((e = stmt_int(q, &stored)) != HK_OK)
		return e;
	if (stored < i->version_us)
		return err_tell(HK_SKIP, "invoice %.*s is paid, which is the last word",
		    SPAN_ARG(i->ref));
	return ref_stale("invoice", i->ref, stored, i->version_us);
}

enum hk_err
invoice_put(const struct cause *c, const struct invoice *i)
{
	bool		news = false;
	enum hk_err	e;

	assert(c->event != 0);
	if ((e = ref_good(i->ref, "invoice")) != HK_OK ||
	    (e = ref_good(i->status, "invoice's status")) != HK_OK ||
	    (e = put_new(c, i, &news)) != HK_OK || news ||
	    (e = put_known(c, i, &news)) != HK_OK || news)
		return e;
	return stale(c, i);
}

enum hk_err
invoices_claim(const struct cause *c, struct span customer, const struct owner *owner)
{
	struct stmt	*q = NULL;
	int64_t		 any = 0;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_INVOICE_UNCLAIMED, &q)) != HK_OK)
		return e;
	bind_text(q, ":customer", customer);
	if ((e = stmt_int(q, &any)) != HK_OK || any == 0)
		return e;
	if ((e = db_stmt(c->db, S_INVOICE_CLAIM, &q)) != HK_OK)
		return e;
	bind_text(q, ":customer", customer);
	bind_text(q, ":owner_kind", span_str(owner->kind));
	bind_text(q, ":owner", owner->id);
	return stmt_run(q);
}
