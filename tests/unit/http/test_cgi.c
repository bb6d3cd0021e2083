/*
 * Plain CGI: one request on pipes, and how a program finds out what it is.
 */
#include <fcntl.h>

#include "large.h"

struct run {
	pid_t		 pid;
	int		 in, out;
	struct counts	*n;
};

static struct http_limits limits;

/* Start with the environment given, input and output are pipes. */
static void
run_start(struct run *r, const char *const *env)
{
	int	 in[2], out[2];

	assert_int_equal(pipe2(in, O_CLOEXEC) | pipe2(out, O_CLOEXEC), 0);
	r->n = mmap(NULL, sizeof(*r->n), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(r->n, MAP_FAILED);
	fflush(NULL);
	if ((r->pid = fork()) == 0) {
		clearenv();
		putenv((char[]){ "GATEWAY_INTERFACE=CGI/1.1" });
		for (; *env != NULL; env++)
			putenv(strdup(*env));
		dup2(in[0], 0);
		dup2(out[1], 1);
		for (int fd = 3; fd < 64; fd++)
			close(fd);
		child_run(r->n, &limits);
	}
	close(in[0]);
	close(out[1]);
	r->in = in[1];
	r->out = out[0];
}

/* Everything up to the end of output. */
static void
run_answer(struct run *r, struct buf *b)
{
	char	 part[4096];
	ssize_t	 n;

	buf_init(b, 16 << 20);
	while ((n = read(r->out, part, sizeof(part))) > 0) {
		buf_put(b, part, (size_t)n);
		usleep((useconds_t)pause_us);
	}
}

static void
run_end(struct run *r)
{
	int	 status;

	close(r->in);
	close(r->out);
	assert_int_equal(waitpid(r->pid, &status, 0), r->pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_int_equal(atomic_load(&r->n->drained), 1);
	munmap(r->n, sizeof(*r->n));
}

#define POST	"REQUEST_METHOD=POST", "REQUEST_URI=/x", "QUERY_STRING=", "REMOTE_ADDR=::1"

static void
requests(void **state)
{
	static const struct {
		const char	*phrase;
		const char	*env[10];
		struct span	 input;
		bool		 open;		/* the server keeps the input open */
		int		 status;	/* of the answer */
		const char	*body;		/* its end */
	} rows[] = {
		{ "as lighttpd does it", { POST, "CONTENT_LENGTH=5", "HTTP_SVIX_ID=m" },
		    { "he\0lo", 5 }, false, 200, "\nsvix-id: m\n\nhe" },
		{ "input never ends", { POST, "CONTENT_LENGTH=2" }, { "hi", 2 }, true, 200,
		    "content-length: 2\n\nhi" },
		{ "more input than told", { POST, "CONTENT_LENGTH=2" }, { "hi there", 8 }, true,
		    200, "\n\nhi" },
		{ "chunked: length is not told", { POST, "HTTP_TRANSFER_ENCODING=chunked" },
		    { "hello", 5 }, false, 200, "\n\nhello" },
		{ "GET, input never ends", { "REQUEST_METHOD=GET", "REQUEST_URI=/g" }, { "", 0 },
		    true, 200, "GET /g ?  from \n\n" },
		{ "HEAD", { "REQUEST_METHOD=HEAD", "REQUEST_URI=/g" }, { "", 0 }, true, 200,
		    "\r\n\r\n" },
		{ "told to be empty", { POST, "CONTENT_LENGTH=0" }, { "", 0 }, true, 200, "\n\n" },
		{ "answered later", { "REQUEST_METHOD=POST", "REQUEST_URI=/later",
		    "CONTENT_LENGTH=1" }, { "x", 1 }, true, 200, "\n\nx" },
		{ "the sender went away", { POST, "CONTENT_LENGTH=9" }, { "hello", 5 }, false,
		    400, "incomplete\"}" },
		{ "silence", { POST, "CONTENT_LENGTH=9" }, { "hello", 5 }, true, 408,
		    "too long\"}" },
		{ "too large, told", { POST, "CONTENT_LENGTH=1001" }, { "hello", 5 }, true, 413,
		    "too large\"}" },
		{ "no method", { "REQUEST_URI=/x" }, { "", 0 }, false, 400, "request\"}" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct run	 r;
		struct buf	 b;
		int		 status = 0;
		size_t		 n = strlen(rows[i].body);

		run_start(&r, rows[i].env);
		assert_int_equal(write(r.in, rows[i].input.p, rows[i].input.len),
		    rows[i].input.len);
		if (!rows[i].open) {
			close(r.in);
			r.in = -1;
		}
		run_answer(&r, &b);
		/* The first row's body ends in bytes after a NUL. */
		if (i == 0 && b.len >= 3 && memcmp(b.p + b.len - 3, "\0lo", 3) == 0)
			b.len -= 3;
		if (b.p == NULL || sscanf(b.p, "Status: %d ", &status) != 1 ||
		    status != rows[i].status || b.len < n ||
		    memcmp(b.p + b.len - n, rows[i].body, n) != 0)
			fail_msg("%s: \"%.*s\"", rows[i].phrase, SPAN_ARG(buf_span(&b)));
		assert_int_equal(atomic_load(&r.n->handled), status == 200);
		run_end(&r);
		buf_release(&b);
	}
}

static void
too_large_untold(void **state)
{
	const char *const	 env[] = { POST, NULL };
	char			 body[1001] = { 0 };
	struct run		 r;
	struct buf		 b;

	(void)state;
	run_start(&r, env);
	assert_int_equal(write(r.in, body, sizeof(body)), sizeof(body));
	run_answer(&r, &b);
	assert_true(span_starts(buf_span(&b), "Status: 413 "));
	run_end(&r);
	buf_release(&b);
}

/* The output ends with the answer, not with the program. */
static void
output_ends_before_the_program(void **state)
{
	const char *const	 env[] = { "REQUEST_METHOD=POST", "REQUEST_URI=/slow",
	    "CONTENT_LENGTH=0", NULL };
	struct run		 r;
	struct buf		 b;

	(void)state;
	run_start(&r, env);
	run_answer(&r, &b);
	assert_true(span_starts(buf_span(&b), "Status: 200 OK\r\n"));
	assert_int_equal(waitpid(r.pid, NULL, WNOHANG), 0);
	assert_int_equal(atomic_load(&r.n->drained), 0);
	run_end(&r);
	buf_release(&b);
}

/* An answer larger than a pipe, and a server that reads it slowly. */
static void
large_answers_are_whole(void **state)
{
	const char *const	 env[] = { POST, "CONTENT_LENGTH=300000", NULL };
	char			*body = malloc(300000);
	struct run		 r;
	struct buf		 b;
	size_t			 most = limits.max_body;
	ssize_t			 n;

	(void)state;
	limits.max_body = 300000;
	for (int i = 0; i < 300000; i++)
		body[i] = (char)(i % 251);
	run_start(&r, env);
	for (size_t done = 0; done < 300000; done += (size_t)n)
		assert_true((n = write(r.in, body + done, 300000 - done)) > 0);
	usleep(50000);
	run_answer(&r, &b);
	assert_true(b.len > 300000);
	assert_memory_equal(b.p + b.len - 300000, body, 300000);
	run_end(&r);
	buf_release(&b);
	free(body);
	limits.max_body = most;
}

static void
stops_while_waiting_for_input(void **state)
{
	const char *const	 env[] = { POST, "CONTENT_LENGTH=5", NULL };
	struct run		 r;
	struct buf		 b;
	int64_t			 since;

	(void)state;
	limits.io_timeout_s = 10;
	run_start(&r, env);
	usleep(100000);
	since = mono_us();
	assert_int_equal(kill(r.pid, SIGTERM), 0);
	run_answer(&r, &b);
	assert_true(mono_us() - since < US_PER_S);
	assert_true(span_starts(buf_span(&b), "Status: 503 "));
	run_end(&r);
	buf_release(&b);
	limits.io_timeout_s = 1;
}

/* The web server is gone before the answer: no crash, the work is done. */
static void
nobody_reads_the_answer(void **state)
{
	const char *const	 env[] = { "REQUEST_METHOD=POST", "REQUEST_URI=/later",
	    "CONTENT_LENGTH=1", NULL };
	struct run		 r;

	(void)state;
	run_start(&r, env);
	close(r.out);
	r.out = -1;
	assert_int_equal(write(r.in, "x", 1), 1);
	run_end(&r);
}

/* ---- answers that are sent while they are made ---- */

static void
get_start(struct run *r, const char *method, const char *uri)
{
	char			 m[40], u[80];
	const char *const	 env[] = { m, u, NULL };

	snprintf(m, sizeof(m), "REQUEST_METHOD=%s", method);
	snprintf(u, sizeof(u), "REQUEST_URI=%s", uri);
	run_start(r, env);
}

static void
streams_arrive_whole(void **state)
{
	static const struct {
		const char	*phrase, *method, *uri;
		size_t		 n;
		int		 pause_us;
	} rows[] = {
		{ "nothing at all",	"GET",	"/stream/0",		0,		0 },
		{ "a few bytes",	"GET",	"/stream/10",		10,		0 },
		{ "HEAD",		"HEAD",	"/stream/100000",	0,		0 },
		{ "much",		"GET",	"/stream/10485760",	LARGE_MOST,	0 },
		{ "to a slow reader",	"GET",	"/stream/500000",	500000,		10000 },
		{ "by another thread",	"GET",	"/later/stream/200000",	200000,		0 },
	};
	static const char	head[] = "Status: 200 OK\r\nContent-Type: text/csv\r\n"
	    "Cache-Control: no-store\r\nX-Stream: yes\r\n\r\n";

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct run	 r;
		struct buf	 b;
		size_t		 n = sizeof(head) - 1;

		get_start(&r, rows[i].method, rows[i].uri);
		pause_us = rows[i].pause_us;
		run_answer(&r, &b);
		if (!span_starts(buf_span(&b), head) ||
		    !large_is_whole(span_of(b.p + n, b.len - n), rows[i].n))
			fail_msg("%s: %zu bytes", rows[i].phrase, b.len);
		run_end(&r);
		buf_release(&b);
	}
	pause_us = 0;
}

static void
a_stream_that_fails_early_is_an_error(void **state)
{
	struct run	 r;
	struct buf	 b;

	(void)state;
	get_start(&r, "GET", "/fail/1000");
	run_answer(&r, &b);
	assert_true(span_starts(buf_span(&b), "Status: 503 "));
	run_end(&r);
	buf_release(&b);
}

/* Gone, asleep, or told to stop: each ends the stream in its time. */
static void
streams_end(void **state)
{
	static const struct {
		const char	*phrase;
		bool		 gone;
		int		 sig;
		enum hk_err	 e;
		int64_t		 least_us, most_us;
	} rows[] = {
		{ "the server is gone",	true,	0,		HK_ABORTED,	0, US_PER_S / 2 },
		{ "it does not read",	false,	0,		HK_TIMEOUT,	US_PER_S,
		    2 * US_PER_S },
		{ "told to stop",	false,	SIGTERM,	HK_STOPPING,	0, US_PER_S },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct run	 r;
		int64_t		 since = mono_us();
		int		 said;

		get_start(&r, "GET", "/endless");
		if (rows[i].gone) {
			close(r.out);
			r.out = -1;
		} else
			usleep(100000);
		if (rows[i].sig != 0)
			assert_int_equal(kill(r.pid, rows[i].sig), 0);
		said = large_said(r.n);
		since = mono_us() - since;
		if (said != (int)rows[i].e || since < rows[i].least_us ||
		    since > rows[i].most_us)
			fail_msg("%s: %s after %lld us", rows[i].phrase,
			    err_name((enum hk_err)said), (long long)since);
		run_end(&r);
	}
}

/* ---- how are we run? ---- */

enum input { LISTENING, CONNECTED, DEV_NULL };

static int
open_input(enum input kind)
{
	struct sockaddr_un	 any = { .sun_family = AF_UNIX };
	int			 fd[2];

	switch (kind) {
	case LISTENING:		/* bound to a name that the kernel makes up */
		fd[0] = socket(AF_UNIX, SOCK_STREAM, 0);
		assert(bind(fd[0], (struct sockaddr *)&any, sizeof(any.sun_family)) == 0);
		assert(listen(fd[0], 1) == 0);
		return fd[0];
	case CONNECTED:
		assert(socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == 0);
		return fd[0];
	default:
		return open("/dev/null", O_RDONLY);
	}
}

static void
ways(void **state)
{
	static const struct {
		const char	*phrase;
		enum input	 input;
		bool		 gateway;
		enum http_way	 way;
	} rows[] = {
		{ "spawn-fcgi",			LISTENING,	false,	HTTP_FASTCGI },
		{ "mod_fcgid sets more",	LISTENING,	true,	HTTP_FASTCGI },
		{ "CGI",			DEV_NULL,	true,	HTTP_CGI },
		{ "CGI on a socket",		CONNECTED,	true,	HTTP_CGI },
		{ "a person",			DEV_NULL,	false,	HTTP_NONE },
		{ "inetd",			CONNECTED,	false,	HTTP_NONE },
	};
	int	 status;
	pid_t	 pid;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		fflush(NULL);
		if ((pid = fork()) == 0) {
			unsetenv("GATEWAY_INTERFACE");
			if (rows[i].gateway)
				setenv("GATEWAY_INTERFACE", "CGI/1.1", 1);
			dup2(open_input(rows[i].input), 0);
			_exit((int)http_start());
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (!WIFEXITED(status) || WEXITSTATUS(status) != (int)rows[i].way)
			fail_msg("%s: status %d", rows[i].phrase, status);
	}
}

static int
setup(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	own = large_answer;
	limits = usual;
	limits.max_body = 1000;
	limits.io_timeout_s = 1;
	return 0;
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(requests),
		cmocka_unit_test(too_large_untold),
		cmocka_unit_test(output_ends_before_the_program),
		cmocka_unit_test(large_answers_are_whole),
		cmocka_unit_test(stops_while_waiting_for_input),
		cmocka_unit_test(nobody_reads_the_answer),
		cmocka_unit_test(streams_arrive_whole),
		cmocka_unit_test(a_stream_that_fails_early_is_an_error),
		cmocka_unit_test(streams_end),
		cmocka_unit_test(ways),
	};

	return cmocka_run_group_tests_name("http/cgi", tests, setup, NULL);
}
