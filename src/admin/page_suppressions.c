/* Addresses that must not be written to, and letting one be written to again. */
#include "admin/auditlog.h"
#include "admin/owner.h"
#include "books/books.h"

#define PAGE_ROWS	50
#define ADDRESS_MOST	320
#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

static const char *const reasons[] = { "bounce", "complaint", NULL };

struct wanted {
	struct span	address, reason;
	struct edge	before;
};

/* ---- the list ---------------------------------------------------------------------- */

static enum hk_err
read_query(struct visit *v, struct wanted *w)
{
	*w = (struct wanted){ .address = visit_query(v, "address"),
	    .reason = visit_query(v, "reason") };
	if (!choice_good(reasons, w->reason))
		return err_tell(HK_SYNTAX, "reason is bounce or complaint");
	if (w->address.len > ADDRESS_MOST)
		return err_tell(HK_SYNTAX, "address is too long for one: %d bytes at most", ADDRESS_MOST);
	return edge_read(v, &w->before);
}

/* The beginning of an address is looked up by itself, and has one page. */
static enum hk_err
list_open(struct visit *v, const struct wanted *w, bool above, struct stmt **q)
{
	enum hk_err	e;

	if (w->address.p != NULL) {
		if ((e = db_stmt(v->db, S_SUPPRESSIONS_FIND, q)) != HK_OK)
			return e;
		bind_text(*q, ":address", w->address);
	} else {
		if ((e = db_stmt(v->db, above ? S_SUPPRESSIONS_ABOVE : S_SUPPRESSIONS, q)) != HK_OK)
			return e;
		bind_int(*q, ":at", w->before.at);
		bind_text(*q, ":name", w->before.name.p != NULL ? w->before.name : SPAN(""));
	}
	bind_text(*q, ":reason", w->reason);
	if (above)
		bind_int(*q, ":skip", PAGE_ROWS);
	else
		bind_int(*q, ":limit", PAGE_ROWS + 1);
	return HK_OK;
}

static void
put_row(struct jw *w, struct stmt *q)
{
	jw_open(w, NULL, '{');
	jw_time(w, "created_at", col_int(q, 0));
	jw_text(w, "address", col_text(q, 1));
	jw_text(w, "reason", col_text(q, 2));
	jw_int(w, "event", col_int(q, 3));
	jw_close(w, '}');
}

static enum hk_err
put_rows(struct visit *v, const struct wanted *w, struct span *next)
{
	struct stmt	*q;
	struct span	 last = SPAN_NULL;
	int		 n = 0;
	enum hk_err	 e;
	bool		 row;

	*next = SPAN_NULL;
	if ((e = list_open(v, w, false, &q)) != HK_OK)
		return e;
	jw_open(v->doc, "rows", '[');
	while ((e = stmt_step(q, &row)) == HK_OK && row && n++ < PAGE_ROWS) {
		if (n == PAGE_ROWS)
			last = edge_text(v->arena, col_int(q, 0), col_text(q, 1));
		put_row(v->doc, q);
	}
	jw_close(v->doc, ']');
	stmt_reset(q);
	jw_bool(v->doc, "left_out", w->address.p != NULL && n > PAGE_ROWS);
	if (w->address.p == NULL && n > PAGE_ROWS)
		*next = last;
	return e;
}

static enum hk_err
find_above(struct visit *v, const struct wanted *w, struct span *above)
{
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row;

	*above = SPAN_NULL;
	if (w->before.name.p == NULL || w->address.p != NULL)
		return HK_OK;
	if ((e = list_open(v, w, true, &q)) != HK_OK)
		return e;
	if ((e = stmt_step(q, &row)) == HK_OK)
		*above = row ? edge_text(v->arena, col_int(q, 0), col_text(q, 1)) : SPAN("");
	stmt_reset(q);
	return e;
}

enum hk_err
page_suppressions(struct visit *v)
{
	struct wanted	w;
	struct field	kept = { SPAN("reason"), SPAN_NULL };
	struct span	next, above;
	enum hk_err	e;

	if ((e = read_query(v, &w)) != HK_OK)
		return e;
	jw_text(v->doc, "address", w.address);
	choices_put(v->doc, "reasons", reasons, w.reason);
	jw_bool(v->doc, "filtered", w.address.p != NULL || w.reason.p != NULL);
	if ((e = put_rows(v, &w, &next)) != HK_OK || (e = find_above(v, &w, &above)) != HK_OK)
		return e;
	kept.value = w.reason;
	way_put(v->doc, "previous", &kept, 1, above);
	way_put(v->doc, "next", &kept, 1, next);
	return HK_OK;
}

/* ---- lifting one ------------------------------------------------------------------- */

/* What there is, for the audit log: nothing when it is not there. */
static enum hk_err
facts(struct visit *v, struct span address, struct auditlog *log)
{
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row;

	if ((e = db_stmt(v->db, S_SUPPRESSION_ONE, &q)) != HK_OK)
		return e;
	bind_text(q, ":address", address);
	if ((e = stmt_step(q, &row)) == HK_OK && row) {
		log->subject = auditlog_subject(v->arena, "suppression", col_text(q, 2));
		log->before = auditlog_facts(v->arena, (struct fact[]){ { "reason", col_text(q, 0) },
		    { "event", col_text(q, 1) } }, 2);
	}
	stmt_reset(q);
	return e;
}

static enum hk_err
lift(struct visit *v, struct span address)
{
	const struct cause	cause = { .db = v->db, .now = v->now };
	struct auditlog		log = { .action = "suppression.lift" };
	enum hk_err		e;

	if ((e = db_begin(v->db)) != HK_OK)
		return e;
	if ((e = facts(v, address, &log)) == HK_OK &&
	    (e = mail_unsuppress(&cause, address)) == HK_OK &&
	    (e = auditlog_put(v, &log)) == HK_OK)
		e = db_commit(v->db);
	if (e != HK_OK)
		db_rollback(v->db);
	return e;
}

enum hk_err
act_suppression_lift(struct visit *v)
{
	struct span	address = visit_form(v, "address");
	enum hk_err	e;

	if (address.p == NULL)
		return err_tell(HK_SYNTAX, "say which address may be written to again");
	if ((e = lift(v, address)) != HK_OK)
		return e;
	v->said = "lifted";
	v->then = "/suppressions";
	return HK_OK;
}
