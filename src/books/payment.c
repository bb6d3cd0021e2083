/*
 * Payments by all their names, whose they are, and what they granted.
 */
#include "books/payment_part.h"

#include <assert.h>

#include "books/ref.h"

#define PURCHASE_PREFIX	"stripe:"	/* of a purchase's key; a name of the payment follows */
#define NAMES_MOST	8		/* that are told at once */

/* The best name first; others come after these. */
static const char *const best[] = { "pi_", "ch_", "py_", "in_", "cs_", NULL };

static int
name_rank(struct span ref)
{
	int	i = 0;

	while (best[i] != NULL && !span_starts(ref, best[i]))
		i++;
	return i;
}

/* A total order, so that the best of some names does not depend on who came first. */
static bool
is_better(struct span a, struct span b)
{
	int	ra = name_rank(a), rb = name_rank(b);
	size_t	n = a.len < b.len ? a.len : b.len;
	int	order;

	if (ra != rb)
		return ra < rb;
	order = memcmp(a.p, b.p, n);
	return order != 0 ? order < 0 : a.len < b.len;
}

static enum hk_err
by_name(struct db *db, struct span ref, int64_t *id)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	*id = 0;
	if ((e = db_stmt(db, S_PAYMENT_BY_NAME, &q)) != HK_OK)
		return e;
	bind_text(q, ":ref", ref);
	return stmt_int(q, id);
}

/* With :payment alone. */
static enum hk_err
run_on(struct db *db, enum stmt_id what, int64_t payment)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(db, what, &q)) != HK_OK)
		return e;
	bind_int(q, ":payment", payment);
	return stmt_run(q);
}

/* Whose it is; false and HK_OK: nobody's yet. */
static enum hk_err
load_owner(struct db *db, int64_t id, char kind[16], char owner[REF_MOST + 1], bool *known)
{
	struct stmt	*q = NULL;
	bool		 row;
	enum hk_err	 e;

	*known = false;
	if ((e = db_stmt(db, S_PAYMENT_OWNER, &q)) != HK_OK)
		return e;
	bind_int(q, ":payment", id);
	if ((e = stmt_step(q, &row)) == HK_OK && row && !col_is_null(q, 1)) {
		ref_keep(kind, 16, col_text(q, 0));
		ref_keep(owner, REF_MOST + 1, col_text(q, 1));
		*known = true;
	}
	stmt_reset(q);
	return e;
}

static enum hk_err
own(const struct cause *c, int64_t id, const struct owner *owner, bool *news)
{
	struct stmt	*q = NULL;
	char		 kind[16], whose[REF_MOST + 1];
	bool		 known;
	enum hk_err	 e;

	if ((e = load_owner(c->db, id, kind, whose, &known)) != HK_OK)
		return e;
	if (known && (strcmp(kind, owner->kind) != 0 || !span_is(owner->id, whose)))
		return err_tell(HK_NEVER, "identity mismatch: the payment belongs to %s %s,"
		    " not %s %.*s", kind, whose, owner->kind, SPAN_ARG(owner->id));
	if (known)
		return HK_OK;
	*news = true;
	if ((e = db_stmt(c->db, S_PAYMENT_OWN, &q)) != HK_OK)
		return e;
	bind_int(q, ":payment", id);
	bind_text(q, ":owner_kind", span_str(owner->kind));
	bind_text(q, ":owner", owner->id);
	bind_int(q, ":now", c->now);
	return stmt_run(q);
}

/* Two that turn out to be one: all of `gone` is of `keep` from now on. */
static enum hk_err
join(const struct cause *c, int64_t keep, int64_t gone, bool *news)
{
	static const enum stmt_id	moves[] = {
		S_PAYMENT_JOIN_ALIASES, S_PAYMENT_JOIN_REF, S_PAYMENT_JOIN_PERIODS,
		S_PAYMENT_JOIN_TAKINGS, S_PAYMENT_JOIN_REFUNDS, S_PAYMENT_JOIN_FAILED,
		S_PAYMENT_JOIN_DISPUTES, S_PAYMENT_JOIN_SUMS
	};
	struct stmt			*q = NULL;
	char				 kind[16], whose[REF_MOST + 1];
	bool				 known;
	enum hk_err			 e;

	if ((e = load_owner(c->db, gone, kind, whose, &known)) != HK_OK ||
	    (known && (e = own(c, keep, &(struct owner){ kind, span_str(whose) },
	    news)) != HK_OK))
		return e;
	for (size_t i = 0; i < sizeof(moves) / sizeof(moves[0]); i++) {
		if ((e = db_stmt(c->db, moves[i], &q)) != HK_OK)
			return e;
		bind_int(q, ":keep", keep);
		bind_int(q, ":gone", gone);
		if ((e = stmt_run(q)) != HK_OK)
			return e;
	}
	*news = true;
	if ((e = run_on(c->db, S_PAYMENT_FORGET_PERIODS, gone)) != HK_OK)
		return e;
	return run_on(c->db, S_PAYMENT_FORGET, gone);
}

/* The one payment of these names, or 0. */
static enum hk_err
find(const struct cause *c, const struct paying *p, int64_t *id, bool *news)
{
	int64_t		other;
	enum hk_err	e;

	*id = 0;
	for (size_t i = 0; i < p->n; i++) {
		if (p->refs[i].len == 0)
			continue;
		if ((e = ref_good(p->refs[i], "payment")) != HK_OK ||
		    (e = by_name(c->db, p->refs[i], &other)) != HK_OK)
			return e;
		if (*id == 0)
			*id = other;
		else if (other != 0 && other != *id && (e = join(c, *id, other, news)) != HK_OK)
			return e;
	}
	return HK_OK;
}

static enum hk_err
set_amount(const struct cause *c, int64_t id, int64_t amount, bool *news)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_PAYMENT_AMOUNT, &q)) != HK_OK)
		return e;
	bind_int(q, ":payment", id);
	bind_int(q, ":amount", amount);
	bind_int(q, ":now", c->now);
	if ((e = stmt_run(q)) == HK_OK)
		*news |= db_changes(c->db) == 1;
	return e;
}

/* One alias after another, in their order; "" begins, and ends. */
static enum hk_err
next_alias(struct db *db, int64_t id, char name[REF_MOST + 1])
{
	struct stmt	*q = NULL;
	char		 last[REF_MOST + 1];
	bool		 row;
	enum hk_err	 e;

	ref_keep(last, sizeof(last), span_str(name));
	name[0] = '\0';
	if ((e = db_stmt(db, S_PAYMENT_ALIASES, &q)) != HK_OK)
		return e;
	bind_int(q, ":payment", id);
	bind_text(q, ":last", span_str(last));
	if ((e = stmt_step(q, &row)) == HK_OK && row)
		ref_keep(name, REF_MOST + 1, col_text(q, 0));
	stmt_reset(q);
	return e;
}

static enum hk_err
alias(const struct cause *c, enum stmt_id what, int64_t id, struct span ref)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, what, &q)) != HK_OK)
		return e;
	bind_text(q, ":ref", ref);
	if (what == S_PAYMENT_ALIAS_ADD)
		bind_int(q, ":payment", id);
	return stmt_run(q);
}

/* A better name than it had becomes its own, the other one an alias. */
static enum hk_err
rename_to(const struct cause *c, int64_t id, struct span was, struct span ref)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = alias(c, S_PAYMENT_ALIAS_DROP, id, ref)) != HK_OK ||
	    (e = db_stmt(c->db, S_PAYMENT_TITLE, &q)) != HK_OK)
		return e;
	bind_int(q, ":payment", id);
	bind_text(q, ":ref", ref);
	bind_int(q, ":now", c->now);
	if ((e = stmt_run(q)) != HK_OK)
		return e;
	return alias(c, S_PAYMENT_ALIAS_ADD, id, was);
}

static enum hk_err
load_ref(struct db *db, int64_t id, char ref[REF_MOST + 1])
{
	struct stmt	*q = NULL;
	bool		 row;
	enum hk_err	 e;

	if ((e = db_stmt(db, S_PAYMENT_REF, &q)) != HK_OK)
		return e;
	bind_int(q, ":payment", id);
	if ((e = stmt_step(q, &row)) == HK_OK) {
		assert(row);
		ref_keep(ref, REF_MOST + 1, col_text(q, 0));
	}
	stmt_reset(q);
	return e;
}

/* Its names have changed, or whose it is: the best one is its own; who waits is woken. */
static enum hk_err
present(const struct cause *c, int64_t id)
{
	char		own_name[REF_MOST + 1], name[REF_MOST + 1] = "";
	char		top[REF_MOST + 1], kind[16], whose[REF_MOST + 1];
	bool		known;
	enum hk_err	e;

	if ((e = load_owner(c->db, id, kind, whose, &known)) != HK_OK ||
	    (e = load_ref(c->db, id, own_name)) != HK_OK ||
	    (known && (e = ref_wake(c, "payment", span_str(own_name))) != HK_OK))
		return e;
	ref_keep(top, sizeof(top), span_str(own_name));
	while ((e = next_alias(c->db, id, name)) == HK_OK && name[0] != '\0') {
		if (is_better(span_str(name), span_str(top)))
			ref_keep(top, sizeof(top), span_str(name));
		if (known && (e = ref_wake(c, "payment", span_str(name))) != HK_OK)
			return e;
	}
	if (e != HK_OK || strcmp(top, own_name) == 0)
		return e;
	return rename_to(c, id, span_str(own_name), span_str(top));
}

/* Is it a name to keep?  A session's is only when there is no other, or it is in the key. */
static bool
is_name(const struct paying *p, size_t i)
{
	if (p->refs[i].len == 0)
		return false;
	if (!span_starts(p->refs[i], "cs_") || span_eq(p->refs[i], p->booked))
		return true;
	for (size_t j = 0; j < p->n; j++)
		if (p->refs[j].len > 0 && !span_starts(p->refs[j], "cs_"))
			return false;
	return true;
}

static struct span
best_of(const struct paying *p)
{
	struct span	top = SPAN_NULL;

	for (size_t i = 0; i < p->n; i++)
		if (is_name(p, i) && (top.len == 0 || is_better(p->refs[i], top)))
			top = p->refs[i];
	return top;
}

/* The names it does not have yet. */
static enum hk_err
add_names(const struct cause *c, const struct paying *p, int64_t id, struct span own_name,
    bool *news)
{
	int64_t		known;
	enum hk_err	e;

	for (size_t i = 0; i < p->n; i++) {
		if (!is_name(p, i) || span_eq(p->refs[i], own_name))
			continue;
		if ((e = by_name(c->db, p->refs[i], &known)) != HK_OK)
			return e;
		if (known != 0)
			continue;
		*news = true;
		if ((e = alias(c, S_PAYMENT_ALIAS_ADD, id, p->refs[i])) != HK_OK)
			return e;
	}
	return HK_OK;
}

/* Nearly always a payment is told of once, with all that is known. */
static enum hk_err
add(const struct cause *c, const struct paying *p, int64_t *id)
{
	struct stmt	*q = NULL;
	struct span	 own_name = best_of(p);
	bool		 news;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_PAYMENT_ADD, &q)) != HK_OK)
		return e;
	bind_text(q, ":ref", own_name);
	if (p->owner != NULL) {
		bind_text(q, ":owner_kind", span_str(p->owner->kind));
		bind_text(q, ":owner", p->owner->id);
	}
	if (p->amount >= 0)
		bind_int(q, ":amount", p->amount);
	bind_int(q, ":granted", p->credits);
	bind_event(q, c);
	bind_int(q, ":now", c->now);
	if ((e = stmt_run(q)) != HK_OK)
		return e;
	*id = db_last_id(c->db);
	if ((e = add_names(c, p, *id, own_name, &news)) != HK_OK || p->owner == NULL)
		return e;
	for (size_t i = 0; i < p->n; i++)
		if (is_name(p, i) && (e = ref_wake(c, "payment", p->refs[i])) != HK_OK)
			return e;
	return HK_OK;
}

/* More is told of one that is there. */
static enum hk_err
complete(const struct cause *c, const struct paying *p, int64_t id, bool named, bool *news)
{
	bool		more = false;
	enum hk_err	e;

	if ((e = add_names(c, p, id, SPAN_NULL, &named)) != HK_OK ||
	    (p->owner != NULL && (e = own(c, id, p->owner, &named)) != HK_OK) ||
	    (p->amount >= 0 && (e = set_amount(c, id, p->amount, &more)) != HK_OK) ||
	    (named && (e = present(c, id)) != HK_OK))
		return e;
	*news = named || more;
	return *news || p->credits > 0 ? payment_settle_share(c, id) : HK_OK;
}

enum hk_err
payment_known(const struct cause *c, const struct paying *p, int64_t *id, bool *news)
{
	bool		joined = false;
	enum hk_err	e;

	if (best_of(p).len == 0)
		return err_tell(HK_NEVER, "the payment has no id");
	if ((e = find(c, p, id, &joined)) != HK_OK)
		return e;
	if (*id != 0)
		return complete(c, p, *id, joined, news);
	*news = true;
	return add(c, p, id);
}

enum hk_err
payment_of(struct db *db, const struct span *refs, size_t n, int64_t *id)
{
	char		kind[16], whose[REF_MOST + 1];
	bool		known = false;
	enum hk_err	e = HK_OK;

	*id = 0;
	for (size_t i = 0; i < n && *id == 0; i++)
		if (refs[i].len > 0 && (e = by_name(db, refs[i], id)) != HK_OK)
			return e;
	if (*id != 0 && (e = load_owner(db, *id, kind, whose, &known)) != HK_OK)
		return e;
	if (!known)
		return err_tell(HK_WAIT, "no payment %.*s has granted anything yet",
		    SPAN_ARG(refs[0]));
	return HK_OK;
}

/* What the transfer gave; 0: there is none, it was worth nothing. */
static enum hk_err
purchase_amount(struct db *db, struct span business_key, int64_t *credits)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	*credits = 0;
	if (business_key.len == 0)
		return HK_OK;
	if ((e = db_stmt(db, S_PURCHASE_AMOUNT, &q)) != HK_OK)
		return e;
	bind_text(q, ":key", business_key);
	return stmt_int(q, credits);
}

enum hk_err
payment_granted(const struct cause *c, const struct owner *owner, const struct span *refs,
    size_t n, int64_t amount, struct span business_key)
{
	struct span	all[NAMES_MOST + 1];
	struct paying	p = { .owner = owner, .refs = all, .n = n, .amount = amount };
	bool		listed = false, news;
	int64_t		id;
	enum hk_err	e;

	assert(owner->kind != NULL && n <= NAMES_MOST);
	assert(business_key.len == 0 || span_starts(business_key, PURCHASE_PREFIX));
	if (business_key.len > 0)
		p.booked = span_of(business_key.p + strlen(PURCHASE_PREFIX),
		    business_key.len - strlen(PURCHASE_PREFIX));
	for (size_t i = 0; i < n; i++) {
		all[i] = refs[i];
		listed |= span_eq(refs[i], p.booked);
	}
	if (!listed)
		all[p.n++] = p.booked;
	if ((e = ref_good(owner->id, owner->kind)) != HK_OK ||
	    (e = purchase_amount(c->db, business_key, &p.credits)) != HK_OK)
		return e;
	return payment_known(c, &p, &id, &news);
}

enum hk_err
payment_names(const struct cause *c, const struct span *refs, size_t n)
{
	const struct paying	p = { .refs = refs, .n = n, .amount = -1 };
	bool			news;
	int64_t			id;
	enum hk_err		e;

	if ((e = payment_known(c, &p, &id, &news)) != HK_OK || news)
		return e;
	return err_tell(HK_SKIP, "payment %.*s is known by these names", SPAN_ARG(refs[0]));
}
