/* Who listens hears his room: all of it, in order, once, and nothing else. */
#include "house.h"

static char	nora[UUID_LEN + 1], omar[UUID_LEN + 1];

static void
setup(struct house *h, const struct hub_opts *opts)
{
	house_open(h, opts);
	house_user(h, "nora", nora);
	house_user(h, "omar", omar);
}

static int
number(const struct said *s)
{
	int	n = -1;

	assert_int_equal(sscanf(s->data, "{\"n\":%d}", &n), 1);
	return n;
}

static void
a_room_hears_its_own_and_no_other(void **state)
{
	static const struct {
		const char	*what, *kind, *type, *payload, *hears;
		char		*owner;
	} row[] = {
		{ "a grant", "user", "credits_granted", "{\"amount\":5}", "{\"amount\":5}", nora },
		{ "a balance", "user", "credit_balance_updated", "{\"balance\":5}", "{\"balance\":5}", nora },
		{ "another user's", "user", "credits_granted", "{\"secret\":1}", NULL, omar },
		{ "a change of the user", "user", "user.updated", "{\"id\":\"x\"}", "{\"id\":\"x\"}", nora },
		{ "a subscription", "user", "subscription.past_due", "{\"a\":[1,2]}", "{\"a\":[1,2]}", nora },
		{ "a type that is not for browsers", "user", "key.created", "{\"key\":1}", NULL, nora },
		{ "a type that begins alike", "user", "credits_granted_twice", "{}", NULL, nora },
		{ "an organization of that name", "organization", "credits_granted", "{}", NULL, nora },
		{ "the system's", "system", "credits_granted", "{}", NULL, nora },
		{ "lines within", "user", "user.updated", "{\n \"a\": 1,\r\n \"b\": \"\\n\"\n}",
		    "{  \"a\": 1,   \"b\": \"\\n\" }", nora },
		{ "signs of all the world", "user", "user.updated", "{\"n\":\"\xc3\xa5\xe2\x82\xac\"}",
		    "{\"n\":\"\xc3\xa5\xe2\x82\xac\"}", nora },
	};
	struct hub_opts	 o = house_opts();
	struct house	 h;
	struct ear	 ear;
	struct said	 s;
	char		 cause[16];

	(void)state;
	setup(&h, &o);
	ear_open(&ear, &h, nora, NULL);
	ear_ready(&ear);
	assert_non_null(strstr(ear.head, "Content-Type: text/event-stream\r\n"));
	assert_non_null(strstr(ear.head, "Cache-Control: no-store\r\n"));
	assert_non_null(strstr(ear.head, "X-Accel-Buffering: no\r\n"));
	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		snprintf(cause, sizeof(cause), "row:%zu", i);
		put_message(h.db, row[i].kind, row[i].owner, row[i].type, cause, row[i].payload);
	}
	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		if (row[i].hears == NULL)
			continue;
		print_message("  %s\n", row[i].what);
		assert_true(ear_hear(&ear, &s, WAIT_MS));
		assert_string_equal(s.type, row[i].type);
		assert_string_equal(s.data, row[i].hears);
		assert_int_equal(strncmp(s.id, "msg_", 4), 0);
	}
	assert_false(ear_hear(&ear, &s, 100));
	ear_close(&ear);
	house_close(&h);
}

/* Writers of their own connections, as receivers and api.fcgi are. */
struct writing {
	struct house	*h;
	pthread_t	 thread;
	int		 first, n;
};

static void *
write_on(void *arg)
{
	struct writing	*w = arg;
	struct db	*db;
	char		 cause[32], payload[32];

	assert(db_open(&db, w->h->path, DB_RW, 10000) == HK_OK);
	for (int i = w->first; i < w->first + w->n; i++) {
		snprintf(cause, sizeof(cause), "writing:%d", i);
		snprintf(payload, sizeof(payload), "{\"n\":%d}", i);
		put_message(db, "user", i % 3 == 0 ? omar : nora, "credits_granted", cause, payload);
		usleep(300);
	}
	db_close(db);
	return NULL;
}

/* A cut connection goes on where it was: at any byte, while messages keep coming. */
static void
a_broken_connection_misses_and_repeats_nothing(void **state)
{
	enum { WRITERS = 3, EACH = 400 };
	struct hub_opts	 o = house_opts();
	struct house	 h;
	struct writing	 w[WRITERS];
	struct ear	 ear;
	struct said	 s;
	bool		 heard[WRITERS * EACH] = { false };
	char		 last[ID_MOST];
	int		 n, left = 0, cuts = 0;
	size_t		 bytes;

	(void)state;
	setup(&h, &o);
	ear_open(&ear, &h, nora, NULL);
	ear_ready(&ear);
	for (int i = 0; i < WRITERS; i++) {
		w[i] = (struct writing){ .h = &h, .first = i * EACH, .n = EACH };
		assert_int_equal(pthread_create(&w[i].thread, NULL, write_on, &w[i]), 0);
	}
	for (int i = 0; i < WRITERS * EACH; i++)
		left += i % 3 != 0;
	srand(17);
	while (left > 0) {
		bytes = ear.text.len + (size_t)(rand() % 3000);
		while (left > 0 && ear.text.len < bytes) {
			if (!ear_hear(&ear, &s, WAIT_MS))
				fail_msg("%d were not heard, after %d cuts", left, cuts);
			assert_string_equal(s.type, "credits_granted");
			n = number(&s);
			assert_true(n % 3 != 0);
			assert_false(heard[n]);
			heard[n] = true;
			left--;
		}
		snprintf(last, sizeof(last), "%s", ear.last);
		ear_close(&ear);
		cuts++;
		ear_open(&ear, &h, nora, last);
	}
	assert_true(cuts > 5);
	for (int i = 0; i < WRITERS; i++)
		pthread_join(w[i].thread, NULL);
	assert_false(ear_hear(&ear, &s, 100));
	ear_close(&ear);
	house_close(&h);
}

static void
a_place_is_known_before_anything_was_heard(void **state)
{
	struct hub_opts	 o = house_opts();
	struct house	 h;
	struct ear	 ear;
	struct said	 s;
	char		 last[ID_MOST];

	(void)state;
	setup(&h, &o);
	house_say(&h, omar, "user.updated", "{\"n\":0}");
	ear_open(&ear, &h, omar, NULL);
	ear_ready(&ear);
	snprintf(last, sizeof(last), "%s", ear.last);
	ear_close(&ear);
	house_say(&h, omar, "user.updated", "{\"n\":1}");	/* while nobody listens */
	ear_open(&ear, &h, omar, last);
	assert_true(ear_hear(&ear, &s, WAIT_MS));
	assert_int_equal(number(&s), 1);
	ear_close(&ear);
	house_close(&h);
}

static void
a_place_that_is_none_is_told_so(void **state)
{
	struct hub_opts	 o = house_opts();
	struct house	 h;
	struct ear	 ear;
	struct said	 s;
	char		 other[ID_MOST];

	(void)state;
	setup(&h, &o);
	house_say(&h, nora, "user.updated", "{\"n\":0}");
	message_name(other, 1, 12345);
	const struct {
		const char	*what, *last;
	} row[] = {
		{ "no name", "17" },
		{ "one of another database", other },
		{ "one that will be", "msg_99999999999900000000000001" },
		{ "a number below zero", "msg_-0000000000100000000000001" },
		{ "an attempt at the statement", "' OR 1=1 --" },
	};
	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		print_message("  %s\n", row[i].what);
		ear_open(&ear, &h, nora, row[i].last);
		assert_true(ear_hear(&ear, &s, WAIT_MS));
		assert_string_equal(s.type, "reset");
		house_say(&h, nora, "user.updated", "{\"n\":1}");
		assert_true(ear_hear(&ear, &s, WAIT_MS));
		assert_int_equal(number(&s), 1);
		ear_close(&ear);
	}
	house_close(&h);
}

static void
what_was_before_is_heard_however_much_it_is(void **state)
{
	enum { MANY = 20000 };		/* 2 MB: more than any buffer on the way */
	struct hub_opts	 o = house_opts();
	struct house	 h;
	struct ear	 ear;
	struct said	 s;
	char		 first[ID_MOST];

	(void)state;
	setup(&h, &o);
	ear_open(&ear, &h, nora, NULL);
	ear_ready(&ear);
	snprintf(first, sizeof(first), "%s", ear.last);
	ear_close(&ear);
	house_say_many(&h, nora, MANY);
	ear_open(&ear, &h, nora, first);
	usleep(200000);				/* he is slow to begin with */
	for (int i = 0; i < MANY; i++) {
		assert_true(ear_hear(&ear, &s, WAIT_MS));
		assert_int_equal(number(&s), i);
		if (i == MANY / 2)		/* and something new meanwhile */
			house_say(&h, nora, "user.updated", "{\"n\":-5}");
	}
	assert_true(ear_hear(&ear, &s, WAIT_MS));
	assert_int_equal(number(&s), -5);
	ear_close(&ear);
	house_close(&h);
}

/* To both 60 times 100 messages, of which the quick one hears each hundred at once. */
static void
say_to_both(struct house *h, struct ear *quick)
{
	struct said	s;

	for (int i = 0; i < 60; i++) {
		house_say_many(h, nora, 100);
		for (int n = 0; n < 100; n++) {
			assert_true(ear_hear(quick, &s, WAIT_MS));
			assert_int_equal(number(&s), n);
		}
	}
}

static void
who_listens_slowly_hears_all_and_nobody_waits_for_him(void **state)
{
	struct hub_opts	 o = house_opts();
	struct house	 h;
	struct ear	 slow, quick;
	struct said	 s;

	(void)state;
	setup(&h, &o);
	ear_open(&slow, &h, nora, NULL);
	ear_ready(&slow);
	ear_open(&quick, &h, nora, NULL);
	ear_ready(&quick);
	say_to_both(&h, &quick);
	for (int n = 0; n < 6000; n++) {
		assert_true(ear_hear(&slow, &s, WAIT_MS));
		assert_int_equal(number(&s), n % 100);
	}
	house_say(&h, nora, "user.updated", "{\"n\":77}");	/* he is among the others again */
	assert_true(ear_hear(&slow, &s, WAIT_MS));
	assert_int_equal(number(&s), 77);
	assert_true(ear_hear(&quick, &s, WAIT_MS));
	assert_int_equal(number(&s), 77);
	ear_close(&slow);
	ear_close(&quick);
	house_close(&h);
}

static void
who_takes_nothing_is_sent_away_and_comes_again(void **state)
{
	struct hub_opts	 o = house_opts();
	struct house	 h;
	struct ear	 slow, quick;
	struct said	 s;
	char		 last[ID_MOST];
	int		 n = 0;

	(void)state;
	o.beat_us = 500 * US_PER_MS;
	setup(&h, &o);
	ear_open(&slow, &h, nora, NULL);
	ear_ready(&slow);
	ear_open(&quick, &h, nora, NULL);
	ear_ready(&quick);
	say_to_both(&h, &quick);
	assert_false(ear_hear(&quick, &s, 1500));	/* quiet */
	/* What he gets is whole and in order, and then no end but a cut. */
	while (ear_hear(&slow, &s, WAIT_MS))
		assert_int_equal(number(&s), n++ % 100);
	assert_true(slow.cut);
	assert_false(slow.ended);
	assert_true(n > 0 && n < 6000);
	snprintf(last, sizeof(last), "%s", slow.last);
	ear_close(&slow);
	ear_open(&slow, &h, nora, last);
	for (; n < 6000; n++) {
		assert_true(ear_hear(&slow, &s, WAIT_MS));
		assert_int_equal(number(&s), n % 100);
	}
	ear_close(&slow);
	ear_close(&quick);
	house_close(&h);
}

static void
what_is_not_for_a_room_is_passed_over_however_much_it_is(void **state)
{
	struct hub_opts	 o = house_opts();
	struct house	 h;
	struct ear	 ear;
	struct said	 s;
	char		 first[ID_MOST];

	(void)state;
	setup(&h, &o);
	ear_open(&ear, &h, nora, NULL);
	ear_ready(&ear);
	snprintf(first, sizeof(first), "%s", ear.last);
	ear_close(&ear);
	for (int i = 0; i < 600; i++)
		house_say(&h, nora, "key.used", "{}");
	house_say(&h, nora, "user.updated", "{\"n\":1}");
	ear_open(&ear, &h, nora, first);
	assert_true(ear_hear(&ear, &s, WAIT_MS));
	assert_int_equal(number(&s), 1);
	ear_close(&ear);
	house_close(&h);
}

static void
one_larger_than_all_that_may_wait_is_heard(void **state)
{
	struct hub_opts	 o = house_opts();
	struct house	 h;
	struct ear	 ear;
	struct said	 s;
	size_t		 len = 600000;
	char		*large = malloc(len + 1);

	(void)state;
	setup(&h, &o);
	assert_non_null(large);
	memset(large, 'x', len);
	memcpy(large, "{\"n\":7,\"x\":\"", 12);
	memcpy(large + len - 2, "\"}", 3);
	ear_open(&ear, &h, nora, NULL);
	ear_ready(&ear);
	house_say(&h, nora, "user.updated", large);
	assert_true(ear_hear(&ear, &s, WAIT_MS));
	assert_int_equal(strlen(s.data), len);
	assert_string_equal(s.data, large);
	house_say(&h, nora, "user.updated", "{\"n\":8}");
	assert_true(ear_hear(&ear, &s, WAIT_MS));
	assert_int_equal(number(&s), 8);
	free(large);
	ear_close(&ear);
	house_close(&h);
}

static void
silence_is_broken_by_comments(void **state)
{
	struct hub_opts	 o = house_opts();
	struct house	 h;
	struct ear	 ear;
	struct said	 s;

	(void)state;
	o.beat_us = 300 * US_PER_MS;
	setup(&h, &o);
	ear_open(&ear, &h, nora, NULL);
	ear_ready(&ear);
	assert_false(ear_hear(&ear, &s, 2500));
	assert_true(ear.beats >= 3 && ear.beats <= 9);
	ear_close(&ear);
	house_close(&h);
}

static void
the_end_of_the_token_ends_the_stream(void **state)
{
	struct hub_opts	 o = house_opts();
	struct house	 h;
	struct ear	 ear;
	struct said	 s;
	char		*token, uri[256];

	(void)state;
	setup(&h, &o);
	token = room_text(nora, now_us() - (ROOM_LIFE_S - 2) * US_PER_S);
	snprintf(uri, sizeof(uri), "/stream?token=%s", token);
	ear_ask(&ear, &h, "GET", uri, NULL, NULL);
	ear_ready(&ear);
	house_say(&h, nora, "user.updated", "{\"n\":1}");
	assert_true(ear_hear(&ear, &s, WAIT_MS));
	assert_true(ear_hear(&ear, &s, WAIT_MS));
	assert_string_equal(s.type, "token_expired");
	assert_false(ear_hear(&ear, &s, WAIT_MS));
	assert_true(ear.ended);			/* whole, not a cut */
	ear_close(&ear);
	ear_ask(&ear, &h, "GET", uri, NULL, NULL);
	assert_true(ear_head(&ear));
	assert_int_equal(ear.status, 401);
	ear_close(&ear);
	free(token);
	house_close(&h);
}

static void
a_deleted_user_hears_it_last(void **state)
{
	struct hub_opts	 o = house_opts();
	struct house	 h;
	struct ear	 ear, late;
	struct said	 s;
	struct cause	 c;
	struct clerk_user k = { .clerk_id = SPAN("user_gone"), .updated_us = 5 };
	struct user	 u;
	char		 before[ID_MOST], id[UUID_LEN + 1];

	(void)state;
	setup(&h, &o);
	c = (struct cause){ .db = h.db, .now = now_us() };
	assert_int_equal(db_begin(h.db), HK_OK);
	assert_int_equal(user_put(&c, &k, 0, &u), HK_OK);
	assert_int_equal(db_commit(h.db), HK_OK);
	memcpy(id, u.id, sizeof(id));
	ear_open(&ear, &h, id, NULL);
	ear_ready(&ear);
	snprintf(before, sizeof(before), "%s", ear.last);
	assert_int_equal(db_begin(h.db), HK_OK);
	assert_int_equal(user_delete(&c, SPAN("user_gone")), HK_OK);
	assert_int_equal(db_commit(h.db), HK_OK);
	do
		assert_true(ear_hear(&ear, &s, WAIT_MS));
	while (strcmp(s.type, "user.deleted") != 0);
	assert_false(ear_hear(&ear, &s, WAIT_MS));
	assert_true(ear.ended);
	/* Who was away hears it too. */
	ear_open(&late, &h, id, before);
	do
		assert_true(ear_hear(&late, &s, WAIT_MS));
	while (strcmp(s.type, "user.deleted") != 0);
	assert_false(ear_hear(&late, &s, WAIT_MS));
	assert_true(late.ended);
	ear_close(&late);
	/* And then there is nothing to come again for. */
	ear_open(&late, &h, id, ear.last);
	assert_true(ear_head(&late));
	assert_int_equal(late.status, 204);
	ear_close(&late);
	ear_open(&late, &h, id, NULL);
	assert_true(ear_head(&late));
	assert_int_equal(late.status, 204);
	ear_close(&late);
	ear_close(&ear);
	house_close(&h);
}

static void
the_house_has_so_many_places(void **state)
{
	struct hub_opts	 o = house_opts();
	struct house	 h;
	struct ear	 ear[3], more;
	int64_t		 until;

	(void)state;
	o.listeners = 3;
	setup(&h, &o);
	for (int i = 0; i < 3; i++) {
		ear_open(&ear[i], &h, nora, NULL);
		ear_ready(&ear[i]);
	}
	ear_open(&more, &h, omar, NULL);
	assert_true(ear_head(&more));
	assert_int_equal(more.status, 503);
	assert_non_null(strstr(more.head, "Retry-After: "));
	ear_close(&more);
	/* Who goes away leaves a place. */
	ear_close(&ear[1]);
	until = mono_us() + 5 * US_PER_S;
	do {
		ear_open(&more, &h, omar, NULL);
		assert_true(ear_head(&more));
		if (more.status == 503)
			ear_close(&more);
		assert_true(mono_us() < until);
	} while (more.status == 503);
	ear_close(&more);
	ear_close(&ear[0]);
	ear_close(&ear[2]);
	house_close(&h);
}

static void
one_user_has_his_share_of_them(void **state)
{
	enum { SHARE = 8 };
	struct hub_opts	 o = house_opts();
	struct house	 h;
	struct ear	 ear[SHARE], more;

	(void)state;
	o.listeners = 3 * SHARE;
	setup(&h, &o);
	for (int i = 0; i < SHARE; i++) {
		ear_open(&ear[i], &h, nora, NULL);
		ear_ready(&ear[i]);
	}
	ear_open(&more, &h, nora, NULL);
	assert_true(ear_head(&more));
	assert_int_equal(more.status, 429);
	assert_non_null(strstr(more.head, "Retry-After: "));
	ear_close(&more);
	ear_open(&more, &h, omar, NULL);
	assert_true(ear_head(&more));
	assert_int_equal(more.status, 200);
	ear_close(&more);
	for (int i = 0; i < SHARE; i++)
		ear_close(&ear[i]);
	house_close(&h);
}

static void
told_to_stop_it_ends_all_streams_at_once(void **state)
{
	enum { MANY = 40 };
	struct hub_opts	 o = house_opts();
	struct house	 h;
	struct ear	 ear[MANY];
	struct said	 s;

	(void)state;
	setup(&h, &o);
	for (int i = 0; i < MANY; i++) {
		ear_open(&ear[i], &h, i % 2 ? nora : omar, NULL);
		ear_ready(&ear[i]);
	}
	assert_true(house_stop(&h) < 1000);
	for (int i = 0; i < MANY; i++) {
		assert_false(ear_hear(&ear[i], &s, WAIT_MS));
		assert_true(ear[i].ended);
		ear_close(&ear[i]);
	}
	house_close(&h);
}

static void
one_at_a_time_it_says_what_is_new_and_closes(void **state)
{
	struct hub_opts	 o = house_opts();
	struct house	 h;
	struct ear	 ear;
	struct said	 s;
	char		 last[ID_MOST];

	(void)state;
	o.poll = true;
	setup(&h, &o);
	house_say(&h, nora, "user.updated", "{\"n\":0}");
	ear_open(&ear, &h, nora, NULL);
	assert_false(ear_hear(&ear, &s, WAIT_MS));
	assert_true(ear.ended);
	assert_int_equal(ear.status, 200);
	assert_non_null(strstr(ear.head, "Content-Type: text/event-stream\r\n"));
	snprintf(last, sizeof(last), "%s", ear.last);
	ear_close(&ear);
	house_say_many(&h, nora, 300);
	house_say_many(&h, omar, 3);
	ear_open(&ear, &h, nora, last);
	for (int i = 0; i < 300; i++) {
		assert_true(ear_hear(&ear, &s, WAIT_MS));
		assert_int_equal(number(&s), i);
	}
	assert_false(ear_hear(&ear, &s, WAIT_MS));
	assert_true(ear.ended);
	snprintf(last, sizeof(last), "%s", ear.last);
	ear_close(&ear);
	ear_open(&ear, &h, nora, last);
	assert_false(ear_hear(&ear, &s, WAIT_MS));
	assert_true(ear.ended);
	assert_string_equal(ear.last, last);
	ear_close(&ear);
	house_close(&h);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(a_room_hears_its_own_and_no_other),
		cmocka_unit_test(a_broken_connection_misses_and_repeats_nothing),
		cmocka_unit_test(a_place_is_known_before_anything_was_heard),
		cmocka_unit_test(a_place_that_is_none_is_told_so),
		cmocka_unit_test(what_was_before_is_heard_however_much_it_is),
		cmocka_unit_test(who_listens_slowly_hears_all_and_nobody_waits_for_him),
		cmocka_unit_test(who_takes_nothing_is_sent_away_and_comes_again),
		cmocka_unit_test(what_is_not_for_a_room_is_passed_over_however_much_it_is),
		cmocka_unit_test(one_larger_than_all_that_may_wait_is_heard),
		cmocka_unit_test(silence_is_broken_by_comments),
		cmocka_unit_test(the_end_of_the_token_ends_the_stream),
		cmocka_unit_test(a_deleted_user_hears_it_last),
		cmocka_unit_test(the_house_has_so_many_places),
		cmocka_unit_test(one_user_has_his_share_of_them),
		cmocka_unit_test(told_to_stop_it_ends_all_streams_at_once),
		cmocka_unit_test(one_at_a_time_it_says_what_is_new_and_closes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
