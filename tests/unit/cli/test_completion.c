/* Shells are told of every command and every option. */
#include "stage.h"

static void
both_shells_know_every_command_and_option(void **state)
{
	static const char *const	lines[] = { "completion bash", "completion zsh" };
	struct stage			*s = *state;
	char				 text[128];

	for (size_t shell = 0; shell < 2; shell++) {
		must(s, 0, lines[shell]);
		for (int i = 0; commands[i] != NULL; i++) {
			const char	*space = strchr(commands[i]->name, ' ');

			snprintf(text, sizeof(text), "'%s')", commands[i]->name);
			says(lines[shell], s->out, text);
			if (space != NULL)
				says(lines[shell], s->out, space + 1);
			for (const struct opt *o = commands[i]->opts; o != NULL && o->name != NULL; o++) {
				snprintf(text, sizeof(text), "--%s", o->name);
				says(lines[shell], s->out, text);
			}
		}
	}
}

static void
what_an_option_may_be_is_told(void **state)
{
	struct stage	*s = *state;

	must(s, 0, "completion bash");
	says("bash", s->out, "--mode) words='test live'");
	must(s, 0, "completion zsh");
	says("zsh", s->out, ":MODE:(test live)'");
}

static void
another_shell_is_refused(void **state)
{
	struct stage	*s = *state;

	must(s, EXIT_USAGE, "completion fish");
	says("completion fish", s->err, "knows bash and zsh, not 'fish'");
	must(s, EXIT_USAGE, "completion");
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test_setup_teardown(both_shells_know_every_command_and_option,
		    stage_setup, stage_teardown),
		cmocka_unit_test_setup_teardown(what_an_option_may_be_is_told,
		    stage_setup, stage_teardown),
		cmocka_unit_test_setup_teardown(another_shell_is_refused,
		    stage_setup, stage_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
