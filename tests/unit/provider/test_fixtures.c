/* Every real shape we act on comes to a verdict that a person can read. */
#include "bench.h"
#include "shared.h"

static const struct provider	*sender;
static int			 verdicts[HK_ERR_COUNT];

static void
work(const char *path, struct span text)
{
	struct json	*root;
	const char	*type;
	enum hk_err	 e;

	assert_int_equal(HK_OK, json_parse(text, &root));
	type = provider_type(sender, json_text(root, "type"));
	json_free(root);
	if (type == NULL || provider_handler(sender, type) == NULL)
		return;
	e = happen(sender, text);
	verdicts[e]++;
	if (e != HK_OK && e != HK_SKIP && e != HK_WAIT && e != HK_NEVER)
		fail_msg("%s: %s (%s)", path, err_name(e), err_last());
	if (e != HK_OK && reason[0] == '\0')
		fail_msg("%s: %s without a reason", path, err_name(e));
}

static void
work_all(const struct provider *pv, const char *below)
{
	sender = pv;
	memset(verdicts, 0, sizeof(verdicts));
	assert_true(each_json(below, work) > 0);
}

static void
clerk_and_resend_fit(void **state)
{
	(void)state;
	shared_need("fixtures");
	work_all(&provider_clerk, "fixtures/clerk");
	assert_true(verdicts[HK_OK] > 0);
	assert_int_equal(0, verdicts[HK_NEVER] + verdicts[HK_WAIT]);
	work_all(&provider_resend, "fixtures/resend");
	assert_true(verdicts[HK_OK] >= 12);
	assert_int_equal(0, verdicts[HK_NEVER] + verdicts[HK_WAIT]);
}

/* The fixtures' sessions are one and the same: paid by the user of Clerk's document. */
static void
one_session_is_one_purchase(void **state)
{
	struct cause	c = { f.db, 0, T0 };
	struct plan	usd = { PLAN_CURRENCY, SPAN("usd"), SPAN_NULL, 1, 100 };

	(void)state;
	shared_need("fixtures");
	begin();
	assert_int_equal(HK_OK, plan_set(&c, &usd));
	commit();
	work_all(&provider_stripe, "fixtures/stripe");
	assert_true(verdicts[HK_WAIT] > 0);
	asks("nobody there, nothing given", "SELECT count(*) FROM transfer", "0");

	work_all(&provider_clerk, "fixtures/clerk");
	work_all(&provider_stripe, "fixtures/stripe");
	work_all(&provider_stripe, "fixtures/stripe");
	assert_int_equal(0, verdicts[HK_WAIT] + verdicts[HK_NEVER]);
	asks("49.99 at one a dollar", "SELECT group_concat(business_key || ' ' || amount)"
	    " FROM transfer WHERE kind = 'purchase'", "stripe:pi_3PgafyB7WZ01zgkWSjxsAJo3 49");
	asks("the customer is known", "SELECT u.clerk_id FROM stripe_customer c"
	    " JOIN site_user u ON u.id = c.site_user", "user_29w83sxmDNGwOuEthce5gg56FcC");

	/* Captured in 2020: no user in it at all. */
	work_all(&provider_stripe, "fixtures/stripe/2020-08-27");
	assert_int_equal(1, verdicts[HK_NEVER]);
}

int
main(void)
{
#define TEST(name)	cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)
	const struct CMUnitTest	tests[] = {
		TEST(clerk_and_resend_fit),
		TEST(one_session_is_one_purchase),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
