/*
 * Stripe's events as they are told in tests: people, plans, an event in a line,
 * and stories that must end alike in whatever order they are heard.
 */
#ifndef TEST_PROVIDER_STRIPE_SCENE_H
#define TEST_PROVIDER_STRIPE_SCENE_H

#include "bench.h"

#define ANN	"user_ann"
#define BOB	"user_bob"

static inline void
sign_up(const char *clerk_id)
{
	struct cause		c = { f.db, 0, T0 };
	struct clerk_user	u = { .clerk_id = span_str(clerk_id), .updated_us = T0 };
	struct user		user;

	begin();
	assert_int_equal(HK_OK, user_put(&c, &u, 0, &user));
	commit();
}

static inline void
linked(const char *clerk_id, const char *customer)
{
	struct cause	c = { f.db, 0, T0 };
	struct user	user;

	begin();
	assert_int_equal(HK_OK, user_find(f.db, span_str(clerk_id), &user));
	assert_int_equal(HK_OK, user_link(&c, &user, span_str(customer)));
	commit();
}

static inline void
plan(const char *ref, int64_t credits, int64_t per)
{
	struct cause	c = { f.db, 0, T0 };
	struct plan	p = { .ref = span_str(ref), .credits = credits, .per = per };

	assert_true(plan_match_of(p.ref, &p.match));
	begin();
	assert_int_equal(HK_OK, plan_set(&c, &p));
	commit();
}

/* Object's JSON in single quotes, which are easier to write in C; rest: of data, or "". */
static inline enum hk_err
tell(const char *type, int64_t created, const char *object, const char *rest)
{
	static char	body[16384];
	int		n;

	n = snprintf(body, sizeof(body), "{'id':'evt_%lld','object':'event','type':'%s',"
	    "'created':%lld,'livemode':false,'data':{'object':%s%s}}",
	    (long long)events_so_far + 1, type, (long long)created, object, rest);
	assert_true(n > 0 && (size_t)n < sizeof(body));
	for (char *p = body; *p != '\0'; p++)
		if (*p == '\'')
			*p = '"';
	return happen(&provider_stripe, span_str(body));
}

/* Everybody's credits: "user_ann 200, user_bob 5". */
#define HOLDINGS "SELECT COALESCE(group_concat(who || ' ' || balance, ', '), '') FROM" \
	" (SELECT COALESCE(u.clerk_id, u.id) AS who, a.balance FROM account a" \
	" JOIN site_user u ON u.id = a.owner WHERE a.owner_kind = 'user' ORDER BY 1)"

/* ---- stories ------------------------------------------------------------- */

struct told {
	const char	*type;
	int64_t		 created;
	const char	*object;
	const char	*rest;		/* NULL: "" */
};

#define MOST_TOLD	6

/* The worker's way: what waits is tried again when it was woken, and only then. */
static inline void
hear(const struct told *story, const int *order, int n)
{
	int64_t	waits[MOST_TOLD];	/* the event that waits; 0: none */
	char	sql[400];

	memset(waits, 0, sizeof(waits));
	for (int i = 0; i < n; i++) {
		int	next = order[i];

		do {
			const struct told	*e = &story[next];
			enum hk_err		 v = tell(e->type, e->created, e->object,
						    e->rest != NULL ? e->rest : "");

			if (v != HK_OK && v != HK_SKIP && v != HK_WAIT)
				fail_msg("%s (%d): %s (%s)", e->type, next, err_name(v), reason);
			waits[next] = v == HK_WAIT ? events_so_far : 0;
			if (v == HK_WAIT) {
				snprintf(sql, sizeof(sql), "UPDATE event SET status = 'pending',"
				    " outcome = NULL, waits_for = '%s' WHERE id = %lld", waits_for,
				    (long long)events_so_far);
				plant(sql);
			}
			for (next = n - 1; next >= 0; next--) {
				snprintf(sql, sizeof(sql), "SELECT waits_for IS NULL FROM event"
				    " WHERE id = %lld", (long long)waits[next]);
				if (waits[next] != 0 && ask(sql)[0] == '1')
					break;
			}
		} while (next >= 0);
	}
}

/* Rows that must not depend on who came first. */
#define BOOKS "SELECT (" HOLDINGS ") || ' | ' ||" \
	" (SELECT COALESCE(group_concat(item || ' ' || (period_start / 1000000) || ' ' || credits), '')" \
	"  FROM (SELECT * FROM period_grant ORDER BY item, period_start)) || ' | ' ||" \
	" (SELECT COALESCE(group_concat(ref || ' ' || COALESCE(amount, -1) || ' ' || granted" \
	"   || ' ' || taken), '') FROM (SELECT * FROM payment ORDER BY ref)) || ' | ' ||" \
	" (SELECT COALESCE(group_concat(id || ' ' || status || ' ' || COALESCE(plan_ref, '')" \
	"   || ' ' || (user_id IS NOT NULL)), '')" \
	"  FROM (SELECT * FROM billing_subscriptions ORDER BY id)) || ' | ' ||" \
	" (SELECT COALESCE(group_concat(ref || ' ' || status || ' ' ||" \
	"   (fulfilled_at IS NOT NULL)), '') FROM (SELECT * FROM invoice ORDER BY ref))"

/* Each order of the story, with the people of before(), ends in these books. */
static inline void
any_order(const char *phrase, const struct told *story, int n, void (*before)(void),
    const char *query, const char *want)
{
	int	order[MOST_TOLD] = { 0, 1, 2, 3, 4, 5 };

	do {
		wipe();
		plant("DELETE FROM event");
		events_so_far = 0;
		before();
		hear(story, order, n);
		if (strcmp(ask(query), want) != 0)
			fail_msg("%s, in order %d %d %d %d %d %d:\n%s, not\n%s", phrase, order[0],
			    order[1], order[2], order[3], order[4], order[5], ask(query), want);
	} while (next_order(order, n));
}

#endif
