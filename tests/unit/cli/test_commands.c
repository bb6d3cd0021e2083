/* The commands on a database: what they print, for people and for programs. */
#include <sys/stat.h>

#include "stage.h"

static void
init_keeps_what_is_there(void **state)
{
	struct stage	*s = *state;
	struct stat	 st;
	struct json	*j;

	must(s, 64, "init --dir");
	must(s, 64, "init");			/* no terminal to ask on */
	says("init", s->err, "--mode test or --mode live");
	must(s, 0, "init --mode test --with-test-secrets");
	says("init", s->out, "(made)");
	says("init", s->out, "admin     admin, password ");
	assert_int_equal(stat(s->conf, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(stat(s->db, &st), 0);
	must(s, 0, "plan set price_1 --credits 7");
	must(s, 0, "init --mode live --db /nowhere/x.db");
	says("init again", s->out, "(kept)");
	says("init again", s->err, "the mode stays test");
	says("init again", s->err, "the database stays");
	says("init again", s->out, "admin     there is one; 'hookkeeper admin passwd NAME'");
	must(s, 0, "plan list");
	says("plan list", s->out, "price_1");
	must(s, 0, "init --json");
	j = document(s);
	assert_false(json_true(j, "made_conf"));
	assert_false(json_true(j, "made_key"));
	assert_null(json_text(j, "admin_password").p);
	assert_true(span_is(json_text(j, "db"), s->db));
	json_free(j);
	must(s, 0, "config --check");
	assert_null(strstr(s->out, "whsec_"));
}

static void
init_makes_secrets_only_when_asked(void **state)
{
	struct stage	*s = *state;

	must(s, 0, "init --mode live");
	says("init", s->out, "Next: enter each sender's signing secret");
	must(s, 0, "config --check");
	says("config --check", s->err, "Stripe has no secret");
	must(s, 78, "send stripe invoice.paid");
	says("send", s->err, "no secret is set for Stripe");
}

static void
what_cannot_be_a_setting_stops_init(void **state)
{
	struct stage	*s = *state;
	char		 line[512] = "init --mode test --db ";
	size_t		 len = strlen(line);

	/* Longer than a line of settings may be: refused, and no file left behind. */
	snprintf(line + len, sizeof(line) - len, "%s/%0200d.db", s->dir, 0);
	must(s, 78, line);
	assert_int_not_equal(access(s->conf, F_OK), 0);
	must(s, 0, "init --mode test");
}

static void
a_missing_database_is_not_made_by_looking(void **state)
{
	static const char *const	line[] = {
		"events list", "stats", "audit", "plan list", "user show a@b.c",
		"config --check", "events show 1",
	};
	struct stage	*s = *state;

	unlink(s->db);
	for (size_t i = 0; i < sizeof(line) / sizeof(line[0]); i++) {
		must(s, 74, line[i]);
		if (s->out_len > 0)
			fail_msg("%s: put out \"%s\"", line[i], s->out);
		assert_int_not_equal(access(s->db, F_OK), 0);
	}
}

#define HOSTILE	"{\"id\":\"evt_2\",\"type\":\"a\",\"data\":{\"x\":\"\\u001b[2J\xc2\x9b\xe2\x80\xae\"}}"

static void
events_are_listed_filtered_and_shown(void **state)
{
	static const struct {
		const char	*line;
		int		 status;
		const char	*has, *lacks;
	} row[] = {
		{ "events list",			0, "invoice.paid", "\033" },
		{ "events list --type invoice.*",	0, "invoice.paid", "charge" },
		{ "events list --type invoice",		1, "", "invoice.paid" },
		{ "events list --type charge.refunded",	0, "charge", "invoice" },
		{ "events list --provider clerk",	1, "", "invoice" },
		{ "events list --status pending",	0, "invoice", "completed" },
		{ "events list --status failed",	1, "", "invoice" },
		{ "events list --since 1h --until 2999-01-01", 0, "invoice", "\033" },
		{ "events list --since 2999-01-01",	1, "", "invoice" },
		{ "events list --until 1h",		1, "", "invoice" },
		{ "events list --before 2",		0, "invoice", "charge" },
		{ "events list --before 1",		1, "", "invoice" },
		{ "events list --limit 1",		0, "charge", "invoice" },
		{ "events show 1",			0, "evt_1", "charge" },
		{ "events show evt_1",			0, "\"type\": \"invoice.paid\"", "charge" },
		{ "events show 1 --raw",		0, "{ \"type\":\"invoice.paid\"}", "evt_1" },
		{ "events show 77",			1, "", "evt" },
		{ "events show evt_77",			1, "", "evt" },
		{ "events show 77 --raw",		1, "", "evt" },
		{ "events show 77 --json",		1, "", "{" },
	};
	struct stage	*s = *state;

	put_event(s, "evt_1", "invoice.paid", "{ \"type\":\"invoice.paid\"}");
	put_event(s, "evt_2", "charge.refunded", HOSTILE);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		must(s, row[i].status, row[i].line);
		says(row[i].line, s->out_len > 0 ? s->out : "", row[i].has);
		if (s->out_len > 0 && strstr(s->out, row[i].lacks) != NULL)
			fail_msg("%s: \"%s\" in\n%s", row[i].line, row[i].lacks, s->out);
	}
	must(s, 0, "events show 2");
	assert_null(strstr(s->out, "\033"));
	assert_null(strstr(s->out, "\xc2\x9b"));
	assert_null(strstr(s->out, "\xe2\x80\xae"));
	must(s, 0, "events show evt_2 --raw");	/* no terminal: every byte */
	assert_string_equal(s->out, HOSTILE);
}

static void
events_are_told_to_programs(void **state)
{
	struct stage	*s = *state;
	struct json	*j;
	int64_t		 id = 0;

	must(s, 1, "events list --json");
	j = document(s);
	assert_int_equal(json_len(json_get(j, "events")), 0);
	json_free(j);
	for (int i = 0; i < 3; i++)
		put_event(s, (const char *[]){ "evt_1", "evt_2", "evt_3" }[i], "invoice.paid",
		    HOSTILE);
	must(s, 0, "events list --json --limit 2");
	j = document(s);
	assert_int_equal(json_len(json_get(j, "events")), 2);
	assert_true(json_true(j, "more"));
	assert_true(json_int(json_at(json_get(j, "events"), 0), "id", &id));
	assert_int_equal(id, 3);
	json_free(j);
	must(s, 0, "events list --json --before 2");
	j = document(s);
	assert_int_equal(json_len(json_get(j, "events")), 1);
	assert_false(json_true(j, "more"));
	json_free(j);
	must(s, 0, "events show 2 --json");
	j = document(s);
	assert_true(span_is(json_text(j, "event.event_id"), "evt_2"));
	assert_true(span_is(json_text(j, "headers.accept"), "*/*"));
	assert_true(span_is(json_text(j, "body.id"), "evt_2"));
	assert_true(json_true(j, "event.verified"));
	json_free(j);
}

static void
retry_asks_before_many_and_names_what_it_cannot(void **state)
{
	struct stage	*s = *state;
	struct json	*j;
	int64_t		 n = 0;
	char		 id[32];

	for (int i = 1; i <= 501; i++) {	/* more than a transaction takes */
		snprintf(id, sizeof(id), "evt_%d", i);
		put_event(s, id, "invoice.paid", "{}");
	}
	must(s, 64, "events retry --status pending");
	says("retry", s->err, "501 events (501 pending)");
	says("retry", s->err, "--yes");
	must(s, 0, "events retry --status pending --yes --json");
	j = document(s);
	assert_true(json_int(j, "due", &n));
	assert_int_equal(n, 501);
	json_free(j);
	must(s, 1, "events retry --status failed --yes");
	says("retry", s->err, "no event");
	must(s, 0, "events retry 1 evt_2");
	says("retry", s->out, "2 events are due again");
	says("retry", s->out, "no worker is running");
	must(s, 1, "events retry 1 9999 evt_nope");
	says("retry", s->out, "1 event is due again");
	says("retry", s->err, "9999");
	says("retry", s->err, "evt_nope");
}

static void
plans_are_set_listed_and_removed(void **state)
{
	struct stage	*s = *state;
	struct json	*j;
	int64_t		 n = 0;

	must(s, 0, "plan list");
	says("plan list", s->err, "no plans yet");
	must(s, 0, "plan set USD --credits 10 --per 100");
	says("plan set", s->out, "each 100 of amount_total in usd gives 10 credits");
	must(s, 0, "plan set price_1 --credits 5 --name Small");
	must(s, 0, "plan set price_1 --credits 6 --name Small");
	must(s, 0, "plan list --json");
	j = document(s);
	assert_int_equal(json_len(json_get(j, "plans")), 2);
	for (size_t i = 0; i < 2; i++)
		if (span_is(json_text(json_at(json_get(j, "plans"), i), "ref"), "price_1"))
			assert_true(json_int(json_at(json_get(j, "plans"), i), "credits", &n));
	assert_int_equal(n, 6);
	json_free(j);
	must(s, 0, "plan rm usd");
	must(s, 1, "plan rm usd");
	says("plan rm", s->err, "usd");
}

static void
books_are_shown_and_proved(void **state)
{
	struct stage	*s = *state;
	struct json	*j;
	int64_t		 n = -1;

	must(s, 0, "audit");
	says("audit", s->out, "all in order");
	must(s, 0, "audit --json");
	j = document(s);
	assert_true(json_int(j, "transfers", &n));
	assert_int_equal(n, 0);
	assert_int_equal(json_len(json_get(j, "findings")), 0);
	json_free(j);
	must(s, 1, "user show user_nobody");
	says("user show", s->err, "no user is 'user_nobody'");
	put_event(s, "evt_1", "invoice.paid", "{}");
	must(s, 0, "stats");
	says("stats", s->out, "stripe");
	says("stats", s->out, "none running");
	must(s, 0, "stats --json");
	j = document(s);
	assert_int_equal(json_len(json_get(j, "events")), 1);
	assert_true(span_is(json_text(j, "database.path"), s->db));
	assert_false(json_true(j, "worker"));
	json_free(j);
}

static void
a_full_disk_behind_the_output_is_an_error(void **state)
{
	FILE		*full = fopen("/dev/full", "w"), *err = fopen("/dev/null", "w");
	char		 name[] = "hookkeeper", arg[] = "help", *argv[] = { name, arg, NULL };

	(void)state;
	assert_non_null(full);
	assert_non_null(err);
	assert_int_equal(cli_main(2, argv, full, err), EXIT_IO);
	fclose(full);
	fclose(err);
}

static void
add_settings(const struct stage *s, const char *text)
{
	FILE	*f = fopen(s->conf, "a");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static void
custom_senders_are_known_by_their_section(void **state)
{
	struct stage	*s = *state;
	struct event	 ev = { .provider = "custom:github", .verified = true,
			    .env = { .event_id = SPAN("d-1"), .livemode = -1 },
			    .disposition = { DO_SKIP, "no handler for custom senders" },
			    .headers = SPAN("{}"), .body = SPAN("payload=%7B%7D\xff"), .received_us = now_us() };
	struct db	*db;
	int64_t		 id;
	bool		 fresh;

	must(s, 78, "send custom:github --body /dev/null");
	says("send", s->err, "no section [custom github]");
	add_settings(s, "\n[custom github]\nscheme = hmac\nheader = X-Sig\ntype_from = header:X-Type\n"
	    "[custom plain]\nsecrets = whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz\n");
	must(s, 78, "send custom:github --body /dev/null");
	says("send", s->err, "no secret is set for custom:github");
	must(s, 64, "send custom:github push");
	says("send", s->err, "no samples of custom:github; give a body by --body");
	must(s, 64, "send custom:plain push --body /dev/null");
	says("send", s->err, "custom:plain has its type in the body");
	must(s, 0, "config --check");
	says("config --check", s->err, "custom:github has no secret");
	must(s, 0, "init --mode test");
	says("init", s->out, "/webhooks/custom/github\n");

	assert_int_equal(db_open(&db, s->db, DB_RW, 1000), HK_OK);
	assert_int_equal(db_begin(db), HK_OK);
	assert_int_equal(event_store(db, &ev, &id, &fresh), HK_OK);
	assert_int_equal(db_commit(db), HK_OK);
	db_close(db);
	put_event(s, "evt_9", "invoice.paid", "{}");
	must(s, 0, "events list --provider custom:github");
	says("events list", s->out, "  custom:github  -  ");
	assert_null(strstr(s->out, "invoice.paid"));
	must(s, 0, "events show d-1 --json");
	json_free(document(s));
	must(s, 0, "events show evt_9");
	must(s, 1, "events show d-2");

	add_settings(s, "[custom odd]\nscheme = hmac\nheader = x\nsigned = {url}\n");
	must(s, 78, "config --check");
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, stage_with_database, stage_teardown)
#define EMPTY(f) cmocka_unit_test_setup_teardown(f, stage_setup, stage_teardown)
	const struct CMUnitTest	tests[] = {
		EMPTY(init_keeps_what_is_there),
		EMPTY(init_makes_secrets_only_when_asked),
		EMPTY(what_cannot_be_a_setting_stops_init),
		T(a_missing_database_is_not_made_by_looking),
		T(events_are_listed_filtered_and_shown),
		T(events_are_told_to_programs),
		T(retry_asks_before_many_and_names_what_it_cannot),
		T(custom_senders_are_known_by_their_section),
		T(plans_are_set_listed_and_removed),
		T(books_are_shown_and_proved),
		cmocka_unit_test(a_full_disk_behind_the_output_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
