/* The settings' channels as rows; what only they may have, and when it is wiped. */
#include "../books/fixture.h"

#include "base/clock.h"
#include "outbox/audience.h"
#include "outbox/delivery.h"
#include "outbox/expire.h"
#include "outbox/fanout.h"
#include "outbox/message.h"

static const uint8_t	raw[1][CONF_KEY] = { { 7 } };
static struct conf	conf = { .keys = raw, .nkeys = 1, .unkey_key_id_from = "external_id" };

static void
settings(int n, const char *types)
{
	conf.nchannel = (size_t)n;
	conf.channel[0] = (struct conf_channel){ .name = "command:own", .section = "command own", .types = types };
	conf.channel[1] = (struct conf_channel){ .name = "mail:own", .section = "mail own",
	    .kind = CHANNEL_MAIL, .types = types };
}

static void
configure(void)
{
	begin();
	if (endpoints_configure(f.db, &conf, T0) != HK_OK)
		fail_msg("%s", err_last());
	commit();
}

static void
rows_follow_the_settings(void **state)
{
	(void)state;
	settings(2, "user.created");
	conf.unkey_root_key = "x";
	configure();
	configure();
	assert_string_equal(ask("SELECT group_concat(channel || ' ' || name || ' ' || types || ' ' || state, ',') FROM endpoint"),
	    "command command:own user.created enabled,mail mail:own user.created enabled,"
	    "unkey unkey credit_balance_updated enabled");
	settings(1, "user.*");
	conf.unkey_root_key = NULL;
	configure();
	assert_string_equal(ask("SELECT group_concat(name || ' ' || types || ' ' || state, ',') FROM endpoint"),
	    "command:own user.* enabled,mail:own user.created disabled,unkey credit_balance_updated disabled");
	settings(2, "user.*");
	configure();
	assert_string_equal(ask("SELECT state || ' ' || types FROM endpoint WHERE name = 'mail:own'"), "enabled user.*");
	/* What a person paused, and what failed too long, is theirs. */
	plant("UPDATE endpoint SET state = 'paused' WHERE name = 'mail:own'");
	plant("UPDATE endpoint SET state = 'disabled', state_why = 'nothing but failures' WHERE name = 'command:own'");
	configure();
	assert_string_equal(ask("SELECT group_concat(state, ',') FROM endpoint"), "disabled,paused,disabled");
	settings(1, "user..");
	begin();
	assert_int_equal(endpoints_configure(f.db, &conf, T0), HK_CONF);
	db_rollback(f.db);
	plant("DELETE FROM endpoint");
}

/* ---- codes ------------------------------------------------------------------------ */

static void
only_who_names_them_gets_codes(void **state)
{
	static const struct {
		const char	*phrase, *types;
		bool		 trusted, yes;
	} row[] = {
		{ "a command that names it",	"user.* clerk.email",	true,	true },
		{ "a command of everything",	"*",			true,	false },
		{ "a command of a beginning",	"clerk.*",		true,	false },
		{ "of the other kind",		"clerk.sms",		true,	false },
		{ "a webhook that names it",	"clerk.email",		false,	false },
		{ "a webhook of everything",	"* clerk.*",		false,	false },
	};
	const struct told	 m = { .id = 1, .type = SPAN("clerk.email"), .owner_kind = SPAN("system"),
				    .owner = SPAN("clerk"), .payload = SPAN("{}") };
	struct json		*parsed = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		const struct listener	l = { .types = span_str(row[i].types), .trusted = row[i].trusted,
					    .enabled = true };

		if (listener_wants(&l, &m, &parsed) != row[i].yes)
			fail_msg("%s", row[i].phrase);
	}
}

static void
put_code(const char *cause)
{
	const struct message	m = { .type = "clerk.email", .owner_kind = "system", .owner = SPAN("clerk"),
				    .payload = SPAN("{\"text\":\"424242\"}"), .cause = span_str(cause),
				    .now = T0, .expires_us = T0 + 600 * US_PER_S };

	begin();
	assert_int_equal(message_put(f.db, &m, NULL), HK_OK);
	commit();
}

static bool
no_relay(struct span provider, struct span type)
{
	(void)provider;
	(void)type;
	return false;
}

static void
hand_out(void)
{
	const struct fanout_opts	o = { .conf = &conf, .most = 100, .may_relay = no_relay };
	struct arena			*a = arena_new(1 << 24);
	int64_t				 made;
	bool				 more;

	assert_int_equal(fanout_step(f.db, &o, a, T0, &made, &more), HK_OK);
	arena_free(a);
}

static void
settle(const char *status, bool good)
{
	struct arena		*a = arena_new(1 << 20);
	struct delivered	 r = { .endpoint = atoll(ask("SELECT id FROM endpoint")),
				    .delivery = atoll(ask("SELECT MAX(id) FROM delivery")), .good = good,
				    .error = good ? NULL : "E_EXIT", .retry_after_s = -1, .started_us = T0 };
	struct delivery		 d[4];
	int			 n;

	begin();
	assert_int_equal(delivery_claim(f.db, r.endpoint, T0 + US_PER_S, 4, 1 << 20, a, d, &n), HK_OK);
	assert_int_equal(n, 1);
	assert_int_equal(d[0].expires_us, T0 + 600 * US_PER_S);
	assert_int_equal(delivery_settle(f.db, &r, 0, a, T0 + US_PER_S), HK_OK);
	commit();
	assert_string_equal(ask("SELECT status FROM delivery ORDER BY id DESC"), status);
	arena_free(a);
}

static void
expire(int64_t now)
{
	bool	more;

	assert_int_equal(messages_expire(f.db, now, &more), HK_OK);
	assert_false(more);
}

#define PAYLOAD	"SELECT payload FROM message ORDER BY id DESC"

static void
codes_are_wiped_when_they_are_worth_nothing(void **state)
{
	(void)state;
	settings(1, "clerk.email");
	configure();
	put_code("a");
	hand_out();
	settle("delivered", true);
	assert_string_equal(ask(PAYLOAD), "{}");

	put_code("b");		/* it fails until its time is over */
	hand_out();
	settle("pending", false);
	expire(T0 + 599 * US_PER_S);
	assert_string_equal(ask(PAYLOAD), "{\"text\":\"424242\"}");
	expire(T0 + 600 * US_PER_S);
	assert_string_equal(ask(PAYLOAD), "{}");
	assert_string_equal(ask("SELECT status || ' ' || why FROM delivery ORDER BY id DESC"), "failed expired");

	put_code("c");		/* paused: held, and it expires all the same */
	plant("UPDATE endpoint SET state = 'paused'");
	hand_out();
	assert_string_equal(ask("SELECT status FROM delivery ORDER BY id DESC"), "held");
	expire(T0 + 600 * US_PER_S);
	assert_string_equal(ask("SELECT status FROM delivery ORDER BY id DESC"), "failed");
	assert_string_equal(ask(PAYLOAD), "{}");

	put_code("d");		/* one is being sent: it is not taken from under it */
	plant("UPDATE endpoint SET state = 'enabled'");
	hand_out();
	plant("UPDATE delivery SET status = 'sending' WHERE id = (SELECT MAX(id) FROM delivery)");
	expire(T0 + 600 * US_PER_S);
	assert_string_equal(ask(PAYLOAD), "{\"text\":\"424242\"}");
	plant("UPDATE delivery SET status = 'delivered' WHERE id = (SELECT MAX(id) FROM delivery)");
	expire(T0 + 600 * US_PER_S);
	assert_string_equal(ask(PAYLOAD), "{}");
	assert_string_equal(ask("SELECT COUNT(*) FROM message WHERE expires_at IS NOT NULL"), "0");
}

static void
somebody_must_listen(void **state)
{
	bool	yes;

	(void)state;
	assert_int_equal(channel_listens(f.db, SPAN("clerk.email"), &yes), HK_OK);
	assert_true(yes);
	assert_int_equal(channel_listens(f.db, SPAN("clerk.sms"), &yes), HK_OK);
	assert_false(yes);
	plant("UPDATE endpoint SET state = 'disabled'");
	assert_int_equal(channel_listens(f.db, SPAN("clerk.email"), &yes), HK_OK);
	assert_false(yes);
	plant("UPDATE endpoint SET state = 'enabled', channel = 'webhook'");
	assert_int_equal(channel_listens(f.db, SPAN("clerk.email"), &yes), HK_OK);
	assert_false(yes);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(rows_follow_the_settings),
		cmocka_unit_test(only_who_names_them_gets_codes),
		cmocka_unit_test(codes_are_wiped_when_they_are_worth_nothing),
		cmocka_unit_test(somebody_must_listen),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
