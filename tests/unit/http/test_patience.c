/*
 * Slow, silent and too many peers: each costs a bounded time, and the program
 * stops in time whatever they do.
 */
#include <fcntl.h>
#include <sys/resource.h>

#include "peer.h"

static struct http_limits
impatient(void)
{
	struct http_limits	 l = usual;

	l.threads = 2;
	l.io_timeout_s = 1;
	l.request_timeout_s = 2;
	return l;
}

static void
put_whole(struct buf *b, const char *uri)
{
	put_head(b, "POST", uri, 4, NULL);
	put_stream(b, STDIN, "body", 4, 4);
	put_end(b, STDIN);
}

static int64_t
ms_since(int64_t us)
{
	return (mono_us() - us) / 1000;
}

/* Send `first` bytes of a request; -1: all but the last record. */
static int
half_request(struct child *c, long first)
{
	struct buf	 b;
	int		 fd = dial(c->sock);

	buf_init(&b, 1 << 20);
	put_head(&b, "POST", "/half", 4, NULL);
	put_stream(&b, STDIN, "bo", 2, 2);
	assert_int_not_equal(fd, -1);
	assert_true(send_bytes(fd, b.p, first < 0 ? b.len : (size_t)first));
	buf_release(&b);
	return fd;
}

static void
silence_in_the_body_is_408(void **state)
{
	struct http_limits	 l = impatient();
	struct child		 c;
	struct answer		 a;
	int64_t			 since;
	int			 fd;

	(void)state;
	child_start(&c, &l);
	fd = half_request(&c, -1);
	since = mono_us();
	take_answer(fd, &a);
	assert_int_equal(a.status, 408);
	assert_in_range(ms_since(since), 500, 1900);
	assert_int_equal(atomic_load(&c.n->handled), 0);
	answer_free(&a);
	close(fd);
	child_end(&c);
	child_free(&c);
}

/* One byte after the other, never silent long enough to be cut for silence. */
static void
dripping_has_a_total_limit(void **state)
{
	static const struct {
		const char	*phrase;
		long		 first;		/* bytes at once, then dripping */
		int		 status;	/* 0: closed; it has no answer yet */
	} rows[] = {
		{ "dripping body",		-1,	408 },
		{ "dripping parameters",	30,	0 },
	};
	struct http_limits	 l = impatient();
	struct child		 c;

	(void)state;
	child_start(&c, &l);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int64_t		 since = mono_us();
		int		 fd = half_request(&c, rows[i].first);
		struct answer	 a;
		struct pollfd	 p = { .fd = fd, .events = POLLIN };
		struct buf	 drip;

		buf_init(&drip, 1 << 20);
		for (int k = 0; k < 200; k++)
			put_record(&drip, rows[i].first < 0 ? STDIN : PARAMS, "ab", 2, 0);
		for (size_t k = 0; poll(&p, 1, 20) == 0 && k < drip.len; k++)
			if (!send_bytes(fd, drip.p + k, 1))
				break;
		if (ms_since(since) < 1500 || ms_since(since) > 3000)
			fail_msg("%s: cut after %lld ms", rows[i].phrase,
			    (long long)ms_since(since));
		take_answer(fd, &a);
		if (a.status != rows[i].status)
			fail_msg("%s: status %d", rows[i].phrase, a.status);
		answer_free(&a);
		buf_release(&drip);
		close(fd);
	}
	assert_int_equal(atomic_load(&c.n->handled), 0);
	child_end(&c);
	child_free(&c);
}

/*
 * Who is cut off while he sends may send the next piece before he looks for an
 * answer; web servers then take a reset for the end of the matter (502, 503).
 */
static void
who_is_cut_off_gets_the_answer(void **state)
{
	struct http_limits	 l = impatient();
	struct child		 c;
	struct answer		 a;
	struct buf		 drip;
	int			 fd;
	struct pollfd		 p = { .events = POLLIN };

	(void)state;
	child_start(&c, &l);
	p.fd = fd = half_request(&c, -1);
	buf_init(&drip, 1000);
	for (int k = 0; k < 20; k++)
		put_record(&drip, STDIN, "ab", 2, 0);
	for (size_t k = 0; poll(&p, 1, 50) == 0; k++)
		assert_true(k < drip.len && send_bytes(fd, drip.p + k, 1));
	usleep(200000);
	assert_true(send_bytes(fd, "more", 4));
	take_answer(fd, &a);
	assert_int_equal(a.status, 408);
	answer_free(&a);
	close(fd);

	/* He stays, and says nothing: nor does a stop wait for him. */
	fd = half_request(&c, -1);
	p.fd = fd;
	assert_int_equal(poll(&p, 1, 3000), 1);
	assert_true(child_stop(&c, SIGTERM) < 1000);
	take_answer(fd, &a);
	assert_int_equal(a.status, 408);
	answer_free(&a);
	close(fd);
	unlink(c.sock);
	buf_release(&drip);
	child_free(&c);
}

/* Faster than we read, so that no read of ours ever waits to be interrupted. */
static void *
send_for_ever(void *arg)
{
	static const char	 nothing[65536];
	const int		*fd = arg;
	struct buf		 b;

	buf_init(&b, 1 << 17);
	put_record(&b, STDIN, nothing, 65535, 0);
	b.p[3] = 2;		/* another request's, so it never comes to an end */
	while (send_bytes(*fd, b.p, b.len))
		continue;
	buf_release(&b);
	return NULL;
}

static void
who_never_stops_sending_is_cut_off(void **state)
{
	static const struct {
		const char	*phrase;
		bool		 stop;
		int64_t		 least_ms, most_ms;
	} rows[] = {
		{ "at the end of its time",	false,	1500,	4000 },
		{ "when we stop",		true,	0,	2500 },
	};
	struct http_limits	 l = impatient();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct child	 c;
		pthread_t	 thread[2];
		int		 fd[2];
		int64_t		 since, took;

		child_start(&c, &l);
		since = mono_us();
		for (int k = 0; k < 2; k++) {
			fd[k] = half_request(&c, -1);
			assert_int_equal(pthread_create(&thread[k], NULL, send_for_ever, &fd[k]), 0);
		}
		usleep(200000);
		took = rows[i].stop ? child_stop(&c, SIGTERM) : 0;
		for (int k = 0; k < 2; k++)
			pthread_join(thread[k], NULL);
		if (!rows[i].stop) {
			took = ms_since(since);
			(void)child_stop(&c, SIGTERM);
		}
		if (took < rows[i].least_ms || took > rows[i].most_ms)
			fail_msg("%s: after %lld ms", rows[i].phrase, (long long)took);
		for (int k = 0; k < 2; k++)
			close(fd[k]);
		child_free(&c);
	}
}

/* Two threads, six who connect and say nothing: others still get in. */
static void
idle_connections_delay_but_do_not_stop_us(void **state)
{
	struct child	 c;
	struct answer	 a;
	struct buf	 b;
	int64_t		 since;
	int		 idle[6];
	struct http_limits l = impatient();

	(void)state;
	buf_init(&b, 1 << 20);
	child_start(&c, &l);
	for (int i = 0; i < 6; i++)
		assert_int_not_equal(idle[i] = dial(c.sock), -1);
	put_whole(&b, "/x");
	since = mono_us();
	a = ask(c.sock, &b);
	assert_int_equal(a.status, 200);
	assert_true(ms_since(since) < 7500);
	for (int i = 0; i < 6; i++)
		close(idle[i]);
	answer_free(&a);
	buf_release(&b);
	child_end(&c);
	child_free(&c);
}

/* Has answered after that long; -1: another status. */
static int64_t
asked_ms(const char *sock, const char *uri)
{
	int64_t		 since = mono_us(), ms;
	struct answer	 a;
	struct buf	 b;

	buf_init(&b, 1 << 20);
	put_whole(&b, uri);
	a = ask(sock, &b);
	ms = a.status == 200 ? ms_since(since) : -1;
	answer_free(&a);
	buf_release(&b);
	return ms;
}

/* One of two threads waits for it; the other goes to the door. */
static void
who_is_waited_for_holds_up_nobody(void **state)
{
	static const struct {
		const char	*phrase;
		long		 first;		/* bytes that came, -1: all but the end */
	} rows[] = {
		{ "nothing came",		0 },
		{ "half a record came",		5 },
		{ "half the parameters came",	40 },
		{ "half the body came",		-1 },
	};
	struct http_limits	 l = impatient();
	struct child		 c;
	int64_t			 ms;

	(void)state;
	child_start(&c, &l);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int	 fd = rows[i].first == 0 ? dial(c.sock) : half_request(&c, rows[i].first);

		for (int k = 0; k < 3; k++)
			if ((ms = asked_ms(c.sock, "/x")) < 0 || ms > 900)
				fail_msg("%s: %lld ms", rows[i].phrase, (long long)ms);
		close(fd);
	}
	child_end(&c);
	child_free(&c);
}

static bool
nap(struct http_exchange *x, struct counts *n)
{
	(void)n;
	if (span_is(x->rq.path, "/nap"))
		sleep(1);
	return false;
}

static void *
ask_for_a_nap(void *sock)
{
	return asked_ms(sock, "/nap") >= 900 ? sock : NULL;
}

static void
a_handler_that_waits_holds_up_nobody(void **state)
{
	struct http_limits	 l = impatient();
	struct child		 c;
	pthread_t		 thread;
	void			*napped = NULL;

	(void)state;
	own = nap;
	child_start(&c, &l);
	own = NULL;
	assert_int_equal(pthread_create(&thread, NULL, ask_for_a_nap, c.sock), 0);
	usleep(100000);
	for (int k = 0; k < 3; k++)
		assert_in_range(asked_ms(c.sock, "/x"), 0, 700);
	pthread_join(thread, &napped);
	assert_non_null(napped);
	child_end(&c);
	child_free(&c);
}

/* ---- stopping ---- */

static void
stops_within_a_second(void **state)
{
	static const struct {
		const char	*phrase;
		int		 sig;
		int		 half;		/* connections with half a request */
		int		 idle;		/* silent ones */
	} rows[] = {
		{ "at rest, SIGTERM",		SIGTERM,	0, 0 },
		{ "at rest, SIGUSR1",		SIGUSR1,	0, 0 },
		{ "at rest, SIGINT",		SIGINT,		0, 0 },
		{ "while silent ones wait",	SIGTERM,	0, 8 },
		{ "in the middle of reading",	SIGTERM,	3, 0 },
		{ "all threads reading",	SIGTERM,	4, 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct child	 c;
		int		 fd[16], n = 0;
		int64_t		 ms;

		child_start(&c, &usual);
		usleep(50000);
		while (n < rows[i].half)
			fd[n++] = half_request(&c, -1);
		while (n < rows[i].half + rows[i].idle)
			assert_int_not_equal(fd[n++] = dial(c.sock), -1);
		usleep(50000);
		ms = child_stop(&c, rows[i].sig);
		if (ms > 1000 || atomic_load(&c.n->result) != HK_OK ||
		    atomic_load(&c.n->drained) != 1)
			fail_msg("%s: %lld ms, result %d, drained %d", rows[i].phrase,
			    (long long)ms, atomic_load(&c.n->result),
			    atomic_load(&c.n->drained));
		while (n > 0)
			close(fd[--n]);
		child_free(&c);
	}
}

/* Handed over, all exchanges out, and then the signal. */
static void
what_was_handed_over_is_answered(void **state)
{
	struct http_limits	 l = usual;
	struct child		 c;
	struct answer		 a;
	struct buf		 b;
	int			 fd[3];

	(void)state;
	l.inflight = 3;
	buf_init(&b, 1 << 20);
	child_start(&c, &l);
	put_whole(&b, "/hold");
	for (int i = 0; i < 3; i++) {
		assert_int_not_equal(fd[i] = dial(c.sock), -1);
		assert_true(send_bytes(fd[i], b.p, b.len));
	}
	for (int i = 0; i < 500 && atomic_load(&c.n->handled) < 3; i++)
		usleep(10000);
	assert_int_equal(atomic_load(&c.n->replied), 0);
	child_end(&c);
	for (int i = 0; i < 3; i++) {
		take_answer(fd[i], &a);
		assert_true(a.ended);
		assert_int_equal(a.status, 200);
		answer_free(&a);
		close(fd[i]);
	}
	buf_release(&b);
	child_free(&c);
}

/* A request that comes to its end while we stop is still served. */
static void
reading_may_end_while_stopping(void **state)
{
	struct child	 c;
	struct answer	 a;
	struct buf	 b;
	int		 fd;

	(void)state;
	buf_init(&b, 1000);
	child_start(&c, &usual);
	fd = half_request(&c, -1);
	usleep(100000);
	assert_int_equal(kill(c.pid, SIGTERM), 0);
	usleep(50000);
	put_stream(&b, STDIN, "dy", 2, 2);
	put_end(&b, STDIN);
	assert_true(send_bytes(fd, b.p, b.len));
	take_answer(fd, &a);
	assert_int_equal(a.status, 200);
	assert_true(child_stop(&c, 0) < 1000);
	answer_free(&a);
	buf_release(&b);
	close(fd);
	child_free(&c);
}

struct load {
	const char	*sock;
	pthread_t	 thread;
	int		 answered, broken;
};

static void *
load_run(void *arg)
{
	struct load	*l = arg;
	struct answer	 a;
	struct buf	 b;
	int		 fd;

	buf_init(&b, 1000);
	put_whole(&b, "/later");
	while ((fd = dial(l->sock)) != -1) {
		(void)send_bytes(fd, b.p, b.len);
		take_answer(fd, &a);
		close(fd);
		if (a.ended && a.status == 200)
			l->answered++;
		else if (a.all.len > 0)
			l->broken++;
		answer_free(&a);
	}
	buf_release(&b);
	return NULL;
}

static void
stops_under_load_without_losing_one(void **state)
{
	struct load	 l[8];
	struct child	 c;
	int		 answered = 0;

	(void)state;
	for (int round = 0; round < 5; round++) {
		child_start(&c, &usual);
		for (int i = 0; i < 8; i++) {
			l[i] = (struct load){ .sock = c.sock };
			assert_int_equal(pthread_create(&l[i].thread, NULL, load_run, &l[i]), 0);
		}
		usleep(150000 + 7000 * round);
		assert_true(child_stop(&c, SIGTERM) < 1000);
		unlink(c.sock);
		answered = 0;
		for (int i = 0; i < 8; i++) {
			pthread_join(l[i].thread, NULL);
			assert_int_equal(l[i].broken, 0);
			answered += l[i].answered;
		}
		assert_true(answered > 20);
		assert_int_equal(answered, atomic_load(&c.n->handled));
		child_free(&c);
	}
}

/* ---- the system runs out of file descriptors ---- */

static int
log_lines(const char *path, const char *what)
{
	char	 line[512];
	int	 n = 0;
	FILE	*f = fopen(path, "r");

	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL)
		n += strstr(line, what) != NULL;
	fclose(f);
	return n;
}

static void
out_of_descriptors_is_waited_out(void **state)
{
	const struct rlimit	 few = { 12, 12 };
	struct child		 c;
	struct answer		 a;
	struct buf		 b;
	int			 fd[16];
	int64_t			 since;
	struct http_limits	 l = usual;

	(void)state;
	buf_init(&b, 1000);
	l.threads = 16;
	child_start(&c, &l);
	assert_int_equal(prlimit(c.pid, RLIMIT_NOFILE, &few, NULL), 0);
	for (int i = 0; i < 16; i++)
		fd[i] = half_request(&c, -1);
	usleep(500000);
	for (int i = 0; i < 16; i++)
		close(fd[i]);
	since = mono_us();
	put_whole(&b, "/x");
	a = ask(c.sock, &b);
	assert_int_equal(a.status, 200);
	assert_true(ms_since(since) < 2000);
	child_end(&c);
	assert_int_equal(log_lines(c.log, "Too many open files"), 1);
	answer_free(&a);
	buf_release(&b);
	child_free(&c);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(silence_in_the_body_is_408),
		cmocka_unit_test(dripping_has_a_total_limit),
		cmocka_unit_test(who_is_cut_off_gets_the_answer),
		cmocka_unit_test(who_never_stops_sending_is_cut_off),
		cmocka_unit_test(idle_connections_delay_but_do_not_stop_us),
		cmocka_unit_test(who_is_waited_for_holds_up_nobody),
		cmocka_unit_test(a_handler_that_waits_holds_up_nobody),
		cmocka_unit_test(stops_within_a_second),
		cmocka_unit_test(what_was_handed_over_is_answered),
		cmocka_unit_test(reading_may_end_while_stopping),
		cmocka_unit_test(stops_under_load_without_losing_one),
		cmocka_unit_test(out_of_descriptors_is_waited_out),
	};

	return cmocka_run_group_tests_name("http/patience", tests, NULL, NULL);
}
