/*
 * A CGI environment (RFC 3875, section 4.1) as request.
 *
 * Servers differ: only some set PATH_INFO, nginx sends the content headers
 * twice (as CONTENT_TYPE and HTTP_CONTENT_TYPE) and CONTENT_LENGTH="" for
 * none.  REQUEST_URI is the same with all of them.
 */
#include <ctype.h>
#include <strings.h>

#include "http/exchange.h"

#define HOST_MOST	261	/* bytes: a DNS name and a port */

struct found {
	struct span	 method, uri, script, info, query, addr, type, length;
	struct span	 user, https, scheme, host;
};

/* Lengths are compared first, and few names have the same. */
static const struct {
	struct span	 name;
	size_t		 at;
} variables[] = {
	{ { "REQUEST_METHOD", sizeof("REQUEST_METHOD") - 1 },	offsetof(struct found, method) },
	{ { "REQUEST_URI", sizeof("REQUEST_URI") - 1 },	offsetof(struct found, uri) },
	{ { "SCRIPT_NAME", sizeof("SCRIPT_NAME") - 1 },	offsetof(struct found, script) },
	{ { "PATH_INFO", sizeof("PATH_INFO") - 1 },		offsetof(struct found, info) },
	{ { "QUERY_STRING", sizeof("QUERY_STRING") - 1 },	offsetof(struct found, query) },
	{ { "REMOTE_ADDR", sizeof("REMOTE_ADDR") - 1 },	offsetof(struct found, addr) },
	{ { "CONTENT_TYPE", sizeof("CONTENT_TYPE") - 1 },	offsetof(struct found, type) },
	{ { "CONTENT_LENGTH", sizeof("CONTENT_LENGTH") - 1 },	offsetof(struct found, length) },
	{ { "REMOTE_USER", sizeof("REMOTE_USER") - 1 },	offsetof(struct found, user) },
	{ { "HTTPS", sizeof("HTTPS") - 1 },			offsetof(struct found, https) },
	{ { "REQUEST_SCHEME", sizeof("REQUEST_SCHEME") - 1 },	offsetof(struct found, scheme) },
	{ { "HTTP_HOST", sizeof("HTTP_HOST") - 1 },		offsetof(struct found, host) },
};

/* Header fields that are not one, or that have a better source. */
static const struct span skipped[] = {
	{ "HTTP_PROXY", sizeof("HTTP_PROXY") - 1 },		/* httpoxy: looks like a setting, is the sender's */
	{ "HTTP_CONTENT_TYPE", sizeof("HTTP_CONTENT_TYPE") - 1 },
	{ "HTTP_CONTENT_LENGTH", sizeof("HTTP_CONTENT_LENGTH") - 1 },
};

/* Compared as the fields will be called: without case. */
static bool
is_field(struct span name)
{
	if (!span_starts(name, "HTTP_") || name.len == strlen("HTTP_"))
		return false;
	for (size_t i = 0; i < sizeof(skipped) / sizeof(*skipped); i++)
		if (name.len == skipped[i].len &&
		    strncasecmp(name.p, skipped[i].p, name.len) == 0)
			return false;
	return true;
}

static void
note_variable(struct found *f, struct span name, struct span value)
{
	for (size_t i = 0; i < sizeof(variables) / sizeof(*variables); i++)
		if (span_eq(name, variables[i].name))
			*(struct span *)((char *)f + variables[i].at) = value;
}

/* "NAME=value"; what has no '=' is a name without value. */
static struct span
split(const char *entry, struct span *value)
{
	const char	*eq = strchr(entry, '=');

	if (eq == NULL) {
		*value = SPAN_NULL;
		return span_str(entry);
	}
	*value = span_str(eq + 1);
	return span_of(entry, (size_t)(eq - entry));
}

/* The variables, and how many fields there are and how large. */
static void
survey(char *const *env, struct found *f, size_t *n, size_t *bytes)
{
	struct span	 name, value;

	memset(f, 0, sizeof(*f));
	*n = *bytes = 0;
	for (; *env != NULL; env++) {
		name = split(*env, &value);
		note_variable(f, name, value);
		if (is_field(name)) {
			++*n;
			*bytes += name.len + value.len;
		}
	}
}

/* HTTP_SVIX_ID is "svix-id". */
static struct span
field_name(struct arena *a, struct span name)
{
	size_t	 n = name.len - strlen("HTTP_");
	char	*p;

	if ((p = arena_get(a, n)) == NULL)
		return SPAN_NULL;
	for (size_t i = 0; i < n; i++) {
		char	c = name.p[name.len - n + i];

		p[i] = c == '_' ? '-' : (char)tolower((unsigned char)c);
	}
	return span_of(p, n);
}

static enum hk_err
take_fields(struct http_exchange *x, char *const *env, const struct found *f, size_t n)
{
	struct field	*v;
	struct span	 name, value;

	if ((v = arena_get(x->arena, (n + 2) * sizeof(*v))) == NULL)
		return HK_NOMEM;
	n = 0;
	if (f->type.len > 0)
		v[n++] = (struct field){ SPAN("content-type"), f->type };
	if (f->length.len > 0)
		v[n++] = (struct field){ SPAN("content-length"), f->length };
	for (; *env != NULL; env++) {
		name = split(*env, &value);
		if (!is_field(name))
			continue;
		if ((name = field_name(x->arena, name)).p == NULL)
			return HK_NOMEM;
		v[n++] = (struct field){ name, value };
	}
	x->rq.fields = (struct fields){ v, n };
	return HK_OK;
}

static enum hk_err
take_path(struct http_exchange *x, const struct found *f)
{
	struct span	 uri = f->uri;
	char		*p;

	if (uri.p != NULL) {
		x->rq.path = span_cut(&uri, '?');
		x->rq.query = f->query.p != NULL ? f->query : uri;
		return HK_OK;
	}
	if ((p = arena_get(x->arena, f->script.len + f->info.len + 1)) == NULL)
		return HK_NOMEM;
	if (f->script.len > 0)
		memcpy(p, f->script.p, f->script.len);
	if (f->info.len > 0)
		memcpy(p + f->script.len, f->info.p, f->info.len);
	x->rq.path = span_of(p, f->script.len + f->info.len);
	x->rq.query = f->query;
	return HK_OK;
}

/* One to five digits behind a colon. */
static bool
is_port(struct span s)
{
	int64_t	 port;

	return s.len >= 2 && s.len <= 6 && s.p[0] == ':' &&
	    span_u63(span_of(s.p + 1, s.len - 1), &port) && port > 0 && port < 65536;
}

/* A name or an address, perhaps with a port (RFC 9110, section 7.2). */
static bool
is_host(struct span s)
{
	static const char	 name[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
	bool			 six = s.len > 0 && s.p[0] == '[';
	size_t			 n = six;

	if (s.len > HOST_MOST)
		return false;
	while (n < s.len && memchr(six ? "0123456789abcdef:." : name,
	    tolower((unsigned char)s.p[n]), six ? 18 : sizeof(name) - 1) != NULL)
		n++;
	if (n == six || (six && (n == s.len || s.p[n++] != ']')))
		return false;
	return n == s.len || is_port(span_of(s.p + n, s.len - n));
}

/* Never from a header field, but for Host: those are the sender's. */
static void
take_server(struct http_request *rq, const struct found *f)
{
	rq->remote_user = f->user.len > 0 ? f->user : SPAN_NULL;
	rq->host = is_host(f->host) ? f->host : SPAN_NULL;
	rq->https = span_is(f->https, "1") || span_is(f->scheme, "https") ||
	    (f->https.len == 2 && strncasecmp(f->https.p, "on", 2) == 0);
}

enum hk_err
request_fields(struct http_exchange *x, char *const *env, int64_t *told)
{
	struct found	 f;
	size_t		 n, bytes;
	enum hk_err	 e;

	survey(env, &f, &n, &bytes);
	if (f.method.len == 0)
		return err_tell(HK_SYNTAX, "a request without REQUEST_METHOD");
	if (n > FIELDS_MOST || bytes > FIELDS_BYTES)
		return err_tell(HK_TOOBIG, "%zu header fields with %zu bytes; at most %d "
		    "with %d", n, bytes, FIELDS_MOST, FIELDS_BYTES);
	x->rq.method = f.method;
	x->rq.remote_addr = f.addr;
	take_server(&x->rq, &f);
	if ((e = take_path(x, &f)) != HK_OK ||
	    (e = take_fields(x, env, &f, n)) != HK_OK)
		return e;
	if (!span_u63(f.length, told))
		*told = -1;
	return HK_OK;
}
