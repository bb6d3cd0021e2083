/* Invoices in all their shapes: what they are worth, and whose they are. */
#include "stripe_scene.h"
#include "books/subscription.h"

#define START	"1793600000"
#define END	"1796192000"

/* A line of today: item, price, amount, and what else it says. */
#define LINE(item, price, amount, more)						\
	"{'amount':" amount ",'parent':{'type':'subscription_item_details',"	\
	"'subscription_item_details':{'subscription':'sub_1','subscription_item':'" item	\
	"','proration':false}},'pricing':{'price_details':{'price':'" price "'},"	\
	"'unit_amount_decimal':'900'},'period':{'start':" START ",'end':" END "}" more "}"
/* One that has nothing to do with a subscription. */
#define SINGLE(price, amount, more)						\
	"{'amount':" amount ",'parent':{'type':'invoice_item_details','invoice_item_details':" \
	"{'invoice_item':'ii_1','proration':false}},'pricing':{'price_details':{'price':'" price \
	"'},'unit_amount_decimal':'900'},'period':{'start':" START ",'end':" START "}" more "}"
/* One of 2020. */
#define OLD(price, more)							\
	"{'amount':900,'type':'subscription','subscription':'sub_1','subscription_item':'si_1'," \
	"'proration':false,'period':{'start':" START ",'end':" END "}," price more "}"
#define PARENT	"'parent':{'type':'subscription_details','subscription_details':"	\
	"{'subscription':'sub_1','metadata':{}}},"
#define PAID(n)	"'amount_paid':" n ",'amount_due':" n ","

static enum hk_err
invoice(const char *type, const char *fields, const char *lines, const char *list)
{
	static char	o[8192];

	snprintf(o, sizeof(o), "{'id':'in_1','object':'invoice','status':'paid',%s"
	    "'currency':'eur','status_transitions':{'paid_at':1793600100},"
	    "'lines':{'object':'list',%s'data':[%s]}}", fields, list, lines);
	return tell(type, 1793600101, o, "");
}

static const struct {
	const char	*phrase, *fields, *lines, *list;
	enum hk_err	 want;
	const char	*says;		/* HK_OK: holdings, else part of the reason */
} worths[] = {
	{ "as of 2025 and later", PARENT PAID("900"), LINE("si_1", "price_a", "900", ""), "",
	    HK_OK, "user_ann 100" },
	{ "as of 2020", "'subscription':'sub_1','paid':true,'payment_intent':'pi_1',"
	    "'charge':'ch_1'," PAID("900"),
	    OLD("'price':{'id':'price_a','unit_amount':900}", ""), "", HK_OK, "user_ann 100" },
	{ "with a plan in place of a price", "'subscription':'sub_1'," PAID("900"),
	    OLD("'price':null,'plan':{'id':'price_a','amount':900}", ""), "", HK_OK,
	    "user_ann 100" },
	{ "three of it", PARENT PAID("2700"), LINE("si_1", "price_a", "2700", ",'quantity':3"),
	    "", HK_OK, "user_ann 300" },
	{ "none of it", PARENT PAID("900"), LINE("si_1", "price_a", "900", ",'quantity':0"),
	    "", HK_OK, "" },
	{ "two items", PARENT PAID("2800"), LINE("si_1", "price_a", "900", "") ","
	    LINE("si_2", "price_b", "1900", ""), "", HK_OK, "user_ann 400" },
	{ "a price in steps is two lines of an item", PARENT PAID("1900"),
	    LINE("si_1", "price_a", "900", ",'quantity':5") ","
	    LINE("si_1", "price_a", "1000", ",'quantity':7"), "", HK_OK, "user_ann 1200" },
	{ "an item bought besides", PARENT PAID("2800"), LINE("si_1", "price_a", "900", "") ","
	    SINGLE("price_b", "1900", ""), "", HK_OK, "user_ann 400" },
	{ "a fee without a plan, and a rate", PARENT PAID("1100"),
	    LINE("si_1", "price_a", "900", "") "," SINGLE("price_x", "200", ""), "", HK_OK,
	    "user_ann 106" },
	{ "a rebate without a plan", PARENT PAID("700"),
	    LINE("si_1", "price_a", "900", "") "," SINGLE("price_x", "-200", ""), "", HK_OK,
	    "user_ann 100" },
	{ "a trial is worth nothing", PARENT PAID("0"), LINE("si_1", "price_a", "0", ""), "",
	    HK_OK, "" },
	{ "a price of 0 is worth its plan", PARENT PAID("0"),
	    "{'amount':0,'subscription_item':'si_1','price':{'id':'price_a','unit_amount':0},"
	    "'period':{'start':" START ",'end':" END "}}", "", HK_OK, "user_ann 100" },
	{ "a discount of all of it", PARENT PAID("0"),
	    LINE("si_1", "price_a", "900", ",'discount_amounts':[{'amount':900}]"), "", HK_OK,
	    "user_ann 100" },
	{ "by the currency's rate, what was paid", PARENT PAID("1140"),
	    LINE("si_1", "price_x", "900", ""), "", HK_OK, "user_ann 34" },
	{ "a manual one, by its price", PAID("1900"), SINGLE("price_b", "1900", ""), "", HK_OK,
	    "user_ann 300" },
	{ "a manual one, by the rate", PAID("1000"), SINGLE("price_x", "1000", ""), "", HK_OK,
	    "user_ann 30" },
	{ "paid elsewhere", "'amount_paid':0,'amount_due':1000,", SINGLE("price_x", "1000", ""),
	    "", HK_OK, "user_ann 30" },
	{ "settled by a credit note", "'amount_paid':0,'amount_due':1900,"
	    "'pre_payment_credit_notes_amount':1900,", SINGLE("price_b", "1900", ""), "", HK_OK,
	    "" },
	{ "without lines, by the rate", PAID("1000"), "", "", HK_OK, "user_ann 30" },
	{ "the invoice says it", PARENT "'metadata':{'credits':'77'}," PAID("900"),
	    LINE("si_1", "price_a", "900", ""), "", HK_OK, "user_ann 77" },
	{ "the invoice names a price", "'metadata':{'price_id':'price_b'}," PAID("900"),
	    SINGLE("price_x", "900", ""), "", HK_OK, "user_ann 300" },
	{ "the subscription says it", "'parent':{'subscription_details':{'subscription':'sub_1',"
	    "'metadata':{'credits':'55'}}}," PAID("900"), LINE("si_1", "price_x", "900", ""), "",
	    HK_OK, "user_ann 55" },
	{ "and said it like this in 2023", "'subscription':'sub_1',"
	    "'subscription_details':{'metadata':{'credits':'55'}}," PAID("900"),
	    OLD("'price':{'id':'price_x'}", ""), "", HK_OK, "user_ann 55" },
	{ "and like this in 2020", "'subscription':'sub_1'," PAID("900"),
	    OLD("'price':{'id':'price_x'}", ",'metadata':{'credits':'55'}"), "", HK_OK,
	    "user_ann 55" },
	{ "a first page that is all there is", PARENT PAID("900") "'subtotal':900,",
	    LINE("si_1", "price_a", "900", ""), "'has_more':true,", HK_OK, "user_ann 100" },
	{ "a cut list, but the invoice says it", PARENT "'metadata':{'credits':'77'},"
	    PAID("1800") "'subtotal':1800,", LINE("si_1", "price_a", "900", ""),
	    "'has_more':true,", HK_OK, "user_ann 77" },
	{ "a change that names no item", PARENT PAID("500"),
	    "{'amount':-400,'parent':{'invoice_item_details':{'proration':true}},"
	    "'pricing':{'price_details':{'price':'price_a'}},'period':{'start':" START "}},"
	    "{'amount':900,'parent':{'invoice_item_details':{'proration':true}},"
	    "'pricing':{'price_details':{'price':'price_b'}},'period':{'start':" START "}}", "",
	    HK_OK, "user_ann 200" },

	{ "a cut list", PARENT PAID("1800") "'subtotal':1800,",
	    LINE("si_1", "price_a", "900", ""), "'has_more':true,", HK_NEVER, "lists only 1" },
	{ "metadata for several items", "'parent':{'subscription_details':{'subscription':"
	    "'sub_1','metadata':{'credits':'55'}}}," PAID("900"),
	    LINE("si_1", "price_a", "900", "") "," LINE("si_2", "price_b", "900", ""), "",
	    HK_NEVER, "several items" },
	{ "wrong metadata", "'metadata':{'credits':'-7'}," PAID("900"),
	    SINGLE("price_a", "900", ""), "", HK_NEVER, "metadata invalid" },
	{ "a line without period", PARENT PAID("900"), "{'amount':900,'subscription_item':'si_1',"
	    "'price':'price_a'}", "", HK_NEVER, "no period" },
	{ "more than there can be", PARENT PAID("900"),
	    LINE("si_1", "price_a", "900", ",'quantity':10000000000001"), "", HK_NEVER,
	    "more than" },
	{ "below zero of it", PARENT PAID("900"),
	    LINE("si_1", "price_a", "900", ",'quantity':-1"), "", HK_NEVER, "more than" },
	{ "a change in a period nobody has told of", PARENT PAID("500"),
	    "{'amount':500,'subscription_item':'si_1','proration':true,'price':'price_b',"
	    "'period':{'start':" START ",'end':" END "}}", "", HK_WAIT, "item si_1" },
};

static void
people(void)
{
	sign_up(ANN);
	sign_up(BOB);
	linked(ANN, "cus_ann");
	linked(BOB, "cus_bob");
	plan("price_a", 100, 1);
	plan("price_b", 300, 1);
}

static void
knows_what_it_is_worth(void **state)
{
	(void)state;
	plan("eur", 3, 100);
	for (size_t i = 0; i < sizeof(worths) / sizeof(worths[0]); i++) {
		char		fields[2048];
		enum hk_err	e;

		wipe();
		people();
		snprintf(fields, sizeof(fields), "'customer':'cus_ann',%s", worths[i].fields);
		e = invoice("invoice.paid", fields, worths[i].lines, worths[i].list);
		if (e != worths[i].want)
			fail_msg("%s: %s (%s)", worths[i].phrase, err_name(e), reason);
		if (e == HK_OK)
			asks(worths[i].phrase, HOLDINGS, worths[i].says);
		else if (strstr(reason, worths[i].says) == NULL)
			fail_msg("%s: says \"%s\"", worths[i].phrase, reason);
		if (e != HK_OK)
			continue;
		asks(worths[i].phrase, "SELECT status || (fulfilled_at IS NOT NULL) ||"
		    " (owner IS NOT NULL) FROM invoice", "paid11");
		asks(worths[i].phrase, "SELECT count(*) FROM payment WHERE owner IS NOT NULL", "1");
		assert_int_equal(HK_OK, invoice("invoice.payment_succeeded", fields,
		    worths[i].lines, worths[i].list));
		asks("the same payment again", HOLDINGS, worths[i].says);
	}
}

/* Amounts are in the smallest unit there is, and so are rates. */
static void
every_currency_by_its_rate(void **state)
{
	static const struct {
		const char	*currency;
		int64_t		 credits, per;
		const char	*paid, *want;
	} rows[] = {
		{ "usd", 1, 100, "1999", "user_ann 19" },
		{ "jpy", 1, 100, "3000", "user_ann 30" },
		{ "bhd", 1, 1000, "5250", "user_ann 5" },
		{ "isk", 1, 10000, "150000", "user_ann 15" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char	o[1024];

		wipe();
		people();
		plan(rows[i].currency, rows[i].credits, rows[i].per);
		snprintf(o, sizeof(o), "{'id':'in_1','status':'paid','customer':'cus_ann',"
		    "'currency':'%s','amount_paid':%s,'lines':{'data':[{'amount':%s}]}}",
		    rows[i].currency, rows[i].paid, rows[i].paid);
		assert_int_equal(HK_OK, tell("invoice.paid", 1793600101, o, ""));
		asks(rows[i].currency, HOLDINGS, rows[i].want);
	}
}

static void
an_unknown_price_waits_for_its_plan(void **state)
{
	const char	*lines = LINE("si_1", "price_new", "900", "");

	(void)state;
	people();
	assert_int_equal(HK_WAIT, invoice("invoice.paid", "'customer':'cus_ann'," PARENT
	    PAID("900"), lines, ""));
	assert_string_equal("plan:price_new", waits_for);
	assert_non_null(strstr(reason, "hookkeeper plan set price_new"));
	asks("nothing yet", "SELECT count(*) FROM invoice", "0");
	plan("price_new", 60, 1);
	assert_int_equal(HK_OK, invoice("invoice.paid", "'customer':'cus_ann'," PARENT
	    PAID("900"), lines, ""));
	asks("now", HOLDINGS, "user_ann 60");
	/* A plan that gets better later changes nothing that was granted. */
	plan("price_new", 90, 1);
	assert_int_equal(HK_OK, invoice("invoice.paid", "'customer':'cus_ann'," PARENT
	    PAID("900"), lines, ""));
	asks("as it was", HOLDINGS, "user_ann 60");
	/* No price is named at all, and no rate. */
	assert_int_equal(HK_NEVER, tell("invoice.paid", 1793600101, "{'id':'in_2',"
	    "'status':'paid','customer':'cus_ann','currency':'gbp','amount_paid':900,"
	    "'lines':{'data':[{'amount':900}]}}", ""));
	assert_non_null(strstr(reason, "no price rule"));
}

static const struct {
	const char	*phrase, *fields;
	enum hk_err	 want;
	const char	*says;		/* HK_OK: who has the credits; HK_WAIT: for what */
} payers[] = {
	{ "the customer", "'customer':'cus_bob',", HK_OK, "user_bob 100" },
	{ "an expanded customer", "'customer':{'id':'cus_bob'},", HK_OK, "user_bob 100" },
	{ "an account in place of a customer", "'customer':null,'customer_account':'acct_bob',",
	    HK_OK, "user_bob 100" },
	{ "the invoice's metadata", "'metadata':{'user_id':'user_ann'},", HK_OK,
	    "user_ann 100" },
	{ "the subscription's metadata", "'customer':'cus_new','parent':{'subscription_details':"
	    "{'subscription':'sub_1','metadata':{'user_id':'user_ann'}}},", HK_OK,
	    "user_ann 100" },
	{ "whose the subscription is known to be", "'subscription':'sub_bob',", HK_OK,
	    "user_bob 100" },
	{ "they agree", "'customer':'cus_bob','metadata':{'user_id':'user_bob'},"
	    "'subscription':'sub_bob',", HK_OK, "user_bob 100" },
	{ "metadata against customer", "'customer':'cus_bob','metadata':{'user_id':'user_ann'},",
	    HK_NEVER, "identity mismatch" },
	{ "metadata against the subscription", "'subscription':'sub_bob',"
	    "'metadata':{'user_id':'user_ann'},", HK_NEVER, "identity mismatch" },
	{ "invoice against subscription", "'metadata':{'user_id':'user_ann'},"
	    "'subscription_details':{'metadata':{'user_id':'user_bob'}},", HK_NEVER,
	    "identity mismatch" },
	{ "metadata is no id", "'customer':'cus_bob','metadata':{'user_id':'17'},", HK_NEVER,
	    "metadata invalid" },
	{ "the user was deleted", "'customer':'cus_dan',", HK_NEVER, "user was deleted" },
	{ "nobody at all", "", HK_NEVER, "nobody is named" },
	{ "not signed up yet", "'metadata':{'user_id':'user_new'},", HK_WAIT, "user:user_new" },
	{ "nobody has linked the customer yet", "'customer':'cus_new','subscription':'sub_new',",
	    HK_WAIT, "user:cus_new" },
	{ "nor claimed the subscription", "'subscription':'sub_new',", HK_WAIT,
	    "subscription:sub_new" },
};

static void
finds_whose_it_is(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(payers) / sizeof(payers[0]); i++) {
		struct cause	c = { f.db, 0, T0 };
		char		fields[1024];
		enum hk_err	e;

		wipe();
		people();
		linked(BOB, "acct_bob");
		sign_up("user_dan");
		linked("user_dan", "cus_dan");
		begin();
		assert_int_equal(HK_OK, user_delete(&c, SPAN("user_dan")));
		commit();
		assert_int_equal(HK_OK, tell("customer.subscription.created", 1793600000,
		    "{'id':'sub_bob','status':'active','customer':'cus_bob'}", ""));
		snprintf(fields, sizeof(fields), "%s" PAID("900"), payers[i].fields);
		e = invoice("invoice.paid", fields, SINGLE("price_a", "900", ""), "");
		if (e != payers[i].want)
			fail_msg("%s: %s (%s)", payers[i].phrase, err_name(e), reason);
		if (e == HK_OK)
			asks(payers[i].phrase, HOLDINGS, payers[i].says);
		else if (strstr(e == HK_WAIT ? waits_for : reason, payers[i].says) == NULL)
			fail_msg("%s: waits for \"%s\", \"%s\"", payers[i].phrase, waits_for, reason);
	}
}

#define GOOD(phrase, want) do {							\
	struct user	u_;							\
	bool		good_;							\
	assert_int_equal(HK_OK, user_find(f.db, SPAN(ANN), &u_));		\
	assert_int_equal(HK_OK, owner_in_good_standing(f.db,			\
	    &(struct owner){ "user", span_str(u_.id) }, &good_));		\
	row_is(phrase, good_ == (want));					\
} while (0)

static void
a_failed_payment_is_past_due(void **state)
{
	static const char	bill[] = "{'id':'in_2','status':'%s','subscription':'sub_1',"
				    "'customer':'cus_ann','currency':'eur','amount_due':900,"
				    "'lines':{'data':[]}}";
	char			open[512], paid[512];

	(void)state;
	people();
	plan("eur", 1, 100);
	snprintf(open, sizeof(open), bill, "open");
	snprintf(paid, sizeof(paid), bill, "paid");
	assert_int_equal(HK_OK, tell("customer.subscription.created", 1793600000, "{'id':'sub_1',"
	    "'status':'active','customer':'cus_ann'}", ""));
	GOOD("paid so far", true);
	assert_int_equal(HK_OK, tell("invoice.payment_failed", 1793600500, open, ""));
	GOOD("the card was declined", false);
	assert_int_equal(HK_SKIP, tell("invoice.payment_failed", 1793600500, open, ""));
	assert_int_equal(HK_OK, tell("invoice.paid", 1793600900, paid, ""));
	GOOD("paid after all", true);
	assert_int_equal(HK_OK, tell("invoice.payment_failed", 1793600700, open, ""));
	GOOD("a late word of an earlier try", true);
	asks("the invoice stays paid", "SELECT status FROM invoice", "paid");

	/* Before anybody knows the subscription, or whose it is. */
	assert_int_equal(HK_OK, tell("invoice.payment_failed", 1793600500, "{'id':'in_3',"
	    "'status':'open','subscription':'sub_2','customer':'cus_later'}", ""));
	linked(ANN, "cus_later");
	assert_int_equal(HK_OK, tell("customer.subscription.updated", 1793600400, "{'id':'sub_2',"
	    "'status':'active','customer':'cus_later'}", ""));
	GOOD("told before its subscription", false);
	assert_int_equal(HK_OK, tell("customer.subscription.updated", 1793600600, "{'id':'sub_2',"
	    "'status':'active','customer':'cus_later'}", ""));
	GOOD("the subscription knows better", true);
}

static void
an_invoice_that_will_not_be_paid(void **state)
{
	(void)state;
	people();
	assert_int_equal(HK_OK, tell("invoice.marked_uncollectible", 1793600500, "{'id':'in_1',"
	    "'status':'uncollectible','customer':'cus_ann'}", ""));
	assert_int_equal(HK_OK, tell("invoice.voided", 1793600600, "{'id':'in_1',"
	    "'status':'void','customer':'cus_ann'}", ""));
	asks("the last word", "SELECT status FROM invoice", "void");
	assert_int_equal(HK_NEVER, tell("invoice.voided", 1793600600, "{'status':'void'}", ""));
	assert_non_null(strstr(reason, "no id"));
	assert_int_equal(HK_SKIP, tell("invoice.payment_succeeded", 1793600600, "{'id':'in_2',"
	    "'status':'open','customer':'cus_ann','amount_paid':100}", ""));
	assert_non_null(strstr(reason, "only a part"));
	assert_int_equal(HK_SKIP, tell("invoice_payment.paid", 1793600600, "{'id':'inpay_1',"
	    "'invoice':'in_1','payment':{'type':'payment_record'}}", ""));
}

int
main(void)
{
#define TEST(name)	cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)
	const struct CMUnitTest	tests[] = {
		TEST(knows_what_it_is_worth),
		TEST(every_currency_by_its_rate),
		TEST(an_unknown_price_waits_for_its_plan),
		TEST(finds_whose_it_is),
		TEST(a_failed_payment_is_past_due),
		TEST(an_invoice_that_will_not_be_paid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
