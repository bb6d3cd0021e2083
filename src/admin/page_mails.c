/* Mails as their sender told of them: the list, and the history of one. */
#include "admin/owner.h"
#include "admin/subscription_row.h"

#define PAGE_ROWS	50
#define STORY_SHOWN	100
#define ADDRESSES_SHOWN	100
#define ADDRESS_MOST	320
#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

/* A mail's life, as books/mail.c has it. */
static const char *const states[] = {
	"received", "scheduled", "sent", "delivery_delayed", "delivered", "opened", "clicked",
	"failed", "suppressed", "bounced", "complained", NULL
};

/* The columns of the statements that give mails. */
enum { M_CREATED, M_ID, M_SUBJECT, M_RECIPIENTS, M_STATE, M_OPENS, M_CLICKS, M_SENDER,
       M_STATE_AT, M_SENT };

struct wanted {
	struct span	state, address;
	struct edge	before;
};

/* ---- a mail ---------------------------------------------------------------------- */

/* "to": the first address, "others": how many more there are. */
static void
put_to(struct jw *w, struct span recipients)
{
	struct json	*list = NULL;
	size_t		 n = 0;

	if (json_parse(recipients, &list) == HK_OK)
		n = json_len(list);
	jw_text(w, "to", n > 0 ? json_text(json_at(list, 0), NULL) : SPAN_NULL);
	jw_int(w, "others", n > 0 ? (int64_t)n - 1 : 0);
	json_free(list);
}

static void
put_mail(struct jw *w, struct stmt *q)
{
	jw_text(w, "email_id", col_text(q, M_ID));
	jw_text(w, "subject", col_text(q, M_SUBJECT));
	put_to(w, col_text(q, M_RECIPIENTS));
	jw_text(w, "state", col_text(q, M_STATE));
	jw_text(w, "look", standing_look(col_text(q, M_STATE)));
	jw_int(w, "opens", col_int(q, M_OPENS));
	jw_int(w, "clicks", col_int(q, M_CLICKS));
	jw_text(w, "from", col_text(q, M_SENDER));
	jw_time(w, "state_at", col_int(q, M_STATE_AT));
	jw_time(w, "sent_at", col_int(q, M_SENT));
	jw_time(w, "created_at", col_int(q, M_CREATED));
}

/* ---- the list ---------------------------------------------------------------------- */

static enum hk_err
read_query(struct visit *v, struct wanted *w)
{
	*w = (struct wanted){ .state = visit_query(v, "state"),
	    .address = visit_query(v, "address") };
	if (!choice_good(states, w->state))
		return err_tell(HK_SYNTAX, "state is a word of the list, such as delivered or bounced");
	if (w->address.len > ADDRESS_MOST)
		return err_tell(HK_SYNTAX, "address is too long for one: %d bytes at most", ADDRESS_MOST);
	return edge_read(v, &w->before);
}

/* above: which asks for the page above the list. */
static enum hk_err
list_open(struct visit *v, const struct wanted *w, bool above, struct stmt **q)
{
	static const enum stmt_id	which[3][2] = {
		{ S_MAILS, S_MAILS_ABOVE }, { S_MAILS_STATE, S_MAILS_STATE_ABOVE },
		{ S_MAILS_TO, S_MAILS_TO_ABOVE },
	};
	int		way = w->address.p != NULL ? 2 : w->state.p != NULL;
	enum hk_err	e;

	if ((e = db_stmt(v->db, which[way][above], q)) != HK_OK)
		return e;
	if (way > 0)
		bind_text(*q, ":state", w->state);
	if (way == 2)
		bind_text(*q, ":address", w->address);
	bind_int(*q, ":at", w->before.at);
	bind_text(*q, ":name", w->before.name.p != NULL ? w->before.name : SPAN(""));
	if (above)
		bind_int(*q, ":skip", PAGE_ROWS);
	else
		bind_int(*q, ":limit", PAGE_ROWS + 1);
	return HK_OK;
}

/* *next: where the page below begins, or SPAN_NULL. */
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
	while ((e = stmt_step(q, &row)) == HK_OK && row) {
		if (n++ == PAGE_ROWS) {
			*next = last;
			break;
		}
		if (n == PAGE_ROWS)
			last = edge_text(v->arena, col_int(q, M_CREATED), col_text(q, M_ID));
		jw_open(v->doc, NULL, '{');
		put_mail(v->doc, q);
		jw_close(v->doc, '}');
	}
	jw_close(v->doc, ']');
	stmt_reset(q);
	return e;
}

/* Where the page above begins; "" is the newest. */
static enum hk_err
find_above(struct visit *v, const struct wanted *w, struct span *above)
{
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row;

	*above = SPAN_NULL;
	if (w->before.name.p == NULL)
		return HK_OK;
	if ((e = list_open(v, w, true, &q)) != HK_OK)
		return e;
	if ((e = stmt_step(q, &row)) == HK_OK)
		*above = row ? edge_text(v->arena, col_int(q, 0), col_text(q, 1)) : SPAN("");
	stmt_reset(q);
	return e;
}

enum hk_err
page_mails(struct visit *v)
{
	struct field	kept[] = { { SPAN("state"), SPAN_NULL }, { SPAN("address"), SPAN_NULL } };
	struct wanted	w;
	struct span	next, above;
	enum hk_err	e;

	if ((e = read_query(v, &w)) != HK_OK)
		return e;
	choices_put(v->doc, "states", states, w.state);
	jw_text(v->doc, "address", w.address);
	jw_bool(v->doc, "filtered", w.state.p != NULL || w.address.p != NULL);
	if ((e = put_rows(v, &w, &next)) != HK_OK || (e = find_above(v, &w, &above)) != HK_OK)
		return e;
	kept[0].value = w.state;
	kept[1].value = w.address;
	way_put(v->doc, "previous", kept, COUNT(kept), above);
	way_put(v->doc, "next", kept, COUNT(kept), next);
	return HK_OK;
}

/* ---- one mail ------------------------------------------------------------------------ */

static enum hk_err
part_open(struct visit *v, enum stmt_id which, struct span email_id, int limit, struct stmt **q)
{
	enum hk_err	e;

	if ((e = db_stmt(v->db, which, q)) != HK_OK)
		return e;
	bind_text(*q, ":name", email_id);
	if (limit > 0)
		bind_int(*q, ":limit", limit);
	return HK_OK;
}

static enum hk_err
load(struct visit *v, struct span email_id)
{
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row;

	if ((e = part_open(v, S_MAIL_ONE, email_id, 0, &q)) != HK_OK)
		return e;
	if ((e = stmt_step(q, &row)) == HK_OK && !row)
		e = err_tell(HK_NOTFOUND, "no mail of this id was told of");
	if (e == HK_OK) {
		jw_open(v->doc, "mail", '{');
		put_mail(v->doc, q);
		jw_close(v->doc, '}');
	}
	stmt_reset(q);
	return e;
}

/* "story": what happened to it, the newest first. */
static enum hk_err
put_story(struct visit *v, struct span email_id)
{
	struct jw	*w = v->doc;
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row;

	if ((e = part_open(v, S_MAIL_STORY, email_id, STORY_SHOWN, &q)) != HK_OK)
		return e;
	jw_open(w, "story", '[');
	while ((e = stmt_step(q, &row)) == HK_OK && row) {
		jw_open(w, NULL, '{');
		jw_text(w, "kind", col_text(q, 0));
		jw_text(w, "look", standing_look(col_text(q, 0)));
		jw_time(w, "at", col_int(q, 1));
		jw_text(w, "detail", col_text(q, 2));
		jw_int(w, "event", col_int(q, 3));
		jw_close(w, '}');
	}
	jw_close(w, ']');
	stmt_reset(q);
	return e;
}

/* "recipients": each with "suppressed", null or {"reason","event","at"}. */
static enum hk_err
put_recipients(struct visit *v, struct span email_id)
{
	struct jw	*w = v->doc;
	struct stmt	*q;
	enum hk_err	 e;
	bool		 row;

	if ((e = part_open(v, S_MAIL_RECIPIENTS, email_id, ADDRESSES_SHOWN, &q)) != HK_OK)
		return e;
	jw_open(w, "recipients", '[');
	while ((e = stmt_step(q, &row)) == HK_OK && row) {
		jw_open(w, NULL, '{');
		jw_text(w, "address", col_text(q, 0));
		if (col_is_null(q, 1))
			jw_null(w, "suppressed");
		else {
			jw_open(w, "suppressed", '{');
			jw_text(w, "reason", col_text(q, 1));
			jw_int(w, "event", col_int(q, 2));
			jw_time(w, "at", col_int(q, 3));
			jw_close(w, '}');
		}
		jw_close(w, '}');
	}
	jw_close(w, ']');
	stmt_reset(q);
	return e;
}

enum hk_err
page_mail(struct visit *v)
{
	struct span	email_id = route_get(&v->route, "id");
	enum hk_err	e;

	if ((e = load(v, email_id)) != HK_OK || (e = put_story(v, email_id)) != HK_OK)
		return e;
	return put_recipients(v, email_id);
}
