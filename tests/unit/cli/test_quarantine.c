/* Refused requests: listed, explained, and taken in once a secret signs them. */
#include <sys/stat.h>

#include "stage.h"

#include "inbox/refusal.h"
#include "sign/scheme.h"

#define RIGHT	"whsec_rightrightrightright"
#define WRONG	"whsec_wrongwrongwrongwrong"
#define EVENT(id) "{\"id\":\"" id "\",\"object\":\"event\",\"type\":\"customer.created\"," \
		"\"created\":1790000000,\"livemode\":false,\"data\":{\"object\":{\"id\":\"cus_1\"}}}"
/* One that is worked on, not skipped. */
#define CHECKOUT "{\"id\":\"evt_w\",\"object\":\"event\",\"type\":\"checkout.session.completed\"," \
		"\"created\":1790000000,\"livemode\":false,\"data\":{\"object\":{\"id\":\"cs_1\"}}}"

static void
settings(const struct stage *s, const char *secrets)
{
	FILE	*f = fopen(s->conf, "w");

	assert_non_null(f);
	fprintf(f, "[hookkeeper]\ndb = %s\nmode = test\n[stripe]\n", s->db);
	if (secrets != NULL)
		fprintf(f, "secrets = %s\n", secrets);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(s->conf, 0600), 0);
}

static int
stage_refusing(void **state)
{
	stage_setup(state);
	settings(*state, WRONG);
	must(*state, 0, "init --mode test");
	return 0;
}

static struct db *
open_db(const struct stage *s)
{
	struct db	*db;

	assert_int_equal(db_open(&db, s->db, DB_RW, 1000), HK_OK);
	assert_int_equal(db_begin(db), HK_OK);
	return db;
}

static void
close_db(struct db *db)
{
	assert_int_equal(db_commit(db), HK_OK);
	db_close(db);
}

/* A Stripe request that was refused for `reason`, signed by RIGHT an hour ago. */
static void
hold(const struct stage *s, const char *reason, struct span body, bool keep)
{
	struct sign_key		k = { .how = NULL };
	struct signed_fields	f;
	int64_t			now = now_us() - 3600 * US_PER_S;
	struct db		*db = open_db(s);
	char			headers[1200];
	struct refusal		r = { .provider = "stripe", .reason = reason, .shaped = true,
				    .detail = SPAN("No secret made it.\033[2J"), .size = body.len,
				    .remote_addr = SPAN("192.0.2.7"), .received_us = now };

	assert_int_equal(scheme_stripe.key(&k, SPAN(RIGHT)), HK_OK);
	assert_int_equal(scheme_stripe.sign(body, SPAN_NULL, &k, 1, now / US_PER_S, &f), HK_OK);
	snprintf(headers, sizeof(headers), "{\"%s\":\"%s\"}", f.name[0], f.value[0]);
	r.headers = span_str(headers);
	r.body = keep ? body : SPAN_NULL;
	assert_int_equal(refusal_store(db, &r), HK_OK);
	close_db(db);
}

static int64_t
events_of(const struct stage *s)
{
	struct db	*db = open_db(s);
	struct stmt	*q = NULL;
	int64_t		 n = 0;
	bool		 row;

	assert_int_equal(db_stmt(db, S_CLI_EVENT_COUNT, &q), HK_OK);
	bind_int(q, ":before", INT64_MAX);
	while (stmt_step(q, &row) == HK_OK && row)
		n += col_int(q, 1);
	stmt_reset(q);
	close_db(db);
	return n;
}

static void
requests_are_listed_filtered_and_shown(void **state)
{
	static const struct {
		const char	*line;
		int		 status;
		const char	*has, *lacks;
	} row[] = {
		{ "quarantine list",				0, "no_match", "\033" },
		{ "quarantine list --reason no_match",		0, "no_match", "clock" },
		{ "quarantine list --reason clock",		0, "clock", "no_match" },
		{ "quarantine list --provider stripe",		0, "clock", "\033" },
		{ "quarantine list --provider clerk",		1, "", "no_match" },
		{ "quarantine list --unverified",		0, "clock", "bad_body" },
		{ "quarantine list --verified",			0, "bad_body", "clock" },
		{ "quarantine list --limit 1",			0, "no_match", "clock" },
		{ "quarantine list --before 2",			0, "no_match", "clock" },
		{ "quarantine list --before 1",			1, "", "no_match" },
		{ "quarantine list",				0, "stripe bad_header 12, stripe too_old 1", "too_new" },
		{ "quarantine show 1",				0, "No secret made it.\\x1b[2J", "\033" },
		{ "quarantine show 1",				0, "what to do", "--provider" },
		{ "quarantine show 1",				0, "quarantine accept 1", "too large" },
		{ "quarantine show 1",				0, "192.0.2.7", "accepted" },
		{ "quarantine show 1",				0, "\"id\": \"evt_1\"", "evt_2" },
		{ "quarantine show 1",				0, "times       2\n", "whsec" },
		{ "quarantine show 2",				0, "NTP", "dashboard" },
		{ "quarantine show 4",				0, "too large to keep", "accept 4" },
		{ "quarantine show 1 --raw",			0, EVENT("evt_1"), "stripe-signature" },
		{ "quarantine show 4 --raw",			1, "", "evt" },
		{ "quarantine show 77",				1, "", "evt" },
		{ "quarantine show 77 --json",			1, "", "{" },
		{ "quarantine show 77 --raw",			1, "", "evt" },
	};
	struct stage	*s = *state;
	struct db	*db;
	struct refusal	 r = { .provider = "stripe", .reason = "bad_body", .verified = true,
			    .shaped = true, .headers = SPAN("{}"), .body = SPAN("x"), .size = 1,
			    .received_us = now_us() };

	hold(s, "no_match", SPAN(EVENT("evt_1")), true);
	hold(s, "no_match", SPAN(EVENT("evt_1")), true);
	hold(s, "clock", SPAN(EVENT("evt_2")), true);
	db = open_db(s);
	assert_int_equal(refusal_store(db, &r), HK_OK);
	assert_int_equal(refusal_count(db, "stripe", "bad_header", 12, now_us()), HK_OK);
	assert_int_equal(refusal_count(db, "stripe", "too_old", 1, now_us() - 23 * 3600 * US_PER_S),
	    HK_OK);
	assert_int_equal(refusal_count(db, "stripe", "too_new", 5, now_us() - 26 * 3600 * US_PER_S),
	    HK_OK);
	close_db(db);
	hold(s, "no_match", SPAN(EVENT("evt_4")), false);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		must(s, row[i].status, row[i].line);
		says(row[i].line, s->out_len > 0 ? s->out : "", row[i].has);
		if (s->out_len > 0 && strstr(s->out, row[i].lacks) != NULL)
			fail_msg("%s: \"%s\" in\n%s", row[i].line, row[i].lacks, s->out);
	}
	must(s, 64, "quarantine list --verified --unverified");
	must(s, 64, "quarantine show x");
}

static void
requests_are_told_to_programs(void **state)
{
	struct stage	*s = *state;
	struct json	*j, *one;
	int64_t		 n = 0;
	struct db	*db;

	must(s, 1, "quarantine list --json");
	j = document(s);
	assert_int_equal(json_len(json_get(j, "requests")), 0);
	json_free(j);
	hold(s, "no_match", SPAN(EVENT("evt_1")), true);
	hold(s, "clock", SPAN(EVENT("evt_2")), false);
	db = open_db(s);
	assert_int_equal(refusal_count(db, "stripe", "no_match", 12, now_us()), HK_OK);
	close_db(db);
	must(s, 0, "quarantine list --json --limit 1");
	j = document(s);
	assert_true(json_true(j, "more"));
	one = json_at(json_get(j, "requests"), 0);
	assert_true(json_int(one, "id", &n) && n == 2);
	assert_false(json_true(one, "kept"));
	one = json_at(json_get(j, "refused_24h"), 0);
	assert_true(span_is(json_text(one, "reason"), "no_match"));
	assert_true(json_int(one, "times", &n) && n == 12);
	json_free(j);
	must(s, 0, "quarantine show 1 --json");
	j = document(s);
	assert_true(span_is(json_text(j, "request.reason"), "no_match"));
	assert_true(span_is(json_text(j, "body.id"), "evt_1"));
	assert_true(json_text(j, "advice").len > 0);
	assert_true(json_text(j, "headers.stripe-signature").len > 0);
	json_free(j);
	must(s, 0, "quarantine show 2 --json");
	j = document(s);
	assert_null(json_get(j, "body"));
	json_free(j);
}

static void
only_what_a_secret_signs_now_is_accepted_and_once(void **state)
{
	struct stage	*s = *state;
	struct json	*j, *one;
	int64_t		 n = 0;

	hold(s, "no_match", SPAN(EVENT("evt_1")), true);
	hold(s, "no_match", SPAN(CHECKOUT), true);
	hold(s, "no_match", SPAN(EVENT("evt_3")), false);
	hold(s, "no_match", SPAN("{\"a\":1}"), true);
	must(s, 1, "quarantine accept 1");
	says("accept", s->err, "request 1 is not accepted: no secret of stripe signs it (no_match)");
	assert_int_equal(events_of(s), 0);

	settings(s, "new=" RIGHT " old=" WRONG);
	must(s, 0, "quarantine accept 1");
	says("accept", s->out, "request 1 is event 1 now, signed by \"new\"");
	assert_null(strstr(s->out, "worker"));		/* nothing is done for its type */
	must(s, 1, "quarantine accept 1");
	says("accept again", s->err, "accepted before");
	assert_int_equal(events_of(s), 1);
	must(s, 1, "quarantine accept 2 3 4 77");
	says("accept", s->out, "request 2 is event 2 now");
	says("accept", s->out, "no worker is running");
	says("accept", s->err, "request 3 is not accepted: the body");
	says("accept", s->err, "request 4 is not accepted:");
	says("accept", s->err, "request 77 is not accepted: there is no request 77");
	assert_int_equal(events_of(s), 2);
	must(s, 0, "quarantine show 2");
	says("show", s->out, "as event    2\n");
	assert_null(strstr(s->out, "what to do"));

	put_event(s, "evt_5", "customer.created", EVENT("evt_5"));
	hold(s, "clock", SPAN(EVENT("evt_5")), true);
	must(s, 0, "quarantine accept 5 --json");
	j = document(s);
	one = json_at(json_get(j, "requests"), 0);
	assert_true(json_true(one, "accepted") && json_true(one, "duplicate"));
	assert_true(json_int(one, "event", &n) && n == 3);
	assert_true(json_int(j, "accepted", &n) && n == 1);
	json_free(j);
	assert_int_equal(events_of(s), 3);
	must(s, 1, "quarantine accept 5 --json");
	j = document(s);
	assert_true(json_text(json_at(json_get(j, "requests"), 0), "why").len > 0);
	json_free(j);
}

static void
many_are_accepted_after_their_number_was_shown(void **state)
{
	struct stage	*s = *state;
	struct json	*j;
	char		 body[256];
	int64_t		 n = 0;

	for (int i = 0; i < 12; i++) {
		snprintf(body, sizeof(body), "{\"id\":\"evt_%d\",\"object\":\"event\","
		    "\"type\":\"customer.created\",\"created\":1790000000,\"livemode\":false,"
		    "\"data\":{\"object\":{\"id\":\"cus_1\"}}}", i);
		hold(s, i % 2 == 0 ? "no_match" : "clock", span_str(body), true);
	}
	hold(s, "no_match", SPAN("{\"forged\":true}"), true);
	must(s, 1, "quarantine accept --provider stripe --yes");
	says("accept", s->err, "no configured secret signs any of 13");
	settings(s, RIGHT);
	must(s, 64, "quarantine accept --provider stripe");
	says("accept", s->err, "12 of 13 refused requests at stripe");
	says("accept", s->err, "--yes");
	assert_int_equal(events_of(s), 0);
	must(s, 0, "quarantine accept --provider stripe --reason clock --yes");
	says("accept", s->err, "accepting 6 of 6");
	assert_int_equal(events_of(s), 6);
	must(s, 0, "quarantine accept --provider stripe --yes --json");
	j = document(s);
	assert_true(json_int(j, "accepted", &n) && n == 6);
	assert_true(json_int(j, "left", &n) && n == 0);
	json_free(j);
	assert_int_equal(events_of(s), 12);
	must(s, 1, "quarantine accept --provider stripe --yes --json");
	assert_int_equal(s->out_len, 0);
	must(s, 1, "quarantine accept --provider clerk --yes");
	says("accept", s->err, "no refused request at clerk");
}

static void
accept_wants_to_be_told_which(void **state)
{
	struct stage	*s = *state;

	must(s, 64, "quarantine accept");
	must(s, 64, "quarantine accept --reason clock --yes");
	must(s, 64, "quarantine accept 1 --provider stripe");
	must(s, 64, "quarantine accept 1 x");
	says("accept", s->err, "not 'x'");
}

static void
use_secret(struct db *db, const char *label, int64_t first_h, int64_t last_h)
{
	struct stmt	*q;

	for (int i = 0; i < 2; i++) {
		assert_int_equal(db_stmt(db, S_SECRET_SEEN, &q), HK_OK);
		bind_text(q, ":provider", SPAN("stripe"));
		bind_text(q, ":label", span_str(label));
		bind_int(q, ":now", now_us() - (i == 0 ? first_h : last_h) * 3600 * US_PER_S);
		assert_int_equal(stmt_run(q), HK_OK);
	}
}

static void
secrets_are_judged_and_never_shown(void **state)
{
	static const char *const	verdict[] = { "in use", "safe to remove", "removed" };
	static const char *const	label[] = { "new", "old", "gone" };
	struct stage			*s = *state;
	struct json			*j, *one;
	int64_t				 n = 0;
	struct db			*db;

	must(s, 0, "secrets");
	says("secrets", s->out, "not seen yet: is it entered at the sender?");
	settings(s, "new=" RIGHT " old=" WRONG);
	db = open_db(s);
	use_secret(db, "old", 900, 30);
	use_secret(db, "new", 40, 0);
	use_secret(db, "gone", 2000, 1900);
	close_db(db);
	must(s, 0, "secrets");
	says("secrets", s->out, "safe to remove since");
	says("secrets", s->out, "removed\n");
	assert_null(strstr(s->out, "whsec"));
	assert_null(strstr(s->out, "right"));
	must(s, 0, "secrets --json");
	j = document(s);
	assert_int_equal(json_len(json_get(j, "secrets")), 3);
	for (size_t i = 0; i < 3; i++) {
		one = json_at(json_get(j, "secrets"), i);
		if (!span_is(json_text(one, "label"), label[i]) ||
		    !span_is(json_text(one, "verdict"), verdict[i]))
			fail_msg("%s is not \"%s\":\n%s", label[i], verdict[i], s->out);
	}
	json_free(j);
	settings(s, "new=" RIGHT "\n[custom shop]\nsecrets = whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz");
	must(s, 0, "secrets --json");
	j = document(s);
	one = json_at(json_get(j, "secrets"), 1);
	assert_true(span_is(json_text(one, "sender"), "custom:shop"));
	assert_true(span_is(json_text(one, "verdict"), "not seen yet"));
	assert_true(json_int(one, "position", &n) && n == 1);
	json_free(j);
	settings(s, NULL);
	must(s, 1, "secrets");
	says("secrets", s->err, "no secret is configured");
}

static void
events_of_a_secret_are_counted(void **state)
{
	struct stage	*s = *state;
	struct json	*j;
	struct db	*db;
	int64_t		 n = 0;

	settings(s, "test=" RIGHT);
	put_event(s, "evt_1", "a", "{}");
	put_event(s, "evt_2", "a", "{}");
	db = open_db(s);
	use_secret(db, "test", 1, 0);
	close_db(db);
	must(s, 0, "secrets --json");
	j = document(s);
	assert_true(json_int(json_at(json_get(j, "secrets"), 0), "recent_events", &n));
	assert_int_equal(n, 2);
	json_free(j);
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, stage_refusing, stage_teardown)
	const struct CMUnitTest	tests[] = {
		T(requests_are_listed_filtered_and_shown),
		T(requests_are_told_to_programs),
		T(only_what_a_secret_signs_now_is_accepted_and_once),
		T(many_are_accepted_after_their_number_was_shown),
		T(accept_wants_to_be_told_which),
		T(secrets_are_judged_and_never_shown),
		T(events_of_a_secret_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
