/* Bodies are loaded as they came, however they are kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/pack.h"
#include "inbox/body.h"
#include "inbox/event.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))
#define HEADERS		SPAN("{\"user-agent\":\"x\"}")
#define MOST		((size_t)2 << 20)

static struct db	*db;
static struct arena	*arena;

static int
setup(void **state)
{
	(void)state;
	return db_memory(&db) != HK_OK || db_begin(db) != HK_OK ||
	    (arena = arena_new((size_t)16 << 20)) == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(arena);
	db_close(db);
	return 0;
}

static int64_t
event_with(struct span body, struct span packed)
{
	static int		n;
	const struct event	ev = {
		.provider = "stripe", .env = { .event_id = span_str(arena_printf(arena, "evt_%d", ++n)) },
		.disposition = { .what = DO_PROCESS }, .headers = HEADERS, .body = body,
		.packed = packed, .received_us = 1,
	};
	int64_t			id;
	bool			fresh;

	assert_int_equal(event_store(db, &ev, &id, &fresh), HK_OK);
	assert_true(fresh);
	return id;
}

/* What stands in the row, for those who read it by SQL. */
static int64_t
packed_column(int64_t id, struct span *body)
{
	struct stmt	*q;
	int64_t		 packed;
	bool		 row;

	assert_int_equal(db_stmt(db, S_EVENT_BODY, &q), HK_OK);
	bind_int(q, ":event", id);
	assert_int_equal(stmt_step(q, &row), HK_OK);
	assert_true(row);
	*body = arena_span(arena, col_text(q, 1));
	packed = col_is_null(q, 2) ? -1 : col_int(q, 2);
	stmt_reset(q);
	return packed;
}

static void
a_body_is_loaded_as_it_came(void **state)
{
	static const struct {
		const char	*what, *unit;	/* repeated */
		size_t		 unit_len, len;
		bool		 packed;
	} t[] = {
		{ "empty",			"",			0,	0,		false },
		{ "an ordinary one",		"{\"a\":1} ",		8,	2048,		false },
		{ "the longest plain one",	"{\"a\":1} ",		8,	BODY_PLAIN,	false },
		{ "one byte more",		"{\"a\":1} ",		8,	BODY_PLAIN + 1,	true },
		{ "short, with NUL",		"{\"a\":\0}",		7,	100,		false },
		{ "long, with NUL",		"{\"a\":\0}",		7,	200000,		true },
		{ "short, no UTF-8",		"\xff\xfe\x80",		3,	100,		false },
		{ "long, no UTF-8",		"\xff\xfe\x80",		3,	200000,		true },
		{ "a megabyte",			"\"\xc3\xa9\",\n",	6,	1048576,	true },
	};
	struct span	body, headers, back, kept;
	char		*p;
	int64_t		id;

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		print_message("%s\n", t[i].what);
		p = arena_get(arena, MOST);
		assert_non_null(p);
		for (size_t at = 0; at < t[i].len; at++)
			p[at] = t[i].unit[at % t[i].unit_len];
		body = span_of(p, t[i].len);
		id = event_with(body, body_pack(body, arena));
		assert_int_equal(packed_column(id, &kept), t[i].packed ? (int64_t)t[i].len : -1);
		assert_true(t[i].packed ? kept.len < body.len / 2 : span_eq(kept, body));
		assert_int_equal(body_load(db, id, arena, &headers, &back), HK_OK);
		assert_non_null(back.p);
		assert_true(span_eq(back, body));
		assert_true(span_eq(headers, HEADERS));
		assert_int_equal(body_load(db, id, arena, NULL, &back), HK_OK);
		assert_true(span_eq(back, body));
		arena_reset(arena);
	}
}

/* Packing may be given up at any time; noise cannot be packed at all. */
static void
a_large_body_that_does_not_shrink_is_kept_as_it_came(void **state)
{
	uint64_t	 x = 88172645463325252u;
	char		*p = arena_get(arena, 100000);
	struct span	 body = span_of(p, 100000), back, kept;
	int64_t		 id;

	(void)state;
	assert_non_null(p);
	for (size_t i = 0; i < body.len; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		p[i] = (char)(x >> 32);
	}
	assert_null(body_pack(body, arena).p);
	id = event_with(body, SPAN_NULL);
	assert_int_equal(packed_column(id, &kept), -1);
	assert_int_equal(body_load(db, id, arena, NULL, &back), HK_OK);
	assert_true(span_eq(back, body));
}

/* A text that looks like a frame is none when its row does not say so. */
static void
a_body_that_looks_packed_is_not_unpacked(void **state)
{
	static const struct span body = { "4\0\0\0\2\x20" "ab", 8 };
	struct span		 back;

	(void)state;
	assert_int_equal(body_load(db, event_with(body, SPAN_NULL), arena, NULL, &back), HK_OK);
	assert_true(span_eq(back, body));
}

static void
damage_is_told(void **state)
{
	char		*p = arena_zero(arena, 20000), *bad;
	struct span	 packed = body_pack(span_of(p, 20000), arena), back = SPAN("untouched");
	int64_t		 id;

	(void)state;
	assert_non_null(packed.p);
	bad = arena_get(arena, packed.len);
	assert_non_null(bad);
	memcpy(bad, packed.p, packed.len);
	bad[3]++;	/* its length */
	id = event_with(SPAN_NULL, span_of(bad, packed.len));
	assert_int_equal(body_load(db, id, arena, NULL, &back), HK_SYNTAX);
	assert_non_null(strstr(err_last(), "damaged"));
	assert_true(span_is(back, "untouched"));

	assert_int_equal(body_load(db, id + 1, arena, NULL, &back), HK_NOTFOUND);
	assert_non_null(strstr(err_last(), "no body"));
}

static void
the_ceiling_of_the_arena_holds(void **state)
{
	struct arena	*small = arena_new(20000);
	char		*p = arena_zero(arena, 100000);
	struct span	 body = span_of(p, 100000), back;
	int64_t		 id = event_with(body, body_pack(body, arena));

	(void)state;
	assert_non_null(small);
	assert_int_equal(body_load(db, id, small, NULL, &back), HK_NOMEM);
	assert_int_equal(body_load(db, id, arena, NULL, &back), HK_OK);
	arena_free(small);
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest	tests[] = {
		T(a_body_is_loaded_as_it_came),
		T(a_large_body_that_does_not_shrink_is_kept_as_it_came),
		T(a_body_that_looks_packed_is_not_unpacked),
		T(damage_is_told),
		T(the_ceiling_of_the_arena_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
