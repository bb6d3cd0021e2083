/* Finding deliveries. */
#include "admin/delivery_scan.h"

#include "admin/outgoing.h"
#include "outbox/endpoint.h"

#define VALUE_MOST	200	/* bytes of a value */

const char *const delivery_statuses[] = { "pending", "sending", "delivered", "failed", "held",
    "canceled", NULL };

enum hk_err
delivery_filter_read(const struct visit *v, struct delivery_filter *f)
{
	size_t	i = 0;

	*f = (struct delivery_filter){ .endpoint = visit_query(v, "endpoint"),
	    .status = visit_query(v, "status"), .type = visit_query(v, "type") };
	while (delivery_statuses[i] != NULL && !span_is(f->status, delivery_statuses[i]))
		i++;
	if (f->status.p != NULL && delivery_statuses[i] == NULL)
		return err_tell(HK_SYNTAX, "status is a word of the list, such as failed or delivered");
	if (f->endpoint.p != NULL && !endpoint_named(f->endpoint, &f->endpoint_id) &&
	    !span_u63(f->endpoint, &f->endpoint_id))
		return err_tell(HK_SYNTAX, "endpoint is told by its name: ep_12");
	if (f->type.len > VALUE_MOST)
		return err_tell(HK_SYNTAX, "type is too long for one: %d bytes at most", VALUE_MOST);
	return HK_OK;
}

/* The statement that looks at the fewest; _UP follows its brother in admin_outbox.def. */
static enum hk_err
open_look(struct visit *v, const struct delivery_filter *f, int64_t at, bool up, struct stmt **q)
{
	bool		of = f->endpoint_id != 0, status = f->status.p != NULL;
	enum stmt_id	which = of ? (status ? S_DELIVERIES_OF_STATUS : S_DELIVERIES_OF) :
			    span_is(f->status, "failed") ? S_DELIVERIES_FAILED : S_DELIVERIES_ALL;
	enum hk_err	e;

	if ((e = db_stmt(v->db, which + up, q)) != HK_OK)
		return e;
	bind_int(*q, ":at", at);
	bind_int(*q, ":looks", DELIVERY_LOOKS + 1);
	if (of)
		bind_int(*q, ":endpoint", f->endpoint_id);
	if (of && status)
		bind_text(*q, ":status", f->status);
	return HK_OK;
}

static bool
fits(const struct delivery_filter *f, struct stmt *q)
{
	return (f->status.p == NULL || span_eq(f->status, col_text(q, D_STATUS))) &&
	    type_fits(f->type, col_text(q, D_TYPE));
}

enum hk_err
delivery_scan(struct visit *v, const struct delivery_filter *f, int64_t at, int most,
    struct delivery_scan *out)
{
	struct stmt	*q = NULL;
	int64_t		 last = 0;
	enum hk_err	 e;
	bool		 row;

	*out = (struct delivery_scan){ .n = 0 };
	if ((e = open_look(v, f, at, false, &q)) != HK_OK)
		return e;
	jw_open(v->doc, "rows", '[');
	for (int looks = 0; (e = stmt_step(q, &row)) == HK_OK && row; looks++) {
		if (looks == DELIVERY_LOOKS) {
			out->next = out->looked_to = last;
			break;
		}
		if (fits(f, q) && out->n == most) {
			out->next = last;
			break;
		}
		last = col_int(q, D_COLUMNS);
		if (!fits(f, q))
			continue;
		out->n++;
		jw_open(v->doc, NULL, '{');
		delivery_put(v->doc, q);
		jw_close(v->doc, '}');
	}
	jw_close(v->doc, ']');
	stmt_reset(q);
	return e;
}

enum hk_err
delivery_scan_above(struct visit *v, const struct delivery_filter *f, int64_t at, int most,
    int64_t *above)
{
	struct stmt	*q = NULL;
	int		 n = 0;
	enum hk_err	 e;
	bool		 row;

	*above = INT64_MAX;
	if ((e = open_look(v, f, at, true, &q)) != HK_OK)
		return e;
	for (int looks = 0; (e = stmt_step(q, &row)) == HK_OK && row; looks++)
		if (looks == DELIVERY_LOOKS || (fits(f, q) && n++ == most)) {
			*above = col_int(q, D_COLUMNS);
			break;
		}
	stmt_reset(q);
	return e;
}
