/* Clerk's organizations, members and sessions: the newest word, and the dead stay dead. */
#include "bench.h"

#define EVENT(type, data) "{\"type\":\"" type "\",\"object\":\"event\"," \
			"\"timestamp\":1793600000123,\"data\":{" data "}}"
#define ORG(type, at, name) EVENT("organization." type, "\"id\":\"org_1\",\"name\":\"" name "\"," \
			"\"slug\":\"s-" name "\",\"created_by\":\"user_ann\",\"updated_at\":" at)
#define MEMBER(type, at, role) EVENT("organizationMembership." type, "\"id\":\"orgmem_1\"," \
			"\"role\":\"" role "\",\"organization\":{\"id\":\"org_1\"}," \
			"\"public_user_data\":{\"user_id\":\"user_ann\"},\"updated_at\":" at)
#define SESSION(type, at, status) EVENT("session." type, "\"id\":\"sess_1\"," \
			"\"user_id\":\"user_ann\",\"status\":\"" status "\",\"user\":null," \
			"\"updated_at\":" at)
#define STUB		EVENT("organization.deleted", "\"id\":\"org_1\",\"deleted\":true")

#define STORIES	4
static const struct {
	const char	*phrase, *told[STORIES], *sql, *want;
} stories[] = {
	{ "an organization is renamed", { ORG("created", "1793600000001", "one"),
	    ORG("updated", "1793600000003", "three"), ORG("updated", "1793600000002", "two") },
	    "SELECT name || ' ' || slug || ' ' || created_by || ' ' || (deleted_at IS NULL)"
	    " FROM organization", "three s-three user_ann 1" },
	{ "a deleted organization", { ORG("created", "1793600000001", "one"), STUB,
	    ORG("updated", "1793600000009", "nine") },
	    "SELECT count(*) || ' ' || sum(deleted_at IS NOT NULL) FROM organization", "1 1" },
	{ "a role changes", { MEMBER("created", "1793600000001", "org:member"),
	    MEMBER("updated", "1793600000003", "org:admin"),
	    MEMBER("updated", "1793600000002", "org:guest") },
	    "SELECT organization || ' ' || clerk_user || ' ' || role || ' ' || (deleted_at IS NULL)"
	    " FROM membership", "org_1 user_ann org:admin 1" },
	{ "a member leaves, told in full", { MEMBER("created", "1793600000001", "org:member"),
	    MEMBER("deleted", "1793600000001", "org:member"),
	    MEMBER("updated", "1793600000009", "org:admin") },
	    "SELECT count(*) || ' ' || sum(deleted_at IS NOT NULL) FROM membership", "1 1" },
	{ "a session ends", { SESSION("created", "1793600000001", "active"),
	    SESSION("ended", "1793600000005", "ended") },
	    "SELECT id || ' ' || clerk_user || ' ' || status FROM clerk_session",
	    "sess_1 user_ann ended" },
	{ "revoked, and a late word of its life", { SESSION("pending", "1793600000001", "pending"),
	    SESSION("revoked", "1793600000005", "revoked"),
	    SESSION("created", "1793600000009", "active") },
	    "SELECT status FROM clerk_session", "revoked" },
	{ "the type alone tells its state", { SESSION("created", "1793600000001", "active"),
	    EVENT("session.removed", "\"id\":\"sess_1\",\"user\":{\"id\":\"user_ann\"}") },
	    "SELECT clerk_user || ' ' || status FROM clerk_session", "user_ann removed" },
};

static void
every_order_ends_in_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
		int	order[STORIES] = { 0, 1, 2, 3 }, n = 0;

		while (n < STORIES && stories[i].told[n] != NULL)
			n++;
		do {
			wipe();
			for (int k = 0; k < n; k++) {
				enum hk_err	e = happen(&provider_clerk,
						    span_str(stories[i].told[order[k]]));

				if (e != HK_OK && (e != HK_SKIP || reason[0] == '\0'))
					fail_msg("%s: %s %s", stories[i].phrase, err_name(e), reason);
			}
			asks(stories[i].phrase, stories[i].sql, stories[i].want);
		} while (next_order(order, n));
	}
}

static const struct {
	const char	*phrase, *body, *says;
} nameless[] = {
	{ "no organization", EVENT("organization.updated", "\"name\":\"x\""), "organization" },
	{ "a stub of nothing", EVENT("organization.deleted", "\"deleted\":true"), "organization" },
	{ "no membership", EVENT("organizationMembership.created", "\"role\":\"x\""), "membership" },
	{ "a member of nothing", EVENT("organizationMembership.created", "\"id\":\"orgmem_1\""),
	    "organization" },
	{ "no session", EVENT("session.ended", "\"user_id\":\"user_ann\""), "session" },
	{ "nobody's session", EVENT("session.ended", "\"id\":\"sess_1\""), "user" },
};

static void
the_nameless_are_shown_to_the_admin(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(nameless) / sizeof(nameless[0]); i++) {
		enum hk_err	e = happen(&provider_clerk, span_str(nameless[i].body));

		if (e != HK_NEVER || strstr(reason, nameless[i].says) == NULL)
			fail_msg("%s: %s %s", nameless[i].phrase, err_name(e), reason);
	}
}

int
main(void)
{
#define TEST(name)	cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)
	const struct CMUnitTest	tests[] = {
		TEST(every_order_ends_in_the_same),
		TEST(the_nameless_are_shown_to_the_admin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
