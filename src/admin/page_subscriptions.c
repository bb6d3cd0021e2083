/* Subscriptions, the newest first. */
#include <inttypes.h>

#include "admin/owner.h"
#include "admin/subscription_row.h"
#include "books/books.h"

#define PAGE_ROWS	50
#define WINDOW		20000	/* subscriptions that a filter looks at */
#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

static const char *const statuses[] = {
	"active", "trialing", "past_due", "unpaid", "paused", "incomplete", "canceled",
	"incomplete_expired", "ended", "abandoned", "upcoming", "unknown", NULL
};
static const char *const providers[] = { "stripe", "clerk", NULL };

struct wanted {
	struct span	 status, provider, plan, owner;
	struct span	 owner_id;	/* whom the word of the filter means */
	int64_t		 before;	/* INT64_MAX: the newest */
	bool		 filtered;
};

/* ---- what is wanted ------------------------------------------------------------ */

/* An address, a customer, a Clerk id are whoever has it; others stand for themselves. */
static enum hk_err
find_owner(struct visit *v, struct wanted *w)
{
	struct user	u;
	enum hk_err	e;

	w->owner_id = w->owner;
	if (w->owner.p == NULL)
		return HK_OK;
	if ((e = user_find(v->db, w->owner, &u)) == HK_OK &&
	    (w->owner_id = arena_span(v->arena, span_str(u.id))).p == NULL)
		return err_note(HK_NOMEM, "no memory for a filter");
	return e == HK_NOTFOUND || e == HK_NEVER || e == HK_SYNTAX ? HK_OK : e;
}

static enum hk_err
read_query(struct visit *v, struct wanted *w)
{
	struct span	before = visit_query(v, "before");

	*w = (struct wanted){ .status = visit_query(v, "status"), .before = INT64_MAX,
	    .provider = visit_query(v, "provider"), .plan = visit_query(v, "plan"),
	    .owner = visit_query(v, "owner") };
	w->filtered = w->status.p != NULL || w->provider.p != NULL || w->plan.p != NULL ||
	    w->owner.p != NULL;
	if (before.p != NULL && !span_u63(before, &w->before))
		return err_tell(HK_SYNTAX, "before is the number of a subscription");
	if (!choice_good(statuses, w->status))
		return err_tell(HK_SYNTAX, "status is a word of the list, such as active or past_due");
	if (!choice_good(providers, w->provider))
		return err_tell(HK_SYNTAX, "provider is stripe or clerk");
	return find_owner(v, w);
}

static void
bind(struct stmt *q, const struct wanted *w, int64_t before)
{
	if (w->owner_id.p != NULL)
		bind_text(q, ":owner", w->owner_id);
	bind_text(q, ":status", w->status);
	bind_text(q, ":provider", w->provider);
	bind_text(q, ":plan", w->plan);
	bind_int(q, ":before", before);
}

/* ---- the document ---------------------------------------------------------------- */

static enum hk_err
newest(struct visit *v, int64_t *id)
{
	struct stmt	*q;
	enum hk_err	 e;

	*id = 0;
	if ((e = db_stmt(v->db, S_SUBSCRIPTION_NEWEST, &q)) != HK_OK)
		return e;
	return stmt_int(q, id);
}

/* *next: where the page below begins, 0 when there is none. */
static enum hk_err
put_rows(struct visit *v, const struct wanted *w, int64_t low, int64_t *next)
{
	struct stmt	*q;
	int64_t		 last = 0;
	int		 n = 0;
	enum hk_err	 e;
	bool		 row;

	*next = 0;
	if ((e = db_stmt(v->db, w->owner_id.p != NULL ? S_SUBSCRIPTION_LIST_OWNER :
	    S_SUBSCRIPTION_LIST, &q)) != HK_OK)
		return e;
	bind(q, w, w->before);
	bind_int(q, ":low", low);
	bind_int(q, ":limit", PAGE_ROWS + 1);
	jw_open(v->doc, "rows", '[');
	while ((e = stmt_step(q, &row)) == HK_OK && row) {
		if (n++ == PAGE_ROWS) {
			*next = last;
			break;
		}
		last = col_int(q, SUB_ID);
		jw_open(v->doc, NULL, '{');
		subscription_put_row(v->doc, q);
		jw_close(v->doc, '}');
	}
	jw_close(v->doc, ']');
	stmt_reset(q);
	return e;
}

/* Where the page above begins; the newest when it is not that far. */
static enum hk_err
find_above(struct visit *v, const struct wanted *w, struct span *above)
{
	struct stmt	*q;
	int64_t		 id = INT64_MAX;
	enum hk_err	 e;

	*above = SPAN_NULL;
	if (w->before == INT64_MAX)
		return HK_OK;
	if ((e = db_stmt(v->db, w->owner_id.p != NULL ? S_SUBSCRIPTION_ABOVE_OWNER :
	    S_SUBSCRIPTION_ABOVE, &q)) != HK_OK)
		return e;
	bind(q, w, w->before);
	bind_int(q, ":high", w->before < INT64_MAX - WINDOW ? w->before + WINDOW : INT64_MAX);
	bind_int(q, ":skip", PAGE_ROWS);
	if ((e = stmt_int(q, &id)) == HK_OK)
		*above = id == INT64_MAX ? SPAN("") : span_str(arena_printf(v->arena, "%" PRId64, id));
	return e;
}

static void
put_form(struct visit *v, const struct wanted *w)
{
	jw_text(v->doc, "plan", w->plan);
	jw_text(v->doc, "owner", w->owner);
	jw_bool(v->doc, "filtered", w->filtered);
	choices_put(v->doc, "statuses", statuses, w->status);
	choices_put(v->doc, "providers", providers, w->provider);
}

static void
put_ways(struct visit *v, const struct wanted *w, struct span above, int64_t next)
{
	const struct field	kept[] = {
		{ SPAN("status"), w->status }, { SPAN("provider"), w->provider },
		{ SPAN("plan"), w->plan }, { SPAN("owner"), w->owner },
	};

	way_put(v->doc, "previous", kept, COUNT(kept), above);
	way_put(v->doc, "next", kept, COUNT(kept), next == 0 ? SPAN_NULL :
	    span_str(arena_printf(v->arena, "%" PRId64, next)));
}

enum hk_err
page_subscriptions(struct visit *v)
{
	struct wanted	w;
	struct span	above;
	int64_t		top, low = 0, next = 0;
	enum hk_err	e;

	if ((e = read_query(v, &w)) != HK_OK || (e = newest(v, &top)) != HK_OK)
		return e;
	if (w.before <= top)
		top = w.before - 1;
	if (w.filtered && w.owner_id.p == NULL && top > WINDOW)
		low = top - WINDOW + 1;
	put_form(v, &w);
	if ((e = put_rows(v, &w, low, &next)) != HK_OK || (e = find_above(v, &w, &above)) != HK_OK)
		return e;
	if (next == 0 && low > 1)
		jw_int(v->doc, "looked_to", next = low);
	else
		jw_null(v->doc, "looked_to");
	put_ways(v, &w, above, next);
	return HK_OK;
}
