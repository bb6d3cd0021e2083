/*
 * The thread of the hub: it sleeps while nobody listens, else it looks for news
 * every now and then.  It never waits for a listener.
 */
#include "stream/hub.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"

#define EVENTS		64
#define PASS_US		(250 * US_PER_MS)	/* between looks at everybody's time */
#define TROUBLE_US	(2 * US_PER_S)		/* until the store is asked again */
#define TEXT_MOST	((size_t)64 << 20)
#define LINGER_US	(5 * US_PER_S)		/* for who hears the end slowly */

/* The queue, in order, and whether to stop. */
static struct guest *
take_queue(struct hub *h, bool *stopping)
{
	struct guest	*g, *next, *list = NULL;

	pthread_mutex_lock(&h->m);
	g = h->queue;
	h->queue = NULL;
	*stopping = h->stopping;
	pthread_mutex_unlock(&h->m);
	for (; g != NULL; g = next) {
		next = g->next;
		g->next = list;
		list = g;
	}
	return list;
}

static void
ring(struct hub *h)
{
	const uint64_t	one = 1;

	/* It fails only when it has been rung 2^64 times. */
	if (write(h->bell, &one, sizeof(one)) == -1)
		assert(errno == EAGAIN);
}

static void
answer_bell(struct hub *h)
{
	uint64_t	n;

	if (read(h->bell, &n, sizeof(n)) == -1)
		assert(errno == EAGAIN);
}

static void
look_at_time(struct hub *h, struct listener *l, int64_t now, int64_t mono)
{
	int64_t	quiet = mono - l->word_us;

	if (l->ending || l->gone) {
		if (quiet > LINGER_US)
			listener_send_away(&h->ls, l);
	} else if (now >= l->until_us) {
		/* Who cannot take it is refused when he comes again. */
		(void)listener_say(&h->ls, l, SPAN("event: token_expired\ndata: {}\n\n"));
		listener_finish(&h->ls, l);
	} else if (quiet >= h->opts.beat_us) {
		if (http_live_waiting(l->live) > 0)
			listener_send_away(&h->ls, l);	/* he took nothing all the time */
		else
			(void)listener_say(&h->ls, l, SPAN(":\n\n"));
	}
}

static void
look_at_everybody(struct hub *h)
{
	int64_t	now = now_us(), mono = mono_us();

	for (size_t i = 0; i < h->ls.n; i++)
		look_at_time(h, h->ls.all[i], now, mono);
}

/* What is due by the clock. */
static void
work(struct hub *h)
{
	int64_t	mono = mono_us();

	if (h->ls.n == 0)
		return;
	if (mono >= h->look_us) {
		read_news(h);
		h->look_us = mono + (h->db == NULL ? TROUBLE_US : h->opts.look_us);
	}
	if (mono >= h->pass_us) {
		look_at_everybody(h);
		h->pass_us = mono + PASS_US;
	}
	read_old(h);
}

static int
sleep_ms(const struct hub *h)
{
	int64_t	until = h->look_us < h->pass_us ? h->look_us : h->pass_us;
	int64_t	us = until - mono_us();

	if (h->ls.n == 0)
		return -1;
	if (us <= 0 || reading_waits(h))
		return 0;
	return (int)((us + US_PER_MS - 1) / US_PER_MS);
}

static void
await(struct hub *h)
{
	struct epoll_event	 ev[EVENTS];
	int			 n = epoll_wait(h->epoll, ev, EVENTS, sleep_ms(h));

	for (int i = 0; i < n; i++) {
		struct listener	*l = ev[i].data.ptr;

		if (l == NULL)
			answer_bell(h);
		else if ((ev[i].events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0)
			listener_send_away(&h->ls, l);	/* it was him who left */
		else
			listener_flush(&h->ls, l);
	}
}

static void
send_all_home(struct hub *h)
{
	for (size_t i = 0; i < h->ls.n; i++) {
		listener_finish(&h->ls, h->ls.all[i]);
		listener_send_away(&h->ls, h->ls.all[i]);
	}
	listeners_sweep(&h->ls);
}

static void *
run(void *arg)
{
	struct hub	*h = arg;
	struct guest	*g, *next;
	bool		 stopping = false;

	while (!stopping) {
		await(h);
		for (g = take_queue(h, &stopping); g != NULL; g = next) {
			next = g->next;		/* he is gone with his answer */
			if (stopping)
				ask_refuse(g->x, REFUSE_BUSY, g->lines);
			else
				admit(h, g);
		}
		work(h);
		listeners_sweep(&h->ls);
	}
	send_all_home(h);
	return NULL;
}

void
hub_put(struct hub *h, struct guest *g)
{
	bool	stopping;

	if (!h->threaded) {
		admit(h, g);
		return;
	}
	pthread_mutex_lock(&h->m);
	if (!(stopping = h->stopping)) {
		g->next = h->queue;
		h->queue = g;
	}
	pthread_mutex_unlock(&h->m);
	if (stopping)
		ask_refuse(g->x, REFUSE_BUSY, g->lines);
	else
		ring(h);
}

static enum hk_err
start_thread(struct hub *h)
{
	struct epoll_event	 ev = { .events = EPOLLIN, .data.ptr = NULL };
	int			 error;

	if ((h->epoll = epoll_create1(EPOLL_CLOEXEC)) == -1 ||
	    (h->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) == -1 ||
	    epoll_ctl(h->epoll, EPOLL_CTL_ADD, h->bell, &ev) == -1)
		return err_note(HK_IO, "epoll: %s", strerror(errno));
	h->ls.epoll = h->epoll;
	if ((error = pthread_create(&h->thread, NULL, run, h)) != 0)
		return err_note(HK_IO, "cannot start a thread: %s", strerror(error));
	h->started = true;
	return HK_OK;
}

enum hk_err
hub_start(struct hub **out, const struct hub_opts *opts, bool thread)
{
	struct hub	*h = calloc(1, sizeof(*h));
	enum hk_err	 e;

	if (h == NULL)
		return err_note(HK_NOMEM, "no memory for a hub");
	h->opts = *opts;
	h->epoll = h->bell = -1;
	h->version = -1;
	h->threaded = thread;
	pthread_mutex_init(&h->m, NULL);
	buf_init(&h->text, TEXT_MOST);
	if ((e = listeners_init(&h->ls, -1, opts->listeners)) != HK_OK ||
	    (e = seats_open(&h->seats, opts->path, opts->busy_timeout_ms, true)) != HK_OK ||
	    (thread && (e = start_thread(h)) != HK_OK)) {
		hub_free(h);
		return e;
	}
	*out = h;
	return HK_OK;
}

void
hub_stop(struct hub *h)
{
	if (h == NULL || !h->started)
		return;
	pthread_mutex_lock(&h->m);
	h->stopping = true;
	pthread_mutex_unlock(&h->m);
	ring(h);
	pthread_join(h->thread, NULL);
	h->started = false;
}

void
hub_free(struct hub *h)
{
	if (h == NULL)
		return;
	hub_stop(h);
	if (h->seat != NULL)
		seat_put(h->seats, h->seat, HK_OK);
	seats_close(h->seats);
	listeners_release(&h->ls);
	buf_release(&h->text);
	if (h->bell != -1)
		close(h->bell);
	if (h->epoll != -1)
		close(h->epoll);
	pthread_mutex_destroy(&h->m);
	free(h);
}
