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

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test_setup_teardown(test_once_per_key, setup, teardown),
		cmocka_unit_test_setup_teardown(test_limits, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unknown_event_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_rollback_takes_it_all, setup, teardown),
		cmocka_unit_test_setup_teardown(test_kind_names_are_the_schemas, setup, teardown),
	};

	return cmocka_run_group_tests_name("ledger", tests, NULL, NULL);
}
