/* Making events due again: one, those that are ticked, all that a filter means. */
#include <stdio.h>
#include <unistd.h>

#include "admin/auditlog.h"
#include "admin/event_form.h"
#include "admin/event_scan.h"
#include "base/clock.h"
#include "inbox/queue.h"
#include "inbox/wakeup.h"

#define BATCH		500		/* events in one transaction: receivers wait meanwhile */
#define RETRY_MOST	50000		/* events of one action */
#define PICK_US		(3 * US_PER_S)	/* for finding them */

/* Which events are meant. */
struct picked {
	struct event_filter	 f;
	bool			 by_filter;
	int64_t			*id;
	size_t			 n;
	int64_t			 upto;		/* by filter: none that came after the question */
	bool			 more;		/* there are, or may be: only the newest are taken */
};

/* "id=12&id=13": the boxes that are ticked. */
static enum hk_err
pick_ids(const struct form *form, struct picked *p)
{
	struct span	s;
	size_t		at = 0;

	while ((s = form_each(form, "id", &at)).p != NULL)
		if (!span_u63(s, &p->id[p->n++]))
			return err_tell(HK_SYNTAX, "'%.*s' is no event's number",
			    (int)(s.len < 40 ? s.len : 40), s.p);
	return HK_OK;
}

static enum hk_err
pick_filtered(struct visit *v, struct picked *p)
{
	struct event_scan	s;
	int64_t			before = p->upto + 1, until = mono_us() + PICK_US;
	enum hk_err		e;

	do {
		if ((e = event_scan(v->db, &p->f, before, 0, BATCH, &s)) != HK_OK)
			return e;
		for (int i = 0; i < s.n && p->n < RETRY_MOST; i++)
			p->id[p->n++] = s.id[i];
		before = s.next;
		p->more = before != 0;
	} while (p->more && p->n < RETRY_MOST && mono_us() < until);
	return HK_OK;
}

static enum hk_err
pick(struct visit *v, const struct form *form, struct picked *p)
{
	struct event_filter_wrong	wrong;
	struct span			upto = form_get(form, "upto");
	enum hk_err			e;

	*p = (struct picked){ .n = 0 };
	if ((p->id = arena_get(v->arena, RETRY_MOST * sizeof(*p->id))) == NULL)
		return err_note(HK_NOMEM, "no memory for a list of events");
	event_filter_read(&p->f, v, form, &wrong);
	if (wrong.name != NULL)
		return err_tell(HK_SYNTAX, "%s", wrong.text);
	if ((e = pick_ids(form, p)) != HK_OK || p->n > 0)
		return e;
	if (event_filter_empty(&p->f))
		return err_tell(HK_SYNTAX, "tick events, or filter the list first");
	p->by_filter = true;
	if ((upto.p == NULL || !span_u63(upto, &p->upto)) && (e = event_newest(v->db, &p->upto)) != HK_OK)
		return e;
	return pick_filtered(v, p);
}

/* ---- the question ------------------------------------------------------------------ */

/* In the order in which they are told. */
static const char *const states[] = { "failed", "waiting", "pending", "completed", "processing" };
#define STATES	(sizeof(states) / sizeof(states[0]))

static enum hk_err
count(struct db *db, const struct picked *p, int64_t n[STATES])
{
	enum hk_err	e = HK_OK;
	bool		row;

	for (size_t i = 0; i < p->n && e == HK_OK; i++) {
		struct stmt	*q;

		if ((e = db_stmt(db, S_LOG_STATE, &q)) != HK_OK)
			break;
		bind_int(q, ":id", p->id[i]);
		if ((e = stmt_step(q, &row)) == HK_OK && row)
			for (size_t k = 0; k < STATES; k++)
				n[k] += span_is(col_text(q, 0), states[k]);
		stmt_reset(q);
	}
	return e;
}

static void
put_hidden(struct visit *v, const struct picked *p)
{
	jw_open(v->doc, "ids", '[');
	for (size_t i = 0; !p->by_filter && i < p->n; i++)
		jw_int(v->doc, NULL, p->id[i]);
	jw_close(v->doc, ']');
	if (p->by_filter)
		jw_int(v->doc, "upto", p->upto);
	else
		jw_null(v->doc, "upto");
}

enum hk_err
page_events_retry(struct visit *v)
{
	static const struct event_filter_wrong	right = { NULL, NULL };
	struct picked				p;
	int64_t					n[STATES] = { 0 };
	enum hk_err				e;

	if ((e = pick(v, &v->query, &p)) != HK_OK ||
	    (e = count(v->db, &p, n)) != HK_OK ||
	    (e = event_form_put(v, &p.f, &right)) != HK_OK)
		return e;
	jw_int(v->doc, "count", (int64_t)p.n);
	jw_bool(v->doc, "one", p.n == 1);
	jw_bool(v->doc, "more", p.more);
	jw_bool(v->doc, "by_filter", p.by_filter);
	jw_open(v->doc, "states", '[');
	for (size_t i = 0; i < STATES; i++) {
		if (n[i] == 0)
			continue;
		jw_open(v->doc, NULL, '{');
		jw_text(v->doc, "state", span_str(states[i]));
		jw_int(v->doc, "count", n[i]);
		jw_close(v->doc, '}');
	}
	jw_close(v->doc, ']');
	jw_bool(v->doc, "some_completed", n[3] > 0);
	jw_bool(v->doc, "some_processing", n[4] > 0);
	put_hidden(v, &p);
	return HK_OK;
}

/* ---- the action ----------------------------------------------------------------------- */

/* "12 13 14": those that were ticked, which are few. */
static struct span
ids_text(struct arena *arena, const struct picked *p)
{
	struct buf	b;
	struct span	s;

	buf_init(&b, FORM_MOST * 24);
	for (size_t i = 0; i < p->n; i++)
		buf_printf(&b, "%s%lld", i > 0 ? " " : "", (long long)p->id[i]);
	s = buf_ok(&b) ? arena_span(arena, buf_span(&b)) : SPAN_NULL;
	buf_release(&b);
	return s;
}

/* How many there were of each state, as facts; of very many it is not counted. */
static enum hk_err
facts_before(struct visit *v, const struct picked *p, struct fact facts[STATES], size_t *n)
{
	int64_t		counts[STATES] = { 0 };
	enum hk_err	e = p->n <= BATCH ? count(v->db, p, counts) : HK_OK;

	*n = 0;
	for (size_t i = 0; i < STATES; i++)
		if (counts[i] > 0)
			facts[(*n)++] = (struct fact){ states[i], span_str(arena_printf(v->arena,
			    "%lld", (long long)counts[i])) };
	return e;
}

/* One line for all of it, in the transaction of the first batch. */
static enum hk_err
note(struct visit *v, const struct picked *p)
{
	struct fact	 before[STATES], after[3] = { { "events", SPAN_NULL } };
	struct auditlog	 log = { .action = "event.retry", .subject = SPAN("events") };
	size_t		 nbefore, nafter = 1;
	enum hk_err	 e;

	if ((e = facts_before(v, p, before, &nbefore)) != HK_OK)
		return e;
	after[0].value = span_str(arena_printf(v->arena, "%zu", p->n));
	if (p->by_filter) {
		after[nafter++] = (struct fact){ "filter", event_query(v, &p->f) };
		after[nafter++] = (struct fact){ "upto", span_str(arena_printf(v->arena, "%lld",
		    (long long)p->upto)) };
	} else if (p->n > 1)
		after[nafter++] = (struct fact){ "ids", ids_text(v->arena, p) };
	if (p->n == 1)
		log.subject = span_str(arena_printf(v->arena, "event:%lld", (long long)p->id[0]));
	log.before = auditlog_facts(v->arena, before, nbefore);
	log.after = auditlog_facts(v->arena, after, nafter);
	return auditlog_put(v, &log);
}

/* What stands in the way of one is no trouble of the others. */
static enum hk_err
retry_each(struct visit *v, const int64_t *id, size_t n, int64_t *due)
{
	enum hk_err	e;

	for (size_t i = 0; i < n; i++)
		switch (e = queue_retry(v->db, id[i], v->now)) {
		case HK_OK:
			++*due;
			break;
		case HK_BUSY:		/* being worked on */
		case HK_NOTFOUND:
		case HK_NEVER:		/* its body was pruned */
			break;
		default:
			return e;
		}
	return HK_OK;
}

static enum hk_err
retry_all(struct visit *v, const struct picked *p, int64_t *due)
{
	enum hk_err	e = HK_OK;

	for (size_t at = 0; at < p->n && e == HK_OK; at += BATCH) {
		size_t	n = p->n - at < BATCH ? p->n - at : BATCH;

		if ((e = db_begin(v->db)) != HK_OK)
			break;
		if ((at > 0 || (e = note(v, p)) == HK_OK) &&
		    (e = retry_each(v, p->id + at, n, due)) == HK_OK)
			e = db_commit(v->db);
		if (e != HK_OK)
			db_rollback(v->db);
	}
	return e;
}

static void
wake_worker(const struct conf *conf)
{
	int	fd = -1;

	/* Nobody there: the next request's slice does it, or cron's worker. */
	(void)wakeup_send(conf, &fd);
	if (fd != -1)
		close(fd);
}

enum hk_err
act_events_retry(struct visit *v)
{
	struct picked	p;
	int64_t		due = 0;
	enum hk_err	e;

	if ((e = pick(v, &v->form, &p)) != HK_OK || (e = retry_all(v, &p, &due)) != HK_OK)
		return e;
	if (due > 0)
		wake_worker(v->conf);
	v->said = "retried";
	v->said_n = due;
	return visit_then(v, "/events");
}

enum hk_err
act_event_retry(struct visit *v)
{
	struct picked	p = { .n = 1 };
	int64_t		id;
	enum hk_err	e;

	if ((e = visit_id(v, &id)) != HK_OK)
		return e;
	p.id = &id;
	if ((e = db_begin(v->db)) != HK_OK ||
	    (e = note(v, &p)) != HK_OK ||
	    (e = queue_retry(v->db, id, v->now)) != HK_OK ||
	    (e = db_commit(v->db)) != HK_OK)
		return e;
	wake_worker(v->conf);
	v->said = "retried";
	v->said_n = 1;
	return visit_then(v, "/events/%lld", (long long)id);
}
