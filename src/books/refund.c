/*
 * Refunds and disputes: the newest word of each; what follows is settled.
 */
#include "books/payment_part.h"

#include <stdio.h>

#include "books/ref.h"

#define TEXT_MOST	(REF_MOST + 80)

/* Somebody's payment: HK_WAIT until it is.  Its other name is one from now on. */
static enum hk_err
payment_for(const struct cause *c, struct span payment, struct span charge, int64_t amount,
    int64_t *id, bool *news)
{
	const struct span	refs[] = { payment.len > 0 ? payment : charge, charge };
	const struct paying	p = { .refs = refs, .n = 2, .amount = amount };
	enum hk_err		e;

	if ((e = ref_good(refs[0], "payment")) != HK_OK ||
	    (charge.len > 0 && (e = ref_good(charge, "charge")) != HK_OK) ||
	    (e = payment_of(c->db, refs, 2, id)) != HK_OK)
		return e;
	return payment_known(c, &p, id, news);
}

/* Does the owner's balance stop at 0?  As the settings say now. */
static enum hk_err
set_floor(const struct cause *c, int64_t id, bool waives)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_PAYMENT_WAIVES, &q)) != HK_OK)
		return e;
	bind_int(q, ":payment", id);
	bind_int(q, ":waives", waives);
	return stmt_run(q);
}

/* Why nothing was changed: the stored word on the charge or dispute is as new. */
static enum hk_err
stale(struct db *db, enum stmt_id version_of, const char *what, struct span ref,
    int64_t told_us)
{
	struct stmt	*q = NULL;
	int64_t		 stored = 0;
	enum hk_err	 e;

	if ((e = db_stmt(db, version_of, &q)) != HK_OK)
		return e;
	bind_text(q, ":ref", ref);
	if ((e = stmt_int(q, &stored)) != HK_OK)
		return e;
	return ref_stale(what, ref, stored, told_us);
}

static enum hk_err
refund_put(const struct cause *c, struct span charge, int64_t payment,
    const struct refund_word *w, bool *newer)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_REFUND_PUT, &q)) != HK_OK)
		return e;
	bind_text(q, ":charge", charge);
	bind_int(q, ":payment", payment);
	bind_int(q, ":refunded", w->refunded);
	bind_int(q, ":version", w->version_us);
	bind_event(q, c);
	bind_int(q, ":now", c->now);
	if ((e = stmt_run(q)) == HK_OK)
		*newer = db_changes(c->db) == 1;
	return e;
}

enum hk_err
payment_refunded(const struct cause *c, const struct refund_word *w, bool floor,
    int64_t *taken)
{
	struct span	charge = w->charge.len > 0 ? w->charge : w->payment;
	char		key[TEXT_MOST], note[TEXT_MOST];
	struct settling	why = { .kind = T_REFUND };
	int64_t		id;
	bool		news, newer;
	enum hk_err	e;

	if (w->refunded < 0)
		return err_tell(HK_NEVER, "%lld cannot be refunded", (long long)w->refunded);
	if ((e = payment_for(c, w->payment, w->charge, w->amount, &id, &news)) != HK_OK ||
	    (e = set_floor(c, id, floor)) != HK_OK ||
	    (e = refund_put(c, charge, id, w, &newer)) != HK_OK)
		return e;
	if (!newer && !news)
		return stale(c->db, S_REFUND_VERSION, "charge", charge, w->version_us);
	snprintf(key, sizeof(key), "stripe:%.*s:refunded:%lld", SPAN_ARG(charge),
	    (long long)w->refunded);
	snprintf(note, sizeof(note), "%lld of %.*s refunded", (long long)w->refunded,
	    SPAN_ARG(charge));
	why.key = span_str(key);
	why.note = span_str(note);
	return payment_settle(c, id, &why, taken);
}

static enum hk_err
failed_put(const struct cause *c, struct span charge, int64_t payment,
    const struct refund_failed *w, bool *fresh)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_REFUND_FAILED, &q)) != HK_OK)
		return e;
	bind_text(q, ":ref", w->refund);
	bind_text(q, ":charge", charge);
	bind_int(q, ":payment", payment);
	bind_int(q, ":amount", w->amount);
	bind_int(q, ":version", w->version_us);
	bind_event(q, c);
	bind_int(q, ":now", c->now);
	if ((e = stmt_run(q)) == HK_OK)
		*fresh = db_changes(c->db) == 1;
	return e;
}

enum hk_err
payment_refund_failed(const struct cause *c, const struct refund_failed *w, bool floor,
    int64_t *taken)
{
	struct span	charge = w->charge.len > 0 ? w->charge : w->payment;
	char		key[TEXT_MOST], note[TEXT_MOST];
	struct settling	why = { .kind = T_REFUND };
	int64_t		id;
	bool		news, fresh;
	enum hk_err	e;

	if ((e = ref_good(w->refund, "refund")) != HK_OK ||
	    (e = payment_for(c, w->payment, w->charge, -1, &id, &news)) != HK_OK ||
	    (e = set_floor(c, id, floor)) != HK_OK ||
	    (e = failed_put(c, charge, id, w, &fresh)) != HK_OK)
		return e;
	if (!fresh && !news)
		return err_tell(HK_SKIP, "that refund %.*s failed is known", SPAN_ARG(w->refund));
	snprintf(key, sizeof(key), "stripe:%.*s:failed", SPAN_ARG(w->refund));
	snprintf(note, sizeof(note), "refund %.*s failed", SPAN_ARG(w->refund));
	why.key = span_str(key);
	why.note = span_str(note);
	return payment_settle(c, id, &why, taken);
}

/* A dispute's life; of two words of the same time the later stays. */
static const char *const life[] = {
	"warning_needs_response", "warning_under_review", "warning_closed", "prevented",
	"needs_response", "under_review", "lost", "appeal_needs_response",
	"appeal_under_review", "won", NULL
};
#define HOLDS_FROM	5	/* needs_response */
#define HOLDS_TO	9	/* appeal_under_review */

struct dispute {
	bool	known;
	char	status[40];
	int64_t	version_us;
};

static enum hk_err
dispute_load(struct db *db, struct span ref, struct dispute *d)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	*d = (struct dispute){ .known = false };
	if ((e = db_stmt(db, S_DISPUTE_FIND, &q)) != HK_OK)
		return e;
	bind_text(q, ":ref", ref);
	if ((e = stmt_step(q, &d->known)) == HK_OK && d->known) {
		ref_keep(d->status, sizeof(d->status), col_text(q, 0));
		d->version_us = col_int(q, 1);
	}
	stmt_reset(q);
	return e;
}

static enum hk_err
dispute_put(const struct cause *c, int64_t payment, const struct dispute_word *w, int rank)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_DISPUTE_PUT, &q)) != HK_OK)
		return e;
	bind_text(q, ":ref", w->ref);
	bind_int(q, ":payment", payment);
	bind_int(q, ":amount", w->amount);
	bind_text(q, ":status", w->status);
	bind_int(q, ":holds", rank >= HOLDS_FROM && rank <= HOLDS_TO);
	bind_int(q, ":version", w->version_us);
	bind_event(q, c);
	bind_int(q, ":now", c->now);
	return stmt_run(q);
}

/* The stored word stays when this one is not newer, nor as new and further on. */
static bool
is_newer(const struct dispute_word *w, int rank, const struct dispute *d)
{
	if (!d->known || w->version_us != d->version_us)
		return !d->known || w->version_us > d->version_us;
	return rank > ref_rank(life, span_str(d->status));
}

enum hk_err
payment_disputed(const struct cause *c, const struct dispute_word *w, bool floor,
    int64_t *taken)
{
	char		key[TEXT_MOST], note[TEXT_MOST];
	struct settling	why = { .kind = T_DISPUTE };
	struct dispute	was;
	int		rank = ref_rank(life, w->status);
	int64_t		id;
	bool		news, newer;
	enum hk_err	e;

	if (rank == 0)
		return err_tell(HK_NEVER, "\"%.*s\" is no state of a dispute",
		    SPAN_ARG(w->status));
	if ((e = ref_good(w->ref, "dispute")) != HK_OK ||
	    (e = payment_for(c, w->payment, SPAN_NULL, w->payment_amount, &id,
	    &news)) != HK_OK ||
	    (e = set_floor(c, id, floor)) != HK_OK ||
	    (e = dispute_load(c->db, w->ref, &was)) != HK_OK)
		return e;
	newer = is_newer(w, rank, &was);
	if (!newer && !news)
		return ref_stale("dispute", w->ref, was.version_us, w->version_us);
	if (newer && (e = dispute_put(c, id, w, rank)) != HK_OK)
		return e;
	snprintf(key, sizeof(key), "stripe:%.*s:%.*s", SPAN_ARG(w->ref), SPAN_ARG(w->status));
	snprintf(note, sizeof(note), "dispute %.*s: %.*s", SPAN_ARG(w->ref),
	    SPAN_ARG(w->status));
	why.key = span_str(key);
	why.note = span_str(note);
	return payment_settle(c, id, &why, taken);
}
