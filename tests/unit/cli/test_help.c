/* Every command and option has help, and stands in the man page. */
#include "stage.h"

static char *
man_page(void)
{
	FILE	*f = fopen("man/hookkeeper.1", "r");
	char	*text = calloc(1, 1 << 20);

	if (f == NULL)
		fail_msg("man/hookkeeper.1 cannot be read; run the tests from the project's folder");
	assert_non_null(text);
	assert_true(fread(text, 1, (1 << 20) - 1, f) > 0);
	fclose(f);
	return text;
}

/* "Cm name" followed by no further letter. */
static bool
has_word(const char *man, const char *macro, const char *word)
{
	char	want[64];
	size_t	len;

	snprintf(want, sizeof(want), "%s %s", macro, word);
	len = strlen(want);
	for (const char *p = man; (p = strstr(p, want)) != NULL; p += len)
		if (strchr(" \n", p[len]) != NULL)
			return true;
	return false;
}

static void
the_man_page_knows_every_command_and_option(void **state)
{
	char	*man = man_page(), flag[64];

	(void)state;
	for (int i = 0; commands[i] != NULL; i++) {
		if (!has_word(man, "Cm", commands[i]->name))
			fail_msg("%s is not in the man page", commands[i]->name);
		for (const struct opt *o = commands[i]->opts; o != NULL && o->name != NULL; o++) {
			snprintf(flag, sizeof(flag), "-%s", o->name);
			if (!has_word(man, "Fl", flag) && !has_word(man, "|", flag))
				fail_msg("%s --%s is not in the man page", commands[i]->name,
				    o->name);
		}
	}
	for (const char *const *word = (const char *const[]){ "-json", "-conf", "-help", NULL };
	    *word != NULL; word++)
		assert_true(has_word(man, "Fl", *word));
	free(man);
}

static void
the_man_page_knows_every_exit_status(void **state)
{
	static const int	status[] = { 0, EXIT_NO, EXIT_USAGE, EXIT_AWAY, EXIT_IO, EXIT_CONF };
	char			*man = man_page(), item[16];

	(void)state;
	for (size_t i = 0; i < sizeof(status) / sizeof(status[0]); i++) {
		snprintf(item, sizeof(item), "\n.It %d\n", status[i]);
		says("EXIT STATUS", man, item);
	}
	free(man);
}

static void
every_command_tells_of_itself(void **state)
{
	struct stage	*s = *state;
	char		 line[128], flag[64];

	for (int i = 0; commands[i] != NULL; i++) {
		assert_true(strlen(commands[i]->about) > 0);
		must(s, 0, "help");
		says("help", s->out, commands[i]->about);
		snprintf(line, sizeof(line), "%s --help", commands[i]->name);
		must(s, 0, line);
		says(line, s->out, commands[i]->about);
		says(line, s->out, "Exit status");
		for (const struct opt *o = commands[i]->opts; o != NULL && o->name != NULL; o++) {
			snprintf(flag, sizeof(flag), "  --%s", o->name);
			says(line, s->out, flag);
			says(line, s->out, o->about);
		}
	}
	must(s, 0, "events --help");
	says("events --help", s->out, "hookkeeper events list");
	says("events --help", s->out, "hookkeeper events retry");
	must(s, 0, "help plan set");
	says("help plan set", s->out, "--credits N");
	must(s, 0, "--help");
	must(s, 0, "--version");
	says("--version", s->out, HK_VERSION);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(the_man_page_knows_every_command_and_option),
		cmocka_unit_test(the_man_page_knows_every_exit_status),
		cmocka_unit_test_setup_teardown(every_command_tells_of_itself,
		    stage_setup, stage_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
