/* A JSON text step by step. */
#include "base/walk.h"

void
walk_start(struct walk *w, struct span text)
{
	w->p = text.p;
	w->end = text.p + text.len;
	w->depth = 0;
	w->in[0].object = false;
	w->in[0].n = 0;
}

/* What stands between values says nothing that the brackets do not. */
static void
past_blanks(struct walk *w)
{
	while (w->p < w->end && (*w->p == ' ' || *w->p == '\n' || *w->p == '\r' ||
	    *w->p == '\t' || *w->p == ',' || *w->p == ':'))
		w->p++;
}

static struct span
string(struct walk *w)
{
	const char	*from = w->p++;

	while (w->p < w->end && *w->p != '"')
		w->p += *w->p == '\\' && w->end - w->p > 1 ? 2 : 1;
	if (w->p < w->end)
		w->p++;
	return span_of(from, (size_t)(w->p - from));
}

static struct span
word(struct walk *w)
{
	const char	*from = w->p;

	while (w->p < w->end && memchr(" \n\r\t,:]}", *w->p, 8) == NULL)
		w->p++;
	if (w->p == from)
		w->p++;
	return span_of(from, (size_t)(w->p - from));
}

static enum scan_type
type_of(char c)
{
	switch (c) {
	case '{': return SCAN_OBJECT;
	case '[': return SCAN_ARRAY;
	case '"': return SCAN_STRING;
	case 't': return SCAN_TRUE;
	case 'f': return SCAN_FALSE;
	case 'n': return SCAN_NULL;
	default: return SCAN_NUMBER;
	}
}

static void
closed(struct walk *w, struct walk_step *s)
{
	s->kind = WALK_CLOSE;
	s->type = w->in[w->depth].object ? SCAN_OBJECT : SCAN_ARRAY;
	s->raw = span_of(w->p++, 1);
	w->depth--;
	s->depth = w->depth;
	s->index = w->in[w->depth].n - 1;
}

bool
walk_next(struct walk *w, struct walk_step *s)
{
	past_blanks(w);
	s->key = SPAN_NULL;
	if (w->p == w->end)
		return false;
	if ((*w->p == '}' || *w->p == ']') && w->depth > 0) {
		closed(w, s);
		return true;
	}
	if (w->in[w->depth].object && *w->p == '"') {
		s->key = string(w);
		past_blanks(w);
		if (w->p == w->end)
			return false;
	}
	s->kind = WALK_VALUE;
	s->type = type_of(*w->p);
	s->depth = w->depth;
	s->index = w->in[w->depth].n++;
	if (s->type == SCAN_STRING)
		s->raw = string(w);
	else if ((s->type == SCAN_OBJECT || s->type == SCAN_ARRAY) && w->depth < SCAN_DEPTH) {
		s->kind = WALK_OPEN;
		s->raw = span_of(w->p++, 1);
		w->in[++w->depth].object = s->type == SCAN_OBJECT;
		w->in[w->depth].n = 0;
	} else
		s->raw = word(w);
	return true;
}

struct span
walk_whole(struct walk *w, const struct walk_step *s)
{
	struct walk_step	t;

	if (s->kind != WALK_OPEN)
		return s->raw;
	while (walk_next(w, &t))
		if (t.kind == WALK_CLOSE && t.depth == s->depth)
			break;
	return span_of(s->raw.p, (size_t)(w->p - s->raw.p));
}

struct span
walk_text(struct span raw, struct arena *arena)
{
	const struct scan_found	f = { SCAN_STRING, raw };

	if (raw.len < 2 || raw.p[0] != '"')
		return SPAN_NULL;
	return scan_text(&f, arena);
}
