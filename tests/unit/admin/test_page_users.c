/* The users: pages of them, and finding one. */
#include "people.h"

#define HOUR	INT64_C(3600000000)

static void
several(int n)
{
	char	clerk[32], email[40];

	for (int i = 1; i <= n; i++) {
		snprintf(clerk, sizeof(clerk), "user_%03d", i);
		snprintf(email, sizeof(email), "u%03d@example.com", i);
		people_put(clerk, email, "Ann", i % 2 ? "Lee" : "Moss", BED_NOW - HOUR + i * 1000);
	}
}

static size_t
rows(void)
{
	return json_len(json_get(bed.doc, "rows"));
}

static const char *
row(size_t i, const char *name)
{
	static char	text[2][256];
	static int	turn;
	struct span	s = json_text(json_at(json_get(bed.doc, "rows"), i), name);

	snprintf(text[turn ^= 1], sizeof(text[0]), "%.*s", SPAN_ARG(s));
	return text[turn];
}

static void
pages_follow_one_another(void **state)
{
	char	query[100];

	(void)state;
	several(120);
	assert_int_equal(bed_get(page_users, ROLE_VIEWER, NULL), HK_OK);
	assert_int_equal(rows(), 50);
	assert_string_equal(row(0, "clerk_id"), "user_120");
	assert_null(json_get(bed.doc, "previous"));
	snprintf(query, sizeof(query), "%s", bed_text("next"));
	assert_int_equal(bed_get(page_users, ROLE_VIEWER, query), HK_OK);
	assert_string_equal(row(0, "clerk_id"), "user_070");
	snprintf(query, sizeof(query), "%s", bed_text("next"));
	assert_int_equal(bed_get(page_users, ROLE_VIEWER, query), HK_OK);
	assert_int_equal(rows(), 20);
	assert_null(json_get(bed.doc, "next"));
	snprintf(query, sizeof(query), "%s", bed_text("previous"));
	assert_int_equal(bed_get(page_users, ROLE_VIEWER, query), HK_OK);
	assert_string_equal(row(0, "clerk_id"), "user_070");
	assert_string_equal(row(49, "clerk_id"), "user_021");
	assert_int_equal(bed_get(page_users, ROLE_VIEWER, "before=1"), HK_SYNTAX);
	assert_int_equal(bed_get(page_users, ROLE_VIEWER, "only=rich"), HK_SYNTAX);
}

/* What a line says of a user, whatever is known of them. */
static void
a_line_says_who_and_what(void **state)
{
	const char	*id;

	(void)state;
	people_put("user_bare", NULL, NULL, NULL, BED_NOW - 3 * HOUR);
	people_put("user_mail", "only@example.com", NULL, NULL, BED_NOW - 2 * HOUR);
	id = people_put("user_full", "ann@example.com", "Ann", "Lee", BED_NOW - HOUR);
	people_move(id, T_ADJUST, "a:1", -20, "n", 0, BED_NOW);
	people_subscribe(id, "sub_1", "active", BED_NOW);
	people_subscribe(id, "sub_2", "past_due", BED_NOW);
	assert_int_equal(bed_get(page_users, ROLE_VIEWER, NULL), HK_OK);
	assert_string_equal(row(0, "title"), "Ann Lee");
	assert_true(bed_says("\"balance\":-20,\"owes\":true"));
	assert_true(bed_says("\"status\":\"past_due\",\"state\":\"failed\",\"plan\":null,\"more\":1"));
	assert_string_equal(row(1, "title"), "only@example.com");
	assert_string_equal(row(2, "title"), "user_bare");
}

static const struct {
	const char	*what, *query;
	size_t		 n;
	const char	*first;		/* Clerk id of the first */
} finds[] = {
	{ "a whole address",		"who=ann%40example.com",	1,	"user_ann" },
	{ "an address in capitals",	"who=ANN%40Example",		1,	"user_ann" },
	{ "the beginning of one",	"who=bo",			1,	"user_bob" },
	{ "a first name",		"who=robert",			1,	"user_bob" },
	{ "a last name",		"who=lee",			2,	"user_ann" },
	{ "both names",			"who=ann+le",			1,	"user_ann" },
	{ "names of nobody",		"who=ann+moss",			0,	NULL },
	{ "the inside of an address",	"who=example",			0,	NULL },
	{ "a sign of SQL",		"who=%25",			0,	NULL },
	{ "a quote",			"who=%27",			0,	NULL },
	{ "one who is gone",		"who=lee&only=deleted",		1,	"user_gone" },
	{ "one who does not pay",	"who=a&only=late",		1,	"user_ann" },
	{ "the gone",			"only=deleted",			1,	"user_gone" },
	{ "those who do not pay",	"only=late",			1,	"user_ann" },
	{ "no id of a user",		"who=user_nobody",		0,	NULL },
};

static void
it_finds(void **state)
{
	const char	*ann;

	(void)state;
	ann = people_put("user_ann", "ann@example.com", "Ann", "Lee", BED_NOW - 4 * HOUR);
	people_subscribe(ann, "sub_1", "unpaid", BED_NOW);
	people_put("user_bob", "bob@example.com", "Robert", "Moss", BED_NOW - 3 * HOUR);
	people_put("user_gone", "gone@example.com", "Al", "Lee", BED_NOW - 2 * HOUR);
	assert_int_equal(db_begin(bed.db), HK_OK);
	assert_int_equal(user_delete(&(struct cause){ bed.db, 0, BED_NOW }, SPAN("user_gone")), HK_OK);
	assert_int_equal(db_commit(bed.db), HK_OK);
	for (size_t i = 0; i < sizeof(finds) / sizeof(finds[0]); i++) {
		assert_int_equal(bed_get(page_users, ROLE_VIEWER, finds[i].query), HK_OK);
		if (rows() != finds[i].n || (finds[i].first != NULL &&
		    strcmp(row(0, "clerk_id"), finds[i].first) != 0))
			fail_msg("%s: %zu, %s", finds[i].what, rows(), row(0, "clerk_id"));
	}
	assert_int_equal(bed_get(page_users, ROLE_VIEWER, NULL), HK_OK);
	assert_true(bed_says("\"title\":\"Past due\",\"href\":\"?only=late\",\"here\":false,\"more\":false,\"count\":1"));
	assert_true(bed_says("\"title\":\"Deleted\",\"href\":\"?only=deleted\",\"here\":false,\"more\":false,\"count\":1"));
}

/* A payment that failed counts until a newer word, as for burning. */
static void
past_due_is_what_the_books_say(void **state)
{
	const char	*id = people_put("user_a", "a@example.com", NULL, NULL, BED_NOW - HOUR);
	const struct cause c = { bed.db, 0, BED_NOW };

	(void)state;
	people_subscribe(id, "sub_1", "active", BED_NOW - HOUR);
	assert_int_equal(bed_get(page_users, ROLE_VIEWER, "only=late"), HK_OK);
	assert_int_equal(rows(), 0);
	assert_int_equal(db_begin(bed.db), HK_OK);
	assert_int_equal(subscription_paid(&c, "stripe", SPAN("sub_1"), true, BED_NOW - 2000000), HK_OK);
	assert_int_equal(db_commit(bed.db), HK_OK);
	assert_int_equal(bed_get(page_users, ROLE_VIEWER, "only=late"), HK_OK);
	assert_int_equal(rows(), 1);
	assert_int_equal(db_begin(bed.db), HK_OK);
	assert_int_equal(subscription_paid(&c, "stripe", SPAN("sub_1"), false, BED_NOW - 1000000), HK_OK);
	assert_int_equal(db_commit(bed.db), HK_OK);
	assert_int_equal(bed_get(page_users, ROLE_VIEWER, "only=late"), HK_OK);
	assert_int_equal(rows(), 0);
}

static void
an_id_goes_to_the_story(void **state)
{
	const char	*id = people_put("user_ann", "ann@example.com", "Ann", "Lee", BED_NOW - HOUR);
	char		 there[64], query[64];

	(void)state;
	bed_sql("INSERT INTO stripe_customer (customer, site_user, created_at)"
	    " SELECT 'cus_1', id, 1 FROM site_user");
	snprintf(there, sizeof(there), "/users/%s", id);
	snprintf(query, sizeof(query), "who=%s", id);
	assert_int_equal(bed_get(page_users, ROLE_VIEWER, query), HK_OK);
	assert_string_equal(bed.v.then, there);
	assert_int_equal(bed_get(page_users, ROLE_VIEWER, "who=user_ann"), HK_OK);
	assert_string_equal(bed.v.then, there);
	assert_int_equal(bed_get(page_users, ROLE_VIEWER, "who=cus_1"), HK_OK);
	assert_string_equal(bed.v.then, there);
	assert_int_equal(bed_get(page_search, ROLE_VIEWER, "q=user_ann"), HK_OK);
	assert_string_equal(bed.v.then, there);
	assert_int_equal(bed_get(page_search, ROLE_VIEWER, "q=Ann%40Example.com"), HK_OK);
	assert_string_equal(bed.v.then, there);
}

static void
nobody_is_there(void **state)
{
	(void)state;
	assert_int_equal(bed_get(page_users, ROLE_VIEWER, NULL), HK_OK);
	assert_int_equal(rows(), 0);
	assert_null(json_get(bed.doc, "next"));
	several(101);
	assert_int_equal(bed_get(page_users, ROLE_VIEWER, "who=ann"), HK_OK);
	assert_int_equal(rows(), 100);
	assert_true(json_true(bed.doc, "many"));
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, bed_setup, bed_teardown)
	const struct CMUnitTest	tests[] = {
		T(pages_follow_one_another),
		T(a_line_says_who_and_what),
		T(it_finds),
		T(past_due_is_what_the_books_say),
		T(an_id_goes_to_the_story),
		T(nobody_is_there),
	};

	return cmocka_run_group_tests_name("admin/page_users", tests, NULL, NULL);
}
