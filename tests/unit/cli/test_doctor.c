/* The doctor of the installation: what is wrong is named, and what to do. */
#include <fcntl.h>
#include <sys/stat.h>

#include "stage.h"

#include "cli/checkup.h"
#include "inbox/advice.h"
#include "inbox/refusal.h"

/* The line (of people's text) that begins with this state and name. */
static void
line_says(struct stage *s, const char *state, const char *name, const char *phrase)
{
	char	 want[64];
	size_t	 n = (size_t)snprintf(want, sizeof(want), "%-4s  %-13s  ", state, name);
	char	*line, *end;

	for (line = s->out; line != NULL; line = strchr(line, '\n'), line = line ? line + 1 : NULL) {
		if (strncmp(line, want, n) != 0 || (end = strchr(line, '\n')) == NULL)
			continue;
		*end = '\0';
		if (strstr(line, phrase) != NULL) {
			*end = '\n';
			return;
		}
		*end = '\n';
	}
	fail_msg("no line \"%s%s\" in\n%s", want, phrase, s->out);
}

static void
modes_are_judged(void **state)
{
	static const struct {
		const char		*phrase;
		mode_t			 mode;
		enum file_kind		 kind;
		enum check_state	 want;
	} row[] = {
		{ "settings as they should be",	0600, FILE_CONF, CHECK_OK },
		{ "settings nobody can change",	0400, FILE_CONF, CHECK_OK },
		{ "the group reads settings",	0640, FILE_CONF, CHECK_WARN },
		{ "others read settings",	0604, FILE_CONF, CHECK_WARN },
		{ "others change settings",	0602, FILE_CONF, CHECK_FAIL },
		{ "a database as it should be",	0600, FILE_DB, CHECK_OK },
		{ "others read the database",	0644, FILE_DB, CHECK_WARN },
		{ "others change the database",	0666, FILE_DB, CHECK_FAIL },
		{ "a folder as it should be",	0700, FILE_FOLDER, CHECK_OK },
		{ "the group enters the folder", 0750, FILE_FOLDER, CHECK_OK },
		{ "others enter the folder",	0755, FILE_FOLDER, CHECK_WARN },
		{ "the group changes the folder", 0770, FILE_FOLDER, CHECK_WARN },
		{ "anybody changes the folder",	0777, FILE_FOLDER, CHECK_FAIL },
		{ "anybody, but not each other's", 01777, FILE_FOLDER, CHECK_FAIL },
	};
	enum check_state	is;

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		if (mode_lets(S_IFREG | row[i].mode, row[i].kind, &is) == NULL)
			is = CHECK_OK;
		if (is != row[i].want)
			fail_msg("%s: %d", row[i].phrase, (int)is);
	}
}

static void
what_is_no_signing_secret_is_known(void **state)
{
	static const struct {
		const char	*phrase, *sender, *text;
		bool		 lacks;
	} row[] = {
		{ "Stripe's",		"stripe", "whsec_0a1B2c3D4e5F6g7H8i9J", false },
		{ "Clerk's",		"clerk", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa+w", false },
		{ "Resend's",		"resend", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa/w=", false },
		{ "Clerk's at Stripe",	"stripe", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa+w", true },
		{ "Stripe's API key",	"stripe", "sk_live_abcdefghijklmnop", true },
		{ "restricted",		"stripe", "rk_test_abcdefghijklmnop", true },
		{ "Clerk's API key",	"clerk", "sk_test_abcdefghijklmnop", true },
		{ "Resend's API key",	"resend", "re_abcdefghijklmnop", true },
		{ "an endpoint's id",	"stripe", "we_1abcdefghijklmnop", true },
		{ "an address",		"stripe", "https://example.org/webhooks/stripe", true },
		{ "without its beginning", "clerk", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa+w", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		if ((secret_lacks(row[i].sender, span_str(row[i].text)) != NULL) != row[i].lacks)
			fail_msg("%s", row[i].phrase);
}

static void
a_web_server_s_folder_is_known(void **state)
{
	struct stage	*s = *state;
	char		 page[64];
	FILE		*f;

	assert_true(looks_public("/home/me/public_html"));
	assert_true(looks_public("/var/www/html"));
	assert_false(looks_public("/var/www/.config/hookkeeper"));
	assert_false(looks_public("/home/html5"));
	assert_false(looks_public(s->dir));
	snprintf(page, sizeof(page), "%s/index.html", s->dir);
	assert_non_null(f = fopen(page, "w"));
	fclose(f);
	assert_true(looks_public(s->dir));
	must(s, 0, "doctor");
	line_says(s, "warn", "place", "hookkeeper.db lies in");
	line_says(s, "warn", "place", "hookkeeper.conf lies in");
}

static void
the_time_a_sender_signed_is_found(void **state)
{
	static const struct {
		const char	*phrase, *signature, *headers;
		int64_t		 want;
	} row[] = {
		{ "Stripe", "t=1700000000,v1=00", "{}", 1700000000 },
		{ "Stripe, not in front", "v1=00,t=1700000000", "{}", 1700000000 },
		{ "Svix", "v1,AAAA=", "{\"svix-timestamp\":\"1700000001\"}", 1700000001 },
		{ "Standard Webhooks", "v1,AAAA=", "{\"webhook-timestamp\":\"1700000002\"}", 1700000002 },
		{ "none", "sha256=00", "{\"date\":\"x\"}", 0 },
		{ "no header kept", NULL, NULL, 0 },
		{ "no number", "t=soon,v1=00", "{\"svix-timestamp\":\"x\"}", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		if (signed_time_s(span_str(row[i].signature), span_str(row[i].headers)) !=
		    row[i].want)
			fail_msg("%s", row[i].phrase);
}

static void
every_reason_has_its_advice(void **state)
{
	static const char *const	reason[] = {
		"no_match", "wrong_provider", "missing_signature", "malformed_header", "clock",
		"body_changed", "secret_text", "wrong_mode", "unknown_type", "bad_body", "ok",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(reason) / sizeof(reason[0]); i++)
		if (strcmp(advice_for(span_str(reason[i])), advice_for(SPAN("?"))) == 0)
			fail_msg("nothing is said of %s", reason[i]);
}

static void
a_fresh_place_is_well(void **state)
{
	struct stage	*s = *state;
	struct json	*j, *one;
	size_t		 n;

	must(s, 0, "doctor");
	line_says(s, "ok", "settings", s->conf);
	line_says(s, "ok", "database", "schema version");
	line_says(s, "ok", "integrity", "sound");
	line_says(s, "ok", "statements", "fit");
	line_says(s, "ok", "stripe", "1 secret, no event yet");
	line_says(s, "ok", "queue", "nothing is pending");
	says("doctor", s->out, " 0 fail");
	must(s, 0, "doctor --json");
	j = document(s);
	assert_true((n = json_len(json_get(j, "checks"))) > 10);
	for (size_t i = 0; i < n; i++) {
		one = json_at(json_get(j, "checks"), i);
		assert_true(json_text(one, "name").len > 0 && json_text(one, "text").len > 0);
		assert_false(span_is(json_text(one, "state"), "fail"));
	}
	json_free(j);
}

static void
settings(struct stage *s, const char *text)
{
	FILE	*f = fopen(s->conf, "w");

	assert_non_null(f);
	fprintf(f, "[hookkeeper]\ndb = %s\n%s", s->db, text);
	assert_int_equal(fclose(f), 0);
}

static void
what_is_broken_fails(void **state)
{
	struct stage	*s = *state;
	struct json	*j;
	int		 fd;

	assert_int_equal(chmod(s->dir, 0777), 0);
	must(s, 1, "doctor");
	line_says(s, "fail", "folder", "anybody can change it: chmod 0700");
	assert_int_equal(chmod(s->dir, 0700), 0);
	assert_int_equal(chmod(s->db, 0644), 0);
	must(s, 0, "doctor");
	line_says(s, "warn", "database file", "others can read it: chmod 0600");

	settings(s, "mode = test\n");
	must(s, 1, "doctor");
	line_says(s, "fail", "secrets", "nothing can be received");
	line_says(s, "ok", "clerk", "no secret, so not in use");
	settings(s, "mode = test\nwork_after_reply = off\n[stripe]\nsecrets = whsec_aaaaaaaaaaaaaaaa\n"
	    "[custom shop]\n");
	must(s, 0, "doctor");
	line_says(s, "warn", "custom:shop", "[custom shop] secrets");
	line_says(s, "warn", "worker", "work_after_reply is off");
	settings(s, "mode = test\n[clerk]\nsecrets = whsec_not*base64\n");
	must(s, 1, "doctor");
	line_says(s, "fail", "clerk", "secret");
	settings(s, "mode = prod\n");
	must(s, 1, "doctor --json");
	j = document(s);
	assert_int_equal(json_len(json_get(j, "checks")), 1);
	assert_true(span_is(json_text(json_at(json_get(j, "checks"), 0), "state"), "fail"));
	json_free(j);

	settings(s, "mode = test\n[stripe]\nsecrets = whsec_aaaaaaaaaaaaaaaa\n");
	assert_true((fd = open(s->db, O_WRONLY)) != -1);
	assert_int_equal(pwrite(fd, "not a database at all", 21, 0), 21);
	close(fd);
	must(s, 1, "doctor");
	line_says(s, "fail", "database", s->db);
	unlink(s->db);
	must(s, 1, "doctor");
	line_says(s, "fail", "database", "hookkeeper init");
	assert_int_not_equal(access(s->db, F_OK), 0);
}

/* An event of Stripe's, signed so many seconds before it came. */
static void
signed_before(struct stage *s, const char *id, int64_t seconds)
{
	int64_t		 now = now_us();
	char		 signature[64];
	struct event	 ev = { .provider = "stripe", .verified = true, .headers = SPAN("{}"),
			    .env = { .event_id = span_str(id), .type = SPAN("a"), .livemode = 0 },
			    .body = SPAN("{}"), .received_us = now };
	struct db	*db;
	int64_t		 row;
	bool		 fresh;

	snprintf(signature, sizeof(signature), "t=%lld,v1=00",
	    (long long)(now / US_PER_S - seconds));
	ev.signature = span_str(signature);
	assert_int_equal(db_open(&db, s->db, DB_RW, 1000), HK_OK);
	assert_int_equal(db_begin(db), HK_OK);
	assert_int_equal(event_store(db, &ev, &row, &fresh), HK_OK);
	assert_int_equal(db_commit(db), HK_OK);
	db_close(db);
}

static void
clocks_that_differ_are_said(void **state)
{
	static const struct {
		const char	*id;
		int64_t		 seconds;
		const char	*want, *says;
	} row[] = {
		{ "evt_1",	2,	"ok", "we agree" },
		{ "evt_2",	58,	"ok", "we agree" },
		{ "evt_3",	90,	"warn", "s before the time of our clock" },
		{ "evt_4",	-90,	"warn", "s after the time of our clock" },
		{ "evt_5",	0,	"ok", "we agree" },
	};
	struct stage	*s = *state;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		signed_before(s, row[i].id, row[i].seconds);
		must(s, 0, "doctor");
		line_says(s, row[i].want, "clock", row[i].says);
	}
}

static void
put_refusal(struct db *db, const char *reason, bool shaped, int64_t hours)
{
	struct refusal	r = { .provider = "stripe", .reason = reason, .shaped = shaped,
			    .headers = SPAN("{}"), .body = SPAN("{}"), .size = 2,
			    .received_us = now_us() - hours * 3600 * US_PER_S };

	assert_int_equal(refusal_store(db, &r), HK_OK);
}

static void
refused_requests_and_waiting_events_are_said(void **state)
{
	struct stage	*s = *state;
	struct db	*db;
	struct stmt	*q;
	int64_t		 id = put_event(s, "evt_1", "a", "{}");

	assert_int_equal(db_open(&db, s->db, DB_RW, 1000), HK_OK);
	assert_int_equal(db_begin(db), HK_OK);
	put_refusal(db, "no_match", true, 1);
	put_refusal(db, "clock", true, 30);
	put_refusal(db, "missing_signature", false, 1);
	assert_int_equal(db_stmt(db, S_QUEUE_RETRY, &q), HK_OK);
	bind_int(q, ":id", id);
	bind_int(q, ":now", now_us() - 3600 * US_PER_S);
	assert_int_equal(stmt_run(q), HK_OK);
	assert_int_equal(db_commit(db), HK_OK);
	db_close(db);
	must(s, 0, "doctor");
	line_says(s, "warn", "refused", "1 at stripe, no_match. Compare the endpoints");
	line_says(s, "ok", "refused", "1 at stripe, missing_signature");
	assert_null(strstr(s->out, "NTP is"));
	assert_null(strstr(s->out, "stripe, clock"));
	line_says(s, "warn", "queue", "run `hookkeeper worker`");
	must(s, 0, "worker --once");
	must(s, 0, "doctor");
	line_says(s, "ok", "queue", "nothing is pending");
	line_says(s, "ok", "worker", "one worked once at");
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, stage_with_database, stage_teardown)
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(modes_are_judged),
		cmocka_unit_test(what_is_no_signing_secret_is_known),
		cmocka_unit_test(the_time_a_sender_signed_is_found),
		cmocka_unit_test(every_reason_has_its_advice),
		T(a_web_server_s_folder_is_known),
		T(a_fresh_place_is_well),
		T(what_is_broken_fails),
		T(clocks_that_differ_are_said),
		T(refused_requests_and_waiting_events_are_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
