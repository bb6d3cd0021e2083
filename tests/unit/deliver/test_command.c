/* Commands: what they get, what becomes of their ends, and that they cannot hold us up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <sys/wait.h>

#include "flights.h"

static struct conf	conf = { .mode = MODE_TEST, .nchannel = 1 };
static struct channels	*channels;

static int
begin_all(void **state)
{
	(void)state;
	place_make();
	conf.channel[0] = (struct conf_channel){ .name = "command:own", .section = "command own",
	    .kind = CHANNEL_COMMAND, .types = "*", .timeout_s = 20, .later_exit = 75 };
	return channels_open(&channels, &conf) == HK_OK ? 0 : -1;
}

static int
end_all(void **state)
{
	(void)state;
	channels_close(channels);
	place_remove();
	return 0;
}

static struct flight *
run(const char *script, const char *args)
{
	conf.channel[0].path = place_file("script", script, 0700);
	conf.channel[0].args = args;
	return flight_run(channels, flight_of("command", "command:own", "user.created",
	    "{\"name\":\"J\xc3\xb6rg\"}"));
}

static const char *
said(const struct flight *f)
{
	return arena_printf(f->arena, "%s %d %.*s", f->result.error != NULL ? f->result.error : "-",
	    f->result.status, SPAN_ARG(f->result.answer));
}

static void
it_gets_the_message_and_nothing_else(void **state)
{
	struct flight	*f;
	char		 secret[32];
	int		 leak = open("/dev/null", O_RDONLY);

	(void)state;
	assert_int_not_equal(leak, -1);
	setenv("HK_TEST_SECRET", "not for children", 1);
	snprintf(secret, sizeof(secret), "/proc/$$/fd/%d", leak);
	f = run("#!/bin/sh\ncat\necho \" $# $1 $2\"\nenv | sort\nls /proc/self/fd | tr '\\n' ' '\npwd\necho err >&2\n",
	    " one  $(two) ");
	assert_true(f->result.good);
	assert_string_equal(said(f),
	    "- 0 {\"type\":\"user.created\",\"timestamp\":\"2023-11-14T22:13:20.000000Z\","
	    ""
	    "\"data\":{\"name\":\"J\xc3\xb6rg\"}} 2 one $(two)\n"
	    "HOOKKEEPER_ATTEMPT=2\nHOOKKEEPER_ENDPOINT=ep_7\nHOOKKEEPER_MESSAGE="
	    "msg_000000000012060a24181e4000\nHOOKKEEPER_MODE=test\nHOOKKEEPER_TYPE=user.created\n"
	    "PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin\nPWD=/\n"
	    "0 1 2 3 /\nerr\n");
	arena_free(f->arena);
	close(leak);
}

static void
its_end_is_judged(void **state)
{
	static const struct {
		const char	*phrase, *script, *told;
		bool		 good;
	} row[] = {
		{ "done",		"#!/bin/sh\nexit 0\n",			"- 0 ",		true },
		{ "later",		"#!/bin/sh\nexit 75\n",			"E_LATER 75 ",	false },
		{ "a failure",		"#!/bin/sh\necho no; exit 1\n",		"E_EXIT 1 no\n", false },
		{ "no such command in it", "#!/bin/sh\nexec /nowhere/x 2>/dev/null\n", "E_COMMAND 127 ", false },
		{ "cannot be run",	"#!/bin/sh\nexit 126\n",		"E_COMMAND 126 ", false },
		{ "killed",		"#!/bin/sh\nkill -9 $$\n",		"E_SIGNAL 137 ", false },
		{ "its interpreter is missing", "#!/nowhere/sh\n",		"E_COMMAND 0 ",	false },
		{ "reads nothing",	"#!/bin/sh\nexec 0<&-\nexit 0\n",	"- 0 ",		true },
		{ "says nothing more but runs", "#!/bin/sh\nexec >&- 2>&-\nsleep 0.2\nexit 3\n",
						"E_EXIT 3 ",	false },
		{ "leaves something behind", "#!/bin/sh\nsleep 5 &\necho ok\n",	"- 0 ok\n",	true },
	};
	struct flight	*f;

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		int64_t	began = mono_us();

		f = run(row[i].script, NULL);
		if (strcmp(said(f), row[i].told) != 0 || f->result.good != row[i].good)
			fail_msg("%s: %s", row[i].phrase, said(f));
		if (mono_us() - began > 3 * US_PER_S)
			fail_msg("%s: took too long", row[i].phrase);
		assert_false(f->result.final);
		arena_free(f->arena);
	}
}

/* Who can change the program can do what the worker can. */
static void
a_file_that_others_can_change_is_not_run(void **state)
{
	static const struct {
		const char	*phrase;
		mode_t		 mode, folder;
		const char	*told;
	} row[] = {
		{ "ours alone",			0700, 0700, NULL },
		{ "others may run it",		0755, 0755, NULL },
		{ "the group may write",	0770, 0700, "can be changed by others" },
		{ "everybody may write",	0702, 0700, "can be changed by others" },
		{ "its folder is open",		0700, 0777, "can be changed by others" },
		{ "the folder is sticky",	0700, 01777, NULL },
		{ "it is no program",		0600, 0700, "cannot be run" },
	};
	struct flight	*f;

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		conf.channel[0].path = place_file("script", "#!/bin/sh\n", row[i].mode);
		conf.channel[0].args = NULL;
		chmod(place, row[i].folder);
		f = flight_run(channels, flight_of("command", "command:own", "a.b", "{}"));
		chmod(place, 0700);
		if (row[i].told == NULL ? !f->result.good : f->result.error == NULL ||
		    strcmp(f->result.error, "E_FILE") != 0 || strstr(said(f), row[i].told) == NULL)
			fail_msg("%s: %s", row[i].phrase, said(f));
		arena_free(f->arena);
	}
	conf.channel[0].path = "/nowhere/script";
	f = flight_run(channels, flight_of("command", "command:own", "a.b", "{}"));
	assert_string_equal(f->result.error, "E_FILE");
	arena_free(f->arena);
}

static void
who_takes_too_long_is_ended_with_all_it_started(void **state)
{
	struct flight	*f;
	int64_t		 began = mono_us();
	int		 pid;

	(void)state;
	conf.channel[0].timeout_s = 1;
	f = run("#!/bin/sh\necho begun\nsleep 60 & echo $! >$(dirname $0)/pid\nwait\n", NULL);
	assert_string_equal(said(f), "E_TIMEOUT 143 begun\n");
	assert_false(f->result.good);
	arena_free(f->arena);
	/* It does not listen to SIGTERM. */
	f = run("#!/bin/sh\ntrap '' TERM\nsleep 60 & echo $! >$(dirname $0)/pid\nwait; sleep 60\n", NULL);
	assert_string_equal(said(f), "E_TIMEOUT 137 ");
	arena_free(f->arena);
	assert_true(mono_us() - began < 10 * US_PER_S);
	pid = atoi(place_read("pid"));
	assert_true(pid > 1);
	for (int i = 0; i < 100 && kill(pid, 0) == 0; i++)
		usleep(20000);
	/* Gone, or a zombie that waits for init. */
	if (kill(pid, 0) == 0) {
		char	path[64], line[256] = "";
		FILE	*p;

		snprintf(path, sizeof(path), "/proc/%d/stat", pid);
		if ((p = fopen(path, "r")) != NULL) {
			assert_non_null(fgets(line, sizeof(line), p));
			fclose(p);
			assert_non_null(strstr(line, ") Z "));
		}
	}
	conf.channel[0].timeout_s = 20;
}

static void
what_it_prints_is_kept_in_part(void **state)
{
	struct flight	*f;

	(void)state;
	f = run("#!/bin/sh\nhead -c 1000000 /dev/zero | tr '\\0' 'x'\n", NULL);
	assert_true(f->result.good);
	assert_int_equal(f->result.answer.len, EXCERPT_MOST);
	arena_free(f->arena);
}

static void
many_wait_for_their_turn(void **state)
{
	struct flight	*f[40];
	int64_t		 began = mono_us();
	int		 here = 0;

	(void)state;
	conf.channel[0].path = place_file("script", "#!/bin/sh\necho >>$(dirname $0)/count\nsleep 0.3\n", 0700);
	for (int i = 0; i < 40; i++) {
		f[i] = flight_of("command", "command:own", "a.b", "{}");
		channel_find(f[i]->endpoint->channel)->start(channels, f[i]);
	}
	assert_true(mono_us() - began < 2 * US_PER_S);		/* nobody waited for them */
	usleep(200000);
	here = (int)strlen(place_read("count"));
	assert_in_range(here, 1, 16);
	flights_wait(channels, f, 40);
	for (int i = 0; i < 40; i++) {
		assert_true(f[i]->result.good);
		arena_free(f[i]->arena);
	}
	assert_int_equal(strlen(place_read("count")), 40);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);	/* no zombie is left */
}

static void
one_that_is_given_up_is_gone(void **state)
{
	struct flight	*f = flight_of("command", "command:own", "a.b", "{}");
	int64_t		 began = mono_us();

	(void)state;
	conf.channel[0].path = place_file("script", "#!/bin/sh\nexec sleep 60\n", 0700);
	channel_find(f->endpoint->channel)->start(channels, f);
	channels_wait(channels, never, 50000);
	channel_find(f->endpoint->channel)->abort(channels, f);
	assert_null(channels_done(channels));
	assert_true(mono_us() - began < 2 * US_PER_S);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	arena_free(f->arena);
}

static void
what_is_too_late_or_unknown_does_not_begin(void **state)
{
	struct flight	*f = flight_of("command", "command:own", "clerk.sms", "{}");

	(void)state;
	conf.channel[0].path = place_file("script", "#!/bin/sh\necho ran\n", 0700);
	f->delivery.expires_us = now_us() - 1;
	f = flight_run(channels, f);
	assert_string_equal(f->result.error, "E_EXPIRED");
	assert_true(f->result.final);
	assert_int_equal(f->result.answer.len, 0);
	arena_free(f->arena);
	f = flight_run(channels, flight_of("command", "command:other", "a.b", "{}"));
	assert_string_equal(f->result.error, "E_CHANNEL");
	arena_free(f->arena);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(it_gets_the_message_and_nothing_else),
		cmocka_unit_test(its_end_is_judged),
		cmocka_unit_test(a_file_that_others_can_change_is_not_run),
		cmocka_unit_test(who_takes_too_long_is_ended_with_all_it_started),
		cmocka_unit_test(what_it_prints_is_kept_in_part),
		cmocka_unit_test(many_wait_for_their_turn),
		cmocka_unit_test(one_that_is_given_up_is_gone),
		cmocka_unit_test(what_is_too_late_or_unknown_does_not_begin),
	};

	return cmocka_run_group_tests(tests, begin_all, end_all);
}
