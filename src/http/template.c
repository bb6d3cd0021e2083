/*
 * Rendering.  A template is read anew for each page: that costs less than its
 * values do, and nothing is shared between threads.
 */
#include "http/html.h"
#include "http/template_part.h"

#define READ_MOST	((size_t)16 << 20)	/* bytes for the templates of a page */

/* The values of the sections around, from the inside out. */
struct scope {
	const struct scope	*outer;
	struct json		*value;
};

/* The indentations of the partials around. */
struct margin {
	const struct margin	*outer;
	struct span		 text;
};

struct render {
	struct buf	*out;
	struct buf	 made;		/* a value as text, before it is escaped */
	void		*ctx;
	const struct template *t;
	int		 depth;
};

static enum hk_err render(struct render *, size_t begin, size_t end,
		    const struct scope *, const struct margin *);

static struct json *
look_up(const struct scope *s, char *const *step)
{
	struct json	*v = s->value;

	if (*step == NULL)
		return v;
	for (; s != NULL && !json_has(s->value, *step, &v); s = s->outer)
		continue;
	if (s == NULL)
		return NULL;
	while (*++step != NULL)
		if (!json_has(v, *step, &v))
			return NULL;
	return v;
}

static bool
is_nothing(struct json *v)
{
	int64_t	n;

	switch (json_kind(v)) {
	case JSON_ABSENT:
		return true;
	case JSON_BOOL:
		return !json_true(v, NULL);
	case JSON_INTEGER:
		return json_int(v, NULL, &n) && n == 0;
	case JSON_STRING:
		return json_text(v, NULL).len == 0;
	case JSON_ARRAY:
		return json_len(v) == 0;
	default:
		return false;
	}
}

static void
put_margin(struct buf *out, const struct margin *m)
{
	if (m == NULL)
		return;
	put_margin(out, m->outer);
	buf_putspan(out, m->text);
}

static void
put_text(struct buf *out, const struct node *n, const struct margin *m)
{
	struct span	 rest = n->text;
	const char	*p;
	size_t		 len;

	if (m == NULL) {
		buf_putspan(out, rest);
		return;
	}
	if (n->at_line)
		put_margin(out, m);
	while (rest.len > 0 && (p = memchr(rest.p, '\n', rest.len)) != NULL) {
		len = (size_t)(p - rest.p) + 1;
		buf_put(out, rest.p, len);
		rest = span_of(rest.p + len, rest.len - len);
		if (rest.len > 0 || n->line_follows)
			put_margin(out, m);
	}
	buf_putspan(out, rest);
}

static void
put_value(struct render *r, const struct node *n, const struct scope *s)
{
	struct json	*v = look_up(s, n->step);
	struct span	 text = json_text(v, NULL);

	if (n->filter != NULL || text.p == NULL) {
		buf_clear(&r->made);
		if (n->filter != NULL)
			n->filter->run(&r->made, v, r->ctx);
		else
			json_show(&r->made, v);
		text = buf_span(&r->made);
		r->out->bad |= r->made.bad;
	}
	html_put(r->out, text);
}

static enum hk_err
deeper(struct render *r)
{
	if (++r->depth <= TEMPLATE_DEPTH)
		return HK_OK;
	return err_note(HK_TOOBIG, "template %.*s: more than %d sections and partials "
	    "inside one another", SPAN_ARG(r->t->name), TEMPLATE_DEPTH);
}

static enum hk_err
put_section(struct render *r, size_t at, const struct scope *outer, const struct margin *m)
{
	const struct node	*n = &r->t->v[at];
	struct scope		 s = { outer, look_up(outer, n->step) };
	struct json		*list = s.value;
	enum hk_err		 e;

	if (is_nothing(list))
		return HK_OK;
	if ((e = deeper(r)) != HK_OK)
		return e;
	if (json_kind(list) != JSON_ARRAY)
		e = render(r, at + 1, n->end, &s, m);
	for (size_t i = 0; e == HK_OK && buf_ok(r->out) && i < json_len(list); i++) {
		s.value = json_at(list, i);
		e = render(r, at + 1, n->end, &s, m);
	}
	r->depth--;
	return e;
}

static enum hk_err
put_partial(struct render *r, const struct node *n, const struct scope *s,
    const struct margin *outer)
{
	const struct template	*here = r->t;
	struct margin		 m = { outer, n->text };
	enum hk_err		 e;

	if ((e = deeper(r)) != HK_OK)
		return e;
	r->t = n->partial;
	e = render(r, 0, r->t->n, s, n->text.p != NULL ? &m : NULL);
	r->t = here;
	r->depth--;
	return e;
}

static enum hk_err
render(struct render *r, size_t i, size_t end, const struct scope *s, const struct margin *m)
{
	const struct node	*v = r->t->v;
	enum hk_err		 e = HK_OK;

	while (i < end && e == HK_OK)
		switch (v[i].kind) {
		case NODE_TEXT:
			put_text(r->out, &v[i++], m);
			break;
		case NODE_VALUE:
			put_value(r, &v[i++], s);
			break;
		case NODE_PARTIAL:
			e = put_partial(r, &v[i++], s, m);
			break;
		case NODE_SECTION:
			e = put_section(r, i, s, m);
			i = v[i].end;
			break;
		case NODE_INVERTED:
			/* what is inside follows; or it is passed over */
			i = is_nothing(look_up(s, v[i].step)) ? i + 1 : v[i].end;
			break;
		}
	return e;
}

enum hk_err
template_render(struct buf *out, const struct template_set *set, const char *name,
    struct json *doc, void *ctx)
{
	struct render	 r = { .out = out, .ctx = ctx };
	struct scope	 top = { NULL, doc };
	struct arena	*arena = arena_new(READ_MOST);
	enum hk_err	 e;

	buf_init(&r.made, out->most);
	if (arena == NULL)
		e = err_note(HK_NOMEM, "no memory for template %s", name);
	else if ((e = template_read(set, name, arena, &r.t)) == HK_OK &&
	    (e = render(&r, 0, r.t->n, &top, NULL)) == HK_OK && !buf_ok(out))
		e = err_note(HK_NOMEM, "template %s: no memory, or a page of more than "
		    "%zu bytes", name, out->most);
	buf_release(&r.made);
	arena_free(arena);
	return e;
}

enum hk_err
template_check(const struct template_set *set, const char *name)
{
	const struct template	*t;
	struct arena		*arena = arena_new(READ_MOST);
	enum hk_err		 e;

	if (arena == NULL)
		return err_note(HK_NOMEM, "no memory for template %s", name);
	e = template_read(set, name, arena, &t);
	arena_free(arena);
	return e;
}
