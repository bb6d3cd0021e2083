/*
 * The door: connections are accepted by one thread at a time.
 *
 * It accepts, reads and hands over, and is back before another would have been
 * woken.  When it has to wait for a peer, or to work for long, it leaves the
 * door to the next.
 */
#include "http/exchange.h"

void
door_init(struct door *d)
{
	*d = (struct door){ .taken = false };
	pthread_mutex_init(&d->m, NULL);
	pthread_cond_init(&d->changed, NULL);
}

void
door_release(struct door *d)
{
	pthread_cond_destroy(&d->changed);
	pthread_mutex_destroy(&d->m);
}

bool
door_take(struct door *d)
{
	bool	 closed;

	pthread_mutex_lock(&d->m);
	while (d->taken && !d->closed)
		pthread_cond_wait(&d->changed, &d->m);
	closed = d->closed;
	if (!closed)
		d->taken = true;
	pthread_mutex_unlock(&d->m);
	return !closed;
}

void
door_leave(struct door *d)
{
	pthread_mutex_lock(&d->m);
	d->taken = false;
	pthread_mutex_unlock(&d->m);
	pthread_cond_signal(&d->changed);	/* who wakes finds the lock free */
}

void
door_close(struct door *d)
{
	pthread_mutex_lock(&d->m);
	d->closed = true;
	pthread_cond_broadcast(&d->changed);
	pthread_mutex_unlock(&d->m);
}

void
exchange_leave(struct exchange *x)
{
	if (x->door != NULL)
		door_leave(x->door);
	x->door = NULL;
}

void
http_leave(struct http_exchange *pub)
{
	struct exchange	*x = (struct exchange *)pub;

	if (x->kept == NULL)
		return;
	door_leave(x->kept);
	x->kept = NULL;
	*x->stays = false;
}
