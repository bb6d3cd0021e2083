/* One user's story, and what is done to them. */
#include "people.h"

#include "books/apikey.h"
#include "books/organization.h"
#include "inbox/search.h"

#define HOUR	INT64_C(3600000000)

static const char	*ann;

static void
make_ann(void)
{
	ann = people_put("user_ann", "ann@example.com", "Ann", "Lee", BED_NOW - 10 * HOUR);
	bed_sql("INSERT INTO stripe_customer (customer, site_user, created_at)"
	    " SELECT 'cus_1', id, created_at FROM site_user");
}

static enum hk_err
look(const char *query)
{
	char	path[100];

	bed_visit(ROLE_OPERATOR, query, NULL);
	snprintf(path, sizeof(path), "/users/%s", ann);
	bed_route("/users/:id", path);
	return bed_run(page_user);
}

static size_t
lines(void)
{
	return json_len(json_get(bed.doc, "lines"));
}

static const char *
line(size_t i, const char *name)
{
	static char	text[4][256];
	static int	turn;
	struct span	s = json_text(json_at(json_get(bed.doc, "lines"), i), name);

	turn = (turn + 1) % 4;
	snprintf(text[turn], sizeof(text[0]), "%.*s", SPAN_ARG(s));
	return text[turn];
}

static int64_t
number(size_t i, const char *name)
{
	int64_t	n = -1;

	json_int(json_at(json_get(bed.doc, "lines"), i), name, &n);
	return n;
}

static void
a_story_has_everything_once(void **state)
{
	static const char *const	want[] = {
		"person credits.adjust", "mail Mail bounced", "key Key made", "credits adjust", "credits purchase",
		"event charge.failed", "event checkout.session.completed", "account Stripe customer linked",
		"account First heard of",
	};
	int64_t				paid;

	(void)state;
	make_ann();
	paid = bed_put(&(struct bed_event){ .event_id = "evt_1", .type = "checkout.session.completed",
	    .lane = "cus_1", .at = BED_NOW - 9 * HOUR });
	bed_put(&(struct bed_event){ .event_id = "evt_2", .type = "charge.failed", .lane = "user_ann",
	    .at = BED_NOW - 8 * HOUR });
	bed_put(&(struct bed_event){ .event_id = "evt_3", .type = "another.users", .lane = "user_bob" });
	people_move(ann, T_PURCHASE, "stripe:pi_1", 500, "ten euros", paid, BED_NOW - 7 * HOUR);
	people_move(ann, T_ADJUST, "adjust:1", -100, "sorry", 0, BED_NOW - 6 * HOUR);
	bed_sql("INSERT INTO api_key (id, site_user, prefix, hash, created_at) SELECT 'key_1', id, 'hk_1', '', "
	    "created_at + 18000000000 FROM site_user");
	bed_sql("INSERT INTO email (email_id, recipients, subject, state, state_at, created_at)"
	    " VALUES ('m1', '[\"ann@example.com\"]', 'Hello', 'bounced', 1, 1);"
	    "INSERT INTO email_recipient (address, created_at, email_id) VALUES ('ann@example.com', 1, 'm1');"
	    "INSERT INTO email_history (email_id, event, kind, occurred_at, detail)"
	    " SELECT 'm1', 3, 'bounced', created_at + 21600000000, 'no mailbox' FROM site_user;"
	    "INSERT INTO audit_log (at, who, via, action, subject, result)"
	    " SELECT created_at + 28800000000, 'otto', 'page', 'credits.adjust', 'user:' || id, 'done' FROM site_user");
	assert_int_equal(look(NULL), HK_OK);
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		char	got[200];

		snprintf(got, sizeof(got), "%s %s", line(i, "kind"), line(i, "title"));
		assert_string_equal(got, want[i]);
	}
	assert_int_equal(lines(), sizeof(want) / sizeof(want[0]));
	assert_string_equal(line(1, "detail"), "Hello: no mailbox");
	assert_string_equal(line(1, "state"), "failed");
	assert_string_equal(line(1, "href"), "/events/3");
	assert_string_equal(line(3, "detail"), "sorry");
	assert_int_equal(number(3, "amount"), -100);
	assert_int_equal(number(3, "balance"), 400);
	assert_int_equal(number(4, "balance"), 500);
	assert_string_equal(line(4, "href"), "/events/1");
	assert_string_equal(line(5, "state"), "pending");
	assert_null(json_get(bed.doc, "next"));
	assert_true(bed_says("\"balance\":400,\"owes\":false,\"late\":false"));
	assert_true(bed_says("https://dashboard.clerk.com/~/users/user_ann"));
	assert_true(bed_says("https://dashboard.stripe.com/test/customers/cus_1"));
	assert_int_equal(look("kind=credits"), HK_OK);
	assert_int_equal(lines(), 2);
	assert_int_equal(look("kind=sign-ins"), HK_OK);
	assert_int_equal(lines(), 0);
}

/* Every line of every page, whatever the clocks said: each once, none lost. */
static void
pages_lose_nothing(void **state)
{
	static bool	seen[3][301];
	char		query[200] = "", key[40];
	size_t		n = 0;

	(void)state;
	make_ann();
	for (int i = 1; i <= 100; i++) {
		snprintf(key, sizeof(key), "evt_%d", i);
		bed_put(&(struct bed_event){ .event_id = key, .type = "t", .lane = i % 2 ? "cus_1" : "user_ann",
		    .at = BED_NOW - HOUR + i / 10 });
		snprintf(key, sizeof(key), "k:%d", i);
		/* a clock that jumps to and fro */
		people_move(ann, i % 3 ? T_ADJUST : T_BURN, key, i % 3 ? 10 : -5, NULL, 0,
		    BED_NOW - HOUR + (i % 7) * 2);
	}
	memset(seen, 0, sizeof(seen));
	do {
		assert_int_equal(look(query), HK_OK);
		for (size_t i = 0; i < lines(); i++, n++) {
			int64_t	event = number(i, "event");

			if (event < 0)
				continue;
			assert_false(seen[0][event]);
			seen[0][event] = true;
		}
		snprintf(query, sizeof(query), "%s", bed_text("next"));
	} while (*query != '\0');
	assert_int_equal(n, 202);
	for (int i = 1; i <= 100; i++)
		assert_true(seen[0][i]);
}

/* What only mentions them is found by the search index: a purchase without customer. */
static void
a_purchase_that_only_names_them(void **state)
{
	struct arena	*arena = arena_new(4 << 20);
	bool		 more = true;

	(void)state;
	make_ann();
	bed_put(&(struct bed_event){ .event_id = "evt_1", .type = "checkout.session.completed", .lane = "cs_1",
	    .body = "{\"data\":{\"object\":{\"client_reference_id\":\"user_ann\"}}}" });
	while (more)
		assert_int_equal(search_step(bed.db, arena, &more), HK_OK);
	arena_free(arena);
	assert_int_equal(look("kind=events"), HK_OK);
	assert_int_equal(lines(), 1);
}

static const struct {
	const char	*what, *query;
	enum hk_err	 e;
} addresses[] = {
	{ "no such kind",	"kind=money",		HK_SYNTAX },
	{ "no boundary",	"before=yesterday",	HK_SYNTAX },
	{ "half a boundary",	"before=e",		HK_SYNTAX },
	{ "no such list",	"before=z12",		HK_SYNTAX },
	{ "below all",		"before=e1.c1",		HK_OK },
};

static void
addresses_are_checked(void **state)
{
	(void)state;
	make_ann();
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++)
		if (look(addresses[i].query) != addresses[i].e)
			fail_msg("%s", addresses[i].what);
	bed_visit(ROLE_VIEWER, NULL, NULL);
	bed_route("/users/:id", "/users/cus_1");
	assert_int_equal(bed_run(page_user), HK_OK);
	assert_non_null(strstr(bed.v.then, ann));
	bed_visit(ROLE_VIEWER, NULL, NULL);
	bed_route("/users/:id", "/users/user_nobody");
	assert_int_equal(bed_run(page_user), HK_NOTFOUND);
}

static void
what_stands_beside_it(void **state)
{
	const struct cause	c = { bed.db, 0, BED_NOW };

	(void)state;
	make_ann();
	people_subscribe(ann, "sub_1", "past_due", BED_NOW);
	assert_int_equal(db_begin(bed.db), HK_OK);
	assert_int_equal(organization_put(&c, &(struct organization){ .id = SPAN("org_1"),
	    .name = SPAN("Acme"), .version_us = 1 }), HK_OK);
	assert_int_equal(membership_put(&c, &(struct membership){ .id = SPAN("orgmem_1"),
	    .organization = SPAN("org_1"), .clerk_user = SPAN("user_ann"), .role = SPAN("org:admin"),
	    .version_us = 1 }), HK_OK);
	assert_int_equal(db_commit(bed.db), HK_OK);
	assert_int_equal(look(NULL), HK_OK);
	assert_true(bed_says("\"late\":true"));
	assert_true(bed_says("\"ref\":\"sub_1\",\"status\":\"past_due\",\"state\":\"failed\""));
	assert_true(bed_says("\"name\":\"Acme\",\"role\":\"org:admin\",\"deleted\":false,\"balance\":null"));
	for (int i = 0; i < 12; i++) {
		char	sql[300];

		snprintf(sql, sizeof(sql), "INSERT INTO api_key (id, site_user, prefix, hash, created_at)"
		    " SELECT 'key_%d', id, 'hk_%d', '', 1 FROM site_user", i, i);
		bed_sql(sql);
	}
	assert_int_equal(look(NULL), HK_OK);
	assert_int_equal(json_len(json_get(bed.doc, "api_keys")), 8);
	assert_true(json_true(bed.doc, "more_sides"));
	assert_int_equal(look("all=1"), HK_OK);
	assert_int_equal(json_len(json_get(bed.doc, "api_keys")), 12);
}

/* ---- giving and taking ------------------------------------------------------------- */

static enum hk_err
ask(const char *query)
{
	char	path[100];

	bed_visit(ROLE_OPERATOR, query, NULL);
	snprintf(path, sizeof(path), "/users/%s/adjust", ann);
	bed_route("/users/:id/adjust", path);
	return bed_run(page_user_adjust);
}

static enum hk_err
act(visit_fn *fn, const char *what, const char *form)
{
	char	path[100], pattern[40];

	bed_visit(ROLE_OPERATOR, NULL, form);
	snprintf(path, sizeof(path), "/users/%s/%s", ann, what);
	snprintf(pattern, sizeof(pattern), "/users/:id/%s", what);
	bed_route(pattern, path);
	return bed_run(fn);
}

static const struct {
	const char	*what, *query;
	int		 status;
	int64_t		 after;		/* that is shown; -1: it is not asked */
} questions[] = {
	{ "to give",			"amount=500&note=x",	200, 600 },
	{ "with a sign and gaps",	"amount=%2B+1+000&note=x", 200, 1100 },
	{ "to take",			"amount=-100&note=x",	200, 0 },
	{ "more than there is",		"amount=-101&note=x",	400, -1 },
	{ "nothing",			"amount=0&note=x",	400, -1 },
	{ "half a credit",		"amount=1.5&note=x",	400, -1 },
	{ "too much",			"amount=1000000000000001&note=x", 400, -1 },
	{ "more than a balance may be",	"amount=1000000000000000&note=x", 400, -1 },
	{ "digits without end",		"amount=99999999999999999999999&note=x", 400, -1 },
	{ "without a note",		"amount=5",		400, -1 },
	{ "with an empty note",		"amount=5&note=+",	400, -1 },
	{ "with a note that is no text", "amount=5&note=%FF",	400, -1 },
	{ "not yet said",		"",			200, -1 },
};

static void
it_asks_first(void **state)
{
	(void)state;
	make_ann();
	people_move(ann, T_ADJUST, "a:0", 100, "n", 0, BED_NOW);
	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
		int64_t	after = -1;

		assert_int_equal(ask(questions[i].query), HK_OK);
		if (json_true(bed.doc, "asks"))
			json_int(bed.doc, "after", &after);
		if (bed.v.status != questions[i].status || after != questions[i].after)
			fail_msg("%s: %d, %lld", questions[i].what, bed.v.status, (long long)after);
	}
	assert_int_equal(bed_ask("SELECT count(*) FROM transfer"), 1);
}

#define KEY	"&key=0190b1a0-0000-7000-8000-000000000000"

static void
it_books_once(void **state)
{
	(void)state;
	make_ann();
	people_move(ann, T_ADJUST, "a:0", 100, "n", 0, BED_NOW);
	assert_int_equal(act(act_user_adjust, "adjust", "amount=50&note=For+Tuesday&seen=100" KEY), HK_OK);
	assert_string_equal(bed.v.said, "adjusted");
	assert_int_equal(bed_ask("SELECT balance FROM account WHERE owner_kind = 'user'"), 150);
	assert_int_equal(bed_ask("SELECT count(*) FROM transfer WHERE kind = 'adjust' AND note = 'For Tuesday'"
	    " AND event IS NULL"), 1);
	assert_int_equal(bed_ask("SELECT count(*) FROM audit_log WHERE action = 'credits.adjust' AND who = 'otto'"
	    " AND result = 'done' AND before = '{\"balance\":\"100\"}' AND after LIKE '%\"balance\":\"150\"%Tuesday%'"), 1);
	/* pressed twice, and once more when the balance is another */
	assert_int_equal(act(act_user_adjust, "adjust", "amount=50&note=For+Tuesday&seen=100" KEY), HK_OK);
	assert_string_equal(bed.v.said, "adjusted_before");
	assert_int_equal(bed_ask("SELECT count(*) FROM transfer"), 2);
	assert_int_equal(bed_ask("SELECT count(*) FROM audit_log"), 1);
}

static const struct {
	const char	*what, *form;
	int		 status;
	enum hk_err	 e;
} refused[] = {
	{ "the balance is another by now", "amount=50&note=x&seen=99" KEY,	409, HK_OK },
	{ "the balance was not seen",	"amount=50&note=x" KEY,			409, HK_OK },
	{ "less than there is by now",	"amount=-150&note=x&seen=150" KEY,	400, HK_OK },
	{ "without a note",		"amount=50&seen=100" KEY,		400, HK_OK },
	{ "without a key",		"amount=50&note=x&seen=100",		200, HK_SYNTAX },
	{ "with a key of one's own",	"amount=50&note=x&seen=100&key=stripe:pi_1", 200, HK_SYNTAX },
};

static void
it_books_only_what_was_seen(void **state)
{
	(void)state;
	make_ann();
	people_move(ann, T_ADJUST, "a:0", 100, "n", 0, BED_NOW);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		enum hk_err	e = act(act_user_adjust, "adjust", refused[i].form);

		if (e != refused[i].e || bed.v.status != refused[i].status || bed.v.then != NULL)
			fail_msg("%s: %d, %d", refused[i].what, e, bed.v.status);
	}
	assert_int_equal(bed_ask("SELECT count(*) FROM transfer"), 1);
	assert_int_equal(bed_ask("SELECT count(*) FROM audit_log"), 0);
}

/* ---- keys ------------------------------------------------------------------------------ */

static void
a_key_is_revoked_by_its_users_page(void **state)
{
	const struct cause	c = { bed.db, 0, BED_NOW };
	char			text[APIKEY_TEXT], form[100];
	struct apikey		key;
	const char		*bob;

	(void)state;
	make_ann();
	bob = people_put("user_bob", "bob@example.com", NULL, NULL, BED_NOW);
	assert_int_equal(db_begin(bed.db), HK_OK);
	assert_int_equal(apikey_make(&c, bed.conf, bob, SPAN("ci"), &key, text), HK_OK);
	assert_int_equal(db_commit(bed.db), HK_OK);
	snprintf(form, sizeof(form), "key=%s", key.id);
	assert_int_equal(act(act_key_revoke, "revoke", form), HK_NOTFOUND);
	assert_int_equal(act(act_key_revoke, "revoke", "key=key_none"), HK_NOTFOUND);
	assert_int_equal(act(act_key_revoke, "revoke", "x=1"), HK_SYNTAX);
	assert_int_equal(bed_ask("SELECT count(*) FROM api_key WHERE revoked_at IS NOT NULL"), 0);
	ann = bob;
	assert_int_equal(act(act_key_revoke, "revoke", form), HK_OK);
	assert_string_equal(bed.v.said, "key_revoked");
	assert_int_equal(bed_ask("SELECT count(*) FROM audit_log WHERE action = 'key.revoke' AND subject LIKE 'user:%'"
	    " AND before LIKE '%\"name\":\"ci\"%'"), 1);
	assert_int_equal(apikey_check(bed.db, span_str(text), &key), HK_BADSIG);
	assert_int_equal(act(act_key_revoke, "revoke", form), HK_OK);
	assert_string_equal(bed.v.said, "key_was_revoked");
	assert_int_equal(bed_ask("SELECT count(*) FROM audit_log"), 1);
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, bed_setup, bed_teardown)
	const struct CMUnitTest	tests[] = {
		T(a_story_has_everything_once),
		T(pages_lose_nothing),
		T(a_purchase_that_only_names_them),
		T(addresses_are_checked),
		T(what_stands_beside_it),
		T(it_asks_first),
		T(it_books_once),
		T(it_books_only_what_was_seen),
		T(a_key_is_revoked_by_its_users_page),
	};

	return cmocka_run_group_tests_name("admin/page_user", tests, NULL, NULL);
}
