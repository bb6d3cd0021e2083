/* One user per Clerk id, whatever order Clerk's word of it arrives in. */
#include "fixture.h"

#define CLERK	"user_2abc"
#define OWN	"01890000-0000-7000-8000-0000000000aa"

static struct clerk_user
clerk(const char *email, int64_t updated_us)
{
	return (struct clerk_user){
		.clerk_id = SPAN(CLERK), .email = span_str(email),
		.first_name = SPAN("Ada"), .metadata = SPAN("{\"a\":1}"),
		.updated_us = updated_us,
	};
}

static enum hk_err
put(const struct clerk_user *u, struct user *out)
{
	struct cause	c = { f.db, 0, T0 };

	return user_put(&c, u, 40, out);
}

static enum hk_err
delete(const char *clerk_id)
{
	struct cause	c = { f.db, 0, T0 };

	return user_delete(&c, span_str(clerk_id));
}

static enum hk_err
find(const char *any, struct user *out)
{
	return user_find(f.db, span_str(any), out);
}

/* What user.created, two updates and a deletion leave, in the order told. */
static enum hk_err
tell(int what)
{
	struct clerk_user	created = clerk("old@example.com", T0 + 1);
	struct clerk_user	changed = clerk("mid@example.com", T0 + 2);
	struct clerk_user	newest = clerk("new@example.com", T0 + 3);
	struct user		u;

	switch (what) {
	case 0:	return put(&created, &u);
	case 1:	return put(&changed, &u);
	case 2:	return put(&newest, &u);
	default: return delete(CLERK);
	}
}

static void
in_every_order(int n, const char *want)
{
	int	order[] = { 0, 1, 2, 3 }, i, again;

	do {
		char	name[16], *p = name;

		wipe();
		begin();
		/* Each twice in a row: a provider repeats itself. */
		for (i = 0; i < n; i++)
			for (again = 0; again < 2; again++) {
				enum hk_err	e = tell(order[i]);

				*p = (char)('0' + order[i]), p[1] = '\0';
				row_is(name, e == HK_OK || e == HK_SKIP);
				p += again;
			}
		commit();
		row_is(name, strcmp(ask("SELECT group_concat(clerk_id || ' ' || CASE WHEN"
		    " deleted_at IS NULL THEN email ELSE 'dead' END) FROM site_user"), want) == 0);
		row_is(name, atoi(ask("SELECT count(*) FROM transfer")) <= 1);
		row_is(name, strcmp(ask("SELECT coalesce(sum(balance), 0) FROM account"),
		    "0") == 0);
		if (n == 3)
			row_is(name, strcmp(ask("SELECT balance FROM account"
			    " WHERE owner_kind = 'user'"), "40") == 0);
		else if (order[0] == 3)
			row_is(name, strcmp(ask("SELECT count(*) FROM transfer"), "0") == 0);
	} while (next_order(order, n));
}

static void
test_the_newest_wins_in_any_order(void **state)
{
	(void)state;
	in_every_order(3, CLERK " new@example.com");
}

static void
test_the_dead_stay_dead_in_any_order(void **state)
{
	(void)state;
	in_every_order(4, CLERK " dead");
}

static void
test_a_tombstone_is_not_written_on(void **state)
{
	struct clerk_user	u = clerk("a@x", T0), late = clerk("late@x", T0 + 9);
	struct user		user;

	(void)state;
	begin();
	assert_int_equal(put(&u, &user), HK_OK);
	assert_int_equal(delete(CLERK), HK_OK);
	assert_int_equal(put(&late, &user), HK_SKIP);
	assert_non_null(strstr(err_last(), "was deleted"));
	assert_int_equal(delete(CLERK), HK_SKIP);
	assert_non_null(strstr(err_last(), "already deleted"));
	assert_int_equal(delete("user_never_seen"), HK_OK);
	late.clerk_id = SPAN("user_never_seen");
	assert_int_equal(put(&late, &user), HK_SKIP);
	commit();
	assert_string_equal(ask("SELECT group_concat(clerk_id || coalesce(email, '-')"
	    " || deleted_at) FROM (SELECT * FROM site_user ORDER BY clerk_id)"),
	    "user_2abca@x1700000000000000,user_never_seen-1700000000000000");
	assert_string_equal(ask("SELECT count(*) FROM transfer"), "1");
}

static void
test_versions(void **state)
{
	static const struct {
		const char	*name;
		int64_t		 stored, told;
		enum hk_err	 want;
		const char	*email;
	} rows[] = {
		{ "newer",			T0,	T0 + 1,	HK_OK,		"b@x" },
		{ "the same again",		T0,	T0,	HK_OK,		"b@x" },
		{ "older by 1 us",		T0,	T0 - 1,	HK_SKIP,	"a@x" },
		{ "not said after said",	T0,	0,	HK_SKIP,	"a@x" },
		{ "said after not said",	0,	1,	HK_OK,		"b@x" },
		{ "neither said",		0,	0,	HK_OK,		"b@x" },
	};
	size_t	i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct clerk_user	a = clerk("a@x", rows[i].stored);
		struct clerk_user	b = clerk("b@x", rows[i].told);
		struct user		u;

		wipe();
		begin();
		row_is(rows[i].name, put(&a, &u) == HK_OK);
		row_is(rows[i].name, put(&b, &u) == rows[i].want);
		row_is(rows[i].name, rows[i].want == HK_OK ||
		    strncmp(err_last(), "stale: ", 7) == 0);
		commit();
		row_is(rows[i].name, strcmp(ask("SELECT email FROM site_user"),
		    rows[i].email) == 0);
	}
}

static void
test_what_clerk_takes_away_is_gone(void **state)
{
	struct clerk_user	u = clerk("a@x", T0);
	struct user		first, second;

	(void)state;
	begin();
	assert_int_equal(put(&u, &first), HK_OK);
	u.email = u.first_name = u.metadata = SPAN_NULL;
	u.last_name = SPAN("Lovelace");
	u.updated_us++;
	assert_int_equal(put(&u, &second), HK_OK);
	commit();
	assert_string_equal(first.id, second.id);
	assert_string_equal(first.clerk_id, CLERK);
	assert_string_equal(ask("SELECT coalesce(email, '-') || coalesce(first_name, '-')"
	    " || last_name || coalesce(metadata, '-') FROM site_user"), "--Lovelace-");
}

static void
test_bonus(void **state)
{
	struct cause		c = { f.db, 0, T0 };
	struct clerk_user	u = clerk("a@x", T0);
	struct user		user;
	int64_t			n;

	(void)state;
	begin();
	assert_int_equal(user_put(&c, &u, 0, &user), HK_OK);
	/* A bonus introduced later is for those who come later. */
	assert_int_equal(user_put(&c, &u, 40, &user), HK_OK);
	assert_int_equal(ledger_balance(f.db, user.id, &n), HK_OK);
	assert_int_equal(n, 0);
	u.clerk_id = SPAN("user_next");
	assert_int_equal(user_put(&c, &u, 40, &user), HK_OK);
	assert_int_equal(ledger_balance(f.db, user.id, &n), HK_OK);
	assert_int_equal(n, 40);
	commit();
	assert_string_equal(ask("SELECT business_key FROM transfer"),
	    "clerk:user_next:signup_bonus");
}

static void
test_the_applications_user_is_completed(void **state)
{
	static const struct {
		const char	*name;
		const char	*external_id;
		const char	*row;		/* of OWN before */
		bool		 completed;
	} rows[] = {
		{ "its id",		OWN,	"NULL, NULL",		true },
		{ "in capitals",	"01890000-0000-7000-8000-0000000000AA",
						"NULL, NULL",		true },
		{ "another's",		OWN,	"'user_other', NULL",	false },
		{ "a dead one",		OWN,	"NULL, 1",		false },
		{ "no id of ours",	"customer-17", "NULL, NULL",	false },
		{ "an id nobody has",	"01890000-0000-7000-8000-0000000000ab",
						"NULL, NULL",		false },
	};
	size_t	i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct clerk_user	u = clerk("a@x", T0);
		struct user		user, again;
		char			sql[300];

		wipe();
		snprintf(sql, sizeof(sql), "INSERT INTO site_user (id, clerk_id, deleted_at,"
		    " email, created_at, updated_at) VALUES ('" OWN "', %s, 'app@x', 0, 0)",
		    rows[i].row);
		plant(sql);
		u.external_id = span_str(rows[i].external_id);
		begin();
		row_is(rows[i].name, put(&u, &user) == HK_OK);
		row_is(rows[i].name, put(&u, &again) == HK_OK);
		commit();
		row_is(rows[i].name, strcmp(user.id, again.id) == 0);
		row_is(rows[i].name, (strcmp(user.id, OWN) == 0) == rows[i].completed);
		row_is(rows[i].name, atoi(ask("SELECT count(*) FROM site_user")) ==
		    (rows[i].completed ? 1 : 2));
		row_is(rows[i].name, strcmp(ask("SELECT sum(amount) FROM transfer"), "40") == 0);
		row_is(rows[i].name, strcmp(ask("SELECT email FROM site_user WHERE id = '" OWN
		    "'"), rows[i].completed ? "a@x" : "app@x") == 0);
	}
}

static void
test_find(void **state)
{
	struct clerk_user	u = clerk("Ada@Example.com", T0);
	struct cause		c = { f.db, 0, T0 };
	struct user		user, hit;
	char			upper[UUID_LEN + 1];
	size_t			i;

	(void)state;
	begin();
	assert_int_equal(put(&u, &user), HK_OK);
	assert_int_equal(user_link(&c, &user, SPAN("cus_1")), HK_OK);
	for (i = 0; i <= UUID_LEN; i++)
		upper[i] = user.id[i] >= 'a' ? (char)(user.id[i] - 32) : user.id[i];
	const struct {
		const char	*name, *any;
		enum hk_err	 want, dead;
	} rows[] = {
		{ "own id",		user.id,		HK_OK,		HK_OK },
		{ "own id, capitals",	upper,			HK_OK,		HK_OK },
		{ "Clerk id",		CLERK,			HK_OK,		HK_OK },
		{ "customer",		"cus_1",		HK_OK,		HK_OK },
		{ "e-mail, any case",	"ADA@example.COM",	HK_OK,		HK_NOTFOUND },
		{ "Clerk id, other case", "USER_2abc",		HK_NOTFOUND,	HK_NOTFOUND },
		{ "other customer",	"cus_2",		HK_NOTFOUND,	HK_NOTFOUND },
		{ "part of an address",	"ada@example.co",	HK_NOTFOUND,	HK_NOTFOUND },
		{ "nothing",		"",			HK_NOTFOUND,	HK_NOTFOUND },
		{ "other id",		OWN,			HK_NOTFOUND,	HK_NOTFOUND },
	};
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		row_is(rows[i].name, find(rows[i].any, &hit) == rows[i].want);
		row_is(rows[i].name, rows[i].want != HK_OK ||
		    (strcmp(hit.id, user.id) == 0 && !hit.deleted &&
		    strcmp(hit.clerk_id, CLERK) == 0));
	}
	assert_int_equal(delete(CLERK), HK_OK);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		row_is(rows[i].name, find(rows[i].any, &hit) == rows[i].dead);
		row_is(rows[i].name, rows[i].dead != HK_OK || hit.deleted);
	}
	commit();
}

static void
test_of_two_with_one_address_the_newest_living(void **state)
{
	struct user	hit;

	(void)state;
	plant("INSERT INTO site_user (id, clerk_id, email, created_at, updated_at, deleted_at)"
	    " VALUES ('01890000-0000-7000-8000-000000000001', 'user_1', 'a@x', 1, 1, NULL),"
	    " ('01890000-0000-7000-8000-000000000002', 'user_2', 'A@x', 2, 2, NULL),"
	    " ('01890000-0000-7000-8000-000000000003', 'user_3', 'a@x', 3, 3, 4)");
	assert_int_equal(find("a@X", &hit), HK_OK);
	assert_string_equal(hit.clerk_id, "user_2");
}

static void
test_a_customer_is_one_users(void **state)
{
	struct clerk_user	u = clerk("a@x", T0);
	struct cause		c = { f.db, 0, T0 };
	struct user		one, two, hit;

	(void)state;
	begin();
	assert_int_equal(put(&u, &one), HK_OK);
	u.clerk_id = SPAN("user_two");
	assert_int_equal(put(&u, &two), HK_OK);
	assert_int_equal(user_link(&c, &one, SPAN("cus_1")), HK_OK);
	assert_int_equal(user_link(&c, &one, SPAN("cus_1")), HK_OK);
	assert_int_equal(user_link(&c, &one, SPAN("cus_1b")), HK_OK);
	assert_int_equal(user_link(&c, &two, SPAN("cus_1")), HK_NEVER);
	assert_non_null(strstr(err_last(), "identity mismatch"));
	assert_int_equal(user_link(&c, &two, SPAN("")), HK_NEVER);
	assert_int_equal(find("cus_1", &hit), HK_OK);
	assert_string_equal(hit.id, one.id);
	commit();
}

static void
test_ids_that_are_none(void **state)
{
	static const struct {
		const char	*name;
		struct span	 id;
	} rows[] = {
		{ "none",		{ NULL, 0 } },
		{ "empty",		{ "", 0 } },
		{ "too long",		{ "user_45678901234567890123456789012345678901234567890"
					  "123456789abcd", 64 } },
		{ "with a zero byte",	{ "user_a\0b", 8 } },
		{ "with a newline",	{ "user_a\n", 7 } },
	};
	size_t	i;

	(void)state;
	begin();
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct clerk_user	u = { .clerk_id = rows[i].id };
		struct cause		c = { f.db, 0, T0 };
		struct user		user;

		row_is(rows[i].name, put(&u, &user) == HK_NEVER);
		row_is(rows[i].name, user_delete(&c, rows[i].id) == HK_NEVER);
	}
	commit();
	assert_string_equal(ask("SELECT count(*) FROM site_user"), "0");
}

static void
test_arrival_wakes(void **state)
{
	static const struct {
		const char	*name, *thing;
		enum { CREATE, TOMBSTONE, LINK, PLAN } by;
		bool		 woken;
	} rows[] = {
		{ "by the Clerk id",		"user:" CLERK,	CREATE,		true },
		{ "by the own id",		"user:" OWN,	CREATE,		true },
		{ "the dead wake too",		"user:" CLERK,	TOMBSTONE,	true },
		{ "by the customer",		"user:cus_1",	LINK,		true },
		{ "by the plan",		"plan:price_1",	PLAN,		true },
		{ "another user's",		"user:user_2",	CREATE,		false },
		{ "another plan's",		"plan:price_2",	PLAN,		false },
		{ "a customer not linked",	"user:cus_1",	CREATE,		false },
	};
	size_t	i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cause		c = { f.db, 0, T0 };
		struct clerk_user	u = clerk("a@x", T0);
		struct plan		plan = { PLAN_PRICE, SPAN("price_1"), SPAN_NULL, 5, 1 };
		struct user		user = { .id = OWN };
		char			sql[300];

		wipe();
		plant("DELETE FROM event; INSERT INTO site_user (id, created_at, updated_at)"
		    " VALUES ('" OWN "', 0, 0)");
		snprintf(sql, sizeof(sql), "INSERT INTO event (id, provider, event_id, status,"
		    " waits_for, verified, created_at) VALUES (1, 'stripe', 'evt_1', 'pending',"
		    " '%s', 1, 0)", rows[i].thing);
		plant(sql);
		u.external_id = SPAN(OWN);
		begin();
		switch (rows[i].by) {
		case CREATE:
			row_is(rows[i].name, put(&u, &user) == HK_OK);
			break;
		case TOMBSTONE:
			row_is(rows[i].name, delete(CLERK) == HK_OK);
			break;
		case LINK:
			row_is(rows[i].name, user_link(&c, &user, SPAN("cus_1")) == HK_OK);
			break;
		case PLAN:
			row_is(rows[i].name, plan_set(&c, &plan) == HK_OK);
		}
		commit();
		row_is(rows[i].name, strcmp(ask("SELECT coalesce(waits_for, 'now') || ' ' ||"
		    " coalesce(next_attempt_at, 0) || ' ' || attempts FROM event"),
		    "now 1700000000000000 0") == 0 ? rows[i].woken : !rows[i].woken);
	}
}

static void
test_what_is_told(void **state)
{
	static const struct {
		const char	*name;
		int64_t		 version;	/* 0: delete */
		const char	*email;
		enum hk_err	 want;
		const char	*told;
	} rows[] = {
		{ "created",		T0 + 1,	"a@x",	HK_OK,
		    "user.created a@x,credits_granted -,credit_balance_updated -" },
		{ "the same again",	T0 + 1,	"a@x",	HK_OK,		"NULL" },
		{ "changed",		T0 + 2,	"b@x",	HK_OK,		"user.updated b@x" },
		{ "an old word",	T0 + 1,	"a@x",	HK_SKIP,	"NULL" },
		{ "deleted",		0,	NULL,	HK_OK,		"user.deleted -" },
		{ "deleted again",	0,	NULL,	HK_SKIP,	"NULL" },
		{ "a late word",	T0 + 9,	"c@x",	HK_SKIP,	"NULL" },
	};

	(void)state;
	events(9);
	for (int i = 0; i < (int)(sizeof(rows) / sizeof(rows[0])); i++) {
		struct cause		c = { f.db, i + 1, T0 + i };
		struct clerk_user	u = clerk(rows[i].email, rows[i].version);
		struct user		user;
		char			sql[200];

		begin();
		row_is(rows[i].name, (rows[i].version != 0 ? user_put(&c, &u, 40, &user) :
		    user_delete(&c, SPAN(CLERK))) == rows[i].want);
		commit();
		snprintf(sql, sizeof(sql), "SELECT group_concat(type || ' ' || coalesce("
		    "json_extract(payload, '$.email'), '-')) FROM message WHERE event = %d",
		    i + 1);
		if (strcmp(ask(sql), rows[i].told) != 0)
			fail_msg("%s: told \"%s\"", rows[i].name, ask(sql));
	}
}

static void
test_a_tombstone_tells_nothing(void **state)
{
	(void)state;
	begin();
	assert_int_equal(delete(CLERK), HK_OK);
	commit();
	assert_string_equal(ask("SELECT count(*) FROM message"), "0");
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test_setup_teardown(test_what_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_tombstone_tells_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_newest_wins_in_any_order,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_dead_stay_dead_in_any_order,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_tombstone_is_not_written_on,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(test_versions, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_clerk_takes_away_is_gone,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(test_bonus, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_applications_user_is_completed,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(test_find, setup, teardown),
		cmocka_unit_test_setup_teardown(test_of_two_with_one_address_the_newest_living,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_customer_is_one_users, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ids_that_are_none, setup, teardown),
		cmocka_unit_test_setup_teardown(test_arrival_wakes, setup, teardown),
	};

	return cmocka_run_group_tests_name("user", tests, NULL, NULL);
}
