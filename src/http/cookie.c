/* Cookies, read and set. */
#include "http/cookie.h"

#include <inttypes.h>
#include <strings.h>

static struct span
unquoted(struct span s)
{
	if (s.len >= 2 && s.p[0] == '"' && s.p[s.len - 1] == '"')
		return span_of(s.p + 1, s.len - 2);
	return s;
}

/* *value is untouched when there is none. */
static bool
find(struct span list, const char *name, struct span *value)
{
	struct span	pair;

	while (list.p != NULL) {
		pair = span_cut(&list, ';');
		if (!span_is(span_trim(span_cut(&pair, '=')), name) || pair.p == NULL)
			continue;
		*value = unquoted(span_trim(pair));
		return true;
	}
	return false;
}

struct span
cookie_get(const struct fields *f, const char *name)
{
	struct span	value = SPAN_NULL;

	for (size_t i = 0; i < f->n; i++)
		if (span_is(f->v[i].name, "cookie") && find(f->v[i].value, name, &value))
			break;
	return value;
}

/* Printable ASCII without those; RFC 6265, section 4.1.1. */
static bool
all_but(struct span s, const char *without)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] < 0x21 || s.p[i] > 0x7E || strchr(without, s.p[i]) != NULL)
			return false;
	return true;
}

static bool
promises_kept(const struct cookie *c, const char *path)
{
	if (strncasecmp(c->name, "__Host-", strlen("__Host-")) == 0)
		return c->secure && strcmp(path, "/") == 0;
	return c->secure || strncasecmp(c->name, "__Secure-", strlen("__Secure-")) != 0;
}

enum hk_err
cookie_put(struct buf *b, const struct cookie *c)
{
	const char	*path = c->path != NULL ? c->path : "/";
	struct span	 name = span_str(c->name);

	if (name.len == 0 || !all_but(name, "()<>@,;:\\\"/[]?={}") ||
	    !all_but(c->value, "\",;\\") || *path != '/' ||
	    !all_but(span_str(path), ";") || !promises_kept(c, path))
		return err_tell(HK_SYNTAX, "no cookie can be set so; see RFC 6265");
	buf_printf(b, "Set-Cookie: %s=", c->name);
	buf_putspan(b, c->value);
	buf_printf(b, "; Path=%s", path);
	if (c->max_age_s >= 0)
		buf_printf(b, "; Max-Age=%" PRId64, c->max_age_s);
	buf_printf(b, "; HttpOnly; SameSite=Lax%s\r\n", c->secure ? "; Secure" : "");
	return HK_OK;
}
