/* Answers that are given again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "api/keep.h"
#include "api/token.h"
#include "base/clock.h"
#include "store/private.h"

#define NOW	INT64_C(1790000000000000)
#define KEY	"key = AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
#define OTHER	"key = AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"

static struct db	*db;
static struct arena	*arena;
static struct conf	*conf;
static int64_t		 token;

static void
settings(const char *more)
{
	static const char *const env[] = { "HOOKKEEPER_DB=/nowhere/t.db", "HOOKKEEPER_MODE=test", NULL };
	char			 text[200];

	conf_free(conf);
	snprintf(text, sizeof(text), "[hookkeeper]\n%s", more);
	assert_int_equal(conf_parse(&conf, "t.conf", span_str(text), true, env, true), HK_OK);
}

static int
setup(void **state)
{
	const struct token	t = { .name = SPAN("t"), .scopes = SPAN("*") };
	char			text[TOKEN_TEXT];

	(void)state;
	assert_int_equal(db_memory(&db), HK_OK);
	assert_non_null(arena = arena_new(8 << 20));
	settings(KEY);
	assert_int_equal(db_begin(db), HK_OK);
	assert_int_equal(token_make(db, &t, NOW, &token, text), HK_OK);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	db_close(db);
	arena_free(arena);
	conf_free(conf);
	conf = NULL;
	return 0;
}

static void
put(const char *key, const char *request, const char *body, bool secret, int64_t now)
{
	const struct kept	k = { .key = span_str(key), .request = span_str(request), .status = 201,
				    .type = SPAN("application/json"), .body = span_str(body), .token = token,
				    .secret = secret };

	assert_int_equal(keep_put(db, conf, &k, now, arena), HK_OK);
}

static enum hk_err
find(struct kept *k, const char *key, const char *request, int64_t now)
{
	*k = (struct kept){ .key = span_str(key), .request = span_str(request), .token = token };
	return keep_find(db, conf, k, now, arena);
}

static int64_t
count(const char *sql)
{
	int64_t	n = -1;

	assert_int_equal(db_ask(db, sql, &n), HK_OK);
	return n;
}

static void
an_answer_is_given_again_for_a_day(void **state)
{
	struct kept	k;

	(void)state;
	assert_int_equal(find(&k, "a", "r1", NOW), HK_NOTFOUND);
	put("a", "r1", "{\"n\":1}", false, NOW);
	assert_int_equal(find(&k, "a", "r1", NOW + KEEP_US - 1), HK_OK);
	assert_int_equal(k.status, 201);
	assert_true(span_is(k.type, "application/json"));
	assert_true(span_is(k.body, "{\"n\":1}"));
	assert_int_equal(find(&k, "a", "r2", NOW), HK_EXISTS);
	assert_int_equal(find(&k, "b", "r1", NOW), HK_NOTFOUND);
	assert_int_equal(find(&k, "a", "r1", NOW + KEEP_US), HK_NOTFOUND);
	put("a", "r2", "{\"n\":2}", false, NOW + KEEP_US);
	assert_int_equal(find(&k, "a", "r2", NOW + KEEP_US), HK_OK);
	assert_true(span_is(k.body, "{\"n\":2}"));
}

static void
each_token_has_its_own(void **state)
{
	const struct token	t = { .name = SPAN("another"), .scopes = SPAN("*") };
	int64_t			mine = token, other;
	char			text[TOKEN_TEXT];
	struct kept		k;

	(void)state;
	assert_int_equal(token_make(db, &t, NOW, &other, text), HK_OK);
	put("a", "r1", "{\"n\":1}", true, NOW);
	token = other;
	assert_int_equal(find(&k, "a", "r1", NOW), HK_NOTFOUND);
	assert_int_equal(find(&k, "a", "r2", NOW), HK_NOTFOUND);
	put("a", "r2", "{\"n\":2}", false, NOW);
	/* what is sealed for one token is nothing for another */
	assert_int_equal(db_exec(db, "copy", "UPDATE api_answer SET body = (SELECT body FROM api_answer"
	    " WHERE sealed = 1), sealed = 1"), HK_OK);
	assert_int_equal(find(&k, "a", "r2", NOW), HK_BADSIG);
	token = mine;
	assert_int_equal(find(&k, "a", "r1", NOW), HK_OK);
	assert_true(span_is(k.body, "{\"n\":1}"));
}

static void
a_secret_is_kept_sealed_or_not_at_all(void **state)
{
	struct kept	k;

	(void)state;
	put("a", "r", "{\"key\":\"hk_SECRET\"}", true, NOW);
	assert_int_equal(count("SELECT count(*) FROM api_answer WHERE body LIKE '%SECRET%'"), 0);
	assert_int_equal(find(&k, "a", "r", NOW), HK_OK);
	assert_true(span_is(k.body, "{\"key\":\"hk_SECRET\"}"));
	/* what is sealed for one key is nothing under another */
	assert_int_equal(db_exec(db, "copy", "INSERT INTO api_answer SELECT 'b', request, status, type, body,"
	    " sealed, token, created_at FROM api_answer"), HK_OK);
	assert_int_equal(find(&k, "b", "r", NOW), HK_BADSIG);
	settings(OTHER);
	assert_int_equal(find(&k, "a", "r", NOW), HK_BADSIG);
	settings("");
	assert_int_equal(find(&k, "a", "r", NOW), HK_BADSIG);
	put("c", "r", "{\"key\":\"hk_SECRET\"}", true, NOW);
	assert_int_equal(find(&k, "c", "r", NOW), HK_OK);
	assert_null(k.body.p);
	assert_int_equal(count("SELECT count(*) FROM api_answer WHERE body LIKE '%SECRET%'"), 0);
}

static void
old_ones_go_in_small_steps(void **state)
{
	char	key[20];

	(void)state;
	for (int i = 0; i < 300; i++) {
		snprintf(key, sizeof(key), "old%d", i);
		put(key, "r", "{}", false, NOW);
	}
	assert_int_equal(count("SELECT count(*) FROM api_answer"), 300);
	assert_int_equal(keep_prune(db, NOW + KEEP_US - 1, 100), HK_OK);
	assert_int_equal(count("SELECT count(*) FROM api_answer"), 300);
	assert_int_equal(keep_prune(db, NOW + KEEP_US, 100), HK_OK);
	assert_int_equal(count("SELECT count(*) FROM api_answer"), 200);
	/* whoever keeps new ones sees to it */
	for (int i = 0; i < 1000; i++) {
		snprintf(key, sizeof(key), "new%d", i);
		put(key, "r", "{}", false, NOW + KEEP_US);
	}
	assert_int_equal(count("SELECT count(*) FROM api_answer WHERE key LIKE 'old%'"), 0);
	assert_int_equal(count("SELECT count(*) FROM api_answer WHERE key LIKE 'new%'"), 1000);
}

static void
they_go_without_any_new_one(void **state)
{
	bool	more = true;
	char	key[20];

	(void)state;
	for (int i = 0; i < 700; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		put(key, "r", "{}", false, i < 600 ? NOW : NOW + 2);
	}
	assert_int_equal(db_commit(db), HK_OK);
	assert_int_equal(housekeeping_step(db, NOW + KEEP_US - 1, US_PER_S, &more), HK_OK);
	assert_int_equal(count("SELECT count(*) FROM api_answer"), 700);
	for (int i = 0; i < 10; i++)
		assert_int_equal(housekeeping_step(db, NOW + KEEP_US + 1, US_PER_S, &more), HK_OK);
	assert_false(more);
	assert_int_equal(count("SELECT count(*) FROM api_answer"), 100);
}

static void
a_request_is_told_by_all_it_says(void **state)
{
	static const struct {
		const char	*what, *method, *path, *query, *body;
	} row[] = {
		{ "as it is",		"POST",		"/a",	"",	"{}" },
		{ "method",		"DELETE",	"/a",	"",	"{}" },
		{ "path",		"POST",		"/b",	"",	"{}" },
		{ "query",		"POST",		"/a",	"x=1",	"{}" },
		{ "body",		"POST",		"/a",	"",	"{ }" },
		{ "body and path",	"POST",		"/a?",	"",	"{}" },
	};
	char	text[6][KEEP_REQUEST + 1], again[KEEP_REQUEST + 1];

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		const struct http_request	rq = { .method = span_str(row[i].method),
						    .path = span_str(row[i].path), .query = span_str(row[i].query),
						    .body = span_str(row[i].body) };

		keep_request(text[i], &rq);
		keep_request(again, &rq);
		assert_string_equal(text[i], again);
		assert_int_equal(strlen(again), KEEP_REQUEST);
		for (size_t j = 0; j < i; j++)
			if (strcmp(text[i], text[j]) == 0)
				fail_msg("%s: as %s", row[i].what, row[j].what);
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test_setup_teardown(an_answer_is_given_again_for_a_day, setup, teardown),
		cmocka_unit_test_setup_teardown(each_token_has_its_own, setup, teardown),
		cmocka_unit_test_setup_teardown(a_secret_is_kept_sealed_or_not_at_all, setup, teardown),
		cmocka_unit_test_setup_teardown(old_ones_go_in_small_steps, setup, teardown),
		cmocka_unit_test_setup_teardown(they_go_without_any_new_one, setup, teardown),
		cmocka_unit_test(a_request_is_told_by_all_it_says),
	};

	return cmocka_run_group_tests_name("api/keep", tests, NULL, NULL);
}
