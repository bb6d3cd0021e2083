/* Endpoints: where messages are sent to; and making one. */
#include "admin/auditlog.h"
#include "admin/endpoint_form.h"
#include "admin/outgoing.h"
#include "admin/owner.h"
#include "base/clock.h"
#include "books/books.h"
#include "outbox/tally.h"

#define PAGE_ROWS	50
#define DAY_US		(INT64_C(86400) * US_PER_S)
#define VALUE_MOST	400
#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

static const char *const states[] = { "enabled", "paused", "disabled", NULL };

/* The columns of S_ADMIN_ENDPOINTS. */
enum { E_ID, E_CHANNEL, E_NAME, E_URL, E_ABOUT, E_TYPES, E_OWNER_KIND, E_OWNER, E_EMAIL, E_STATE,
       E_WHY, E_STATE_AT, E_FAILING, E_FAILURES };

struct wanted {
	struct span	state, owner, owner_id;
	int64_t		at;
};

/* Those of the page, and what their last day was. */
struct day {
	struct tally_row	row[PAGE_ROWS + 1];
	int			n;
};

static enum hk_err
read_query(struct visit *v, struct wanted *f)
{
	struct user	u;
	enum hk_err	e;

	*f = (struct wanted){ .state = visit_query(v, "state"), .owner = visit_query(v, "owner") };
	f->owner_id = f->owner;
	if (!choice_good(states, f->state))
		return err_tell(HK_SYNTAX, "state is enabled, paused or disabled");
	if (f->owner.len > VALUE_MOST)
		return err_tell(HK_SYNTAX, "owner is too long for one");
	if ((e = before_read(v, &f->at)) != HK_OK)
		return e;
	if (f->owner.p == NULL || span_starts(f->owner, "org_") ||
	    (e = user_find(v->db, f->owner, &u)) == HK_NOTFOUND)
		return HK_OK;
	if (e == HK_OK && (f->owner_id = arena_span(v->arena, span_str(u.id))).p == NULL)
		e = err_note(HK_NOMEM, "no memory for a filter");
	return e;
}

static enum hk_err
list_open(struct visit *v, const struct wanted *f, enum stmt_id which, int64_t limit,
    struct stmt **q)
{
	enum hk_err	e;

	if ((e = db_stmt(v->db, which, q)) != HK_OK)
		return e;
	bind_text(*q, ":state", f->state);
	bind_text(*q, ":owner", f->owner_id);
	bind_int(*q, ":at", f->at);
	bind_int(*q, ":limit", limit);
	return HK_OK;
}

static void
add(void *ctx, const struct tally_row *r)
{
	struct day	*d = ctx;

	for (int i = 0; i < d->n; i++)
		if (d->row[i].endpoint == r->endpoint) {
			d->row[i].good += r->good;
			d->row[i].failed += r->failed;
		}
}

static enum hk_err
read_day(struct visit *v, const struct wanted *f, struct day *d)
{
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row;

	d->n = 0;
	if ((e = list_open(v, f, S_ADMIN_ENDPOINTS, PAGE_ROWS + 1, &q)) != HK_OK)
		return e;
	while ((e = stmt_step(q, &row)) == HK_OK && row)
		d->row[d->n++] = (struct tally_row){ .endpoint = col_int(q, E_ID) };
	stmt_reset(q);
	return e != HK_OK || d->n == 0 ? e : tally_read(v->db, 0, v->now - DAY_US, INT64_MAX, add, d);
}

static void
put_row(struct jw *w, struct stmt *q, const struct tally_row *day)
{
	bool	failing = !col_is_null(q, E_FAILING);

	jw_open(w, NULL, '{');
	endpoint_put(w, "endpoint", col_int(q, E_ID), col_text(q, E_NAME), col_text(q, E_URL));
	jw_text(w, "channel", col_text(q, E_CHANNEL));
	jw_text(w, "description", col_text(q, E_ABOUT));
	jw_text(w, "types", col_text(q, E_TYPES));
	owner_put(w, "owner", col_text(q, E_OWNER_KIND), col_text(q, E_OWNER), col_text(q, E_EMAIL));
	jw_text(w, "state", col_text(q, E_STATE));
	jw_text(w, "look", span_str(endpoint_look(col_text(q, E_STATE), failing)));
	jw_text(w, "why", col_text(q, E_WHY));
	jw_time(w, "state_at", col_int(q, E_STATE_AT));
	jw_time(w, "failing_at", col_int(q, E_FAILING));
	jw_int(w, "failures", col_int(q, E_FAILURES));
	jw_int(w, "good", day->good);
	jw_int(w, "failed", day->failed);
	jw_close(w, '}');
}

static enum hk_err
put_rows(struct visit *v, const struct wanted *f, struct span *next)
{
	struct day	*d = arena_zero(v->arena, sizeof(*d));
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row;

	*next = SPAN_NULL;
	if (d == NULL)
		return err_note(HK_NOMEM, "no memory for endpoints");
	if ((e = read_day(v, f, d)) != HK_OK ||
	    (e = list_open(v, f, S_ADMIN_ENDPOINTS, PAGE_ROWS, &q)) != HK_OK)
		return e;
	jw_open(v->doc, "rows", '[');
	for (int i = 0; (e = stmt_step(q, &row)) == HK_OK && row; i++)
		put_row(v->doc, q, &d->row[i]);
	jw_close(v->doc, ']');
	stmt_reset(q);
	if (d->n > PAGE_ROWS)
		*next = number_text(v, d->row[PAGE_ROWS - 1].endpoint);
	return e;
}

/* Where the page above begins; "" is the newest. */
static enum hk_err
find_above(struct visit *v, const struct wanted *f, struct span *above)
{
	struct stmt	*q;
	int64_t		 id = 0;
	enum hk_err	 e;

	*above = SPAN_NULL;
	if (f->at == INT64_MAX)
		return HK_OK;
	if ((e = list_open(v, f, S_ADMIN_ENDPOINTS_ABOVE, PAGE_ROWS, &q)) == HK_OK &&
	    (e = stmt_int(q, &id)) == HK_OK)
		*above = id != 0 ? number_text(v, id) : SPAN("");
	return e;
}

enum hk_err
page_endpoints(struct visit *v)
{
	struct wanted	f;
	struct span	next, above;
	enum hk_err	e;

	if ((e = read_query(v, &f)) != HK_OK)
		return e;

	const struct field	kept[] = { { SPAN("state"), f.state }, { SPAN("owner"), f.owner } };

	choices_put(v->doc, "states", states, f.state);
	jw_text(v->doc, "owner_typed", f.owner);
	jw_bool(v->doc, "filtered", f.state.p != NULL || f.owner.p != NULL);
	if ((e = put_rows(v, &f, &next)) != HK_OK || (e = find_above(v, &f, &above)) != HK_OK)
		return e;
	way_put(v->doc, "previous", kept, COUNT(kept), above);
	way_put(v->doc, "next", kept, COUNT(kept), next);
	return HK_OK;
}

/* ---- a new one --------------------------------------------------------------------------- */

enum hk_err
page_endpoint_new(struct visit *v)
{
	struct endpoint_form	f = { .types = visit_query(v, "types") };

	return endpoint_form_put(v, &f, NULL);
}

static enum hk_err
make(struct visit *v, const struct endpoint_form *f, const struct endpoint_word *w, int64_t *id)
{
	struct auditlog	log = { .action = "endpoint.make" };
	char		secret[SECRET_TEXT], name[ENDPOINT_NAME];
	enum hk_err	e;

	e = endpoint_make(v->db, v->conf, w, f->secret, v->now, id, secret);
	explicit_bzero(secret, sizeof(secret));
	if (e != HK_OK)
		return e;
	endpoint_name(name, *id);
	log.subject = auditlog_subject(v->arena, "endpoint", span_str(name));
	log.after = auditlog_facts(v->arena, (struct fact[]){ { "url", w->url }, { "types", w->types },
	    { "owner", w->owner } }, 3);
	return auditlog_put(v, &log);
}

enum hk_err
act_endpoint_make(struct visit *v)
{
	struct endpoint_form	f;
	struct endpoint_word	w;
	int64_t			id = 0;
	enum hk_err		e;

	endpoint_form_read(v, &f);
	if ((e = endpoint_form_word(v, &f, &w)) == HK_OK && (e = db_begin(v->db)) == HK_OK) {
		if ((e = make(v, &f, &w, &id)) == HK_OK)
			e = db_commit(v->db);
		else
			db_rollback(v->db);
		if (e == HK_SYNTAX)
			endpoint_form_blame(v, &f);
	}
	if (e == HK_SYNTAX) {
		v->status = err_status(e);
		return endpoint_form_put(v, &f, NULL);
	}
	if (e != HK_OK)
		return e;
	v->said = "endpoint_made";
	return visit_then(v, "/endpoints/%lld", (long long)id);
}
