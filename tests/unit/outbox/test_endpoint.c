/* Endpoints: what can be one, its secrets, and what is open when it is paused or goes. */
#include "../books/fixture.h"

#include "base/clock.h"
#include "outbox/endpoint.h"
#include "outbox/secret.h"
#include "sign/scheme.h"

static const uint8_t	raw[2][CONF_KEY] = { { 7 }, { 9 } };
static struct conf	conf = { .keys = raw, .nkeys = 1 }, other = { .keys = raw + 1, .nkeys = 1 },
			both = { .keys = raw, .nkeys = 2 }, none;

static struct endpoint_word
word(void)
{
	return (struct endpoint_word){ .url = SPAN("https://example.com/hook"),
	    .types = SPAN("user.* credits_granted") };
}

static int64_t
make(const struct endpoint_word *w, char secret[SECRET_TEXT])
{
	int64_t	id = 0;

	begin();
	if (endpoint_make(f.db, &conf, w, SPAN_NULL, T0, &id, secret) != HK_OK)
		fail_msg("%s", err_last());
	commit();
	return id;
}

static void
what_cannot_be_is_named(void **state)
{
	static const struct {
		const char	*what, *says;
		struct endpoint_word w;
	} row[] = {
		{ "no types", "types:", { .url = SPAN("https://e.com/") } },
		{ "a type that cannot be", "types:", { .url = SPAN("https://e.com/"), .types = SPAN("a b*") } },
		{ "own network", "url:", { .url = SPAN("http://10.0.0.1/"), .types = SPAN("*") } },
		{ "no address", "url:", { .types = SPAN("*") } },
		{ "a host field", "headers:", { .url = SPAN("https://e.com/"), .types = SPAN("*"),
		    .headers = SPAN("{\"HOST\":\"x\"}") } },
		{ "a length", "headers:", { .url = SPAN("https://e.com/"), .types = SPAN("*"),
		    .headers = SPAN("{\"Content-Length\":\"5\"}") } },
		{ "a signature of one's own", "headers:", { .url = SPAN("https://e.com/"), .types = SPAN("*"),
		    .headers = SPAN("{\"Webhook-Signature\":\"v1,x\"}") } },
		{ "a second line", "headers:", { .url = SPAN("https://e.com/"), .types = SPAN("*"),
		    .headers = SPAN("{\"x-a\":\"b\\r\\nhost: c\"}") } },
		{ "a name with a blank", "headers:", { .url = SPAN("https://e.com/"), .types = SPAN("*"),
		    .headers = SPAN("{\"x a\":\"b\"}") } },
		{ "no text", "headers:", { .url = SPAN("https://e.com/"), .types = SPAN("*"),
		    .headers = SPAN("{\"x-a\":5}") } },
		{ "a list", "headers:", { .url = SPAN("https://e.com/"), .types = SPAN("*"), .headers = SPAN("[]") } },
		{ "a filter", "filter:", { .url = SPAN("https://e.com/"), .types = SPAN("*"), .filter = SPAN("{}") } },
		{ "half an owner", "owner", { .url = SPAN("https://e.com/"), .types = SPAN("*"),
		    .owner_kind = SPAN("user") } },
		{ "a system's owner", "owner_kind", { .url = SPAN("https://e.com/"), .types = SPAN("*"),
		    .owner_kind = SPAN("system"), .owner = SPAN("x") } },
		{ "a rate below none", "rate:", { .url = SPAN("https://e.com/"), .types = SPAN("*"), .rate = -1 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		if (endpoint_good(&conf, &row[i].w) != HK_SYNTAX ||
		    strncmp(err_last(), row[i].says, strlen(row[i].says)) != 0)
			fail_msg("%s: \"%s\"", row[i].what, err_last());
}

static void
it_is_stored_as_said(void **state)
{
	struct endpoint_word	 w = word();
	char			 secret[SECRET_TEXT], name[ENDPOINT_NAME];
	struct endpoint		 ep;
	struct arena		*a = arena_new(1 << 16);
	struct span		 headers;
	int64_t			 id, named;

	(void)state;
	w.headers = SPAN("{\"x-token\":\"very secret\"}");
	w.owner_kind = SPAN("user");
	w.owner = SPAN("u1");
	w.rate = 5;
	w.ordered = true;
	id = make(&w, secret);
	assert_true(strncmp(secret, "whsec_", 6) == 0);
	endpoint_name(name, id);
	assert_true(endpoint_named(span_str(name), &named) && named == id);
	assert_false(endpoint_named(SPAN("ep_"), &named));
	assert_false(endpoint_named(SPAN("ep_01"), &named));
	assert_int_equal(endpoint_find(f.db, id, a, &ep), HK_OK);
	assert_true(span_is(ep.word.url, "https://example.com/hook") && span_is(ep.word.owner, "u1"));
	assert_true(ep.word.ordered && ep.word.rate == 5 && ep.has_headers);
	assert_null(ep.word.headers.p);
	assert_int_equal(ep.state, ENDPOINT_ENABLED);
	assert_int_equal(endpoint_headers(f.db, &conf, id, a, &headers), HK_OK);
	assert_true(span_is(headers, "{\"x-token\":\"very secret\"}"));
	/* Neither lies in the database in clear. */
	assert_string_equal(ask("SELECT COUNT(*) FROM endpoint WHERE headers LIKE '%secret%'"), "0");
	assert_string_equal(ask("SELECT COUNT(*) FROM endpoint_secret WHERE sealed LIKE '%whsec%'"), "0");
	assert_int_equal(endpoint_headers(f.db, &other, id, a, &headers), HK_BADSIG);
	begin();
	w.headers = SPAN_NULL;
	w.url = SPAN("https://example.org/");
	assert_int_equal(endpoint_change(f.db, &conf, id, &w, T0 + 1), HK_OK);
	commit();
	assert_string_equal(ask("SELECT url || (headers IS NOT NULL) FROM endpoint"), "https://example.org/1");
	begin();
	w.headers = SPAN("{}");
	assert_int_equal(endpoint_change(f.db, &conf, id, &w, T0 + 1), HK_OK);
	commit();
	assert_string_equal(ask("SELECT headers FROM endpoint"), "NULL");
	arena_free(a);
}

static void
a_rotation_signs_with_both_for_a_day(void **state)
{
	struct endpoint_word	 w = word();
	char			 first[SECRET_TEXT], second[SECRET_TEXT], public[SECRET_TEXT], shown[SECRET_TEXT];
	struct endpoint_secret	 s[8];
	struct arena		*a = arena_new(1 << 16);
	size_t			 n;
	int64_t			 id = make(&w, first);

	(void)state;
	begin();
	assert_int_equal(endpoint_rotate(f.db, &conf, id, SECRET_V1, SPAN_NULL, T0 + 10, second, public), HK_OK);
	assert_int_equal(endpoint_rotate(f.db, &conf, id, SECRET_V1A, SPAN_NULL, T0 + 10, shown, public), HK_OK);
	assert_true(strncmp(public, "whpk_", 5) == 0 && strncmp(shown, "whsk_", 5) == 0);
	commit();
	assert_int_equal(endpoint_secrets(f.db, &conf, id, T0 + 20, a, s, 8, &n), HK_OK);
	assert_int_equal(n, 3);
	assert_true(s[0].kind == SECRET_V1A && span_is(s[1].text, second) && span_is(s[2].text, first));
	assert_int_equal(endpoint_secrets(f.db, &conf, id, T0 + 10 + ROTATION_US, a, s, 8, &n), HK_OK);
	assert_int_equal(n, 2);
	assert_int_equal(endpoint_reveal(f.db, &conf, id, shown), HK_OK);
	assert_string_equal(shown, second);
	begin();
	assert_int_equal(endpoint_drop_v1a(f.db, id), HK_OK);
	commit();
	assert_int_equal(endpoint_secrets(f.db, &conf, id, T0 + 20, a, s, 8, &n), HK_OK);
	assert_int_equal(n, 2);
	arena_free(a);
}

static void
a_given_secret_is_taken_when_it_is_one(void **state)
{
	static const char *const	wrong[] = { "whsec_", "whsec_short", "secret", "whpk_AAAA",
					    "whsec_!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!" };
	struct endpoint_word		w = word();
	char				secret[SECRET_TEXT], public[SECRET_TEXT];
	int64_t				id = make(&w, secret);

	(void)state;
	begin();
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (endpoint_rotate(f.db, &conf, id, SECRET_V1, span_str(wrong[i]), T0, secret, public) != HK_SYNTAX ||
		    (strlen(wrong[i]) > 6 && strstr(err_last(), wrong[i]) != NULL))
			fail_msg("%s: taken, or shown in \"%s\"", wrong[i], err_last());
	assert_int_equal(endpoint_rotate(f.db, &conf, id, SECRET_V1,
	    SPAN("whsec_dGVzdC1vbmx5LXNlY3JldC1mb3ItdGVzdHMh"), T0, secret, public), HK_OK);
	assert_string_equal(secret, "whsec_dGVzdC1vbmx5LXNlY3JldC1mb3ItdGVzdHMh");
	commit();
}

static void
another_key_seals_anew(void **state)
{
	struct endpoint_word	 w = word();
	struct conf		 turned = { .keys = NULL, .nkeys = 2 };
	uint8_t			 keys[2][CONF_KEY];
	char			 secret[SECRET_TEXT], shown[SECRET_TEXT];
	int64_t			 id, n;

	(void)state;
	memcpy(keys[0], raw[1], CONF_KEY);
	memcpy(keys[1], raw[0], CONF_KEY);
	turned.keys = (const uint8_t (*)[CONF_KEY])keys;
	w.headers = SPAN("{\"x-a\":\"b\"}");
	id = make(&w, secret);
	begin();
	assert_int_equal(endpoints_reseal(f.db, &both, &n), HK_OK);
	assert_int_equal(n, 0);
	assert_int_equal(endpoints_reseal(f.db, &turned, &n), HK_OK);
	assert_int_equal(n, 2);
	commit();
	assert_int_equal(endpoint_reveal(f.db, &other, id, shown), HK_OK);
	assert_string_equal(shown, secret);
	begin();
	assert_int_equal(endpoints_reseal(f.db, &conf, &n), HK_BADSIG);
	commit();
}

static void
without_a_key_there_is_no_endpoint(void **state)
{
	struct endpoint_word	w = word();
	char			secret[SECRET_TEXT];
	int64_t			id;

	(void)state;
	begin();
	assert_int_equal(endpoint_make(f.db, &none, &w, SPAN_NULL, T0, &id, secret), HK_CONF);
	db_rollback(f.db);
	assert_string_equal(ask("SELECT COUNT(*) FROM endpoint"), "0");
}

static void
pausing_holds_and_deleting_cancels(void **state)
{
	struct endpoint_word	w = word();
	char			secret[SECRET_TEXT];
	struct endpoint		ep;
	struct arena		*a = arena_new(1 << 16);
	int64_t			id = make(&w, secret);

	(void)state;
	plant("INSERT INTO message (id, type, owner_kind, owner, payload, cause, created_at) VALUES"
	    " (1, 'user.created', 'user', 'u1', '{}', 'a', 1)");
	plant("INSERT INTO delivery (endpoint, message, subject, status, due_at, created_at) VALUES"
	    " (1, 1, 'u1', 'pending', 1, 1)");
	begin();
	assert_int_equal(endpoint_set_state(f.db, id, ENDPOINT_PAUSED, SPAN("a holiday"), T0), HK_OK);
	assert_int_equal(endpoint_set_state(f.db, id, ENDPOINT_PAUSED, SPAN_NULL, T0), HK_SKIP);
	assert_int_equal(endpoint_set_state(f.db, 99, ENDPOINT_PAUSED, SPAN_NULL, T0), HK_NOTFOUND);
	commit();
	assert_string_equal(ask("SELECT status FROM delivery"), "held");
	begin();
	assert_int_equal(endpoint_delete(f.db, id, T0), HK_OK);
	commit();
	assert_string_equal(ask("SELECT status FROM delivery"), "canceled");
	assert_string_equal(ask("SELECT COUNT(*) FROM endpoint_secret"), "0");
	assert_int_equal(endpoint_find(f.db, id, a, &ep), HK_NOTFOUND);
	begin();
	assert_int_equal(endpoint_delete(f.db, id, T0), HK_NOTFOUND);
	commit();
	plant("INSERT INTO endpoint (channel, name, types, payload, state, state_at, heard_to, created_at,"
	    " updated_at) VALUES ('command', 'command:x', '*', 'full', 'enabled', 0, 0, 0, 0)");
	begin();
	assert_int_equal(endpoint_delete(f.db, 2, T0), HK_NEVER);
	assert_int_equal(endpoint_change(f.db, &conf, 2, &w, T0), HK_NEVER);
	commit();
	arena_free(a);
}

int
main(void)
{
#define T(fn)	cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(what_cannot_be_is_named),
		T(it_is_stored_as_said),
		T(a_rotation_signs_with_both_for_a_day),
		T(a_given_secret_is_taken_when_it_is_one),
		T(another_key_seals_anew),
		T(without_a_key_there_is_no_endpoint),
		T(pausing_holds_and_deleting_cancels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
