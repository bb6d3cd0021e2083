/* A line of an export: what it becomes, and what is no line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "inbox/body.h"
#include "inbox/import.h"
#include "inbox/queue.h"

#define NOW	INT64_C(1800000000000000)
#define LINE(more)	"{\"provider\":\"stripe\",\"event_id\":\"evt_1\",\"created_at\":1790000000000000" more "}"
#define GOOD	",\"verified\":true,\"status\":\"completed\",\"outcome\":\"handled\",\"body\":\"{}\"" \
		",\"headers\":{\"a\":\"b\"}"

static struct db	*db;
static struct arena	*arena;

static int
setup(void **state)
{
	(void)state;
	arena = arena_new(1 << 20);
	return db_memory(&db) != HK_OK || db_begin(db) != HK_OK || arena == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	db_close(db);
	arena_free(arena);
	return 0;
}

static enum hk_err
import(const char *line, bool trust, enum imported *what)
{
	arena_reset(arena);
	*what = IMPORTED_KINDS;
	return event_import(db, span_str(line), trust, NOW, arena, what);
}

static int64_t
one(enum stmt_id id, int64_t event, int col)
{
	struct stmt	*q;
	bool		 row;
	int64_t		 n;

	assert_int_equal(db_stmt(db, id, &q), HK_OK);
	bind_int(q, ":id", event);
	assert_int_equal(stmt_step(q, &row), HK_OK);
	assert_true(row);
	n = col_int(q, col);
	stmt_reset(q);
	return n;
}

static void
what_a_line_becomes(void **state)
{
	static const struct {
		const char	*what, *line;
		bool		 trust;
		enum imported	 becomes;
	} rows[] = {
		{ "handled there, trusted",	LINE(GOOD),	true,	IMPORTED_WORK },
		{ "handled there, not trusted",	LINE(GOOD),	false,	IMPORTED_UNTRUSTED },
		{ "not verified there",	LINE(",\"verified\":false,\"body\":\"{}\""), true, IMPORTED_UNTRUSTED },
		{ "not said to be verified",	LINE(",\"body\":\"{}\""), true, IMPORTED_UNTRUSTED },
		{ "verified as a text",	LINE(",\"verified\":\"true\",\"body\":\"{}\""), true,
		    IMPORTED_UNTRUSTED },
		{ "skipped there",	LINE(",\"verified\":true,\"outcome\":\"skipped\",\"body\":\"{}\""),
		    true, IMPORTED_KEPT },
		{ "settled by a person",	LINE(",\"verified\":true,\"outcome\":\"resolved\",\"body\":\"{}\""),
		    true, IMPORTED_KEPT },
		{ "failed there",	LINE(",\"verified\":true,\"status\":\"failed\",\"body\":\"{}\""),
		    true, IMPORTED_WORK },
		{ "pruned there",	LINE(",\"verified\":true,\"outcome\":\"handled\",\"pruned_at\":1"),
		    true, IMPORTED_KEPT },
		{ "pruned, with an outcome of its own", LINE(",\"outcome\":\"paid\""), true,
		    IMPORTED_KEPT },
		{ "bytes",	LINE(",\"verified\":true,\"body_base64\":\"gP8=\""), true, IMPORTED_WORK },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum imported	what;

		if (import(rows[i].line, rows[i].trust, &what) != HK_OK || what != rows[i].becomes)
			fail_msg("%s: %d: %s", rows[i].what, what, err_last());
		if (import(rows[i].line, false, &what) != HK_OK || what != IMPORTED_THERE)
			fail_msg("%s, again: %d", rows[i].what, what);
		db_rollback(db);
		assert_int_equal(db_begin(db), HK_OK);
	}
}

static void
what_is_no_line(void **state)
{
	static const struct {
		const char	*what, *line, *says;
	} rows[] = {
		{ "no JSON",		"{\"provider\":",	"" },
		{ "no object",		"[1]",			"no provider" },
		{ "no id",		"{\"provider\":\"stripe\",\"created_at\":1}", "no event_id" },
		{ "no time",		"{\"provider\":\"stripe\",\"event_id\":\"e\"}", "created_at" },
		{ "before 1970",	"{\"provider\":\"stripe\",\"event_id\":\"e\",\"created_at\":-1}",
		    "created_at" },
		{ "a sender with a blank", "{\"provider\":\"a b\",\"event_id\":\"e\",\"created_at\":1}",
		    "none that we have" },
		{ "no base64",		LINE(",\"body_base64\":\"*\""),	"base64" },
		{ "fields are a list",	LINE(",\"body\":\"{}\",\"headers\":[]"), "headers" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum imported	what;
		enum hk_err	e = import(rows[i].line, true, &what);

		if (e == HK_OK || (rows[i].says[0] != '\0' &&
		    (e != HK_SYNTAX || strstr(err_last(), rows[i].says) == NULL)))
			fail_msg("%s: %d %s", rows[i].what, e, err_last());
	}
}

/* Nobody vouched for it: it cannot be retried; then somebody does. */
static void
trust_comes_later(void **state)
{
	enum imported	what;
	struct span	headers, body;

	(void)state;
	assert_int_equal(import(LINE(GOOD), false, &what), HK_OK);
	assert_int_equal(queue_retry(db, 1, NOW), HK_NEVER);
	assert_non_null(strstr(err_last(), "--trust"));
	assert_int_equal(one(S_CLI_EVENT_SHOW, 1, 16), 0);
	assert_int_equal(import(LINE(GOOD), true, &what), HK_OK);
	assert_int_equal(what, IMPORTED_TRUSTED);
	assert_int_equal(one(S_CLI_EVENT_SHOW, 1, 16), 1);
	assert_int_equal(one(S_CLI_EVENT_SHOW, 1, 10), INT64_C(1790000000000000));	/* due then */
	assert_int_equal(body_load(db, 1, arena, &headers, &body), HK_OK);
	assert_true(span_is(body, "{}"));
	assert_true(span_is(headers, "{\"a\":\"b\"}"));
	assert_int_equal(queue_retry(db, 1, NOW), HK_OK);
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest	tests[] = {
		T(what_a_line_becomes), T(what_is_no_line), T(trust_comes_later),
	};

	return cmocka_run_group_tests_name("inbox/import", tests, NULL, NULL);
}
