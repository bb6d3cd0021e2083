/* Deliveries: who gets what, when again, and when we give up. */
#include "../books/fixture.h"

#include "base/clock.h"
#include "outbox/delivery.h"
#include "outbox/fanout.h"
#include "outbox/message.h"
#include "outbox/types.h"

#define HOUR	(3600 * US_PER_S)
#define DAY	(24 * HOUR)

static struct arena	*arena;

static int
begin_all(void **state)
{
	arena = arena_new((size_t)16 << 20);
	return setup(state) != 0 || arena == NULL;
}

static int
end_all(void **state)
{
	arena_free(arena);
	return teardown(state);
}

/* Endpoints 1, 2, ... as they come; state and ordered as told. */
static void
endpoint(const char *types, const char *state, int ordered, const char *more)
{
	char	sql[900];

	snprintf(sql, sizeof(sql), "INSERT INTO endpoint (channel, url, types, payload, state, state_at,"
	    " heard_to, created_at, updated_at, ordered) VALUES ('webhook', 'https://e.com/', '%s', 'full',"
	    " '%s', 0, 0, 0, 0, %d)", types, state, ordered);
	plant(sql);
	if (more != NULL) {
		snprintf(sql, sizeof(sql), "UPDATE endpoint SET %s WHERE id = (SELECT MAX(id) FROM endpoint)", more);
		plant(sql);
	}
}

static void
message(const char *type, const char *owner, const char *payload)
{
	static int	n;
	char		cause[32];
	struct message	m = { .type = type, .owner_kind = "user", .owner = span_str(owner),
			    .payload = span_str(payload), .cause = SPAN_NULL, .now = T0 };

	snprintf(cause, sizeof(cause), "unit:%d", n++);
	m.cause = span_str(cause);
	begin();
	assert_int_equal(message_put(f.db, &m, NULL), HK_OK);
	commit();
}

static bool
may_relay(struct span provider, struct span type)
{
	(void)provider;
	return !span_is(type, "email.created");
}

static enum hk_err
body(struct db *db, int64_t event, struct arena *a, struct span *out)
{
	(void)db;
	*out = span_str(arena_printf(a, "{\"event\":%lld}", (long long)event));
	return HK_OK;
}

static int64_t
fan_out(int64_t now)
{
	const struct fanout_opts	o = { .most = 3, .may_relay = may_relay, .body = body };
	int64_t				made, all = 0;
	bool				more = true;

	while (more) {
		if (fanout_step(f.db, &o, arena, now, &made, &more) != HK_OK)
			fail_msg("%s", err_last());
		all += made;
	}
	return all;
}

/* Take what is due of endpoint 1, one at most; false: nothing is. */
static bool
claim(int64_t endpoint_id, int64_t now, struct delivery *d)
{
	int	n;

	begin();
	assert_int_equal(delivery_claim(f.db, endpoint_id, now, 1, SIZE_MAX, arena, d, &n), HK_OK);
	commit();
	return n == 1;
}

static void
settle(const struct delivery *d, int status, const char *error, int64_t retry_after, int64_t now)
{
	struct delivered	r = { .delivery = d->id, .endpoint = d->endpoint, .started_us = now,
				    .dns_us = -1, .connect_us = -1, .tls_us = -1, .first_us = -1,
				    .status = status, .error = error, .retry_after_s = retry_after,
				    .good = status >= 200 && status < 300, .gone = status == 410 };

	begin();
	assert_int_equal(delivery_settle(f.db, &r, UINT32_MAX / 2, arena, now), HK_OK);
	commit();
}

/* ---- fan-out -------------------------------------------------------------------------- */

static void
a_message_goes_to_those_who_want_it_once(void **state)
{
	(void)state;
	endpoint("user.*", "enabled", 0, NULL);
	endpoint("*", "enabled", 0, NULL);
	endpoint("credits_granted", "enabled", 0, NULL);
	endpoint("*", "enabled", 0, "owner_kind = 'user', owner = 'u2'");
	endpoint("*", "paused", 0, NULL);
	endpoint("*", "disabled", 0, NULL);
	endpoint("*", "enabled", 0, "deleted_at = 1");
	endpoint("*", "enabled", 0, "filter = '{\"all\":[{\"path\":\"n\",\"equals\":2}]}'");
	endpoint("*", "enabled", 0, "filter = 'broken'");
	endpoint("*", "enabled", 0, "heard_to = 1");
	message("user.created", "u1", "{\"n\":1}");
	message("credits_granted", "u2", "{\"n\":2}");
	assert_int_equal(fan_out(T0), 7);
	assert_int_equal(fan_out(T0), 0);
	assert_string_equal(ask("SELECT group_concat(x, ' ') FROM (SELECT endpoint || ':' || message ||"
	    " substr(status, 1, 1) AS x FROM delivery ORDER BY endpoint, message)"),
	    "1:1p 2:1p 2:2p 3:2p 4:2p 5:1h 5:2h 6:1h 6:2h 8:2p 10:2p");
}

static void
received_events_are_handed_on_to_who_asks(void **state)
{
	(void)state;
	endpoint("*", "enabled", 0, NULL);
	events(2);
	assert_int_equal(fan_out(T0), 0);
	assert_string_equal(ask("SELECT event FROM fanout"), "2");
	endpoint("stripe.*", "enabled", 0, NULL);
	plant("INSERT INTO event (id, provider, event_id, event_type, lane, status, verified, created_at) VALUES"
	    " (3, 'stripe', 'a', 'invoice.paid', 'cus_1', 'pending', 1, 0),"
	    " (4, 'clerk', 'b', 'user.created', 'user_1', 'pending', 1, 0),"
	    " (5, 'stripe', 'c', 'email.created', NULL, 'pending', 1, 0),"
	    " (6, 'stripe', 'd', 'x', NULL, 'pending', 0, 0)");
	assert_int_equal(fan_out(T0), 1);
	assert_string_equal(ask("SELECT type || ' ' || owner || ' ' || payload || ' ' || event FROM message"),
	    "stripe.invoice.paid cus_1 {\"event\":3} 3");
	assert_int_equal(fan_out(T0), 0);
}

/* ---- the schedule ---------------------------------------------------------------------- */

static void
failures_are_tried_again_by_the_schedule_and_then_no_more(void **state)
{
	static const int	wait_s[] = { 5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400 };
	struct delivery		d;
	int64_t			now = T0;

	(void)state;
	endpoint("*", "enabled", 0, NULL);
	message("user.created", "u1", "{}");
	assert_int_equal(fan_out(now), 1);
	for (int i = 0; i < 10; i++) {
		assert_true(claim(1, now, &d));
		assert_int_equal(d.attempts, i + 1);
		assert_false(claim(1, now, &d));
		settle(&d, 500, NULL, -1, now);
		if (i == 9)
			break;
		assert_false(claim(1, now + wait_s[i] * US_PER_S * 79 / 100, &d));
		now += wait_s[i] * US_PER_S;
		/* Not of interest here. */
		plant("UPDATE endpoint SET failed_at = NULL, failing_at = NULL");
	}
	assert_string_equal(ask("SELECT status || ' ' || why || ' ' || attempts FROM delivery"), "failed http 500 10");
	assert_string_equal(ask("SELECT COUNT(*) FROM delivery_attempt"), "10");
	assert_string_equal(ask("SELECT json_extract(payload, '$.attempts') FROM message"
	    " WHERE type = 'message.attempt.exhausted'"), "10");
	for (int n = 1; n <= 9; n++) {
		assert_true(delivery_delay_us(n, 0) == wait_s[n - 1] * US_PER_S * 8 / 10);
		assert_true(delivery_delay_us(n, UINT32_MAX) == wait_s[n - 1] * US_PER_S * 12 / 10);
	}
	assert_int_equal(delivery_delay_us(10, 0), -1);
}

static void
what_the_answer_asks_for_counts(void **state)
{
	static const struct {
		const char	*what;
		int		 status;
		const char	*error;
		int64_t		 retry_after;
		int64_t		 least_s, most_s;	/* of the first wait */
	} row[] = {
		{ "a plain failure", 500, NULL, -1, 4, 6 },
		{ "too many", 429, NULL, -1, 60, 60 },
		{ "too many, and when", 429, NULL, 90, 90, 90 },
		{ "a far time counts twice at most", 429, NULL, 3600, 120, 120 },
		{ "a near time is not earlier", 500, NULL, 1, 4, 6 },
		{ "silence", 0, "E_TIMEOUT", -1, 60, 60 },
		{ "a redirect is a failure", 302, NULL, -1, 4, 6 },
		{ "bad gateway", 502, NULL, -1, 60, 60 },
		{ "no connection", 0, "E_CONNECT", -1, 4, 6 },
		{ "a huge time", 429, NULL, INT64_MAX, 120, 120 },
	};

	(void)state;
	endpoint("*", "enabled", 0, NULL);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct delivery	d;
		long long	wait;

		message("user.created", "u1", "{}");
		fan_out(T0);
		assert_true(claim(1, T0, &d));
		settle(&d, row[i].status, row[i].error, row[i].retry_after, T0);
		wait = (atoll(ask("SELECT due_at FROM delivery ORDER BY id DESC LIMIT 1")) - T0) / US_PER_S;
		if (wait < row[i].least_s || wait > row[i].most_s)
			fail_msg("%s: waits %lld s", row[i].what, wait);
	}
}

/* ---- endpoints that fail ------------------------------------------------------------------ */

static void
gone_disables_at_once_and_tells(void **state)
{
	struct delivery	d;

	(void)state;
	endpoint("*", "enabled", 0, NULL);
	message("user.created", "u1", "{}");
	message("user.created", "u2", "{}");
	fan_out(T0);
	assert_true(claim(1, T0, &d));
	settle(&d, 410, NULL, -1, T0);
	assert_string_equal(ask("SELECT state || ' ' || state_why FROM endpoint"), "disabled it answered 410 Gone");
	assert_string_equal(ask("SELECT COUNT(*) FROM delivery WHERE status = 'held'"), "2");
	assert_string_equal(ask("SELECT json_extract(payload, '$.endpoint_id') FROM message"
	    " WHERE type = 'endpoint.disabled'"), "ep_1");
}

static void
one_bad_hour_does_not_disable_but_five_days_do(void **state)
{
	static const struct {
		const char	*what;
		int64_t		 at[8];		/* of failures; 0: end */
		int64_t		 good_at;	/* of a success; 0: none */
		const char	*state;
	} row[] = {
		{ "an hour of failures, and again a week later",
		    { 1 * HOUR, 2 * HOUR, 7 * DAY, 7 * DAY + HOUR }, 0, "enabled" },
		{ "failures 12 h apart, then five days",
		    { 1 * HOUR, 14 * HOUR, 5 * DAY, 6 * DAY }, 0, "disabled" },
		{ "the same, not yet five days",
		    { 1 * HOUR, 14 * HOUR, 5 * DAY }, 0, "enabled" },
		{ "the same, with a success between",
		    { 1 * HOUR, 14 * HOUR, 5 * DAY, 6 * DAY }, 3 * DAY, "enabled" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		bool	good = false;

		plant("DELETE FROM delivery_attempt; DELETE FROM delivery; DELETE FROM endpoint");
		endpoint("*", "enabled", 0, NULL);
		for (int k = 0; row[i].at[k] != 0; k++) {
			struct delivery	d;
			int64_t		id = atoll(ask("SELECT id FROM endpoint")), now = T0 + row[i].at[k];

			message("user.created", "u1", "{}");
			fan_out(now);
			if (!good && row[i].good_at != 0 && row[i].at[k] > row[i].good_at) {
				good = true;
				assert_true(claim(id, now, &d));
				settle(&d, 200, NULL, -1, T0 + row[i].good_at);
				message("user.created", "u1", "{}");
				fan_out(now);
			}
			if (!claim(id, now, &d))
				fail_msg("%s: nothing due at %d", row[i].what, k);
			settle(&d, 500, NULL, -1, now);
		}
		if (strcmp(ask("SELECT state FROM endpoint"), row[i].state) != 0)
			fail_msg("%s: %s", row[i].what, ask("SELECT state FROM endpoint"));
	}
}

/* ---- order, leases, by hand ---------------------------------------------------------------- */

static void
an_ordered_endpoint_gets_one_at_a_time_of_each_subject(void **state)
{
	struct delivery	a, b, c;

	(void)state;
	endpoint("*", "enabled", 1, NULL);
	message("user.created", "u1", "{}");
	message("user.updated", "u1", "{}");
	message("user.created", "u2", "{}");
	message("user.deleted", "u1", "{}");
	fan_out(T0);
	assert_true(claim(1, T0, &a) && claim(1, T0, &b));
	assert_int_equal(a.message, 1);
	assert_int_equal(b.message, 3);
	assert_false(claim(1, T0, &c));
	settle(&a, 500, NULL, -1, T0);
	assert_false(claim(1, T0 + US_PER_S, &c));
	assert_true(claim(1, T0 + 10 * US_PER_S, &a));
	assert_int_equal(a.message, 1);
	settle(&a, 200, NULL, -1, T0 + 10 * US_PER_S);
	assert_true(claim(1, T0 + 10 * US_PER_S, &a));
	assert_int_equal(a.message, 2);
	/* What is canceled makes room as well. */
	begin();
	assert_int_equal(delivery_cancel(f.db, a.id, T0 + 11 * US_PER_S), HK_OK);
	commit();
	assert_true(claim(1, T0 + 11 * US_PER_S, &c));
	assert_int_equal(c.message, 4);
}

static void
first_attempts_go_before_retries(void **state)
{
	struct delivery	d;

	(void)state;
	endpoint("*", "enabled", 0, NULL);
	message("user.created", "u1", "{}");
	fan_out(T0);
	assert_true(claim(1, T0, &d));
	settle(&d, 500, NULL, -1, T0);
	message("user.created", "u2", "{}");
	fan_out(T0 + HOUR);
	assert_true(claim(1, T0 + HOUR, &d));
	assert_int_equal(d.message, 2);
	assert_true(claim(1, T0 + HOUR, &d));
	assert_int_equal(d.message, 1);
}

static void
a_kill_repeats_what_was_in_flight(void **state)
{
	struct delivery	d, again;

	(void)state;
	endpoint("*", "enabled", 0, NULL);
	message("user.created", "u1", "{}");
	fan_out(T0);
	assert_true(claim(1, T0, &d));
	assert_int_equal(delivery_reclaim(f.db, T0, T0), HK_OK);
	assert_false(claim(1, T0, &again));
	assert_int_equal(delivery_reclaim(f.db, INT64_MAX, T0), HK_OK);
	assert_true(claim(1, T0, &again));
	assert_int_equal(again.id, d.id);
	assert_int_equal(again.attempts, 2);
	begin();
	assert_int_equal(delivery_release(f.db, again.id, T0), HK_OK);
	commit();
	assert_string_equal(ask("SELECT status || attempts FROM delivery"), "pending1");
}

static void
what_a_kill_leaves_of_a_paused_one_is_held(void **state)
{
	struct delivery	d;

	(void)state;
	endpoint("*", "enabled", 0, NULL);
	message("user.created", "u1", "{}");
	fan_out(T0);
	assert_true(claim(1, T0, &d));
	plant("UPDATE endpoint SET state = 'paused'");
	assert_int_equal(delivery_reclaim(f.db, INT64_MAX, T0), HK_OK);
	assert_string_equal(ask("SELECT status || COALESCE(due_at, '') FROM delivery"), "held");
}

static void
resent_by_hand_it_keeps_the_order(void **state)
{
	struct delivery	first, second, d;

	(void)state;
	endpoint("*", "enabled", 1, NULL);
	message("user.created", "u1", "{}");
	message("user.updated", "u1", "{}");
	fan_out(T0);
	assert_true(claim(1, T0, &first));
	second.id = first.id + 1;
	/* It waits for the first one: by hand it does, too. */
	begin();
	assert_int_equal(delivery_resend(f.db, second.id, T0), HK_OK);
	commit();
	assert_false(claim(1, T0, &d));
	settle(&first, 200, NULL, -1, T0);
	assert_true(claim(1, T0, &d));
	assert_int_equal(d.id, second.id);
}

static void
no_more_bytes_are_taken_than_there_is_room_for(void **state)
{
	static const struct {
		const char	*phrase;
		size_t		 bytes;
		int		 n;
	} row[] = {
		{ "one is always taken", 1, 1 },
		{ "up to the one that fills it", 300, 2 },
		{ "all the rest", SIZE_MAX, 7 },
	};
	struct delivery	d[10];
	char		payload[200];
	int		n;

	(void)state;
	endpoint("*", "enabled", 0, NULL);
	snprintf(payload, sizeof(payload), "{\"a\":\"%0180d\"}", 1);
	for (int i = 0; i < 10; i++)
		message("user.created", "u1", payload);
	fan_out(T0);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		begin();
		assert_int_equal(delivery_claim(f.db, 1, T0, 10, row[i].bytes, arena, d, &n), HK_OK);
		commit();
		if (n != row[i].n)
			fail_msg("%s: %d", row[i].phrase, n);
	}
}

static void
canceled_in_flight_stays_canceled(void **state)
{
	struct delivery		d;
	struct delivered	r;

	(void)state;
	endpoint("*", "enabled", 0, NULL);
	message("user.created", "u1", "{}");
	fan_out(T0);
	assert_true(claim(1, T0, &d));
	begin();
	assert_int_equal(delivery_cancel(f.db, d.id, T0), HK_OK);
	assert_int_equal(delivery_cancel(f.db, d.id, T0), HK_SKIP);
	r = (struct delivered){ .delivery = d.id, .endpoint = 1, .status = 500, .retry_after_s = -1 };
	assert_int_equal(delivery_settle(f.db, &r, 0, arena, T0), HK_SKIP);
	commit();
	assert_string_equal(ask("SELECT status FROM delivery"), "canceled");
	assert_string_equal(ask("SELECT COUNT(*) FROM delivery_attempt"), "1");
	begin();
	assert_int_equal(delivery_resend(f.db, d.id, T0), HK_OK);
	assert_int_equal(delivery_resend(f.db, 99, T0), HK_NOTFOUND);
	commit();
	assert_true(claim(1, T0, &d));
	begin();
	assert_int_equal(delivery_resend(f.db, d.id, T0), HK_BUSY);
	commit();
}

static void
the_next_due_time_is_known(void **state)
{
	struct delivery	d;
	int64_t		id[4], next;
	size_t		n;

	(void)state;
	endpoint("*", "enabled", 0, NULL);
	endpoint("*", "paused", 0, NULL);
	endpoint("user.*", "enabled", 0, NULL);
	assert_int_equal(delivery_endpoints(f.db, 0, T0, id, 4, &n, &next), HK_OK);
	assert_true(n == 0 && next == INT64_MAX);
	message("user.created", "u1", "{}");
	fan_out(T0);
	assert_int_equal(delivery_endpoints(f.db, 0, T0, id, 4, &n, &next), HK_OK);
	assert_true(n == 2 && id[0] == 1 && id[1] == 3);
	assert_int_equal(delivery_endpoints(f.db, 1, T0, id, 4, &n, &next), HK_OK);
	assert_true(n == 1 && id[0] == 3);
	assert_true(claim(1, T0, &d));
	settle(&d, 500, NULL, -1, T0);
	assert_int_equal(delivery_endpoints(f.db, 0, T0, id, 4, &n, &next), HK_OK);
	assert_true(n == 1 && next > T0 && next <= T0 + 6 * US_PER_S);
}

/* ---- recovery ---------------------------------------------------------------------------- */

static int64_t
recover(enum recover_what what, int64_t ep, int64_t since, int64_t rate)
{
	struct recovery	r = { .what = what, .endpoint = ep, .since_us = since, .rate = rate };
	int64_t		n, counted, all = 0;
	bool		more = true, many;

	assert_int_equal(db_begin(f.db), HK_OK);
	assert_int_equal(recovery_count(f.db, &r, &counted, &many), HK_OK);
	db_rollback(f.db);
	while (more) {
		begin();
		if (recovery_step(f.db, &r, T0, T0 + (rate > 0 ? all * US_PER_S / rate : 0), 2, &n, &more) != HK_OK)
			fail_msg("%s", err_last());
		commit();
		all += n;
	}
	assert_false(many);
	assert_int_equal(counted, all);
	return all;
}

static void
what_failed_or_was_missed_can_be_sent(void **state)
{
	struct delivery	d;

	(void)state;
	endpoint("user.*", "enabled", 0, NULL);
	endpoint("*", "paused", 0, NULL);
	for (int i = 0; i < 5; i++)
		message(i == 4 ? "credits_granted" : "user.created", "u1", "{}");
	fan_out(T0);
	for (int i = 0; i < 4; i++)
		assert_true(claim(1, T0, &d));
	plant("UPDATE delivery SET status = 'failed', done_at = 1 WHERE endpoint = 1");
	assert_int_equal(recover(RECOVER_FAILED, 1, T0 + 1, 0), 0);
	assert_int_equal(recover(RECOVER_FAILED, 1, T0, 0), 4);
	assert_int_equal(recover(RECOVER_FAILED, 1, T0, 0), 0);
	plant("UPDATE endpoint SET state = 'enabled'");
	assert_int_equal(recover(RECOVER_MISSED, 2, T0, 1), 5);
	assert_string_equal(ask("SELECT (MAX(due_at) - MIN(due_at)) / 1000000 FROM delivery WHERE endpoint = 2"), "4");
	/* One that was made later. */
	endpoint("user.*", "enabled", 0, "heard_to = 5");
	fan_out(T0);
	assert_int_equal(recover(RECOVER_MISSED, 3, T0, 0), 4);
	assert_int_equal(recover(RECOVER_MISSED, 3, T0, 0), 0);
}

/* A step looks at so many and no more; the next goes on behind it. */
static void
a_long_recovery_never_looks_twice(void **state)
{
	int64_t		n, seen = 0, all = 0, steps = 0;
	struct recovery	r = { .what = RECOVER_MISSED, .endpoint = 1, .seen = &seen };
	bool		more = true;

	(void)state;
	plant("WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 30000)"
	    " INSERT INTO message (type, owner_kind, owner, payload, cause, created_at)"
	    " SELECT CASE WHEN i % 1000 THEN 'user.updated' ELSE 'user.created' END, 'user', 'u1', '{}',"
	    " 'long:' || i, 1 FROM n");
	endpoint("user.created", "enabled", 0, "heard_to = 30000");
	plant("UPDATE fanout SET message = 30000");
	while (more && steps++ < 100) {
		int64_t	was = seen;

		begin();
		assert_int_equal(recovery_step(f.db, &r, T0, T0, 10, &n, &more), HK_OK);
		commit();
		assert_true(seen - was <= 6000);
		all += n;
	}
	assert_int_equal(all, 30);
	assert_int_equal(seen, 30000);
	assert_in_range(steps, 5, 12);
	assert_string_equal(ask("SELECT COUNT(*) FROM delivery WHERE status = 'pending'"), "30");
}

static void
a_paused_one_recovers_nothing(void **state)
{
	struct recovery	r = { .what = RECOVER_MISSED, .endpoint = 1 };
	int64_t		n;
	bool		more;

	(void)state;
	endpoint("*", "paused", 0, NULL);
	begin();
	assert_int_equal(recovery_count(f.db, &r, &n, &more), HK_OK);
	assert_int_equal(recovery_step(f.db, &r, T0, T0, 10, &n, &more), HK_NEVER);
	r.endpoint = 9;
	assert_int_equal(recovery_count(f.db, &r, &n, &more), HK_NOTFOUND);
	commit();
}

int
main(void)
{
#define D(fn)	cmocka_unit_test_setup_teardown(fn, begin_all, end_all)
	const struct CMUnitTest tests[] = {
		D(a_message_goes_to_those_who_want_it_once),
		D(received_events_are_handed_on_to_who_asks),
		D(failures_are_tried_again_by_the_schedule_and_then_no_more),
		D(what_the_answer_asks_for_counts),
		D(gone_disables_at_once_and_tells),
		D(one_bad_hour_does_not_disable_but_five_days_do),
		D(an_ordered_endpoint_gets_one_at_a_time_of_each_subject),
		D(first_attempts_go_before_retries),
		D(a_kill_repeats_what_was_in_flight),
		D(what_a_kill_leaves_of_a_paused_one_is_held),
		D(resent_by_hand_it_keeps_the_order),
		D(no_more_bytes_are_taken_than_there_is_room_for),
		D(canceled_in_flight_stays_canceled),
		D(the_next_due_time_is_known),
		D(what_failed_or_was_missed_can_be_sent),
		D(a_long_recovery_never_looks_twice),
		D(a_paused_one_recovers_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
