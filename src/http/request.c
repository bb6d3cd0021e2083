/*
 * Reading a request to its end, whatever it comes through.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/fault.h"
#include "http/exchange.h"

#define BODY_FIRST	4096	/* bytes, when nobody says how long it is */
#define BODY_SMALL	8192	/* of this length at most it is in the arena */

/*
 * Room for n bytes, of which the first had are kept.  A large body has a block
 * of its own, so that it can be given back before its request is answered.
 */
static char *
body_room(struct exchange *x, char *p, size_t had, size_t n)
{
	char	*large;

	if (x->large == NULL && n <= BODY_SMALL + 1)
		return arena_grow(x->pub.arena, p, had, n);
	if (FAULT_FAIL("body") || (large = realloc(x->large, n)) == NULL)
		return NULL;
	if (x->large == NULL && had > 0)
		memcpy(large, p, had);
	return x->large = large;
}

void
http_body_done(struct http_exchange *pub, void *instead)
{
	struct exchange	*x = (struct exchange *)pub;

	free(x->large);
	x->large = instead;
	pub->rq.body = SPAN_NULL;
}

/*
 * CONTENT_LENGTH is a hint, not a truth: a chunked request has none, and a
 * filter of the web server may have unpacked the body.  But a body shorter
 * than told is one whose sender went away: mod_cgid gives no other sign.
 *
 * There is always room for one byte more than expected; when it stays free,
 * that was all.
 */
static enum hk_err
read_body(struct body_source *src, size_t most)
{
	struct http_exchange	*x = &src->x->pub;
	size_t			 room, got, len = 0, more;
	char			*p;
	enum hk_err		 e;

	if (src->told > (int64_t)most)
		return HK_TOOBIG;
	room = src->told >= 0 ? (size_t)src->told + 1 : BODY_FIRST;
	if (room > most + 1)
		room = most + 1;
	if ((p = body_room(src->x, NULL, 0, room)) == NULL)
		return HK_NOMEM;
	for (;;) {
		if ((e = src->read(src, p + len, room - len, &got)) != HK_OK)
			return e;
		len += got;
		src->done = (int64_t)len;
		if (len < room)
			break;
		if (len > most)
			return HK_TOOBIG;
		more = room > most / 2 ? most + 1 : room * 2;
		if ((p = body_room(src->x, p, room, more)) == NULL)
			return HK_NOMEM;
		room = more;
	}
	if (src->done < src->told)
		return HK_ABORTED;
	x->rq.body = span_of(p, len);
	x->rq.received_us = now_us();
	src->x->whole = true;
	return HK_OK;
}

static const char *
refusal(enum hk_err e)
{
	switch (e) {
	case HK_TOOBIG:
		return "Request body too large";
	case HK_ABORTED:
		return "Request body incomplete";
	case HK_TIMEOUT:
		return "Request took too long";
	case HK_SYNTAX:
		return "Bad request";
	default:
		return "Temporarily unavailable";
	}
}

bool
request_read(struct exchange *x, char *const *env, struct body_source *src)
{
	enum hk_err	 e;

	src->x = x;
	src->done = 0;
	if ((e = request_fields(&x->pub, env, &src->told)) == HK_TOOBIG) {
		exchange_refuse(x, 431, "Request header fields too large");
		return false;
	}
	if (e != HK_OK || (e = read_body(src, x->pool->limits->max_body)) != HK_OK) {
		exchange_refuse(x, err_status(e), refusal(e));
		return false;
	}
	FAULT_DIE("request.read");
	return true;
}
