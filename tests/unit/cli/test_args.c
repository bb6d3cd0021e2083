/* Called wrongly, the command names the thing and the rule, and does nothing. */
#include "stage.h"

static void
wrong_arguments_are_refused_by_name(void **state)
{
	static const struct {
		const char	*line;
		int		 status;
		const char	*says, *rule;
	} row[] = {
		{ "",				64, "usage: hookkeeper", "help" },
		{ "frob",			64, "'frob'", "help lists them" },
		{ "events",			64, "'events' needs one of", "list, show, retry" },
		{ "events frob",		64, "'events frob'", "list, show, retry" },
		{ "plan",			64, "'plan' needs one of", "set, list, rm" },
		{ "--frob stats",		64, "'--frob'", "help" },
		{ "stats --frob",		64, "no option --frob", "usage: hookkeeper stats" },
		{ "stats -x",			64, "no option -x", "usage" },
		{ "stats more",			64, "'more'", "usage" },
		{ "stats --json=yes",		64, "--json takes no value", "usage" },
		{ "stats --conf",		64, "--conf needs a value", "FILE" },
		{ "events list --limit",	64, "--limit needs a value", "N" },
		{ "events list --limit 0",	64, "--limit must be", "from 1 to 10000, not '0'" },
		{ "events list --limit 10001",	64, "--limit must be", "not '10001'" },
		{ "events list --limit 5x",	64, "--limit must be", "not '5x'" },
		{ "events list --limit -5",	64, "--limit must be", "not '-5'" },
		{ "events list --limit=",	64, "--limit must be", "not ''" },
		{ "events list --status done",	64, "--status must be", "pending|processing|completed|failed" },
		{ "events list --status pending|failed", 64, "--status must be", "one of" },
		{ "events list --provider foo",	64, "--provider must be", "stripe, clerk, resend or custom:NAME" },
		{ "events list --since soon",	64, "--since must be a time", "not 'soon'" },
		{ "events list --since 2026-02-30", 64, "--since must be a time", "2026-02-30" },
		{ "events show",		64, "events show: needs", "ID|EVENT_ID" },
		{ "events show 1 2",		64, "'2'", "usage" },
		{ "events retry",		64, "needs ids, or a filter", "--status failed" },
		{ "events retry 1 --status failed", 64, "not both", "usage" },
		{ "plan set",			64, "plan set: needs REF", "usage" },
		{ "plan set prod_1 --credits 1", 64, "not 'prod_1'", "price_..." },
		{ "plan set price_1",		64, "--credits is missing", "usage" },
		{ "plan set price_1 --credits 1.5", 64, "--credits must be", "not '1.5'" },
		{ "plan set price_1 --credits 1 --per 100", 64, "--per is for a currency", "price_1" },
		{ "plan rm x",			64, "not 'x'", "price_..." },
		{ "user show",			64, "needs USER", "usage" },
		{ "send",			64, "needs PROVIDER and TYPE", "--list" },
		{ "send --event 0",		64, "--event must be", "not '0'" },
		{ "send stripe --event 1",	64, "--event takes no PROVIDER", "its own" },
		{ "send stripe",		64, "needs a TYPE or --body", "--list" },
		{ "send paypal x",		64, "PROVIDER must be", "not 'paypal'" },
		{ "send stripe x --body f",	64, "TYPE or --body", "not both" },
		{ "send stripe no.such --secret whsec_x", 1, "no sample", "'no.such'" },
		{ "send stripe invoice.paid --secret whsec_x --set a", 64, "--set must be PATH=VALUE", "'a'" },
		{ "send stripe invoice.paid --secret whsec_x --id a~b", 64, "--id must be", "without blank" },
		{ "send stripe invoice.paid --secret whsec_x --url ftp://x", 64, "'ftp://x'", "http" },
		{ "send clerk user.created --secret nonsense!", 78, "Svix signing secret", "base64" },
		{ "send clerk user.created --repeat 0", 64, "--repeat must be", "not '0'" },
		{ "init --mode prod",		64, "--mode must be", "test|live" },
		{ "init --mode live --with-test-secrets", 64, "--with-test-secrets", "--mode test" },
		{ "init --with-test-secrets",	64, "--with-test-secrets", "--mode test" },
		{ "init --mode test --db /tmp/a~;b", 64, "/tmp/a ;b", "cannot hold" },
		{ "init --dir /dev/null/x --mode test", 74, "", "" },
		{ "help frob",			64, "'frob'", "usage" },
	};
	struct stage	*s = *state;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		must(s, row[i].status, row[i].line);
		says(row[i].line, s->err, row[i].says);
		says(row[i].line, s->err, row[i].rule);
		if (s->out_len > 0)
			fail_msg("hookkeeper %s: put out \"%s\"", row[i].line, s->out);
	}
	assert_int_not_equal(access(s->conf, F_OK), 0);
}

static void
times_are_read_as_people_type_them(void **state)
{
#define NOW	INT64_C(1795390871000000)	/* 2026-11-22 23:41:11 UTC */
	static const struct {
		const char	*what, *in;
		int64_t		 us;		/* -1: refused */
	} row[] = {
		{ "with a zone",	"2026-11-22T23:41:11Z",		NOW },
		{ "another zone",	"2026-11-23T00:41:11+01:00",	NOW },
		{ "without a zone",	"2026-11-22 23:41:11",		NOW },
		{ "to the minute",	"2026-11-22 23:41",		NOW - 11000000 },
		{ "a date",		"2026-11-22",			NOW - INT64_C(85271000000) },
		{ "seconds ago",	"90s",				NOW - 90000000 },
		{ "minutes ago",	"15m",				NOW - 900000000 },
		{ "hours ago",		"2h",				NOW - INT64_C(7200000000) },
		{ "days ago",		"7d",				NOW - INT64_C(604800000000) },
		{ "before 1970",	"99999d",			-1 },
		{ "a unit too few",	"90",				-1 },
		{ "a unit alone",	"d",				-1 },
		{ "another unit",	"3w",				-1 },
		{ "negative",		"-3d",				-1 },
		{ "empty",		"",				-1 },
		{ "an hour alone",	"23:41",			-1 },
		{ "no such day",	"2026-02-29",			-1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		int64_t	us = -1;
		bool	ok = when_parse(span_str(row[i].in), NOW, &us);

		if (ok != (row[i].us != -1) || (ok && us != row[i].us))
			fail_msg("%s: %lld, want %lld", row[i].what, (long long)us,
			    (long long)row[i].us);
	}
}

static void
options_may_stand_anywhere(void **state)
{
	static const char *const	line[] = {
		"--json plan list", "plan list --json", "plan --json list --", "plan list --json --",
	};
	struct stage	*s = *state;

	for (size_t i = 0; i < 2; i++) {
		must(s, 0, line[i]);
		json_free(document(s));
	}
	must(s, 64, line[2]);
	must(s, 0, line[3]);
	must(s, 64, "plan rm -- --json");	/* an operand after --, and no plan */
	says("plan rm -- --json", s->err, "not '--json'");
	must(s, 0, "plan set --credits=5 price_1 --name=Small~one");
	must(s, 0, "plan list");
	says("plan list", s->out, "Small one");
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test_setup_teardown(wrong_arguments_are_refused_by_name,
		    stage_setup, stage_teardown),
		cmocka_unit_test(times_are_read_as_people_type_them),
		cmocka_unit_test_setup_teardown(options_may_stand_anywhere,
		    stage_with_database, stage_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
