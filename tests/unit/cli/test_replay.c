/* The replay and the dry run of one event: what they print, and what they refuse. */
#include "books/books.h"
#include "cli/diff.h"
#include "cli/plans_file.h"
#include "cli/progress.h"
#include "stage.h"

#define PAYMENT	"{\"id\":\"evt_1\",\"object\":\"event\",\"created\":1790000000,\"type\":" \
	"\"checkout.session.completed\",\"livemode\":false,\"data\":{\"object\":{\"id\":\"cs_1\"," \
	"\"mode\":\"payment\",\"payment_status\":\"paid\",\"payment_intent\":\"pi_1\"," \
	"\"client_reference_id\":\"user_1\",\"metadata\":{\"price_id\":\"price_1\"}}}}"

/* A user, and a payment by the plan. */
static int64_t
told(struct stage *s)
{
	const struct app_user	 u = { .clerk_id = SPAN("user_1") };
	struct cause		 cause = { .now = now_us() };
	struct user		 user;
	struct db		*db;
	int64_t			 id;
	bool			 made;

	must(s, 0, "plan set price_1 --credits 100");
	assert_int_equal(db_open(&db, s->db, DB_RW, 1000), HK_OK);
	cause.db = db;
	assert_int_equal(db_begin(db), HK_OK);
	assert_int_equal(user_ensure(&cause, &u, &user, &made), HK_OK);
	assert_int_equal(db_commit(db), HK_OK);
	db_close(db);
	id = put_event(s, "evt_1", "checkout.session.completed", PAYMENT);
	return id;
}

static void
a_dry_run_of_one_event_shows_rows_and_changes_nothing(void **state)
{
	struct stage	*s = *state;
	char		 line[64];
	struct json	*j;
	int64_t		 id = told(s);

	snprintf(line, sizeof(line), "events retry %lld --dry-run", (long long)id);
	for (int i = 0; i < 2; i++) {
		must(s, 0, line);
		says(line, s->out, "would be handled");
		says(line, s->out, "transfer");
		says(line, s->out, "balance 0 -> 100");
		says(line, s->out, "type credits_granted");
	}
	must(s, 0, "events retry evt_1 --dry-run --json");
	j = document(s);
	assert_true(span_is(json_text(json_at(json_get(j, "dry_runs"), 0), "verdict"), "handled"));
	assert_true(json_len(json_get(json_at(json_get(j, "dry_runs"), 0), "changes")) > 3);
	json_free(j);
	must(s, 0, "plan rm price_1");
	must(s, 1, line);
	says(line, s->out, "would fail");
	must(s, 1, "events retry evt_9 --dry-run");
	says("no such event", s->err, "there is no event 'evt_9'");
	must(s, 64, "events retry --status failed --dry-run");
	must(s, 0, "stats --json");
	must(s, 0, "plan set price_1 --credits 100");
	must(s, 0, "worker --once");
	must(s, 0, line);
	says(line, s->out, "would be");
}

static void
a_replay_tells_differences_and_totals(void **state)
{
	struct stage	*s = *state;
	char		 path[96], line[160];
	struct json	*j;
	FILE		*f;
	int64_t		 more = 0, changed = 0, after = 0;

	must(s, 64, "replay");
	says("replay", s->err, "say --dry-run");
	must(s, 0, "replay --dry-run");
	says("empty", s->out, "0 events: ");
	says("empty", s->out, "no difference");
	told(s);
	must(s, 0, "replay --dry-run");
	says("queued", s->out, "left out: 1 event still in the queue");
	must(s, 0, "worker --once");
	must(s, 0, "replay --dry-run");
	says("worked", s->out, "1 event: 1 handled");
	says("worked", s->out, "credits: 100 today, 100 replayed");
	assert_string_equal(s->err, "");

	snprintf(path, sizeof(path), "%s/plans", s->dir);
	assert_non_null(f = fopen(path, "w"));
	fputs("# dearer\nhookkeeper plan set price_1 --credits 250 --name \"A year\"\n", f);
	fclose(f);
	snprintf(line, sizeof(line), "replay --dry-run --plans %s", path);
	must(s, 1, line);
	says(line, s->out, "account   user_1");
	says(line, s->out, "balance 100 -> 250");
	says(line, s->out, "credits: 100 today, 250 replayed");
	snprintf(line, sizeof(line), "replay --dry-run --limit 1 --json --plans %s", path);
	must(s, 1, line);
	j = document(s);
	assert_int_equal(json_len(json_get(j, "differences")), 1);
	assert_true(json_int(j, "more", &more) && json_int(j, "rows_changed", &changed) &&
	    json_int(j, "credits_after", &after));
	assert_int_equal(more, changed - 1);
	assert_int_equal(after, 250);
	json_free(j);
	must(s, 74, "replay --dry-run --folder /nowhere");
	says("no folder", s->err, "/nowhere/: ");
	must(s, 64, "replay --dry-run --plans /nowhere/plans --json --limit x");
	must(s, 74, "replay --dry-run --plans /nowhere/plans");
}

static const struct {
	const char	*what, *text;
	size_t		 n;		/* plans; 0: refused */
	const char	*why;
} plans[] = {
	{ "one line",		"price_1 --credits 5", 1, NULL },
	{ "as plan list --json prints", "{\"plans\":[{\"ref\":\"price_1\",\"match\":\"price\","
	    "\"credits\":5,\"per\":1,\"name\":null},{\"ref\":\"usd\",\"credits\":1,\"per\":10}]}", 2,
	    NULL },
	{ "an array",		" [{\"ref\":\"cplan_1\",\"credits\":0}]", 1, NULL },
	{ "comments and empty lines", "# a\n\n price_1 --credits=5 # five\n\nUSD --credits 1 --per 2", 2,
	    NULL },
	{ "a name in quotes",	"price_1 --name 'a b' --credits 5\n", 1, NULL },
	{ "an open quote",	"price_1 --credits 5\nprice_2 --name \"a --credits 5", 0, ":2: a quote" },
	{ "no credits",		"\nprice_1", 0, ":2: --credits is missing" },
	{ "no such ref",	"prise_1 --credits 5", 0, ":1: REF must be price_" },
	{ "two refs",		"price_1 price_2 --credits 5", 0, ":1: it needs one REF" },
	{ "JSON without credits", "[{\"ref\":\"price_1\"}]", 0, "plan 1: credits is a number" },
	{ "JSON with another ref", "[{\"ref\":\"x\",\"credits\":1}]", 0, "plan 1: ref must be" },
	{ "broken JSON",	"[{\"ref\":", 0, "plans: " },
	{ "JSON that is no list", "{\"a\":1}", 0, "neither an array" },
	{ "nothing",		"# nothing\n", 0, "has no plans" },
};

static void
files_of_plans(void **state)
{
	struct stage	*s = *state;
	struct arena	*arena = arena_new(64 << 20);
	char		 path[96];
	struct plan	*p;
	size_t		 n;
	FILE		*f;

	snprintf(path, sizeof(path), "%s/plans", s->dir);
	for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
		enum hk_err	e;

		assert_non_null(f = fopen(path, "w"));
		fputs(plans[i].text, f);
		fclose(f);
		e = plans_file(arena, path, &p, &n);
		if (e != (plans[i].n > 0 ? HK_OK : HK_USAGE) || (e == HK_OK && n != plans[i].n) ||
		    (e != HK_OK && strstr(err_last(), plans[i].why) == NULL))
			fail_msg("%s: %s, %zu, %s", plans[i].what, err_name(e), n, err_last());
		arena_reset(arena);
	}
	arena_free(arena);
}

static const struct {
	const char	*what;
	int		 width;
	int64_t		 done, all, took_us;
	const char	*text;
} lines[] = {
	{ "just begun",		60, 0, 100, 0,
	    "replaying  [---------------------------------------]    0 %" },
	{ "half way",		60, 500, 1000, US_PER_S,
	    "replaying  [##########-----------]   50 %  500/s  0:01 left" },
	{ "more than an hour",	60, 1, 10000, US_PER_S,
	    "replaying  [--------------------]    0 %  1/s  2:46:39 left" },
	{ "done",		60, 1000, 1000, US_PER_S,
	    "replaying  [###############################]  100 %  1000/s" },
	{ "a narrow terminal",	24, 1, 2, 0, "replaying   50 %" },
	{ "nothing to do",	60, 0, 0, 0,
	    "replaying  [---------------------------------------]    0 %" },
	{ "a line of a log",	0, 500, 1000, US_PER_S,
	    "replaying: 500 of 1000 (50 %), 500/s, 0:01 left" },
	{ "a log, just begun",	0, 0, 1000, 0, "replaying: 0 of 1000 (0 %)" },
};

static void
how_far_it_has_come(void **state)
{
	char	text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		progress_text(text, sizeof(text), lines[i].width, "replaying", lines[i].done,
		    lines[i].all, lines[i].took_us);
		if (strcmp(text, lines[i].text) != 0 || (lines[i].width > 0 &&
		    (int)strlen(text) >= lines[i].width))
			fail_msg("%s:\n%s\nnot:\n%s", lines[i].what, text, lines[i].text);
	}
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, stage_with_database, stage_teardown)
	const struct CMUnitTest	tests[] = {
		T(a_dry_run_of_one_event_shows_rows_and_changes_nothing),
		T(a_replay_tells_differences_and_totals),
		T(files_of_plans),
		T(how_far_it_has_come),
	};

	return cmocka_run_group_tests_name("cli/replay", tests, NULL, NULL);
}
