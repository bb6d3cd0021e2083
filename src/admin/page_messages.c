/* Messages: what happened here and others may want to hear. */
#include "admin/event_filter.h"
#include "admin/ids.h"
#include "admin/outgoing.h"
#include "admin/owner.h"
#include "base/clock.h"
#include "books/books.h"
#include "outbox/message.h"
#include "outbox/trial.h"

#define PAGE_ROWS	50
#define LOOKS		10000		/* messages a page looks at */
#define FATES_MOST	1000		/* deliveries of one that are counted */
#define VALUE_MOST	400
#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

/* The columns of the lists. */
enum { M_ID, M_TYPE, M_OWNER_KIND, M_OWNER, M_EMAIL, M_CAUSE, M_EVENT, M_CREATED };

struct wanted {
	struct span	type, owner, since, until;	/* as typed */
	struct span	owner_id;			/* as messages have it */
	int64_t		since_us, until_us;		/* 0: none */
	int64_t		at;				/* an id: below it */
	struct ids	ids;
};

/* ---- the filter -------------------------------------------------------------------- */

static enum hk_err
read_owner(struct visit *v, struct wanted *w)
{
	struct user	u;
	enum hk_err	e;

	w->owner_id = w->owner;
	if (w->owner.p == NULL || span_starts(w->owner, "org_"))
		return HK_OK;
	if ((e = user_find(v->db, w->owner, &u)) == HK_NOTFOUND)
		return HK_OK;		/* the system's have owners of their own */
	w->owner_id = e == HK_OK ? arena_span(v->arena, span_str(u.id)) : SPAN_NULL;
	return e == HK_OK && w->owner_id.p == NULL ? err_note(HK_NOMEM, "no memory for a filter") : e;
}

static enum hk_err
read_range(struct visit *v, struct wanted *w)
{
	static const struct ids_table	messages = { S_MESSAGE_NEWEST, S_MESSAGE_CAME };
	const struct ids_want		want = { w->since_us, w->until_us, INT64_MAX, 0 };
	enum hk_err			e = ids_open(v->db, &messages, &want, &w->ids);

	if (e == HK_OK && w->at > w->ids.high)
		w->at = w->ids.high;
	return e;
}

static enum hk_err
read_query(struct visit *v, struct wanted *w)
{
	enum hk_err	e;

	*w = (struct wanted){ .type = visit_query(v, "type"), .owner = visit_query(v, "owner"),
	    .since = visit_query(v, "since"), .until = visit_query(v, "until") };
	if (w->type.len > VALUE_MOST || w->owner.len > VALUE_MOST)
		return err_tell(HK_SYNTAX, "a filter is at most %d bytes long", VALUE_MOST);
	if ((w->since.p != NULL && !event_filter_time(w->since, v, &w->since_us)) ||
	    (w->until.p != NULL && !event_filter_time(w->until, v, &w->until_us)))
		return err_tell(HK_SYNTAX, "%s", EVENT_FILTER_TIMES);
	if ((e = before_read(v, &w->at)) != HK_OK || (e = read_owner(v, w)) != HK_OK)
		return e;
	return read_range(v, w);
}

static bool
fits(const struct wanted *w, struct stmt *q)
{
	int64_t	at = col_int(q, M_CREATED);

	return type_fits(w->type, col_text(q, M_TYPE)) && at >= w->since_us &&
	    (w->until_us == 0 || at < w->until_us);
}

/* ---- rows --------------------------------------------------------------------------- */

/* "fates": [{"status","n"}], "deliveries": how many in all. */
static enum hk_err
put_fates(struct visit *v, int64_t message)
{
	struct jw	*w = v->doc;
	struct stmt	*q;
	int64_t		 all = 0;
	enum hk_err	 e;
	bool		 row;

	if ((e = db_stmt(v->db, S_MESSAGE_FATES, &q)) != HK_OK)
		return e;
	bind_int(q, ":message", message);
	bind_int(q, ":most", FATES_MOST);
	jw_open(w, "fates", '[');
	while ((e = stmt_step(q, &row)) == HK_OK && row) {
		jw_open(w, NULL, '{');
		jw_text(w, "status", col_text(q, 0));
		jw_int(w, "n", col_int(q, 1));
		jw_close(w, '}');
		all += col_int(q, 1);
	}
	jw_close(w, ']');
	stmt_reset(q);
	jw_int(w, "deliveries", all);
	return e;
}

static enum hk_err
put_row(struct visit *v, struct stmt *q)
{
	struct jw	*w = v->doc;
	char		 name[MESSAGE_NAME];
	enum hk_err	 e;

	message_name(name, col_int(q, M_ID), col_int(q, M_CREATED));
	jw_open(w, NULL, '{');
	jw_int(w, "id", col_int(q, M_ID));
	jw_text(w, "name", span_str(name));
	jw_text(w, "type", col_text(q, M_TYPE));
	owner_put(w, "owner", col_text(q, M_OWNER_KIND), col_text(q, M_OWNER), col_text(q, M_EMAIL));
	jw_bool(w, "trial", span_starts(col_text(q, M_CAUSE), TRIAL_CAUSE));
	jw_int(w, "event", col_int(q, M_EVENT));
	jw_time(w, "created_at", col_int(q, M_CREATED));
	e = put_fates(v, col_int(q, M_ID));
	jw_close(w, '}');
	return e;
}

static enum hk_err
open_look(struct visit *v, const struct wanted *w, bool up, struct stmt **q)
{
	enum hk_err	e;

	/* _UP follows its brother in admin_outbox.def. */
	if ((e = db_stmt(v->db, (w->owner.p != NULL ? S_MESSAGES_OF : S_MESSAGES_ALL) + up, q)) != HK_OK)
		return e;
	if (w->owner.p != NULL)
		bind_text(*q, ":owner", w->owner_id);
	if (up)
		bind_int(*q, ":high", w->ids.high);
	else
		bind_int(*q, ":low", w->ids.low);
	bind_int(*q, ":at", w->at);
	bind_int(*q, ":looks", LOOKS + 1);
	return HK_OK;
}

/* *looked: it stopped there before it had enough; or 0. */
static enum hk_err
put_rows(struct visit *v, const struct wanted *w, int64_t *next, int64_t *looked)
{
	struct stmt	*q;
	int64_t		 last = 0;
	int		 n = 0;
	enum hk_err	 e;
	bool		 row;

	*next = *looked = 0;
	if ((e = open_look(v, w, false, &q)) != HK_OK)
		return e;
	jw_open(v->doc, "rows", '[');
	for (int looks = 0; (e = stmt_step(q, &row)) == HK_OK && row; looks++) {
		bool	fit = fits(w, q);

		if (looks == LOOKS)
			*looked = last;
		if (looks == LOOKS || (fit && n == PAGE_ROWS)) {
			*next = last;
			break;
		}
		last = col_int(q, M_ID);
		if (fit && (e = put_row(v, q)) != HK_OK)
			break;
		n += fit;
	}
	jw_close(v->doc, ']');
	stmt_reset(q);
	return e;
}

/* Where the page above begins; INT64_MAX: at the newest. */
static enum hk_err
find_above(struct visit *v, const struct wanted *w, int64_t *above)
{
	struct stmt	*q;
	int		 n = 0;
	enum hk_err	 e;
	bool		 row;

	*above = INT64_MAX;
	if ((e = open_look(v, w, true, &q)) != HK_OK)
		return e;
	for (int looks = 0; (e = stmt_step(q, &row)) == HK_OK && row; looks++)
		if (looks == LOOKS || (fits(w, q) && n++ == PAGE_ROWS)) {
			*above = col_int(q, M_ID);
			break;
		}
	stmt_reset(q);
	return e;
}

enum hk_err
page_messages(struct visit *v)
{
	struct jw	*w = v->doc;
	struct wanted	 f;
	int64_t		 next, looked, above = 0;
	bool		 newest = visit_query(v, "before").p == NULL;
	enum hk_err	 e;

	if ((e = read_query(v, &f)) != HK_OK)
		return e;

	const struct field	kept[] = { { SPAN("type"), f.type }, { SPAN("owner"), f.owner },
				    { SPAN("since"), f.since }, { SPAN("until"), f.until } };

	jw_open(w, "filter", '{');
	for (size_t i = 0; i < COUNT(kept); i++)
		jw_text(w, (const char *[]){ "type", "owner", "since", "until" }[i], kept[i].value);
	jw_close(w, '}');
	jw_bool(w, "filtered", f.type.p != NULL || f.owner.p != NULL || f.since.p != NULL ||
	    f.until.p != NULL);
	if ((e = put_rows(v, &f, &next, &looked)) != HK_OK ||
	    (!newest && (e = find_above(v, &f, &above)) != HK_OK))
		return e;
	way_put(w, "previous", kept, COUNT(kept), newest ? SPAN_NULL :
	    above == INT64_MAX ? SPAN("") : number_text(v, above));
	way_put(w, "next", kept, COUNT(kept), next != 0 ? number_text(v, next) : SPAN_NULL);
	jw_bool(w, "newest", newest);
	jw_int(w, "looked_to", looked);
	return HK_OK;
}
