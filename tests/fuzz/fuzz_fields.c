/*
 * A CGI environment as request: each line is a variable.  Compared with a slow
 * reading of RFC 3875's names; all lies in the environment or in the arena.
 */
#include "http/exchange.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "message.h"

#define VARIABLES	1000

/* The last one counts; NULL: there is none. */
static const char *
last(char *const *env, const char *name)
{
	const char	*value = NULL;
	size_t		 n = strlen(name);

	for (; *env != NULL; env++)
		if (strncmp(*env, name, n) == 0 && (*env)[n] == '=')
			value = *env + n + 1;
		else if (strcmp(*env, name) == 0)
			value = NULL;
	return value;
}

/* The header field that a variable is, or NULL. */
static char *
field_of(const char *variable)
{
	char	*name = fuzz_string(span_str(variable)), *p;

	name[strcspn(name, "=")] = '\0';
	if (strncmp(name, "HTTP_", 5) != 0 || name[5] == '\0' ||
	    strcasecmp(name, "HTTP_PROXY") == 0 || strcasecmp(name, "HTTP_CONTENT_TYPE") == 0 ||
	    strcasecmp(name, "HTTP_CONTENT_LENGTH") == 0)
		return NULL;
	for (p = name + 5; *p != '\0'; p++)
		*p = *p == '_' ? '-' : (char)tolower((unsigned char)*p);
	return name + 5;
}

/* In the order of the environment, behind what CONTENT_* say. */
static void
judge_fields(const struct fields *f, char *const *env)
{
	const char	*type = last(env, "CONTENT_TYPE"), *length = last(env, "CONTENT_LENGTH");
	const char	*name, *value;
	size_t		 n = 0;

	if (type != NULL && *type != '\0')
		must(span_is(f->v[n++].value, type), "content-type");
	if (length != NULL && *length != '\0')
		must(span_is(f->v[n++].value, length), "content-length");
	for (; *env != NULL; env++) {
		if ((name = field_of(*env)) == NULL)
			continue;
		must(n < f->n, "field %s is lost", name);
		value = strchr(*env, '=');
		must(span_is(f->v[n].name, name), "field %s is %.*s", name,
		    SPAN_ARG(f->v[n].name));
		must(value == NULL ? f->v[n].value.p == NULL :
		    span_is(f->v[n].value, value + 1), "field %s has another value", name);
		n++;
	}
	must(n == f->n, "%zu fields more than there are", f->n - n);
	must(field_get(f, "proxy").p == NULL, "\"proxy\" is there");
}

static void
judge(struct http_exchange *x, char *const *env)
{
	const char	*uri = last(env, "REQUEST_URI"), *length = last(env, "CONTENT_LENGTH");
	const char	*method = last(env, "REQUEST_METHOD");
	int64_t		 told = -77;
	enum hk_err	 e = request_fields(x, env, &told);

	must(e == HK_OK || e == HK_SYNTAX || e == HK_TOOBIG, "code %s", err_name(e));
	must((e == HK_SYNTAX) == (method == NULL || *method == '\0'), "without a method: %s",
	    err_name(e));
	if (e != HK_OK)
		return;
	must(x->rq.fields.n <= FIELDS_MOST + 2, "%zu fields", x->rq.fields.n);
	must(span_is(x->rq.method, method), "another method");
	judge_fields(&x->rq.fields, env);
	fuzz_touch(x->rq.path);
	fuzz_touch(x->rq.query);
	fuzz_touch(x->rq.remote_addr);
	if (uri != NULL)
		must(x->rq.path.len == strcspn(uri, "?") &&
		    strncmp(uri, x->rq.path.p, x->rq.path.len) == 0, "another path");
	if (length != NULL && slow_matches(length, "^[0-9]{1,18}$"))
		must(told == atoll(length), "told %s, read %lld", length, (long long)told);
	else
		must(told == -1, "told nothing, read %lld", (long long)told);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span		 input = span_of((const char *)data, size);
	struct http_exchange	 x = { .arena = arena_new(1 << 20) };
	char			*env[VARIABLES + 1];
	size_t			 n = 0;

	while (input.len > 0 && n < VARIABLES)
		env[n++] = fuzz_string(fuzz_line(&input));
	env[n] = NULL;
	judge(&x, env);
	arena_free(x.arena);
	fuzz_forget();
	return 0;
}
