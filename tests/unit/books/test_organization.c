/* Organizations, members and sessions: the newest word stands, the dead stay dead. */
#include "words.h"

enum what { NONE, ORG, ORG_GONE, MEMBER, MEMBER_GONE, SESSION };

struct word {
	enum what	 what;
	const char	*x;	/* name, role, status */
	int64_t		 at;
};

static enum hk_err
tell(const struct cause *c, const void *word)
{
	const struct word		*w = word;
	const struct organization	 org = { SPAN("org_1"), span_str(w->x), SPAN("slug"),
					    SPAN("user_1"), US(w->at) };
	const struct membership		 member = { SPAN("orgmem_1"), SPAN("org_1"), SPAN("user_1"),
					    span_str(w->x), US(w->at), w->what == MEMBER_GONE };
	const struct clerk_session	 session = { SPAN("sess_1"), SPAN("user_1"), span_str(w->x),
					    US(w->at) };

	switch (w->what) {
	case ORG:	return organization_put(c, &org);
	case ORG_GONE:	return organization_delete(c, SPAN("org_1"));
	case MEMBER: case MEMBER_GONE: return membership_put(c, &member);
	case SESSION:	return clerk_session_put(c, &session);
	default:	fail_msg("no such word");
	}
	return HK_NEVER;
}

static const struct row {
	const char	*name;
	struct word	 words[WORDS_MOST];
	const char	*sql, *want;
} rows[] = {
	{ "the newest name", { { ORG, "Old", 1 }, { ORG, "New", 2 }, { ORG, "Mid", 1 } },
	    "SELECT name || ' ' || slug || ' ' || created_by FROM organization",
	    "New slug user_1" },
	{ "a deleted organization", { { ORG, "Old", 1 }, { ORG_GONE, NULL, 0 },
	    { ORG, "New", 9 } }, "SELECT deleted_at IS NOT NULL FROM organization", "1" },
	{ "the newest role", { { MEMBER, "org:member", 1 }, { MEMBER, "org:admin", 2 } },
	    "SELECT role || ' ' || (deleted_at IS NULL) FROM membership", "org:admin 1" },
	{ "a member who left", { { MEMBER, "org:member", 1 }, { MEMBER_GONE, "org:member", 2 },
	    { MEMBER, "org:admin", 3 } }, "SELECT role || ' ' || (deleted_at IS NULL)"
	    " FROM membership", "org:member 0" },
	{ "a session that ended", { { SESSION, "active", 1 }, { SESSION, "ended", 2 },
	    { SESSION, "active", 3 } }, "SELECT status FROM clerk_session", "ended" },
	{ "ended, then removed", { { SESSION, "active", 1 }, { SESSION, "ended", 2 },
	    { SESSION, "removed", 2 } }, "SELECT status FROM clerk_session", "removed" },
	{ "pending, then active", { { SESSION, "pending", 1 }, { SESSION, "active", 2 } },
	    "SELECT status FROM clerk_session", "active" },
};

/* All orders, committed: what is asked is what another connection sees. */
static void
test_every_order_ends_in_the_same(void **state)
{
	(void)state;
	events(WORDS_MOST);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int	order[] = { 0, 1, 2, 3, 4, 5 }, n = 0;

		while (n < WORDS_MOST && rows[i].words[n].what != NONE)
			n++;
		do {
			const char	*name = order_name(rows[i].name, order, n);

			wipe();
			begin();
			tell_all(name, tell, (const char *)rows[i].words,
			    sizeof(rows[i].words[0]), order, n);
			commit();
			if (strcmp(ask(rows[i].sql), rows[i].want) != 0)
				fail_msg("%s: \"%s\"", name, ask(rows[i].sql));
		} while (next_order(order, n));
	}
}

static void
test_what_is_said_of_old_words(void **state)
{
	static const struct word	words[] = {
		{ ORG, "New", 5 }, { ORG, "Old", 1 }, { ORG_GONE, NULL, 0 }, { ORG, "Late", 9 },
		{ ORG_GONE, NULL, 0 },
	};
	static const char *const	says[] = {
		NULL, "stale: organization org_1", NULL, "was deleted", "already deleted"
	};

	(void)state;
	events(1);
	begin();
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		enum hk_err	e = tell_word(tell, &words[i], 1);

		assert_int_equal(e, says[i] == NULL ? HK_OK : HK_SKIP);
		if (says[i] != NULL)
			assert_non_null(strstr(err_last(), says[i]));
	}
	db_rollback(f.db);
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest	tests[] = {
		T(test_every_order_ends_in_the_same),
		T(test_what_is_said_of_old_words),
	};

	return cmocka_run_group_tests_name("organization", tests, NULL, NULL);
}
