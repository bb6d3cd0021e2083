/* Shared secrets; the base64 here was made by Python. */
#include "help.h"

#define SECRET		"tok_0123456789abcdef"
#define PAIR		"hook:correct horse"
#define PAIR64		"aG9vazpjb3JyZWN0IGhvcnNl"

static const struct sign_how	own = { .header = "x-token" };

static enum hk_err
verify(const struct scheme *s, const struct sign_how *how, const char *authorization,
    const char *token, const char *const *secret, size_t nkey, struct sign_verdict *v)
{
	const struct field	room[] = { { SPAN("authorization"), span_str(authorization) },
				    { SPAN("x-token"), span_str(token) } };
	const struct fields	f = { room, 2 };
	struct sign_key		k[2];

	for (size_t i = 0; i < nkey; i++) {
		k[i] = make_key(s, secret[i], i == 0 ? "new" : "old");
		k[i].how = how;
	}
	return s->verify(&f, SPAN("{}"), k, nkey, NOW, 300, v);
}

static void
only_the_secret_opens(void **state)
{
	static const char *const	secrets[2][2] = { { "tok_another_secret", SECRET },
						    { "hook:another one", PAIR } };
	static const struct {
		const char	*what;
		bool		 basic, own;
		const char	*authorization, *token;
		enum sign_reason want;
	} row[] = {
		{ "as it should be",	false, false, "Bearer " SECRET,	NULL,	SIGN_OK },
		{ "word in any case",	false, false, "bEaReR  " SECRET, NULL,	SIGN_OK },
		{ "own header ready, not used", false, true, "Bearer " SECRET, NULL, SIGN_OK },
		{ "own header",		false, true, NULL, SECRET,		SIGN_OK },
		{ "own header with the word", false, true, NULL, "Bearer " SECRET, SIGN_OK },
		{ "own header wins",	false, true, "Bearer " SECRET, "guess",	SIGN_NO_MATCH },
		{ "own header not configured", false, false, NULL, SECRET,	SIGN_MISSING_HEADER },
		{ "none",		false, false, NULL, NULL,		SIGN_MISSING_HEADER },
		{ "empty",		false, false, "Bearer ", NULL,		SIGN_MISSING_HEADER },
		{ "no word",		false, false, SECRET, NULL,		SIGN_MISSING_HEADER },
		{ "other word",		false, false, "Basic " SECRET, NULL,	SIGN_MISSING_HEADER },
		{ "wrong",		false, false, "Bearer tok_0123456789abcdeg", NULL,
		    SIGN_NO_MATCH },
		{ "a part",		false, false, "Bearer tok_0123456789abcde", NULL,
		    SIGN_NO_MATCH },
		{ "more",		false, false, "Bearer " SECRET "0", NULL, SIGN_NO_MATCH },

		{ "password",		true, false, "Basic " PAIR64, NULL,	SIGN_OK },
		{ "password, own header", true, true, NULL, "Basic " PAIR64,	SIGN_OK },
		{ "password, word for the wise", true, false, "Bearer " PAIR64, NULL,
		    SIGN_MISSING_HEADER },
		{ "password in clear",	true, false, "Basic " PAIR, NULL,	SIGN_BAD_HEADER },
		{ "wrong password",	true, false, "Basic aG9vazpjb3JyZWN0IGhvcnNm", NULL,
		    SIGN_NO_MATCH },
		{ "user alone",		true, false, "Basic aG9vaw==", NULL,	SIGN_NO_MATCH },
	};
	struct sign_verdict	v;

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		enum hk_err	e = verify(row[i].basic ? &scheme_basic : &scheme_bearer,
		    row[i].own ? &own : NULL, row[i].authorization, row[i].token,
		    secrets[row[i].basic], 2, &v);

		expect(row[i].what, &v, e, row[i].want);
		if (v.header.p != NULL || strstr(err_last(), "tok_") != NULL)
			fail_msg("%s: the secret goes into the log", row[i].what);
		if (e == HK_OK)
			assert_string_equal(v.label, "old");
	}
	expect("no key", &v, verify(&scheme_bearer, NULL, "Bearer " SECRET, NULL, NULL, 0, &v),
	    SIGN_NO_SECRET);
}

static void
each_flipped_bit_is_refused(void **state)
{
	char			 h[] = "Bearer " SECRET;
	const char *const	 secret[] = { SECRET };
	struct sign_verdict	 v;

	(void)state;
	for (size_t i = 8 * strlen("Bearer "); i < 8 * strlen(h); i++) {
		h[i / 8] ^= (char)(1 << i % 8);
		if (verify(&scheme_bearer, NULL, h, NULL, secret, 1, &v) == HK_OK)
			fail_msg("bit %zu: %s", i, h);
		h[i / 8] ^= (char)(1 << i % 8);
	}
	assert_int_equal(verify(&scheme_bearer, NULL, h, NULL, secret, 1, &v), HK_OK);
}

static void
weak_secrets_are_refused(void **state)
{
	static char	long_one[SIGN_KEY_MAX + 2];
	static const struct {
		const char		*what;
		const struct scheme	*scheme;
		const char		*secret;
		bool			 ok;
	} row[] = {
		{ "16 characters",	&scheme_bearer,	"0123456789abcdef",	true },
		{ "15 characters",	&scheme_bearer,	"0123456789abcde",	false },
		{ "a blank inside",	&scheme_bearer,	"0123456789 abcdef",	false },
		{ "nothing",		&scheme_bearer,	"",			false },
		{ "too long",		&scheme_bearer,	long_one,		false },
		{ "8 characters",	&scheme_basic,	"u:01234567",		true },
		{ "colons in the password", &scheme_basic, "u:0123:567",	true },
		{ "7 characters",	&scheme_basic,	"user:0123456",		false },
		{ "no user",		&scheme_basic,	":0123456789",		false },
		{ "no password",	&scheme_basic,	"user-0123456789",	false },
		{ "a line end",		&scheme_basic,	"user:01234567\n",	false },
	};
	struct sign_key	k;

	(void)state;
	memset(long_one, 'x', SIGN_KEY_MAX + 1);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		enum hk_err	e = row[i].scheme->key(&k, span_str(row[i].secret));

		if (e != (row[i].ok ? HK_OK : HK_CONF))
			fail_msg("%s: %s", row[i].what, err_name(e));
	}
}

static void
what_is_shown_verifies(void **state)
{
	static const struct {
		const char		*what;
		const struct scheme	*scheme;
		const struct sign_how	*how;
		const char		*secret, *name, *value;
	} row[] = {
		{ "token",	&scheme_bearer, NULL, SECRET, "authorization", "Bearer " SECRET },
		{ "own header",	&scheme_bearer, &own, SECRET, "x-token", "Bearer " SECRET },
		{ "password",	&scheme_basic, NULL, PAIR, "authorization", "Basic " PAIR64 },
	};
	struct signed_fields	s;
	struct field		room[SIGN_FIELDS];
	struct sign_verdict	v;

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct sign_key	k = make_key(row[i].scheme, row[i].secret, "x");
		struct fields	f;

		k.how = row[i].how;
		assert_int_equal(row[i].scheme->sign(SPAN("{}"), SPAN_NULL, &k, 1, NOW, &s), HK_OK);
		assert_int_equal(s.n, 1);
		assert_string_equal(s.name[0], row[i].name);
		assert_string_equal(s.value[0], row[i].value);
		f = as_fields(room, &s);
		expect(row[i].what, &v, row[i].scheme->verify(&f, SPAN("{}"), &k, 1, NOW, 300, &v),
		    SIGN_OK);
		assert_int_equal(row[i].scheme->sign(SPAN("{}"), SPAN_NULL, &k, 0, NOW, &s), HK_CONF);
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(only_the_secret_opens),
		cmocka_unit_test(each_flipped_bit_is_refused),
		cmocka_unit_test(weak_secrets_are_refused),
		cmocka_unit_test(what_is_shown_verifies),
	};

	return cmocka_run_group_tests_name("sign/bearer", tests, NULL, NULL);
}
