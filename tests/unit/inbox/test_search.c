/* The index finds what events say, and never what they must not tell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "base/clock.h"
#include "inbox/body.h"
#include "inbox/event.h"
#include "inbox/housekeeping.h"
#include "inbox/search.h"

static struct db	*db;
static struct arena	*arena;
static int		 serial;

static int64_t
put(const char *provider, const char *type, struct span body)
{
	char		 id[32];
	struct event	 ev = { .provider = provider, .verified = true,
			    .env = { .type = span_str(type), .lane = SPAN("cus_lane9") },
			    .headers = SPAN("{}"), .body = body, .received_us = now_us() };
	int64_t		 event;
	bool		 fresh;

	snprintf(id, sizeof(id), "evt_%06d", ++serial);
	ev.env.event_id = span_str(id);
	ev.packed = body_pack(body, arena);
	assert_int_equal(db_begin(db), HK_OK);
	assert_int_equal(event_store(db, &ev, &event, &fresh), HK_OK);
	assert_int_equal(db_commit(db), HK_OK);
	return event;
}

static void
index_all(void)
{
	bool	more = true;

	while (more)
		assert_int_equal(search_step(db, arena, &more), HK_OK);
}

static int
setup(void **state)
{
	(void)state;
	serial = 0;
	assert_non_null(arena = arena_new((size_t)64 << 20));
	return db_memory(&db) != HK_OK;
}

static int
teardown(void **state)
{
	(void)state;
	db_close(db);
	arena_free(arena);
	return 0;
}

#define BODY	"{\"name_of_key\":\"Jos\303\251 Garc\303\255a\",\"n\":[1,{\"amount\":1999,\"ok\":true}]," \
		"\"mail\":\"Ann.Lee@mail.example.com\",\"quote\":\"say \\\"hello\\\" (twice), l\342\200\231eau\"," \
		"\"id\":\"cus_NffrFeUfNV2Hib\",\"at\":\"2026-11-22\",\"rate\":-12.50," \
		"\"esc\":\"a\\u0041b\\nnext\",\"key\":\"AND\",\"uuid\":\"0190b3c4-6f1a-7000-8000-00000000c0de\"}"

static void
what_is_found(void **state)
{
	static const struct {
		const char	*phrase;
		struct span	 words;
		bool		 found;
	} row[] = {
		{ "a word of a text",			SPAN("Garc\303\255a"),	true },
		{ "without its accents",		SPAN("jose garcia"),	true },
		{ "in capitals",			SPAN("JOS\303\211"),	true },
		{ "the beginning of the last word",	SPAN("jose gar"),	true },
		{ "but not of an earlier one",		SPAN("gar jose"),	false },
		{ "a number",				SPAN("1999"),		true },
		{ "not the beginning of a number",	SPAN("199"),		false },
		{ "a number with its sign and point",	SPAN("-12.50"),		true },
		{ "an address",				SPAN("ann.lee@mail.example.com"), true },
		{ "its domain",				SPAN("example.com"),	true },
		{ "its host",				SPAN("mail.example.com"), true },
		{ "its name",				SPAN("lee"),		true },
		{ "another's of the same domain",	SPAN("bob.lee@mail.example.com"), false },
		{ "an id",				SPAN("cus_NffrFeUfNV2Hib"), true },
		{ "half an id",				SPAN("cus_NffrFe"),	true },
		{ "a word in quotes and brackets",	SPAN("\"hello\" (twice)"), true },
		{ "behind a typographic apostrophe",	SPAN("eau"),		true },
		{ "what was escaped",			SPAN("aAb next"),	true },
		{ "a date",				SPAN("2026-11-22"),	true },
		{ "a UUID",				SPAN("0190b3c4-6f1a-7000-8000-00000000c0de"), true },
		{ "the type",				SPAN("customer.updated"), true },
		{ "a part of the type",			SPAN("customer"),	true },
		{ "the sender",				SPAN("stripe"),		true },
		{ "the lane",				SPAN("cus_lane9"),	true },
		{ "the event's id",			SPAN("evt_000001"),	true },
		{ "a word and another that is not there", SPAN("jose nothere"),	false },
		{ "the name of a member is none",	SPAN("name_of_key"),	false },
		{ "an operator is a word",		SPAN("AND"),		true },
		{ "an operator that is not there",	SPAN("jose OR nothere"), false },
		{ "brackets and stars",			SPAN("((jose*) \"gar*"), true },
		{ "a column filter",			SPAN("words:jose"),	false },
		{ "a quote that does not close",	SPAN("\"jose"),		true },
		{ "a minus in front",			SPAN("-jose"),		true },
		{ "SQL",				SPAN("'; DROP TABLE event; --"), false },
		{ "a NUL between words",		SPAN("jose\0garcia"),	true },
		{ "broken UTF-8",			SPAN("jose \377\300"),	true },
		{ "an accent alone",			SPAN("jose \314\201"),	false },
	};

	(void)state;
	put("stripe", "customer.updated", SPAN(BODY));
	index_all();
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct search_found	f;
		int64_t			ids[4];

		if (search_find(db, row[i].words, INT64_MAX, 0, 4, ids, &f) != HK_OK)
			fail_msg("%s: %s", row[i].phrase, err_last());
		if ((f.n == 1) != row[i].found)
			fail_msg("%s: %d found", row[i].phrase, f.n);
	}
}

static void
a_question_without_words_finds_nothing(void **state)
{
	static const struct span	none[] = { SPAN(""), SPAN("  "), SPAN("\"*()\""), SPAN("@"),
					    SPAN("\377\376\0"), { NULL, 0 } };
	struct search_found		f;
	int64_t				ids[4];

	(void)state;
	put("stripe", "customer.updated", SPAN(BODY));
	index_all();
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		assert_int_equal(search_find(db, none[i], INT64_MAX, 0, 4, ids, &f), HK_OK);
		assert_int_equal(f.n, 0);
		assert_int_equal(f.words, 0);
	}
}

static void
a_long_question_is_no_harm(void **state)
{
	static char		text[100000];
	struct search_found	f;
	int64_t			ids[4];

	(void)state;
	put("stripe", "customer.updated", SPAN(BODY));
	index_all();
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = i % 99 == 98 ? ' ' : 'x';
	assert_int_equal(search_find(db, span_of(text, sizeof(text)), INT64_MAX, 0, 4, ids, &f), HK_OK);
	assert_int_equal(f.words, SEARCH_WORDS);
	assert_int_equal(f.n, 0);
}

static void
codes_are_not_indexed(void **state)
{
	struct search_found	f;
	int64_t			ids[4], id;

	(void)state;
	id = put("clerk", "email.created", SPAN("{\"data\":{\"to\":\"ann@example.com\","
	    "\"otp_code\":\"424242\",\"body_plain\":\"code 424242\"},\"type\":\"email.created\"}"));
	put("clerk", "sms.created", SPAN("{\"data\":{\"message\":\"code 424242\"}}"));
	index_all();
	assert_int_equal(search_find(db, SPAN("424242"), INT64_MAX, 0, 4, ids, &f), HK_OK);
	assert_int_equal(f.n, 0);
	assert_int_equal(search_find(db, SPAN("email.created"), INT64_MAX, 0, 4, ids, &f), HK_OK);
	assert_int_equal(f.n, 1);
	assert_int_equal(ids[0], id);
	assert_int_equal(search_path(db, SPAN("data.otp_code"), SPAN("424242"), INT64_MAX, 0, 4, ids,
	    &f), HK_OK);
	assert_int_equal(f.n, 0);
}

/* Bodies that no scanner has seen: custom senders may send anything. */
static void
any_body_can_be_indexed(void **state)
{
	static char	big[300000], deep[5000];
	static const struct span	odd[] = { SPAN(""), SPAN("{"), SPAN("{\"a\":\"\\u12"), SPAN("\"\\"),
					    SPAN("payload=%7B&token=found_me"), SPAN("[1,2"),
					    SPAN("\0\1\2\377"), SPAN("{\"a\":\"\\ud800\"}") };
	struct search_found	f;
	int64_t			ids[4];

	(void)state;
	memset(deep, '[', sizeof(deep));
	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = i % 7 == 6 ? ' ' : (char)('a' + i / 7 % 26);
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		put("custom:x", "thing", odd[i]);
	put("custom:x", "thing", span_of(deep, sizeof(deep)));
	put("custom:x", "thing", span_of(big, sizeof(big)));
	index_all();
	assert_int_equal(search_find(db, SPAN("found_me"), INT64_MAX, 0, 4, ids, &f), HK_OK);
	assert_int_equal(f.n, 1);
	assert_int_equal(search_find(db, SPAN("thing"), INT64_MAX, 0, 4, ids, &f), HK_OK);
	assert_int_equal(f.n, 4);
	assert_int_equal(f.indexed_to, ids[0]);
}

static void
pages_follow_each_other(void **state)
{
	struct search_found	f;
	int64_t			ids[3], seen[20], before = INT64_MAX;
	int			n = 0;

	(void)state;
	for (int i = 0; i < 20; i++)
		put("stripe", i % 2 ? "invoice.paid" : "charge.refunded", SPAN("{\"a\":\"word\"}"));
	index_all();
	do {
		assert_int_equal(search_find(db, SPAN("word invoice"), before, 0, 3, ids, &f), HK_OK);
		for (int i = 0; i < f.n; i++)
			seen[n++] = ids[i];
		before = f.next;
	} while (f.next != 0);
	assert_int_equal(n, 10);
	for (int i = 0; i < n; i++)
		assert_int_equal(seen[i], 20 - 2 * i);
	assert_int_equal(search_find(db, SPAN("word"), 11, 8, 20, seen, &f), HK_OK);
	assert_int_equal(f.n, 2);	/* 10 and 9 */
}

static void
many_endings_are_one_word(void **state)
{
	char			body[64];
	struct search_found	f;
	int64_t			ids[4];

	(void)state;
	for (int i = 0; i < 60; i++) {
		snprintf(body, sizeof(body), "{\"a\":\"begin%c%c\"}", 'a' + i / 26, 'a' + i % 26);
		put("stripe", "customer.updated", span_str(body));
	}
	put("stripe", "customer.updated", SPAN("{\"a\":\"begin\"}"));
	index_all();
	assert_int_equal(search_find(db, SPAN("begin"), INT64_MAX, 0, 4, ids, &f), HK_OK);
	assert_true(f.many);
	assert_int_equal(f.n, 1);
	assert_int_equal(search_find(db, SPAN("beginb"), INT64_MAX, 0, 4, ids, &f), HK_OK);
	assert_false(f.many);
	assert_int_equal(f.n, 4);
}

static void
paths(void **state)
{
	static const struct {
		const char	*phrase, *path, *value;
		bool		 found;
	} row[] = {
		{ "a text",			"mail",			"Ann.Lee@mail.example.com", true },
		{ "a text is compared exactly",	"mail",			"ann.lee@mail.example.com", false },
		{ "a number in a list",		"n.0",			"1",	true },
		{ "in an object of a list",	"n.1.amount",		"1999",	true },
		{ "true",			"n.1.ok",		"true",	true },
		{ "false",			"n.1.ok",		"false", false },
		{ "an escaped text",		"esc",			"aAb\nnext", true },
		{ "at another place",		"n.1.mail",		"Ann.Lee@mail.example.com", false },
		{ "through a text",		"mail.x",		"Ann.Lee@mail.example.com", false },
		{ "a whole object",		"n",			"1999",	false },
		{ "no such element",		"n.7",			"1",	false },
		{ "a path of dots",		"..",			"1",	false },
	};
	struct search_found	f;
	int64_t			ids[4];

	(void)state;
	put("stripe", "customer.updated", SPAN(BODY));
	for (int indexed = 0; indexed < 2; indexed++) {
		for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
			if (search_path(db, span_str(row[i].path), span_str(row[i].value), INT64_MAX, 0,
			    4, ids, &f) != HK_OK)
				fail_msg("%s: %s", row[i].phrase, err_last());
			if ((f.n == 1) != row[i].found || f.next != 0)
				fail_msg("%s: %d found, next %lld, indexed %d", row[i].phrase, f.n,
				    (long long)f.next, indexed);
		}
		index_all();
	}
	assert_int_equal(search_path(db, SPAN(""), SPAN("1"), INT64_MAX, 0, 4, ids, &f), HK_SYNTAX);
}

/* Half of them indexed, a page at a time: each is found once. */
static void
paths_go_on(void **state)
{
	struct search_found	f;
	int64_t			ids[3], before = INT64_MAX, last = INT64_MAX;
	int			n = 0;

	(void)state;
	for (int i = 0; i < 30; i++) {
		put("stripe", "customer.updated", i % 3 == 0 ? SPAN("{\"a\":{\"b\":\"yes\"}}") :
		    SPAN("{\"a\":{\"c\":\"yes\"}}"));
		if (i == 14)
			index_all();
	}
	do {
		assert_int_equal(search_path(db, SPAN("a.b"), SPAN("yes"), before, 0, 3, ids, &f), HK_OK);
		for (int i = 0; i < f.n; i++, n++) {
			assert_true(ids[i] < last);
			last = ids[i];
		}
		before = f.next;
	} while (f.next != 0);
	assert_int_equal(n, 10);
	assert_int_equal(f.indexed_to, 15);
}

/* A row of the index without its event. */
static void
index_word(int64_t id, const char *word)
{
	struct stmt	*q;

	assert_int_equal(db_stmt(db, S_SEARCH_ADD, &q), HK_OK);
	bind_int(q, ":id", id);
	bind_text(q, ":words", span_str(word));
	assert_int_equal(stmt_run(q), HK_OK);
}

static void
events_far_apart_are_found_together(void **state)
{
	static const int64_t	at[] = { 1000000, 999990, 930000, 700000, 699999, 300000, 7 };
	struct stmt		*q;
	struct search_found	 f;
	int64_t			 ids[8];

	(void)state;
	for (int i = 6; i >= 0; i--)
		index_word(at[i], "rare");
	assert_int_equal(db_stmt(db, S_MARK_MOVE, &q), HK_OK);
	bind_text(q, ":name", SPAN("indexed_to"));
	bind_int(q, ":from", 0);
	bind_int(q, ":to", at[0]);
	assert_int_equal(stmt_run(q), HK_OK);
	for (int most = 1; most <= 8; most++) {
		memset(ids, 0, sizeof(ids));
		assert_int_equal(search_find(db, SPAN("rare"), INT64_MAX, 0, most, ids, &f), HK_OK);
		assert_int_equal(f.n, most < 7 ? most : 7);
		assert_memory_equal(ids, at, (size_t)f.n * sizeof(ids[0]));
		assert_int_equal(f.next, most < 7 ? at[most - 1] : most == 7 ? at[6] : 0);
	}
}

static void
the_index_follows(void **state)
{
	struct search_found	f;
	int64_t			ids[4];
	bool			more;

	(void)state;
	put("stripe", "customer.updated", SPAN(BODY));
	assert_int_equal(search_find(db, SPAN("jose"), INT64_MAX, 0, 4, ids, &f), HK_OK);
	assert_int_equal(f.n, 0);
	assert_int_equal(f.indexed_to, 0);
	assert_int_equal(housekeeping_step(db, now_us(), 1000000, &more), HK_OK);
	assert_false(more);
	assert_int_equal(housekeeping_step(db, now_us(), 1000000, &more), HK_OK);
	assert_int_equal(search_find(db, SPAN("jose"), INT64_MAX, 0, 4, ids, &f), HK_OK);
	assert_int_equal(f.n, 1);
	assert_int_equal(f.indexed_to, 1);
}

#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		T(what_is_found),
		T(a_question_without_words_finds_nothing),
		T(a_long_question_is_no_harm),
		T(codes_are_not_indexed),
		T(any_body_can_be_indexed),
		T(pages_follow_each_other),
		T(many_endings_are_one_word),
		T(paths),
		T(paths_go_on),
		T(events_far_apart_are_found_together),
		T(the_index_follows),
	};

	return cmocka_run_group_tests_name("inbox/search", tests, NULL, NULL);
}
