/*
 * The pool of exchanges: it bounds how many requests are in the house.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/fault.h"
#include "http/exchange.h"

void
pool_init(struct pool *p, enum http_way way, const struct http_service *service,
    const struct http_limits *limits)
{
	memset(p, 0, sizeof(*p));
	pthread_mutex_init(&p->m, NULL);
	pthread_cond_init(&p->changed, NULL);
	p->way = way;
	p->service = service;
	p->limits = limits;
}

void
pool_release(struct pool *p)
{
	struct exchange	*x;

	assert(p->out == 0);	/* drain() answers all that were handed over */
	while ((x = p->idle) != NULL) {
		p->idle = x->next;
		arena_free(x->pub.arena);
		free(x);
	}
	pthread_cond_destroy(&p->changed);
	pthread_mutex_destroy(&p->m);
}

static struct exchange *
exchange_new(struct pool *p)
{
	struct exchange	*x;

	if (FAULT_FAIL("exchange") || (x = calloc(1, sizeof(*x))) == NULL)
		return NULL;
	if ((x->pub.arena = arena_new(p->limits->arena_most)) == NULL) {
		free(x);
		return NULL;
	}
	x->way = p->way;
	x->pool = p;
	return x;
}

/* The lock is held.  NULL: no memory. */
static struct exchange *
take_or_make(struct pool *p)
{
	struct exchange	*x;

	if ((x = p->idle) != NULL)
		p->idle = x->next;
	else if ((x = exchange_new(p)) != NULL)
		p->made++;
	if (x != NULL)
		p->out++;
	return x;
}

enum hk_err
pool_take(struct pool *p, struct exchange **out)
{
	enum hk_err	 e = HK_OK;

	pthread_mutex_lock(&p->m);
	while (!p->closed && p->idle == NULL && p->made == p->limits->inflight)
		pthread_cond_wait(&p->changed, &p->m);
	if (p->closed)
		e = HK_STOPPING;
	else if ((*out = take_or_make(p)) == NULL)
		e = HK_NOMEM;
	pthread_mutex_unlock(&p->m);
	return e;
}

void
pool_put(struct exchange *x)
{
	struct pool	*p = x->pool;

	arena_reset(x->pub.arena);
	http_body_done(&x->pub, NULL);
	memset(&x->pub.rq, 0, sizeof(x->pub.rq));
	x->pub.user = NULL;
	memset(&x->stream, 0, sizeof(x->stream));
	x->whole = false;
	x->cut = NULL;
	x->door = x->kept = NULL;
	pthread_mutex_lock(&p->m);
	x->next = p->idle;
	p->idle = x;
	p->out--;
	pthread_cond_signal(&p->changed);
	pthread_mutex_unlock(&p->m);
}

void
pool_close(struct pool *p)
{
	pthread_mutex_lock(&p->m);
	p->closed = true;
	pthread_cond_broadcast(&p->changed);
	pthread_mutex_unlock(&p->m);
}

bool
pool_closed(struct pool *p)
{
	bool	 closed;

	pthread_mutex_lock(&p->m);
	closed = p->closed;
	pthread_mutex_unlock(&p->m);
	return closed;
}
