/* Thin events look for the snapshot that does the work. */
#include "bench.h"

#define THIN(more)	"{\"id\":\"evt_thin\",\"object\":\"v2.core.event\",\"type\":"	\
	"\"v1.invoice.paid\",\"livemode\":false,\"created\":\"2026-11-22T08:00:00.000Z\","	\
	"\"related_object\":{\"id\":\"in_1\",\"type\":\"invoice\"}" more "}"

static void
finds_its_snapshot(void **state)
{
	const struct span	thin = SPAN(THIN(",\"snapshot_event\":\"evt_twin\""));

	(void)state;
	assert_int_equal(HK_LATER, happen(&provider_stripe, thin));
	assert_non_null(strstr(reason, "evt_twin has not come"));
	plant("INSERT INTO event (id, provider, event_id, status, verified, created_at)"
	    " VALUES (77, 'clerk', 'evt_twin', 'pending', 1, 0)");
	assert_int_equal(HK_LATER, happen(&provider_stripe, thin));
	plant("INSERT INTO event (id, provider, event_id, status, verified, created_at)"
	    " VALUES (78, 'stripe', 'evt_twin', 'pending', 1, 0)");
	assert_int_equal(HK_SKIP, happen(&provider_stripe, thin));
	assert_string_equal("thin: its snapshot is event 78", reason);
}

static void
without_one_it_is_parked(void **state)
{
	(void)state;
	assert_int_equal(HK_NEVER, happen(&provider_stripe, SPAN(THIN(""))));
	assert_non_null(strstr(reason, "names no snapshot"));
	assert_int_equal(HK_NEVER, happen(&provider_stripe,
	    SPAN(THIN(",\"snapshot_event\":null"))));
}

static void
only_for_what_is_handled(void **state)
{
	(void)state;
	assert_non_null(provider_handler(&provider_stripe, "v1.charge.refunded"));
	assert_non_null(provider_about(&provider_stripe, "v1.charge.refunded"));
	assert_null(provider_handler(&provider_stripe, "v1.balance.available"));
	assert_null(provider_handler(&provider_stripe, "v2.core.account.updated"));
	assert_null(provider_handler(&provider_clerk, "v1.user.created"));
}

int
main(void)
{
#define TEST(name)	cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)
	const struct CMUnitTest	tests[] = {
		TEST(finds_its_snapshot),
		TEST(without_one_it_is_parked),
		TEST(only_for_what_is_handled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
