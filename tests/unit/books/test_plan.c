/* What a purchase is worth. */
#include "fixture.h"

static void
test_match_of(void **state)
{
	static const struct {
		const char	*ref;
		int		 want;	/* -1: none */
	} rows[] = {
		{ "price_1Nabc",	PLAN_PRICE },
		{ "plink_1Nabc",	PLAN_PAYMENT_LINK },
		{ "cplan_2abc",		PLAN_CLERK_PLAN },
		{ "usd",		PLAN_CURRENCY },
		{ "USD",		-1 },
		{ "us",			-1 },
		{ "usdt",		-1 },
		{ "us1",		-1 },
		{ "",			-1 },
		{ "price_",		-1 },
		{ "price_a b",		-1 },
		{ "prod_1",		-1 },
		{ " price_1",		-1 },
	};
	size_t	i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum plan_match	m = PLAN_PRICE;
		bool		known = plan_match_of(span_str(rows[i].ref), &m);

		row_is(rows[i].ref, known == (rows[i].want >= 0));
		row_is(rows[i].ref, !known || (int)m == rows[i].want);
	}
}

static void
test_set_find_remove(void **state)
{
	struct cause	 c = { f.db, 0, T0 };
	struct arena	*a = arena_new(1 << 16);
	struct plan	 p = { PLAN_CURRENCY, SPAN("usd"), SPAN("dollars"), 10, 100 }, got;

	(void)state;
	assert_non_null(a);
	begin();
	assert_int_equal(plan_find(f.db, PLAN_CURRENCY, SPAN("usd"), a, &got), HK_NOTFOUND);
	assert_int_equal(plan_remove(&c, SPAN("usd")), HK_NOTFOUND);
	assert_int_equal(plan_set(&c, &p), HK_OK);
	p.credits = 12;
	p.name = SPAN_NULL;
	assert_int_equal(plan_set(&c, &p), HK_OK);
	assert_int_equal(plan_find(f.db, PLAN_CURRENCY, SPAN("usd"), a, &got), HK_OK);
	assert_true(got.credits == 12 && got.per == 100 && got.match == PLAN_CURRENCY);
	assert_true(span_is(got.ref, "usd") && got.name.p == NULL);
	assert_int_equal(plan_find(f.db, PLAN_CURRENCY, SPAN("eur"), a, &got), HK_NOTFOUND);
	assert_int_equal(plan_find(f.db, PLAN_PRICE, SPAN("usd"), a, &got), HK_NOTFOUND);
	assert_int_equal(plan_remove(&c, SPAN("usd")), HK_OK);
	assert_int_equal(plan_remove(&c, SPAN("no such thing")), HK_NOTFOUND);
	assert_int_equal(plan_find(f.db, PLAN_CURRENCY, SPAN("usd"), a, &got), HK_NOTFOUND);
	commit();
	arena_free(a);
}

static void
test_what_is_no_plan(void **state)
{
	static const struct {
		const char	*name;
		struct plan	 plan;
		enum hk_err	 want;
	} rows[] = {
		{ "a price",		{ PLAN_PRICE, { "price_1", 7 }, { NULL, 0 }, 5, 1 },	HK_OK },
		{ "worth nothing",	{ PLAN_PRICE, { "price_1", 7 }, { NULL, 0 }, 0, 1 },	HK_OK },
		{ "an empty name",	{ PLAN_PRICE, { "price_1", 7 }, { "", 0 }, 0, 1 },	HK_OK },
		{ "less than nothing",	{ PLAN_PRICE, { "price_1", 7 }, { NULL, 0 }, -1, 1 },	HK_SYNTAX },
		{ "more than a transfer", { PLAN_PRICE, { "price_1", 7 }, { NULL, 0 },
		    INT64_C(1000000000000001), 1 },						HK_SYNTAX },
		{ "per nothing",	{ PLAN_CURRENCY, { "usd", 3 }, { NULL, 0 }, 5, 0 },	HK_SYNTAX },
		{ "a link as a price",	{ PLAN_PRICE, { "plink_1", 7 }, { NULL, 0 }, 5, 1 },	HK_SYNTAX },
		{ "no ref",		{ PLAN_PRICE, { NULL, 0 }, { NULL, 0 }, 5, 1 },		HK_SYNTAX },
	};
	struct arena	*a = arena_new(1 << 16);
	struct plan	 got;
	size_t		 i;

	(void)state;
	assert_non_null(a);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cause	c = { f.db, 0, T0 };

		begin();
		row_is(rows[i].name, plan_set(&c, &rows[i].plan) == rows[i].want);
		row_is(rows[i].name, rows[i].want != HK_OK || plan_find(f.db,
		    rows[i].plan.match, rows[i].plan.ref, a, &got) == HK_OK);
		db_rollback(f.db);
	}
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_match_of),
		cmocka_unit_test_setup_teardown(test_set_find_remove, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_is_no_plan, setup, teardown),
	};

	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
