/* Messages of the site's own: which can be put, and how often. */
#include "../books/fixture.h"

#include "outbox/catalogue.h"
#include "outbox/own.h"

#define SCHEMA	"{\"type\":\"object\",\"properties\":{\"n\":{\"type\":\"integer\"}},\"required\":[\"n\"]}"

static int64_t
number(const char *sql)
{
	return atoll(ask(sql));
}

static void
describe(const char *name, const char *schema)
{
	const struct type_word	w = { .name = span_str(name), .schema = span_str(schema) };

	begin();
	assert_int_equal(event_type_put(f.db, &w, T0), HK_OK);
	commit();
}

static enum hk_err
put(const char *type, const char *payload, const char *key, struct own_message *m)
{
	enum hk_err	e;

	*m = (struct own_message){ .type = span_str(type), .owner = SPAN("site"),
	    .payload = span_str(payload), .key = span_str(key) };
	begin();
	e = own_message_put(f.db, m, T0);
	commit();
	return e;
}

static void
only_what_was_described(void **state)
{
	static const struct {
		const char	*phrase, *type, *payload;
		enum hk_err	 want;
	} rows[] = {
		{ "it fits",			"order.shipped",  "{\"n\":1}",	HK_OK },
		{ "it does not fit",		"order.shipped",  "{\"n\":\"1\"}", HK_SYNTAX },
		{ "a member is missing",	"order.shipped",  "{}",		HK_SYNTAX },
		{ "no object",			"order.shipped",  "[1]",	HK_SYNTAX },
		{ "no JSON",			"order.shipped",  "{\"n\":",	HK_SYNTAX },
		{ "nothing",			"order.shipped",  "",		HK_SYNTAX },
		{ "a type without a schema",	"order.lost",	  "{\"a\":[]}",	HK_OK },
		{ "an archived type",		"order.old",	  "{}",		HK_NEVER },
		{ "a type of ours",		"user.created",	  "{}",		HK_NEVER },
		{ "nobody's type",		"order.unknown",  "{}",		HK_NOTFOUND },
		{ "no type at all",		"order shipped",  "{}",		HK_SYNTAX },
	};
	struct own_message	m;
	enum hk_err		e;

	(void)state;
	describe("order.shipped", SCHEMA);
	describe("order.lost", NULL);
	describe("order.old", NULL);
	begin();
	assert_int_equal(event_type_archive(f.db, SPAN("order.old"), T0), HK_OK);
	commit();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if ((e = put(rows[i].type, rows[i].payload, NULL, &m)) != rows[i].want)
			fail_msg("%s: %s (%s)", rows[i].phrase, err_name(e), err_last());
	assert_int_equal(number("SELECT COUNT(*) FROM message WHERE cause LIKE 'api:%'"), 2);
}

static void
a_key_puts_one(void **state)
{
	struct own_message	a, b;

	(void)state;
	describe("order.shipped", NULL);
	assert_int_equal(put("order.shipped", "{\"n\":1}", "k", &a), HK_OK);
	assert_true(a.fresh);
	assert_int_equal(put("order.shipped", "{\"n\":1}", "k", &b), HK_OK);
	assert_false(b.fresh);
	assert_int_equal(a.id, b.id);
	assert_int_equal(put("order.shipped", "{\"n\":2}", "k", &b), HK_EXISTS);
	assert_int_equal(put("order.shipped", "{\"n\":2}", "l", &b), HK_OK);
	assert_int_not_equal(a.id, b.id);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(only_what_was_described, setup, teardown),
		cmocka_unit_test_setup_teardown(a_key_puts_one, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
