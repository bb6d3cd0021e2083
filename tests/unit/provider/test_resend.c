/* Resend's mails: each event a row of history, and who must not be written to. */
#include "bench.h"

#define MAIL(kind, more) "{\"type\":\"email." kind "\",\"created_at\":" \
			"\"2026-11-02T06:13:20.500Z\",\"data\":{\"email_id\":\"em-1\"," \
			"\"from\":\"Shop <shop@example.org>\",\"subject\":\"Hi \\u00e9\"," \
			"\"created_at\":\"2026-11-02 06:13:19.25+00\"" more "}}"
#define TO(list)	",\"to\":" list
#define BOUNCE(type)	",\"bounce\":{\"type\":\"" type "\",\"subType\":\"General\"," \
			"\"message\":\"no such box\"}"
#define ONE		TO("[\"Ann@Example.com\"]")
#define TWO		TO("[\"ann@example.com\",\"Bob <bob@example.com>\"]")

#define DETAIL		"SELECT kind || ': ' || COALESCE(detail, '-') FROM email_history"
#define SUPPRESSED	"SELECT COALESCE(group_concat(address || ' ' || reason, ', '), '')" \
			" FROM (SELECT * FROM suppression ORDER BY address)"

static const struct {
	const char	*phrase, *body, *history, *suppressed;
} rows[] = {
	{ "sent", MAIL("sent", ONE), "sent: -", "" },
	{ "scheduled", MAIL("scheduled", ONE), "scheduled: -", "" },
	{ "delivered", MAIL("delivered", ONE), "delivered: -", "" },
	{ "delayed", MAIL("delivery_delayed", ONE), "delivery_delayed: -", "" },
	{ "opened", MAIL("opened", ONE), "opened: -", "" },
	{ "clicked: on what", MAIL("clicked", ONE ",\"click\":{\"link\":\"https://x.example/\"}"),
	    "clicked: https://x.example/", "" },
	{ "failed: why", MAIL("failed", ONE ",\"failed\":{\"reason\":\"reached_daily_quota\"}"),
	    "failed: reached_daily_quota", "" },
	{ "suppressed: why", MAIL("suppressed", ONE ",\"suppressed\":{\"type\":\"Suppressed\","
	    "\"message\":\"known bad\"}"), "suppressed: known bad", "" },
	{ "bounced for good", MAIL("bounced", TWO BOUNCE("Permanent")),
	    "bounced: Permanent/General: no such box",
	    "ann@example.com bounce, bob@example.com bounce" },
	{ "bounced for now", MAIL("bounced", ONE BOUNCE("Transient")),
	    "bounced: Transient/General: no such box", "" },
	{ "bounced, nobody knows why", MAIL("bounced", ONE BOUNCE("Undetermined")),
	    "bounced: Undetermined/General: no such box", "" },
	{ "an old bounce that says nothing", MAIL("bounced", ONE), "bounced: -", "" },
	{ "a complaint", MAIL("complained", TWO), "complained: -",
	    "ann@example.com complaint, bob@example.com complaint" },
	{ "a complaint of one who is no list", MAIL("complained", TO("\"ann@example.com\"")),
	    "complained: -", "ann@example.com complaint" },
	{ "a complaint about nobody", MAIL("complained", TO("[]")), "complained: -", "" },
	{ "a complaint without addresses", MAIL("complained", ""), "complained: -", "" },
};

static void
keeps_the_history(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		wipe();
		if (happen(&provider_resend, span_str(rows[i].body)) != HK_OK)
			fail_msg("%s: %s", rows[i].phrase, reason);
		asks(rows[i].phrase, DETAIL, rows[i].history);
		asks(rows[i].phrase, SUPPRESSED, rows[i].suppressed);
	}
}

static void
knows_the_mail(void **state)
{
	(void)state;
	assert_int_equal(HK_OK, happen(&provider_resend, SPAN(MAIL("sent", TWO))));
	asks("who wrote", "SELECT sender || ', ' || subject FROM email",
	    "Shop <shop@example.org>, Hi \xc3\xa9");
	asks("to whom", "SELECT json_array_length(recipients) || json_extract(recipients, '$[0]')"
	    " FROM email", "2ann@example.com");
	asks("when it happened", "SELECT state_at FROM email", "1793600000500000");
	asks("when it was sent", "SELECT sent_at FROM email", "1793599999250000");

	wipe();
	assert_int_equal(HK_OK, happen(&provider_resend,
	    SPAN(MAIL("sent", TO("\"ann@example.com\"")))));
	asks("one who is no list", "SELECT recipients FROM email", "[\"ann@example.com\"]");
}

static void
a_mail_needs_its_id(void **state)
{
	(void)state;
	assert_int_equal(HK_NEVER, happen(&provider_resend, SPAN("{\"type\":\"email.sent\","
	    "\"created_at\":\"2026-11-02T06:13:20Z\",\"data\":{\"to\":[\"a@b.example\"]}}")));
	assert_non_null(strstr(reason, "data.email_id"));
	/* Mail that comes in is no mail of ours. */
	assert_null(provider_handler(&provider_resend, "email.received"));
}

int
main(void)
{
#define TEST(name)	cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)
	const struct CMUnitTest	tests[] = {
		TEST(keeps_the_history),
		TEST(knows_the_mail),
		TEST(a_mail_needs_its_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
