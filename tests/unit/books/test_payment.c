/* Refunds and disputes take what follows from them, in whatever order they come. */
#include "words.h"

#define USER	"01890000-0000-7000-8000-000000000001"
#define OTHER	"01890000-0000-7000-8000-000000000002"

enum what { NONE, GRANT, REFUND, FAILED, DISPUTE, NAMES, PERIOD };

struct word {
	enum what	 what;
	const char	*x, *y;		/* names; which, see tell() */
	int64_t		 n, of;
	int64_t		 at;		/* seconds */
};

static bool	floor_on;		/* negative_balance = floor */
static int64_t	burned;			/* right after each grant */

static const struct owner	user = { "user", SPAN(USER) };

static enum hk_err
grant(const struct cause *c, const struct word *w)
{
	const struct span	refs[] = { span_str(w->y), SPAN_NULL, span_str(w->x) };
	char			key[80];
	bool			fresh;
	int64_t			taken;
	enum hk_err		e;

	snprintf(key, sizeof(key), "stripe:%s", w->x);
	if ((e = ledger_give(c, &user, T_PURCHASE, span_str(key), w->n, SPAN_NULL,
	    &fresh)) != HK_OK ||
	    (e = payment_granted(c, &user, refs, 3, w->of, span_str(key))) != HK_OK ||
	    burned == 0 || !fresh)
		return e;
	return ledger_take(c, &user, T_BURN, span_str(w->x), burned, TAKE_ALL, SPAN_NULL, &taken,
	    &fresh);
}

static enum hk_err
tell(const struct cause *c, const void *word)
{
	const struct word		*w = word;
	const struct span		 names[] = { span_str(w->x), span_str(w->y) };
	const struct refund_word	 refund = { span_str(w->y), span_str(w->x), w->n, w->of,
					    US(w->at) };
	const struct refund_failed	 failed = { SPAN("pi_1"), span_str(w->y), span_str(w->x),
					    w->n, US(w->at) };
	const struct dispute_word	 dispute = { span_str(w->x), SPAN("pi_1"), w->n, w->of,
					    span_str(w->y), US(w->at) };
	const struct paid_period	 period = { "stripe", user, span_str(w->x), US(0), w->n,
					    span_str(w->y), US(w->at), SPAN_NULL };
	int64_t				 moved;

	switch (w->what) {
	case GRANT:	return grant(c, w);
	case REFUND:	return payment_refunded(c, &refund, floor_on, &moved);
	case FAILED:	return payment_refund_failed(c, &failed, floor_on, &moved);
	case DISPUTE:	return payment_disputed(c, &dispute, floor_on, &moved);
	case NAMES:	return payment_names(c, names, 2);
	case PERIOD:	return period_grant(c, &period, &moved);
	default:	fail_msg("no such word");
	}
	return HK_NEVER;
}

#define BUY	{ GRANT, "pi_1", "cs_1", 100, 1000, 0 }	/* 100 credits for 1000 */

static const struct row {
	const char	*name;
	struct word	 words[WORDS_MOST];
	int64_t		 balance;
	bool		 floor;
	int64_t		 burned;
} rows[] = {
	{ "bought and kept", { BUY }, 100, false, 0 },
	{ "two refunds, cumulative", { BUY, { REFUND, "ch_1", "pi_1", 200, 1000, 1 },
	    { REFUND, "ch_1", "pi_1", 500, 1000, 2 } }, 50, false, 0 },
	{ "two refunds in one second", { BUY, { REFUND, "ch_1", "pi_1", 200, 1000, 1 },
	    { REFUND, "ch_1", "pi_1", 500, 1000, 1 } }, 50, false, 0 },
	{ "a refund of all", { BUY, { REFUND, "ch_1", "pi_1", 1000, 1000, 1 } }, 0, false, 0 },
	{ "a share that is no whole credit is kept", { BUY,
	    { REFUND, "ch_1", "pi_1", 19, 1000, 1 } }, 99, false, 0 },
	{ "a refund by the charge alone, named later", { BUY,
	    { REFUND, "ch_1", "ch_1", 500, 1000, 1 }, { NAMES, "pi_1", "ch_1", 0, 0, 0 } },
	    50, false, 0 },
	{ "a free session's name, and its invoice's", { { GRANT, "cs_1", "in_1", 100, 1000, 0 },
	    { REFUND, "ch_1", "in_1", 500, 1000, 1 } }, 50, false, 0 },
	{ "two purchases that are one payment", { { GRANT, "pi_1", "", 100, 1000, 0 },
	    { GRANT, "in_1", "", 20, 1000, 0 }, { NAMES, "in_1", "pi_1", 0, 0, 0 },
	    { REFUND, "ch_1", "pi_1", 500, 1000, 1 } }, 60, false, 0 },
	{ "an amount that only the refund knows", { { GRANT, "pi_1", "cs_1", 100, -1, 0 },
	    { REFUND, "ch_1", "pi_1", 250, 1000, 1 } }, 75, false, 0 },
	{ "an amount that nobody knows", { { GRANT, "pi_1", "cs_1", 100, -1, 0 },
	    { DISPUTE, "du_1", "needs_response", 250, -1, 1 } }, 0, false, 0 },
	{ "a refund that failed", { BUY, { REFUND, "ch_1", "pi_1", 500, 1000, 1 },
	    { FAILED, "re_1", "ch_1", 500, 0, 2 } }, 100, false, 0 },
	{ "one that failed, and another after it", { BUY,
	    { REFUND, "ch_1", "pi_1", 500, 1000, 1 }, { FAILED, "re_1", "ch_1", 500, 0, 2 },
	    { REFUND, "ch_1", "pi_1", 300, 1000, 3 } }, 70, false, 0 },
	{ "the failed one told of again after the other", { BUY,
	    { REFUND, "ch_1", "pi_1", 500, 1000, 1 }, { FAILED, "re_1", "ch_1", 500, 0, 2 },
	    { REFUND, "ch_1", "pi_1", 300, 1000, 3 }, { FAILED, "re_1", "ch_1", 500, 0, 4 } },
	    70, false, 0 },
	{ "a dispute holds its part", { BUY, { DISPUTE, "du_1", "needs_response", 400, 1000, 1 },
	    { DISPUTE, "du_1", "under_review", 400, 1000, 2 } }, 60, false, 0 },
	{ "a dispute won", { BUY, { DISPUTE, "du_1", "needs_response", 1000, 1000, 1 },
	    { DISPUTE, "du_1", "under_review", 1000, 1000, 2 },
	    { DISPUTE, "du_1", "won", 1000, 1000, 3 } }, 100, false, 0 },
	{ "a dispute lost", { BUY, { DISPUTE, "du_1", "needs_response", 1000, 1000, 1 },
	    { DISPUTE, "du_1", "lost", 1000, 1000, 3 } }, 0, false, 0 },
	{ "opened and won in one second", { BUY,
	    { DISPUTE, "du_1", "needs_response", 1000, 1000, 1 },
	    { DISPUTE, "du_1", "won", 1000, 1000, 1 } }, 100, false, 0 },
	{ "lost, appealed and won", { BUY, { DISPUTE, "du_1", "lost", 1000, 1000, 1 },
	    { DISPUTE, "du_1", "appeal_under_review", 1000, 1000, 2 },
	    { DISPUTE, "du_1", "won", 1000, 1000, 3 } }, 100, false, 0 },
	{ "a warning holds nothing", { BUY,
	    { DISPUTE, "du_1", "warning_needs_response", 1000, 1000, 1 },
	    { DISPUTE, "du_1", "warning_closed", 1000, 1000, 2 } }, 100, false, 0 },
	{ "a prevented one holds nothing", { BUY,
	    { DISPUTE, "du_1", "prevented", 1000, 1000, 1 } }, 100, false, 0 },
	{ "refunds and a dispute won", { BUY, { REFUND, "ch_1", "pi_1", 200, 1000, 1 },
	    { REFUND, "ch_1", "pi_1", 500, 1000, 3 },
	    { DISPUTE, "du_1", "needs_response", 300, 1000, 2 },
	    { DISPUTE, "du_1", "won", 300, 1000, 4 } }, 50, false, 0 },
	{ "refunds and a dispute lost", { BUY, { REFUND, "ch_1", "pi_1", 200, 1000, 1 },
	    { DISPUTE, "du_1", "needs_response", 300, 1000, 2 },
	    { DISPUTE, "du_1", "lost", 300, 1000, 4 } }, 50, false, 0 },
	{ "refunded and disputed in full: never more than was granted", { BUY,
	    { REFUND, "ch_1", "pi_1", 1000, 1000, 1 },
	    { DISPUTE, "du_1", "lost", 1000, 1000, 2 } }, 0, false, 0 },
	{ "two disputes of one payment, one won", { BUY,
	    { DISPUTE, "du_1", "lost", 300, 1000, 1 },
	    { DISPUTE, "du_2", "needs_response", 200, 1000, 1 },
	    { DISPUTE, "du_2", "won", 200, 1000, 2 } }, 70, false, 0 },
	{ "used up, then refunded: below zero", { BUY,
	    { REFUND, "ch_1", "pi_1", 1000, 1000, 1 } }, -90, false, 90 },
	{ "used up, then refunded: waived", { BUY,
	    { REFUND, "ch_1", "pi_1", 1000, 1000, 1 } }, 0, true, 90 },
	{ "waived, and the dispute is won", { BUY, { REFUND, "ch_1", "pi_1", 50, 1000, 1 },
	    { DISPUTE, "du_1", "needs_response", 500, 1000, 2 },
	    { DISPUTE, "du_1", "won", 500, 1000, 3 } }, 5, true, 90 },
	{ "an invoice whose payment is told apart", {
	    { PERIOD, "si_1", "in_1", 100, 0, 0 }, { NAMES, "in_1", "pi_1", 0, 0, 0 },
	    { REFUND, "ch_1", "pi_1", 500, 1000, 1 } }, 50, false, 0 },
	{ "a better plan within the period", { { PERIOD, "si_1", "pi_1", 100, 0, 1 },
	    { PERIOD, "si_1", "pi_2", 250, 0, 2 } }, 250, false, 0 },
	{ "the better plan's payment refunded", { { PERIOD, "si_1", "pi_1", 100, 0, 1 },
	    { PERIOD, "si_1", "pi_2", 250, 0, 2 }, { REFUND, "ch_2", "pi_2", 600, 600, 3 } },
	    100, false, 0 },
	{ "the first plan's payment refunded", { { PERIOD, "si_1", "pi_1", 100, 0, 1 },
	    { PERIOD, "si_1", "pi_2", 250, 0, 2 }, { REFUND, "ch_1", "pi_1", 500, 1000, 3 } },
	    200, false, 0 },
	{ "a lesser plan later pays for nothing", { { PERIOD, "si_1", "pi_1", 250, 0, 1 },
	    { PERIOD, "si_1", "pi_2", 100, 0, 2 }, { REFUND, "ch_1", "pi_1", 500, 1000, 3 } },
	    125, false, 0 },
	{ "the period is told with its payment and without", { { PERIOD, "si_1", "", 100, 0, 1 },
	    { PERIOD, "si_1", "pi_1", 100, 0, 2 }, { REFUND, "ch_1", "pi_1", 500, 1000, 3 } },
	    50, false, 0 },
	{ "two items by one payment", { { PERIOD, "si_1", "pi_1", 100, 0, 1 },
	    { PERIOD, "si_2", "pi_1", 60, 0, 1 }, { REFUND, "ch_1", "pi_1", 500, 1000, 3 } },
	    80, false, 0 },
	{ "two charges of one invoice", { { PERIOD, "si_1", "in_1", 100, 0, 1 },
	    { NAMES, "in_1", "pi_1", 0, 0, 0 }, { NAMES, "in_1", "pi_2", 0, 0, 0 },
	    { REFUND, "ch_1", "pi_1", 100, 1000, 3 }, { REFUND, "ch_2", "pi_2", 200, 400, 3 } },
	    70, false, 0 },
};

static void
check_balance(const char *name, const void *ctx)
{
	const struct row	*row = ctx;
	int64_t			 balance = 0;

	row_is(name, ledger_balance_of(f.db, &user, &balance) == HK_OK);
	if (balance != row->balance)
		fail_msg("%s: the balance is %lld, not %lld", name, (long long)balance,
		    (long long)row->balance);
}

static void
people(void)
{
	plant("INSERT INTO site_user (id, created_at, updated_at) VALUES ('" USER "', 0, 0),"
	    " ('" OTHER "', 0, 0)");
}

static void
test_every_order_takes_the_same(void **state)
{
	(void)state;
	events(WORDS_MOST);
	people();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int	n = 0;

		while (n < WORDS_MOST && rows[i].words[n].what != NONE)
			n++;
		floor_on = rows[i].floor;
		burned = rows[i].burned;
		in_every_order(rows[i].name, tell, rows[i].words, sizeof(rows[i].words[0]), n,
		    check_balance, &rows[i]);
	}
	floor_on = false;
	burned = 0;
}

static enum hk_err
say(int event, struct word w)
{
	return tell_word(tell, &w, event);
}

static void
test_what_waits_is_woken_by_any_name(void **state)
{
	(void)state;
	events(4);
	people();
	plant("UPDATE event SET status = 'pending', outcome = NULL, next_attempt_at = 9e15,"
	    " waits_for = 'payment:' || CASE id WHEN 2 THEN 'pi_1' ELSE 'ch_1' END"
	    " WHERE id IN (2, 3)");
	begin();
	assert_int_equal(say(2, (struct word){ REFUND, "ch_1", "pi_1", 5, 10, 1 }), HK_WAIT);
	assert_non_null(strstr(err_last(), "pi_1"));
	/* Names alone grant nothing: still waiting. */
	assert_int_equal(say(4, (struct word){ NAMES, "pi_1", "ch_1", 0, 0, 0 }), HK_OK);
	assert_int_equal(say(2, (struct word){ REFUND, "ch_1", "pi_1", 5, 10, 1 }), HK_WAIT);
	commit();
	assert_string_equal(ask("SELECT count(*) FROM event WHERE waits_for IS NOT NULL"), "2");
	begin();
	assert_int_equal(say(1, (struct word)BUY), HK_OK);
	commit();
	assert_string_equal(ask("SELECT count(*) FROM event WHERE waits_for IS NOT NULL"), "0");
	assert_string_equal(ask("SELECT count(*) FROM event WHERE next_attempt_at < 9e15"
	    " AND status = 'pending'"), "2");
}

static void
test_stale_and_wrong_words(void **state)
{
	const struct owner	other = { "user", SPAN(OTHER) };
	const struct span	ref = SPAN("pi_1");
	struct cause		c = { f.db, 1, T0 };

	(void)state;
	events(4);
	people();
	begin();
	assert_int_equal(say(1, (struct word)BUY), HK_OK);
	assert_int_equal(say(2, (struct word){ REFUND, "ch_1", "pi_1", 500, 1000, 5 }), HK_OK);
	assert_int_equal(say(3, (struct word){ REFUND, "ch_1", "pi_1", 200, 1000, 4 }), HK_SKIP);
	assert_non_null(strstr(err_last(), "stale: charge ch_1"));
	assert_int_equal(say(3, (struct word){ REFUND, "ch_1", "pi_1", -1, 1000, 9 }), HK_NEVER);
	assert_int_equal(say(3, (struct word){ REFUND, "", "", 1, 1000, 9 }), HK_NEVER);
	assert_int_equal(say(3, (struct word){ DISPUTE, "du_1", "lost", 1, 1000, 9 }), HK_OK);
	assert_int_equal(say(4, (struct word){ DISPUTE, "du_1", "needs_response", 1, 1000, 8 }),
	    HK_SKIP);
	assert_non_null(strstr(err_last(), "stale: dispute du_1"));
	assert_int_equal(say(4, (struct word){ DISPUTE, "du_1", "mislaid", 1, 1000, 10 }),
	    HK_NEVER);
	assert_int_equal(payment_granted(&c, &other, &ref, 1, -1, SPAN_NULL), HK_NEVER);
	assert_non_null(strstr(err_last(), "identity mismatch"));
	assert_int_equal(payment_granted(&c, &user, &ref, 0, -1, SPAN_NULL), HK_NEVER);
	db_rollback(f.db);
}

static void
test_payments_of_two_owners_are_never_one(void **state)
{
	const struct owner	other = { "organization", SPAN("org_1") };
	const struct span	refs[] = { SPAN("in_1"), SPAN("pi_1") };
	struct cause		c = { f.db, 2, T0 };

	(void)state;
	events(2);
	people();
	begin();
	assert_int_equal(say(1, (struct word)BUY), HK_OK);
	assert_int_equal(payment_granted(&c, &other, refs, 1, 5, SPAN_NULL), HK_OK);
	assert_int_equal(payment_names(&c, refs, 2), HK_NEVER);
	assert_non_null(strstr(err_last(), "identity mismatch"));
	db_rollback(f.db);
}

/* What was waived is not taken from what is bought later. */
static void
test_waived_is_waived(void **state)
{
	bool	fresh;
	int64_t	balance;

	(void)state;
	events(4);
	people();
	floor_on = true;
	burned = 90;
	begin();
	assert_int_equal(say(1, (struct word)BUY), HK_OK);
	assert_int_equal(say(2, (struct word){ REFUND, "ch_1", "pi_1", 500, 1000, 1 }), HK_OK);
	assert_int_equal(ledger_balance(f.db, USER, &balance), HK_OK);
	assert_int_equal(balance, 0);
	assert_int_equal(ledger_grant(&(struct cause){ f.db, 0, T0 }, USER, T_ADJUST, SPAN("k"),
	    70, SPAN_NULL, &fresh), HK_OK);
	assert_int_equal(say(3, (struct word){ REFUND, "ch_1", "pi_1", 600, 1000, 2 }), HK_OK);
	assert_int_equal(ledger_balance(f.db, USER, &balance), HK_OK);
	assert_int_equal(balance, 60);
	audit_is_clean("waived");
	db_rollback(f.db);
	floor_on = false;
	burned = 0;
}

static void
test_what_the_rows_say(void **state)
{
	(void)state;
	events(6);
	people();
	begin();
	assert_int_equal(say(1, (struct word)BUY), HK_OK);
	assert_int_equal(say(2, (struct word){ REFUND, "ch_1", "pi_1", 500, 1000, 1 }), HK_OK);
	assert_int_equal(say(3, (struct word){ DISPUTE, "du_1", "lost", 200, 1000, 1 }), HK_OK);
	assert_int_equal(say(4, (struct word){ DISPUTE, "du_1", "won", 200, 1000, 2 }), HK_OK);
	assert_int_equal(say(5, (struct word){ DISPUTE, "du_1", "lost", 200, 1000, 3 }), HK_OK);
	commit();
	assert_string_equal(ask("SELECT group_concat(kind || ' ' || amount || ' ' || business_key"
	    " || ' ' || event, '; ') FROM transfer"),
	    "purchase 100 stripe:pi_1 1; refund 50 stripe:ch_1:refunded:500 2;"
	    " dispute 20 stripe:du_1:lost 3; reinstate 20 stripe:du_1:won 4;"
	    " dispute 20 stripe:du_1:lost:2 5");
	assert_string_equal(ask("SELECT ref || ' ' || granted || ' ' || amount || ' ' || owed"
	    " || ' ' || taken FROM payment"), "pi_1 100 1000 70 70");
	assert_string_equal(ask("SELECT group_concat(ref) FROM payment_alias"), "ch_1");
	assert_string_equal(ask("SELECT granted || ' ' || taken_back || ' ' || balance"
	    " FROM user_credits WHERE user_id = '" USER "'"), "100 70 30");
	assert_string_equal(ask("SELECT payload FROM message WHERE cause LIKE 'event:4:credits%'"),
	    "{\"owner_kind\":\"user\",\"owner\":\"" USER "\",\"amount\":20,\"balance\":50,"
	    "\"kind\":\"reinstate\",\"business_key\":\"stripe:du_1:won\"}");
}

/* The name that a person looks for does not depend on which came first. */
static void
test_the_best_name_is_the_title(void **state)
{
	static const char *const	orders[][3] = {
		{ "in_1", "pi_1", "ch_1" }, { "pi_1", "ch_1", "in_1" },
		{ "ch_1", "in_1", "pi_1" },
	};

	(void)state;
	events(4);
	people();
	for (size_t i = 0; i < 3; i++) {
		begin();
		assert_int_equal(say(1, (struct word){ PERIOD, "si_1", orders[i][0], 9, 0, 1 }),
		    HK_OK);
		assert_int_equal(say(2, (struct word){ NAMES, orders[i][0], orders[i][1], 0, 0,
		    0 }), HK_OK);
		assert_int_equal(say(3, (struct word){ NAMES, orders[i][2], orders[i][1], 0, 0,
		    0 }), HK_OK);
		commit();
		row_is(orders[i][0], strcmp(ask("SELECT group_concat(ref) FROM payment"),
		    "pi_1") == 0);
		plant("DELETE FROM message");
		plant("PRAGMA foreign_keys = OFF; DELETE FROM transfer; DELETE FROM account;"
		    " DELETE FROM payment; DELETE FROM payment_alias; DELETE FROM period_grant;"
		    " DELETE FROM period_share");
	}
}

static void
test_invoices(void **state)
{
	struct cause	c = { f.db, 1, T0 };
	struct invoice	paid = {
		.provider = "stripe", .ref = SPAN("in_1"), .owner = user, .status = SPAN("paid"),
		.currency = SPAN("usd"), .amount = 1000, .version_us = US(2),
	}, open = paid, done = paid;

	(void)state;
	events(3);
	open.status = SPAN("open");
	open.version_us = US(9);
	open.owner.kind = NULL;
	done.fulfilled = true;
	begin();
	assert_int_equal(invoice_put(&c, &paid), HK_OK);
	assert_int_equal(invoice_put(&c, &paid), HK_SKIP);
	c.event = 2;
	assert_int_equal(invoice_put(&c, &open), HK_SKIP);	/* paid is the last word */
	assert_non_null(strstr(err_last(), "last word"));
	c.event = 3;
	assert_int_equal(invoice_put(&c, &done), HK_OK);
	commit();
	assert_string_equal(ask("SELECT status || ' ' || event || ' ' || owner || ' '"
	    " || (fulfilled_at IS NOT NULL) FROM invoice"), "paid 1 " USER " 1");
	begin();
	c.event = 1;
	open.ref = paid.ref = SPAN("in_2");
	assert_int_equal(invoice_put(&c, &open), HK_OK);
	assert_int_equal(invoice_put(&c, &paid), HK_OK);	/* older, but paid */
	commit();
	assert_string_equal(ask("SELECT status || ' ' || owner FROM invoice WHERE ref = 'in_2'"),
	    "paid " USER);
}

/* Noted before anybody knew whose customer it is. */
static void
test_a_bill_of_nobody_gets_its_owner_with_the_link(void **state)
{
	struct cause	c = { f.db, 1, T0 };
	struct user	u = { .id = USER };
	struct invoice	bill = {
		.provider = "stripe", .ref = SPAN("in_1"), .customer = SPAN("cus_1"),
		.status = SPAN("uncollectible"), .amount = 1000, .version_us = US(2),
	}, other = bill;

	(void)state;
	events(2);
	plant("INSERT OR IGNORE INTO site_user (id, created_at, updated_at) VALUES ('" USER "', 0, 0)");
	other.ref = SPAN("in_2");
	other.customer = SPAN("cus_2");
	begin();
	assert_int_equal(invoice_put(&c, &bill), HK_OK);
	assert_int_equal(invoice_put(&c, &other), HK_OK);
	assert_int_equal(user_link(&c, &u, SPAN("cus_1")), HK_OK);
	commit();
	assert_string_equal(ask("SELECT owner_kind || ' ' || owner FROM invoice WHERE ref = 'in_1'"), "user " USER);
	assert_string_equal(ask("SELECT owner FROM invoice WHERE ref = 'in_2'"), "NULL");
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest	tests[] = {
		T(test_every_order_takes_the_same),
		T(test_what_waits_is_woken_by_any_name),
		T(test_stale_and_wrong_words),
		T(test_payments_of_two_owners_are_never_one),
		T(test_waived_is_waived),
		T(test_what_the_rows_say),
		T(test_the_best_name_is_the_title),
		T(test_invoices),
		T(test_a_bill_of_nobody_gets_its_owner_with_the_link),
	};

	return cmocka_run_group_tests_name("payment", tests, NULL, NULL);
}
