/*
 * Subscriptions: the newest word of each, whose it is, and what is told of it.
 */
#include "books/subscription.h"

#include <assert.h>

#include "books/ref.h"
#include "books/tell.h"

/* A subscription's life; of two words of the same time the later stays. */
static const char *const life[] = {
	"incomplete", "trialing", "active", "past_due", "unpaid", "paused", "canceled",
	"incomplete_expired", "ended", "abandoned", NULL
};
#define OVER	7	/* from here on it is over */

/* What is stored, as far as verbs compare it. */
struct stored {
	int64_t	id;		/* 0: nothing */
	char	owner_kind[16], owner[REF_MOST + 1];	/* "": nobody's yet */
	char	customer[REF_MOST + 1];
	char	status[40];
	int64_t	cancel_at, canceled_at, ended_at, version_us;
	bool	final;
};

static enum hk_err
load(struct db *db, const char *provider, struct span ref, struct stored *s)
{
	struct stmt	*q = NULL;
	bool		 row;
	enum hk_err	 e;

	*s = (struct stored){ .id = 0 };
	if ((e = db_stmt(db, S_SUBSCRIPTION_FIND, &q)) != HK_OK)
		return e;
	bind_text(q, ":provider", span_str(provider));
	bind_text(q, ":ref", ref);
	if ((e = stmt_step(q, &row)) == HK_OK && row) {
		s->id = col_int(q, 0);
		ref_keep(s->owner_kind, sizeof(s->owner_kind), col_text(q, 1));
		ref_keep(s->owner, sizeof(s->owner), col_text(q, 2));
		ref_keep(s->customer, sizeof(s->customer), col_text(q, 3));
		ref_keep(s->status, sizeof(s->status), col_text(q, 4));
		s->cancel_at = col_int(q, 5);
		s->canceled_at = col_int(q, 6);
		s->ended_at = col_int(q, 7);
		s->version_us = col_int(q, 8);
		s->final = col_int(q, 9) != 0;
	}
	stmt_reset(q);
	return e;
}

static int
sign(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

/* Is what is told more than what is stored?  A total order, so any order of words ends in one. */
static bool
beats(const struct subscription *told, const struct stored *s)
{
	int	n;

	if (told->version_us == 0)
		return false;
	if ((n = sign(told->final, s->final)) == 0 &&
	    (n = sign(told->version_us, s->version_us)) == 0 &&
	    (n = sign(ref_rank(life, told->status), ref_rank(life, span_str(s->status)))) == 0 &&
	    (n = sign(told->ended_at, s->ended_at)) == 0 &&
	    (n = sign(told->canceled_at, s->canceled_at)) == 0)
		n = sign(told->cancel_at, s->cancel_at);
	return n > 0;
}

static void
bind_word(struct stmt *q, const struct cause *c, const struct subscription *s)
{
	bind_text(q, ":status", s->status);
	bind_time(q, ":cancel_at", s->cancel_at);
	bind_time(q, ":canceled_at", s->canceled_at);
	bind_time(q, ":ended_at", s->ended_at);
	bind_int(q, ":version", s->version_us);
	bind_int(q, ":final", s->final);
	bind_event(q, c);
	bind_int(q, ":now", c->now);
}

static enum hk_err
add(const struct cause *c, const struct subscription *s, int64_t *id)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_SUBSCRIPTION_ADD, &q)) != HK_OK)
		return e;
	bind_word(q, c, s);
	bind_text(q, ":provider", span_str(s->provider));
	bind_text(q, ":ref", s->ref);
	bind_text(q, ":owner_kind", span_str(s->owner.kind));
	bind_text(q, ":owner", s->owner.id);
	bind_text(q, ":customer", s->customer.len > 0 ? s->customer : SPAN_NULL);
	if ((e = stmt_run(q)) == HK_OK)
		*id = db_last_id(c->db);
	return e;
}

static enum hk_err
replace(const struct cause *c, const struct subscription *s, int64_t id)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_SUBSCRIPTION_STATE, &q)) != HK_OK)
		return e;
	bind_word(q, c, s);
	bind_int(q, ":id", id);
	return stmt_run(q);
}

/* Whose it is, and who the customer is, once that is known. */
static enum hk_err
complete(const struct cause *c, int64_t id, const struct owner *owner, struct span customer)
{
	struct stmt	*q = NULL;
	enum hk_err	 e;

	if ((e = db_stmt(c->db, S_SUBSCRIPTION_FILL, &q)) != HK_OK)
		return e;
	bind_int(q, ":id", id);
	bind_text(q, ":owner_kind", span_str(owner->kind));
	bind_text(q, ":owner", owner->kind != NULL ? owner->id : SPAN_NULL);
	bind_text(q, ":customer", customer.len > 0 ? customer : SPAN_NULL);
	bind_int(q, ":now", c->now);
	return stmt_run(q);
}

/* The owner that is said, else the user the customer is linked to; room keeps its id. */
static enum hk_err
owner_of(const struct cause *c, const struct subscription *s, const struct stored *was,
    struct owner *owner, char room[UUID_LEN + 1])
{
	struct span	 customer = s->customer.len > 0 ? s->customer : span_str(was->customer);
	struct stmt	*q = NULL;
	bool		 row;
	enum hk_err	 e;

	*owner = s->owner;
	if (owner->kind != NULL || customer.len == 0)
		return HK_OK;
	if ((e = db_stmt(c->db, S_CUSTOMER_OWNER, &q)) != HK_OK)
		return e;
	bind_text(q, ":customer", customer);
	if ((e = stmt_step(q, &row)) == HK_OK && row) {
		ref_keep(room, UUID_LEN + 1, col_text(q, 0));
		*owner = (struct owner){ "user", span_str(room) };
	}
	stmt_reset(q);
	return e;
}

static enum hk_err
mismatch(const struct subscription *s, const struct stored *was, const struct owner *owner)
{
	if (owner->kind == NULL || was->owner[0] == '\0' ||
	    (strcmp(owner->kind, was->owner_kind) == 0 && span_is(owner->id, was->owner)))
		return HK_OK;
	return err_tell(HK_NEVER, "identity mismatch: subscription %.*s belongs to %s %s,"
	    " not %s %.*s", SPAN_ARG(s->ref), was->owner_kind, was->owner, owner->kind,
	    SPAN_ARG(owner->id));
}

/* What kind of news the word is; NULL: nothing that can be seen. */
static const char *
news_of(const struct subscription *s, const struct stored *was)
{
	int	rank = ref_rank(life, s->status);
	bool	over = rank >= OVER;

	if (was->version_us == 0)
		return "subscription.created";
	if (over && ref_rank(life, span_str(was->status)) < OVER)
		return "subscription.canceled";
	if (!span_is(s->status, was->status))
		return span_is(s->status, "past_due") || span_is(s->status, "unpaid") ?
		    "subscription.past_due" : "subscription.updated";
	if (s->cancel_at != was->cancel_at || s->canceled_at != was->canceled_at ||
	    s->ended_at != was->ended_at)
		return "subscription.updated";
	return NULL;
}

/* Nothing newer than what is stored, or the end was told. */
static enum hk_err
too_late(const struct subscription *s, const struct stored *was)
{
	if (was->final && !s->final)
		return err_tell(HK_SKIP, "stale: subscription %.*s was deleted",
		    SPAN_ARG(s->ref));
	return ref_stale("subscription", s->ref, was->version_us, s->version_us);
}

/* A row that was there hears the word. */
static enum hk_err
hear(const struct cause *c, const struct subscription *s, const struct stored *was,
    const struct owner *owner)
{
	bool		 claimed = owner->kind != NULL && was->owner[0] == '\0';
	bool		 named = s->customer.len > 0 && was->customer[0] == '\0';
	bool		 newer = beats(s, was);
	const char	*news = newer ? news_of(s, was) : NULL;
	enum hk_err	 e;

	if (!claimed && !named && !newer)
		return s->version_us == 0 ? HK_OK : too_late(s, was);
	if ((claimed || named) && (e = complete(c, was->id, owner, s->customer)) != HK_OK)
		return e;
	if (newer && (e = replace(c, s, was->id)) != HK_OK)
		return e;
	if (claimed && (newer || was->version_us != 0))
		news = "subscription.created";
	if (news != NULL && (e = tell_subscription(c, news, s->provider, s->ref)) != HK_OK)
		return e;
	return claimed || was->version_us == 0 ? ref_wake(c, "subscription", s->ref) : HK_OK;
}

static enum hk_err
introduce(const struct cause *c, const struct subscription *s, const struct owner *owner,
    int64_t *id)
{
	struct subscription	mine = *s;
	enum hk_err		e;

	mine.owner = *owner;
	if ((e = add(c, &mine, id)) != HK_OK ||
	    (s->version_us != 0 && (e = tell_subscription(c, "subscription.created",
	    s->provider, s->ref)) != HK_OK))
		return e;
	return ref_wake(c, "subscription", s->ref);
}

enum hk_err
subscription_put(const struct cause *c, const struct subscription *s, int64_t *id)
{
	struct stored	was;
	struct owner	owner;
	char		room[UUID_LEN + 1];
	enum hk_err	e;

	assert(s->version_us >= 0);
	if ((e = ref_good(s->ref, "subscription")) != HK_OK ||
	    (e = ref_good(s->status, "subscription's status")) != HK_OK ||
	    (s->customer.len > 0 && (e = ref_good(s->customer, "customer")) != HK_OK) ||
	    (s->owner.kind != NULL && (e = ref_good(s->owner.id, s->owner.kind)) != HK_OK) ||
	    (e = load(c->db, s->provider, s->ref, &was)) != HK_OK ||
	    (e = owner_of(c, s, &was, &owner, room)) != HK_OK)
		return e;
	if (was.id == 0)
		return introduce(c, s, &owner, id);
	if ((e = mismatch(s, &was, &owner)) != HK_OK)
		return e;
	*id = was.id;
	return hear(c, s, &was, &owner);
}

enum hk_err
subscription_owner(struct db *db, const char *provider, struct span ref, struct arena *a,
    struct owner *out)
{
	struct stored	s;
	struct span	id;
	enum hk_err	e;

	if ((e = load(db, provider, ref, &s)) != HK_OK)
		return e;
	if (s.id == 0 || s.owner[0] == '\0')
		return err_tell(HK_NOTFOUND, s.id == 0 ? "no subscription %.*s" :
		    "subscription %.*s is nobody's yet", SPAN_ARG(ref));
	if ((id = arena_span(a, span_str(s.owner))).p == NULL)
		return err_tell(HK_NOMEM, "no memory for an owner");
	*out = (struct owner){ strcmp(s.owner_kind, "user") == 0 ? "user" : "organization", id };
	return HK_OK;
}

/* The next of the customer's that is nobody's; *id 0: none. */
static enum hk_err
unclaimed(struct db *db, struct span customer, int64_t *id, char ref[REF_MOST + 1],
    bool *told)
{
	struct stmt	*q = NULL;
	bool		 row;
	enum hk_err	 e;

	*id = 0;
	if ((e = db_stmt(db, S_SUBSCRIPTION_UNCLAIMED, &q)) != HK_OK)
		return e;
	bind_text(q, ":customer", customer);
	if ((e = stmt_step(q, &row)) == HK_OK && row) {
		*id = col_int(q, 0);
		ref_keep(ref, REF_MOST + 1, col_text(q, 1));
		*told = col_int(q, 2) != 0;
	}
	stmt_reset(q);
	return e;
}

enum hk_err
subscriptions_claim(const struct cause *c, struct span customer, const struct owner *owner)
{
	char		ref[REF_MOST + 1];
	int64_t		id;
	bool		told = false;
	enum hk_err	e;

	while ((e = unclaimed(c->db, customer, &id, ref, &told)) == HK_OK && id != 0)
		if ((e = complete(c, id, owner, SPAN_NULL)) != HK_OK ||
		    (told && (e = tell_subscription(c, "subscription.created", "stripe",
		    span_str(ref))) != HK_OK) ||
		    (e = ref_wake(c, "subscription", span_str(ref))) != HK_OK)
			return e;
	return e;
}
