/* Checkout sessions: who gets how many credits, once. */
#include "bench.h"

#define ANN	"user_ann"
#define BOB	"user_bob"
#define DAN	"user_dan"	/* deleted */
#define OWN	"01890000-0000-7000-8000-00000000000e"	/* no Clerk id yet */
#define NONE	"01890000-0000-7000-8000-0000000000ff"	/* no user's */
#define DONE	"completed"
#define ASYNC	"async_payment_succeeded"

struct session {
	const char	*id, *mode, *paid, *intent, *customer, *ref, *link, *metadata, *currency;
	int64_t		 amount;
};

/* Text as JSON, NULL as null; "{" and digits are themselves. */
static const char *
lit(const char *s)
{
	static char	 out[16][256];
	static int	 turn;
	char		*to = out[turn++ % 16];

	if (s == NULL || s[0] == '{')
		return s == NULL ? "null" : s;
	snprintf(to, sizeof(out[0]), "\"%s\"", s);
	return to;
}

/* What is not said is as in a card payment of 19.00 by nobody. */
static enum hk_err
checkout(const char *what, struct session s)
{
	char	body[4096], amount[32] = "null";

	if (s.amount >= 0)
		snprintf(amount, sizeof(amount), "%lld", (long long)s.amount);
	snprintf(body, sizeof(body), "{\"id\":\"evt_1\",\"object\":\"event\","
	    "\"type\":\"checkout.session.%s\",\"created\":1793600000,\"livemode\":false,"
	    "\"data\":{\"object\":{\"id\":%s,\"object\":\"checkout.session\",\"mode\":%s,"
	    "\"payment_status\":%s,\"payment_intent\":%s,\"customer\":%s,"
	    "\"client_reference_id\":%s,\"payment_link\":%s,\"metadata\":%s,\"currency\":%s,"
	    "\"amount_total\":%s}}}", what, lit(s.id != NULL ? s.id : "cs_1"),
	    lit(s.mode != NULL ? s.mode : "payment"), lit(s.paid != NULL ? s.paid : "paid"),
	    lit(s.intent), lit(s.customer), lit(s.ref), lit(s.link),
	    s.metadata != NULL ? s.metadata : "{}",
	    lit(s.currency != NULL ? s.currency : "eur"), amount);
	return happen(&provider_stripe, span_str(body));
}

static void
sign_up(const char *clerk_id)
{
	struct cause		c = { f.db, 0, T0 };
	struct clerk_user	u = { .clerk_id = span_str(clerk_id), .updated_us = T0 };
	struct user		user;

	begin();
	assert_int_equal(HK_OK, user_put(&c, &u, 0, &user));
	commit();
}

static void
people(void)
{
	struct cause	c = { f.db, 0, T0 };
	struct user	bob;

	sign_up(ANN);
	sign_up(BOB);
	sign_up(DAN);
	begin();
	assert_int_equal(HK_OK, user_delete(&c, SPAN(DAN)));
	assert_int_equal(HK_OK, user_find(f.db, SPAN(BOB), &bob));
	assert_int_equal(HK_OK, user_link(&c, &bob, SPAN("cus_bob")));
	commit();
	plant("INSERT INTO site_user (id, created_at, updated_at) VALUES ('" OWN "', 0, 0)");
}

static void
plan(const char *ref, int64_t credits, int64_t per)
{
	struct cause	c = { f.db, 0, T0 };
	struct plan	p = { .ref = span_str(ref), .credits = credits, .per = per };

	assert_true(plan_match_of(p.ref, &p.match));
	begin();
	assert_int_equal(HK_OK, plan_set(&c, &p));
	commit();
}

/* Everybody's credits: "user_ann 200, user_bob 5". */
#define HOLDINGS "SELECT COALESCE(group_concat(who || ' ' || balance, ', '), '') FROM" \
	" (SELECT COALESCE(u.clerk_id, u.id) AS who, a.balance FROM account a" \
	" JOIN site_user u ON u.id = a.owner WHERE a.owner_kind = 'user' ORDER BY 1)"

static void
one_grant_in_any_order(void **state)
{
	static const struct {
		const char	*what, *paid;
	} told[] = {
		{ DONE, "unpaid" }, { ASYNC, "paid" }, { DONE, "unpaid" }, { ASYNC, "paid" },
	};
	int	order[] = { 0, 1, 2, 3 };

	(void)state;
	do {
		wipe();
		people();
		for (int i = 0; i < 4; i++) {
			assert_int_equal(HK_OK, checkout(told[order[i]].what, (struct session){
			    .paid = told[order[i]].paid, .intent = "pi_1", .ref = ANN,
			    .metadata = "{\"credits\":\"200\"}", .amount = 1900 }));
			if (told[order[i]].paid[0] == 'u')
				assert_non_null(strstr(reason, "delayed payment"));
		}
		asks("once", HOLDINGS, "user_ann 200");
		asks("the payment is the key", "SELECT business_key FROM transfer", "stripe:pi_1");
		asks("paid stays paid", "SELECT payment_status || (fulfilled_at IS NOT NULL)"
		    " FROM checkout", "paid1");
	} while (next_order(order, 4));
}

static void
unpaid_is_kept_but_grants_nothing(void **state)
{
	static const struct {
		const char	*phrase, *what, *reason;
	} rows[] = {
		{ "not paid yet", DONE, "delayed payment" },
		{ "the delayed payment failed", "async_payment_failed", "failed" },
		{ "the buyer went away", "expired", "expired" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		wipe();
		people();
		row_is(rows[i].phrase, checkout(rows[i].what, (struct session){ .paid = "unpaid",
		    .ref = ANN, .metadata = "{\"credits\":\"200\"}", .amount = 1900,
		    .intent = "pi_1", .customer = "cus_new" }) == HK_OK);
		if (strstr(reason, rows[i].reason) == NULL)
			fail_msg("%s: says \"%s\"", rows[i].phrase, reason);
		asks(rows[i].phrase, HOLDINGS, "");
		asks(rows[i].phrase, "SELECT payment_status || ' ' || amount_total || currency ||"
		    " customer || (fulfilled_at IS NULL) FROM checkout", "unpaid 1900eurcus_new1");
		asks(rows[i].phrase, "SELECT u.clerk_id FROM checkout c"
		    " JOIN site_user u ON u.id = c.site_user", ANN);
		/* Nobody known to buy: kept all the same, and nothing waits. */
		row_is(rows[i].phrase, checkout(rows[i].what, (struct session){ .id = "cs_2",
		    .paid = "unpaid", .ref = "user_stranger" }) == HK_OK);
		row_is(rows[i].phrase, waits_for[0] == '\0');
		asks(rows[i].phrase, "SELECT count(*) FROM checkout", "2");
	}
}

static const struct {
	const char	*phrase, *user_id, *ref, *customer;
	enum hk_err	 want;
	const char	*says;	/* HK_OK: who has the credits; else part of the reason */
} payers[] = {
	{ "metadata names a Clerk id", ANN, NULL, NULL, HK_OK, "user_ann 7" },
	{ "metadata names our id", OWN, NULL, NULL, HK_OK, OWN " 7" },
	{ "our id in capitals", "01890000-0000-7000-8000-00000000000E", NULL, NULL, HK_OK,
	    OWN " 7" },
	{ "the reference names a Clerk id", NULL, ANN, NULL, HK_OK, "user_ann 7" },
	{ "the reference names our id", NULL, OWN, NULL, HK_OK, OWN " 7" },
	{ "the customer is linked", NULL, NULL, "cus_bob", HK_OK, "user_bob 7" },
	{ "an expanded customer", NULL, NULL, "{\"id\":\"cus_bob\"}", HK_OK, "user_bob 7" },
	{ "all three agree", BOB, BOB, "cus_bob", HK_OK, "user_bob 7" },
	{ "an empty metadata.user_id is none", "", ANN, NULL, HK_OK, "user_ann 7" },
	{ "the reference is an order's number", NULL, "order-17", "cus_bob", HK_OK, "user_bob 7" },
	{ "the order's number is a UUID", ANN, NONE, NULL, HK_OK, "user_ann 7" },
	{ "the same beside a customer", NULL, NONE, "cus_bob", HK_OK, "user_bob 7" },
	{ "a new customer does not disagree", ANN, NULL, "cus_new", HK_OK, "user_ann 7" },

	{ "metadata against reference", ANN, BOB, NULL, HK_NEVER, "identity mismatch: " },
	{ "metadata against customer", ANN, NULL, "cus_bob", HK_NEVER, "identity mismatch: " },
	{ "reference against customer", NULL, ANN, "cus_bob", HK_NEVER, "identity mismatch: " },
	{ "two agree, the third does not", ANN, ANN, "cus_bob", HK_NEVER, "identity mismatch: " },
	{ "a stranger against a known one", "user_new", ANN, NULL, HK_NEVER,
	    "identity mismatch: " },
	{ "a known one against a stranger", ANN, "user_new", NULL, HK_NEVER,
	    "identity mismatch: " },
	{ "two strangers", "user_new", "user_other", NULL, HK_NEVER, "identity mismatch: " },
	{ "an unknown id of ours against a known one", NONE, ANN, NULL, HK_NEVER,
	    "identity mismatch: " },
	{ "the dead against the living", DAN, ANN, NULL, HK_NEVER, "identity mismatch: " },

	{ "nobody", NULL, NULL, NULL, HK_NEVER, "nobody is named" },
	{ "an order's number only", NULL, "order-17", NULL, HK_NEVER, "nobody is named" },
	{ "an e-mail address is no proof", NULL, "ann@example.com", NULL, HK_NEVER,
	    "nobody is named" },
	{ "metadata is no id", "17", ANN, NULL, HK_NEVER, "metadata invalid: user_id" },
	{ "the user was deleted", DAN, NULL, NULL, HK_NEVER, "user was deleted" },

	{ "not signed up yet", "user_new", NULL, NULL, HK_WAIT, "user:user_new" },
	{ "the reference is not signed up yet", NULL, "user_new", NULL, HK_WAIT, "user:user_new" },
	{ "a customer nobody linked yet", NULL, NULL, "cus_new", HK_WAIT, "user:cus_new" },
	{ "an unknown id of ours", "01890000-0000-7000-8000-0000000000FF", NULL, NULL, HK_WAIT,
	    "user:" NONE },
	{ "an unknown id of ours as reference", NULL, NONE, NULL, HK_WAIT, "user:" NONE },
	{ "a Clerk id that ours may still get", "user_new", OWN, NULL, HK_WAIT, "user:user_new" },
};

static void
finds_whose_it_is(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(payers) / sizeof(payers[0]); i++) {
		char		metadata[256] = "{\"credits\":\"7\"}";
		enum hk_err	e;

		wipe();
		people();
		if (payers[i].user_id != NULL)
			snprintf(metadata, sizeof(metadata),
			    "{\"credits\":\"7\",\"user_id\":\"%s\"}", payers[i].user_id);
		e = checkout(DONE, (struct session){ .ref = payers[i].ref, .intent = "pi_1",
		    .customer = payers[i].customer, .metadata = metadata, .amount = 1900 });
		if (e != payers[i].want)
			fail_msg("%s: %s (%s)", payers[i].phrase, err_name(e), reason);
		if (e == HK_OK)
			asks(payers[i].phrase, HOLDINGS, payers[i].says);
		else if (strstr(e == HK_WAIT ? waits_for : reason, payers[i].says) == NULL)
			fail_msg("%s: waits for \"%s\", \"%s\"", payers[i].phrase, waits_for, reason);
	}
}

static const struct {
	const char	*phrase;
	bool		 distrust;
	const char	*metadata, *link, *currency;
	int64_t		 amount;
	enum hk_err	 want;
	const char	*says;	/* HK_OK: holdings; else part of the reason */
} prices[] = {
	{ "metadata.credits", false, "{\"credits\":\"200\"}", NULL, "usd", 1900, HK_OK,
	    "user_ann 200" },
	{ "metadata.credits as a number", false, "{\"credits\":200}", NULL, "usd", 1900, HK_OK,
	    "user_ann 200" },
	{ "before any plan", false, "{\"credits\":\"200\",\"price_id\":\"price_a\"}", "plink_a",
	    "usd", 1900, HK_OK, "user_ann 200" },
	{ "the price's plan", false, "{\"price_id\":\"price_a\"}", "plink_a", "usd", 1900, HK_OK,
	    "user_ann 11" },
	{ "a price without plan", false, "{\"price_id\":\"price_x\"}", "plink_a", "usd", 1900,
	    HK_OK, "user_ann 13" },
	{ "the link's plan", false, NULL, "plink_a", "usd", 1900, HK_OK, "user_ann 13" },
	{ "the currency's rate", false, NULL, "plink_x", "usd", 1900, HK_OK, "user_ann 57" },
	{ "rounded down", false, NULL, NULL, "usd", 1999, HK_OK, "user_ann 59" },
	{ "a currency without cents", false, NULL, NULL, "jpy", 3000, HK_OK, "user_ann 30" },
	{ "more than 64 bits on the way", false, NULL, NULL, "xts", INT64_C(9000000000000000000),
	    HK_OK, "user_ann 9000000000000" },
	{ "an empty metadata.credits says nothing", false, "{\"credits\":\"\"}", NULL, "usd",
	    100, HK_OK, "user_ann 3" },
	{ "metadata is not trusted", true, "{\"credits\":\"200\"}", NULL, "usd", 1900, HK_OK,
	    "user_ann 57" },
	{ "wrong metadata, not trusted", true, "{\"credits\":\"x\"}", NULL, "usd", 1900, HK_OK,
	    "user_ann 57" },
	{ "not even one credit", false, NULL, NULL, "usd", 33, HK_OK, "" },
	{ "free", false, NULL, NULL, "usd", 0, HK_OK, "" },
	{ "a plan worth nothing", false, "{\"price_id\":\"price_0\"}", NULL, "usd", 1900, HK_OK,
	    "" },
	{ "the most there is", false, "{\"credits\":\"1000000000000000\"}", NULL, "usd", 1, HK_OK,
	    "user_ann 1000000000000000" },

	{ "letters behind", false, "{\"credits\":\"12abc\"}", NULL, "usd", 1900, HK_NEVER,
	    "metadata invalid: credits \"12abc\"" },
	{ "below zero", false, "{\"credits\":\"-5\"}", NULL, "usd", 1900, HK_NEVER,
	    "metadata invalid" },
	{ "zero", false, "{\"credits\":\"0\"}", NULL, "usd", 1900, HK_NEVER, "metadata invalid" },
	{ "a plus", false, "{\"credits\":\"+5\"}", NULL, "usd", 1900, HK_NEVER,
	    "metadata invalid" },
	{ "a fraction", false, "{\"credits\":\"1.5\"}", NULL, "usd", 1900, HK_NEVER,
	    "metadata invalid" },
	{ "a fraction as a number", false, "{\"credits\":1.5}", NULL, "usd", 1900, HK_NEVER,
	    "metadata invalid" },
	{ "a blank", false, "{\"credits\":\" 5\"}", NULL, "usd", 1900, HK_NEVER,
	    "metadata invalid" },
	{ "one more than the most", false, "{\"credits\":\"1000000000000001\"}", NULL, "usd",
	    1900, HK_NEVER, "metadata invalid" },
	{ "more than 64 bits", false, "{\"credits\":\"99999999999999999999\"}", NULL, "usd",
	    1900, HK_NEVER, "metadata invalid" },
	{ "a currency without rate", false, NULL, NULL, "gbp", 1900, HK_NEVER,
	    "no price rule" },
	{ "it says what to do", false, NULL, NULL, "gbp", 1900, HK_NEVER,
	    "hookkeeper plan set" },
	{ "no amount", false, NULL, NULL, "usd", -1, HK_NEVER, "no price rule" },
	{ "an amount beyond any ledger", false, NULL, NULL, "usd", INT64_C(9000000000000000000),
	    HK_NEVER, "price rule" },
};

static void
knows_what_it_is_worth(void **state)
{
	(void)state;
	plan("price_a", 11, 1);
	plan("price_0", 0, 1);
	plan("plink_a", 13, 1);
	plan("usd", 3, 100);
	plan("jpy", 1, 100);
	plan("xts", 1000000, 1000000000000);
	for (size_t i = 0; i < sizeof(prices) / sizeof(prices[0]); i++) {
		enum hk_err	e;

		wipe();
		people();
		settings.trust_metadata = !prices[i].distrust;
		e = checkout(DONE, (struct session){ .ref = ANN, .intent = "pi_1",
		    .metadata = prices[i].metadata, .link = prices[i].link,
		    .currency = prices[i].currency, .amount = prices[i].amount });
		if (e != prices[i].want)
			fail_msg("%s: %s (%s)", prices[i].phrase, err_name(e), reason);
		if (e == HK_OK) {
			asks(prices[i].phrase, HOLDINGS, prices[i].says);
			asks(prices[i].phrase, "SELECT fulfilled_at IS NOT NULL FROM checkout", "1");
		} else if (strstr(reason, prices[i].says) == NULL)
			fail_msg("%s: says \"%s\"", prices[i].phrase, reason);
	}
}

/* Paid before the user is known here: nothing is lost, nothing is doubled. */
static void
waits_for_its_user(void **state)
{
	const struct session	s = { .ref = "user_new", .customer = "cus_new",
				    .intent = "pi_1", .metadata = "{\"credits\":\"9\"}",
				    .amount = 1900 };

	(void)state;
	assert_int_equal(HK_WAIT, checkout(DONE, s));
	assert_string_equal("user:user_new", waits_for);
	asks("nothing yet", "SELECT count(*) FROM checkout", "0");
	sign_up("user_new");
	assert_int_equal(HK_OK, checkout(DONE, s));
	asks("now", HOLDINGS, "user_new 9");
}

/* The first proof links the customer, so a later payment needs no other. */
static void
remembers_the_customer(void **state)
{
	const char	*credits = "{\"credits\":\"9\"}";

	(void)state;
	people();
	assert_int_equal(HK_OK, checkout(DONE, (struct session){ .ref = ANN, .intent = "pi_1",
	    .customer = "cus_ann", .metadata = credits, .amount = 1900 }));
	assert_int_equal(HK_OK, checkout(DONE, (struct session){ .id = "cs_2",
	    .intent = "pi_2", .customer = "cus_ann", .metadata = credits, .amount = 1900 }));
	asks("twice", HOLDINGS, "user_ann 18");
	assert_int_equal(HK_NEVER, checkout(DONE, (struct session){ .id = "cs_3", .ref = BOB,
	    .intent = "pi_3", .customer = "cus_ann", .metadata = credits, .amount = 1900 }));
	asks("never another's", HOLDINGS, "user_ann 18");
}

static void
nothing_due_grants_by_session(void **state)
{
	const struct session	s = { .paid = "no_payment_required", .ref = ANN,
				    .metadata = "{\"credits\":\"5\"}" };

	(void)state;
	people();
	assert_int_equal(HK_OK, checkout(DONE, s));
	assert_int_equal(HK_OK, checkout(DONE, s));
	asks("once", HOLDINGS, "user_ann 5");
	asks("the session is the key", "SELECT business_key FROM transfer", "stripe:cs_1");
}

static void
a_subscription_grants_by_its_invoices(void **state)
{
	struct session	s = { .mode = "subscription", .ref = ANN, .customer = "cus_ann",
			    .metadata = "{\"credits\":\"5\"}", .amount = 1900 };

	(void)state;
	people();
	assert_int_equal(HK_OK, checkout(DONE, s));
	asks("no grant", HOLDINGS, "");
	asks("recorded", "SELECT mode || (fulfilled_at IS NULL) FROM checkout", "subscription1");
	asks("the invoices will find their user", "SELECT u.clerk_id FROM stripe_customer c"
	    " JOIN site_user u ON u.id = c.site_user WHERE customer = 'cus_ann'", ANN);

	s = (struct session){ .id = "cs_2", .mode = "subscription", .amount = 1900 };
	assert_int_equal(HK_OK, checkout(DONE, s));
	s = (struct session){ .id = "cs_3", .mode = "subscription", .ref = "user_new",
	    .customer = "cus_new", .amount = 1900 };
	assert_int_equal(HK_WAIT, checkout(DONE, s));
	assert_string_equal("user:user_new", waits_for);
	s = (struct session){ .id = "cs_4", .mode = "setup", .paid = "no_payment_required",
	    .ref = ANN, .metadata = "{\"credits\":\"5\"}", .amount = -1 };
	assert_int_equal(HK_OK, checkout(DONE, s));
	s = (struct session){ .id = "cs_5", .mode = "lease", .ref = ANN, .amount = 1900 };
	assert_int_equal(HK_NEVER, checkout(DONE, s));
	asks("no grant at all", HOLDINGS, "");
	asks("all others recorded", "SELECT count(*) FROM checkout", "3");
}

static void
a_session_needs_its_id(void **state)
{
	(void)state;
	assert_int_equal(HK_NEVER, checkout(DONE, (struct session){ .id = "{}", .ref = ANN }));
	assert_int_equal(HK_NEVER, happen(&provider_stripe, SPAN("{\"id\":\"evt_1\","
	    "\"object\":\"event\",\"type\":\"checkout.session.completed\",\"created\":1}")));
	assert_non_null(strstr(reason, "no id"));
}

/* ---- what we ship ------------------------------------------------------- */

static enum hk_err
sample(const struct provider *pv, const char *type)
{
	return happen(pv, provider_sample(pv, span_str(type)));
}

/* Every sample we handle, once forwards and once backwards, waiting ones again. */
static void
samples_give_correct_books(void **state)
{
	(void)state;
	for (int backwards = 0; backwards < 2; backwards++) {
		bool	waiting = false;

		wipe();
		plan("cplan_2BookwormSample000000000000", 60, 1);
		for (int round = 0; round == 0 || waiting; round++) {
			assert_true(round < 3);
			waiting = false;
			for (int p = 0; p < CONF_SENDERS; p++) {
				const struct provider	*pv =
				    providers[backwards ? p : CONF_SENDERS - 1 - p];

				for (const struct handler *h = pv->handlers; h->type != NULL; h++) {
					enum hk_err	e = sample(pv, h->type);

					if (e != HK_OK && e != HK_SKIP && e != HK_WAIT)
						fail_msg("%s: %s", h->type, reason);
					waiting |= e == HK_WAIT;
				}
			}
		}
		asks("bonus, two purchases, three periods", "SELECT group_concat(kind || ' ' || n)"
		    " FROM (SELECT kind, sum(amount) AS n FROM transfer WHERE kind IN"
		    " ('signup_bonus', 'purchase', 'subscription') GROUP BY kind ORDER BY kind)",
		    "purchase 700,signup_bonus 40,subscription 220");
		asks("a refund failed, a dispute was won", "SELECT balance FROM account"
		    " WHERE owner_kind = 'user'", "960");
		asks("one alive, one gone", "SELECT count(*) || ' ' || sum(deleted_at IS NOT NULL)"
		    " FROM site_user", "2 1");
		asks("the update came last", "SELECT username FROM site_user WHERE deleted_at IS NULL",
		    "nora_reads");
		asks("two may not be written to", "SELECT count(*) FROM suppression", "2");
	}
}

int
main(void)
{
#define TEST(name)	cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)
	const struct CMUnitTest	tests[] = {
		TEST(one_grant_in_any_order),
		TEST(unpaid_is_kept_but_grants_nothing),
		TEST(finds_whose_it_is),
		TEST(knows_what_it_is_worth),
		TEST(waits_for_its_user),
		TEST(remembers_the_customer),
		TEST(nothing_due_grants_by_session),
		TEST(a_subscription_grants_by_its_invoices),
		TEST(a_session_needs_its_id),
		TEST(samples_give_correct_books),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
