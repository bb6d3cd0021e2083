/* One endpoint: how it stands, how it answers, what was sent to it last. */
#include "admin/endpoint_form.h"
#include "admin/outgoing.h"
#include "admin/owner.h"
#include "base/clock.h"
#include "outbox/delivery.h"
#include "outbox/tally.h"

#define DELIVERIES_SHOWN	10
#define ATTEMPTS_SHOWN		10
#define RECOVERIES_SHOWN	3
#define TIMES_LOOKED		1000	/* answers that the median is of */
#define COUNT_MOST		10000	/* open deliveries that are counted */
#define DAY_US			(INT64_C(86400) * US_PER_S)
#define WEEK_US			(7 * DAY_US)

static enum hk_err
put_owner(struct visit *v, const struct endpoint *ep)
{
	struct stmt	*q;
	struct span	 email = SPAN_NULL;
	enum hk_err	 e = HK_OK;
	bool		 row;

	if (!span_is(ep->word.owner_kind, "user")) {
		owner_put(v->doc, "owner", ep->word.owner_kind, ep->word.owner, SPAN_NULL);
		return e;
	}
	if ((e = db_stmt(v->db, S_ADMIN_ENDPOINT_EMAIL, &q)) != HK_OK)
		return e;
	bind_text(q, ":id", ep->word.owner);
	if ((e = stmt_step(q, &row)) == HK_OK && row)
		email = col_text(q, 0);
	owner_put(v->doc, "owner", ep->word.owner_kind, ep->word.owner, email);
	stmt_reset(q);
	return e;
}

static enum hk_err
put_endpoint(struct visit *v, const struct endpoint *ep)
{
	struct jw	*w = v->doc;
	struct span	 state = span_str(endpoint_state_name(ep->state));
	char		 name[ENDPOINT_NAME];
	enum hk_err	 e;

	endpoint_name(name, ep->id);
	jw_open(w, "endpoint", '{');
	jw_int(w, "id", ep->id);
	jw_text(w, "name", span_str(name));
	jw_text(w, "title", ep->name.p != NULL ? ep->name : ep->word.url);
	jw_bool(w, "own", ep->name.p == NULL);
	jw_text(w, "channel", ep->channel);
	jw_text(w, "url", ep->word.url);
	jw_text(w, "description", ep->word.description);
	jw_text(w, "types", ep->word.types);
	jw_text(w, "filter", ep->word.filter);
	jw_bool(w, "thin", ep->word.thin);
	jw_bool(w, "ordered", ep->word.ordered);
	jw_int(w, "rate", ep->word.rate);
	jw_bool(w, "has_headers", ep->has_headers);
	jw_text(w, "state", state);
	jw_text(w, "look", span_str(endpoint_look(state, ep->failing_us != 0)));
	jw_bool(w, "enabled", ep->state == ENDPOINT_ENABLED);
	jw_bool(w, "paused", ep->state == ENDPOINT_PAUSED);
	jw_bool(w, "disabled", ep->state == ENDPOINT_DISABLED);
	jw_text(w, "why", ep->state_why);
	jw_time(w, "state_at", ep->state_us);
	jw_time(w, "failing_at", ep->failing_us);
	jw_int(w, "failures", ep->failures);
	jw_time(w, "created_at", ep->created_us);
	jw_time(w, "updated_at", ep->updated_us);
	e = put_owner(v, ep);
	jw_close(w, '}');
	return e;
}

/* ---- figures ---------------------------------------------------------------------------- */

static void
add(void *ctx, const struct tally_row *r)
{
	struct tally_row	*sum = ctx;

	sum->good += r->good;
	sum->failed += r->failed;
}

static enum hk_err
put_share(struct visit *v, const char *key, int64_t id, int64_t since)
{
	struct tally_row	sum = { .endpoint = id };
	struct jw		*w = v->doc;
	enum hk_err		 e = tally_read(v->db, id, since, INT64_MAX, add, &sum);
	int64_t			 all = sum.good + sum.failed;

	jw_open(w, key, '{');
	jw_int(w, "good", sum.good);
	jw_int(w, "failed", sum.failed);
	if (all > 0)	/* rounded down: 99 is not 100 */
		jw_int(w, "share", sum.good * 100 / all);
	else
		jw_null(w, "share");
	jw_close(w, '}');
	return e;
}

/* Of the newest answers; they come sorted. */
static enum hk_err
put_times(struct visit *v, int64_t id)
{
	int64_t		 us[TIMES_LOOKED];
	struct jw	*w = v->doc;
	struct stmt	*q;
	size_t		 n = 0;
	enum hk_err	 e;
	bool		 row;

	if ((e = db_stmt(v->db, S_ADMIN_ENDPOINT_TIMES, &q)) != HK_OK)
		return e;
	bind_int(q, ":endpoint", id);
	bind_int(q, ":most", TIMES_LOOKED);
	bind_int(q, ":since", v->now - WEEK_US);
	while (n < TIMES_LOOKED && (e = stmt_step(q, &row)) == HK_OK && row)
		us[n++] = col_int(q, 0);
	stmt_reset(q);
	if (n == 0) {
		jw_null(w, "times");
		return e;
	}
	jw_open(w, "times", '{');
	jw_int(w, "p50_us", us[(n - 1) / 2]);
	jw_int(w, "p95_us", us[(n - 1) * 95 / 100]);
	jw_int(w, "of", (int64_t)n);
	jw_close(w, '}');
	return e;
}

static enum hk_err
put_open(struct visit *v, int64_t id)
{
	static const char *const	open[] = { "pending", "held", "failed" };
	struct jw			*w = v->doc;
	struct stmt			*q;
	enum hk_err			 e = HK_OK;

	jw_open(w, "counts", '[');
	for (size_t i = 0; e == HK_OK && i < sizeof(open) / sizeof(open[0]); i++) {
		int64_t	n = 0;

		if ((e = db_stmt(v->db, S_ADMIN_ENDPOINT_COUNT, &q)) != HK_OK)
			break;
		bind_int(q, ":endpoint", id);
		bind_text(q, ":status", span_str(open[i]));
		bind_int(q, ":most", COUNT_MOST + 1);
		if ((e = stmt_int(q, &n)) != HK_OK)
			break;
		jw_open(w, NULL, '{');
		jw_text(w, "status", span_str(open[i]));
		jw_int(w, "n", n <= COUNT_MOST ? n : COUNT_MOST);
		jw_bool(w, "more", n > COUNT_MOST);
		jw_close(w, '}');
	}
	jw_close(w, ']');
	return e;
}

/* ---- lists ------------------------------------------------------------------------------ */

static enum hk_err
list_open(struct visit *v, enum stmt_id which, int64_t id, int64_t limit, struct stmt **q)
{
	enum hk_err	e;

	if ((e = db_stmt(v->db, which, q)) != HK_OK)
		return e;
	bind_int(*q, ":endpoint", id);
	bind_int(*q, ":limit", limit);
	return HK_OK;
}

static enum hk_err
put_deliveries(struct visit *v, int64_t id)
{
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row;

	if ((e = db_stmt(v->db, S_DELIVERIES_OF, &q)) != HK_OK)
		return e;
	bind_int(q, ":endpoint", id);
	bind_int(q, ":at", INT64_MAX);
	bind_int(q, ":looks", DELIVERIES_SHOWN);
	jw_open(v->doc, "rows", '[');
	while ((e = stmt_step(q, &row)) == HK_OK && row) {
		jw_open(v->doc, NULL, '{');
		delivery_put(v->doc, q);
		jw_close(v->doc, '}');
	}
	jw_close(v->doc, ']');
	stmt_reset(q);
	return e;
}

static void
put_attempt(struct jw *w, struct stmt *q)
{
	jw_int(w, "delivery", col_int(q, 1));
	jw_int(w, "number", col_int(q, 2));
	jw_time(w, "started_at", col_int(q, 3));
	jw_int(w, "took_us", col_int(q, 4));
	if (col_is_null(q, 5))
		jw_null(w, "status");
	else
		jw_int(w, "status", col_int(q, 5));
	jw_text(w, "error", col_text(q, 6));
	jw_text(w, "state", col_int(q, 7) != 0 ? SPAN("completed") : SPAN("failed"));
	jw_text(w, "type", col_text(q, 8));
}

static void
put_recovery(struct jw *w, struct stmt *q)
{
	jw_int(w, "recovery", col_int(q, 0));
	jw_text(w, "what", col_text(q, 1));
	jw_time(w, "since", col_int(q, 2));
	jw_int(w, "rate", col_int(q, 4));
	jw_int(w, "done", col_int(q, 5));
	jw_text(w, "why", col_text(q, 6));
	jw_time(w, "created_at", col_int(q, 7));
	jw_time(w, "ended_at", col_int(q, 8));
}

static void
put_secret(struct jw *w, struct stmt *q)
{
	jw_text(w, "kind", col_text(q, 0));
	jw_text(w, "public", col_text(q, 1));
	jw_time(w, "created_at", col_int(q, 2));
	jw_time(w, "ends_at", col_int(q, 3));
}

static enum hk_err
put_list(struct visit *v, const char *key, struct stmt *q, void (*put)(struct jw *, struct stmt *))
{
	enum hk_err	e;
	bool		row;

	jw_open(v->doc, key, '[');
	while ((e = stmt_step(q, &row)) == HK_OK && row) {
		jw_open(v->doc, NULL, '{');
		put(v->doc, q);
		jw_close(v->doc, '}');
	}
	jw_close(v->doc, ']');
	stmt_reset(q);
	return e;
}

static enum hk_err
put_lists(struct visit *v, const struct endpoint *ep)
{
	struct stmt	*q;
	enum hk_err	 e;

	if ((e = list_open(v, S_ENDPOINT_ATTEMPTS, ep->id, ATTEMPTS_SHOWN, &q)) != HK_OK ||
	    (e = put_list(v, "attempts", q, put_attempt)) != HK_OK ||
	    (e = list_open(v, S_ENDPOINT_RECOVERIES, ep->id, RECOVERIES_SHOWN, &q)) != HK_OK ||
	    (e = put_list(v, "recoveries", q, put_recovery)) != HK_OK ||
	    (e = db_stmt(v->db, S_ADMIN_ENDPOINT_SECRETS, &q)) != HK_OK)
		return e;
	bind_int(q, ":endpoint", ep->id);
	bind_int(q, ":now", v->now);
	return put_list(v, "secrets", q, put_secret);
}

enum hk_err
page_endpoint(struct visit *v)
{
	struct endpoint_form	none = { .url = SPAN_NULL };
	struct endpoint		ep;
	char			name[ENDPOINT_NAME];
	int64_t			id = 0;
	enum hk_err		e;

	if ((e = endpoint_id(v, &id)) != HK_OK || (e = endpoint_find(v->db, id, v->arena, &ep)) != HK_OK)
		return e;
	endpoint_name(name, id);
	v->title = arena_str(v->arena, span_str(name));
	if ((e = put_endpoint(v, &ep)) != HK_OK ||
	    (e = put_share(v, "day", id, v->now - DAY_US)) != HK_OK ||
	    (e = put_share(v, "week", id, v->now - WEEK_US)) != HK_OK ||
	    (e = put_times(v, id)) != HK_OK || (e = put_open(v, id)) != HK_OK ||
	    (e = put_deliveries(v, id)) != HK_OK || (e = put_lists(v, &ep)) != HK_OK)
		return e;
	/* "offers": what a test event can be. */
	return endpoint_form_put(v, &none, &ep);
}
