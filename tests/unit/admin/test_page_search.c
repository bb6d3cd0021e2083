/* The search box. */
#include "bed.h"

#include "inbox/search.h"

static void
fill(void)
{
	struct arena	*arena = arena_new(4 << 20);
	bool		 more = true;

	bed_put(&(struct bed_event){ .event_id = "evt_1", .type = "invoice.paid", .lane = "cus_a",
	    .body = "{\"data\":{\"object\":{\"amount_total\":500,\"customer_email\":\"ann@example.com\"}}}" });
	bed_put(&(struct bed_event){ .provider = "clerk", .event_id = "msg_2", .type = "user.created",
	    .lane = "user_2", .body = "{\"data\":{\"first_name\":\"Zoe\"}}" });
	bed_put(&(struct bed_event){ .provider = "resend", .event_id = "evt_1", .type = "email.sent" });
	bed_put(&(struct bed_event){ .provider = "clerk", .event_id = "msg_4", .type = "sms.created",
	    .body = "{\"data\":{\"message\":\"424242\"}}" });
	while (more)
		assert_int_equal(search_step(bed.db, arena, &more), HK_OK);
	arena_free(arena);
}

static const struct {
	const char	*what, *typed, *then;
} jumps[] = {
	{ "our number",			"4",		"/events/4" },
	{ "our number, as it is shown",	"%234",		"/events/4" },
	{ "blanks around it",		"+4+",		"/events/4" },
	{ "a sender's id",		"msg_2",	"/events/2" },
	{ "an id two senders have",	"evt_1",	"/events?event_id=evt_1" },
	{ "a customer",			"cus_zz",	"/events?lane=cus_zz" },
	{ "a user",			"user_2",	"/events?lane=user_2" },
	{ "a mail's id",		"0190b1a0-0000-7000-8000-000000000000",
	    "/events?lane=0190b1a0-0000-7000-8000-000000000000" },
};

static void
it_goes_to_what_is_named(void **state)
{
	char	query[200];

	(void)state;
	fill();
	for (size_t i = 0; i < sizeof(jumps) / sizeof(jumps[0]); i++) {
		snprintf(query, sizeof(query), "q=%s", jumps[i].typed);
		assert_int_equal(bed_get(page_search, ROLE_VIEWER, query), HK_OK);
		if (bed.v.then == NULL || strcmp(bed.v.then, jumps[i].then) != 0)
			fail_msg("%s: %s", jumps[i].what, bed.v.then != NULL ? bed.v.then : "stays");
	}
}

static const struct {
	const char	*what, *typed;
	int64_t		 id;		/* the only one; 0: none */
} finds[] = {
	{ "an address",			"ann%40example.com",	1 },
	{ "a word in any case",		"zOE",			2 },
	{ "two words",			"invoice.paid+ann%40example.com", 1 },
	{ "words that are nowhere",	"nowhere",		0 },
	{ "a value",			"data.object.amount_total%3D500", 1 },
	{ "another value",		"data.object.amount_total%3D50", 0 },
	{ "a number of no event",	"99",			0 },
	{ "an id nobody has",		"msg_nobody",		0 },
	{ "a code",			"424242",		0 },
	{ "a code by its place",	"data.message%3D424242", 0 },
	{ "signs alone",		"%22%27%28*",		0 },
	{ "operators are words",	"NOT+OR+AND+NEAR",	0 },
};

static void
it_looks_for_the_rest(void **state)
{
	char	query[200];

	(void)state;
	fill();
	for (size_t i = 0; i < sizeof(finds) / sizeof(finds[0]); i++) {
		struct json	*rows;
		int64_t		 id = 0;

		snprintf(query, sizeof(query), "q=%s", finds[i].typed);
		assert_int_equal(bed_get(page_search, ROLE_VIEWER, query), HK_OK);
		rows = json_get(bed.doc, "rows");
		json_int(json_at(rows, 0), "id", &id);
		if (bed.v.then != NULL || id != finds[i].id || json_len(rows) != (finds[i].id != 0))
			fail_msg("%s: %lld of %zu", finds[i].what, (long long)id, json_len(rows));
	}
}

static void
it_says_what_it_knows(void **state)
{
	(void)state;
	assert_int_equal(bed_get(page_search, ROLE_VIEWER, NULL), HK_OK);
	assert_false(json_true(bed.doc, "asked"));
	fill();
	assert_int_equal(bed_get(page_search, ROLE_VIEWER, "q=zoe"), HK_OK);
	assert_true(bed_says("\"indexed_to\":4"));
	assert_string_equal(bed_text("q"), "zoe");
	assert_int_equal(bed_get(page_search, ROLE_VIEWER, "q=zoe&before=x"), HK_SYNTAX);
	assert_int_equal(bed_get(page_search, ROLE_VIEWER, "q=%FF"), HK_OK);
	assert_true(*bed_text("wrong") != '\0');
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, bed_setup, bed_teardown)
	const struct CMUnitTest	tests[] = {
		T(it_goes_to_what_is_named),
		T(it_looks_for_the_rest),
		T(it_says_what_it_knows),
	};

	return cmocka_run_group_tests_name("admin/page_search", tests, NULL, NULL);
}
