/*
 * Requests and answers over FastCGI: what arrives is what was sent, and what
 * did not arrive whole is not handed over.
 */
#include "peer.h"

static struct child	 child;
static struct buf	 out;

static int
setup(void **state)
{
	(void)state;
	buf_init(&out, 64 << 20);
	child_start(&child, &usual);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	child_end(&child);
	child_free(&child);
	buf_release(&out);
	return 0;
}

/* Of the echo: what follows the empty line. */
static struct span
echoed(const struct answer *a)
{
	const char	*p = memmem(a->body.p, a->body.len, "\n\n", 2);

	return p == NULL ? SPAN_NULL :
	    span_of(p + 2, a->body.len - (size_t)(p + 2 - a->body.p));
}

static void
bodies_arrive_exactly(void **state)
{
	static const struct {
		const char	*phrase;
		size_t		 len, chunk;
		long		 told;	/* -1: no CONTENT_LENGTH; -2: right */
	} rows[] = {
		{ "empty",				0,	1,	-2 },
		{ "empty and nothing told",		0,	1,	-1 },
		{ "one byte",				1,	1,	-2 },
		{ "every byte value, NUL first",	256,	256,	-2 },
		{ "records of one byte",		3000,	1,	-2 },
		{ "odd records",			70000,	13,	-2 },
		{ "records of a page",			70000,	4096,	-2 },
		{ "largest records, nothing told",	300000,	65535,	-1 },
		{ "first guess of a body, exactly",	4096,	4096,	-1 },
		{ "one more than the first guess",	4097,	4097,	-1 },
		{ "largest allowed",			1 << 20, 8000,	-2 },
		{ "largest allowed, nothing told",	1 << 20, 8000,	-1 },
		{ "unpacked by a filter: more than told", 5000,	1000,	100 },
	};
	char	*body = malloc(1 << 20);

	(void)state;
	for (size_t i = 0; i < 1 << 20; i++)
		body[i] = (char)(i ^ i >> 8);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct answer	 a;

		put_head(&out, "POST", "/echo",
		    rows[i].told == -2 ? (long)rows[i].len : rows[i].told, NULL);
		put_stream(&out, STDIN, body, rows[i].len, rows[i].chunk);
		put_end(&out, STDIN);
		a = ask(child.sock, &out);
		if (!a.ended || a.status != 200 ||
		    !span_eq(echoed(&a), span_of(body, rows[i].len)))
			fail_msg("%s: status %d, %zu of %zu bytes", rows[i].phrase,
			    a.status, echoed(&a).len, rows[i].len);
		answer_free(&a);
	}
	free(body);
}

static void
fields_arrive(void **state)
{
	struct answer	 a;

	(void)state;
	put_head(&out, "PUT", "/a%20b?x=1&y", 2, "QUERY_STRING", "x=1&y",
	    "CONTENT_TYPE", "application/json", "HTTP_SVIX_ID", "msg_1",
	    "HTTP_PROXY", "http://evil", "HTTP_CONTENT_TYPE", "twice",
	    "HTTP_X_EMPTY", "", NULL);
	put_stream(&out, STDIN, "{}", 2, 2);
	put_end(&out, STDIN);
	a = ask(child.sock, &out);
	assert_int_equal(a.status, 200);
	assert_true(span_is(a.body, "PUT /a%20b ? x=1&y from 127.0.0.1\n"
	    "content-type: application/json\ncontent-length: 2\nsvix-id: msg_1\n"
	    "x-empty: \n\n{}"));
	assert_non_null(strstr(a.all.p, "\r\nX-Echo: yes\r\n"));
	assert_non_null(strstr(a.all.p, "\r\nCache-Control: no-store\r\n"));
	assert_non_null(strstr(a.all.p, "\r\nContent-Type: text/plain\r\n"));
	answer_free(&a);
}

static void
head_has_length_but_no_body(void **state)
{
	struct answer	 a;

	(void)state;
	put_head(&out, "HEAD", "/h", -1, NULL);
	put_end(&out, STDIN);
	a = ask(child.sock, &out);
	assert_int_equal(a.status, 200);
	assert_non_null(strstr(a.all.p, "\r\nContent-Length: 27\r\n"));
	assert_int_equal(a.body.len, 0);
	answer_free(&a);
}

static void
errors_are_json(void **state)
{
	struct answer	 a;

	(void)state;
	put_head(&out, "POST", "/busy", 0, NULL);
	put_end(&out, STDIN);
	a = ask(child.sock, &out);
	assert_int_equal(a.status, 503);
	assert_true(span_is(a.body, "{\"error\":\"say \\\"please\\\"\"}"));
	assert_non_null(strstr(a.all.p, "\r\nRetry-After: "));
	answer_free(&a);
}

/* ---- what is refused ---- */

static void
put_many(struct buf *b, int n, size_t value_len, size_t chunk)
{
	struct buf	 p;
	char		*value = calloc(1, value_len + 1), name[32];

	memset(value, 'v', value_len);
	buf_init(&p, 1 << 20);
	put_param(&p, "REQUEST_METHOD", "POST");
	put_param(&p, "REQUEST_URI", "/many");
	for (int i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "HTTP_X_%d", i);
		put_param(&p, name, value);
	}
	put_begin(b);
	put_stream(b, PARAMS, p.p, p.len, chunk);
	put_end(b, PARAMS);
	put_end(b, STDIN);
	buf_release(&p);
	free(value);
}

static void
put_told_too_much(struct buf *b)
{
	put_head(b, "POST", "/x", 10, NULL);
	put_stream(b, STDIN, "12345", 5, 5);
	put_end(b, STDIN);
}

static void
put_aborted(struct buf *b)
{
	put_head(b, "POST", "/x", -1, NULL);
	put_stream(b, STDIN, "12345", 5, 5);
	put_record(b, ABORT, "", 0, 0);
}

static void
put_megabytes(struct buf *b, int n, long told)
{
	char	*mb = calloc(1, 1 << 20);

	put_head(b, "POST", "/x", told, NULL);
	for (; n > 0; n--)
		put_stream(b, STDIN, mb, 1 << 20, 8192);
	put_end(b, STDIN);
	free(mb);
}

static void
put_large(struct buf *b)
{
	put_megabytes(b, 8, 8 << 20);
}

static void
put_large_untold(struct buf *b)
{
	put_megabytes(b, 8, -1);
}

static void
put_large_but_told_small(struct buf *b)
{
	put_megabytes(b, 2, 10);
}

static void
put_one_too_large(struct buf *b)
{
	char	*mb = calloc(1, 1 << 20);

	put_head(b, "POST", "/x", -1, NULL);
	put_stream(b, STDIN, mb, 1 << 20, 8192);
	put_stream(b, STDIN, "!", 1, 1);
	put_end(b, STDIN);
	free(mb);
}

static void
put_many_fields(struct buf *b)
{
	put_many(b, 201, 1, 60000);
}

static void
put_long_fields(struct buf *b)
{
	put_many(b, 3, 30000, 60000);
}

/* Each record's bytes were once copied to a new place: the arena was full at 64 KB. */
static void
put_long_fields_in_bytes(struct buf *b)
{
	put_many(b, 3, 30000, 1);
}

static void
put_no_method(struct buf *b)
{
	struct buf	 p;

	buf_init(&p, 1000);
	put_param(&p, "REQUEST_URI", "/x");
	put_begin(b);
	put_stream(b, PARAMS, p.p, p.len, 1000);
	put_end(b, PARAMS);
	put_end(b, STDIN);
	buf_release(&p);
}

static void
refused_and_not_handed_over(void **state)
{
	static const struct {
		const char	*phrase;
		void		(*put)(struct buf *);
		int		 status;
	} rows[] = {
		{ "shorter than CONTENT_LENGTH",	put_told_too_much,	400 },
		{ "aborted by the web server",		put_aborted,		400 },
		{ "too large, and said so",		put_large,		413 },
		{ "too large, not said",		put_large_untold,	413 },
		{ "too large, said to be small",	put_large_but_told_small, 413 },
		{ "one byte too large",			put_one_too_large,	413 },
		{ "201 fields",				put_many_fields,	431 },
		{ "fields of 90 KB",			put_long_fields,	431 },
		{ "fields of 90 KB, each byte a record", put_long_fields_in_bytes, 431 },
		{ "no method",				put_no_method,		400 },
	};
	int	 before = atomic_load(&child.n->handled);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct answer	 a;

		rows[i].put(&out);
		a = ask(child.sock, &out);
		if (!a.ended || a.status != rows[i].status)
			fail_msg("%s: status %d, %s", rows[i].phrase, a.status,
			    a.ended ? "ended" : "not ended");
		if (atomic_load(&child.n->handled) != before)
			fail_msg("%s: was handed over", rows[i].phrase);
		answer_free(&a);
	}
}

/* Gone in the middle of anything: nothing is handed over, all goes on. */
static void
gone_at_every_byte(void **state)
{
	int	 before = atomic_load(&child.n->handled), fd;
	size_t	 whole;
	struct answer a;

	(void)state;
	put_head(&out, "POST", "/x", 5, "HTTP_A", "b", NULL);
	put_stream(&out, STDIN, "12345", 5, 3);
	put_end(&out, STDIN);
	whole = out.len;
	for (size_t n = 0; n < whole; n++) {
		fd = dial(child.sock);
		assert_true(send_bytes(fd, out.p, n));
		close(fd);
	}
	a = ask(child.sock, &out);
	assert_int_equal(a.status, 200);
	assert_int_equal(atomic_load(&child.n->handled), before + 1);
	answer_free(&a);
}

/* libfcgi 2.4.2 hangs or aborts the process on some of these. */
static void
strange_beginnings_are_closed(void **state)
{
	static const struct {
		const char	*phrase;
		char		 bytes[48];
	} rows[] = {
		{ "FCGI_GET_VALUES",	{ 1, GET_VALUES, 0, 0, 0, 8, 0, 0, 6, 0, 'a' } },
		{ "HTTP",		"GET / HTTP/1.0\r\n\r\n" },
		{ "another version",	{ 2, BEGIN, 0, 1, 0, 8, 0, 0, 0, 1 } },
		{ "another length",	{ 1, BEGIN, 0, 1, 0, 9, 0, 0, 0, 1 } },
		{ "parameters first",	{ 1, PARAMS, 0, 1, 0, 8, 0, 0 } },
		{ "request id 0",	{ 1, BEGIN, 0, 0, 0, 8, 0, 0, 0, 1 } },
		{ "an authorizer",	{ 1, BEGIN, 0, 1, 0, 8, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0,
					  1, PARAMS, 0, 1, 0, 0, 0, 0 } },
#define BEGUN	1, BEGIN, 0, 1, 0, 8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0
		{ "FCGI_GET_VALUES second", { BEGUN, 1, GET_VALUES, 0, 0, 0, 8, 0, 0, 1, 0, 'a', 1, 0,
					  'a', 1, 0 } },
		{ "a parameter of 4 GB", { BEGUN, 1, PARAMS, 0, 1, 0, 8, 0, 0, 127, -1, -1, -2,
					  127, -1, -1, -2, 1, PARAMS, 0, 1, 0, 0, 0, 0 } },
		{ "a length out of it",	{ BEGUN, 1, PARAMS, 0, 1, 0, 3, 0, 0, 1, 9, 'a',
					  1, PARAMS, 0, 1, 0, 0, 0, 0 } },
		{ "a NUL in a value",	{ BEGUN, 1, PARAMS, 0, 1, 0, 4, 0, 0, 1, 1, 'a', 0,
					  1, PARAMS, 0, 1, 0, 0, 0, 0 } },
		{ "a body first",	{ BEGUN, 1, 5, 0, 1, 0, 1, 0, 0, 'x' } },
		{ "an abort",		{ BEGUN, 1, 2, 0, 1, 0, 0, 0, 0 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int64_t		 since = mono_us();
		int		 fd = dial(child.sock);
		struct answer	 a;

		assert_true(send_bytes(fd, rows[i].bytes, sizeof(rows[i].bytes)));
		take_answer(fd, &a);
		if (a.status != 0 || mono_us() - since > US_PER_S)
			fail_msg("%s: status %d after %lld ms", rows[i].phrase, a.status,
			    (long long)(mono_us() - since) / 1000);
		answer_free(&a);
		close(fd);
	}
}

/* The request's own id is 1; the other ids' records are nobody's here. */
static void
records_of_other_requests_are_passed_over(void **state)
{
	static const struct {
		const char	*phrase;
		char		 type;
	} rows[] = {
		{ "BEGIN", BEGIN }, { "ABORT", ABORT }, { "PARAMS", PARAMS }, { "STDIN", STDIN },
		{ "of no known type", 99 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char	 other[16] = { 1, rows[i].type, 2, 1, 0, 5, 3, 0, 'o', 't', 'h', 'e', 'r' };
		struct buf	 all;
		struct answer	 a;

		put_head(&out, "POST", "/echo", 4, NULL);
		put_stream(&out, STDIN, "body", 4, 2);
		put_end(&out, STDIN);
		/* After BEGIN, and before the last record. */
		buf_init(&all, 1 << 16);
		buf_put(&all, out.p, 16);
		buf_put(&all, other, sizeof(other));
		buf_put(&all, out.p + 16, out.len - 24);
		buf_put(&all, other, sizeof(other));
		buf_put(&all, out.p + out.len - 8, 8);
		buf_clear(&out);
		a = ask(child.sock, &all);
		if (a.status != 200 || !span_is(echoed(&a), "body"))
			fail_msg("%s: status %d", rows[i].phrase, a.status);
		answer_free(&a);
		buf_release(&all);
	}
}

/* Answers come from another thread, for many more than fit in the house. */
static void
hundred_at_once(void **state)
{
	int		 fd[100];
	struct answer	 a;
	char		 uri[32];

	(void)state;
	for (int i = 0; i < 100; i++) {
		snprintf(uri, sizeof(uri), "/later/%d", i);
		put_head(&out, "POST", uri, 4, NULL);
		put_stream(&out, STDIN, "body", 4, 4);
		put_end(&out, STDIN);
		assert_int_not_equal(fd[i] = dial(child.sock), -1);
		assert_true(send_bytes(fd[i], out.p, out.len));
		buf_clear(&out);
	}
	for (int i = 0; i < 100; i++) {
		take_answer(fd[i], &a);
		snprintf(uri, sizeof(uri), "POST /later/%d ", i);
		if (!a.ended || a.status != 200 || !span_starts(a.body, uri))
			fail_msg("request %d: status %d", i, a.status);
		answer_free(&a);
		close(fd[i]);
	}
}

/* The connection is closed even if the web server would like to keep it. */
static void
connections_are_not_kept(void **state)
{
	struct answer	 a;
	char		 c;
	int		 fd = dial(child.sock);

	(void)state;
	put_head(&out, "GET", "/x", -1, NULL);
	out.p[10] = 1;		/* FCGI_KEEP_CONN */
	put_end(&out, STDIN);
	assert_true(send_bytes(fd, out.p, out.len));
	buf_clear(&out);
	take_answer(fd, &a);
	assert_int_equal(a.status, 200);
	assert_false(recv_bytes(fd, &c, 1));
	answer_free(&a);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(bodies_arrive_exactly),
		cmocka_unit_test(fields_arrive),
		cmocka_unit_test(head_has_length_but_no_body),
		cmocka_unit_test(errors_are_json),
		cmocka_unit_test(refused_and_not_handed_over),
		cmocka_unit_test(gone_at_every_byte),
		cmocka_unit_test(strange_beginnings_are_closed),
		cmocka_unit_test(records_of_other_requests_are_passed_over),
		cmocka_unit_test(hundred_at_once),
		cmocka_unit_test(connections_are_not_kept),
	};

	return cmocka_run_group_tests_name("http/fastcgi", tests, setup, teardown);
}
