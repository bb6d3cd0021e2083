/* The audit finds each way the books can be wrong, and nothing in right ones. */
#include "fixture.h"

#include "books/payment.h"

/*
 * Somebody else bought 200, got a half back, lost a dispute over a tenth, and has
 * a period of 100 paid by an invoice.
 */
static void
more_books(const struct cause *c)
{
	static const char		 id[] = "01890000-0000-7000-8000-00000000000b";
	const struct owner		 owner = { "user", SPAN(id) };
	const struct span		 refs[] = { SPAN("pi_2"), SPAN("ch_2") };
	const struct refund_word	 refund = { SPAN("pi_2"), SPAN("ch_2"), 500, 1000, T0 };
	const struct dispute_word	 dispute = { SPAN("du_2"), SPAN("pi_2"), 100, 1000,
					    SPAN("lost"), T0 };
	const struct paid_period	 period = { "stripe", owner, SPAN("si_2"), T0, 100,
					    SPAN("in_2"), T0, SPAN_NULL };
	const struct invoice		 invoice = { .provider = "stripe", .ref = SPAN("in_2"),
					    .status = SPAN("paid"), .fulfilled = true,
					    .version_us = T0, .amount = 5 };
	int64_t				 moved;
	bool				 fresh;

	assert_int_equal(ledger_give(c, &owner, T_PURCHASE, SPAN("stripe:pi_2"), 200, SPAN_NULL,
	    &fresh), HK_OK);
	assert_int_equal(payment_granted(c, &owner, refs, 2, 1000, SPAN("stripe:pi_2")), HK_OK);
	assert_int_equal(payment_refunded(c, &refund, false, &moved), HK_OK);
	assert_int_equal(payment_disputed(c, &dispute, false, &moved), HK_OK);
	assert_int_equal(period_grant(c, &period, &moved), HK_OK);
	assert_int_equal(invoice_put(c, &invoice), HK_OK);
}

/* Good books: a user with a bonus of 40 (event 1) and a purchase of 500 (event 2). */
static int
setup_books(void **state)
{
	struct cause		one, two;
	struct clerk_user	u = { .clerk_id = SPAN("user_1"), .updated_us = T0 };
	struct checkout		s = {
		.session = SPAN("cs_1"), .mode = SPAN("payment"), .payment_status = SPAN("paid"),
		.payment_intent = SPAN("pi_1"), .amount_total = 500, .occurred_us = T0,
	};
	struct user		user;
	bool			fresh;

	setup(state);
	events(3);
	one = (struct cause){ f.db, 1, T0 };
	two = (struct cause){ f.db, 2, T0 };
	begin();
	assert_int_equal(user_put(&one, &u, 40, &user), HK_OK);
	assert_int_equal(ledger_grant(&two, user.id, T_PURCHASE, SPAN("stripe:pi_1"), 500,
	    SPAN_NULL, &fresh), HK_OK);
	assert_int_equal(payment_granted(&two, &(struct owner){ "user", span_str(user.id) },
	    &s.payment_intent, 1, 500, SPAN("stripe:pi_1")), HK_OK);
	assert_int_equal(checkout_put(&two, &s, user.id, true), HK_OK);
	two.event = 0;
	assert_int_equal(ledger_grant(&two, user.id, T_ADJUST, SPAN("cli:1"), 7, SPAN_NULL,
	    &fresh), HK_OK);
	commit();
	plant("PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON");
	return 0;
}

/* The same, and more_books() by event 2. */
static int
setup_more(void **state)
{
	struct cause	c;

	setup_books(state);
	c = (struct cause){ f.db, 2, T0 };
	plant("INSERT INTO site_user (id, created_at, updated_at)"
	    " VALUES ('01890000-0000-7000-8000-00000000000b', 0, 0)");
	begin();
	more_books(&c);
	commit();
	return 0;
}

struct heard {
	char	text[2048];
};

static void
hear(void *ctx, const char *finding)
{
	struct heard	*h = ctx;
	size_t		 n = strlen(h->text);

	snprintf(h->text + n, sizeof(h->text) - n, "%s\n", finding);
}

#define USERS	"(SELECT id FROM account WHERE owner_kind = 'user')"
#define SYS(k)	"(SELECT id FROM account WHERE owner = '" k "')"

struct finding {
	const char	*name;
	const char	*sql;
	const char	*says[2];	/* parts of the findings; none: all is well */
};

static const struct finding rows[] = {
	{ "nothing", "SELECT 1", { NULL } },
	{ "a balance too high", "UPDATE account SET balance = 548 WHERE owner_kind = 'user'",
	    { "all accounts together hold 1 credits instead of 0",
	      "cached balance 548, its transfers sum to 547" } },
	{ "two balances that cancel out",
	    "UPDATE account SET balance = balance + 3 WHERE owner_kind = 'user';"
	    "UPDATE account SET balance = balance - 3 WHERE owner = 'purchase'",
	    { "(system purchase): cached balance -503, its transfers sum to -500",
	      "cached balance 550, its transfers sum to 547" } },
	{ "a transfer that vanished", "DELETE FROM transfer WHERE kind = 'purchase'",
	    { "cached balance 547, its transfers sum to 47" } },
	{ "an amount changed", "UPDATE transfer SET amount = 5000 WHERE kind = 'purchase'",
	    { "cached balance 547, its transfers sum to 5047" } },
	{ "a grant without an event", "UPDATE transfer SET event = NULL WHERE kind = 'purchase'",
	    { "(purchase of 500, key stripe:pi_1) names no event" } },
	{ "a grant by an event nobody stored",
	    "UPDATE transfer SET event = 99 WHERE kind = 'purchase'",
	    { "names event 99, which is not stored" } },
	{ "a grant by an event never verified", "UPDATE event SET verified = 0 WHERE id = 1",
	    { "(signup_bonus of 40, key clerk:user_1:signup_bonus) names event 1, whose"
	      " signature was never verified" } },
	{ "a grant by an event of the wrong mode",
	    "UPDATE event SET outcome = 'ignored' WHERE id = 2",
	    { "names event 2, which was never handled but is ignored" } },
	{ "a grant by an event that failed",
	    "UPDATE event SET outcome = NULL, status = 'failed' WHERE id = 2",
	    { "names event 2, which was never handled but is failed" } },
	{ "a grant by an event that is being replayed",
	    "UPDATE event SET outcome = NULL, status = 'pending' WHERE id = 2;"
	    "INSERT INTO attempt (event, started_at, duration_us, result)"
	    " VALUES (2, 0, 0, 'handled')", { NULL } },
	{ "an adjustment by an event never verified",
	    "UPDATE event SET verified = 0 WHERE id = 3;"
	    "UPDATE transfer SET event = 3 WHERE kind = 'adjust'",
	    { "(adjust of 7, key cli:1) names event 3" } },
	{ "a paid checkout not granted", "UPDATE checkout SET fulfilled_at = NULL",
	    { "checkout session cs_1 is paid by event 2, but its credits were never granted" } },
	{ "a free checkout not granted",
	    "UPDATE checkout SET fulfilled_at = NULL, payment_status = 'no_payment_required'",
	    { "checkout session cs_1 is no_payment_required" } },
	{ "an unpaid checkout", "UPDATE checkout SET fulfilled_at = NULL,"
	    " payment_status = 'unpaid'", { NULL } },
	{ "a subscription's checkout", "UPDATE checkout SET fulfilled_at = NULL,"
	    " mode = 'subscription'", { NULL } },
	{ "a paid checkout still at work", "UPDATE checkout SET fulfilled_at = NULL, event = 3;"
	    " UPDATE event SET status = 'pending', outcome = NULL WHERE id = 3", { NULL } },
	{ "a second bonus", "INSERT INTO transfer (kind, business_key, debit, credit, amount,"
	    " event, created_at) VALUES ('signup_bonus', 'x', " SYS("signup_bonus") ", " USERS
	    ", 40, 3, 0); UPDATE account SET balance = balance + 40 WHERE owner_kind = 'user';"
	    " UPDATE account SET balance = balance - 40 WHERE owner = 'signup_bonus'",
	    { "got 2 signup bonuses" } },
	{ "a purchase out of the bonus account",
	    "UPDATE transfer SET kind = 'purchase' WHERE kind = 'signup_bonus'",
	    { "key clerk:user_1:signup_bonus) goes from account 1 to account 2, which a purchase"
	      " never does" } },
	{ "a purchase that takes", "UPDATE transfer SET debit = credit, credit = debit"
	    " WHERE kind = 'purchase'", { "which a purchase never does" } },
	{ "a burn that takes, by a program", "UPDATE account SET owner = 'burn', balance = 7"
	    " WHERE owner = 'adjust'; UPDATE account SET balance = 533 WHERE owner_kind = 'user';"
	    " UPDATE transfer SET kind = 'burn', debit = credit, credit = debit"
	    " WHERE kind = 'adjust'", { NULL } },
	{ "a transfer to nowhere", "UPDATE transfer SET credit = 77 WHERE kind = 'purchase'",
	    { "to account 77, which a purchase never does" } },
	{ "an account of nobody", "UPDATE account SET owner = 'nobody' WHERE owner_kind = 'user'",
	    { "belongs to user nobody, who does not exist" } },
	{ "a deleted user's credits", "UPDATE site_user SET deleted_at = 1", { NULL } },
};

/* The same over more_books(). */
static const struct finding more_rows[] = {
	{ "nothing", "SELECT 1", { NULL } },
	{ "a payment that grants too much", "UPDATE payment SET granted = 201 WHERE ref = 'pi_2'",
	    { "payment pi_2 granted 201 credits, its shares sum to 200" } },
	{ "a payment that owes too little", "UPDATE payment SET owed = 100 WHERE ref = 'pi_2'",
	    { "payment pi_2 owes 100 credits, by its refunds and disputes it is 120" } },
	{ "a payment that gave back too little",
	    "UPDATE payment SET taken = 100 WHERE ref = 'pi_2'",
	    { "payment pi_2 gave back 100 credits, its transfers sum to 120" } },
	{ "a refund that nothing followed from", "UPDATE refund SET refunded = 1000",
	    { "payment pi_2 owes 120 credits, by its refunds and disputes it is 200" } },
	{ "a dispute won behind our back", "UPDATE dispute SET status = 'won', holds = 0",
	    { "payment pi_2 owes 120 credits, by its refunds and disputes it is 100" } },
	{ "a purchase of no payment", "UPDATE payment SET ref = 'pi_x' WHERE ref = 'pi_1'",
	    { "key stripe:pi_1) belongs to no payment, so no refund will",
	    "payment pi_x granted 500 credits, its shares sum to 0" } },
	{ "a purchase by another of its names", "UPDATE payment SET ref = 'pi_x'"
	    " WHERE ref = 'pi_1'; INSERT INTO payment_alias SELECT 'pi_1', id FROM payment"
	    " WHERE ref = 'pi_x'", { NULL } },
	{ "a refund of no payment", "DELETE FROM payment_taking WHERE business_key LIKE '%ch_2%'",
	    { "key stripe:ch_2:refunded:500) belongs to no payment" } },
	{ "a period that says too much", "UPDATE period_grant SET credits = 150",
	    { "the period of si_2 from 1700000000 granted 150 credits to user", "all periods" } },
	{ "a period of another user", "UPDATE period_grant SET owner = 'x'",
	    { "to user x, its transfers 0" } },
	{ "a transfer of no period", "DELETE FROM period_grant; DELETE FROM period_share;"
	    " UPDATE payment SET granted = 0 WHERE ref = 'in_2'",
	    { "all periods together granted 0 credits, transfers of kind subscription moved 100" } },
	{ "a paid invoice not granted", "UPDATE invoice SET fulfilled_at = NULL",
	    { "invoice in_2 (stripe) is paid by event 2, but what it is worth was never" } },
	{ "an invoice that is open", "UPDATE invoice SET fulfilled_at = NULL, status = 'open'",
	    { NULL } },
	{ "a refund that gives", "UPDATE transfer SET debit = credit, credit = debit"
	    " WHERE kind = 'refund'", { "which a refund never does" } },
	{ "a refund by no event", "UPDATE transfer SET event = NULL WHERE kind = 'refund'",
	    { "key stripe:ch_2:refunded:500) names no event" } },
};

static void
each_is_found(const struct finding *r, size_t n, int (*prepare)(void **))
{
	size_t	i, j;

	for (i = 0; i < n; i++) {
		struct heard	h = { "" };
		struct audit	a = { 0 };

		prepare(NULL);
		plant(r[i].sql);
		row_is(r[i].name, audit_books(f.db, &a, hear, &h) == HK_OK);
		row_is(r[i].name, (a.findings == 0) == (h.text[0] == '\0'));
		if ((a.findings == 0) != (r[i].says[0] == NULL))
			fail_msg("%s: it said \"%s\"", r[i].name, h.text);
		for (j = 0; j < 2 && r[i].says[j] != NULL; j++)
			if (strstr(h.text, r[i].says[j]) == NULL)
				fail_msg("%s: it said \"%s\"", r[i].name, h.text);
		teardown(NULL);
	}
}

static void
test_findings(void **state)
{
	(void)state;
	each_is_found(rows, sizeof(rows) / sizeof(rows[0]), setup_books);
}

static void
test_findings_of_payments(void **state)
{
	(void)state;
	each_is_found(more_rows, sizeof(more_rows) / sizeof(more_rows[0]), setup_more);
}

static void
test_counts(void **state)
{
	struct heard	h = { "" };
	struct audit	a = { 0 };

	(void)state;
	plant("INSERT INTO site_user (id, created_at, updated_at, deleted_at)"
	    " VALUES ('01890000-0000-7000-8000-000000000001', 0, 0, 1)");
	assert_int_equal(audit_books(f.db, &a, hear, &h), HK_OK);
	assert_string_equal(h.text, "");
	assert_true(a.accounts == 4 && a.transfers == 3 && a.grants == 3 && a.users == 1 &&
	    a.payments == 1 && a.periods == 0 && a.findings == 0);
}

static void
test_each_finding_counts(void **state)
{
	struct heard	h = { "" };
	struct audit	a = { 0 };

	(void)state;
	plant("UPDATE event SET verified = 0; UPDATE checkout SET fulfilled_at = NULL");
	assert_int_equal(audit_books(f.db, &a, hear, &h), HK_OK);
	assert_true(a.findings == 3);
}

static void
test_empty_books(void **state)
{
	struct heard	h = { "" };
	struct audit	a = { .findings = 9 };

	(void)state;
	assert_int_equal(audit_books(f.db, &a, hear, &h), HK_OK);
	assert_true(a.findings == 0 && a.accounts == 0);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_findings),
		cmocka_unit_test(test_findings_of_payments),
		cmocka_unit_test_setup_teardown(test_counts, setup_books, teardown),
		cmocka_unit_test_setup_teardown(test_each_finding_counts, setup_books, teardown),
		cmocka_unit_test_setup_teardown(test_empty_books, setup, teardown),
	};

	return cmocka_run_group_tests_name("audit", tests, NULL, NULL);
}
