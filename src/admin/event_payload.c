/* An event's body as a page shows it. */
#include "admin/event_payload.h"

#include "base/walk.h"

#define OPEN_DEPTH	2	/* containers that are open at first */
#define OPEN_MOST	50	/* unless they have more in them */

static const char *
kind_of(enum scan_type type)
{
	switch (type) {
	case SCAN_OBJECT: return "object";
	case SCAN_ARRAY: return "array";
	case SCAN_STRING: return "string";
	case SCAN_NUMBER: return "number";
	case SCAN_TRUE:
	case SCAN_FALSE: return "boolean";
	default: return "null";
	}
}

/* At most so many bytes, whole characters, and a sign that there is more. */
static struct span
cut(struct span s, size_t most, struct arena *arena)
{
	char	*to;

	if (s.len <= most)
		return s;
	while (most > 0 && ((unsigned char)s.p[most] & 0xC0) == 0x80)
		most--;
	if ((to = arena_printf(arena, "%.*s\xE2\x80\xA6", (int)most, s.p)) == NULL)
		return span_of(s.p, most);
	return span_str(to);
}

/* What a node begins with. */
static void
node_open(struct jw *w, const struct walk_step *s, struct arena *arena)
{
	struct span	key = walk_text(s->key, arena);

	jw_open(w, NULL, '{');
	jw_text(w, "key", key.p != NULL ? cut(key, PAYLOAD_TEXT, arena) : SPAN_NULL);
	jw_text(w, "kind", span_str(kind_of(s->type)));
}

static void
node_close(struct jw *w, struct span text, size_t count, bool open)
{
	jw_text(w, "text", text);
	jw_int(w, "count", (int64_t)count);
	jw_bool(w, "folds", count > 0);
	jw_bool(w, "open", open);
	jw_close(w, '}');
}

/* One that has nothing in it, or nothing that is looked into. */
static void
leaf(struct jw *w, const struct walk_step *s, struct span raw, struct arena *arena)
{
	struct span	text = s->type == SCAN_STRING ? walk_text(raw, arena) : raw;

	node_open(w, s, arena);
	jw_open(w, "children", '[');
	jw_close(w, ']');
	node_close(w, cut(text, PAYLOAD_TEXT, arena), 0, false);
}

struct tree {
	struct jw	*w;
	struct arena	*arena;
	struct walk	 walk;
	const char	*enough;	/* no further in the text */
	int		 nodes;
	bool		 bare;		/* on top is a container: its members are the list */
};

static void
container_end(struct tree *t, const struct walk_step *s)
{
	size_t	n = t->walk.in[s->depth + 1].n;

	jw_close(t->w, ']');
	node_close(t->w, n > 0 ? SPAN_NULL : s->type == SCAN_OBJECT ? SPAN("{}") : SPAN("[]"), n,
	    s->depth <= OPEN_DEPTH && n <= OPEN_MOST);
}

/* False: that is enough; what is open is to be closed. */
static bool
step(struct tree *t, const struct walk_step *s)
{
	bool	top = t->bare && s->depth == 0;

	if (s->kind == WALK_CLOSE) {
		if (!top)
			container_end(t, s);
		return true;
	}
	if (top)
		return true;
	if (t->nodes++ == PAYLOAD_NODES || s->raw.p > t->enough)
		return false;
	if (s->kind == WALK_OPEN && s->depth < PAYLOAD_DEPTH) {
		node_open(t->w, s, t->arena);
		jw_open(t->w, "children", '[');
	} else
		leaf(t->w, s, walk_whole(&t->walk, s), t->arena);
	return true;
}

/* The text ended too early for these: as if they ended here. */
static void
close_all(struct tree *t, size_t depth)
{
	struct walk_step	s = { .kind = WALK_CLOSE };

	while (depth > (t->bare ? 1 : 0)) {
		s.depth = --depth;
		s.type = t->walk.in[depth + 1].object ? SCAN_OBJECT : SCAN_ARRAY;
		container_end(t, &s);
	}
}

enum hk_err
payload_tree(struct jw *w, struct span body, struct arena *arena)
{
	struct tree		 t = { .w = w, .arena = arena,
				    .enough = body.p + PAYLOAD_TREE };
	struct walk_step	 s;
	enum hk_err		 e = scan_value(body, arena);
	bool			 more = true;

	if (e == HK_NOMEM)
		return e;
	jw_bool(w, "json", e == HK_OK);
	jw_open(w, "tree", '[');
	walk_start(&t.walk, e == HK_OK ? body : SPAN(""));
	while (more && walk_next(&t.walk, &s)) {
		if (t.nodes == 0 && s.depth == 0 && s.kind == WALK_OPEN)
			t.bare = true;
		more = step(&t, &s);
	}
	if (!more)	/* the last one was begun by the walk alone */
		close_all(&t, s.depth);
	jw_close(w, ']');
	jw_bool(w, "tree_cut", !more);
	return HK_OK;
}

void
payload_raw(struct jw *w, struct span body)
{
	struct span	s = body;

	if (s.len > PAYLOAD_RAW) {
		s.len = PAYLOAD_RAW;
		while (s.len > 0 && ((unsigned char)s.p[s.len] & 0xC0) == 0x80)
			s.len--;
	}
	jw_text(w, "raw", s.p != NULL ? s : SPAN(""));
	jw_bool(w, "raw_cut", s.len < body.len);
}
