/* Paths against patterns, step by step. */
#include "http/route.h"

#include <assert.h>

#include "http/url.h"

/* Without one slash at each end; false when it does not begin with one. */
static bool
inner_path(struct span *s, bool *slash)
{
	if (s->len == 0 || s->p[0] != '/')
		return false;
	*s = span_of(s->p + 1, s->len - 1);
	*slash = s->len == 0 || s->p[s->len - 1] == '/';
	if (*slash && s->len > 1)
		s->len--;
	return true;
}

/* Decode a step behind those that are there.  SPAN_NULL: it is none. */
static struct span
decoded(struct route *r, struct span step)
{
	char		*to = r->text + r->used;
	struct span	 s;
	size_t		 percents = 0;

	if (step.len == 0 || step.len > sizeof(r->text) - r->used)
		return SPAN_NULL;
	for (size_t i = 0; i < step.len; i++)
		percents += step.p[i] == '%';
	s = span_of(to, url_decode(to, step, false));
	if (s.len + 2 * percents != step.len ||		/* an escape that is none */
	    memchr(s.p, '\0', s.len) != NULL || span_is(s, ".") || span_is(s, ".."))
		return SPAN_NULL;
	return s;
}

static bool
match_step(struct route *r, struct span want, struct span step)
{
	struct span	s = decoded(r, step);

	if (s.p == NULL)
		return false;
	if (want.p[0] != ':')
		return span_eq(s, want);
	assert(r->n < ROUTE_MOST);
	r->step[r->n].name = span_of(want.p + 1, want.len - 1);
	r->step[r->n++].value = s;
	r->used += s.len;
	return true;
}

bool
route_match(struct route *r, const char *pattern, struct span path)
{
	struct span	want = span_str(pattern);
	bool		ignored, good;

	r->n = r->used = 0;
	good = inner_path(&want, &ignored);
	assert(good);
	if (!inner_path(&path, &r->slash))
		return false;
	if (want.len == 0 || path.len == 0)
		return want.len == path.len && r->slash;
	while (want.p != NULL && path.p != NULL)
		if (!match_step(r, span_cut(&want, '/'), span_cut(&path, '/')))
			return false;
	return want.p == NULL && path.p == NULL;
}

struct span
route_get(const struct route *r, const char *name)
{
	for (size_t i = 0; i < r->n; i++)
		if (span_is(r->step[i].name, name))
			return r->step[i].value;
	return SPAN_NULL;
}
