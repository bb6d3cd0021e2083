/* One POST: what goes over the wire, and what is refused or bounded. */
#include "deliver/post.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define REQUEST_MOST	(4 << 20)

/* A server for one connection: reads a request, sends what it was told to. */
struct peer {
	pthread_t	 thread;
	int		 fd, port, delay_ms;
	const char	*say;		/* NULL: nothing, and hang up */
	char		*got;
	size_t		 len;
};

static bool
complete(const struct peer *p)
{
	const char	*end = memmem(p->got, p->len, "\r\n\r\n", 4), *cl;

	if (end == NULL || (cl = strstr(p->got, "Content-Length: ")) == NULL)
		return false;
	return p->len - (size_t)(end + 4 - p->got) >= strtoul(cl + 16, NULL, 10);
}

static void *
serve(void *arg)
{
	struct peer	*p = arg;
	int		 fd = accept(p->fd, NULL, NULL);
	ssize_t		 n;

	while (fd != -1 && !complete(p) && (n = recv(fd, p->got + p->len,
	    REQUEST_MOST - p->len, 0)) > 0) {
		p->len += (size_t)n;
		p->got[p->len] = '\0';
	}
	usleep((useconds_t)p->delay_ms * 1000);
	if (fd != -1 && p->say != NULL)
		for (size_t i = 0; i < strlen(p->say); i += (size_t)n)
			if ((n = send(fd, p->say + i, strlen(p->say) - i,
			    MSG_NOSIGNAL)) <= 0)
				break;
	if (fd != -1)
		close(fd);
	return NULL;
}

static void
peer_start(struct peer *p, const char *say, int delay_ms)
{
	struct sockaddr_in	sin = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t		len = sizeof(sin);

	*p = (struct peer){ .say = say, .delay_ms = delay_ms };
	assert_non_null(p->got = calloc(1, REQUEST_MOST + 1));
	assert_int_not_equal(p->fd = socket(AF_INET, SOCK_STREAM, 0), -1);
	assert_int_equal(bind(p->fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	assert_int_equal(listen(p->fd, 1), 0);
	assert_int_equal(getsockname(p->fd, (struct sockaddr *)&sin, &len), 0);
	p->port = ntohs(sin.sin_port);
	assert_int_equal(pthread_create(&p->thread, NULL, serve, p), 0);
}

static void
peer_stop(struct peer *p)
{
	shutdown(p->fd, SHUT_RDWR);	/* wakes an accept() nobody came to */
	pthread_join(p->thread, NULL);
	close(p->fd);
	free(p->got);
}

struct outcome {
	enum hk_err	e;
	int		status;
	struct buf	answer;
};

static void
ask(struct peer *p, struct outcome *o, const struct post_header *h, size_t n, struct span body,
    size_t most)
{
	char	url[64];

	snprintf(url, sizeof(url), "http://127.0.0.1:%d/webhooks/stripe", p->port);
	buf_init(&o->answer, most);
	o->status = 0;
	o->e = post_send(url, h, n, body, 1, &o->status, &o->answer);
}

#define OK_ANSWER	"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

static void
the_body_and_the_headers_arrive_as_given(void **state)
{
	static const struct post_header	h[] = {
		{ "Content-Type", "application/json; charset=utf-8" },
		{ "stripe-signature", "t=1,v1=00" },
		{ "x-empty", "" },
	};
	struct peer	p;
	struct outcome	o;

	(void)state;
	peer_start(&p, OK_ANSWER, 0);
	ask(&p, &o, h, 3, SPAN("{\"a\":\0 1}"), 100);
	assert_int_equal(o.e, HK_OK);
	assert_int_equal(o.status, 200);
	assert_string_equal(o.answer.p, "ok");
	assert_non_null(strstr(p.got, "POST /webhooks/stripe HTTP/1.1\r\n"));
	assert_non_null(strstr(p.got, "\r\nContent-Type: application/json; charset=utf-8\r\n"));
	assert_non_null(strstr(p.got, "\r\nstripe-signature: t=1,v1=00\r\n"));
	assert_non_null(strstr(p.got, "\r\nx-empty:"));
	assert_non_null(strstr(p.got, "\r\nUser-Agent: hookkeeper/" HK_VERSION "\r\n"));
	assert_non_null(memmem(p.got, p.len, "\r\n\r\n{\"a\":\0 1}", 13));
	buf_release(&o.answer);
	peer_stop(&p);
}

static void
a_large_body_goes_out_without_expect_and_without_a_form_type(void **state)
{
	char		*body = malloc(2 << 20);
	struct peer	 p;
	struct outcome	 o;

	(void)state;
	assert_non_null(body);
	memset(body, 'x', 2 << 20);
	peer_start(&p, OK_ANSWER, 0);
	ask(&p, &o, NULL, 0, span_of(body, 2 << 20), 100);
	assert_int_equal(o.e, HK_OK);
	assert_null(strstr(p.got, "Expect"));
	assert_null(strstr(p.got, "Content-Type"));
	assert_true(p.len > (2 << 20));
	buf_release(&o.answer);
	peer_stop(&p);
	free(body);
}

static void
a_redirect_is_an_answer_and_not_followed(void **state)
{
	struct peer	p, other;
	struct outcome	o;
	char		say[128];

	(void)state;
	peer_start(&other, OK_ANSWER, 0);
	snprintf(say, sizeof(say), "HTTP/1.1 307 Elsewhere\r\nLocation: http://127.0.0.1:%d/\r\n"
	    "Content-Length: 0\r\n\r\n", other.port);
	peer_start(&p, say, 0);
	ask(&p, &o, NULL, 0, SPAN("{}"), 100);
	assert_int_equal(o.e, HK_OK);
	assert_int_equal(o.status, 307);
	peer_stop(&p);
	peer_stop(&other);
	assert_int_equal(other.len, 0);
	buf_release(&o.answer);
}

static void
the_answer_is_kept_to_its_most(void **state)
{
	struct peer	p;
	struct outcome	o;

	(void)state;
	peer_start(&p, "HTTP/1.1 500 No\r\nContent-Length: 20\r\n\r\n01234567890123456789", 0);
	ask(&p, &o, NULL, 0, SPAN("{}"), 5);
	assert_int_equal(o.e, HK_OK);
	assert_int_equal(o.status, 500);
	assert_true(buf_ok(&o.answer));
	assert_string_equal(o.answer.p, "01234");
	buf_release(&o.answer);
	peer_stop(&p);
}

static void
a_proxy_from_the_environment_is_not_used(void **state)
{
	struct peer	p;
	struct outcome	o;

	(void)state;
	setenv("http_proxy", "http://127.0.0.1:1/", 1);
	setenv("ALL_PROXY", "http://127.0.0.1:1/", 1);
	peer_start(&p, OK_ANSWER, 0);
	ask(&p, &o, NULL, 0, SPAN("{}"), 5);
	unsetenv("http_proxy");
	unsetenv("ALL_PROXY");
	assert_int_equal(o.e, HK_OK);
	buf_release(&o.answer);
	peer_stop(&p);
}

static void
no_answer_is_told_from_a_slow_one(void **state)
{
	struct peer	p;
	struct outcome	o;

	(void)state;
	peer_start(&p, NULL, 0);
	ask(&p, &o, NULL, 0, SPAN("{}"), 5);
	assert_int_equal(o.e, HK_IO);
	buf_release(&o.answer);
	peer_stop(&p);
	ask(&p, &o, NULL, 0, SPAN("{}"), 5);	/* nobody listens any more */
	assert_int_equal(o.e, HK_IO);
	assert_non_null(strstr(err_last(), "127.0.0.1"));
	buf_release(&o.answer);
	peer_start(&p, OK_ANSWER, 1500);
	ask(&p, &o, NULL, 0, SPAN("{}"), 5);
	assert_int_equal(o.e, HK_TIMEOUT);
	assert_int_equal(o.status, 0);
	buf_release(&o.answer);
	peer_stop(&p);
}

static void
what_is_no_request_is_refused_before_it_is_sent(void **state)
{
	static const struct {
		const char		*what, *url;
		struct post_header	 h;
	} row[] = {
		{ "a file",		"file:///etc/passwd",	{ "a", "b" } },
		{ "another protocol",	"ftp://127.0.0.1/",	{ "a", "b" } },
		{ "no scheme",		"127.0.0.1:1/",		{ "a", "b" } },
		{ "nothing",		"",			{ "a", "b" } },
		{ "no host",		"http://",		{ "a", "b" } },
		{ "a blank in the host", "http://a b/",		{ "a", "b" } },
		{ "a second header line", "http://127.0.0.1:1/", { "a", "b\r\nc: d" } },
		{ "a name with a colon", "http://127.0.0.1:1/",	{ "a:", "b" } },
		{ "a name with a line",	"http://127.0.0.1:1/",	{ "a\n", "b" } },
		{ "no name",		"http://127.0.0.1:1/",	{ "", "b" } },
	};
	struct buf	answer;
	int		status = -1;

	(void)state;
	buf_init(&answer, 10);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		enum hk_err	e = post_send(row[i].url, &row[i].h, 1, SPAN("{}"), 1,
				    &status, &answer);

		if (e != HK_SYNTAX || status != -1)
			fail_msg("%s: %s (%s)", row[i].what, err_name(e), err_last());
	}
	buf_release(&answer);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(the_body_and_the_headers_arrive_as_given),
		cmocka_unit_test(a_large_body_goes_out_without_expect_and_without_a_form_type),
		cmocka_unit_test(a_redirect_is_an_answer_and_not_followed),
		cmocka_unit_test(the_answer_is_kept_to_its_most),
		cmocka_unit_test(a_proxy_from_the_environment_is_not_used),
		cmocka_unit_test(no_answer_is_told_from_a_slow_one),
		cmocka_unit_test(what_is_no_request_is_refused_before_it_is_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
