/* Times as ids, and lists by them. */
#include "admin/ids.h"

#include "base/clock.h"

#define SLACK_US	(INT64_C(3600) * US_PER_S)

/* The first id of this time or later; last + 1: none. */
static enum hk_err
id_at(struct db *db, enum stmt_id came_at, int64_t us, int64_t last, int64_t *id)
{
	int64_t		 low = 1, high = last + 1;
	struct stmt	*q;
	enum hk_err	 e = HK_OK;

	while (low < high && e == HK_OK) {
		int64_t	middle = low + (high - low) / 2, came = INT64_MAX;

		if ((e = db_stmt(db, came_at, &q)) != HK_OK)
			break;
		bind_int(q, ":id", middle);
		if ((e = stmt_int(q, &came)) == HK_OK && came < us)
			low = middle + 1;
		else
			high = middle;
	}
	*id = low;
	return e;
}

enum hk_err
ids_open(struct db *db, const struct ids_table *t, const struct ids_want *w, struct ids *r)
{
	struct stmt	*q;
	int64_t		 last = 0, id;
	enum hk_err	 e;

	if ((e = db_stmt(db, t->newest, &q)) != HK_OK || (e = stmt_int(q, &last)) != HK_OK)
		return e;
	*r = (struct ids){ w->after, w->before < last + 1 ? w->before : last + 1, w->after > 0 };
	if (w->since_us > SLACK_US) {
		if ((e = id_at(db, t->came, w->since_us - SLACK_US, last, &id)) != HK_OK)
			return e;
		r->low = id - 1 > r->low ? id - 1 : r->low;
	}
	if (w->until_us != 0) {
		if ((e = id_at(db, t->came, w->until_us + SLACK_US, last, &id)) != HK_OK)
			return e;
		r->high = id < r->high ? id : r->high;
	}
	return HK_OK;
}

enum hk_err
ids_read(const struct visit *v, const char *what, int64_t *before, int64_t *after)
{
	struct span	b = visit_query(v, "before"), a = visit_query(v, "after");

	*before = *after = 0;
	if ((b.p == NULL || span_u63(b, before)) && (a.p == NULL || span_u63(a, after)))
		return HK_OK;
	return err_tell(HK_SYNTAX, "before and after are numbers of %s", what);
}

void
ids_reverse(int64_t *id, int n)
{
	for (int i = 0, k = n - 1; i < k; i++, k--) {
		int64_t	was = id[i];

		id[i] = id[k];
		id[k] = was;
	}
}
