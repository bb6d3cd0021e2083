/* Whom we believe: the settings first, else what this system has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "deliver/authorities.h"

static void
the_settings_come_first(void **state)
{
	(void)state;
	assert_string_equal(authorities("/nowhere/ca.pem"), "/nowhere/ca.pem");
}

static void
else_a_file_that_can_be_read(void **state)
{
	const char	*file = authorities(NULL);

	(void)state;
	if (file == NULL)
		skip();		/* nobody installed any */
	assert_int_equal(file[0], '/');
	assert_int_equal(access(file, R_OK), 0);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(the_settings_come_first),
		cmocka_unit_test(else_a_file_that_can_be_read),
	};

	return cmocka_run_group_tests_name("deliver/authorities", tests, NULL, NULL);
}
