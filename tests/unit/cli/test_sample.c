/* What send sends: fresh, changed as told, and signed so that it verifies. */
#include "stage.h"

#include "cli/sample.h"

#define NOW	INT64_C(1795390871894719)	/* 2026-11-22 23:41:11.894719 UTC */

static void
open_sample(struct sample *s, const char *provider, const char *type, const char *file,
    const struct texts *set)
{
	const struct provider	*p = provider_find(span_str(provider));

	assert_non_null(p);
	if (sample_open(s, p, type, file, set) != HK_OK)
		fail_msg("%s %s: %s", provider, type, err_last());
}

static struct json *
parsed(const struct sample *s)
{
	struct json	*j;

	if (json_parse(s->body, &j) != HK_OK)
		fail_msg("no JSON: %s", err_last());
	return j;
}

static void
a_sample_has_a_fresh_id_and_the_time_of_now(void **state)
{
	static const struct {
		const char	*provider, *type, *time;
		int64_t		 now;		/* 0: ISO */
		const char	*prefix;
	} row[] = {
		{ "stripe", "checkout.session.completed", "created", INT64_C(1795390871), "evt_" },
		{ "clerk", "user.created", "timestamp", INT64_C(1795390871894), "msg_" },
		{ "resend", "email.delivered", "created_at", 0, "msg_" },
	};
	static const struct texts	none = { .n = 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct sample	 s;
		struct json	*j;
		char		 first[64];
		int64_t		 t = 0;

		open_sample(&s, row[i].provider, row[i].type, NULL, &none);
		assert_int_equal(sample_make(&s, SPAN_NULL, NOW), HK_OK);
		assert_true(span_starts(s.id, row[i].prefix));
		snprintf(first, sizeof(first), "%.*s", SPAN_ARG(s.id));
		j = parsed(&s);
		if (row[i].now != 0)
			assert_true(json_int(j, row[i].time, &t) && t == row[i].now);
		else
			assert_true(span_is(json_text(j, row[i].time),
			    "2026-11-22T23:41:11.894719Z"));
		if (strcmp(row[i].provider, "stripe") == 0)
			assert_true(span_is(json_text(j, "id"), first));
		json_free(j);
		assert_int_equal(sample_make(&s, SPAN_NULL, NOW), HK_OK);
		assert_false(span_is(s.id, first));
		assert_int_equal(sample_make(&s, SPAN("evt_mine"), NOW), HK_OK);
		assert_true(span_is(s.id, "evt_mine"));
		sample_close(&s);
	}
}

static void
set_changes_the_body_and_keeps_json_apart_from_text(void **state)
{
	static const struct texts	set = { .n = 5, .v = {
		"data.object.amount_total=500", "data.object.currency=eur",
		"data.object.metadata.user_id=user_1", "data.object.metadata.note=a=b",
		"data.object.customer=null",
	} };
	struct sample	 s;
	struct json	*j;
	int64_t		 n = 0;

	(void)state;
	open_sample(&s, "stripe", "checkout.session.completed", NULL, &set);
	assert_int_equal(sample_make(&s, SPAN_NULL, NOW), HK_OK);
	j = parsed(&s);
	assert_true(json_int(j, "data.object.amount_total", &n) && n == 500);
	assert_true(span_is(json_text(j, "data.object.currency"), "eur"));
	assert_true(span_is(json_text(j, "data.object.metadata.user_id"), "user_1"));
	assert_true(span_is(json_text(j, "data.object.metadata.note"), "a=b"));
	assert_null(json_get(j, "data.object.customer"));
	json_free(j);
	/* As its sender prints: Stripe on many lines, the others on one. */
	assert_non_null(memmem(s.body.p, s.body.len, "\n  \"id\": \"evt_", 14));
	sample_close(&s);
	open_sample(&s, "resend", "email.delivered", NULL, &(struct texts){ .n = 0 });
	assert_int_equal(sample_make(&s, SPAN_NULL, NOW), HK_OK);
	assert_null(memchr(s.body.p, '\n', s.body.len));
	sample_close(&s);
}

static void
a_path_through_a_string_is_refused(void **state)
{
	static const struct texts	set = { .n = 1, .v = { "type.deeper=1" } };
	struct sample			s;

	(void)state;
	open_sample(&s, "stripe", "invoice.paid", NULL, &set);
	assert_int_equal(sample_make(&s, SPAN_NULL, NOW), HK_SYNTAX);
	assert_true(strlen(err_last()) > 0);
	sample_close(&s);
}

/* Bytes for bytes, for that is what a signature is over. */
static void
a_file_is_sent_as_it_is(void **state)
{
	static const struct {
		const char	*what, *text, *id, *want_id;
	} row[] = {
		{ "odd blanks stay",	"{ \"id\" : \"evt_f\",\n\"a\":1.50 }\n",	NULL,	"evt_f" },
		{ "no JSON goes too",	"{",					NULL,	NULL },
		{ "nothing goes too",	"",					NULL,	NULL },
	};
	struct stage			*st = *state;
	static const struct texts	 none = { .n = 0 };
	struct sample			 s;
	char				 path[64];

	snprintf(path, sizeof(path), "%s/body", st->dir);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		FILE	*f = fopen(path, "w");

		assert_non_null(f);
		fputs(row[i].text, f);
		fclose(f);
		open_sample(&s, "stripe", NULL, path, &none);
		assert_int_equal(sample_make(&s, span_str(row[i].id), NOW), HK_OK);
		if (!span_is(s.body, row[i].text) || !span_eq(s.id, span_str(row[i].want_id)))
			fail_msg("%s: \"%.*s\", id \"%.*s\"", row[i].what, SPAN_ARG(s.body),
			    SPAN_ARG(s.id));
		sample_close(&s);
	}
	must(st, 74, "send stripe --body /nowhere/body --secret whsec_x");
}

static void
every_listed_sample_can_be_made(void **state)
{
	static const struct texts	 none = { .n = 0 };
	struct stage			*st = *state;
	struct json			*list;
	size_t				 n;

	must(st, 0, "send --list --json");
	list = document(st);
	n = json_len(json_get(list, "samples"));
	assert_true(n > 10);
	for (size_t i = 0; i < n; i++) {
		struct json	*one = json_at(json_get(list, "samples"), i);
		char		 provider[32], type[96];
		struct sample	 s;
		struct json	*j;

		snprintf(provider, sizeof(provider), "%.*s", SPAN_ARG(json_text(one, "provider")));
		snprintf(type, sizeof(type), "%.*s", SPAN_ARG(json_text(one, "type")));
		open_sample(&s, provider, type, NULL, &none);
		assert_int_equal(sample_make(&s, SPAN_NULL, NOW), HK_OK);
		j = parsed(&s);
		if (!span_is(json_text(j, "type"), type))
			fail_msg("%s/%s has another type in it", provider, type);
		json_free(j);
		sample_close(&s);
	}
	json_free(list);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(a_sample_has_a_fresh_id_and_the_time_of_now),
		cmocka_unit_test(set_changes_the_body_and_keeps_json_apart_from_text),
		cmocka_unit_test(a_path_through_a_string_is_refused),
		cmocka_unit_test_setup_teardown(a_file_is_sent_as_it_is, stage_setup,
		    stage_teardown),
		cmocka_unit_test_setup_teardown(every_listed_sample_can_be_made, stage_setup,
		    stage_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
