/* Stories of one payment or subscription: every order of their events ends in the same books. */
#include "stripe_scene.h"

#define P1	"1793600000"
#define P2	"1796192000"
#define P3	"1798870400"

/* An invoice's line: item, price, amount, period, proration. */
#define LINE(price, amount, start, end, proration)				\
	"{'amount':" amount ",'parent':{'subscription_item_details':{'subscription':'sub_1'," \
	"'subscription_item':'si_1','proration':" proration "}},'pricing':{'price_details':"	\
	"{'price':'" price "'},'unit_amount_decimal':'900'},'period':{'start':" start ",'end':" end "}}"
#define INVOICE(id, status, paid, paid_at, lines)				\
	"{'id':'" id "','status':'" status "','customer':'cus_ann','currency':'eur','amount_paid':" \
	paid ",'amount_due':" paid ",'parent':{'subscription_details':{'subscription':'sub_1'}}," \
	"'status_transitions':{'paid_at':" paid_at "},'lines':{'data':[" lines "]}}"
#define SUBSCRIPTION(status, price, start, end, more)				\
	"{'id':'sub_1','status':'" status "','customer':'cus_ann'," more "'items':{'data':[{'id':"	\
	"'si_1','price':{'id':'" price "'},'quantity':1,'current_period_start':" start	\
	",'current_period_end':" end "}]}}"

static void
two_plans(void)
{
	sign_up(ANN);
	plan("price_a", 100, 1);
	plan("price_b", 300, 1);
}

static void
two_plans_and_a_customer(void)
{
	two_plans();
	linked(ANN, "cus_ann");
}

/* The session that says whose it is may be the last to arrive. */
static void
a_subscription_begins(void **state)
{
	static const struct told	story[] = {
		{ "checkout.session.completed", 1793600003, "{'id':'cs_1','mode':'subscription',"
		    "'payment_status':'paid','client_reference_id':'user_ann','customer':'cus_ann',"
		    "'subscription':'sub_1','invoice':'in_1','amount_total':900}", NULL },
		{ "customer.subscription.created", 1793600001,
		    SUBSCRIPTION("incomplete", "price_a", P1, P2, ""), NULL },
		{ "customer.subscription.updated", 1793600002,
		    SUBSCRIPTION("active", "price_a", P1, P2, ""), NULL },
		{ "invoice.paid", 1793600002,
		    INVOICE("in_1", "paid", "900", P1, LINE("price_a", "900", P1, P2, "false")), NULL },
		{ "invoice.payment_succeeded", 1793600002,
		    INVOICE("in_1", "paid", "900", P1, LINE("price_a", "900", P1, P2, "false")), NULL },
	};

	(void)state;
	any_order("begins", story, 5, two_plans, BOOKS, "user_ann 100 | si_1 1793600000 100 |"
	    " in_1 900 100 0 | sub_1 active price_a 1 | in_1 paid 1");
}

/* A better plan in the middle, then the next period: the difference, then all of it. */
static void
a_plan_changes(void **state)
{
	static const struct told	story[] = {
		{ "invoice.paid", 1793600002,
		    INVOICE("in_1", "paid", "900", P1, LINE("price_a", "900", P1, P2, "false")), NULL },
		{ "customer.subscription.updated", 1794000000,
		    SUBSCRIPTION("active", "price_b", P1, P2, ""), NULL },
		{ "invoice.paid", 1794000001, INVOICE("in_2", "paid", "800", "1794000000",
		    LINE("price_a", "-700", "1794000000", P2, "true") ","
		    LINE("price_b", "1500", "1794000000", P2, "true")), NULL },
		{ "customer.subscription.updated", 1796192001,
		    SUBSCRIPTION("active", "price_b", P2, P3, ""), NULL },
		{ "invoice.paid", 1796192002, INVOICE("in_3", "paid", "1900", P2,
		    LINE("price_b", "1900", P2, P3, "false")), NULL },
	};

	(void)state;
	any_order("changes", story, 5, two_plans_and_a_customer, BOOKS, "user_ann 600 |"
	    " si_1 1793600000 300,si_1 1796192000 300 |"
	    " in_1 900 100 0,in_2 800 200 0,in_3 1900 300 0 | sub_1 active price_b 1 |"
	    " in_1 paid 1,in_2 paid 1,in_3 paid 1");
}

static void
a_plan_and_a_rate(void)
{
	two_plans_and_a_customer();
	plan("eur", 1, 9);
}

/* From a price without a plan, worth its money, to one that has one; then the next period. */
static void
a_plan_begins_inside_a_period(void **state)
{
	static const struct told	story[] = {
		{ "invoice.paid", 1793600002,
		    INVOICE("in_1", "paid", "900", P1, LINE("price_x", "900", P1, P2, "false")), NULL },
		{ "customer.subscription.updated", 1794000000,
		    SUBSCRIPTION("active", "price_b", P1, P2, ""), NULL },
		{ "invoice.paid", 1794000001, INVOICE("in_2", "paid", "800", "1794000000",
		    LINE("price_x", "-700", "1794000000", P2, "true") ","
		    LINE("price_b", "1500", "1794000000", P2, "true")), NULL },
		{ "customer.subscription.updated", 1796192001,
		    SUBSCRIPTION("active", "price_b", P2, P3, ""), NULL },
		{ "invoice.paid", 1796192002, INVOICE("in_3", "paid", "1900", P2,
		    LINE("price_b", "1900", P2, P3, "false")), NULL },
	};

	(void)state;
	any_order("begins inside", story, 5, a_plan_and_a_rate, HOLDINGS, "user_ann 700");
}

/* Up, down and up again in one period: never more than the better plan is worth. */
static void
no_credits_by_going_to_and_fro(void **state)
{
	static const struct told	story[] = {
		{ "customer.subscription.updated", 1794300000,
		    SUBSCRIPTION("active", "price_b", P1, P2, ""), NULL },
		{ "invoice.paid", 1793600002,
		    INVOICE("in_1", "paid", "900", P1, LINE("price_a", "900", P1, P2, "false")), NULL },
		{ "invoice.paid", 1794000001, INVOICE("in_2", "paid", "800", "1794000000",
		    LINE("price_a", "-700", "1794000000", P2, "true") ","
		    LINE("price_b", "1500", "1794000000", P2, "true")), NULL },
		{ "invoice.paid", 1794100001, INVOICE("in_3", "paid", "0", "1794100000",
		    LINE("price_b", "-1400", "1794100000", P2, "true") ","
		    LINE("price_a", "650", "1794100000", P2, "true")), NULL },
		{ "invoice.paid", 1794200001, INVOICE("in_4", "paid", "0", "1794200000",
		    LINE("price_a", "-600", "1794200000", P2, "true") ","
		    LINE("price_b", "1300", "1794200000", P2, "true")), NULL },
	};

	(void)state;
	any_order("to and fro", story, 5, two_plans_and_a_customer, HOLDINGS, "user_ann 300");
}

/* Declined, then paid, as invoices and the subscription say it. */
static void
past_due_and_back(void **state)
{
	static const struct told	story[] = {
		{ "customer.subscription.created", 1793600000,
		    SUBSCRIPTION("active", "price_a", P1, P2, ""), NULL },
		{ "invoice.payment_failed", 1796192002, INVOICE("in_2", "open", "0", "null",
		    LINE("price_a", "900", P2, P3, "false")), NULL },
		{ "customer.subscription.updated", 1796192002,
		    SUBSCRIPTION("past_due", "price_a", P2, P3, ""), NULL },
		{ "invoice.paid", 1796200001, INVOICE("in_2", "paid", "900", "1796200000",
		    LINE("price_a", "900", P2, P3, "false")), NULL },
	};

	(void)state;
	any_order("back", story, 4, two_plans_and_a_customer, BOOKS, "user_ann 100 |"
	    " si_1 1796192000 100 | in_2 900 100 0 | sub_1 active price_a 1 | in_2 paid 1");
	any_order("declined", story, 3, two_plans_and_a_customer, BOOKS,
	    " |  |  | sub_1 past_due price_a 1 | in_2 open 0");
}

/* Half of a period's payment goes back; the charge knows the intent alone. */
static void
a_refund_of_an_invoice(void **state)
{
	static const struct told	story[] = {
		{ "invoice.paid", 1793600002,
		    INVOICE("in_1", "paid", "900", P1, LINE("price_a", "900", P1, P2, "false")), NULL },
		{ "invoice_payment.paid", 1793600002, "{'id':'inpay_1','invoice':'in_1',"
		    "'payment':{'type':'payment_intent','payment_intent':'pi_1'}}", NULL },
		{ "charge.refunded", 1793700000, "{'id':'ch_1','payment_intent':'pi_1',"
		    "'amount':900,'amount_refunded':300}", NULL },
		{ "charge.refunded", 1793800000, "{'id':'ch_1','payment_intent':'pi_1',"
		    "'amount':900,'amount_refunded':450}", NULL },
		{ "invoice.payment_succeeded", 1793600002,
		    INVOICE("in_1", "paid", "900", P1, LINE("price_a", "900", P1, P2, "false")), NULL },
	};

	(void)state;
	any_order("refund", story, 5, two_plans_and_a_customer, BOOKS, "user_ann 50 |"
	    " si_1 1793600000 100 | pi_1 900 100 50 |  | in_1 paid 1");
}

/* Disputed, won, and a part given back by hand. */
static void
a_dispute_of_a_purchase(void **state)
{
	static const struct told	story[] = {
		{ "checkout.session.completed", 1793600003, "{'id':'cs_1','mode':'payment',"
		    "'payment_status':'paid','client_reference_id':'user_ann','customer':'cus_ann',"
		    "'payment_intent':'pi_1','amount_total':1900,'currency':'eur',"
		    "'metadata':{'credits':'200'}}", NULL },
		{ "charge.dispute.created", 1793700000, "{'id':'du_1','payment_intent':'pi_1',"
		    "'charge':'ch_1','amount':1900,'status':'needs_response'}", NULL },
		{ "charge.dispute.funds_withdrawn", 1793700000, "{'id':'du_1','payment_intent':"
		    "'pi_1','charge':'ch_1','amount':1900,'status':'needs_response'}", NULL },
		{ "charge.dispute.closed", 1793900000, "{'id':'du_1','payment_intent':'pi_1',"
		    "'charge':'ch_1','amount':1900,'status':'won'}", NULL },
		{ "charge.refunded", 1794000000, "{'id':'ch_1','payment_intent':'pi_1',"
		    "'amount':1900,'amount_refunded':950}", NULL },
	};

	(void)state;
	any_order("won", story, 5, two_plans, BOOKS,
	    "user_ann 100 |  | pi_1 1900 200 100 |  | ");
	any_order("still open", story, 3, two_plans, BOOKS,
	    "user_ann 0 |  | pi_1 1900 200 200 |  | ");
}

/* A session that makes an invoice of its payment: told twice, granted once. */
static void
a_session_with_an_invoice(void **state)
{
	static const struct told	story[] = {
		{ "checkout.session.completed", 1793600003, "{'id':'cs_1','mode':'payment',"
		    "'payment_status':'paid','client_reference_id':'user_ann','customer':'cus_ann',"
		    "'payment_intent':'pi_1','invoice':'in_1','amount_total':900,'currency':'eur',"
		    "'metadata':{'credits':'200'}}", NULL },
		{ "invoice.paid", 1793600002, "{'id':'in_1','status':'paid','customer':'cus_ann',"
		    "'currency':'eur','amount_paid':900,'lines':{'data':[{'amount':900,"
		    "'pricing':{'price_details':{'price':'price_a'}}}]}}", NULL },
		{ "invoice.payment_succeeded", 1793600002, "{'id':'in_1','status':'paid',"
		    "'customer':'cus_ann','currency':'eur','amount_paid':900,'lines':{'data':"
		    "[{'amount':900,'pricing':{'price_details':{'price':'price_a'}}}]}}", NULL },
		{ "invoice_payment.paid", 1793600002, "{'id':'inpay_1','invoice':'in_1',"
		    "'payment':{'type':'payment_intent','payment_intent':'pi_1'}}", NULL },
		{ "charge.refunded", 1793700000, "{'id':'ch_1','payment_intent':'pi_1',"
		    "'amount':900,'amount_refunded':450}", NULL },
	};

	(void)state;
	any_order("invoice", story, 5, two_plans_and_a_customer, BOOKS,
	    "user_ann 100 |  | pi_1 900 200 100 |  | in_1 paid 1");
}

/* Canceled with the period, then gone: nothing revives it. */
static void
a_subscription_ends(void **state)
{
	static const struct told	story[] = {
		{ "customer.subscription.created", 1793600000,
		    SUBSCRIPTION("trialing", "price_a", P1, P2, ""), NULL },
		{ "customer.subscription.updated", 1794000000,
		    SUBSCRIPTION("active", "price_a", P1, P2, "'cancel_at_period_end':true,"), NULL },
		{ "customer.subscription.deleted", 1796192000,
		    SUBSCRIPTION("canceled", "price_a", P1, P2, "'ended_at':" P2 ","), NULL },
		{ "customer.subscription.updated", 1796192000,
		    SUBSCRIPTION("active", "price_a", P2, P3, ""), NULL },
	};

	(void)state;
	any_order("ends", story, 4, two_plans_and_a_customer, "SELECT b.status || ' ' || ended_unix"
	    " || ' ' || final FROM billing_subscriptions b JOIN subscription s ON s.ref = b.id",
	    "canceled 1796192000 1");
}

int
main(void)
{
#define TEST(name)	cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)
	const struct CMUnitTest	tests[] = {
		TEST(a_subscription_begins),
		TEST(a_plan_changes),
		TEST(a_plan_begins_inside_a_period),
		TEST(no_credits_by_going_to_and_fro),
		TEST(past_due_and_back),
		TEST(a_refund_of_an_invoice),
		TEST(a_dispute_of_a_purchase),
		TEST(a_session_with_an_invoice),
		TEST(a_subscription_ends),
	};

	/* Thousands of commits; that they survive a crash is shown elsewhere. */
	if (access("/dev/shm", W_OK) == 0)
		setenv("TMPDIR", "/dev/shm", 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
