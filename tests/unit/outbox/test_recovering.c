/* Recoveries as jobs, and what people do to an endpoint. */
#include "../books/fixture.h"

#include "base/clock.h"
#include "outbox/recovering.h"

#define MANY	1200	/* more than two steps */

static int64_t
number(const char *sql)
{
	return atoll(ask(sql));
}

static void
endpoint(const char *state)
{
	char	sql[400];

	snprintf(sql, sizeof(sql), "INSERT INTO endpoint (channel, url, types, payload, state, state_at,"
	    " heard_to, created_at, updated_at) VALUES ('webhook', 'https://e.com/', '*', 'full', '%s',"
	    " 0, 0, 0, 0)", state);
	plant(sql);
}

/* Messages and their deliveries to endpoint 1, all in this state. */
static void
deliveries(int n, const char *status)
{
	char	sql[600];

	snprintf(sql, sizeof(sql), "WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c"
	    " WHERE n < %d) INSERT INTO message (id, type, owner_kind, owner, payload, cause, created_at)"
	    " SELECT n, 'a.b', 'user', 'u', '{}', 'x:' || n, %lld FROM c", n, (long long)T0);
	plant(sql);
	snprintf(sql, sizeof(sql), "INSERT INTO delivery (endpoint, message, subject, status, created_at)"
	    " SELECT 1, id, 'u', '%s', %lld FROM message", status, (long long)T0);
	plant(sql);
	plant("UPDATE fanout SET message = (SELECT MAX(id) FROM message)");
}

static enum hk_err
act(enum endpoint_act what, int64_t *recovery)
{
	enum hk_err	e;

	begin();
	e = endpoint_act(f.db, 1, what, SPAN_NULL, T0 + 1, recovery);
	commit();
	return e;
}

static enum hk_err
ask_for(enum recover_what what, int64_t rate, int64_t *id)
{
	const struct recovery	r = { .what = what, .endpoint = 1, .rate = rate };
	enum hk_err		e;

	begin();
	e = recovery_begin(f.db, &r, T0 + 1, id);
	commit();
	return e;
}

/* To the end; how many steps it took. */
static int
work(int64_t *all)
{
	int64_t	n;
	bool	more = true;
	int	steps = 0;

	for (*all = 0; more; *all += n, steps++)
		if (recovering_step(f.db, T0 + 2, &n, &more) != HK_OK)
			fail_msg("%s", err_last());
	return steps;
}

static void
what_can_be_done_to_one(void **state)
{
	static const struct {
		const char		*phrase, *was;
		enum endpoint_act	 act;
		enum hk_err		 want;
		const char		*is;
	} rows[] = {
		{ "pause",			"enabled",  ACT_PAUSE,	 HK_OK,	   "paused" },
		{ "pause again",		"paused",   ACT_PAUSE,	 HK_SKIP,  "paused" },
		{ "pause a disabled one",	"disabled", ACT_PAUSE,	 HK_NEVER, "disabled" },
		{ "resume",			"paused",   ACT_RESUME,	 HK_OK,	   "enabled" },
		{ "resume one that runs",	"enabled",  ACT_RESUME,	 HK_SKIP,  "enabled" },
		{ "resume a disabled one",	"disabled", ACT_RESUME,	 HK_NEVER, "disabled" },
		{ "enable",			"disabled", ACT_ENABLE,	 HK_OK,	   "enabled" },
		{ "enable a paused one",	"paused",   ACT_ENABLE,	 HK_OK,	   "enabled" },
		{ "disable",			"enabled",  ACT_DISABLE, HK_OK,	   "disabled" },
		{ "disable a paused one",	"paused",   ACT_DISABLE, HK_OK,	   "disabled" },
		{ "disable again",		"disabled", ACT_DISABLE, HK_SKIP,  "disabled" },
	};
	char		sql[100];
	int64_t		recovery;
	enum hk_err	e;

	(void)state;
	endpoint("enabled");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(sql, sizeof(sql), "UPDATE endpoint SET state = '%s'", rows[i].was);
		plant(sql);
		e = act(rows[i].act, &recovery);
		snprintf(sql, sizeof(sql), "SELECT state = '%s' FROM endpoint", rows[i].is);
		if (e != rows[i].want || number(sql) != 1)
			fail_msg("%s: %s", rows[i].phrase, err_name(e));
	}
	plant("UPDATE endpoint SET deleted_at = 1");
	assert_int_equal(act(ACT_ENABLE, &recovery), HK_NOTFOUND);
}

static void
a_pause_drops_nothing(void **state)
{
	int64_t	recovery, all;

	(void)state;
	endpoint("paused");
	deliveries(MANY, "held");
	assert_int_equal(act(ACT_RESUME, &recovery), HK_OK);
	assert_int_not_equal(recovery, 0);
	assert_in_range(work(&all), 3, 8);
	assert_int_equal(all, MANY);
	assert_int_equal(number("SELECT COUNT(*) FROM delivery WHERE status = 'pending'"), MANY);
	assert_int_equal(number("SELECT done FROM recovery WHERE ended_at IS NOT NULL AND why IS NULL"), MANY);
	assert_int_equal(work(&all), 1);
	assert_int_equal(all, 0);
}

static void
a_disabled_one_waits_for_a_person(void **state)
{
	int64_t	recovery = 7, id;

	(void)state;
	endpoint("disabled");
	deliveries(3, "held");
	assert_int_equal(ask_for(RECOVER_MISSED, 0, &id), HK_NEVER);
	assert_int_equal(act(ACT_ENABLE, &recovery), HK_OK);
	assert_int_equal(recovery, 0);
	assert_int_equal(number("SELECT COUNT(*) FROM delivery WHERE status = 'held'"), 3);
	assert_int_equal(ask_for(RECOVER_MISSED, 0, &id), HK_OK);
	assert_int_equal(ask_for(RECOVER_MISSED, 0, &id), HK_EXISTS);
	assert_int_equal(ask_for(RECOVER_FAILED, 0, &id), HK_OK);
}

static void
a_rate_holds_over_all_steps(void **state)
{
	int64_t	id, all;

	(void)state;
	endpoint("enabled");
	deliveries(MANY, "failed");
	assert_int_equal(ask_for(RECOVER_FAILED, 100, &id), HK_OK);
	work(&all);
	assert_int_equal(all, MANY);
	/* 1,200 at 100 a second end 11.99 s after the first, and no two are due at once. */
	assert_int_equal(number("SELECT COUNT(DISTINCT due_at) FROM delivery"), MANY);
	assert_int_equal(number("SELECT MAX(due_at) - MIN(due_at) FROM delivery"), (MANY - 1) * (US_PER_S / 100));
}

static void
it_ends_with_its_endpoint_or_when_it_is_stopped(void **state)
{
	int64_t	id, all;

	(void)state;
	endpoint("enabled");
	deliveries(MANY, "failed");
	assert_int_equal(ask_for(RECOVER_FAILED, 0, &id), HK_OK);
	plant("UPDATE endpoint SET state = 'paused'");
	work(&all);
	assert_int_equal(all, 0);
	assert_int_equal(number("SELECT why LIKE '%not enabled%' FROM recovery"), 1);
	plant("UPDATE endpoint SET state = 'enabled'");
	assert_int_equal(ask_for(RECOVER_FAILED, 0, &id), HK_OK);
	begin();
	assert_int_equal(recovery_stop(f.db, id, T0 + 3), HK_OK);
	assert_int_equal(recovery_stop(f.db, id, T0 + 3), HK_SKIP);
	assert_int_equal(recovery_stop(f.db, 99, T0 + 3), HK_NOTFOUND);
	commit();
	work(&all);
	assert_int_equal(all, 0);
}

static void
what_cannot_be_asked(void **state)
{
	static const struct {
		const char	*phrase;
		struct recovery	 r;
		enum hk_err	 want;
	} rows[] = {
		{ "too fast",		{ .endpoint = 1, .rate = 10001 },		HK_SYNTAX },
		{ "it ends first",	{ .endpoint = 1, .since_us = 2, .until_us = 1 }, HK_SYNTAX },
		{ "no such endpoint",	{ .endpoint = 9 },				HK_NOTFOUND },
	};
	int64_t		id;
	enum hk_err	e;

	(void)state;
	endpoint("enabled");
	begin();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if ((e = recovery_begin(f.db, &rows[i].r, T0, &id)) != rows[i].want)
			fail_msg("%s: %s", rows[i].phrase, err_name(e));
	commit();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_can_be_done_to_one, setup, teardown),
		cmocka_unit_test_setup_teardown(a_pause_drops_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(a_disabled_one_waits_for_a_person, setup, teardown),
		cmocka_unit_test_setup_teardown(a_rate_holds_over_all_steps, setup, teardown),
		cmocka_unit_test_setup_teardown(it_ends_with_its_endpoint_or_when_it_is_stopped, setup, teardown),
		cmocka_unit_test_setup_teardown(what_cannot_be_asked, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
