/* A key is shown once, checked by its hash, and dead when revoked or its user is. */
#include "words.h"

#define CLERK	"user_2abc"

static const uint8_t	raw[2][CONF_KEY] = { { 7 }, { 8 } };
static struct conf	conf = { .keys = raw, .nkeys = 1 }, other = { .keys = raw + 1, .nkeys = 1 },
			none;
static struct cause	c;
static struct user	user;

static void
a_user(void)
{
	struct clerk_user	u = { .clerk_id = SPAN(CLERK), .updated_us = T0 };

	events(2);
	c = (struct cause){ f.db, 1, T0 };
	begin();
	assert_int_equal(user_put(&c, &u, 0, &user), HK_OK);
}

static const char *
first_id(void)
{
	commit();
	begin();
	return ask("SELECT id FROM api_key ORDER BY created_at LIMIT 1");
}

static void
test_the_first_one_once(void **state)
{
	char		text[APIKEY_TEXT], again[APIKEY_TEXT];
	struct apikey	k;

	(void)state;
	a_user();
	assert_int_equal(apikey_first(&c, &none, user.id), HK_CONF);
	assert_int_equal(apikey_first(&c, &conf, user.id), HK_OK);
	assert_int_equal(apikey_first(&c, &conf, user.id), HK_SKIP);
	assert_int_equal(apikey_reveal(&c, &other, span_str(first_id()), text), HK_BADSIG);
	assert_int_equal(apikey_reveal(&c, &conf, span_str(first_id()), text), HK_OK);
	assert_int_equal(strlen(text), 46);
	assert_memory_equal(text, "hk_", 3);
	assert_int_equal(apikey_reveal(&c, &conf, span_str(first_id()), again), HK_EXISTS);
	assert_int_equal(apikey_reveal(&c, &conf, SPAN("key_nobody"), again), HK_NOTFOUND);
	assert_int_equal(apikey_check(f.db, span_str(text), &k), HK_OK);
	assert_string_equal(k.user, user.id);
	assert_memory_equal(k.prefix, text, strlen(k.prefix));
	assert_true(k.revealed && strlen(k.prefix) == 11);
	commit();
	/* Neither the text nor anything that opens to it is left. */
	assert_string_equal(ask("SELECT name || ' ' || (sealed IS NULL) || ' ' || length(hash)"
	    " FROM api_key"), "default 1 64");
}

static void
test_a_sealed_text_is_no_text(void **state)
{
	(void)state;
	a_user();
	assert_int_equal(apikey_first(&c, &conf, user.id), HK_OK);
	commit();
	assert_string_equal(ask("SELECT instr(sealed, 'hk_') || ' ' || (length(sealed) > 60)"
	    " FROM api_key"), "0 1");
}

static void
test_a_shown_one_is_not_kept(void **state)
{
	char		text[APIKEY_TEXT], one[APIKEY_TEXT];
	struct apikey	k, found;

	(void)state;
	a_user();
	assert_int_equal(apikey_make(&c, &none, user.id, SPAN("laptop"), &k, text), HK_OK);
	assert_int_equal(apikey_make(&c, &none, user.id, SPAN("phone"), &k, one), HK_OK);
	assert_string_not_equal(text, one);
	assert_int_equal(apikey_check(f.db, span_str(one), &found), HK_OK);
	assert_string_equal(found.id, k.id);
	assert_int_equal(apikey_reveal(&c, &conf, span_str(k.id), text), HK_EXISTS);
	assert_int_equal(apikey_make(&c, &none, "01890000-0000-7000-8000-0000000000ff", SPAN_NULL,
	    &k, text), HK_NOTFOUND);
	db_rollback(f.db);
}

static void
test_whose_key_opens_nothing(void **state)
{
	char		text[APIKEY_TEXT], wrong[APIKEY_TEXT];
	struct apikey	k, found;

	(void)state;
	a_user();
	assert_int_equal(apikey_make(&c, &conf, user.id, SPAN_NULL, &k, text), HK_OK);
	memcpy(wrong, text, sizeof(wrong));
	for (size_t i = 0; i < strlen(text); i++) {
		wrong[i] = text[i] == 'a' ? 'b' : 'a';
		assert_int_equal(apikey_check(f.db, span_str(wrong), &found), HK_BADSIG);
		wrong[i] = text[i];
	}
	assert_int_equal(apikey_check(f.db, span_str(wrong), &found), HK_OK);
	assert_int_equal(apikey_check(f.db, SPAN("hk_"), &found), HK_BADSIG);
	assert_int_equal(apikey_check(f.db, SPAN_NULL, &found), HK_BADSIG);
	assert_int_equal(apikey_revoke(&c, SPAN("key_nobody")), HK_NOTFOUND);
	assert_int_equal(apikey_revoke(&c, span_str(k.id)), HK_OK);
	assert_int_equal(apikey_revoke(&c, span_str(k.id)), HK_SKIP);
	assert_int_equal(apikey_check(f.db, span_str(text), &found), HK_BADSIG);
	db_rollback(f.db);
}

static void
test_a_revoked_one_is_never_revealed(void **state)
{
	char	text[APIKEY_TEXT];

	(void)state;
	a_user();
	assert_int_equal(apikey_first(&c, &conf, user.id), HK_OK);
	assert_int_equal(apikey_revoke(&c, span_str(first_id())), HK_OK);
	assert_int_equal(apikey_reveal(&c, &conf, span_str(first_id()), text), HK_NOTFOUND);
	commit();
	assert_string_equal(ask("SELECT sealed FROM api_key"), "NULL");
}

static void
test_a_deleted_users_keys_are_dead(void **state)
{
	char		text[APIKEY_TEXT];
	struct apikey	k, found;

	(void)state;
	a_user();
	assert_int_equal(apikey_first(&c, &conf, user.id), HK_OK);
	assert_int_equal(apikey_make(&c, &conf, user.id, SPAN_NULL, &k, text), HK_OK);
	assert_int_equal(user_delete(&c, SPAN(CLERK)), HK_OK);
	assert_int_equal(apikey_check(f.db, span_str(text), &found), HK_BADSIG);
	assert_int_equal(apikey_make(&c, &conf, user.id, SPAN_NULL, &k, text), HK_NOTFOUND);
	commit();
	assert_string_equal(ask("SELECT count(*) FROM api_key WHERE revoked_at IS NULL"
	    " OR sealed IS NOT NULL"), "0");
}

static void
test_use_is_noted_to_the_minute(void **state)
{
	static const struct {
		const char	*name;
		int64_t		 after;		/* seconds */
		const char	*used;		/* seconds after T0 */
	} rows[] = {
		{ "the first time",		1,	"1" },
		{ "right after it",		2,	"1" },
		{ "within the minute",		60,	"1" },
		{ "later",			62,	"62" },
	};
	char		text[APIKEY_TEXT];
	struct apikey	k;
	size_t		i;

	(void)state;
	a_user();
	assert_int_equal(apikey_make(&c, &conf, user.id, SPAN_NULL, &k, text), HK_OK);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		c.now = US(rows[i].after);
		assert_int_equal(apikey_check(f.db, span_str(text), &k), HK_OK);
		assert_int_equal(apikey_used(&c, &k), HK_OK);
		commit();
		row_is(rows[i].name, strcmp(ask("SELECT (used_at - 1700000000000000) / 1000000"
		    " FROM api_key"), rows[i].used) == 0);
		begin();
	}
	commit();
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest	tests[] = {
		T(test_the_first_one_once),
		T(test_a_sealed_text_is_no_text),
		T(test_a_shown_one_is_not_kept),
		T(test_whose_key_opens_nothing),
		T(test_a_revoked_one_is_never_revealed),
		T(test_a_deleted_users_keys_are_dead),
		T(test_use_is_noted_to_the_minute),
	};

	return cmocka_run_group_tests_name("apikey", tests, NULL, NULL);
}
