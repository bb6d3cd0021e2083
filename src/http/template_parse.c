/*
 * Reading templates: one pass over the text, a tag at a time, into a list of
 * nodes in which a section knows where it ends.
 */
#include <stdarg.h>
#include <stdio.h>

#include "http/template_part.h"
#include "http/url.h"

#define OPEN_MOST	32	/* sections inside one another in one file */
#define STEPS_MOST	16	/* of a dotted name */

struct reader {
	const struct template_set *set;
	struct arena	*arena;
	struct template	*first, **last;
	/* Of the template at hand: */
	struct template	*t;
	size_t		 at;		/* all before it is read */
	struct {
		size_t		 node, at;
		struct span	 name;
	}		 open[OPEN_MOST];
	size_t		 nopen;
};

struct tag {
	size_t		 begin, end;	/* with its braces */
	char		 sign;		/* '#', ...; 0: a value */
	struct span	 name;
	/* It is alone on a line, which reaches from here to there. */
	bool		 alone;
	size_t		 line_begin, line_end;
};

static void
url_filter(struct buf *out, struct json *value, void *ctx)
{
	struct buf	b;

	(void)ctx;
	buf_init(&b, out->most);
	json_show(&b, value);
	url_put(out, buf_span(&b));
	out->bad |= b.bad;
	buf_release(&b);
}

static const struct template_filter	own_filters[] = {
	{ "url",	url_filter },
	{ NULL,		NULL }
};

static enum hk_err HK_PRINTF(4, 5)
wrong(const struct reader *r, size_t at, enum hk_err e, const char *fmt, ...)
{
	size_t	line = 1;
	char	why[256];
	va_list	ap;

	for (size_t i = 0; i < at; i++)
		line += r->t->text.p[i] == '\n';
	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	return err_note(e, "template %.*s, line %zu: %s", SPAN_ARG(r->t->name), line, why);
}

static enum hk_err
no_memory(const struct reader *r)
{
	return err_note(HK_NOMEM, "template %.*s: no memory to read it",
	    SPAN_ARG(r->t->name));
}

/* The template of that name, to be read when it is its turn. */
static enum hk_err
enlist(struct reader *r, struct span name, size_t at, const struct template **out)
{
	struct template	*t;
	char		*s;

	for (t = r->first; t != NULL; t = t->next)
		if (span_eq(t->name, name)) {
			*out = t;
			return HK_OK;
		}
	if ((t = arena_zero(r->arena, sizeof(*t))) == NULL ||
	    (s = arena_str(r->arena, name)) == NULL)
		return err_note(HK_NOMEM, "template %.*s: no memory to read it",
		    SPAN_ARG(name));
	t->name = span_of(s, name.len);
	if ((t->text = embed_find(r->set->file, s)).p == NULL)
		return r->t != NULL ? wrong(r, at, HK_NOTFOUND, "no template \"%s\"", s) :
		    err_note(HK_NOTFOUND, "no template \"%s\"", s);
	*r->last = t;
	r->last = &t->next;
	*out = t;
	return HK_OK;
}

static const struct template_filter *
find_filter(const struct template_filter *f, struct span name)
{
	for (; f != NULL && f->name != NULL; f++)
		if (span_is(name, f->name))
			return f;
	return NULL;
}

static bool
blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Is there nothing but blanks beside the tag? */
static void
look_around(const struct span text, struct tag *t)
{
	size_t	i = t->begin, k = t->end;

	while (i > 0 && blank(text.p[i - 1]))
		i--;
	while (k < text.len && blank(text.p[k]))
		k++;
	if (k < text.len && text.p[k] == '\r')
		k++;
	t->alone = (i == 0 || text.p[i - 1] == '\n') && (k == text.len || text.p[k] == '\n');
	t->line_begin = i;
	t->line_end = k < text.len ? k + 1 : k;
}

/* A name of a value: letters, digits, '_', '-', with '.' between. */
static bool
is_name(struct span s)
{
	if (span_is(s, "."))
		return true;
	for (size_t i = 0; i < s.len; i++) {
		char	c = s.p[i], lower = c | 0x20;

		if (c == '.' ? i == 0 || i + 1 == s.len || s.p[i - 1] == '.' :
		    !((lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') ||
		    c == '_' || c == '-'))
			return false;
	}
	return s.len > 0;
}

/* The next tag; sets begin to the text's length when there is none. */
static enum hk_err
next_tag(const struct reader *r, struct tag *t)
{
	struct span	 text = r->t->text, inner;
	const char	*p, *end;

	memset(t, 0, sizeof(*t));
	if ((p = memmem(text.p + r->at, text.len - r->at, "{{", 2)) == NULL) {
		t->begin = text.len;
		return HK_OK;
	}
	t->begin = (size_t)(p - text.p);
	if ((end = memmem(p + 2, text.len - t->begin - 2, "}}", 2)) == NULL)
		return wrong(r, t->begin, HK_SYNTAX, "a tag without end");
	t->end = (size_t)(end - text.p) + 2;
	inner = span_trim(span_of(p + 2, (size_t)(end - p) - 2));
	if (inner.len > 0 && memchr("#^/!>{&=$<", *inner.p, 10) != NULL) {
		t->sign = *inner.p;
		inner = span_trim(span_of(inner.p + 1, inner.len - 1));
	}
	t->name = inner;
	if (t->sign != 0)
		look_around(text, t);
	return HK_OK;
}

/* The text before a tag; blanks before one that is alone belong to it. */
static void
add_text(struct reader *r, size_t end, bool alone)
{
	struct span	text = r->t->text;
	struct node	n = { .kind = NODE_TEXT };

	n.text = span_of(text.p + r->at, end - r->at);
	n.at_line = r->at == 0 || text.p[r->at - 1] == '\n';
	n.line_follows = n.text.len > 0 && end < text.len && !alone && text.p[end - 1] == '\n';
	/* Empty, it is there for the indentation of a line that begins with a tag. */
	if (n.text.len > 0 || (n.at_line && !alone))
		r->t->v[r->t->n++] = n;
}

/* Cut a name into C strings. */
static enum hk_err
take_steps(struct reader *r, size_t at, struct span name, struct node *node)
{
	char	*step[STEPS_MOST + 1], **v;
	size_t	 n = 0;

	if (!is_name(name))
		return wrong(r, at, HK_SYNTAX, "\"%.*s\" is no name", SPAN_ARG(name));
	if (span_is(name, "."))
		name = SPAN_NULL;
	while (name.p != NULL) {
		if (n == STEPS_MOST)
			return wrong(r, at, HK_SYNTAX, "a name of more than %d parts",
			    STEPS_MOST);
		if ((step[n++] = arena_str(r->arena, span_cut(&name, '.'))) == NULL)
			return no_memory(r);
	}
	step[n++] = NULL;
	if ((v = arena_get(r->arena, n * sizeof(*v))) == NULL)
		return no_memory(r);
	memcpy(v, step, n * sizeof(*v));
	node->step = v;
	return HK_OK;
}

static enum hk_err
add_value(struct reader *r, const struct tag *t, struct node *node)
{
	struct span	filter = t->name, name = span_trim(span_cut(&filter, '|'));

	node->kind = NODE_VALUE;
	if (filter.p != NULL) {
		filter = span_trim(filter);
		if ((node->filter = find_filter(r->set->filter, filter)) == NULL &&
		    (node->filter = find_filter(own_filters, filter)) == NULL)
			return wrong(r, t->begin, HK_NOTFOUND, "no filter \"%.*s\"",
			    SPAN_ARG(filter));
	}
	return take_steps(r, t->begin, name, node);
}

static enum hk_err
open_section(struct reader *r, const struct tag *t, struct node *node)
{
	if (r->nopen == OPEN_MOST)
		return wrong(r, t->begin, HK_SYNTAX, "more than %d sections inside one "
		    "another", OPEN_MOST);
	r->open[r->nopen].node = r->t->n;
	r->open[r->nopen].at = t->begin;
	r->open[r->nopen++].name = t->name;
	node->kind = t->sign == '#' ? NODE_SECTION : NODE_INVERTED;
	return take_steps(r, t->begin, t->name, node);
}

static enum hk_err
close_section(struct reader *r, const struct tag *t)
{
	if (r->nopen == 0 || !span_eq(r->open[r->nopen - 1].name, t->name))
		return wrong(r, t->begin, HK_SYNTAX, "{{/%.*s}} ends no section",
		    SPAN_ARG(t->name));
	r->t->v[r->open[--r->nopen].node].end = r->t->n;
	return HK_OK;
}

static enum hk_err
add_partial(struct reader *r, const struct tag *t, struct node *node)
{
	node->kind = NODE_PARTIAL;
	if (t->alone)
		node->text = span_of(r->t->text.p + t->line_begin, t->begin - t->line_begin);
	if (!span_graph(t->name, 255))
		return wrong(r, t->begin, HK_SYNTAX, "a partial without a name");
	return enlist(r, t->name, t->begin, &node->partial);
}

static enum hk_err
add_tag(struct reader *r, const struct tag *t)
{
	struct node	node = { 0 };
	enum hk_err	e;

	switch (t->sign) {
	case '!':
		return HK_OK;
	case '/':
		return close_section(r, t);
	case 0:
		e = add_value(r, t, &node);
		break;
	case '#':
	case '^':
		e = open_section(r, t, &node);
		break;
	case '>':
		e = add_partial(r, t, &node);
		break;
	default:
		return wrong(r, t->begin, HK_SYNTAX, "{{%c is not for our templates",
		    t->sign);
	}
	r->t->v[r->t->n++] = node;
	return e;
}

/* A tag makes two nodes at most, and the end of the text one. */
static bool
make_room(struct reader *r)
{
	struct span	 text = r->t->text;
	const char	*p;
	size_t		 n = 1;

	while ((p = memmem(text.p, text.len, "{{", 2)) != NULL) {
		n += 2;
		text = span_of(p + 2, text.len - (size_t)(p + 2 - text.p));
	}
	return (r->t->v = arena_get(r->arena, n * sizeof(*r->t->v))) != NULL;
}

static enum hk_err
read_one(struct reader *r, struct template *t)
{
	struct tag	tag;
	enum hk_err	e;

	r->t = t;
	r->at = r->nopen = 0;
	if (!make_room(r))
		return no_memory(r);
	for (;;) {
		if ((e = next_tag(r, &tag)) != HK_OK)
			return e;
		if (tag.begin == t->text.len)
			break;
		add_text(r, tag.alone ? tag.line_begin : tag.begin, tag.alone);
		if ((e = add_tag(r, &tag)) != HK_OK)
			return e;
		r->at = tag.alone ? tag.line_end : tag.end;
	}
	if (r->at < t->text.len)
		add_text(r, t->text.len, false);
	if (r->nopen > 0)
		return wrong(r, r->open[r->nopen - 1].at, HK_SYNTAX,
		    "the section \"%.*s\" has no end", SPAN_ARG(r->open[r->nopen - 1].name));
	return HK_OK;
}

enum hk_err
template_read(const struct template_set *set, const char *name, struct arena *arena,
    const struct template **out)
{
	struct reader	r = { .set = set, .arena = arena };
	enum hk_err	e;

	r.last = &r.first;
	if ((e = enlist(&r, span_str(name), 0, out)) != HK_OK)
		return e;
	for (struct template *t = r.first; t != NULL; t = t->next)
		if ((e = read_one(&r, t)) != HK_OK)
			return e;
	return HK_OK;
}
