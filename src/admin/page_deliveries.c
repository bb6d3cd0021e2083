/* Deliveries: which message went where, and what became of it. */
#include "admin/delivery_scan.h"
#include "admin/outgoing.h"
#include "admin/owner.h"

#define PAGE_ROWS	50
#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

/* "status": the tabs, each with the query of this list with it. */
static void
put_tabs(struct visit *v, const struct delivery_filter *f)
{
	struct jw	*w = v->doc;
	struct buf	 b;

	buf_init(&b, 16384);
	jw_open(w, "tabs", '[');
	for (size_t i = 0; i == 0 || delivery_statuses[i - 1] != NULL; i++) {
		const char	*word = i > 0 ? delivery_statuses[i - 1] : "";

		buf_clear(&b);
		buf_putc(&b, '?');
		if (i > 0)
			form_put(&b, SPAN("status"), span_str(word));
		if (f->endpoint.p != NULL)
			form_put(&b, SPAN("endpoint"), f->endpoint);
		if (f->type.p != NULL)
			form_put(&b, SPAN("type"), f->type);
		jw_open(w, NULL, '{');
		jw_text(w, "title", span_str(i > 0 ? word : "all"));
		jw_text(w, "href", buf_span(&b));
		jw_bool(w, "here", i > 0 ? span_is(f->status, word) : f->status.p == NULL);
		jw_close(w, '}');
	}
	jw_close(w, ']');
	buf_release(&b);
}

static void
put_filter(struct visit *v, const struct delivery_filter *f)
{
	struct jw	*w = v->doc;

	jw_open(w, "filter", '{');
	jw_text(w, "endpoint", f->endpoint);
	jw_text(w, "status", f->status);
	jw_text(w, "type", f->type);
	jw_close(w, '}');
	jw_bool(w, "filtered", f->endpoint.p != NULL || f->type.p != NULL || f->status.p != NULL);
	put_tabs(v, f);
}

enum hk_err
page_deliveries(struct visit *v)
{
	struct delivery_filter	f;
	struct delivery_scan	s;
	int64_t			at, above = 0;
	enum hk_err		e;

	if ((e = delivery_filter_read(v, &f)) != HK_OK || (e = before_read(v, &at)) != HK_OK)
		return e;
	put_filter(v, &f);
	if ((e = delivery_scan(v, &f, at, PAGE_ROWS, &s)) != HK_OK)
		return e;
	if (at != INT64_MAX && (e = delivery_scan_above(v, &f, at, PAGE_ROWS, &above)) != HK_OK)
		return e;

	const struct field	kept[] = { { SPAN("status"), f.status },
				    { SPAN("endpoint"), f.endpoint }, { SPAN("type"), f.type } };

	way_put(v->doc, "previous", kept, COUNT(kept), at == INT64_MAX ? SPAN_NULL :
	    above == INT64_MAX ? SPAN("") : number_text(v, above));
	way_put(v->doc, "next", kept, COUNT(kept), s.next != 0 ? number_text(v, s.next) : SPAN_NULL);
	jw_bool(v->doc, "newest", at == INT64_MAX);
	jw_bool(v->doc, "any", s.n > 0);
	jw_int(v->doc, "looked_to", s.looked_to);
	jw_int(v->doc, "looks", DELIVERY_LOOKS);
	return HK_OK;
}
