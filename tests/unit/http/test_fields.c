/*
 * The environment as servers really set it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "http/exchange.h"

#define M		"REQUEST_METHOD=POST"

static char *
text(const char *s)
{
	char	*p = strdup(s);

	assert_non_null(p);
	return p;
}

static void
routes_and_lengths(void **state)
{
	static const struct {
		const char	*phrase;
		const char	*env[8];
		enum hk_err	 e;
		const char	*path, *query;
		int64_t		 told;
	} rows[] = {
		{ "lighttpd", { M, "REQUEST_URI=/stripe?a=b", "SCRIPT_NAME=/stripe",
		    "QUERY_STRING=a=b", "CONTENT_LENGTH=12" }, HK_OK, "/stripe", "a=b", 12 },
		{ "no query", { M, "REQUEST_URI=/x", "QUERY_STRING=" }, HK_OK, "/x", "", -1 },
		{ "query in the URI only", { M, "REQUEST_URI=/x?a?b" }, HK_OK, "/x", "a?b", -1 },
		{ "the URI stays encoded", { M, "REQUEST_URI=/x%2Fy%3fz" }, HK_OK,
		    "/x%2Fy%3fz", "", -1 },
		{ "no REQUEST_URI", { M, "SCRIPT_NAME=/cgi-bin/h.cgi", "PATH_INFO=/clerk",
		    "QUERY_STRING=q" }, HK_OK, "/cgi-bin/h.cgi/clerk", "q", -1 },
		{ "no path at all", { M }, HK_OK, "", "", -1 },
		{ "nginx without body", { M, "REQUEST_URI=/", "CONTENT_LENGTH=" }, HK_OK,
		    "/", "", -1 },
		{ "length is no number", { M, "CONTENT_LENGTH=12x" }, HK_OK, "", "", -1 },
		{ "negative length", { M, "CONTENT_LENGTH=-1" }, HK_OK, "", "", -1 },
		{ "length 0", { M, "CONTENT_LENGTH=0" }, HK_OK, "", "", 0 },
		{ "entries without '='", { M, "HTTP_X", "REQUEST_URI", "=", "" }, HK_OK, "", "",
		    -1 },
		{ "no method", { "REQUEST_URI=/x" }, HK_SYNTAX, NULL, NULL, 0 },
		{ "empty method", { "REQUEST_METHOD=" }, HK_SYNTAX, NULL, NULL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct http_exchange	 x = { .arena = arena_new(1 << 20) };
		char			*env[9] = { NULL };
		int64_t			 told = -2;
		enum hk_err		 e;

		for (int k = 0; rows[i].env[k] != NULL; k++)
			env[k] = text(rows[i].env[k]);
		e = request_fields(&x, env, &told);
		if (e != rows[i].e || (e == HK_OK && (told != rows[i].told ||
		    !span_is(x.rq.path, rows[i].path) ||
		    !span_is(x.rq.query, rows[i].query))))
			fail_msg("%s: %s, path \"%.*s\", query \"%.*s\", %lld bytes",
			    rows[i].phrase, err_name(e), SPAN_ARG(x.rq.path),
			    SPAN_ARG(x.rq.query), (long long)told);
		for (int k = 0; env[k] != NULL; k++)
			free(env[k]);
		arena_free(x.arena);
	}
}

static void
field_names(void **state)
{
	struct http_exchange	 x = { .arena = arena_new(1 << 20) };
	int64_t			 told;
	char			*env[] = { text(M), text("HTTP_STRIPE_SIGNATURE=t=1,v1=a"),
	    text("HTTP_=x"), text("HTTPS=on"), text("HTTP_PROXY=http://evil"),
	    text("HTTP_CONTENT_LENGTH=99"), text("CONTENT_TYPE="), text("SECRET=s"), NULL };

	(void)state;
	assert_int_equal(request_fields(&x, env, &told), HK_OK);
	assert_int_equal(x.rq.fields.n, 1);
	assert_true(span_is(field_get(&x.rq.fields, "stripe-signature"), "t=1,v1=a"));
	assert_null(field_get(&x.rq.fields, "proxy").p);
	assert_null(field_get(&x.rq.fields, "content-length").p);
	for (int k = 0; env[k] != NULL; k++)
		free(env[k]);
	arena_free(x.arena);
}

/* Who the visitor is and where: never what a header field claims. */
static void
what_the_server_says(void **state)
{
	static const struct {
		const char	*phrase;
		const char	*env[4];
		const char	*user, *host;
		bool		 https;
	} rows[] = {
		{ "nothing",			{ NULL },			NULL, NULL, false },
		{ "let in by the server",	{ "REMOTE_USER=ann" },		"ann", NULL, false },
		{ "empty",			{ "REMOTE_USER=" },		NULL, NULL, false },
		{ "claimed in fields",		{ "HTTP_REMOTE_USER=ann", "HTTP_HTTPS=on",
		    "HTTP_REQUEST_SCHEME=https" },				NULL, NULL, false },
		{ "claimed by a proxy",		{ "HTTP_X_FORWARDED_PROTO=https" }, NULL, NULL, false },
		{ "Apache, lighttpd",		{ "HTTPS=on" },			NULL, NULL, true },
		{ "in capitals",		{ "HTTPS=ON" },			NULL, NULL, true },
		{ "as a number",		{ "HTTPS=1" },			NULL, NULL, true },
		{ "nginx without",		{ "HTTPS=", "REQUEST_SCHEME=http" }, NULL, NULL, false },
		{ "nginx with",			{ "REQUEST_SCHEME=https" },	NULL, NULL, true },
		{ "switched off",		{ "HTTPS=off" },		NULL, NULL, false },
		{ "a name",			{ "HTTP_HOST=Pay.example.com" }, NULL, "Pay.example.com", false },
		{ "a port",			{ "HTTP_HOST=localhost:8080" },	NULL, "localhost:8080", false },
		{ "an address",			{ "HTTP_HOST=127.0.0.1:65535" }, NULL, "127.0.0.1:65535", false },
		{ "an IPv6 address",		{ "HTTP_HOST=[::1]" },		NULL, "[::1]", false },
		{ "with a port",		{ "HTTP_HOST=[::FFFF:1.2.3.4]:80" }, NULL,
		    "[::FFFF:1.2.3.4]:80", false },
		{ "an empty host",		{ "HTTP_HOST=" },		NULL, NULL, false },
		{ "only a port",		{ "HTTP_HOST=:80" },		NULL, NULL, false },
		{ "port 0",			{ "HTTP_HOST=a:0" },		NULL, NULL, false },
		{ "a port too large",		{ "HTTP_HOST=a:65536" },	NULL, NULL, false },
		{ "a port of many digits",	{ "HTTP_HOST=a:0000080" },	NULL, NULL, false },
		{ "no port",			{ "HTTP_HOST=a:" },		NULL, NULL, false },
		{ "two ports",			{ "HTTP_HOST=a:1:2" },		NULL, NULL, false },
		{ "a path",			{ "HTTP_HOST=a/b" },		NULL, NULL, false },
		{ "a user",			{ "HTTP_HOST=a@b" },		NULL, NULL, false },
		{ "markup",			{ "HTTP_HOST=a\"><b" },		NULL, NULL, false },
		{ "two hosts",			{ "HTTP_HOST=a, b" },		NULL, NULL, false },
		{ "no ASCII",			{ "HTTP_HOST=\xC3\xA4" },	NULL, NULL, false },
		{ "an open bracket",		{ "HTTP_HOST=[::1" },		NULL, NULL, false },
		{ "empty brackets",		{ "HTTP_HOST=[]" },		NULL, NULL, false },
		{ "something behind",		{ "HTTP_HOST=[::1]a" },		NULL, NULL, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct http_exchange	 x = { .arena = arena_new(1 << 20) };
		char			*env[5] = { text(M) };
		int64_t			 told;

		for (int k = 0; rows[i].env[k] != NULL; k++)
			env[k + 1] = text(rows[i].env[k]);
		assert_int_equal(request_fields(&x, env, &told), HK_OK);
		if (!span_eq(x.rq.remote_user, span_str(rows[i].user)) ||
		    (x.rq.remote_user.p == NULL) != (rows[i].user == NULL) ||
		    !span_eq(x.rq.host, span_str(rows[i].host)) ||
		    x.rq.https != rows[i].https)
			fail_msg("%s: user \"%.*s\", host \"%.*s\"", rows[i].phrase,
			    SPAN_ARG(x.rq.remote_user), SPAN_ARG(x.rq.host));
		for (int k = 0; env[k] != NULL; k++)
			free(env[k]);
		arena_free(x.arena);
	}
}

/* A name of 255 bytes and a port are the longest. */
static void
long_hosts(void **state)
{
	(void)state;
	for (size_t n = 255; n < 257; n++) {
		struct http_exchange	 x = { .arena = arena_new(1 << 20) };
		char			 host[300] = "HTTP_HOST=", *env[] = { text(M), host, NULL };
		int64_t			 told;

		memset(host + strlen("HTTP_HOST="), 'a', n);
		strcat(host, ":65535");
		assert_int_equal(request_fields(&x, env, &told), HK_OK);
		assert_int_equal(x.rq.host.len, n == 255 ? n + 6 : 0);
		free(env[0]);
		arena_free(x.arena);
	}
}

/* Each limit: the last that passes, the first that does not. */
static void
limits(void **state)
{
	static const struct {
		const char	*phrase;
		int		 n;
		size_t		 len;	/* of each "HTTP_nnn" and its value together */
		enum hk_err	 e;
	} rows[] = {
		{ "as many as allowed",		FIELDS_MOST,		20,	HK_OK },
		{ "one more",			FIELDS_MOST + 1,	20,	HK_TOOBIG },
		{ "as large as allowed",	2, FIELDS_BYTES / 2,		HK_OK },
		{ "larger",			2, FIELDS_BYTES / 2 + 1,	HK_TOOBIG },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct http_exchange	 x = { .arena = arena_new(1 << 20) };
		char			*env[FIELDS_MOST + 3] = { text(M) };
		int64_t			 told;
		enum hk_err		 e;

		for (int k = 1; k <= rows[i].n; k++) {
			env[k] = malloc(rows[i].len + 2);
			memset(env[k], 'v', rows[i].len + 1);
			env[k][rows[i].len + 1] = '\0';
			memcpy(env[k], "HTTP_", 5);
			env[k][5] = (char)('0' + k / 100 % 10);
			env[k][6] = (char)('0' + k / 10 % 10);
			env[k][7] = (char)('0' + k % 10);
			env[k][8] = '=';
		}
		e = request_fields(&x, env, &told);
		if (e != rows[i].e)
			fail_msg("%s: %s", rows[i].phrase, err_name(e));
		for (int k = 0; env[k] != NULL; k++)
			free(env[k]);
		arena_free(x.arena);
	}
}

/* Every allocation fails once: HK_NOMEM, and nothing else. */
static void
small_arenas(void **state)
{
	char	*env[] = { text(M), text("HTTP_A_LONG_NAME=1"), text("SCRIPT_NAME=/x"), NULL };
	int64_t	 told;
	bool	 refused = false;

	(void)state;
	for (size_t most = 0; most < 8192; most += 16) {
		struct http_exchange	 x = { .arena = arena_new(most) };
		enum hk_err		 e;

		if (x.arena == NULL)
			continue;
		if ((e = request_fields(&x, env, &told)) != HK_OK)
			assert_int_equal(e, HK_NOMEM);
		refused |= e != HK_OK;
		arena_free(x.arena);
	}
	assert_true(refused);
	for (int k = 0; env[k] != NULL; k++)
		free(env[k]);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(routes_and_lengths),
		cmocka_unit_test(field_names),
		cmocka_unit_test(what_the_server_says),
		cmocka_unit_test(long_hosts),
		cmocka_unit_test(limits),
		cmocka_unit_test(small_arenas),
	};

	return cmocka_run_group_tests_name("http/fields", tests, NULL, NULL);
}
