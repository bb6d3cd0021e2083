/* The application makes a user, and Clerk tells of it: one user, whoever is first. */
#include "fixture.h"

#define CLERK	"user_2abc"
#define NOBODY	"01890000-0000-7000-8000-0000000000aa"

static struct app_user
app(const char *clerk_id, const char *app_id, const char *email)
{
	return (struct app_user){
		.clerk_id = span_str(clerk_id), .app_id = span_str(app_id),
		.email = span_str(email),
	};
}

static enum hk_err
ensure(const struct app_user *u, struct user *out, bool *made)
{
	struct cause	c = { f.db, 0, T0 };

	return user_ensure(&c, u, out, made);
}

static enum hk_err
clerk(const char *external_id, bool verified)
{
	struct cause		c = { f.db, 0, T0 + 1 };
	struct clerk_user	u = {
		.clerk_id = SPAN(CLERK), .email = SPAN("Ada@example.com"),
		.email_verified = verified, .external_id = span_str(external_id),
		.first_name = SPAN("Ada"), .updated_us = T0,
	};
	struct user		user;

	return user_put(&c, &u, 40, &user);
}

static void
test_one_user_whoever_is_first(void **state)
{
	static const struct {
		const char	*name;
		const char	*clerk_id, *app_id, *email;	/* of the application */
		const char	*external_id;	/* Clerk's */
		bool		 verified;
		int		 users;
	} rows[] = {
		{ "by Clerk id",	CLERK, NULL, NULL,		NULL,	false,	1 },
		{ "by external id",	NULL, "x-1", NULL,		"x-1",	false,	1 },
		{ "by all names",	CLERK, "x-1", "ada@example.com", "x-1",	true,	1 },
		{ "by address",		NULL, NULL, "ada@example.com",	NULL,	true,	1 },
		{ "by address, with a name Clerk has not", NULL, "x-2", "ada@example.com",
								NULL,	true,	1 },
		{ "another external id", NULL, "x-2", NULL,		"x-1",	true,	2 },
		{ "other ones, one address", NULL, "x-2", "ada@example.com", "x-1", true, 2 },
		{ "another address",	NULL, NULL, "bob@example.com",	NULL,	true,	2 },
	};
	char	first[2][400];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (int order = 0; order < 2; order++) {
			struct app_user	u = app(rows[i].clerk_id, rows[i].app_id, rows[i].email);
			struct user	user;
			bool		made;

			wipe();
			begin();
			if (order == 1)
				row_is(rows[i].name, clerk(rows[i].external_id,
				    rows[i].verified) == HK_OK);
			row_is(rows[i].name, ensure(&u, &user, &made) == HK_OK);
			row_is(rows[i].name, made == (order == 0 || rows[i].users == 2));
			row_is(rows[i].name, ensure(&u, &user, &made) == HK_OK && !made);
			row_is(rows[i].name, clerk(rows[i].external_id, rows[i].verified) == HK_OK);
			row_is(rows[i].name, clerk(rows[i].external_id, rows[i].verified) == HK_OK);
			row_is(rows[i].name, ensure(&u, &user, &made) == HK_OK && !made);
			commit();
			row_is(rows[i].name, atoi(ask("SELECT count(*) FROM site_user")) ==
			    rows[i].users);
			row_is(rows[i].name, strcmp(ask("SELECT sum(amount) FROM transfer"),
			    "40") == 0);
			row_is(rows[i].name, atoi(ask("SELECT count(*) FROM message WHERE type ="
			    " 'user.created'")) == rows[i].users);
			snprintf(first[order], sizeof(first[order]), "%s", ask("SELECT"
			    " group_concat(coalesce(clerk_id, '-') || ' ' || coalesce(email, '-')"
			    " || ' ' || coalesce(first_name, '-') || ' ' || coalesce(app_id,"
			    " external_id, '-'), '; ') FROM (SELECT * FROM site_user ORDER BY"
			    " clerk_id IS NULL)"));
		}
		row_is(rows[i].name, strcmp(first[0], first[1]) == 0);
	}
}

/* Whoever says that an address is his, without proof, gets nobody's credits. */
static void
test_an_unproven_address_takes_nothing_over(void **state)
{
	struct app_user	u = app(NULL, NULL, "ada@example.com");
	struct user	user;
	bool		made;

	(void)state;
	begin();
	assert_int_equal(ensure(&u, &user, &made), HK_OK);
	assert_int_equal(clerk(NULL, false), HK_OK);
	commit();
	assert_string_equal(ask("SELECT count(*) FROM site_user"), "2");
}

static void
test_our_own_id_at_clerk(void **state)
{
	struct app_user	u = app(NULL, "x-1", NULL), again;
	struct user	user, same;
	bool		made;

	(void)state;
	begin();
	assert_int_equal(ensure(&u, &user, &made), HK_OK);
	assert_int_equal(clerk(user.id, false), HK_OK);
	again = app(NULL, user.id, NULL);
	assert_int_equal(ensure(&again, &same, &made), HK_OK);
	assert_string_equal(same.id, user.id);
	assert_string_equal(same.clerk_id, CLERK);
	assert_int_equal(ensure(&u, &same, &made), HK_OK);
	assert_string_equal(same.id, user.id);	/* what it was called first is known still */
	commit();
	assert_string_equal(ask("SELECT count(*) FROM site_user"), "1");
}

static void
test_names_are_added_and_facts_stay(void **state)
{
	struct app_user	u = app(NULL, "x-1", "ada@example.com");
	struct app_user	more = app(CLERK, "x-1", "other@example.com");
	struct user	user, same;
	bool		made;

	(void)state;
	begin();
	assert_int_equal(ensure(&u, &user, &made), HK_OK);
	more.first_name = SPAN("Ada");
	assert_int_equal(ensure(&more, &same, &made), HK_OK);
	assert_string_equal(same.id, user.id);
	assert_string_equal(same.clerk_id, CLERK);
	commit();
	assert_string_equal(ask("SELECT clerk_id || ' ' || email || ' ' || first_name"
	    " FROM site_user"), CLERK " ada@example.com Ada");
	assert_string_equal(ask("SELECT group_concat(type, ' ') FROM message"),
	    "user.created user.updated");
	begin();
	assert_int_equal(clerk(NULL, true), HK_OK);
	more.username = SPAN("ada");
	assert_int_equal(ensure(&more, &same, &made), HK_OK);
	commit();
	assert_string_equal(ask("SELECT email || ' ' || coalesce(username, '-') || ' ' || app_id"
	    " FROM site_user"), "Ada@example.com - x-1");
}

static void
test_what_cannot_be(void **state)
{
	static const struct {
		const char	*name;
		const char	*clerk_id, *app_id, *email;
		enum hk_err	 want;
	} rows[] = {
		{ "no name",		NULL, NULL, NULL,	HK_NEVER },
		{ "a blank in it",	"user 1", NULL, NULL,	HK_NEVER },
		{ "empty",		NULL, "", NULL,		HK_NEVER },
		{ "no address",		NULL, NULL, "ada",	HK_NEVER },
		{ "two users' names",	CLERK, "x-2", NULL,	HK_EXISTS },
		{ "a user of another Clerk id", "user_new", "x-3", NULL, HK_EXISTS },
		{ "one user's names",	CLERK, "x-1", NULL,	HK_OK },
		{ "our id, nobody's yet", NULL, NOBODY, NULL,	HK_OK },
	};
	struct app_user	one = app(CLERK, "x-1", NULL), two = app(NULL, "x-2", NULL);
	struct app_user	three = app("user_3", "x-3", NULL), u;
	struct user	user;
	bool		made;

	(void)state;
	begin();
	assert_int_equal(ensure(&one, &user, &made), HK_OK);
	assert_int_equal(ensure(&two, &user, &made), HK_OK);
	assert_int_equal(ensure(&three, &user, &made), HK_OK);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		u = app(rows[i].clerk_id, rows[i].app_id, rows[i].email);
		row_is(rows[i].name, ensure(&u, &user, &made) == rows[i].want);
	}
	commit();
}

/* Clerk's word of an address may be without proof: it does not say who is meant. */
static void
test_an_address_that_two_have(void **state)
{
	struct cause		c = { f.db, 0, T0 };
	struct clerk_user	first = {
		.clerk_id = SPAN(CLERK), .email = SPAN("ada@example.com"), .email_verified = true,
	}, second = { .clerk_id = SPAN("user_other"), .email = SPAN("Ada@Example.com") };
	struct app_user		u = app(NULL, NULL, "ADA@example.com");
	struct app_user		named = app(NULL, "x-1", "ada@example.com");
	struct app_user		known = app(CLERK, NULL, "ada@example.com");
	struct user		user;
	bool			made;

	(void)state;
	begin();
	assert_int_equal(user_put(&c, &first, 0, &user), HK_OK);
	assert_int_equal(ensure(&u, &user, &made), HK_OK);
	assert_string_equal(user.clerk_id, CLERK);
	assert_int_equal(user_put(&c, &second, 0, &user), HK_OK);
	assert_int_equal(ensure(&u, &user, &made), HK_EXISTS);
	assert_int_equal(ensure(&named, &user, &made), HK_EXISTS);
	assert_int_equal(ensure(&known, &user, &made), HK_OK);
	assert_string_equal(user.clerk_id, CLERK);
	assert_int_equal(user_delete(&c, SPAN("user_other")), HK_OK);
	assert_int_equal(ensure(&u, &user, &made), HK_OK);
	assert_string_equal(user.clerk_id, CLERK);
	commit();
}

static void
test_the_deleted(void **state)
{
	struct cause	c = { f.db, 0, T0 + 2 };
	struct app_user	u = app(CLERK, "x-1", "ada@example.com");
	struct app_user	anew = app("user_new", "x-1", "ada@example.com");
	struct user	user, dead;
	bool		made;

	(void)state;
	begin();
	assert_int_equal(ensure(&u, &user, &made), HK_OK);
	assert_int_equal(user_delete(&c, SPAN(CLERK)), HK_OK);
	assert_int_equal(ensure(&u, &dead, &made), HK_OK);
	assert_true(dead.deleted && !made);
	assert_string_equal(dead.id, user.id);
	assert_int_equal(ensure(&anew, &user, &made), HK_OK);
	assert_true(made && !user.deleted);
	assert_int_equal(ensure(&anew, &dead, &made), HK_OK);
	assert_string_equal(dead.id, user.id);
	commit();
}

/* What waited for the user goes on when the application says who that is. */
static void
test_wakes(void **state)
{
	struct app_user	u = app(CLERK, NULL, NULL);
	struct user	user;
	bool		made;

	(void)state;
	plant("INSERT INTO event (id, provider, event_id, status, waits_for, verified,"
	    " created_at) VALUES (1, 'stripe', 'evt_1', 'pending', 'user:" CLERK "', 1, 0)");
	begin();
	assert_int_equal(ensure(&u, &user, &made), HK_OK);
	commit();
	assert_string_equal(ask("SELECT next_attempt_at FROM event"), "1700000000000000");
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test_setup_teardown(test_one_user_whoever_is_first, setup, teardown),
		cmocka_unit_test_setup_teardown(test_an_unproven_address_takes_nothing_over,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(test_our_own_id_at_clerk, setup, teardown),
		cmocka_unit_test_setup_teardown(test_names_are_added_and_facts_stay, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_what_cannot_be, setup, teardown),
		cmocka_unit_test_setup_teardown(test_an_address_that_two_have, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_deleted, setup, teardown),
		cmocka_unit_test_setup_teardown(test_wakes, setup, teardown),
	};

	return cmocka_run_group_tests_name("users of the application", tests, NULL, NULL);
}
