/* The audit finds each way the books can be wrong, and nothing in right ones. */
#include "fixture.h"

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
	assert_int_equal(checkout_put(&two, &s, user.id, true), HK_OK);
	two.event = 0;
	assert_int_equal(ledger_grant(&two, user.id, T_ADJUST, SPAN("cli:1"), 7, SPAN_NULL,
	    &fresh), HK_OK);
	commit();
	plant("PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON");
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

static const struct {
	const char	*name;
	const char	*sql;
	const char	*says[2];	/* parts of the findings; none: all is well */
} rows[] = {
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

static void
test_findings(void **state)
{
	size_t	i, j;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct heard	h = { "" };
		struct audit	a = { 0 };

		setup_books(NULL);
		plant(rows[i].sql);
		row_is(rows[i].name, audit_books(f.db, &a, hear, &h) == HK_OK);
		row_is(rows[i].name, (a.findings == 0) == (h.text[0] == '\0'));
		if ((a.findings == 0) != (rows[i].says[0] == NULL))
			fail_msg("%s: it said \"%s\"", rows[i].name, h.text);
		for (j = 0; j < 2 && rows[i].says[j] != NULL; j++)
			if (strstr(h.text, rows[i].says[j]) == NULL)
				fail_msg("%s: it said \"%s\"", rows[i].name, h.text);
		teardown(NULL);
	}
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
	    a.findings == 0);
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
		cmocka_unit_test_setup_teardown(test_counts, setup_books, teardown),
		cmocka_unit_test_setup_teardown(test_each_finding_counts, setup_books, teardown),
		cmocka_unit_test_setup_teardown(test_empty_books, setup, teardown),
	};

	return cmocka_run_group_tests_name("audit", tests, NULL, NULL);
}
