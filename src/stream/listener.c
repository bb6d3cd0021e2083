/* The places of the house. */
#include "stream/listener.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "base/clock.h"

enum hk_err
listeners_init(struct listeners *ls, int epoll, size_t most)
{
	memset(ls, 0, sizeof(*ls));
	ls->epoll = epoll;
	ls->most = most;
	if ((ls->all = calloc(most, sizeof(struct listener *))) == NULL)
		return err_note(HK_NOMEM, "no memory for %zu listeners", most);
	return HK_OK;
}

void
listeners_release(struct listeners *ls)
{
	assert(ls->n == 0);
	free(ls->all);
	ls->all = NULL;
}

static struct listener **
bucket(const struct listeners *ls, struct span user)
{
	uint32_t	h = 2166136261u;	/* FNV-1a */

	for (size_t i = 0; i < user.len; i++)
		h = (h ^ (unsigned char)user.p[i]) * 16777619u;
	return (struct listener **)(uintptr_t)&ls->bucket[h % BUCKETS];
}

/* Watched for hanging up always, for room while something waits. */
static bool
watch(struct listeners *ls, struct listener *l, int how)
{
	struct epoll_event	ev = { .events = EPOLLIN | EPOLLRDHUP, .data.ptr = l };

	l->awaits = http_live_waiting(l->live) > 0;
	if (l->awaits)
		ev.events |= EPOLLOUT;
	return epoll_ctl(ls->epoll, how, http_live_fd(l->live), &ev) == 0;
}

enum hk_err
listener_new(struct listeners *ls, struct http_live *live, const char *user,
    struct listener **out)
{
	struct listener	*l = calloc(1, sizeof(*l));

	assert(ls->n < ls->most);
	if (l == NULL) {
		http_live_end(live, false);
		return err_note(HK_NOMEM, "no memory for a listener");
	}
	l->live = live;
	if (!watch(ls, l, EPOLL_CTL_ADD)) {
		http_live_end(live, false);
		free(l);
		return err_note(HK_IO, "epoll: %s", strerror(errno));
	}
	memcpy(l->user, user, UUID_LEN);
	l->word_us = mono_us();
	l->behind = true;
	ls->behind++;
	l->at = ls->n;
	ls->all[ls->n++] = l;
	*out = l;
	return HK_OK;
}

void
listener_caught_up(struct listeners *ls, struct listener *l)
{
	struct listener	**b = bucket(ls, span_str(l->user));

	assert(l->behind);
	l->behind = false;
	ls->behind--;
	l->next = *b;
	*b = l;
}

static void
leave_bucket(struct listeners *ls, struct listener *l)
{
	struct listener	**p;

	for (p = bucket(ls, span_str(l->user)); *p != l; p = &(*p)->next)
		continue;
	*p = l->next;
}

void
listener_falls_behind(struct listeners *ls, struct listener *l)
{
	assert(!l->behind);
	leave_bucket(ls, l);
	l->behind = true;
	ls->behind++;
}

bool
listeners_room_full(const struct listeners *ls, const char *user)
{
	size_t	share = ls->most / ROOM_PART, n = 0;

	for (size_t i = 0; i < ls->n; i++)
		n += !ls->all[i]->gone && strcmp(ls->all[i]->user, user) == 0;
	return n >= (share > ROOM_LEAST ? share : ROOM_LEAST);
}

static struct listener *
of_room(struct listener *l, struct span user)
{
	while (l != NULL && !span_is(user, l->user))
		l = l->next;
	return l;
}

struct listener *
listener_first(const struct listeners *ls, struct span user)
{
	return of_room(*bucket(ls, user), user);
}

struct listener *
listener_next(const struct listener *l)
{
	return of_room(l->next, span_str(l->user));
}

void
listener_send_away(struct listeners *ls, struct listener *l)
{
	if (!l->gone)
		ls->gone++;
	l->gone = true;
}

/* After he was given something. */
static void
look(struct listeners *ls, struct listener *l, enum hk_err e, size_t waited)
{
	size_t	waits = http_live_waiting(l->live);

	if (waits == 0 || waits < waited)
		l->word_us = mono_us();
	if (e != HK_OK || (l->ending && waits == 0))
		listener_send_away(ls, l);
	else if ((waits > 0) != l->awaits && !watch(ls, l, EPOLL_CTL_MOD))
		listener_send_away(ls, l);
}

bool
listener_say(struct listeners *ls, struct listener *l, struct span text)
{
	size_t		waited = http_live_waiting(l->live);
	enum hk_err	e;

	if (l->gone || l->ending || (e = http_live_write(l->live, text)) == HK_TIMEOUT)
		return false;
	look(ls, l, e, waited);
	return true;
}

void
listener_finish(struct listeners *ls, struct listener *l)
{
	if (!l->ending)
		l->word_us = mono_us();		/* he has some time for it */
	l->ending = true;
	look(ls, l, HK_OK, http_live_waiting(l->live));
}

void
listener_flush(struct listeners *ls, struct listener *l)
{
	size_t	waited = http_live_waiting(l->live);

	look(ls, l, http_live_flush(l->live), waited);
}

static void
leave(struct listeners *ls, struct listener *l)
{
	if (l->behind)
		ls->behind--;
	else
		leave_bucket(ls, l);
	ls->gone--;
	ls->all[l->at] = ls->all[--ls->n];
	ls->all[l->at]->at = l->at;
	http_live_end(l->live, l->ending && http_live_waiting(l->live) == 0);
	free(l);
}

void
listeners_sweep(struct listeners *ls)
{
	for (size_t i = 0; ls->gone > 0 && i < ls->n;)
		if (ls->all[i]->gone)
			leave(ls, ls->all[i]);	/* the last one has its place now */
		else
			i++;
}
