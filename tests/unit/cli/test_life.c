/* backup, restore, export, import and prune: what they print, and what they refuse. */
#include "cli/sizes.h"
#include "stage.h"

static void
sizes_as_people_read_them(void **state)
{
	static const struct {
		int64_t		 bytes;
		const char	*text;
	} rows[] = {
		{ 0, "0 bytes" }, { 1, "1 byte" }, { 1023, "1023 bytes" }, { 1024, "1.0 KB" },
		{ 1536, "1.5 KB" }, { 1 << 20, "1.0 MB" }, { INT64_C(5) << 30, "5.0 GB" },
		{ INT64_C(5000) << 40, "5000.0 TB" },
	};
	char	text[SIZE_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_text(text, rows[i].bytes);
		assert_string_equal(text, rows[i].text);
	}
}

static void
wrong_calls_say_what_is_right(void **state)
{
	static const struct {
		const char	*line;
		int		 status;
		const char	*says;
	} rows[] = {
		{ "backup",			EXIT_USAGE,	"needs FILE" },
		{ "restore",			EXIT_USAGE,	"needs FILE" },
		{ "import",			EXIT_USAGE,	"needs FILE" },
		{ "prune --bodies soon",	EXIT_USAGE,	"90d or 12h" },
		{ "prune --bodies 90",		EXIT_USAGE,	"90d or 12h" },
		{ "prune --bodies 0d",		EXIT_USAGE,	"90d or 12h" },
		{ "prune --events -3d",		EXIT_USAGE,	"365d" },
		{ "prune --bodies 2026-11-22",	EXIT_USAGE,	"90d or 12h" },
		{ "export --since yesterday",	EXIT_USAGE,	"--since" },
		{ "export --provider paypal",	EXIT_USAGE,	"custom:NAME" },
		{ "import /nowhere/at-all",	EXIT_IO,	"No such file" },
		{ "restore /nowhere/at-all",	EXIT_IO,	"No such file" },
		{ "backup /nowhere/at-all",	EXIT_IO,	"/nowhere" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		must(*state, rows[i].status, rows[i].line);
		says(rows[i].line, ((struct stage *)*state)->err, rows[i].says);
	}
}

static void
there_and_back(void **state)
{
	struct stage	*s = *state;
	char		 line[160];
	struct json	*j;
	int64_t		 n;

	put_event(s, "evt_1", "invoice.created", "{\"a\":\"\303\274\"}");
	put_event(s, "evt_2", "invoice.created", "\200\377");
	snprintf(line, sizeof(line), "backup %s/x.bak --json", s->dir);
	must(s, 0, line);
	j = document(s);
	assert_true(json_int(j, "bytes", &n) && n > 100000);
	assert_true(json_int(j, "schema", &n) && n == db_schema_version());
	json_free(j);
	snprintf(line, sizeof(line), "export --type invoice.* --out %s/x.ndjson", s->dir);
	must(s, 0, line);
	says(line, s->err, "2 events, 2 with a body");
	must(s, EXIT_IO, line);
	says(line, s->err, "is there already");
	must(s, 0, "export");
	says("export", s->out, "\"body\":\"{\\\"a\\\":\\\"\303\274\\\"}\"");
	says("export", s->out, "\"body_base64\":\"gP8=\"");
	says("export", s->out, "\"headers\":{\"accept\":\"*/*\"}");
	must(s, 0, "export --type none.*");
	assert_string_equal(s->out, "");

	snprintf(line, sizeof(line), "import %s/x.ndjson", s->dir);
	must(s, 0, line);
	says(line, s->out, "2 there already");
	snprintf(line, sizeof(line), "restore %s/x.bak", s->dir);
	put_event(s, "evt_3", "invoice.created", "{}");
	must(s, 0, line);
	says(line, s->out, "is kept as");
	must(s, 1, "events show evt_3");
	must(s, 0, "events show evt_2");
	must(s, 0, "prune --dry-run");
	says("prune", s->out, "[retention] is not set");
	must(s, 0, "prune --bodies never --json");
	j = document(s);
	assert_true(json_int(j, "bodies", &n) && n == 0);
	json_free(j);
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, stage_with_database, stage_teardown)
	const struct CMUnitTest	tests[] = {
		T(sizes_as_people_read_them),
		T(wrong_calls_say_what_is_right),
		T(there_and_back),
	};

	return cmocka_run_group_tests_name("cli/life", tests, NULL, NULL);
}
