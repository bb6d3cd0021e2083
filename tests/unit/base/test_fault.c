/* Fault points: a step dies or fails when it is its turn, and not before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The ordinary library has none, so this test brings its own. */
#ifndef HK_FAULT
#define HK_FAULT
#endif
#include "base/fault.c"

#define DIED	(-1)

/*
 * A process of its own passes the step "a" so many times, each followed by
 * "b"; *log is what it wrote.  How often "b" failed, or DIED at "a".
 */
static int
passes(const char *told, int times, const char *once, char *log, size_t room)
{
	char	 path[] = "/tmp/test_fault.XXXXXX";
	int	 fd = mkstemp(path), status = 0, failed = 0;
	ssize_t	 n;
	pid_t	 pid;

	assert_int_not_equal(fd, -1);
	if ((pid = fork()) == 0) {
		setenv("HK_FAULT", told, 1);
		setenv("HK_FAULT_LOG", path, 1);
		if (once != NULL)
			setenv("HK_FAULT_ONCE", once, 1);
		for (int i = 0; i < times; i++) {
			FAULT_DIE("a");
			failed += FAULT_FAIL("b");
		}
		say_times();
		_exit(failed);
	}
	waitpid(pid, &status, 0);
	n = read(fd, log, room - 1);
	log[n > 0 ? n : 0] = '\0';
	close(fd);
	unlink(path);
	if (WIFSIGNALED(status)) {
		assert_int_equal(WTERMSIG(status), SIGKILL);
		return DIED;
	}
	return WEXITSTATUS(status);
}

static void
test_turns(void **state)
{
	static const struct {
		const char	*name, *told;
		int		 times, result;
	} cases[] = {
		{ "nothing is told",			"",		9,	0 },
		{ "another step",			"c:1",		9,	0 },
		{ "a longer name",			"ab:1",		9,	0 },
		{ "dies the first time",		"a:1",		1,	DIED },
		{ "not before its turn",		"a:4",		3,	0 },
		{ "dies at its turn",			"a:4",		4,	DIED },
		{ "fails once",				"b:2",		9,	1 },
		{ "fails at two of its turns",		"b:2,b:5",	9,	2 },
		{ "always, once in one",		"b:%1",		9,	9 },
		{ "two steps; dying ends it",		"b:%1,a:3",	9,	DIED },
	};
	char	 log[512];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int	r = passes(cases[i].told, cases[i].times, NULL, log, sizeof(log));

		if (r != cases[i].result)
			fail_msg("%s: %d, expected %d", cases[i].name, r, cases[i].result);
	}
}

static void
test_at_random(void **state)
{
	char	 log[8192];
	int	 r = passes("b:%4", 200, NULL, log, sizeof(log));

	(void)state;
	/* 50 expected; farther away than that once in 10^12 */
	assert_true(r > 10 && r < 95);
}

static void
test_once_over_restarts(void **state)
{
	char	 once[] = "/tmp/test_fault.once.XXXXXX", log[512];
	int	 fd = mkstemp(once);

	(void)state;
	assert_int_not_equal(fd, -1);
	close(fd);
	unlink(once);
	assert_int_equal(passes("a:2", 9, once, log, sizeof(log)), DIED);
	assert_int_equal(passes("a:2", 9, once, log, sizeof(log)), 0);
	/* what is at random goes on */
	assert_int_equal(passes("b:1,b:%1", 9, once, log, sizeof(log)), 9);
	unlink(once);
}

static void
test_log(void **state)
{
	char	 log[512];

	(void)state;
	assert_int_equal(passes("b:3", 3, NULL, log, sizeof(log)), 1);
	assert_string_equal(log,
	    "test_fault die a reached\n"
	    "test_fault fail b reached\n"
	    "test_fault fail b fired\n"
	    "test_fault die a times 3\n"
	    "test_fault fail b times 3\n");
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_turns),
		cmocka_unit_test(test_at_random),
		cmocka_unit_test(test_once_over_restarts),
		cmocka_unit_test(test_log),
	};

	return cmocka_run_group_tests_name("fault", tests, NULL, NULL);
}
