/* Session tokens: whose they are, and every way in which they are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>
#include <sys/stat.h>
#include <cmocka.h>

#include <openssl/hmac.h>

#include "../crypto/rsa.h"
#include "api/session.h"
#include "base/clock.h"
#include "base/codec.h"

#define NOW_S	INT64_C(1800000000)
#define NOW	(NOW_S * US_PER_S)
#define HEAD	"{\"alg\":\"RS256\",\"cat\":\"cl_B7d4PD111AAA\",\"kid\":\"ins_1\",\"typ\":\"JWT\"}"
#define TIMES	"\"exp\":1800000060,\"iat\":1800000000,\"nbf\":1799999990"
#define REST	"\"iss\":\"https://clerk.example.com\",\"sid\":\"sess_1\",\"sub\":\"user_2zK9vQ\"," \
		"\"v\":2,\"fva\":[4,-1]"
#define PARTY	"\"azp\":\"https://app.example.com\","
#define CLAIMS	"{" PARTY TIMES "," REST ",\"sts\":\"active\"}"

static struct maker	 first, second;
static struct arena	*arena;
static char		 dir[] = "/tmp/session-XXXXXX";
static char		 settings[64];		/* where the settings' file would be */

static void
put_file(const char *name, const char *text)
{
	char	 path[128];
	FILE	*f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static int
make(void **state)
{
	(void)state;
	maker_init(&first, 2048);
	maker_init(&second, 2048);
	arena = arena_new(64 << 20);
	assert_non_null(arena);
	assert_non_null(mkdtemp(dir));
	snprintf(settings, sizeof(settings), "%s/hookkeeper.conf", dir);
	put_file("first.pem", first.pem);
	put_file("second.pem", second.pem);
	put_file("none.pem", "what is this?\n");
	put_file("loose.pem", first.pem);
	chmod(arena_printf(arena, "%s/loose.pem", dir), 0666);
	return 0;
}

static int
unmake(void **state)
{
	static const char *const names[] = { "first.pem", "second.pem", "none.pem", "loose.pem" };

	(void)state;
	for (size_t i = 0; i < 4; i++)
		unlink(arena_printf(arena, "%s/%s", dir, names[i]));
	rmdir(dir);
	maker_release(&first);
	maker_release(&second);
	arena_free(arena);
	return 0;
}

static char *
url64(const void *p, size_t len)
{
	char	*out = arena_get(arena, BASE64_LEN(len) + 1);

	assert_non_null(out);
	base64_encode(out, p, len);
	out[strcspn(out, "=")] = '\0';
	for (char *c = out; *c != '\0'; c++)
		*c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
	return out;
}

static const char *
signed_text(const char *head, const char *claims)
{
	return arena_printf(arena, "%s.%s", url64(head, strlen(head)),
	    url64(claims, strlen(claims)));
}

static const char *
token(const struct maker *by, const char *head, const char *claims)
{
	const char	*text = signed_text(head, claims);
	uint8_t		 sig[512];
	size_t		 len;

	maker_sign(by, EVP_sha256(), span_str(text), sig, sizeof(sig), &len);
	return arena_printf(arena, "%s.%s", text, url64(sig, len));
}

/* The public key is no secret: who takes HS256 lets everybody sign with it. */
static const char *
by_public_key(const char *head)
{
	const char	*text = signed_text(head, CLAIMS);
	uint8_t		 mac[32];
	unsigned int	 len = sizeof(mac);

	assert_non_null(HMAC(EVP_sha256(), first.pem, (int)strlen(first.pem),
	    (const unsigned char *)text, strlen(text), mac, &len));
	return arena_printf(arena, "%s.%s", text, url64(mac, len));
}

static struct sessions *
opened(const char *keys, const char *parties)
{
	const struct conf	 c = { .file = settings, .session_keys = keys,
				    .authorized_parties = parties };
	struct sessions		*s = NULL;

	assert_int_equal(sessions_open(&s, &c), HK_OK);
	return s;
}

static enum hk_err
check(const struct sessions *s, const char *jwt, int64_t now, struct session *out)
{
	*out = (struct session){ .expires_us = -1 };
	return session_check(s, span_str(jwt), now, arena, out);
}

static void
a_good_one_says_who_and_until_when(void **state)
{
	struct sessions	*s = opened("ins_1=first.pem", "https://app.example.com");
	struct session	 who;

	(void)state;
	assert_int_equal(check(s, token(&first, HEAD, CLAIMS), NOW, &who), HK_OK);
	assert_true(span_is(who.clerk_user, "user_2zK9vQ"));
	assert_true(span_is(who.party, "https://app.example.com"));
	assert_int_equal(who.expires_us, (NOW_S + 60) * US_PER_S);
	assert_int_equal(check(s, token(&first, HEAD, "{" TIMES "," REST "}"), NOW, &who), HK_OK);
	assert_null(who.party.p);
	sessions_close(s);
}

static void
its_time_may_be_five_seconds_off(void **state)
{
	static const struct {
		const char	*what;
		int64_t		 us;
		enum hk_err	 want;
	} row[] = {
		{ "as it is made",			NOW,			HK_OK },
		{ "five seconds before it begins",	NOW - 15 * US_PER_S,	HK_OK },
		{ "a microsecond sooner",		NOW - 15 * US_PER_S - 1, HK_STALE },
		{ "when it is over",			NOW + 60 * US_PER_S,	HK_OK },
		{ "the last microsecond",		NOW + 65 * US_PER_S - 1, HK_OK },
		{ "five seconds over",			NOW + 65 * US_PER_S,	HK_STALE },
		{ "a day over",				NOW + 86400 * US_PER_S,	HK_STALE },
	};
	struct sessions	*s = opened("first.pem", NULL);
	const char	*jwt = token(&first, HEAD, CLAIMS);
	struct session	 who;

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		print_message("  %s\n", row[i].what);
		assert_int_equal(check(s, jwt, row[i].us, &who), row[i].want);
		if (row[i].want != HK_OK)
			assert_int_equal(who.expires_us, -1);
	}
	sessions_close(s);
}

#define HEADS(alg)	"{\"alg\":" alg ",\"kid\":\"ins_1\",\"typ\":\"JWT\"}"

/* Signed by the right key: all the same no session. */
static void
what_is_in_it_is_looked_at_strictly(void **state)
{
	static const struct {
		const char	*what, *head, *claims;
		enum hk_err	 want;
	} row[] = {
		{ "the good one", HEAD, CLAIMS, HK_OK },
		{ "alg none", HEADS("\"none\""), CLAIMS, HK_BADSIG },
		{ "alg None", HEADS("\"None\""), CLAIMS, HK_BADSIG },
		{ "alg empty", HEADS("\"\""), CLAIMS, HK_BADSIG },
		{ "alg HS256", HEADS("\"HS256\""), CLAIMS, HK_BADSIG },
		{ "alg rs256", HEADS("\"rs256\""), CLAIMS, HK_BADSIG },
		{ "alg RS512", HEADS("\"RS512\""), CLAIMS, HK_BADSIG },
		{ "alg PS256", HEADS("\"PS256\""), CLAIMS, HK_BADSIG },
		{ "alg is a list", HEADS("[\"RS256\"]"), CLAIMS, HK_BADSIG },
		{ "alg null", HEADS("null"), CLAIMS, HK_BADSIG },
		{ "alg twice", "{\"alg\":\"RS256\",\"alg\":\"none\",\"kid\":\"ins_1\"}", CLAIMS, HK_BADSIG },
		{ "no alg", "{\"kid\":\"ins_1\"}", CLAIMS, HK_BADSIG },
		{ "no kid", "{\"alg\":\"RS256\"}", CLAIMS, HK_BADSIG },
		{ "an empty kid", "{\"alg\":\"RS256\",\"kid\":\"\"}", CLAIMS, HK_BADSIG },
		{ "a kid that is a number", "{\"alg\":\"RS256\",\"kid\":1}", CLAIMS, HK_BADSIG },
		{ "another kid", "{\"alg\":\"RS256\",\"kid\":\"ins_2\"}", CLAIMS, HK_BADSIG },
		{ "a kid that is a path", "{\"alg\":\"RS256\",\"kid\":\"../../dev/null\"}", CLAIMS, HK_BADSIG },
		{ "another one's key along", "{\"alg\":\"RS256\",\"jwk\":{\"kty\":\"RSA\"}}", CLAIMS, HK_BADSIG },
		{ "no typ", "{\"alg\":\"RS256\",\"kid\":\"ins_1\"}", CLAIMS, HK_OK },
		{ "a token for programs", "{\"alg\":\"RS256\",\"kid\":\"ins_1\",\"typ\":\"at+jwt\"}", CLAIMS,
		    HK_BADSIG },
		{ "a demand that nobody understands", "{\"alg\":\"RS256\",\"kid\":\"ins_1\",\"crit\":[\"b64\"],"
		    "\"b64\":false}", CLAIMS, HK_BADSIG },
		{ "a header that is a list", "[]", CLAIMS, HK_BADSIG },
		{ "claims that are a list", HEAD, "[]", HK_BADSIG },
		{ "claims that are no JSON", HEAD, "{" TIMES "," REST, HK_BADSIG },
		{ "no claims but braces", HEAD, "{}", HK_BADSIG },
		{ "a claim twice", HEAD, "{" TIMES "," REST ",\"sub\":\"user_other\"}", HK_BADSIG },
		{ "no end", HEAD, "{\"nbf\":1799999990," REST "}", HK_BADSIG },
		{ "no beginning", HEAD, "{\"exp\":1800000060," REST "}", HK_BADSIG },
		{ "an end that is a text", HEAD, "{\"exp\":\"1800000060\",\"nbf\":1," REST "}", HK_BADSIG },
		{ "an end past all years", HEAD, "{\"exp\":9223372036854775807,\"nbf\":1," REST "}", HK_BADSIG },
		{ "an end before all years", HEAD, "{\"exp\":-1,\"nbf\":1," REST "}", HK_BADSIG },
		{ "an end with a fraction", HEAD, "{\"exp\":1800000060.5,\"nbf\":1," REST "}", HK_BADSIG },
		{ "nobody", HEAD, "{" TIMES "}", HK_BADSIG },
		{ "an organization", HEAD, "{" TIMES ",\"sub\":\"org_1\"}", HK_BADSIG },
		{ "an e-mail address for a user", HEAD, "{" TIMES ",\"sub\":\"nora@example.com\"}", HK_BADSIG },
		{ "a user with a blank", HEAD, "{" TIMES ",\"sub\":\"user_1 or\"}", HK_BADSIG },
		{ "a user with a NUL", HEAD, "{" TIMES ",\"sub\":\"user_1\\u0000\"}", HK_BADSIG },
		{ "another party", HEAD, "{\"azp\":\"https://evil.example\"," TIMES "," REST "}", HK_BADSIG },
		{ "a party that begins alike", HEAD, "{\"azp\":\"https://app.example.com.evil\"," TIMES "," REST "}",
		    HK_BADSIG },
		{ "an empty party", HEAD, "{\"azp\":\"\"," TIMES "," REST "}", HK_BADSIG },
		{ "two parties in one", HEAD, "{\"azp\":\"https://app.example.com https://b.example\"," TIMES ","
		    REST "}", HK_BADSIG },
		{ "a party that is a list", HEAD, "{\"azp\":[\"https://app.example.com\"]," TIMES "," REST "}",
		    HK_BADSIG },
		{ "the second of the parties", HEAD, "{\"azp\":\"https://b.example\"," TIMES "," REST "}", HK_OK },
		{ "no party", HEAD, "{" TIMES "," REST "}", HK_OK },
		{ "made for another service", HEAD, "{" PARTY TIMES "," REST ",\"aud\":\"convex\"}",
		    HK_BADSIG },
		{ "a session that is pending", HEAD, "{" TIMES "," REST ",\"sts\":\"pending\"}", HK_BADSIG },
		{ "a state that is no text", HEAD, "{" TIMES "," REST ",\"sts\":true}", HK_BADSIG },
		{ "no state, as in version 1", HEAD, "{" TIMES "," REST "}", HK_OK },
	};
	struct sessions	*s = opened("ins_1=first.pem", " https://app.example.com  https://b.example");
	struct session	 who;

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		print_message("  %s\n", row[i].what);
		assert_int_equal(check(s, token(&first, row[i].head, row[i].claims), NOW, &who),
		    row[i].want);
	}
	sessions_close(s);
}

static void
nobody_else_makes_one(void **state)
{
	struct sessions	*s = opened("ins_1=first.pem", NULL);
	const char	*good = token(&first, HEAD, CLAIMS), *text = signed_text(HEAD, CLAIMS);
	const char	*tail = strrchr(good, '.');
	struct session	 who;

	(void)state;
	const struct {
		const char	*what, *jwt;
	} row[] = {
		{ "nothing", "" },
		{ "a word", "session" },
		{ "dots alone", ".." },
		{ "no signature", arena_printf(arena, "%s.", text) },
		{ "not even its dot", text },
		{ "none, and no signature", arena_printf(arena, "%s.", signed_text(HEADS("\"none\""), CLAIMS)) },
		{ "none, and the good one's signature", arena_printf(arena, "%s%s",
		    signed_text(HEADS("\"none\""), CLAIMS), tail) },
		{ "HS256 by the public key", by_public_key(HEADS("\"HS256\"")) },
		{ "RS256 said, HS256 done", by_public_key(HEAD) },
		{ "another one's key", token(&second, HEAD, CLAIMS) },
		{ "the signature of other claims", arena_printf(arena, "%s%s", signed_text(HEAD,
		    "{" TIMES ",\"sub\":\"user_other\"}"), tail) },
		{ "a fourth part", arena_printf(arena, "%s.e30", good) },
		{ "padding", arena_printf(arena, "%s=", good) },
		{ "a blank before it", arena_printf(arena, " %s", good) },
		{ "a newline behind it", arena_printf(arena, "%s\n", good) },
		{ "Bearer before it", arena_printf(arena, "Bearer %s", good) },
	};
	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		print_message("  %s\n", row[i].what);
		assert_int_equal(check(s, row[i].jwt, NOW, &who), HK_BADSIG);
		assert_null(who.clerk_user.p);
	}
	sessions_close(s);
}

static void
no_letter_of_it_can_be_another(void **state)
{
	struct sessions	*s = opened("ins_1=first.pem", NULL);
	char		*bent = arena_str(arena, span_str(token(&first, HEAD, CLAIMS))), was;
	size_t		 len = strlen(bent);
	struct session	 who;

	(void)state;
	for (size_t i = 0; i < len; i++) {
		was = bent[i];
		bent[i] = was == 'Q' ? 'R' : 'Q';
		assert_int_equal(check(s, bent, NOW, &who), HK_BADSIG);
		bent[i] = was;
	}
	for (size_t n = 0; n < len; n++)
		assert_int_equal(session_check(s, span_of(bent, n), NOW, arena, &who), HK_BADSIG);
	assert_int_equal(check(s, bent, NOW, &who), HK_OK);
	sessions_close(s);
}

static void
a_huge_one_costs_nothing(void **state)
{
	struct sessions	*s = opened("first.pem", NULL);
	struct arena	*small = arena_new(64 << 10);
	char		*huge = malloc(8 << 20);
	struct session	 who;

	(void)state;
	assert_non_null(small);
	assert_non_null(huge);
	memset(huge, 'A', 8 << 20);
	huge[100] = huge[2000000] = '.';
	assert_int_equal(session_check(s, span_of(huge, 8 << 20), NOW, small, &who), HK_BADSIG);
	assert_int_equal(arena_used(small), 0);
	memset(huge, '.', 8 << 20);
	assert_int_equal(session_check(s, span_of(huge, 16000), NOW, small, &who), HK_BADSIG);
	free(huge);
	arena_free(small);
	sessions_close(s);
}

static void
keys_come_from_files_or_the_environment(void **state)
{
	char	*line = arena_get(arena, 2 * sizeof(first.pem)), *to = line;

	(void)state;
	for (const char *p = first.pem; *p != '\0'; p++)
		if (*p == '\n') {
			*to++ = '\\';
			*to++ = 'n';
		} else
			*to++ = *p;
	*to = '\0';
	const struct {
		const char	*what, *keys;
		enum hk_err	 by_first, by_second;	/* both say kid ins_1 */
	} row[] = {
		{ "no keys", NULL, HK_CONF, HK_CONF },
		{ "an empty list", "  ", HK_CONF, HK_CONF },
		{ "a file for any kid", "first.pem", HK_OK, HK_BADSIG },
		{ "an absolute path", arena_printf(arena, "%s/first.pem", dir), HK_OK, HK_BADSIG },
		{ "a file for this kid", "ins_1=second.pem", HK_BADSIG, HK_OK },
		{ "a file for another kid", "ins_2=first.pem", HK_BADSIG, HK_BADSIG },
		{ "this kid's file counts more than any's", "first.pem\n ins_1=second.pem", HK_BADSIG, HK_OK },
		{ "another kid's and any's", "ins_9=second.pem first.pem", HK_OK, HK_BADSIG },
		{ "the text itself", first.pem, HK_OK, HK_BADSIG },
		{ "the text with \\n for newlines", line, HK_OK, HK_BADSIG },
	};
	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		struct sessions	*s = opened(row[i].keys, NULL);
		struct session	 who;

		print_message("  %s\n", row[i].what);
		assert_int_equal(check(s, token(&first, HEAD, CLAIMS), NOW, &who), row[i].by_first);
		assert_int_equal(check(s, token(&second, HEAD, CLAIMS), NOW, &who),
		    row[i].by_second);
		sessions_close(s);
	}
	sessions_close(NULL);
}

static void
wrong_keys_stop_the_start(void **state)
{
	static const struct {
		const char	*what, *keys, *says;
	} row[] = {
		{ "no such file", "gone.pem", "gone.pem: No such file" },
		{ "no key in it", "none.pem", "none.pem: no public key" },
		{ "a folder", "/tmp", "no ordinary file" },
		{ "a file that everybody can change", "loose.pem", "everybody can change it" },
		{ "two for any kid", "first.pem second.pem", "a second key for any kid" },
		{ "two for one kid", "a=first.pem a=second.pem", "a second key for the same kid" },
		{ "a kid without a file", "a=", "kid" },
		{ "no kid before the sign", "=first.pem", "kid" },
		{ "a text that is no key", "-----BEGIN PUBLIC KEY-----\\nAAAA", "CLERK_JWT_KEY: no public key" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		const struct conf	 c = { .file = settings, .session_keys = row[i].keys };
		struct sessions		*s = NULL;

		print_message("  %s\n", row[i].what);
		assert_int_equal(sessions_open(&s, &c), HK_CONF);
		assert_null(s);
		assert_non_null(strstr(err_last(), row[i].says));
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(a_good_one_says_who_and_until_when),
		cmocka_unit_test(its_time_may_be_five_seconds_off),
		cmocka_unit_test(what_is_in_it_is_looked_at_strictly),
		cmocka_unit_test(nobody_else_makes_one),
		cmocka_unit_test(no_letter_of_it_can_be_another),
		cmocka_unit_test(a_huge_one_costs_nothing),
		cmocka_unit_test(keys_come_from_files_or_the_environment),
		cmocka_unit_test(wrong_keys_stop_the_start),
	};

	return cmocka_run_group_tests(tests, make, unmake);
}
