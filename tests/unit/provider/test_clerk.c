/* Clerk's users: the story of one, in whatever order it is told. */
#include "bench.h"

#define EVENT(type, data) "{\"type\":\"user." type "\",\"object\":\"event\"," \
			"\"timestamp\":1793600000123,\"data\":" data "}"
#define MAILS		"\"email_addresses\":[" \
			"{\"id\":\"idn_1\",\"email_address\":\"old@example.net\"}," \
			"{\"id\":\"idn_2\",\"email_address\":\"ann@example.com\"}]"
#define ANN(at, more)	"{\"id\":\"user_ann\",\"first_name\":\"Ann\",\"last_name\":null," \
			"\"updated_at\":" at "," MAILS "," more "}"

static enum hk_err
clerk(const char *body)
{
	return happen(&provider_clerk, span_str(body));
}

static void
a_user_is_put(void **state)
{
	(void)state;
	assert_int_equal(HK_OK, clerk(EVENT("created", ANN("1793600000123",
	    "\"primary_email_address_id\":\"idn_2\",\"username\":\"ann\",\"external_id\":\"x-1\","
	    "\"public_metadata\":{ \"plan\" : [ 1, 2 ] },\"unsafe_metadata\":{\"plan\":9}"))));
	asks("id", "SELECT clerk_id FROM site_user", "user_ann");
	asks("primary, not first", "SELECT email FROM site_user", "ann@example.com");
	asks("names", "SELECT first_name || ',' || COALESCE(last_name, '-') || ',' || username"
	    " || ',' || external_id FROM site_user", "Ann,-,ann,x-1");
	asks("public metadata, compact", "SELECT metadata FROM site_user", "{\"plan\":[1,2]}");
	asks("version in microseconds", "SELECT clerk_updated_at FROM site_user",
	    "1793600000123000");
	asks("bonus", "SELECT balance FROM account WHERE owner_kind = 'user'", "40");
}

static const struct {
	const char	*phrase, *data, *email;
} mails[] = {
	{ "no primary address", ANN("1", "\"primary_email_address_id\":null"), "NULL" },
	{ "primary not among them", ANN("1", "\"primary_email_address_id\":\"idn_3\""), "NULL" },
	{ "the first is primary", ANN("1", "\"primary_email_address_id\":\"idn_1\""),
	    "old@example.net" },
	{ "no list", "{\"id\":\"user_ann\",\"primary_email_address_id\":\"idn_1\"}", "NULL" },
	{ "an empty list", "{\"id\":\"user_ann\",\"email_addresses\":[],"
	    "\"primary_email_address_id\":\"idn_1\"}", "NULL" },
};

static void
the_primary_address_counts(void **state)
{
	char	body[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(mails) / sizeof(mails[0]); i++) {
		wipe();
		snprintf(body, sizeof(body), EVENT("created", "%s"), mails[i].data);
		row_is(mails[i].phrase, clerk(body) == HK_OK);
		asks(mails[i].phrase, "SELECT email FROM site_user", mails[i].email);
	}
}

#define P	"\"primary_email_address_id\":\"idn_2\""

/* What is newest stands, and the bonus is given once, in any order. */
static void
any_order_gives_the_same_user(void **state)
{
	static const char *const told[] = {
		EVENT("created", ANN("1793600000001", P ",\"username\":\"first\"")),
		EVENT("updated", ANN("1793600000002", P ",\"username\":\"second\"")),
		EVENT("updated", ANN("1793600000003", P ",\"username\":\"third\"")),
		EVENT("created", ANN("1793600000001", P ",\"username\":\"first\"")),
	};
	int	order[] = { 0, 1, 2, 3 };

	(void)state;
	do {
		wipe();
		for (int i = 0; i < 4; i++) {
			enum hk_err	e = clerk(told[order[i]]);

			if (e != HK_OK && (e != HK_SKIP || strncmp(reason, "stale: ", 7) != 0))
				fail_msg("%s: %s", told[order[i]], reason);
		}
		asks("newest", "SELECT username FROM site_user", "third");
		asks("one bonus", "SELECT balance FROM account WHERE owner_kind = 'user'", "40");
	} while (next_order(order, 4));
}

static void
the_dead_stay_dead(void **state)
{
	static const char *const told[] = {
		EVENT("created", ANN("1793600000001", P)),
		EVENT("updated", ANN("1793600000009", P)),
		EVENT("deleted", "{\"deleted\":true,\"id\":\"user_ann\",\"object\":\"user\"}"),
	};
	int	order[] = { 0, 1, 2 };

	(void)state;
	do {
		wipe();
		for (int i = 0; i < 3; i++) {
			enum hk_err	e = clerk(told[order[i]]);

			if (e != HK_OK && (e != HK_SKIP || reason[0] == '\0'))
				fail_msg("%s: %s %s", told[order[i]], err_name(e), reason);
		}
		asks("one row, dead", "SELECT count(*) || ' ' || sum(deleted_at IS NOT NULL)"
		    " FROM site_user", "1 1");
	} while (next_order(order, 3));
}

/* One key, whichever word comes first; none without something to seal it with. */
static void
the_first_key_is_made_once(void **state)
{
	static const uint8_t		sealing[1][CONF_KEY] = { { 7 } };
	static const char *const	told[] = {
		EVENT("created", ANN("1793600000001", P)),
		EVENT("updated", ANN("1793600000003", P)),
		EVENT("updated", ANN("1793600000002", P)),
	};
	int				order[] = { 0, 1, 2 };

	(void)state;
	assert_int_equal(HK_OK, clerk(told[0]));
	asks("nothing to seal it with", "SELECT count(*) FROM api_key", "0");
	settings.keys = sealing;
	settings.nkeys = 1;
	do {
		wipe();
		for (int i = 0; i < 3; i++)
			row_is(told[order[i]], clerk(told[order[i]]) != HK_NEVER);
		asks("one, to be revealed once", "SELECT count(*) || name || (sealed IS NOT NULL)"
		    " || (revoked_at IS NULL) FROM api_key", "1default11");
	} while (next_order(order, 3));
	assert_int_equal(HK_OK, clerk(EVENT("deleted", "{\"id\":\"user_ann\"}")));
	assert_int_equal(HK_SKIP, clerk(told[1]));
	asks("revoked with its user, and no other", "SELECT count(*) || (sealed IS NULL)"
	    " || (revoked_at IS NOT NULL) FROM api_key", "111");
	settings.nkeys = 0;
}

static void
nobody_is_nobody(void **state)
{
	(void)state;
	assert_int_equal(HK_NEVER, clerk(EVENT("deleted", "{\"deleted\":true}")));
	assert_non_null(strstr(reason, "data.id"));
	assert_int_equal(HK_NEVER, clerk(EVENT("created", "{\"id\":\"\"}")));
	assert_int_equal(HK_NEVER, clerk(EVENT("created", "{\"id\":\"user_"
	    "0123456789012345678901234567890123456789012345678901234567890\"}")));
	asks("nothing kept", "SELECT count(*) FROM site_user", "0");
}

int
main(void)
{
#define TEST(name)	cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)
	const struct CMUnitTest	tests[] = {
		TEST(a_user_is_put),
		TEST(the_primary_address_counts),
		TEST(any_order_gives_the_same_user),
		TEST(the_dead_stay_dead),
		TEST(the_first_key_is_made_once),
		TEST(nobody_is_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
