/* Plans, subscriptions, mails and what an event caused, as the pages' documents tell them. */
#include "bed.h"
#include "admin/event_links.h"
#include "admin/money.h"
#include "books/books.h"
#include "outbox/message.h"

#define MIN_US	(60 * US_PER_S)

static int64_t
value(const char *path)
{
	int64_t	n = -1;

	(void)json_int(bed.doc, path, &n);
	return n;
}

static struct json *
row(const char *list, size_t i)
{
	return json_at(json_get(bed.doc, list), i);
}

static size_t
rows(const char *list)
{
	return json_len(json_get(bed.doc, list));
}

/* The text of a row's member. */
static const char *
says(const char *list, size_t i, const char *path)
{
	static char	text[256];

	snprintf(text, sizeof(text), "%.*s", SPAN_ARG(json_text(row(list, i), path)));
	return text;
}

static enum hk_err
post(visit_fn *fn, const char *form)
{
	bed_visit(ROLE_OPERATOR, "", form);
	return bed_run(fn);
}

/* ---- money ------------------------------------------------------------------------ */

static void
money_as_people_write_it(void **state)
{
	static const struct {
		const char	*phrase, *currency;
		int64_t		 amount;
		const char	*text;
	} table[] = {
		{ "two digits",			"usd",	1000,		"10.00 USD" },
		{ "less than one",		"eur",	7,		"0.07 EUR" },
		{ "none",			"jpy",	1000,		"1000 JPY" },
		{ "three",			"kwd",	1005,		"1.005 KWD" },
		{ "none any more, but still sent with two", "ugx", 500,	"5.00 UGX" },
		{ "one that nobody knows",	"xyz",	150,		"1.50 XYZ" },
		{ "back",			"usd",	-5,		"-0.05 USD" },
		{ "the least there is",		"usd",	INT64_MIN,	"-92233720368547758.08 USD" },
		{ "without a currency",		NULL,	250,		"250" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct buf	b;

		buf_init(&b, 1000);
		money_show(&b, table[i].amount, span_str(table[i].currency));
		if (!span_is(buf_span(&b), table[i].text))
			fail_msg("%s: %.*s", table[i].phrase, SPAN_ARG(buf_span(&b)));
		buf_release(&b);
	}
}

static void
examples_of_rates(void **state)
{
	static const struct {
		const char	*phrase, *currency;
		int64_t		 credits, per, amount, given;
	} table[] = {
		{ "a credit for a cent",	"usd", 1, 1, 1000, 1000 },
		{ "yen",			"jpy", 3, 5, 10, 6 },
		{ "fils",			"kwd", 2, 10, 10000, 2000 },
		{ "rounded down",		"usd", 1, 3, 1000, 333 },
		{ "a credit for a hundred",	"usd", 1, 10000, 10000, 1 },
		{ "a credit for very much",	"jpy", 1, 30000, 100000, 3 },
		{ "none at all",		"usd", 0, 1, 1000, 0 },
		{ "more than can be",		"usd", 1000000000000000, 1, 1000, 1000000000000000000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		int64_t	given = -1, amount;

		amount = money_example(span_str(table[i].currency), table[i].credits, table[i].per, &given);
		if (amount != table[i].amount || given != table[i].given)
			fail_msg("%s: %lld give %lld", table[i].phrase, (long long)amount, (long long)given);
	}
}

/* ---- plans -------------------------------------------------------------------------- */

static void
waiting_event(const char *id, const char *thing)
{
	char	sql[300];

	snprintf(sql, sizeof(sql), "INSERT INTO event (provider, event_id, status, waits_for, verified,"
	    " created_at) VALUES ('stripe', '%s', 'pending', '%s', 1, %lld)", id, thing,
	    (long long)(BED_NOW - MIN_US));
	bed_sql(sql);
}

static void
plans_and_what_waits(void **state)
{
	(void)state;
	waiting_event("a", "plan:price_123");
	waiting_event("b", "plan:price_123");
	waiting_event("c", "plan:price_123");
	waiting_event("d", "plan:<b>no plan</b>");
	waiting_event("e", "user:user_1");
	bed_sql("INSERT INTO plan VALUES ('price', 'price_1', 'One', 500, 1, 1, 1),"
	    " ('currency', 'usd', NULL, 1, 1, 1, 1), ('currency', 'jpy', NULL, 3, 5, 1, 1)");
	assert_int_equal(bed_get(page_plans, ROLE_VIEWER, ""), HK_OK);
	assert_int_equal(rows("rows"), 3);
	assert_string_equal(says("rows", 0, "ref"), "price_1");
	assert_string_equal(says("rows", 0, "kind"), "Stripe price");
	assert_string_equal(says("rows", 1, "example.money"), "10 JPY");
	assert_string_equal(says("rows", 2, "example.money"), "10.00 USD");
	assert_int_equal(rows("awaited"), 2);
	assert_string_equal(says("awaited", 0, "ref"), "price_123");
	assert_true(json_true(row("awaited", 0), "settable"));
	assert_false(json_true(row("awaited", 1), "settable"));
	assert_false(json_true(bed.doc, "form.change"));
	/* The form begins with what is stored, whatever case a currency is typed in. */
	assert_int_equal(bed_get(page_plans, ROLE_VIEWER, "ref=JPY"), HK_OK);
	assert_true(json_true(bed.doc, "form.change"));
	assert_string_equal(bed_text("form.per"), "5");
}

static void
a_plan_is_set_and_wakes(void **state)
{
	(void)state;
	waiting_event("a", "plan:price_123");
	waiting_event("b", "plan:price_123");
	assert_int_equal(post(act_plan_set, "ref=price_123&credits=1+000&name=Hundred"), HK_OK);
	assert_string_equal(bed.v.then, "/plans");
	assert_string_equal(bed.v.said, "plan_awaited");
	assert_int_equal(bed.v.said_n, 2);
	assert_int_equal(bed_ask("SELECT credits FROM plan WHERE match = 'price' AND ref = 'price_123'"), 1000);
	assert_int_equal(bed_ask("SELECT count(*) FROM event WHERE waits_for IS NULL AND next_attempt_at IS NOT NULL"), 2);
	assert_int_equal(bed_ask("SELECT count(*) FROM audit_log WHERE action = 'plan.set' AND subject = 'plan:price_123'"
	    " AND before IS NULL AND after LIKE '%1000%'"), 1);
	assert_int_equal(post(act_plan_set, "ref=price_123&credits=5&name=Five"), HK_OK);
	assert_string_equal(bed.v.said, "saved");
	assert_int_equal(bed_ask("SELECT count(*) FROM audit_log WHERE before LIKE '%1000%' AND after LIKE '%Five%'"), 1);
	assert_int_equal(post(act_plan_set, "ref=EUR&credits=3&per=100"), HK_OK);
	assert_int_equal(bed_ask("SELECT per FROM plan WHERE match = 'currency' AND ref = 'eur'"), 100);
	assert_int_equal(post(act_plan_remove, "ref=price_123"), HK_OK);
	assert_int_equal(bed_ask("SELECT count(*) FROM plan"), 1);
	assert_int_equal(bed_ask("SELECT count(*) FROM audit_log WHERE action = 'plan.rm' AND after IS NULL"
	    " AND before LIKE '%Five%'"), 1);
	assert_int_equal(post(act_plan_remove, "ref=price_123"), HK_NOTFOUND);
	assert_int_equal(post(act_plan_remove, "ref="), HK_NOTFOUND);
	assert_int_equal(bed_ask("SELECT count(*) FROM audit_log"), 4);
}

static void
what_is_wrong_is_said_where_it_was_typed(void **state)
{
	static const struct {
		const char	*phrase, *form, *where;
	} table[] = {
		{ "no plan's name",		"ref=prod_1&credits=5",			"form.wrong_ref" },
		{ "only the beginning",		"ref=price_&credits=5",			"form.wrong_ref" },
		{ "nothing typed",		"",					"form.wrong_ref" },
		{ "no credits",			"ref=price_1",				"form.wrong_credits" },
		{ "a fraction",			"ref=price_1&credits=1.5",		"form.wrong_credits" },
		{ "below zero",			"ref=price_1&credits=-1",		"form.wrong_credits" },
		{ "more than a transfer moves",	"ref=price_1&credits=1000000000000001",	"form.wrong_credits" },
		{ "digits without end",		"ref=price_1&credits=00000000000000000000000000001", "form.wrong_credits" },
		{ "a rate of nothing",		"ref=usd&credits=1&per=0",		"form.wrong_per" },
		{ "a rate of words",		"ref=usd&credits=1&per=all",		"form.wrong_per" },
		{ "a rate of a price",		"ref=price_1&credits=1&per=100",	"form.wrong_per" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (post(act_plan_set, table[i].form) != HK_OK)
			fail_msg("%s: %s", table[i].phrase, err_last());
		if (bed.v.status != 400 || bed.v.then != NULL || *bed_text(table[i].where) == '\0')
			fail_msg("%s: %d, says nothing at %s", table[i].phrase, bed.v.status, table[i].where);
	}
	assert_int_equal(bed_ask("SELECT count(*) FROM plan"), 0);
	assert_int_equal(bed_ask("SELECT count(*) FROM audit_log"), 0);
}

/* ---- subscriptions -------------------------------------------------------------------- */

static void
subscription(int64_t id, const char *provider, const char *status, const char *owner)
{
	char	sql[900];

	snprintf(sql, sizeof(sql), "INSERT INTO subscription (id, provider, ref, owner_kind, owner, status,"
	    " version_us, created_at, updated_at) VALUES (%lld, '%s', 'sub_%lld', %s, %s%s%s, '%s', 5, 1, 1);"
	    "INSERT INTO subscription_item (provider, ref, subscription, plan_ref, status, period_end, version_us)"
	    " VALUES ('%s', 'si_%lld', %lld, 'price_%lld', '%s', %lld, 5)", (long long)id, provider,
	    (long long)id, owner != NULL ? "'user'" : "NULL", owner != NULL ? "'" : "",
	    owner != NULL ? owner : "NULL", owner != NULL ? "'" : "", status, provider, (long long)id,
	    (long long)id, (long long)(id % 2), status, (long long)BED_NOW);
	bed_sql(sql);
}

#define ANN	"01990000-0000-7000-8000-000000000001"

static void
subscriptions_by_filter(void **state)
{
	static const struct {
		const char	*phrase, *query;
		size_t		 n;
	} table[] = {
		{ "all",			"",			6 },
		{ "as they count now",		"status=past_due",	2 },
		{ "and so not as they were",	"status=active",	2 },
		{ "of a provider",		"provider=clerk",	1 },
		{ "of a plan",			"plan=price_1",		3 },
		{ "of an owner",		"owner=" ANN,		2 },
		{ "by the owner's address",	"owner=ann%40example.com", 2 },
		{ "by Clerk's id",		"owner=user_ann",	2 },
		{ "of nobody",			"owner=user_bob",	0 },
		{ "two at once",		"owner=" ANN "&status=canceled", 1 },
	};

	(void)state;
	bed_sql("INSERT INTO site_user (id, clerk_id, email, created_at, updated_at) VALUES ('" ANN "',"
	    " 'user_ann', 'ann@example.com', 1, 1)");
	subscription(1, "stripe", "active", ANN);
	subscription(2, "stripe", "canceled", ANN);
	subscription(3, "clerk", "active", NULL);
	subscription(4, "stripe", "past_due", NULL);
	subscription(5, "stripe", "active", NULL);
	subscription(6, "stripe", "unpaid", NULL);
	bed_sql("UPDATE subscription SET failed_us = 9 WHERE id = 5");
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_int_equal(bed_get(page_subscriptions, ROLE_VIEWER, table[i].query), HK_OK);
		if (rows("rows") != table[i].n)
			fail_msg("%s: %zu", table[i].phrase, rows("rows"));
	}
	assert_int_equal(bed_get(page_subscriptions, ROLE_VIEWER, "status=lovely"), HK_SYNTAX);
	assert_int_equal(bed_get(page_subscriptions, ROLE_VIEWER, "provider=paypal"), HK_SYNTAX);
	assert_int_equal(bed_get(page_subscriptions, ROLE_VIEWER, "before=x"), HK_SYNTAX);
}

/* Down to the end and up again: each is seen once, in one order. */
static void
subscriptions_page_by_page(void **state)
{
	char	query[300] = "status=active";
	int64_t	last = INT64_MAX, seen = 0, at = 0;

	(void)state;
	for (int64_t id = 1; id <= 240; id++)
		subscription(id, "stripe", id % 2 ? "active" : "canceled", NULL);
	for (int pages = 0; *query != '\0'; pages++) {
		assert_true(pages < 5);
		assert_int_equal(bed_get(page_subscriptions, ROLE_VIEWER, query), HK_OK);
		for (size_t i = 0; i < rows("rows"); i++, seen++, last = at) {
			assert_true(json_int(row("rows", i), "id", &at));
			assert_true(at < last && at % 2 == 1);
		}
		snprintf(query, sizeof(query), "%s", bed_text("next"));
	}
	assert_int_equal(seen, 120);
	for (int pages = 0; bed_text("previous")[0] != '\0'; pages++) {
		assert_true(pages < 5);
		snprintf(query, sizeof(query), "%s", bed_text("previous"));
		assert_int_equal(bed_get(page_subscriptions, ROLE_VIEWER, query), HK_OK);
	}
	assert_true(json_int(row("rows", 0), "id", &at));
	assert_int_equal(at, 239);
}

static void
one_subscription_with_all_of_it(void **state)
{
	(void)state;
	bed_put(&(struct bed_event){ .event_id = "evt_1", .type = "invoice.paid" });
	subscription(7, "stripe", "active", NULL);
	bed_sql("INSERT INTO plan VALUES ('price', 'price_1', 'Basic', 1000, 1, 1, 1);"
	    "INSERT INTO period_grant VALUES ('stripe', 'si_7', 5, 'user', '" ANN "', 1000, 6);"
	    "INSERT INTO invoice VALUES ('stripe', 'in_7', 'sub_7', NULL, NULL, NULL, 'paid', 1000, 'jpy', 7, 7, 1, 7, 7);"
	    "INSERT INTO payment (id, ref, amount, granted, owed, taken, waives, created_at, updated_at)"
	    " VALUES (3, 'pi_7', 1000, 1000, 600, 500, 1, 1, 1);"
	    "INSERT INTO payment_alias VALUES ('in_7', 3);"
	    "INSERT INTO refund VALUES ('ch_7', 3, 250, 8, 1, 1, 1);"
	    "INSERT INTO refund_failed VALUES ('re_7', 'ch_7', 3, 50, 7, NULL, 1);"
	    "INSERT INTO dispute VALUES ('du_7', 3, 250, 'lost', 1, 9, 1, 1, 1)");
	bed_visit(ROLE_VIEWER, "", NULL);
	bed_route("/subscriptions/:id", "/subscriptions/7");
	assert_int_equal(bed_run(page_subscription), HK_OK);
	assert_string_equal(bed_text("subscription.plan"), "Basic");
	assert_string_equal(says("items", 0, "plan"), "Basic");
	assert_true(json_true(row("items", 0), "known"));
	assert_int_equal(rows("periods"), 1);
	assert_string_equal(says("invoices", 0, "amount"), "1000 JPY");
	assert_int_equal(rows("payments"), 1);
	assert_int_equal(json_len(json_get(row("payments", 0), "back")), 3);
	assert_string_equal(says("payments", 0, "ref"), "pi_7");
	assert_int_equal(json_len(json_get(bed.doc, "rows")), 1);
	{
		int64_t	missing = 0;

		assert_true(json_int(row("payments", 0), "missing", &missing));
		assert_int_equal(missing, 100);
	}
	bed_visit(ROLE_VIEWER, "", NULL);
	bed_route("/subscriptions/:id", "/subscriptions/8");
	assert_int_equal(bed_run(page_subscription), HK_NOTFOUND);
}

/* ---- mails --------------------------------------------------------------------------- */

static void
told(const char *id, const char *kind, const char *to, int64_t at)
{
	static int		n;
	char			event_id[32];
	struct cause		c = { .db = bed.db, .now = BED_NOW - MIN_US + at };
	struct mail_event	m = { .email_id = span_str(id), .sender = SPAN("Shop <shop@example.com>"),
				    .subject = SPAN("Hello"), .recipients = span_str(to), .kind = kind,
				    .occurred_us = BED_NOW - MIN_US + at };

	snprintf(event_id, sizeof(event_id), "evt_mail%d", ++n);
	c.event = bed_put(&(struct bed_event){ .provider = "resend", .event_id = event_id, .type = "email.sent" });
	assert_int_equal(db_begin(bed.db), HK_OK);
	assert_int_equal(mail_event_put(&c, &m), HK_OK);
	assert_int_equal(db_commit(bed.db), HK_OK);
}

static void
mails_by_state_and_address(void **state)
{
	static const struct {
		const char	*phrase, *query;
		size_t		 n;
	} table[] = {
		{ "all",				"", 3 },
		{ "of a state",				"state=bounced", 1 },
		{ "to an address, in any case",		"address=ANN%40example.com", 2 },
		{ "as one of several, with a name",	"address=bob%40example.com", 1 },
		{ "to an address, of a state",		"address=ann%40example.com&state=delivered", 1 },
		{ "to nobody",				"address=example.com", 0 },
	};

	(void)state;
	told("m1", "delivered", "[\"ann@example.com\"]", 1);
	told("m2", "bounced", "[\"ann@example.com\",\"Bob <Bob@Example.com>\"]", 2);
	told("m3", "opened", "[\"eve@example.com\"]", 3);
	told("m3", "opened", "[\"eve@example.com\"]", 4);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_int_equal(bed_get(page_mails, ROLE_VIEWER, table[i].query), HK_OK);
		if (rows("rows") != table[i].n)
			fail_msg("%s: %zu", table[i].phrase, rows("rows"));
	}
	assert_int_equal(bed_get(page_mails, ROLE_VIEWER, "state=lost"), HK_SYNTAX);
	assert_int_equal(bed_get(page_mails, ROLE_VIEWER, "before=12"), HK_SYNTAX);
	bed_visit(ROLE_VIEWER, "", NULL);
	bed_route("/mails/:id", "/mails/m3");
	assert_int_equal(bed_run(page_mail), HK_OK);
	assert_int_equal(value("mail.opens"), 2);
	assert_int_equal(rows("story"), 2);
	assert_int_equal(rows("recipients"), 1);
	bed_visit(ROLE_VIEWER, "", NULL);
	bed_route("/mails/:id", "/mails/m4");
	assert_int_equal(bed_run(page_mail), HK_NOTFOUND);
}

/* All of one moment, so that it is the id that orders them. */
static void
mails_page_by_page(void **state)
{
	static const char *const	filters[] = { "", "state=sent", "address=ann%40example.com" };

	(void)state;
	bed_sql("WITH RECURSIVE n (i) AS (VALUES (100) UNION ALL SELECT i + 1 FROM n WHERE i < 220)"
	    " INSERT INTO email (email_id, recipients, state, state_at, created_at)"
	    " SELECT 'mail-' || i, '[\"ann@example.com\"]', 'sent', 1, 7 FROM n;"
	    "INSERT INTO email_recipient SELECT 'ann@example.com', created_at, email_id FROM email");
	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
		char	query[300], last[32] = "z";
		size_t	seen = 0;

		snprintf(query, sizeof(query), "%s", filters[i]);
		do {
			assert_int_equal(bed_get(page_mails, ROLE_VIEWER, query), HK_OK);
			for (size_t k = 0; k < rows("rows"); k++, seen++) {
				assert_true(strcmp(says("rows", k, "email_id"), last) < 0);
				snprintf(last, sizeof(last), "%s", says("rows", k, "email_id"));
			}
			snprintf(query, sizeof(query), "%s", bed_text("next"));
		} while (*query != '\0' && seen < 200);
		assert_int_equal(seen, 121);
		for (int up = 0; bed_text("previous")[0] != '\0' && up < 5; up++) {
			snprintf(query, sizeof(query), "%s", bed_text("previous"));
			assert_int_equal(bed_get(page_mails, ROLE_VIEWER, query), HK_OK);
		}
		assert_string_equal(says("rows", 0, "email_id"), "mail-220");
	}
}

static void
a_suppression_is_lifted_once(void **state)
{
	(void)state;
	told("m1", "bounced", "[\"Ann@example.com\"]", 1);
	bed_sql("INSERT INTO suppression VALUES ('ann@example.com', 'bounce', 1, 5),"
	    " ('annabel@example.com', 'complaint', 1, 6), ('bob@example.com', 'bounce', 1, 7)");
	assert_int_equal(bed_get(page_suppressions, ROLE_VIEWER, ""), HK_OK);
	assert_int_equal(rows("rows"), 3);
	assert_string_equal(says("rows", 0, "address"), "bob@example.com");
	assert_int_equal(bed_get(page_suppressions, ROLE_VIEWER, "reason=complaint"), HK_OK);
	assert_int_equal(rows("rows"), 1);
	assert_int_equal(bed_get(page_suppressions, ROLE_VIEWER, "address=ANN"), HK_OK);
	assert_int_equal(rows("rows"), 2);
	bed_visit(ROLE_VIEWER, "", NULL);
	bed_route("/mails/:id", "/mails/m1");
	assert_int_equal(bed_run(page_mail), HK_OK);
	assert_string_equal(says("recipients", 0, "suppressed.reason"), "bounce");

	assert_int_equal(post(act_suppression_lift, "address=ANN%40example.com"), HK_OK);
	assert_int_equal(bed_ask("SELECT count(*) FROM suppression"), 2);
	assert_int_equal(bed_ask("SELECT count(*) FROM audit_log WHERE action = 'suppression.lift'"
	    " AND subject = 'suppression:ann@example.com' AND result = 'done' AND before LIKE '%bounce%'"), 1);
	assert_int_equal(post(act_suppression_lift, "address=ann%40example.com"), HK_NOTFOUND);
	assert_int_equal(post(act_suppression_lift, "address="), HK_SYNTAX);
	assert_int_equal(bed_ask("SELECT count(*) FROM audit_log"), 1);
}

/* ---- what an event caused ---------------------------------------------------------------- */

static void
messages_of_an_event(void **state)
{
	static const char	user[] = "{\"data\":{\"id\":\"user_ann\",\"object\":\"user\"},\"object\":\"event\","
				    "\"type\":\"user.created\"}";
	int64_t			id;

	(void)state;
	id = bed_put(&(struct bed_event){ .provider = "clerk", .event_id = "msg_1", .type = "user.created", .body = user });
	bed_put(&(struct bed_event){ .provider = "clerk", .event_id = "msg_2", .type = "user.updated", .skipped = "x" });
	bed_work();
	/* That of event 10 is not one of event 1. */
	bed_sql("INSERT INTO message (type, owner_kind, owner, payload, cause, created_at)"
	    " VALUES ('user.updated', 'user', 'x', '{}', 'event:10:x', 1)");
	bed_visit(ROLE_VIEWER, "", NULL);
	bed_route("/events/:id", id == 1 ? "/events/1" : "/events/2");
	assert_int_equal(bed_run(page_event), HK_OK);
	assert_int_equal((int64_t)rows("messages"), bed_ask("SELECT count(*) FROM message WHERE event = 1"));
	assert_true(rows("messages") > 0);
	assert_int_equal(value("messages_left_out"), 0);
	assert_string_equal(says("messages", 0, "type"), "user.created");
	assert_true(json_len(json_get(row("messages", 0), "tree")) > 0);
	assert_true(json_true(row("messages", 0), "owner.user"));
	/* The rows that it changed are linked. */
	assert_true(bed_says("\"href\":\"/users/"));
}

static void
rows_have_pages(void **state)
{
	static const struct {
		const char	*table, *key, *href;
	} table[] = {
		{ "site_user",		ANN,		"/users/" ANN },
		{ "account",		"5",		"/users/" ANN },
		{ "account",		"6",		"" },	/* an organization's */
		{ "transfer",		"1",		"/users/" ANN },
		{ "stripe_customer",	"cus_1",	"/users/" ANN },
		{ "subscription",	"7",		"/subscriptions/7" },
		{ "subscription_item",	"stripe si_7",	"/subscriptions/7" },
		{ "subscription_item",	"stripe si_8",	"" },
		{ "period_grant",	"stripe si_7 5", "/subscriptions/7" },
		{ "email",		"a/b <c>",	"/mails/a%2Fb%20%3Cc%3E" },
		{ "suppression",	"a@b&c",	"/suppressions?address=a%40b%26c" },
		{ "plan",		"price price_1", "/plans?ref=price_1" },
		{ "message",		"5",		"" },
		{ "no_table",		"5",		"" },
		{ "account",		"",		"" },
		{ "account",		"x",		"" },
	};

	(void)state;
	bed_sql("INSERT INTO site_user (id, created_at, updated_at) VALUES ('" ANN "', 1, 1);"
	    "INSERT INTO account (id, owner_kind, owner, created_at) VALUES (4, 'system', 'purchase', 1),"
	    " (5, 'user', '" ANN "', 1), (6, 'organization', 'org_1', 1);"
	    "INSERT INTO transfer (id, kind, business_key, debit, credit, amount, created_at)"
	    " VALUES (1, 'purchase', 'k', 4, 5, 9, 1);"
	    "INSERT INTO stripe_customer VALUES ('cus_1', '" ANN "', NULL, 1)");
	subscription(7, "stripe", "active", NULL);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct buf	b;

		buf_init(&b, 1000);
		assert_int_equal(event_link(bed.db, span_str(table[i].table), span_str(table[i].key), &b), HK_OK);
		if (!span_eq(buf_span(&b), span_str(table[i].href)))
			fail_msg("%s %s: %.*s", table[i].table, table[i].key, SPAN_ARG(buf_span(&b)));
		buf_release(&b);
	}
}

#define T(f)	cmocka_unit_test_setup_teardown(f, bed_setup, bed_teardown)

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(money_as_people_write_it),
		cmocka_unit_test(examples_of_rates),
		T(plans_and_what_waits),
		T(a_plan_is_set_and_wakes),
		T(what_is_wrong_is_said_where_it_was_typed),
		T(subscriptions_by_filter),
		T(subscriptions_page_by_page),
		T(one_subscription_with_all_of_it),
		T(mails_by_state_and_address),
		T(mails_page_by_page),
		T(a_suppression_is_lifted_once),
		T(messages_of_an_event),
		T(rows_have_pages),
	};

	return cmocka_run_group_tests_name("admin/money", tests, NULL, NULL);
}
