/* People: the rules of names and passwords, and that an admin is always left. */
#include "bed.h"

#include "admin/person.h"

static void
names_and_passwords_have_rules(void **state)
{
	static const struct {
		const char	*what, *name, *password;
		enum hk_err	 want_name, want_password;
	} row[] = {
		{ "plain",		"anna",		"correct horse",	HK_OK, HK_OK },
		{ "nothing",		"",		"",			HK_SYNTAX, HK_SYNTAX },
		{ "one character",	"a",		"a",			HK_OK, HK_SYNTAX },
		{ "an address",		"a@b.example",	"a@b.exampl",		HK_OK, HK_OK },
		{ "ten letters of two bytes", "\xc3\xa4\xc3\xb6\xc3\xbc",
		    "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4",
		    HK_OK, HK_OK },
		{ "nine letters of two bytes", "\xc3\xa4",
		    "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4",
		    HK_OK, HK_SYNTAX },
		{ "a blank before",	" anna",	" correct horse",	HK_SYNTAX, HK_OK },
		{ "a blank behind",	"anna ",	"correct horse ",	HK_SYNTAX, HK_OK },
		{ "a newline",		"an\nna",	"correct\nhorse",	HK_SYNTAX, HK_SYNTAX },
		{ "no UTF-8",		"ann\xff",	"correct horse\xff",	HK_SYNTAX, HK_SYNTAX },
		{ "the log's word for none", "nobody",	"0123456789",		HK_SYNTAX, HK_OK },
		{ "the log's word for the command", "cli:root", "0123456789",	HK_SYNTAX, HK_OK },
	};
	char	many[PERSON_PASSWORD_MOST + 2];

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		if (person_check_name(span_str(row[i].name)) != row[i].want_name)
			fail_msg("%s: the name", row[i].what);
		if (person_check_password(span_str(row[i].password)) != row[i].want_password)
			fail_msg("%s: the password", row[i].what);
	}
	memset(many, 'x', sizeof(many));
	assert_int_equal(person_check_name(span_of(many, PERSON_NAME_MOST)), HK_OK);
	assert_int_equal(person_check_name(span_of(many, PERSON_NAME_MOST + 1)), HK_SYNTAX);
	assert_int_equal(person_check_password(span_of(many, PERSON_PASSWORD_MOST)), HK_OK);
	assert_int_equal(person_check_password(span_of(many, PERSON_PASSWORD_MOST + 1)), HK_SYNTAX);
}

static int64_t
add(const char *name, enum role role, const char *hash)
{
	int64_t	id;

	assert_int_equal(person_add(bed.db, span_str(name), role, span_str(hash), BED_NOW, &id),
	    HK_OK);
	return id;
}

static void
a_name_is_taken_once(void **state)
{
	struct person	p;
	int64_t		id = 0;

	(void)state;
	add("anna", ROLE_ADMIN, "$scrypt$x");
	assert_int_equal(person_add(bed.db, SPAN("anna"), ROLE_VIEWER, SPAN_NULL, 1, &id), HK_EXISTS);
	assert_int_equal(person_add(bed.db, SPAN(" anna"), ROLE_VIEWER, SPAN_NULL, 1, &id), HK_SYNTAX);
	assert_int_equal(person_find(bed.db, SPAN("anna"), bed.arena, &p), HK_OK);
	assert_true(p.has_password && !p.has_totp && !p.disabled && p.role == ROLE_ADMIN);
	assert_true(span_is(p.password, "$scrypt$x"));
	assert_int_equal(p.created_us, BED_NOW);
	assert_int_equal(person_find(bed.db, SPAN("Anna"), bed.arena, &p), HK_NOTFOUND);
	assert_int_equal(person_find(bed.db, SPAN_NULL, bed.arena, &p), HK_NOTFOUND);
	assert_int_equal(person_load(bed.db, 99, bed.arena, &p), HK_NOTFOUND);
}

static void
an_admin_who_can_log_in_is_always_left(void **state)
{
	int64_t	anna = add("anna", ROLE_ADMIN, "$scrypt$x"), otto = add("otto", ROLE_OPERATOR, "$scrypt$x");
	int64_t	server = add("server", ROLE_ADMIN, NULL), n;

	(void)state;
	assert_int_equal(person_set_role(bed.db, anna, ROLE_VIEWER, 1), HK_NEVER);
	assert_int_equal(person_disable(bed.db, anna, true, 1), HK_NEVER);
	assert_int_equal(person_set_role(bed.db, anna, ROLE_ADMIN, 1), HK_OK);
	assert_int_equal(person_disable(bed.db, server, true, 1), HK_OK);
	assert_int_equal(person_set_role(bed.db, otto, ROLE_ADMIN, 1), HK_OK);
	assert_int_equal(person_disable(bed.db, anna, true, 1), HK_OK);
	assert_int_equal(person_set_role(bed.db, otto, ROLE_OPERATOR, 1), HK_NEVER);
	assert_int_equal(person_disable(bed.db, anna, false, 1), HK_OK);
	assert_int_equal(person_set_role(bed.db, otto, ROLE_OPERATOR, 1), HK_OK);
	assert_int_equal(person_set_role(bed.db, 99, ROLE_ADMIN, 1), HK_NOTFOUND);
	assert_int_equal(person_disable(bed.db, 99, true, 1), HK_NOTFOUND);
	assert_int_equal(person_set_password(bed.db, 99, SPAN("x"), SPAN_NULL, 1), HK_NOTFOUND);
	assert_int_equal(person_count(bed.db, &n), HK_OK);
	assert_int_equal(n, 2);
}

static void
logins_end_with_the_password_and_the_person(void **state)
{
	int64_t	anna = add("anna", ROLE_ADMIN, "$scrypt$x"), otto = add("otto", ROLE_OPERATOR, "$scrypt$x");

	(void)state;
	bed_sql("INSERT INTO login SELECT t, p, 'f', NULL, NULL, 1, 1, 2 FROM (SELECT 'a1' AS t, 1 AS p"
	    " UNION SELECT 'a2', 1 UNION SELECT 'o1', 2)");
	assert_int_equal(person_set_password(bed.db, anna, SPAN("$scrypt$y"), SPAN("a2"), 1), HK_OK);
	assert_int_equal(bed_ask("SELECT count(*) FROM login WHERE token IN ('a2', 'o1')"), 2);
	assert_int_equal(bed_ask("SELECT count(*) FROM login"), 2);
	assert_int_equal(person_disable(bed.db, otto, true, 1), HK_OK);
	assert_int_equal(bed_ask("SELECT count(*) FROM login"), 1);
	assert_int_equal(person_set_password(bed.db, anna, SPAN("$scrypt$z"), SPAN_NULL, 1), HK_OK);
	assert_int_equal(bed_ask("SELECT count(*) FROM login"), 0);
}

static void
a_step_of_the_second_factor_counts_once(void **state)
{
	int64_t		anna = add("anna", ROLE_ADMIN, "$scrypt$x");
	struct person	p;

	(void)state;
	assert_int_equal(person_set_totp(bed.db, anna, SPAN("sealed"), 10, 1), HK_OK);
	assert_int_equal(person_use_totp(bed.db, anna, 10), HK_BADSIG);
	assert_int_equal(person_use_totp(bed.db, anna, 9), HK_BADSIG);
	assert_int_equal(person_use_totp(bed.db, anna, 11), HK_OK);
	assert_int_equal(person_use_totp(bed.db, anna, 11), HK_BADSIG);
	assert_int_equal(person_load(bed.db, anna, bed.arena, &p), HK_OK);
	assert_true(p.has_totp && p.totp_step == 11);
	assert_int_equal(person_set_totp(bed.db, anna, SPAN_NULL, 0, 1), HK_OK);
	assert_int_equal(person_load(bed.db, anna, bed.arena, &p), HK_OK);
	assert_false(p.has_totp);
}

static void
a_made_password_is_good_and_never_the_same(void **state)
{
	char	a[40], b[40];

	(void)state;
	password_make(a);
	password_make(b);
	assert_string_not_equal(a, b);
	assert_int_equal(strlen(a), 19);
	assert_int_equal(person_check_password(span_str(a)), HK_OK);
	assert_int_equal(strspn(a, "abcdefghijkmnpqrstuvwxyz23456789-"), 19);
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, bed_setup, bed_teardown)
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(names_and_passwords_have_rules),
		T(a_name_is_taken_once),
		T(an_admin_who_can_log_in_is_always_left),
		T(logins_end_with_the_password_and_the_person),
		T(a_step_of_the_second_factor_counts_once),
		cmocka_unit_test(a_made_password_is_good_and_never_the_same),
	};

	return cmocka_run_group_tests_name("admin/person", tests, NULL, NULL);
}
