/* From the door to a place in a room, or to an answer. */
#include "base/clock.h"
#include "base/log.h"
#include "books/books.h"
#include "stream/hub.h"
#include "stream/news.h"

#define TYPE		"text/event-stream"
#define RETRY		"retry: 2000\n"
#define RESET		"event: reset\ndata: {}\n\n"
#define ANSWER_MOST	((size_t)256 << 10)	/* of what is new, at once */
#define PAGE		100

/* What the store says of a guest. */
struct visit {
	struct user	 user;
	struct place	 place;
	bool		 lost;		/* the place he named is none here */
	bool		 over;		/* the user is deleted, and all was said */
};

/* HK_NOTFOUND: there is no such user. */
static enum hk_err
look_up(struct hub *h, const struct guest *g, struct visit *v)
{
	struct span	 owner;
	struct place	 newest;
	enum hk_err	 e;

	e = user_find(h->db, g->user[0] != '\0' ? span_str(g->user) : g->clerk_user, &v->user);
	if (e != HK_OK)
		return e;
	owner = span_str(v->user.id);
	if ((e = place_newest(h->db, owner, &newest)) != HK_OK)
		return e;
	v->place = newest;
	v->lost = false;
	if (g->last.p != NULL &&
	    (e = place_named(h->db, owner, g->last, &v->place, &v->lost)) != HK_OK)
		return e;
	v->over = v->user.deleted && v->place.id >= newest.id;
	if (h->ls.n == 0)		/* nobody has asked for news until now */
		e = news_last(h->db, &h->last);
	return e;
}

/* The first words: when to come again, and where he is. */
static void
greet(struct hub *h, const struct visit *v)
{
	buf_clear(&h->text);
	buf_puts(&h->text, RETRY);
	event_put_place(&h->text, &v->place);
	if (v->lost)
		buf_puts(&h->text, RESET);
}

struct answer {
	struct buf	*text;
	bool		 full;
};

static bool
add(void *ctx, const struct heard *m)
{
	struct answer	*a = ctx;

	if (m->room)
		event_put(a->text, m);
	a->full = a->text->len >= ANSWER_MOST;
	return !a->full;
}

/* Inside a snapshot.  What is new since the visitor's place. */
static enum hk_err
gather(struct hub *h, struct visit *v)
{
	struct answer	a = { &h->text, false };
	bool		end = false;
	enum hk_err	e = HK_OK;

	greet(h, v);
	while (e == HK_OK && !end && !a.full)
		e = news_read(h->db, span_str(v->user.id), &v->place.id, PAGE, add, &a, &end);
	if (e == HK_OK && !buf_ok(&h->text))
		e = err_note(HK_NOMEM, "no memory for what is new");
	return e;
}

static const char *
lines_of(const struct guest *g)
{
	const char	*lines = arena_printf(g->x->arena, "X-Accel-Buffering: no\r\n"
	    "X-Content-Type-Options: nosniff\r\n%s", g->lines != NULL ? g->lines : "");

	return lines != NULL ? lines : "X-Accel-Buffering: no\r\n";
}

static void
answer(const struct guest *g, int status, struct span body)
{
	http_reply(g->x, &(struct http_reply){ .status = status, .type = TYPE,
	    .extra = lines_of(g), .body = body });
}

static void
take_place(struct hub *h, struct guest *g, const struct visit *v)
{
	struct http_live	*live;
	struct listener		*l;
	int64_t			 until_us = g->until_us;

	/* The exchange, where the guest lies, is gone with this. */
	if (http_live_begin(g->x, 200, TYPE, lines_of(g), BACKLOG, &live) != HK_OK ||
	    listener_new(&h->ls, live, v->user.id, &l) != HK_OK)
		return;
	l->until_us = until_us;
	l->seen = v->place.id;
	l->deleted = v->user.deleted;
	greet(h, v);
	if (!buf_ok(&h->text) || !listener_say(&h->ls, l, buf_span(&h->text)))
		listener_send_away(&h->ls, l);
}

void
admit(struct hub *h, struct guest *g)
{
	struct visit	 v = { .over = false };
	bool		 head = span_is(g->x->rq.method, "HEAD");
	enum hk_err	 e;

	if ((e = reading_begin(h)) == HK_OK && (e = look_up(h, g, &v)) == HK_OK &&
	    h->opts.poll && !head)
		e = gather(h, &v);
	reading_end(h, e == HK_NOTFOUND ? HK_OK : e);
	if (e == HK_NOTFOUND)
		ask_refuse(g->x, g->user[0] != '\0' ? REFUSE_TOKEN : REFUSE_UNKNOWN, g->lines);
	else if (e != HK_OK)
		ask_refuse(g->x, REFUSE_BUSY, g->lines);
	else if (v.over)
		answer(g, 204, SPAN_NULL);	/* a browser does not come again after that */
	else if (head)
		answer(g, 200, SPAN_NULL);
	else if (h->opts.poll)
		answer(g, 200, buf_span(&h->text));
	else if (h->ls.n == h->ls.most)
		ask_refuse(g->x, REFUSE_BUSY, g->lines);
	else if (listeners_room_full(&h->ls, v.user.id))
		ask_refuse(g->x, REFUSE_MANY, g->lines);
	else
		take_place(h, g, &v);
}
