/* Test events are one endpoint's alone; bodies; counts by the hour. */
#include "../books/fixture.h"

#include "outbox/body.h"
#include "outbox/catalogue.h"
#include "outbox/delivery.h"
#include "outbox/endpoint_part.h"
#include "outbox/fanout.h"
#include "outbox/tally.h"
#include "outbox/trial.h"

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

static void
plant_endpoint(const char *state, int ordered)
{
	char	sql[400];

	snprintf(sql, sizeof(sql), "INSERT INTO endpoint (channel, url, types, payload, state, state_at,"
	    " heard_to, created_at, updated_at, ordered) VALUES ('webhook', 'https://e.com/', '*', 'full',"
	    " '%s', 0, 0, 0, 0, %d)", state, ordered);
	plant(sql);
}

static enum hk_err
try(int64_t endpoint, const char *type, const char *payload)
{
	int64_t		message, delivery;
	enum hk_err	e;

	begin();
	e = endpoint_try(f.db, endpoint, span_str(type), span_str(payload), T0, &message, &delivery);
	commit();
	return e;
}

static bool
never(struct span provider, struct span type)
{
	(void)provider;
	(void)type;
	return false;
}

static void
it_goes_to_nobody_else(void **state)
{
	const struct fanout_opts	o = { .most = 10, .may_relay = never };
	struct recovery			r = { .what = RECOVER_MISSED, .endpoint = 2, .since_us = 1 };
	int64_t				made, n;
	bool				more;

	(void)state;
	plant_endpoint("enabled", 1);
	plant_endpoint("enabled", 0);
	assert_int_equal(try(1, "user.created", NULL), HK_OK);
	assert_int_equal(try(1, "stripe.invoice.paid", "{\"id\":\"evt_1\"}"), HK_OK);
	assert_int_equal(fanout_step(f.db, &o, arena, T0, &made, &more), HK_OK);
	assert_string_equal(ask("SELECT group_concat(endpoint || ':' || message || status, ' ') FROM delivery"),
	    "1:1pending 1:2pending");
	/* Who tests does not wait, whatever the order. */
	assert_string_equal(ask("SELECT count(*) FROM delivery WHERE due_at IS NOT NULL"), "2");
	assert_string_equal(ask("SELECT group_concat(f.message - m.id) FROM fanout f,"
	    " (SELECT MAX(id) AS id FROM message) m"), "0");
	begin();
	assert_int_equal(recovery_count(f.db, &r, &n, &more), HK_OK);
	commit();
	assert_int_equal(n, 0);
}

static void
it_must_be_one_that_can_be(void **state)
{
	static const struct {
		const char	*what;
		int64_t		 endpoint;
		const char	*type, *payload;
		enum hk_err	 e;
	} t[] = {
		{ "no such endpoint",	9, "user.created",	NULL,	HK_NOTFOUND },
		{ "a paused one",	2, "user.created",	NULL,	HK_NEVER },
		{ "no such type",	1, "no.such",		NULL,	HK_NOTFOUND },
		{ "a type without a sample",	1, "bare.type",	NULL,	HK_NOTFOUND },
		{ "no type at all",	1, "a b",		"{}",	HK_SYNTAX },
		{ "one of the site's own",	1, "own.type",	NULL,	HK_OK },
		{ "a payload of its own",	1, "no.such",	"{}",	HK_OK },
	};

	(void)state;
	plant_endpoint("enabled", 0);
	plant_endpoint("paused", 0);
	plant("INSERT INTO event_type (name, about, sample, created_at, updated_at)"
	    " VALUES ('own.type', '', '{\"n\":5}', 0, 0), ('bare.type', '', NULL, 0, 0)");
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		print_message("%s\n", t[i].what);
		assert_int_equal(try(t[i].endpoint, t[i].type, t[i].payload), t[i].e);
	}
	assert_string_equal(ask("SELECT group_concat(type || payload, ' ') FROM message"),
	    "own.type{\"n\":5} no.such{}");
}

static void
a_body_is_whole_or_thin(void **state)
{
	struct buf	b;

	(void)state;
	buf_init(&b, 1000);
	message_body(&b, 12, INT64_C(1790000000000000), SPAN("user.created"), SPAN("{\"id\":1}"), false);
	assert_true(span_is(buf_span(&b), "{\"type\":\"user.created\",\"timestamp\":"
	    "\"2026-09-21T14:13:20.000000Z\",\"data\":{\"id\":1}}"));
	buf_clear(&b);
	message_body(&b, 12, INT64_C(1790000000000000), SPAN("t"), SPAN("{\"id\":1}"), true);
	assert_non_null(memmem(b.p, b.len, "\"data\":{\"id\":\"msg_000000000012", 29));
	assert_null(memmem(b.p, b.len, "\"id\":1", 6));
	buf_release(&b);
}

static void
add(void *ctx, const struct tally_row *r)
{
	struct tally_row	*sum = ctx;

	sum->good += r->good;
	sum->failed += r->failed;
}

/* The same before it was counted, while it is, and after. */
static void
counts_are_the_same_whoever_counts(void **state)
{
	bool	more = true;
	int	steps = 0;

	(void)state;
	plant_endpoint("enabled", 0);
	plant_endpoint("enabled", 0);
	plant("INSERT INTO message (type, owner_kind, owner, payload, cause, created_at)"
	    " VALUES ('t', 'user', 'u', '{}', 'c', 1)");
	plant("INSERT INTO delivery (endpoint, message, subject, status, created_at)"
	    " SELECT id, 1, 'u', 'failed', 1 FROM endpoint");
	plant("INSERT INTO delivery_attempt (delivery, endpoint, number, started_at, took_us, good)"
	    " WITH RECURSIVE c (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c WHERE i < 4999)"
	    " SELECT 1 + i % 2, 1 + i % 2, i, (i / 100) * 3600000000, 1, i % 10 <> 3 FROM c");
	for (;;) {
		struct tally_row	all = { .endpoint = 0 }, second = all, late = all;

		assert_int_equal(db_begin(f.db), HK_OK);
		assert_int_equal(tally_read(f.db, 0, 0, INT64_MAX, add, &all), HK_OK);
		assert_int_equal(tally_read(f.db, 2, 0, INT64_MAX, add, &second), HK_OK);
		assert_int_equal(tally_read(f.db, 1, 40 * TALLY_HOUR + 7, 45 * TALLY_HOUR, add, &late), HK_OK);
		db_rollback(f.db);
		assert_int_equal(all.good, 4500);
		assert_int_equal(all.failed, 500);
		assert_int_equal(second.good, 2000);
		assert_int_equal(second.failed, 500);
		assert_int_equal(late.good, 250);
		assert_int_equal(late.failed, 0);
		if (!more)
			break;
		assert_int_equal(tally_step(f.db, &more), HK_OK);
		steps++;
	}
	assert_int_equal(steps, 3);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test_setup_teardown(it_goes_to_nobody_else, begin_all, end_all),
		cmocka_unit_test_setup_teardown(it_must_be_one_that_can_be, begin_all, end_all),
		cmocka_unit_test_setup_teardown(a_body_is_whole_or_thin, begin_all, end_all),
		cmocka_unit_test_setup_teardown(counts_are_the_same_whoever_counts, begin_all, end_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
