/* A message is put once per cause, and each type of ours says what its table promises. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "outbox/message.h"
#include "outbox/types.h"

static struct db	*db;

static int
setup(void **state)
{
	(void)state;
	return db_memory(&db) != HK_OK || db_begin(db) != HK_OK;
}

static int
teardown(void **state)
{
	(void)state;
	db_close(db);
	return 0;
}

static bool
put(const char *cause, const char *payload, int64_t now)
{
	struct message	m = {
		.type = "user.created", .owner_kind = "user", .owner = SPAN("u1"),
		.payload = span_str(payload), .cause = span_str(cause), .now = now,
	};
	bool		fresh = false;

	assert_int_equal(message_put(db, &m, &fresh), HK_OK);
	assert_int_equal(message_put(db, &m, NULL), HK_OK);
	return fresh;
}

static bool
amend(const char *cause, const char *payload, int64_t now)
{
	struct message	m = {
		.payload = span_str(payload), .cause = span_str(cause), .now = now,
	};
	bool		done = false;

	assert_int_equal(message_amend(db, &m, &done), HK_OK);
	return done;
}

static void
a_cause_puts_one_message(void **state)
{
	(void)state;
	assert_true(put("event:1:user.created", "{}", 5));
	assert_false(put("event:1:user.created", "{\"again\":1}", 6));
	assert_true(put("event:2:user.created", "{}", 7));
	assert_int_equal(db_last_id(db), 2);
}

static void
only_the_transaction_that_put_it_amends_it(void **state)
{
	(void)state;
	assert_true(put("event:1:user.created", "{}", 5));
	assert_true(amend("event:1:user.created", "{\"more\":1}", 5));
	assert_false(amend("event:1:user.created", "{\"late\":1}", 6));
	assert_false(amend("event:9:user.created", "{}", 5));
}

static bool
has_member(const struct message_type *t, struct span name)
{
	for (const struct message_member *m = t->members; m->name != NULL; m++)
		if (span_is(name, m->name))
			return true;
	return false;
}

static void
samples_have_the_members_of_the_table(void **state)
{
	(void)state;
	for (const struct message_type *t = message_types; t->name != NULL; t++) {
		struct json	*root = NULL, *value;
		struct span	 name;
		void		*at = NULL;
		size_t		 n = 0, want = 0;

		if (t != message_types && strcmp(t[-1].name, t->name) >= 0)
			fail_msg("%s is not in its place", t->name);
		if (json_parse(span_str(t->sample), &root) != HK_OK)
			fail_msg("%s: the sample is no JSON: %s", t->name, err_last());
		while (json_next(root, &at, &name, &value)) {
			n++;
			if (!has_member(t, name))
				fail_msg("%s: %.*s is not in the table", t->name, SPAN_ARG(name));
		}
		for (const struct message_member *m = t->members; m->name != NULL; m++)
			want++;
		if (n != want)
			fail_msg("%s: the sample has %zu members of %zu", t->name, n, want);
		if (t->about[strlen(t->about) - 1] != '.')
			fail_msg("%s: what it is about is no sentence", t->name);
		json_free(root);
	}
}

static void
types_are_found_by_name(void **state)
{
	(void)state;
	assert_string_equal(message_type_find(SPAN("credits_granted"))->name, "credits_granted");
	assert_null(message_type_find(SPAN("credits")));
	assert_null(message_type_find(SPAN_NULL));
}

static void
names_are_ours_or_none(void **state)
{
	static const struct {
		const char	*name, *text;
		bool		 good;
	} rows[] = {
		{ "ours",		"msg_00000000001206062123456789",	true },
		{ "another prefix",	"evt_00000000001206062123456789",	false },
		{ "too short",		"msg_0000000000120606212345678",	false },
		{ "too long",		"msg_000000000012060621234567890",	false },
		{ "a sign",		"msg_-0000000001206062123456789",	false },
		{ "capital digits",	"msg_0000000000120606212345678A",	false },
		{ "no digits",		"msg_0000000000120606212345678z",	false },
		{ "a blank",		"msg_000000000012 6062123456789",	false },
		{ "nothing",		"",					false },
	};
	char	name[MESSAGE_NAME];
	int64_t	id = 0, us = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (message_named(span_str(rows[i].text), &id, &us) != rows[i].good)
			fail_msg("%s", rows[i].name);
	assert_true(id == 12 && us == 0x06062123456789);
	message_name(name, 999999999999, 1700000000000000);
	assert_true(message_named(span_str(name), &id, &us));
	assert_true(id == 999999999999 && us == 1700000000000000);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test_setup_teardown(a_cause_puts_one_message, setup, teardown),
		cmocka_unit_test_setup_teardown(only_the_transaction_that_put_it_amends_it,
		    setup, teardown),
		cmocka_unit_test(samples_have_the_members_of_the_table),
		cmocka_unit_test(names_are_ours_or_none),
		cmocka_unit_test(types_are_found_by_name),
	};

	return cmocka_run_group_tests_name("message", tests, NULL, NULL);
}
