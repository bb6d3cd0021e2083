/* Forms and query strings, read and written. */
#include "http/form.h"

#include "http/url.h"

/* Pieces that are not empty. */
static size_t
count(struct span text)
{
	size_t	n = 0;

	while (text.p != NULL)
		n += span_cut(&text, '&').len > 0;
	return n;
}

/* Decode to *to and move that on. */
static struct span
decoded(char **to, struct span s)
{
	struct span	out = span_of(*to, url_decode(*to, s, true));

	*to += out.len;
	return out;
}

enum hk_err
form_parse(struct form *f, struct span text, struct arena *a)
{
	struct span	 piece, name;
	struct field	*v;
	size_t		 n = count(text);
	char		*to;

	if (n > FORM_MOST)
		return err_tell(HK_TOOBIG, "a form of %zu fields; at most %d", n, FORM_MOST);
	if ((v = arena_get(a, (n + 1) * sizeof(*v))) == NULL ||
	    (to = arena_get(a, text.len + 1)) == NULL)
		return err_tell(HK_NOMEM, "no memory for a form");
	*f = (struct form){ v, n };
	while (text.p != NULL) {
		if ((piece = span_cut(&text, '&')).len == 0)
			continue;
		name = span_cut(&piece, '=');
		v->name = decoded(&to, name);
		v->value = decoded(&to, piece);
		v++;
	}
	return HK_OK;
}

struct span
form_each(const struct form *f, const char *name, size_t *at)
{
	while (*at < f->n)
		if (span_is(f->v[(*at)++].name, name))
			return f->v[*at - 1].value;
	return SPAN_NULL;
}

struct span
form_get(const struct form *f, const char *name)
{
	size_t	at = 0;

	return form_each(f, name, &at);
}

void
form_put(struct buf *b, struct span name, struct span value)
{
	char	last = b->len > 0 ? b->p[b->len - 1] : '?';

	if (last != '?' && last != '&')
		buf_putc(b, '&');
	url_put(b, name);
	buf_putc(b, '=');
	url_put(b, value);
}
