/* Double entry: credits move once per business key and nothing comes from nowhere. */
#include "fixture.h"

#define USER	"01890000-0000-7000-8000-000000000001"
#define OTHER	"01890000-0000-7000-8000-000000000002"
#define MOST	INT64_C(1000000000000000)

static enum hk_err
grant(int64_t event, const char *user, enum transfer_kind kind, const char *key,
    int64_t amount, bool *fresh)
{
	struct cause	c = { f.db, event, T0 + event };

	return ledger_grant(&c, user, kind, span_str(key), amount, SPAN("note"), fresh);
}

static int64_t
balance(const char *user)
{
	int64_t	n = -1;

	assert_int_equal(ledger_balance(f.db, user, &n), HK_OK);
	return n;
}

static void
test_once_per_key(void **state)
{
	bool	fresh;

	(void)state;
	events(2);
	begin();
	assert_int_equal(balance(USER), 0);
	assert_int_equal(grant(1, USER, T_PURCHASE, "stripe:pi_1", 500, &fresh), HK_OK);
	assert_true(fresh);
	/* The same payment by another event, and even for another user. */
	assert_int_equal(grant(2, USER, T_PURCHASE, "stripe:pi_1", 500, &fresh), HK_OK);
	assert_false(fresh);
	assert_int_equal(grant(2, OTHER, T_SUBSCRIPTION, "stripe:pi_1", 700, &fresh), HK_OK);
	assert_false(fresh);
	assert_int_equal(balance(USER), 500);
	assert_int_equal(balance(OTHER), 0);
	assert_int_equal(grant(0, USER, T_ADJUST, "cli:1", 1, &fresh), HK_OK);
	assert_true(fresh);
	assert_int_equal(balance(USER), 501);
	commit();
	assert_string_equal(ask("SELECT group_concat(kind || ' ' || amount || ' '"
	    " || coalesce(event, 'none') || ' ' || note || ' ' || created_at) FROM transfer"),
	    "purchase 500 1 note 1700000000000001,adjust 1 none note 1700000000000000");
	assert_string_equal(ask("SELECT group_concat(owner || ' ' || balance) FROM"
	    " (SELECT * FROM account WHERE owner_kind = 'system' AND balance <> 0 ORDER BY owner)"),
	    "adjust -1,purchase -500");
	assert_string_equal(ask("SELECT sum(balance) FROM account"), "0");
}

static void
test_limits(void **state)
{
	static const struct {
		const char	*name;
		const char	*key;
		int64_t		 amount;
		enum hk_err	 want;
		bool		 fresh;
	} rows[] = {
		{ "nothing",			"k0",	0,		HK_SYNTAX,	false },
		{ "less than nothing",		"k0",	-5,		HK_SYNTAX,	false },
		{ "the least of integers",	"k0",	INT64_MIN,	HK_SYNTAX,	false },
		{ "one",			"k1",	1,		HK_OK,		true },
		{ "more than ever fits",	"k2",	MOST + 1,	HK_SYNTAX,	false },
		{ "past the limit with the 1",	"k2",	MOST,		HK_SYNTAX,	false },
		{ "just to the limit",		"k2",	MOST - 1,	HK_OK,		true },
		{ "one past the limit",		"k3",	1,		HK_SYNTAX,	false },
		{ "a repeat at the limit",	"k2",	MOST - 1,	HK_OK,		false },
	};
	size_t	i;

	(void)state;
	begin();
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool	fresh = false;

		row_is(rows[i].name, grant(0, USER, T_ADJUST, rows[i].key, rows[i].amount,
		    &fresh) == rows[i].want);
		row_is(rows[i].name, fresh == rows[i].fresh);
	}
	assert_int_equal(balance(USER), MOST);
	commit();
	assert_string_equal(ask("SELECT count(*) FROM transfer"), "2");
	assert_string_equal(ask("SELECT sum(balance) FROM account"), "0");
}

static void
test_unknown_event_is_refused(void **state)
{
	bool	fresh = false;

	(void)state;
	begin();
	assert_int_not_equal(grant(999, USER, T_PURCHASE, "stripe:pi_1", 500, &fresh), HK_OK);
	assert_false(fresh);
	db_rollback(f.db);
	assert_int_equal(balance(USER), 0);
}

static void
test_a_rollback_takes_it_all(void **state)
{
	bool	fresh;

	(void)state;
	begin();
	assert_int_equal(grant(0, USER, T_ADJUST, "k", 9, &fresh), HK_OK);
	db_rollback(f.db);
	assert_int_equal(balance(USER), 0);
	begin();
	assert_int_equal(grant(0, USER, T_ADJUST, "k", 9, &fresh), HK_OK);
	assert_true(fresh);
	commit();
	assert_int_equal(balance(USER), 9);
}

static void
test_kind_names_are_the_schemas(void **state)
{
	int	i;
	char	key[16];
	bool	fresh;

	(void)state;
	begin();
	for (i = T_SIGNUP_BONUS; i <= T_ADJUST; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		row_is(transfer_kind_name((enum transfer_kind)i),
		    grant(0, USER, (enum transfer_kind)i, key, 1, &fresh) == HK_OK && fresh);
	}
	commit();
	assert_string_equal(ask("SELECT kind FROM transfer WHERE business_key = 'k0'"),
	    "signup_bonus");
	assert_string_equal(ask("SELECT kind FROM transfer WHERE business_key = 'k5'"),
	    "reinstate");
}

static const struct owner	org = { "organization", SPAN("org_1") };

static void
test_taking(void **state)
{
	static const struct {
		const char	*name, *key;
		int64_t		 amount;
		enum taking	 how;
		enum hk_err	 want;
		int64_t		 taken, balance;
		bool		 fresh;
	} rows[] = {
		{ "of somebody who has nothing", "k0", 1, TAKE_ALL, HK_SHORT, 0, 0, false },
		{ "what is there of nothing", "k1", 5, TAKE_WHAT_IS_THERE, HK_OK, 0, 0, false },
		{ "nothing", "k2", 0, TAKE_ALL, HK_SYNTAX, 0, 0, false },
		{ "less than nothing", "k2", -3, TAKE_BELOW_ZERO, HK_SYNTAX, 0, 0, false },
		{ "more than ever fits", "k2", MOST + 1, TAKE_BELOW_ZERO, HK_SYNTAX, 0, 0, false },
		{ "below zero", "k3", 4, TAKE_BELOW_ZERO, HK_OK, 4, -4, true },
		{ "what is there of a debt", "k4", 4, TAKE_WHAT_IS_THERE, HK_OK, 0, -4, false },
		{ "past the limit below", "k5", MOST, TAKE_BELOW_ZERO, HK_SYNTAX, 0, -4, false },
		{ "a repeat at any balance", "k3", 4, TAKE_ALL, HK_OK, 0, -4, false },
		{ "(14 come)", NULL, 14, TAKE_ALL, HK_OK, 0, 10, true },
		{ "one more than there is", "k6", 11, TAKE_ALL, HK_SHORT, 0, 10, false },
		{ "a part of it", "k7", 6, TAKE_ALL, HK_OK, 6, 4, true },
		{ "what is there of more", "k8", 9, TAKE_WHAT_IS_THERE, HK_OK, 4, 0, true },
		{ "that repeated", "k8", 9, TAKE_WHAT_IS_THERE, HK_OK, 0, 0, false },
	};
	struct cause	c = { f.db, 0, T0 };
	int64_t		balance_now;

	(void)state;
	begin();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t		taken = 0;
		bool		fresh = false;
		enum hk_err	e;

		e = rows[i].key == NULL ?
		    ledger_give(&c, &org, T_ADJUST, SPAN("come"), rows[i].amount, SPAN_NULL,
		    &fresh) :
		    ledger_take(&c, &org, T_BURN, span_str(rows[i].key), rows[i].amount,
		    rows[i].how, SPAN_NULL, &taken, &fresh);
		row_is(rows[i].name, e == rows[i].want);
		row_is(rows[i].name, taken == rows[i].taken && fresh == rows[i].fresh);
		row_is(rows[i].name, ledger_balance_of(f.db, &org, &balance_now) == HK_OK);
		row_is(rows[i].name, balance_now == rows[i].balance);
	}
	commit();
	assert_string_equal(ask("SELECT group_concat(business_key || ' ' || amount) FROM transfer"),
	    "k3 4,come 14,k7 6,k8 4");
	assert_string_equal(ask("SELECT sum(balance) FROM account"), "0");
	assert_int_equal(balance("org_1"), 0);	/* a user of that name is somebody else */
}

static void
test_refused_leaves_no_trace(void **state)
{
	struct cause	c = { f.db, 0, T0 };
	int64_t		taken;
	bool		fresh;

	(void)state;
	begin();
	assert_int_equal(ledger_take(&c, &org, T_BURN, SPAN("k"), 5, TAKE_ALL, SPAN_NULL, &taken,
	    &fresh), HK_SHORT);
	assert_non_null(strstr(err_last(), "organization org_1 is 0, less than 5"));
	commit();
	assert_string_equal(ask("SELECT (SELECT count(*) FROM account) + (SELECT count(*)"
	    " FROM transfer) + (SELECT count(*) FROM message)"), "0");
}

static void
test_what_is_told(void **state)
{
	const struct owner	user = { "user", SPAN(USER) };
	struct cause		c = { f.db, 1, T0 };
	int64_t			taken;
	bool			fresh;

	(void)state;
	events(1);
	begin();
	assert_int_equal(grant(1, USER, T_PURCHASE, "p", 50, &fresh), HK_OK);
	assert_int_equal(grant(1, USER, T_PURCHASE, "p", 50, &fresh), HK_OK);
	assert_int_equal(grant(1, USER, T_SUBSCRIPTION, "s", 9, &fresh), HK_OK);
	c.event = 0;
	assert_int_equal(ledger_take(&c, &user, T_BURN, SPAN("b"), 20, TAKE_ALL, SPAN_NULL,
	    &taken, &fresh), HK_OK);
	commit();
	assert_string_equal(ask("SELECT group_concat(type || ' ' || json_extract(payload,"
	    " '$.amount') || ' ' || json_extract(payload, '$.balance')) FROM message"),
	    "credits_granted 50 50,credit_balance_updated 50 50,credits_granted 9 59,"
	    "credit_balance_updated 9 59,credit_balance_updated -20 39");
	assert_string_equal(ask("SELECT payload FROM message ORDER BY id DESC LIMIT 1"),
	    "{\"owner_kind\":\"user\",\"owner\":\"" USER "\",\"amount\":-20,"
	    "\"balance\":39,\"kind\":\"burn\",\"business_key\":\"b\"}");
	assert_string_equal(ask("SELECT count(*) FROM message WHERE event = 1"), "4");
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test_setup_teardown(test_once_per_key, setup, teardown),
		cmocka_unit_test_setup_teardown(test_limits, setup, teardown),
		cmocka_unit_test_setup_teardown(test_taking, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused_leaves_no_trace, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unknown_event_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_rollback_takes_it_all, setup, teardown),
		cmocka_unit_test_setup_teardown(test_kind_names_are_the_schemas, setup, teardown),
	};

	return cmocka_run_group_tests_name("ledger", tests, NULL, NULL);
}
