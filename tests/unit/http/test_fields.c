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
			snprintf(env[k], 9, "HTTP_%03d", k);
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
		cmocka_unit_test(limits),
		cmocka_unit_test(small_arenas),
	};

	return cmocka_run_group_tests_name("http/fields", tests, NULL, NULL);
}
