/* Small things every page asks of its visit. */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "admin/admin.h"

enum hk_err
visit_id(const struct visit *v, int64_t *id)
{
	if (span_u63(route_get(&v->route, "id"), id))
		return HK_OK;
	return err_tell(HK_NOTFOUND, "there is no such number");
}

static struct span
trimmed(const struct form *f, const char *name)
{
	struct span	s = form_get(f, name);

	s = s.p != NULL ? span_trim(s) : s;
	return s.len > 0 ? s : SPAN_NULL;
}

struct span
visit_query(const struct visit *v, const char *name)
{
	return trimmed(&v->query, name);
}

struct span
visit_form(const struct visit *v, const char *name)
{
	return trimmed(&v->form, name);
}

enum hk_err
visit_then(struct visit *v, const char *fmt, ...)
{
	char	text[2048];
	va_list	ap;
	int	n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(text))
		return err_tell(HK_TOOBIG, "the address to go on to is too long");
	v->then = arena_str(v->arena, span_of(text, (size_t)n));
	return v->then != NULL ? HK_OK : err_note(HK_NOMEM, "no memory for an address");
}
