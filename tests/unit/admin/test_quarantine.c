/* Refused requests on their pages: told in plain words, taken in by who may. */
#include "bed.h"
#include "inbox/refusal.h"

#define SECRET	"whsec_old_0123456789abcdef"	/* bed.h's */
#define BODY	"{\"id\":\"evt_1\",\"object\":\"event\",\"type\":\"customer.created\"," \
		"\"created\":1790000000,\"livemode\":false,\"data\":{\"object\":{\"id\":\"cus_1\"}}}"
#define T0_S	INT64_C(1789990000)

/* Signed with a secret, so it is what a page may accept or not. */
static void
hold_signed(const char *secret)
{
	struct sign_key		k = { .how = NULL };
	struct signed_fields	f;
	char			headers[1400];
	struct refusal		r = { .provider = "stripe", .reason = "no_match", .shaped = true,
				    .detail = SPAN("No configured secret made this signature."),
				    .remote_addr = SPAN("192.0.2.7"), .size = sizeof(BODY) - 1,
				    .body = SPAN(BODY), .received_us = T0_S * US_PER_S };

	assert_int_equal(scheme_stripe.key(&k, span_str(secret)), HK_OK);
	assert_int_equal(scheme_stripe.sign(r.body, SPAN_NULL, &k, 1, T0_S, &f), HK_OK);
	snprintf(headers, sizeof(headers), "{\"%s\":\"%s\",\"x-evil\":\"<script>\"}", f.name[0], f.value[0]);
	r.headers = span_str(headers);
	assert_int_equal(refusal_store(bed.db, &r), HK_OK);
}

static void
hold(const char *provider, const char *reason, bool verified, bool shaped, struct span body)
{
	static int	serial;
	char		headers[64];
	struct refusal	r = { .provider = provider, .reason = reason, .verified = verified,
			    .shaped = shaped, .size = body.len, .body = body,
			    .received_us = BED_NOW - ++serial * US_PER_S };

	snprintf(headers, sizeof(headers), "{\"n\":\"%d\"}", serial);
	r.headers = span_str(headers);
	assert_int_equal(refusal_store(bed.db, &r), HK_OK);
}

static size_t
rows(void)
{
	return json_len(json_get(bed.doc, "rows"));
}

static void
the_list_is_filtered(void **state)
{
	static const struct {
		const char	*phrase, *query;
		size_t		 want;
	} row[] = {
		{ "all",			"",			5 },
		{ "by provider",		"provider=clerk",	2 },
		{ "by reason",			"reason=clock",		1 },
		{ "signed ones",		"kind=signed",		1 },
		{ "those that look like it",	"kind=shaped",		2 },
		{ "noise",			"kind=noise",		2 },
		{ "accepted",			"accepted=yes",		0 },
		{ "not accepted",		"accepted=no",		5 },
		{ "since long ago",		"since=30d",		5 },
		{ "since tomorrow's date",	"since=2030-01-01",	0 },
		{ "several at once",		"provider=clerk&kind=noise", 1 },
		{ "below a number",		"before=3",		2 },
		{ "a reason of nobody's",	"reason=%27%3B--",	0 },
	};

	(void)state;
	hold("stripe", "no_match", false, true, SPAN("{\"a\":1}"));
	hold("clerk", "clock", false, true, SPAN("{\"a\":2}"));
	hold("clerk", "missing_signature", false, false, SPAN("x"));
	hold("resend", "missing_signature", false, false, SPAN("y"));
	hold("stripe", "unknown_type", true, true, SPAN("{\"a\":3}"));
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		if (bed_get(page_quarantine, ROLE_VIEWER, row[i].query) != HK_OK)
			fail_msg("%s: %s", row[i].phrase, err_last());
		if (rows() != row[i].want)
			fail_msg("%s: %zu rows", row[i].phrase, rows());
	}
	assert_int_equal(bed_get(page_quarantine, ROLE_VIEWER, "kind=other"), HK_SYNTAX);
	assert_int_equal(bed_get(page_quarantine, ROLE_VIEWER, "accepted=perhaps"), HK_SYNTAX);
	assert_int_equal(bed_get(page_quarantine, ROLE_VIEWER, "before=x"), HK_SYNTAX);
}

static void
pages_lead_down_and_up(void **state)
{
	int64_t	id, last = INT64_MAX;
	char	query[256] = "provider=stripe", down[256];
	size_t	seen = 0, pages = 0;

	(void)state;
	for (int i = 0; i < 130; i++) {
		char	body[16];

		snprintf(body, sizeof(body), "b%d", i);
		hold(i % 13 == 0 ? "clerk" : "stripe", "no_match", false, true, span_str(body));
	}
	while (query[0] != '\0') {
		assert_int_equal(bed_get(page_quarantine, ROLE_VIEWER, query), HK_OK);
		for (size_t i = 0; i < rows(); i++, seen++) {
			assert_true(json_int(json_at(json_get(bed.doc, "rows"), i), "id", &id));
			assert_true(id < last);
			last = id;
		}
		pages++;
		snprintf(down, sizeof(down), "%s", query);
		snprintf(query, sizeof(query), "%s", bed_text("next"));
	}
	assert_int_equal(seen, 120);
	assert_int_equal(pages, 3);
	snprintf(query, sizeof(query), "%s", bed_text("previous"));
	assert_int_equal(bed_get(page_quarantine, ROLE_VIEWER, query), HK_OK);
	assert_int_equal(rows(), 50);
	assert_string_equal(bed_text("next"), down);
	snprintf(query, sizeof(query), "%s", bed_text("previous"));
	assert_int_equal(bed_get(page_quarantine, ROLE_VIEWER, query), HK_OK);
	assert_string_equal(bed_text("previous"), "");
	assert_int_equal(rows(), 50);
}

static enum hk_err
one(enum role role)
{
	bed_visit(role, "", NULL);
	bed_route("/quarantine/:id", "/quarantine/1");
	return bed_run(page_refusal);
}

static void
a_page_says_whether_it_could_be_accepted(void **state)
{
	(void)state;
	hold_signed(SECRET);
	assert_int_equal(one(ROLE_VIEWER), HK_OK);
	assert_true(json_true(bed.doc, "acceptable"));
	assert_string_equal(bed_text("signed_by"), "old");
	assert_string_equal(bed_text("what"), "no configured secret fits");
	assert_true(strstr(bed_text("advice"), "secret") != NULL);
	assert_true(bed_says("<script>"));	/* a header, for the template to escape */
	assert_int_equal(bed_ask("SELECT count(*) FROM event"), 0);
}

static void
and_why_not(void **state)
{
	(void)state;
	hold_signed("whsec_somebody_elses_secret");
	assert_int_equal(one(ROLE_ADMIN), HK_OK);
	assert_false(json_true(bed.doc, "acceptable"));
	assert_true(strstr(bed_text("not_because"), "no secret of stripe signs it") != NULL);
	bed_visit(ROLE_VIEWER, "", NULL);
	bed_route("/quarantine/:id", "/quarantine/2");
	assert_int_equal(bed_run(page_refusal), HK_NOTFOUND);
}

static enum hk_err
accept_it(void)
{
	bed_visit(ROLE_OPERATOR, "", "form_token=token");
	bed_route("/quarantine/:id/accept", "/quarantine/1/accept");
	return bed_run(act_refusal_accept);
}

static void
accepting_makes_an_event(void **state)
{
	(void)state;
	hold_signed(SECRET);
	assert_int_equal(accept_it(), HK_OK);
	assert_string_equal(bed.v.then, "/events/1");
	assert_string_equal(bed.v.said, "accepted");
	assert_int_equal(bed.v.said_n, 1);
	assert_int_equal(bed_ask("SELECT count(*) FROM event"), 1);
	assert_int_equal(bed_ask("SELECT count(*) FROM audit_log WHERE action = 'quarantine.accept'"
	    " AND subject = 'quarantine:1' AND result = 'done' AND who = 'otto'"), 1);
	assert_int_equal(one(ROLE_VIEWER), HK_OK);
	assert_false(json_true(bed.doc, "acceptable"));
	assert_int_equal(accept_it(), HK_EXISTS);
	assert_int_equal(bed_ask("SELECT count(*) FROM event"), 1);
}

static void
what_no_secret_signs_stays_and_is_logged(void **state)
{
	(void)state;
	hold_signed("whsec_somebody_elses_secret");
	assert_int_equal(accept_it(), HK_BADSIG);
	assert_true(strstr(err_last(), "no secret of stripe signs it") != NULL);
	assert_int_equal(bed_ask("SELECT count(*) FROM event"), 0);
	assert_int_equal(bed_ask("SELECT count(*) FROM audit_log WHERE action = 'quarantine.accept'"
	    " AND result = 'failed'"), 1);
}

static void
codes_are_for_operators(void **state)
{
	static const struct {
		const char	*phrase;
		struct span	 body;
		const char	*to;
	} row[] = {
		{ "to Stripe's address by mistake", SPAN("{\"type\":\"email.created\",\"data\":{\"otp_code\":\"424242\"}}"), "stripe" },
		{ "to Resend's address by mistake", SPAN("{\"type\":\"sms.created\",\"data\":{\"message\":\"424242\"}}"), "resend" },
		{ "an e-mail of Clerk's",	SPAN("{\"type\":\"email.created\",\"data\":{\"otp_code\":\"424242\"}}"), "clerk" },
		{ "one that is cut off",	SPAN("{\"type\":\"email.created\",\"data\":{\"otp_code\":\"424242\""), "clerk" },
		{ "one without a type",		SPAN("{\"data\":{\"otp_code\":\"424242\"}}"), "clerk" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		bed_sql("DELETE FROM quarantine");
		hold(row[i].to, "no_match", false, true, row[i].body);
		assert_int_equal(one(ROLE_VIEWER), HK_OK);
		if (bed_says("424242") || !json_true(bed.doc, "masked"))
			fail_msg("%s: a viewer sees its code", row[i].phrase);
		assert_int_equal(one(ROLE_OPERATOR), HK_OK);
		if (!bed_says("424242"))
			fail_msg("%s: an operator does not see it", row[i].phrase);
	}
	bed_sql("DELETE FROM quarantine");
	hold("resend", "no_match", false, true, SPAN("{\"type\":\"email.sent\",\"data\":{\"subject\":\"hello\"}}"));
	assert_int_equal(one(ROLE_VIEWER), HK_OK);
	assert_true(bed_says("hello"));
}

static void
large_and_odd_bodies(void **state)
{
	static char	big[200000];
	static const struct span	odd[] = { SPAN(""), SPAN("\0\377\376"), SPAN("\342\200\256abc") };

	(void)state;
	memset(big, 'x', sizeof(big));
	hold("stripe", "no_match", false, true, span_of(big, sizeof(big)));
	assert_int_equal(one(ROLE_VIEWER), HK_OK);
	assert_true(json_true(bed.doc, "cut"));
	assert_true(bed.page.len < 50000);
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		bed_sql("DELETE FROM quarantine");
		hold("stripe", "no_match", false, false, odd[i]);
		assert_int_equal(one(ROLE_VIEWER), HK_OK);
		assert_true(json_true(bed.doc, "kept"));
	}
	bed_sql("UPDATE quarantine SET body = NULL");
	assert_int_equal(one(ROLE_VIEWER), HK_OK);
	assert_false(json_true(bed.doc, "kept"));
	assert_true(strstr(bed_text("not_because"), "too large") != NULL);
}

#define T(f)	cmocka_unit_test_setup_teardown(f, bed_setup, bed_teardown)

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		T(the_list_is_filtered),
		T(pages_lead_down_and_up),
		T(a_page_says_whether_it_could_be_accepted),
		T(and_why_not),
		T(accepting_makes_an_event),
		T(what_no_secret_signs_stays_and_is_logged),
		T(codes_are_for_operators),
		T(large_and_odd_bodies),
	};

	return cmocka_run_group_tests_name("admin/quarantine", tests, NULL, NULL);
}
