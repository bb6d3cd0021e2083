/* The log as somebody reads it, and what is kept of an error. */
#include "base/log.h"
#include "base/span.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int	pipe_fd[2], stderr_was;

static int
setup(void **state)
{
	(void)state;
	if (pipe(pipe_fd) != 0 || (stderr_was = dup(STDERR_FILENO)) < 0)
		return -1;
	return dup2(pipe_fd[1], STDERR_FILENO) < 0;
}

static int
teardown(void **state)
{
	(void)state;
	dup2(stderr_was, STDERR_FILENO);
	close(stderr_was);
	close(pipe_fd[0]);
	close(pipe_fd[1]);
	log_open("hookkeeper", LOG_INFO);
	return 0;
}

/* All that was written so far; a NUL behind it. */
static const char *
logged(void)
{
	static char	text[65536];
	ssize_t		n;

	if (write(pipe_fd[1], "$", 1) != 1 ||		/* so that a read never waits */
	    (n = read(pipe_fd[0], text, sizeof(text))) < 1)
		abort();
	text[n - 1] = '\0';
	return text;
}

/* logged() must be one line of this level and text. */
static void
expect_line(const char *what, const char *program, const char *level, const char *text)
{
	static char	want[8192];
	const char	*got = logged();

	snprintf(want, sizeof(want), "%s[%ld]: %s: %s\n", program, (long)getpid(), level, text);
	if (strcmp(got, want) != 0)
		fail_msg("%s: %s", what, got);
}

static void
a_line_names_program_process_and_level(void **state)
{
	(void)state;
	log_error("cannot open %s", "x.db");
	expect_line("before log_open()", "hookkeeper", "error", "cannot open x.db");
	log_open("stripe", LOG_DEBUG);
	log_warn("slow");
	expect_line("warning", "stripe", "warning", "slow");
	log_info("started");
	expect_line("info", "stripe", "info", "started");
	log_line(LOG_DEBUG, "detail");
	expect_line("debug", "stripe", "debug", "detail");
}

static void
what_is_above_the_level_is_not_written(void **state)
{
	(void)state;
	log_open("stripe", LOG_WARN);
	log_info("chatter");
	assert_string_equal(logged(), "");
	log_warn("heard");
	expect_line("at the level", "stripe", "warning", "heard");
}

static void
no_sender_can_forge_a_line_or_colour_a_terminal(void **state)
{
	static const struct {
		const char	*what, *in, *out;
	} row[] = {
		{ "newline",		"a\nforged",		"a\\x0aforged" },
		{ "return",		"a\rb",			"a\\x0db" },
		{ "tab",		"a\tb",			"a\\x09b" },
		{ "escape",		"\x1b[31mred",		"\\x1b[31mred" },
		{ "DEL",		"a\x7f",		"a\\x7f" },
		{ "UTF-8 stays",	"Zo\xc3\xab \xf0\x9f\x9a\x80", "Zo\xc3\xab \xf0\x9f\x9a\x80" },
		{ "C1 control in UTF-8", "\xc2\x9b" "31m",	"\\xc2\\x9b31m" },
		{ "first after C1",	"\xc2\xa0",		"\xc2\xa0" },
		{ "bare C1 control",	"\x9b" "31m",		"\\x9b31m" },
		{ "latin-1",		"Zo\xeb!",		"Zo\\xeb!" },
		{ "character cut off",	"x\xe2\x82",		"x\\xe2\\x82" },
		{ "percent",		"100%s",		"100%s" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		log_info("%s", row[i].in);
		expect_line(row[i].what, "hookkeeper", "info", row[i].out);
	}
}

static void
a_long_line_is_cut_and_says_so(void **state)
{
	static char	text[20000];
	const char	*fills[] = { "a", "\n", "\xe2\x82\xac" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		size_t	n = strlen(fills[i]), len;
		const char	*got;

		for (size_t k = 0; k + n < sizeof(text); k += n)
			memcpy(text + k, fills[i], n + 1);
		log_info("%s", text);
		got = logged();
		len = strlen(got);
		assert_true(len > 1000 && len <= 4096);
		assert_string_equal(got + len - 4, "...\n");
		assert_ptr_equal(strchr(got, '\n'), got + len - 1);
	}
}

static void
errno_survives_the_log(void **state)
{
	(void)state;
	errno = ENOSPC;
	log_info("anything");
	assert_int_equal(errno, ENOSPC);
	close(STDERR_FILENO);
	log_info("to nobody");
	assert_int_equal(errno, ENOSPC);
}

static void *
chatter(void *arg)
{
	for (int i = 0; i < 50; i++)
		log_info("%s", (const char *)arg);
	return NULL;
}

static void
lines_of_several_threads_do_not_mix(void **state)
{
	static char	a[61], b[61];
	pthread_t	ta, tb;
	char		*got, *line, *next;
	int		n = 0;

	(void)state;
	memset(a, 'a', 60);
	memset(b, 'b', 60);
	assert_int_equal(pthread_create(&ta, NULL, chatter, a), 0);
	assert_int_equal(pthread_create(&tb, NULL, chatter, b), 0);
	pthread_join(ta, NULL);
	pthread_join(tb, NULL);
	assert_non_null(got = strdup(logged()));
	for (line = got; *line != '\0'; line = next + 1, n++) {
		assert_non_null(next = strchr(line, '\n'));
		assert_memory_equal(line, "hookkeeper[", 11);
		assert_memory_equal(next - 62, ": ", 2);
		assert_memory_equal(next - 60, next[-1] == 'a' ? a : b, 60);
	}
	assert_int_equal(n, 100);
	free(got);
}

static void
each_error_has_a_name_a_sentence_and_a_status(void **state)
{
	(void)state;
	for (int e = 0; e < HK_ERR_COUNT; e++) {
		assert_true(strlen(err_name((enum hk_err)e)) > 0);
		assert_true(strlen(err_text((enum hk_err)e)) > 0);
		assert_in_range(err_status((enum hk_err)e), 200, 599);
	}
	assert_string_equal(err_name(HK_OK), "OK");
	assert_string_equal(err_name(HK_BADSIG), "BADSIG");
	assert_int_equal(err_status(HK_OK), 200);
	assert_int_equal(err_status(HK_BUSY), 503);
	assert_int_equal(err_status(HK_TOOBIG), 413);
}

static void
a_noted_error_is_logged_and_kept(void **state)
{
	(void)state;
	assert_int_equal(err_note(HK_BUSY, "%s is locked", "x.db"), HK_BUSY);
	expect_line("err_note", "hookkeeper", "error", "x.db is locked (BUSY)");
	assert_string_equal(err_last(), "x.db is locked");
}

static void
a_told_error_is_kept_but_not_logged(void **state)
{
	(void)state;
	assert_int_equal(err_tell(HK_SYNTAX, "byte %d", 7), HK_SYNTAX);
	assert_string_equal(err_last(), "byte 7");
	assert_string_equal(logged(), "");
}

static void
the_last_error_can_be_said_again_in_a_longer_one(void **state)
{
	(void)state;
	err_tell(HK_SYNTAX, "byte 7");
	assert_int_equal(err_tell(HK_SYNTAX, "%s: %s", "a.json", err_last()), HK_SYNTAX);
	assert_string_equal(err_last(), "a.json: byte 7");
	err_tell(HK_SYNTAX, "%5000s", "x");
	assert_int_equal(strlen(err_last()), 1023);
}

static void *
tell_elsewhere(void *arg)
{
	bool	*was_empty = arg;

	*was_empty = err_last()[0] == '\0';
	err_tell(HK_IO, "another thread");
	return NULL;
}

static void
each_thread_has_its_own_last_error(void **state)
{
	pthread_t	t;
	bool		was_empty = false;

	(void)state;
	err_tell(HK_IO, "this thread");
	assert_int_equal(pthread_create(&t, NULL, tell_elsewhere, &was_empty), 0);
	pthread_join(t, NULL);
	assert_true(was_empty);
	assert_string_equal(err_last(), "this thread");
}

static void
the_systems_log_gets_lines_and_without_it_they_are_not_lost(void **state)
{
	struct sockaddr_un	sun = { .sun_family = AF_UNIX };
	char			dir[] = "/tmp/hklogXXXXXX", path[64], got[4096], want[128];
	int			fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ssize_t			n;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/log", dir);
	memcpy(sun.sun_path, path, strlen(path) + 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	log_open("stripe", LOG_INFO);
	log_system(path);
	log_warn("one\nfact");
	assert_string_equal(logged(), "");
	n = recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT);
	assert_true(n > 0);
	got[n] = '\0';
	snprintf(want, sizeof(want), " stripe[%ld]: warning: one\\x0afact", (long)getpid());
	assert_int_equal(strncmp(got, "<28>", 4), 0);		/* daemon, warning */
	assert_string_equal(got + strlen("<28>Nov 22 12:00:00"), want);
	close(fd);
	log_error("nobody listens");
	expect_line("no socket takes it", "stripe", "error", "nobody listens");
	log_system(NULL);
	unlink(path);
	rmdir(dir);
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest	tests[] = {
		T(a_line_names_program_process_and_level),
		T(what_is_above_the_level_is_not_written),
		T(no_sender_can_forge_a_line_or_colour_a_terminal),
		T(a_long_line_is_cut_and_says_so),
		T(errno_survives_the_log),
		T(the_systems_log_gets_lines_and_without_it_they_are_not_lost),
		T(lines_of_several_threads_do_not_mix),
		T(each_error_has_a_name_a_sentence_and_a_status),
		T(a_noted_error_is_logged_and_kept),
		T(a_told_error_is_kept_but_not_logged),
		T(the_last_error_can_be_said_again_in_a_longer_one),
		T(each_thread_has_its_own_last_error),
	};

	return cmocka_run_group_tests_name("base/log", tests, NULL, NULL);
}
