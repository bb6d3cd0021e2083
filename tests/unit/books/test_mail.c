/* A mail's state follows from its history, whatever order the history arrives in. */
#include "fixture.h"

struct told {
	const char	*kind;
	int64_t		 at;
};

static enum hk_err
tell(int64_t event, struct told t)
{
	struct cause		c = { f.db, event, T0 };
	struct mail_event	m = {
		.email_id = SPAN("em_1"), .sender = SPAN("Shop <shop@example.com>"),
		.subject = SPAN("Hello"), .recipients = SPAN("[\"a@x\"]"), .kind = t.kind,
		.occurred_us = t.at, .sent_us = T0,
	};

	return mail_event_put(&c, &m);
}

static const char *
state_now(void)
{
	return ask("SELECT state || ' ' || state_at || ' ' || opens || ' ' || clicks FROM email");
}

static void
test_any_order(void **state)
{
	static const struct {
		const char	*name;
		struct told	 told[4];
		const char	*want;	/* state, time, opens, clicks */
	} rows[] = {
		{ "a mail that is read",
		    { { "sent", 1 }, { "delivered", 2 }, { "opened", 3 }, { "clicked", 4 } },
		    "clicked 4 1 1" },
		{ "all in one moment",
		    { { "clicked", 1 }, { "opened", 1 }, { "delivered", 1 }, { "sent", 1 } },
		    "clicked 1 1 1" },
		{ "opened twice more after the click",
		    { { "clicked", 4 }, { "opened", 3 }, { "opened", 5 }, { "opened", 6 } },
		    "opened 6 3 1" },
		{ "an open never hides a bounce",
		    { { "sent", 1 }, { "bounced", 2 }, { "opened", 3 }, { "clicked", 4 } },
		    "bounced 2 1 1" },
		{ "nor a complaint, and neither does its bounce",
		    { { "delivered", 1 }, { "complained", 3 }, { "bounced", 2 }, { "opened", 9 } },
		    "complained 3 1 0" },
		{ "bounced for one, later delivered to another and opened",
		    { { "bounced", 1 }, { "delivered", 2 }, { "opened", 3 }, { "sent", 0 } },
		    "delivered 2 1 0" },
		{ "delayed, then there",
		    { { "scheduled", 1 }, { "sent", 2 }, { "delivery_delayed", 3 },
		    { "delivered", 4 } }, "delivered 4 0 0" },
		{ "never sent",
		    { { "scheduled", 1 }, { "failed", 2 }, { "suppressed", 2 }, { "scheduled", 1 } },
		    "suppressed 2 0 0" },
		{ "complained and bounced in one moment",
		    { { "bounced", 5 }, { "complained", 5 }, { "delivered", 4 }, { "sent", 3 } },
		    "complained 5 0 0" },
	};
	size_t	i;

	(void)state;
	events(4);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int	order[] = { 0, 1, 2, 3 }, j;

		do {
			wipe();
			begin();
			for (j = 0; j < 4; j++)
				row_is(rows[i].name, tell(order[j] + 1,
				    rows[i].told[order[j]]) == HK_OK);
			/* The last one is worked on again. */
			row_is(rows[i].name, tell(order[3] + 1, rows[i].told[order[3]]) == HK_OK);
			commit();
			if (strcmp(state_now(), rows[i].want) != 0)
				fail_msg("%s, order %d%d%d%d: %s", rows[i].name, order[0], order[1],
				    order[2], order[3], state_now());
			row_is(rows[i].name,
			    strcmp(ask("SELECT count(*) FROM email_history"), "4") == 0);
		} while (next_order(order, 4));
	}
}

static void
test_what_is_known_of_the_mail_is_kept(void **state)
{
	struct cause		c = { f.db, 1, T0 };
	struct mail_event	m = { .email_id = SPAN("em_1"), .kind = "opened",
		.detail = SPAN("https://example.com/"), .occurred_us = T0 };

	(void)state;
	events(3);
	begin();
	assert_int_equal(mail_event_put(&c, &m), HK_OK);
	assert_int_equal(tell(2, (struct told){ "sent", T0 }), HK_OK);
	c.event = 3;
	assert_int_equal(mail_event_put(&c, &m), HK_OK);
	m.kind = "evaporated";
	assert_int_equal(mail_event_put(&c, &m), HK_NEVER);
	commit();
	assert_string_equal(ask("SELECT sender || subject || recipients || sent_at FROM email"),
	    "Shop <shop@example.com>Hello[\"a@x\"]1700000000000000");
	assert_string_equal(ask("SELECT group_concat(kind || coalesce(detail, '-'))"
	    " FROM email_history"), "openedhttps://example.com/,sent-,openedhttps://example.com/");
}

static void
test_suppress(void **state)
{
	static const struct {
		const char	*name, *address, *reason;
		enum hk_err	 want;
		const char	*rows;	/* afterwards */
	} rows[] = {
		{ "a bounce",		"A@Example.com",	"bounce",	HK_OK,
		    "a@example.com bounce" },
		{ "the first reason stays", "a@example.COM",	"complaint",	HK_OK,
		    "a@example.com bounce" },
		{ "inside a name",	"Ada <A@example.com> ",	"bounce",	HK_OK,
		    "a@example.com bounce" },
		{ "no address",		" ",			"bounce",	HK_NEVER,
		    "a@example.com bounce" },
		{ "none in brackets",	"Ada <>",		"bounce",	HK_NEVER,
		    "a@example.com bounce" },
		{ "a complaint",	"b@example.com",	"complaint",	HK_OK,
		    "a@example.com bounce,b@example.com complaint" },
	};
	size_t	i;

	(void)state;
	events(1);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cause	c = { f.db, 1, T0 };

		begin();
		row_is(rows[i].name, mail_suppress(&c, span_str(rows[i].address),
		    rows[i].reason) == rows[i].want);
		commit();
		row_is(rows[i].name, strcmp(ask("SELECT group_concat(address || ' ' || reason)"
		    " FROM (SELECT * FROM suppression ORDER BY address)"), rows[i].rows) == 0);
	}
}

/* Each address that a mail went to finds it; one that is let go can come back. */
static void
test_addresses(void **state)
{
	static const char *const	lists[] = {
		"[\"A@x.example\",\"Bob <B@x.example>\",\" \"]", "[\"a@x.example\"]", "[]", "no list", NULL,
	};
	struct cause			c = { f.db, 0, T0 };

	(void)state;
	events(6);
	begin();
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		struct mail_event	m = { .email_id = SPAN("em_1"), .kind = "sent",
			.recipients = span_str(lists[i]), .occurred_us = T0 };

		c.event = (int64_t)i + 1;
		assert_int_equal(mail_event_put(&c, &m), HK_OK);
	}
	assert_int_equal(mail_suppress(&c, SPAN("A@x.example"), "bounce"), HK_OK);
	assert_int_equal(mail_unsuppress(&c, SPAN("a@X.example")), HK_OK);
	assert_int_equal(mail_unsuppress(&c, SPAN("a@x.example")), HK_NOTFOUND);
	assert_int_equal(mail_suppress(&c, SPAN("a@x.example"), "complaint"), HK_OK);
	commit();
	assert_string_equal(ask("SELECT group_concat(address || created_at) FROM email_recipient"),
	    "a@x.example1700000000000000,b@x.example1700000000000000");
	assert_string_equal(ask("SELECT group_concat(reason) FROM suppression"), "complaint");
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test_setup_teardown(test_any_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_is_known_of_the_mail_is_kept,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(test_suppress, setup, teardown),
		cmocka_unit_test_setup_teardown(test_addresses, setup, teardown),
	};

	return cmocka_run_group_tests_name("mail", tests, NULL, NULL);
}
