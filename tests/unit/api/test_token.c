/* Bearer tokens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "api/token.h"
#include "base/clock.h"
#include "store/private.h"

#define NOW	INT64_C(1790000000000000)

static struct db	*db;
static struct arena	*arena;

static int
setup(void **state)
{
	(void)state;
	assert_int_equal(db_memory(&db), HK_OK);
	assert_non_null(arena = arena_new(1 << 20));
	assert_int_equal(db_begin(db), HK_OK);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	db_close(db);
	arena_free(arena);
	return 0;
}

static int64_t
make(const char *scopes, int64_t expires_us, char text[TOKEN_TEXT])
{
	const struct token	t = { .name = SPAN("shop"), .scopes = span_str(scopes),
				    .expires_us = expires_us, .rate = 5 };
	int64_t			id = 0;

	assert_int_equal(token_make(db, &t, NOW, &id, text), HK_OK);
	return id;
}

static enum hk_err
check(const char *text, int64_t now, struct token *t)
{
	return token_check(db, span_str(text), now, arena, t);
}

static void
a_token_is_known_again(void **state)
{
	char		text[TOKEN_TEXT], other[TOKEN_TEXT];
	int64_t		id = make("credits:burn users:read", 0, text), n = -1;
	struct token	t;

	(void)state;
	make("*", 0, other);
	assert_int_equal(check(text, NOW, &t), HK_OK);
	assert_int_equal(t.id, id);
	assert_int_equal(t.rate, 5);
	assert_true(span_is(t.name, "shop"));
	assert_true(span_is(t.scopes, "credits:burn users:read"));
	assert_true(t.prefix.len < 16 && strncmp(text, t.prefix.p, t.prefix.len) == 0);
	assert_int_equal(strlen(text), strlen("hkt_1_") + 43);
	assert_string_not_equal(text + 6, other + 6);
	/* the text itself is nowhere */
	assert_int_equal(db_ask(db, "SELECT count(*) FROM api_token WHERE hash LIKE 'hkt%'"
	    " OR length(hash) <> 64 OR length(prefix) > 12", &n), HK_OK);
	assert_int_equal(n, 0);
}

static void
any_other_text_is_nobodys(void **state)
{
	char		text[TOKEN_TEXT], changed[TOKEN_TEXT + 2];
	struct token	t;

	(void)state;
	make("*", 0, text);
	for (size_t i = 0; i < strlen(text); i++) {
		memcpy(changed, text, TOKEN_TEXT);
		changed[i] = changed[i] == 'x' ? 'y' : 'x';
		if (check(changed, NOW, &t) != HK_BADSIG)
			fail_msg("byte %zu changed, and it was taken", i);
		memcpy(changed, text, TOKEN_TEXT);
		changed[i] = '\0';
		if (check(changed, NOW, &t) != HK_BADSIG)
			fail_msg("cut at %zu, and it was taken", i);
	}
	snprintf(changed, sizeof(changed), "%sx", text);
	assert_int_equal(check(changed, NOW, &t), HK_BADSIG);
	assert_int_equal(check("hkt_ffffffffffffffffff_x", NOW, &t), HK_BADSIG);
	assert_int_equal(check("hkt_0_", NOW, &t), HK_BADSIG);
	assert_int_equal(token_check(db, SPAN_NULL, NOW, arena, &t), HK_BADSIG);
}

static void
it_ends(void **state)
{
	char		text[TOKEN_TEXT];
	int64_t		id = make("*", NOW + 10 * US_PER_S, text);
	struct token	t;

	(void)state;
	assert_int_equal(check(text, NOW + 10 * US_PER_S - 1, &t), HK_OK);
	assert_int_equal(check(text, NOW + 10 * US_PER_S, &t), HK_BADSIG);
	assert_int_equal(token_revoke(db, id, NOW), HK_OK);
	assert_int_equal(check(text, NOW, &t), HK_BADSIG);
	assert_int_equal(token_revoke(db, id, NOW), HK_SKIP);
	assert_int_equal(token_revoke(db, id + 1, NOW), HK_NOTFOUND);
}

static void
use_is_noted_to_the_minute(void **state)
{
	char		text[TOKEN_TEXT];
	struct token	t;
	int64_t		before;

	(void)state;
	make("*", 0, text);
	assert_int_equal(check(text, NOW, &t), HK_OK);
	assert_int_equal(t.used_us, 0);
	assert_int_equal(token_used(db, &t, NOW), HK_OK);
	assert_int_equal(check(text, NOW, &t), HK_OK);
	assert_int_equal(t.used_us, NOW - NOW % (60 * US_PER_S));
	before = db_all_changes(db);
	assert_int_equal(token_used(db, &t, NOW), HK_OK);
	assert_int_equal(db_all_changes(db), before);
	assert_int_equal(token_used(db, &t, NOW + 60 * US_PER_S), HK_OK);
	assert_int_equal(db_all_changes(db), before + 1);
}

static void
scopes(void **state)
{
	static const struct {
		const char	*what, *scopes, *asked;
		enum hk_err	 good;
		bool		 may;
	} row[] = {
		{ "the only one",	"credits:burn",			"credits:burn",	HK_OK,	true },
		{ "the second",		"users:read credits:burn",	"credits:burn",	HK_OK,	true },
		{ "not among them",	"users:read keys:read",		"credits:burn",	HK_OK,	false },
		{ "all",		"*",				"credits:burn",	HK_OK,	true },
		{ "two blanks",		"users:read  credits:burn",	"credits:burn",	HK_OK,	true },
		{ "another has it at its end", "keys:read",		"s:read",	HK_OK,	false },
		{ "one that begins so",	"credits:read",			"credits",	HK_OK,	false },
		{ "no such",		"credits:steal",		"credits:burn",	HK_SYNTAX, false },
		{ "all, and one",	"* users:read",			"credits:burn",	HK_SYNTAX, false },
		{ "none",		"",				"credits:burn",	HK_SYNTAX, false },
		{ "only a blank",	" ",				"credits:burn",	HK_SYNTAX, false },
		{ "a browser's",	"session",			"session",	HK_SYNTAX, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		if (token_scopes_good(span_str(row[i].scopes)) != row[i].good)
			fail_msg("%s: is it good?", row[i].what);
		if (token_may(span_str(row[i].scopes), row[i].asked) != row[i].may)
			fail_msg("%s: may it?", row[i].what);
	}
}

static void
a_name_is_needed(void **state)
{
	static const struct {
		const char	*what, *name;
		enum hk_err	 want;
	} row[] = {
		{ "none",			NULL,			HK_SYNTAX },
		{ "an empty one",		"",			HK_SYNTAX },
		{ "one",			"web shop \xc3\xa4",	HK_OK },
		{ "a newline",			"web\nshop",		HK_SYNTAX },
		{ "no UTF-8",			"web\xff",		HK_SYNTAX },
		{ "81 characters", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		    "aaaaaaaaaaaaaaaaa",				HK_SYNTAX },
	};
	char	text[TOKEN_TEXT];
	int64_t	id;

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		const struct token	t = { .name = span_str(row[i].name), .scopes = SPAN("*") };

		if (token_make(db, &t, NOW, &id, text) != row[i].want)
			fail_msg("%s", row[i].what);
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test_setup_teardown(a_token_is_known_again, setup, teardown),
		cmocka_unit_test_setup_teardown(any_other_text_is_nobodys, setup, teardown),
		cmocka_unit_test_setup_teardown(it_ends, setup, teardown),
		cmocka_unit_test_setup_teardown(use_is_noted_to_the_minute, setup, teardown),
		cmocka_unit_test(scopes),
		cmocka_unit_test_setup_teardown(a_name_is_needed, setup, teardown),
	};

	return cmocka_run_group_tests_name("api/token", tests, NULL, NULL);
}
