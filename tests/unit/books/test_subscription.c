/* The newest word of a subscription stands, its periods grant once, in whatever order. */
#include "words.h"

#define USER	"01890000-0000-7000-8000-000000000001"
#define OTHER	"01890000-0000-7000-8000-000000000002"

enum what { NONE, SUB, ITEM, PAID, FAILED, LINK, PERIOD, ORG_PERIOD };

struct word {
	enum what	 what;
	const char	*x, *y;		/* status and owner; plan; item */
	int64_t		 n;		/* cancel_at, period_end, credits */
	int64_t		 at;		/* seconds; the word's own time */
	bool		 final;
};

static const struct owner	user = { "user", SPAN(USER) }, org = { "organization", SPAN("org_1") };

static struct owner
owner_of(const char *name)
{
	if (name == NULL)
		return (struct owner){ NULL, SPAN_NULL };
	return strncmp(name, "org_", 4) == 0 ? org : (struct owner){ "user", span_str(name) };
}

static enum hk_err
tell_sub(const struct cause *c, const struct word *w)
{
	struct subscription	s = {
		.provider = "stripe", .ref = SPAN("sub_1"), .owner = owner_of(w->y),
		.customer = SPAN("cus_1"), .status = span_str(w->x),
		.cancel_at = w->n != 0 ? US(w->n) : 0, .version_us = US(w->at),
		.final = w->final,
	};
	int64_t			id = 0;

	return subscription_put(c, &s, &id);
}

/* An item may come before its subscription: then only that one's name is known. */
static enum hk_err
tell_item(const struct cause *c, const struct word *w)
{
	struct subscription		name = {
		.provider = "stripe", .ref = SPAN("sub_1"), .status = SPAN("incomplete"),
	};
	struct subscription_item	i = {
		.ref = SPAN("si_1"), .plan_ref = span_str(w->x), .quantity = 1,
		.status = span_str(w->y), .period_start = US(0), .period_end = US(w->n),
		.version_us = US(w->at),
	};
	int64_t				id;
	enum hk_err			e;

	if ((e = subscription_put(c, &name, &id)) != HK_OK)
		return e;
	return subscription_item_put(c, "stripe", id, &i);
}

static enum hk_err
tell_period(const struct cause *c, const struct word *w, const struct owner *owner)
{
	const struct paid_period	p = {
		"stripe", *owner, span_str(w->x), US(0), w->n, span_str(w->y), US(w->at),
		SPAN("plan"),
	};
	int64_t				granted;

	return period_grant(c, &p, &granted);
}

static enum hk_err
tell(const struct cause *c, const void *word)
{
	const struct word	*w = word;
	const struct user	 who = { .id = USER };

	switch (w->what) {
	case SUB:	return tell_sub(c, w);
	case ITEM:	return tell_item(c, w);
	case PAID:	return subscription_paid(c, "stripe", SPAN("sub_1"), false, US(w->at));
	case FAILED:	return subscription_paid(c, "stripe", SPAN("sub_1"), true, US(w->at));
	case LINK:	return user_link(c, &who, SPAN("cus_1"));
	case PERIOD:	return tell_period(c, w, &user);
	case ORG_PERIOD: return tell_period(c, w, &org);
	default:	fail_msg("no such word");
	}
	return HK_NEVER;
}

/* What is told of the subscription now: "owner status plan period_end cancel_at". */
static const char *
standing(void)
{
	static char	 out[300];
	struct stmt	*q = NULL;
	bool		 row;

	assert_int_equal(db_stmt(f.db, S_SUBSCRIPTION_TOLD, &q), HK_OK);
	bind_text(q, ":provider", SPAN("stripe"));
	bind_text(q, ":ref", SPAN("sub_1"));
	assert_int_equal(stmt_step(q, &row), HK_OK);
	snprintf(out, sizeof(out), "-");
	if (row)
		snprintf(out, sizeof(out), "%s %.*s %.*s %lld %lld",
		    col_is_null(q, 1) ? "nobody" : span_is(col_text(q, 1), USER) ? "user" : "org",
		    SPAN_ARG(col_text(q, 5)), SPAN_ARG(col_text(q, 6)),
		    col_is_null(q, 7) ? 0 : (long long)(col_int(q, 7) - T0) / 1000000,
		    col_is_null(q, 8) ? 0 : (long long)(col_int(q, 8) - T0) / 1000000);
	stmt_reset(q);
	return out;
}

static const struct row {
	const char	*name;
	struct word	 words[WORDS_MOST];
	const char	*stands;
	int64_t		 balance;
	bool		 bad;		/* standing */
	const struct owner *owner;	/* NULL: user */
} rows[] = {
	{ "created and active", { { SUB, "incomplete", USER, 0, 1, 0 },
	    { SUB, "active", USER, 0, 2, 0 } }, "user active  0 0", 0, false, NULL },
	{ "all in one second", { { SUB, "incomplete", USER, 0, 1, 0 },
	    { SUB, "active", USER, 0, 1, 0 }, { SUB, "past_due", USER, 0, 1, 0 } },
	    "user past_due  0 0", 0, true, NULL },
	{ "past due and made good", { { SUB, "active", USER, 0, 1, 0 },
	    { SUB, "past_due", USER, 0, 2, 0 }, { SUB, "active", USER, 0, 3, 0 } },
	    "user active  0 0", 0, false, NULL },
	{ "to be canceled, and not after all", { { SUB, "active", USER, 0, 1, 0 },
	    { SUB, "active", USER, 50, 2, 0 }, { SUB, "active", USER, 0, 3, 0 } },
	    "user active  0 0", 0, false, NULL },
	{ "to be canceled, told in one second", { { SUB, "active", USER, 0, 1, 0 },
	    { SUB, "active", USER, 50, 1, 0 } }, "user active  0 50", 0, false, NULL },
	{ "deleted: nothing comes after it", { { SUB, "active", USER, 0, 1, 0 },
	    { SUB, "canceled", USER, 0, 2, 1 }, { SUB, "active", USER, 0, 3, 0 } },
	    "user canceled  0 0", 0, false, NULL },
	{ "whose it is comes with the link", { { SUB, "active", NULL, 0, 1, 0 },
	    { LINK, NULL, NULL, 0, 0, 0 }, { SUB, "active", NULL, 9, 2, 0 } },
	    "user active  0 9", 0, false, NULL },
	{ "whose it is comes with an old word", { { SUB, "active", NULL, 0, 3, 0 },
	    { SUB, "incomplete", USER, 0, 1, 0 } }, "user active  0 0", 0, false, NULL },
	{ "nobody's", { { SUB, "past_due", NULL, 0, 3, 0 } }, "nobody past_due  0 0", 0, false,
	    NULL },
	{ "an organization's", { { SUB, "active", "org_1", 0, 3, 0 },
	    { SUB, "past_due", "org_1", 0, 4, 0 } }, "org past_due  0 0", 0, true, &org },
	{ "an item with its subscription", { { SUB, "active", USER, 0, 1, 0 },
	    { ITEM, "price_1", "active", 30, 1, 0 } }, "user active price_1 30 0", 0, false,
	    NULL },
	{ "another plan, and the next period", { { SUB, "active", USER, 0, 1, 0 },
	    { ITEM, "price_1", "active", 30, 1, 0 }, { ITEM, "price_2", "active", 30, 2, 0 },
	    { ITEM, "price_2", "active", 60, 3, 0 } }, "user active price_2 60 0", 0, false,
	    NULL },
	{ "a renewal of the same second", { { SUB, "active", USER, 0, 1, 0 },
	    { ITEM, "price_1", "active", 30, 1, 0 }, { ITEM, "price_1", "active", 60, 1, 0 } },
	    "user active price_1 60 0", 0, false, NULL },
	{ "an item is past due", { { SUB, "active", USER, 0, 1, 0 },
	    { ITEM, "price_1", "active", 30, 1, 0 }, { ITEM, "price_1", "past_due", 30, 2, 0 } },
	    "user active price_1 30 0", 0, true, NULL },
	{ "an invoice failed", { { SUB, "active", USER, 0, 1, 0 }, { FAILED, NULL, NULL, 0, 5, 0 } },
	    "user past_due  0 0", 0, true, NULL },
	{ "an invoice failed and was paid", { { SUB, "active", USER, 0, 1, 0 },
	    { FAILED, NULL, NULL, 0, 5, 0 }, { PAID, NULL, NULL, 0, 9, 0 } },
	    "user active  0 0", 0, false, NULL },
	{ "the subscription says past due, the invoice is paid later", {
	    { SUB, "active", USER, 0, 1, 0 }, { SUB, "past_due", USER, 0, 5, 0 },
	    { PAID, NULL, NULL, 0, 9, 0 } }, "user active  0 0", 0, false, NULL },
	{ "paid, and then past due", { { PAID, NULL, NULL, 0, 4, 0 },
	    { SUB, "past_due", USER, 0, 5, 0 } }, "user past_due  0 0", 0, true, NULL },
	{ "ended owes nothing", { { SUB, "past_due", USER, 0, 5, 0 },
	    { FAILED, NULL, NULL, 0, 5, 0 }, { SUB, "canceled", USER, 0, 6, 1 } },
	    "user canceled  0 0", 0, false, NULL },
	{ "only the name of it is known", { { PAID, NULL, NULL, 0, 4, 0 } }, "-", 0, false, NULL },
	{ "a period", { { PERIOD, "si_1", "pi_1", 100, 1, 0 } }, "-", 100, false, NULL },
	{ "a better plan in the period", { { PERIOD, "si_1", "pi_1", 100, 1, 0 },
	    { PERIOD, "si_1", "pi_2", 250, 2, 0 }, { PERIOD, "si_1", "", 250, 2, 0 } },
	    "-", 250, false, NULL },
	{ "a lesser plan takes nothing", { { PERIOD, "si_1", "pi_1", 250, 1, 0 },
	    { PERIOD, "si_1", "", 100, 2, 0 }, { PERIOD, "si_1", "", 0, 3, 0 } }, "-", 250, false,
	    NULL },
	{ "two items", { { PERIOD, "si_1", "pi_1", 100, 1, 0 },
	    { PERIOD, "si_2", "pi_1", 50, 1, 0 } }, "-", 150, false, NULL },
	{ "an organization's period", { { ORG_PERIOD, "si_1", "pi_1", 100, 1, 0 },
	    { ORG_PERIOD, "si_1", "pi_2", 120, 2, 0 } }, "-", 120, false, &org },
};

static void
check_row(const char *name, const void *ctx)
{
	const struct row	*row = ctx;
	const struct owner	*owner = row->owner != NULL ? row->owner : &user;
	int64_t			 balance = -1;
	bool			 good = false;

	if (strcmp(standing(), row->stands) != 0)
		fail_msg("%s: it stands \"%s\", not \"%s\"", name, standing(), row->stands);
	row_is(name, ledger_balance_of(f.db, owner, &balance) == HK_OK);
	row_is(name, balance == row->balance);
	row_is(name, owner_in_good_standing(f.db, owner, &good) == HK_OK);
	row_is(name, good == !row->bad);
}

static void
people(void)
{
	plant("INSERT INTO site_user (id, created_at, updated_at) VALUES ('" USER "', 0, 0),"
	    " ('" OTHER "', 0, 0)");
}

static void
test_every_order_ends_in_the_same(void **state)
{
	(void)state;
	events(WORDS_MOST);
	people();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int	n = 0;

		while (n < WORDS_MOST && rows[i].words[n].what != NONE)
			n++;
		in_every_order(rows[i].name, tell, rows[i].words, sizeof(rows[i].words[0]), n,
		    check_row, &rows[i]);
	}
}

static enum hk_err
say(int event, struct word w)
{
	return tell_word(tell, &w, event);
}

static const char *
messages(int event)
{
	char	sql[200];

	snprintf(sql, sizeof(sql), "SELECT group_concat(type || ' ' || json_extract(payload,"
	    " '$.status') || ' ' || coalesce(json_extract(payload, '$.plan'), '-'), '; ')"
	    " FROM message WHERE event = %d", event);
	return ask(sql);
}

static void
test_what_is_told(void **state)
{
	(void)state;
	events(9);
	people();
	begin();
	assert_int_equal(say(1, (struct word){ SUB, "active", NULL, 0, 1, 0 }), HK_OK);
	assert_int_equal(say(2, (struct word){ LINK, NULL, NULL, 0, 0, 0 }), HK_OK);
	assert_int_equal(say(3, (struct word){ ITEM, "price_1", "active", 30, 1, 0 }), HK_OK);
	assert_int_equal(say(4, (struct word){ SUB, "active", NULL, 0, 2, 0 }), HK_OK);
	assert_int_equal(say(5, (struct word){ FAILED, NULL, NULL, 0, 3, 0 }), HK_OK);
	assert_int_equal(say(6, (struct word){ SUB, "past_due", NULL, 0, 3, 0 }), HK_OK);
	assert_int_equal(say(7, (struct word){ PAID, NULL, NULL, 0, 4, 0 }), HK_OK);
	assert_int_equal(say(8, (struct word){ SUB, "canceled", NULL, 0, 9, 1 }), HK_OK);
	assert_int_equal(say(9, (struct word){ SUB, "active", NULL, 0, 8, 0 }), HK_SKIP);
	commit();
	assert_string_equal(messages(1), "NULL");	/* nobody's */
	assert_string_equal(messages(2), "subscription.created active -");
	assert_string_equal(messages(3), "subscription.updated active price_1");
	assert_string_equal(messages(4), "NULL");	/* nothing that can be seen */
	assert_string_equal(messages(5), "subscription.past_due past_due price_1");
	assert_string_equal(messages(6), "subscription.past_due past_due price_1");
	assert_string_equal(messages(7), "subscription.updated active price_1");
	assert_string_equal(messages(8), "subscription.canceled canceled price_1");
	assert_string_equal(messages(9), "NULL");
	assert_string_equal(ask("SELECT count(*) FROM message WHERE owner <> '" USER "'"), "0");
}

/* One event tells of subscription and item: one message, and it knows both. */
static void
test_one_event_one_message(void **state)
{
	(void)state;
	events(1);
	people();
	begin();
	assert_int_equal(say(1, (struct word){ SUB, "active", USER, 0, 1, 0 }), HK_OK);
	assert_int_equal(say(1, (struct word){ ITEM, "price_1", "active", 30, 1, 0 }), HK_OK);
	commit();
	assert_string_equal(messages(1), "subscription.created active price_1");
}

static void
test_whose_it_is_stays(void **state)
{
	struct owner	 who = { NULL, SPAN_NULL };
	struct arena	*a = arena_new(1 << 12);

	(void)state;
	events(3);
	people();
	begin();
	assert_int_equal(subscription_owner(f.db, "stripe", SPAN("sub_1"), a, &who), HK_NOTFOUND);
	assert_int_equal(say(1, (struct word){ SUB, "active", NULL, 0, 1, 0 }), HK_OK);
	assert_int_equal(subscription_owner(f.db, "stripe", SPAN("sub_1"), a, &who), HK_NOTFOUND);
	assert_non_null(strstr(err_last(), "nobody's yet"));
	assert_int_equal(say(2, (struct word){ SUB, "active", USER, 0, 2, 0 }), HK_OK);
	assert_int_equal(say(3, (struct word){ SUB, "active", OTHER, 0, 3, 0 }), HK_NEVER);
	assert_non_null(strstr(err_last(), "identity mismatch"));
	assert_int_equal(say(3, (struct word){ SUB, "active", "org_1", 0, 3, 0 }), HK_NEVER);
	assert_int_equal(subscription_owner(f.db, "stripe", SPAN("sub_1"), a, &who), HK_OK);
	assert_string_equal(who.kind, "user");
	assert_true(span_is(who.id, USER));
	assert_int_equal(say(1, (struct word){ PERIOD, "si_1", "", 10, 1, 0 }), HK_OK);
	assert_int_equal(say(2, (struct word){ ORG_PERIOD, "si_1", "", 20, 1, 0 }), HK_NEVER);
	assert_non_null(strstr(err_last(), "identity mismatch"));
	db_rollback(f.db);
	arena_free(a);
}

static void
test_who_waits_is_woken(void **state)
{
	(void)state;
	events(5);
	people();
	plant("UPDATE event SET status = 'pending', outcome = NULL, next_attempt_at = 9e15,"
	    " waits_for = 'subscription:sub_1' WHERE id = 5");
	begin();
	assert_int_equal(say(1, (struct word){ SUB, "active", NULL, 0, 1, 0 }), HK_OK);
	commit();
	assert_string_equal(ask("SELECT waits_for FROM event WHERE id = 5"), "NULL");
	plant("UPDATE event SET waits_for = 'subscription:sub_1' WHERE id = 5");
	begin();
	assert_int_equal(say(2, (struct word){ SUB, "active", NULL, 0, 2, 0 }), HK_OK);
	commit();
	assert_string_equal(ask("SELECT waits_for FROM event WHERE id = 5"), "subscription:sub_1");
	begin();
	assert_int_equal(say(3, (struct word){ LINK, NULL, NULL, 0, 0, 0 }), HK_OK);
	commit();
	assert_string_equal(ask("SELECT waits_for FROM event WHERE id = 5"), "NULL");
}

static void
test_what_no_sender_sends(void **state)
{
	char	long_ref[200];
	size_t	i;
	const struct word	bad[] = {
		{ SUB, "", USER, 0, 1, 0 }, { SUB, "active", "a b", 0, 1, 0 },
		{ ITEM, "price_1", "", 1, 1, 0 }, { PERIOD, "", "", 5, 1, 0 },
		{ PERIOD, long_ref, "", 5, 1, 0 },
	};

	(void)state;
	memset(long_ref, 'x', sizeof(long_ref));
	long_ref[sizeof(long_ref) - 1] = '\0';
	events(1);
	begin();
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		row_is(bad[i].x, say(1, bad[i]) == HK_NEVER);
	db_rollback(f.db);
}

static void
test_business_keys_and_the_view(void **state)
{
	(void)state;
	events(4);
	people();
	begin();
	assert_int_equal(say(1, (struct word){ PERIOD, "si_1", "", 100, 1, 0 }), HK_OK);
	assert_int_equal(say(2, (struct word){ PERIOD, "si_1", "pi_2", 250, 2, 0 }), HK_OK);
	assert_int_equal(say(3, (struct word){ SUB, "active", USER, 50, 1, 0 }), HK_OK);
	assert_int_equal(say(4, (struct word){ ITEM, "price_1", "active", 30, 1, 0 }), HK_OK);
	commit();
	assert_string_equal(ask("SELECT group_concat(business_key || ' ' || amount) FROM transfer"),
	    "stripe:si_1:1700000000 100,stripe:si_1:1700000000:250 150");
	assert_string_equal(ask("SELECT user_id || ' ' || status || ' ' || plan_ref || ' '"
	    " || (period_end_unix - 1700000000) || ' ' || (cancel_unix - 1700000000)"
	    " FROM billing_subscriptions WHERE id = 'sub_1'"), USER " active price_1 30 50");
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest	tests[] = {
		T(test_every_order_ends_in_the_same),
		T(test_what_is_told),
		T(test_one_event_one_message),
		T(test_whose_it_is_stays),
		T(test_who_waits_is_woken),
		T(test_what_no_sender_sends),
		T(test_business_keys_and_the_view),
	};

	return cmocka_run_group_tests_name("subscription", tests, NULL, NULL);
}
