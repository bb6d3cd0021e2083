/* A checkout session that was paid stays paid, in whatever order Stripe tells of it. */
#include "fixture.h"

#define USER	"01890000-0000-7000-8000-000000000001"

static const struct {
	const char	*status, *intent, *user;
	int64_t		 amount;
	int64_t		 occurred;
	bool		 fulfilled;
} told[] = {
	{ "unpaid",	NULL,	NULL,	-1,	T0 + 1,	false },	/* event 1: completed */
	{ "paid",	"pi_1",	USER,	500,	T0 + 2,	true },		/* event 2: succeeded */
	{ "unpaid",	NULL,	NULL,	500,	T0 + 9,	false },	/* event 3: a stray one */
	{ NULL,		NULL,	NULL,	-1,	T0 + 5,	false },	/* event 4: says little */
};

static void
tell(int i)
{
	struct cause	c = { f.db, i + 1, T0 + 100 + i };
	struct checkout	s = {
		.session = SPAN("cs_1"), .mode = SPAN("payment"),
		.payment_status = span_str(told[i].status),
		.payment_intent = span_str(told[i].intent),
		.customer = SPAN("cus_1"), .currency = SPAN("usd"),
		.amount_total = told[i].amount, .occurred_us = told[i].occurred,
	};

	assert_int_equal(checkout_put(&c, &s, told[i].user, told[i].fulfilled), HK_OK);
}

static const char *
row(void)
{
	return ask("SELECT coalesce(payment_status, '-') || ' ' || coalesce(payment_intent, '-')"
	    " || ' ' || coalesce(amount_total, '-') || ' ' || currency || ' ' || customer"
	    " || ' ' || event || ' ' || (site_user IS NOT NULL) || ' '"
	    " || coalesce(fulfilled_at - 1700000000000000, '-') FROM checkout");
}

static void
user(void)
{
	plant("INSERT INTO site_user (id, created_at, updated_at) VALUES ('" USER "', 0, 0)");
}

static void
test_any_order(void **state)
{
	int	order[] = { 0, 1, 2, 3 }, i;

	(void)state;
	events(4);
	do {
		char	name[8] = "";

		wipe();
		user();
		begin();
		for (i = 0; i < 4; i++) {
			tell(order[i]);
			name[i] = (char)('1' + order[i]);
		}
		commit();
		row_is(name, strcmp(row(), "paid pi_1 500 usd cus_1 2 1 101") == 0);
	} while (next_order(order, 4));
}

static void
test_fulfilled_once(void **state)
{
	(void)state;
	events(4);
	user();
	begin();
	tell(0);
	commit();
	assert_string_equal(row(), "unpaid - - usd cus_1 1 0 -");
	begin();
	tell(1);
	commit();
	assert_string_equal(row(), "paid pi_1 500 usd cus_1 2 1 101");
	plant("UPDATE checkout SET fulfilled_at = 1700000000000007");
	begin();
	tell(1);
	commit();
	assert_string_equal(row(), "paid pi_1 500 usd cus_1 2 1 7");
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test_setup_teardown(test_any_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_fulfilled_once, setup, teardown),
	};

	return cmocka_run_group_tests_name("checkout", tests, NULL, NULL);
}
