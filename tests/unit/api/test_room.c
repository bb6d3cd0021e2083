/* Room tokens: whose room, until when, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "api/room.h"
#include "base/clock.h"
#include "crypto/seal.h"

#define NOW	(INT64_C(1800000000) * US_PER_S)
#define USER	"019a5f3c-7e2b-7d41-9c55-3f0a6b1e8d27"

static const uint8_t	 raw[3][CONF_KEY] = { { 1 }, { 2 }, { 3 } };
static const struct conf ours = { .keys = raw, .nkeys = 2 },
			 older = { .keys = raw + 1, .nkeys = 1 },
			 foreign = { .keys = raw + 2, .nkeys = 1 }, none;
static struct arena	*arena;

static int
setup(void **state)
{
	(void)state;
	return (arena = arena_new(1 << 22)) == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static enum hk_err
check(const struct conf *c, struct span text, int64_t now)
{
	char		user[UUID_LEN + 1] = "";
	int64_t		until = 0;
	enum hk_err	e = room_check(c, text, now, arena, user, &until);

	if (e == HK_OK) {
		assert_string_equal(user, USER);
		assert_int_equal(until, NOW + ROOM_LIFE_S * US_PER_S);
	} else
		assert_string_equal(user, "");
	return e;
}

/* What somebody with our key but for another purpose, or by another rule, has sealed. */
static struct span
sealed(const char *purpose, const char *plain)
{
	struct seal_keys	 keys = { ours.keys, ours.nkeys };
	struct span		 out;
	char			*p;

	assert_int_equal(seal(arena, &keys, purpose, span_str(plain), &out), HK_OK);
	p = arena_str(arena, out);
	while (out.len > 0 && p[out.len - 1] == '=')
		out.len--;
	for (size_t i = 0; i < out.len; i++)
		p[i] = p[i] == '+' ? '-' : p[i] == '/' ? '_' : p[i];
	return span_of(p, out.len);
}

static void
a_token_opens_its_room_until_it_is_over(void **state)
{
	struct span	text;
	int64_t		until;

	(void)state;
	assert_int_equal(room_token(&ours, USER, NOW, arena, &text, &until), HK_OK);
	const struct {
		const char		*what;
		const struct conf	*conf;
		int64_t			 now;
		enum hk_err		 want;
	} row[] = {
		{ "at once", &ours, NOW, HK_OK },
		{ "in its last microsecond", &ours, until - 1, HK_OK },
		{ "when it is over", &ours, until, HK_STALE },
		{ "a year later", &ours, until + 365 * 86400 * US_PER_S, HK_STALE },
		{ "after the key was changed and the old one kept", &ours, NOW, HK_OK },
		{ "by the older key alone", &older, NOW, HK_BADSIG },
		{ "at another site", &foreign, NOW, HK_BADSIG },
		{ "without a key", &none, NOW, HK_CONF },
	};
	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		print_message("  %s\n", row[i].what);
		assert_int_equal(check(row[i].conf, text, row[i].now), row[i].want);
	}
	assert_int_equal(room_token(&none, USER, NOW, arena, &text, &until), HK_CONF);
	assert_int_equal(room_token(&older, USER, NOW, arena, &text, &until), HK_OK);
	assert_int_equal(check(&ours, text, NOW), HK_OK);	/* after a rotation */
}

static void
it_needs_no_escapes_in_an_address_and_tells_nothing(void **state)
{
	struct span	text, again;
	int64_t		until;

	(void)state;
	for (int i = 0; i < 200; i++) {
		assert_int_equal(room_token(&ours, USER, NOW, arena, &text, &until), HK_OK);
		for (size_t k = 0; k < text.len; k++)
			assert_non_null(memchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			    "0123456789-_", text.p[k], 64));
		assert_true(text.len < 128);
		assert_int_equal(check(&ours, text, NOW), HK_OK);
		arena_reset(arena);
	}
	assert_int_equal(room_token(&ours, USER, NOW, arena, &text, &until), HK_OK);
	assert_int_equal(room_token(&ours, USER, NOW, arena, &again, &until), HK_OK);
	assert_false(span_eq(text, again));
}

static void
no_other_text_opens_a_room(void **state)
{
	struct span	 text;
	char		*bent;
	int64_t		 until;

	(void)state;
	assert_int_equal(room_token(&ours, USER, NOW, arena, &text, &until), HK_OK);
	bent = arena_str(arena, text);
	for (size_t i = 0; i < text.len; i++) {
		bent[i] = text.p[i] == 'A' ? 'B' : 'A';
		/* the bits of the last letter that are no byte's must be zero, so are refused too */
		assert_int_equal(check(&ours, span_of(bent, text.len), NOW), HK_BADSIG);
		bent[i] = text.p[i];
	}
	for (size_t n = 0; n < text.len; n++)
		assert_int_equal(check(&ours, span_of(text.p, n), NOW), HK_BADSIG);
	const struct {
		const char	*what;
		struct span	 text;
	} row[] = {
		{ "nothing", SPAN("") },
		{ "a word", SPAN("token") },
		{ "the UUID itself", SPAN(USER) },
		{ "padding, which no address needs", span_str(arena_printf(arena, "%.*s==", SPAN_ARG(text))) },
		{ "another alphabet", SPAN("AAAA+AAA/AAA") },
		{ "a seal for a cookie", sealed("cookie", USER " 1900000000000000") },
		{ "a room without an end", sealed("room", USER) },
		{ "an end that is no number", sealed("room", USER " soon") },
		{ "somebody who is no user", sealed("room", "nobody 1900000000000000") },
		{ "nothing sealed", sealed("room", "") },
		{ "a megabyte", span_of(arena_zero(arena, 1 << 20), 1 << 20) },
	};
	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		print_message("  %s\n", row[i].what);
		assert_int_equal(check(&ours, row[i].text, NOW), HK_BADSIG);
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test_setup_teardown(a_token_opens_its_room_until_it_is_over, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(it_needs_no_escapes_in_an_address_and_tells_nothing,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(no_other_text_opens_a_room, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
