/* Subscriptions as Stripe tells of them: every event has the whole of one. */
#include "stripe_scene.h"

#define T	INT64_C(1793600000)
#define P1	"1793600000"
#define P2	"1796192000"

#define ITEM(id, price)	"{'id':'" id "','price':{'id':'" price "','nickname':'Reader'},'quantity':2," \
	"'current_period_start':" P1 ",'current_period_end':" P2 "}"
#define SUB(more, items)	"{'id':'sub_1','customer':'cus_ann'," more	\
	"'items':{'data':[" items "],'has_more':false}}"

#define ROW	"SELECT status || ' ' || COALESCE(plan_ref, '-') || ' ' || COALESCE(plan_name, '-')" \
	" || ' ' || COALESCE(quantity, 0) || ' ' || COALESCE(period_end_unix, 0) || ' ' ||"	\
	" COALESCE(cancel_unix, 0) || ' ' || COALESCE(ended_unix, 0) || ' ' || (user_id IS NOT NULL)" \
	" FROM billing_subscriptions"

static void
people(void)
{
	sign_up(ANN);
	linked(ANN, "cus_ann");
}

static const struct {
	const char	*phrase, *type, *object, *want;
} shapes[] = {
	{ "periods in the items", "customer.subscription.created",
	    SUB("'status':'active',", ITEM("si_1", "price_a")),
	    "active price_a Reader 2 " P2 " 0 0 1" },
	{ "periods in the subscription, as before 2025", "customer.subscription.created",
	    SUB("'status':'active','current_period_start':" P1 ",'current_period_end':" P2 ",",
	    "{'id':'si_1','price':{'id':'price_a'}}"), "active price_a - 1 " P2 " 0 0 1" },
	{ "a plan in place of a price", "customer.subscription.created",
	    SUB("'status':'active','current_period_end':" P2 ",",
	    "{'id':'si_1','plan':{'id':'plan_old','nickname':'Gold'},'quantity':1}"),
	    "active plan_old Gold 1 " P2 " 0 0 1" },
	{ "a metered one has no quantity", "customer.subscription.created",
	    SUB("'status':'active','current_period_end':" P2 ",",
	    "{'id':'si_1','price':{'id':'price_a','lookup_key':'m'},'quantity':null}"),
	    "active price_a m 1 " P2 " 0 0 1" },
	{ "ends with its period", "customer.subscription.updated",
	    SUB("'status':'active','cancel_at_period_end':true,", ITEM("si_1", "price_a")),
	    "active price_a Reader 2 " P2 " " P2 " 0 1" },
	{ "ends at a time", "customer.subscription.updated",
	    SUB("'status':'active','cancel_at_period_end':true,'cancel_at':1800000000,",
	    ITEM("si_1", "price_a")), "active price_a Reader 2 " P2 " 1800000000 0 1" },
	{ "paused", "customer.subscription.paused",
	    SUB("'status':'paused',", ITEM("si_1", "price_a")),
	    "paused price_a Reader 2 " P2 " 0 0 1" },
	{ "goes on", "customer.subscription.resumed",
	    SUB("'status':'active',", ITEM("si_1", "price_a")),
	    "active price_a Reader 2 " P2 " 0 0 1" },
	{ "the trial will end", "customer.subscription.trial_will_end",
	    SUB("'status':'trialing',", ITEM("si_1", "price_a")),
	    "trialing price_a Reader 2 " P2 " 0 0 1" },
	{ "gone", "customer.subscription.deleted",
	    SUB("'status':'canceled','ended_at':" P2 ",", ITEM("si_1", "price_a")),
	    "canceled price_a Reader 2 " P2 " 0 " P2 " 1" },
	{ "without items", "customer.subscription.created", SUB("'status':'incomplete',", ""),
	    "incomplete - - 0 0 0 0 1" },
};

static void
reads_every_shape(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		wipe();
		people();
		row_is(shapes[i].phrase, tell(shapes[i].type, T, shapes[i].object, "") == HK_OK);
		asks(shapes[i].phrase, ROW, shapes[i].want);
		row_is(shapes[i].phrase, tell(shapes[i].type, T, shapes[i].object, "") == HK_SKIP);
		asks("told again", ROW, shapes[i].want);
	}
}

static void
older_words_are_stale(void **state)
{
	(void)state;
	people();
	assert_int_equal(HK_OK, tell("customer.subscription.updated", T + 100,
	    SUB("'status':'past_due',", ITEM("si_1", "price_b")), ""));
	assert_int_equal(HK_SKIP, tell("customer.subscription.created", T,
	    SUB("'status':'active',", ITEM("si_1", "price_a")), ""));
	assert_non_null(strstr(reason, "stale"));
	asks("as it was", "SELECT status || ' ' || plan_ref FROM billing_subscriptions",
	    "past_due price_b");
	assert_int_equal(HK_OK, tell("customer.subscription.deleted", T + 50,
	    SUB("'status':'canceled',", ITEM("si_1", "price_b")), ""));
	assert_int_equal(HK_SKIP, tell("customer.subscription.updated", T + 200,
	    SUB("'status':'active',", ITEM("si_1", "price_b")), ""));
	assert_non_null(strstr(reason, "stale: subscription sub_1 was deleted"));
	asks("the end is final", "SELECT status FROM billing_subscriptions", "canceled");
	asks("that of its items too", "SELECT status FROM subscription_item", "ended");
}

/* Another item takes the place of the first: what is shown is what is there. */
static void
an_item_taken_off_has_ended(void **state)
{
	(void)state;
	people();
	assert_int_equal(HK_OK, tell("customer.subscription.created", T,
	    SUB("'status':'active',", ITEM("si_a", "price_a")), ""));
	assert_int_equal(HK_OK, tell("customer.subscription.updated", T + 100,
	    SUB("'status':'active',", ITEM("si_z", "price_b")),
	    ",'previous_attributes':{'items':{'data':[" ITEM("si_a", "price_a") "]}}"));
	asks("the new one", "SELECT plan_ref FROM billing_subscriptions", "price_b");
	asks("the old one", "SELECT status FROM subscription_item WHERE ref = 'si_a'", "ended");
}

static void
whose_it_is(void **state)
{
	(void)state;
	sign_up(ANN);
	sign_up(BOB);
	assert_int_equal(HK_OK, tell("customer.subscription.created", T,
	    SUB("'status':'active',", ""), ""));
	assert_non_null(strstr(reason, "nobody's yet"));
	linked(ANN, "cus_ann");
	asks("the link brings it", "SELECT u.clerk_id FROM billing_subscriptions s"
	    " JOIN users u ON u.id = s.user_id", ANN);
	assert_int_equal(HK_NEVER, tell("customer.subscription.updated", T + 1,
	    SUB("'status':'active','metadata':{'user_id':'user_bob'},", ""), ""));
	assert_non_null(strstr(reason, "identity mismatch"));

	assert_int_equal(HK_OK, tell("customer.subscription.created", T, "{'id':'sub_2',"
	    "'status':'active','customer':'cus_bob','metadata':{'user_id':'user_bob'}}", ""));
	asks("and its metadata link the customer", "SELECT u.clerk_id FROM stripe_customer c"
	    " JOIN site_user u ON u.id = c.site_user WHERE customer = 'cus_bob'", BOB);
	assert_int_equal(HK_WAIT, tell("customer.subscription.created", T, "{'id':'sub_3',"
	    "'status':'active','customer':'cus_new','metadata':{'user_id':'user_new'}}", ""));
	assert_string_equal("user:user_new", waits_for);
	assert_int_equal(HK_NEVER, tell("customer.subscription.created", T, "{'id':'sub_3'}", ""));
	assert_int_equal(HK_NEVER, tell("customer.subscription.created", T,
	    "{'status':'active'}", ""));
}

int
main(void)
{
#define TEST(name)	cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)
	const struct CMUnitTest	tests[] = {
		TEST(reads_every_shape),
		TEST(older_words_are_stale),
		TEST(an_item_taken_off_has_ended),
		TEST(whose_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
