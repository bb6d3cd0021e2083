#include "crypto/password.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>

static const struct password_cost	cheap = { 4, 8, 1 };

#define SALT	"AAECAwQFBgcICQoLDA0ODw"
/* Answers by Python's hashlib.scrypt. */
#define USUAL	"$scrypt$ln=15,r=8,p=3$" SALT "$ZwXboEbK+6uo3pibyojgA4zgNULQwM2WqPlWpy+G7mc"
#define EMPTY	"$scrypt$ln=4,r=8,p=1$" SALT "$AdfLIQlgszRE3k0QSFUyWVPW5fMbtvpjabg27VebhU0"
#define OTHER	"$scrypt$ln=4,r=1,p=2$" SALT "$Nn/YdODJtYqVcy16WLo30iEEp3zclY9GAO2TddaQA2c"

static void
a_stored_password_is_known_again(void **state)
{
	static const struct {
		const char	*what, *text, *password;
		enum hk_err	 want;
	} row[] = {
		{ "the usual cost",		USUAL,	"correct horse battery staple",	HK_OK },
		{ "a letter too few",		USUAL,	"correct horse battery stapl",	HK_BADSIG },
		{ "a letter too many",		USUAL,	"correct horse battery staple ", HK_BADSIG },
		{ "no password",		USUAL,	"",				HK_BADSIG },
		{ "an empty one, cheap",	EMPTY,	"",				HK_OK },
		{ "UTF-8, another cost",	OTHER,	"p\xc3\xa4ss\xe2\x80\x8fwort",	HK_OK },
		{ "case counts",		OTHER,	"P\xc3\xa4ss\xe2\x80\x8fwort",	HK_BADSIG },
		{ "nobody there",		NULL,	"",				HK_BADSIG },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		enum hk_err	e = password_verify(span_str(row[i].text),
				    span_str(row[i].password), &cheap, true);

		if (e != row[i].want)
			fail_msg("%s: %s", row[i].what, err_name(e));
	}
}

static void
another_text_is_no_password_at_all(void **state)
{
	static const char	*const row[][2] = {
		{ "nothing",		"" },
		{ "the password itself", "correct horse battery staple" },
		{ "another kind",	"$2b$12$abcdefghijklmnopqrstuv" },
		{ "no hash",		"$scrypt$ln=4,r=8,p=1$" SALT },
		{ "a short hash",	"$scrypt$ln=4,r=8,p=1$" SALT "$AdfLIQlgszRE3k0QSFUyWQ" },
		{ "a short salt",	"$scrypt$ln=4,r=8,p=1$AAEC$AdfLIQlgszRE3k0QSFUyWVPW5fMbtvpjabg27VebhU0" },
		{ "something behind",	EMPTY "$" },
		{ "something before",	"x" EMPTY },
		{ "a cost missing",	"$scrypt$ln=4,r=8$" SALT "$AdfLIQlgszRE3k0QSFUyWVPW5fMbtvpjabg27VebhU0" },
		{ "a cost of nothing",	"$scrypt$ln=0,r=8,p=1$" SALT "$AdfLIQlgszRE3k0QSFUyWVPW5fMbtvpjabg27VebhU0" },
		{ "4 GB of memory",	"$scrypt$ln=20,r=32,p=1$" SALT "$AdfLIQlgszRE3k0QSFUyWVPW5fMbtvpjabg27VebhU0" },
		{ "hours of work",	"$scrypt$ln=4,r=8,p=100000$" SALT "$AdfLIQlgszRE3k0QSFUyWVPW5fMbtvpjabg27VebhU0" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		enum hk_err	e = password_verify(span_str(row[i][1]), SPAN(""), &cheap, true);

		if (e != HK_SYNTAX)
			fail_msg("%s: %s", row[i][0], err_name(e));
	}
}

static void
a_hash_has_its_own_salt_and_the_usual_cost(void **state)
{
	char	a[PASSWORD_TEXT], b[PASSWORD_TEXT];

	(void)state;
	assert_int_equal(password_hash(a, SPAN("secret"), &cheap), HK_OK);
	assert_int_equal(password_hash(b, SPAN("secret"), &cheap), HK_OK);
	assert_string_not_equal(a, b);
	assert_int_equal(password_verify(span_str(a), SPAN("secret"), NULL, true), HK_OK);
	assert_int_equal(password_verify(span_str(b), SPAN("secreT"), NULL, true), HK_BADSIG);
	assert_int_equal(password_hash(a, SPAN("secret"), NULL), HK_OK);
	assert_true(span_starts(span_str(a), "$scrypt$ln=15,r=8,p=3$"));
	assert_int_equal(password_verify(span_str(a), SPAN("secret"), NULL, true), HK_OK);
}

static void *
verify(void *result)
{
	*(enum hk_err *)result = password_verify(span_str(USUAL),
	    SPAN("correct horse battery staple"), NULL, true);
	return NULL;
}

static atomic_bool	seen;

static void *
verify_a_stranger(void *result)
{
	/* Again and again, until the crowd was seen. */
	do
		*(enum hk_err *)result = password_verify(SPAN_NULL, SPAN("guess"), NULL, false);
	while (!atomic_load(&seen));
	return NULL;
}

/* However many come, there is one more place for who was here before. */
static void
a_flood_of_strangers_leaves_a_place_for_the_known(void **state)
{
	enum { N = 12 };
	pthread_t	thread[N], owner;
	enum hk_err	result[N], mine = HK_BUSY;
	int		looked_at = 0;

	(void)state;
	for (int i = 0; i < N; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, verify_a_stranger, &result[i]), 0);
	while (!password_crowded(false))
		continue;
	atomic_store(&seen, true);
	assert_false(password_crowded(true));
	assert_int_equal(pthread_create(&owner, NULL, verify, &mine), 0);
	for (int i = 0; i < N; i++) {
		pthread_join(thread[i], NULL);
		looked_at += result[i] == HK_BADSIG;
	}
	pthread_join(owner, NULL);
	assert_int_equal(mine, HK_OK);
	assert_true(looked_at >= PASSWORD_WAITING);
	assert_true(looked_at < N);
	assert_false(password_crowded(false));
}

/* Every thread of a program must not end up here. */
static void
few_wait_and_the_others_are_sent_away(void **state)
{
	enum { N = 12 };
	pthread_t	thread[N];
	enum hk_err	result[N];
	int		ok = 0, busy = 0;

	(void)state;
	for (int i = 0; i < N; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, verify, &result[i]), 0);
	for (int i = 0; i < N; i++) {
		pthread_join(thread[i], NULL);
		ok += result[i] == HK_OK;
		busy += result[i] == HK_BUSY;
	}
	assert_int_equal(ok + busy, N);
	assert_true(ok >= 1 + PASSWORD_WAITING);
	assert_true(busy >= 1);
	assert_int_equal(password_verify(span_str(EMPTY), SPAN(""), NULL, true), HK_OK);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(a_stored_password_is_known_again),
		cmocka_unit_test(another_text_is_no_password_at_all),
		cmocka_unit_test(a_hash_has_its_own_salt_and_the_usual_cost),
		cmocka_unit_test(few_wait_and_the_others_are_sent_away),
		cmocka_unit_test(a_flood_of_strangers_leaves_a_place_for_the_known),
	};

	return cmocka_run_group_tests_name("crypto/password", tests, NULL, NULL);
}
