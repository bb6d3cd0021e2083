/* Parts of the pages of the books. */
#include "admin/owner.h"

#include <inttypes.h>

void
owner_put(struct jw *w, const char *key, struct span kind, struct span id, struct span title)
{
	if (kind.p == NULL) {
		jw_null(w, key);
		return;
	}
	jw_open(w, key, '{');
	jw_text(w, "kind", kind);
	jw_text(w, "id", id);
	jw_text(w, "title", title.len > 0 ? title : id);
	jw_bool(w, "user", span_is(kind, "user"));
	jw_close(w, '}');
}

void
choices_put(struct jw *w, const char *key, const char *const *words, struct span here)
{
	jw_open(w, key, '[');
	jw_open(w, NULL, '{');
	jw_text(w, "value", SPAN(""));
	jw_text(w, "title", SPAN("any"));
	jw_bool(w, "here", here.p == NULL);
	jw_close(w, '}');
	for (; *words != NULL; words++) {
		jw_open(w, NULL, '{');
		jw_text(w, "value", span_str(*words));
		jw_text(w, "title", span_str(*words));
		jw_bool(w, "here", span_is(here, *words));
		jw_close(w, '}');
	}
	jw_close(w, ']');
}

bool
choice_good(const char *const *words, struct span s)
{
	while (s.p != NULL && *words != NULL && !span_is(s, *words))
		words++;
	return s.p == NULL || *words != NULL;
}

void
way_put(struct jw *w, const char *key, const struct field *kept, size_t n, struct span before)
{
	struct buf	b;

	if (before.p == NULL) {
		jw_null(w, key);
		return;
	}
	buf_init(&b, 16384);
	for (size_t i = 0; i < n; i++)
		if (kept[i].value.p != NULL)
			form_put(&b, kept[i].name, kept[i].value);
	form_put(&b, SPAN("before"), before);
	jw_text(w, key, buf_ok(&b) ? buf_span(&b) : SPAN_NULL);
	buf_release(&b);
}

enum hk_err
edge_read(const struct visit *v, struct edge *edge)
{
	struct span	s = visit_query(v, "before");

	*edge = (struct edge){ INT64_MAX, SPAN_NULL };
	if (s.p == NULL)
		return HK_OK;
	if (!span_u63(span_cut(&s, '-'), &edge->at) || s.p == NULL)
		return err_tell(HK_SYNTAX, "before is a time and a name, as the links of the list have it");
	edge->name = s;
	return HK_OK;
}

struct span
edge_text(struct arena *a, int64_t at, struct span name)
{
	return span_str(arena_printf(a, "%" PRId64 "-%.*s", at, SPAN_ARG(name)));
}
