/* A verified request becomes a row, once; a refused one is kept too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "inbox/body.h"
#include "inbox/event.h"
#include "inbox/refusal.h"

static const struct event sample = {
	.provider = "stripe",
	.env = { .event_id = { "evt_1", 5 }, .type = { "invoice.paid", 12 }, .livemode = 0 },
	.disposition = { .what = DO_PROCESS },
	.headers = { "{}", 2 }, .body = { "{\"a\":\0}", 7 }, .verified = true,
	.received_us = 1790000000000000,
};

static struct db *
bed(void)
{
	struct db	*db;

	assert_int_equal(db_memory(&db), HK_OK);
	assert_int_equal(db_begin(db), HK_OK);
	return db;
}

static void
the_same_id_is_one_event(void **state)
{
	struct db	*db = bed();
	struct event	 ev = sample;
	int64_t		 first, again = 0;
	bool		 fresh;

	(void)state;
	assert_int_equal(event_store(db, &ev, &first, &fresh), HK_OK);
	assert_true(fresh);
	ev.env.event_id = SPAN("evt_2");
	assert_int_equal(event_store(db, &ev, &again, &fresh), HK_OK);
	assert_true(fresh);
	assert_int_not_equal(first, again);
	/* The repeat must get the first one's id, not the last insert's. */
	ev.env.event_id = SPAN("evt_1");
	assert_int_equal(event_store(db, &ev, &again, &fresh), HK_OK);
	assert_false(fresh);
	assert_int_equal(first, again);
	/* Another sender may use the same id. */
	ev.provider = "clerk";
	assert_int_equal(event_store(db, &ev, &again, &fresh), HK_OK);
	assert_true(fresh);
	db_close(db);
}

static void
the_body_is_kept_byte_for_byte(void **state)
{
	static const struct span bodies[] = {
		{ "{\"a\":\0}", 7 }, { "\xff\xfe\0\x80", 4 }, { "{\"\xc3\xa9\":1}", 9 },
		{ "\xef\xbb\xbf{}", 5 }, { "", 0 },
	};
	struct db	*db = bed();
	struct arena	*arena = arena_new(1 << 20);
	struct event	 ev = sample;
	struct span	 body;
	int64_t		 id;
	bool		 fresh;

	(void)state;
	assert_non_null(arena);
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		char	event_id[] = { 'e', (char)('a' + i), '\0' };

		ev.env.event_id = span_str(event_id);
		ev.body = bodies[i];
		assert_int_equal(event_store(db, &ev, &id, &fresh), HK_OK);
		assert_int_equal(body_load(db, id, arena, NULL, &body), HK_OK);
		assert_true(span_eq(body, bodies[i]));
	}
	arena_free(arena);
	db_close(db);
}

static void
headers_are_kept_without_credentials(void **state)
{
	const struct field	f[] = {
		{ SPAN("svix-id"), SPAN("msg_\"1\"") },
		{ SPAN("authorization"), SPAN("Basic c2VjcmV0") },
		{ SPAN("cookie"), SPAN("session=1") },
		{ SPAN("proxy-authorization"), SPAN("x") },
		{ SPAN("user-agent"), SPAN("a\xff" "b") },
	};
	struct buf		out;

	(void)state;
	buf_init(&out, 4096);
	event_headers(&out, &(struct fields){ f, 5 });
	assert_true(buf_ok(&out));
	assert_string_equal(out.p, "{\"svix-id\":\"msg_\\\"1\\\"\",\"user-agent\":\"a\xef\xbf\xbd" "b\"}");
	/* a custom sender may show its secret in a field of any name */
	buf_clear(&out);
	event_headers_but(&out, &(struct fields){ f, 5 }, "user-agent");
	assert_string_equal(out.p, "{\"svix-id\":\"msg_\\\"1\\\"\"}");
	buf_release(&out);
}

static void
a_refusal_repeated_counts_up(void **state)
{
	struct db	*db = bed();
	struct refusal	 r = { .provider = "clerk", .reason = "unknown_type", .verified = true,
			    .event_id = SPAN("msg_1"), .headers = SPAN("{}"),
			    .body = SPAN("{\"type\":\"x\"}"), .received_us = 1 };

	struct stmt	*q;
	int64_t		 rows = 0;

	(void)state;
	assert_int_equal(refusal_store(db, &r), HK_OK);
	r.received_us = 2;
	assert_int_equal(refusal_store(db, &r), HK_OK);
	r.event_id = SPAN("msg_2");
	assert_int_equal(refusal_store(db, &r), HK_OK);
	assert_int_equal(db_stmt(db, S_QUARANTINE_KEPT, &q), HK_OK);
	bind_int(q, ":verified", 1);
	assert_int_equal(stmt_int(q, &rows), HK_OK);
	assert_int_equal(rows, 2);
	db_close(db);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(the_same_id_is_one_event),
		cmocka_unit_test(the_body_is_kept_byte_for_byte),
		cmocka_unit_test(headers_are_kept_without_credentials),
		cmocka_unit_test(a_refusal_repeated_counts_up),
	};

	return cmocka_run_group_tests_name("inbox/event", tests, NULL, NULL);
}
