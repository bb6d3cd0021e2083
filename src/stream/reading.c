/* From the store to who listens. */
#include "stream/hub.h"

#include "base/log.h"
#include "stream/news.h"

#define PAGE	256		/* messages at a time */

enum hk_err
reading_begin(struct hub *h)
{
	enum hk_err	 e;

	if (h->seat == NULL && (e = seat_take(h->seats, &h->seat)) != HK_OK)
		return e;
	if (h->db == NULL) {
		h->version = -1;	/* counts from somewhere else on each connection */
		if ((e = seat_db(h->seats, h->seat, DB_RO, &h->db)) != HK_OK)
			return e;
	}
	return db_begin(h->db);
}

static void
send_all_away(struct hub *h)
{
	for (size_t i = 0; i < h->ls.n; i++)
		listener_send_away(&h->ls, h->ls.all[i]);
}

void
reading_end(struct hub *h, enum hk_err e)
{
	if (h->db != NULL)
		db_rollback(h->db);
	if (e == HK_OK)
		return;
	seat_put(h->seats, h->seat, e);	/* a sick one is opened anew */
	h->seat = NULL;
	h->db = NULL;
	if (e == HK_MOVED)
		send_all_away(h);
}

static void
make(struct hub *h, const struct heard *m)
{
	buf_clear(&h->text);
	event_put(&h->text, m);
}

/* False: he cannot take it now. */
static bool
say(struct hub *h, struct listener *l, const struct heard *m)
{
	if (!buf_ok(&h->text)) {
		listener_send_away(&h->ls, l);	/* no memory: he comes again for it */
		return true;
	}
	if (!listener_say(&h->ls, l, buf_span(&h->text)))
		return false;
	l->seen = m->id;
	if (span_is(m->type, "user.deleted"))
		listener_finish(&h->ls, l);
	return true;
}

static bool
say_to_room(void *ctx, const struct heard *m)
{
	struct hub	*h = ctx;
	struct listener	*l = m->room ? listener_first(&h->ls, m->owner) : NULL, *next;

	if (l != NULL)
		make(h, m);
	for (; l != NULL; l = next) {
		next = listener_next(l);
		if (m->id > l->seen && !l->gone && !l->ending && !say(h, l, m))
			listener_falls_behind(&h->ls, l);
	}
	return true;
}

/* Messages that were there are not: another database, or an older copy of this one. */
static enum hk_err
check_last(struct hub *h)
{
	int64_t		newest;
	enum hk_err	e;

	if ((e = news_last(h->db, &newest)) != HK_OK || newest >= h->last)
		return e;
	log_warn("messages have vanished from the database; all listeners are sent to come again");
	h->last = newest;
	send_all_away(h);
	return HK_OK;
}

void
read_news(struct hub *h)
{
	int64_t		version = -1, before = h->last;
	bool		end = false;
	enum hk_err	e = HK_OK;

	if (h->db != NULL && (e = db_version(h->db, &version)) == HK_OK && version == h->version)
		return;
	if (e == HK_OK)
		e = reading_begin(h);
	while (e == HK_OK && !end)
		e = news_read(h->db, SPAN_NULL, &h->last, PAGE, say_to_room, h, &end);
	if (e == HK_OK && h->last == before)
		e = check_last(h);
	reading_end(h, e);
	if (e == HK_OK)
		h->version = version;
}

struct page {
	struct hub	*h;
	struct listener	*l;
};

static bool
say_old(void *ctx, const struct heard *m)
{
	struct page	*p = ctx;

	if (!m->room) {
		p->l->seen = m->id;
		return true;
	}
	make(p->h, m);
	return say(p->h, p->l, m) && !p->l->gone && !p->l->ending && http_live_waiting(p->l->live) == 0;
}

static bool
takes_old(const struct listener *l)
{
	return l->behind && !l->gone && !l->ending && http_live_waiting(l->live) == 0;
}

bool
reading_waits(const struct hub *h)
{
	for (size_t i = 0; h->ls.behind > 0 && i < h->ls.n; i++)
		if (takes_old(h->ls.all[i]))
			return true;
	return false;
}

static enum hk_err
read_page(struct hub *h, struct listener *l)
{
	struct page	p = { h, l };
	bool		end;
	int64_t		after = l->seen;
	enum hk_err	e;

	if ((e = news_read(h->db, span_str(l->user), &after, PAGE, say_old, &p, &end)) != HK_OK)
		return e;
	if (end && !l->gone && !l->ending) {
		listener_caught_up(&h->ls, l);
		if (l->deleted)
			listener_finish(&h->ls, l);
	}
	return HK_OK;
}

void
read_old(struct hub *h)
{
	enum hk_err	e;

	if (!reading_waits(h))
		return;
	e = reading_begin(h);
	for (size_t i = 0; e == HK_OK && i < h->ls.n; i++)
		if (takes_old(h->ls.all[i]))
			e = read_page(h, h->ls.all[i]);
	for (size_t i = 0; e != HK_OK && i < h->ls.n; i++)
		if (takes_old(h->ls.all[i]))	/* rather later than never */
			listener_send_away(&h->ls, h->ls.all[i]);
	reading_end(h, e);
}
