/* FastCGI records and parameters, from bytes and to bytes. */
#include "http/record.h"

bool
record_read(struct record *r, const uint8_t h[RECORD_HEADER])
{
	r->type = h[1];
	r->id = (uint16_t)(h[2] << 8 | h[3]);
	r->content = (size_t)h[4] << 8 | h[5];
	r->padding = h[6];
	return h[0] == FCGI_VERSION_1;
}

void
record_write(uint8_t h[RECORD_HEADER], int type, uint16_t id, size_t content)
{
	h[0] = FCGI_VERSION_1;
	h[1] = (uint8_t)type;
	h[2] = (uint8_t)(id >> 8);
	h[3] = (uint8_t)id;
	h[4] = (uint8_t)(content >> 8);
	h[5] = (uint8_t)content;
	h[6] = h[7] = 0;
}

/* One byte below 128, or four with the highest bit set. */
static bool
take_length(struct span *s, size_t *len)
{
	const uint8_t	*p = (const uint8_t *)s->p;
	size_t		 n = s->len > 0 && p[0] >= 128 ? 4 : 1;

	if (s->len < n)
		return false;
	*len = n == 1 ? p[0] : (size_t)(p[0] & 127) << 24 | (size_t)p[1] << 16 |
	    (size_t)p[2] << 8 | p[3];
	*s = span_of(s->p + n, s->len - n);
	return true;
}

/* The next pair off *s. */
static bool
take_param(struct span *s, struct span *name, struct span *value)
{
	size_t	nname, nvalue;

	if (!take_length(s, &nname) || !take_length(s, &nvalue) ||
	    nname > s->len || nvalue > s->len - nname)
		return false;
	*name = span_of(s->p, nname);
	*value = span_of(s->p + nname, nvalue);
	*s = span_of(s->p + nname + nvalue, s->len - nname - nvalue);
	return nname > 0 && memchr(name->p, '=', nname) == NULL &&
	    memchr(name->p, '\0', nname + nvalue) == NULL;
}

static enum hk_err
count_params(struct span s, size_t *n)
{
	struct span	name, value;

	for (*n = 0; s.len > 0; ++*n)
		if (!take_param(&s, &name, &value))
			return err_tell(HK_SYNTAX, "a FastCGI parameter is malformed");
	return *n <= PARAMS_COUNT ? HK_OK :
	    err_tell(HK_TOOBIG, "%zu FastCGI parameters; at most %d", *n, PARAMS_COUNT);
}

enum hk_err
params_read(struct span s, struct arena *arena, char ***env)
{
	struct span	name, value;
	size_t		n;
	char		**v, *p;
	enum hk_err	e;

	if ((e = count_params(s, &n)) != HK_OK)
		return e;
	/* '=' and NUL take no more than the two lengths did. */
	if ((v = arena_get(arena, (n + 1) * sizeof(*v))) == NULL ||
	    (p = arena_get(arena, s.len + 1)) == NULL)
		return HK_NOMEM;
	*env = v;
	while (s.len > 0 && take_param(&s, &name, &value)) {
		*v++ = p;
		memcpy(p, name.p, name.len);
		p[name.len] = '=';
		memcpy(p + name.len + 1, value.p, value.len);
		p += name.len + 1 + value.len;
		*p++ = '\0';
	}
	*v = NULL;
	return HK_OK;
}
