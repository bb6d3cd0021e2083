/*
 * Large answers by FastCGI, in one piece and while they are made: they arrive
 * whole or are seen not to be, and a bad reader costs a bounded time.
 */
#include "large.h"

static struct http_limits
impatient(void)
{
	struct http_limits	 l = usual;

	l.io_timeout_s = 1;
	l.arena_most = 1 << 20;
	return l;
}

static int
asked(struct child *c, const char *method, const char *uri)
{
	struct buf	 b;
	int		 fd = dial(c->sock);

	buf_init(&b, 1 << 20);
	put_head(&b, method, uri, -1, NULL);
	put_end(&b, STDIN);
	assert_int_not_equal(fd, -1);
	assert_true(send_bytes(fd, b.p, b.len));
	buf_release(&b);
	return fd;
}

static struct answer
answer_to(struct child *c, const char *method, const char *uri)
{
	struct answer	 a;
	int		 fd = asked(c, method, uri);

	take_answer(fd, &a);
	close(fd);
	return a;
}

static void
answers_arrive_whole(void **state)
{
	static const struct {
		const char	*phrase, *uri;
		size_t		 n;
	} rows[] = {
		{ "nothing at all",		"/stream/0",		0 },
		{ "one byte",			"/stream/1",		1 },
		{ "about as much as is gathered", "/stream/32768",	32768 },
		{ "somewhat more",		"/stream/40000",	40000 },
		{ "more than the arena holds",	"/stream/10485760",	LARGE_MOST },
		{ "by another thread",		"/later/stream/200000",	200000 },
		{ "in one piece",		"/reply/10485760",	LARGE_MOST },
		{ "in one piece, by another",	"/later/reply/10485760", LARGE_MOST },
		{ "as long as a record",	"/reply/65528",		65528 },
	};
	struct http_limits	 l = impatient();
	struct child		 c;

	(void)state;
	child_start(&c, &l);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct answer	 a = answer_to(&c, "GET", rows[i].uri);

		if (a.status != 200 || !a.ended || !large_is_whole(a.body, rows[i].n))
			fail_msg("%s: status %d, %zu bytes, %s", rows[i].phrase, a.status,
			    a.body.len, a.ended ? "ended" : "broken off");
		answer_free(&a);
	}
	child_end(&c);
	child_free(&c);
}

/* Each second something is read, but never much. */
static void
slow_readers_get_all(void **state)
{
	static const char *const	uri[] = { "/stream/6000000", "/reply/6000000" };
	struct http_limits		l = impatient();
	struct child			c;

	(void)state;
	child_start(&c, &l);
	pause_us = 15000;
	for (size_t i = 0; i < 2; i++) {
		int64_t		 since = mono_us();
		struct answer	 a = answer_to(&c, "GET", uri[i]);

		assert_true(a.ended && large_is_whole(a.body, 6000000));
		assert_true(mono_us() - since > US_PER_S);
		answer_free(&a);
	}
	pause_us = 0;
	child_end(&c);
	child_free(&c);
}

static void
heads(void **state)
{
	static const struct {
		const char	*phrase, *method, *uri, *head;
		size_t		 body;
	} rows[] = {
		{ "a stream has no length", "GET", "/stream/5", "Status: 200 OK\r\n"
		    "Content-Type: text/csv\r\nCache-Control: no-store\r\nX-Stream: yes\r\n", 5 },
		{ "HEAD of a stream", "HEAD", "/stream/100000", "Status: 200 OK\r\n"
		    "Content-Type: text/csv\r\nCache-Control: no-store\r\nX-Stream: yes\r\n", 0 },
		{ "many lines", "GET", "/reply/5", "Status: 200 OK\r\nContent-Type: text/html\r\n"
		    "Content-Length: 5\r\n" LARGE_EXTRA, 5 },
		{ "HEAD tells the length", "HEAD", "/reply/70000", "Status: 200 OK\r\n"
		    "Content-Type: text/html\r\nContent-Length: 70000\r\n" LARGE_EXTRA, 0 },
		{ "304 has neither", "GET", "/unchanged", "Status: 304 Not Modified\r\n"
		    "Cache-Control: no-store\r\nETag: \"x\"\r\n", 0 },
	};
	struct child	 c;

	(void)state;
	child_start(&c, &usual);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct answer	 a = answer_to(&c, rows[i].method, rows[i].uri);
		struct span	 head = span_of(a.all.p, a.all.len - a.body.len);

		if (!a.ended || a.body.len != rows[i].body || head.len < 2 ||
		    !span_is(span_of(head.p, head.len - 2), rows[i].head))
			fail_msg("%s: \"%.*s\" and %zu bytes", rows[i].phrase, SPAN_ARG(head),
			    a.body.len);
		answer_free(&a);
	}
	child_end(&c);
	child_free(&c);
}

static void
nobody_makes_a_body_for_head(void **state)
{
	struct child	 c;
	struct answer	 a;

	(void)state;
	child_start(&c, &usual);
	a = answer_to(&c, "HEAD", "/endless");
	assert_true(a.ended && a.status == 200 && a.body.len == 0);
	assert_int_equal(large_said(c.n), HK_SKIP);
	answer_free(&a);
	child_end(&c);
	child_free(&c);
}

/* What fails is an error as long as it can be, then an answer broken off. */
static void
half_an_answer_never_looks_whole(void **state)
{
	struct child	 c;
	struct answer	 a;

	(void)state;
	child_start(&c, &usual);
	a = answer_to(&c, "GET", "/fail/10000");
	assert_true(a.ended && a.status == 503);
	assert_true(span_starts(a.body, "{\"error\":"));
	answer_free(&a);
	a = answer_to(&c, "GET", "/fail/100000");
	assert_int_equal(a.status, 200);
	assert_false(a.ended);
	answer_free(&a);
	a = answer_to(&c, "HEAD", "/fail/100000");
	assert_int_equal(a.status, 503);
	answer_free(&a);
	child_end(&c);
	child_free(&c);
}

/* An arena that the request has filled: 503, not a crash. */
static void
no_memory_is_503(void **state)
{
	struct http_limits	 l = usual;
	struct child		 c;
	struct answer		 a;

	(void)state;
	l.arena_most = 30000;
	child_start(&c, &l);
	a = answer_to(&c, "GET", "/stream/10");
	assert_true(a.ended && a.status == 503);
	assert_int_equal(atomic_load(&c.n->streamed), HK_NOMEM);
	answer_free(&a);
	child_end(&c);
	child_free(&c);
}

static void
a_peer_that_goes_away_is_noticed(void **state)
{
	struct child	 c;
	char		 some[1000];
	int		 fd;

	(void)state;
	child_start(&c, &usual);
	fd = asked(&c, "GET", "/endless");
	assert_true(recv_bytes(fd, some, sizeof(some)));
	close(fd);
	assert_int_equal(large_said(c.n), HK_ABORTED);
	child_end(&c);
	child_free(&c);
}

static void
a_peer_that_stops_reading_is_given_up(void **state)
{
	struct http_limits	 l = impatient();
	struct child		 c;
	int64_t			 since;
	int			 fd;

	(void)state;
	child_start(&c, &l);
	since = mono_us();
	fd = asked(&c, "GET", "/endless");
	assert_int_equal(large_said(c.n), HK_TIMEOUT);
	assert_in_range(mono_us() - since, US_PER_S, 2 * US_PER_S);
	close(fd);
	child_end(&c);
	child_free(&c);
}

/* Whether the peer reads or not; a small answer still gets out. */
static void
stopping_ends_streams(void **state)
{
	struct answer	 a;
	struct child	 c;
	int		 fd;

	(void)state;
	for (int reading = 0; reading < 2; reading++) {
		child_start(&c, &usual);
		fd = asked(&c, "GET", "/endless");
		usleep(200000);
		assert_int_equal(kill(c.pid, SIGTERM), 0);
		if (reading) {
			take_answer(fd, &a);
			assert_false(a.ended);
			answer_free(&a);
		}
		assert_in_range(child_stop(&c, 0), 0, 900);
		assert_int_equal(atomic_load(&c.n->streamed), HK_STOPPING);
		close(fd);
		child_free(&c);
	}
	child_start(&c, &usual);
	fd = asked(&c, "GET", "/hold/stream/5000");
	usleep(100000);
	assert_int_equal(kill(c.pid, SIGTERM), 0);
	take_answer(fd, &a);
	assert_true(a.ended && large_is_whole(a.body, 5000));
	answer_free(&a);
	close(fd);
	(void)child_stop(&c, 0);
	child_free(&c);
}

static int
setup(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	own = large_answer;
	return 0;
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(answers_arrive_whole),
		cmocka_unit_test(slow_readers_get_all),
		cmocka_unit_test(heads),
		cmocka_unit_test(nobody_makes_a_body_for_head),
		cmocka_unit_test(half_an_answer_never_looks_whole),
		cmocka_unit_test(no_memory_is_503),
		cmocka_unit_test(a_peer_that_goes_away_is_noticed),
		cmocka_unit_test(a_peer_that_stops_reading_is_given_up),
		cmocka_unit_test(stopping_ends_streams),
	};

	return cmocka_run_group_tests_name("http/stream", tests, setup, NULL);
}
