/* What is taken back: refunds, disputes, and refunds that failed. */
#include "stripe_scene.h"

#define T	INT64_C(1793600000)

static int
refund_setup(void **state)
{
	settings.negative_balance = NEGATIVE_ALLOW;
	return bench_setup(state);
}

/* 200 credits for 19.00, named pi_1. */
static void
bought(void)
{
	sign_up(ANN);
	assert_int_equal(HK_OK, tell("checkout.session.completed", T, "{'id':'cs_1',"
	    "'mode':'payment','payment_status':'paid','client_reference_id':'user_ann',"
	    "'payment_intent':'pi_1','amount_total':1900,'currency':'eur',"
	    "'metadata':{'credits':'200'}}", ""));
}

#define CHARGE(refunded)	"{'id':'ch_1','payment_intent':'pi_1','amount':1900,"	\
				"'amount_refunded':" refunded "}"
#define REFUND(status, amount)	"{'id':'re_1','charge':'ch_1','payment_intent':'pi_1',"	\
				"'amount':" amount ",'status':'" status "'}"
#define DISPUTE(status, amount)	"{'id':'du_1','charge':'ch_1','payment_intent':'pi_1',"	\
				"'amount':" amount ",'status':'" status "'}"

static const struct {
	const char	*phrase;
	struct told	 story[3];
	const char	*want, *says;	/* balance after all; of the last event */
} rows[] = {
	{ "a fifth", { { "charge.refunded", T + 1, CHARGE("380"), NULL } }, "160",
	    "40 credits taken back" },
	{ "all of it", { { "charge.refunded", T + 1, CHARGE("1900"), NULL } }, "0", "200" },
	{ "rounded down", { { "charge.refunded", T + 1, CHARGE("1"), NULL } }, "200",
	    "no credits" },
	{ "first a fifth, in all a half", { { "charge.refunded", T + 1, CHARGE("380"), NULL },
	    { "charge.refunded", T + 2, CHARGE("950"), NULL } }, "100", "60" },
	{ "the other way round", { { "charge.refunded", T + 2, CHARGE("950"), NULL },
	    { "charge.refunded", T + 1, CHARGE("380"), NULL } }, "100", "stale" },
	{ "the refund failed", { { "charge.refunded", T + 1, CHARGE("380"), NULL },
	    { "refund.failed", T + 9, REFUND("failed", "380"), NULL } }, "200",
	    "40 credits given again" },
	{ "and was told before", { { "refund.failed", T + 9, REFUND("failed", "380"), NULL },
	    { "charge.refunded", T + 1, CHARGE("380"), NULL } }, "200", "" },
	{ "the refund was canceled", { { "charge.refunded", T + 1, CHARGE("380"), NULL },
	    { "refund.updated", T + 9, REFUND("canceled", "380"), NULL } }, "200", "40" },
	{ "told in the words of 2020", { { "charge.refunded", T + 1, CHARGE("380"), NULL },
	    { "charge.refund.updated", T + 9, REFUND("failed", "380"), NULL } }, "200", "40" },
	{ "the refund succeeded, which the charge tells", {
	    { "refund.updated", T + 1, REFUND("succeeded", "380"), NULL } }, "200",
	    "charge.refunded tells" },
	{ "disputed", { { "charge.dispute.created", T + 1, DISPUTE("needs_response", "1900"),
	    NULL } }, "0", "200 credits taken back" },
	{ "a part of it", { { "charge.dispute.created", T + 1, DISPUTE("needs_response", "950"),
	    NULL } }, "100", "100" },
	{ "a warning takes nothing", { { "charge.dispute.created", T + 1,
	    DISPUTE("warning_needs_response", "1900"), NULL } }, "200", "no credits" },
	{ "won", { { "charge.dispute.created", T + 1, DISPUTE("needs_response", "1900"), NULL },
	    { "charge.dispute.funds_reinstated", T + 9, DISPUTE("won", "1900"), NULL } }, "200",
	    "200 credits given again" },
	{ "lost", { { "charge.dispute.created", T + 1, DISPUTE("needs_response", "1900"), NULL },
	    { "charge.dispute.closed", T + 9, DISPUTE("lost", "1900"), NULL } }, "0",
	    "no credits" },
	{ "lost, then appealed and won", {
	    { "charge.dispute.closed", T + 5, DISPUTE("lost", "1900"), NULL },
	    { "charge.dispute.updated", T + 7, DISPUTE("appeal_under_review", "1900"), NULL },
	    { "charge.dispute.closed", T + 9, DISPUTE("won", "1900"), NULL } }, "200", "200" },
	{ "refunded and disputed is not twice", {
	    { "charge.refunded", T + 1, CHARGE("1900"), NULL },
	    { "charge.dispute.created", T + 2, DISPUTE("needs_response", "1900"), NULL } }, "0",
	    "no credits" },
};

static void
takes_back_in_proportion(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		wipe();
		bought();
		for (size_t k = 0; k < 3 && rows[i].story[k].type != NULL; k++) {
			const struct told	*e = &rows[i].story[k];
			enum hk_err		 v = tell(e->type, e->created, e->object, "");

			if (v != HK_OK && v != HK_SKIP)
				fail_msg("%s: %s (%s)", rows[i].phrase, err_name(v), reason);
		}
		asks(rows[i].phrase, "SELECT balance FROM account WHERE owner_kind = 'user'",
		    rows[i].want);
		if (strstr(reason, rows[i].says) == NULL)
			fail_msg("%s: says \"%s\"", rows[i].phrase, reason);
	}
}

static void
what_is_spent_is_owed_or_waived(void **state)
{
	(void)state;
	for (int waives = 0; waives < 2; waives++) {
		struct user	user;
		struct cause	c = { f.db, 0, T0 };
		int64_t		taken;
		bool		fresh;

		wipe();
		bought();
		settings.negative_balance = waives ? NEGATIVE_FLOOR : NEGATIVE_ALLOW;
		begin();
		assert_int_equal(HK_OK, user_find(f.db, SPAN(ANN), &user));
		assert_int_equal(HK_OK, ledger_take(&c, &(struct owner){ "user",
		    span_str(user.id) }, T_BURN, SPAN("burn:1"), 150, TAKE_ALL, SPAN_NULL, &taken,
		    &fresh));
		commit();
		assert_int_equal(HK_OK, tell("charge.refunded", T + 1, CHARGE("1900"), ""));
		asks(waives ? "down to nothing" : "below it", "SELECT balance FROM account"
		    " WHERE owner_kind = 'user'", waives ? "0" : "-150");
	}
	settings.negative_balance = NEGATIVE_ALLOW;
}

static void
waits_for_its_payment(void **state)
{
	(void)state;
	assert_int_equal(HK_WAIT, tell("charge.refunded", T + 1, CHARGE("380"), ""));
	assert_string_equal("payment:pi_1", waits_for);
	assert_int_equal(HK_WAIT, tell("charge.dispute.created", T + 1,
	    DISPUTE("lost", "1900"), ""));
	assert_string_equal("payment:pi_1", waits_for);
	assert_int_equal(HK_WAIT, tell("refund.failed", T + 1, REFUND("failed", "380"), ""));
	assert_string_equal("payment:pi_1", waits_for);
	/* A charge without an intent goes by its own name. */
	assert_int_equal(HK_WAIT, tell("charge.refunded", T + 1, "{'id':'ch_9','amount':100,"
	    "'amount_refunded':100,'payment_intent':null}", ""));
	assert_string_equal("payment:ch_9", waits_for);
}

static void
nonsense_is_parked(void **state)
{
	static const struct told	odd[] = {
		{ "charge.refunded", T, "{'payment_intent':'pi_1','amount_refunded':1}", NULL },
		{ "charge.refunded", T, "{'id':'ch_1','payment_intent':'pi_1'}", NULL },
		{ "charge.refunded", T, "{'id':'ch_1','amount_refunded':-5}", NULL },
		{ "refund.failed", T, "{'id':'re_1','status':'failed','amount':5}", NULL },
		{ "refund.failed", T, "{'id':'re_1','status':'failed','charge':'ch_1'}", NULL },
		{ "refund.failed", T, "{'status':'failed','charge':'ch_1','amount':5}", NULL },
		{ "charge.dispute.created", T, "{'charge':'ch_1','amount':5,'status':'lost'}", NULL },
		{ "charge.dispute.created", T, "{'id':'du_1','amount':5,'status':'lost'}", NULL },
		{ "charge.dispute.created", T, "{'id':'du_1','charge':'ch_1','status':'lost'}", NULL },
		{ "charge.dispute.created", T, DISPUTE("brand_new", "5"), NULL },
		{ "charge.dispute.created", T, "{'id':'du_1','charge':'ch_1','amount':5}", NULL },
	};

	(void)state;
	bought();
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		enum hk_err	v = tell(odd[i].type, odd[i].created, odd[i].object, "");

		if (v != HK_NEVER || reason[0] == '\0')
			fail_msg("%s: %s (%s)", odd[i].object, err_name(v), reason);
	}
}

int
main(void)
{
#define TEST(name)	cmocka_unit_test_setup_teardown(name, refund_setup, bench_teardown)
	const struct CMUnitTest	tests[] = {
		TEST(takes_back_in_proportion),
		TEST(what_is_spent_is_owed_or_waived),
		TEST(waits_for_its_payment),
		TEST(nonsense_is_parked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
