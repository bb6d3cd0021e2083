/*
 * Handlers at work: an event in, rows out.  Over the database of the books'
 * tests, with the worker's manners: what is not handled leaves no trace.
 */
#ifndef TEST_PROVIDER_BENCH_H
#define TEST_PROVIDER_BENCH_H

#include "../books/fixture.h"
#include "provider/provider.h"

static struct conf	 settings = { .mode = MODE_TEST, .signup_bonus = 40,
			    .trust_metadata = 1 };
static int64_t		 events_so_far;
static char		 reason[256], waits_for[160];	/* of the last happen() */

static inline int
bench_setup(void **state)
{
	events_so_far = 0;
	settings.trust_metadata = 1;
	return setup(state);
}

/* A verified event of the provider is worked on, as if the worker had claimed it. */
static inline enum hk_err
happen(const struct provider *pv, struct span body)
{
	char		 sql[256];
	struct arena	*arena = arena_new(8 << 20);
	struct envelope	 env;
	struct task	 t = { .conf = &settings, .arena = arena };
	struct cause	 cause = { .db = f.db, .event = ++events_so_far, .now = T0 };
	const char	*type;
	enum hk_err	 e;

	t.cause = &cause;
	snprintf(sql, sizeof(sql), "INSERT INTO event (id, provider, event_id, status, outcome,"
	    " verified, created_at) VALUES (%lld, '%s', 'e%lld', 'completed', 'handled', 1, 0)",
	    (long long)cause.event, pv->name, (long long)cause.event);
	plant(sql);
	if (pv->envelope(body, SPAN("msg_2sample"), arena, &env) != HK_OK)
		fail_msg("%s in %.*s", err_last(), SPAN_ARG(body));
	type = provider_type(pv, env.type);
	assert_non_null(type);
	assert_non_null(provider_handler(pv, type));
	assert_int_equal(HK_OK, json_parse(body, &t.json));
	t.type = span_str(type);
	t.event_id = env.event_id;
	t.occurred_us = env.occurred_us;
	begin();
	e = provider_handler(pv, type)(&t);
	if (e == HK_OK)
		commit();
	else
		db_rollback(f.db);
	snprintf(reason, sizeof(reason), "%s", t.reason);
	snprintf(waits_for, sizeof(waits_for), "%s", t.waits_for);
	json_free(t.json);
	arena_free(arena);
	return e;
}

static inline void
finding(void *ctx, const char *what)
{
	(void)ctx;
	fail_msg("audit: %s", what);
}

/* The books must be right after every test. */
static inline int
bench_teardown(void **state)
{
	struct audit	a;

	assert_int_equal(HK_OK, audit_books(f.db, &a, finding, NULL));
	return teardown(state);
}

#define asks(phrase, sql, want) do {					\
	const char	*got_ = ask(sql);				\
	if (strcmp(got_, (want)) != 0)					\
		fail_msg("%s: %s gives %s, not %s", (phrase), (sql), got_, (want)); \
} while (0)

#endif
